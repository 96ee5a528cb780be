/* SPDX-License-Identifier: ISC */
/*
 * Becoming the program, on Windows: it is started and waited for, and this process ends with its
 * exit code.  A process can't become another there, so what would tell the two apart is taken care
 * of: streams, Ctrl-C, priority, how the window is shown, and that the program ends when this
 * process is ended.
 */
#include "updater/launch/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/cmdline_windows.h"
#include "lib/os/output.h"
#include "lib/os/start_windows.h"
#include "updater/launch/launch_windows.h"

#include <objbase.h> /* after windows.h */
#include <shellapi.h>

#define PATH_TEXT_MAX	   65536
/* below what programs have, 0x280, so that they are asked first when a user logs off */
#define SHUTDOWN_LATE	   0x1ff
#define ELEVATION_REQUIRED 740 /* ERROR_ELEVATION_REQUIRED, which mingw's headers lack */

static bool
ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && _stricmp(text + n - m, end) == 0;
}

/* A file that cmd.exe would read.  Windows drops dots and spaces at the end of a name. */
static bool
is_batch(const char *name)
{
	size_t n = strlen(name);

	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
		n--;
	return n > 4 &&
	    (_strnicmp(name + n - 4, ".bat", 4) == 0 || _strnicmp(name + n - 4, ".cmd", 4) == 0);
}

/* The absolute path of dir\name, or of name where dir is NULL, when that is a file; else NULL. */
static wchar_t *
file_at(const wchar_t *dir, const wchar_t *name)
{
	size_t room = (dir == NULL ? 0 : wcslen(dir)) + wcslen(name) + 2;
	wchar_t *joined = malloc(room * sizeof *joined), *full = NULL;
	DWORD n, attributes;

	if (joined == NULL)
		return NULL;
	swprintf(joined, room, L"%ls%ls%ls", dir == NULL ? L"" : dir, dir == NULL ? L"" : L"\\",
	    name);
	attributes = GetFileAttributesW(joined);
	if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 &&
	    (n = GetFullPathNameW(joined, 0, NULL, NULL)) > 0 &&
	    (full = malloc(n * sizeof *full)) != NULL)
		GetFullPathNameW(joined, n, full, NULL);
	free(joined);
	return full;
}

/* "C:\dir" or "\\server\share": what stays the same wherever this process stands. */
static bool
fixed_place(const wchar_t *dir)
{
	return (dir[0] == L'\\' && dir[1] == L'\\') ||
	    (dir[0] != L'\0' && dir[1] == L':' && dir[2] == L'\\');
}

/*
 * The first directory of PATH that has it.  Never the current directory, in which anybody may have
 * put a file.
 */
static wchar_t *
in_path(const wchar_t *name)
{
	wchar_t *path = malloc(PATH_TEXT_MAX * sizeof *path), *found = NULL, *dir, *rest;
	DWORD n;

	if (path == NULL)
		return NULL;
	n = GetEnvironmentVariableW(L"PATH", path, PATH_TEXT_MAX);
	if (n == 0 || n >= PATH_TEXT_MAX)
		*path = L'\0';
	for (rest = path; found == NULL && (dir = rest) != NULL;) {
		size_t len = wcscspn(dir, L";");

		rest = dir[len] == L'\0' ? NULL : dir + len + 1;
		dir[len] = L'\0';
		if (len > 1 && dir[0] == L'"' && dir[len - 1] == L'"') {
			dir[len - 1] = L'\0';
			dir++;
		}
		if (fixed_place(dir))
			found = file_at(dir, name);
	}
	free(path);
	return found;
}

/* The file that a name with this ending stands for; NULL with ERR_NOENT or another fault. */
static wchar_t *
find_with(const char *name, const char *end, struct err *e)
{
	struct buf whole = BUF_INIT(PATH_TEXT_MAX);
	wchar_t *w = NULL, *found = NULL;

	if (buf_addf(&whole, e, "%s%s", name, end) == 0 &&
	    (w = wide_of(buf_text(&whole), e)) != NULL &&
	    (found = wcspbrk(w, L"\\/:") != NULL ? file_at(NULL, w) : in_path(w)) == NULL)
		err_setx(e, ERR_NOENT,
		    "%s: no such program; give its path, or put its directory into PATH", name);
	free(w);
	buf_free(&whole);
	return found;
}

/* The file that a name stands for, to be freed; or NULL, with *status and e. */
static wchar_t *
find_program(const char *name, int *status, struct err *e)
{
	bool exe = ends_in(name, ".exe") || is_batch(name);
	wchar_t *found = NULL;

	err_clear(e);
	if (exe || ends_in(name, ".com"))
		found = find_with(name, "", e);
	if (found == NULL && !exe)
		found = find_with(name, ".exe", e);
	*status = found == NULL && e->code == ERR_NOENT ? LAUNCH_NOT_FOUND : LAUNCH_NOT_RUNNABLE;
	return found;
}

/*
 * How this process was started is how the program is: its streams, its window, the shortcut that it
 * belongs to.
 */
static void
same_start(STARTUPINFOW *s)
{
	HANDLE *streams[] = { &s->hStdInput, &s->hStdOutput, &s->hStdError };
	static const DWORD ids[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
	bool any = false;

	GetStartupInfoW(s);
	s->lpReserved = NULL;
	for (size_t i = 0; i < 3; i++) {
		HANDLE h = GetStdHandle(ids[i]);

		*streams[i] = h == INVALID_HANDLE_VALUE ? NULL : h;
		if (*streams[i] != NULL) {
			any = true;
			SetHandleInformation(h, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
		}
	}
	/* A program for a console, started without one, gets a console and streams of its own. */
	s->dwFlags &= ~(DWORD)(STARTF_USESTDHANDLES | STARTF_USEHOTKEY);
	if (any)
		s->dwFlags |= STARTF_USESTDHANDLES;
}

/*
 * What happens at a console reaches every program there, and is the program's own affair; we end
 * when it has.  A console that is closed gives all of them 5 seconds, less if we didn't wait.
 */
static BOOL WINAPI
leave_to_program(DWORD event)
{
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
		Sleep(INFINITE);
	return TRUE;
}

/*
 * A job that ends the program, but nothing that it starts, with this process.  NULL: then it
 * doesn't.
 */
static HANDLE
job_of(HANDLE process)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
	HANDLE job = CreateJobObjectW(NULL, NULL);

	limits.BasicLimitInformation.LimitFlags =
	    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
	if (job != NULL &&
	    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
		sizeof limits) &&
	    AssignProcessToJobObject(job, process))
		return job;
	if (job != NULL)
		CloseHandle(job);
	return NULL;
}

/* Wait for the program, and end with its exit code. */
static void
wait_for(HANDLE process)
{
	DWORD code = EXIT_FAILURE;

	SetProcessShutdownParameters(SHUTDOWN_LATE, 0);
	WaitForSingleObject(process, INFINITE);
	GetExitCodeProcess(process, &code);
	ExitProcess(code);
}

enum launch_way
launch_way(DWORD error, bool seen)
{
	return error != ELEVATION_REQUIRED ? LAUNCH_FAILS : seen ? LAUNCH_ASKS : LAUNCH_CANT_ASK;
}

HANDLE
launch_elevated(const wchar_t *file, const wchar_t *line, const char *name, struct err *e)
{
	/* behind the program's name, which is in quotes */
	const wchar_t *parameters = wcschr(line + 1, L'"') + 1;
	STARTUPINFOW start = { .cb = sizeof start };
	SHELLEXECUTEINFOW how = { .cbSize = sizeof how,
		.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI,
		.lpVerb = L"runas",
		.lpFile = file,
		.lpParameters = parameters };
	DWORD error = 0;

	GetStartupInfoW(&start);
	how.nShow = (start.dwFlags & STARTF_USESHOWWINDOW) != 0 ? start.wShowWindow : SW_SHOWNORMAL;
	CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE);
	if (!ShellExecuteExW(&how))
		error = GetLastError();
	CoUninitialize();
	if (error == ERROR_CANCELLED)
		err_setx(e, ERR_ACCESS,
		    "%s wants the rights of an administrator, which were refused", name);
	else if (error != 0)
		err_windows(e, error, "%s can't be started with the rights of an administrator",
		    name);
	else if (how.hProcess == NULL)
		err_setx(e, ERR_ACCESS, "%s was handed to another process, which isn't waited for",
		    name);
	return error == 0 ? how.hProcess : NULL;
}

/* After CreateProcessW() failed.  Comes back with e filled in. */
static void
elevate(DWORD error, const wchar_t *file, const wchar_t *line, const char *name,
    void (*note)(const char *text), struct err *e)
{
	HANDLE process;

	switch (launch_way(error, start_desktop_is_seen())) {
	case LAUNCH_FAILS:
		err_windows(e, error, "%s can't be started", name);
		break;
	case LAUNCH_CANT_ASK:
		err_setx(e, ERR_ACCESS,
		    "%s can't be started: want a program that needs no elevation, or a person at the "
		    "desktop who allows it; run this from an administrator's console, or take "
		    "requireAdministrator out of the program's manifest",
		    name);
		break;
	case LAUNCH_ASKS:
		note(
		    "the program wants the rights of an administrator: it doesn't get the standard "
		    "streams of this process, nor changed variables of the environment");
		if ((process = launch_elevated(file, line, name, e)) != NULL)
			wait_for(process);
	}
}

/* Start it and end with its exit code; comes back with e filled in when it can't be started. */
static void
become(const wchar_t *file, wchar_t *line, const char *name, void (*note)(const char *text),
    struct err *e)
{
	DWORD flags = CREATE_SUSPENDED | GetPriorityClass(GetCurrentProcess()), error;
	STARTUPINFOW start = { .cb = sizeof start };
	PROCESS_INFORMATION p;

	same_start(&start);
	start_console_restore();
	SetConsoleCtrlHandler(leave_to_program, TRUE);
	if (!CreateProcessW(file, line, NULL, NULL, TRUE, flags, NULL, NULL, &start, &p)) {
		error = GetLastError();
		elevate(error, file, line, name, note, e);
		SetConsoleCtrlHandler(leave_to_program, FALSE);
		start_console(); /* for the system's words, which aren't always English */
		return;
	}
	(void)job_of(p.hProcess); /* stays open until this process ends */
	AllowSetForegroundWindow(p.dwProcessId);
	ResumeThread(p.hThread);
	CloseHandle(p.hThread);
	wait_for(p.hProcess);
}

void
launch_begin(void)
{
	/* Writing to a pipe whose reader has gone is an error here, and no signal. */
	output_limit(LAUNCH_OUTPUT_MS);
}

int
launch_check(char *const *argv, struct err *e)
{
	return is_batch(argv[0]) && cmdline_batch_check(argv, e) == -1 ? LAUNCH_NOT_RUNNABLE : 0;
}

int
launch_find(const char *name, struct err *e)
{
	int status;
	wchar_t *found = find_program(name, &status, e);

	if (found != NULL)
		status = 0;
	free(found);
	return status;
}

/* Replace *file, a batch file, by cmd.exe, and give the line that runs it. */
static wchar_t *
batch_line(wchar_t **file, char *const *argv, struct err *e)
{
	struct buf path = BUF_INIT(PATH_TEXT_MAX);
	wchar_t *line = NULL, *shell = NULL;

	if (cmdline_batch_check(argv, e) == 0 && wide_add(&path, *file, e) == 0 &&
	    (line = cmdline_batch(buf_text(&path), argv, e)) != NULL &&
	    (shell = cmdline_shell(e)) != NULL) {
		free(*file);
		*file = shell;
	} else {
		free(line);
		line = NULL;
	}
	buf_free(&path);
	return line;
}

int
launch(char **argv, void (*note)(const char *text), struct err *e)
{
	int status;
	wchar_t *file = find_program(argv[0], &status, e), *line = NULL;

	if (file == NULL)
		return status;
	fflush(stdout);
	fflush(stderr);
	line = is_batch(argv[0]) ? batch_line(&file, argv, e) : cmdline_of(argv, e);
	if (line != NULL)
		become(file, line, argv[0], note, e);
	free(line);
	free(file);
	return LAUNCH_NOT_RUNNABLE;
}
