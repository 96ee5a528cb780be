/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_CERT_H
#define SERVER_CMD_CMD_CERT_H

/* Shared by the commands about certificates. */
#include "server/cert/ca.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"

/*
 * Opens the CA that --ca names: a name below ca/ of the repository, or a directory with a '/' in
 * it.  Returns 0, or -1 as ca_open(), and with ERR_USAGE when name is NULL.
 */
int cmd_cert_open_ca(const struct call *call, const char *name, struct ca *ca, struct err *e);

/*
 * Appends the certificates of the present releases and of the repository itself to rows, as "cert
 * list --json" prints them, and what can't be read to faults.  Returns 0 or -1.
 */
int cmd_cert_collect(const struct repo *r, json_t *rows, json_t *faults, struct err *e);

#endif
