/* SPDX-License-Identifier: ISC */
/* Certificate revocation lists. */
#include "server/cert/crl_make.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/date.h"
#include "lib/x509/certs.h"
#include "server/cert/issue.h"
#include "server/cert/ca_db.h"
#include "lib/x509/key.h"

static int
set_revoked_serial(X509_REVOKED *r, const char *hex, struct err *e)
{
	ASN1_INTEGER *serial = NULL;
	BIGNUM *n = NULL;
	int ok = BN_hex2bn(&n, hex) != 0 && (serial = BN_to_ASN1_INTEGER(n, NULL)) != NULL &&
	    X509_REVOKED_set_serialNumber(r, serial) == 1;

	ASN1_INTEGER_free(serial);
	BN_free(n);
	return ok ? 0 : err_openssl(e, "serial number");
}

/* "unspecified" should be left out: a missing reason means the same (RFC 5280, 5.3.1). */
static int
set_reason(X509_REVOKED *r, const char *reason, struct err *e)
{
	ASN1_ENUMERATED *code;
	int ok;

	if (ca_reason(reason) <= 0)
		return 0;
	if ((code = ASN1_ENUMERATED_new()) == NULL)
		return err_nomem(e);
	ok = ASN1_ENUMERATED_set(code, ca_reason(reason)) == 1 &&
	    X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, code, 0, 0) == 1;
	ASN1_ENUMERATED_free(code);
	return ok ? 0 : err_openssl(e, "reason");
}

static int
add_entry(X509_CRL *crl, const json_t *entry, struct err *e)
{
	const json_t *revoked = json_object_get(entry, "revoked");
	const char *when = ca_db_text(revoked, "time");
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *time = NULL;
	int64_t seconds = 0;
	int rc = -1;

	if (r == NULL)
		return err_nomem(e);
	if (date_parse(when, strlen(when), &seconds) == -1)
		err_setx(e, ERR_SYNTAX, "a revocation without a time");
	else if ((time = ASN1_TIME_set(NULL, (time_t)seconds)) == NULL ||
	    X509_REVOKED_set_revocationDate(r, time) != 1)
		err_openssl(e, "time of a revocation");
	else if (set_revoked_serial(r, ca_db_text(entry, "serial"), e) == 0 &&
	    set_reason(r, ca_db_text(revoked, "reason"), e) == 0) {
		if (X509_CRL_add0_revoked(crl, r) != 1) {
			err_openssl(e, "list of revocations");
		} else {
			r = NULL; /* crl owns it now */
			rc = 0;
		}
	}
	ASN1_TIME_free(time);
	X509_REVOKED_free(r);
	return rc;
}

static int
add_crl_extensions(X509_CRL *crl, const struct crl_order *o, struct err *e)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *ext = NULL;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, o->cert, NULL, NULL, crl, 0);
	ok = number != NULL && ASN1_INTEGER_set_int64(number, o->number) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1 &&
	    (ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always")) !=
		NULL &&
	    X509_CRL_add_ext(crl, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	ASN1_INTEGER_free(number);
	return ok ? 0 : err_openssl(e, "extension");
}

/*
 * Whether a certificate ended so long ago that everybody refuses it by its date.  The list leaves
 * such certificates out; otherwise the list would grow for ever.
 */
static bool
has_ended(const json_t *entry, int64_t now)
{
	const char *to = ca_db_text(entry, "to");
	int64_t seconds;

	return date_parse(to, strlen(to), &seconds) == 0 && seconds < now - CRL_ENDED_SECONDS;
}

static int
fill_crl(X509_CRL *crl, const struct crl_order *o, struct err *e)
{
	/* As early for each life, so that a newer list never begins before an older one. */
	int64_t begin =
	    cert_begin(o->from, o->from + CRL_LIFE_MIN_DAYS * DATE_DAY_SECONDS, o->cert);
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)begin);
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)o->to);
	const json_t *entry;
	size_t i;
	int ok = from != NULL && to != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(o->cert)) == 1 &&
	    X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, to) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	if (!ok)
		return err_openssl(e, "list of revocations");
	json_array_foreach (o->issued, i, entry) {
		if (json_object_get(entry, "revoked") != NULL && !has_ended(entry, o->from) &&
		    add_entry(crl, entry, e) == -1)
			return -1;
	}
	if (add_crl_extensions(crl, o, e) == -1)
		return -1;
	X509_CRL_sort(crl);
	return X509_CRL_sign(crl, o->key, cert_key_digest(o->key)) > 0
	    ? 0
	    : err_openssl(e, "sign the list of revocations");
}

int
crl_make(const struct crl_order *o, struct buf *out, struct err *e)
{
	X509_CRL *crl = X509_CRL_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;
	int rc = -1;

	if (crl == NULL || bio == NULL)
		err_nomem(e);
	else if (fill_crl(crl, o, e) == 0) {
		if (PEM_write_bio_X509_CRL(bio, crl) != 1 ||
		    (len = BIO_get_mem_data(bio, &data)) <= 0)
			err_openssl(e, "write a list of revocations");
		else if ((size_t)len > CRL_FILE_MAX)
			err_setx(e, ERR_TOO_LARGE,
			    "the list of revocations: want at most %u bytes, got %ld; make a new CA, whose list is empty",
			    CRL_FILE_MAX, len);
		else
			rc = buf_add(out, data, (size_t)len, e);
	}
	BIO_free(bio);
	X509_CRL_free(crl);
	return rc;
}
