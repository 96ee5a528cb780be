/* SPDX-License-Identifier: ISC */
/* What programs ask of connections: the peer as values, and a judgement of today. */
#include "lib/tls/conn.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/tls/handle.h"
#include "lib/x509/facts.h"

/* Of the peer's certificate. */
struct peer_values {
	struct cert_facts facts; /* empty where they can't be read */
	char *serial;		 /* OPENSSL_free(); NULL: no memory */
	unsigned char *der;	 /* of the last call; OPENSSL_free() */
};

const char *
slipway_tls_version(void)
{
	return SLIPWAY_VERSION;
}

void
values_free(struct slipway_tls_conn *c)
{
	if (c->values == NULL)
		return;
	OPENSSL_free(c->values->serial);
	OPENSSL_free(c->values->der);
	free(c->values);
	c->values = NULL;
}

/* "0A1F" as people and other tools write serial numbers; it may be 20 bytes long, or negative. */
static char *
serial_of(const X509 *cert)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *text = n == NULL ? NULL : BN_bn2hex(n);

	BN_free(n);
	return text;
}

/* NULL: the peer showed no certificate, or no memory. */
static struct peer_values *
values_of(struct slipway_tls_conn *c)
{
	X509 *cert = conn_peer(c);
	struct err ignored;

	if (c->values != NULL || cert == NULL || (c->values = calloc(1, sizeof *c->values)) == NULL)
		return c->values;
	if (cert_facts(cert, &c->values->facts, &ignored) == -1)
		memset(&c->values->facts, 0, sizeof c->values->facts);
	c->values->serial = serial_of(cert);
	ERR_clear_error();
	return c->values;
}

const char *
slipway_tls_conn_peer_subject(struct slipway_tls_conn *c)
{
	const struct peer_values *v = values_of(c);

	return v == NULL ? "" : v->facts.subject;
}

const char *
slipway_tls_conn_peer_issuer(struct slipway_tls_conn *c)
{
	const struct peer_values *v = values_of(c);

	return v == NULL ? "" : v->facts.issuer;
}

const char *
slipway_tls_conn_peer_serial(struct slipway_tls_conn *c)
{
	const struct peer_values *v = values_of(c);

	return v == NULL || v->serial == NULL ? "" : v->serial;
}

long long
slipway_tls_conn_peer_from(struct slipway_tls_conn *c)
{
	const struct peer_values *v = values_of(c);

	return v == NULL ? 0 : v->facts.from;
}

long long
slipway_tls_conn_peer_to(struct slipway_tls_conn *c)
{
	const struct peer_values *v = values_of(c);

	return v == NULL ? 0 : v->facts.to;
}

/* Certificate i of those that the peer sent.  OpenSSL's list has the peer's own at clients only. */
static const X509 *
sent_cert(const struct slipway_tls_conn *c, size_t i)
{
	STACK_OF(X509) *chain = c->ssl == NULL ? NULL : SSL_get_peer_cert_chain(c->ssl);

	if (i == 0)
		return conn_peer(c);
	if (c->setup->side == SLIPWAY_TLS_SERVER)
		i--;
	return i < (size_t)(chain == NULL ? 0 : sk_X509_num(chain)) ? sk_X509_value(chain, (int)i)
								    : NULL;
}

const unsigned char *
slipway_tls_conn_peer_der(struct slipway_tls_conn *c, size_t i, size_t *len)
{
	const X509 *cert = sent_cert(c, i);
	struct peer_values *v = values_of(c);
	int n;

	*len = 0;
	if (cert == NULL || v == NULL)
		return NULL;
	OPENSSL_free(v->der);
	v->der = NULL;
	if ((n = i2d_X509(cert, &v->der)) > 0)
		*len = (size_t)n;
	ERR_clear_error();
	return v->der;
}

const char *
slipway_tls_conn_cipher(const struct slipway_tls_conn *c)
{
	return c->done && c->mode == MODE_TLS ? SSL_get_cipher_name(c->ssl) : "";
}

void
slipway_tls_conn_set_data(struct slipway_tls_conn *c, void *data)
{
	c->data = data;
}

void *
slipway_tls_conn_data(const struct slipway_tls_conn *c)
{
	return c->data;
}

/* Judges the connection by a set-up. */
static int
check_by(struct slipway_tls *t, const struct slipway_tls_conn *c, const struct tls_setup *s)
{
	enum trust_verdict verdict;
	X509 *cert = conn_peer(c);
	struct err e;

	if (!c->done || c->broken)
		return handle_fail(t, SLIPWAY_TLS_E_USAGE, "want a connection after its handshake");
	if (s->level == TLS_LEVEL_NONE)
		return 0;
	if (c->mode != MODE_TLS) {
		err_setx(&e, ERR_CONFIG,
		    "TLS_RequiredLevel is %s now, and this connection is plain",
		    tls_level_name(s->level));
		return handle_fail(t, SLIPWAY_TLS_E_PROTOCOL, e.text);
	}
	if (!s->tls12 && SSL_version(c->ssl) < TLS1_3_VERSION)
		return handle_fail(t, SLIPWAY_TLS_E_PROTOCOL,
		    "TLS_MinVersion is TLSv1.3 now, and this connection is TLSv1.2");
	if (s->level != TLS_LEVEL_PEER_AUTH)
		return 0;
	if (cert == NULL)
		return handle_fail(t, SLIPWAY_TLS_E_UNTRUSTED,
		    "TLS_RequiredLevel is TLSPeerAuth now, and the peer showed no certificate");
	verdict = trust_verify(&s->trust, cert, SSL_get_peer_cert_chain(c->ssl),
	    s->side == SLIPWAY_TLS_CLIENT, &e);
	return verdict == TRUST_OK ? 0 : handle_fail(t, setup_code(verdict), e.text);
}

int
slipway_tls_conn_check(struct slipway_tls *t, const struct slipway_tls_conn *c)
{
	struct tls_setup *s = handle_setup(t);
	int rc = s == NULL ? SLIPWAY_TLS_ERROR : check_by(t, c, s);

	setup_release(s);
	ERR_clear_error();
	return rc;
}
