/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_NEAR_H
#define LIB_CLI_NEAR_H

/* "Did you mean": the name that is nearest to a mistyped word. */
#include <stddef.h>

/* Bytes of a word or name that are compared; longer ones are never near. */
#define NEAR_SIZE 64

struct near {
	const char *word; /* len bytes */
	size_t len;
	const char *best; /* best_len bytes; NULL: no name was near enough */
	size_t best_len;
	size_t distance; /* of best */
};

/* Makes name (len bytes) the best one if it is nearer than the names before. */
void near_try(struct near *n, const char *name, size_t len);

#endif
