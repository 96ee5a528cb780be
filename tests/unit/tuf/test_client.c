/* SPDX-License-Identifier: ISC */
/*
 * lib/tuf: two states of a repository in memory, one after the other, signed with real keys.
 * test_hostile tests the faults within one state.
 */
#include "tests/unit/tuf/shelf.h"
#include "tests/unit/common/test.h"

#include "lib/base/date.h"
#include "lib/tuf/known.h"

#define NOW  1800000000 /* 2027-01-15 */
#define GOOD "2030-01-01T00:00:00Z"
#define PAST "2026-01-01T00:00:00Z"
#define APP  "COV_PB"

enum { K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_APP, K_OTHER };

static struct world world;

/* The versions of a state, and the keys of these two roles in its root. */
struct state {
	int root, timestamp, snapshot, targets, app;
	int timestamp_key, snapshot_key;
};

/* The faults of a state; 0: none. */
struct fault {
	int timestamp_by, snapshot_by, targets_by; /* who signs */
	int app_says;				   /* the version that the snapshot states */
	const char *app_exp;
	int deep; /* arrays in arrays, in the application's role */
	long long targets_length;
	bool spoil_hash; /* of targets */
	bool no_hashes;	 /* of the application */
};

static const struct state first = { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
			  newer = { 1, 3, 3, 3, 3, K_TIMESTAMP, K_SNAPSHOT };

static void
put_root(const struct state *s)
{
	json_t *j = shelf_body("root", s->root, GOOD);
	char name[64];

	json_object_set_new(j, "keys", shelf_ring(K_ROOT, K_OTHER));
	json_object_set_new(j, "consistent_snapshot", json_true());
	json_object_set_new(j, "roles",
	    json_pack("{s:o, s:o, s:o, s:o}", "root", shelf_role(K_ROOT), "timestamp",
		shelf_role(s->timestamp_key), "snapshot", shelf_role(s->snapshot_key), "targets",
		shelf_role(K_TARGETS)));
	snprintf(name, sizeof name, "%d.root.json", s->root);
	json_decref(shelf_sign(&world, j, K_ROOT, name, s->root));
}

static json_t *
put_app(int version, const struct fault *f)
{
	json_t *j = shelf_body("targets", version, f->app_exp == NULL ? GOOD : f->app_exp);
	int says = f->app_says == 0 ? version : f->app_says;
	char name[64];

	json_object_set_new(j, "targets",
	    json_pack("{s:{s:i, s:{s:s}}}", APP "/app/x", "length", 3, "hashes", "sha256",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	if (f->deep > 0) {
		json_t *inner = json_array();

		for (int i = 1; i < f->deep; i++)
			inner = json_pack("[o]", inner);
		json_object_set_new(j, "deep", inner);
	}
	snprintf(name, sizeof name, "%d." APP ".json", says);
	return shelf_sign(&world, j, K_APP, name, says);
}

static json_t *
put_targets(int version, const struct fault *f)
{
	json_t *j = shelf_body("targets", version, GOOD), *meta;
	char name[64];

	json_object_set_new(j, "targets", json_object());
	json_object_set_new(j, "delegations",
	    json_pack("{s:o, s:[{s:s, s:[s], s:i, s:b, s:[s]}]}", "keys", shelf_ring(K_APP, K_APP),
		"roles", "name", APP, "keyids", privkey_id(shelf_keys[K_APP]), "threshold", 1,
		"terminating", 1, "paths", APP "/*/*"));
	snprintf(name, sizeof name, "%d.targets.json", version);
	meta = shelf_sign(&world, j, f->targets_by == 0 ? K_TARGETS : f->targets_by, name, version);
	if (f->spoil_hash)
		json_object_set_new(meta, "hashes",
		    json_pack("{s:s}", "sha256",
			"aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	if (f->targets_length != 0)
		json_object_set_new(meta, "length", json_integer(f->targets_length));
	return meta;
}

static void
build_with(const struct state *s, const struct fault *f)
{
	json_t *snapshot = shelf_body("snapshot", s->snapshot, GOOD),
	       *timestamp = shelf_body("timestamp", s->timestamp, GOOD), *app;
	char name[64];

	put_root(s);
	app = put_app(s->app, f);
	if (f->no_hashes)
		json_object_del(app, "hashes");
	json_object_set_new(snapshot, "meta",
	    json_pack("{s:o, s:o}", "targets.json", put_targets(s->targets, f), APP ".json", app));
	snprintf(name, sizeof name, "%d.snapshot.json", s->snapshot);
	json_object_set_new(timestamp, "meta",
	    json_pack("{s:o}", "snapshot.json",
		shelf_sign(&world, snapshot, f->snapshot_by == 0 ? s->snapshot_key : f->snapshot_by,
		    name, s->snapshot)));
	json_decref(shelf_sign(&world, timestamp,
	    f->timestamp_by == 0 ? s->timestamp_key : f->timestamp_by, "timestamp.json", 1));
}

static void
build(const struct state *s)
{
	build_with(s, &(struct fault){ .deep = 0 });
}

/* A refresh and a look at the application's role: the code of the first error, or ERR_NONE. */
static enum err_code
refresh(int64_t now, char text[ERR_TEXT_SIZE])
{
	enum err_code code = ERR_NONE;
	struct tuf_target t;
	struct err e = { 0 };
	struct tuf_client *c;

	c = world_client(&world, now);
	if (tuf_client_refresh(c, APP, &e) == -1 || tuf_client_role(c, APP, &e) == NULL)
		code = e.code;
	else if (tuf_client_find(c, APP "/app/x", &t, &e) != 1)
		code = ERR_NOENT;
	snprintf(text, ERR_TEXT_SIZE, "%s", e.text);
	tuf_client_free(c);
	return code;
}

static void
start(void)
{
	char text[ERR_TEXT_SIZE];

	world_clear(&world);
	build(&first);
	shelf_trust_root(&world);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
}

/*
 * The second state, the error, and the first role whose file isn't saved; those before are saved.
 */
static struct row {
	const char *name;
	struct state second;
	enum err_code want;
	const char *stays;
} rows[] = {
	{ "client: the same again", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, ERR_NONE, "root" },
	{ "client: all newer", { 1, 3, 3, 3, 3, K_TIMESTAMP, K_SNAPSHOT }, ERR_NONE, "" },
	{ "client: new root", { 2, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, ERR_NONE, "timestamp" },
	{ "client: timestamp older", { 1, 1, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, ERR_ROLLBACK,
	    "timestamp" },
	{ "client: timestamp names an older snapshot", { 1, 3, 1, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    ERR_ROLLBACK, "timestamp" },
	{ "client: snapshot takes targets back", { 1, 3, 3, 1, 2, K_TIMESTAMP, K_SNAPSHOT },
	    ERR_ROLLBACK, "snapshot" },
	{ "client: snapshot takes the application back", { 1, 3, 3, 2, 1, K_TIMESTAMP, K_SNAPSHOT },
	    ERR_ROLLBACK, "snapshot" },
	{ "client: timestamp key replaced, versions start again",
	    { 2, 1, 1, 2, 2, K_OTHER, K_SNAPSHOT }, ERR_NONE, "targets" },
	{ "client: snapshot key replaced, versions start again",
	    { 2, 1, 1, 2, 2, K_TIMESTAMP, K_OTHER }, ERR_NONE, "targets" },
};

/* Returns the repository's file of a role: the newest root, or the file that the state names. */
static const struct shelf_file *
published(const char *role, const struct state *s)
{
	int version = strcmp(role, "root") == 0 ? s->root
	    : strcmp(role, "snapshot") == 0	? s->snapshot
	    : strcmp(role, "targets") == 0	? s->targets
						: s->app;
	char name[64];

	snprintf(name, sizeof name, "%d.%s.json", version, role);
	return shelf_find(&world.remote, strcmp(role, "timestamp") == 0 ? "timestamp.json" : name);
}

static void
second_state(void **state)
{
	static const char *const roles[] = { "root", "timestamp", "snapshot", "targets", APP };
	const struct row *r = *state;
	struct shelf before = { NULL, 0 };
	struct state third = { 1, 4, 4, 4, 4, K_TIMESTAMP, K_SNAPSHOT };
	char text[ERR_TEXT_SIZE];
	bool stays = false;
	enum err_code got;

	start();
	shelf_copy(&before, &world.local);
	world.saves = 0;
	build(&r->second);
	got = refresh(NOW, text);
	if (got != r->want) {
		print_error("want %s, got %s (%s)\n", err_name(r->want), err_name(got), text);
		fail();
	}
	for (size_t i = 0; i < N(roles); i++) {
		const struct shelf_file *l = shelf_find(&world.local, roles[i]),
					*f = published(roles[i], &r->second);

		stays |= strcmp(roles[i], r->stays) == 0;
		if (stays) {
			assert_true(shelf_same(&before, &world.local, roles[i]));
			continue;
		}
		assert_true(l != NULL && f != NULL && l->len == f->len);
		assert_memory_equal(l->data, f->data, f->len);
	}
	if (strcmp(r->stays, "root") == 0)
		assert_int_equal(world.saves, 0);
	shelf_clear(&before);
	/* A later state is accepted. */
	third.root = r->second.root;
	third.timestamp_key = r->second.timestamp_key;
	third.snapshot_key = r->second.snapshot_key;
	build(&third);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
}

/* A frozen repository: the same files are refused after their expiry, and aren't saved. */
static void
nothing_saved(void **state)
{
	char text[ERR_TEXT_SIZE];

	(void)state;
	start();
	world.saves = 0;
	build_with(&newer, &(struct fault){ .timestamp_by = K_OTHER });
	assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
	assert_int_equal(world.saves, 0);
	build(&first);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	assert_int_equal(world.saves, 0);
	assert_int_equal(refresh(NOW + 400LL * 86400 * 5, text), ERR_EXPIRED);
	assert_int_equal(world.saves, 0);
}

/* With so many seconds of patience; *past: how much of it was needed. */
static enum err_code
refresh_patiently(int64_t now, int64_t seconds, int64_t *past)
{
	struct tuf_client *c = world_client(&world, now);
	enum err_code code = ERR_NONE;
	struct err e = { 0 };

	tuf_client_accept(c, seconds);
	if (tuf_client_refresh(c, APP, &e) == -1 || tuf_client_role(c, APP, &e) == NULL)
		code = e.code;
	*past = tuf_client_accepted(c);
	tuf_client_free(c);
	return code;
}

/* Metadata that has ended is taken where somebody says so, but no older version, and no root. */
static void
accepted(void **state)
{
	int64_t end, past;

	(void)state;
	assert_int_equal(date_parse(PAST, strlen(PAST), &end), 0);
	start();
	build_with(&newer, &(struct fault){ .app_exp = PAST });
	assert_int_equal(refresh_patiently(NOW, NOW - end - 1, &past), ERR_EXPIRED);
	assert_int_equal(refresh_patiently(NOW, NOW - end, &past), ERR_NONE);
	assert_int_equal(past, NOW - end);
	assert_int_equal(refresh_patiently(end, 0, &past), ERR_EXPIRED);
	assert_int_equal(refresh_patiently(end, 1, &past), ERR_NONE);
	assert_int_equal(past, 1);
	assert_int_equal(refresh_patiently(end - 1, 1, &past), ERR_NONE);
	assert_int_equal(past, 0);
	build(&first); /* older */
	assert_int_equal(refresh_patiently(NOW, INT64_MAX, &past), ERR_ROLLBACK);
	build(&newer);
	assert_int_equal(refresh_patiently(NOW + 400LL * 86400 * 5, INT64_MAX, &past), ERR_EXPIRED);
}

/*
 * Files with the signed hash that are refused all the same, and the requests of the first and of
 * the second refresh.
 */
static struct again_row {
	const char *name;
	struct state s;
	struct fault f;
	enum err_code want;
	const char *first, *second;
} again_rows[] = {
	{ "again: targets by another key", { 1, 3, 3, 3, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { .targets_by = K_OTHER }, ERR_SIGNATURE,
	    "2.root.json timestamp.json 3.snapshot.json 3.targets.json ",
	    "2.root.json timestamp.json " },
	{ "again: snapshot by another key", { 1, 3, 3, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { .snapshot_by = K_OTHER }, ERR_SIGNATURE,
	    "2.root.json timestamp.json 3.snapshot.json ", "2.root.json timestamp.json " },
	{ "again: application of another version", { 1, 3, 3, 2, 3, K_TIMESTAMP, K_SNAPSHOT },
	    { .app_says = 4 }, ERR_VERSION,
	    "2.root.json timestamp.json 3.snapshot.json 4.COV_PB.json ",
	    "2.root.json timestamp.json " },
	{ "again: application that nests too deep", { 1, 3, 3, 2, 3, K_TIMESTAMP, K_SNAPSHOT },
	    { .deep = 70 }, ERR_TOO_LARGE,
	    "2.root.json timestamp.json 3.snapshot.json 3.COV_PB.json ",
	    "2.root.json timestamp.json " },
	{ "again: targets over the limit aren't asked for",
	    { 1, 3, 3, 3, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { .targets_length = TUF_TARGETS_SIZE_MAX + 1ll }, ERR_TOO_LARGE,
	    "2.root.json timestamp.json 3.snapshot.json ", "2.root.json timestamp.json " },
	{ "again: application that is over, which time heals",
	    { 1, 3, 3, 2, 3, K_TIMESTAMP, K_SNAPSHOT }, { .app_exp = PAST }, ERR_EXPIRED,
	    "2.root.json timestamp.json 3.snapshot.json 3.COV_PB.json ",
	    "2.root.json timestamp.json 3.COV_PB.json " },
	{ "again: targets with another hash, which the server heals",
	    { 1, 3, 3, 3, 2, K_TIMESTAMP, K_SNAPSHOT }, { .spoil_hash = true }, ERR_HASH,
	    "2.root.json timestamp.json 3.snapshot.json 3.targets.json ",
	    "2.root.json timestamp.json 3.targets.json " },
};

static void
again(void **state)
{
	const struct again_row *r = *state;
	char text[ERR_TEXT_SIZE];

	start();
	build_with(&r->s, &r->f);
	for (int i = 0; i < 2; i++) {
		world.asked[0] = '\0';
		assert_int_equal(refresh(NOW, text), r->want);
		assert_string_equal(world.asked, i == 0 ? r->first : r->second);
	}
	/* After a new timestamp or snapshot the file is fetched again. */
	build(&(struct state){ 1, 5, 5, 5, 5, K_TIMESTAMP, K_SNAPSHOT });
	assert_int_equal(refresh(NOW, text), ERR_NONE);
}

/* A note that can't be read, or of another version of the program, is ignored. */
static void
other_note(void **state)
{
	static const char *const notes[] = { "", "{", "[]", "{\"format\": 1}" };
	const uint8_t *version;
	char text[ERR_TEXT_SIZE];

	(void)state;
	start();
	build_with(&newer, &(struct fault){ .snapshot_by = K_OTHER });
	assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
	struct shelf_file *f = shelf_find(&world.notes, "note");

	assert_non_null(f);
	version = bytes_find(f->data, f->len, SLIPWAY_VERSION);
	assert_non_null(version);
	f->data[version - f->data] = '9';
	for (size_t i = 0; i <= N(notes); i++) {
		world.asked[0] = '\0';
		assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
		assert_non_null(strstr(world.asked, "3.snapshot.json"));
		if (i < N(notes))
			shelf_put(&world.notes, "note", notes[i], strlen(notes[i]));
	}
}

/*
 * A role that was verified in the first state, and whether it is known again in the second; what is
 * spoilt in between.
 */
enum spoil {
	NOTHING,
	COPY_GONE,
	COPY_CUT,
	COPY_LONGER,
	COPY_CHANGED, /* one bit */
	COPY_OTHER,   /* another version that the right key signed */
	K_VERSION,
	K_ROLE_HASH,
	K_TARGETS_HASH,
	K_PAST,
	OTHER_BYTES, /* of the same version, in the second state */
};

static struct known_row {
	const char *name;
	struct state second;
	struct fault f; /* of both states */
	enum spoil spoil;
	bool known;
	enum err_code want; /* of the full way */
} known_rows[] = {
	{ "known: the same again", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, NOTHING, true,
	    ERR_NONE },
	{ "known: new timestamp and snapshot", { 1, 3, 3, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 },
	    NOTHING, true, ERR_NONE },
	{ "known: new root", { 2, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, NOTHING, true,
	    ERR_NONE },
	{ "known: targets signed anew", { 1, 3, 3, 3, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, NOTHING,
	    false, ERR_NONE },
	{ "known: new role", { 1, 3, 3, 2, 3, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, NOTHING, false,
	    ERR_NONE },
	{ "known: other bytes of the same version", { 1, 3, 3, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { 0 }, OTHER_BYTES, false, ERR_NONE },
	{ "known: copy is gone", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, COPY_GONE,
	    false, ERR_NONE },
	{ "known: copy is cut", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, COPY_CUT, false,
	    ERR_NONE },
	{ "known: copy is longer", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, COPY_LONGER,
	    false, ERR_NONE },
	{ "known: copy is changed", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 }, COPY_CHANGED,
	    false, ERR_NONE },
	{ "known: copy of another version", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 },
	    COPY_OTHER, false, ERR_NONE },
	{ "known: remembered as another version", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 },
	    K_VERSION, false, ERR_NONE },
	{ "known: remembered with another hash", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT }, { 0 },
	    K_ROLE_HASH, false, ERR_NONE },
	{ "known: remembered under other targets", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { 0 }, K_TARGETS_HASH, false, ERR_NONE },
	{ "known: over by now", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { .app_exp = "2027-02-01T00:00:00Z" }, K_PAST, false, ERR_EXPIRED },
	{ "known: no hash is stated", { 1, 2, 2, 2, 2, K_TIMESTAMP, K_SNAPSHOT },
	    { .no_hashes = true }, NOTHING, false, ERR_NONE },
};

static void
spoil(enum spoil how, struct tuf_known *k)
{
	struct shelf_file *f = shelf_find(&world.local, APP);
	uint8_t copy[4096];
	size_t len = f->len;

	assert_in_range(len, 2, sizeof copy - 1);
	memcpy(copy, f->data, len);
	copy[len] = '\n';
	k->version += how == K_VERSION;
	k->role[SHA256_SIZE - 1] ^= how == K_ROLE_HASH;
	k->targets[0] ^= how == K_TARGETS_HASH;
	if (how == COPY_GONE || how == COPY_CUT || how == COPY_LONGER || how == COPY_CHANGED)
		shelf_drop(&world.local, APP);
	if (how == COPY_CHANGED)
		copy[len / 2] ^= 1;
	if (how == COPY_CUT || how == COPY_LONGER || how == COPY_CHANGED)
		shelf_put(&world.local, APP, copy,
		    how == COPY_CUT ? len - 1 : len + (how == COPY_LONGER));
	if (how != COPY_OTHER)
		return;
	json_decref(put_app(9, &(struct fault){ .deep = 0 }));
	f = shelf_find(&world.remote, "9." APP ".json");
	shelf_put(&world.local, APP, f->data, f->len);
}

/* known_still() for the copy that the store has. */
static bool
is_known(const struct tuf_client *c, const char *name, const struct tuf_known *k)
{
	const struct shelf_file *f = shelf_find(&world.local, APP);
	uint8_t sum[DIGEST_MAX] = { 0 };
	struct err e;

	if (f != NULL)
		assert_ok(digest_of(DIGEST_SHA256, f->data, f->len, sum, &e), &e);
	return known_still(c, name, k, sum);
}

static void
known(void **state)
{
	const struct known_row *r = *state;
	int64_t now = r->spoil == K_PAST ? NOW + 30 * 86400 : NOW;
	struct tuf_known k = { 0 };
	char text[ERR_TEXT_SIZE];
	struct tuf_client *c;
	struct err e;

	world_clear(&world);
	build_with(&first, &r->f);
	shelf_trust_root(&world);
	c = world_client(&world, NOW);
	assert_ok(tuf_client_refresh(c, APP, &e), &e);
	assert_false(is_known(c, APP, &k));
	assert_non_null(tuf_client_role(c, APP, &e));
	assert_int_equal(known_role(c, APP, &k), !r->f.no_hashes);
	assert_int_equal(is_known(c, APP, &k), !r->f.no_hashes);
	assert_false(is_known(c, "OTHER", &k));
	tuf_client_free(c);
	if (r->spoil == OTHER_BYTES)
		build_with(&r->second, &(struct fault){ .app_exp = "2029-01-01T00:00:00Z" });
	else
		build_with(&r->second, &r->f);
	spoil(r->spoil, &k);
	c = world_client(&world, now);
	assert_ok(tuf_client_refresh(c, APP, &e), &e);
	assert_int_equal(is_known(c, APP, &k), r->known);
	tuf_client_free(c);
	assert_int_equal(refresh(now, text), r->want);
}

static struct glob_row {
	const char *name, *pattern, *path;
	bool want;
} glob_rows[] = {
	{ "glob: literal", "a/b", "a/b", true },
	{ "glob: star", "a/*", "a/bcd", true },
	{ "glob: star doesn't match a slash", "a/*", "a/b/c", false },
	{ "glob: two stars don't either", "a/**", "a/b/c", false },
	{ "glob: star matches nothing", "a/*b", "a/b", true },
	{ "glob: star again", "a/*b*c", "a/xbybzc", true },
	{ "glob: star in each", "*/*/x", "a/b/x", true },
	{ "glob: question", "a?c", "abc", true },
	{ "glob: question doesn't match a slash", "a?c", "a/c", false },
	{ "glob: question is a character", "a?c",
	    "a\xc3\xa9"
	    "c",
	    true },
	{ "glob: no class", "[ab]", "a", false },
	{ "glob: rest of the path", "a", "ab", false },
	{ "glob: rest of the pattern", "ab", "a", false },
	{ "glob: empty", "", "", true },
	{ "glob: hidden file", "a/*", "a/.x", true },
};

static void
glob(void **state)
{
	struct glob_row *r = *state;

	assert_int_equal(tuf_glob(r->pattern, r->path), r->want);
}

static int
tear_down(void **state)
{
	world_clear(&world);
	return shelf_drop_keys(state);
}

static void
first_refresh(void **state)
{
	char text[ERR_TEXT_SIZE];

	(void)state;
	start();
	assert_non_null(shelf_find(&world.local, APP));
	shelf_drop(&world.remote, "timestamp.json");
	assert_int_equal(refresh(NOW, text), ERR_NOENT);
	shelf_drop(&world.local, "root");
	assert_int_equal(refresh(NOW, text), ERR_NOENT);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(first_refresh),
		cmocka_unit_test(nothing_saved),
		cmocka_unit_test(accepted),
		cmocka_unit_test(other_note),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, rows, second_state);
	TEST_ROWS(tests, n, again_rows, again);
	TEST_ROWS(tests, n, known_rows, known);
	TEST_ROWS(tests, n, glob_rows, glob);
	return _cmocka_run_group_tests("client", tests, n, shelf_make_keys, tear_down);
}
