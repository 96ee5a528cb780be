/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_FOLD_H
#define LIB_BASE_FOLD_H

/*
 * Names as file systems without regard to case compare them: Unicode's simple case folding over
 * canonical decomposition (NFD), so that small and capital letters are one, and a letter with an
 * accent in one character or in two.  The dotless i counts as an i, as on FAT and exFAT.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* Bytes of a key for each byte of a text, at most. */
#define FOLD_GROWTH 4

/*
 * Append the key of len bytes of UTF-8: two texts are one name where their keys are the same bytes.
 * Bytes that aren't UTF-8 stay.  The key of a path is the keys of its parts, with '/' between them.
 * Returns 0, or -1 as buf_add().
 */
int fold(const char *text, size_t len, struct buf *out, struct err *e);

/* A list of paths by their keys.  Start with FOLD_NAMES_INIT, release with fold_names_free(). */
struct fold_name {
	char *key;	  /* owned */
	const char *path; /* borrowed */
	size_t id;	  /* the caller's */
};
struct fold_names {
	struct fold_name *v;
	size_t n;
	bool sorted;
};

#define FOLD_NAMES_INIT \
	{ \
		NULL, 0, false \
	}

/* Append a path, which must outlive the list.  Returns 0, or -1 with ERR_NOMEM. */
int fold_names_add(struct fold_names *names, const char *path, size_t id, struct err *e);
void fold_names_free(struct fold_names *names);

/* Sorts.  Returns a path that is path but for its case, in *id; 1, 0 none, -1 with ERR_NOMEM. */
int fold_names_find(struct fold_names *names, const char *path, size_t *id, struct err *e);

/*
 * Sorts, and calls each() for two neighbours of which one, or a directory of it, is the other's but
 * for its case.  Of many such names each has a neighbour among them.  Returns 0, or -1 from each().
 */
int fold_names_twins(struct fold_names *names,
    int (*each)(void *arg, const struct fold_name *a, const struct fold_name *b, struct err *e),
    void *arg, struct err *e);

#endif
