/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_SIGN_H
#define SERVER_CERT_SIGN_H

/* Issuing a certificate by a CA for a signing request (PKCS#10) in a file. */
#include "server/cert/ca.h"

#define CERT_SIGN_DAYS_DEFAULT 825

struct cert_sign {
	const char *request;	 /* path of the request */
	const char *name;	 /* the CA's name for the certificate; its file is NAME.crt */
	int64_t days;		 /* -1: the default, or until the CA ends */
	const char *const *sans; /* granted in place of the names in the request, unless n is 0 */
	size_t n;
	enum cert_usage usage;
	const char
	    *out;   /* the directory of the certificate, made if missing; NULL: the request's */
	bool force; /* replace a file that is there */
	/*
	 * Gets the description of the certificate before anything is written.  Returns 0 to issue
	 * the certificate, or -1 with e.
	 */
	int (*agree)(void *arg, const char *shown, struct err *e);
	void *arg;
};

struct cert_signed {
	char serial[CERT_SERIAL_SIZE];
	int64_t to;	 /* seconds since 1970 */
	struct buf path; /* of the certificate; the caller's, with a limit */
};

/*
 * Checks the request, enters the certificate in the CA's database and writes it.  Returns 0, or -1
 * with ERR_SYNTAX, ERR_SIGNATURE, ERR_CRYPTO (the request), ERR_EXPIRED (the CA), ERR_USAGE,
 * ERR_EXISTS, ERR_CONFLICT (the CA's own name), the error of agree(), and others; then no
 * certificate was handed out.
 */
int cert_sign(struct ca *ca, const struct cert_sign *how, struct cert_signed *out, struct err *e);

#endif
