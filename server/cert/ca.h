/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_CA_H
#define SERVER_CERT_CA_H

/*
 * A private CA: a directory (0700) with ca.crt, its key ca.pem, what it has issued (ca_db.h) and
 * crl.pem.
 */
#include <jansson.h>

#include "server/cert/request.h"
#include "server/cert/issue.h"
#include "server/cmd/command.h"

#define CA_CERT_FILE "ca.crt"
#define CA_KEY_FILE  "ca.pem"
#define CA_CRL_FILE  "crl.pem"

struct ca {
	struct dir *dir;
	struct file_lock *lock;
	X509 *cert;
	EVP_PKEY *key;
	json_t *db;
	const char *repo; /* that it belongs to, or NULL */
};

/*
 * The name of a file without a directory, at most as long as leaves room for an ending.  0, or -1
 * with ERR_USAGE.
 */
int ca_check_name(const char *name, struct err *e);

/* Make one in path, which is missing or empty; nothing of it is left after a failure. */
int ca_make(const char *path, const struct cert_request *rq, struct cert_info *info, struct err *e);

/*
 * Open the one that --ca names (a name below ca/ of the repository, or a directory with a '/' in
 * it), alone until ca_close().  0, or -1 with ERR_BUSY, ERR_CONFLICT (key and certificate don't
 * fit) and others.
 */
int ca_open(struct context *cx, const char *name, struct ca *ca, struct err *e);
void ca_close(struct ca *ca);

/* Record what was done in the repository, where the CA is in one; details is taken over. */
int ca_record(const struct ca *ca, const char *action, json_t *details, struct err *e);

#endif
