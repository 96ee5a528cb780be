/* SPDX-License-Identifier: ISC */
/* A private key and its certificate. */
#include "lib/x509/pair.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/base/pem.h"
#include "lib/x509/certs.h"
#include "lib/x509/facts.h"
#include "lib/x509/instead.h"
#include "lib/x509/key.h"
#include "lib/x509/signature.h"

void
pair_free(struct pair *p)
{
	EVP_PKEY_free(p->key);
	certs_free(p->chain);
	memset(p, 0, sizeof *p);
}

/* A key that others can read is no secret any more; the program decides whether it is refused. */
static int
read_key_file(const struct source *s, bool open_key, struct buf *out, struct err *remark,
    struct err *e)
{
	if (source_read(s, true, out, e) == 0)
		return 0;
	if (!open_key || e->code != ERR_ACCESS)
		return -1;
	*remark = *e;
	return source_read(s, false, out, e);
}

/* The two files may be swapped: to guard a certificate like a key would be bad advice. */
static bool
is_no_secret(const struct source *s, const struct err *e, struct buf *out)
{
	struct err ignored;

	return e->code == ERR_ACCESS && source_read(s, false, out, &ignored) == 0 &&
	    instead_of_secret(out->data, out->len);
}

static EVP_PKEY *
read_pair_key(const struct source *s, bool open_key, struct err *remark, struct err *e)
{
	struct buf b = BUF_INIT(CERT_FILE_MAX);
	EVP_PKEY *key = NULL;

	if (read_key_file(s, open_key, &b, remark, e) == 0)
		key = pem_private_key(b.data, b.len, NULL);
	else if (!is_no_secret(s, e, &b))
		goto out;
	if (key == NULL)
		err_setx(e, ERR_SYNTAX, "%s: want an unencrypted private key in PEM form%s",
		    source_name(s), instead_of_key(b.data, b.len));
out:
	buf_free(&b);
	return key;
}

int
pair_use(const struct pair *p, SSL_CTX *ctx)
{
	if (SSL_CTX_use_certificate(ctx, sk_X509_value(p->chain, 0)) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, p->key) != 1)
		return -1;
	for (int i = 1; i < sk_X509_num(p->chain); i++)
		if (SSL_CTX_add1_chain_cert(ctx, sk_X509_value(p->chain, i)) != 1)
			return -1;
	return 0;
}

/* Whether OpenSSL takes the pair at our level. */
static int
try_use(const struct pair *p, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	int rc = -1;

	if (ctx != NULL) {
		SSL_CTX_set_security_level(ctx, CERT_SECURITY_LEVEL);
		rc = pair_use(p, ctx);
	}
	if (rc == -1) {
		unsigned long code = ERR_peek_last_error();
		bool small = ERR_GET_LIB(code) == ERR_LIB_SSL &&
		    ERR_GET_REASON(code) == SSL_R_EE_KEY_TOO_SMALL;

		err_openssl(e,
		    small
			? "OpenSSL can't use the pair ('openssl genrsa -out NEW 4096' makes a longer key)"
			: "OpenSSL can't use the pair");
	}
	SSL_CTX_free(ctx);
	return rc;
}

static int
check_chain_signatures(const struct pair *p, struct err *e)
{
	for (int i = 0; i < sk_X509_num(p->chain); i++) {
		X509 *x = sk_X509_value(p->chain, i);

		if ((X509_get_extension_flags(x) & EXFLAG_SS) == 0 && !cert_signature_strong(x))
			return err_setx(e, ERR_SIGNATURE,
			    "certificate %d is signed with %s, which is too weak: want SHA-256 or stronger",
			    i + 1, cert_signature_name(x));
	}
	return 0;
}

/* Peers refuse a use that the certificate isn't for, unless they trust it by itself. */
static int
check_key_usage(struct pair *p, bool client, struct err *e)
{
	X509 *leaf = sk_X509_value(p->chain, 0);

	if (X509_check_purpose(leaf, client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER,
		0) == 1)
		return 0;
	ERR_clear_error();
	err_setx(e, ERR_CONFIG, "the certificate's key usages don't allow it to be a %s's",
	    client ? "client" : "server");
	if ((X509_get_extension_flags(leaf) & EXFLAG_SI) == 0)
		return -1;
	p->doubt = *e;
	e->code = ERR_NONE;
	e->text[0] = '\0';
	return 0;
}

/* One side of the trial: the pair's, or a peer that takes any certificate. */
static SSL *
side_of_trial(const struct pair *p, BIO *bio)
{
	SSL_CTX *ctx = SSL_CTX_new(p != NULL ? TLS_server_method() : TLS_client_method());
	char signatures[] = CERT_SIGNATURES;
	SSL *ssl = NULL;

	if (ctx != NULL) {
		SSL_CTX_set_security_level(ctx, CERT_SECURITY_LEVEL);
		SSL_CTX_set_verify(ctx, p != NULL ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, cert_take_any, NULL);
		SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
		SSL_CTX_set_num_tickets(ctx, 0);
		if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
		    SSL_CTX_set1_sigalgs_list(ctx, signatures) &&
		    (p == NULL || pair_use(p, ctx) == 0))
			ssl = SSL_new(ctx);
	}
	SSL_CTX_free(ctx);
	if (ssl == NULL) {
		BIO_free(bio);
		return NULL;
	}
	SSL_set_bio(ssl, bio, bio);
	if (p != NULL)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

/* Turns until both sides are done; the message of a certificate takes several. */
#define TRIAL_TURNS 1000

static bool
sides_agree(SSL *sides[2])
{
	for (int turn = 0; turn < TRIAL_TURNS; turn++) {
		int rc = SSL_do_handshake(sides[turn % 2]);

		if (rc != 1 && SSL_get_error(sides[turn % 2], rc) != SSL_ERROR_WANT_READ &&
		    SSL_get_error(sides[turn % 2], rc) != SSL_ERROR_WANT_WRITE)
			return false;
		if (SSL_is_init_finished(sides[0]) && SSL_is_init_finished(sides[1]))
			return true;
	}
	return false;
}

/*
 * A handshake in memory, as between two sides of ours.  The pair is a server's there: what it signs
 * with, and how long its message may be, is the same for clients.
 */
static int
try_handshake(const struct pair *p, struct err *e)
{
	BIO *ends[2] = { NULL, NULL };
	SSL *sides[2];
	int rc = 0;

	if (BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) != 1)
		return err_nomem(e);
	ERR_clear_error();
	sides[0] = side_of_trial(NULL, ends[0]);
	sides[1] = side_of_trial(p, ends[1]);
	if (sides[0] == NULL || sides[1] == NULL || !sides_agree(sides))
		rc = err_openssl(e, "no handshake can use the pair");
	SSL_free(sides[0]);
	SSL_free(sides[1]);
	ERR_clear_error();
	return rc;
}

/* The number of the first certificate that the key belongs to, counted from 1; 0: none. */
static int
number_of_key(const struct pair *p)
{
	int n = 0;

	for (int i = 0; i < sk_X509_num(p->chain) && n == 0; i++)
		if (X509_check_private_key(sk_X509_value(p->chain, i), p->key) == 1)
			n = i + 1;
	ERR_clear_error();
	return n;
}

static int
judge_pair(struct pair *p, const struct source *key, const struct source *cert, bool client,
    struct err *e)
{
	X509 *leaf = sk_X509_value(p->chain, 0);
	char text[CERT_DESCRIBE_SIZE];
	int rc;

	cert_describe(leaf, text, sizeof text);
	if (X509_check_private_key(leaf, p->key) != 1) {
		int n = number_of_key(p);

		if (n == 0)
			return err_setx(e, ERR_CONFIG,
			    "%s is not the key of the certificate in %s (%s)", source_name(key),
			    source_name(cert), text);
		return err_setx(e, ERR_CONFIG,
		    "%s is not the key of the first certificate in %s but of number %d: want its own first, then its issuer's",
		    source_name(key), source_name(cert), n);
	}
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		rc = err_setx(e, ERR_EXPIRED,
		    "the certificate is expired (%s); make another one, for a Kernel with 'slipway-repo cert replace'",
		    text);
	else if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		rc = err_setx(e, ERR_EXPIRED,
		    "the certificate is not valid yet (%s); is this computer's clock right?", text);
	else if ((rc = check_chain_signatures(p, e)) == 0 && (rc = try_use(p, e)) == 0 &&
	    (rc = cert_key_check(p->key, e)) == 0 && (rc = check_key_usage(p, client, e)) == 0)
		rc = try_handshake(p, e);
	return rc == -1 ? err_context(e, "%s: %s", cert->label, source_name(cert)) : 0;
}

int
pair_read(struct pair *p, const struct source *key, const struct source *cert, bool client,
    bool open_key, struct err *e)
{
	memset(p, 0, sizeof *p);
	if (key->len == 0 || cert->len == 0)
		return err_setx(e, ERR_CONFIG, "%s and %s must both be set", key->label,
		    cert->label);
	if ((p->key = read_pair_key(key, open_key, &p->remark, e)) == NULL)
		err_context(e, "%s", key->label);
	else if ((p->chain = certs_read(cert, e)) == NULL)
		err_context(e, "%s", cert->label);
	else if (judge_pair(p, key, cert, client, e) == 0)
		return 0;
	pair_free(p);
	return -1;
}
