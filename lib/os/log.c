/* SPDX-License-Identifier: ISC */
/* Logging: one escaped line an event, in one write, to standard error. */
#include "lib/os/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/base/date.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/log_system.h"
#include "lib/os/output.h"

static const char *program = "slipway";
static enum log_level most_talkative = LOG_LEVEL_INFO;
/* the most talkative level that goes to the system's log; -1: none */
static int system_most = -1;
static bool json;
/* standard error is a terminal and log_also() wasn't called: lines have no process id */
static bool terminal;
static const char *const words[] = { "error", "warn", "info", "debug" };

void
log_open(const char *name, enum log_level most)
{
	program = name;
	most_talkative = most;
	terminal = system_most == -1 && isatty(STDERR_FILENO);
	if (system_most == -1 && log_system_needed()) {
		system_most = LOG_LEVEL_WARN;
		log_system_open(program);
	}
}

int
log_also(const char *where)
{
	terminal = false;
	if (strcmp(where, "json") == 0)
		json = true;
	else if (strcmp(where, "syslog") == 0) {
		system_most = LOG_LEVEL_DEBUG;
		log_system_open(program);
	} else
		return -1;
	return 0;
}

void
log_to_system(enum log_system_when when)
{
	if (system_most == LOG_LEVEL_DEBUG)
		return;
	system_most = -1;
	if (when == LOG_SYSTEM_ALWAYS || (when == LOG_SYSTEM_AUTO && log_system_unseen())) {
		system_most = LOG_LEVEL_WARN;
		log_system_open(program);
	}
}

static void
write_line(enum log_level level, const char *escaped)
{
	char line[4 * LOG_LINE_MAX + 128];
	char pid[32] = "";
	int n;

	if (!terminal)
		snprintf(pid, sizeof pid, "[%ld]", (long)getpid());
	n = snprintf(line, sizeof line, "%.64s%s: %s: %s\n", program, pid, words[level], escaped);

	if (n > 0)
		output_write(OUTPUT_STDERR, line, (size_t)n);
}

static void
write_json_line(enum log_level level, const char *escaped)
{
	char when[DATE_TEXT_SIZE], *line;
	json_t *j;

	date_format(clock_wall(), when);
	j = json_pack("{s:s, s:s, s:I, s:s, s:s}", "time", when, "program", program, "pid",
	    (json_int_t)getpid(), "level", words[level], "text", escaped);
	if (j != NULL && (line = json_dumps(j, JSON_COMPACT | JSON_ENSURE_ASCII)) != NULL) {
		size_t len = strlen(line);

		line[len] = '\n'; /* in place of the NUL: one write */
		output_write(OUTPUT_STDERR, line, len + 1);
		free(line);
	} else
		write_line(level, escaped); /* not UTF-8, so not JSON */
	json_decref(j);
}

static void
vlog(enum log_level level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX], escaped[4 * LOG_LINE_MAX + 1];
	int n;

	if (level > most_talkative && (int)level > system_most)
		return;
	if ((n = vsnprintf(text, sizeof text, fmt, ap)) < 0)
		return;
	text_safe(escaped, sizeof escaped, text, strlen(text), n >= (int)sizeof text);
	if ((int)level <= system_most)
		log_system(level, escaped);
	if (level > most_talkative)
		return;
	if (json)
		write_json_line(level, escaped);
	else
		write_line(level, escaped);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(level, fmt, ap);
	va_end(ap);
}

#define LOG_AT(name, level) \
	void log_##name(const char *fmt, ...) \
	{ \
		va_list ap; \
\
		va_start(ap, fmt); \
		vlog(level, fmt, ap); \
		va_end(ap); \
	}

LOG_AT(error, LOG_LEVEL_ERROR)
LOG_AT(warn, LOG_LEVEL_WARN)
LOG_AT(info, LOG_LEVEL_INFO)
