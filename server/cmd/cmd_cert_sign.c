/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert sign.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/base/path.h"
#include "lib/base/pem.h"
#include "server/cert/ca.h"
#include "server/cert/ca_db.h"
#include "lib/x509/key.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define DAYS_DEFAULT   825
#define PATH_BYTES_MAX 4096

struct signing {
	struct ca ca;
	int64_t days; /* -1: not asked for */
	struct option_list sans;
	enum cert_usage usage;
	const char *out; /* --out, or NULL */
	bool force;
	char name[PATH_COMPONENT_MAX + 1]; /* of the request, without its ending */
	struct buf request;		   /* where it is */
};

/* "dir/NAME.csr", or NAME in certs/ of the repository. */
static int
find_request(struct context *cx, struct signing *s, const char *arg, struct err *e)
{
	const char *base = path_base(arg), *repo;
	size_t len = strlen(base);
	char below[PATH_COMPONENT_MAX + 16];

	if (base != arg || (len > 4 && strcmp(base + len - 4, ".csr") == 0)) {
		if (len > 4 && strcmp(base + len - 4, ".csr") == 0)
			len -= 4;
		if (buf_adds(&s->request, arg, e) == -1)
			return -1;
	} else {
		if (ca_check_name(arg, e) == -1 || (repo = command_repo(cx, e)) == NULL)
			return -1;
		snprintf(below, sizeof below, "certs/%s.csr", arg);
		if (repo_path(repo, below, &s->request, e) == -1)
			return -1;
	}
	snprintf(s->name, sizeof s->name, "%.*s", (int)len, base);
	return ca_check_name(s->name, e);
}

static X509_REQ *
read_request(const struct signing *s, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	const char *path = buf_text(&s->request);
	X509_REQ *rq = NULL;
	EVP_PKEY *key = NULL;
	BIO *bio;

	if (file_read(NULL, path, &pem, e) == -1)
		goto out;
	bio = pem.len == 0 ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
	rq = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, pem_passphrase, NULL);
	BIO_free(bio);
	if (rq == NULL) {
		err_setx(e, ERR_SYNTAX, "%s: want a signing request in PEM form", path);
		goto out;
	}
	key = X509_REQ_get0_pubkey(rq);
	if (key == NULL || X509_REQ_verify(rq, key) != 1)
		err_setx(e, ERR_SIGNATURE,
		    "%s: the request isn't signed with the key that it is about; ask for a new one",
		    path);
	else if (EVP_PKEY_get_security_bits(key) < CERT_SECURITY_BITS)
		err_setx(e, ERR_CRYPTO,
		    "%s: the key is too weak (want RSA 2048, P-256, Ed25519 or stronger)", path);
	else if (X509_NAME_entry_count(X509_REQ_get_subject_name(rq)) == 0)
		err_setx(e, ERR_SYNTAX, "%s: the request has no subject", path);
	else
		goto out;
	X509_REQ_free(rq);
	rq = NULL;
out:
	ERR_clear_error();
	buf_free(&pem);
	return rq;
}

/* Of all that a request asks for, only DNS names and addresses are granted. */
static GENERAL_NAMES *
request_names(X509_REQ *rq)
{
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(rq);
	GENERAL_NAMES *names = X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);

	for (int i = sk_GENERAL_NAME_num(names) - 1; i >= 0; i--) {
		int type = sk_GENERAL_NAME_value(names, i)->type;

		if (type != GEN_DNS && type != GEN_IPADD)
			GENERAL_NAME_free(sk_GENERAL_NAME_delete(names, i));
	}
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	ERR_clear_error();
	if (names != NULL && sk_GENERAL_NAME_num(names) == 0) {
		GENERAL_NAMES_free(names);
		names = NULL;
	}
	return names;
}

/* Never beyond the end of the CA: nobody would accept it then. */
static int
set_dates(const struct signing *s, struct cert_order *o, struct err *e)
{
	int days = 0, rest = 0;

	if (ASN1_TIME_diff(&days, &rest, NULL, X509_get0_notAfter(s->ca.cert)) != 1)
		return cert_crypto_error(e, "end of the CA");
	if (days < 0 || rest < 0)
		return err_setx(e, ERR_EXPIRED, "%s: the CA has expired; make another one",
		    dir_path(s->ca.dir));
	if (s->days > days)
		return err_setx(e, ERR_USAGE, "--days: the CA ends in %d days, got %" PRId64, days,
		    s->days);
	o->from = clock_wall();
	o->to = o->from + (s->days == -1 ? DAYS_DEFAULT : s->days) * REPO_DAY_SECONDS;
	if (s->days == -1 && days < DAYS_DEFAULT)
		o->to = o->from + (int64_t)days * REPO_DAY_SECONDS + rest;
	return 0;
}

static struct dir *
open_out(const struct signing *s, struct err *e)
{
	const char *path = buf_text(&s->request), *base = path_base(path);
	size_t len = (size_t)(base - path);
	char dir[PATH_BYTES_MAX];

	if (s->out != NULL)
		return dir_make(s->out, 0755, e);
	if (len > 1 && path[len - 2] != ':')
		len--; /* the separator, unless it is the root */
	snprintf(dir, sizeof dir, "%.*s", (int)len, path);
	return dir_open(dir[0] == '\0' ? "." : dir, e);
}

/*
 * Entered first, so that there is no certificate that the CA doesn't know; taken back when it can't
 * be written.
 */
static int
store(const struct signing *s, struct dir *d, X509 *x, const char *file, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	json_t *issued = json_object_get(s->ca.db, "issued");
	struct err ignored;
	int rc = -1;

	if (cert_write(x, &pem, e) == -1 || ca_db_add(s->ca.db, x, s->name, s->usage, e) == -1 ||
	    ca_db_write(s->ca.dir, s->ca.db, e) == -1)
		goto out;
	rc = s->force ? file_replace(d, file, pem.data, pem.len, 0644, e)
		      : file_create(d, file, pem.data, pem.len, 0644, e);
	if (rc == -1 && json_array_remove(issued, json_array_size(issued) - 1) == 0)
		ca_db_write(s->ca.dir, s->ca.db, &ignored);
out:
	buf_free(&pem);
	return rc;
}

static int
sign(struct signing *s, struct err *e)
{
	struct cert_order o = { .usage = s->usage };
	char file[PATH_COMPONENT_MAX + 8], serial[CERT_SERIAL_SIZE], to[CLOCK_TEXT_SIZE];
	GENERAL_NAMES *names = NULL;
	X509_REQ *rq = NULL;
	struct dir *d = NULL;
	X509 *x = NULL;
	int rc = -1;

	snprintf(file, sizeof file, "%s.crt", s->name);
	if ((rq = read_request(s, e)) == NULL ||
	    cert_sans(s->sans.values, s->sans.n, &names, e) == -1 || set_dates(s, &o, e) == -1)
		goto out;
	if (names == NULL)
		names = request_names(rq);
	o.key = X509_REQ_get0_pubkey(rq);
	o.subject = X509_REQ_get_subject_name(rq);
	o.names = names;
	if ((d = open_out(s, e)) == NULL ||
	    (x = cert_issue(&o, s->ca.cert, s->ca.key, e)) == NULL ||
	    cert_serial(X509_get0_serialNumber(x), serial, e) == -1)
		goto out;
	if (store(s, d, x, file, e) == -1) {
		if (e->code == ERR_EXISTS)
			err_context(e, "--force replaces it");
		goto out;
	}
	clock_format(o.to, to);
	printf("certificate %s/%s\nserial %s\nvalid until %s, for %s\n", dir_path(d), file, serial,
	    to, s->usage == CERT_USAGE_BOTH ? "servers and clients" : cert_usage_text(s->usage));
	rc = ca_record(&s->ca, "cert sign",
	    json_pack("{s:s,s:s,s:s}", "name", s->name, "serial", serial, "until", to), e);
out:
	X509_free(x);
	dir_close(d);
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
	X509_REQ_free(rq);
	return rc;
}

int
cmd_cert_sign(struct context *cx, int argc, char **argv)
{
	struct signing s = { .days = -1, .request = BUF_INIT(PATH_BYTES_MAX) };
	const char *ca = NULL, *usage = "both";
	const struct option options[] = {
		{ "ca", OPTION_TEXT, &ca, 0, 0 },
		{ "usage", OPTION_TEXT, &usage, 0, 0 },
		{ "days", OPTION_NUMBER, &s.days, 1, CERT_DAYS_MAX },
		{ "san", OPTION_LIST, &s.sans, 0, 0 },
		{ "out", OPTION_TEXT, &s.out, 0, 0 },
		{ "force", OPTION_FLAG, &s.force, 0, 0 },
	};
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (cert_usage_parse(usage, &s.usage, &e) == 0 && find_request(cx, &s, argv[1], &e) == 0 &&
	    ca_open(cx, ca, &s.ca, &e) == 0) {
		rc = sign(&s, &e);
		ca_close(&s.ca);
	}
	buf_free(&s.request);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
