/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_CRL_MAKE_H
#define SERVER_CERT_CRL_MAKE_H

/* Certificate revocation lists (RFC 5280, 5), as PEM. */

#include <jansson.h>
#include <openssl/x509.h>

#include "lib/base/buf.h"

#define CRL_DAYS_DEFAULT 30
#define CRL_DAYS_MAX	 3650

/* Days of the shortest life of a list. */
#define CRL_LIFE_MIN_DAYS 1

/* A certificate stays listed for so many seconds after its end, because clocks differ. */
#define CRL_ENDED_SECONDS 86400

struct crl_order {
	X509 *cert; /* of the CA, and its key */
	EVP_PKEY *key;
	/* entries of the database (ca_db.h); revoked entries that haven't ended are listed */
	const json_t *issued;
	int64_t number;	  /* grows with every list */
	int64_t from, to; /* the time of the list, and the latest time of the next list */
};

/* Appends the list.  Returns 0, or -1 with ERR_CRYPTO, ERR_TOO_LARGE (CRL_FILE_MAX), ERR_NOMEM. */
int crl_make(const struct crl_order *o, struct buf *out, struct err *e);

#endif
