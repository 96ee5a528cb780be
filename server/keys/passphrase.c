/* SPDX-License-Identifier: ISC */
/* Where passphrases of private keys come from. */
#include "server/keys/passphrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/file.h"
#include "lib/os/places.h"
#include "server/keys/terminal.h"

#define VARIABLE   "SLIPWAY_PASSPHRASE"
#define PROMPT_MAX 256

static int
append(const char *text, size_t len, const char *from, struct buf *out, struct err *e)
{
	if (len == 0)
		return err_setx(e, ERR_CONFIG, "%s: want a passphrase, got an empty one", from);
	if (len > PASSPHRASE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: passphrase over %d bytes", from,
		    PASSPHRASE_MAX);
	if (memchr(text, '\0', len) != NULL)
		return err_setx(e, ERR_SYNTAX, "%s: a passphrase can't hold a NUL", from);
	return buf_add(out, text, len, e);
}

/* The first line of the file, without its end. */
static int
from_file(const char *file, struct buf *out, struct err *e)
{
	struct buf content = BUF_INIT(4 * PASSPHRASE_MAX);
	const void *text;
	size_t len;
	int rc = -1;

	if (file_read_secret(NULL, file, &content, e) == -1) {
		err_context(e, "passphrase file");
		goto out;
	}
	text = buf_text(&content);
	len = content.len;
	if (text_begin(&text, &len, e) == -1)
		err_context(e, "%s", file);
	else
		rc = append(text, text_line(text, len), file, out, e);
out:
	buf_free(&content);
	return rc;
}

/* 1 with a passphrase, 0 when only the terminal is left to ask. */
static int
without_asking(const struct passphrases *p, struct buf *out, struct err *e)
{
	struct buf env = BUF_INIT(4 * PASSPHRASE_MAX);
	int rc;

	if (p->file != NULL)
		return from_file(p->file, out, e) == -1 ? -1 : 1;
	if ((rc = place_variable(VARIABLE, &env, e)) == 1)
		rc = append(buf_text(&env), env.len, VARIABLE, out, e) == -1 ? -1 : 1;
	else if (rc == -1)
		err_context(e, VARIABLE);
	buf_free(&env);
	return rc;
}

static int
ask(const char *how, const char *what, struct buf *out, struct err *e)
{
	char prompt[PROMPT_MAX];
	int rc;

	snprintf(prompt, sizeof prompt, "%s %s: ", how, what);
	if ((rc = terminal_secret(prompt, out, e)) == 0)
		return err_setx(e, ERR_CONFIG,
		    "want the passphrase of the %s, and there is no terminal to ask at: "
		    "give --passphrase-file FILE or set " VARIABLE,
		    what);
	if (rc == 1 && out->len == 0)
		return err_setx(e, ERR_CONFIG, "want a passphrase, got an empty one");
	return rc == 1 ? 0 : -1;
}

int
passphrase_get(const struct passphrases *p, const char *what, struct buf *out, struct err *e)
{
	int rc = without_asking(p, out, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	return ask("Passphrase of the", what, out, e);
}

int
passphrase_new(const struct passphrases *p, const char *what, struct buf *out, struct err *e)
{
	struct buf again = BUF_INIT(PASSPHRASE_MAX);
	int rc = -1;

	if (p->none)
		return 0;
	if ((rc = without_asking(p, out, e)) != 0)
		return rc;
	rc = -1;
	if (ask("New passphrase for the", what, out, e) == -1 ||
	    ask("The same again for the", what, &again, e) == -1)
		goto out;
	if (out->len != again.len || memcmp(out->data, again.data, out->len) != 0) {
		err_setx(e, ERR_CONFIG, "the two passphrases differ");
		goto out;
	}
	rc = 1;
out:
	buf_free(&again);
	return rc;
}
