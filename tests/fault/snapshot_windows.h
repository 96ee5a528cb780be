/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FAULT_SNAPSHOT_WINDOWS_H
#define TESTS_FAULT_SNAPSHOT_WINDOWS_H

/*
 * Directories and keys of the registry as they are at one moment: to be brought back, and to be
 * compared.  What fails fails the test.
 */
#include "lib/base/buf.h"
#include "lib/os/wide_windows.h"

struct snapshot;

/* An empty one; add to it, in any order. */
struct snapshot *snapshot_new(void);
void snapshot_add_dir(struct snapshot *s, const char *path);
void snapshot_add_key(struct snapshot *s, HKEY root, const wchar_t *key);

/* Bring all of it back: what isn't in it goes. */
void snapshot_restore(const struct snapshot *s);
/* The same with nothing in it. */
void snapshot_clear(const struct snapshot *s);

/*
 * A line for each file, directory, key and value, in order.  Where without is not NULL, names in
 * directories that begin with it are left out.
 */
void snapshot_text(const struct snapshot *s, const char *without, struct buf *out);

void snapshot_free(struct snapshot *s);

#endif
