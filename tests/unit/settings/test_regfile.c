/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/regfile: registry export files.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/regfile.h"
#include "lib/settings/utf16.h"

#define HEAD	   "Windows Registry Editor Version 5.00\r\n\r\n"
#define KEY	   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\x]\r\n"
#define SET	   "set HKLM\\SOFTWARE\\x "
#define TEXT(text) text, sizeof(text) - 1

static struct row {
	const char *name, *text;
	size_t len;
	/* the text of changeset_format(), or, behind '!', a part of the error */
	const char *want;
} rows[] = {
	{ "reg: head alone", TEXT(HEAD), "" },
	{ "reg: text", TEXT(HEAD KEY "\"n\"=\"v\"\r\n"), SET "n = v\n" },
	{ "reg: empty text", TEXT(HEAD KEY "\"n\"=\"\"\r\n"), SET "n = \n" },
	{ "reg: quotes and backslashes", TEXT(HEAD KEY "\"a\\\"b\\\\\"=\"C:\\\\x \\\"y\\\"\"\r\n"),
	    SET "a\"b\\ = C:\\x \"y\"\n" },
	{ "reg: text that ends in a backslash",
	    TEXT(HEAD KEY "\"n\"=\"C:\\\\\"\r\n\"m\"=\"1\"\r\n"), SET "n = C:\\\n" SET "m = 1\n" },
	{ "reg: text that looks like data", TEXT(HEAD KEY "\"=hex\"=\"=hex:\\\\\"\r\n"),
	    "!begins with '='" },
	{ "reg: dword", TEXT(HEAD KEY "\"n\"=dword:0000000f\r\n"), SET "n = dword:15\n" },
	{ "reg: dword at its end", TEXT(HEAD KEY "\"n\"=dword:FFFFFFFF\r\n"),
	    SET "n = dword:4294967295\n" },
	{ "reg: short dword", TEXT(HEAD KEY "\"n\"=dword:f\r\n"), SET "n = dword:15\n" },
	{ "reg: binary", TEXT(HEAD KEY "\"n\"=hex:00,Ff,10\r\n"), SET "n = hex:00ff10\n" },
	{ "reg: empty binary", TEXT(HEAD KEY "\"n\"=hex:\r\n"), SET "n = hex:\n" },
	{ "reg: binary by number", TEXT(HEAD KEY "\"n\"=hex(3):01\r\n"), SET "n = hex:01\n" },
	{ "reg: continued", TEXT(HEAD KEY "\"n\"=hex:00,\\\r\n  01,\\\r\n  02\r\n"),
	    SET "n = hex:000102\n" },
	{ "reg: expand", TEXT(HEAD KEY "\"n\"=hex(2):25,00,41,00,25,00,00,00\r\n"),
	    SET "n = expand:%A%\n" },
	{ "reg: expand without its NUL", TEXT(HEAD KEY "\"n\"=hex(2):41,00\r\n"),
	    SET "n = expand:A\n" },
	{ "reg: text by number", TEXT(HEAD KEY "\"n\"=hex(1):41,00,00,00\r\n"), SET "n = A\n" },
	{ "reg: surrogate pair", TEXT(HEAD KEY "\"n\"=hex(1):3d,d8,00,de,00,00\r\n"),
	    SET "n = \xf0\x9f\x98\x80\n" },
	{ "reg: multi", TEXT(HEAD KEY "\"n\"=hex(7):41,00,00,00,42,00,00,00,00,00\r\n"),
	    SET "n = multi:A|B|\n" },
	{ "reg: multi without its last NUL", TEXT(HEAD KEY "\"n\"=hex(7):41,00,00,00\r\n"),
	    SET "n = multi:A|\n" },
	{ "reg: empty multi", TEXT(HEAD KEY "\"n\"=hex(7):00,00\r\n"), SET "n = multi:\n" },
	{ "reg: multi of nothing", TEXT(HEAD KEY "\"n\"=hex(7):\r\n"), SET "n = multi:\n" },
	{ "reg: empty multi with two NULs", TEXT(HEAD KEY "\"n\"=hex(7):00,00,00,00\r\n"),
	    SET "n = multi:\n" },
	{ "reg: multi without NUL", TEXT(HEAD KEY "\"n\"=hex(7):41,00\r\n"), SET "n = multi:A|\n" },
	{ "reg: qword", TEXT(HEAD KEY "\"n\"=hex(b):ff,ff,ff,ff,01,00,00,00\r\n"),
	    SET "n = qword:8589934591\n" },
	{ "reg: dword as bytes", TEXT(HEAD KEY "\"n\"=hex(4):0f,00,00,00\r\n"),
	    SET "n = dword:15\n" },
	{ "reg: delete a value", TEXT(HEAD KEY "\"n\"=-\r\n"), "delete HKLM\\SOFTWARE\\x n\n" },
	{ "reg: delete a key", TEXT(HEAD "[-HKEY_CURRENT_USER\\a\\b]\r\n"), "delete HKCU\\a\\b\n" },
	{ "reg: comments and blank lines", TEXT(HEAD "; a comment\r\n\r\n" KEY ";\"n\"=\"x\"\r\n"),
	    "" },
	{ "reg: LF, no last line end, blanks",
	    TEXT("Windows Registry Editor Version 5.00\n  [HKCU\\a]\n \"n\" = \"v\""),
	    "set HKCU\\a n = v\n" },
	{ "reg: UTF-8 with a mark", TEXT("\xef\xbb\xbf" HEAD KEY "\"n\"=\"\xc3\xa9\"\r\n"),
	    SET "n = \xc3\xa9\n" },

	{ "reg: nothing", TEXT(""), "!want 'Windows Registry Editor" },
	{ "reg: another head", TEXT("REGEDIT4\r\n\r\n" KEY),
	    "!line 1: want 'Windows Registry Editor" },
	{ "reg: the older format in a code page", TEXT("REGEDIT4\r\n\r\n[HKCU\\\xe9]\r\n"),
	    "!got REGEDIT4, the older format" },
	{ "reg: comment that looks as if it went on",
	    TEXT(HEAD KEY
		"\"a\"=\"1\"\r\n;\"b\"=hex:00,\\\r\n[HKEY_CURRENT_USER\\y]\r\n\"c\"=\"3\"\r\n"),
	    SET "a = 1\nset HKCU\\y c = 3\n" },
	{ "reg: value of which the first line alone is a comment",
	    TEXT(HEAD KEY ";\"b\"=hex:00,\\\r\n  01\r\n"), "!line 5" },
	{ "reg: comment before the head", TEXT("; x\r\n" HEAD), "!line 1" },
	{ "reg: not UTF-8", TEXT(HEAD KEY "\"n\"=\"\xff\"\r\n"), "!want UTF-16LE" },
	{ "reg: UTF-16LE without a mark", TEXT("W\0i\0"),
	    "!want UTF-16LE with its byte order mark" },
	{ "reg: UTF-16BE", TEXT("\xfe\xff\0W"), "!UTF-16BE" },
	{ "reg: half a UTF-16 character", TEXT("\xff\xfeW"), "!half a character" },
	{ "reg: half a surrogate pair", TEXT("\xff\xfe\x00\xd8W\0"), "!half a surrogate pair" },
	{ "reg: NUL", TEXT(HEAD KEY "\"n\"=\"a\0b\"\r\n"), "!line 4: want text, got a NUL" },
	{ "reg: value before a key", TEXT(HEAD "\"n\"=\"v\"\r\n"), "!line 3: want a [KEY]" },
	{ "reg: another root", TEXT(HEAD "[HKEY_CLASSES_ROOT\\x]\r\n"),
	    "!line 3: key 'HKEY_CLASSES_ROOT\\x'" },
	{ "reg: the 32-bit view", TEXT(HEAD "[HKLM\\software\\wow6432node\\x]\r\n"),
	    "!line 3: key 'HKLM\\software\\wow6432node\\x' is the 32-bit view: write it as HKLM\\SOFTWARE\\x;" },
	{ "reg: not quite the 32-bit view",
	    TEXT(HEAD "[HKLM\\SOFTWARE\\WOW6432Nodes]\r\n\"n\"=\"v\"\r\n"),
	    "set HKLM\\SOFTWARE\\WOW6432Nodes n = v\n" },
	{ "reg: key without end", TEXT(HEAD "[HKCU\\x\r\n"), "!line 3: want ']'" },
	{ "reg: empty key", TEXT(HEAD "[]\r\n"), "!line 3" },
	{ "reg: bracket alone", TEXT(HEAD "[\r\n"), "!line 3" },
	{ "reg: minus alone", TEXT(HEAD "[-]\r\n"), "!line 3" },
	{ "reg: root as a whole", TEXT(HEAD "[-HKEY_LOCAL_MACHINE]\r\n"), "!line 3" },
	{ "reg: value below a deleted key", TEXT(HEAD "[-HKCU\\x]\r\n\"n\"=\"v\"\r\n"),
	    "!line 4: a value below a key that is deleted" },
	{ "reg: default value", TEXT(HEAD KEY "@=\"v\"\r\n\"n\"=\"v\"\r\n"), SET "n = v\n" },
	{ "reg: default value of several lines",
	    TEXT(HEAD KEY "@=hex(2):25,00,\\\r\n  00,00\r\n\"n\"=\"v\"\r\n"), SET "n = v\n" },
	{ "reg: default value that goes", TEXT(HEAD KEY "@=-\r\n"), "" },
	{ "reg: an at sign", TEXT(HEAD KEY "@\r\n"), "!line 4" },
	{ "reg: default value below a deleted key", TEXT(HEAD "[-HKCU\\x]\r\n@=\"v\"\r\n"),
	    "!line 4: a value below a key that is deleted" },
	{ "reg: name without quotes", TEXT(HEAD KEY "n=\"v\"\r\n"), "!line 4: want a '\"'" },
	{ "reg: name without end", TEXT(HEAD KEY "\"n\r\n"), "!line 4" },
	{ "reg: no equals sign", TEXT(HEAD KEY "\"n\"\"v\"\r\n"), "!line 4: want '='" },
	{ "reg: empty name", TEXT(HEAD KEY "\"\"=\"v\"\r\n"), "!line 4" },
	{ "reg: no data", TEXT(HEAD KEY "\"n\"=\r\n"), "!line 4" },
	{ "reg: text without end", TEXT(HEAD KEY "\"n\"=\"v\r\n"), "!line 4: want a '\"'" },
	{ "reg: text of several lines", TEXT(HEAD KEY "\"n\"=\"a\r\nb\"\r\n"), "!line 4" },
	{ "reg: unknown escape", TEXT(HEAD KEY "\"n\"=\"a\\nb\"\r\n"), "!line 4: want \\\\ or" },
	{ "reg: backslash before the end", TEXT(HEAD KEY "\"n\"=\"a\\"), "!line 4" },
	{ "reg: more behind a text", TEXT(HEAD KEY "\"n\"=\"v\" x\r\n"),
	    "!line 4: want nothing behind" },
	{ "reg: long dword", TEXT(HEAD KEY "\"n\"=dword:000000000\r\n"), "!line 4: dword" },
	{ "reg: dword that is none", TEXT(HEAD KEY "\"n\"=dword:0x1\r\n"), "!line 4: dword" },
	{ "reg: empty dword", TEXT(HEAD KEY "\"n\"=dword:\r\n"), "!line 4: dword" },
	{ "reg: short qword", TEXT(HEAD KEY "\"n\"=hex(b):00\r\n"),
	    "!line 4: hex(b): want a qword of 8 bytes" },
	{ "reg: type that can't be kept", TEXT(HEAD KEY "\"n\"=hex(0):\r\n"), "!line 4: hex(0)" },
	{ "reg: type that is none", TEXT(HEAD KEY "\"n\"=hex(g):00\r\n"), "!line 4" },
	{ "reg: hex without colon", TEXT(HEAD KEY "\"n\"=hex00\r\n"), "!line 4: want hex:" },
	{ "reg: single digit", TEXT(HEAD KEY "\"n\"=hex:0\r\n"), "!line 4: want pairs" },
	{ "reg: no comma", TEXT(HEAD KEY "\"n\"=hex:0001\r\n"), "!line 4: want pairs" },
	{ "reg: continued into nothing", TEXT(HEAD KEY "\"n\"=hex:00,\\\r\n"),
	    "!want a line behind" },
	{ "reg: expand of odd length", TEXT(HEAD KEY "\"n\"=hex(2):41\r\n"),
	    "!line 4: hex(2): want UTF-16" },
	{ "reg: text with a NUL inside", TEXT(HEAD KEY "\"n\"=hex(1):41,00,00,00,41,00,00,00\r\n"),
	    "!line 4: hex(1): want one text" },
	{ "reg: text with a line end", TEXT(HEAD KEY "\"n\"=hex(1):0a,00,00,00\r\n"),
	    "!line 4: hex(1): value" },
	{ "reg: multi with an empty text",
	    TEXT(HEAD KEY "\"n\"=hex(7):41,00,00,00,00,00,42,00,00,00,00,00\r\n"),
	    "!line 4: hex(7): want texts, got an empty one" },
	{ "reg: multi that begins with an empty text",
	    TEXT(HEAD KEY "\"n\"=hex(7):00,00,42,00,00,00,00,00\r\n"),
	    "!line 4: hex(7): want texts, got an empty one" },
	{ "reg: one bad line among good ones",
	    TEXT(HEAD KEY "\"n\"=\"v\"\r\nrubbish\r\n\"m\"=\"v\"\r\n"), "!line 5" },
};

static void
parse(void **state)
{
	const struct row *r = *state;
	struct buf out = BUF_INIT(1 << 16), wide = BUF_INIT(1 << 16);
	struct changeset c = CHANGESET_INIT;
	struct err e = { 0 };

	if (r->want[0] == '!') {
		assert_int_equal(reg_parse(r->text, r->len, &c, &e), -1);
		if (strstr(e.text, r->want + 1) == NULL)
			print_error("want '%s', got '%s'\n", r->want + 1, e.text);
		assert_non_null(strstr(e.text, r->want + 1));
		assert_int_equal(c.n, 0);
		return;
	}
	assert_ok(reg_parse(r->text, r->len, &c, &e), &e);
	assert_ok(changeset_format(&c, &out, &e), &e);
	assert_string_equal(buf_text(&out), r->want);
	changeset_free(&c);
	/* The same in UTF-16LE. */
	if (memcmp(r->text, "\xef\xbb\xbf", 3) == 0)
		goto out;
	buf_reset(&out);
	assert_ok(buf_add(&wide, "\xff\xfe", 2, &e), &e);
	assert_ok(utf8_to_utf16(r->text, r->len, &wide, &e), &e);
	assert_ok(reg_parse(wide.data, wide.len, &c, &e), &e);
	assert_ok(changeset_format(&c, &out, &e), &e);
	assert_string_equal(buf_text(&out), r->want);
	changeset_free(&c);
out:
	buf_free(&out);
	buf_free(&wide);
}

/* Pseudo-random numbers that are the same in each run. */
static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
random_text(uint32_t *seed, char *out, size_t most)
{
	static const char *const pieces[] = { "a", "B", " ", "\"", "\\", "%AppData%", "=", "[", "]",
		";", "\t", "hex:", "\xc3\xa9", "\xf0\x9f\x98\x80", "|", ",", "@", "-",
		"dword:", "\xef\xbf\xbf" };
	size_t n = next(seed) % most;

	out[0] = '\0';
	while (n-- > 0)
		strcat(out, pieces[next(seed) % N(pieces)]);
}

static void
random_value(uint32_t *seed, struct value *v)
{
	char text[3][1024];
	const char *list[3] = { text[0], text[1], text[2] };
	struct err e;

	for (int i = 0; i < 3; i++)
		random_text(seed, text[i], 40);
	switch (next(seed) % VALUE_TYPE_COUNT) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		assert_ok(value_text(v, next(seed) % 2 ? VALUE_STRING : VALUE_EXPAND, text[0],
			      strlen(text[0]), &e),
		    &e);
		break;
	case VALUE_DWORD:
		assert_ok(value_number(v, VALUE_DWORD, next(seed), &e), &e);
		break;
	case VALUE_QWORD:
		assert_ok(value_number(v, VALUE_QWORD, (uint64_t)next(seed) << 40 | next(seed), &e),
		    &e);
		break;
	case VALUE_MULTI:
		for (int i = 0; i < 3; i++)
			if (text[i][0] == '\0')
				strcpy(text[i],
				    "x"); /* the registry holds no empty text in a multi */
		assert_ok(value_multi(v, list, next(seed) % 4, &e), &e);
		break;
	default:
		assert_ok(value_binary(v, text[0], strlen(text[0]), &e), &e);
	}
}

/*
 * Written values are read back: 2,000 values of every type, with names of every kind, in both
 * encodings.
 */
static void
round_trip(void **state)
{
	uint32_t seed = 42;

	(void)state;
	for (int file = 0; file < 100; file++) {
		struct buf text = BUF_INIT(1 << 22), stored = BUF_INIT(1 << 23),
			   a = BUF_INIT(1 << 22), b = BUF_INIT(1 << 22);
		struct changeset wrote = CHANGESET_INIT, got = CHANGESET_INIT;
		struct err e;

		assert_ok(reg_begin(&text, &e), &e);
		for (int i = 0; i < 20; i++) {
			char name[1024] = "n", key[64];
			struct value v = VALUE_INIT;

			random_text(&seed, name + 1, 20);
			name[SETTING_NAME_MAX / 4] = '\0';
			for (char *p = name; *p != '\0'; p++)
				if (*p == '\t' || (*p & 0x80))
					*p = '_';
			snprintf(key, sizeof key, "HK%s\\k%d ]", i % 2 ? "LM" : "CU", i);
			random_value(&seed, &v);
			assert_ok(reg_key(&text, key, &e), &e);
			assert_ok(reg_value(&text, name, &v, &e), &e);
			assert_ok(changeset_set(&wrote, key, name, &v, &e), &e);
			value_free(&v);
		}
		assert_ok(reg_encode(&text, file % 2 == 0, &stored, &e), &e);
		assert_ok(reg_parse(stored.data, stored.len, &got, &e), &e);
		assert_ok(changeset_format(&wrote, &a, &e), &e);
		assert_ok(changeset_format(&got, &b, &e), &e);
		assert_string_equal(buf_text(&a), buf_text(&b));
		changeset_free(&wrote);
		changeset_free(&got);
		buf_free(&text);
		buf_free(&stored);
		buf_free(&a);
		buf_free(&b);
	}
}

/* Lines are broken where regedit breaks them. */
static void
long_binary(void **state)
{
	struct buf out = BUF_INIT(1 << 16);
	struct value v = VALUE_INIT;
	uint8_t bytes[60] = { 0 };
	struct err e;

	(void)state;
	assert_ok(value_binary(&v, bytes, sizeof bytes, &e), &e);
	assert_ok(reg_value(&out, "n", &v, &e), &e);
	assert_string_equal(buf_text(&out),
	    "\"n\"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\\r\n"
	    "  00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\\r\n"
	    "  00,00,00,00,00,00,00,00,00,00,00,00\r\n");
	value_free(&v);
	buf_free(&out);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 2] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(long_binary),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, rows, parse);
	return _cmocka_run_group_tests("reg", tests, n, NULL, NULL);
}
