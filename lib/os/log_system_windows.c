/* SPDX-License-Identifier: ISC */
/* The system's log: the event log, source "Slipway" (or the program's name) of Application. */
#include "lib/os/log_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/os/log_system_windows.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

/* Each event has the line as its one text, and a number that MESSAGE_FILE knows. */
#define EVENT_ID 1

/* A program of each Windows, in which the messages 1 to 1000 are "%1". */
#define MESSAGE_FILE L"%SystemRoot%\\System32\\EventCreate.exe"

#define SOURCES_KEY "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"
#define SOURCE_SIZE (sizeof SOURCES_KEY + 64) /* bytes */

static HANDLE source;
static char last[LOG_LINE_MAX];

bool
log_system_needed(void)
{
	return !start_is_heard();
}

bool
log_system_unseen(void)
{
	return !start_is_heard() || !isatty(STDERR_FILENO);
}

void
log_system_open(const char *program)
{
	struct err e;
	wchar_t *name;

	if (source != NULL || (name = wide_of(program, &e)) == NULL)
		return;
	source = RegisterEventSourceW(NULL, name);
	free(name);
}

void
log_system(enum log_level level, const char *line)
{
	static const WORD types[] = { EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE,
		EVENTLOG_INFORMATION_TYPE, EVENTLOG_INFORMATION_TYPE };
	const wchar_t *texts[1];
	struct err e;
	wchar_t *w;

	if (level <= LOG_LEVEL_WARN)
		snprintf(last, sizeof last, "%s", line);
	if (source == NULL || (w = wide_of(line, &e)) == NULL)
		return;
	texts[0] = w;
	ReportEventW(source, types[level], 0, EVENT_ID, NULL, 1, 0, texts, NULL);
	free(w);
}

static DWORD
write_source(HKEY key)
{
	static const wchar_t file[] = MESSAGE_FILE;
	DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
	LSTATUS status = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ,
	    (const BYTE *)file, sizeof file);

	if (status == ERROR_SUCCESS)
		status = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
		    sizeof types);
	return (DWORD)status;
}

/* The key of a program's source, also as Windows takes it, to be freed; or NULL. */
static wchar_t *
source_key(const char *program, char path[SOURCE_SIZE], struct err *e)
{
	snprintf(path, SOURCE_SIZE, SOURCES_KEY "%.64s", program);
	return wide_of(path, e);
}

int
log_system_unregister(const char *program, struct err *e)
{
	char path[SOURCE_SIZE];
	wchar_t *w = source_key(program, path, e);
	DWORD error;

	if (w == NULL)
		return -1;
	error = (DWORD)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, w, KEY_WOW64_64KEY, 0);
	free(w);
	return error == 0 || error == ERROR_FILE_NOT_FOUND
	    ? 0
	    : err_windows(e, error, "HKLM\\%s", path);
}

int
log_system_register(const char *program, struct err *e)
{
	char path[SOURCE_SIZE];
	wchar_t *w = source_key(program, path, e);
	DWORD error;
	HKEY key;

	if (w == NULL)
		return -1;
	error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, w, 0, NULL, 0,
	    KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
	free(w);
	if (error == 0) {
		error = write_source(key);
		RegCloseKey(key);
	}
	return error == 0 ? 0 : err_windows(e, error, "HKLM\\%s", path);
}

const char *
log_system_last(void)
{
	return last;
}
