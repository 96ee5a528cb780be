/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What every harness includes.  A harness is one function that takes any bytes; it returns 0, and
 * stops the process where the code under test breaks its word.  With libFuzzer that function is
 * driven by it, else by main.c.
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

/* What is left of an input that holds several things one after the other. */
struct feed {
	const uint8_t *p;
	size_t left;
};

/* The next byte, or 0 when there is none. */
static inline uint8_t
feed_u8(struct feed *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->p++;
}

/* Up to len bytes; *len becomes what there was. */
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
