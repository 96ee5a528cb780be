/* SPDX-License-Identifier: ISC */
#ifndef SERVER_KEYS_PASSPHRASE_H
#define SERVER_KEYS_PASSPHRASE_H

/*
 * Passphrases of private keys: from --passphrase-file, else from the environment variable
 * SLIPWAY_PASSPHRASE, else from the terminal.  The passphrase of a file or the environment is for
 * every key of the command; at the terminal each key's passphrase is asked for by the key's name.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* Bytes of a passphrase. */
#define PASSPHRASE_MAX 1024

struct passphrases {
	const char *file; /* --passphrase-file, or NULL */
	bool none;	  /* --no-passphrase: new keys are not encrypted */
};

/* How often a person may type the passphrase of one key. */
#define PASSPHRASE_TRIES 3

/* Whether a person types passphrases, because neither a file nor the environment has one. */
bool passphrase_typed(const struct passphrases *p);

/*
 * Appends the passphrase of an existing key, called what ("targets key"), to out.  failed is the
 * number of wrong passphrases so far, for the prompt.  Returns 0, or -1 with ERR_CONFIG (no source;
 * the text names the options), ERR_ACCESS (others can read the file), or an error of reading.
 */
int passphrase_get(const struct passphrases *p, const char *what, int failed, struct buf *out,
    struct err *e);

/*
 * Appends a passphrase for a new key to out.  The terminal asks twice, and again when both answers
 * differ.  Returns 1, 0 when p->none asks for an unencrypted key, or -1 as above.
 */
int passphrase_new(const struct passphrases *p, const char *what, struct buf *out, struct err *e);

#endif
