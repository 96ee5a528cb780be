/* SPDX-License-Identifier: ISC */
/* Lines Exec as the Desktop Entry Specification has them, and files that are rewritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "updater/wrap/desktop.h"

struct word {
	const char *name, *word, *want; /* want NULL: refused */
};

static struct word words[] = {
	{ "plain", "/usr/bin/hi", "/usr/bin/hi" },
	{ "empty", "", "\"\"" },
	{ "space", "a b", "\"a b\"" },
	{ "percent", "100%f", "100%%f" },
	{ "percent and space", "% f", "\"%% f\"" },
	{ "quote", "a\"b", "\"a\\\\\"b\"" },
	{ "apostrophe", "it's", "\"it's\"" },
	{ "backslash", "a\\b", "\"a\\\\\\\\b\"" },
	{ "dollar", "$HOME", "\"\\\\$HOME\"" },
	{ "backtick", "`ls`", "\"\\\\`ls\\\\`\"" },
	{ "semicolon", "a;b", "\"a;b\"" },
	{ "letters", "h\xc3\xad", "h\xc3\xad" },
	{ "newline", "a\nb", NULL },
	{ "tab", "a\tb", NULL },
	{ "not UTF-8", "a\xff", NULL },
};

static void
add_word(void **state)
{
	const struct word *row = *state;
	struct buf out = BUF_INIT(256);
	struct err e = { 0 };

	assert_int_equal(buf_adds(&out, "<", &e), 0);
	if (row->want == NULL) {
		assert_int_equal(desktop_add_word(&out, row->word, &e), -1);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_string_equal(buf_text(&out), "<");
	} else {
		assert_int_equal(desktop_add_word(&out, row->word, &e), 0);
		assert_string_equal(buf_text(&out) + 1, row->want);
	}
	buf_free(&out);
}

struct file {
	const char *name, *text, *want; /* want NULL: stays as it is */
};

#define HEAD "[Desktop Entry]\n"
#define MARK DESKTOP_MARK "=hi\n"
#define RUN  "slipway run -- /opt/hi"

static struct file files[] = {
	{ "plain", HEAD "Exec=hi %f\n", HEAD MARK "Exec=" RUN " %f\n" },
	{ "no end of line", HEAD "Exec=hi", HEAD MARK "Exec=" RUN "\n" },
	{ "Windows' ends", HEAD "Exec = hi\r\nName=x\r\n", HEAD MARK "Exec=" RUN "\nName=x\n" },
	{ "quotes", HEAD "Exec=\"hi\" a\n", HEAD MARK "Exec=" RUN " a\n" },
	{ "escapes", HEAD "Exec=h\\\\i\\sb\n", HEAD MARK "Exec=" RUN "\\sb\n" },
	{ "env", HEAD "Exec=env A=b C=\"d e\" hi\n",
	    HEAD MARK "Exec=slipway run -- env A=b C=\"d e\" /opt/hi\n" },
	{ "by bus", HEAD "DBusActivatable=true\nExec=hi\n",
	    HEAD MARK "DBusActivatable=false\nExec=" RUN "\n" },
	{ "action", HEAD "Exec=other\n[Desktop Action a]\nExec=hi a\n",
	    HEAD MARK "Exec=other\n[Desktop Action a]\nExec=" RUN " a\n" },
	{ "comments stay", "# c\n\n" HEAD "Exec=hi\n", "# c\n\n" HEAD MARK "Exec=" RUN "\n" },
	{ "another program", HEAD "Exec=other hi\n", NULL },
	{ "longer name", HEAD "Exec=hip\n", NULL },
	{ "another key", HEAD "ExecStart=hi\nTryExec=hi\n", NULL },
	{ "variables alone", HEAD "Exec=env A=b\n", NULL },
	{ "open quotes", HEAD "Exec=\"hi\n", NULL },
	{ "open escape", HEAD "Exec=hi\\\\\n", NULL },
	{ "nothing", HEAD "Exec=\n", NULL },
	{ "no group", "[Desktop Action a]\nExec=hi\n", NULL },
	{ "empty", "", NULL },
};

static bool
is_hi(void *arg, const char *word)
{
	(void)arg;
	return strcmp(word, "hi") == 0;
}

static void
rewrite(void **state)
{
	const struct file *row = *state;
	const struct desktop_change c = { is_hi, NULL, "slipway run --", "/opt/hi", "hi" };
	struct buf out = BUF_INIT(1024), mark = BUF_INIT(64);
	struct err e = { 0 };

	assert_int_equal(desktop_rewrite(row->text, strlen(row->text), &c, &out, &e),
	    row->want != NULL);
	assert_string_equal(buf_text(&out), row->want == NULL ? "" : row->want);
	assert_int_equal(desktop_get(out.data, out.len, DESKTOP_MARK, &mark, &e),
	    row->want != NULL);
	buf_free(&out);
	buf_free(&mark);
}

static void
hostile(void **state)
{
	const struct desktop_change c = { is_hi, NULL, "slipway run --", "/opt/hi", "hi" };
	struct buf out = BUF_INIT(1024);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(desktop_rewrite(HEAD "\0Exec=hi\n", sizeof HEAD + 8, &c, &out, &e), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(desktop_rewrite(HEAD "\xff", sizeof HEAD, &c, &out, &e), -1);
	assert_int_equal(desktop_rewrite(HEAD, (size_t)DESKTOP_MAX + 1, &c, &out, &e), -1);
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

int
main(void)
{
	struct CMUnitTest tests[N(words) + N(files) + 1];
	size_t n = 0;

	memset(tests, 0, sizeof tests);
	for (size_t i = 0; i < N(words); i++)
		tests[n++] = (struct CMUnitTest){ .name = words[i].name,
			.test_func = add_word,
			.initial_state = &words[i] };
	for (size_t i = 0; i < N(files); i++)
		tests[n++] = (struct CMUnitTest){ .name = files[i].name,
			.test_func = rewrite,
			.initial_state = &files[i] };
	tests[n++] = (struct CMUnitTest){ .name = "hostile", .test_func = hostile };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
