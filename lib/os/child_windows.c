/* SPDX-License-Identifier: ISC */
/*
 * Child processes of the same executable, on Windows.
 *
 * A child is started suspended, put into a job, and only then runs.  The job ends the child when
 * this process ends or closes the job.  The child has the two handles of its pipe and no other.
 */
#include "lib/os/child_system.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/number.h"
#include "lib/os/confine_windows.h"
#include "lib/os/pipe_windows.h"

/* The arguments are the handles of the pipe. */
const int child_arguments = PIPE_HANDLES;

/* The system's exit codes for crashes begin here; ABORTED is that of abort(). */
#define CRASH	0xC0000000u
#define ABORTED 0xC0000420u /* STATUS_ASSERTION_FAILURE */

/* Time for a process whose pipe is closed to be gone, milliseconds. */
#define GONE_MS 1000

#define PATH_ROOM 32768u

/* This executable's file, even after a rename. */
static HANDLE ourselves = INVALID_HANDLE_VALUE;

void
child_remember(void)
{
	wchar_t *path = malloc(PATH_ROOM * sizeof *path);
	DWORD n = path == NULL ? 0 : GetModuleFileNameW(NULL, path, PATH_ROOM);

	if (n > 0 && n < PATH_ROOM)
		ourselves = CreateFileW(path, FILE_READ_ATTRIBUTES,
		    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
		    NULL);
	free(path);
}

static void
on_abort(int sig)
{
	(void)sig;
	TerminateProcess(GetCurrentProcess(), ABORTED);
}

/* End at once: the parent reports the crash, without a debugger, a reporter or a window. */
static LONG WINAPI
on_crash(EXCEPTION_POINTERS *x)
{
	TerminateProcess(GetCurrentProcess(), x->ExceptionRecord->ExceptionCode);
	return EXCEPTION_EXECUTE_HANDLER;
}

int
child_run(const struct child_role *role, char **argv)
{
	HANDLE h[PIPE_HANDLES];
	struct frames *f;
	struct err e;
	pipe_end p;

	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	SetUnhandledExceptionFilter(on_crash);
	signal(SIGABRT, on_abort);
	for (int i = 0; i < PIPE_HANDLES; i++) {
		uint64_t n;

		if (number_parse(argv[i], strlen(argv[i]), 1, INTPTR_MAX, &n) == -1)
			return CHILD_STATUS_BAD;
		h[i] = (HANDLE)(uintptr_t)n;
	}
	if ((p = pipe_adopt(h, &e)) == PIPE_NONE)
		return CHILD_STATUS_BAD;
	if ((f = frames_open(p, role->frame_max, &e)) == NULL)
		return EXIT_FAILURE;
	return role->run(f);
}

void
child_exit(int status)
{
	TerminateProcess(GetCurrentProcess(), (UINT)status);
	abort();
}

/* The path of this executable, to be freed. */
static wchar_t *
own_path(struct err *e)
{
	wchar_t *path = malloc(PATH_ROOM * sizeof *path);
	DWORD n;

	if (path == NULL) {
		err_nomem(e);
		return NULL;
	}
	n = GetFinalPathNameByHandleW(ourselves, path, PATH_ROOM,
	    FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
	if (n > 0 && n < PATH_ROOM)
		return path;
	err_windows(e, GetLastError(), "this program's file");
	free(path);
	return NULL;
}

/* The child gets SystemRoot, which Windows' own libraries (sockets) need, and no other variable. */
static void
choose_environment(wchar_t *out, size_t room)
{
	static const wchar_t name[] = L"SystemRoot=";
	const size_t len = N(name) - 1;
	DWORD n;

	memcpy(out, name, len * sizeof *out);
	n = GetEnvironmentVariableW(L"SystemRoot", out + len, (DWORD)(room - len - 1));
	if (n == 0 || n >= room - len - 1)
		n = GetWindowsDirectoryW(out + len, (UINT)(room - len - 1));
	out[len + n] = out[len + n + 1] = L'\0';
}

/*
 * Which handles the child gets; to be freed after DeleteProcThreadAttributeList().  NULL with e
 * filled in.
 */
static LPPROC_THREAD_ATTRIBUTE_LIST
list_handles(HANDLE handles[PIPE_HANDLES], struct err *e)
{
	LPPROC_THREAD_ATTRIBUTE_LIST list;
	SIZE_T size = 0;

	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	if ((list = malloc(size)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (InitializeProcThreadAttributeList(list, 1, 0, &size)) {
		if (UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
			PIPE_HANDLES * sizeof *handles, NULL, NULL))
			return list;
		DeleteProcThreadAttributeList(list);
	}
	err_windows(e, GetLastError(), "child");
	free(list);
	return NULL;
}

/* Start the child, suspended, with a restricted token where the system gives one. */
static int
create(wchar_t *path, wchar_t *line, LPPROC_THREAD_ATTRIBUTE_LIST list, PROCESS_INFORMATION *out,
    struct err *e)
{
	const DWORD flags = CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_UNICODE_ENVIRONMENT |
	    EXTENDED_STARTUPINFO_PRESENT;
	/* Standard streams that lead nowhere. */
	STARTUPINFOEXW si = { .StartupInfo = { .cb = sizeof si, .dwFlags = STARTF_USESTDHANDLES },
		.lpAttributeList = list };
	wchar_t environment[MAX_PATH + 32], system[MAX_PATH + 1];
	HANDLE token = confine_token();
	UINT n = GetSystemDirectoryW(system, MAX_PATH);
	BOOL ok = FALSE;

	system[n <= MAX_PATH ? n : 0] = L'\0';
	choose_environment(environment, N(environment));
	if (token != NULL) {
		ok = CreateProcessAsUserW(token, path, line, NULL, NULL, TRUE, flags, environment,
		    system, &si.StartupInfo, out);
		CloseHandle(token);
	}
	if (!ok)
		ok = CreateProcessW(path, line, NULL, NULL, TRUE, flags, environment, system,
		    &si.StartupInfo, out);
	return ok ? 0 : err_windows(e, GetLastError(), "child");
}

int
child_spawn(struct child *c, const struct child_role *role, pipe_end theirs, struct err *e)
{
	LPPROC_THREAD_ATTRIBUTE_LIST list;
	HANDLE handles[PIPE_HANDLES];
	PROCESS_INFORMATION pi;
	wchar_t line[128], *path = NULL;
	int rc = -1;

	if ((c->job = confine_job(role->want, e)) == NULL)
		return -1;
	pipe_handles(theirs, handles);
	if ((path = own_path(e)) == NULL || (list = list_handles(handles, e)) == NULL) {
		free(path);
		return -1;
	}
	swprintf(line, N(line), L"slipway " CHILD_ARGUMENT " %.32hs %lld %lld", role->name,
	    (long long)(intptr_t)handles[0], (long long)(intptr_t)handles[1]);
	for (int i = 0; i < PIPE_HANDLES; i++)
		SetHandleInformation(handles[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	if (create(path, line, list, &pi, e) == 0) {
		c->process = (intptr_t)pi.hProcess;
		if (!AssignProcessToJobObject(c->job, pi.hProcess)) {
			err_windows(e, GetLastError(), "job");
			TerminateProcess(pi.hProcess, CHILD_STATUS_BAD);
		} else {
			confine_desktop(c->job);
			ResumeThread(pi.hThread);
			rc = 0;
		}
		CloseHandle(pi.hThread);
	}
	DeleteProcThreadAttributeList(list);
	free(list);
	free(path);
	return rc;
}

void
child_release(struct child *c)
{
	if (c->process != 0)
		CloseHandle((HANDLE)c->process);
	if (c->job != NULL)
		CloseHandle(c->job);
}

static void
say_how(DWORD status, bool gone, char how[CHILD_HOW_SIZE])
{
	if (!gone)
		snprintf(how, CHILD_HOW_SIZE, "was stopped");
	else if (status >= CRASH)
		snprintf(how, CHILD_HOW_SIZE, "was ended by exception 0x%08lx",
		    (unsigned long)status);
	else
		snprintf(how, CHILD_HOW_SIZE, "ended with status %lu", (unsigned long)status);
}

void
child_reap(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE])
{
	HANDLE process = (HANDLE)c->process;
	DWORD status = 0;
	/* A child that closed its pipe and stays is ended like any other. */
	bool gone = pipe_wait_gone(frames_pipe(c->frames), deadline) &&
	    WaitForSingleObject(process, GONE_MS) == WAIT_OBJECT_0;

	TerminateJobObject(c->job, CHILD_STATUS_BAD);
	WaitForSingleObject(process, INFINITE);
	GetExitCodeProcess(process, &status);
	if (how != NULL)
		say_how(status, gone, how);
}
