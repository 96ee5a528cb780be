/* SPDX-License-Identifier: ISC */
/*
 * The certificates of TLS_TrustedCerts, for status.
 */
#include "updater/cmd/trusted.h"

#include "lib/base/date.h"
#include "lib/settings/application.h"
#include "lib/settings/expand.h"
#include "lib/x509/facts.h"

static json_t *
describe(const char *file, X509 *x)
{
	char hex[SHA256_HEX_SIZE], when[DATE_TEXT_SIZE];
	struct cert_facts c;
	struct err e;

	if (cert_facts(x, &c, &e) == -1)
		return json_pack("{s:s, s:s}", "file", file, "error", e.text);
	hex_encode(c.sha256, SHA256_SIZE, hex);
	date_format(c.to, when);
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "file", file, "subject", c.subject, "sha256",
	    hex, "not_after", when, "days_left", cert_days_left(x));
}

static void
add_file(void *arg, const struct source *s)
{
	json_t *all = arg;
	struct err e;
	STACK_OF(X509) *certs = certs_read(s, &e);

	if (certs == NULL)
		json_array_append_new(all,
		    json_pack("{s:s, s:s}", "file", s->text, "error", e.text));
	for (int i = 0; i < sk_X509_num(certs); i++)
		json_array_append_new(all, describe(s->text, sk_X509_value(certs, i)));
	certs_free(certs);
}

/* The files of the setting's text, which the library's rules expand and split. */
static int
add_files(json_t *all, const struct value *v, struct err *e)
{
	const struct expand_names names = { .environment = true };
	struct buf list = BUF_INIT(EXPAND_MAX);
	int rc = expand(value_get_text(v), v->len, &names, &list, e);

	for (size_t i = 0; i < list.len; i++)
		if (list.data[i] == '\\')
			list.data[i] = '/';
	if (rc == 0)
		rc = sources_each(
		    &(const struct source){ "TLS_TrustedCerts", buf_text(&list), list.len, false },
		    add_file, all, e);
	buf_free(&list);
	return rc;
}

json_t *
trusted_json(struct settings *s, const struct station *st, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct value v = VALUE_INIT;
	json_t *all = json_array();
	int rc = all == NULL ? err_nomem(e) : 0;

	if (rc == 0 && (rc = application_key(&key, st->installation, st->application, e)) == 0 &&
	    (rc = buf_adds(&key, "\\TLS_Client", e)) == 0 &&
	    (rc = settings_get(s, buf_text(&key), "TLS_TrustedCerts", &v, e)) == 1 &&
	    (v.type == VALUE_STRING || v.type == VALUE_EXPAND))
		rc = add_files(all, &v, e);
	value_free(&v);
	buf_free(&key);
	if (rc != -1)
		return all;
	json_decref(all);
	return NULL;
}
