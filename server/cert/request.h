/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_REQUEST_H
#define SERVER_CERT_REQUEST_H

/* Private keys with self-signed X.509 v3 certificates, or requests for them, in memory. */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"

#define CERT_DAYS_DEFAULT 3650
#define CERT_DAYS_MAX	  36500

struct cert_request {
	const char *type; /* "p256", "p384", "ed25519", "rsa2048", "rsa3072", "rsa4096" */
	int64_t days;	  /* valid from now on */
	const char *name; /* of the files, without a slash */
	const char
	    *subject; /* "/C=SK/CN=name"; "\/" is a slash within a value; NULL: "/CN=" name */
	const char *const *sans; /* "dns:NAME", "ip:ADDRESS" */
	size_t n;		 /* of them */
	bool ca;		 /* a certificate for a CA, not for TLS */
};

struct cert_info {
	uint8_t sha256[SHA256_SIZE]; /* of the DER, as pins state it */
	int64_t from, to;	     /* seconds since 1970 */
};

/*
 * Appends a new key (PKCS#8) and its certificate as PEM.  Returns 0, or -1 with ERR_USAGE (a member
 * of the request has a wrong form), ERR_CRYPTO or ERR_NOMEM.
 */
int cert_make(const struct cert_request *rq, struct buf *key, struct buf *crt,
    struct cert_info *info, struct err *e);

/*
 * The same with a signing request (PKCS#10) in place of the certificate; ignores days, which the
 * CA chooses.
 */
int
cert_make_request(const struct cert_request *rq, struct buf *key, struct buf *csr, struct err *e);

#endif
