/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_CA_H
#define SERVER_CERT_CA_H

/*
 * A private CA: a directory (0700) with ca.crt, its key ca.pem, its database (ca_db.h) and crl.pem.
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
 * Records a CA in the log of the repository repo, if repo isn't NULL, and makes the CA in path,
 * which is missing or empty.  A failure leaves no file of the CA.
 */
int ca_make(const char *path, const char *repo, const struct cert_request *rq,
    struct cert_info *info, struct err *e);

/* Whether name is the path of a CA's directory; otherwise the name is that of a CA below ca/. */
bool ca_is_path(const char *name);

/*
 * Opens the CA called name (see ca_is_path()) of the repository repo, or (repo NULL) the CA at the
 * path name, and holds its lock until ca_close().  Returns 0, or -1 with ERR_BUSY, ERR_CONFLICT
 * (key and certificate don't fit) and others.
 */
int ca_open(const char *repo, const char *name, struct ca *ca, struct err *e);
void ca_close(struct ca *ca);

/*
 * Records action in the log of the CA's repository, before the action; without a repository does
 * nothing.  Takes details over.  Returns 0 or -1.
 */
int ca_record(const struct ca *ca, const char *action, json_t *details, struct err *e);

/*
 * Returns the database's entry of a certificate, which belongs to ca.  text is a file (with a '/',
 * or ending in ".crt"), a certificate's name, or the beginning of a serial number.  NULL with
 * ERR_NOENT, ERR_CONFLICT (several) and others.
 */
json_t *ca_find(const struct ca *ca, const char *text, struct err *e);

/*
 * Records and writes the list of revoked certificates to crl.pem, and to path unless path is NULL.
 * *number becomes the list's number, and *to the time when the next list is due, days from now, in
 * seconds since 1970.  Returns 0 or -1.
 */
int ca_write_crl(struct ca *ca, int64_t days, const char *path, int64_t *number, int64_t *to,
    struct err *e);

#endif
