/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_X509_IDS_H
#define TESTS_UNIT_X509_IDS_H

/*
 * Keys, certificates and revocation lists made by the test.  A fault in these functions fails the
 * test.
 */
#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "tests/unit/common/test.h"

#define DAY 86400

/* A key and a certificate, both in PEM form, and the certificate's SHA-256 as lower-case digits. */
struct id {
	EVP_PKEY *key;
	X509 *cert;
	char *key_pem, *cert_pem;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
};

/* The properties of a certificate; members that are 0 give a good one. */
struct look {
	const char *name;
	size_t name_len; /* of a name with a NUL in it */
	/* days from now that it begins, and that it lasts (default 365) */
	long from, days;
	long seconds; /* from now that it begins, more than from */
	bool ca;
	const char *constraints; /* basicConstraints (default, of a CA: critical,CA:TRUE) */
	/* keyUsage (default, of a CA: keyCertSign and cRLSign; "": none) */
	const char *key_usage;
	const char *usage;	/* extendedKeyUsage */
	const char *constraint; /* nameConstraints */
	/* or, where san_len isn't 0, one dNSName of so many bytes */
	const char *san;
	size_t san_len;
	bool unknown_critical;
	bool old_version;	 /* version 1, which has no extensions */
	const char *digest_name; /* default SHA256 */
	int bits;		 /* RSA */
	const char *curve;	 /* default P-256 */
};

/* by NULL: self-signed. */
struct id id_make(const struct look *l, const struct id *by);
void id_free(struct id *id);

/* The keys and certificates of a test program; by is NULL or the id of a row before. */
struct id_row {
	struct id *id;
	struct look look;
	const struct id *by;
};

/* Makes the rows' ids, runs the tests, and frees the ids.  Returns the number of failed tests. */
int ids_run(const char *name, const struct CMUnitTest *tests, size_t n, const struct id_row *rows,
    size_t nrows);

/*
 * Returns a revocation list of issuer in PEM form, to be freed, that names gone (NULL: nobody); its
 * successor is due in days.
 */
char *crl_make(const struct id *issuer, const struct id *gone, int days);

#endif
