/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_STARTER_H
#define SERVER_CMD_STARTER_H

/*
 * The first release of an application whose stations shall trust a Kernel's certificate:
 * app/server.crt and scripts/machine/10-tls.lua, which is share/scripts/tls-client.lua with the
 * names of installation and application.
 */
#include "lib/base/buf.h"

struct starter {
	const char *dir; /* of the release */
	const char *installation, *application;
};

/*
 * Checks the names, and that the release has neither file yet.  Returns 0, or -1 with ERR_USAGE,
 * ERR_EXISTS and others.
 */
int starter_check(const struct starter *s, struct err *e);

/* Makes the directories of both files, where they are missing.  Returns 0 or -1. */
int starter_prepare(const struct starter *s, struct err *e);

/* Writes both files; crt is PEM.  Returns 0 or -1. */
int starter_write(const struct starter *s, const struct buf *crt, struct err *e);

#endif
