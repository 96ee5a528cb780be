/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_FACTS_H
#define LIB_X509_FACTS_H

/*
 * What certificates in PEM form say, for people.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/digest.h"
#include "lib/base/err.h"

/* Bytes of a file of certificates, and certificates in it. */
#define CERT_FILE_MAX (256u * 1024)
#define CERT_READ_MAX 64

/* Bytes of a name, of all alternative names, and of a key's type; longer ones are cut. */
#define CERT_NAME_SIZE	512
#define CERT_NAMES_SIZE 1024
#define CERT_KEY_SIZE	80

struct cert_facts {
	char subject[CERT_NAME_SIZE],
	    issuer[CERT_NAME_SIZE];  /* RFC 2253, control characters escaped */
	char names[CERT_NAMES_SIZE]; /* "DNS:kernel.example, IP Address:127.0.0.1"; "" if none */
	char key[CERT_KEY_SIZE];     /* "EC P-256", "RSA 3072 bits", "ED25519" */
	uint8_t sha256[SHA256_SIZE]; /* of the DER, as pins state it */
	int64_t from, to;	     /* seconds since 1970 */
	bool self_issued;	     /* subject and issuer are the same */
	bool ca;		     /* may vouch for others */
};

/*
 * Call each(arg, facts, e) for every certificate in the text, in order; -1 ends it.  0, or -1 with
 * ERR_SYNTAX when there is none or one is malformed, ERR_TOO_LARGE.
 */
int cert_read(const uint8_t *pem, size_t len,
    int (*each)(void *arg, const struct cert_facts *c, struct err *e), void *arg, struct err *e);

/* Whether the text holds a private key as well, which nobody should hand out. */
bool cert_has_key(const uint8_t *pem, size_t len);

#endif
