/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_DAMAGE_H
#define UPDATER_STATE_DAMAGE_H

/*
 * Own files that can't be used: empty, cut, garbage, too long, or something else than a file.  They
 * are renamed, so that people can look at them, and their places are free again.  What a newer
 * Slipway wrote stays where it is.
 *
 * Only who holds the lock of a state may set files aside in it.
 */
#include <jansson.h>

#include "lib/os/file.h"
#include "lib/os/log.h"

/* The format of our JSON files, their member "format"; absent in those of 0.1.0. */
#define DAMAGE_FORMAT 1

/*
 * Whether this Slipway knows the format of one of them.  0, or -1 with ERR_VERSION (a newer one
 * wrote it) or ERR_SYNTAX.
 */
int damage_format(const json_t *j, struct err *e);

/* Whether an error of reading an own file means that the file is damaged. */
bool damage_is(const struct err *why);

/* Who is told; log may be NULL. */
struct damage_told {
	void (*log)(void *arg, enum log_level level, const char *subject, const char *text);
	void *arg;
};

/*
 * Rename name, of whatever type, to NAME.damaged-DATE in to (NULL: beside it), and tell why, if
 * that isn't NULL.  1 done, 0 there is no such name, -1.
 */
int damage_set_aside(struct dir *d, const char *name, struct dir *to, const struct err *why,
    const struct damage_told *told, struct err *e);

/*
 * Look at the directories, notes and metadata of a state, and set aside what is damaged; all: also
 * at kept content and the history, of which there may be much.  Failures are ignored: the reader
 * of the file tells them.
 */
void damage_look(struct dir *state, bool all, const struct damage_told *told);

/* The same for something that stands where the lock belongs and can't be locked. */
void damage_look_lock(struct dir *state, const struct damage_told *told);

#endif
