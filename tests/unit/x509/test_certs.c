/* SPDX-License-Identifier: ISC */
/*
 * Reading certificates, revocation lists and requests in PEM form, and lists of files.
 */
#include "tests/unit/x509/ids.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include "lib/x509/certs.h"

static struct id ca, leaf;

/* The parts of a text: each character stands for a part. */
static const struct text_row {
	const char *name;
	/* c, l: a certificate; k: a key; r: a list; q: a request; t: words; n: CRLF; b: BOM */
	/*
	 * x, T: a certificate with another label; i, o, m, f, #, D: one in another form; h: a hash
	 */
	/* d: a damaged certificate; u: a certificate without its end; e: an encrypted one */
	const char *parts;
	int n; /* certificates that are read */
	enum err_code code;
	const char *says;
} texts[] = {
	{ "one", "c", 1, ERR_NONE, "" },
	{ "chain", "lc", 2, ERR_NONE, "" },
	{ "words around", "tltct", 2, ERR_NONE, "" },
	{ "key and certificate", "kl", 1, ERR_NONE, "" },
	{ "ends of lines of Windows", "nl", 1, ERR_NONE, "" },
	{ "nothing", "", 0, ERR_SYNTAX, "want a certificate in PEM form; got nothing" },
	{ "words", "t", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got one that is damaged, indented, or has other line ends than those of Unix and Windows" },
	{ "a key", "k", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got a private key; are the two files swapped? 'openssl x509 -in FILE -noout' is silent about a certificate" },
	{ "a list", "r", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got a list of revocations, which belongs in TLS_CRLFile" },
	{ "OpenSSL's own form alone", "T", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got OpenSSL's own form, with marks of trust; 'openssl x509 -in FILE -out NEW' writes it without them" },
	{ "indented", "i", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got one that is damaged, indented, or has other line ends than those of Unix and Windows" },
	{ "a request", "q", 0, ERR_SYNTAX,
	    "want a certificate in PEM form; got a signing request, which is no certificate yet; its CA signs it, or 'openssl x509 -req -days 3650 -in FILE -signkey KEY -out NEW' makes a certificate of it" },
	{ "damaged", "d", 0, ERR_SYNTAX, "certificate number 1 is malformed" },
	{ "second damaged", "ldc", 1, ERR_SYNTAX, "certificate number 2 is malformed" },
	{ "second without its end", "cu", 1, ERR_SYNTAX, "certificate number 2 is malformed" },
	{ "byte order mark", "bl", 1, ERR_NONE, "" },
	{ "older label", "xl", 2, ERR_NONE, "" },
	{ "OpenSSL's own form", "lT", 1, ERR_SYNTAX,
	    "want 'CERTIFICATE', got 'TRUSTED CERTIFICATE'; 'openssl x509 -in FILE' writes the form without OpenSSL's own marks of trust" },
	{ "a list among them", "lr", 1, ERR_SYNTAX,
	    "want blocks of 'CERTIFICATE', got 'X509 CRL'" },
	{ "a request among them", "lq", 1, ERR_SYNTAX,
	    "want blocks of 'CERTIFICATE', got 'CERTIFICATE REQUEST'" },
	{ "second indented", "li", 1, ERR_SYNTAX,
	    "1 of 2 certificates can't be read: want each line from its first column on, with the line ends of Unix or Windows" },
	{ "second with line ends of old", "lo", 1, ERR_SYNTAX,
	    "1 of 2 certificates can't be read: want each line from its first column on, with the line ends of Unix or Windows" },
	{ "second mistyped", "lm", 1, ERR_SYNTAX,
	    "want a certificate from '-----BEGIN CERTIFICATE-----' on, got a part of one" },
	{ "second without its first line", "lf", 1, ERR_SYNTAX,
	    "want a certificate from '-----BEGIN CERTIFICATE-----' on, got a part of one" },
	{ "second in a comment", "l#", 1, ERR_NONE, "" },
	{ "second in DER form", "lD", 1, ERR_SYNTAX,
	    "want a certificate in PEM form, got binary data (DER and UTF-16 aren't taken)" },
	{ "a hash among them", "hl", 1, ERR_NONE, "" },
	{ "encrypted", "e", 0, ERR_SYNTAX, "certificate number 1 is malformed" },
	{ "second encrypted", "lec", 1, ERR_SYNTAX, "certificate number 2 is malformed" },
};

static unsigned asked;

static int
count_question(UI *ui)
{
	(void)ui;
	asked++;
	return 0;
}

static void
add(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	assert_true((size_t)snprintf(out + len, size - len, "%s", text) < size - len);
}

/* Any object as an encrypted block with "Proc-Type: 4,ENCRYPTED". */
static void
add_encrypted(char *out, size_t size, i2d_of_void *i2d, const char *kind, const void *object)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char password[] = "secret";
	char *data;
	long len;

	assert_int_equal(
	    PEM_ASN1_write_bio(i2d, kind, bio, object, EVP_aes_128_cbc(), password, 6, NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &data);
	assert_true(len > 0 && strlen(out) + (size_t)len < size);
	assert_non_null(memcpy(out + strlen(out), data, (size_t)len));
	assert_non_null(strstr(out, "Proc-Type: 4,ENCRYPTED"));
	BIO_free(bio);
}

static void
add_request(char *out, size_t size, bool encrypted)
{
	X509_REQ *rq = X509_to_X509_REQ(leaf.cert, leaf.key, EVP_sha256());
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	assert_non_null(rq);
	if (encrypted) {
		add_encrypted(out, size, (i2d_of_void *)i2d_X509_REQ, PEM_STRING_X509_REQ, rq);
	} else {
		PEM_write_bio_X509_REQ(bio, rq);
		len = BIO_get_mem_data(bio, &data);
		assert_true(strlen(out) + (size_t)len < size);
		memcpy(out + strlen(out), data, (size_t)len);
	}
	BIO_free(bio);
	X509_REQ_free(rq);
}

static void
relabel(char *out, size_t size, const char *label)
{
	const char *first = strchr(leaf.cert_pem, '\n'), *last = strstr(first, "-----END");

	out += strlen(out);
	assert_true(snprintf(out, size, "-----BEGIN %s-----%.*s-----END %s-----\n", label,
			(int)(last - first), first, label) > 0);
}

/* A certificate that OpenSSL skips.  DER has NULs, so only its beginning is compared. */
static void
deform(char *out, size_t size, char how)
{
	const char *from = leaf.cert_pem;
	size_t n = 0;
	bool first = true;

	assert_true(size > 2 * strlen(from));
	if (how == 'D') {
		strcpy(out, "\x30\x82\x01\x02\x30\n");
		return;
	}
	if (how == 'f')
		from = strchr(from, '\n') + 1;
	if (how == 'm')
		from++; /* four dashes */
	for (; *from != '\0'; from++) {
		if (first && (how == 'i' || how == '#'))
			out[n++] = how == 'i' ? ' ' : '#';
		first = *from == '\n';
		out[n++] = how == 'o' && first ? '\r' : *from;
	}
	out[n] = '\0';
}

static void
add_part(char *out, size_t size, char part)
{
	char *crl, *start = out + strlen(out);

	switch (part) {
	case 'c':
		add(out, size, ca.cert_pem);
		break;
	case 'l':
	case 'd':
	case 'u':
		add(out, size, leaf.cert_pem);
		if (part == 'd')
			memcpy(strchr(start, '\n') + 70, "!!!!", 4);
		else if (part == 'u')
			*strstr(start, "-----END") = '\0';
		break;
	case 'b':
		add(out, size, "\xef\xbb\xbf");
		break;
	case 'h':
		add(out, size, leaf.hex);
		add(out, size, "\n");
		break;
	case 'x':
	case 'T':
		relabel(out, size, part == 'x' ? "X509 CERTIFICATE" : "TRUSTED CERTIFICATE");
		break;
	case 'i':
	case 'o':
	case 'm':
	case 'f':
	case '#':
	case 'D':
		deform(start, size - strlen(out), part);
		break;
	case 'k':
		add(out, size, leaf.key_pem);
		break;
	case 'r':
		add(out, size, crl = crl_make(&ca, NULL, 1));
		free(crl);
		break;
	case 'q':
		add_request(out, size, false);
		break;
	case 'e':
		add_encrypted(out, size, (i2d_of_void *)i2d_X509, PEM_STRING_X509, leaf.cert);
		break;
	case 'n':
		add(out, size, "words\r\n\r\n");
		break;
	default:
		add(out, size, "words -----BEGIN CERTIFICATE----- of people\n");
	}
}

/* The number of the line depends on the length of a signature. */
static const char *
after_line(const char *text)
{
	unsigned line;
	int n = 0;

	return sscanf(text, "line %u: %n", &line, &n) == 1 && line > 1 ? text + n : text;
}

static void
text(void **state)
{
	const struct text_row *r = *state;
	char pem[32768] = { 0 };
	STACK_OF(X509) * all;
	struct err e = { 0 };
	int rc;

	for (const char *p = r->parts; *p != '\0'; p++)
		add_part(pem, sizeof pem, *p);
	rc = certs_parse(pem, strlen(pem), &all, &e);
	assert_int_equal(rc, r->code == ERR_NONE ? 0 : -1);
	assert_int_equal(e.code, r->code);
	assert_string_equal(after_line(e.text), r->says);
	assert_int_equal(sk_X509_num(all), r->n);
	for (int i = 0, at = 0; i < r->n; at++)
		if (strchr("clx", r->parts[at]) != NULL)
			assert_int_equal(X509_cmp(sk_X509_value(all, i++),
					     r->parts[at] == 'c' ? ca.cert : leaf.cert),
			    0);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(asked, 0);
	certs_free(all);
}

static void
limits(void **state)
{
	size_t len = strlen(leaf.cert_pem);
	char *pem = calloc(CERTS_MAX + 1, len + 1);
	STACK_OF(X509) * all;
	struct err e;

	(void)state;
	assert_non_null(pem);
	for (int i = 0; i <= CERTS_MAX; i++)
		memcpy(pem + (size_t)i * len, leaf.cert_pem, len);
	assert_ok(certs_parse(pem, CERTS_MAX * len, &all, &e), &e);
	assert_int_equal(sk_X509_num(all), CERTS_MAX);
	certs_free(all);
	assert_err(certs_parse(pem, (CERTS_MAX + 1) * len, &all, &e), ERR_TOO_LARGE, &e);
	assert_string_equal(e.text, "over 128 certificates");
	certs_free(all);
	free(pem);
}

/* Reads only the first block; any bytes may follow. */
static void
first(void **state)
{
	char pem[16384] = "";
	struct err e;
	X509 *x;

	(void)state;
	add_part(pem, sizeof pem, 'l');
	add_part(pem, sizeof pem, 'd');
	assert_non_null(x = cert_parse(pem, strlen(pem), &e));
	assert_int_equal(X509_cmp(x, leaf.cert), 0);
	X509_free(x);
	assert_null(cert_parse("words", 5, &e));
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_null(cert_parse(NULL, 0, &e));
	assert_string_equal(e.text, "want a certificate in PEM form; got nothing");
}

static void
requests(void **state)
{
	char pem[8192] = "";
	struct err e;
	X509_REQ *rq;

	(void)state;
	add_request(pem, sizeof pem, false);
	assert_non_null(rq = request_parse(pem, strlen(pem), &e));
	assert_int_equal(
	    X509_NAME_cmp(X509_REQ_get_subject_name(rq), X509_get_subject_name(leaf.cert)), 0);
	X509_REQ_free(rq);
	memset(pem, 0, sizeof pem);
	add_request(pem, sizeof pem, true);
	assert_null(request_parse(pem, strlen(pem), &e));
	assert_string_equal(e.text, "want a signing request in PEM form");
	assert_null(request_parse(leaf.cert_pem, strlen(leaf.cert_pem), &e));
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_non_null(strstr(e.text, "got a certificate, which somebody has signed already"));
	assert_null(request_parse(leaf.key_pem, strlen(leaf.key_pem), &e));
	assert_non_null(strstr(e.text, "'openssl req -new -key FILE -out NEW'"));
	assert_int_equal(asked, 0);
}

/* No reader may ask for a passphrase: OpenSSL would wait at the terminal for an answer. */
static void
never_asks(void **state)
{
	UI_METHOD *method = UI_create_method("test");
	char pem[8192] = { 0 };
	BIO *bio;

	(void)state;
	UI_method_set_opener(method, count_question);
	UI_set_default_method(method);
	add_part(pem, sizeof pem, 'e');
	bio = BIO_new_mem_buf(pem, -1);
	assert_null(PEM_read_bio_X509(bio, NULL, NULL, NULL));
	assert_int_equal(asked, 1); /* so this test sees questions */
	asked = 0;
	BIO_free(bio);
	ERR_clear_error();
}

static const struct list_row {
	const char *name, *list;
	const char *files[4];
} lists[] = {
	{ "list: one", "a.crt", { "a.crt" } },
	{ "list: two", "a.crt;/b c/d.crt", { "a.crt", "/b c/d.crt" } },
	{ "list: empty names", ";;a.crt;;b.crt;", { "a.crt", "b.crt" } },
	{ "list: blanks around", " a.crt ; /b c/d.crt\t;\te.crt",
	    { "a.crt", "/b c/d.crt", "e.crt" } },
	{ "list: blanks alone", " ; \t ;", { NULL } },
	{ "list: nothing", "", { NULL } },
	{ "list: only separators", ";;;", { NULL } },
};

struct seen {
	size_t n, len[SOURCES_MAX];
	char files[SOURCES_MAX][64];
	struct err why;
};

static void
see(void *arg, const struct source *s)
{
	struct seen *seen = arg;
	struct buf b = BUF_INIT(16);

	assert_string_equal(s->label, "LIST");
	assert_int_equal(strlen(s->text), s->len > SOURCE_PATH_MAX ? 60 : s->len);
	snprintf(seen->files[seen->n], sizeof seen->files[0], "%s", s->text);
	seen->len[seen->n++] = s->len;
	if (s->len > SOURCE_PATH_MAX)
		assert_int_equal(source_read(s, false, &b, &seen->why), -1);
	buf_free(&b);
}

static void
list(void **state)
{
	const struct list_row *r = *state;
	const struct source s = { "LIST", r->list, strlen(r->list), false };
	static struct seen seen;
	struct err e;
	size_t n = 0;

	memset(&seen, 0, sizeof seen);
	assert_ok(sources_each(&s, see, &seen, &e), &e);
	for (; r->files[n] != NULL; n++)
		assert_string_equal(seen.files[n], r->files[n]);
	assert_int_equal(seen.n, n);
}

/* Names over the limit are refused, and the error has their beginning; also too many files. */
static void
list_limits(void **state)
{
	static char text[2 * SOURCE_PATH_MAX + 4];
	static struct seen seen;
	struct source s = { "LIST", text, 0, false };
	struct err e;

	(void)state;
	memset(text, 'a', SOURCE_PATH_MAX);
	text[SOURCE_PATH_MAX] = ';';
	memset(text + SOURCE_PATH_MAX + 1, 'b', SOURCE_PATH_MAX + 1);
	s.len = strlen(text);
	memset(&seen, 0, sizeof seen);
	assert_ok(sources_each(&s, see, &seen, &e), &e);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.len[0], SOURCE_PATH_MAX);
	assert_int_equal(seen.why.code, ERR_TOO_LARGE);
	assert_non_null(strstr(seen.why.text, "bbb...: the file's name is over 4095 bytes"));

	text[0] = '\0';
	for (int i = 0; i < SOURCES_MAX; i++)
		strcat(text, "a;");
	memset(&seen, 0, sizeof seen);
	assert_ok(sources_each(&s, see, &seen, &e), &e);
	assert_int_equal(seen.n, SOURCES_MAX);
	strcat(text, "a");
	memset(&seen, 0, sizeof seen);
	assert_err(sources_each(&s, see, &seen, &e), ERR_TOO_LARGE, &e);
	assert_string_equal(e.text, "LIST: over 128 files");
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &leaf, { .name = "leaf" }, &ca },
};

int
main(void)
{
	static struct CMUnitTest tests[N(texts) + N(lists) + 5] = {
		cmocka_unit_test(never_asks), /* first: the other tests need its set-up */
		cmocka_unit_test(limits),
		cmocka_unit_test(first),
		cmocka_unit_test(requests),
		cmocka_unit_test(list_limits),
	};
	size_t n = 5;

	TEST_ROWS(tests, n, texts, text);
	TEST_ROWS(tests, n, lists, list);
	return ids_run("certs", tests, n, ids, N(ids));
}
