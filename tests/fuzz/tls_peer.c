/* SPDX-License-Identifier: ISC */
/*
 * A hostile peer of the TLS library.  The first byte: the role (1: we are the client), the level
 * (2: TLSPeerAuth, 4: None), TLS 1.2 allowed (8), the form of the rest (16), and bytes a read.  The
 * rest is the peer's bytes or, to reach encrypted data, too, a list of changes of a real peer's
 * bytes: three bytes each, the number of bytes to skip and the value to add to the next byte.
 * Nothing is random, and the clock is read only for the certificates' dates: an input always gives
 * the same.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method() */
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "slipway/tls.h"

#define CALLS_MAX 400
#define WIRE_MAX  65536 /* bytes that a real peer sends */

static uint64_t state;

static int
not_random(unsigned char *out, int len)
{
	for (int i = 0; i < len; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		out[i] = (unsigned char)(state >> 56);
	}
	return 1;
}

static int
ready(void)
{
	return 1;
}

static char *
text_of(BIO *b)
{
	char *data, *copy;
	long len = BIO_get_mem_data(b, &data);

	copy = feed_text((uint8_t *)data, (size_t)len);
	BIO_free(b);
	return copy;
}

/* One pair for both sides, which trust it. */
static char *key_pem, *cert_pem;

static void
make_pair(void)
{
	static const RAND_METHOD method = { NULL, not_random, NULL, NULL, not_random, ready };
	EVP_PKEY *key;
	X509 *cert = X509_new();
	BIO *b;

	must(RAND_set_rand_method(&method) == 1);
	must((key = EVP_EC_gen("P-256")) != NULL && cert != NULL);
	must(X509_set_version(cert, X509_VERSION_3) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
	must(ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z"));
	must(ASN1_TIME_set_string(X509_getm_notAfter(cert), "20991231000000Z"));
	must(X509_set_pubkey(cert, key) &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
		(const unsigned char *)"peer", -1, -1, 0));
	must(X509_set_issuer_name(cert, X509_get_subject_name(cert)) &&
	    X509_sign(cert, key, EVP_sha256()) > 0);
	must((b = BIO_new(BIO_s_mem())) != NULL &&
	    PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
	key_pem = text_of(b);
	must((b = BIO_new(BIO_s_mem())) != NULL && PEM_write_bio_X509(b, cert));
	cert_pem = text_of(b);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* Made once for each level and version. */
static struct slipway_tls *
side(enum slipway_tls_side which, uint8_t how)
{
	static struct slipway_tls *made[2][16];
	struct slipway_tls *t = made[which == SLIPWAY_TLS_CLIENT][how & 14];

	if (t != NULL)
		return t;
	must((t = slipway_tls_new(which, NULL, NULL)) != NULL);
	made[which == SLIPWAY_TLS_CLIENT][how & 14] = t;
	must(slipway_tls_set(t, "TLS_RequiredLevel",
		 (how & 4)	 ? "None"
		     : (how & 2) ? "TLSPeerAuth"
				 : "TLSNoPeerAuth") == 0);
	must(slipway_tls_set(t, "TLS_MinVersion", (how & 8) ? "TLSv1.2" : "TLSv1.3") == 0);
	must(slipway_tls_set_pem(t, "TLS_KeyFile", key_pem, strlen(key_pem)) == 0);
	must(slipway_tls_set_pem(t, "TLS_CertFile", cert_pem, strlen(cert_pem)) == 0);
	must(slipway_tls_set_pem(t, "TLS_TrustedCerts", cert_pem, strlen(cert_pem)) == 0);
	slipway_tls_set_handshake_limit(t, 0);
	must(slipway_tls_check(t) == 0);
	return t;
}

/* The bytes for one of both sides. */
struct wire {
	uint8_t data[WIRE_MAX];
	size_t put, got, piece;
	struct feed *changes; /* changes of these bytes; NULL: none */
	size_t left;	      /* bytes until the next change */
	uint8_t add;
	bool over; /* no more bytes come */
};

struct end {
	struct wire *in, *out;
};

static void
next_change(struct wire *w)
{
	size_t high = feed_u8(w->changes);

	w->left = high << 8;
	w->left |= feed_u8(w->changes);
	w->add = feed_u8(w->changes);
}

static long
wire_read(void *arg, void *buf, size_t len)
{
	struct wire *w = ((struct end *)arg)->in;

	if (w->got == w->put)
		return w->over ? 0 : SLIPWAY_TLS_WANT_READ;
	if (len > w->put - w->got)
		len = w->put - w->got;
	if (len > w->piece)
		len = w->piece;
	memcpy(buf, w->data + w->got, len);
	w->got += len;
	return (long)len;
}

static long
wire_write(void *arg, const void *buf, size_t len)
{
	struct wire *w = ((struct end *)arg)->out;
	const uint8_t *p = buf;

	if (w == NULL)
		return (long)len; /* nobody listens */
	if (w->put + len > WIRE_MAX)
		return SLIPWAY_TLS_ERROR;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = p[i];

		if (w->changes != NULL && w->left-- == 0) {
			byte = (uint8_t)(byte + w->add);
			next_change(w);
		}
		w->data[w->put++] = byte;
	}
	return (long)len;
}

/* Asserts the properties of every connection after any call. */
static void
look(struct slipway_tls_conn *c, long n, size_t size, uint8_t how)
{
	const bool tls = slipway_tls_conn_version(c)[0] != '\0';
	char first[4096];

	must(n >= SLIPWAY_TLS_WANT_WRITE && n <= (long)size);
	must(strncmp(slipway_tls_conn_text(c), "TCP/IP", 6) == 0);
	must((slipway_tls_conn_error_code(c) != SLIPWAY_TLS_OK) ==
	    (slipway_tls_conn_error(c)[0] != '\0'));
	/* No data and no end of data before the handshake that the level asks for. */
	if (n >= 0 && !(how & 4)) {
		must(tls);
		must(!(how & 2) || slipway_tls_conn_verified(c));
	}
	if (n != SLIPWAY_TLS_ERROR)
		return;
	must(slipway_tls_conn_error(c)[0] != '\0');
	snprintf(first, sizeof first, "%s", slipway_tls_conn_error(c));
	must(slipway_tls_read(c, first + sizeof first - 1, 1) == SLIPWAY_TLS_ERROR);
	must(slipway_tls_write(c, "x", 1) == SLIPWAY_TLS_ERROR);
	must(strncmp(slipway_tls_conn_error(c), first, sizeof first - 1) == 0);
}

/* Some data each way, then the end. */
static long
use(struct slipway_tls_conn *c, unsigned *step)
{
	char buf[100];
	long n;

	if (*step == 0) {
		n = slipway_tls_write(c, "question", 8);
		*step += n > 0;
	} else {
		n = slipway_tls_read(c, buf, sizeof buf);
		if (*step == 1 && n > 0) {
			(*step)++;
			slipway_tls_shutdown(c);
		}
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire to_us, to_peer;
	struct feed f = { data, size };
	uint8_t how = feed_u8(&f);
	const bool client = how & 1, real = how & 16;
	struct end we = { &to_us, real ? &to_peer : NULL }, peer = { &to_peer, &to_us };
	struct slipway_tls *t, *other;
	struct slipway_tls_conn *c, *p = NULL;
	unsigned step = 0, peer_step = 0;
	long n = 0, m = 0;

	state = 1;
	if (key_pem == NULL)
		make_pair();
	t = side(client ? SLIPWAY_TLS_CLIENT : SLIPWAY_TLS_SERVER, how);
	other = side(client ? SLIPWAY_TLS_SERVER : SLIPWAY_TLS_CLIENT, how);
	state = 2;
	to_us.put = to_us.got = to_peer.put = to_peer.got = 0;
	to_us.piece = (size_t)(how >> 5) * 200 + 1;
	to_peer.piece = WIRE_MAX;
	to_us.over = to_peer.over = false;
	to_us.changes = to_peer.changes = NULL;
	must((c = slipway_tls_conn_new_io(t, wire_read, wire_write, &we)) != NULL);
	if (real) {
		to_us.changes = &f;
		next_change(&to_us);
		must((p = slipway_tls_conn_new_io(other, wire_read, wire_write, &peer)) != NULL);
	} else {
		to_us.put = f.left < WIRE_MAX ? f.left : WIRE_MAX;
		if (to_us.put > 0)
			memcpy(to_us.data, f.p, to_us.put);
		to_us.over = true;
	}
	for (int i = 0; i < CALLS_MAX && n != SLIPWAY_TLS_ERROR && !(n == 0 && i > 0); i++) {
		if (p != NULL && m != SLIPWAY_TLS_ERROR)
			m = use(p, &peer_step);
		to_us.over |= m == SLIPWAY_TLS_ERROR;
		n = use(c, &step);
		look(c, n, 100, how);
	}
	slipway_tls_conn_free(c);
	slipway_tls_conn_free(p);
	return 0;
}
