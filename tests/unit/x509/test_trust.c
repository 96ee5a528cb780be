/* SPDX-License-Identifier: ISC */
/*
 * Trusted certificates, and the verdict on a peer's.
 */
#include "tests/unit/x509/ids.h"

#include "lib/x509/judge.h"
#include "lib/x509/trust.h"

static struct id ca, middle, other_ca, pin, leaf, deep, client, old, weak, usual, of_usual,
    below_usual, of_below, loose, mute, first;

/* Each character of trusted and of peer is an id. */
static const struct {
	char letter;
	const struct id *id;
} letters[] = { { 'c', &ca }, { 'm', &middle }, { 'x', &other_ca }, { 'p', &pin }, { 'l', &leaf },
	{ 'd', &deep }, { 'k', &client }, { 'o', &old }, { 'w', &weak }, { 'U', &usual },
	{ 'u', &of_usual }, { 'B', &below_usual }, { 'b', &of_below }, { 'L', &loose },
	{ 'M', &mute }, { '1', &first } };

static const struct verdict_row {
	const char *name, *trusted, *peer;
	char revoked; /* by its issuer c or m; 0: nobody */
	bool server;
	enum trust_verdict want;
	const char *says;
} verdicts[] = {
	{ "pinned", "p", "p", 0, true, TRUST_OK, "" },
	{ "of the CA", "c", "l", 0, true, TRUST_OK, "" },
	{ "of the CA among others", "xpc", "l", 0, true, TRUST_OK, "" },
	{ "a CA between", "c", "dm", 0, true, TRUST_OK, "" },
	{ "the CA between is trusted itself", "m", "d", 0, true, TRUST_OK, "" },
	{ "the CA between is missing", "c", "d", 0, true, TRUST_REFUSED,
	    "(unable to get local issuer certificate)" },
	{ "unknown, nothing but a pin", "p", "l", 0, true, TRUST_REFUSED,
	    "the peer's certificate is not trusted: got subject \"CN=leaf\"" },
	{ "unknown, another CA", "x", "l", 0, true, TRUST_REFUSED,
	    "(unable to get local issuer certificate)" },
	{ "a pin signs nobody", "l", "p", 0, true, TRUST_REFUSED, "is not trusted: got " },
	{ "for servers only", "c", "k", 0, true, TRUST_REFUSED, "purpose" },
	{ "for clients", "c", "k", 0, false, TRUST_OK, "" },
	{ "revoked", "c", "l", 'l', true, TRUST_REVOKED,
	    "the peer's certificate is revoked in CRL: subject \"CN=leaf\"" },
	{ "another is revoked", "c", "k", 'l', false, TRUST_OK, "" },
	{ "the CA between is revoked", "c", "dm", 'm', true, TRUST_REVOKED,
	    "an issuer of the peer's certificate is revoked in CRL: subject \"CN=middle\"" },
	{ "a pin that is revoked", "cl", "l", 'l', true, TRUST_REVOKED, "is revoked in CRL" },
	{ "a pin that expired", "o", "o", 0, true, TRUST_EXPIRED,
	    "; compare the clocks, or tell the peer's administrator to replace it" },
	{ "of the usual CA, without keyUsage", "U", "u", 0, true, TRUST_OK, "" },
	{ "of the usual CA, a CA between", "U", "bB", 0, true, TRUST_OK, "" },
	{ "of the usual CA, revoked", "cU", "l", 'l', true, TRUST_REVOKED, "is revoked" },
	{ "a pin that is weak", "w", "w", 0, true, TRUST_REFUSED, "the peer's key is too weak" },
};

static const struct id *
id_of(char letter)
{
	for (size_t i = 0; i < N(letters); i++)
		if (letters[i].letter == letter)
			return letters[i].id;
	fail_msg("no id '%c'", letter);
	return NULL;
}

static struct source
bytes_of(const char *label, const char *text)
{
	return (struct source){ label, text, strlen(text), true };
}

static void
verdict(void **state)
{
	const struct verdict_row *r = *state;
	char text[32768] = "";
	char *crl = r->revoked == 0 ? NULL : crl_make(&ca, id_of(r->revoked), 1);
	struct source certs, crls = bytes_of("CRL", crl == NULL ? "" : crl);
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct trust t;
	struct err e;

	for (const char *p = r->trusted; *p != '\0'; p++)
		strcat(text, id_of(*p)->cert_pem);
	certs = bytes_of("CERTS", text);
	for (const char *p = r->peer; *p != '\0'; p++)
		sk_X509_push(sent, id_of(*p)->cert);
	assert_ok(trust_read(&t, &certs, &crls, "a RULE", NULL, &e), &e);
	assert_int_equal(t.n, strlen(r->trusted));
	/* A handshake doesn't change the state that is kept between handshakes. */
	for (int i = 0; i < 3; i++) {
		e = (struct err){ 0 };
		assert_int_equal(trust_verify(&t, sk_X509_value(sent, 0), sent, r->server, &e),
		    r->want);
		if (strstr(e.text, r->says) == NULL)
			fail_msg("want '%s', got '%s'", r->says, e.text);
		if (strstr(e.text, "is not trusted") != NULL) {
			assert_non_null(strstr(e.text, "; a RULE, and CERTS has SHA-256 "));
			assert_non_null(strstr(e.text, id_of(r->trusted[0])->hex));
		}
	}
	trust_free(&t);
	sk_X509_free(sent);
	free(crl);
}

/* Lists of files: one missing file of several is a warning; all missing is an error. */
static void
files(void **state)
{
	const struct source none = bytes_of("CRL", "");
	struct source s = { "CERTS", "/nonexistent/a;/nonexistent/b", 0, false };
	struct trust t;
	struct err e;

	(void)state;
	s.len = strlen(s.text);
	assert_err(trust_read(&t, &s, &none, NULL, NULL, &e), ERR_NOENT, &e);
	assert_non_null(strstr(e.text, "CERTS: /nonexistent/a: "));
	s.text = ";;";
	assert_err(trust_read(&t, &s, &none, NULL, NULL, &e), ERR_CONFIG, &e);
	assert_string_equal(e.text, "CERTS is not set");
	s = bytes_of("CERTS", "words");
	assert_err(trust_read(&t, &s, &none, NULL, NULL, &e), ERR_SYNTAX, &e);
	assert_string_equal(e.text,
	    "CERTS: (given by the program): want a certificate in PEM form");
	assert_int_equal(t.n, 0);
}

/* An unreadable list of revocations is an error; a list without effect is a warning. */
static void
lists(void **state)
{
	char *foreign = crl_make(&other_ca, NULL, 1);
	const struct source certs = bytes_of("CERTS", ca.cert_pem);
	struct source crls = bytes_of("CRL", "words");
	struct trust t;
	struct err e;

	(void)state;
	assert_err(trust_read(&t, &certs, &crls, NULL, NULL, &e), ERR_SYNTAX, &e);
	assert_memory_equal(e.text, "CRL: (given by the program): want certificate rev", 48);
	/* ca may issue CAs: a chain may prove other_ca yet */
	crls = bytes_of("CRL", foreign);
	assert_ok(trust_read(&t, &certs, &crls, NULL, NULL, &e), &e);
	assert_int_equal(t.crl_remark.code, ERR_NONE);
	trust_free(&t);
	/* a pin alone proves nobody */
	assert_ok(trust_read(&t,
		      &(const struct source){ "CERTS", leaf.cert_pem, strlen(leaf.cert_pem), true },
		      &crls, NULL, NULL, &e),
	    &e);
	assert_string_equal(t.crl_remark.text,
	    "the list of \"CN=other\" is signed by no CA of CERTS; it revokes nothing");
	trust_free(&t);
	free(foreign);
}

/* A list in the name of a trusted CA that another key signed revokes nothing, and is remarked. */
static void
forged_list(void **state)
{
	struct id impostor = id_make(&(struct look){ .name = "ca", .ca = true }, NULL);
	char *list = crl_make(&impostor, &leaf, 1);
	const struct source certs = bytes_of("CERTS", ca.cert_pem), crls = bytes_of("CRL", list);
	STACK_OF(X509) *none = sk_X509_new_null();
	struct trust t;
	struct err e;

	(void)state;
	assert_int_equal(
	    X509_NAME_cmp(X509_get_subject_name(impostor.cert), X509_get_subject_name(ca.cert)), 0);
	assert_ok(trust_read(&t, &certs, &crls, NULL, NULL, &e), &e);
	assert_string_equal(t.crl_remark.text,
	    "the list of \"CN=ca\" is signed by no CA of CERTS; it revokes nothing");
	assert_int_equal(trust_verify(&t, leaf.cert, none, true, &e), TRUST_OK);
	trust_free(&t);
	sk_X509_free(none);
	free(list);
	id_free(&impostor);
}

/*
 * A trusted signer that may not sign lists; and lists that can't be read, when the lists before
 * stay in force.
 */
static void
lists_of_before(void **state)
{
	struct id no_list = id_make(
	    &(struct look){ .name = "nolist", .ca = true, .key_usage = "critical,keyCertSign" },
	    NULL);
	char *good = crl_make(&ca, &leaf, 1), *bad = crl_make(&no_list, NULL, 1);
	char both[16384];
	struct source certs = bytes_of("CERTS", no_list.cert_pem), crls = bytes_of("CRL", bad);
	STACK_OF(X509) *none = sk_X509_new_null();
	struct trust before, t;
	struct err e;

	(void)state;
	assert_err(trust_read(&t, &certs, &crls, NULL, NULL, &e), ERR_SIGNATURE, &e);
	assert_string_equal(e.text,
	    "CRL: the list of \"CN=nolist\": want a signer whose keyUsage names cRLSign, got one without");

	certs = bytes_of("CERTS", ca.cert_pem);
	crls = bytes_of("CRL", good);
	assert_ok(trust_read(&before, &certs, &crls, NULL, NULL, &e), &e);
	assert_false(before.crls_kept);
	snprintf(both, sizeof both, "%s %s", good, good);
	crls = bytes_of("CRL", both);
	assert_ok(trust_read(&t, &certs, &crls, NULL, before.crls, &e), &e);
	trust_free(&before);
	assert_true(t.crls_kept);
	assert_memory_equal(t.crl_remark.text, "the lists read before stay in force: CRL: (given",
	    48);
	assert_int_equal(trust_verify(&t, leaf.cert, none, true, &e), TRUST_REVOKED);
	trust_free(&t);
	sk_X509_free(none);
	free(good);
	free(bad);
	id_free(&no_list);
}

/*
 * The issuer is in the list, but its own certificate says that it isn't a CA; and certificates that
 * only strict rules refuse.
 */
static void
reasons(void **state)
{
	struct id no_ca = id_make(&(struct look){ .name = "noca" }, NULL);
	struct id of_no_ca = id_make(&(struct look){ .name = "a" }, &no_ca);
	/*
	 * RFC 5280, 4.2.1.9: pathLenConstraint without keyCertSign, which only strict rules refuse
	 */
	struct id odd_ca =
	    id_make(&(struct look){ .name = "odd", .ca = true, .constraints = "CA:TRUE" }, NULL);
	struct id of_odd_ca = id_make(&(struct look){ .name = "b" }, &odd_ca);
	const struct {
		const struct id *trusted, *peer;
		const char *says;
	} rows[] = {
		{ &no_ca, &of_no_ca,
		    "(its issuer is trusted, but only by itself: its certificate isn't a CA's (want basicConstraints CA:TRUE))" },
		{ &odd_ca, &of_odd_ca,
		    "; programs that don't check by RFC 5280 take this chain, Slipway doesn't)" },
	};
	STACK_OF(X509) *none = sk_X509_new_null();

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		const struct source certs = bytes_of("CERTS", rows[i].trusted->cert_pem),
				    crls = bytes_of("CRL", "");
		struct trust t;
		struct err e;

		assert_ok(trust_read(&t, &certs, &crls, NULL, NULL, &e), &e);
		assert_int_equal(trust_verify(&t, rows[i].peer->cert, none, true, &e),
		    TRUST_REFUSED);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("want '%s', got '%s'", rows[i].says, e.text);
		trust_free(&t);
	}
	sk_X509_free(none);
	id_free(&no_ca);
	id_free(&of_no_ca);
	id_free(&odd_ca);
	id_free(&of_odd_ca);
}

/* A CA that can't vouch for others is remarked when read; the usual ones, and pins, aren't. */
static void
authorities(void **state)
{
	const struct {
		const struct id *id;
		const char *says; /* NULL: nothing */
	} rows[] = {
		{ &ca, NULL },
		{ &middle, NULL },
		{ &usual, NULL },
		{ &pin, NULL },
		{ &old, NULL },
		{ &first, NULL },
		{ &mute, "keyCertSign" },
		{ &loose, "critical" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		const struct source certs = bytes_of("CERTS", rows[i].id->cert_pem),
				    crls = bytes_of("CRL", "");
		const char *why = judge_authority(rows[i].id->cert);
		struct trust t;
		struct err e;

		assert_ok(trust_read(&t, &certs, &crls, NULL, NULL, &e), &e);
		if ((why == NULL) != (rows[i].says == NULL))
			fail_msg("row %zu: got '%s'", i, why == NULL ? "" : why);
		assert_int_equal(t.ca_remark.code, why == NULL ? ERR_NONE : ERR_CONFIG);
		if (why != NULL &&
		    (strstr(t.ca_remark.text, why) == NULL || strstr(why, rows[i].says) == NULL))
			fail_msg("want '%s' in '%s'", rows[i].says, t.ca_remark.text);
		trust_free(&t);
	}
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &middle, { .name = "middle", .ca = true }, &ca },
	{ &other_ca, { .name = "other", .ca = true }, NULL },
	{ &pin, { .name = "pin" }, NULL },
	{ &leaf, { .name = "leaf" }, &ca },
	{ &deep, { .name = "deep" }, &middle },
	{ &client, { .name = "client", .usage = "clientAuth" }, &ca },
	{ &old, { .name = "old", .from = -10, .days = 5 }, NULL },
	{ &weak, { .name = "weak", .bits = 1024 }, NULL },
	{ &usual, { .name = "usual", .ca = true, .key_usage = "" }, NULL },
	{ &of_usual, { .name = "of usual" }, &usual },
	{ &below_usual, { .name = "below", .ca = true, .key_usage = "" }, &usual },
	{ &of_below, { .name = "of below" }, &below_usual },
	{ &loose, { .name = "loose", .ca = true, .constraints = "CA:TRUE" }, NULL },
	{ &mute, { .name = "mute", .ca = true, .key_usage = "critical,digitalSignature" }, NULL },
	{ &first, { .name = "first", .old_version = true }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(verdicts) + 6] = {
		cmocka_unit_test(files),
		cmocka_unit_test(lists),
		cmocka_unit_test(forged_list),
		cmocka_unit_test(lists_of_before),
		cmocka_unit_test(reasons),
		cmocka_unit_test(authorities),
	};
	size_t n = 6;

	TEST_ROWS(tests, n, verdicts, verdict);
	return ids_run("trust", tests, n, ids, N(ids));
}
