/* SPDX-License-Identifier: ISC */
/*
 * Hostile repositories: each is a good repository with one change, signed with real keys and with
 * parents that state the changed file's hash and length, so that only the one check can notice the
 * change.  From the faulty role on, the trusted files must stay, byte for byte.
 */
#include "tests/unit/tuf/hostile.h"
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/tuf/sign.h"

#define NOW  1800000000 /* 2027-01-15T08:00:00Z */
#define GOOD "2030-01-01T00:00:00Z"

/* Room for the tables of hostile_rows.c. */
#define CHANGES_MAX 600

static const char *const names[NROLES] = { "root", "timestamp", "snapshot", "targets", APP };

static struct world world;

static json_t *
root_body(int version)
{
	json_t *j = shelf_body("root", version, GOOD);

	json_object_set_new(j, "consistent_snapshot", json_true());
	json_object_set_new(j, "keys", shelf_ring(K_ROOT, K_APP));
	json_object_set_new(j, "roles",
	    json_pack("{s:o, s:o, s:o, s:o}", "root", shelf_role(K_ROOT), "timestamp",
		shelf_role(K_TIMESTAMP), "snapshot", shelf_role(K_SNAPSHOT), "targets",
		shelf_role(K_TARGETS)));
	return j;
}

static json_t *
app_body(int version)
{
	json_t *j = shelf_body("targets", version, GOOD);

	json_object_set_new(j, "targets",
	    json_pack("{s:{s:i, s:{s:s}}}", TARGET, "length", 3, "hashes", "sha256",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	return j;
}

static json_t *
targets_body(int version)
{
	json_t *j = shelf_body("targets", version, GOOD);

	json_object_set_new(j, "targets", json_object());
	json_object_set_new(j, "delegations",
	    json_pack("{s:o, s:[{s:s, s:[s], s:i, s:b, s:[s]}]}", "keys", shelf_ring(K_APP, K_APP),
		"roles", "name", APP, "keyids", privkey_id(shelf_keys[K_APP]), "threshold", 1,
		"terminating", 1, "paths", APP "/*/*"));
	return j;
}

/*
 * Returns the value at a place, and its parent and last name.  A missing value is a mistake in the
 * table.
 */
static json_t *
parent_of(json_t *j, const char *at, char last[64])
{
	const char *sep;

	while ((sep = strchr(at, '>')) != NULL) {
		snprintf(last, 64, "%.*s", (int)(sep - at), at);
		j = json_is_array(j) ? json_array_get(j, (size_t)atoi(last))
				     : json_object_get(j, last);
		assert_non_null(j);
		at = sep + 1;
	}
	snprintf(last, 64, "%s", at);
	return j;
}

static void
put_value(json_t *j, const char *at, const char *value)
{
	char last[64];
	json_t *parent = parent_of(j, at, last), *v = NULL;

	if (value == NULL) {
		assert_int_equal(json_object_del(parent, last), 0);
		return;
	}
	assert_non_null(v = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
	if (json_is_array(parent))
		assert_int_equal(json_array_set_new(parent, (size_t)atoi(last), v), 0);
	else
		assert_int_equal(json_object_set_new(parent, last, v), 0);
}

/* Changes no file. */
static const struct change nothing = { .doc = NROLES };

/* Signs, changes and stores a file.  Returns a parent's entry for the file. */
static json_t *
publish(enum role role, int version, json_t *signed_part, int key, const struct change *c)
{
	bool here = c->doc == role;
	unsigned sign = here && c->sign != 0 ? c->sign : 1u << key;
	struct buf b = BUF_INIT(FILE_MAX);
	struct privkey *by[SHELF_KEYS];
	char name[64];
	json_t *file, *meta;
	size_t n = 0;
	struct err e;

	if (here && c->at != NULL)
		put_value(signed_part, c->at, c->value);
	if (here && c->edit != NULL)
		c->edit(signed_part);
	for (int i = 0; i < SHELF_KEYS; i++)
		if (sign & (1u << i))
			by[n++] = shelf_keys[i];
	file = json_pack("{s:[], s:o}", "signatures", "signed", signed_part);
	for (size_t i = 0; i < n; i++)
		/* A body that can't be signed (with a real number) stays unsigned. */
		if (sign_add(file, by[i], &e) == -1)
			break;
	if (here && c->envelope != NULL)
		c->envelope(file);
	char *text = json_dumps(file, JSON_COMPACT | JSON_SORT_KEYS);
	assert_ok(buf_adds(&b, text, &e), &e);
	free(text);
	if (here && c->raw != NULL)
		c->raw(&b);
	if (role == TIMESTAMP)
		strcpy(name, "timestamp.json");
	else
		snprintf(name, sizeof name, "%d.%s.json", version, names[role]);
	shelf_put(&world.remote, name, b.data == NULL ? (const uint8_t *)"" : b.data, b.len);
	if (here && c->gone)
		shelf_drop(&world.remote, name);
	meta = shelf_meta(version, &b);
	buf_free(&b);
	json_decref(file);
	return meta;
}

/* Makes a whole repository with all versions at version, and one change. */
static void
build(int version, const struct change *c)
{
	json_t *app = publish(APPLICATION, version, app_body(version), K_APP, c);
	json_t *targets = publish(TARGETS, version, targets_body(version), K_TARGETS, c);
	json_t *snapshot = shelf_body("snapshot", version, GOOD),
	       *timestamp = shelf_body("timestamp", version, GOOD), *meta;

	json_object_set_new(snapshot, "meta",
	    json_pack("{s:o, s:o}", "targets.json", targets, APP ".json", app));
	meta = publish(SNAPSHOT, version, snapshot, K_SNAPSHOT, c);
	json_object_set_new(timestamp, "meta", json_pack("{s:o}", "snapshot.json", meta));
	json_decref(publish(TIMESTAMP, version, timestamp, K_TIMESTAMP, c));
	json_decref(publish(ROOT, version, root_body(version), K_ROOT, c));
}

static enum err_code
refresh_at(int64_t now, struct err *e)
{
	struct tuf_client *c;
	struct tuf_target t;
	enum err_code code = ERR_NONE;

	err_clear(e);
	c = world_client(&world, now);
	if (tuf_client_refresh(c, NULL, e) == -1 || tuf_client_role(c, APP, e) == NULL)
		code = e->code;
	else
		assert_int_equal(tuf_client_find(c, TARGET, &t, e), 1);
	tuf_client_free(c);
	return code;
}

static enum err_code
refresh(struct err *e)
{
	return refresh_at(NOW, e);
}

static void
expect(enum err_code want)
{
	struct err e;
	enum err_code got = refresh(&e);

	if (got != want) {
		print_error("want %s, got %s (%s)\n", err_name(want), err_name(got), e.text);
		fail();
	}
}

static void
start(void)
{
	world_clear(&world);
	build(1, &nothing);
	shelf_trust_root(&world);
}

/* Whether the role was accepted: the local file equals that of the repository. */
static bool
moved_on(enum role r)
{
	char name[64];
	const struct shelf_file *l = shelf_find(&world.local, names[r]), *f;

	snprintf(name, sizeof name, r == TIMESTAMP ? "%.0d%s.json" : "%d.%s.json",
	    r == TIMESTAMP ? 0 : 2, names[r]);
	f = shelf_find(&world.remote, name);
	return l != NULL && f != NULL && l->len == f->len && memcmp(l->data, f->data, f->len) == 0;
}

static void
run_change(void **state)
{
	const struct change *c = *state;
	struct shelf before = { NULL, 0 };
	/* An expired final root is trusted and ends the refresh (5.3.10). */
	bool kept_root = c->doc == ROOT && c->want == ERR_EXPIRED;

	start();
	expect(ERR_NONE);
	shelf_copy(&before, &world.local);
	build(2, c);
	expect(c->want);
	for (int r = ROOT; r < NROLES; r++) {
		bool accepted =
		    c->want == ERR_NONE ? !c->gone : r < (int)c->fails || (r == ROOT && kept_root);

		/* New keys for timestamp or snapshot: both start again (5.3.11). */
		if (!accepted && c->forgets && (r == TIMESTAMP || r == SNAPSHOT))
			shelf_drop(&before, names[r]);
		if (accepted ? !moved_on((enum role)r)
			     : !shelf_same(&before, &world.local, names[r])) {
			print_error("%s: want %s\n", names[r],
			    accepted ? "the new file" : "the old file untouched");
			fail();
		}
	}
	shelf_clear(&before);
	if (c->want == ERR_NONE || kept_root)
		return;
	/*
	 * The client recovers with the repository, whose versions 3 are newer than all files that
	 * were accepted meanwhile.
	 */
	build(2, &nothing);
	build(3, &nothing);
	expect(ERR_NONE);
}

/* Damaged files of a station are fetched again or reported, and never believed. */
static void
local_spoilt(void **state)
{
	struct err e;

	(void)state;
	for (int r = TIMESTAMP; r < NROLES; r++) {
		start();
		expect(ERR_NONE);
		shelf_put(&world.local, names[r], "{", 1);
		expect(ERR_NONE);
		shelf_drop(&world.local, names[r]);
		expect(ERR_NONE);
	}
	shelf_put(&world.local, "root", "{", 1);
	assert_int_equal(refresh(&e), ERR_SYNTAX);
	shelf_drop(&world.local, "root");
	assert_int_equal(refresh(&e), ERR_NOENT);
}

/*
 * A refresh that was interrupted at any write can be repeated, and no interruption leaves files
 * that a later refresh refuses.
 */
static void
cut_anywhere(void **state)
{
	struct err e;
	int n;

	(void)state;
	for (n = 1; n < 100; n++) {
		start();
		expect(ERR_NONE);
		build(2, &nothing);
		world.calls = 0;
		world.fail_at = n;
		if (refresh(&e) == ERR_NONE)
			break;
		assert_int_equal(e.code, ERR_NOSPC);
		world.fail_at = 0;
		expect(ERR_NONE);
		for (int r = ROOT; r < NROLES; r++)
			assert_true(moved_on((enum role)r));
	}
	assert_int_equal(n, NROLES + 1);
}

/* The same files again and again, until each role has expired. */
static void
frozen(void **state)
{
	struct shelf before = { NULL, 0 };
	struct err e;

	(void)state;
	for (int r = ROOT; r < NROLES; r++) {
		const struct change soon = { .doc = (enum role)r,
			.at = "expires",
			.value = "\"2027-01-15T08:00:10Z\"" };

		start();
		build(2, &soon);
		expect(ERR_NONE);
		shelf_copy(&before, &world.local);
		assert_int_equal(refresh_at(NOW + 9, &e), ERR_NONE);
		assert_int_equal(refresh_at(NOW + 10, &e), ERR_EXPIRED);
		for (int k = ROOT; k < NROLES; k++)
			assert_true(shelf_same(&before, &world.local, names[k]));
	}
	shelf_clear(&before);
}

/*
 * A local file that can't be read is an error: without it an old timestamp couldn't be told from a
 * new one.
 */
static void
local_unreadable(void **state)
{
	struct shelf before = { NULL, 0 };

	(void)state;
	for (int r = ROOT; r < NROLES; r++) {
		bool binds = r < TARGETS;

		start();
		expect(ERR_NONE);
		shelf_copy(&before, &world.local);
		build(2, &nothing);
		world.unreadable = names[r];
		expect(binds ? ERR_IO : ERR_NONE);
		assert_int_equal(shelf_same(&before, &world.local, names[r]), binds);
		world.unreadable = NULL;
		expect(ERR_NONE);
		assert_true(moved_on((enum role)r));
	}
	shelf_clear(&before);
}

/* The roots with which a station may be enrolled. */
static void
trust_anchor(void **state)
{
	const struct change over = { .doc = ROOT, .raw = hostile_root_over },
			    stranger = { .doc = ROOT, .sign = 1u << K_OTHER };
	const struct shelf_file *f;
	int64_t version = 0;
	struct err e;

	(void)state;
	world_clear(&world);
	build(2, &nothing);
	f = shelf_find(&world.remote, "2.root.json");
	assert_ok(tuf_root_check(f->data, f->len, &version, &e), &e);
	assert_int_equal(version, 2);
	build(2, &over);
	f = shelf_find(&world.remote, "2.root.json");
	assert_err(tuf_root_check(f->data, f->len, &version, &e), ERR_TOO_LARGE, &e);
	start(); /* clears both shelves, so before f is found */
	build(2, &stranger);
	f = shelf_find(&world.remote, "2.root.json");
	assert_err(tuf_root_check(f->data, f->len, &version, &e), ERR_SIGNATURE, &e);
	/* Files that somebody wrote into the store don't bypass the checks. */
	shelf_put(&world.local, "root", f->data, f->len);
	assert_int_equal(refresh(&e), ERR_SIGNATURE);
}

static void
order_of_requests(void **state)
{
	(void)state;
	start();
	expect(ERR_NONE);
	assert_string_equal(world.asked,
	    "2.root.json timestamp.json 1.snapshot.json 1.targets.json 1." APP ".json ");
	world.asked[0] = '\0';
	expect(ERR_NONE);
	assert_string_equal(world.asked, "2.root.json timestamp.json ");
}

/* A chain of roots up to the limit, and one more. */
static void
many_roots(void **state)
{
	struct err e;

	(void)state;
	start();
	for (int v = 2; v <= TUF_ROOTS_MAX + 1; v++)
		json_decref(publish(ROOT, v, root_body(v), K_ROOT, &nothing));
	expect(ERR_NONE);
	start();
	for (int v = 2; v <= TUF_ROOTS_MAX + 2; v++)
		json_decref(publish(ROOT, v, root_body(v), K_ROOT, &nothing));
	assert_int_equal(refresh(&e), ERR_TOO_LARGE);
	/* The accepted roots count: the next refresh goes on from the last one. */
	expect(ERR_NONE);
}

/*
 * Every byte of every file is set to a few other values: the refresh is refused, or ends in the
 * signed state (white space, case of a hexadecimal number).
 */
static void
any_byte(void **state)
{
	static const char *const files[] = { "2.root.json", "timestamp.json", "2.snapshot.json",
		"2.targets.json", "2.COV_PB.json" };
	static const uint8_t other[] = { 0x01, 0x20 };
	unsigned refused = 0, same = 0;
	struct shelf before = { NULL, 0 }, good = { NULL, 0 };
	struct err e;

	(void)state;
	start();
	expect(ERR_NONE);
	shelf_copy(&before, &world.local);
	build(2, &nothing);
	shelf_copy(&good, &world.remote);
	for (size_t f = 0; f < N(files); f++) {
		const size_t len = shelf_find(&good, files[f])->len;

		for (size_t i = 0; i < len; i++)
			for (size_t k = 0; k < N(other); k++) {
				struct shelf_file *bad;

				shelf_copy(&world.local, &before);
				shelf_put(&world.remote, files[f],
				    shelf_find(&good, files[f])->data, len);
				bad = shelf_find(&world.remote, files[f]);
				bad->data[i] ^= other[k];
				world.asked[0] = '\0';
				if (refresh(&e) != ERR_NONE) {
					refused++;
					assert_true(shelf_same(&world.local, &before, names[f]));
					continue;
				}
				same++;
				for (int r = ROOT; r < NROLES; r++) {
					const struct shelf_file *got = shelf_find(&world.local,
								    names[r]),
								*want = shelf_find(&good, files[r]);
					json_t *ja = json_text_parse(got->data, got->len, &e),
					       *jb = json_text_parse(want->data, want->len, &e);

					assert_true(json_equal(json_object_get(ja, "signed"),
					    json_object_get(jb, "signed")));
					json_decref(ja);
					json_decref(jb);
				}
			}
		shelf_put(&world.remote, files[f], shelf_find(&good, files[f])->data, len);
	}
	shelf_clear(&before);
	shelf_clear(&good);
	print_message("%u changed bytes refused, %u without meaning\n", refused, same);
	assert_true(refused > 5000);
}

static int
tear_down(void **state)
{
	world_clear(&world);
	return shelf_drop_keys(state);
}

/* An argument is a pattern with * of the names of the tests to run. */
int
main(int argc, char **argv)
{
	static struct change all[CHANGES_MAX];
	static char texts[CHANGES_MAX][96];
	static struct CMUnitTest tests[CHANGES_MAX + 8] = {
		cmocka_unit_test(local_spoilt),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(order_of_requests),
		cmocka_unit_test(many_roots),
		cmocka_unit_test(trust_anchor),
		cmocka_unit_test(frozen),
		cmocka_unit_test(local_unreadable),
		cmocka_unit_test(any_byte),
	};
	size_t n = 8, m = 0;

	if (hostile_ncommon * NROLES + hostile_nspecial > CHANGES_MAX)
		return EXIT_FAILURE;
	for (int r = ROOT; r < NROLES; r++)
		for (size_t i = 0; i < hostile_ncommon; i++) {
			snprintf(texts[m], sizeof texts[m], "%s: %s", names[r],
			    hostile_common[i].name);
			all[m] = hostile_common[i];
			all[m].name = texts[m];
			all[m].doc = all[m].fails = (enum role)r;
			m++;
		}
	for (size_t i = 0; i < hostile_nspecial; i++) {
		all[m] = hostile_special[i];
		if (all[m].fails == ROOT)
			all[m].fails = all[m].doc;
		m++;
	}
	for (size_t i = 0; i < m; i++)
		tests[n++] = (struct CMUnitTest){ .name = all[i].name,
			.test_func = run_change,
			.initial_state = &all[i] };
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests("hostile", tests, n, shelf_make_keys, tear_down);
}
