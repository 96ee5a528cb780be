/* SPDX-License-Identifier: ISC */
/* The files of a pair that is being replaced: making the new pair, and renaming both. */
#include "server/rollover/pair.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/base/date.h"
#include "lib/os/share.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "server/cert/pair_files.h"
#include "server/cert/issue.h"
#include "lib/x509/key.h"
#include "lib/x509/facts.h"

/* Bytes of "NAME.new.pem" and of its temporary files. */
#define FILE_SIZE (REPLACE_NAME_MAX + 32)

static void
pair_file(const char *name, const char *at, const char *suffix, char out[FILE_SIZE])
{
	snprintf(out, FILE_SIZE, "%s%s.%s", name, at, suffix);
}

static int
read_cert(const struct buf *text, const char *file, struct replace_pair *out, struct err *e)
{
	if ((out->x = cert_parse(text->data, text->len, e)) == NULL ||
	    cert_sha256(out->x, out->sha256, e) == -1)
		return err_context(e, "%s", file);
	return cert_write(out->x, &out->pem, e);
}

static int
read_pair(struct dir *d, const char *name, const char *at, struct replace_pair *out, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	char file[FILE_SIZE];
	struct file_info info;
	EVP_PKEY *key;
	int found, rc = -1;

	memset(out, 0, sizeof *out);
	out->pem = (struct buf)BUF_INIT(CERT_FILE_MAX);
	pair_file(name, at, "crt", file);
	if ((found = file_stat(d, file, &info, e)) == -1)
		goto out;
	if (found == 1 &&
	    (file_read(d, file, &text, e) == -1 || read_cert(&text, file, out, e) == -1))
		goto out;
	out->cert = found == 1;
	pair_file(name, at, "pem", file);
	if ((found = file_stat(d, file, &info, e)) == -1)
		goto out;
	rc = 0;
	if (found == 0)
		goto out;
	out->keyfile = true;
	if ((key = cert_key_read(d, file, e)) == NULL) {
		/* A colleague's, which is looked at when they go on. */
		out->key = out->cert && dir_is_shared(d, NULL) && e->code == ERR_ACCESS;
		rc = out->key ? 0 : -1;
		goto out;
	}
	out->key = out->cert && X509_check_private_key(out->x, key) == 1;
	EVP_PKEY_free(key);
	ERR_clear_error();
out:
	buf_free(&text);
	if (rc == -1)
		replace_pair_free(out);
	return rc;
}

int
replace_pair_read(const struct replace *p, const char *at, struct replace_pair *out, struct err *e)
{
	return read_pair(p->certs, p->name, at, out, e);
}

void
replace_pair_free(struct replace_pair *pair)
{
	X509_free(pair->x);
	buf_free(&pair->pem);
	memset(pair, 0, sizeof *pair);
}

/* Returns the --type of `cert new` for a key like that of x, or the default. */
static const char *
type_of(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int bits = key == NULL ? 0 : EVP_PKEY_get_bits(key);

	if (key != NULL && EVP_PKEY_is_a(key, "ED25519"))
		return "ed25519";
	if (key != NULL && EVP_PKEY_is_a(key, "RSA"))
		return bits >= 4096 ? "rsa4096" : bits >= 3072 ? "rsa3072" : "rsa2048";
	return bits > 256 ? "p384" : "p256";
}

/* Makes a self-signed certificate with the contents of the old one. */
static int
make_like(X509 *old, const struct replace_wish *wish, struct buf *key, struct buf *crt,
    struct err *e)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(old, NID_subject_alt_name, NULL, NULL);
	struct cert_order o = { .subject = X509_get_subject_name(old),
		.names = names,
		.usage = CERT_USAGE_BOTH };
	X509 *x = NULL;
	int rc = -1;

	ERR_clear_error();
	o.from = clock_wall();
	o.to = o.from + wish->days * DATE_DAY_SECONDS;
	if ((o.key = cert_key_make(wish->type != NULL ? wish->type : type_of(old), e)) != NULL &&
	    (x = cert_issue(&o, NULL, o.key, e)) != NULL && cert_key_write(o.key, key, e) == 0)
		rc = cert_write(x, crt, e);
	X509_free(x);
	EVP_PKEY_free(o.key);
	GENERAL_NAMES_free(names);
	return rc;
}

static int
copy_of(const struct replace *p, const char *with, struct buf *key, struct buf *crt, struct err *e)
{
	struct replace_pair pair;
	char file[FILE_SIZE];
	int rc = -1;

	if (replace_check_name(with, e) == -1 || read_pair(p->certs, with, "", &pair, e) == -1)
		return -1;
	pair_file(with, "", "pem", file);
	if (!pair.cert || !pair.key)
		err_setx(e, pair.cert && pair.keyfile ? ERR_CONFLICT : ERR_NOENT,
		    "%s/%s: want %s.crt and the private key that belongs to it in %s",
		    dir_path(p->certs), with, with, file);
	else if (file_read_secret(p->certs, file, key, e) == 0) {
		/* the whole file, which may hold a CA's certificate as well */
		pair_file(with, "", "crt", file);
		rc = file_read(p->certs, file, crt, e);
	}
	replace_pair_free(&pair);
	return rc;
}

int
replace_pair_make(struct replace *p, const struct replace_wish *wish, struct buf *key,
    struct buf *crt, struct err *e)
{
	struct replace_pair old, made = { .pem = BUF_INIT(CERT_FILE_MAX) };
	int rc = -1;

	if (replace_pair_read(p, "", &old, e) == -1)
		return -1;
	if ((wish->with != NULL ? copy_of(p, wish->with, key, crt, e)
				: make_like(old.x, wish, key, crt, e)) == -1 ||
	    read_cert(crt, "the new certificate", &made, e) == -1)
		goto out;
	if (memcmp(made.sha256, old.sha256, SHA256_SIZE) == 0) {
		err_setx(e, ERR_CONFLICT,
		    "certs/%s.crt: this is the certificate that is to be replaced", wish->with);
		goto out;
	}
	replacement_set_cert(&p->m, REPLACE_NEW, made.sha256);
	rc = 0;
out:
	replace_pair_free(&made);
	replace_pair_free(&old);
	return rc;
}

int
replace_pair_write(const struct replace *p, const struct buf *key, const struct buf *crt,
    struct err *e)
{
	char file[FILE_SIZE];

	snprintf(file, sizeof file, "%s.new", p->name);
	return pair_files_write(p->certs, file, "crt", key, crt, true, e);
}

/*
 * Moves the certificate first, and a key only to the certificate that it belongs to: after a crash
 * between the two, the same call or the reverse one finds the key by its certificate.
 */
int
replace_pair_move(const struct replace *p, int which, const char *from, const char *to,
    struct err *e)
{
	char a[FILE_SIZE], b[FILE_SIZE];
	struct replace_pair here = { .cert = false }, there = { .cert = false };
	EVP_PKEY *key = NULL;
	int rc = -1;

	if (replace_pair_read(p, from, &here, e) == -1)
		return -1;
	if (here.cert && memcmp(here.sha256, p->m.sha256[which], SHA256_SIZE) == 0) {
		pair_file(p->name, from, "crt", a);
		pair_file(p->name, to, "crt", b);
		if (file_rename(p->certs, a, p->certs, b, e) == -1)
			goto out;
	}
	if (replace_pair_read(p, to, &there, e) == -1)
		goto out;
	rc = 0;
	if (!here.keyfile || !there.cert ||
	    memcmp(there.sha256, p->m.sha256[which], SHA256_SIZE) != 0)
		goto out;
	pair_file(p->name, from, "pem", a);
	pair_file(p->name, to, "pem", b);
	if ((key = cert_key_read(p->certs, a, e)) == NULL)
		rc = dir_is_shared(p->certs, NULL) && e->code == ERR_ACCESS
		    ? err_context(e,
			  "the key is of the person who made it, who goes on from here ('cert replace "
			  "%s')",
			  p->name)
		    : -1;
	else if (X509_check_private_key(there.x, key) == 1)
		rc = file_rename(p->certs, a, p->certs, b, e);
	EVP_PKEY_free(key);
	ERR_clear_error();
out:
	replace_pair_free(&here);
	replace_pair_free(&there);
	return rc;
}
