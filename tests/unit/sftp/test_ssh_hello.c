/* SPDX-License-Identifier: ISC */
/*
 * lib/sftp/ssh_hello: the server's bytes before encryption, cut at any byte.
 */
#include "tests/unit/common/test.h"

#include "lib/base/wire.h"
#include "lib/sftp/ssh_hello.h"

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X247 X100 X100 X10 X10 X10 X10 "xxxxxxx"

static const struct find_row {
	const char *name, *text;
	int want; /* 1, 0 or -1 */
	size_t at;
	const char *said; /* the server's text, for a message */
} find_rows[] = {
	{ "plain", "SSH-2.0-x\r\n", 1, 0, "SSH-2.0-x" },
	{ "line feed alone", "SSH-2.0-x\n", 1, 0, "SSH-2.0-x" },
	{ "an empty line before it", "\r\nSSH-2.0-x\r\n", 1, 2, "\\x0d\\x0aSSH-2.0-x" },
	{ "lines before it", "hello\r\nSSH\r\nSSH-2.0-x\r\n", 1, 12,
	    "hello\\x0d\\x0aSSH\\x0d\\x0aSSH-2.0-x" },
	{ "not at a line's beginning", " SSH-2.0-x\r\n", 0, 0, " SSH-2.0-x" },
	{ "nothing", "", 0, 0, "" },
	{ "not whole", "SSH-2.0-x", 0, 0, "SSH-2.0-x" },
	{ "parting line", "Exceeded MaxStartups\r\n", 0, 0, "Exceeded MaxStartups" },
	{ "parting line that drives terminals", "Not \x1b[1m allowed\xc2\x9b\r\n", 0, 0,
	    "Not \\x1b[1m allowed\\u{9b}" },
	{ "the longest", "SSH-2.0-" X247 "\r\n", 1, 0, NULL },
	{ "too long", "SSH-2.0-" X247 "x\r\n", -1, 0, NULL },
	{ "too long, not whole", "SSH-2.0-" X247 X10, -1, 0, NULL },
	{ "a long line of something else", X247 X247 "\nSSH-2.0-x\n", 1, 2 * 247 + 1, NULL },
};

static void
find(void **state)
{
	const struct find_row *r = *state;
	struct buf said = BUF_INIT(1000);
	size_t at = 0, len = strlen(r->text);
	struct err e = { 0 };

	for (size_t n = 0; n < len; n++)
		if (ssh_hello_find((const uint8_t *)r->text, n, &at, &e) == 1)
			fail_msg("found in %zu of %zu bytes", n, len);
	assert_int_equal(ssh_hello_find((const uint8_t *)r->text, len, &at, &e), r->want);
	if (r->want == -1)
		assert_int_equal(e.code, ERR_PROTOCOL);
	assert_int_equal(at, r->at);
	if (r->said != NULL) {
		assert_ok(ssh_hello_said((const uint8_t *)r->text, len, &said, &e), &e);
		assert_string_equal(buf_text(&said), r->said);
	}
	buf_free(&said);
}

/* Text without end. */
static void
endless(void **state)
{
	static uint8_t data[SSH_HELLO_MAX];
	size_t at = 4711;
	struct err e;

	(void)state;
	memset(data, '\n', sizeof data);
	assert_int_equal(ssh_hello_find(data, sizeof data - 1, &at, &e), 0);
	assert_err(ssh_hello_find(data, sizeof data, &at, &e), ERR_PROTOCOL, &e);
	assert_int_equal(at, 4711);
}

static const char *const ours[SSH_KINDS] = { "k1,k2", "h1,h2", "c1,c2", "m1" };

static const struct compare_row {
	const char *name, *lists[6], *want;
} compare_rows[] = {
	{ "all in common", { "k0,k2", "h1", "c2", "c1", "m1", "m0,m1" }, "" },
	{ "no key exchange", { "k0,k", "h1", "c2", "c1", "m1", "m1" },
	    "key exchange: want one of k1,k2, the server has k0,k" },
	{ "no MAC in one direction", { "k1", "h1", "c2", "c1", "m1", "m0" },
	    "MACs: want one of m1, the server has m0" },
	{ "nothing at all", { "", "h", "c", "c", "m", "m" },
	    "key exchange: want one of k1,k2, the server has ; host keys: want one of h1,h2, the server "
	    "has h; ciphers: want one of c1,c2, the server has c; MACs: want one of m1, the server has m" },
	{ "names that drive terminals", { "k1", "\x1b[2J\xe2\x80\xae", "c1", "c1", "m1", "m1" },
	    "host keys: want one of h1,h2, the server has \\x1b[2J\\u{202e}" },
};

static void
compare(void **state)
{
	const struct compare_row *r = *state;
	struct buf in = BUF_INIT(10000), out = BUF_INIT(10000);
	struct err e;

	assert_ok(buf_adds(&in, "SSH-2.0-x\r\n", &e), &e);
	assert_ok(wire_put_u32(&in, 500, &e), &e);
	assert_ok(wire_put_u8(&in, 4, &e), &e);
	assert_ok(wire_put_u8(&in, 20, &e), &e);
	assert_ok(buf_add(&in, "0123456789abcdef", 16, &e), &e);
	for (int i = 0; i < 6; i++)
		assert_ok(wire_put_text(&in, r->lists[i], &e), &e);
	assert_ok(ssh_hello_compare(in.data, in.len, ours, &out, &e), &e);
	assert_string_equal(buf_text(&out), r->want);
	/* Cut at any byte, the result is never more than that. */
	for (size_t n = 0; n < in.len; n++) {
		uint8_t *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, in.data, n);
		buf_reset(&out);
		assert_ok(ssh_hello_compare(exact, n, ours, &out, &e), &e);
		assert_true(out.len <= strlen(r->want));
		free(exact);
	}
	buf_free(&in);
	buf_free(&out);
}

/* A round trip of 20 ms; ours went out at 1000. */
static struct nagle_row {
	const char *name;
	struct ssh_hello_times t;
	enum sftp_nagle want;
} nagle_rows[] = {
	{ "nagle: the list came with the identification", { 1000, 1040, 1040, 20, true },
	    SFTP_NAGLE_OFF },
	{ "nagle: soon after", { 1000, 1040, 1049, 20, true }, SFTP_NAGLE_OFF },
	{ "nagle: a round trip later", { 1000, 1040, 1060, 20, true }, SFTP_NAGLE_ON },
	{ "nagle: a slow server", { 1000, 1040, 1100, 20, true }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: between both", { 1000, 1040, 1052, 20, true }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: ours wasn't there yet", { 1000, 1010, 1030, 20, true }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: at once, though ours was late", { 1000, 1010, 1012, 20, true }, SFTP_NAGLE_OFF },
	{ "nagle: read too late", { 1000, 1040, 1040, 20, false }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: a short round trip", { 1000, 1040, 1040, 1, true }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: no round-trip time", { 1000, 1040, 1060, 0, true }, SFTP_NAGLE_UNKNOWN },
	{ "nagle: a clock that goes back", { 1000, 1040, 1030, 20, true }, SFTP_NAGLE_UNKNOWN },
};

static void
nagle(void **state)
{
	const struct nagle_row *r = *state;

	assert_int_equal(ssh_hello_nagle(&r->t), r->want);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = { cmocka_unit_test(endless) };
	size_t n = 1;

	TEST_ROWS(tests, n, find_rows, find);
	TEST_ROWS(tests, n, compare_rows, compare);
	TEST_ROWS(tests, n, nagle_rows, nagle);
	return _cmocka_run_group_tests("ssh_hello", tests, n, NULL, NULL);
}
