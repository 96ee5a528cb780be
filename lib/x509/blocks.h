/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_BLOCKS_H
#define LIB_X509_BLOCKS_H

/*
 * What else is in a text in PEM form.  OpenSSL skips, without a word, what it doesn't take for the
 * beginning of a block: a list of revocations in another form, or behind a mistyped line, would
 * revoke nothing.
 */
#include <stddef.h>

#include "lib/base/err.h"

struct block_kinds {
	const char *name;	/* "certificate" */
	const char *taken[3];	/* labels of the blocks that are read, then NULL */
	const char *skipped[8]; /* labels of others that may stand among them, then NULL */
};

/*
 * Check a text of which n blocks were read.  Blocks of these kinds may stand in it, and between
 * them lines of words and comments (a '#' at the beginning).  Returns 0, or -1 with ERR_SYNTAX for
 * binary data, another block, a line that looks like a part of one, or a block that wasn't read.
 */
int blocks_check(const void *text, size_t len, const struct block_kinds *kinds, size_t n,
    struct err *e);

#endif
