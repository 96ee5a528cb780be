/* SPDX-License-Identifier: ISC */
/*
 * SHA-2 and hexadecimal texts.
 */
#include "tests/unit/common/test.h"

#include "lib/base/digest.h"

static void
hex(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	uint8_t raw[3] = { 9, 9, 9 };
	char text[7];

	(void)state;
	assert_int_equal(hex_decode("00fFa5", 6, raw, 3), 0);
	assert_memory_equal(raw, "\x00\xff\xa5", 3);
	assert_int_equal(hex_decode("00fFa", 5, raw, 3), -1);
	assert_int_equal(hex_decode("00fFag", 6, raw, 3), -1);
	assert_memory_equal(raw, "\x00\xff\xa5", 3);
	hex_encode(raw, 3, text);
	assert_string_equal(text, "00ffa5");
	for (int i = 0; digits[i] != '\0'; i++)
		assert_int_equal(hex_digit(digits[i]), i < 16 ? i : i - 6);
	for (const char *p = "/:@G`g \x7f\xff"; *p != '\0'; p++)
		assert_int_equal(hex_digit(*p), -1);
	assert_int_equal(hex_digit('\0'), -1);
}

static void
digests(void **state)
{
	static const char want[] =
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	char text[2 * DIGEST_MAX + 1];
	uint8_t whole[DIGEST_MAX], parts[DIGEST_MAX];
	struct digest *d;
	struct err e;

	(void)state;
	assert_ok(digest_hex("abc", 3, text, &e), &e);
	assert_string_equal(text, want);
	for (int kind = DIGEST_SHA256; kind <= DIGEST_SHA512; kind++) {
		size_t size = digest_size((enum digest_kind)kind);

		assert_ok(digest_of((enum digest_kind)kind, "abc", 3, whole, &e), &e);
		assert_non_null(d = digest_new((enum digest_kind)kind, &e));
		assert_ok(digest_add(d, "a", 1, &e), &e);
		assert_ok(digest_add(d, "bc", 2, &e), &e);
		assert_ok(digest_end(d, parts, &e), &e);
		digest_free(d);
		assert_memory_equal(whole, parts, size);
		hex_encode(whole, size, text);
		assert_string_equal(text,
		    kind == DIGEST_SHA256
			? want
			: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
