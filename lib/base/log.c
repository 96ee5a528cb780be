/*
 * Logging: one escaped line an event, in one write, to standard error.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *program = "slipway";
static enum log_level most_talkative = LOG_LEVEL_INFO;
static const char *const words[] = { "error", "warn", "info", "debug" };

void
log_open(const char *name, enum log_level most)
{
	program = name;
	most_talkative = most;
}

/* Escape into out, which holds 4 bytes for each byte of in. */
static size_t
escape(const char *in, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *in != '\0'; in++) {
		unsigned char c = (unsigned char)*in;

		if (c >= 0x20 && c != 0x7f) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return n;
}

static void vlog(enum log_level level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX], line[4 * LOG_LINE_MAX + 128];
	int head;
	size_t n;

	if (level > most_talkative)
		return;
	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		return;
	head = snprintf(line, 128, "%.64s[%ld]: %s: ", program, (long)getpid(), words[level]);
	if (head < 0)
		return;
	n = (size_t)head;
	n += escape(text, line + n);
	line[n++] = '\n';
	fwrite(line, 1, n, stderr);
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
LOG_AT(debug, LOG_LEVEL_DEBUG)
