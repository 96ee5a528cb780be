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

#define CA_CERT_FILE "ca.crt"
#define CA_KEY_FILE  "ca.pem"
#define CA_CRL_FILE  "crl.pem"

struct ca {
	struct dir *dir;
	struct file_lock *lock;
	X509 *cert;
	EVP_PKEY *key;
	json_t *db;
	const char *repo; /* the caller's: the repository that the CA belongs to, or NULL */
};

/*
 * Makes a CA in path, which is missing or empty, and records it first in the repository repo (NULL:
 * in none).  Nothing of it is left after a failure.
 */
int ca_make(const char *path, const char *repo, const struct cert_request *rq,
    struct cert_info *info, struct err *e);

/* Whether name is the path of a CA's directory; otherwise the CA is below ca/ of a repository. */
bool ca_is_path(const char *name);

/*
 * Opens the CA called name (see ca_is_path()) of the repository repo, or (repo NULL) the one at the
 * path name, and keeps others out until ca_close().  0, or -1 with ERR_BUSY, ERR_CONFLICT (key and
 * certificate don't fit) and others.
 */
int ca_open(const char *repo, const char *name, struct ca *ca, struct err *e);
void ca_close(struct ca *ca);

/*
 * Records what is about to be done, in the repository where the CA is in one; details is taken
 * over.  0 or -1.
 */
int ca_record(const struct ca *ca, const char *action, json_t *details, struct err *e);

/*
 * Returns the database's entry of the certificate that text means: a file (with a '/', or ending in
 * ".crt"), a certificate's name, or the beginning of a serial number.  It belongs to ca.  NULL with
 * ERR_NOENT, ERR_CONFLICT (several) and others.
 */
json_t *ca_find(const struct ca *ca, const char *text, struct err *e);

/*
 * Records and writes the list of revoked certificates to crl.pem, and to path unless it is NULL.
 * *number is the list's; *to is when the next one is due, days from now, in seconds since 1970.  0
 * or -1.
 */
int ca_write_crl(struct ca *ca, int64_t days, const char *path, int64_t *number, int64_t *to,
    struct err *e);

#endif
