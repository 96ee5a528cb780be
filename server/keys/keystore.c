/* SPDX-License-Identifier: ISC */
/* Private keys in files. */
#include "server/keys/keystore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/move.h"
#include "lib/os/path.h"

/* Bytes of a key file. */
#define KEY_FILE_MAX (64u * 1024)

#define DIRECTORY_MODE 0700
#define FILE_MODE      0600
#define PUBLIC_MODE    0644

/* Most passphrases that are remembered. */
#define REMEMBERED_MAX 64

struct keystore {
	struct dir *dir;
	/* Typed passphrases by the key's id, so that a key of several roles is asked for once. */
	struct {
		char id[SHA256_HEX_SIZE];
		struct buf phrase;
	} typed[REMEMBERED_MAX];
	size_t n;
};

struct keystore *
keystore_open(const char *path, bool make, struct err *e)
{
	struct keystore *ks = calloc(1, sizeof *ks);

	if (ks == NULL) {
		err_nomem(e);
		return NULL;
	}
	ks->dir = make ? dir_make(path, DIRECTORY_MODE, e) : dir_open(path, e);
	if (ks->dir == NULL || dir_check_private(ks->dir, e) == -1) {
		keystore_close(ks);
		return NULL;
	}
	return ks;
}

struct keystore *
keystore_open_in(struct dir *parent, const char *name, bool make, struct err *e)
{
	struct keystore *ks = calloc(1, sizeof *ks);

	if (ks == NULL) {
		err_nomem(e);
		return NULL;
	}
	ks->dir = make ? dir_make_private(parent, name, e) : dir_open_private(parent, name, e);
	if (ks->dir == NULL) {
		keystore_close(ks);
		return NULL;
	}
	return ks;
}

void
keystore_close(struct keystore *ks)
{
	if (ks == NULL)
		return;
	for (size_t i = 0; i < ks->n; i++)
		buf_free(&ks->typed[i].phrase);
	dir_close(ks->dir);
	free(ks);
}

static int
file_name(const char *role, const char *keyid, const char *suffix, char out[KEYSTORE_NAME_SIZE],
    struct err *e)
{
	int n =
	    snprintf(out, KEYSTORE_NAME_SIZE, "%s.%.*s%s", role, KEYSTORE_ID_DIGITS, keyid, suffix);

	if (n < 0 || n >= KEYSTORE_NAME_SIZE || strchr(out, '/') != NULL)
		return err_setx(e, ERR_UNSAFE, "key of role '%s': no file can have this name",
		    role);
	return 0;
}

int
keystore_add(struct keystore *ks, const char *role, const struct privkey *k, const char *passphrase,
    struct err *e)
{
	struct buf pem = BUF_INIT(KEY_FILE_MAX);
	char name[KEYSTORE_NAME_SIZE];
	int rc = -1;

	if (file_name(role, privkey_id(k), ".pem", name, e) == -1 ||
	    privkey_write(k, passphrase, &pem, e) == -1)
		goto out;
	rc = file_create(ks->dir, name, pem.data, pem.len, FILE_MODE, e);
out:
	buf_free(&pem);
	return rc;
}

int
keystore_has(struct keystore *ks, const char *role, const char *keyid, struct err *e)
{
	char name[KEYSTORE_NAME_SIZE];
	struct file_info info;

	if (file_name(role, keyid, ".pem", name, e) == -1)
		return -1;
	return file_stat(ks->dir, name, &info, e);
}

/*
 * Reads an encrypted key.  Tries phrase first unless it is empty; phrase holds the right passphrase
 * afterwards.
 */
static struct privkey *
open_sealed(const struct buf *pem, const char *what, const struct passphrases *p,
    struct buf *phrase, struct err *e)
{
	struct privkey *k = NULL;
	int tries = 0;

	if (phrase->len > 0 && (k = privkey_read(pem->data, pem->len, buf_text(phrase), e)) != NULL)
		return k;
	do {
		buf_reset(phrase);
		if (passphrase_get(p, what, tries, phrase, e) == -1)
			return NULL;
		k = privkey_read(pem->data, pem->len, buf_text(phrase), e);
	} while (
	    k == NULL && e->code == ERR_AUTH && passphrase_typed(p) && ++tries < PASSPHRASE_TRIES);
	return k;
}

/* Reads the key in a file; dir NULL: name is a path.  phrase is as in open_sealed(). */
static struct privkey *
read_key(struct dir *dir, const char *name, const char *what, const struct passphrases *p,
    bool *encrypted, struct buf *phrase, struct err *e)
{
	struct buf pem = BUF_INIT(KEY_FILE_MAX);
	struct privkey *k = NULL;
	bool sealed;

	if (file_read_secret(dir, name, &pem, e) == -1)
		goto out;
	sealed = privkey_is_encrypted(pem.data, pem.len);
	k = sealed ? open_sealed(&pem, what, p, phrase, e)
		   : privkey_read(pem.data, pem.len, NULL, e);
	if (k == NULL && e->code != ERR_CONFIG && e->code != ERR_USAGE)
		err_context(e, "%s%s%s", dir == NULL ? "" : dir_path(dir), dir == NULL ? "" : "/",
		    name);
	if (encrypted != NULL)
		*encrypted = sealed;
out:
	buf_free(&pem);
	return k;
}

/* Appends the passphrase that was typed for the key, if there is one.  0 or -1. */
static int
recall_passphrase(const struct keystore *ks, const char *keyid, struct buf *phrase, struct err *e)
{
	for (size_t i = 0; i < ks->n; i++)
		if (strcmp(ks->typed[i].id, keyid) == 0)
			return buf_add(phrase, ks->typed[i].phrase.data, ks->typed[i].phrase.len,
			    e);
	return 0;
}

/* Remembers a passphrase.  Failures are ignored: a forgotten passphrase is asked for again. */
static void
remember_passphrase(struct keystore *ks, const char *keyid, const struct buf *phrase)
{
	struct err ignored;

	if (phrase->len == 0 || ks->n == REMEMBERED_MAX)
		return;
	ks->typed[ks->n].phrase = (struct buf)BUF_INIT(PASSPHRASE_MAX);
	snprintf(ks->typed[ks->n].id, sizeof ks->typed[0].id, "%s", keyid);
	if (buf_add(&ks->typed[ks->n].phrase, phrase->data, phrase->len, &ignored) == 0)
		ks->n++;
}

struct privkey *
keystore_load(struct keystore *ks, const char *role, const char *keyid, const struct passphrases *p,
    bool *encrypted, struct err *e)
{
	char name[KEYSTORE_NAME_SIZE], what[KEYSTORE_NAME_SIZE + 32];
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	struct privkey *k = NULL;
	size_t before;

	if (file_name(role, keyid, ".pem", name, e) == -1 ||
	    recall_passphrase(ks, keyid, &phrase, e) == -1)
		goto out;
	before = phrase.len;
	snprintf(what, sizeof what, "%s key %.*s", role, KEYSTORE_ID_DIGITS, keyid);
	if ((k = read_key(ks->dir, name, what, p, encrypted, &phrase, e)) == NULL)
		goto out;
	if (strcmp(privkey_id(k), keyid) != 0) {
		err_setx(e, ERR_CONFLICT, "%s/%s: want key %s, got %s", dir_path(ks->dir), name,
		    keyid, privkey_id(k));
		privkey_free(k);
		k = NULL;
	} else if (before == 0 && passphrase_typed(p)) {
		remember_passphrase(ks, keyid, &phrase);
	}
out:
	buf_free(&phrase);
	return k;
}

struct privkey *
keystore_read(const char *path, const struct passphrases *p, bool *encrypted, struct err *e)
{
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	struct privkey *k = read_key(NULL, path, path, p, encrypted, &phrase, e);

	buf_free(&phrase);
	return k;
}

int
keystore_remove(struct keystore *ks, const char *role, const char *keyid, struct err *e)
{
	char name[KEYSTORE_NAME_SIZE];

	if (file_name(role, keyid, ".pem", name, e) == -1)
		return -1;
	return file_remove(ks->dir, name, e) == -1 ? -1 : dir_sync(ks->dir, e);
}

int
keystore_add_public(struct keystore *ks, const char *role, const struct privkey *k,
    struct buf *path, struct err *e)
{
	struct buf text = BUF_INIT(KEY_FILE_MAX);
	char name[KEYSTORE_NAME_SIZE];
	json_t *public = privkey_public(k, e);
	int rc = -1;

	if (public == NULL)
		return -1;
	if (file_name(role, privkey_id(k), ".pub", name, e) == 0 &&
	    sign_write(public, &text, e) == 0 &&
	    file_replace(ks->dir, name, text.data, text.len, PUBLIC_MODE, e) == 0)
		rc = path_join(path, dir_path(ks->dir), name, e);
	json_decref(public);
	buf_free(&text);
	return rc;
}

struct listing {
	int (*each)(void *arg, const char *role, const char *digits, struct err *e);
	void *arg;
};

/* Splits ROLE.XXXXXXXXXXXXXXXX.pem; other files are ignored. */
static bool
split_name(const char *name, char role[KEYSTORE_NAME_SIZE], char digits[KEYSTORE_ID_DIGITS + 1])
{
	size_t len = strlen(name), tail = KEYSTORE_ID_DIGITS + sizeof ".pem" - 1;

	if (len <= tail + 1 || len >= KEYSTORE_NAME_SIZE || strcmp(name + len - 4, ".pem") != 0 ||
	    name[len - tail - 1] != '.' ||
	    strspn(name + len - tail, "0123456789abcdef") != KEYSTORE_ID_DIGITS)
		return false;
	snprintf(role, KEYSTORE_NAME_SIZE, "%.*s", (int)(len - tail - 1), name);
	snprintf(digits, KEYSTORE_ID_DIGITS + 1, "%.*s", KEYSTORE_ID_DIGITS, name + len - tail);
	return true;
}

static int
list_file(void *arg, const char *name, struct err *e)
{
	const struct listing *l = arg;
	char role[KEYSTORE_NAME_SIZE], digits[KEYSTORE_ID_DIGITS + 1];

	return split_name(name, role, digits) ? l->each(l->arg, role, digits, e) : 0;
}

bool
keystore_digits(const char *path, char digits[KEYSTORE_ID_DIGITS + 1])
{
	char role[KEYSTORE_NAME_SIZE];

	return split_name(path_base(path), role, digits);
}

/* 1 encrypted, 0 not, or -1; dir NULL: name is a path. */
static int
is_sealed(struct dir *dir, const char *name, struct err *e)
{
	struct buf pem = BUF_INIT(KEY_FILE_MAX);
	int rc = file_read_secret(dir, name, &pem, e) == -1
	    ? -1
	    : privkey_is_encrypted(pem.data, pem.len);

	buf_free(&pem);
	return rc;
}

int
keystore_sealed(const char *path, struct err *e)
{
	return is_sealed(NULL, path, e);
}

int
keystore_list(struct keystore *ks,
    int (*each)(void *arg, const char *role, const char *digits, struct err *e), void *arg,
    struct err *e)
{
	struct listing l = { each, arg };

	return dir_list(ks->dir, list_file, &l, e);
}

int
keystore_encrypted(struct keystore *ks, const char *role, const char *keyid, bool *encrypted,
    struct err *e)
{
	char name[KEYSTORE_NAME_SIZE];
	int rc = file_name(role, keyid, ".pem", name, e) == -1 ? -1 : is_sealed(ks->dir, name, e);

	if (rc != -1)
		*encrypted = rc == 1;
	return rc == -1 ? -1 : 0;
}

const char *
keystore_path(const struct keystore *ks)
{
	return dir_path(ks->dir);
}
