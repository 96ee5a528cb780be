/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/rawvalue: values as the registry holds them.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/rawvalue.h"

#define TEXT(text) text, sizeof(text) - 1

/* Bytes of the registry, and the bytes that are written again; text NULL: refused. */
static struct raw_row {
	const char *name, *text;
	uint32_t type;
	const char *data;
	size_t len;
	const char *again; /* NULL: the same bytes */
	size_t again_len;
} raw_rows[] = {
#define RAW(type, data) type, TEXT(data), NULL, 0
	{ "raw: string", "ab", RAW(RAW_SZ, "a\0b\0\0\0") },
	{ "raw: string without its end", "ab", RAW_SZ, TEXT("a\0b\0"), TEXT("a\0b\0\0\0") },
	{ "raw: string with several ends", "ab", RAW_SZ, TEXT("a\0b\0\0\0\0\0"),
	    TEXT("a\0b\0\0\0") },
	{ "raw: empty string without its end", "", RAW_SZ, TEXT(""), TEXT("\0\0") },
	{ "raw: beyond 16 bits", "\xf0\x9f\x94\x91", RAW(RAW_SZ, "\x3d\xd8\x11\xdd\0\0") },
	{ "raw: expand", "expand:%A%", RAW(RAW_EXPAND_SZ, "%\0A\0%\0\0\0") },
	{ "raw: dword", "dword:4294967294", RAW(RAW_DWORD, "\xfe\xff\xff\xff") },
	{ "raw: qword", "qword:256", RAW(RAW_QWORD, "\0\1\0\0\0\0\0\0") },
	{ "raw: binary", "hex:00ff", RAW(RAW_BINARY, "\0\xff") },
	{ "raw: empty binary", "hex:", RAW(RAW_BINARY, "") },
	{ "raw: multi", "multi:a|b|", RAW(RAW_MULTI_SZ, "a\0\0\0b\0\0\0\0\0") },
	{ "raw: multi without its end", "multi:a|b|", RAW_MULTI_SZ, TEXT("a\0\0\0b\0"),
	    TEXT("a\0\0\0b\0\0\0\0\0") },
	{ "raw: empty multi", "multi:", RAW(RAW_MULTI_SZ, "\0\0\0\0") },
	{ "raw: multi with an empty text", NULL, RAW(RAW_MULTI_SZ, "a\0\0\0\0\0b\0\0\0\0\0") },
	{ "raw: multi that begins with an empty text", NULL, RAW(RAW_MULTI_SZ, "\0\0a\0\0\0\0\0") },
	{ "raw: odd length", NULL, RAW(RAW_SZ, "a\0b") },
	{ "raw: odd length of a multi", NULL, RAW(RAW_MULTI_SZ, "a\0\0") },
	{ "raw: NUL inside", NULL, RAW(RAW_SZ, "a\0\0\0b\0") },
	{ "raw: half a surrogate pair", NULL, RAW(RAW_SZ, "\x3d\xd8") },
	{ "raw: control character", NULL, RAW(RAW_SZ, "\n\0") },
	{ "raw: dword of five bytes", NULL, RAW(RAW_DWORD, "12345") },
	{ "raw: empty qword", NULL, RAW(RAW_QWORD, "") },
	{ "raw: no type", NULL, RAW(0, "ab") },
	{ "raw: big-endian dword", NULL, RAW(5, "1234") },
	{ "raw: link", NULL, RAW(6, "a\0") },
};

static void
raw(void **state)
{
	const struct raw_row *r = *state;
	struct value v = VALUE_INIT;
	struct buf text = BUF_INIT(1000), out = BUF_INIT(RAW_SIZE_MAX);
	uint32_t type;
	struct err e;

	if (r->text == NULL) {
		assert_err(raw_parse(r->type, (const uint8_t *)r->data, r->len, &v, &e), ERR_SYNTAX,
		    &e);
		assert_null(v.data);
		return;
	}
	assert_ok(raw_parse(r->type, (const uint8_t *)r->data, r->len, &v, &e), &e);
	assert_ok(value_format(&v, &text, &e), &e);
	assert_string_equal(buf_text(&text), r->text);
	assert_ok(raw_format(&v, &type, &out, &e), &e);
	assert_int_equal(type, r->type);
	assert_int_equal(out.len, r->again != NULL ? r->again_len : r->len);
	assert_memory_equal(buf_text(&out), r->again != NULL ? r->again : r->data, out.len);
	value_free(&v);
	buf_free(&text);
	buf_free(&out);
}

/* What other programs write, as Windows reads it, and as it is kept; NULL: it can't be read. */
static struct foreign_row {
	const char *name, *read, *kept;
	uint32_t type;
	const char *data;
	size_t len;
} foreign_rows[] = {
	{ "foreign: text behind the NUL", "a", "hex(1):6100000062000000", RAW_SZ,
	    TEXT("a\0\0\0b\0\0\0") },
	{ "foreign: rubbish behind the NUL", "expand:a", "hex(2):610000003dd8", RAW_EXPAND_SZ,
	    TEXT("a\0\0\0\x3d\xd8") },
	{ "foreign: half a character", "a", "hex(1):610062", RAW_SZ, TEXT("a\0b") },
	{ "foreign: half a character behind the NUL", "a", "hex(1):6100000062", RAW_SZ,
	    TEXT("a\0\0\0b") },
	{ "foreign: one byte", "", "hex(1):61", RAW_SZ, TEXT("a") },
	{ "foreign: a list behind an empty text", "multi:a|", "hex(7):6100000000006200000000",
	    RAW_MULTI_SZ, TEXT("a\0\0\0\0\0b\0\0\0\0") },
	{ "foreign: a list that begins with an empty text", "multi:", "hex(7):000061000000",
	    RAW_MULTI_SZ, TEXT("\0\0a\0\0\0") },
	{ "foreign: a good text", "ab", "ab", RAW_SZ, TEXT("a\0b\0\0\0") },
	{ "foreign: a text without its end", "ab", "ab", RAW_SZ, TEXT("a\0b\0") },
	{ "foreign: a good list", "multi:a|b|", "multi:a|b|", RAW_MULTI_SZ,
	    TEXT("a\0\0\0b\0\0\0\0\0") },
	{ "foreign: half a surrogate pair", NULL, "hex(1):3dd8", RAW_SZ, TEXT("\x3d\xd8") },
	{ "foreign: no type", NULL, "hex(0):6162", 0, TEXT("ab") },
	{ "foreign: a driver's type", NULL, "hex(ffff0001):", 0xffff0001, TEXT("") },
	{ "foreign: dword of five bytes", NULL, "hex(4):3132333435", RAW_DWORD, TEXT("12345") },
};

static void
want_form(const struct value *v, const char *want)
{
	struct buf text = BUF_INIT(1000);
	struct value again = VALUE_INIT;
	struct err e;

	assert_ok(value_format(v, &text, &e), &e);
	assert_string_equal(text.len == 0 ? "" : buf_text(&text), want);
	assert_ok(value_parse(want, strlen(want), &again, &e), &e);
	assert_true(value_equal(v, &again));
	value_free(&again);
	buf_free(&text);
}

static void
foreign(void **state)
{
	const struct foreign_row *r = *state;
	const uint8_t *data = (const uint8_t *)r->data;
	struct value v = VALUE_INIT;
	struct buf out = BUF_INIT(RAW_SIZE_MAX);
	uint32_t type;
	struct err e;

	if (r->read == NULL) {
		assert_err(raw_read(r->type, data, r->len, &v, &e), ERR_SYNTAX, &e);
	} else {
		assert_ok(raw_read(r->type, data, r->len, &v, &e), &e);
		want_form(&v, r->read);
		value_free(&v);
	}
	assert_ok(raw_keep(r->type, data, r->len, &v, &e), &e);
	want_form(&v, r->kept);
	if (v.type == VALUE_RAW) {
		assert_ok(raw_format(&v, &type, &out, &e), &e);
		assert_int_equal(type, r->type);
		assert_int_equal(out.len, r->len);
		assert_memory_equal(buf_text(&out), r->data, out.len);
	}
	value_free(&v);
	buf_free(&out);
}

static void
no_empty_text(void **state)
{
	static const char *const texts[] = { "multi:|", "multi:a||", "multi:|b|", "multi:a||b|" };

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct value v = VALUE_INIT;
		struct buf out = BUF_INIT(RAW_SIZE_MAX);
		uint32_t type;
		struct err e;

		assert_ok(value_parse(texts[i], strlen(texts[i]), &v, &e), &e);
		assert_err(raw_format(&v, &type, &out, &e), ERR_SYNTAX, &e);
		assert_int_equal(out.len, 0);
		value_free(&v);
		buf_free(&out);
	}
}

int
main(void)
{
	static struct CMUnitTest tests[60] = { cmocka_unit_test(no_empty_text) };
	size_t n = 1;

	TEST_ROWS(tests, n, raw_rows, raw);
	TEST_ROWS(tests, n, foreign_rows, foreign);
	return _cmocka_run_group_tests("rawvalue", tests, n, NULL, NULL);
}
