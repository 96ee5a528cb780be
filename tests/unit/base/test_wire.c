/* SPDX-License-Identifier: ISC */
/*
 * The data types of SSH.
 */
#include "tests/unit/common/test.h"

#include "lib/base/wire.h"

static void
written_and_read(void **state)
{
	struct buf b = BUF_INIT(1000);
	const uint8_t *text;
	struct wire w;
	size_t len;
	struct err e;

	(void)state;
	assert_ok(wire_put_u8(&b, 0xfe, &e), &e);
	assert_ok(wire_put_u32(&b, 0xfedcba98u, &e), &e);
	assert_ok(wire_put_u64(&b, 0xfedcba9876543210u, &e), &e);
	assert_ok(wire_put_string(&b, "a\0b", 3, &e), &e);
	assert_ok(wire_put_text(&b, "", &e), &e);
	assert_ok(wire_put_text(&b, "ssh", &e), &e);
	assert_ok(wire_put_text(&b, "sshd", &e), &e);
	assert_memory_equal(b.data,
	    "\xfe\xfe\xdc\xba\x98\xfe\xdc\xba\x98\x76\x54\x32\x10\0\0\0\3a\0b", 20);
	w = (struct wire)WIRE_INIT(b.data, b.len);
	assert_int_equal(wire_u8(&w), 0xfe);
	assert_int_equal(wire_u32(&w), 0xfedcba98u);
	assert_true(wire_u64(&w) == 0xfedcba9876543210u);
	assert_non_null(text = wire_string(&w, &len));
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 3);
	assert_non_null(wire_string(&w, &len));
	assert_int_equal(len, 0);
	assert_true(wire_is(&w, "ssh"));
	assert_false(wire_is(&w, "ssh"));
	assert_true(w.p == w.end);
	assert_false(w.bad);
	buf_free(&b);
}

/* After a read beyond the end, a reader stays empty, also for shorter reads. */
static void
ran_out(void **state)
{
	static const uint8_t data[] = { 0, 0, 0, 4, 'a', 'b', 'c' };
	struct wire w = WIRE_INIT(data, sizeof data);
	size_t len = 4711;

	(void)state;
	assert_null(wire_string(&w, &len));
	assert_int_equal(len, 0);
	assert_true(w.bad);
	assert_int_equal(wire_u8(&w), 0);
	w = (struct wire)WIRE_INIT(data, (size_t)3);
	assert_int_equal(wire_u32(&w), 0);
	assert_true(w.bad);
	assert_int_equal(wire_u8(&w), 0);
	w = (struct wire)WIRE_INIT(data, sizeof data);
	assert_true(wire_u64(&w) == 0);
	assert_true(w.bad);
	w = (struct wire)WIRE_INIT(data, (size_t)0);
	assert_false(wire_is(&w, ""));
	assert_true(w.bad);
}

/* The examples of RFC 4251, section 5, and numbers that need a sign byte. */
static struct mpint_row {
	const char *name, *number;
	size_t len;
	const char *want;
	size_t want_len;
} mpint_rows[] = {
#define BYTES(text) text, sizeof(text) - 1
	{ "mpint: zero", BYTES("\0"), BYTES("\0\0\0\0") },
	{ "mpint: no bytes", BYTES(""), BYTES("\0\0\0\0") },
	{ "mpint: of the RFC", BYTES("\x09\xa3\x78\xf9\xb2\xe3\x32\xa7"),
	    BYTES("\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7") },
	{ "mpint: first bit set", BYTES("\x80"), BYTES("\0\0\0\2\0\x80") },
	{ "mpint: leading zeros", BYTES("\0\0\x7f"), BYTES("\0\0\0\1\x7f") },
};

static void
mpint(void **state)
{
	const struct mpint_row *r = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	assert_ok(wire_put_mpint(&b, (const uint8_t *)r->number, r->len, &e), &e);
	assert_int_equal(b.len, r->want_len);
	assert_memory_equal(b.data, r->want, r->want_len);
	buf_free(&b);
}

int
main(void)
{
	static struct CMUnitTest tests[N(mpint_rows) + 2] = {
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(ran_out),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, mpint_rows, mpint);
	return _cmocka_run_group_tests("wire", tests, n, NULL, NULL);
}
