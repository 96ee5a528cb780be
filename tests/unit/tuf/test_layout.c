/* SPDX-License-Identifier: ISC */
/*
 * lib/tuf/layout: the names that stations and repositories share.
 */
#include "tests/unit/common/test.h"

#include "lib/tuf/layout.h"
#include "lib/tuf/metadata.h"

#define HEX16  "0123456789abcdef"
#define SHA256 HEX16 HEX16 HEX16 HEX16
#define SHA512 SHA256 SHA256
#define TEN    "nnnnnnnnnn"
#define N130   TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define N135   N130 "nnnnn"

static const struct target_row {
	const char *name, *target;
	enum err_code want;
	enum layout_place place;
	const char *rest;
} targets[] = {
	{ "target: installed", "A/install/x", ERR_NONE, LAYOUT_INSTALL, "x" },
	{ "target: of the application", "A/app/tls/server.crt", ERR_NONE, LAYOUT_APP,
	    "tls/server.crt" },
	{ "target: machine's script", "A/scripts/machine/a.lua", ERR_NONE, LAYOUT_SCRIPTS_MACHINE,
	    "a.lua" },
	{ "target: user's script", "A/scripts/user/a.lua", ERR_NONE, LAYOUT_SCRIPTS_USER, "a.lua" },
	{ "target: script's name in the application", "A/app/scripts/user/a.lua", ERR_NONE,
	    LAYOUT_APP, "scripts/user/a.lua" },
	{ "target: eight deep", "A/app/2/3/4/5/6/7/8", ERR_NONE, LAYOUT_APP, "2/3/4/5/6/7/8" },
	{ "target: nine deep", "A/app/2/3/4/5/6/7/8/9", ERR_UNSAFE, 0, NULL },
	{ "target: another application", "B/app/x", ERR_UNSAFE, 0, NULL },
	{ "target: longer application", "AB/app/x", ERR_UNSAFE, 0, NULL },
	{ "target: application alone", "A", ERR_UNSAFE, 0, NULL },
	{ "target: no place", "A/x", ERR_UNSAFE, 0, NULL },
	{ "target: place alone", "A/app", ERR_UNSAFE, 0, NULL },
	{ "target: unknown place", "A/other/x", ERR_UNSAFE, 0, NULL },
	{ "target: other case", "A/App/x", ERR_UNSAFE, 0, NULL },
	{ "target: longer place", "A/appx/x", ERR_UNSAFE, 0, NULL },
	{ "target: scripts alone", "A/scripts/a.lua", ERR_UNSAFE, 0, NULL },
	{ "target: script of another name", "A/scripts/user/a.txt", ERR_UNSAFE, 0, NULL },
	{ "target: ending alone", "A/scripts/user/.lua", ERR_UNSAFE, 0, NULL },
	{ "target: ending in capitals", "A/scripts/user/a.LUA", ERR_UNSAFE, 0, NULL },
	{ "target: script below", "A/scripts/machine/d/a.lua", ERR_UNSAFE, 0, NULL },
	{ "target: parent directory", "A/app/../x", ERR_UNSAFE, 0, NULL },
	{ "target: device of Windows", "A/app/NUL.txt", ERR_UNSAFE, 0, NULL },
	{ "target: longest name", "A/app/" N135, ERR_NONE, LAYOUT_APP, N135 },
	{ "target: name too long", "A/app/" N135 "n", ERR_TOO_LARGE, 0, NULL },
	{ "target: name that is a component but can't be stored", "A/app/" N135 "nnnnnnnnnn",
	    ERR_TOO_LARGE, 0, NULL },
};

static void
target(void **state)
{
	const struct target_row *r = *state;
	enum layout_place place = LAYOUT_PLACES;
	const char *rest = NULL;
	struct err e;

	if (r->want == ERR_NONE) {
		assert_ok(layout_target("A", r->target, &place, &rest, &e), &e);
		assert_int_equal(place, r->place);
		assert_string_equal(rest, r->rest);
		assert_true(layout_is_in(r->target, r->place));
		assert_true(layout_allows(r->target + 2, false));
		return;
	}
	assert_err(layout_target("A", r->target, &place, &rest, &e), r->want, &e);
}

/*
 * A name that layout_target() accepts has a path in a repository that path_check() accepts, up to
 * the limit.
 */
static void
limits(void **state)
{
	char path[PATH_REL_MAX + 1], stored[LAYOUT_STORED_SIZE], whole[2 * PATH_REL_MAX];
	enum layout_place place;
	const char *rest;
	size_t len;
	struct err e;

	(void)state;
	assert_int_equal(LAYOUT_NAME_MAX, 135);
	assert_int_equal(LAYOUT_TARGET_MAX, 951);
	for (len = LAYOUT_TARGET_MAX - 1; len <= LAYOUT_TARGET_MAX + 1; len++) {
		memset(path, 'n', len);
		path[len] = '\0';
		memcpy(path, "A/app/", 6);
		for (size_t i = 150; i < 901; i += 150)
			path[i] = '/';
		if (len > LAYOUT_TARGET_MAX) {
			assert_err(layout_target("A", path, &place, &rest, &e), ERR_TOO_LARGE, &e);
			strcpy(stored, "untouched");
			assert_err(layout_stored(path, SHA256, stored, &e), ERR_TOO_LARGE, &e);
			assert_string_equal(stored, "untouched");
			continue;
		}
		assert_ok(layout_target("A", path, &place, &rest, &e), &e);
		assert_ok(layout_stored(path, SHA256, stored, &e), &e);
		snprintf(whole, sizeof whole, LAYOUT_TARGETS "%s", stored);
		assert_int_equal(strlen(whole), strlen(LAYOUT_TARGETS) + len + SHA256_HEX_SIZE);
		assert_ok(path_check(whole, strlen(whole), &e), &e);
	}
}

static const struct stored_row {
	const char *name, *target, *hash;
	enum err_code want;
	const char *stored;
} stored[] = {
	{ "stored: in a directory", "A/app/x", SHA256, ERR_NONE, "A/app/" SHA256 ".x" },
	{ "stored: at the top", "x.lua", SHA256, ERR_NONE, SHA256 ".x.lua" },
	{ "stored: SHA-512", "A/x", SHA512, ERR_NONE, "A/" SHA512 ".x" },
	{ "stored: longest name", N135, SHA256, ERR_NONE, SHA256 "." N135 },
	{ "stored: name too long", N135 "n", SHA256, ERR_TOO_LARGE, NULL },
	{ "stored: name too long for SHA-512", "A/" TEN TEN TEN TEN TEN TEN TEN "nn", SHA512,
	    ERR_TOO_LARGE, NULL },
	{ "stored: parent directory", "../x", SHA256, ERR_UNSAFE, NULL },
	{ "stored: path in the hash", "A/x", "../" HEX16, ERR_SYNTAX, NULL },
	{ "stored: more behind the hash", "A/x", SHA256 "/x", ERR_SYNTAX, NULL },
	{ "stored: hash in capitals", "A/x", HEX16 HEX16 HEX16 "0123456789ABCDEF", ERR_SYNTAX,
	    NULL },
	{ "stored: short hash", "A/x", HEX16, ERR_SYNTAX, NULL },
	{ "stored: hash between the two", "A/x", SHA256 HEX16, ERR_SYNTAX, NULL },
	{ "stored: no hash", "A/x", "", ERR_SYNTAX, NULL },
};

static void
store(void **state)
{
	const struct stored_row *r = *state;
	char out[LAYOUT_STORED_SIZE] = "untouched";
	const char *base = strrchr(r->target, '/');
	struct err e;

	if (r->want == ERR_NONE) {
		assert_ok(layout_stored(r->target, r->hash, out, &e), &e);
		assert_string_equal(out, r->stored);
		if (strlen(r->hash) == SHA256_HEX_SIZE - 1)
			assert_string_equal(layout_stored_name(out),
			    base == NULL ? r->target : base + 1);
		return;
	}
	assert_err(layout_stored(r->target, r->hash, out, &e), r->want, &e);
	assert_string_equal(out, "untouched");
}

static void
stored_name(void **state)
{
	(void)state;
	assert_string_equal(layout_stored_name("targets/A/" SHA256 ".x.y"), "x.y");
	assert_null(layout_stored_name("A/x"));
	assert_null(layout_stored_name(SHA256 "/x"));
	assert_null(layout_stored_name("A/" SHA256));
	assert_null(layout_stored_name("A/" SHA256 "."));
	assert_null(layout_stored_name("A/" SHA512 ".x"));
	assert_null(layout_stored_name("A/0" SHA256 ".x"));
}

static const struct allowed_row {
	const char *name, *path;
	bool file, directory;
} allowed[] = {
	{ "release: install", "install", false, true },
	{ "release: app", "app", false, true },
	{ "release: scripts", "scripts", false, true },
	{ "release: scripts/machine", "scripts/machine", false, true },
	{ "release: scripts/user", "scripts/user", false, true },
	{ "release: below app", "app/x", true, true },
	{ "release: deep below install", "install/a/b/c", true, true },
	{ "release: script", "scripts/user/x.lua", true, false },
	{ "release: below a script's place", "scripts/user/x", false, false },
	{ "release: no place of scripts", "scripts/other", false, false },
	{ "release: script without a place", "scripts/x.lua", false, false },
	{ "release: elsewhere", "x", false, false },
	{ "release: below elsewhere", "x/app/y", false, false },
};

static void
allows(void **state)
{
	const struct allowed_row *r = *state;

	assert_int_equal(layout_allows(r->path, false), r->file);
	assert_int_equal(layout_allows(r->path, true), r->directory);
}

static void
is_in(void **state)
{
	(void)state;
	assert_true(layout_is_in("COV_PB/scripts/user/x.lua", LAYOUT_SCRIPTS_USER));
	assert_false(layout_is_in("COV_PB/scripts/machine/x.lua", LAYOUT_SCRIPTS_USER));
	assert_false(layout_is_in("COV_PB/app/scripts/user/x.lua", LAYOUT_SCRIPTS_USER));
	assert_false(layout_is_in("scripts/user/x.lua", LAYOUT_SCRIPTS_USER));
	assert_false(layout_is_in("scripts", LAYOUT_SCRIPTS_USER));
}

static void
modes(void **state)
{
	unsigned mode = 1;
	struct err e;

	(void)state;
	assert_ok(layout_mode("A/app/x", NULL, &mode, &e), &e);
	assert_int_equal(mode, 0644);
	assert_ok(layout_mode("A/app/x", "0755", &mode, &e), &e);
	assert_int_equal(mode, 0755);
	assert_ok(layout_mode("A/app/x", "0644", &mode, &e), &e);
	assert_int_equal(mode, 0644);
	mode = 1;
	assert_err(layout_mode("A/app/x", "4755", &mode, &e), ERR_SYNTAX, &e);
	assert_err(layout_mode("A/app/x", "755", &mode, &e), ERR_SYNTAX, &e);
	assert_err(layout_mode("A/app/x", "", &mode, &e), ERR_SYNTAX, &e);
	assert_int_equal(mode, 1);
}

static const struct metadata_row {
	const char *name;
	int64_t version;
	const char *role, *file;
} files[] = {
	{ "metadata: a version", 7, "targets", "7.targets.json" },
	{ "metadata: no version", 0, "timestamp", "timestamp.json" },
	{ "metadata: plain letters", 1, "aZ09_.-~", "1.aZ09_.-~.json" },
	{ "metadata: other letters", 1, "a/b %\xc3\xa4", "1.a%2Fb%20%25%C3%A4.json" },
	{ "metadata: greatest version", 999999999999999999, "root",
	    "999999999999999999.root.json" },
};

static void
metadata(void **state)
{
	const struct metadata_row *r = *state;
	char out[LAYOUT_METADATA_SIZE];
	struct err e;

	assert_ok(layout_metadata(r->version, r->role, out, &e), &e);
	assert_string_equal(out, r->file);
	assert_int_equal(layout_version(out, r->role), r->version);
	assert_int_equal(layout_version(out, NULL), r->version);
	assert_int_equal(layout_version(out, "other"), 0);
}

static void
metadata_limits(void **state)
{
	char role[TUF_ROLE_NAME_MAX + 101], out[LAYOUT_METADATA_SIZE];
	struct err e;

	(void)state;
	memset(role, '\xff', sizeof role);
	role[TUF_ROLE_NAME_MAX] = '\0';
	assert_ok(layout_metadata(TUF_VERSION_MAX, role, out, &e), &e);
	assert_int_equal(strlen(out), 19 + 1 + 3 * TUF_ROLE_NAME_MAX + 5);
	role[TUF_ROLE_NAME_MAX] = '\xff';
	role[sizeof role - 1] = '\0';
	assert_err(layout_metadata(1, role, out, &e), ERR_TOO_LARGE, &e);
}

static void
no_version(void **state)
{
	static const char *const names[] = { "", "1", "1.", "1.json", "1..json", ".root.json",
		"root.json", "0.root.json", "01.root.json", "-1.root.json", "+1.root.json",
		"1.root.jso", "1.root.json.new", "1root.json", "1000000000000000000.root.json",
		"x/1.root.json" };

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		assert_int_equal(layout_version(names[i], "root"), 0);
		assert_int_equal(layout_version(names[i], NULL), 0);
	}
}

int
main(void)
{
	struct CMUnitTest tests[N(targets) + N(stored) + N(allowed) + N(files) + 8];
	size_t n = 0;

	TEST_ROWS(tests, n, targets, target);
	TEST_ROWS(tests, n, stored, store);
	TEST_ROWS(tests, n, allowed, allows);
	TEST_ROWS(tests, n, files, metadata);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(limits);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(stored_name);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(is_in);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(modes);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(metadata_limits);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_version);
	return _cmocka_run_group_tests("layout", tests, n, NULL, NULL);
}
