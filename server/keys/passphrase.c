/* SPDX-License-Identifier: ISC */
/* Passphrases of private keys: from a file, the environment or the terminal. */
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
add_passphrase(const char *text, size_t len, const char *from, struct buf *out, struct err *e)
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

/* Reads the first line of the file, without the newline. */
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
		rc = add_passphrase(text, text_line(text, len), file, out, e);
out:
	buf_free(&content);
	return rc;
}

/* Returns 1 with a passphrase, or 0 when the terminal has to be asked. */
static int
without_asking(const struct passphrases *p, struct buf *out, struct err *e)
{
	struct buf env = BUF_INIT(4 * PASSPHRASE_MAX);
	int rc;

	if (p->file != NULL)
		return from_file(p->file, out, e) == -1 ? -1 : 1;
	if ((rc = place_variable(VARIABLE, &env, e)) == 1)
		rc = add_passphrase(buf_text(&env), env.len, VARIABLE, out, e) == -1 ? -1 : 1;
	else if (rc == -1)
		err_context(e, VARIABLE);
	buf_free(&env);
	return rc;
}

/* Asks again after an empty answer. */
static int
ask_passphrase(const char *how, const char *what, struct buf *out, struct err *e)
{
	char prompt[PROMPT_MAX];
	int rc, tries = 0;

	snprintf(prompt, sizeof prompt, "%s %s: ", how, what);
	do
		rc = terminal_ask(prompt, false, out, e);
	while (rc == 1 && out->len == 0 && ++tries < PASSPHRASE_TRIES);
	if (rc == 0)
		return err_setx(e, ERR_CONFIG,
		    "want the passphrase of the %s, and there is no terminal to ask at: "
		    "give --passphrase-file FILE or set " VARIABLE,
		    what);
	if (rc == 1 && out->len == 0)
		return err_setx(e, ERR_CONFIG, "want a passphrase, got an empty one");
	return rc == 1 ? 0 : -1;
}

bool
passphrase_typed(const struct passphrases *p)
{
	struct buf env = BUF_INIT(4 * PASSPHRASE_MAX);
	struct err ignored;
	bool typed = p->file == NULL && place_variable(VARIABLE, &env, &ignored) == 0;

	buf_free(&env);
	return typed;
}

int
passphrase_get(const struct passphrases *p, const char *what, int failed, struct buf *out,
    struct err *e)
{
	int rc = without_asking(p, out, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	return ask_passphrase(
	    failed == 0 ? "Passphrase of the" : "That isn't it. Passphrase of the", what, out, e);
}

/* Asks twice.  1 with the passphrase in out, 0 when the two differ, or -1. */
static int
ask_twice(bool again, const char *what, struct buf *out, struct err *e)
{
	struct buf second = BUF_INIT(PASSPHRASE_MAX);
	int rc = -1;

	buf_reset(out);
	if (ask_passphrase(again ? "The two passphrases differ. New passphrase for the"
				 : "New passphrase for the",
		what, out, e) == 0 &&
	    ask_passphrase("The same again for the", what, &second, e) == 0)
		rc = out->len == second.len && memcmp(out->data, second.data, out->len) == 0;
	buf_free(&second);
	return rc;
}

int
passphrase_new(const struct passphrases *p, const char *what, struct buf *out, struct err *e)
{
	int rc;

	if (p->none)
		return 0;
	if ((rc = without_asking(p, out, e)) != 0)
		return rc;
	for (int i = 0; i < PASSPHRASE_TRIES && rc == 0; i++)
		rc = ask_twice(i > 0, what, out, e);
	return rc != 0 ? rc : err_setx(e, ERR_CONFIG, "the two passphrases differ");
}
