/* SPDX-License-Identifier: ISC */
/*
 * Login keys and passwords: reading, refusing, signing, and making keys.
 */
#include "tests/unit/common/test.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/base/wire.h"
#include "lib/sftp/login.h"
#include "lib/sftp/opensshkey.h"
#include "lib/sftp/sftp_frames.h"
#include "tests/unit/common/temp.h"

#define DATA "a request to log in"

enum form { PKCS8, PKCS8_ENCRYPTED, SEC1, SEC1_ENCRYPTED, OPENSSH };

static const struct key_row {
	const char *name, *type, *group; /* group NULL: none */
	enum form form;
	const char *algorithm; /* of SSH; NULL: refused */
	const char *text;      /* is in the error's text */
} key_rows[] = {
	{ "key: ed25519, OpenSSH", "ED25519", NULL, OPENSSH, "ssh-ed25519", NULL },
	{ "key: ed25519, PKCS#8", "ED25519", NULL, PKCS8, "ssh-ed25519", NULL },
	{ "key: P-256", "EC", "P-256", PKCS8, "ecdsa-sha2-nistp256", NULL },
	{ "key: P-256, SEC1", "EC", "P-256", SEC1, "ecdsa-sha2-nistp256", NULL },
	{ "key: P-384", "EC", "P-384", PKCS8, "ecdsa-sha2-nistp384", NULL },
	{ "key: P-521", "EC", "P-521", PKCS8, "ecdsa-sha2-nistp521", NULL },
	{ "key: encrypted, PKCS#8", "EC", "P-256", PKCS8_ENCRYPTED, NULL, "ssh-keygen -p -P OLD" },
	{ "key: encrypted, SEC1", "EC", "P-256", SEC1_ENCRYPTED, NULL, "ssh-keygen -p -P OLD" },
	{ "key: another curve", "EC", "secp256k1", PKCS8, NULL, "P-256, P-384 or P-521" },
	{ "key: RSA", "RSA", NULL, PKCS8, NULL, "got RSA" },
	{ "key: X25519", "X25519", NULL, PKCS8, NULL, "got another kind" },
};

static EVP_PKEY *
new_key(const struct key_row *r)
{
	EVP_PKEY *k = r->group != NULL	  ? EVP_PKEY_Q_keygen(NULL, NULL, r->type, r->group)
	    : strcmp(r->type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, r->type, (size_t)2048)
					  : EVP_PKEY_Q_keygen(NULL, NULL, r->type);

	assert_non_null(k);
	return k;
}

static void
write_key(EVP_PKEY *k, enum form form, struct buf *out)
{
	const EVP_CIPHER *cipher =
	    form == PKCS8_ENCRYPTED || form == SEC1_ENCRYPTED ? EVP_aes_128_cbc() : NULL;
	const unsigned char *pass = (const unsigned char *)(cipher == NULL ? NULL : "sesame");
	BIO *b = BIO_new(BIO_s_mem());
	struct err e;
	char *text;
	long len;

	assert_non_null(b);
	if (form == OPENSSH)
		assert_ok(opensshkey_write(k, "a comment", out, &e), &e);
	else if (form == SEC1 || form == SEC1_ENCRYPTED)
		assert_true(PEM_write_bio_PrivateKey_traditional(b, k, cipher, pass,
		    cipher == NULL ? 0 : 6, NULL, NULL));
	else
		assert_true(PEM_write_bio_PrivateKey(b, k, cipher, pass, cipher == NULL ? 0 : 6,
		    NULL, NULL));
	len = BIO_get_mem_data(b, &text);
	assert_ok(buf_add(out, text, (size_t)len, &e), &e);
	BIO_free(b);
}

/* The DER form of two mpints, which OpenSSL verifies. */
static int
to_der(const struct buf *signature, uint8_t **der)
{
	struct wire w = WIRE_INIT(signature->data, signature->len);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *part[2];
	int len;

	for (int i = 0; i < 2; i++) {
		size_t n;
		const uint8_t *p = wire_string(&w, &n);

		assert_non_null(p);
		assert_true(n > 0 && p[0] < 0x80 && (p[0] != 0 || p[1] >= 0x80));
		assert_non_null(part[i] = BN_bin2bn(p, (int)n, NULL));
	}
	assert_ptr_equal(w.p, w.end);
	assert_true(ECDSA_SIG_set0(sig, part[0], part[1]));
	*der = NULL;
	len = i2d_ECDSA_SIG(sig, der);
	ECDSA_SIG_free(sig);
	return len;
}

static void
verify(EVP_PKEY *k, const EVP_MD *md, const struct buf *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int len = md == NULL ? 0 : to_der(signature, &der);

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, k), 1);
	assert_int_equal(EVP_DigestVerify(ctx, der != NULL ? der : signature->data,
			     der != NULL ? (size_t)len : signature->len, (const uint8_t *)DATA,
			     sizeof DATA - 1),
	    1);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
}

static const EVP_MD *
md_of(const char *group)
{
	return group == NULL		  ? NULL
	    : strcmp(group, "P-256") == 0 ? EVP_sha256()
	    : strcmp(group, "P-384") == 0 ? EVP_sha384()
					  : EVP_sha512();
}

static void
key(void **state)
{
	const struct key_row *r = *state;
	struct buf file = BUF_INIT(OPENSSHKEY_MAX), signature = BUF_INIT(LOGIN_SIGNATURE_MAX);
	EVP_PKEY *k = new_key(r);
	struct login *l;
	struct wire w;
	struct err e;

	write_key(k, r->form, &file);
	err_clear(&e);
	l = login_parse("/a/key", file.data, file.len, &e);
	if (r->algorithm == NULL) {
		assert_null(l);
		assert_int_equal(e.code, ERR_CONFIG);
		assert_non_null(strstr(e.text, "/a/key"));
		assert_non_null(strstr(e.text, r->text));
	} else {
		assert_non_null(l);
		assert_null(login_password(l));
		assert_string_equal(login_name(l), "/a/key");
		w = (struct wire)WIRE_INIT(login_blob(l)->data, login_blob(l)->len);
		assert_true(wire_is(&w, r->algorithm));
		assert_ok(login_sign(l, (const uint8_t *)DATA, sizeof DATA - 1, &signature, &e),
		    &e);
		verify(k, md_of(r->group), &signature);
	}
	login_free(l);
	EVP_PKEY_free(k);
	buf_free(&file);
	buf_free(&signature);
}

/* Any name of a cipher, and other odd parts of the file. */
static struct text_row {
	const char *name, *text, *want;
} text_rows[] = {
	{ "text: OpenSSH with an unknown cipher",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
	    /* "rot13", "kdf", "", one key, no public key, no private section */
	    "b3BlbnNzaC1rZXktdjEAAAAABXJvdDEzAAAAA2tkZgAAAAAAAAABAAAAAAAAAAA=\n"
	    "-----END OPENSSH PRIVATE KEY-----\n",
	    "ssh-keygen -p -P OLD" },
	{ "text: PEM with an unknown cipher",
	    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ROT13,00\n\nAAAA\n"
	    "-----END RSA PRIVATE KEY-----\n",
	    "ssh-keygen -p -P OLD" },
	{ "text: PKCS#8, encrypted and damaged",
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
	    "ssh-keygen -p -P OLD" },
	{ "text: OpenSSH without an end", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
	    "damaged" },
	{ "text: OpenSSH without content",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n", "damaged" },
	{ "text: a public key",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK70K/VMnUiUnWzyGl3P37w2KtTVi1ypM3eRvCYO9KC3\n",
	    "that is the public half" },
	{ "text: empty", "", "want a private key" },
};

static void
text(void **state)
{
	const struct text_row *r = *state;
	struct err e;

	err_clear(&e);
	assert_null(login_parse("/a/key", (const uint8_t *)r->text, strlen(r->text), &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.text, r->want));
}

/* Only the bytes of a login are signed. */
static void
too_much(void **state)
{
	static const uint8_t data[LOGIN_DATA_MAX + 1];
	static const struct key_row r = { .type = "ED25519" };
	struct buf file = BUF_INIT(OPENSSHKEY_MAX), signature = BUF_INIT(LOGIN_SIGNATURE_MAX);
	EVP_PKEY *k = new_key(&r);
	struct login *l;
	struct err e;

	(void)state;
	write_key(k, OPENSSH, &file);
	assert_non_null(l = login_parse("key", file.data, file.len, &e));
	assert_err(login_sign(l, data, sizeof data, &signature, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(signature.len, 0);
	login_free(l);
	EVP_PKEY_free(k);
	buf_free(&file);
	buf_free(&signature);
}

static char longest[SFTP_PASSWORD_MAX + 1], too_long[SFTP_PASSWORD_MAX + 2];

static struct password_row {
	const char *name, *file, *want; /* want NULL: refused */
	size_t len;			/* 0: to the NUL */
} password_rows[] = {
	{ "password: one line", "secret\n", "secret", 0 },
	{ "password: no line end", "secret", "secret", 0 },
	{ "password: CR LF", "secret\r\n", "secret", 0 },
	{ "password: the first line counts", "secret\nanother\n", "secret", 0 },
	{ "password: blanks belong to it", " a b \n", " a b ", 0 },
	{ "password: the longest", longest, longest, 0 },
	{ "password: too long", too_long, NULL, 0 },
	{ "password: empty", "", NULL, 0 },
	{ "password: a byte order mark", "\xef\xbb\xbfsecret\r\n", "secret", 0 },
	{ "password: a byte order mark alone", "\xef\xbb\xbf\r\n", NULL, 0 },
	{ "password: UTF-16", "\xff\xfes\0e\0c\0", NULL, 8 },
	{ "password: an empty first line", "\nsecret\n", NULL, 0 },
	{ "password: a NUL", "sec\0ret\n", NULL, 8 },
	{ "password: a NUL after the line", "secret\n\0", "secret", 8 },
};

static void
password(void **state)
{
	const struct password_row *r = *state;
	struct login *l;
	struct err e;

	err_clear(&e);
	l = login_parse_password("file", (const uint8_t *)r->file,
	    r->len != 0 ? r->len : strlen(r->file), &e);
	if (r->want == NULL) {
		assert_null(l);
		assert_int_equal(e.code, ERR_CONFIG);
		assert_non_null(strstr(e.text, "file: want the login password"));
		return;
	}
	assert_non_null(l);
	assert_int_equal(login_password(l)->len, strlen(r->want));
	assert_memory_equal(login_password(l)->data, r->want, strlen(r->want));
	assert_int_equal(login_blob(l)->len, 0);
	login_free(l);
}

/* The printed line belongs to the new key, and the key is never replaced. */
static void
made(void **state)
{
	struct dir *d = *state;
	struct buf path = BUF_INIT(4096), line = BUF_INIT(1024), again = BUF_INIT(1024),
		   first = BUF_INIT(OPENSSHKEY_MAX), second = BUF_INIT(OPENSSHKEY_MAX);
	unsigned char base64[4 * LOGIN_BLOB_MAX];
	struct login *l;
	struct err e;

	assert_ok(login_make(d, "login", "A/B@host", &line, &e), &e);
	assert_ok(buf_addf(&path, &e, "%s/login", dir_path(d)), &e);
	assert_non_null(l = login_read(buf_text(&path), &e)); /* so only its owner can read it */
	EVP_EncodeBlock(base64, login_blob(l)->data, (int)login_blob(l)->len);
	assert_ok(buf_addf(&again, &e, "ssh-ed25519 %s A/B@host", (char *)base64), &e);
	assert_string_equal(buf_text(&line), buf_text(&again));
	login_free(l);

	assert_ok(file_read(d, "login", &first, &e), &e);
	assert_err(login_make(d, "login", "A/B@host", &line, &e), ERR_EXISTS, &e);
	assert_ok(file_read(d, "login", &second, &e), &e);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);

	assert_err(login_make(d, "other", "a\nssh-rsa b", &line, &e), ERR_SYNTAX, &e);
	buf_reset(&second);
	assert_err(file_read(d, "other", &second, &e), ERR_NOENT, &e);
	buf_free(&path);
	buf_free(&line);
	buf_free(&again);
	buf_free(&first);
	buf_free(&second);
}

int
main(void)
{
	static struct CMUnitTest tests[50] = { cmocka_unit_test(too_much),
		cmocka_unit_test_setup_teardown(made, temp_make, temp_remove) };
	size_t n = 2;

	memset(longest, 'x', sizeof longest - 1);
	memset(too_long, 'x', sizeof too_long - 1);
	TEST_ROWS(tests, n, key_rows, key);
	TEST_ROWS(tests, n, text_rows, text);
	TEST_ROWS(tests, n, password_rows, password);
	return _cmocka_run_group_tests("login", tests, n, NULL, NULL);
}
