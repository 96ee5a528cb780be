/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_ENVELOPE_H
#define LIB_TUF_ENVELOPE_H

/*
 * The envelope of a TUF metadata file: its contents and the signatures over them (specification
 * 4.2).  Pure: no I/O.
 */

#include "lib/tuf/key.h"

#define TUF_SIGNATURES_MAX 256 /* signatures in one file */
#define TUF_THRESHOLD_MAX  TUF_KEYS_MAX

/* Who may sign a role. */
struct tuf_role {
	const char **keyids; /* owned array; the texts belong to the JSON */
	size_t n;
	unsigned threshold;
};

struct envelope {
	json_t *json;	    /* owned */
	const json_t *body; /* "signed", within json */
	uint8_t *canonical; /* owned; the signed bytes */
	size_t len;
};

/*
 * Parse a file, and put "signed" into canonical form.  0, or -1 with ERR_SYNTAX (not this form, two
 * signatures with one key id), ERR_TOO_LARGE or ERR_NOMEM; *v is then empty.
 */
int envelope_parse(const uint8_t *data, size_t len, struct envelope *v, struct err *e);
void envelope_free(struct envelope *v);

/*
 * Whether a threshold of different keys of role vouch for v.  A key counts once, by its id and by
 * its public key; signatures by other keys don't count.  0, or -1 with ERR_SIGNATURE; what names
 * the file in the text.
 */
int envelope_verify(const struct envelope *v, const struct tuf_keyring *ring,
    const struct tuf_role *role, const char *what, struct err *e);

#endif
