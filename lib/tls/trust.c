/*
 * Trusted certificates: pins and CA certificates.  System CAs are never loaded.
 */
#include "tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"

STACK_OF(X509) *
trust_read_file(const char *path, struct err *e)
{
	struct buf b = BUF_INIT(TLS_FILE_MAX);
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = NULL;
	X509 *cert;

	if (all == NULL || file_read(NULL, path, &b, e) == -1) {
		if (all == NULL)
			err_nomem(e);
		goto fail;
	}
	if ((bio = BIO_new_mem_buf(b.data, (int)b.len)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	while (sk_X509_num(all) < TLS_TRUSTED_MAX &&
	    (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (!sk_X509_push(all, cert)) {
			X509_free(cert);
			err_nomem(e);
			goto fail;
		}
	ERR_clear_error();
	if (sk_X509_num(all) == 0) {
		err_setx(e, ERR_SYNTAX, "%s: want a certificate in PEM form", path);
		goto fail;
	}
	BIO_free(bio);
	buf_free(&b);
	return all;
fail:
	BIO_free(bio);
	buf_free(&b);
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

void
trust_free(struct tls_trusted *t)
{
	for (size_t i = 0; i < t->n; i++) {
		X509_free(t->certs[i]);
		free(t->files[i]);
	}
	t->n = 0;
}

static int
add_file(const char *path, struct tls_trusted *t, struct err *e)
{
	STACK_OF(X509) *all = trust_read_file(path, e);
	int rc = all == NULL ? -1 : 0;

	for (int i = 0; rc == 0 && i < sk_X509_num(all); i++) {
		if (t->n == TLS_TRUSTED_MAX) {
			rc = err_setx(e, ERR_TOO_LARGE, "TLS_TrustedCerts: over %d certificates", TLS_TRUSTED_MAX);
		} else if ((t->files[t->n] = strdup(path)) == NULL) {
			rc = err_nomem(e);
		} else {
			t->certs[t->n] = sk_X509_value(all, i);
			X509_up_ref(t->certs[t->n++]);
		}
	}
	sk_X509_pop_free(all, X509_free);
	return rc;
}

/*
 * While certificates are exchanged one of several files may not be there yet: those that can be read count, and only
 * when none can is it an error, which the caller decides on.
 */
int
trust_read(const char *list, struct tls_trusted *t, struct err *e)
{
	char path[4096];
	struct err first = { 0 }, one;

	memset(t, 0, sizeof *t);
	while (*list != '\0') {
		size_t n = strcspn(list, ";");

		if (n > 0 && n < sizeof path) {
			memcpy(path, list, n);
			path[n] = '\0';
			if (add_file(path, t, &one) == -1 && first.code == ERR_NONE)
				first = one;
		}
		list += n + (list[n] == ';');
	}
	if (t->n == 0) {
		if (first.code == ERR_NONE)
			err_setx(&first, ERR_CONFIG, "TLS_TrustedCerts is not set");
		*e = first;
		return -1;
	}
	return 0;
}

static void
date_text(const ASN1_TIME *t, char out[16])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm))
		snprintf(out, 16, "%04d-%02d-%02d", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
		    tm.tm_mday % 100);
	else
		snprintf(out, 16, "(no date)");
}

static void
fingerprint(X509 *cert, char hex[SHA256_HEX_SIZE])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!X509_digest(cert, EVP_sha256(), sum, &len) || len != SHA256_SIZE)
		memset(sum, 0, sizeof sum);
	hex_encode(sum, SHA256_SIZE, hex);
}

void
trust_describe(X509 *cert, char *out, size_t size)
{
	char subject[TLS_SUBJECT_MAX], hex[SHA256_HEX_SIZE], from[16], to[16];

	X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof subject);
	fingerprint(cert, hex);
	date_text(X509_get0_notBefore(cert), from);
	date_text(X509_get0_notAfter(cert), to);
	snprintf(out, size, "subject %s, SHA-256 %s, valid %s to %s", subject, hex, from, to);
}

static bool
chains(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) *others, bool server)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool ok = false, any = false;

	/* Only CA certificates can vouch for others; a pinned leaf vouches for itself alone. */
	for (size_t i = 0; store != NULL && i < t->n; i++)
		if (X509_check_ca(t->certs[i]) == 1)
			any |= X509_STORE_add_cert(store, t->certs[i]) == 1;
	if (any && ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, others) &&
	    X509_STORE_CTX_set_purpose(ctx,
		server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT)) {
		X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
		ok = X509_verify_cert(ctx) == 1;
	}
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok;
}

static int
refuse(const struct tls_trusted *t, const char *got, struct err *e)
{
	struct buf list = BUF_INIT(ERR_TEXT_SIZE);
	char hex[SHA256_HEX_SIZE];
	struct err ignored;

	for (size_t i = 0; i < t->n; i++) {
		fingerprint(t->certs[i], hex);
		if (buf_addf(&list, &ignored, "%sSHA-256 %s (%s)", i == 0 ? "" : ", ", hex, t->files[i]) == -1)
			break;
	}
	err_setx(e, ERR_SIGNATURE,
	    "the peer's certificate is not trusted: got %s; TLS_TrustedCerts has %s; TLS_RequiredLevel is "
	    "TLSPeerAuth", got, buf_text(&list));
	buf_free(&list);
	return -1;
}

int
trust_verify(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) *others, bool server,
    struct err *e)
{
	bool pinned = false;
	char got[600];

	trust_describe(leaf, got, sizeof got);
	for (size_t i = 0; i < t->n; i++)
		pinned |= X509_cmp(t->certs[i], leaf) == 0;
	if (!pinned && !chains(t, leaf, others, server))
		return refuse(t, got, e);
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		return err_setx(e, ERR_EXPIRED, "the peer's certificate is expired: %s", got);
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		return err_setx(e, ERR_EXPIRED, "the peer's certificate is not valid yet: %s", got);
	return 0;
}
