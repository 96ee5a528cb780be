/* SPDX-License-Identifier: ISC */
/*
 * server/deploy: the place that is set, the note of deployments, and jobs in a directory of this
 * computer.
 */
#include "tests/unit/common/test.h"

#include "lib/os/move.h"
#include "server/deploy/carry.h"
#include "tests/unit/common/temp.h"

/* The beginning of an absolute path. */
#ifdef _WIN32
#define ABS "C:/"
#else
#define ABS "/"
#endif
#define PRINT "SHA256:0123456789012345678901234567890123456789012"
#define HEAD  "{\"format\": 1, \"place\": "

static const struct row {
	const char *name, *text;
	int want; /* of deploy_config_read() */
} rows[] = {
	{ "a server",
	    HEAD "\"sftp://u@h:2222/p\", \"key\": \"" ABS "k\", \"host_keys\": [\"" PRINT "\"]}",
	    1 },
	{ "a directory", HEAD "\"" ABS "srv\"}", 1 },
	{ "another format", "{\"format\": 2, \"place\": \"" ABS "srv\"}", -1 },
	{ "no place", "{\"format\": 1}", -1 },
	{ "a relative directory", HEAD "\"srv\"}", -1 },
	{ "a directory with a key", HEAD "\"" ABS "srv\", \"key\": \"" ABS "k\"}", -1 },
	{ "a server without a key", HEAD "\"sftp://u@h/p\", \"host_keys\": [\"" PRINT "\"]}", -1 },
	{ "a server without a pin", HEAD "\"sftp://u@h/p\", \"key\": \"" ABS "k\"}", -1 },
	{ "a pin that is short",
	    HEAD "\"sftp://u@h/p\", \"key\": \"" ABS "k\", \"host_keys\": [\"SHA256:012\"]}", -1 },
	{ "a pin that is no text",
	    HEAD "\"sftp://u@h/p\", \"key\": \"" ABS "k\", \"host_keys\": [1]}", -1 },
	{ "a relative key",
	    HEAD "\"sftp://u@h/p\", \"key\": \"k\", \"host_keys\": [\"" PRINT "\"]}", -1 },
	{ "a password in the address",
	    HEAD "\"sftp://u:p@h/p\", \"key\": \"" ABS "k\", \"host_keys\": [\"" PRINT "\"]}", -1 },
	{ "cut", HEAD "\"" ABS "srv", -1 },
	{ "empty", "", -1 },
};

static void
config(void **state)
{
	const struct row *r = *state;
	struct deploy_config c, again;
	struct dir *d;
	struct err e;

	assert_int_equal(temp_make((void **)&d), 0);
	assert_is(deploy_config_read(d, &c, &e), 0, &e);
	assert_ok(file_create(d, DEPLOY_FILE, r->text, strlen(r->text), 0644, &e), &e);
	assert_is(deploy_config_read(d, &c, &e), r->want, &e);
	if (r->want == 1) {
		assert_ok(deploy_config_write(d, &c, &e), &e);
		assert_is(deploy_config_read(d, &again, &e), 1, &e);
		assert_string_equal(c.place, again.place);
		assert_int_equal(c.host_keys.n, again.host_keys.n);
		deploy_config_free(&again);
	} else {
		assert_int_not_equal(e.code, ERR_NONE);
		assert_null(c.place);
	}
	deploy_config_free(&c);
	assert_int_equal(temp_remove((void **)&d), 0);
}

static void
notes(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef";
	struct dir *d = *state;
	struct note n;
	struct err e;

	assert_ok(note_read(d, "/a", &n, &e), &e);
	assert_int_equal(json_object_size(n.gone), 0);
	json_object_set_new(n.gone, "targets/x", json_integer(7));
	memcpy(n.lock, id, sizeof id);
	n.now = true;
	assert_ok(note_write(d, "/a", &n, &e), &e);
	note_free(&n);
	assert_ok(note_read(d, "/a", &n, &e), &e);
	assert_int_equal(json_integer_value(json_object_get(n.gone, "targets/x")), 7);
	assert_string_equal(n.lock, id);
	assert_true(n.now);
	note_free(&n);
	/* A note about another place, or a damaged one, says nothing. */
	assert_ok(note_read(d, "/b", &n, &e), &e);
	assert_true(json_object_size(n.gone) == 0 && n.lock[0] == '\0' && !n.now);
	note_free(&n);
	assert_ok(file_replace(d, NOTE_FILE, "{\"format\"", 9, 0644, &e), &e);
	assert_ok(note_read(d, "/a", &n, &e), &e);
	assert_int_equal(json_object_size(n.gone), 0);
	note_free(&n);
}

static const struct published {
	const char *name;
	bool want;
} paths[] = {
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	{ "metadata/timestamp.json", true },
	{ "metadata/12.snapshot.json", true },
	{ "metadata/1.root.json", true },
	{ "targets/A/app/" HASH ".x", true },
	{ "metadata/slipway-served", false },
	{ "metadata/slipway-deploy.lock", false },
	{ "metadata/.slipway-new.3", false },
	{ "metadata/below/1.root.json", false },
	{ "metadata/snapshot.json", false },
	{ "targets/A/app/x", false },
	{ "targets/A/app/.slipway-new.0", false },
	{ "timestamp.json", false },
	{ "other/" HASH ".x", false },
};

static void
published(void **state)
{
	const struct published *p = *state;

	assert_int_equal(compare_is_published(p->name), p->want);
}

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	(void)offset;
	(void)e;
	memset(bytes, *(char *)arg, len);
	return 0;
}

static int
pull_nothing(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	(void)arg;
	(void)offset;
	(void)bytes;
	(void)len;
	return err_setx(e, ERR_IO, "can't read");
}

static int
collect(void *arg, const void *bytes, size_t len, struct err *e)
{
	return buf_add(arg, bytes, len, e);
}

static int
note_entry(void *arg, const struct sftp_listed *l, struct err *e)
{
	return buf_addf(arg, e, "%s%s;", l->name, l->type == SFTP_LISTED_DIRECTORY ? "/" : "");
}

static void
local_jobs(void **state)
{
	struct dir *d = *state;
	struct buf got = BUF_INIT(100000), names = BUF_INIT(1000);
	char a = 'a';
	struct sftp_job make = { .kind = SFTP_JOB_MKDIR, .path = "m/n" };
	struct sftp_job first[] = {
		{ .kind = SFTP_JOB_PUT,
		    .path = "m/.t",
		    .to = "m/f",
		    .size = 70000,
		    .pull = pull,
		    .arg = &a },
		{ .kind = SFTP_JOB_PUT,
		    .path = "lock",
		    .size = 3,
		    .exclusive = true,
		    .pull = pull,
		    .arg = &a },
		{ .kind = SFTP_JOB_PUT,
		    .path = "m/.u",
		    .to = "m/g",
		    .size = 9,
		    .pull = pull_nothing },
		{ .kind = SFTP_JOB_PUT, .path = "../x", .size = 9, .pull = pull, .arg = &a },
	};
	struct sftp_job second[] = {
		{ .kind = SFTP_JOB_GET,
		    .path = "m/f",
		    .size = 70000,
		    .data = collect,
		    .arg = &got },
		{ .kind = SFTP_JOB_GET,
		    .path = "m/f",
		    .size = 69999,
		    .data = collect,
		    .arg = &names },
		{ .kind = SFTP_JOB_GET, .path = "none", .size = 9, .data = collect, .arg = &got },
		{ .kind = SFTP_JOB_PUT,
		    .path = "lock",
		    .size = 3,
		    .exclusive = true,
		    .pull = pull,
		    .arg = &a },
		{ .kind = SFTP_JOB_REMOVE, .path = "none" },
		{ .kind = SFTP_JOB_LIST, .path = "none", .entry = note_entry, .arg = &got },
	};
	struct sftp_job list = { .kind = SFTP_JOB_LIST,
		.path = "m",
		.entry = note_entry,
		.arg = &names };
	struct err e;

	assert_ok(dest_local_run(d, &make, 1, &e), &e);
	assert_int_equal(make.result, SFTP_JOB_OK);
	assert_ok(dest_local_run(d, first, N(first), &e), &e);
	assert_int_equal(first[0].result, SFTP_JOB_OK);
	assert_int_equal(first[1].result, SFTP_JOB_OK);
	assert_int_equal(first[2].result, SFTP_JOB_FAILED);
	assert_int_equal(first[3].result, SFTP_JOB_FAILED);
	assert_ok(dest_local_run(d, second, N(second), &e), &e);
	assert_int_equal(second[0].result, SFTP_JOB_OK);
	assert_int_equal(got.len, 70000);
	assert_int_equal(second[1].result, SFTP_JOB_FAILED);
	assert_int_equal(second[1].err.code, ERR_TOO_LARGE);
	assert_int_equal(second[2].result, SFTP_JOB_ABSENT);
	assert_int_equal(second[3].result, SFTP_JOB_FAILED);
	assert_int_equal(second[4].result, SFTP_JOB_ABSENT);
	assert_int_equal(second[5].result, SFTP_JOB_ABSENT);
	buf_reset(&names);
	assert_ok(dest_local_run(d, &list, 1, &e), &e);
	assert_int_equal(list.result, SFTP_JOB_OK);
	assert_string_equal(buf_text(&names), ".u;f;n/;");
	buf_free(&got);
	buf_free(&names);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + N(paths) + 2];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, config);
	TEST_ROWS(tests, n, paths, published);
	tests[n++] =
	    (struct CMUnitTest)cmocka_unit_test_setup_teardown(notes, temp_make, temp_remove);
	tests[n++] =
	    (struct CMUnitTest)cmocka_unit_test_setup_teardown(local_jobs, temp_make, temp_remove);
	return _cmocka_run_group_tests("deploy", tests, n, NULL, NULL);
}
