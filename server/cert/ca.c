/* SPDX-License-Identifier: ISC */
/* A private CA in a directory. */
#include "server/cert/ca.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/os/path.h"
#include "server/repo/audit_state.h"
#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "server/cert/ca_db.h"
#include "server/cert/crl_make.h"
#include "server/cert/pair_files.h"
#include "lib/x509/facts.h"
#include "lib/x509/key.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"

/* A text of at least so many hexadecimal digits is a serial number. */
#define SERIAL_DIGITS_MIN 8

#define LOCK_FILE    "lock"
#define LOCK_WAIT_MS 10000

static int
fill_ca(struct dir *d, const struct buf *key, const struct buf *crt, struct err *e)
{
	json_t *db = ca_db_new(e);
	int rc = -1;

	/* Writes the key last: a directory with a key is a complete CA. */
	if (db != NULL && ca_db_write(d, db, e) == 0 &&
	    file_create(d, CA_CERT_FILE, crt->data, crt->len, 0644, e) == 0)
		rc = file_create(d, CA_KEY_FILE, key->data, key->len, 0600, e);
	json_decref(db);
	return rc;
}

static int
record_ca(const char *repo, const char *name, const struct cert_info *info, struct err *e)
{
	char hex[SHA256_HEX_SIZE], to[DATE_TEXT_SIZE];

	if (repo == NULL)
		return 0;
	hex_encode(info->sha256, SHA256_SIZE, hex);
	date_format(info->to, to);
	return audit_before_at(repo, "cert ca",
	    json_pack("{s:s,s:s,s:s}", "name", name, "sha256", hex, "until", to), e);
}

int
ca_make(const char *path, const char *repo, const struct cert_request *rq, struct cert_info *info,
    struct err *e)
{
	struct buf key = BUF_INIT(CERT_PEM_MAX), crt = BUF_INIT(CERT_PEM_MAX);
	struct file_lock *lock = NULL;
	struct file_info there;
	struct dir *d = NULL;
	struct err ignored;
	int found, rc = -1;

	if (cert_make(rq, &key, &crt, info, e) == -1 ||
	    (d = repo == NULL ? dir_make(path, 0700, e) : repo_ca_dir(repo, rq->name, true, e)) ==
		NULL ||
	    (lock = file_lock(d, LOCK_FILE, LOCK_WAIT_MS, e)) == NULL ||
	    (found = file_stat(d, CA_KEY_FILE, &there, e)) == -1)
		goto out;
	if (found == 1) {
		err_setx(e, ERR_EXISTS, "%s: there is a CA already; give another name", path);
	} else {
		/* A certificate without a key is left from a crash; nothing was signed with it. */
		file_remove(d, CA_CERT_FILE, &ignored);
		if (record_ca(repo, rq->name, info, e) == -1 ||
		    (rc = fill_ca(d, &key, &crt, e)) == -1) {
			file_remove(d, CA_CERT_FILE, &ignored);
			file_remove(d, CA_DB_FILE, &ignored);
			file_remove(d, LOCK_FILE, &ignored);
		}
	}
out:
	/* A file system without locks. */
	if (d != NULL && lock == NULL && e->code != ERR_BUSY)
		file_remove(d, LOCK_FILE, &ignored);
	file_unlock(lock);
	dir_close(d);
	if (rc == -1 && repo != NULL)
		dir_remove(NULL, path, &ignored); /* when it is empty */
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

static X509 *
read_ca_cert(struct dir *d, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	X509 *x = NULL;

	if (file_read(d, CA_CERT_FILE, &pem, e) == 0 &&
	    (x = cert_parse(pem.data, pem.len, e)) == NULL)
		err_context(e, "%s/%s", dir_path(d), CA_CERT_FILE);
	buf_free(&pem);
	return x;
}

static int
load_ca(struct ca *ca, struct err *e)
{
	if ((ca->lock = file_lock(ca->dir, LOCK_FILE, LOCK_WAIT_MS, e)) == NULL ||
	    (ca->key = cert_key_read(ca->dir, CA_KEY_FILE, e)) == NULL ||
	    (ca->cert = read_ca_cert(ca->dir, e)) == NULL ||
	    (ca->db = ca_db_read(ca->dir, e)) == NULL)
		return -1;
	if (X509_check_private_key(ca->cert, ca->key) != 1 || X509_check_ca(ca->cert) != 1) {
		ERR_clear_error();
		return err_setx(e, ERR_CONFLICT,
		    "%s: %s is not the CA certificate of the key in %s", dir_path(ca->dir),
		    CA_CERT_FILE, CA_KEY_FILE);
	}
	return 0;
}

bool
ca_is_path(const char *name)
{
	return strchr(name, '/') != NULL;
}

/* In a shared repository: a colleague's CA, which nobody else can use.  Returns -1. */
static int
tell_owner(const struct ca *ca, struct err *e)
{
	char owner[SHARE_NAME_SIZE];
	struct file_info info;
	struct err ignored;

	if (e->code != ERR_ACCESS || file_stat(ca->dir, "", &info, &ignored) != 1 ||
	    info.uid == share_me())
		return -1;
	share_account(info.uid, owner);
	return err_setx(e, ERR_ACCESS,
	    "%s: is the CA of '%s', whose private key nobody else can use: ask them",
	    dir_path(ca->dir), owner);
}

int
ca_open(const char *repo, const char *name, struct ca *ca, struct err *e)
{
	int rc = -1;

	memset(ca, 0, sizeof *ca);
	ca->repo = repo;
	if (repo == NULL || pair_files_check_name(name, e) == 0)
		rc = 0;
	if (rc == 0 &&
	    (ca->dir = repo == NULL ? dir_open(name, e) : repo_ca_dir(repo, name, false, e)) ==
		NULL)
		rc = err_context(e, "no such CA ('slipway-repo cert ca' makes one)");
	if (rc == 0 && load_ca(ca, e) == -1)
		rc = tell_owner(ca, e);
	if (rc == -1)
		ca_close(ca);
	return rc;
}

void
ca_close(struct ca *ca)
{
	file_unlock(ca->lock);
	dir_close(ca->dir);
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	json_decref(ca->db);
	memset(ca, 0, sizeof *ca);
}

int
ca_record(const struct ca *ca, const char *action, json_t *details, struct err *e)
{
	if (ca->repo != NULL)
		return audit_before_at(ca->repo, action, details, e);
	json_decref(details);
	return 0;
}

static json_t *
find_by_file(const struct ca *ca, const char *path, struct err *e)
{
	const struct source s = { "", path, strlen(path), false };
	STACK_OF(X509) *all = certs_read(&s, e);
	char hex[SHA256_HEX_SIZE];
	json_t *found = NULL;

	if (all != NULL) {
		cert_hex(sk_X509_value(all, 0), hex); /* its issuers may follow */
		found = ca_db_find(ca->db, "sha256", hex, e);
	}
	certs_free(all);
	return found;
}

json_t *
ca_find(const struct ca *ca, const char *text, struct err *e)
{
	size_t len = strlen(text);
	json_t *found;

	if (strchr(text, '/') != NULL || (len > 4 && strcmp(text + len - 4, ".crt") == 0))
		return find_by_file(ca, text, e);
	if ((found = ca_db_find(ca->db, "name", text, e)) == NULL && e->code == ERR_NOENT &&
	    len >= SERIAL_DIGITS_MIN && strspn(text, "0123456789abcdef") == len)
		found = ca_db_find(ca->db, "serial", text, e);
	return found;
}

int
ca_write_crl(struct ca *ca, int64_t days, const char *path, int64_t *number, int64_t *to,
    struct err *e)
{
	struct crl_order o = { .cert = ca->cert, .key = ca->key, .from = clock_wall() };
	struct buf pem = BUF_INIT(CA_DB_MAX);
	char next[DATE_TEXT_SIZE];
	int rc = -1;

	if ((X509_get_key_usage(ca->cert) & X509v3_KU_CRL_SIGN) == 0)
		return err_setx(e, ERR_CONFLICT,
		    "%s/%s: want a certificate that may sign lists (key usage cRLSign), got one that "
		    "may not: nobody would take the list",
		    dir_path(ca->dir), CA_CERT_FILE);
	o.issued = json_object_get(ca->db, "issued");
	*number = o.number = json_integer_value(json_object_get(ca->db, "crl")) + 1;
	*to = o.to = o.from + days * DATE_DAY_SECONDS;
	date_format(o.to, next);
	/* Saves the number before the list, so that no two lists have one number. */
	if (json_object_set_new(ca->db, "crl", json_integer(o.number)) == -1)
		err_nomem(e);
	else if (crl_make(&o, &pem, e) == 0 &&
	    ca_record(ca, "cert crl",
		json_pack("{s:I,s:s}", "number", (json_int_t)o.number, "next", next), e) == 0 &&
	    ca_db_write(ca->dir, ca->db, e) == 0 &&
	    file_replace(ca->dir, CA_CRL_FILE, pem.data, pem.len, 0644, e) == 0)
		rc = path == NULL ? 0 : file_replace(NULL, path, pem.data, pem.len, 0644, e);
	buf_free(&pem);
	return rc;
}
