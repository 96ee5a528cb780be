/* SPDX-License-Identifier: ISC */
/* Faults of certificates that pair_read() doesn't refuse. */
#include "lib/x509/judge.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/x509/signature.h"

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
