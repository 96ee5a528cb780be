/* SPDX-License-Identifier: ISC */
/*
 * lib/tuf: the client's workflow against a repository in memory, signed with real keys.  Each
 * hostile row changes one thing; what was trusted before must be untouched after.
 */
#include "tests/unit/tuf/shelf.h"
#include "tests/unit/common/test.h"

#include "lib/tuf/client.h"
#include "lib/tuf/sign.h"

#define NOW  1800000000 /* 2027-01-15 */
#define GOOD "2030-01-01T00:00:00Z"
#define PAST "2026-01-01T00:00:00Z"
#define APP  "COV_PB"

enum { K_NONE, K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_APP, K_OTHER, K_COUNT };

static struct privkey *keys[K_COUNT];

static struct world world;

static json_t *
role_json(int key, int threshold)
{
	return json_pack("{s:[s], s:i}", "keyids", privkey_id(keys[key]), "threshold", threshold);
}

/*
 * What a case may change; what is 0 is as it should be: versions 2 (root 1), good dates, the right
 * keys.
 */
struct knobs {
	/* versions written into the files */
	int root_v, timestamp_v, snapshot_v, targets_v, app_v;
	/* versions that the parents state; 0: the same */
	int snapshot_says, targets_says, app_says;
	const char *root_exp, *timestamp_exp, *snapshot_exp, *targets_exp, *app_exp;
	int root_key, timestamp_key, snapshot_key, targets_key, app_key; /* who signs */
	int timestamp_listed, snapshot_listed; /* whose keys the root lists */
	int app_threshold;
	const char *type; /* _type of the timestamp */
	const char *spec;
	long long targets_length; /* that the snapshot states */
	int deep;		  /* arrays in the application's role, one in the other */
	bool spoil_hash, spoil_length, drop_entry;
};

static void
or_int(int *field, int normal)
{
	if (*field == 0)
		*field = normal;
}

static void
or_text(const char **field, const char *normal)
{
	if (*field == NULL)
		*field = normal;
}

static void
defaults(struct knobs *k)
{
	or_int(&k->root_v, 1);
	or_int(&k->timestamp_v, 2);
	or_int(&k->snapshot_v, 2);
	or_int(&k->targets_v, 2);
	or_int(&k->app_v, 2);
	or_text(&k->root_exp, GOOD);
	or_text(&k->timestamp_exp, GOOD);
	or_text(&k->snapshot_exp, GOOD);
	or_text(&k->targets_exp, GOOD);
	or_text(&k->app_exp, GOOD);
	or_int(&k->root_key, K_ROOT);
	or_int(&k->timestamp_key, K_TIMESTAMP);
	or_int(&k->snapshot_key, K_SNAPSHOT);
	or_int(&k->targets_key, K_TARGETS);
	or_int(&k->app_key, K_APP);
	or_int(&k->timestamp_listed, K_TIMESTAMP);
	or_int(&k->snapshot_listed, K_SNAPSHOT);
	or_int(&k->app_threshold, 1);
	or_text(&k->type, "timestamp");
	or_text(&k->spec, "1.0.31");
}

static json_t *
body(const char *type, const struct knobs *k, int version, const char *expires)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "_type", type, "spec_version", k->spec, "version",
	    version, "expires", expires);
}

/* Sign, put on the shelf, and give the entry that a parent has for it. */
static json_t *
put(json_t *signed_part, int key, const char *name, int says)
{
	struct buf b = BUF_INIT(1 << 20);
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	struct err e;

	assert_ok(sign_metadata(signed_part, &keys[key], 1, &b, &e), &e);
	shelf_put(&world.remote, name, b.data, b.len);
	assert_ok(digest_of(DIGEST_SHA256, b.data, b.len, sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, hex);
	json_decref(signed_part);
	json_t *meta = json_pack("{s:i, s:I, s:{s:s}}", "version", says, "length",
	    (json_int_t)b.len, "hashes", "sha256", hex);
	buf_free(&b);
	return meta;
}

static void
put_root(const struct knobs *k)
{
	json_t *j = body("root", k, k->root_v, k->root_exp), *ring = json_object();
	char name[64];
	struct err e;

	for (int i = K_ROOT; i < K_COUNT; i++)
		json_object_set_new(ring, privkey_id(keys[i]), privkey_public(keys[i], &e));
	json_object_set_new(j, "keys", ring);
	json_object_set_new(j, "consistent_snapshot", json_true());
	json_object_set_new(j, "roles",
	    json_pack("{s:o, s:o, s:o, s:o}", "root", role_json(K_ROOT, 1), "timestamp",
		role_json(k->timestamp_listed, 1), "snapshot", role_json(k->snapshot_listed, 1),
		"targets", role_json(K_TARGETS, 1)));
	snprintf(name, sizeof name, "%d.root.json", k->root_v);
	json_decref(put(j, k->root_key, name, 1));
}

static void
build(const struct knobs *wanted)
{
	struct knobs filled = *wanted;
	const struct knobs *k = &filled;
	json_t *app, *app_meta, *targets, *targets_meta, *snapshot, *snapshot_meta, *timestamp;
	char name[64];
	struct err e;

	defaults(&filled);
	put_root(k);
	app = body("targets", k, k->app_v, k->app_exp);
	json_object_set_new(app, "release", json_integer(k->app_v));
	json_object_set_new(app, "targets",
	    json_pack("{s:{s:i, s:{s:s}}}", APP "/app/x", "length", 3, "hashes", "sha256",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	if (k->deep > 0) {
		json_t *inner = json_array();

		for (int i = 1; i < k->deep; i++)
			inner = json_pack("[o]", inner);
		json_object_set_new(app, "deep", inner);
	}
	snprintf(name, sizeof name, "%d." APP ".json", k->app_says ? k->app_says : k->app_v);
	app_meta = put(app, k->app_key, name, k->app_says ? k->app_says : k->app_v);

	targets = body("targets", k, k->targets_v, k->targets_exp);
	json_object_set_new(targets, "targets", json_object());
	json_object_set_new(targets, "delegations",
	    json_pack("{s:{s:o}, s:[{s:s, s:[s], s:i, s:b, s:[s]}]}", "keys",
		privkey_id(keys[K_APP]), privkey_public(keys[K_APP], &e), "roles", "name", APP,
		"keyids", privkey_id(keys[K_APP]), "threshold", k->app_threshold, "terminating", 1,
		"paths", APP "/*/*"));
	snprintf(name, sizeof name, "%d.targets.json",
	    k->targets_says ? k->targets_says : k->targets_v);
	targets_meta =
	    put(targets, k->targets_key, name, k->targets_says ? k->targets_says : k->targets_v);
	if (k->spoil_hash)
		json_object_set_new(targets_meta, "hashes",
		    json_pack("{s:s}", "sha256",
			"aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	if (k->targets_length != 0)
		json_object_set_new(targets_meta, "length", json_integer(k->targets_length));
	if (k->spoil_length)
		json_object_set_new(targets_meta, "length", json_integer(10));

	snapshot = body("snapshot", k, k->snapshot_v, k->snapshot_exp);
	json_object_set_new(snapshot, "meta", json_pack("{s:o}", "targets.json", targets_meta));
	if (k->drop_entry)
		json_decref(app_meta);
	else
		json_object_set_new(json_object_get(snapshot, "meta"), APP ".json", app_meta);
	snprintf(name, sizeof name, "%d.snapshot.json",
	    k->snapshot_says ? k->snapshot_says : k->snapshot_v);
	snapshot_meta = put(snapshot, k->snapshot_key, name,
	    k->snapshot_says ? k->snapshot_says : k->snapshot_v);

	timestamp = body(k->type, k, k->timestamp_v, k->timestamp_exp);
	json_object_set_new(timestamp, "meta", json_pack("{s:o}", "snapshot.json", snapshot_meta));
	json_decref(put(timestamp, k->timestamp_key, "timestamp.json", 1));
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
start(const struct knobs *k)
{
	const struct shelf_file *root;

	shelf_clear(&world.remote);
	shelf_clear(&world.local);
	shelf_clear(&world.notes);
	build(k);
	root = shelf_find(&world.remote, "1.root.json");
	shelf_put(&world.local, "root", root->data, root->len);
}

/*
 * Second states of the repository, after a good refresh of the normal one with all versions at 2.
 */
static struct row {
	const char *name;
	struct knobs k;
	enum err_code want;
} rows[] = {
	{ "client: the same again", { .root_v = 1 }, ERR_NONE },
	{ "client: all newer", { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .app_v = 3 },
	    ERR_NONE },
	{ "client: timestamp by another key", { .timestamp_v = 3, .timestamp_key = K_OTHER },
	    ERR_SIGNATURE },
	{ "client: timestamp by the snapshot key",
	    { .timestamp_v = 3, .timestamp_key = K_SNAPSHOT }, ERR_SIGNATURE },
	{ "client: timestamp of another type", { .timestamp_v = 3, .type = "snapshot" },
	    ERR_SYNTAX },
	{ "client: timestamp older", { .timestamp_v = 1 }, ERR_ROLLBACK },
	{ "client: timestamp expired", { .timestamp_v = 3, .timestamp_exp = PAST }, ERR_EXPIRED },
	{ "client: timestamp names an older snapshot", { .timestamp_v = 3, .snapshot_v = 1 },
	    ERR_ROLLBACK },
	{ "client: specification 2", { .timestamp_v = 3, .spec = "2.0.0" }, ERR_SYNTAX },
	{ "client: snapshot by another key",
	    { .timestamp_v = 3, .snapshot_v = 3, .snapshot_key = K_OTHER }, ERR_SIGNATURE },
	{ "client: snapshot expired", { .timestamp_v = 3, .snapshot_v = 3, .snapshot_exp = PAST },
	    ERR_EXPIRED },
	{ "client: snapshot of another version",
	    { .timestamp_v = 3, .snapshot_v = 3, .snapshot_says = 4 }, ERR_VERSION },
	{ "client: snapshot drops an entry",
	    { .timestamp_v = 3, .snapshot_v = 3, .drop_entry = true }, ERR_ROLLBACK },
	{ "client: snapshot takes targets back",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 1 }, ERR_ROLLBACK },
	{ "client: snapshot takes the application back",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 1 }, ERR_ROLLBACK },
	{ "client: targets by another key",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .targets_key = K_OTHER },
	    ERR_SIGNATURE },
	{ "client: targets expired",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .targets_exp = PAST },
	    ERR_EXPIRED },
	{ "client: targets of another version",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .targets_says = 4 }, ERR_VERSION },
	{ "client: targets with another hash",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .spoil_hash = true }, ERR_HASH },
	{ "client: targets longer than stated",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .spoil_length = true },
	    ERR_TOO_LARGE },
	{ "client: application by the targets key",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .app_key = K_TARGETS },
	    ERR_SIGNATURE },
	{ "client: application expired",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .app_exp = PAST }, ERR_EXPIRED },
	{ "client: application of another version",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .app_says = 4 }, ERR_VERSION },
	{ "client: application below its threshold",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .app_v = 3, .app_threshold = 2 },
	    ERR_SIGNATURE },
	{ "client: root by another key", { .root_v = 2, .root_key = K_OTHER }, ERR_SIGNATURE },
	{ "client: root expired", { .root_v = 2, .root_exp = PAST }, ERR_EXPIRED },
	{ "client: new root", { .root_v = 2 }, ERR_NONE },
	{ "client: timestamp key replaced, versions start again",
	    { .root_v = 2,
		.timestamp_v = 1,
		.snapshot_v = 1,
		.timestamp_key = K_OTHER,
		.timestamp_listed = K_OTHER },
	    ERR_NONE },
	{ "client: snapshot key replaced, versions start again",
	    { .root_v = 2,
		.timestamp_v = 1,
		.snapshot_v = 1,
		.snapshot_key = K_OTHER,
		.snapshot_listed = K_OTHER },
	    ERR_NONE },
};

static void
second_state(void **state)
{
	struct row *r = *state;
	struct knobs first = { .root_v = 1 };
	char text[ERR_TEXT_SIZE];
	enum err_code got;

	start(&first);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	world.saves = 0;
	build(&r->k);
	got = refresh(NOW, text);
	if (got != r->want) {
		print_error("want %s, got %s (%s)\n", err_name(r->want), err_name(got), text);
		fail();
	}
	/*
	 * And the good repository is still accepted afterwards, unless its root or keys moved on.
	 */
	if (r->want != ERR_NONE && r->k.root_v == 1) {
		first.timestamp_v = first.snapshot_v = 4;
		build(&first);
		got = refresh(NOW, text);
		if (got != ERR_NONE)
			print_error("%s\n", text);
		assert_int_equal(got, ERR_NONE);
	}
}

/* What fails is not saved: the file of the role at fault keeps its old bytes. */
static void
nothing_saved(void **state)
{
	struct knobs k = { .root_v = 1 };
	char text[ERR_TEXT_SIZE];

	(void)state;
	start(&k);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	k.timestamp_v = 3;
	k.timestamp_key = K_OTHER;
	build(&k);
	world.saves = 0;
	assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
	assert_int_equal(world.saves, 0);
	/* Nothing new: nothing is saved either. */
	k = (struct knobs){ .root_v = 1 };
	build(&k);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	assert_int_equal(world.saves, 0);
	/* Frozen: the same files, once their time is over. */
	assert_int_equal(refresh(NOW + 400LL * 86400 * 5, text), ERR_EXPIRED);
	assert_int_equal(world.saves, 0);
}

/*
 * Files that can't be taken though they are the ones that were signed for: what was asked for at the
 * first refresh, and at the second.
 */
static struct again_row {
	const char *name;
	struct knobs k;
	enum err_code want;
	const char *first, *second;
} again_rows[] = {
	{ "again: targets by another key",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .targets_key = K_OTHER },
	    ERR_SIGNATURE, "2.root.json timestamp.json 3.snapshot.json 3.targets.json ",
	    "2.root.json timestamp.json " },
	{ "again: snapshot by another key",
	    { .timestamp_v = 3, .snapshot_v = 3, .snapshot_key = K_OTHER }, ERR_SIGNATURE,
	    "2.root.json timestamp.json 3.snapshot.json ", "2.root.json timestamp.json " },
	{ "again: application of another version",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .app_says = 4 }, ERR_VERSION,
	    "2.root.json timestamp.json 3.snapshot.json 4.COV_PB.json ",
	    "2.root.json timestamp.json " },
	{ "again: application that nests too deep",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .deep = 70 }, ERR_TOO_LARGE,
	    "2.root.json timestamp.json 3.snapshot.json 3.COV_PB.json ",
	    "2.root.json timestamp.json " },
	{ "again: targets over the limit aren't asked for",
	    { .timestamp_v = 3,
		.snapshot_v = 3,
		.targets_v = 3,
		.targets_length = TUF_TARGETS_SIZE_MAX + 1ll },
	    ERR_TOO_LARGE, "2.root.json timestamp.json 3.snapshot.json ",
	    "2.root.json timestamp.json " },
	{ "again: application that is over, which time heals",
	    { .timestamp_v = 3, .snapshot_v = 3, .app_v = 3, .app_exp = PAST }, ERR_EXPIRED,
	    "2.root.json timestamp.json 3.snapshot.json 3.COV_PB.json ",
	    "2.root.json timestamp.json 3.COV_PB.json " },
	{ "again: targets with another hash, which the server heals",
	    { .timestamp_v = 3, .snapshot_v = 3, .targets_v = 3, .spoil_hash = true }, ERR_HASH,
	    "2.root.json timestamp.json 3.snapshot.json 3.targets.json ",
	    "2.root.json timestamp.json 3.targets.json " },
};

static void
again(void **state)
{
	const struct again_row *r = *state;
	struct knobs good = { .root_v = 1 };
	char text[ERR_TEXT_SIZE];

	start(&good);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	build(&r->k);
	for (int i = 0; i < 2; i++) {
		world.asked[0] = '\0';
		assert_int_equal(refresh(NOW, text), r->want);
		assert_string_equal(world.asked, i == 0 ? r->first : r->second);
	}
	/* A new timestamp or snapshot: everything counts anew. */
	good.timestamp_v = good.snapshot_v = good.targets_v = good.app_v = 5;
	build(&good);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
}

/* A note that can't be read, or is of another version of the program, counts as none. */
static void
other_note(void **state)
{
	static const char *const notes[] = { "", "{", "[]", "{\"format\": 1}" };
	const struct knobs bad = { .timestamp_v = 3, .snapshot_v = 3, .snapshot_key = K_OTHER };
	struct knobs good = { .root_v = 1 };
	char text[ERR_TEXT_SIZE], *version;

	(void)state;
	start(&good);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
	build(&bad);
	assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
	struct shelf_file *f = shelf_find(&world.notes, "note");

	assert_non_null(f);
	assert_non_null(
	    version = memmem(f->data, f->len, SLIPWAY_VERSION, strlen(SLIPWAY_VERSION)));
	version[0] = '9';
	for (size_t i = 0; i <= N(notes); i++) {
		world.asked[0] = '\0';
		assert_int_equal(refresh(NOW, text), ERR_SIGNATURE);
		assert_non_null(strstr(world.asked, "3.snapshot.json"));
		if (i < N(notes))
			shelf_put(&world.notes, "note", notes[i], strlen(notes[i]));
	}
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
make_keys(void **state)
{
	struct err e;

	(void)state;
	for (int i = K_ROOT; i < K_COUNT; i++)
		if ((keys[i] = privkey_generate(TUF_ED25519, &e)) == NULL)
			return -1;
	return 0;
}

static int
drop_keys(void **state)
{
	(void)state;
	for (int i = K_ROOT; i < K_COUNT; i++)
		privkey_free(keys[i]);
	world_clear(&world);
	return 0;
}

static void
first_refresh(void **state)
{
	struct knobs normal = { .root_v = 1 };
	char text[ERR_TEXT_SIZE];

	(void)state;
	start(&normal);
	assert_int_equal(refresh(NOW, text), ERR_NONE);
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
		cmocka_unit_test(other_note),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, rows, second_state);
	TEST_ROWS(tests, n, again_rows, again);
	TEST_ROWS(tests, n, glob_rows, glob);
	return _cmocka_run_group_tests("client", tests, n, make_keys, drop_keys);
}
