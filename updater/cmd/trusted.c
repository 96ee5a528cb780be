/* SPDX-License-Identifier: ISC */
/*
 * The certificates of TLS_TrustedCerts, for status.
 */
#include "updater/cmd/trusted.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/base/digest.h"
#include "lib/base/pem.h"
#include "lib/os/file.h"
#include "lib/settings/application.h"
#include "lib/settings/expand.h"

#define FILE_MAX (1024u * 1024) /* as the TLS library */

static json_t *
describe(const char *file, X509 *cert)
{
	char subject[256], hex[SHA256_HEX_SIZE], when[DATE_TEXT_SIZE];
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int days = 0, seconds = 0;

	if (!X509_digest(cert, EVP_sha256(), sum, &len) || len != SHA256_SIZE ||
	    !ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
		return NULL;
	X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof subject);
	hex_encode(sum, SHA256_SIZE, hex);
	date_format(clock_wall() + (int64_t)days * 86400 + seconds, when);
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "file", file, "subject", subject, "sha256",
	    hex, "not_after", when, "days_left", seconds < 0 ? days - 1 : days);
}

static void
add_file(json_t *all, const char *file)
{
	struct buf b = BUF_INIT(FILE_MAX);
	BIO *in = NULL;
	X509 *cert;
	struct err e;
	size_t n = 0;

	if (file_read(NULL, file, &b, &e) == 0 &&
	    (in = BIO_new_mem_buf(b.data, (int)b.len)) != NULL)
		for (; n < TRUSTED_SHOWN_MAX &&
		     (cert = PEM_read_bio_X509(in, NULL, pem_passphrase, NULL)) != NULL;
		     n++) {
			json_array_append_new(all, describe(file, cert));
			X509_free(cert);
		}
	else if (in == NULL && b.len == 0)
		json_array_append_new(all, json_pack("{s:s, s:s}", "file", file, "error", e.text));
	if (in != NULL && n == 0)
		json_array_append_new(all,
		    json_pack("{s:s, s:s}", "file", file, "error",
			"holds no certificate in PEM form"));
	ERR_clear_error();
	BIO_free(in);
	buf_free(&b);
}

/* The files of the setting's text, which the library's rules expand and split. */
static int
add_files(json_t *all, const struct value *v, struct err *e)
{
	const struct expand_names names = { .environment = true };
	struct buf list = BUF_INIT(EXPAND_MAX);
	int rc = expand(value_get_text(v), v->len, &names, &list, e);
	char *rest;

	if (rc == 0 && list.len > 0 && (rc = buf_addc(&list, '\0', e)) == 0) {
		for (char *p = (char *)list.data; *p != '\0'; p++)
			if (*p == '\\')
				*p = '/';
		for (char *file = strtok_r((char *)list.data, ";", &rest); file != NULL;
		     file = strtok_r(NULL, ";", &rest))
			add_file(all, file);
	}
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
