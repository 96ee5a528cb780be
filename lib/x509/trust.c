/* SPDX-License-Identifier: ISC */
/* Trusted certificates: pins and CA certificates. */
#include "lib/x509/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/x509/judge.h"
#include "lib/x509/pair.h"
#include "lib/x509/signature.h"

/* Bytes of the reason why a chain is refused, with the final NUL. */
#define WHY_SIZE 200

void
trust_free(struct trust *t)
{
	for (size_t i = 0; i < t->n; i++) {
		X509_free(t->certs[i]);
		free(t->files[i]);
	}
	X509_STORE_free(t->authorities);
	crls_free(t->crls);
	memset(t, 0, sizeof *t);
}

/* Add all certificates of a file, or none when they are too many. */
static int
add_certs(struct trust *t, const struct source *s, struct err *e)
{
	STACK_OF(X509) *all = certs_read(s, e);
	int rc = all == NULL ? -1 : 0;

	if (rc == 0 && t->n + (size_t)sk_X509_num(all) > CERTS_MAX)
		rc = err_setx(e, ERR_TOO_LARGE,
		    "%s: with those of the files before it over %d certificates", source_name(s),
		    CERTS_MAX);
	for (int i = 0; rc == 0 && i < sk_X509_num(all); i++) {
		if ((t->files[t->n] = strdup(source_name(s))) == NULL) {
			rc = err_nomem(e);
		} else {
			t->certs[t->n] = sk_X509_value(all, i);
			X509_up_ref(t->certs[t->n++]);
		}
	}
	certs_free(all);
	return rc;
}

static void
add_source(void *arg, const struct source *s)
{
	struct trust *t = arg;
	struct err why;

	if (add_certs(t, s, &why) == -1 && t->remark.code == ERR_NONE)
		t->remark = why;
}

/*
 * While certificates are exchanged one of several files may not be there yet.  The files that can
 * be read count and the first that can't is remarked; when none can, that is an error, which the
 * caller decides on.
 */
static int
read_sources(struct trust *t, const struct source *s, struct err *e)
{
	if (sources_each(s, add_source, t, e) == -1)
		return -1;
	if (t->n > 0)
		return 0;
	if (t->remark.code == ERR_NONE)
		return err_setx(e, ERR_CONFIG, "%s is not set", s->label);
	*e = t->remark;
	return err_context(e, "%s", s->label);
}

/* Only CA certificates can sign others; a pinned certificate stands for itself alone. */
static int
keep_authorities(struct trust *t, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < t->n; i++) {
		if (X509_check_ca(t->certs[i]) != 1)
			continue;
		if (t->authorities == NULL)
			t->authorities = X509_STORE_new();
		ok =
		    t->authorities != NULL && X509_STORE_add_cert(t->authorities, t->certs[i]) == 1;
	}
	ERR_clear_error();
	return ok ? 0 : err_nomem(e);
}

/* Remark a CA whose certificates nobody may take, before a peer is refused for it. */
static void
remark_authorities(struct trust *t)
{
	char name[CERT_QUOTED_SIZE];

	for (size_t i = 0; i < t->n && t->ca_remark.code == ERR_NONE; i++) {
		const char *why = judge_authority(t->certs[i]);

		if (why == NULL)
			continue;
		cert_quote(X509_get_subject_name(t->certs[i]), name);
		err_setx(&t->ca_remark, ERR_CONFIG,
		    "%s: %s can't vouch for other certificates: %s; it counts for itself alone",
		    t->files[i], name, why);
	}
}

/* Whether a list was signed by a trusted certificate, or by one of a chain that was verified. */
static bool
valid_crl(const struct trust *t, X509_CRL *crl, STACK_OF(X509) * chain)
{
	for (size_t i = 0; i < t->n; i++)
		if (crl_signed_by(crl, t->certs[i]))
			return true;
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (crl_signed_by(crl, sk_X509_value(chain, i)))
			return true;
	return false;
}

/*
 * A list may be signed by a CA that only a peer's chain names.  It can't count when t has a CA of
 * that name with another key, or no CA that may issue CAs.
 */
static bool
may_count(const struct trust *t, X509_CRL *crl)
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

/*
 * A list whose signer is trusted but may not sign lists is an error: whoever put it there counts on
 * it.
 */
static int
check_crl_signers(const struct trust *t, struct err *e)
{
	char issuer[CERT_QUOTED_SIZE];

	for (int i = 0; i < sk_X509_CRL_num(t->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);
		bool signs = false, may = false;

		for (size_t k = 0; k < t->n; k++)
			if (crl_key_of(crl, t->certs[k])) {
				signs = true;
				may |= crl_signed_by(crl, t->certs[k]);
			}
		if (!signs || may)
			continue;
		cert_quote(X509_CRL_get_issuer(crl), issuer);
		return err_setx(e, ERR_SIGNATURE,
		    "the list of %s: want a signer whose keyUsage names cRLSign, got one without",
		    issuer);
	}
	return 0;
}

/* Remark a list that revokes nothing, so that the operator learns of it. */
static void
remark_crls(struct trust *t)
{
	char issuer[CERT_QUOTED_SIZE];

	for (int i = 0; i < sk_X509_CRL_num(t->crls) && t->crl_remark.code == ERR_NONE; i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);

		if (may_count(t, crl))
			continue;
		cert_quote(X509_CRL_get_issuer(crl), issuer);
		err_setx(&t->crl_remark, ERR_SIGNATURE,
		    "the list of %s is signed by no CA of %s; it revokes nothing", issuer,
		    t->label);
	}
	ERR_clear_error();
}

static int
read_crls(struct trust *t, const struct source *s, struct err *e)
{
	if (s->len > 0 && (t->crls = crls_read(s, e)) == NULL)
		return err_context(e, "%s", s->label);
	return check_crl_signers(t, e) == -1 ? err_context(e, "%s", s->label) : 0;
}

/* Lists that can't be read take nothing away: those of before go on revoking. */
static int
keep_crls(struct trust *t, STACK_OF(X509_CRL) * before, const struct err *why, struct err *e)
{
	crls_free(t->crls);
	t->crls = NULL;
	if (before == NULL)
		return -1;
	if ((t->crls = crls_share(before)) == NULL)
		return err_nomem(e);
	t->crls_kept = true;
	t->crl_remark = *why;
	err_context(&t->crl_remark, "the lists read before stay in force");
	return 0;
}

int
trust_read(struct trust *t, const struct source *certs, const struct source *crls, const char *rule,
    STACK_OF(X509_CRL) * before, struct err *e)
{
	struct err why;

	*t = (struct trust){ .label = certs->label, .crl_label = crls->label, .rule = rule };
	if (read_sources(t, certs, e) == -1 || keep_authorities(t, e) == -1)
		goto fail;
	remark_authorities(t);
	/* A file of lists that can't be read is an error: it may be what refuses the peer. */
	if (read_crls(t, crls, &why) == -1) {
		*e = why;
		if (keep_crls(t, before, &why, e) == -1)
			goto fail;
		return 0;
	}
	remark_crls(t);
	return 0;
fail:
	trust_free(t);
	return -1;
}

/* The first certificate below the CA of a chain whose signature is weak, or NULL. */
static X509 *
first_weak(STACK_OF(X509) * chain)
{
	for (int i = 0; i + 1 < sk_X509_num(chain); i++)
		if (!cert_signature_strong(sk_X509_value(chain, i)))
			return sk_X509_value(chain, i);
	return NULL;
}

/*
 * Returns the chain from leaf to a CA of t, or NULL; *why is set when a CA was asked.  Strict: by
 * the rules of RFC 5280.
 */
static STACK_OF(X509) *
    build(const struct trust *t, X509 *leaf, STACK_OF(X509) * others, bool server, bool strict,
	const char **why)
{
	X509_STORE_CTX *ctx = t->authorities == NULL ? NULL : X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, t->authorities, leaf, others) &&
	    X509_STORE_CTX_set_purpose(ctx,
		server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT)) {
		X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
		    (strict ? X509_V_FLAG_X509_STRICT : 0) | X509_V_FLAG_PARTIAL_CHAIN);
		X509_STORE_CTX_set_verify_cb(ctx, judge_lenient);
		/*
		 * This context doesn't inherit the connection's level: without it MD5 and RSA 512
		 * would do.
		 */
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx),
		    CERT_SECURITY_LEVEL);
		if (X509_verify_cert(ctx) == 1)
			chain = X509_STORE_CTX_get1_chain(ctx);
		else
			*why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	return chain;
}

/* The trusted certificate that issued x but isn't a CA's by its own words, or NULL. */
static X509 *
no_authority(const struct trust *t, X509 *x)
{
	X509 *found = NULL;

	for (size_t i = 0; i < t->n && found == NULL; i++)
		if (X509_check_ca(t->certs[i]) != 1 &&
		    X509_NAME_cmp(X509_get_subject_name(t->certs[i]), X509_get_issuer_name(x)) ==
			0 &&
		    X509_verify(x, X509_get0_pubkey(t->certs[i])) == 1)
			found = t->certs[i];
	ERR_clear_error();
	return found;
}

/* As build(), strict, with a strong signature of each certificate; why is text for a refusal. */
static STACK_OF(X509) *
    chain_of(const struct trust *t, X509 *leaf, STACK_OF(X509) * others, bool server,
	char why[WHY_SIZE])
{
	const char *words = NULL, *lax_words = NULL;
	STACK_OF(X509) *chain = build(t, leaf, others, server, true, &words), *lax = NULL;
	X509 *weak = first_weak(chain);

	if (weak != NULL) {
		snprintf(why, WHY_SIZE, "%s that %s signed is too weak: want SHA-256 or stronger",
		    weak == leaf ? "the signature" : "an issuer's signature",
		    cert_signature_name(weak));
		certs_free(chain);
		return NULL;
	}
	if (chain != NULL)
		return chain;
	if (words != NULL && (lax = build(t, leaf, others, server, false, &lax_words)) != NULL)
		snprintf(why, WHY_SIZE,
		    "%s; programs that don't check by RFC 5280 take this chain, Slipway doesn't",
		    words);
	else if (no_authority(t, leaf) != NULL)
		snprintf(why, WHY_SIZE,
		    "its issuer is trusted, but only by itself: its certificate isn't a CA's (want basicConstraints CA:TRUE)");
	else if (words != NULL)
		snprintf(why, WHY_SIZE, "%s", words);
	certs_free(lax);
	return NULL;
}

/* Whether x was revoked; a pinned certificate can be, too.  chain is NULL for a pin. */
static bool
revoked(const struct trust *t, X509 *x, STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_CRL_num(t->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);

		if (crl_revokes(crl, x) && valid_crl(t, crl, chain))
			return true;
	}
	return false;
}

/* Returns the first certificate of a chain, from the leaf, that was revoked; NULL: none. */
static X509 *
first_revoked(const struct trust *t, X509 *leaf, STACK_OF(X509) * chain)
{
	if (revoked(t, leaf, chain))
		return leaf;
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (revoked(t, sk_X509_value(chain, i), chain))
			return sk_X509_value(chain, i);
	return NULL;
}

static void
refuse_peer(const struct trust *t, const char *got, const char *why, struct err *e)
{
	struct buf list = BUF_INIT(ERR_TEXT_SIZE);
	char hex[SHA256_HEX_SIZE];
	struct err ignored;

	for (size_t i = 0; i < t->n; i++) {
		cert_hex(t->certs[i], hex);
		if (buf_addf(&list, &ignored, "%sSHA-256 %s (%s)", i == 0 ? "" : ", ", hex,
			t->files[i]) == -1)
			break;
	}
	err_setx(e, ERR_SIGNATURE,
	    "the peer's certificate is not trusted%s%s%s: got %s; %s%s%s has %s",
	    why == NULL ? "" : " (", why == NULL ? "" : why, why == NULL ? "" : ")", got,
	    t->rule == NULL ? "" : t->rule, t->rule == NULL ? "" : ", and ", t->label,
	    buf_text(&list));
	buf_free(&list);
}

enum trust_verdict
trust_verify(const struct trust *t, X509 *leaf, STACK_OF(X509) * others, bool server, struct err *e)
{
	const char *weak = NULL, *expired = NULL;
	char why[WHY_SIZE] = "";
	STACK_OF(X509) *chain = NULL;
	bool pinned = false;
	X509 *gone;
	char got[CERT_DESCRIBE_SIZE];

	for (size_t i = 0; i < t->n; i++)
		pinned |= X509_cmp(t->certs[i], leaf) == 0;
	if (!pinned && (chain = chain_of(t, leaf, others, server, why)) == NULL) {
		cert_describe(leaf, got, sizeof got);
		refuse_peer(t, got, why[0] == '\0' ? NULL : why, e);
		return TRUST_REFUSED;
	}
	gone = first_revoked(t, leaf, chain);
	if (gone != NULL) {
		cert_describe(gone, got, sizeof got);
		err_setx(e, ERR_SIGNATURE, "%s is revoked in %s: %s",
		    gone == leaf ? "the peer's certificate" : "an issuer of the peer's certificate",
		    t->crl_label, got);
	}
	certs_free(chain);
	if (gone != NULL)
		return TRUST_REVOKED;
	/* A weak key can also be computed from a pinned certificate, so pins are checked too. */
	if (X509_get0_pubkey(leaf) == NULL ||
	    EVP_PKEY_get_security_bits(X509_get0_pubkey(leaf)) < CERT_SECURITY_BITS)
		weak = "the peer's key is too weak (want RSA 2048, P-256, Ed25519 or stronger)";
	else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		expired = "the peer's certificate is expired";
	else if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		expired = "the peer's certificate is not valid yet";
	else
		return TRUST_OK;
	cert_describe(leaf, got, sizeof got);
	err_setx(e, expired != NULL ? ERR_EXPIRED : ERR_SIGNATURE, "%s: %s%s",
	    expired != NULL ? expired : weak, got,
	    expired != NULL ? "; compare the clocks, or tell the peer's administrator to replace it"
			    : "");
	return expired != NULL ? TRUST_EXPIRED : TRUST_REFUSED;
}
