#ifndef TLS_SIDES_H
#define TLS_SIDES_H

/*
 * For tests of lib/tls: certificates made on the spot, and both sides in one process.
 */
#include <stdbool.h>

#include <openssl/x509.h>

#include "slipway/tls.h"

#define DAY	86400

/* A key and a certificate in PEM form. */
struct id {
	EVP_PKEY *key;
	X509 *cert;
	char *key_pem, *cert_pem;
};

/* What a certificate is like; what is 0 is as it should be. */
struct look {
	const char *name;
	long from, days;		/* days from now that it begins, and that it lasts (default 365) */
	bool ca;
	const char *usage;		/* extendedKeyUsage */
	const char *constraint;		/* nameConstraints */
	const char *san;
	bool unknown_critical;
	const char *digest_name;	/* default SHA256 */
	int bits;			/* RSA */
};

/* by NULL: self-signed. */
struct id id_make(const struct look *l, const struct id *by);
void id_free(struct id *id);

/* slipway_tls_set_pem(), which is to succeed. */
void pem(struct slipway_tls *t, const char *setting, const char *text);

struct slipway_tls *side_new(
    enum slipway_tls_side side, const char *level, const struct id *own, const struct id *trusted);

/* Two connected ends that don't block. */
struct ends {
	int fd[2];
	struct slipway_tls_conn *server, *client;
};

void ends_open(struct ends *e, struct slipway_tls *server, struct slipway_tls *client);
void ends_close(struct ends *e);

/* Whether a result says to wait. */
bool waits(long rc);

/*
 * The client says something, the server answers: 0 done, or ERROR as soon as one side has it and the other saw its end.
 */
int talk(struct ends *e);

/* A connection at TLSNoPeerAuth for which s and c aren't needed any more, after talk(). */
void ends_talking(struct ends *e, const struct id *kernel);

/* The revocation list of issuer that names gone (NULL: nobody), PEM form, to be freed; days until its successor. */
char *crl_make(const struct id *issuer, const struct id *gone, int days);

#endif
