/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/value: typed values and their text form.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/value.h"

#define TEXT(text) text, sizeof(text) - 1

/* Texts, and the texts that are written for the values read from them. */
static struct parse_row {
	const char *name, *text;
	size_t len;
	enum value_type type;
	const char *data; /* texts and bytes */
	size_t data_len;
	uint64_t number;
	const char *again; /* NULL: the same text */
} parse_rows[] = {
#define STR(in, data, again) TEXT(in), VALUE_STRING, TEXT(data), 0, again
	{ "string: plain", STR("plain text", "plain text", NULL) },
	{ "string: empty", STR("", "", NULL) },
	{ "string: backslash and percent", STR("%AppData%\\x.crt", "%AppData%\\x.crt", NULL) },
	{ "string: comment signs", STR("a;b#c", "a;b#c", NULL) },
	{ "string: comment sign first", STR(";a", ";a", NULL) },
	{ "string: equals sign", STR("= a = b", "= a = b", NULL) },
	{ "string: bracket", STR("[a]", "[a]", NULL) },
	{ "string: spaces at the ends", STR("\" x \"", " x ", NULL) },
	{ "string: tabs at the ends", STR("\"\tx\t\"", "\tx\t", NULL) },
	{ "string: tab inside", STR("a\tb", "a\tb", NULL) },
	{ "string: one space", STR("\" \"", " ", NULL) },
	{ "string: spaces around are not part of it", STR(" \t x \t ", "x", "x") },
	{ "string: looks like dword", STR("\"dword:5\"", "dword:5", NULL) },
	{ "string: looks like hex in capitals", STR("\"HEX:zz\"", "HEX:zz", NULL) },
	{ "string: looks like multi", STR("\"multi:\"", "multi:", NULL) },
	{ "string: an address is no prefix", STR("sftp://u@h:22/p", "sftp://u@h:22/p", NULL) },
	{ "string: a drive is no prefix", STR("C:\\x", "C:\\x", NULL) },
	{ "string: a space before the colon", STR("dword :5", "dword :5", NULL) },
	{ "string: looks like a raw value", STR("\"hex(0):00\"", "hex(0):00", NULL) },
	{ "string: looks a little like a raw value", STR("hex(g):00", "hex(g):00", NULL) },
	{ "string: hex in brackets", STR("hex(0)", "hex(0)", NULL) },
	{ "string: hex of nothing", STR("hex():00", "hex():00", NULL) },
	{ "string: hex of too much", STR("hex(100000000):00", "hex(100000000):00", NULL) },
	{ "string: quotes inside", STR("a \"b\" c", "a \"b\" c", NULL) },
	{ "string: quotes at both ends", STR("\"\"a\"\"", "\"a\"", NULL) },
	{ "string: quote at its start", STR("\"a", "\"a", NULL) },
	{ "string: quote at its end", STR("a\"", "a\"", NULL) },
	{ "string: a quote alone", STR("\"", "\"", NULL) },
	{ "string: two quotes", STR("\"\"\"\"", "\"\"", NULL) },
	{ "string: three quotes", STR("\"\"\"\"\"", "\"\"\"", NULL) },
	{ "string: quoted empty text", STR("\"\"", "", "") },
	{ "string: needless quotes", STR("\"x\"", "x", "x") },
	{ "string: Unicode",
	    STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91",
		NULL) },
#define RAW(in, data, number, again) TEXT(in), VALUE_RAW, TEXT(data), number, again
	{ "raw: bytes", RAW("hex(0):00ff", "\0\xff", 0, NULL) },
	{ "raw: no bytes", RAW("hex(20001):", "", 0x20001, NULL) },
	{ "raw: as regedit writes it", RAW("HEX(B):00,FF", "\0\xff", 11, "hex(b):00ff") },
#define EXP(in, data, again) TEXT(in), VALUE_EXPAND, TEXT(data), 0, again
	{ "expand: name", EXP("expand:%Temp%\\x", "%Temp%\\x", NULL) },
	{ "expand: empty", EXP("expand:", "", NULL) },
	{ "expand: blanks behind the prefix", EXP("expand:  x", "x", "expand:x") },
	{ "expand: spaces at the ends", EXP("expand:\" x \"", " x ", NULL) },
	{ "expand: holds what looks like a prefix", EXP("expand:dword:5", "dword:5", NULL) },
	{ "expand: in capitals", EXP("EXPAND:x", "x", "expand:x") },
#define NUM(in, type, number, again) TEXT(in), type, NULL, 0, number, again
	{ "dword: one", NUM("dword:1", VALUE_DWORD, 1, NULL) },
	{ "dword: zero", NUM("dword:0", VALUE_DWORD, 0, NULL) },
	{ "dword: largest", NUM("dword:4294967295", VALUE_DWORD, UINT32_MAX, NULL) },
	{ "dword: hexadecimal", NUM("dword:0xfF", VALUE_DWORD, 255, "dword:255") },
	{ "dword: hexadecimal zeros", NUM("dword:0x00000010", VALUE_DWORD, 16, "dword:16") },
	{ "dword: blanks", NUM(" Dword: 7 ", VALUE_DWORD, 7, "dword:7") },
	{ "qword: largest", NUM("qword:18446744073709551615", VALUE_QWORD, UINT64_MAX, NULL) },
	{ "qword: largest hexadecimal",
	    NUM("qword:0xffffffffffffffff", VALUE_QWORD, UINT64_MAX,
		"qword:18446744073709551615") },
#define MUL(in, data, again) TEXT(in), VALUE_MULTI, TEXT(data), 0, again
	{ "multi: no text", MUL("multi:", "", NULL) },
	{ "multi: one empty text", MUL("multi:|", "\0", NULL) },
	{ "multi: three empty texts", MUL("multi:|||", "\0\0\0", NULL) },
	{ "multi: two texts", MUL("multi:a|b|", "a\0b\0", NULL) },
	{ "multi: empty text between", MUL("multi:a||b|", "a\0\0b\0", NULL) },
	{ "multi: spaces", MUL("multi: a | b |", " a \0 b \0", NULL) },
	{ "multi: escapes", MUL("multi:b\\|c\\\\|", "b|c\\\0", NULL) },
	{ "multi: quotes", MUL("multi:\"a\"|", "\"a\"\0", NULL) },
#define BIN(in, data, again) TEXT(in), VALUE_BINARY, TEXT(data), 0, again
	{ "binary: empty", BIN("hex:", "", NULL) },
	{ "binary: bytes", BIN("hex:00fF0a", "\x00\xff\x0a", "hex:00ff0a") },
	{ "binary: commas of a .reg file", BIN("hex:00,ff,0a", "\x00\xff\x0a", "hex:00ff0a") },
};

static void
parse(void **state)
{
	struct parse_row *r = *state;
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	struct value v = VALUE_INIT, again = VALUE_INIT;
	struct err e;

	assert_ok(value_parse(r->text, r->len, &v, &e), &e);
	assert_int_equal(v.type, r->type);
	assert_int_equal(v.len, r->data_len);
	if (r->data_len > 0)
		assert_memory_equal(v.data, r->data, r->data_len);
	assert_int_equal(v.number, r->number);
	assert_ok(value_check(&v, &e), &e);
	assert_ok(buf_adds(&b, "kept:", &e), &e);
	assert_ok(value_format(&v, &b, &e), &e);
	assert_memory_equal(buf_text(&b), "kept:", 5);
	assert_string_equal(buf_text(&b) + 5, r->again != NULL ? r->again : r->text);
	assert_ok(value_parse(buf_text(&b) + 5, b.len - 5, &again, &e), &e);
	assert_true(value_equal(&v, &again));
	value_free(&v);
	value_free(&again);
	buf_free(&b);
}

static struct refuse_row {
	const char *name, *text;
	size_t len;
	enum err_code want;
} refuse_rows[] = {
	{ "refused: dword too large", TEXT("dword:4294967296"), ERR_TOO_LARGE },
	{ "refused: hexadecimal dword too large", TEXT("dword:0x100000000"), ERR_TOO_LARGE },
	{ "refused: qword too large", TEXT("qword:18446744073709551616"), ERR_TOO_LARGE },
	{ "refused: qword far too large", TEXT("qword:99999999999999999999999"), ERR_TOO_LARGE },
	{ "refused: no digits", TEXT("dword:"), ERR_SYNTAX },
	{ "refused: no hexadecimal digits", TEXT("dword:0x"), ERR_SYNTAX },
	{ "refused: sign", TEXT("dword:-1"), ERR_SYNTAX },
	{ "refused: plus", TEXT("dword:+1"), ERR_SYNTAX },
	{ "refused: .reg's eight digits", TEXT("dword:00000010"), ERR_SYNTAX },
	{ "refused: letter in a number", TEXT("dword:1a"), ERR_SYNTAX },
	{ "refused: letter in a hexadecimal number", TEXT("dword:0x1g"), ERR_SYNTAX },
	{ "refused: space in a number", TEXT("dword:1 2"), ERR_SYNTAX },
	{ "refused: odd hex", TEXT("hex:0"), ERR_SYNTAX },
	{ "refused: odd hex at the end", TEXT("hex:00f"), ERR_SYNTAX },
	{ "refused: no hex digits", TEXT("hex:zz"), ERR_SYNTAX },
	{ "refused: comma first", TEXT("hex:,00"), ERR_SYNTAX },
	{ "refused: comma last", TEXT("hex:00,"), ERR_SYNTAX },
	{ "refused: two commas", TEXT("hex:00,,00"), ERR_SYNTAX },
	{ "refused: .reg's continued line", TEXT("hex:00,\\"), ERR_SYNTAX },
	{ "refused: multi without its end", TEXT("multi:a"), ERR_SYNTAX },
	{ "refused: multi whose end is escaped", TEXT("multi:a\\|"), ERR_SYNTAX },
	{ "refused: multi with an unknown escape", TEXT("multi:\\n|"), ERR_SYNTAX },
	{ "refused: multi that ends in a backslash", TEXT("multi:a|\\"), ERR_SYNTAX },
	{ "refused: NUL", TEXT("a\0b"), ERR_SYNTAX },
	{ "refused: NUL in a multi", TEXT("multi:a\0b|"), ERR_SYNTAX },
	{ "refused: escape sequence", TEXT("a\x1b[31m"), ERR_SYNTAX },
	{ "refused: carriage return", TEXT("a\r"), ERR_SYNTAX },
	{ "refused: newline", TEXT("a\nb"), ERR_SYNTAX },
	{ "refused: delete", TEXT("a\x7f"), ERR_SYNTAX },
	{ "refused: not UTF-8", TEXT("a\xff"), ERR_SYNTAX },
	{ "refused: cut UTF-8", TEXT("a\xe2\x82"), ERR_SYNTAX },
	{ "refused: overlong UTF-8", TEXT("\xc0\xaf"), ERR_SYNTAX },
	{ "refused: surrogate", TEXT("\xed\xa0\x80"), ERR_SYNTAX },
};

static void
refuse(void **state)
{
	struct refuse_row *r = *state;
	struct value v = { VALUE_QWORD, NULL, 0, 4711 };
	struct err e;

	assert_err(value_parse(r->text, r->len, &v, &e), r->want, &e);
	assert_int_equal(v.type, VALUE_QWORD);
	assert_int_equal(v.number, 4711);
	assert_null(v.data);
}

/* Values that didn't come from value_parse(), such as a child's answer. */
static struct check_row {
	const char *name;
	struct value value;
	enum err_code want;
} check_rows[] = {
#define DATA(type, text) \
	{ \
		type, (uint8_t *)(uintptr_t)text, sizeof(text) - 1, 0 \
	}
	{ "check: text", DATA(VALUE_STRING, "abc"), ERR_NONE },
	{ "check: no data", { VALUE_STRING, NULL, 0, 0 }, ERR_NONE },
	{ "check: multi", DATA(VALUE_MULTI, "a\0"), ERR_NONE },
	{ "check: any bytes", DATA(VALUE_BINARY, "\xff\0\n"), ERR_NONE },
	{ "check: length without data", { VALUE_STRING, NULL, 3, 0 }, ERR_SYNTAX },
	{ "check: NUL in a text", DATA(VALUE_EXPAND, "a\0b"), ERR_SYNTAX },
	{ "check: newline in a text", DATA(VALUE_STRING, "a\nb"), ERR_SYNTAX },
	{ "check: multi without its end", DATA(VALUE_MULTI, "a\0b"), ERR_SYNTAX },
	{ "check: multi not UTF-8", DATA(VALUE_MULTI, "\xff\0"), ERR_SYNTAX },
	{ "check: number with data", DATA(VALUE_DWORD, "a"), ERR_SYNTAX },
	{ "check: dword over 32 bits", { VALUE_DWORD, NULL, 0, UINT64_C(1) << 32 }, ERR_TOO_LARGE },
	{ "check: unknown type", { (enum value_type)77, NULL, 0, 0 }, ERR_SYNTAX },
	{ "check: too long", { VALUE_BINARY, (uint8_t *)(uintptr_t) "x", VALUE_SIZE_MAX + 1, 0 },
	    ERR_TOO_LARGE },
};

static void
check(void **state)
{
	struct check_row *r = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	if (r->want == ERR_NONE) {
		assert_ok(value_check(&r->value, &e), &e);
		return;
	}
	assert_err(value_check(&r->value, &e), r->want, &e);
	assert_err(value_format(&r->value, &b, &e), r->want, &e);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void
limits(void **state)
{
	static char text[VALUE_SIZE_MAX + 2];
	struct buf b = BUF_INIT(10);
	struct value v = VALUE_INIT;
	struct err e;

	(void)state;
	memset(text, 'a', VALUE_SIZE_MAX + 1);
	assert_err(value_text(&v, VALUE_STRING, text, VALUE_SIZE_MAX + 1, &e), ERR_TOO_LARGE, &e);
	assert_null(v.data);
	assert_ok(value_text(&v, VALUE_STRING, text, VALUE_SIZE_MAX, &e), &e);
	/* A text that doesn't fit leaves the buffer unchanged. */
	assert_ok(buf_adds(&b, "x", &e), &e);
	assert_err(value_format(&v, &b, &e), ERR_TOO_LARGE, &e);
	assert_string_equal(buf_text(&b), "x");
	value_free(&v);
	buf_free(&b);
	assert_err(value_text(&v, VALUE_DWORD, "1", 1, &e), ERR_USAGE, &e);
	assert_err(value_number(&v, VALUE_STRING, 1, &e), ERR_USAGE, &e);
	assert_err(value_number(&v, VALUE_DWORD, UINT64_C(1) << 32, &e), ERR_TOO_LARGE, &e);
}

static void
multi(void **state)
{
	const char *texts[] = { "", " a", "b|\\", "" };
	struct value v = VALUE_INIT, copy = VALUE_INIT;
	struct buf b = BUF_INIT(100);
	struct err e;

	(void)state;
	assert_ok(value_multi(&v, texts, 4, &e), &e);
	assert_int_equal(v.len, 9);
	assert_ok(value_format(&v, &b, &e), &e);
	assert_string_equal(buf_text(&b), "multi:| a|b\\|\\\\||");
	assert_ok(value_copy(&copy, &v, &e), &e);
	assert_true(value_equal(&v, &copy));
	assert_string_equal(value_get_text(&v), "");
	copy.data[0] = 'x';
	assert_false(value_equal(&v, &copy));
	value_free(&v);
	value_free(&copy);
	buf_free(&b);
	texts[1] = "a\nb";
	assert_err(value_multi(&v, texts, 2, &e), ERR_SYNTAX, &e);
	assert_null(v.data);
}

static void
types(void **state)
{
	enum value_type type = VALUE_QWORD;

	(void)state;
	for (int t = 0; t < VALUE_TYPE_COUNT; t++) {
		assert_int_equal(value_type_parse(value_type_name((enum value_type)t), &type), 0);
		assert_int_equal(type, t);
	}
	type = VALUE_QWORD;
	assert_int_equal(value_type_parse("String", &type), -1);
	assert_int_equal(value_type_parse("", &type), -1);
	assert_int_equal(type, VALUE_QWORD);
	assert_null(value_type_name(VALUE_TYPE_COUNT));
}

int
main(void)
{
	static struct CMUnitTest tests[200] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(multi),
		cmocka_unit_test(types),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, parse_rows, parse);
	TEST_ROWS(tests, n, refuse_rows, refuse);
	TEST_ROWS(tests, n, check_rows, check);
	return _cmocka_run_group_tests("value", tests, n, NULL, NULL);
}
