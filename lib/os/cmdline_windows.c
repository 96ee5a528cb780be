/* SPDX-License-Identifier: ISC */
/*
 * Arguments as one command line, by the rules that CommandLineToArgvW() undoes.
 *
 * Quotes keep spaces together, and \" is a quote.  A backslash is itself, except in front of a
 * quote: there 2n of them mean n, and the quote counts; 2n+1 mean n, and the quote is text.  In the
 * program's name neither has a meaning.
 */
#include "lib/os/cmdline_windows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/wide_windows.h"

/* The characters that end an argument outside of quotes, for any reader. */
#define BREAKS " \t\n\v\f\r\""

static int
backslashes(struct buf *out, size_t n, struct err *e)
{
	while (n-- > 0)
		if (buf_adds(out, "\\", e) == -1)
			return -1;
	return 0;
}

static int
add_quoted(struct buf *out, const char *arg, struct err *e)
{
	if (buf_adds(out, "\"", e) == -1)
		return -1;
	for (;;) {
		size_t slashes = strspn(arg, "\\"), plain;

		arg += slashes;
		plain = strcspn(arg, "\\\"");
		/*
		 * Backslashes before a quote, of the text or our own at the end, are doubled, so
		 * that the quote keeps its meaning.
		 */
		if (backslashes(out, plain == 0 ? 2 * slashes : slashes, e) == -1)
			return -1;
		if (*arg == '\0')
			return buf_adds(out, "\"", e);
		if (plain == 0) {
			if (buf_adds(out, "\\\"", e) == -1)
				return -1;
			arg++;
		} else if (buf_add(out, arg, plain, e) == -1)
			return -1;
		else
			arg += plain;
	}
}

static int
add_argument(struct buf *out, const char *arg, struct err *e)
{
	if (buf_adds(out, " ", e) == -1)
		return -1;
	if (*arg != '\0' && strpbrk(arg, BREAKS) == NULL)
		return buf_adds(out, arg, e);
	return add_quoted(out, arg, e);
}

wchar_t *
cmdline_of(char *const *argv, struct err *e)
{
	struct buf out = BUF_INIT(3 * CMDLINE_MAX);
	wchar_t *line = NULL;
	int rc;

	if (strchr(argv[0], '"') != NULL) {
		err_setx(e, ERR_SYNTAX, "%.200s: want no quote in a program's name", argv[0]);
		return NULL;
	}
	rc = buf_addf(&out, e, "\"%s\"", argv[0]);
	for (size_t i = 1; rc == 0 && argv[i] != NULL; i++)
		rc = add_argument(&out, argv[i], e);
	if (rc == 0)
		line = wide_of(buf_text(&out), e);
	if ((line != NULL && wcslen(line) >= CMDLINE_MAX) ||
	    (rc == -1 && e->code == ERR_TOO_LARGE)) {
		err_setx(e, ERR_TOO_LARGE,
		    "%.200s: the arguments are longer than Windows' limit of %d characters",
		    argv[0], CMDLINE_MAX - 1);
		free(line);
		line = NULL;
	}
	buf_free(&out);
	return line;
}
