/* SPDX-License-Identifier: ISC */
/*
 * lib/os/cmdline_windows: each reader of a command line finds the arguments of which it was made:
 * CommandLineToArgvW(), the C runtime, and main_windows.c.  Also other code that runs before
 * main().
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/spawn_windows.h"
#include "tests/unit/common/temp.h"

#include <fcntl.h>
#include <io.h>
#include <stdbool.h>

#include "lib/os/cmdline_windows.h"
#include "lib/os/file.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

#include <shellapi.h> /* after windows.h */

#define VECTORS 20000 /* random argument vectors in one process */
#define SPAWNED 40    /* and in a process each */
#define ARGS	12
#define PIECES	10

/* The C runtime's reading of this process's command line; mingw's headers don't have it. */
struct startup {
	int newmode;
};
int __wgetmainargs(int *argc, wchar_t ***argv, wchar_t ***env, int wildcards, struct startup *);

static const char *const pieces[] = { "\"", "\"", "\\", "\\", "\\\\", " ", "\t", "\n", "\r", "\v",
	"'", "%PATH%", "^", "&", "|", "<", "*", "?", "/C", "-", "=", ";", "a", "COV_PB", "\xc5\xbe",
	"\xe2\x82\xac", "\xf0\x9f\x94\x91", "\x01", "C:\\Program Files\\" };

static uint32_t
next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Makes up to ARGS random arguments, which the caller frees. */
static size_t
arguments(uint32_t *seed, char **args)
{
	size_t n = next(seed) % (ARGS + 1);

	for (size_t i = 0; i < n; i++) {
		size_t m = next(seed) % (PIECES + 1);

		args[i] = calloc(1, PIECES * 20 + 1);
		assert_non_null(args[i]);
		for (size_t j = 0; j < m; j++)
			strcat(args[i], pieces[next(seed) % N(pieces)]);
	}
	args[n] = NULL;
	return n;
}

static void
arguments_free(char **args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(args[i]);
}

static void
as_windows_reads(void **state)
{
	char *argv[ARGS + 2] = { (char *)(uintptr_t) "C:\\Program Files\\HI \xc5\xbe\\hi.exe" };
	uint32_t seed = 20260101;
	struct err e;

	(void)state;
	for (int v = 0; v < VECTORS; v++) {
		size_t n = arguments(&seed, argv + 1);
		wchar_t *line = cmdline_of(argv, &e);
		int count;
		char **got;

		assert_non_null(line);
		got = start_arguments(line, &count, &e);
		assert_non_null(got);
		assert_int_equal(count, n + 1);
		for (size_t i = 0; i <= n; i++)
			assert_string_equal(got[i], argv[i]);
		assert_null(got[n + 1]);
		free(got);
		free(line);
		arguments_free(argv + 1, n);
	}
}

/* The child: its arguments three times, each ended by a NUL, with a NUL more after each reading. */
static int
told(int argc, char **argv)
{
	struct startup startup = { 0 };
	wchar_t **words, **env;
	int count;

	_setmode(_fileno(stdout), _O_BINARY);
	for (int i = 2; i < argc; i++)
		fwrite(argv[i], 1, strlen(argv[i]) + 1, stdout);
	fputc('\0', stdout);
	for (int reading = 0; reading < 2; reading++) {
		if (reading == 0)
			words = CommandLineToArgvW(GetCommandLineW(), &count);
		else if (__wgetmainargs(&count, &words, &env, 0, &startup) != 0)
			return 1;
		for (int i = 2; i < count; i++) {
			struct buf b = BUF_INIT(10000);
			struct err e;

			if (wide_add(&b, words[i], &e) == -1)
				return 1;
			fwrite(buf_text(&b), 1, b.len + 1, stdout);
			buf_free(&b);
		}
		fputc('\0', stdout);
	}
	return 0;
}

static void
as_programs_read(void **state)
{
	char *args[ARGS + 2] = { (char *)(uintptr_t) "--tell" };
	uint32_t seed = 4711;

	(void)state;
	for (int v = 0; v < SPAWNED; v++) {
		struct buf out = BUF_INIT(60000), err = BUF_INIT(10000), want = BUF_INIT(60000);
		size_t n = arguments(&seed, args + 1);
		struct err e;

		for (int reading = 0; reading < 3; reading++) {
			for (size_t i = 1; i <= n; i++)
				assert_ok(buf_add(&want, args[i], strlen(args[i]) + 1, &e), &e);
			assert_ok(buf_addc(&want, '\0', &e), &e);
		}
		assert_int_equal(spawn_self(args, "", &out, &err), 0);
		assert_int_equal(out.len, want.len);
		assert_memory_equal(out.data, want.data, want.len);
		buf_free(&out);
		buf_free(&err);
		buf_free(&want);
		arguments_free(args + 1, n);
	}
}

static struct line_row {
	const char *name, *argv[5];
	const wchar_t *line;
	enum err_code code;
} line_rows[] = {
	{ "line: an application's name stays as it is", { "hi", "/CCOV_PB", "-x=1" },
	    L"\"hi\" /CCOV_PB -x=1", ERR_NONE },
	{ "line: backslashes stay where no quote follows", { "hi", "a\\\\b\\", "\\\\s\\c d" },
	    L"\"hi\" a\\\\b\\ \"\\\\s\\c d\"", ERR_NONE },
	{ "line: backslashes in front of a quote", { "hi", "\\\"", "a b\\" },
	    L"\"hi\" \"\\\\\\\"\" \"a b\\\\\"", ERR_NONE },
	{ "line: empty", { "hi", "", "" }, L"\"hi\" \"\" \"\"", ERR_NONE },
	{ "line: a quote in the name", { "h\"i", "x" }, NULL, ERR_SYNTAX },
	{ "line: not UTF-8", { "hi", "\xff" }, NULL, ERR_SYNTAX },
};

static void
lines(void **state)
{
	const struct line_row *r = *state;
	struct err e = { ERR_NONE, "" };
	wchar_t *line = cmdline_of((char *const *)(uintptr_t)r->argv, &e);

	if (r->line == NULL) {
		assert_null(line);
		assert_int_equal(e.code, r->code);
		return;
	}
	assert_non_null(line);
	assert_int_equal(wcscmp(line, r->line), 0);
	free(line);
}

static void
longest_line(void **state)
{
	char *text = calloc(1, CMDLINE_MAX + 1), *argv[] = { (char *)(uintptr_t) "hi", text, NULL };
	struct err e;
	wchar_t *line;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', CMDLINE_MAX - 1 - strlen("\"hi\" "));
	line = cmdline_of(argv, &e);
	assert_non_null(line);
	assert_int_equal(wcslen(line), CMDLINE_MAX - 1);
	free(line);
	strcat(text, "x");
	assert_null(cmdline_of(argv, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	free(text);
}

static void
half_a_pair(void **state)
{
	struct err e;
	int n;

	(void)state;
	assert_null(start_arguments(L"\"hi\" a \xd800", &n, &e));
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_non_null(strstr(e.text, "argument 2"));
}

static bool
loads(const wchar_t *name)
{
	HMODULE m = LoadLibraryW(name);

	if (m != NULL)
		FreeLibrary(m);
	return m != NULL;
}

/*
 * The child reports whether it loads a library from the current directory, with or without the
 * hardening of our programs.
 */
static int
load_planted(const char *how)
{
	struct err e;
	wchar_t *dir = wide_of(how + 1, &e);

	if (*how == '-')
		SetDefaultDllDirectories(
		    LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_USER_DIRS);
	if (*how == '-' && dir != NULL)
		AddDllDirectory(dir);
	printf("%d %d\n", loads(L"planted.dll"), loads(L"version.dll"));
	return 0;
}

static void
planted_library(void **state)
{
	struct dir *d = *state;
	wchar_t path[MAX_PATH], from[MAX_PATH], *to, *dir;
	char how[4096], *args[] = { (char *)(uintptr_t) "--load", how, NULL };
	struct buf out = BUF_INIT(100), err = BUF_INIT(1000);
	struct err e;

	snprintf(how, sizeof how, "%s/planted.dll", dir_path(d));
	assert_non_null(to = wide_of(how, &e));
	assert_non_null(dir = wide_of(dir_path(d), &e));
	GetSystemDirectoryW(path, MAX_PATH);
	swprintf(from, MAX_PATH, L"%ls\\version.dll", path);
	assert_true(CopyFileW(from, to, TRUE));
	assert_true(SetEnvironmentVariableW(L"PATH", dir));
	assert_true(GetCurrentDirectoryW(MAX_PATH, path) > 0);
	assert_true(SetCurrentDirectoryW(dir));
	/* Without hardening the library is found, so the test can fail. */
	snprintf(how, sizeof how, "-%s", dir_path(d));
	assert_int_equal(spawn_self(args, "", &out, &err), 0);
	assert_string_equal(buf_text(&out), "1 1\n");
	buf_reset(&out);
	snprintf(how, sizeof how, "+%s", dir_path(d));
	assert_int_equal(spawn_self(args, "", &out, &err), 0);
	assert_string_equal(buf_text(&out), "0 1\n");
	SetCurrentDirectoryW(path);
	buf_free(&out);
	buf_free(&err);
	free(to);
	free(dir);
}

/* The same bytes as on other platforms: no "\r", and UTF-8 as it is. */
static void
output_is_as_written(void **state)
{
	char *args[] = { (char *)(uintptr_t) "--print", NULL };
	struct buf out = BUF_INIT(100), err = BUF_INIT(1000);

	(void)state;
	assert_int_equal(spawn_self(args, "", &out, &err), 0);
	assert_string_equal(buf_text(&out), "\xc5\xbelt\xc3\xbd \xf0\x9f\x94\x91\n");
	assert_string_equal(buf_text(&err), "\xe2\x82\xac\n");
	buf_free(&out);
	buf_free(&err);
}

/* The exit code without a console: wine has none without a display, or its null driver. */
#define NO_CONSOLE 3

/* Called behind the handlers of start_console(), which was called later. */
static BOOL WINAPI
tell_page(DWORD event)
{
	printf("%lu: %u\n", (unsigned long)event, GetConsoleOutputCP());
	fflush(stdout);
	ExitProcess(7);
}

/* A process at a console of its own, whose code page isn't UTF-8. */
static int
at_console(const char *end)
{
	FreeConsole();
	if (!AllocConsole() || !SetConsoleOutputCP(852))
		return NO_CONSOLE;
	SetConsoleCtrlHandler(NULL, FALSE);
	SetConsoleCtrlHandler(tell_page, TRUE);
	start_console();
	printf("%u\n", GetConsoleOutputCP());
	fflush(stdout);
	if (strcmp(end, "break") == 0) {
		GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
		Sleep(10000);
		return 1;
	}
	start_console_restore();
	printf("%u\n", GetConsoleOutputCP());
	if (strcmp(end, "again") == 0) {
		start_console();
		printf("%u\n", GetConsoleOutputCP());
	}
	return 0;
}

/* Other programs at the console, and the one that is launched, have its own code page. */
static void
console_is_given_back(void **state)
{
	static const struct {
		char *end;
		uint32_t code;
		const char *want;
	} table[] = {
		{ (char *)(uintptr_t) "restore", 0, "65001\n852\n" },
		{ (char *)(uintptr_t) "again", 0, "65001\n852\n65001\n" },
		{ (char *)(uintptr_t) "break", 7, "65001\n0: 852\n" },
	};

	(void)state;
	for (size_t i = 0; i < N(table); i++) {
		char *args[] = { (char *)(uintptr_t) "--console", table[i].end, NULL };
		struct buf out = BUF_INIT(100), err = BUF_INIT(1000);

		uint32_t code = spawn_self(args, "", &out, &err);

		if (code != NO_CONSOLE) {
			assert_int_equal(code, table[i].code);
			assert_string_equal(buf_text(&out), table[i].want);
		}
		buf_free(&out);
		buf_free(&err);
		if (code == NO_CONSOLE) {
			print_message("%s: skipped: no console can be made here\n", __func__);
			skip();
		}
	}
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[7 + N(line_rows)] = {
		cmocka_unit_test(as_windows_reads),
		cmocka_unit_test(as_programs_read),
		cmocka_unit_test(longest_line),
		cmocka_unit_test(half_a_pair),
		cmocka_unit_test(output_is_as_written),
		cmocka_unit_test(console_is_given_back),
		cmocka_unit_test_setup_teardown(planted_library, temp_make, temp_remove),
	};
	size_t n = 7;

	if (argc > 1 && strcmp(argv[1], "--tell") == 0)
		return told(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		printf("\xc5\xbelt\xc3\xbd \xf0\x9f\x94\x91\n");
		fprintf(stderr, "\xe2\x82\xac\n");
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "--console") == 0)
		return at_console(argv[2]);
	if (argc > 2 && strcmp(argv[1], "--load") == 0)
		return load_planted(argv[2]);
	TEST_ROWS(tests, n, line_rows, lines);
	return cmocka_run_group_tests_name("command lines", tests, NULL, NULL);
}
