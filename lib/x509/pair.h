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

/* What signatures in handshakes our sides offer.  PKCS #1 is for certificates, and for TLS 1.2. */
#define CERT_SIGNATURES \
	"ed25519:ed448:ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:" \
	"rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:" \
	"rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:" \
	"rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512"

struct pair {
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* the key's certificate first */
	struct err remark;	/* a fault that is allowed; ERR_NONE: none */
	/*
	 * A use that the certificate isn't for, although it is its own issuer: peers that trust it
	 * by itself take it, others don't.  It is no pair to replace a good one with.
	 */
	struct err doubt;
};

/*
 * Read and check a pair of a client or a server: the key belongs to the certificate, which is valid
 * now, is for this use and has no weak signature in its chain, and a handshake of ours with it
 * succeeds.  A key file that others can read is refused, or with open_key remarked.  Returns 0, or
 * -1 with e and p empty.
 */
int pair_read(struct pair *p, const struct source *key, const struct source *cert, bool client,
    bool open_key, struct err *e);
void pair_free(struct pair *p);

/* Give a pair to a context.  Returns 0, or -1 with the reason in OpenSSL's queue. */
int pair_use(const struct pair *p, SSL_CTX *ctx);

#endif
