/* SPDX-License-Identifier: ISC */
/*
 * Names of files and applications.
 */
#include "tests/unit/common/test.h"

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

/* Names that path_check() accepts and no release may have. */
static struct path_row portable_rows[] = {
	{ "release: plain", PATH("COV_PB/app/tls/server.crt"), ERR_NONE },
	{ "release: Persian with a joiner", PATH("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae"),
	    ERR_NONE },
	{ "release: backup copy", PATH("a.txt~"), ERR_NONE },
	{ "release: numbered backup", PATH("a.txt.~1~"), ERR_NONE },
	{ "release: tilde in a long name", PATH("long-name~1.txt"), ERR_NONE },
	{ "release: version", PATH("lib~2.0-1.tar"), ERR_NONE },
	{ "release: superscript alone", PATH("m\xc2\xb2"), ERR_NONE },
	{ "release: COM and a superscript four", PATH("COM\xe2\x81\xb4"), ERR_NONE },
	{ "release: .slipway", PATH(".slipway"), ERR_NONE },
	{ "release: slipway-x", PATH("slipway-x"), ERR_NONE },
	{ "release: superscript one", PATH("a/com\xc2\xb9"), ERR_UNSAFE },
	{ "release: superscript two, extension", PATH("LPT\xc2\xb2.txt"), ERR_UNSAFE },
	{ "release: superscript three, blank", PATH("Com\xc2\xb3 .x"), ERR_UNSAFE },
	{ "release: clock", PATH("clock$"), ERR_UNSAFE },
	{ "release: console input", PATH("conin$.x"), ERR_UNSAFE },
	{ "release: short name", PATH("PROGRA~1"), ERR_UNSAFE },
	{ "release: short name, small", PATH("x/a~1.txt"), ERR_UNSAFE },
	{ "release: short name with a hash", PATH("TE021~10/x"), ERR_UNSAFE },
	{ "release: own directory", PATH("a/.slipway-I-A/n0"), ERR_UNSAFE },
	{ "release: own directory, capitals", PATH(".SLIPWAY-x"), ERR_UNSAFE },
	{ "release: C1 control",
	    PATH("a\xc2\x9b"
		 "31m"),
	    ERR_UNSAFE },
	{ "release: next line", PATH("a\xc2\x85"), ERR_UNSAFE },
	{ "release: right-to-left override",
	    PATH("a\xe2\x80\xae"
		 "fdp.exe"),
	    ERR_UNSAFE },
	{ "release: right-to-left mark", PATH("a\xe2\x80\x8f"), ERR_UNSAFE },
	{ "release: isolate", PATH("a\xe2\x81\xa6"), ERR_UNSAFE },
	{ "release: Arabic letter mark", PATH("a\xd8\x9c"), ERR_UNSAFE },
	{ "release: line separator", PATH("a\xe2\x80\xa8"), ERR_UNSAFE },
	{ "release: byte order mark",
	    PATH("\xef\xbb\xbf"
		 "a"),
	    ERR_UNSAFE },
	{ "release: blank of no width", PATH("a\xe2\x80\x8b"), ERR_UNSAFE },
	{ "release: tag", PATH("a\xf3\xa0\x81\x81"), ERR_UNSAFE },
	{ "release: parent", PATH("../x"), ERR_UNSAFE },
};

/* Where a station's files go on Windows. */
static struct path_row windows_rows[] = {
	{ "Windows: drive", PATH("C:/COV PB/app.d"), ERR_NONE },
	{ "Windows: root of a drive", PATH("C:\\"), ERR_NONE },
	{ "Windows: parts that stay", PATH("C:/a/../b//./c/"), ERR_NONE },
	{ "Windows: share", PATH("\\\\files.example\\kept$\\COV"), ERR_NONE },
	{ "Windows: share itself", PATH("//s/x/"), ERR_NONE },
	{ "Windows: beyond ASCII",
	    PATH("C:/\xc4\x8c"
		 "OV"),
	    ERR_NONE },
	{ "Windows: taken as it is", PATH("\\\\?\\C:\\COV"), ERR_UNSAFE },
	{ "Windows: share, taken as it is", PATH("//?/UNC/s/x/COV"), ERR_UNSAFE },
	{ "Windows: device", PATH("\\\\.\\C:\\COV"), ERR_UNSAFE },
	{ "Windows: server", PATH("\\\\server"), ERR_UNSAFE },
	{ "Windows: server and separator", PATH("//server/"), ERR_UNSAFE },
	{ "Windows: no server", PATH("///x"), ERR_UNSAFE },
	{ "Windows: dot at the end", PATH("C:\\COV."), ERR_UNSAFE },
	{ "Windows: blank at the end", PATH("C:/COV /x"), ERR_UNSAFE },
	{ "Windows: three dots", PATH("C:/.../x"), ERR_UNSAFE },
	{ "Windows: stream", PATH("C:\\COV:x"), ERR_UNSAFE },
	{ "Windows: index of a directory", PATH("C:/COV::$INDEX_ALLOCATION"), ERR_UNSAFE },
	{ "Windows: drive in a path", PATH("C:/D:/x"), ERR_UNSAFE },
	{ "Windows: reserved name", PATH("C:/con.d/x"), ERR_UNSAFE },
	{ "Windows: wildcard", PATH("C:/COV*"), ERR_UNSAFE },
	{ "Windows: reserved name on a share", PATH("//s/x/nul"), ERR_UNSAFE },
};

static void
windows(void **state)
{
	struct path_row *r = *state;
	struct err e = { 0 };

	if (r->want == ERR_NONE)
		assert_ok(path_windows(r->path, &e), &e);
	else {
		assert_err(path_windows(r->path, &e), r->want, &e);
		assert_non_null(strstr(e.text, r->path));
	}
}

static void
portable(void **state)
{
	struct path_row *r = *state;
	struct err e = { 0 };

	if (r->want == ERR_NONE)
		assert_ok(path_portable(r->path, r->len, &e), &e);
	else
		assert_err(path_portable(r->path, r->len, &e), r->want, &e);
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

static struct application_row {
	const char *name, *application;
	bool good;
} application_rows[] = {
	{ "application: plain", "COV_PB", true },
	{ "application: digits, dot and minus inside", "2nd.line-a", true },
	{ "application: 64 bytes",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
	{ "application: 65 bytes",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "application: empty", "", false },
	{ "application: first '.'", ".a", false },
	{ "application: first '-'", "-a", false },
	{ "application: last '.'", "a.", false },
	{ "application: slash", "a/b", false },
	{ "application: blank", "a b", false },
	{ "application: letter beyond ASCII", "\xc5\xbe", false },
	{ "application: root", "root", false },
	{ "application: Targets", "Targets", false },
	{ "application: snapshot", "snapshot", false },
	{ "application: TIMESTAMP", "TIMESTAMP", false },
	{ "application: begins as a role", "roots", true },
	{ "application: device", "con", false },
	{ "application: device with extension", "LPT1.x", false },
};

static void
application(void **state)
{
	struct application_row *r = *state;
	struct err e = { 0 };

	assert_int_equal(valid_application_name(r->application), r->good);
	if (r->good)
		assert_ok(application_check(r->application, &e), &e);
	else
		assert_err(application_check(r->application, &e), ERR_USAGE, &e);
}

static void
without_case(void **state)
{
	(void)state;
	assert_int_equal(path_casecmp("a/B.crt", "A/b.CRT"), 0);
	assert_true(path_casecmp("a", "B") < 0);
	assert_true(path_casecmp("C", "b") > 0);
	assert_true(path_casecmp("a", "ab") < 0);
	assert_true(path_casecmp("ab", "A") > 0);
	/* Letters beyond ASCII are compared by bytes. */
	assert_true(path_casecmp("\xc3\xa9", "\xc3\x89") > 0);
}

static void
characters(void **state)
{
	(void)state;
	assert_int_equal(path_characters(""), 0);
	assert_int_equal(path_characters("C:\\a b"), 6);
	assert_int_equal(path_characters("\xc3\xa9\xe2\x82\xac"), 2);
	assert_int_equal(path_characters("a\xf0\x9f\x94\x91"), 3);
}

int
main(void)
{
	static struct CMUnitTest tests[140] = {
		cmocka_unit_test(characters),
		cmocka_unit_test(path_limits),
		cmocka_unit_test(without_case),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, path_rows, path);
	TEST_ROWS(tests, n, portable_rows, portable);
	TEST_ROWS(tests, n, windows_rows, windows);
	TEST_ROWS(tests, n, application_rows, application);
	return _cmocka_run_group_tests("path", tests, n, NULL, NULL);
}
