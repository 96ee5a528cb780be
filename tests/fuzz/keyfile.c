/* SPDX-License-Identifier: ISC */
/*
 * Key files: text outside of an edit is kept byte for byte; every value is read back as it was
 * written; undoing an edit leaves a file that can be read.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/settings/keyfile.h"

#define KEY "HKLM\\SOFTWARE\\Fuzz"

static int
check(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	const struct keyfile *f = arg;
	struct buf text = BUF_INIT(KEYFILE_SIZE_MAX);
	struct value again = VALUE_INIT, found = VALUE_INIT;

	must(value_check(v, e) == 0);
	must(value_format(v, &text, e) == 0);
	must(value_parse(buf_text(&text), text.len, &again, e) == 0);
	must(value_equal(v, &again));
	must(keyfile_get(f, key, name, &found, e) == 1);
	must(value_equal(v, &found));
	value_free(&again);
	value_free(&found);
	buf_free(&text);
	return 0;
}

static void
edit(struct keyfile *f)
{
	struct value v = VALUE_INIT, found = VALUE_INIT;
	struct buf out = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *again = NULL;
	struct err e = { 0 };

	must(value_text(&v, VALUE_STRING, " dword:1 ", 9, &e) == 0);
	if (keyfile_set(f, KEY, "odd\"=name", &v, &e) != -1 &&
	    keyfile_set(f, KEY, "name", &v, &e) != -1) {
		must(keyfile_write(f, &out, &e) == 0);
		again = keyfile_parse(out.data, out.len, "HKLM", &e);
		must(again != NULL);
		must(keyfile_get(again, KEY, "NAME", &found, &e) == 1 && value_equal(&v, &found));
		must(keyfile_delete_tree(again, KEY));
		must(keyfile_get(again, KEY, "name", &found, &e) == 0);
	}
	keyfile_free(again);
	value_free(&v);
	value_free(&found);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT(KEYFILE_SIZE_MAX);
	struct err e = { 0 };
	struct keyfile *f = keyfile_parse(data, size, "HKLM", &e);

	if (f == NULL) {
		must(e.code == ERR_SYNTAX || e.code == ERR_TOO_LARGE);
		return 0;
	}
	must(keyfile_write(f, &out, &e) == 0);
	must(out.len == size && (size == 0 || memcmp(out.data, data, size) == 0));
	must(keyfile_each(f, "HKLM", check, f, &e) == 0);
	edit(f);
	keyfile_free(f);
	buf_free(&out);
	return 0;
}
