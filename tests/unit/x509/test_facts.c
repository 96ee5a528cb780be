/* SPDX-License-Identifier: ISC */
/*
 * The contents of certificates in words and numbers.
 */
#include "tests/unit/x509/ids.h"

#include <time.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/x509/facts.h"

static struct id ca, leaf;

static const struct facts_row {
	const char *name;
	struct look look;
	bool of_ca;
	const char *subject, *quoted, *names, *key;
	int days_left; /* now and for the next minute */
	bool is_ca;
} rows[] = {
	{ "plain", { .name = "Kernel 1" }, false, "CN=Kernel 1", "\"CN=Kernel 1\"", "", "EC P-256",
	    365, false },
	{ "of a CA, with names",
	    { .name = "leaf", .san = "DNS:kernel.example,IP:127.0.0.1", .days = 10 }, true,
	    "CN=leaf", "\"CN=leaf\"", "DNS:kernel.example, IP Address:127.0.0.1", "EC P-256", 10,
	    false },
	{ "a CA, P-384", { .name = "top", .ca = true, .curve = "P-384" }, false, "CN=top",
	    "\"CN=top\"", "", "EC P-384", 365, true },
	{ "RSA", { .name = "r", .bits = 2048 }, false, "CN=r", "\"CN=r\"", "", "RSA 2048 bits", 365,
	    false },
	{ "ended", { .name = "old", .from = -10, .days = 5 }, false, "CN=old", "\"CN=old\"", "",
	    "EC P-256", -5, false },
	{ "not begun", { .name = "early", .from = 5, .days = 5 }, false, "CN=early", "\"CN=early\"",
	    "", "EC P-256", 10, false },
	{ "letters beyond ASCII", { .name = "\xc5\xbdilina" }, false, "CN=\xc5\xbdilina",
	    "\"CN=\\C5\\BDilina\"", "", "EC P-256", 365, false },
	{ "C1 and direction", { .name = "k\xc2\x9b\xe2\x80\xae" }, false, "CN=k\\u{9b}\\u{202e}",
	    "\"CN=k\\C2\\9B\\E2\\80\\AE\"", "", "EC P-256", 365, false },
	{ "names with controls", { .name = "n", .san = "DNS:a\x1b[2Jb" }, true, "CN=n", "\"CN=n\"",
	    "DNS:a.[2Jb", "EC P-256", 365, false },
	{ "quotes and lines", { .name = "a\", b\n" }, false, "CN=a\\\"\\, b\\0A",
	    "\"CN=a\\\"\\, b\\0A\"", "", "EC P-256", 365, false },
};

static void
facts(void **state)
{
	const struct facts_row *r = *state;
	struct id id = id_make(&r->look, r->of_ca ? &ca : NULL);
	char text[CERT_DESCRIBE_SIZE], start[CERT_DESCRIBE_SIZE], hex[SHA256_HEX_SIZE];
	int64_t now = (int64_t)time(NULL);
	struct cert_facts c;
	struct err e;

	assert_ok(cert_facts(id.cert, &c, &e), &e);
	assert_string_equal(c.subject, r->subject);
	assert_string_equal(c.issuer, r->of_ca ? "CN=ca" : r->subject);
	assert_string_equal(c.names, r->names);
	assert_string_equal(c.key, r->key);
	assert_int_equal(c.self_issued, !r->of_ca);
	assert_int_equal(c.ca, r->is_ca);
	hex_encode(c.sha256, SHA256_SIZE, hex);
	assert_string_equal(hex, id.hex);
	assert_in_range(c.from - r->look.from * DAY + 120 - now, 0, 120);
	assert_in_range(c.to - c.from, (r->look.days == 0 ? 365 : r->look.days) * DAY,
	    (r->look.days == 0 ? 365 : r->look.days) * DAY + 120);
	/* A second may have passed since the certificate was made. */
	assert_in_range(cert_days_left(id.cert) - r->days_left + 1, 0, 1);
	cert_describe(id.cert, text, sizeof text);
	snprintf(start, sizeof start, "subject %s, SHA-256 %s, valid 20", r->quoted, id.hex);
	assert_memory_equal(text, start, strlen(start));
	id_free(&id);
}

struct seen {
	unsigned n;
	char subjects[8][CERT_NAME_SIZE];
};

static int
see(void *arg, const struct cert_facts *c, struct err *e)
{
	struct seen *s = arg;

	strcpy(s->subjects[s->n++], c->subject);
	return s->n < 3 ? 0 : err_setx(e, ERR_LIMIT, "enough");
}

/* Certificates before a damaged one are shown; the error has the number of the damaged one. */
static void
text(void **state)
{
	char pem[16384], *half;
	struct seen s = { .n = 0 };
	struct err e;

	(void)state;
	snprintf(pem, sizeof pem, "%s%s", leaf.cert_pem, ca.cert_pem);
	assert_ok(cert_read(pem, strlen(pem), see, &s, &e), &e);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.subjects[0], "CN=leaf");
	assert_string_equal(s.subjects[1], "CN=ca");
	assert_false(cert_has_key(pem, strlen(pem)));

	half = strstr(pem + 1, "-----BEGIN");
	memcpy(strchr(half, '\n') + 70, "!!!!", 4);
	s.n = 0;
	assert_err(cert_read(pem, strlen(pem), see, &s, &e), ERR_SYNTAX, &e);
	assert_string_equal(e.text, "certificate 2 of 2 is damaged");
	assert_int_equal(s.n, 1);

	/* a block that OpenSSL doesn't see is a fault here */
	snprintf(pem, sizeof pem, "%s  %s", leaf.cert_pem, ca.cert_pem);
	s.n = 0;
	assert_err(cert_read(pem, strlen(pem), see, &s, &e), ERR_SYNTAX, &e);
	assert_string_equal(e.text, "certificate 2 of 2 is damaged");

	snprintf(pem, sizeof pem, "%s%s%s%s", leaf.cert_pem, ca.cert_pem, leaf.cert_pem,
	    leaf.cert_pem);
	s.n = 0;
	assert_err(cert_read(pem, strlen(pem), see, &s, &e), ERR_LIMIT, &e);
	assert_int_equal(s.n, 3);

	assert_err(cert_read(leaf.key_pem, strlen(leaf.key_pem), see, &s, &e), ERR_SYNTAX, &e);
	assert_non_null(strstr(e.text, "got a private key; are the two files swapped?"));
	assert_true(cert_has_key(leaf.key_pem, strlen(leaf.key_pem)));
	assert_err(cert_read(NULL, 0, see, &s, &e), ERR_SYNTAX, &e);
}

static void
times(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} good[] = { { "19700101000000Z", 0 }, { "19691231235959Z", -1 },
		{ "20380119031408Z", 2147483648 }, { "99991231235959Z", 253402300799 } };
	ASN1_TIME *t = ASN1_TIME_new();
	char date[CERT_DATE_SIZE];
	struct err e;
	int64_t s;

	(void)state;
	for (size_t i = 0; i < N(good); i++) {
		assert_int_equal(ASN1_TIME_set_string(t, good[i].text), 1);
		assert_ok(cert_seconds(t, &s, &e), &e);
		assert_int_equal(s, good[i].want);
	}
	cert_date(t, date);
	assert_string_equal(date, "9999-12-31");
	assert_non_null(ASN1_TIME_set(t, (time_t)clock_wall()));
	cert_date(t, date);
	assert_int_equal(strlen(date), DATE_TEXT_SIZE - 1);
	assert_non_null(ASN1_TIME_set(t, (time_t)clock_wall() + 2 * DATE_DAY_SECONDS));
	cert_date(t, date);
	assert_int_equal(strlen(date), DATE_DAY_LENGTH);
	ASN1_STRING_set(t, "never", 5);
	assert_err(cert_seconds(t, &s, &e), ERR_SYNTAX, &e);
	cert_date(t, date);
	assert_string_equal(date, "(no date)");
	ASN1_TIME_free(t);
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &leaf, { .name = "leaf" }, &ca },
};

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 2] = {
		cmocka_unit_test(text),
		cmocka_unit_test(times),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, rows, facts);
	return ids_run("facts", tests, n, ids, N(ids));
}
