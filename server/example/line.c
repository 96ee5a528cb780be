/* SPDX-License-Identifier: ISC */
/* Shared by the example Kernel and HI. */
#include "server/example/line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/example/system.h"

bool
line_add(struct line *l, char c)
{
	if (c == '\n')
		return true;
	l->taken++;
	if (c != '\r' && l->len + 1 < sizeof l->text) {
		l->text[l->len++] = c >= 0x20 && c < 0x7f ? c : '?';
		l->text[l->len] = '\0';
	}
	return false;
}

void
line_clear(struct line *l)
{
	l->len = l->taken = 0;
	l->text[0] = '\0';
}

bool
line_endless(const struct line *l)
{
	return l->taken > LINE_END;
}

void
say(const char *fmt, ...)
{
	static unsigned long dropped;
	char text[2048], note[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof text) {
		n = (int)sizeof text - 1;
		text[n - 1] = '\n';
	}
	if (dropped > 0) {
		int len = snprintf(note, sizeof note, "(%lu lines that nobody read)\n", dropped);

		if (system_log(note, (size_t)len))
			dropped = 0;
	}
	dropped += n > 0 && (dropped > 0 || !system_log(text, (size_t)n));
}

int
output_status(const char *program, int status)
{
	errno = 0;
	if (fflush(stdout) != EOF && !ferror(stdout))
		return status;
	say("%s: standard output: %s\n", program,
	    errno != 0 ? strerror(errno) : "not everything could be written");
	return status == EXIT_SUCCESS ? EXIT_FAILURE : status;
}

bool
split_address(const char *address, char *host, size_t hostsize, char *port, size_t portsize)
{
	const char *colon = strrchr(address, ':'), *start = address;
	size_t len = colon == NULL ? 0 : (size_t)(colon - address);

	if (len > 2 && start[0] == '[' && colon[-1] == ']') {
		start++;
		len -= 2;
	}
	if (len == 0 || len >= hostsize || colon[1] == '\0' || strlen(colon + 1) >= portsize)
		return false;
	memcpy(host, start, len);
	host[len] = '\0';
	snprintf(port, portsize, "%s", colon + 1);
	return true;
}
