/* SPDX-License-Identifier: ISC */
/* Commands of the maintainer's own, by cmd.exe. */
#include "server/rollover/hook.h"

#include <stdlib.h>
#include <wchar.h>

#include "lib/os/cmdline_windows.h"
#include "lib/os/wide_windows.h"

/* Sets variables in our own environment, which child processes inherit. */
static int
set_variable(const struct hook_variable *v, struct err *e)
{
	wchar_t *name = wide_of(v->name, e), *value = name == NULL ? NULL : wide_of(v->value, e);
	int rc = -1;

	if (value != NULL)
		rc = SetEnvironmentVariableW(name, value)
		    ? 0
		    : err_windows(e, GetLastError(), "hook: can't set %s", v->name);
	free(name);
	free(value);
	return rc;
}

/*
 * "cmd.exe" /d /s /c "command", as _wsystem() would start it: /s removes only the outer quotes.
 * cmd.exe is that of the system's folder, whatever COMSPEC says.  The caller frees both texts.
 * Returns 0 or -1.
 */
static int
shell_line(const char *command, wchar_t **program, wchar_t **line, struct err *e)
{
	static const wchar_t form[] = L"\"%ls\" /d /s /c \"%ls\"";
	wchar_t *w = wide_of(command, e);
	size_t size;

	*line = NULL;
	*program = w == NULL ? NULL : cmdline_shell(e);
	if (*program != NULL) {
		size = wcslen(*program) + wcslen(w) + sizeof form / sizeof *form;
		if ((*line = calloc(size, sizeof **line)) != NULL)
			swprintf(*line, size, form, *program, w);
		else
			err_nomem(e);
	}
	free(w);
	if (*line != NULL)
		return 0;
	free(*program);
	return -1;
}

/* Makes a job, which ends all its processes only when asked. */
static HANDLE
start_hook(const char *command, PROCESS_INFORMATION *p, struct err *e)
{
	STARTUPINFOW si = { .cb = sizeof si,
		.dwFlags = STARTF_USESTDHANDLES,
		.hStdInput = GetStdHandle(STD_INPUT_HANDLE),
		.hStdOutput = GetStdHandle(STD_ERROR_HANDLE),
		.hStdError = GetStdHandle(STD_ERROR_HANDLE) };
	HANDLE job = CreateJobObjectW(NULL, NULL);
	wchar_t *program, *line;

	if (job == NULL) {
		err_windows(e, GetLastError(), "hook: job");
		return NULL;
	}
	if (shell_line(command, &program, &line, e) == -1)
		goto fail;
	SetHandleInformation(si.hStdInput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	SetHandleInformation(si.hStdError, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	if (!CreateProcessW(program, line, NULL, NULL, TRUE,
		CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT, NULL, NULL, &si, p)) {
		err_windows(e, GetLastError(), "hook: start cmd.exe");
		p->hProcess = NULL;
	} else if (!AssignProcessToJobObject(job, p->hProcess)) {
		err_windows(e, GetLastError(), "hook: job");
		TerminateProcess(p->hProcess, 1);
		CloseHandle(p->hThread);
		CloseHandle(p->hProcess);
		p->hProcess = NULL;
	}
	free(program);
	free(line);
	if (p->hProcess != NULL)
		return job;
fail:
	CloseHandle(job);
	return NULL;
}

int
hook_run(unsigned seconds, const char *command, const struct hook_variable *variables, size_t n,
    struct err *e)
{
	PROCESS_INFORMATION p;
	DWORD status = 1;
	HANDLE job;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (set_variable(&variables[i], e) == -1)
			return -1;
	if ((job = start_hook(command, &p, e)) == NULL)
		return -1;
	ResumeThread(p.hThread);
	CloseHandle(p.hThread);
	if (WaitForSingleObject(p.hProcess, seconds * 1000) != WAIT_OBJECT_0) {
		TerminateJobObject(job, 1);
		WaitForSingleObject(p.hProcess, INFINITE);
		rc = err_setx(e, ERR_TIMEOUT,
		    "the hook was not done within %u s and was ended, with what it had started",
		    seconds);
	} else if (GetExitCodeProcess(p.hProcess, &status) && status != 0) {
		rc = err_setx(e, ERR_CONFLICT, "the hook ended with status %lu", status);
	}
	CloseHandle(p.hProcess);
	CloseHandle(job);
	return rc;
}
