/* SPDX-License-Identifier: ISC */
/*
 * lib/base: errors, buffers, digests, dates, names of files, durable files, JSON.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include "lib/base/buf.h"
#include "lib/os/clock.h"
#include "lib/base/digest.h"
#include "lib/os/file.h"
#include "lib/base/json.h"
#include "lib/base/path.h"

static struct path_row {
	const char *name, *path;
	size_t len;
	enum err_code want;
} path_rows[] = {
#define PATH(text) text, sizeof(text) - 1
	{ "path: plain", PATH("app/COV_PB/server.crt"), ERR_NONE },
	{ "path: one component", PATH("a"), ERR_NONE },
	{ "path: hidden file", PATH(".profile"), ERR_NONE },
	{ "path: three dots inside", PATH("a...b"), ERR_NONE },
	{ "path: UTF-8", PATH("r\xc3\xa9sum\xc3\xa9"), ERR_NONE },
	{ "path: CONSOLE is no device", PATH("CONSOLE.txt"), ERR_NONE },
	{ "path: COM10 is no device", PATH("COM10"), ERR_NONE },
	{ "path: empty", PATH(""), ERR_UNSAFE },
	{ "path: absolute", PATH("/etc/passwd"), ERR_UNSAFE },
	{ "path: parent", PATH("../x"), ERR_UNSAFE },
	{ "path: parent inside", PATH("a/../x"), ERR_UNSAFE },
	{ "path: parent at the end", PATH("a/.."), ERR_UNSAFE },
	{ "path: dot", PATH("a/./b"), ERR_UNSAFE },
	{ "path: doubled slash", PATH("a//b"), ERR_UNSAFE },
	{ "path: final slash", PATH("a/"), ERR_UNSAFE },
	{ "path: backslash", PATH("a\\b"), ERR_UNSAFE },
	{ "path: drive letter", PATH("C:/x"), ERR_UNSAFE },
	{ "path: alternate stream", PATH("x.crt:evil"), ERR_UNSAFE },
	{ "path: NUL", PATH("a\0b"), ERR_UNSAFE },
	{ "path: newline", PATH("a\nb"), ERR_UNSAFE },
	{ "path: delete", PATH("a\x7f"), ERR_UNSAFE },
	{ "path: trailing dot", PATH("a."), ERR_UNSAFE },
	{ "path: trailing space", PATH("a /b"), ERR_UNSAFE },
	{ "path: device", PATH("a/con"), ERR_UNSAFE },
	{ "path: device with extension", PATH("NUL.txt"), ERR_UNSAFE },
	{ "path: device with space and extension", PATH("nul .txt"), ERR_UNSAFE },
	{ "path: serial port", PATH("com1"), ERR_UNSAFE },
	{ "path: star", PATH("*.crt"), ERR_UNSAFE },
	{ "path: not UTF-8", PATH("a\xff"), ERR_UNSAFE },
	{ "path: overlong UTF-8", PATH("a\xc0\xaf"), ERR_UNSAFE },
	{ "path: surrogate", PATH("a\xed\xa0\x80"), ERR_UNSAFE },
};

static void
path(void **state)
{
	struct path_row *r = *state;
	struct err e = { 0 };

	if (r->want == ERR_NONE)
		assert_ok(path_check(r->path, r->len, &e), &e);
	else
		assert_err(path_check(r->path, r->len, &e), r->want, &e);
}

static void
path_limits(void **state)
{
	char long_path[PATH_REL_MAX + 2];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof long_path; i++)
		long_path[i] = i % 100 == 99 ? '/' : 'a';
	assert_ok(path_check(long_path, PATH_REL_MAX, &e), &e);
	assert_err(path_check(long_path, PATH_REL_MAX + 1, &e), ERR_TOO_LARGE, &e);
	memset(long_path, 'a', sizeof long_path);
	assert_ok(path_check(long_path, PATH_COMPONENT_MAX, &e), &e);
	assert_err(path_check(long_path, PATH_COMPONENT_MAX + 1, &e), ERR_UNSAFE, &e);
}

static struct date_row {
	const char *name, *text;
	int64_t want; /* -1: refused */
} date_rows[] = {
	{ "date: epoch", "1970-01-01T00:00:00Z", 0 },
	{ "date: leap day", "2024-02-29T12:34:56Z", 1709210096 },
	{ "date: century that leaps", "2000-02-29T00:00:00Z", 951782400 },
	{ "date: last", "9999-12-31T23:59:59Z", 253402300799 },
	{ "date: no leap day", "2023-02-29T00:00:00Z", -1 },
	{ "date: century that does not leap", "2100-02-29T00:00:00Z", -1 },
	{ "date: month 13", "2024-13-01T00:00:00Z", -1 },
	{ "date: day 0", "2024-01-00T00:00:00Z", -1 },
	{ "date: hour 24", "2024-01-01T24:00:00Z", -1 },
	{ "date: before the epoch", "1969-12-31T23:59:59Z", -1 },
	{ "date: no zone", "2024-01-01T00:00:00", -1 },
	{ "date: offset", "2024-01-01T00:00:00+00:00", -1 },
	{ "date: fraction", "2024-01-01T00:00:00.0Z", -1 },
	{ "date: sign", "2024-01-01T+1:00:00Z", -1 },
};

static void
date(void **state)
{
	struct date_row *r = *state;
	char text[CLOCK_TEXT_SIZE];
	int64_t t = 4711;

	if (r->want == -1) {
		assert_int_equal(clock_parse(r->text, strlen(r->text), &t), -1);
		assert_int_equal(t, 4711);
		return;
	}
	assert_int_equal(clock_parse(r->text, strlen(r->text), &t), 0);
	assert_int_equal(t, r->want);
	clock_format(t, text);
	assert_string_equal(text, r->text);
}

static void
buffer_limit(void **state)
{
	struct buf b = BUF_INIT(5);
	struct err e;

	(void)state;
	assert_ok(buf_adds(&b, "abc", &e), &e);
	assert_err(buf_adds(&b, "def", &e), ERR_TOO_LARGE, &e);
	assert_string_equal(buf_text(&b), "abc");
	assert_ok(buf_addf(&b, &e, "%d", 42), &e);
	assert_string_equal(buf_text(&b), "abc42");
	assert_err(buf_addc(&b, 'x', &e), ERR_TOO_LARGE, &e);
	buf_free(&b);
}

static void
error_text(void **state)
{
	char huge[2 * ERR_TEXT_SIZE];
	struct err e;

	(void)state;
	assert_int_equal(err_setx(&e, ERR_SYNTAX, "bad %s", "a\x1b[31m\nb"), -1);
	assert_string_equal(e.text, "bad a?[31m?b");
	err_context(&e, "file %d", 7);
	assert_string_equal(e.text, "file 7: bad a?[31m?b");
	assert_int_equal(e.code, ERR_SYNTAX);
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	err_setx(&e, ERR_SYNTAX, "%s", huge);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
	assert_string_equal(e.text + ERR_TEXT_SIZE - 4, "...");
	for (int c = 0; c < ERR_CODE_COUNT; c++)
		assert_non_null(err_name((enum err_code)c));
}

static void
hex(void **state)
{
	uint8_t raw[3] = { 9, 9, 9 };
	char text[7];

	(void)state;
	assert_int_equal(hex_decode("00fFa5", 6, raw, 3), 0);
	assert_memory_equal(raw, "\x00\xff\xa5", 3);
	assert_int_equal(hex_decode("00fFa", 5, raw, 3), -1);
	assert_int_equal(hex_decode("00fFag", 6, raw, 3), -1);
	assert_memory_equal(raw, "\x00\xff\xa5", 3);
	hex_encode(raw, 3, text);
	assert_string_equal(text, "00ffa5");
}

static void
file_replaced(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct file_info info;
	struct err e;

	assert_ok(file_replace(d, "f", "one", 3, 0600, &e), &e);
	assert_ok(file_replace(d, "f", "second", 6, 0644, &e), &e);
	assert_ok(file_read(d, "f", &b, &e), &e);
	assert_string_equal(buf_text(&b), "second");
	assert_int_equal(file_stat(d, "f", &info, &e), 1);
	assert_int_equal(info.mode, 0644);
	assert_int_equal(info.size, 6);
	assert_err(file_create(d, "f", "x", 1, 0644, &e), ERR_EXISTS, &e);
	assert_int_equal(file_stat(d, ".f.new", &info, &e), 0);
	b.max = 5;
	buf_reset(&b);
	assert_err(file_read(d, "f", &b, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(b.len, 0);
	b.max = 100;
	assert_err(file_read(d, "absent", &b, &e), ERR_NOENT, &e);
	buf_free(&b);
}

static void
file_locked(void **state)
{
	struct dir *d = *state;
	struct file_lock *l;
	struct err e;

	assert_non_null(l = file_lock(d, "lock", 0, &e));
	assert_null(file_lock(d, "lock", 30, &e));
	assert_int_equal(e.code, ERR_BUSY);
	file_unlock(l);
	assert_non_null(l = file_lock(d, "lock", 0, &e));
	file_unlock(l);
}

static int
collect(void *arg, const char *name, struct err *e)
{
	return buf_addf(arg, e, "%s ", name);
}

static void
directory_listed(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;
	uint8_t sum[32];
	char text[SHA256_HEX_SIZE];
	uint64_t size;

	assert_ok(file_replace(d, "b", "abc", 3, 0600, &e), &e);
	assert_ok(file_replace(d, "a", "", 0, 0600, &e), &e);
	assert_ok(file_replace(d, "C", "", 0, 0600, &e), &e);
	assert_ok(dir_list(d, collect, &b, &e), &e);
	assert_string_equal(buf_text(&b), "C a b ");
	assert_ok(file_sha256(d, "b", sum, &size, &e), &e);
	hex_encode(sum, 32, text);
	assert_string_equal(text,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(size, 3);
	assert_int_equal(file_remove(d, "a", &e), 1);
	assert_int_equal(file_remove(d, "a", &e), 0);
	buf_free(&b);
}

static struct json_row {
	const char *name, *text;
	enum err_code want;
} json_rows[] = {
	{ "json: object", "{\"a\": [1, \"\\u0000\"]}", ERR_NONE },
	{ "json: array", "[1]", ERR_SYNTAX },
	{ "json: duplicate name", "{\"a\": 1, \"a\": 2}", ERR_SYNTAX },
	{ "json: trailing bytes", "{} x", ERR_SYNTAX },
	{ "json: integer over 64 bits", "{\"a\": 99999999999999999999}", ERR_SYNTAX },
	{ "json: not UTF-8", "{\"a\": \"\xff\"}", ERR_SYNTAX },
	{ "json: empty", "", ERR_SYNTAX },
	{ "json: brackets in a text don't nest", "{\"a\": \"[[[[[\\\"[[[[[[\"}", ERR_NONE },
};

static void
json(void **state)
{
	struct json_row *r = *state;
	struct err e = { 0 };
	json_t *j = json_text_parse((const uint8_t *)r->text, strlen(r->text), &e);

	assert_int_equal(e.code, r->want);
	assert_true((j != NULL) == (r->want == ERR_NONE));
	json_decref(j);
}

static void
json_depth(void **state)
{
	char text[1000] = "{\"a\":";
	struct err e;
	json_t *j;

	(void)state;
	for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
		memset(text + 5, '[', (size_t)depth);
		memset(text + 5 + depth, ']', (size_t)depth);
		strcpy(text + 5 + 2 * depth, "}");
		j = json_text_parse((const uint8_t *)text, strlen(text), &e);
		assert_true((j != NULL) == (depth < JSON_DEPTH_MAX));
		json_decref(j);
	}
	assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void
dates(void **state)
{
	struct tm leap = { .tm_year = 2028 - 1900,
		.tm_mon = 1,
		.tm_mday = 29,
		.tm_hour = 23,
		.tm_min = 59,
		.tm_sec = 59 };
	struct tm epoch = { .tm_year = 70, .tm_mday = 1 };
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_int_equal(clock_of_date(&epoch), 0);
	clock_format(clock_of_date(&leap), text);
	assert_string_equal(text, "2028-02-29T23:59:59Z");
}

static void
real_path(void **state)
{
	struct dir *d = *state;
	struct buf real = BUF_INIT(4096), b = BUF_INIT(100);
	char path[4096];
	struct err e;

	assert_ok(file_replace(d, "f \xc5\xbe", "x", 1, 0644, &e), &e);
	snprintf(path, sizeof path, "%s/./f \xc5\xbe", dir_path(d));
	assert_ok(path_real(&real, path, &e), &e);
	assert_true(path_absolute(buf_text(&real)));
	assert_null(strstr(buf_text(&real), "/."));
	assert_ok(file_read(NULL, buf_text(&real), &b, &e), &e);
	assert_string_equal(buf_text(&b), "x");
	strcat(path, "absent");
	buf_reset(&real);
	assert_err(path_real(&real, path, &e), ERR_NOENT, &e);
	assert_int_equal(real.len, 0);
	buf_free(&real);
	buf_free(&b);
}

int
main(void)
{
	static struct CMUnitTest tests[200] = {
		cmocka_unit_test(path_limits),
		cmocka_unit_test(buffer_limit),
		cmocka_unit_test(error_text),
		cmocka_unit_test(hex),
		cmocka_unit_test(json_depth),
		cmocka_unit_test(dates),
		cmocka_unit_test_setup_teardown(real_path, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_replaced, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_locked, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(directory_listed, temp_make, temp_remove),
	};
	size_t n = 10;

	TEST_ROWS(tests, n, path_rows, path);
	TEST_ROWS(tests, n, date_rows, date);
	TEST_ROWS(tests, n, json_rows, json);
	return _cmocka_run_group_tests("base", tests, n, NULL, NULL);
}
