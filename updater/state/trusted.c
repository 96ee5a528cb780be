/* SPDX-License-Identifier: ISC */
/* The certificates that the program of a station trusts. */
#include "updater/state/trusted.h"

#include <stdlib.h>
#include <string.h>

#include "lib/settings/application.h"
#include "lib/settings/expand.h"
#include "lib/settings/tls_setting.h"

void
trusted_free(struct trusted *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->certs[i].file);
		free(t->certs[i].error);
	}
	free(t->certs);
	*t = (struct trusted){ NULL, 0 };
}

static struct trusted_cert *
append_cert(struct trusted *t, const char *file, struct err *e)
{
	if (list_grow(&t->certs, t->n, sizeof *t->certs, e) == -1)
		return NULL;
	t->certs[t->n] = (struct trusted_cert){ .file = strdup(file) };
	if (t->certs[t->n].file == NULL) {
		err_nomem(e);
		return NULL;
	}
	return &t->certs[t->n++];
}

int
trusted_fault(struct trusted *t, const char *file, const struct err *why, struct err *e)
{
	struct trusted_cert *c = append_cert(t, file, e);

	if (c == NULL)
		return -1;
	return (c->error = strdup(why->text)) == NULL ? err_nomem(e) : 0;
}

/* While the files of a list are read. */
struct reading {
	struct trusted *t;
	int rc;
	struct err *e;
};

static int
add_cert(struct trusted *t, const char *file, X509 *x, struct err *e)
{
	struct trusted_cert *c;
	struct cert_facts facts;
	struct err why;

	if (cert_facts(x, &facts, &why) == -1)
		return trusted_fault(t, file, &why, e);
	if ((c = append_cert(t, file, e)) == NULL)
		return -1;
	c->facts = facts;
	c->days_left = cert_days_left(x);
	return 0;
}

static void
read_trusted(void *arg, const struct source *one)
{
	struct reading *r = arg;
	STACK_OF(X509) * certs;
	struct err why;

	if (r->rc == -1)
		return;
	if ((certs = certs_read(one, &why)) == NULL)
		r->rc = trusted_fault(r->t, one->text, &why, r->e);
	for (int i = 0; r->rc == 0 && i < sk_X509_num(certs); i++)
		r->rc = add_cert(r->t, one->text, sk_X509_value(certs, i), r->e);
	certs_free(certs);
}

/* The files of the setting's text, by the rules of the TLS library. */
static int
read_files(const struct value *v, struct trusted *t, struct err *e)
{
	struct reading r = { .t = t, .e = e };
	struct source list = { .label = "TLS_TrustedCerts" };
	struct buf text = BUF_INIT(EXPAND_MAX);

	if ((r.rc = tls_setting_files(v, &text, e)) == 0 && text.len > 0) {
		list.text = buf_text(&text);
		list.len = text.len;
		r.rc = source_whole(&list, true, e);
	}
	if (r.rc == 0 && text.len > 0 && sources_each(&list, read_trusted, &r, e) == -1)
		r.rc = -1;
	buf_free(&text);
	return r.rc;
}

int
trusted_load(struct settings *s, const struct station *st, struct trusted *t, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct value v = VALUE_INIT;
	int rc = -1;

	*t = (struct trusted){ NULL, 0 };
	if (application_key(&key, st->installation, st->application, e) == 0 &&
	    buf_adds(&key, "\\TLS_Client", e) == 0)
		rc = settings_get(s, buf_text(&key), "TLS_TrustedCerts", &v, e);
	if (rc == 1)
		rc = read_files(&v, t, e);
	if (rc == -1)
		trusted_free(t);
	value_free(&v);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}
