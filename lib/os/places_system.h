/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PLACES_SYSTEM_H
#define LIB_OS_PLACES_SYSTEM_H

/* What places.c wants of the operating system. */
#include "lib/os/places.h"

/*
 * The folders that %NAME% can name, each with the function that appends it; a NULL name ends them.
 */
extern const struct place_known {
	const char *name;
	int (*get)(struct buf *out, struct err *e);
} place_known_folders[];

#endif
