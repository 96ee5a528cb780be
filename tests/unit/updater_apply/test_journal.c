/* SPDX-License-Identifier: ISC */
/*
 * updater/apply/journal: a good text with one thing changed, and the length and checksum corrected.
 */
#include "tests/unit/common/test.h"

#include "lib/base/digest.h"
#include "lib/base/json.h"
#include "updater/apply/journal.h"

#ifdef _WIN32
#define ROOT "C:/hi"
#else
#define ROOT "/hi"
#endif
#define HEX16  "0123456789abcdef"
#define HEX64  HEX16 HEX16 HEX16 HEX16
#define NUMBER HEX16 HEX16
#define STATE  "{\"sha256\":\"" HEX64 "\",\"mode\":420,\"length\":3}"
#define UNREAD "{\"mode\":420,\"length\":3}"

static const char good[] =
    "{\"number\":\"" NUMBER "\",\"roots\":{\"install\":{\"path\":\"" ROOT "\",\"made\":1}},"
    "\"files\":[{\"root\":\"install\",\"path\":\"bin/hi\",\"old\":" STATE ",\"new\":" STATE
    ",\"aside\":\"hi.changed-by-hand\",\"early\":false}],"
    "\"dirs\":[{\"root\":\"install\",\"path\":\"bin\",\"made\":true,\"early\":false}],"
    "\"set\":[],\"record\":{\"format\":1,\"serial\":2,\"release\":2,\"set\":[],\"undo\":[]}}";

static struct row {
	const char *name, *at, *value; /* the members on the way, and the JSON there; NULL: gone */
	enum err_code want;
	const char *says;
} rows[] = {
	{ "as it is", "number", "\"" NUMBER "\"", ERR_NONE, NULL },
	{ "of 0.1.0: no number", "number", NULL, ERR_NONE, NULL },
	{ "of 0.1.0: no lengths", "files 0 old", "{\"sha256\":\"" HEX64 "\",\"mode\":420}",
	    ERR_NONE, NULL },
	{ "a new file", "files 0 old", "null", ERR_NONE, NULL },
	{ "a removed file", "files 0 new", "null", ERR_NONE, NULL },
	{ "an old file that wasn't read", "files 0 old", UNREAD, ERR_NONE, NULL },
	{ "path: absolute", "files 0 path", "\"/etc/passwd\"", ERR_UNSAFE, "journal: " },
	{ "path: parent directory", "files 0 path", "\"../x\"", ERR_UNSAFE, "journal: " },
	{ "path: empty", "files 0 path", "\"\"", ERR_UNSAFE, "journal: " },
	{ "path: NUL", "files 0 path", "\"bin/hi\\u0000x\"", ERR_SYNTAX, "path is" },
	{ "path: missing", "files 0 path", NULL, ERR_SYNTAX, "path is" },
	{ "path: of a directory", "dirs 0 path", "\"../x\"", ERR_UNSAFE, "journal: " },
	{ "root: unknown", "files 0 root", "\"state\"", ERR_SYNTAX, "root is" },
	{ "root: a number", "files 0 root", "0", ERR_SYNTAX, "root is" },
	{ "root: without a place", "files 0 root", "\"app\"", ERR_SYNTAX, "root of a file" },
	{ "root: of a directory without a place", "dirs 0 root", "\"app\"", ERR_SYNTAX,
	    "root of a directory" },
	{ "place: relative", "roots install path", "\"hi\"", ERR_SYNTAX, "roots" },
	{ "place: a number", "roots install path", "1", ERR_SYNTAX, "roots" },
	{ "place: made below 0", "roots install made", "-1", ERR_SYNTAX, "roots" },
	{ "place: made over all bounds", "roots install made", "65", ERR_SYNTAX, "roots" },
	{ "state: hash too short", "files 0 new sha256", "\"" HEX16 "\"", ERR_SYNTAX, "state of" },
	{ "state: hash a number", "files 0 new sha256", "7", ERR_SYNTAX, "state of" },
	{ "state: neither hash nor length", "files 0 old", "{\"mode\":420}", ERR_SYNTAX,
	    "state of" },
	{ "state: mode over all bounds", "files 0 new mode", "4096", ERR_SYNTAX, "state of" },
	{ "state: mode below 0", "files 0 new mode", "-1", ERR_SYNTAX, "state of" },
	{ "state: length below 0", "files 0 new length", "-1", ERR_SYNTAX, "state of" },
	{ "state: length as text", "files 0 new length", "\"3\"", ERR_SYNTAX, "state of" },
	{ "state: new content that wasn't read", "files 0 new", UNREAD, ERR_SYNTAX, "state of" },
	{ "aside: a path", "files 0 aside", "\"bin/x\"", ERR_SYNTAX, "aside" },
	{ "aside: parent directory", "files 0 aside", "\"..\"", ERR_SYNTAX, "aside" },
	{ "aside: NUL", "files 0 aside", "\"x\\u0000y\"", ERR_SYNTAX, "aside" },
	{ "aside: a number", "files 0 aside", "1", ERR_SYNTAX, "aside" },
	{ "number: too short", "number", "\"" HEX16 "\"", ERR_SYNTAX, "number" },
	{ "number: a path", "number", "\"../../../../../../../../../../x.\"", ERR_SYNTAX,
	    "number" },
	{ "number: a number", "number", "1", ERR_SYNTAX, "number" },
	{ "files: no list", "files", "{}", ERR_SYNTAX, "files" },
	{ "directories: missing", "dirs", NULL, ERR_SYNTAX, "dirs" },
	{ "set: a number", "set", "1", ERR_SYNTAX, "journal: " },
	{ "record: missing", "record", NULL, ERR_SYNTAX, "journal: " },
	{ "record: no serial", "record serial", "0", ERR_SYNTAX, "record is" },
	{ "record: a summary", "record undo", NULL, ERR_SYNTAX, "record is" },
};

/* Sets the member that the words of at lead to, or removes it. */
static void
change(json_t *body, const char *at, const char *value)
{
	char words[64], *word, *next;
	json_t *j = body;

	snprintf(words, sizeof words, "%s", at);
	for (word = words; (next = strchr(word, ' ')) != NULL; word = next + 1) {
		*next = '\0';
		j = json_is_array(j) ? json_array_get(j, (size_t)atoi(word))
				     : json_object_get(j, word);
		assert_non_null(j);
	}
	if (value == NULL)
		assert_int_equal(json_object_del(j, word), 0);
	else
		assert_int_equal(json_object_set_new(j, word,
				     json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)),
		    0);
}

static void
head(const char *body, struct buf *out)
{
	char hex[SHA256_HEX_SIZE];
	struct err e;

	assert_ok(digest_hex(body, strlen(body), hex, &e), &e);
	assert_ok(buf_addf(out, &e, "slipway-journal 1 %zu %s\n%s", strlen(body), hex, body), &e);
}

static void
form(void **state)
{
	const struct row *r = *state;
	json_t *body = json_loads(good, 0, NULL);
	struct buf text = BUF_INIT(65536), again = BUF_INIT(65536);
	struct journal j;
	struct err e = { 0 };
	char *dump;

	assert_non_null(body);
	change(body, r->at, r->value);
	assert_non_null(dump = json_dumps(body, JSON_COMPACT));
	head(dump, &text);
	if (r->want == ERR_NONE) {
		assert_ok(journal_read(text.data, text.len, &j, &e), &e);
		assert_int_equal(j.nfiles, 1);
		assert_int_equal(j.ndirs, 1);
		/* What is read is written again as the same. */
		assert_ok(journal_write(&j, &again, &e), &e);
		journal_free(&j);
		assert_ok(journal_read(again.data, again.len, &j, &e), &e);
		journal_free(&j);
	} else {
		assert_err(journal_read(text.data, text.len, &j, &e), r->want, &e);
		if (strstr(e.text, r->says) == NULL)
			fail_msg("want '%s' in '%s'", r->says, e.text);
		assert_true(j.nfiles == 0 && j.ndirs == 0 && j.roots[LAYOUT_INSTALL] == NULL);
	}
	free(dump);
	json_decref(body);
	buf_free(&text);
	buf_free(&again);
}

/* A cut, a longer and an altered text are noticed, whatever the change is. */
static void
torn(void **state)
{
	struct buf text = BUF_INIT(65536);
	struct journal j;
	struct err e = { 0 };

	(void)state;
	head(good, &text);
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(journal_read(text.data, len, &j, &e), -1);
	assert_ok(buf_addc(&text, ' ', &e), &e);
	assert_err(journal_read(text.data, text.len, &j, &e), ERR_HASH, &e);
	text.len--;
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_int_equal(journal_read(text.data, text.len, &j, &e), -1);
		text.data[i] ^= 1;
	}
	assert_ok(journal_read(text.data, text.len, &j, &e), &e);
	journal_free(&j);
	buf_free(&text);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1] = { cmocka_unit_test(torn) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, form);
	return _cmocka_run_group_tests("journal", tests, n, NULL, NULL);
}
