/* SPDX-License-Identifier: ISC */
/*
 * A file that desktops make icons of.  What was rewritten has our mark, and isn't rewritten again;
 * a word that is written into Exec is read as that word.
 */
#include "tests/fuzz/fuzz.h"

#include "updater/wrap/desktop.h"

static bool
is_program(void *program, const char *word)
{
	return strcmp(word, program) == 0;
}

/* Text is one word of Exec that starts the program of this name. */
static void
must_be_read(char *text)
{
	struct buf file = BUF_INIT(8 * DESKTOP_MAX), out = BUF_INIT(16 * DESKTOP_MAX);
	const struct desktop_change c = { is_program, text, "run --", "prog", NULL };
	struct err e = { 0 };

	must(buf_adds(&file, "[Desktop Entry]\nExec=", &e) == 0);
	if (strstr(text, "env") == NULL && desktop_add_word(&file, text, &e) == 0 &&
	    file.len <= DESKTOP_MAX) {
		must(desktop_rewrite(file.data, file.len, &c, &out, &e) == 1);
		must(strcmp(buf_text(&out), "[Desktop Entry]\nExec=run -- prog\n") == 0);
	}
	buf_free(&file);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char program[] = "hi";
	const struct desktop_change c = { is_program, program, "/usr/bin/slipway run --", "/opt/hi",
		"hi" };
	struct buf out = BUF_INIT(16 * DESKTOP_MAX), mark = BUF_INIT(DESKTOP_MAX);
	struct err e = { 0 };
	char *text = feed_text(data, size);
	int rc = desktop_rewrite(data, size, &c, &out, &e);

	if (rc == 1) {
		must(desktop_get(out.data, out.len, DESKTOP_MARK, &mark, &e) == 1);
		must(strcmp(buf_text(&mark), "hi") == 0);
		buf_reset(&mark);
		must(desktop_rewrite(out.data, out.len, &c, &mark, &e) == 0 && mark.len == 0);
	} else {
		must(out.len == 0 && (rc == 0 || e.code != ERR_NONE));
	}
	must_be_read(text);
	free(text);
	buf_free(&out);
	buf_free(&mark);
	return 0;
}
