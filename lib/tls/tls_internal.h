#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

/*
 * What the modules of the TLS library share: configuration, pair and trusted certificates.
 */
#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/err.h"
#include "base/file.h"
#include "slipway/tls.h"

#define TLS_TRUSTED_MAX	64			/* certificates in all files of TLS_TrustedCerts */
#define TLS_FILE_MAX	(1024u * 1024)		/* bytes of a key or certificate file */
#define TLS_SUBJECT_MAX	200			/* bytes of a subject in a message */

enum tls_level { TLS_LEVEL_NONE, TLS_LEVEL_NO_PEER_AUTH, TLS_LEVEL_PEER_AUTH };

/* What the settings say at this moment; texts are owned, "" where not set. */
struct tls_config {
	enum tls_level level;
	char *key_file, *cert_file, *trusted;
	bool level_absent;
};

int config_read(enum slipway_tls_side side, const char *installation, const char *application,
    struct tls_config *c, struct err *e);
void config_free(struct tls_config *c);

/* A server's key and certificate, kept while a new one is bad. */
struct tls_pair {
	EVP_PKEY *key;
	STACK_OF(X509) *chain;		/* leaf first */
	char *key_file, *cert_file;	/* what it was read from */
	struct file_info key_info, cert_info;
};

/*
 * Read the pair again if the files changed.  0: p holds a good pair (why->code tells whether a newer one was refused),
 * -1: there is none.
 */
int pair_refresh(struct tls_pair *p, const struct tls_config *c, struct err *why);
void pair_free(struct tls_pair *p);

struct tls_trusted {
	X509 *certs[TLS_TRUSTED_MAX];
	char *files[TLS_TRUSTED_MAX];	/* which file each came from */
	size_t n;
};

/* Read the list of certificate files; "" gives none.  0 or -1. */
int trust_read(const char *list, struct tls_trusted *t, struct err *e);
void trust_free(struct tls_trusted *t);

/* Whether a peer's certificate is one of t or chains to a CA certificate in t, and its dates are good. */
int trust_verify(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) *others, bool server,
    struct err *e);

/* "subject …, SHA-256 …, valid … to …" of a certificate. */
void trust_describe(X509 *cert, char *out, size_t size);

/* Read all certificates of a PEM file; NULL with e. */
STACK_OF(X509) *trust_read_file(const char *path, struct err *e);

#endif
