/* SPDX-License-Identifier: ISC */
/* Private keys and self-signed X.509 v3 certificates, and requests for others to sign. */
#include "server/cert/request.h"

#include <stdio.h>

#include "lib/base/date.h"
#include "lib/base/path.h"
#include "lib/os/clock.h"
#include "server/cert/issue.h"
#include "lib/x509/facts.h"
#include "lib/x509/key.h"

/* A key, the subject and the names of a request. */
struct parts {
	EVP_PKEY *key;
	X509_NAME *subject;
	GENERAL_NAMES *names;
};

static void
parts_free(struct parts *p)
{
	EVP_PKEY_free(p->key);
	X509_NAME_free(p->subject);
	sk_GENERAL_NAME_pop_free(p->names, GENERAL_NAME_free);
}

/* Makes the key last: an RSA key takes a while, and other mistakes are reported at once. */
static int
parts_make(const struct cert_request *rq, struct parts *p, struct err *e)
{
	char common_name[PATH_COMPONENT_MAX + 8];

	*p = (struct parts){ NULL, NULL, NULL };
	snprintf(common_name, sizeof common_name, "/CN=%s", rq->name);
	if ((p->subject = cert_subject(rq->subject == NULL ? common_name : rq->subject, e)) !=
		NULL &&
	    cert_sans(rq->sans, rq->n, &p->names, e) == 0 &&
	    (p->key = cert_key_make(rq->type, e)) != NULL)
		return 0;
	parts_free(p);
	return -1;
}

int
cert_make(const struct cert_request *rq, struct buf *key, struct buf *crt, struct cert_info *info,
    struct err *e)
{
	struct cert_order o = { .usage = rq->ca ? CERT_USAGE_CA : CERT_USAGE_BOTH };
	struct parts p;
	X509 *x = NULL;
	int rc = -1;

	if (parts_make(rq, &p, e) == -1)
		return -1;
	o.key = p.key;
	o.subject = p.subject;
	o.names = p.names;
	o.from = clock_wall();
	info->to = o.to = o.from + rq->days * DATE_DAY_SECONDS;
	info->from = cert_begin(o.from, o.to, NULL);
	if ((x = cert_issue(&o, NULL, p.key, e)) == NULL)
		goto out;
	if (cert_sha256(x, info->sha256, e) == 0 && cert_key_write(p.key, key, e) == 0 &&
	    cert_write(x, crt, e) == 0)
		rc = 0;
out:
	X509_free(x);
	parts_free(&p);
	return rc;
}

int
cert_make_request(const struct cert_request *rq, struct buf *key, struct buf *csr, struct err *e)
{
	struct parts p;
	X509_REQ *r;
	int rc = -1;

	if (parts_make(rq, &p, e) == -1)
		return -1;
	if ((r = cert_request(p.key, p.subject, p.names, e)) != NULL &&
	    cert_key_write(p.key, key, e) == 0)
		rc = cert_write_request(r, csr, e);
	X509_REQ_free(r);
	parts_free(&p);
	return rc;
}
