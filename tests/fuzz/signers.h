/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_SIGNERS_H
#define TESTS_FUZZ_SIGNERS_H

/* Fixed keys, one for each role, so that inputs can name their ids, and files signed by them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define NOW	 INT64_C(1772323200) /* 2026-03-01 */
#define FILE_MAX (1u << 20)

enum { K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_A, K_COUNT };

extern const char *const signers_roles[K_COUNT];

/* Appends the file of the first root: version 1, one key for each role. */
void signers_root(bool consistent, struct buf *out);

/* Appends the file with these bytes as its signed part.  Returns false when they are no object. */
bool signers_sign(const uint8_t *bytes, size_t len, int key, struct buf *out);

#endif
