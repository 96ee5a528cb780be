/* SPDX-License-Identifier: ISC */
/* Kernels that stations with the release would refuse. */
#include "server/review/guard_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/x509/trust.h"
#include "server/cert/probe.h"
#include "server/review/tls_use.h"

/* Bytes of all trusted certificates and lists of a release. */
#define ALL_MAX (16u * 1024 * 1024)

/* What stations with the release would trust. */
struct trusted {
	const struct content *c;
	struct buf certs, crls;
	struct buf *to; /* one of both */
	const char *label;
};

/* Adds a file; one that can't be read isn't trusted, and guard_trust_files() tells of it. */
static int
add_target(struct trusted *t, const char *target, struct err *e)
{
	struct buf text = BUF_INIT(CRL_FILE_MAX);
	STACK_OF(X509) *certs = NULL;
	struct err ignored;
	int rc = content_read_block(t->c, target, t->label, &text, e);
	const void *data = text.data;
	size_t len = text.len;

	if (rc == 1 && t->to == &t->certs && certs_parse(data, len, &certs, &ignored) == -1)
		rc = 0;
	if (rc == 1 && text_begin(&data, &len, &ignored) == 0 &&
	    (buf_add(t->to, data, len, e) == -1 || buf_addc(t->to, '\n', e) == -1))
		rc = -1;
	certs_free(certs);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
add_file(void *arg, const struct tls_use *u, const char *path, struct err *e)
{
	struct trusted *t = arg;
	char target[CONTENT_TARGET_SIZE];

	(void)u;
	content_target(t->c, path, target);
	return content_has(t->c, path) ? add_target(t, target, e) : 0;
}

static int
add_use(void *arg, const struct tls_use *u, struct err *e)
{
	const char *side = strrchr(u->key, '\\');

	return ascii_same(side, "\\TLS_Client") ? tls_use_files(u, add_file, arg, e) : 0;
}

static int
add_all(struct trusted *t, struct err *e)
{
	const char *target;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)t->c->targets, target, one)
		if (layout_is_in(target, LAYOUT_APP) && add_target(t, target, e) == -1)
			return -1;
	return 0;
}

static int
find_trusted(struct trusted *t, const struct review *v, struct err *e)
{
	t->to = &t->certs;
	t->label = "CERTIFICATE";
	if (tls_uses(&v->is, TLS_TRUSTED, add_use, t, e) == -1 ||
	    (t->certs.len == 0 && add_all(t, e) == -1))
		return -1;
	t->to = &t->crls;
	t->label = "X509 CRL";
	return tls_uses(&v->is, TLS_CRL_FILE, add_use, t, e);
}

/* Returns 0, or -1 with why. */
static int
judge(const struct trust *trust, const struct cert_looked *k, struct err *why)
{
	STACK_OF(X509) *chain = NULL;
	int rc = k->rc;

	if (rc == -1)
		*why = k->why;
	else if ((rc = certs_parse(k->pem.data, k->pem.len, &chain, why)) == 0 &&
	    trust_verify(trust, sk_X509_value(chain, 0), chain, true, why) != TRUST_OK)
		rc = -1;
	certs_free(chain);
	return rc;
}

static int
report(struct guard_findings *f, const struct cert_looked *k, const struct err *why, struct err *e)
{
	struct err all;

	err_setx(&all, ERR_CONFLICT,
	    k->rc == -1
		? "--connect %s: want a Kernel that stations with this release would trust, got none that answers: %s; start it, or leave it out"
		: "--connect %s: want a Kernel that stations with this release would trust, got one that they would refuse: %s; give them its certificate first ('slipway-repo cert replace' takes the steps)",
	    k->server, why->text);
	return guard_found(f, GUARD_KERNEL, &all, e);
}

static int
judge_all(struct guard_findings *f, const struct trust *trust, const char *const *servers, size_t n,
    struct err *e)
{
	struct cert_looked *all = calloc(n, sizeof *all);
	int rc = 0;

	if (all == NULL)
		return err_nomem(e);
	cert_look_all(all, servers, n);
	for (size_t i = 0; i < n; i++) {
		struct err why;

		if (rc == 0 && judge(trust, &all[i], &why) == -1)
			rc = report(f, &all[i], &why, e);
		buf_free(&all[i].pem);
	}
	free(all);
	return rc;
}

int
guard_kernels(struct guard_findings *f, const struct review *v, const char *const *servers,
    size_t n, struct err *e)
{
	struct trusted t = { .c = &v->after,
		.certs = BUF_INIT(ALL_MAX),
		.crls = BUF_INIT(ALL_MAX) };
	struct trust trust;
	struct err why, all;
	int rc = n == 0 ? 0 : find_trusted(&t, v, e);

	if (rc == 0 && n > 0) {
		const struct source certs = { "TLS_TrustedCerts of this release",
			buf_text(&t.certs), t.certs.len, true };
		const struct source crls = { "TLS_CRLFile of this release", buf_text(&t.crls),
			t.crls.len, true };

		if (trust_read(&trust, &certs, &crls, NULL, NULL, &why) == 0) {
			rc = judge_all(f, &trust, servers, n, e);
			trust_free(&trust);
		} else {
			err_setx(&all, ERR_CONFLICT,
			    "--connect: want certificates in this release to judge Kernels by: %s",
			    why.text);
			rc = guard_found(f, GUARD_KERNEL, &all, e);
		}
	}
	buf_free(&t.certs);
	buf_free(&t.crls);
	return rc;
}
