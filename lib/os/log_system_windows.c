/* SPDX-License-Identifier: ISC */
/* The system's log: the event log, source "Slipway" (or the program's name) of Application. */
#include "lib/os/log_system.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/os/log_system_windows.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

/*
 * Each event has the line as its one text.  No message file is registered, so the viewer shows the
 * text below a remark.
 */
#define EVENT_ID 1

static HANDLE source;
static char last[LOG_LINE_MAX];

bool
log_system_needed(void)
{
	return !start_is_heard();
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

const char *
log_system_last(void)
{
	return last;
}
