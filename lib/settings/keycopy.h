/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYCOPY_H
#define LIB_SETTINGS_KEYCOPY_H

/*
 * The copy of a key file, PATH.copy beside it, from which a damaged key file is put back.  Where
 * PATH is a link, the copy is beside the link: it may lead elsewhere some day.
 *
 * Who changes a key file forgets its copy first and makes it anew afterwards, so that after a loss
 * of power there is no copy that is older than the key file.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/*
 * Whether the key file is damaged: no key file, or empty, missing or cut in the middle of a line
 * where its copy isn't.  copy (empty before) gets the copy, unless that can't be used or isn't
 * there.  Returns whether, with the reason in *why; ERR_NOENT: it is missing.
 */
bool keycopy_damaged(const char *path, const char *root, struct buf *copy, struct err *why);

/* By the sizes alone: a key file that could be read, or is missing, isn't damaged without it. */
bool keycopy_longer(const char *path);

/* Whether the key file was changed after its copy, or there is no copy. */
bool keycopy_is_old(const char *path);

/*
 * Remove the copy; keep: only rename it, to PATH.copy.old.  Durable with the next change of the
 * directory.  Failures are ignored.
 */
void keycopy_forget(const char *path, bool keep);

/*
 * Write the copy of the key file's content, with no more permissions than the key file has and mode
 * says.  Failures are ignored.
 */
void keycopy_make(const char *path, const void *data, size_t len, unsigned mode);

/* Append the copy's path to out.  0, or -1 as buf_adds(). */
int keycopy_path(const char *path, struct buf *out, struct err *e);

#endif
