/* SPDX-License-Identifier: ISC */
/*
 * Registry export files: a file that is read, written and read again stays the same, in both
 * encodings.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/settings/regfile.h"

static void
write_again(const struct changeset *c, bool utf16)
{
	struct buf text = BUF_INIT(REG_FILE_MAX), file = BUF_INIT(REG_FILE_MAX);
	struct changeset again = CHANGESET_INIT;
	struct err e = { 0 };

	must(reg_begin(&text, &e) == 0);
	for (size_t i = 0; i < c->n; i++)
		if (c->changes[i].op == CHANGE_SET) {
			must(reg_key(&text, c->changes[i].key, &e) == 0);
			must(reg_value(&text, c->changes[i].name, &c->changes[i].value, &e) == 0);
		}
	must(reg_encode(&text, utf16, &file, &e) == 0);
	must(reg_parse(file.data, file.len, &again, &e) == 0);
	for (size_t i = 0, j = 0; i < c->n; i++) {
		const struct change *a = &c->changes[i], *b;

		if (a->op != CHANGE_SET)
			continue;
		must(j < again.n);
		b = &again.changes[j++];
		must(b->op == CHANGE_SET);
		must(strcmp(a->key, b->key) == 0 && strcmp(a->name, b->name) == 0);
		must(value_equal(&a->value, &b->value));
	}
	changeset_free(&again);
	buf_free(&text);
	buf_free(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct changeset c = CHANGESET_INIT;
	struct err e = { 0 };

	if (reg_parse(data, size, &c, &e) == -1) {
		must(c.n == 0 && (e.code == ERR_SYNTAX || e.code == ERR_TOO_LARGE));
		return 0;
	}
	for (size_t i = 0; i < c.n; i++)
		if (c.changes[i].op == CHANGE_SET)
			must(value_check(&c.changes[i].value, &e) == 0);
	write_again(&c, false);
	write_again(&c, true);
	changeset_free(&c);
	return 0;
}
