/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_RELEASE_H
#define SERVER_CMD_CMD_RELEASE_H

/* The releases of the command line. */
#include "server/cmd/command.h"
#include "server/repo/repo.h"

/*
 * Returns the application that was asked for, or (asked NULL) the only one of r; NULL with
 * ERR_USAGE.
 */
const char *cmd_release_app(const struct repo *r, const char *asked, struct err *e);

/* Reads the number of a release.  Returns 0, or -1 with ERR_USAGE. */
int cmd_release_number(const char *text, int64_t *number, struct err *e);

#endif
