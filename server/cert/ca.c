/* SPDX-License-Identifier: ISC */
/*
 * A private CA in a directory.
 */
#include "server/cert/ca.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "server/repo/audit.h"
#include "lib/os/file.h"
#include "lib/base/path.h"
#include "lib/base/pem.h"
#include "server/cert/ca_db.h"
#include "lib/x509/key.h"
#include "server/repo/repo.h"

#define LOCK_FILE      "lock"
#define LOCK_WAIT_MS   10000
#define PATH_BYTES_MAX 4096

int
ca_check_name(const char *name, struct err *e)
{
	if (path_check(name, strlen(name), e) == -1 || strchr(name, '/') != NULL ||
	    name[0] == '.' || strlen(name) > PATH_COMPONENT_MAX - 8)
		return err_setx(e, ERR_USAGE, "'%s' can't be the name of a file", name);
	return 0;
}

static int
fill(struct dir *d, const struct buf *key, const struct buf *crt, struct err *e)
{
	json_t *db = ca_db_new(e);
	int rc = -1;

	/* The key comes last: what has one is a CA. */
	if (db != NULL && ca_db_write(d, db, e) == 0 &&
	    file_create(d, CA_CERT_FILE, crt->data, crt->len, 0644, e) == 0)
		rc = file_create(d, CA_KEY_FILE, key->data, key->len, 0600, e);
	json_decref(db);
	return rc;
}

int
ca_make(const char *path, const struct cert_request *rq, struct cert_info *info, struct err *e)
{
	struct buf key = BUF_INIT(CERT_PEM_MAX), crt = BUF_INIT(CERT_PEM_MAX);
	struct file_lock *lock = NULL;
	struct file_info there;
	struct dir *d = NULL;
	struct err ignored;
	int found, rc = -1;

	if (cert_make(rq, &key, &crt, info, e) == -1 || (d = dir_make(path, 0700, e)) == NULL ||
	    (lock = file_lock(d, LOCK_FILE, LOCK_WAIT_MS, e)) == NULL ||
	    (found = file_stat(d, CA_KEY_FILE, &there, e)) == -1)
		goto out;
	if (found == 1) {
		err_setx(e, ERR_EXISTS, "%s: there is a CA already; give another name", path);
	} else {
		/* What a crash left of an earlier attempt has no key and signed nothing. */
		file_remove(d, CA_CERT_FILE, &ignored);
		if ((rc = fill(d, &key, &crt, e)) == -1) {
			file_remove(d, CA_CERT_FILE, &ignored);
			file_remove(d, CA_DB_FILE, &ignored);
			file_remove(d, LOCK_FILE, &ignored);
		}
	}
out:
	file_unlock(lock);
	dir_close(d);
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

static X509 *
read_cert(struct dir *d, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	X509 *x = NULL;
	BIO *bio;

	if (file_read(d, CA_CERT_FILE, &pem, e) == 0) {
		bio = pem.len == 0 ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
		x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL);
		BIO_free(bio);
		ERR_clear_error();
		if (x == NULL)
			err_setx(e, ERR_SYNTAX, "%s/%s: want a certificate in PEM form",
			    dir_path(d), CA_CERT_FILE);
	}
	buf_free(&pem);
	return x;
}

static int
load(struct ca *ca, struct err *e)
{
	if ((ca->lock = file_lock(ca->dir, LOCK_FILE, LOCK_WAIT_MS, e)) == NULL ||
	    (ca->key = cert_key_read(ca->dir, CA_KEY_FILE, e)) == NULL ||
	    (ca->cert = read_cert(ca->dir, e)) == NULL || (ca->db = ca_db_read(ca->dir, e)) == NULL)
		return -1;
	if (X509_check_private_key(ca->cert, ca->key) != 1 || X509_check_ca(ca->cert) != 1) {
		ERR_clear_error();
		return err_setx(e, ERR_CONFLICT,
		    "%s: %s is not the CA certificate of the key in %s", dir_path(ca->dir),
		    CA_CERT_FILE, CA_KEY_FILE);
	}
	return 0;
}

int
ca_open(struct context *cx, const char *name, struct ca *ca, struct err *e)
{
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	char below[PATH_COMPONENT_MAX + 8];
	int rc = -1;

	memset(ca, 0, sizeof *ca);
	if (name == NULL)
		return err_setx(e, ERR_USAGE, "%s: --ca CA is missing", cx->command->name);
	if (strchr(name, '/') != NULL) {
		rc = buf_adds(&path, name, e);
	} else if (ca_check_name(name, e) == 0 && (ca->repo = command_repo(cx, e)) != NULL) {
		snprintf(below, sizeof below, "ca/%s", name);
		rc = repo_path(ca->repo, below, &path, e);
	}
	if (rc == 0 && (ca->dir = dir_open(buf_text(&path), e)) == NULL)
		rc = err_context(e, "no such CA ('slipway-repo cert ca' makes one)");
	if (rc == 0)
		rc = load(ca, e);
	if (rc == -1)
		ca_close(ca);
	buf_free(&path);
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
		return audit_append_at(ca->repo, action, details, e);
	json_decref(details);
	return 0;
}
