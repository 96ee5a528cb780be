/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_WRAP_WRAP_POSIX_H
#define UPDATER_WRAP_WRAP_POSIX_H

/* What the files of this room share on POSIX systems. */
#include <limits.h>
#include <stdbool.h>

#include "updater/wrap/wrap.h"

/* Appends the directory that wraps of one place are made in.  Returns 0 or -1. */
int wrap_add_dir(bool all_users, unsigned place, struct buf *out, struct err *e);

/* Appends the words of Exec, up to "--" or all.  Returns 0 or -1. */
int wrap_add_exec(const struct wrap *w, bool all, struct buf *out, struct err *e);

/* Whether a text is a file that a wrap made: with this mark, or any (NULL). */
bool wrap_is_marked(const struct buf *text, const char *whose);

/* Whether a file of this name is an icon. */
bool wrap_is_icon(const char *name);

/* Tells the state of a file in a directory. */
void wrap_tell_in(const struct wrap_told *t, const struct dir *dir, enum wrap_state state,
    const char *name);

/* Gives the i-th directory of PATH, cut at PATH_MAX.  Returns false where there is none. */
bool wrap_path_dir(size_t i, char out[PATH_MAX]);

/* Whether the path, whose links are followed, is a file that can be started. */
bool wrap_is_program(const char *path);

/*
 * Appends the first path of PATH that is a program and no wrapper.  Returns 0, or -1 with
 * ERR_NOENT.
 */
int wrap_search(const char *name, struct buf *out, struct err *e);

/* Whether both paths, whose links are followed, lead to one file that is there. */
bool wrap_same_file(const char *a, const char *b);

#endif
