/* SPDX-License-Identifier: ISC */
/*
 * updater/launch/launch_windows.c: the program gets the arguments, streams and environment of this
 * process, and this process ends with the program's exit code.
 *
 * This program is all three: the test, the launcher ("--launch PROGRAM ARG..."), and the launched
 * program ("--as WHAT").
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/spawn_windows.h"
#include "tests/unit/common/temp.h"

#include <stdbool.h>

#include "lib/os/cmdline_windows.h"
#include "lib/os/file.h"
#include "lib/os/wide_windows.h"
#include "updater/launch/launch.h"
#include "updater/launch/launch_windows.h"

#define RUN(code, input, out, err, ...) \
	do { \
		char *const args_[] = { __VA_ARGS__, NULL }; \
		buf_reset(out); \
		buf_reset(err); \
		assert_int_equal(spawn_self(args_, input, out, err), code); \
	} while (0)
#define T(text) ((char *)(uintptr_t)(text))

static struct buf out = BUF_INIT(60000), err = BUF_INIT(60000);

static void
exit_codes(void **state)
{
	static const char *const codes[] = { "0", "1", "3", "127", "255", "256", "3221225477" };

	(void)state;
	for (size_t i = 0; i < N(codes); i++)
		RUN((uint32_t)strtoul(codes[i], NULL, 10), "", &out, &err, T("--launch"),
		    T(spawn_self_path()), T("--as"), T("exit"), T(codes[i]));
}

static void
arguments_and_streams(void **state)
{
	(void)state;
	RUN(0, "to it\n", &out, &err, T("--launch"), T(spawn_self_path()), T("--as"), T("echo"),
	    T("/CCOV_PB"), T(""), T("a \"b\\\""), T("\xf0\x9f\x94\x91"));
	assert_string_equal(buf_text(&out), "[/CCOV_PB][][a \"b\\\"][\xf0\x9f\x94\x91]to it\n");
	assert_string_equal(buf_text(&err), "told\n");
	/*
	 * The text of the command line, which some programs read: an application's name is in it as
	 * it was written.
	 */
	RUN(0, "", &out, &err, T("--launch"), T(spawn_self_path()), T("--as"), T("line"),
	    T("/CCOV_PB"), T("x y"));
	assert_non_null(strstr(buf_text(&out), "\" --as line /CCOV_PB \"x y\"\n"));
}

static void
environment_and_directory(void **state)
{
	struct dir *d = *state;
	wchar_t before[MAX_PATH], *dir;
	struct err e;

	assert_non_null(dir = wide_of(dir_path(d), &e));
	assert_true(GetCurrentDirectoryW(MAX_PATH, before) > 0);
	assert_true(SetEnvironmentVariableW(L"SLIPWAY_TEST", L"\x017elt\x00fd =x"));
	assert_true(SetCurrentDirectoryW(dir));
	RUN(0, "", &out, &err, T("--launch"), T(spawn_self_path()), T("--as"), T("where"));
	SetCurrentDirectoryW(before);
	SetEnvironmentVariableW(L"SLIPWAY_TEST", NULL);
	assert_non_null(strstr(buf_text(&out), "\xc5\xbelt\xc3\xbd =x\n"));
	assert_non_null(strstr(buf_text(&out), strrchr(dir_path(d), '-')));
	free(dir);
}

/* Puts a copy of this program into d under a name. */
static void
program_in(struct dir *d, const char *name)
{
	char path[4096];
	struct err e;
	wchar_t *from = wide_of(spawn_self_path(), &e), *to;

	snprintf(path, sizeof path, "%s/%s", dir_path(d), name);
	assert_non_null(from);
	assert_non_null(to = wide_of(path, &e));
	assert_true(CopyFileW(from, to, TRUE));
	free(from);
	free(to);
}

static void
found_in_path_alone(void **state)
{
	struct dir *d = *state;
	wchar_t before[MAX_PATH], path[3 * MAX_PATH], *dir;
	struct err e;

	program_in(d, "hi program.exe");
	assert_non_null(dir = wide_of(dir_path(d), &e));
	assert_true(GetCurrentDirectoryW(MAX_PATH, before) > 0);
	assert_true(SetCurrentDirectoryW(dir));
	/*
	 * A program in the current directory isn't found, although PATH names the directory in two
	 * ways.
	 */
	assert_true(SetEnvironmentVariableW(L"PATH", L"C:\\windows;.;;\"\";..\\x"));
	RUN(LAUNCH_NOT_FOUND, "", &out, &err, T("--launch"), T("hi program"), T("--as"), T("exit"),
	    T("5"));
	assert_non_null(strstr(buf_text(&err), "hi program: no such program"));
	RUN(5, "", &out, &err, T("--launch"), T(".\\hi program"), T("--as"), T("exit"), T("5"));
	RUN(5, "", &out, &err, T("--launch"), T("./hi program.EXE"), T("--as"), T("exit"), T("5"));
	assert_true(SetCurrentDirectoryW(before));
	swprintf(path, N(path), L"C:\\windows\\nowhere;C:\\windows;\"%ls\"", dir);
	assert_true(SetEnvironmentVariableW(L"PATH", path));
	RUN(6, "", &out, &err, T("--launch"), T("hi program"), T("--as"), T("exit"), T("6"));
	RUN(6, "", &out, &err, T("--launch"), T("HI PROGRAM.exe"), T("--as"), T("exit"), T("6"));
	free(dir);
}

/* A batch file gets the arguments as they were written, from the system's cmd.exe. */
static void
batch_files(void **state)
{
	static const char text[] = "@echo off\r\n"
				   ":next\r\n"
				   "if [%1]==[] goto end\r\n"
				   "echo (%~1)\r\n"
				   "shift\r\n"
				   "goto next\r\n"
				   ":end\r\n"
				   "exit 7\r\n"; /* wine loses the status of exit /b behind call */
	static const char *const names[] = { "x y.bat", "R&D (1)!.CMD" };
	struct dir *d = *state;
	char program[4096];
	struct err e;

	SetEnvironmentVariableW(L"COMSPEC", L"C:\\nowhere\\cmd.exe");
	for (size_t i = 0; i < N(names); i++) {
		assert_ok(file_replace(d, names[i], text, strlen(text), 0755, &e), &e);
		snprintf(program, sizeof program, "%s/%s", dir_path(d), names[i]);
		RUN(7, "", &out, &err, T("--launch"), program, T("/CCOV_PB"), T("a b"),
		    T("x=1,2;3"), T("(p)"), T("C:\\d\\"));
		assert_string_equal(buf_text(&out),
		    "(/CCOV_PB)\r\n(a b)\r\n(x=1,2;3)\r\n((p))\r\n(C:\\d\\)\r\n");
	}
	SetEnvironmentVariableW(L"COMSPEC", NULL);
}

/* Arguments that cmd.exe would run, for programs that are batch files and for others. */
static void
batch_arguments(void **state)
{
	static const char *const bad[] = { "a&echo INJ", "a|b", "a<b", "a>b", "a^b", "%PATH%",
		"a!b!", "a\"b", "a\nb", "a\rb", "a\x1a" };
	static const char *const batch[] = { "x.bat", "C:/d/X.Cmd", "x.BAT. ." };
	static const char *const others[] = { "x.exe", "bat", "x.bat.exe", "x.batx" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(bad); i++) {
		for (size_t k = 0; k < N(batch); k++) {
			char *argv[] = { T(batch[k]), T("good"), T(bad[i]), NULL };

			assert_int_equal(launch_check(argv, &e), LAUNCH_NOT_RUNNABLE);
			assert_non_null(strstr(e.text, batch[k]));
			argv[2] = T("a b");
			assert_int_equal(launch_check(argv, &e), 0);
		}
		for (size_t k = 0; k < N(others); k++) {
			char *argv[] = { T(others[k]), T(bad[i]), NULL };

			assert_int_equal(launch_check(argv, &e), 0);
		}
	}
}

/* The statuses of CreateProcessW(), and whether a person sees the desktop. */
static void
ways_to_launch(void **state)
{
	static const struct {
		DWORD error;
		enum launch_way seen, unseen;
	} rows[] = {
		{ 740, LAUNCH_ASKS, LAUNCH_CANT_ASK },
		{ ERROR_ACCESS_DENIED, LAUNCH_FAILS, LAUNCH_FAILS },
		{ ERROR_BAD_EXE_FORMAT, LAUNCH_FAILS, LAUNCH_FAILS },
		{ ERROR_FILE_NOT_FOUND, LAUNCH_FAILS, LAUNCH_FAILS },
		{ ERROR_CANCELLED, LAUNCH_FAILS, LAUNCH_FAILS },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		assert_int_equal(launch_way(rows[i].error, true), rows[i].seen);
		assert_int_equal(launch_way(rows[i].error, false), rows[i].unseen);
	}
}

/* The way of a program that wants elevation, which wine gives without a question. */
static void
elevated(void **state)
{
	char *const argv[] = { T(spawn_self_path()), T("--as"), T("exit"), T("5"), T("a \"b"),
		NULL };
	wchar_t *file, *line;
	DWORD code = 0;
	struct err e;
	HANDLE h;

	(void)state;
	assert_non_null(file = wide_of(spawn_self_path(), &e));
	assert_non_null(line = cmdline_of(argv, &e));
	err_clear(&e);
	h = launch_elevated(file, line, "x", &e);
	assert_ok(h == NULL ? -1 : 0, &e);
	assert_int_equal(WaitForSingleObject(h, 60000), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(h, &code));
	assert_int_equal(code, 5);
	CloseHandle(h);
	file[0] = L'?';
	assert_null(launch_elevated(file, line, "x", &e));
	assert_non_null(strstr(e.text, "x can't be started with the rights of an administrator"));
	free(file);
	free(line);
}

static struct refused_row {
	const char *name, *file; /* file: made first, in the test's directory */
	const char *content, *program, *text;
	uint32_t status;
} refused_rows[] = {
	{ "refused: a batch file whose path is a variable's", "%OS%.bat", "exit 0\r\n", "%OS%.bat",
	    "want a batch file in a path without", LAUNCH_NOT_RUNNABLE },
	{ "refused: an absent batch file", NULL, NULL, "absent.bat", "no such program",
	    LAUNCH_NOT_FOUND },
	{ "refused: a batch file without its ending", "x.bat", "exit 0\r\n", "x", "no such program",
	    LAUNCH_NOT_FOUND },
	{ "refused: absent", NULL, NULL, "absent.exe", "no such program", LAUNCH_NOT_FOUND },
	{ "refused: a directory", "x.exe/f", "x", "x.exe", "no such program", LAUNCH_NOT_FOUND },
	{ "refused: no program", "x.exe", "this is text\n", "x.exe", "can't be started",
	    LAUNCH_NOT_RUNNABLE },
	{ "refused: a text", "x.txt", "x", "x.txt", "no such program", LAUNCH_NOT_FOUND },
};

static const struct refused_row *row;

static void
refused(void **state)
{
	struct dir *d = *state, *below;
	char program[4096];
	struct err e;

	if (row->file != NULL && strchr(row->file, '/') != NULL) {
		assert_non_null(below = dir_below(d, "x.exe", true, &e));
		dir_close(below);
	}
	if (row->file != NULL)
		assert_ok(file_replace(d, row->file, row->content, strlen(row->content), 0755, &e),
		    &e);
	snprintf(program, sizeof program, "%s/%s", dir_path(d), row->program);
	RUN(row->status, "", &out, &err, T("--launch"), program, T("x"));
	assert_non_null(strstr(buf_text(&err), row->text));
	assert_string_equal(buf_text(&out), "");
}

static int
refused_make(void **state)
{
	row = *state;
	return temp_make(state);
}

/* Ctrl-C reaches the program, which ends in its own way; then the launcher ends. */
static void
control_c(void **state)
{
	(void)state;
	RUN(42, "", &out, &err, T("--console"), T("--launch"), T(spawn_self_path()), T("--as"),
	    T("interrupted"));
	assert_string_equal(buf_text(&out), "interrupted\n");
}

/* The launcher is ended from outside: the program ends, too. */
static void
ended_together(void **state)
{
	char *const argv[] = { T(spawn_self_path()), T("--launch"), T(spawn_self_path()), T("--as"),
		T("wait"), NULL };
	SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
	STARTUPINFOW start = { .cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES };
	PROCESS_INFORMATION p;
	wchar_t *line;
	struct err e;
	HANDLE r;
	char c = 0;
	DWORD n;

	(void)state;
	assert_non_null(line = cmdline_of(argv, &e));
	assert_true(CreatePipe(&r, &start.hStdOutput, &inherit, 0));
	SetHandleInformation(r, HANDLE_FLAG_INHERIT, 0);
	assert_true(CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &p));
	CloseHandle(start.hStdOutput);
	assert_true(ReadFile(r, &c, 1, &n, NULL) && n == 1 && c == '!');
	assert_true(TerminateProcess(p.hProcess, 9));
	/*
	 * The program holds the last end of the pipe: end of file shows that the program has ended.
	 */
	assert_false(ReadFile(r, &c, 1, &n, NULL) && n == 1);
	CloseHandle(r);
	CloseHandle(p.hProcess);
	CloseHandle(p.hThread);
	free(line);
}

static BOOL WINAPI
interrupted(DWORD event)
{
	if (event != CTRL_C_EVENT)
		return FALSE;
	printf("interrupted\n");
	fflush(stdout);
	ExitProcess(42);
}

static void
note(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* The launched program. */
static int
as(int argc, char **argv)
{
	const char *what = argv[0];
	struct buf b = BUF_INIT(60000);
	wchar_t w[MAX_PATH];
	struct err e;
	char text[100];

	if (strcmp(what, "exit") == 0)
		ExitProcess((UINT)strtoul(argv[1], NULL, 10));
	if (strcmp(what, "echo") == 0) {
		for (int i = 1; i < argc; i++)
			printf("[%s]", argv[i]);
		if (fgets(text, sizeof text, stdin) != NULL)
			fputs(text, stdout);
		fputs("told\n", stderr);
	} else if (strcmp(what, "line") == 0 && wide_add(&b, GetCommandLineW(), &e) == 0)
		puts(buf_text(&b));
	else if (strcmp(what, "where") == 0 && windows_env(L"SLIPWAY_TEST", &b, &e) == 1 &&
	    buf_adds(&b, "\n", &e) == 0 && GetCurrentDirectoryW(MAX_PATH, w) > 0 &&
	    wide_add(&b, w, &e) == 0)
		puts(buf_text(&b));
	else if (strcmp(what, "interrupted") == 0) {
		SetConsoleCtrlHandler(NULL, FALSE);
		SetConsoleCtrlHandler(interrupted, TRUE);
		GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
		Sleep(10000);
		return 1;
	} else if (strcmp(what, "wait") == 0) {
		fputs("!", stdout);
		fflush(stdout);
		Sleep(60000);
	} else
		return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[10 + N(refused_rows)] = {
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(arguments_and_streams),
		cmocka_unit_test_setup_teardown(environment_and_directory, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(found_in_path_alone, temp_make, temp_remove),
		cmocka_unit_test(control_c),
		cmocka_unit_test(ended_together),
		cmocka_unit_test_setup_teardown(batch_files, temp_make, temp_remove),
		cmocka_unit_test(batch_arguments),
		cmocka_unit_test(ways_to_launch),
		cmocka_unit_test(elevated),
	};
	struct err e;
	size_t n = 10;
	int rc;

	if (argc > 1 && strcmp(argv[1], "--console") == 0) {
		FreeConsole();
		if (!AllocConsole())
			fprintf(stderr, "no console: %lu\n", GetLastError());
		argv++, argc--;
	}
	if (argc > 2 && strcmp(argv[1], "--as") == 0)
		return as(argc - 2, argv + 2);
	if (argc > 2 && strcmp(argv[1], "--launch") == 0) {
		if ((rc = launch_check(argv + 2, &e)) == 0)
			rc = launch(argv + 2, note, &e);
		fprintf(stderr, "%s\n", e.text);
		return rc;
	}
	for (size_t i = 0; i < N(refused_rows); i++, n++) {
		tests[n] = (struct CMUnitTest)cmocka_unit_test_prestate_setup_teardown(refused,
		    refused_make, temp_remove, &refused_rows[i]);
		tests[n].name = refused_rows[i].name;
	}
	rc = cmocka_run_group_tests_name("launch", tests, NULL, NULL);
	buf_free(&out);
	buf_free(&err);
	return rc;
}
