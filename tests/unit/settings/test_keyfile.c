/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/keyfile: key files in memory.
 */
#include "tests/unit/common/test.h"

#include <time.h>

#include "lib/settings/difference.h"
#include "lib/settings/keyfile.h"
#include "lib/settings/keylines.h"

#define TEXT(text) text, sizeof(text) - 1
#define BOM	   "\xef\xbb\xbf"

/* Files that are written as they were read. */
static struct same_row {
	const char *name, *text;
	size_t len;
} same_rows[] = {
	{ "same: empty", TEXT("") },
	{ "same: byte order mark alone", TEXT(BOM) },
	{ "same: blank lines", TEXT("\n\n  \n\t\n") },
	{ "same: blanks without a line end", TEXT("   ") },
	{ "same: comments", TEXT("# a\n;b\n  # c\n") },
	{ "same: comment with anything", TEXT("; [x = \"\n") },
	{ "same: section", TEXT("[HKLM\\a]\n") },
	{ "same: long root, slashes, blanks", TEXT("  [hkey_local_machine/a]  \n") },
	{ "same: brackets in a key", TEXT("[HKLM\\a]b]\n") },
	{ "same: values", TEXT("[HKLM\\a]\nx=1\n  y  =  2  \nz =\n") },
	{ "same: no final line end", TEXT("[HKLM\\a]\nx = 1") },
	{ "same: CRLF", TEXT("[HKLM\\a]\r\nx = 1\r\n\r\n; c\r\n") },
	{ "same: mixed line ends", TEXT("[HKLM\\a]\r\nx = 1\ny = 2\r\n") },
	{ "same: byte order mark", TEXT(BOM "[HKLM\\a]\nx = 1\n") },
	{ "same: value with signs", TEXT("[HKLM\\a]\nx = ;#[]=\"%\n") },
	{ "same: quoted names", TEXT("[HKLM\\a]\n\"a=b\" = 1\n\" c \" = 2\n\"\"\"\"=3\n") },
	{ "same: same name in two sections", TEXT("[HKLM\\a]\nx = 1\n[HKLM\\b]\nx = 1\n") },
	{ "same: Unicode", TEXT("# \xe2\x82\xac\n[HKLM\\\xc3\xa9]\n\xc3\xa9 = \xc3\xa9\n") },
};

static void
same(void **state)
{
	struct same_row *r = *state;
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f;
	struct err e = { 0 };

	f = keyfile_parse(r->text, r->len, "HKLM", &e);
	assert_string_equal(e.text, "");
	assert_non_null(f);
	assert_ok(keyfile_write(f, &b, &e), &e);
	assert_int_equal(b.len, r->len);
	assert_memory_equal(buf_text(&b), r->text, r->len);
	keyfile_free(f);
	buf_free(&b);
}

static struct refuse_row {
	const char *name, *text;
	size_t len;
	const char *want; /* how the error's text begins */
	enum err_code code;
} refuse_rows[] = {
	{ "refused: UTF-16 without a mark", TEXT("[\0H\0"), "want UTF-8 text, got UTF-16",
	    ERR_SYNTAX },
	{ "refused: value before a section", TEXT("x = 1\n"), "line 1: want a section",
	    ERR_SYNTAX },
	{ "refused: no equals sign", TEXT("[HKLM\\a]\n\nx\n"), "line 3: want 'name = value'",
	    ERR_SYNTAX },
	{ "refused: no name", TEXT("[HKLM\\a]\n= 1\n"), "line 2: want a value's name", ERR_SYNTAX },
	{ "refused: open section", TEXT("[HKLM\\a\n"), "line 1: want ']'", ERR_SYNTAX },
	{ "refused: bracket alone", TEXT("["), "line 1: want ']'", ERR_SYNTAX },
	{ "refused: text behind a section", TEXT("[HKLM\\a] x\n"), "line 1: want ']'", ERR_SYNTAX },
	{ "refused: comment behind a section", TEXT("[HKLM\\a] ; x\n"), "line 1: want ']'",
	    ERR_SYNTAX },
	{ "refused: empty section", TEXT("[]\n"), "line 1: key ''", ERR_SYNTAX },
	{ "refused: root as section", TEXT("[HKLM]\n"), "line 1: section 'HKLM'", ERR_SYNTAX },
	{ "refused: another file's root", TEXT("[HKCU\\a]\n"), "line 1: section 'HKCU\\a'",
	    ERR_SYNTAX },
	{ "refused: unknown root", TEXT("[HKXX\\a]\n"), "line 1: key 'HKXX\\a'", ERR_SYNTAX },
	{ "refused: .reg's delete", TEXT("[-HKLM\\a]\n"), "line 1: key '-HKLM\\a'", ERR_SYNTAX },
	{ "refused: section twice", TEXT("[HKLM\\a]\n[HKLM\\b]\n[hklm/A]\n"),
	    "line 3: section 'HKLM\\A'", ERR_SYNTAX },
	{ "refused: name twice", TEXT("[HKLM\\a]\nx = 1\ny = 1\nX = 1\n"), "line 4: value 'X'",
	    ERR_SYNTAX },
	{ "refused: name twice, once in quotes", TEXT("[HKLM\\a]\nx = 1\n\"x\" = 1\n"),
	    "line 3: value 'x'", ERR_SYNTAX },
	{ "refused: open quote in a name", TEXT("[HKLM\\a]\n\"x = 1\n"), "line 2: want a closing",
	    ERR_SYNTAX },
	{ "refused: text behind a quoted name", TEXT("[HKLM\\a]\n\"x\"y = 1\n"), "line 2: want '='",
	    ERR_SYNTAX },
	{ "refused: quoted name alone", TEXT("[HKLM\\a]\n\"x\""), "line 2: want '='", ERR_SYNTAX },
	{ "refused: bad value", TEXT("[HKLM\\a]\nx = dword:z\n"), "line 2: value: want a dword",
	    ERR_SYNTAX },
	{ "refused: carriage return inside", TEXT("[HKLM\\a]\nx = 1\ry = 2\n"),
	    "line 2: want no control", ERR_SYNTAX },
	{ "refused: carriage return at the very end", TEXT("[HKLM\\a]\nx = 1\r"),
	    "line 2: want no control", ERR_SYNTAX },
	{ "refused: NUL", TEXT("[HKLM\\a]\nx = 1\0\n"), "line 2: want no control", ERR_SYNTAX },
	{ "refused: NUL in a comment", TEXT("#\0\n"), "line 1: want no control", ERR_SYNTAX },
	{ "refused: not UTF-8", TEXT("[HKLM\\a]\n# \xff\n"), "line 2: want UTF-8", ERR_SYNTAX },
	{ "refused: byte order mark inside a name", TEXT("[HKLM\\a]\nx" BOM "\n"),
	    "line 2: want 'name", ERR_SYNTAX },
	{ "refused: UTF-16", TEXT("\xff\xfe[\0H\0"), "want UTF-8 text, got UTF-16", ERR_SYNTAX },
};

static void
refuse(void **state)
{
	struct refuse_row *r = *state;
	struct err e = { 0 };

	assert_null(keyfile_parse(r->text, r->len, "HKLM", &e));
	assert_int_equal(e.code, r->code);
	if (strncmp(e.text, r->want, strlen(r->want)) != 0)
		fail_msg("want '%s...', got '%s'", r->want, e.text);
}

/*
 * One edit, and the file afterwards.  value NULL: delete the value; setting NULL as well: delete
 * the tree.
 */
static struct edit_row {
	const char *name, *in, *key, *setting, *value, *out;
} edit_rows[] = {
	{ "edit: same value", "[HKLM\\a]\n  X =  y  \n", "HKLM\\A", "x", "y",
	    "[HKLM\\a]\n  X =  y  \n" },
	{ "edit: changed value keeps how its name is written", "#1\n[HKLM\\a]\n#2\n  X=y  \n#3\n",
	    "HKLM\\A", "x", "z", "#1\n[HKLM\\a]\n#2\n  X=z\n#3\n" },
	{ "edit: empty value filled", "[HKLM\\a]\nx =\n", "HKLM\\a", "x", "1",
	    "[HKLM\\a]\nx = 1\n" },
	{ "edit: value emptied", "[HKLM\\a]\nx = 1\n", "HKLM\\a", "x", "", "[HKLM\\a]\nx =\n" },
	{ "edit: last line without its end", "[HKLM\\a]\nx = 1", "HKLM\\a", "x", "2",
	    "[HKLM\\a]\nx = 2" },
	{ "edit: new value in its section", "[HKLM\\a]\nX = y\n\n[HKLM\\b]\n", "HKLM\\a", "N", "1",
	    "[HKLM\\a]\nX = y\nN = 1\n\n[HKLM\\b]\n" },
	{ "edit: new value before the comments of what follows",
	    "[HKLM\\a]\nX = y\n\n# b\n[HKLM\\b]\n", "HKLM\\a", "N", "1",
	    "[HKLM\\a]\nX = y\nN = 1\n\n# b\n[HKLM\\b]\n" },
	{ "edit: new value in an empty section", "[HKLM\\a]\n[HKLM\\b]\n", "HKLM\\a", "N", "1",
	    "[HKLM\\a]\nN = 1\n[HKLM\\b]\n" },
	{ "edit: new value after a line without its end", "[HKLM\\a]\nX = y", "HKLM\\a", "N", "1",
	    "[HKLM\\a]\nX = y\nN = 1\n" },
	{ "edit: new section", "[HKLM\\a]\nX = y", "HKLM\\b", "N", "1",
	    "[HKLM\\a]\nX = y\n\n[HKLM\\b]\nN = 1\n" },
	{ "edit: new section after a blank line", "# c\n\n", "HKLM\\b", "N", "1",
	    "# c\n\n[HKLM\\b]\nN = 1\n" },
	{ "edit: first section", "", "HKLM\\b", "N", "1", "[HKLM\\b]\nN = 1\n" },
	{ "edit: first section after a byte order mark", BOM, "HKLM\\b", "N", "1",
	    BOM "[HKLM\\b]\nN = 1\n" },
	{ "edit: line ends of the file", "[HKLM\\a]\r\nX = y", "HKLM\\b", "N", "1",
	    "[HKLM\\a]\r\nX = y\r\n\r\n[HKLM\\b]\r\nN = 1\r\n" },
	{ "edit: empty text", "", "HKLM\\b", "N", "", "[HKLM\\b]\nN =\n" },
	{ "edit: text with spaces", "", "HKLM\\b", "N", " 1 ", "[HKLM\\b]\nN = \" 1 \"\n" },
	{ "edit: text like a prefix", "", "HKLM\\b", "N", "dword:1",
	    "[HKLM\\b]\nN = \"dword:1\"\n" },
	{ "edit: name with an equals sign", "", "HKLM\\b", "a=b", "1", "[HKLM\\b]\n\"a=b\" = 1\n" },
	{ "edit: name like a comment", "", "HKLM\\b", ";a", "1", "[HKLM\\b]\n\";a\" = 1\n" },
	{ "edit: name like a section", "", "HKLM\\b", "[a]", "1", "[HKLM\\b]\n\"[a]\" = 1\n" },
	{ "edit: name with spaces", "", "HKLM\\b", " a ", "1", "[HKLM\\b]\n\" a \" = 1\n" },
	{ "edit: name with a quote first", "", "HKLM\\b", "\"a\"", "1",
	    "[HKLM\\b]\n\"\"\"a\"\"\" = 1\n" },
	{ "edit: name with a quote inside", "", "HKLM\\b", "a\"b", "1", "[HKLM\\b]\na\"b = 1\n" },
	{ "edit: quoted name kept", "[HKLM\\a]\n\"x\" = 1\n", "HKLM\\a", "X", "2",
	    "[HKLM\\a]\n\"x\" = 2\n" },
	{ "edit: key with a bracket", "", "HKLM\\a]", "x", "1", "[HKLM\\a]]\nx = 1\n" },
	{ "delete: value", "[HKLM\\a]\nX = y\n# c\nZ = 1\n", "HKLM\\a", "x", NULL,
	    "[HKLM\\a]\n# c\nZ = 1\n" },
	{ "delete: absent value", "[HKLM\\a]\nX = y\n", "HKLM\\a", "Q", NULL,
	    "[HKLM\\a]\nX = y\n" },
	{ "delete: value of an absent key", "[HKLM\\a]\nX = y\n", "HKLM\\b", "X", NULL,
	    "[HKLM\\a]\nX = y\n" },
	{ "delete: last value takes the section", "[HKLM\\a]\nX = y\n\n[HKLM\\b]\nX = y\n",
	    "HKLM\\a", "X", NULL, "[HKLM\\b]\nX = y\n" },
	{ "delete: last value of the last section", "[HKLM\\a]\nX = y\n\n[HKLM\\b]\nX = y\n",
	    "HKLM\\b", "X", NULL, "[HKLM\\a]\nX = y\n" },
	{ "delete: last value of all", "[HKLM\\a]\nX = y\n", "HKLM\\a", "X", NULL, "" },
	{ "delete: last value under a comment", "[HKLM\\a]\n# why\nX = y\n", "HKLM\\a", "X", NULL,
	    "[HKLM\\a]\n# why\n" },
	{ "delete: last value before another's comment",
	    "[HKLM\\a]\nX = y\n\n# b\n[HKLM\\b]\nX = y\n", "HKLM\\a", "X", NULL,
	    "# b\n[HKLM\\b]\nX = y\n" },
	{ "tree: with all below", "[HKLM\\a]\nX = y\n[HKLM\\A\\b]\nX = y\n[HKLM\\ab]\nX = y\n",
	    "HKLM\\a", NULL, NULL, "[HKLM\\ab]\nX = y\n" },
	{ "tree: its comments go, the next section's stay",
	    "# top\n\n[HKLM\\a]\n# one\nX = y\n# two\n\n# b\n[HKLM\\b]\nX = y\n", "HKLM\\a", NULL,
	    NULL, "# top\n\n# b\n[HKLM\\b]\nX = y\n" },
	{ "tree: in two places", "[HKLM\\a]\nX = 1\n\n[HKLM\\b]\nX = 2\n\n[HKLM\\a\\c]\nX = 3\n",
	    "HKLM\\a", NULL, NULL, "[HKLM\\b]\nX = 2\n" },
	{ "tree: absent", "[HKLM\\a]\nX = y\n", "HKLM\\b", NULL, NULL, "[HKLM\\a]\nX = y\n" },
	{ "tree: everything", "# c\n[HKLM\\a]\nX = y\n[HKLM\\b]\n", "HKLM", NULL, NULL, "# c\n" },
};

static int
edit_once(struct keyfile *f, const struct edit_row *r, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (r->setting == NULL)
		return keyfile_delete_tree(f, r->key);
	if (r->value == NULL)
		return keyfile_delete(f, r->key, r->setting);
	assert_ok(value_text(&v, VALUE_STRING, r->value, strlen(r->value), e), e);
	rc = keyfile_set(f, r->key, r->setting, &v, e);
	value_free(&v);
	return rc;
}

static void
edit(void **state)
{
	struct edit_row *r = *state;
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f, *again;
	struct value v = VALUE_INIT;
	struct err e;

	assert_non_null(f = keyfile_parse(r->in, strlen(r->in), "HKLM", &e));
	assert_int_equal(edit_once(f, r, &e), strcmp(r->in, r->out) != 0);
	assert_int_equal(edit_once(f, r, &e), 0);
	assert_ok(keyfile_write(f, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->out);
	/* A written value is read back as it was set. */
	assert_non_null(again = keyfile_parse(b.data, b.len, "HKLM", &e));
	if (r->setting != NULL) {
		assert_int_equal(keyfile_get(again, r->key, r->setting, &v, &e), r->value != NULL);
		assert_string_equal(value_get_text(&v), r->value != NULL ? r->value : "");
	}
	value_free(&v);
	keyfile_free(f);
	keyfile_free(again);
	buf_free(&b);
}

static int
note_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	return buf_addf(arg, e, "%s=", name) == -1 || value_format(v, arg, e) == -1 ||
		buf_addc(arg, ' ', e) == -1
	    ? -1
	    : 0;
}

static int
note_subkey(void *arg, const char *subkey, struct err *e)
{
	return buf_addf(arg, e, "[%s] ", subkey);
}

static int
note_all(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	return buf_addf(arg, e, "%s:", key) == -1 || note_value(arg, name, v, e) == -1 ? -1 : 0;
}

static int
stop(void *arg, const char *subkey, struct err *e)
{
	return err_setx(e, ERR_CONFLICT, "%s %s", (const char *)arg, subkey);
}

static void
list(void **state)
{
	static const char text[] =
	    "[HKLM\\S\\a\\x]\nq = 1\n[HKLM\\S\\b]\nq = 2\nr = dword:3\n[HKLM\\s\\A\\y]\nq = 4\n[HKLM\\S\\bc]\n";
	struct buf b = BUF_INIT(1000);
	struct settings_walk walk = { note_value, note_subkey, &b };
	struct settings_walk stopping = { NULL, stop, (void *)(uintptr_t) "at" };
	struct settings_walk none = { NULL, NULL, NULL };
	struct keyfile *f;
	struct err e;

	(void)state;
	assert_non_null(f = keyfile_parse(text, sizeof text - 1, "HKLM", &e));
	assert_int_equal(keyfile_list(f, "HKLM\\s", &walk, &e), 1);
	assert_string_equal(buf_text(&b), "[a] [b] [bc] ");
	buf_reset(&b);
	assert_int_equal(keyfile_list(f, "HKLM\\S\\B", &walk, &e), 1);
	assert_string_equal(buf_text(&b), "q=2 r=dword:3 ");
	buf_reset(&b);
	assert_int_equal(keyfile_list(f, "HKLM", &walk, &e), 1);
	assert_string_equal(buf_text(&b), "[S] ");
	buf_reset(&b);
	assert_int_equal(keyfile_list(f, "HKLM\\S\\a", &walk, &e), 1);
	assert_string_equal(buf_text(&b), "[x] [y] ");
	buf_reset(&b);
	assert_int_equal(keyfile_list(f, "HKLM\\T", &walk, &e), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(keyfile_list(f, "HKLM\\S\\a", &none, &e), 1);
	assert_err(keyfile_list(f, "HKLM\\S", &stopping, &e), ERR_CONFLICT, &e);
	assert_string_equal(e.text, "at a");
	assert_ok(keyfile_each(f, "HKLM\\S\\A", note_all, &b, &e), &e);
	assert_string_equal(buf_text(&b), "HKLM\\S\\a\\x:q=1 HKLM\\s\\A\\y:q=4 ");
	keyfile_free(f);
	buf_free(&b);
}

static void
limits(void **state)
{
	static char line[KEYLINE_MAX + 16];
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f;
	struct err e;
	char *big;

	(void)state;
	memset(line, '#', sizeof line);
	assert_non_null(f = keyfile_parse(line, KEYLINE_MAX, "HKLM", &e));
	keyfile_free(f);
	assert_null(keyfile_parse(line, KEYLINE_MAX + 1, "HKLM", &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_string_equal(e.text, "line 1: want a line of at most 262144 bytes, got 262145");
	assert_non_null(big = malloc(KEYFILE_SIZE_MAX + 1));
	memset(big, '\n', KEYFILE_SIZE_MAX + 1);
	assert_null(keyfile_parse(big, KEYFILE_SIZE_MAX + 1, "HKLM", &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_null(keyfile_parse(big, KEYLINES_MAX + 1, "HKLM", &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_non_null(f = keyfile_parse(big, KEYLINES_MAX, "HKLM", &e));
	keyfile_free(f);
	free(big);
	buf_free(&b);
}

/* The longest values make the longest lines, which must be readable again. */
static void
long_values(void **state)
{
	static uint8_t data[VALUE_SIZE_MAX];
	const char *names[] = { "multi", "binary", "bars" };
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct value v[3], got = VALUE_INIT;
	struct keyfile *f;
	struct err e;

	(void)state;
	assert_ok(value_binary(&v[1], data, sizeof data, &e), &e);
	v[0] = (struct value){ VALUE_MULTI, data, sizeof data, 0 };
	assert_ok(value_copy(&v[2], &v[0], &e), &e);
	memset(v[2].data, '|', sizeof data - 1);
	assert_non_null(f = keyfile_parse(NULL, 0, "HKLM", &e));
	for (int i = 0; i < 3; i++)
		assert_int_equal(keyfile_set(f, "HKLM\\a", names[i], &v[i], &e), 1);
	assert_ok(keyfile_write(f, &b, &e), &e);
	keyfile_free(f);
	assert_non_null(f = keyfile_parse(b.data, b.len, "HKLM", &e));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(keyfile_get(f, "HKLM\\a", names[i], &got, &e), 1);
		assert_true(value_equal(&got, &v[i]));
		value_free(&got);
	}
	keyfile_free(f);
	value_free(&v[1]);
	value_free(&v[2]);
	buf_free(&b);
}

/* Thousands of settings: with the table the time must not be quadratic. */
static void
many(void **state)
{
	struct value v = VALUE_INIT;
	struct keyfile *f;
	char key[64], name[64];
	struct err e;

	(void)state;
	assert_non_null(f = keyfile_parse(NULL, 0, "HKLM", &e));
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "HKLM\\S\\k%d", i / 20);
		snprintf(name, sizeof name, "n%d", i);
		assert_ok(value_number(&v, VALUE_DWORD, (uint64_t)i, &e), &e);
		assert_int_equal(keyfile_set(f, key, name, &v, &e), 1);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "HKLM\\s\\K%d", i / 20);
		snprintf(name, sizeof name, "N%d", i);
		assert_int_equal(keyfile_get(f, key, name, &v, &e), 1);
		assert_int_equal(v.number, i);
		assert_true(keyfile_delete(f, key, name));
	}
	keyfile_free(f);
}

/* Changes of the largest number of settings: each row takes at most seconds of processor time. */
static struct bulk_row {
	const char *name;
	int keys, values,
	    comments;	   /* of the file: keys, values of each, comment lines behind each */
	enum change_op op; /* CHANGE_SET adds a value to each */
	bool each_value;   /* else the first of each key */
	const char *below; /* "": the keys themselves; else they are that much deeper */
} bulk_rows[] = {
	{ "bulk: keys deleted", 20000, 1, 0, CHANGE_DELETE_TREE, false, "" },
	{ "bulk: deep keys deleted", 20000, 1, 0, CHANGE_DELETE_TREE, false, "\\b\\c\\d" },
	{ "bulk: one value of each key deleted", 20000, 1, 0, CHANGE_DELETE, false, "" },
	{ "bulk: values of one key deleted", 1, 20000, 0, CHANGE_DELETE, true, "" },
	{ "bulk: values before comments deleted", 1, 20000, 100000, CHANGE_DELETE, true, "" },
	{ "bulk: values added to a long key", 1, 100000, 0, CHANGE_SET, true, "" },
	{ "bulk: values added to many keys", 20000, 2, 1, CHANGE_SET, false, "" },
};

static struct keyfile *
bulk_file(const struct bulk_row *r, struct err *e)
{
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f;

	for (int k = 0; k < r->keys; k++) {
		assert_ok(buf_addf(&b, e, "[HKLM\\S\\k%d%s]\n", k, r->below), e);
		for (int v = 0; v < r->values; v++)
			assert_ok(buf_addf(&b, e, "v%d = x\n", v), e);
		for (int c = 0; c < r->comments; c++)
			assert_ok(buf_adds(&b, "# c\n", e), e);
	}
	assert_non_null(f = keyfile_parse(b.data, b.len, "HKLM", e));
	buf_free(&b);
	return f;
}

static void
bulk(void **state)
{
	const struct bulk_row *r = *state;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT, got = VALUE_INIT;
	struct keyfile *before, *after;
	char key[64], name[64];
	struct err e;
	clock_t begun = clock();

	before = bulk_file(r, &e);
	assert_non_null(after = keyfile_copy(before, &e));
	assert_ok(value_text(&v, VALUE_STRING, "y", 1, &e), &e);
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "HKLM\\S\\k%d%s", r->each_value ? 0 : i,
		    r->op == CHANGE_DELETE_TREE ? "" : r->below);
		snprintf(name, sizeof name, "%c%d", r->op == CHANGE_SET ? 'n' : 'v',
		    r->each_value ? i : 0);
		if (r->op == CHANGE_SET)
			assert_ok(changeset_set(&c, key, name, &v, &e), &e);
		else if (r->op == CHANGE_DELETE)
			assert_ok(changeset_delete(&c, key, name, &e), &e);
		else
			assert_ok(changeset_delete_tree(&c, key, &e), &e);
	}
	assert_ok(difference_edit(after, &c, "HKLM", &e), &e);
	assert_ok(difference_compare(before, after, &c, "HKLM", &effective, &undo, &e), &e);
	assert_int_equal(effective.n, 20000);
	assert_int_equal(undo.n, 20000);
	assert_int_equal(keyfile_get(after, key, name, &got, &e), r->op == CHANGE_SET);
	value_free(&got);
	/* The undo list restores the file. */
	assert_ok(difference_edit(after, &undo, "HKLM", &e), &e);
	changeset_free(&effective);
	changeset_free(&undo);
	assert_ok(difference_compare(before, after, &c, "HKLM", &effective, &undo, &e), &e);
	assert_int_equal(effective.n, 0);
	assert_true((clock() - begun) / CLOCKS_PER_SEC < 10);
	changeset_free(&c);
	changeset_free(&effective);
	changeset_free(&undo);
	value_free(&v);
	keyfile_free(before);
	keyfile_free(after);
}

int
main(void)
{
	static struct CMUnitTest tests[200] = {
		cmocka_unit_test(list),
		cmocka_unit_test(limits),
		cmocka_unit_test(long_values),
		cmocka_unit_test(many),
	};
	size_t n = 4;

	TEST_ROWS(tests, n, same_rows, same);
	TEST_ROWS(tests, n, refuse_rows, refuse);
	TEST_ROWS(tests, n, edit_rows, edit);
	TEST_ROWS(tests, n, bulk_rows, bulk);
	return _cmocka_run_group_tests("keyfile", tests, n, NULL, NULL);
}
