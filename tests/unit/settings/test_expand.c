/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/expand: %NAME%.
 */
#include "tests/unit/common/test.h"

#include "lib/os/places.h"

#include "lib/settings/expand.h"

/* The fixed names, as in docs/settings.md. */
#ifdef _WIN32
#define PROGRAM_FILES "C:\\Program Files"
#define PROGRAMS_X86  "C:\\Program Files (x86)"
#define PROGRAM_DATA  "C:\\ProgramData"
#else
#define PROGRAM_FILES "/opt"
#define PROGRAMS_X86  "/opt"
#define PROGRAM_DATA  "/var/lib"
#endif

static struct row {
	const char *name, *text;
	const char *want;  /* NULL: refused */
	const char *fault; /* a part of the error's text */
} rows[] = {
	{ "expand: nothing", "plain", "plain", NULL },
	{ "expand: empty", "", "", NULL },
	{ "expand: own name", "%AppDir%/x", "/app/x", NULL },
	{ "expand: in the middle", "a%AppDir%b%AppDir%c", "a/appb/appc", NULL },
	{ "expand: without regard to case", "%appDIR%", "/app", NULL },
	{ "expand: own name before the fixed one", "%Temp%", "/own/temp", NULL },
	{ "expand: fixed name", "%ProgramFiles%\\x", PROGRAM_FILES "\\x", NULL },
	{ "expand: fixed name with brackets", "%ProgramFiles(x86)%/x", PROGRAMS_X86 "/x", NULL },
	{ "expand: fixed name in capitals", "%PROGRAMDATA%", PROGRAM_DATA, NULL },
	{ "expand: literal percent", "100%%", "100%", NULL },
	{ "expand: two literal percents", "%%%%", "%%", NULL },
	{ "expand: kept for the reader", "%%AppData%%\\x", "%AppData%\\x", NULL },
	{ "expand: once only", "%Twice%", "%AppDir%", NULL },
	{ "expand: name in literal percents", "%%%AppDir%%%", "%/app%", NULL },
	{ "expand: empty text of a name", "[%Empty%]", "[]", NULL },
	{ "expand: lone percent", "50% off", NULL, "character 3" },
	{ "expand: lone percent at the end", "x%", NULL, "lone '%'" },
	{ "expand: percent alone", "%", NULL, "lone '%'" },
	{ "expand: three percents", "%%%", NULL, "character 3" },
	{ "expand: unknown name", "%Nope%", NULL, "%Nope%" },
	{ "expand: space in a name", "%App Dir%", NULL, "%App Dir%" },
	{ "expand: two lone percents make a name", "50% of 100%", NULL, "% of 100%" },
	{ "expand: environment is not looked at", "%SLIPWAY_TEST%", NULL, "%SLIPWAY_TEST%" },
	{ "expand: no setting of the search path", "%PATH%", NULL, "%PATH%" },
	{ "expand: format signs", "%n%s%n%", NULL, "%n%" },
};

static const struct expand_name own[] = { { "AppDir", "/app" }, { "Twice", "%AppDir%" },
	{ "Temp", "/own/temp" }, { "Empty", "" } };

/* the environment has them from putenv() on */
static char variable[] = "SLIPWAY_TEST=seen", nested[] = "SLIPWAY_TEST=%Temp%";

static void
row(void **state)
{
	struct expand_names names = { .own = own, .n = N(own) };
	struct row *r = *state;
	struct buf b = BUF_INIT(EXPAND_MAX);
	struct err e;

	putenv(variable);
	assert_ok(buf_adds(&b, ">", &e), &e);
	if (r->want == NULL) {
		assert_err(expand(r->text, strlen(r->text), &names, &b, &e), ERR_SYNTAX, &e);
		assert_string_equal(buf_text(&b), ">");
		if (strstr(e.text, r->fault) == NULL)
			fail_msg("want '%s' in '%s'", r->fault, e.text);
	} else {
		assert_ok(expand(r->text, strlen(r->text), &names, &b, &e), &e);
		assert_string_equal(buf_text(&b) + 1, r->want);
	}
	buf_free(&b);
}

static void
environment(void **state)
{
	struct expand_names names = { .environment = true };
	struct buf b = BUF_INIT(100);
	char long_name[400];
	struct err e;

	(void)state;
	assert_err(expand("%appdir%/x", 10, &names, &b, &e), ERR_SYNTAX, &e);
	assert_non_null(strstr(e.text, "which only scripts and enrolments have"));
	putenv(nested);
	/* A privileged process ignores the environment, which may be that of its caller. */
	if (place_privileged()) {
		assert_err(expand("%SLIPWAY_TEST%", 14, &names, &b, &e), ERR_SYNTAX, &e);
		assert_non_null(strstr(e.text, "privileged"));
		assert_err(expand("%PATH%", 6, &names, &b, &e), ERR_SYNTAX, &e);
		assert_int_equal(b.len, 0);
		buf_free(&b);
		return;
	}
	assert_ok(expand("%SLIPWAY_TEST%", 14, &names, &b, &e), &e);
	assert_string_equal(buf_text(&b), "%Temp%");
	assert_err(expand("%SLIPWAY_TEST=%", 15, &names, &b, &e), ERR_SYNTAX, &e);
	assert_err(expand("%SLIPWAY_TEST\0x%", 16, &names, &b, &e), ERR_SYNTAX, &e);
	memset(long_name, 'A', sizeof long_name);
	long_name[0] = long_name[399] = '%';
	assert_err(expand(long_name, 400, &names, &b, &e), ERR_SYNTAX, &e);
	assert_string_equal(buf_text(&b), "%Temp%");
	buf_free(&b);
}

static void
limits(void **state)
{
	static char big[EXPAND_MAX / 2], text[64] = "";
	const struct expand_name one = { "Big", big };
	struct expand_names names = { .own = &one, .n = 1 };
	struct buf b = BUF_INIT(4 * EXPAND_MAX);
	struct err e;

	(void)state;
	memset(big, 'x', sizeof big - 1);
	assert_ok(expand("%Big%%Big%", 10, &names, &b, &e), &e);
	assert_int_equal(b.len, EXPAND_MAX - 2);
	buf_reset(&b);
	strcpy(text, "%Big%%Big%%Big%");
	assert_err(expand(text, strlen(text), &names, &b, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(b.len, 0);
	assert_ok(expand("%ProgramFiles%", 14, NULL, &b, &e), &e);
	assert_string_equal(buf_text(&b), PROGRAM_FILES);
	buf_free(&b);
}

/* Expanded for a reader that expands: twice gives the text of each name as it is. */
static void
again(void **state)
{
	static const struct expand_name odd[] = { { "Off", "/home/50%off" },
		{ "Two", "%AppData%" } };
	const struct expand_names names = { .own = odd, .n = N(odd), .again = true };
	const char text[] = "%Off%/%%AppData%%/%Two%";
	struct buf once = BUF_INIT(1000), twice = BUF_INIT(1000);
	struct err e;

	(void)state;
	assert_ok(expand(text, strlen(text), &names, &once, &e), &e);
	assert_string_equal(buf_text(&once), "/home/50%%off/%AppData%/%%AppData%%");
	assert_ok(expand("%Off%%Two%", 10, &names, &twice, &e), &e);
	buf_reset(&once);
	assert_ok(expand(buf_text(&twice), twice.len, NULL, &once, &e), &e);
	assert_string_equal(buf_text(&once), "/home/50%off%AppData%");
	buf_free(&once);
	buf_free(&twice);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(environment),
		cmocka_unit_test(limits),
		cmocka_unit_test(again),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, rows, row);
	return _cmocka_run_group_tests("expand", tests, n, NULL, NULL);
}
