/* SPDX-License-Identifier: ISC */
/*
 * The certificates that the program of a station trusts.
 */
#include "updater/state/trusted.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/os/path.h"
#include "lib/settings/application.h"
#include "lib/settings/expand.h"
#include "lib/x509/source.h"

#define FILE_MAX (1024u * 1024) /* as the TLS library */
#define DAY	 86400

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
add(struct trusted *t, const char *file, struct err *e)
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
	struct trusted_cert *c = add(t, file, e);

	if (c == NULL)
		return -1;
	return (c->error = strdup(why->text)) == NULL ? err_nomem(e) : 0;
}

/* While the files of a list are read. */
struct reading {
	struct trusted *t;
	const char *file;
	size_t n; /* certificates of this file */
	int rc;
	struct err *e;
};

static int
add_cert(void *arg, const struct cert_facts *facts, struct err *e)
{
	struct reading *r = arg;
	int64_t left = facts->to - clock_wall();
	struct trusted_cert *c;

	if (r->n == TRUSTED_FILE_MAX)
		return 0;
	if ((c = add(r->t, r->file, e)) == NULL)
		return -1;
	r->n++;
	c->facts = *facts;
	c->days_left = (left < 0 ? left - DAY + 1 : left) / DAY;
	return 0;
}

static void
read_file(void *arg, const struct source *one)
{
	struct reading *r = arg;
	struct buf pem = BUF_INIT(FILE_MAX);
	struct err why;
	char file[SOURCE_PATH_MAX + 1];

	if (r->rc == -1)
		return;
	snprintf(file, sizeof file, "%.*s", (int)one->len, one->text);
	r->file = file;
	r->n = 0;
	if ((file_read(NULL, file, &pem, &why) == -1 ||
		cert_read(pem.data, pem.len, add_cert, r, &why) == -1) &&
	    r->n == 0)
		r->rc = trusted_fault(r->t, file, &why, r->e);
	buf_free(&pem);
}

/* The files of the setting's text, by the rules of the TLS library. */
static int
read_files(const struct value *v, struct trusted *t, struct err *e)
{
	const struct expand_names names = { .environment = true };
	struct reading r = { .t = t, .e = e };
	struct source list = { .label = "TLS_TrustedCerts" };
	struct buf text = BUF_INIT(EXPAND_MAX);

	if ((r.rc = expand(value_get_text(v), v->len, &names, &text, e)) == 0 && text.len > 0) {
		for (size_t i = 0; i < text.len; i++)
			if (text.data[i] == '\\')
				text.data[i] = '/';
		list.text = buf_text(&text);
		list.len = text.len;
		if (sources_each(&list, read_file, &r, e) == -1)
			r.rc = -1;
	}
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
	if (rc == 1 && (v.type == VALUE_STRING || v.type == VALUE_EXPAND))
		rc = read_files(&v, t, e);
	if (rc == -1)
		trusted_free(t);
	value_free(&v);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}
