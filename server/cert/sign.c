/* SPDX-License-Identifier: ISC */
/* Issuing a certificate for a signing request. */
#include "server/cert/sign.h"

#include <inttypes.h>
#include <stdio.h>

#include <openssl/err.h>

#include "lib/os/path.h"
#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/x509/key.h"
#include "lib/x509/facts.h"
#include "server/cert/ca_db.h"
#include "server/cert/names.h"
#include "server/cert/pair_files.h"
#include "server/repo/repo.h"

/* Most bytes of the description of a certificate. */
#define SHOWN_MAX (64u * 1024)

static X509_REQ *
read_request(const char *path, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	X509_REQ *rq = NULL;
	EVP_PKEY *key = NULL;

	if (file_read(NULL, path, &pem, e) == -1)
		goto out;
	if ((rq = request_parse(pem.data, pem.len, e)) == NULL) {
		err_context(e, "%s", path);
		goto out;
	}
	key = X509_REQ_get0_pubkey(rq);
	if (key == NULL || X509_REQ_verify(rq, key) != 1)
		err_setx(e, ERR_SIGNATURE,
		    "%s: the request isn't signed with the key that it is about; ask for a new one",
		    path);
	else if (cert_key_check(key, e) == -1 ||
	    names_check_subject(X509_REQ_get_subject_name(rq), e) == -1)
		err_context(e, "%s", path);
	else
		goto out;
	X509_REQ_free(rq);
	rq = NULL;
out:
	ERR_clear_error();
	buf_free(&pem);
	return rq;
}

/*
 * Returns an end no later than that of the CA: a certificate that outlives its CA is refused
 * everywhere.
 */
static int
set_dates(const struct ca *ca, int64_t asked, struct cert_order *o, struct err *e)
{
	int days = 0, rest = 0;

	if (ASN1_TIME_diff(&days, &rest, NULL, X509_get0_notAfter(ca->cert)) != 1)
		return err_openssl(e, "end of the CA");
	if (days < 0 || rest < 0)
		return err_setx(e, ERR_EXPIRED, "%s: the CA has expired; make another one",
		    dir_path(ca->dir));
	if (asked > days)
		return err_setx(e, ERR_USAGE, "--days: the CA ends in %d days, got %" PRId64, days,
		    asked);
	o->from = clock_wall();
	o->to = o->from + (asked == -1 ? CERT_SIGN_DAYS_DEFAULT : asked) * DATE_DAY_SECONDS;
	if (asked == -1 && days < CERT_SIGN_DAYS_DEFAULT)
		o->to = o->from + (int64_t)days * DATE_DAY_SECONDS + rest;
	return 0;
}

static struct dir *
open_cert_dir(const struct cert_sign *how, struct err *e)
{
	size_t len = (size_t)(path_base(how->request) - how->request);
	struct buf path = BUF_INIT(REPO_PATH_MAX);
	struct dir *d = NULL;

	if (how->out != NULL)
		return dir_make(how->out, 0755, e);
	if (len > 1 && how->request[len - 2] != ':')
		len--; /* the separator, unless it is the root */
	if (buf_add(&path, len == 0 ? "." : how->request, len == 0 ? 1 : len, e) == 0)
		d = dir_open(buf_text(&path), e);
	buf_free(&path);
	return d;
}

static int
record_signed(const struct ca *ca, const struct cert_sign *how, const struct cert_signed *made,
    struct err *e)
{
	char to[DATE_TEXT_SIZE];

	date_format(made->to, to);
	return ca_record(ca, "cert sign",
	    json_pack("{s:s,s:s,s:s,s:s}", "name", how->name, "serial", made->serial, "until", to,
		"usage", cert_usage_text(how->usage)),
	    e);
}

/*
 * Enters the certificate first, so that the CA knows every certificate; takes the entry back when
 * the file can't be written.
 */
static int
store_cert(struct ca *ca, const struct cert_sign *how, struct dir *d, X509 *x, const char *file,
    const struct cert_signed *made, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	json_t *issued = json_object_get(ca->db, "issued");
	struct err ignored;
	int rc = -1;

	if (cert_write(x, &pem, e) == -1 || ca_db_add(ca->db, x, how->name, how->usage, e) == -1 ||
	    record_signed(ca, how, made, e) == -1 || ca_db_write(ca->dir, ca->db, e) == -1)
		goto out;
	if (how->force)
		rc = pair_files_keep(d, how->name, "crt", e) == -1
		    ? -1
		    : file_replace(d, file, pem.data, pem.len, 0644, e);
	else
		rc = file_create(d, file, pem.data, pem.len, 0644, e);
	if (rc == -1) {
		if (e->code == ERR_EXISTS)
			err_context(e, "--force replaces it");
		if (json_array_remove(issued, json_array_size(issued) - 1) == 0)
			ca_db_write(ca->dir, ca->db, &ignored);
	}
out:
	buf_free(&pem);
	return rc;
}

static int
show_names(const GENERAL_NAMES *names, size_t others, struct buf *out, struct err *e)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (buf_adds(out, "  name     ", e) == -1 ||
		    names_show(sk_GENERAL_NAME_value(names, i), out, e) == -1 ||
		    buf_addc(out, '\n', e) == -1)
			return -1;
	if (sk_GENERAL_NAME_num(names) <= 0 && buf_adds(out, "  name     none\n", e) == -1)
		return -1;
	return others == 0 ? 0
			   : buf_addf(out, e, "  not granted: %zu names of other types\n", others);
}

/* Appends a description of the certificate for the person who issues it. */
static int
show_order(const struct ca *ca, const struct cert_order *o, const struct cert_sign *how,
    size_t others, struct buf *out, struct err *e)
{
	char subject[CERT_QUOTED_SIZE], issuer[CERT_QUOTED_SIZE], to[DATE_TEXT_SIZE];
	const char *usage =
	    o->usage == CERT_USAGE_BOTH ? "server and client" : cert_usage_text(o->usage);

	cert_quote(o->subject, subject);
	cert_quote(X509_get_subject_name(ca->cert), issuer);
	date_format(o->to, to);
	return buf_addf(out, e, "%s.crt, issued by %s\n  subject  %s\n", how->name, issuer,
		   subject) == -1 ||
		show_names(o->names, others, out, e) == -1
	    ? -1
	    : buf_addf(out, e, "  usage    %s\n  key      %s, %d bits\n  until    %s\n", usage,
		  EVP_PKEY_get0_type_name(o->key), EVP_PKEY_get_bits(o->key), to);
}

/* Shows the order to the person who issues the certificate, and asks.  Returns 0 for yes, or -1. */
static int
agree_order(const struct ca *ca, const struct cert_order *o, const struct cert_sign *how,
    size_t others, struct err *e)
{
	struct buf text = BUF_INIT(SHOWN_MAX);
	int rc = show_order(ca, o, how, others, &text, e);

	if (rc == 0)
		rc = how->agree(how->arg, buf_text(&text), e);
	buf_free(&text);
	return rc;
}

/* Refuses the CA's own name: programs that compare names would take the certificate for the CA. */
static int
check_own_name(const struct ca *ca, const X509_NAME *subject, struct err *e)
{
	if (X509_NAME_cmp(subject, X509_get_subject_name(ca->cert)) != 0)
		return 0;
	return err_setx(e, ERR_CONFLICT,
	    "the request's subject: want another name than that of the CA; ask for a new request");
}

int
cert_sign(struct ca *ca, const struct cert_sign *how, struct cert_signed *out, struct err *e)
{
	struct cert_order o = { .usage = how->usage };
	char file[PATH_COMPONENT_MAX + 8];
	GENERAL_NAMES *names = NULL;
	X509_REQ *rq = NULL;
	struct dir *d = NULL;
	size_t others = 0;
	X509 *x = NULL;
	int rc = -1;

	snprintf(file, sizeof file, "%s.crt", how->name);
	if ((rq = read_request(how->request, e)) == NULL ||
	    cert_sans(how->sans, how->n, &names, e) == -1 || set_dates(ca, how->days, &o, e) == -1)
		goto out;
	if (names == NULL && names_asked(rq, &names, &others, e) == -1) {
		err_context(e, "%s", how->request);
		goto out;
	}
	o.key = X509_REQ_get0_pubkey(rq);
	o.subject = X509_REQ_get_subject_name(rq);
	o.names = names;
	out->to = o.to;
	if (check_own_name(ca, o.subject, e) == -1 || agree_order(ca, &o, how, others, e) == -1)
		goto out;
	if ((d = open_cert_dir(how, e)) != NULL &&
	    buf_addf(&out->path, e, "%s/%s", dir_path(d), file) == 0 &&
	    (x = cert_issue(&o, ca->cert, ca->key, e)) != NULL &&
	    cert_serial(X509_get0_serialNumber(x), out->serial, e) == 0)
		rc = store_cert(ca, how, d, x, file, out, e);
out:
	X509_free(x);
	dir_close(d);
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
	X509_REQ_free(rq);
	return rc;
}
