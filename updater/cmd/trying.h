/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_TRYING_H
#define UPDATER_CMD_TRYING_H

/* Trying the servers of a station, and what is told of it. */
#include "updater/update/trial.h"

/* Whether a server does what a start wants of it; no release yet is no fault. */
bool trying_is_well(const struct trial *t);

/*
 * Append what a server answered, to stand right behind its address.  new_key: no server can know
 * the login key yet.  Returns 0 or -1.
 */
int trying_words(const struct station *st, const struct trial *t, bool new_key, struct buf *out,
    struct err *e);

/*
 * Try all servers of a station that is to be enrolled, and print what they answered.  Returns 0
 * where one of them does what a start wants and none is another server or repository than the one
 * that is pinned, else -1 with the first fault.
 */
int
trying_all(const struct station *st, const uint8_t *root, size_t len, bool new_key, struct err *e);

#endif
