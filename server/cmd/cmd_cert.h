/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_CERT_H
#define SERVER_CMD_CMD_CERT_H

/* Shared by the commands about private CAs. */
#include "server/cert/ca.h"
#include "server/cmd/command.h"

/*
 * Opens the CA that --ca names: a name below ca/ of the repository, or a directory with a '/' in
 * it.  Returns 0, or -1 as ca_open(), and with ERR_USAGE when name is NULL.
 */
int cmd_cert_open_ca(const struct call *call, const char *name, struct ca *ca, struct err *e);

#endif
