/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_SETUP_H
#define LIB_TLS_SETUP_H

/*
 * What connections are made with: one OpenSSL context for all of them while settings and files
 * stay.
 */
#include <stdatomic.h>

#include "lib/tls/config.h"
#include "lib/x509/pair.h"
#include "lib/x509/trust.h"

/* Shared by the handle and its connections until the last of them lets go. */
struct tls_setup {
	atomic_int owners;
	enum slipway_tls_side side;
	enum tls_level level;
	bool level_absent, tls12;
	bool ask;    /* a client that shows a certificate is judged, and not refused */
	char *where; /* as in struct tls_config */
	unsigned warn_days;
	SSL_CTX *ctx; /* NULL: no TLS */
	BIO_METHOD *method;
	struct trust trust;
};

/*
 * The judgement of a peer's certificate at level TLSPeerAuth, or where a client is asked for one.
 * The connection owns it and gives it to its SSL by SSL_set_app_data(), where the context's
 * callback finds it.
 */
struct verdict {
	bool verified;
	int days_left;		    /* of a verified certificate */
	enum slipway_tls_code code; /* why the peer is refused; OK: it isn't */
	char *text;    /* the same in words, or why it isn't verified; NULL: memory ran out */
	X509 *refused; /* the certificate, which OpenSSL forgets */
};

/*
 * From a configuration and a good pair (or one without a key); before: see trust_read().  NULL with
 * e.
 */
struct tls_setup *setup_new(enum slipway_tls_side side, const struct tls_config *c,
    const struct pair *pair, STACK_OF(X509_CRL) * before, struct err *e);
struct tls_setup *setup_share(struct tls_setup *s);
void setup_release(struct tls_setup *s);

/* The code for a verdict on a peer's certificate. */
enum slipway_tls_code setup_code(enum trust_verdict verdict);

/* From here on OpenSSL ignores its configuration file and its environment variables. */
void setup_init(void);

#endif
