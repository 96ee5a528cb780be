/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_FACTS_H
#define LIB_X509_FACTS_H

/* What certificates say, for messages, for people and for comparing them. */

#include "lib/base/digest.h"
#include "lib/x509/certs.h"

/* Bytes of a name, of all alternative names, and of a key's type; longer ones are cut. */
#define CERT_NAME_SIZE	512
#define CERT_NAMES_SIZE 1024
#define CERT_KEY_SIZE	80

/* Bytes, with the final NUL, of what cert_quote(), cert_date() and cert_describe() write. */
#define CERT_QUOTED_SIZE   200
#define CERT_DATE_SIZE	   24
#define CERT_DESCRIBE_SIZE 600

struct cert_facts {
	char subject[CERT_NAME_SIZE],
	    issuer[CERT_NAME_SIZE];  /* RFC 2253, control characters escaped */
	char names[CERT_NAMES_SIZE]; /* "DNS:kernel.example, IP Address:127.0.0.1"; "" if none */
	char key[CERT_KEY_SIZE];     /* "EC P-256", "RSA 3072 bits", "ED25519" */
	uint8_t sha256[SHA256_SIZE]; /* of the DER, as pins state it */
	int64_t from, to;	     /* seconds since 1970 */
	bool self_issued;	     /* subject and issuer are the same */
	bool ca;		     /* may sign other certificates */
	const char *no_authority;    /* judge_authority() */
};

/* Returns 0, or -1 with ERR_SYNTAX for a date that can't be read, ERR_CRYPTO or ERR_NOMEM. */
int cert_facts(X509 *x, struct cert_facts *c, struct err *e);

/*
 * Call each(arg, facts, e) for every certificate in the text, in order; -1 ends it.  Returns 0, or
 * -1 with ERR_SYNTAX when there is none or one is malformed (each() was called for those before
 * it), or ERR_TOO_LARGE.
 */
int cert_read(const void *pem, size_t len,
    int (*each)(void *arg, const struct cert_facts *c, struct err *e), void *arg, struct err *e);

/* Whether the text holds a private key as well, which nobody should hand out. */
bool cert_has_key(const void *pem, size_t len);

/*
 * The SHA-256 of the DER, as bytes and as lower-case digits; zeros when it can't be computed, which
 * cert_sha256() reports (ERR_CRYPTO).
 */
int cert_sha256(const X509 *x, uint8_t out[SHA256_SIZE], struct err *e);
void cert_hex(const X509 *x, char hex[SHA256_HEX_SIZE]);

/* Returns the whole days until the certificate ends, below 0 after its end. */
int cert_days_left(const X509 *x);

/* Seconds since 1970, also of a time before 1970.  Returns 0, or -1 with ERR_SYNTAX. */
int cert_seconds(const ASN1_TIME *t, int64_t *out, struct err *e);

/*
 * "subject "…", SHA-256 …, valid … to …" for messages.  A name stands in quotes, as RFC 4514 writes
 * it in ASCII: nothing that a peer sends can end the quotes or the line.
 */
void cert_describe(const X509 *x, char *out, size_t size);
void cert_quote(const X509_NAME *name, char out[CERT_QUOTED_SIZE]);
/* The day, "2026-03-01"; where that is today, with the time: "2026-03-01T12:00:00Z". */
void cert_date(const ASN1_TIME *t, char out[CERT_DATE_SIZE]);

#endif
