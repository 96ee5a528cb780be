/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_WATCH_WINDOWS_H
#define LIB_SETTINGS_WATCH_WINDOWS_H

/* Whether a key of the registry, or anything below it, may have changed. */
#include "lib/os/wide_windows.h"

/* Begins as zeros. */
struct watch {
	char *watched; /* normalised key, or NULL */
	HKEY key;      /* NULL: the key isn't there */
	HANDLE event;  /* set by a change */
	uint64_t notices;
};

/*
 * How often a change was noticed.  Equal numbers for the same key before reading and later mean
 * that nothing has changed in between.
 */
uint64_t watch_stamp(struct watch *w, const char *key);

/* Release what w holds; w itself is the caller's. */
void watch_end(struct watch *w);

#endif
