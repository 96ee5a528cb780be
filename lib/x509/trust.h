/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_TRUST_H
#define LIB_X509_TRUST_H

/*
 * Trusted certificates, and whether a peer's certificate is one of them or issued by one of them.
 * System CAs are never loaded.
 */
#include "lib/x509/crl.h"

struct trust {
	X509 *certs[CERTS_MAX];
	char *files[CERTS_MAX]; /* which file each came from */
	size_t n;
	X509_STORE *authorities; /* the CA certificates among them; NULL: none */
	STACK_OF(X509_CRL) * crls;
	const char *label, *crl_label; /* of the sources */
	const char *rule;	       /* who wants trust, for a refusal; NULL: unsaid */
	struct err remark;	       /* a file of several that can't be used; ERR_NONE: none */
	struct err ca_remark;	       /* a CA that can't vouch for others; ERR_NONE: none */
	/* a list that revokes nothing, or why the lists of before are in force; ERR_NONE: none */
	struct err crl_remark;
	bool crls_kept;
};

enum trust_verdict { TRUST_OK, TRUST_REFUSED, TRUST_EXPIRED, TRUST_REVOKED };

/*
 * Read the trusted certificates and (len 0: none) the revocation lists.  The labels and rule must
 * live as long as t.  before: lists that stay in force when the file of lists can't be read,
 * copied; NULL: that is an error.  Returns 0, with remarks when a file of several or a list can't
 * be used; or -1 with t empty when no certificate, or not the file of lists, can be read.
 */
int trust_read(struct trust *t, const struct source *certs, const struct source *crls,
    const char *rule, STACK_OF(X509_CRL) * before, struct err *e);
void trust_free(struct trust *t);

/*
 * Judge a peer's certificate: it is one of t or has a chain to a CA certificate in t, its key is
 * strong enough, it is valid now, and neither it nor a certificate between is revoked.  others are
 * the certificates that the peer sent.  Threads may share t.  Returns TRUST_OK, or the fault with
 * its text in e.
 */
enum trust_verdict trust_verify(const struct trust *t, X509 *leaf, STACK_OF(X509) * others,
    bool server, struct err *e);

#endif
