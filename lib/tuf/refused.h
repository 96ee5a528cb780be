/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_REFUSED_H
#define LIB_TUF_REFUSED_H

/*
 * The note of a metadata file that has exactly the signed hashes and still can't be taken.  It
 * would cost the same time at every start, so it is neither fetched nor read again while root, the
 * parent that states it and the program stay the same.
 *
 * The note is a JSON object: format (1), slipway (version of the program), root and parent (their
 * versions), role, version, hash, code and text of the error.  A note that can't be read counts as
 * none.
 */

#include "lib/tuf/client_state.h"

/* Bytes of a note. */
#define REFUSED_SIZE_MAX 8192

/* Returns whether the file that m states is the refused one, with the error in e. */
bool
refused_before(struct tuf_client *c, const char *role, const struct tuf_meta *m, struct err *e);

/*
 * Notes why the file that m states, and whose bytes have its hashes, was refused, where the reason
 * is in the file.
 */
void refused_note(struct tuf_client *c, const char *role, const struct tuf_meta *m,
    const struct err *why);

#endif
