/* SPDX-License-Identifier: ISC */
/*
 * Trusted certificates: pins and CA certificates.  System CAs are never loaded.
 */
#include "lib/tls/tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/base/digest.h"
#include "lib/base/pem.h"

STACK_OF(X509) * trust_read_certs(const struct tls_source *s, struct err *e)
{
	struct buf b = BUF_INIT(TLS_FILE_MAX);
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = NULL;
	X509 *cert = NULL;
	unsigned long code = 0;

	if (all == NULL)
		err_nomem(e);
	if (all == NULL || source_read(s, false, &b, e) == -1)
		goto fail;
	if ((bio = BIO_new_mem_buf(buf_text(&b), (int)b.len)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	while ((cert = PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL)) != NULL)
		if (sk_X509_num(all) == TLS_TRUSTED_MAX || !sk_X509_push(all, cert)) {
			if (sk_X509_num(all) == TLS_TRUSTED_MAX)
				err_setx(e, ERR_TOO_LARGE, "%s: over %d certificates",
				    source_name(s), TLS_TRUSTED_MAX);
			else
				err_nomem(e);
			X509_free(cert);
			goto fail;
		}
	/*
	 * The end of the file is what ends the reading; anything else is a certificate that is
	 * broken.
	 */
	code = ERR_peek_last_error();
	ERR_clear_error();
	if (ERR_GET_REASON(code) != PEM_R_NO_START_LINE) {
		err_setx(e, ERR_SYNTAX, "%s: certificate number %d is malformed", source_name(s),
		    sk_X509_num(all) + 1);
		goto fail;
	}
	if (sk_X509_num(all) == 0) {
		err_setx(e, ERR_SYNTAX, "%s: want a certificate in PEM form", source_name(s));
		goto fail;
	}
	BIO_free(bio);
	buf_free(&b);
	return all;
fail:
	ERR_clear_error();
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
	sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
	memset(t, 0, sizeof *t);
}

/* All of a file, or none where they would be too many. */
static int
add_certs(const struct tls_source *s, struct tls_trusted *t, struct err *e)
{
	STACK_OF(X509) *all = trust_read_certs(s, e);
	int rc = all == NULL ? -1 : 0;

	if (rc == 0 && t->n + (size_t)sk_X509_num(all) > TLS_TRUSTED_MAX)
		rc = err_setx(e, ERR_TOO_LARGE,
		    "%s: with those of the files before it over %d certificates", source_name(s),
		    TLS_TRUSTED_MAX);
	for (int i = 0; rc == 0 && i < sk_X509_num(all); i++) {
		if ((t->files[t->n] = strdup(source_name(s))) == NULL) {
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
 * While certificates are exchanged one of several files may not be there yet: those that can be
 * read count, the first that can't is remarked, and only when none can is it an error, which the
 * caller decides on.
 */
static int
read_list(const char *list, struct tls_trusted *t, struct err *e)
{
	char path[4096];
	struct tls_source one = { path, false, 0 };
	struct err *first = &t->remark, why;
	unsigned files = 0;

	while (*list != '\0') {
		size_t n = strcspn(list, ";");

		if (++files > TLS_TRUSTED_MAX)
			return err_setx(e, ERR_TOO_LARGE, "TLS_TrustedCerts: over %d files",
			    TLS_TRUSTED_MAX);
		if (n >= sizeof path) {
			err_setx(&why, ERR_TOO_LARGE, "%.60s...: the file's name is over %zu bytes",
			    list, sizeof path - 1);
		} else if (n > 0) {
			memcpy(path, list, n);
			path[n] = '\0';
		}
		if (n > 0 && (n >= sizeof path || add_certs(&one, t, &why) == -1) &&
		    first->code == ERR_NONE)
			*first = why;
		list += n + (list[n] == ';');
	}
	if (t->n > 0)
		return 0;
	if (first->code == ERR_NONE)
		return err_setx(e, ERR_CONFIG, "TLS_TrustedCerts is not set");
	*e = *first;
	return err_context(e, "TLS_TrustedCerts");
}

/* A CRL file that can't be read is an error: it may be what refuses the peer. */
static int
read_crls(const struct tls_source *s, struct tls_trusted *t, struct err *e)
{
	struct buf b = BUF_INIT(TLS_FILE_MAX);
	BIO *bio = NULL;
	X509_CRL *crl;
	int rc = -1;

	if (s->text[0] == '\0')
		return 0;
	if ((t->crls = sk_X509_CRL_new_null()) == NULL)
		err_nomem(e);
	else if (source_read(s, false, &b, e) == 0) {
		if ((bio = BIO_new_mem_buf(b.data, (int)b.len)) != NULL)
			while (sk_X509_CRL_num(t->crls) <= TLS_CRLS_MAX &&
			    (crl = PEM_read_bio_X509_CRL(bio, NULL, pem_passphrase, NULL)) != NULL)
				if (!sk_X509_CRL_push(t->crls, crl)) {
					X509_CRL_free(crl);
					break; /* the end was not reached, which is an error */
				}
		if (sk_X509_CRL_num(t->crls) > TLS_CRLS_MAX)
			err_setx(e, ERR_TOO_LARGE, "%s: over %d revocation lists", source_name(s),
			    TLS_CRLS_MAX);
		else if (sk_X509_CRL_num(t->crls) == 0 ||
		    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
			err_setx(e, ERR_SYNTAX, "%s: want certificate revocation lists in PEM form",
			    source_name(s));
		else
			rc = 0;
	}
	ERR_clear_error();
	BIO_free(bio);
	buf_free(&b);
	return rc == -1 ? err_context(e, "TLS_CRLFile") : 0;
}

static void
name_text(const X509_NAME *name, char out[TLS_SUBJECT_MAX])
{
	const int room = TLS_SUBJECT_MAX - (int)sizeof "\"...\"";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int len = 0;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = (int)BIO_get_mem_data(bio, &text);
	snprintf(out, TLS_SUBJECT_MAX, "\"%.*s%s\"", len < room ? len : room, len == 0 ? "" : text,
	    len > room ? "..." : "");
	BIO_free(bio);
	ERR_clear_error();
}

/*
 * Whether a list was signed by a certificate that is trusted, or that a chain to a trusted one has
 * proved.
 */
static bool
valid_crl(const struct tls_trusted *t, X509_CRL *crl, STACK_OF(X509) * chain)
{
	bool ok = false;

	for (size_t i = 0; i < t->n && !ok; i++)
		ok = X509_NAME_cmp(X509_get_subject_name(t->certs[i]), X509_CRL_get_issuer(crl)) ==
			0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(t->certs[i])) == 1;
	for (int i = 1; i < sk_X509_num(chain) && !ok; i++)
		ok = X509_NAME_cmp(X509_get_subject_name(sk_X509_value(chain, i)),
			 X509_CRL_get_issuer(crl)) == 0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(sk_X509_value(chain, i))) == 1;
	return ok;
}

/*
 * A list can be signed by a CA that only a peer's chain will prove, but not where the CA of that
 * name is here with another key, nor where nobody here may vouch for a CA.
 */
static bool
may_count(const struct tls_trusted *t, X509_CRL *crl)
{
	bool here = false, below = false;

	if (valid_crl(t, crl, NULL))
		return true;
	for (size_t i = 0; i < t->n; i++) {
		here |= X509_NAME_cmp(X509_get_subject_name(t->certs[i]),
			    X509_CRL_get_issuer(crl)) == 0;
		below |= X509_check_ca(t->certs[i]) == 1 && X509_get_pathlen(t->certs[i]) != 0;
	}
	return below && !here;
}

/* Whoever relies on a list that revokes nothing should know. */
static void
remark_crls(struct tls_trusted *t)
{
	char issuer[TLS_SUBJECT_MAX];

	for (int i = 0; i < sk_X509_CRL_num(t->crls) && t->crl_remark.code == ERR_NONE; i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);

		if (may_count(t, crl))
			continue;
		name_text(X509_CRL_get_issuer(crl), issuer);
		err_setx(&t->crl_remark, ERR_SIGNATURE,
		    "the list of %s is signed by no CA of TLS_TrustedCerts; it revokes nothing",
		    issuer);
	}
	ERR_clear_error();
}

int
trust_read(const struct tls_config *c, struct tls_trusted *t, struct err *e)
{
	const struct tls_source *s = &c->source[TLS_TRUSTED];

	memset(t, 0, sizeof *t);
	if (s->content && add_certs(s, t, e) == -1)
		err_context(e, "TLS_TrustedCerts");
	else if ((s->content || read_list(s->text, t, e) == 0) &&
	    read_crls(&c->source[TLS_CRL_FILE], t, e) == 0) {
		remark_crls(t);
		return 0;
	}
	trust_free(t);
	return -1;
}

static void
date_text(const ASN1_TIME *t, char out[16])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm))
		snprintf(out, 16, "%04d-%02d-%02d", (tm.tm_year + 1900) % 10000,
		    (tm.tm_mon + 1) % 100, tm.tm_mday % 100);
	else
		snprintf(out, 16, "(no date)");
}

void
trust_fingerprint(X509 *cert, char hex[SHA256_HEX_SIZE])
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

	name_text(X509_get_subject_name(cert), subject);
	trust_fingerprint(cert, hex);
	date_text(X509_get0_notBefore(cert), from);
	date_text(X509_get0_notAfter(cert), to);
	snprintf(out, size, "subject %s, SHA-256 %s, valid %s to %s", subject, hex, from, to);
}

int
trust_days_left(X509 *cert)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
		return 0;
	return seconds < 0 ? days - 1 : days;
}

X509_CRL *
trust_overdue(const struct tls_trusted *t)
{
	for (int i = 0; i < sk_X509_CRL_num(t->crls); i++) {
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(sk_X509_CRL_value(t->crls, i));

		if (next != NULL && X509_cmp_current_time(next) < 0)
			return sk_X509_CRL_value(t->crls, i);
	}
	return NULL;
}

void
trust_describe_crl(X509_CRL *crl, char *out, size_t size)
{
	char issuer[TLS_SUBJECT_MAX], next[16];

	name_text(X509_CRL_get_issuer(crl), issuer);
	date_text(X509_CRL_get0_nextUpdate(crl), next);
	snprintf(out, size, "the list of %s was to be followed by a newer one on %s", issuer, next);
}

/* The chain from leaf to one of t, or NULL; *why is set where one was found and isn't good. */
static STACK_OF(X509) *
    chain_of(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) * others, bool server,
	const char **why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;
	bool any = false;

	/* Only CA certificates can vouch for others; a pinned leaf vouches for itself alone. */
	for (size_t i = 0; store != NULL && i < t->n; i++)
		if (X509_check_ca(t->certs[i]) == 1)
			any |= X509_STORE_add_cert(store, t->certs[i]) == 1;
	if (any && ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, others) &&
	    X509_STORE_CTX_set_purpose(ctx,
		server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT)) {
		X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
		    X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
		/*
		 * This context doesn't inherit the connection's level: without it MD5 and RSA 512
		 * would do.
		 */
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx),
		    TLS_SECURITY_LEVEL);
		if (X509_verify_cert(ctx) == 1)
			chain = X509_STORE_CTX_get1_chain(ctx);
		else
			*why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return chain;
}

/* Whether cert was revoked; a pinned certificate can be, too.  chain is NULL for one. */
static bool
revoked(const struct tls_trusted *t, X509 *cert, STACK_OF(X509) * chain)
{
	X509_REVOKED *entry;
	bool found = false;

	for (int i = 0; i < sk_X509_CRL_num(t->crls) && !found; i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);

		found = X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)) == 0 &&
		    X509_CRL_get0_by_cert(crl, &entry, cert) == 1 && valid_crl(t, crl, chain);
	}
	ERR_clear_error();
	return found;
}

/* The first of a chain, from the leaf, that was revoked; NULL: none. */
static X509 *
first_revoked(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) * chain)
{
	if (revoked(t, leaf, chain))
		return leaf;
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (revoked(t, sk_X509_value(chain, i), chain))
			return sk_X509_value(chain, i);
	return NULL;
}

static void
refuse(const struct tls_trusted *t, const char *got, const char *why, struct err *e)
{
	struct buf list = BUF_INIT(ERR_TEXT_SIZE);
	char hex[SHA256_HEX_SIZE];
	struct err ignored;

	for (size_t i = 0; i < t->n; i++) {
		trust_fingerprint(t->certs[i], hex);
		if (buf_addf(&list, &ignored, "%sSHA-256 %s (%s)", i == 0 ? "" : ", ", hex,
			t->files[i]) == -1)
			break;
	}
	err_setx(e, ERR_SIGNATURE,
	    "the peer's certificate is not trusted%s%s%s: got %s; TLS_RequiredLevel is TLSPeerAuth, and "
	    "TLS_TrustedCerts has %s",
	    why == NULL ? "" : " (", why == NULL ? "" : why, why == NULL ? "" : ")", got,
	    buf_text(&list));
	buf_free(&list);
}

enum slipway_tls_code
trust_verify(const struct tls_trusted *t, X509 *leaf, STACK_OF(X509) * others, bool server,
    struct err *e)
{
	const char *why = NULL, *expired = NULL;
	STACK_OF(X509) *chain = NULL;
	bool pinned = false;
	X509 *gone;
	char got[TLS_CERT_TEXT];

	for (size_t i = 0; i < t->n; i++)
		pinned |= X509_cmp(t->certs[i], leaf) == 0;
	if (!pinned && (chain = chain_of(t, leaf, others, server, &why)) == NULL) {
		trust_describe(leaf, got, sizeof got);
		refuse(t, got, why, e);
		return SLIPWAY_TLS_E_UNTRUSTED;
	}
	gone = first_revoked(t, leaf, chain);
	if (gone != NULL) {
		trust_describe(gone, got, sizeof got);
		err_setx(e, ERR_SIGNATURE, "%s is revoked in TLS_CRLFile: %s",
		    gone == leaf ? "the peer's certificate" : "an issuer of the peer's certificate",
		    got);
	}
	sk_X509_pop_free(chain, X509_free);
	if (gone != NULL)
		return SLIPWAY_TLS_E_REVOKED;
	/* Whoever can find the key of a pinned certificate has it, too. */
	if (X509_get0_pubkey(leaf) == NULL ||
	    EVP_PKEY_get_security_bits(X509_get0_pubkey(leaf)) < TLS_SECURITY_BITS)
		why = "the peer's key is too weak (want RSA 2048, P-256, Ed25519 or stronger)";
	else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		expired = "the peer's certificate is expired";
	else if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		expired = "the peer's certificate is not valid yet";
	else
		return SLIPWAY_TLS_OK;
	trust_describe(leaf, got, sizeof got);
	err_setx(e, expired != NULL ? ERR_EXPIRED : ERR_SIGNATURE, "%s: %s",
	    expired != NULL ? expired : why, got);
	return expired != NULL ? SLIPWAY_TLS_E_EXPIRED : SLIPWAY_TLS_E_UNTRUSTED;
}
