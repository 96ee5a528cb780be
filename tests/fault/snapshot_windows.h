/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FAULT_SNAPSHOT_WINDOWS_H
#define TESTS_FAULT_SNAPSHOT_WINDOWS_H

/*
 * Directories and keys of the registry as they are at one moment, for restoring and comparing.  A
 * failure of these functions fails the test.
 */
#include "lib/base/buf.h"
#include "lib/os/wide_windows.h"

struct snapshot;

/* An empty snapshot, and functions that add to it, in any order. */
struct snapshot *snapshot_new(void);
void snapshot_add_dir(struct snapshot *s, const char *path);
void snapshot_add_key(struct snapshot *s, HKEY root, const wchar_t *key);

/* Restores the snapshot, and removes everything that isn't in it. */
void snapshot_restore(const struct snapshot *s);
/* The same for an empty snapshot of these places. */
void snapshot_clear(const struct snapshot *s);

/*
 * Returns a line for each file, directory, key and value, in order.  Unless without is NULL, leaves
 * out names in directories that begin with without.
 */
void snapshot_text(const struct snapshot *s, const char *without, struct buf *out);

void snapshot_free(struct snapshot *s);

#endif
