/*
 * A server's key and certificate: read again when the files change, the last good one kept.
 */
#include "tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

void
pair_free(struct tls_pair *p)
{
	EVP_PKEY_free(p->key);
	sk_X509_pop_free(p->chain, X509_free);
	free(p->key_file);
	free(p->cert_file);
	memset(p, 0, sizeof *p);
}

static bool
same_file(const struct file_info *a, const struct file_info *b)
{
	return a->inode == b->inode && a->device == b->device && a->size == b->size &&
	    a->mtime_ns == b->mtime_ns && a->mode == b->mode;
}

static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;	/* and never ask on a terminal */
}

static EVP_PKEY *
read_key(const char *path, struct err *e)
{
	struct buf b = BUF_INIT(TLS_FILE_MAX);
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;

	if (file_read_secret(NULL, path, &b, e) == 0) {
		if ((bio = BIO_new_mem_buf(b.data, (int)b.len)) != NULL)
			key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		if (key == NULL)
			err_setx(e, ERR_SYNTAX, "%s: want an unencrypted private key in PEM form", path);
	}
	ERR_clear_error();
	BIO_free(bio);
	buf_free(&b);
	return key;
}

/* A pair that belongs together and whose time has come and isn't over. */
static int
check_pair(EVP_PKEY *key, X509 *leaf, const struct tls_config *c, struct err *e)
{
	char text[600];

	trust_describe(leaf, text, sizeof text);
	if (X509_check_private_key(leaf, key) != 1) {
		ERR_clear_error();
		return err_setx(e, ERR_CONFIG, "%s is not the key of the certificate in %s (%s)",
		    c->key_file, c->cert_file, text);
	}
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		return err_setx(e, ERR_EXPIRED, "%s: the certificate is expired (%s)", c->cert_file, text);
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		return err_setx(e, ERR_EXPIRED, "%s: the certificate is not valid yet (%s)", c->cert_file,
		    text);
	return 0;
}

static int
load(struct tls_pair *p, const struct tls_config *c, struct err *e)
{
	struct tls_pair new = { .key_file = strdup(c->key_file), .cert_file = strdup(c->cert_file),
		.key_info = p->key_info, .cert_info = p->cert_info };

	if (new.key_file == NULL || new.cert_file == NULL)
		err_nomem(e);
	else if ((new.key = read_key(c->key_file, e)) != NULL &&
	    (new.chain = trust_read_file(c->cert_file, e)) != NULL &&
	    check_pair(new.key, sk_X509_value(new.chain, 0), c, e) == 0) {
		pair_free(p);
		*p = new;
		return 0;
	}
	pair_free(&new);
	return -1;
}

int
pair_refresh(struct tls_pair *p, const struct tls_config *c, struct err *why)
{
	struct file_info key = { 0 }, cert = { 0 };
	struct err ignored;
	bool unchanged;

	err_clear(why);
	if (c->key_file[0] == '\0' || c->cert_file[0] == '\0') {
		err_setx(why, ERR_CONFIG, "TLS_KeyFile and TLS_CertFile must both be set");
		return p->key != NULL ? 0 : -1;
	}
	file_stat(NULL, c->key_file, &key, &ignored);
	file_stat(NULL, c->cert_file, &cert, &ignored);
	/* A link's own stat stays when the file behind it changes: through links the pair is always read. */
	unchanged = p->key_file != NULL && key.type == FILE_REGULAR && cert.type == FILE_REGULAR &&
	    same_file(&p->key_info, &key) && same_file(&p->cert_info, &cert) &&
	    strcmp(p->key_file, c->key_file) == 0 && strcmp(p->cert_file, c->cert_file) == 0;
	if (unchanged && p->key != NULL)
		return 0;	/* read already; if it was refused, that was told then */
	p->key_info = key;
	p->cert_info = cert;
	if (load(p, c, why) == 0)
		return 0;
	return p->key != NULL ? 0 : -1;
}
