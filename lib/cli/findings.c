/* SPDX-License-Identifier: ISC */
/* What an examination finds. */
#include "lib/cli/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/cli/command.h"

void
findings_begin(struct findings *f, bool json)
{
	*f = (struct findings){ .json = json, .lines = json_array() };
}

void
findings_add(struct findings *f, enum finding_level level, const char *subject, const char *fmt,
    ...)
{
	static const char *const words[] = { "ok", "warning", "failure" },
				 *const shown[] = { "ok", "warning", "FAILURE" };
	char text[4 * ERR_TEXT_SIZE], safe[sizeof text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	f->n[level]++;
	if (f->json) {
		/* A name on a disk may be any bytes; its line is told nevertheless. */
		if (!valid_utf8(text, strlen(text))) {
			text_safe(safe, sizeof safe, text, strlen(text), false);
			memcpy(text, safe, sizeof text);
		}
		json_array_append_new(f->lines,
		    json_pack("{s:s, s:s, s:s}", "level", words[level], "subject", subject, "text",
			text));
		return;
	}
	printf("%-8s %-13s ", shown[level], subject);
	cli_print(text);
	putchar('\n');
	fflush(stdout);
}

static void
print_sum(const struct findings *f)
{
	size_t failures = f->n[FINDING_FAILURE], warnings = f->n[FINDING_WARNING];

	if (failures + warnings == 0)
		puts("all is well");
	else
		printf("%zu failure%s, %zu warning%s\n", failures, failures == 1 ? "" : "s",
		    warnings, warnings == 1 ? "" : "s");
}

int
findings_end(struct findings *f, struct err *e)
{
	json_t *lines = f->lines;

	f->lines = NULL;
	if (f->json && cli_json(lines, e) == -1)
		return -1;
	if (!f->json) {
		json_decref(lines);
		print_sum(f);
	}
	return f->n[FINDING_FAILURE] > 0 ? CLI_FAILED
	    : f->n[FINDING_WARNING] > 0	 ? CLI_ATTEND
					 : CLI_OK;
}
