/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: bad keys and certificates in our own files, and the texts of their refusals.  A refusal
 * changes nothing: the last good pair stays in use until the next good pair replaces it.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <openssl/pem.h>

#define HUGE_FILE (10u * 1024 * 1024) /* bytes */

static struct id ca, kernel, kernel2, stranger;

/* The content of one of our two files. */
enum content {
	GOOD,
	OTHER,
	OTHER_TYPE,
	ANOTHER_FILE,
	SWAPPED,
	TRUNCATED,
	CUT_LINE,
	HUGE,
	EMPTY,
	ABSENT,
	DIRECTORY,
	FIFO,
	ENDLESS,
	OPEN,
	ENCRYPTED,
	PUBLIC,
	DER,
	BUNDLE,
	RUBBISH,
	SECOND_BROKEN,
	MANY,
	OF_LOOK
};

/* Our own pair: the faults of its files, and a part of the error. */
static const struct pair_row {
	const char *name;
	enum content key, cert;
	const char *says;
	struct look look; /* OF_LOOK */
	bool of_ca;
} pairs[] = {
	{ "key of another certificate", OTHER, GOOD, "is not the key of the certificate", { 0 },
	    false },
	{ "certificate of another key", GOOD, OTHER, "is not the key of the certificate", { 0 },
	    false },
	{ "key of another type", OTHER_TYPE, GOOD, "is not the key of the certificate", { 0 },
	    false },
	{ "key and certificate in each other's file", ANOTHER_FILE, ANOTHER_FILE,
	    "want an unencrypted private key in PEM form; got a certificate; are the two files swapped?",
	    { 0 }, false },
	{ "truncated key", TRUNCATED, GOOD, "want an unencrypted private key", { 0 }, false },
	{ "truncated certificate", GOOD, TRUNCATED, "is malformed", { 0 }, false },
	{ "key with a cut line", CUT_LINE, GOOD, "want an unencrypted private key", { 0 }, false },
	{ "certificate with a cut line", GOOD, CUT_LINE, "is malformed", { 0 }, false },
	{ "key of 10 MB", HUGE, GOOD, "want at most 1048576 bytes", { 0 }, false },
	{ "certificate of 10 MB", GOOD, HUGE, "want at most 1048576 bytes", { 0 }, false },
	{ "empty key", EMPTY, GOOD, "want an unencrypted private key", { 0 }, false },
	{ "empty certificate", GOOD, EMPTY, "want a certificate in PEM form", { 0 }, false },
	{ "no key", ABSENT, GOOD, "key.pem", { 0 }, false },
	{ "no certificate", GOOD, ABSENT, "cert.pem", { 0 }, false },
	{ "a directory for a key", DIRECTORY, GOOD, "key.pem", { 0 }, false },
	{ "a directory for a certificate", GOOD, DIRECTORY, "cert.pem", { 0 }, false },
	{ "a FIFO for a key", FIFO, GOOD, "key.pem", { 0 }, false },
	{ "a FIFO for a certificate", GOOD, FIFO, "cert.pem", { 0 }, false },
	{ "a device without an end for a certificate", GOOD, ENDLESS, "cert.pem", { 0 }, false },
	{ "key that others can read", OPEN, GOOD, "key.pem", { 0 }, false },
	{ "encrypted key", ENCRYPTED, GOOD,
	    "got an encrypted one; 'openssl pkey -in FILE -out NEW'", { 0 }, false },
	{ "public key for a private one", PUBLIC, GOOD, "got a public key", { 0 }, false },
	{ "key in DER form", DER, GOOD,
	    "got one in DER form; 'openssl pkey -inform DER -in FILE -out NEW'", { 0 }, false },
	{ "certificate in DER form", GOOD, DER,
	    "got one in DER form; 'openssl x509 -inform DER -in FILE -out NEW'", { 0 }, false },
	{ "certificate in PKCS#7", GOOD, BUNDLE,
	    "got PKCS#7; 'openssl pkcs7 -print_certs -in FILE -out NEW'", { 0 }, false },
	{ "PKCS#7 for a key", BUNDLE, GOOD, "got PKCS#7, which holds certificates and no key",
	    { 0 }, false },
	{ "certificate for a key, for all to read", SWAPPED, GOOD,
	    "got a certificate; are the two files swapped?", { 0 }, false },
	{ "key of zeros", RUBBISH, GOOD, "want an unencrypted private key", { 0 }, false },
	{ "certificate of zeros", GOOD, RUBBISH, "want a certificate in PEM form", { 0 }, false },
	{ "second certificate of the chain is broken", GOOD, SECOND_BROKEN,
	    "certificate number 2 is malformed", { 0 }, false },
	{ "chain of 129 certificates", GOOD, MANY, "over 128 certificates", { 0 }, false },
	{ "expired", OF_LOOK, OF_LOOK, "is expired", { .name = "old", .from = -10, .days = 5 },
	    false },
	{ "not yet valid", OF_LOOK, OF_LOOK, "is not valid yet", { .name = "early", .from = 5 },
	    false },
	{ "RSA 512", OF_LOOK, OF_LOOK, "too small", { .name = "weak", .bits = 512 }, false },
	{ "RSA 1024", OF_LOOK, OF_LOOK, "too small", { .name = "weak", .bits = 1024 }, false },
	{ "P-192", OF_LOOK, OF_LOOK, "too small", { .name = "weak", .curve = "P-192" }, false },
	{ "P-224", OF_LOOK, OF_LOOK, "want a key that handshakes can use",
	    { .name = "odd", .curve = "P-224" }, false },
	{ "secp256k1", OF_LOOK, OF_LOOK, "want a key that handshakes can use",
	    { .name = "odd", .curve = "secp256k1" }, true },
	{ "brainpool", OF_LOOK, OF_LOOK, "want a key that handshakes can use",
	    { .name = "odd", .curve = "brainpoolP256r1" }, false },
	{ "over 100 kB", OF_LOOK, OF_LOOK, "no handshake can use the pair",
	    { .name = "odd", .san_len = 110000 }, false },
	{ "for another use", OF_LOOK, OF_LOOK, "key usages don't allow it to be a",
	    { .name = "mail", .usage = "emailProtection" }, true },
	{ "MD5 signature", OF_LOOK, OF_LOOK, "too weak", { .name = "weak", .digest_name = "MD5" },
	    true },
	{ "SHA-1 signature", OF_LOOK, OF_LOOK, "too weak",
	    { .name = "weak", .digest_name = "SHA1" }, true },
};

/* Replaces the file, which may be a directory. */
static void
put(const char *path, const void *bytes, size_t len, mode_t mode)
{
	put_nothing(path);
	put_file(path, bytes, len, mode);
}

/* Certificates as authorities of Windows give them out (.p7b). */
static void
put_bundle(BIO *out)
{
	PKCS7 *p = PKCS7_new();

	assert_int_equal(PKCS7_set_type(p, NID_pkcs7_signed), 1);
	assert_int_equal(PKCS7_content_new(p, NID_pkcs7_data), 1);
	assert_int_equal(PKCS7_add_certificate(p, kernel2.cert), 1);
	assert_int_equal(PEM_write_bio_PKCS7(out, p), 1);
	PKCS7_free(p);
}

/* Either half of a pair in another form. */
static void
put_other_form(const char *path, enum content what, bool key)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (what == ENCRYPTED)
		PEM_write_bio_PKCS8PrivateKey(b, kernel2.key, EVP_aes_256_cbc(), "secret", 6, NULL,
		    NULL);
	else if (what == PUBLIC)
		PEM_write_bio_PUBKEY(b, kernel2.key);
	else if (what == BUNDLE)
		put_bundle(b);
	else if (key)
		i2d_PrivateKey_bio(b, kernel2.key);
	else
		i2d_X509_bio(b, kernel2.cert);
	len = BIO_get_mem_data(b, &data);
	put(path, data, (size_t)len, 0600);
	BIO_free(b);
}

static void
put_bad(const char *path, enum content what, bool key, const struct id *look)
{
	static char big[HUGE_FILE + 1];
	const char *good = key ? kernel2.key_pem : kernel2.cert_pem,
		   *other = key ? stranger.key_pem : stranger.cert_pem;
	char *second = strstr(good, "\n") + 1;

	put_nothing(path);
	memset(big, 0, sizeof big);
	switch (what) {
	case GOOD:
		put(path, good, strlen(good), 0600);
		break;
	case OTHER:
		put(path, other, strlen(other), 0600);
		break;
	case OTHER_TYPE: {
		struct id rsa = id_make(&(struct look){ .name = "rsa", .bits = 2048 }, NULL);

		put(path, rsa.key_pem, strlen(rsa.key_pem), 0600);
		id_free(&rsa);
		break;
	}
	case ANOTHER_FILE:
		good = key ? kernel2.cert_pem : kernel2.key_pem;
		put(path, good, strlen(good), 0600);
		break;
	case SWAPPED:
		put(path, kernel2.cert_pem, strlen(kernel2.cert_pem), 0644);
		break;
	case TRUNCATED:
		put(path, good, strlen(good) / 2, 0600);
		break;
	case CUT_LINE:
		/* The first line of Base64 has lost its second half. */
		snprintf(big, sizeof big, "%.*s%.20s\n%s", (int)(second - good), good, second,
		    strchr(second, '\n') + 1);
		put(path, big, strlen(big), 0600);
		break;
	case HUGE:
		memset(big, '\n', sizeof big);
		memcpy(big, good, strlen(good));
		put(path, big, HUGE_FILE, 0600);
		break;
	case EMPTY:
		put(path, "", 0, 0600);
		break;
	case DIRECTORY:
		put_directory(path);
		break;
	case FIFO:
		put_fifo(path);
		break;
	case ENDLESS:
		put_endless(path);
		break;
	case OPEN:
		put(path, good, strlen(good), 0644);
		break;
	case RUBBISH:
		put(path, big, 4096, 0600);
		break;
	case SECOND_BROKEN:
		snprintf(big, sizeof big, "%s%.*s", good, (int)strlen(good) / 2, good);
		put(path, big, strlen(big), 0600);
		break;
	case MANY:
		for (size_t i = 0, n = 0; i < 129; i++)
			n += (size_t)snprintf(big + n, sizeof big - n, "%s", good);
		put(path, big, strlen(big), 0600);
		break;
	case OF_LOOK:
		good = key ? look->key_pem : look->cert_pem;
		put(path, good, strlen(good), 0600);
		break;
	case ABSENT:
		break;
	default:
		put_other_form(path, what, key);
	}
}

static struct slipway_tls *
with_files(enum slipway_tls_side which, const struct place *p)
{
	struct slipway_tls *t = side_new(which, "TLSNoPeerAuth", NULL, NULL);

	assert_int_equal(slipway_tls_set(t, "TLS_KeyFile", p->key), 0);
	assert_int_equal(slipway_tls_set(t, "TLS_CertFile", p->cert), 0);
	return t;
}

/* Whether a connection succeeds with a peer that trusts only one certificate. */
static void
shows(struct slipway_tls *t, enum slipway_tls_side which, const struct id *want)
{
	const bool serves = which == SLIPWAY_TLS_SERVER;
	struct slipway_tls *other = side_new(serves ? SLIPWAY_TLS_CLIENT : SLIPWAY_TLS_SERVER,
	    "TLSPeerAuth", serves ? NULL : &stranger, want);
	struct ends e;

	ends_open(&e, serves ? t : other, serves ? other : t);
	if (talk(&e) != 0)
		fail_msg("want the other pair; the server says '%s', the client says '%s'",
		    slipway_tls_conn_error(e.server), slipway_tls_conn_error(e.client));
	ends_close(&e);
	slipway_tls_free(other);
}

/* The text of every fault names the setting that decides, or both files. */
static void
says(const struct pair_row *r, const char *text)
{
	if (strstr(text, r->says) == NULL)
		fail_msg("want '%s', got '%s'", r->says, text);
	if (strstr(text, "is not the key of") == NULL && strncmp(text, "TLS_KeyFile: ", 13) != 0 &&
	    strncmp(text, "TLS_CertFile: ", 14) != 0)
		fail_msg("want a setting named, got '%s'", text);
}

/* One of our sides with a bad pair: from the beginning, and as replacement of a good pair. */
static void
own_pair(const struct pair_row *r, enum slipway_tls_side which, const struct id *look)
{
	struct place p;
	struct slipway_tls *t;

	place_make(&p);
	put_bad(p.key, r->key, true, look);
	put_bad(p.cert, r->cert, false, look);
	t = with_files(which, &p);
	assert_int_equal(slipway_tls_check(t), SLIPWAY_TLS_ERROR);
	says(r, slipway_tls_error(t));
	assert_null(slipway_tls_conn_new(t, 0));

	/* The pair is mended while the program runs. */
	put(p.key, kernel.key_pem, strlen(kernel.key_pem), 0600);
	put(p.cert, kernel.cert_pem, strlen(kernel.cert_pem), 0600);
	assert_int_equal(slipway_tls_check(t), 0);
	shows(t, which, &kernel);

	/* The bad pair replaces a good one. */
	put_bad(p.key, r->key, true, look);
	put_bad(p.cert, r->cert, false, look);
	assert_int_equal(slipway_tls_check(t), 0);
	says(r, slipway_tls_warning(t));
	assert_non_null(strstr(slipway_tls_warning(t), "stays in use"));
	assert_int_equal(slipway_tls_check(t), 0);
	assert_string_equal(slipway_tls_warning(t), ""); /* once */
	shows(t, which, &kernel);
	put_bad(p.key, GOOD, true, NULL);
	put_bad(p.cert, GOOD, false, NULL);
	shows(t, which, &kernel2);
	slipway_tls_free(t);
	place_remove(&p);
}

/*
 * A wrong use of a certificate that is its own issuer, which some peers would accept: the pair is
 * used when there is no other, and doesn't replace a good pair.
 */
static void
doubtful(void **state)
{
	struct id mail =
	    id_make(&(struct look){ .name = "mail", .usage = "emailProtection" }, NULL);
	const enum slipway_tls_side sides[] = { SLIPWAY_TLS_SERVER, SLIPWAY_TLS_CLIENT };

	(void)state;
	for (size_t i = 0; i < N(sides); i++) {
		struct slipway_tls *t;
		struct place p;

		place_make(&p);
		t = with_files(sides[i], &p);
		put(p.key, mail.key_pem, strlen(mail.key_pem), 0600);
		put(p.cert, mail.cert_pem, strlen(mail.cert_pem), 0600);
		assert_int_equal(slipway_tls_check(t), 0);
		assert_non_null(
		    strstr(slipway_tls_warning(t), "key usages don't allow it to be a"));
		shows(t, sides[i], &mail);
		put(p.key, kernel.key_pem, strlen(kernel.key_pem), 0600);
		put(p.cert, kernel.cert_pem, strlen(kernel.cert_pem), 0600);
		shows(t, sides[i], &kernel);
		put(p.key, mail.key_pem, strlen(mail.key_pem), 0600);
		put(p.cert, mail.cert_pem, strlen(mail.cert_pem), 0600);
		assert_int_equal(slipway_tls_check(t), 0);
		assert_non_null(
		    strstr(slipway_tls_warning(t), "key usages don't allow it to be a"));
		assert_non_null(strstr(slipway_tls_warning(t), "stays in use"));
		shows(t, sides[i], &kernel);
		slipway_tls_free(t);
		place_remove(&p);
	}
	id_free(&mail);
}

static void
pair(void **state)
{
	const struct pair_row *r = *state;
	struct id look = { 0 };

	if ((r->key == OPEN && !put_mode_counts()) ||
	    (!PUT_SPECIAL && (r->key == FIFO || r->cert == FIFO || r->cert == ENDLESS))) {
		print_message("%s: not here: %s\n", r->name,
		    r->key == OPEN ? "wine's access lists don't come back; see docs/windows.md"
				   : "no file of this system is one");
		skip();
	}
	if (r->key == OF_LOOK)
		look = id_make(&r->look, r->of_ca ? &ca : NULL);
	own_pair(r, SLIPWAY_TLS_SERVER, &look);
	own_pair(r, SLIPWAY_TLS_CLIENT, &look);
	id_free(&look);
}

static const struct id_row ids[] = {
	/* RSA, because there is no ECDSA with MD5. */
	{ &ca, { .name = "ca", .ca = true, .bits = 2048 }, NULL },
	{ &kernel, { .name = "kernel" }, NULL },
	{ &kernel2, { .name = "kernel" }, NULL },
	{ &stranger, { .name = "stranger" }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(pairs) + 1] = { cmocka_unit_test(doubtful) };
	size_t n = 1;

	TEST_ROWS(tests, n, pairs, pair);
	return ids_run("tls-pairs", tests, n, ids, N(ids));
}
