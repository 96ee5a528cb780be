/* SPDX-License-Identifier: ISC */
/*
 * Arguments as one command line, by the rules that CommandLineToArgvW() undoes.
 *
 * Quotes keep spaces together, and \" is a quote.  A backslash is itself, except in front of a
 * quote: there 2n of them mean n, and the quote counts; 2n+1 mean n, and the quote is text.  In the
 * program's name neither has a meaning.
 */
#include "lib/os/cmdline_windows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
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

wchar_t *
cmdline_shell(struct err *e)
{
	static const wchar_t name[] = L"\\cmd.exe";
	wchar_t *path = calloc(MAX_PATH + N(name), sizeof *path);
	UINT n = path == NULL ? 0 : GetSystemDirectoryW(path, MAX_PATH);

	if (path == NULL)
		err_nomem(e);
	else if (n == 0 || n >= MAX_PATH)
		err_windows(e, GetLastError(), "the system's folder");
	else
		return wcscat(path, name);
	free(path);
	return NULL;
}

/* Whether a text has one of these characters, or a control character but the tab. */
static bool
has_any(const char *text, const char *set)
{
	for (; *text != '\0'; text++)
		if (strchr(set, *text) != NULL || ((unsigned char)*text < ' ' && *text != '\t'))
			return true;
	return false;
}

int
cmdline_batch_check(char *const *argv, struct err *e)
{
	for (size_t i = 1; argv[i] != NULL; i++)
		if (has_any(argv[i], "\"%!&|<>^"))
			return err_setx(e, ERR_SYNTAX,
			    "%.200s: want arguments of a batch file without \" %% ! & | < > ^ and line "
			    "ends, which cmd.exe would read as commands, got '%.200s'; start the "
			    "program that the file starts",
			    argv[0], argv[i]);
	return 0;
}

/* An argument that cmd.exe doesn't cut up: in quotes, unless all of it is plain. */
static int
add_batch_argument(struct buf *out, const char *arg, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+./\\:@#$~";
	bool quote = *arg == '\0' || arg[strspn(arg, plain)] != '\0';

	return buf_addf(out, e, quote ? " \"%s\"" : " %s", arg);
}

wchar_t *
cmdline_batch(const char *file, char *const *argv, struct err *e)
{
	struct buf out = BUF_INIT(CMDLINE_BATCH_MAX);
	wchar_t *line = NULL;
	int rc = 0;

	if (has_any(file, "\"%^"))
		rc = err_setx(e, ERR_SYNTAX,
		    "%.200s: want a batch file in a path without \" %% and ^", file);
	/* Of what is behind /c, /s removes the outer quotes and leaves all others. */
	if (rc == 0)
		rc = buf_addf(&out, e, "\"cmd.exe\" /d /v:off /s /c \"call \"%s\"", file);
	for (size_t i = 1; rc == 0 && argv[i] != NULL; i++)
		rc = add_batch_argument(&out, argv[i], e);
	if (rc == 0)
		rc = buf_adds(&out, "\"", e);
	if (rc == 0)
		line = wide_of(buf_text(&out), e);
	else if (e->code == ERR_TOO_LARGE)
		err_setx(e, ERR_TOO_LARGE,
		    "%.200s: the arguments are longer than the limit of cmd.exe, %d bytes", file,
		    CMDLINE_BATCH_MAX - 1);
	buf_free(&out);
	return line;
}
