/* SPDX-License-Identifier: ISC */
#ifndef SERVER_KEYS_PASSPHRASE_H
#define SERVER_KEYS_PASSPHRASE_H

/*
 * Where passphrases of private keys come from: --passphrase-file, else the environment variable
 * SLIPWAY_PASSPHRASE, else the terminal.  One from a file or the environment serves every key of
 * the command; at the terminal each key is asked for by name.
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

/* Whether a person types passphrases: neither a file nor the environment has one. */
bool passphrase_typed(const struct passphrases *p);

/*
 * The passphrase of an existing key, what ("targets key"), appended to out; failed is how many
 * that were typed before were wrong, which the prompt says.  0, or -1 with
 * ERR_CONFIG (no source; the text says what to give), ERR_ACCESS (others can read the file), or
 * what reading gave.
 */
int passphrase_get(const struct passphrases *p, const char *what, int failed, struct buf *out,
    struct err *e);

/*
 * A passphrase for a new key, asked for twice at the terminal, and again where the two differ.
 * 1 with it in out, 0 when p->none
 * says that there is to be none, -1 as above.
 */
int passphrase_new(const struct passphrases *p, const char *what, struct buf *out, struct err *e);

#endif
