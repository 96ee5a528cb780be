/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_REGISTRY_WINDOWS_H
#define LIB_SETTINGS_REGISTRY_WINDOWS_H

/*
 * Keys of the registry, 64-bit view, by our normalised paths ("HKLM\SOFTWARE\…").
 *
 * A user who may write below a key may put a link there that leads elsewhere.  A privileged process
 * opens a path part by part, each as itself, and refuses links (ERR_UNSAFE) except Windows' own
 * HKLM\SYSTEM\CurrentControlSet.
 */
#include "lib/os/wide_windows.h"

/* Open a key.  1 with *out, 0 not there, -1. */
int registry_open(const char *key, REGSAM access, HKEY *out, struct err *e);

/*
 * Write an open key's path as the registry spells it, where that differs from key in the case of
 * letters only.
 */
void registry_spelling(HKEY h, char *key);

/*
 * Open a key for setting values, making it and its missing parents; those are marked as ours.  0 or
 * -1.
 */
int registry_make(const char *key, HKEY *out, struct err *e);

/*
 * Remove key and then its parents, as far as they are marked as ours and hold nothing.  Failures
 * are ignored.
 */
void registry_tidy(const char *key);

/*
 * Remove a key with all below it.  A link below is ERR_UNSAFE.  0 (also when it isn't there) or -1.
 */
int registry_delete_tree(const char *key, struct err *e);

/*
 * Open the i-th key directly below an open key, the key itself and never the target of a link; the
 * name is appended as UTF-8. 1, 0 there are no more, -1.
 */
int registry_below(HKEY parent, const char *shown, DWORD i, REGSAM access, HKEY *out,
    struct buf *name, struct err *e);

/* Write the hive that key is in to the disk.  0 or -1. */
int registry_flush(const char *key, struct err *e);

#endif
