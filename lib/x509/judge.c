/* SPDX-License-Identifier: ISC */
/* Faults of certificates that pair_read() doesn't refuse. */
#include "lib/x509/judge.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/x509/pair.h"
#include "lib/x509/signature.h"

int
judge_lenient(int ok, X509_STORE_CTX *ctx)
{
	return ok || X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CA_CERT_MISSING_KEY_USAGE;
}

/* The rules are those of OpenSSL's strict verification, which doesn't ask them of a CA alone. */
const char *
judge_authority(X509 *x)
{
	const uint32_t flags = X509_get_extension_flags(x);
	const bool usage = (flags & EXFLAG_KUSAGE) != 0,
		   signs = (X509_get_key_usage(x) & X509v3_KU_KEY_CERT_SIGN) != 0;
	const char *why = NULL;

	if ((flags & EXFLAG_CA) == 0)
		return usage && signs ? "want basicConstraints CA:TRUE, got none" : NULL;
	if (usage && !signs)
		why = "want a keyUsage that names keyCertSign, got one without";
	else if (!usage && X509_get_pathlen(x) != -1)
		why = "want a keyUsage beside a pathlen in basicConstraints, got none";
	else if ((flags & EXFLAG_BCONS_CRITICAL) == 0)
		why = "want basicConstraints that are critical, got others";
	else if (X509_get0_subject_key_id(x) == NULL)
		why = "want a subjectKeyIdentifier, got none";
	else if (X509_NAME_entry_count(X509_get_subject_name(x)) == 0)
		why = "want a subject, got an empty one";
	else if (X509_get0_pubkey(x) == NULL ||
	    EVP_PKEY_get_security_bits(X509_get0_pubkey(x)) < CERT_SECURITY_BITS)
		why = "want a key of RSA 2048, P-256, Ed25519 or stronger, got a weaker one";
	ERR_clear_error();
	return why;
}

struct judge {
	const char *file;
	void (*fault)(void *arg, bool warning, const struct err *e);
	void *arg;
};

/* A weak signature of a certificate that isn't trusted itself lets others make one like it. */
static void
check_signature(const struct judge *j, X509 *x, int number)
{
	bool self = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	struct err e;

	if (cert_signature_strong(x))
		return;
	err_setx(&e, ERR_SIGNATURE,
	    "%s: certificate %d is signed with %s: want SHA-256 or stronger", j->file, number,
	    cert_signature_name(x));
	j->fault(j->arg, self, &e);
}

static void
check_issuer(const struct judge *j, X509 *x, X509 *issuer, int number)
{
	struct err e;

	if (X509_check_issued(issuer, x) == X509_V_OK &&
	    X509_verify(x, X509_get0_pubkey(issuer)) == 1)
		return;
	err_setx(&e, ERR_CONFIG,
	    "%s: certificate %d is not issued by certificate %d: want the server's first, then its issuer's",
	    j->file, number, number + 1);
	j->fault(j->arg, false, &e);
}

void
judge_chain(STACK_OF(X509) * chain, const char *file,
    void (*fault)(void *arg, bool warning, const struct err *e), void *arg)
{
	const struct judge j = { file, fault, arg };
	int n = sk_X509_num(chain);

	for (int i = 0; i < n; i++)
		check_signature(&j, sk_X509_value(chain, i), i + 1);
	for (int i = 0; i + 1 < n; i++)
		check_issuer(&j, sk_X509_value(chain, i), sk_X509_value(chain, i + 1), i + 1);
	ERR_clear_error();
}
