/* SPDX-License-Identifier: ISC */
/*
 * updater/state: the record of the applied release, its history, and the notes beside it.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/state/notes.h"
#include "updater/state/record.h"
#include "updater/state/state.h"

static struct dir *state;

/*
 * A record of Slipway 0.1.0: the second release of a station, with two files more than the first.
 */
static const char of_0_1_0[] =
    "{\n"
    " \"action\": \"update\",\n"
    " \"changed\": {\n"
    "  \"files\": 2,\n"
    "  \"settings\": 0\n"
    " },\n"
    " \"dirs\": {\n"
    "  \"app\": [\n"
    "   \"new\",\n"
    "   \"tls\"\n"
    "  ],\n"
    "  \"install\": [\n"
    "   \"bin\"\n"
    "  ]\n"
    " },\n"
    " \"files\": {\n"
    "  \"A/app/new/x\": {\n"
    "   \"length\": 2,\n"
    "   \"mode\": \"0644\",\n"
    "   \"sha256\": \"73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac\"\n"
    "  },\n"
    "  \"A/app/tls/server.crt\": {\n"
    "   \"length\": 4,\n"
    "   \"mode\": \"0644\",\n"
    "   \"sha256\": \"27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a\"\n"
    "  },\n"
    "  \"A/install/bin/hi\": {\n"
    "   \"length\": 3,\n"
    "   \"mode\": \"0755\",\n"
    "   \"sha256\": \"98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\"\n"
    "  },\n"
    "  \"A/scripts/machine/10.lua\": {\n"
    "   \"length\": 58,\n"
    "   \"mode\": \"0644\",\n"
    "   \"sha256\": \"d5a0f0a696491ec203184c2a1987224249007b2344644b71fa99e202343ad5b0\"\n"
    "  },\n"
    "  \"A/scripts/user/u.lua\": {\n"
    "   \"length\": 1,\n"
    "   \"mode\": \"0644\",\n"
    "   \"sha256\": \"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b\"\n"
    "  }\n"
    " },\n"
    " \"from\": 1,\n"
    " \"machine\": 0,\n"
    " \"newest\": 2,\n"
    " \"release\": 2,\n"
    " \"roots\": {\n"
    "  \"app\": \"/srv/A\",\n"
    "  \"install\": \"/opt/hi\"\n"
    " },\n"
    " \"serial\": 2,\n"
    " \"set\": [\n"
    "  {\n"
    "   \"key\": \"HKLM\\\\SOFTWARE\\\\Ipesoft\\\\I\\\\cfg_A\\\\TLS\",\n"
    "   \"name\": \"Depth\",\n"
    "   \"value\": \"dword:5\"\n"
    "  }\n"
    " ],\n"
    " \"time\": \"2026-11-30T03:06:01Z\",\n"
    " \"undo\": [],\n"
    " \"version\": 2\n"
    "}";

static int
setup(void **unused)
{
	void *d;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	state = d;
	return 0;
}

static int
teardown(void **unused)
{
	void *d = state;

	(void)unused;
	return temp_remove(&d);
}

static void
put(const char *name, const char *text)
{
	struct err e;

	assert_ok(file_replace_fast(state, name, text, strlen(text), 0644, &e), &e);
}

/* What is read is written again byte for byte, but for the format, which 0.1.0 didn't state. */
static void
as_0_1_0(void **unused)
{
	struct buf now = BUF_INIT(10000), want = BUF_INIT(10000);
	size_t from = (size_t)(strstr(of_0_1_0, " \"from\"") - of_0_1_0);
	struct record r;
	struct err e;

	(void)unused;
	put("applied.json", of_0_1_0);
	assert_ok(record_applied(state, &r, &e), &e);
	assert_true(r.whole);
	assert_int_equal(r.serial, 2);
	assert_int_equal(r.release, 2);
	assert_int_equal(r.version, 2);
	assert_int_equal(r.newest, 2);
	assert_int_equal(r.from, 1);
	assert_int_equal(r.machine, 0);
	assert_int_equal(r.changed_files, 2);
	assert_int_equal(r.changed_settings, 0);
	assert_string_equal(r.action, "update");
	assert_string_equal(r.time, "2026-11-30T03:06:01Z");
	assert_int_equal(r.n, 5);
	assert_int_equal(r.set.n, 1);
	assert_int_equal(r.undo.n, 0);
	assert_int_equal(file_remove(state, "applied.json", &e), 1);
	assert_ok(record_set_applied(state, &r, &r, &e), &e);
	assert_ok(file_read(state, "applied.json", &now, &e), &e);
	assert_ok(buf_add(&want, of_0_1_0, from, &e), &e);
	assert_ok(buf_addf(&want, &e, " \"format\": 1,\n%s", of_0_1_0 + from), &e);
	assert_string_equal(buf_text(&now), buf_text(&want));
	buf_free(&now);
	buf_free(&want);
	record_free(&r);
}

static void
looking_up(void **unused)
{
	const struct record_file *f;
	struct record r;
	struct err e;

	(void)unused;
	put("applied.json", of_0_1_0);
	assert_ok(record_applied(state, &r, &e), &e);
	assert_non_null(f = record_file(&r, "A/install/bin/hi"));
	assert_int_equal(f->state.mode, 0755);
	assert_int_equal(f->length, 3);
	assert_memory_equal(f->state.sha256, "98ea6e4f", 8);
	assert_non_null(record_file(&r, "A/app/new/x"));
	assert_non_null(record_file(&r, "A/scripts/user/u.lua"));
	assert_null(record_file(&r, "A/install/bin"));
	assert_null(record_file(&r, ""));
	assert_true(record_has_dir(&r, LAYOUT_APP, "new"));
	assert_true(record_has_dir(&r, LAYOUT_APP, "tls"));
	assert_true(record_has_dir(&r, LAYOUT_INSTALL, "bin"));
	assert_false(record_has_dir(&r, LAYOUT_INSTALL, "tls"));
	assert_true(record_same_root(&r, LAYOUT_APP, "/srv/A"));
	assert_false(record_same_root(&r, LAYOUT_APP, "/opt/hi"));
	assert_false(record_same_root(&r, LAYOUT_APP, NULL));
	record_free(&r);
	/* Without an applied release, no file is found and no release is the same. */
	assert_null(record_file(&r, "A/app/new/x"));
	assert_false(record_has_dir(&r, LAYOUT_APP, "new"));
	assert_false(record_same_root(&r, LAYOUT_APP, "/srv/A"));
}

/* An empty state, unordered files and a directory that is listed twice are no errors. */
static void
empty_and_unsorted(void **unused)
{
	struct record r;
	json_t *j;
	struct err e;

	(void)unused;
	assert_ok(record_applied(state, &r, &e), &e);
	assert_int_equal(r.serial, 0);
	assert_false(r.whole);
	put("applied.json",
	    "{\"serial\": 1, \"release\": 7, \"set\": [], \"undo\": [],"
	    "\"files\": {\"A/b\": {\"sha256\": \""
	    "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\"},"
	    "\"A/a\": {\"sha256\": \""
	    "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\"}},"
	    "\"dirs\": {\"app\": [\"z\", \"a\", \"z\"]}, \"roots\": {\"app\": null}}");
	assert_ok(record_applied(state, &r, &e), &e);
	assert_int_equal(r.newest, 7); /* as before records said it */
	assert_string_equal(r.files[0].target, "A/a");
	assert_int_equal(r.files[0].state.mode, 0644);
	assert_int_equal(r.dirs[LAYOUT_APP].n, 2);
	assert_string_equal(r.dirs[LAYOUT_APP].v[0], "a");
	assert_null(r.roots[LAYOUT_APP]);
	assert_non_null(j = record_json(&r, &e));
	assert_true(json_is_null(json_object_get(json_object_get(j, "roots"), "app")));
	json_decref(j);
	record_free(&r);
}

/* Where it came from, if not from the servers, is kept. */
static void
brought(void **unused)
{
	const char *text = "{\"serial\": 1, \"release\": 7, \"set\": [], \"undo\": [],"
			   "\"place\": \"file:///media/stick\", \"expired\": 6}";
	json_t *j;
	struct record r;
	struct err e;

	(void)unused;
	put("applied.json", text);
	assert_ok(record_applied(state, &r, &e), &e);
	assert_string_equal(r.place, "file:///media/stick");
	assert_int_equal(r.expired, 6);
	assert_non_null(j = record_json(&r, &e));
	assert_string_equal(json_string_value(json_object_get(j, "place")), r.place);
	assert_int_equal(json_integer_value(json_object_get(j, "expired")), 6);
	json_decref(j);
	record_free(&r);
}

#define HASH "\"98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\""
#define REST ", \"set\": [], \"undo\": []}"

static const struct bad {
	const char *name, *text;
} bad[] = {
	{ "no JSON", "{" },
	{ "no object", "[]" },
	{ "serial: a text", "{\"serial\": \"1\"" REST },
	{ "serial: negative", "{\"serial\": -1" REST },
	{ "release: a fraction", "{\"serial\": 1, \"release\": 1.5" REST },
	{ "time: a number", "{\"serial\": 1, \"time\": 5" REST },
	{ "time: too long", "{\"serial\": 1, \"time\": \"2026-11-30T03:06:01.5Z\"" REST },
	{ "action: too long", "{\"serial\": 1, \"action\": \"no action is so long\"" REST },
	{ "place: a number", "{\"serial\": 1, \"place\": 5" REST },
	{ "expired: negative", "{\"serial\": 1, \"expired\": -1" REST },
	{ "action: a NUL", "{\"serial\": 1, \"action\": \"up\\u0000date\"" REST },
	{ "file: no hash", "{\"serial\": 1, \"files\": {\"A/a\": {\"length\": 1}}" REST },
	{ "file: half a hash",
	    "{\"serial\": 1, \"files\": {\"A/a\": {\"sha256\": \"98ea\"}}" REST },
	{ "file: no object", "{\"serial\": 1, \"files\": {\"A/a\": " HASH "}" REST },
	{ "file: its length",
	    "{\"serial\": 1, \"files\": {\"A/a\": {\"sha256\": " HASH ", \"length\": -1}}" REST },
	{ "file: its mode",
	    "{\"serial\": 1, \"files\": {\"A/a\": {\"sha256\": " HASH
	    ", \"mode\": \"4755\"}}" REST },
	{ "dirs: a number", "{\"serial\": 1, \"dirs\": {\"app\": [1]}" REST },
	{ "roots: a number", "{\"serial\": 1, \"roots\": {\"app\": 1}" REST },
	{ "changed: a text", "{\"serial\": 1, \"changed\": {\"files\": \"1\"}" REST },
	{ "not whole", "{\"serial\": 1, \"release\": 1}" },
	{ "no set", "{\"serial\": 1, \"undo\": []}" },
	{ "undo: no list", "{\"serial\": 1, \"set\": [], \"undo\": {}}" },
	{ "undo: a change",
	    "{\"serial\": 1, \"set\": [], \"undo\": [{\"key\": \"nowhere\", \"name\": \"a\"}]}" },
};

static void
malformed(void **row)
{
	const struct bad *b = *row;
	struct record r = { .serial = 5 };
	struct err e;

	setup(NULL);
	put("applied.json", b->text);
	assert_err(record_applied(state, &r, &e), ERR_SYNTAX, &e);
	assert_non_null(strstr(e.text, "applied.json"));
	assert_int_equal(r.serial, 0);
	assert_int_equal(r.n, 0);
	assert_null(r.files);
	teardown(NULL);
}

/* A record with one file whose content is its serial, and that content in kept/. */
static void
apply(struct record *old, int64_t serial, struct dir *kept)
{
	struct record r = { .serial = serial, .release = serial, .whole = true };
	struct err e;

	assert_ok(list_grow(&r.files, 0, sizeof *r.files, &e), &e);
	r.files[r.n++] = (struct record_file){ .target = strdup("A/app/x") };
	snprintf(r.files[0].state.sha256, sizeof r.files[0].state.sha256, "%064d", (int)serial);
	r.files[0].state.mode = 0644;
	assert_ok(file_replace_fast(kept, r.files[0].state.sha256, "x", 1, 0644, &e), &e);
	assert_ok(record_set_applied(state, old, &r, &e), &e);
	assert_ok(record_set_applied(state, &r, &r, &e), &e); /* repeated after a crash */
	record_prune(state, &r);
	record_free(old);
	*old = r;
}

struct walk {
	int64_t serials[20];
	size_t n, whole, until;
};

static int
note(void *arg, struct record *r, struct err *e)
{
	struct walk *w = arg;

	(void)e;
	w->serials[w->n++] = r->serial;
	w->whole += r->whole;
	assert_int_equal(r->n, r->whole ? 1 : 0);
	return w->n == w->until;
}

static int
count(void *arg, const char *name, struct err *e)
{
	(void)name;
	(void)e;
	++*(int *)arg;
	return 0;
}

/* The records before the applied one, newest first; only the newest are whole and keep content. */
static void
history(void **unused)
{
	struct record applied = RECORD_INIT;
	struct walk all = { .until = 20 }, some = { .until = 3 };
	struct file_info info;
	struct dir *kept;
	int files = 0;
	struct err e;

	(void)unused;
	assert_non_null(kept = dir_below(state, "kept", true, &e));
	for (int64_t i = 1; i <= 13; i++)
		apply(&applied, i, kept);
	assert_int_equal(record_history(state, &applied, note, &all, &e), 0);
	assert_int_equal(all.n, 12);
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(all.serials[i], 12 - (int64_t)i);
	assert_int_equal(all.whole, RECORD_WHOLE_MAX);
	assert_int_equal(record_history(state, &applied, note, &some, &e), 1);
	assert_int_equal(some.n, 3);
	assert_ok(dir_list(kept, count, &files, &e), &e);
	/* The record that was just shortened needs its content a last time. */
	assert_int_equal(files, RECORD_WHOLE_MAX + 2);
	/* One that is damaged is passed over, and set aside with the next update. */
	put("history/0000000012.json", "{");
	memset(&all, 0, sizeof all);
	all.until = 20;
	assert_int_equal(record_history(state, &applied, note, &all, &e), 0);
	assert_int_equal(all.n, 12);
	assert_int_equal(all.whole, RECORD_WHOLE_MAX - 1);
	record_prune(state, &applied);
	assert_int_equal(file_stat(state, "history/0000000012.json", &info, &e), 0);
	files = 0;
	assert_ok(dir_list(kept, count, &files, &e), &e);
	assert_int_equal(files, RECORD_WHOLE_MAX);
	record_free(&applied);
	dir_close(kept);
}

/* A damaged record is known from the history, but not from what 0.1.0 left there. */
static void
damaged(void **unused)
{
	const struct damage_told nobody = { NULL, NULL };
	struct record applied = RECORD_INIT, r;
	struct dir *kept;
	struct err why, e;

	(void)unused;
	assert_non_null(kept = dir_below(state, "kept", true, &e));
	for (int64_t i = 1; i <= 2; i++)
		apply(&applied, i, kept);
	put("applied.json", "");
	assert_int_equal(record_known(state, &r, &why, &e), 1);
	assert_int_equal(why.code, ERR_SYNTAX);
	assert_true(r.damaged && r.whole);
	assert_int_equal(r.release, 2);
	assert_ok(record_heal(state, &r, &why, &nobody, &e), &e);
	record_free(&r);
	assert_ok(record_applied(state, &r, &e), &e);
	assert_int_equal(r.release, 2);
	record_free(&r);
	put("applied.json", "{}{}");
	put("history/0000000007.json",
	    "{\"serial\": 7, \"release\": 7, \"set\": [], \"undo\": []}");
	assert_int_equal(record_known(state, &r, &why, &e), 1);
	assert_true(r.damaged);
	assert_false(r.whole);
	assert_int_equal(r.serial, 7);
	assert_int_equal(r.release, 0);
	record_free(&r);
	put("applied.json", "{\"format\": 2, \"serial\": 7}");
	assert_err(record_known(state, &r, &why, &e), ERR_VERSION, &e);
	record_free(&applied);
	dir_close(kept);
}

/* The reason why a release isn't applied is valid until another record is applied. */
static void
waiting(void **unused)
{
	struct waiting w = { .release = 5 };
	struct err why;

	(void)unused;
	notes_waiting(state, 1, &w);
	assert_int_equal(w.release, 0);
	err_setx(&why, ERR_BUSY, "C:/x: it is open");
	notes_set_waiting(state, 1, 7, &why);
	notes_waiting(state, 1, &w);
	assert_int_equal(w.release, 7);
	assert_string_equal(w.text, "C:/x: it is open");
	assert_string_equal(w.code, "busy");
	assert_int_equal(strlen(w.time), DATE_TEXT_SIZE - 1);
	notes_waiting(state, 2, &w);
	assert_int_equal(w.release, 0);
	assert_string_equal(w.text, "");
}

static void
leftovers(void **unused)
{
	struct file_info info;
	json_t *list;
	struct err e;

	(void)unused;
	assert_non_null(list = notes_leftovers(state));
	assert_int_equal(json_array_size(list), 0);
	assert_int_equal(json_array_append_new(list, json_string("one")), 0);
	assert_ok(notes_set_leftovers(state, list, &e), &e);
	json_decref(list);
	assert_non_null(list = notes_leftovers(state));
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(json_array_clear(list), 0);
	assert_ok(notes_set_leftovers(state, list, &e), &e);
	assert_int_equal(file_stat(state, "leftovers.json", &info, &e), 0);
	json_decref(list);
}

static void
refreshed(void **unused)
{
	struct err e;

	(void)unused;
	assert_int_equal(notes_refreshed(state), 0);
	assert_ok(notes_set_refreshed(state, 1800000000, &e), &e);
	assert_int_equal(notes_refreshed(state), 1800000000);
	put("refreshed", "2026-13-01T00:00:00Z\n");
	assert_int_equal(notes_refreshed(state), 0);
}

/* Putting back what was lost takes no place in the history, and changes nothing for users. */
static void
restored(void **unused)
{
	struct record none = RECORD_INIT, now,
		      old = { .serial = 4, .release = 7, .action = "update", .whole = true },
		      r = { .serial = 5,
			      .release = 7,
			      .action = RECORD_RESTORE,
			      .machine = 4,
			      .whole = true };
	struct file_info info;
	struct err e;

	(void)unused;
	assert_false(record_restores(&old));
	assert_true(record_restores(&r));
	assert_ok(record_set_applied(state, &none, &old, &e), &e);
	assert_int_equal(record_followed(&old), 4);
	for (int crash = 0; crash < 2; crash++) {
		assert_ok(record_applied(state, &now, &e), &e);
		assert_ok(record_set_applied(state, &now, &r, &e), &e);
		record_free(&now);
		assert_ok(record_applied(state, &now, &e), &e);
		assert_int_equal(now.serial, 5);
		assert_string_equal(now.action, "update");
		assert_int_equal(record_followed(&now), 4);
		record_free(&now);
		assert_int_equal(file_stat(state, "history/0000000004.json", &info, &e), 0);
		assert_int_equal(file_stat(state, "history/0000000005.json", &info, &e), 1);
	}
	/* Where the record before is damaged, this is the only one that is whole. */
	old.damaged = true;
	assert_ok(record_set_applied(state, &old, &r, &e), &e);
	assert_ok(record_applied(state, &now, &e), &e);
	assert_string_equal(now.action, RECORD_RESTORE);
	record_free(&now);
}

static void
pending(void **unused)
{
	struct err e;

	(void)unused;
	assert_false(state_pending(state));
	put("journal.new", "");
	assert_false(state_pending(state));
	put("journal.undo", "");
	assert_true(state_pending(state));
	assert_int_equal(file_remove(state, "journal.undo", &e), 1);
	put("journal", "");
	assert_true(state_pending(state));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest fixed[] = { TEST(as_0_1_0), TEST(brought), TEST(looking_up),
		TEST(empty_and_unsorted), TEST(history), TEST(damaged), TEST(waiting),
		TEST(leftovers), TEST(refreshed), TEST(restored), TEST(pending) };
	struct CMUnitTest tests[N(fixed) + N(bad)];
	size_t n = N(fixed);

	memcpy(tests, fixed, sizeof fixed);
	TEST_ROWS(tests, n, bad, malformed);
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
