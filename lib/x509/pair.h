/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_PAIR_H
#define LIB_X509_PAIR_H

/* A private key and its certificate. */
#include <openssl/ssl.h>

#include "lib/x509/certs.h"

/*
 * OpenSSL's security level 2, whatever openssl.cnf says: keys and signatures of 112 bits (RSA 2048,
 * P-256, SHA-256).
 */
#define CERT_SECURITY_LEVEL 2
#define CERT_SECURITY_BITS  112

struct pair {
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* the key's certificate first */
	struct err remark;	/* a fault that is allowed; ERR_NONE: none */
};

/*
 * Read and check a pair: the key belongs to the certificate, which is valid now, and OpenSSL takes
 * both at our security level.  A key file that others can read is refused, or with open_key
 * remarked.  Returns 0, or -1 with e and p empty.
 */
int pair_read(struct pair *p, const struct source *key, const struct source *cert, bool open_key,
    struct err *e);
void pair_free(struct pair *p);

/* Give a pair to a context.  Returns 0, or -1 with the reason in OpenSSL's queue. */
int pair_use(const struct pair *p, SSL_CTX *ctx);

#endif
