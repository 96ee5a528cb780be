/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * Included by every harness.  A harness is one function that takes any bytes; it returns 0, and
 * ends the process when the tested code breaks its contract.  libFuzzer, or otherwise main.c, calls
 * the function.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input. */
#define must(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

/* The rest of an input that has several parts one after the other. */
struct feed {
	const uint8_t *p;
	size_t left;
};

/* Takes the next byte; 0 at the end. */
static inline uint8_t
feed_u8(struct feed *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->p++;
}

/* Takes up to len bytes; *len becomes their number. */
static inline const uint8_t *
feed_bytes(struct feed *f, size_t *len)
{
	const uint8_t *p = f->p;

	if (*len > f->left)
		*len = f->left;
	f->p += *len;
	f->left -= *len;
	return p;
}

/* A copy as a text; a NUL ends it early.  The caller frees it. */
static inline char *
feed_text(const uint8_t *p, size_t len)
{
	char *s = malloc(len + 1);

	must(s != NULL);
	if (len > 0)
		memcpy(s, p, len);
	s[len] = '\0';
	return s;
}

#endif
