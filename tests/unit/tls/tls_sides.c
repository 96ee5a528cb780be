/* SPDX-License-Identifier: ISC */
/*
 * Certificates made on the spot, and both sides of lib/tls in one process.
 */
#include "tests/unit/tls/tls_sides.h"

#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/unit/common/test.h"

static char *
text_of(BIO *bio)
{
	char *data, *copy;
	long len = BIO_get_mem_data(bio, &data);

	assert_non_null(copy = malloc((size_t)len + 1));
	memcpy(copy, data, (size_t)len);
	copy[len] = '\0';
	BIO_free(bio);
	return copy;
}

static void
extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	assert_non_null(x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
}

/* A dNSName with any bytes in it, which no text can say. */
static void
dns_name(X509 *cert, const char *name, size_t len)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(s, name, (int)len), 1);
	GENERAL_NAME_set0_value(one, GEN_DNS, s);
	assert_true(sk_GENERAL_NAME_push(all, one) > 0);
	assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT),
	    1);
	GENERAL_NAMES_free(all);
}

static void
unknown_extension(X509 *cert)
{
	ASN1_OBJECT *o = OBJ_txt2obj("1.2.3.4.5.6.7", 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *x;

	ASN1_OCTET_STRING_set(s, (const unsigned char *)"\x05", 2);
	assert_non_null(x = X509_EXTENSION_create_by_OBJ(NULL, o, 1, s));
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

static void
extensions(const struct look *l, X509 *cert, X509 *issuer)
{
	const struct {
		int nid;
		const char *value;
	} all[] = {
		{ NID_basic_constraints,
		    l->constraints != NULL ? l->constraints
			: l->ca		   ? "critical,CA:TRUE"
					   : NULL },
		{ NID_key_usage,
		    l->key_usage != NULL ? l->key_usage
			: l->ca		 ? "critical,keyCertSign,cRLSign"
					 : NULL },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier,
		    issuer != cert && X509_get0_subject_key_id(issuer) != NULL ? "keyid" : NULL },
		{ NID_ext_key_usage, l->usage },
		{ NID_name_constraints, l->constraint },
		{ NID_subject_alt_name, l->san_len == 0 ? l->san : NULL },
	};

	for (size_t i = 0; i < N(all); i++)
		if (all[i].value != NULL)
			extension(cert, issuer, all[i].nid, all[i].value);
	if (l->san_len != 0)
		dns_name(cert, l->san, l->san_len);
	if (l->unknown_critical)
		unknown_extension(cert);
}

struct id
id_make(const struct look *l, const struct id *by)
{
	static long serial = 1;
	struct id id = { .cert = X509_new() };
	X509 *issuer = by == NULL ? id.cert : by->cert;
	const EVP_MD *digest =
	    EVP_get_digestbyname(l->digest_name != NULL ? l->digest_name : "SHA256");
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len;
	BIO *bio;

	id.key = l->bits != 0 ? EVP_RSA_gen((unsigned)l->bits)
			      : EVP_EC_gen(l->curve != NULL ? l->curve : "P-256");
	assert_non_null(id.key);
	X509_set_version(id.cert, l->old_version ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), l->from * DAY - 60);
	X509_gmtime_adj(X509_getm_notAfter(id.cert),
	    (l->from + (l->days != 0 ? l->days : 365)) * DAY);
	X509_set_pubkey(id.cert, id.key);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(id.cert), "CN",
			     MBSTRING_UTF8, (const unsigned char *)l->name,
			     l->name_len != 0 ? (int)l->name_len : -1, -1, 0),
	    1);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer));
	if (!l->old_version)
		extensions(l, id.cert, issuer);
	assert_true(X509_sign(id.cert, by == NULL ? id.key : by->key, digest) > 0);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, id.key, NULL, NULL, 0, NULL, NULL);
	id.key_pem = text_of(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, id.cert);
	id.cert_pem = text_of(bio);
	assert_int_equal(X509_digest(id.cert, EVP_sha256(), sum, &len), 1);
	for (unsigned i = 0; i < len; i++)
		snprintf(id.hex + 2 * i, 3, "%02x", sum[i]);
	return id;
}

void
id_free(struct id *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	free(id->key_pem);
	free(id->cert_pem);
	memset(id, 0, sizeof *id);
}

void
pem(struct slipway_tls *t, const char *setting, const char *text)
{
	assert_int_equal(slipway_tls_set_pem(t, setting, text, strlen(text)), 0);
}

struct slipway_tls *
side_new(enum slipway_tls_side side, const char *level, const struct id *own,
    const struct id *trusted)
{
	struct slipway_tls *t = slipway_tls_new(side, NULL, NULL);

	assert_non_null(t);
	assert_int_equal(slipway_tls_set(t, "TLS_RequiredLevel", level), 0);
	if (own != NULL) {
		pem(t, "TLS_KeyFile", own->key_pem);
		pem(t, "TLS_CertFile", own->cert_pem);
	}
	if (trusted != NULL)
		pem(t, "TLS_TrustedCerts", trusted->cert_pem);
	return t;
}

/* Connections over the two descriptors that e has. */
static void
ends_join(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	e->server = slipway_tls_conn_new(server, e->fd[0]);
	e->client = slipway_tls_conn_new(client, e->fd[1]);
	if (e->server == NULL)
		print_error("server: %s\n", slipway_tls_error(server));
	if (e->client == NULL)
		print_error("client: %s\n", slipway_tls_error(client));
	assert_non_null(e->server);
	assert_non_null(e->client);
}

void
ends_open(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	sockets_pair(e->fd, false, false);
	ends_join(e, server, client);
}

void
ends_open_tcp(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	sockets_pair(e->fd, true, false);
	ends_join(e, server, client);
}

void
ends_close(struct ends *e)
{
	slipway_tls_conn_free(e->server);
	slipway_tls_conn_free(e->client);
	sockets_close(e->fd[0]);
	sockets_close(e->fd[1]);
}

bool
waits(long rc)
{
	return rc == SLIPWAY_TLS_WANT_READ || rc == SLIPWAY_TLS_WANT_WRITE;
}

int
shake(struct slipway_tls_conn *ours, SSL *theirs)
{
	int rc = SLIPWAY_TLS_WANT_READ;

	for (int i = 0; i < 100 && (waits(rc) || !SSL_is_init_finished(theirs)); i++) {
		SSL_do_handshake(theirs);
		if ((rc = slipway_tls_handshake(ours)) == SLIPWAY_TLS_ERROR)
			break;
	}
	return rc;
}

/* Where both sides wait for the other, nothing comes before one of the descriptors is ready. */
static void
pause_for(const struct ends *e, long server, long client)
{
	const int fd[] = { waits(server) ? e->fd[0] : -1, waits(client) ? e->fd[1] : -1 };
	const bool write[] = { server == SLIPWAY_TLS_WANT_WRITE, client == SLIPWAY_TLS_WANT_WRITE };

	if (fd[0] != -1 || fd[1] != -1)
		sockets_wait(fd, write, N(fd), SOCKETS_WAIT_MS);
}

int
talk(struct ends *e)
{
	const char question[] = "question", reply[] = "answer";
	char buf[64], heard[64];
	size_t n = 0; /* bytes in heard: the first one may come alone */
	long c = SLIPWAY_TLS_WANT_WRITE, s = SLIPWAY_TLS_WANT_READ;
	bool asked = false, answered = false;

	for (int i = 0; i < 1000; i++) {
		if (!asked && waits(c)) {
			c = slipway_tls_write(e->client, question, sizeof question);
			if (c == sizeof question) {
				asked = true;
				c = SLIPWAY_TLS_WANT_READ;
			}
		} else if (asked && waits(c)) {
			c = slipway_tls_read(e->client, buf, sizeof buf);
			if (c == sizeof reply)
				return memcmp(buf, reply, sizeof reply) == 0 ? 0 : -1;
		}
		if (!answered && waits(s)) {
			s = slipway_tls_read(e->server, heard + n, sizeof heard - n);
			n += s > 0 ? (size_t)s : 0;
			if (s > 0 && n < sizeof question) {
				s = SLIPWAY_TLS_WANT_READ;
			} else if (s > 0 && n == sizeof question &&
			    memcmp(heard, question, n) == 0) {
				s = slipway_tls_write(e->server, reply, sizeof reply);
				answered = s == sizeof reply;
			} else if (s > 0) {
				s = 0; /* not our protocol */
			}
		}
		if (c == SLIPWAY_TLS_ERROR && !waits(s))
			return SLIPWAY_TLS_ERROR;
		if (s == SLIPWAY_TLS_ERROR && !waits(c))
			return SLIPWAY_TLS_ERROR;
		/* Whoever failed closes, as a program would. */
		if (c == SLIPWAY_TLS_ERROR || c == 0)
			sockets_end(e->fd[1]);
		if (s == SLIPWAY_TLS_ERROR || s == 0)
			sockets_end(e->fd[0]);
		pause_for(e, s, c);
	}
	return SLIPWAY_TLS_ERROR;
}

void
ends_talking(struct ends *e, const struct id *kernel)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, kernel);

	ends_open(e, s, c);
	assert_int_equal(talk(e), 0);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

char *
crl_make(const struct id *issuer, const struct id *gone, int days)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, time(NULL)),
		  *next = ASN1_TIME_set(NULL, time(NULL) + (time_t)days * DAY);
	BIO *bio = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, next);
	if (gone != NULL) {
		X509_REVOKED *r = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(gone->cert));
		X509_REVOKED_set_revocationDate(r, now);
		X509_CRL_add0_revoked(crl, r);
	}
	X509_CRL_sign(crl, issuer->key, EVP_sha256());
	PEM_write_bio_X509_CRL(bio, crl);
	X509_CRL_free(crl);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return text_of(bio);
}
