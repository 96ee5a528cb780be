/* SPDX-License-Identifier: ISC */
/* Private keys in files of any kind, and what only looks like one. */
#include "tests/unit/x509/ids.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "lib/x509/keysearch.h"

#define MAX (512u * 1024)

static struct id id;

/* How a row's bytes are made of its text and the test's key. */
enum made {
	AS_IS,
	PEM_KEY,
	PEM_OLD,
	PEM_ENCRYPTED,
	PEM_OLD_ENCRYPTED,
	DER_KEY,
	DER_OLD,
	DER_ENCRYPTED,
	DER_CERT,
	DER_CERT_AND_KEY,
	DER_REQUEST,
	P12,
	PEM_CERT,
	PEM_PUBLIC
};

/* What is done with them. */
enum dressed { PLAIN, UTF16_LE, UTF16_BE, JSON, WINDOWS, INDENTED, BEHIND_WORDS, MARKED };

#define DIGITS "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVJ2NwnnPqPvGr5Ff"
#define OPENSSH \
	"-----BEGIN OPENSSH PRIVATE KEY-----\n" DIGITS "\n-----END OPENSSH PRIVATE KEY-----\n"

/* A keystore of two entries, one with a certificate, and the beginning of one with a key. */
#define JKS		"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2"
#define JKS_CERTIFICATE "\0\0\0\2\0\1c12345678\0\5X.509\0\0\0\3DER"
#define JKS_PRIVATE	"\0\0\0\1\0\1k12345678\0\0\1\0"

static struct row {
	const char *name;
	enum made made;
	enum dressed dressed;
	const char *text; /* AS_IS */
	size_t len;	  /* of text; 0: a C string */
	const char *want; /* NULL: nothing is found */
} rows[] = {
	{ "PKCS#8", PEM_KEY, PLAIN, NULL, 0, "a private key in PEM form" },
	{ "SEC1", PEM_OLD, PLAIN, NULL, 0, "a private key in PEM form" },
	{ "encrypted PKCS#8", PEM_ENCRYPTED, PLAIN, NULL, 0,
	    "an encrypted private key in PEM form" },
	{ "encrypted SEC1", PEM_OLD_ENCRYPTED, PLAIN, NULL, 0,
	    "an encrypted private key in PEM form" },
	{ "PKCS#8 in DER", DER_KEY, PLAIN, NULL, 0, "a private key in DER form" },
	{ "SEC1 in DER", DER_OLD, PLAIN, NULL, 0, "a private key in DER form" },
	{ "encrypted in DER", DER_ENCRYPTED, PLAIN, NULL, 0,
	    "an encrypted private key in DER form" },
	{ "PKCS#12", P12, PLAIN, NULL, 0, "PKCS#12" },
	{ "OpenSSH", AS_IS, PLAIN, OPENSSH, 0, "a private key of OpenSSH" },
	{ "PGP", AS_IS, PLAIN,
	    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n" DIGITS, 0,
	    "a private key of PGP" },
	{ "SSH2", AS_IS, PLAIN,
	    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"rsa-key\"\n" DIGITS
	    "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
	    0, "a private key of SSH" },
	{ "PuTTY", AS_IS, PLAIN, "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", 0,
	    "a private key of PuTTY" },
	{ "PuTTY behind words", AS_IS, WINDOWS,
	    "our key:\nPuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n" DIGITS "\n", 0,
	    "a private key of PuTTY" },
	{ "PuTTY in UTF-16", AS_IS, UTF16_LE,
	    "PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 2\nAAAA\nPrivate-Lines: 1\n" DIGITS
	    "\n",
	    0, "a private key of PuTTY" },
	{ "little-endian UTF-16", PEM_KEY, UTF16_LE, NULL, 0, "a private key in PEM form" },
	{ "big-endian UTF-16", PEM_KEY, UTF16_BE, NULL, 0, "a private key in PEM form" },
	{ "UTF-8 with a mark", PEM_KEY, MARKED, NULL, 0, "a private key in PEM form" },
	{ "line ends as in JSON", PEM_KEY, JSON, NULL, 0, "a private key in PEM form" },
	{ "line ends of Windows", PEM_KEY, WINDOWS, NULL, 0, "a private key in PEM form" },
	{ "indented", PEM_KEY, INDENTED, NULL, 0, "a private key in PEM form" },
	{ "behind words", PEM_KEY, BEHIND_WORDS, NULL, 0, "a private key in PEM form" },
	{ "behind a NUL", AS_IS, PLAIN, "\0\0" OPENSSH, sizeof OPENSSH + 1,
	    "a private key of OpenSSH" },
	{ "cut behind its first line", AS_IS, PLAIN, "-----BEGIN PRIVATE KEY-----\n" DIGITS, 0,
	    "a private key in PEM form" },
	{ "behind a label without a key", AS_IS, PLAIN, "-----BEGIN RSA PRIVATE KEY-----\0" OPENSSH,
	    sizeof OPENSSH + 31, "a private key of OpenSSH" },
	{ "in short lines", AS_IS, WINDOWS,
	    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\nSM49AgEGCCqGSM49\nAwEHBG0wawIBAQQg\n",
	    0, "a private key in PEM form" },
	{ "behind certificates in DER", DER_CERT_AND_KEY, PLAIN, NULL, 0,
	    "a private key in DER form" },
	{ "JKS", AS_IS, PLAIN, JKS JKS_CERTIFICATE JKS_PRIVATE,
	    sizeof JKS - 1 + sizeof JKS_CERTIFICATE - 1 + sizeof JKS_PRIVATE - 1,
	    "a keystore of Java" },
	{ "JCEKS", AS_IS, PLAIN, "\xce\xce\xce\xce\0\0\0\2\0\0\0\1" JKS_PRIVATE,
	    12 + sizeof JKS_PRIVATE - 1, "a keystore of Java" },
	{ "PVK", AS_IS, PLAIN, "\x1e\xf1\xb5\xb0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\x54\2\0\0\7", 25,
	    "a private key in PVK form" },
	{ "BLOB", AS_IS, PLAIN, "\7\2\0\0\0\xa4\0\0RSA2\0\x08\0\0\1\0\1\0\x55", 21,
	    "a private key as a BLOB" },

	{ "certificates of Java", AS_IS, PLAIN, JKS JKS_CERTIFICATE JKS_CERTIFICATE,
	    sizeof JKS - 1 + 2 * (sizeof JKS_CERTIFICATE - 1), NULL },
	{ "JKS that is cut", AS_IS, PLAIN, JKS JKS_CERTIFICATE,
	    sizeof JKS + sizeof JKS_CERTIFICATE - 4, NULL },
	{ "JKS with too large a length", AS_IS, PLAIN, JKS "\0\0\0\2\xff\xff", sizeof JKS + 5,
	    NULL },
	{ "public BLOB", AS_IS, PLAIN, "\6\2\0\0\0\xa4\0\0RSA1\0\x08\0\0\1\0\1\0\x55", 21, NULL },
	{ "words in short lines", AS_IS, PLAIN,
	    "-----BEGIN PRIVATE KEY-----\nput the lines\nof your key\nbetween these\ntwo of them\n",
	    0, NULL },
	{ "nothing", AS_IS, PLAIN, "", 0, NULL },
	{ "certificate", PEM_CERT, PLAIN, NULL, 0, NULL },
	{ "certificate in UTF-16", PEM_CERT, UTF16_LE, NULL, 0, NULL },
	{ "certificate in DER", DER_CERT, PLAIN, NULL, 0, NULL },
	{ "request in DER", DER_REQUEST, PLAIN, NULL, 0, NULL },
	{ "public key", PEM_PUBLIC, PLAIN, NULL, 0, NULL },
	{ "public key of SSH2", AS_IS, PLAIN,
	    "---- BEGIN SSH2 PUBLIC KEY ----\n" DIGITS "\n---- END SSH2 PUBLIC KEY ----\n", 0,
	    NULL },
	{ "no dashes before a blank", AS_IS, PLAIN,
	    " BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" DIGITS, 0, NULL },
	{ "public key of OpenSSH", AS_IS, PLAIN, "ssh-ed25519 " DIGITS " somebody\n", 0, NULL },
	{ "label alone", AS_IS, PLAIN, "-----BEGIN PRIVATE KEY-----", 0, NULL },
	{ "label at the end", AS_IS, PLAIN, "-----BEGIN PRIVATE KEY", 0, NULL },
	{ "both labels", AS_IS, PLAIN,
	    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n" DIGITS, 0, NULL },
	{ "labels of a program", AS_IS, PLAIN,
	    "-----BEGIN RSA PRIVATE KEY-----\0" DIGITS "\0-----END RSA PRIVATE KEY-----\0",
	    32 + sizeof DIGITS + 30, NULL },
	{ "manual", AS_IS, PLAIN,
	    "-----BEGIN PRIVATE KEY-----\nMIGH...\n-----END PRIVATE KEY-----\n" DIGITS, 0, NULL },
	{ "no dashes", AS_IS, PLAIN, "BEGIN PRIVATE KEY\n" DIGITS, 0, NULL },
	{ "other label", AS_IS, PLAIN, "-----BEGIN PUBLIC KEY-----\n" DIGITS, 0, NULL },
	{ "end of a block", AS_IS, PLAIN, "-----END PRIVATE KEY-----\n" DIGITS, 0, NULL },
	{ "PuTTY in words", AS_IS, PLAIN, "a PuTTY-User-Key-File-3 is a key", 0, NULL },
	{ "lines of PuTTY in a program", AS_IS, PLAIN, "Private-Lines: \0" DIGITS,
	    15 + sizeof DIGITS, NULL },
	{ "lines of PuTTY in a manual", AS_IS, PLAIN, "Private-Lines: 2\nMIGH...\n" DIGITS, 0,
	    NULL },
	{ "one byte of DER", AS_IS, PLAIN, "\x30", 1, NULL },
	{ "DER without its end", AS_IS, PLAIN, "\x30\x82\x01\x00\x02\x01\x00", 7, NULL },
	{ "DER that nests", AS_IS, PLAIN,
	    "\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80", 16, NULL },
	{ "DER of 4 GB", AS_IS, PLAIN, "\x30\x84\xff\xff\xff\xff\x02\x01\x00", 9, NULL },
};

static void
write_pkcs12(BIO *out)
{
	PKCS12 *p = PKCS12_create("pass", "kernel", id.key, id.cert, NULL, 0, 0, 0, 0, 0);

	assert_non_null(p);
	assert_int_equal(i2d_PKCS12_bio(out, p), 1);
	PKCS12_free(p);
}

static void
write_request(BIO *out)
{
	X509_REQ *q = X509_to_X509_REQ(id.cert, id.key, EVP_sha256());

	assert_non_null(q);
	assert_int_equal(i2d_X509_REQ_bio(out, q), 1);
	X509_REQ_free(q);
}

static int
write_certs_and_key(BIO *out)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(i2d_X509_bio(out, id.cert), 1);
	return i2d_PKCS8PrivateKeyInfo_bio(out, id.key);
}

static void
make(const struct row *r, BIO *out)
{
	static char pass[] = "pass";
	const EVP_CIPHER *aes = EVP_aes_128_cbc();
	int rc = 1;

	if (r->made == AS_IS && (r->len > 0 || *r->text != '\0'))
		rc = BIO_write(out, r->text, (int)(r->len > 0 ? r->len : strlen(r->text))) > 0;
	else if (r->made == PEM_KEY)
		rc = PEM_write_bio_PrivateKey(out, id.key, NULL, NULL, 0, NULL, NULL);
	else if (r->made == PEM_OLD)
		rc = PEM_write_bio_PrivateKey_traditional(out, id.key, NULL, NULL, 0, NULL, NULL);
	else if (r->made == PEM_ENCRYPTED)
		rc = PEM_write_bio_PKCS8PrivateKey(out, id.key, aes, pass, 4, NULL, NULL);
	else if (r->made == PEM_OLD_ENCRYPTED)
		rc = PEM_write_bio_PrivateKey_traditional(out, id.key, aes, (unsigned char *)pass,
		    4, NULL, NULL);
	else if (r->made == DER_KEY)
		rc = i2d_PKCS8PrivateKeyInfo_bio(out, id.key);
	else if (r->made == DER_OLD)
		rc = i2d_PrivateKey_bio(out, id.key);
	else if (r->made == DER_ENCRYPTED)
		rc = i2d_PKCS8PrivateKey_bio(out, id.key, aes, pass, 4, NULL, NULL);
	else if (r->made == DER_CERT)
		rc = i2d_X509_bio(out, id.cert);
	else if (r->made == DER_CERT_AND_KEY)
		rc = write_certs_and_key(out);
	else if (r->made == DER_REQUEST)
		write_request(out);
	else if (r->made == P12)
		write_pkcs12(out);
	else if (r->made == PEM_CERT)
		rc = PEM_write_bio_X509(out, id.cert);
	else if (r->made == PEM_PUBLIC)
		rc = PEM_write_bio_PUBKEY(out, id.key);
	assert_int_equal(rc, 1);
}

/* Appends one character as the row has them. */
static void
dress_one(enum dressed how, char c, struct buf *out, struct err *e)
{
	if (how == UTF16_BE)
		assert_ok(buf_addc(out, '\0', e), e);
	if (c == '\n' && (how == JSON || how == WINDOWS))
		assert_ok(buf_adds(out, how == JSON ? "\\n" : "\r\n", e), e);
	else
		assert_ok(buf_addc(out, c, e), e);
	if (c == '\n' && how == INDENTED)
		assert_ok(buf_adds(out, "\t  ", e), e);
	if (how == UTF16_LE)
		assert_ok(buf_addc(out, '\0', e), e);
}

static void
dress(enum dressed how, const char *data, size_t len, struct buf *out)
{
	static const struct {
		enum dressed how;
		const char *begin;
	} begins[] = { { UTF16_LE, "\xff\xfe" }, { UTF16_BE, "\xfe\xff" }, { JSON, "{\"key\":\"" },
		{ INDENTED, "  " }, { BEHIND_WORDS, "server:\n  key: |\n" },
		{ MARKED, "\xef\xbb\xbf" } };
	struct err e;

	for (size_t i = 0; i < N(begins); i++)
		if (begins[i].how == how)
			assert_ok(buf_adds(out, begins[i].begin, &e), &e);
	for (size_t i = 0; i < len; i++)
		dress_one(how, data[i], out, &e);
}

static const char *
search(const struct buf *b, size_t piece)
{
	struct err e;
	struct keysearch *s = keysearch_new(&e);
	const char *found;

	assert_non_null(s);
	for (size_t at = 0; at < b->len; at += piece)
		assert_ok(
		    keysearch_feed(s, b->data + at, b->len - at < piece ? b->len - at : piece, &e),
		    &e);
	found = keysearch_end(s);
	assert_int_equal(ERR_peek_error(), 0);
	keysearch_free(s);
	return found;
}

static void
find(void **state)
{
	const struct row *r = *state;
	static const size_t pieces[] = { MAX, 65536, 4096, 100 };
	struct buf b = BUF_INIT(MAX);
	BIO *made = BIO_new(BIO_s_mem());
	char *data = NULL;
	size_t len;

	make(r, made);
	len = (size_t)BIO_get_mem_data(made, &data);
	dress(r->dressed, data, len, &b);
	BIO_free(made);
	for (size_t i = 0; i < N(pieces); i++) {
		const char *found = search(&b, pieces[i]);

		if (r->want == NULL)
			assert_null(found);
		else if (found == NULL || strstr(found, r->want) != found)
			fail_msg("want '%s', got '%s'", r->want, found == NULL ? "" : found);
	}
	buf_free(&b);
}

/* A key anywhere in a large file: at each place around the end of the window. */
static void
find_anywhere(void **state)
{
	struct buf b = BUF_INIT(MAX);
	struct err e;

	(void)state;
	for (size_t at = 63u * 1024; at < 67u * 1024; at += 13) {
		buf_reset(&b);
		while (b.len < at)
			assert_ok(buf_adds(&b, "x", &e), &e);
		assert_ok(buf_adds(&b, OPENSSH, &e), &e);
		while (b.len < 140u * 1024)
			assert_ok(buf_adds(&b, "rest of a file\n", &e), &e);
		assert_non_null(search(&b, MAX));
		assert_non_null(search(&b, 10000));
	}
	buf_free(&b);
}

int
main(void)
{
	const struct id_row ids[] = { { &id, { .name = "kernel" }, NULL } };
	struct CMUnitTest tests[N(rows) + 1];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, find);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(find_anywhere);
	return ids_run("keysearch", tests, n, ids, N(ids));
}
