/* SPDX-License-Identifier: ISC */
/*
 * What connections are made with: one OpenSSL context for all of them while settings and files
 * stay.
 *
 * Everything is set here, so that neither OpenSSL's defaults nor a configuration that the program
 * loaded decide.
 */
#include "lib/tls/setup.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/tls/stream.h"

#define TLS13_CIPHERS "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
/* With TLS 1.2 allowed: forward secrecy and authenticated encryption only. */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Why trusted certificates are needed below TLSPeerAuth. */
#define ASKS "TLS_AskClientCert is yes"

void
setup_init(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

/* The codes for a verdict, ours and the one that OpenSSL makes the peer's alert of. */
static const struct {
	enum slipway_tls_code code;
	int alert;
} verdicts[] = {
	[TRUST_OK] = { SLIPWAY_TLS_OK, X509_V_OK },
	[TRUST_REFUSED] = { SLIPWAY_TLS_E_UNTRUSTED, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY },
	[TRUST_EXPIRED] = { SLIPWAY_TLS_E_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED },
	[TRUST_REVOKED] = { SLIPWAY_TLS_E_REVOKED, X509_V_ERR_CERT_REVOKED },
};

enum slipway_tls_code
setup_code(enum trust_verdict verdict)
{
	return verdicts[verdict].code;
}

/* Every certificate passes here and is judged by us, not by OpenSSL's rules for the Web. */
static int
judge(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	struct verdict *v = SSL_get_app_data(ssl);
	const struct tls_setup *s = arg;
	enum trust_verdict verdict;
	struct err e;

	if (s->level != TLS_LEVEL_PEER_AUTH && !s->ask)
		return 1;
	verdict = trust_verify(&s->trust, leaf, X509_STORE_CTX_get0_untrusted(ctx),
	    s->side == SLIPWAY_TLS_CLIENT, &e);
	v->verified = verdict == TRUST_OK;
	if (v->verified) {
		v->days_left = cert_days_left(leaf);
		return 1;
	}
	v->text = strdup(e.text);
	if (s->ask)
		return 1;
	v->code = verdicts[verdict].code;
	if (X509_up_ref(leaf))
		v->refused = leaf;
	X509_STORE_CTX_set_error(ctx, verdicts[verdict].alert);
	return 0;
}

static void
set_modes(SSL_CTX *ctx)
{
	SSL_CTX_set_security_level(ctx, CERT_SECURITY_LEVEL);
	SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Without AUTO_RETRY a peer that sends records without data can't keep us in one call. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
}

/*
 * X25519MLKEM768 first where OpenSSL has it (3.5), because what is recorded today may be read by a
 * later quantum computer.  Key shares are sent for two groups, so that a peer with an older OpenSSL
 * costs no further round trip.  In TLS 1.2 the key of a certificate must be of one of the groups,
 * too (RFC 8422, 5.1).
 */
static int
set_groups(SSL_CTX *ctx, bool tls12)
{
	const char *with = tls12 ? "*X25519MLKEM768:*X25519:P-256:P-384"
				 : "*X25519MLKEM768:*X25519:P-256",
		   *without = tls12 ? "X25519:P-256:P-384" : "X25519:P-256";

	/* The macro takes no const, and older versions know neither the group nor the stars. */
	if (SSL_CTX_set1_groups_list(ctx, (char *)(uintptr_t)with))
		return 1;
	ERR_clear_error();
	return (int)SSL_CTX_set1_groups_list(ctx, (char *)(uintptr_t)without);
}

/* Whether and how a peer's certificate is wanted. */
static int
verify_mode(const struct tls_setup *s)
{
	if (s->level == TLS_LEVEL_PEER_AUTH)
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	return s->ask ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
}

static SSL_CTX *
context_new(struct tls_setup *s, const struct pair *pair)
{
	SSL_CTX *ctx =
	    SSL_CTX_new(s->side == SLIPWAY_TLS_SERVER ? TLS_server_method() : TLS_client_method());
	char signatures[] = CERT_SIGNATURES; /* the macro takes no const */

	if (ctx == NULL)
		return NULL;
	set_modes(ctx);
	SSL_CTX_set_verify(ctx, verify_mode(s), NULL);
	SSL_CTX_set_cert_verify_callback(ctx, judge, s);
	if (SSL_CTX_set_min_proto_version(ctx, s->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	    SSL_CTX_set_ciphersuites(ctx, TLS13_CIPHERS) &&
	    SSL_CTX_set_cipher_list(ctx, TLS12_CIPHERS) && set_groups(ctx, s->tls12) &&
	    SSL_CTX_set1_sigalgs_list(ctx, signatures) && SSL_CTX_set_num_tickets(ctx, 0) &&
	    (pair->key == NULL || pair_use(pair, ctx) == 0))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Whether any connection with this level and pair speaks TLS. */
static bool
wants_tls(const struct tls_setup *s, const struct pair *pair)
{
	return s->level != TLS_LEVEL_NONE || (s->side == SLIPWAY_TLS_SERVER && pair->key != NULL);
}

struct tls_setup *
setup_new(enum slipway_tls_side side, const struct tls_config *c, const struct pair *pair,
    STACK_OF(X509_CRL) * before, struct err *e)
{
	struct tls_setup *s = calloc(1, sizeof *s);

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	atomic_init(&s->owners, 1);
	s->side = side;
	s->level = c->level;
	s->level_absent = c->level_absent;
	s->tls12 = c->tls12;
	if (c->where != NULL && (s->where = strdup(c->where)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	s->warn_days = c->warn_days;
	s->ask = c->ask && side == SLIPWAY_TLS_SERVER && c->level == TLS_LEVEL_NO_PEER_AUTH;
	if ((c->level == TLS_LEVEL_PEER_AUTH || s->ask) &&
	    trust_read(&s->trust, &c->source[TLS_TRUSTED], &c->source[TLS_CRL_FILE],
		s->ask ? ASKS : "TLS_RequiredLevel is TLSPeerAuth", before, e) == -1) {
		if (s->ask)
			err_context(e, ASKS);
		goto fail;
	}
	if (!wants_tls(s, pair))
		return s;
	if ((s->method = stream_method()) == NULL || (s->ctx = context_new(s, pair)) == NULL) {
		err_openssl(e, "OpenSSL can't use these settings");
		goto fail;
	}
	return s;
fail:
	setup_release(s);
	return NULL;
}

struct tls_setup *
setup_share(struct tls_setup *s)
{
	atomic_fetch_add(&s->owners, 1);
	return s;
}

void
setup_release(struct tls_setup *s)
{
	if (s == NULL || atomic_fetch_sub(&s->owners, 1) != 1)
		return;
	SSL_CTX_free(s->ctx);
	BIO_meth_free(s->method);
	trust_free(&s->trust);
	free(s->where);
	free(s);
}
