/* SPDX-License-Identifier: ISC */
/* lib/settings/difference: the effect of change sets on a state, and undoing them. */
#include "tests/unit/common/test.h"

#include "lib/settings/difference.h"

#define K "HKLM\\SOFTWARE\\I"

/*
 * before is a key file.  changes: "KEY|NAME|VALUE" sets, "KEY|NAME" deletes, "KEY" deletes with all
 * below, one after the other with ';' between.  effective and undo: as changeset_format() writes
 * them.
 */
static const struct row {
	const char *name, *before, *changes, *effective, *undo;
} rows[] = {
	{ "difference: nothing", "[" K "]\na=1\n", "", "", "" },
	{ "difference: a new value", "", K "|a|1", "set " K " a = 1\n", "delete " K " a\n" },
	{ "difference: another text", "[" K "]\na=1\n", K "|a|2", "set " K " a = 2\n",
	    "set " K " a = 1\n" },
	{ "difference: another type", "[" K "]\na=1\n", K "|a|dword:1", "set " K " a = dword:1\n",
	    "set " K " a = 1\n" },
	{ "difference: the same value", "[" K "]\na=1\n", K "|a|1", "", "" },
	{ "difference: names without regard to case", "[" K "]\na=1\n", K "|A|1", "", "" },
	{ "difference: there and back", "[" K "]\na=1\n", K "|a|2;" K "|a|1", "", "" },
	{ "difference: each value once", "", K "|a|1;" K "|a|2;" K "|a|3", "set " K " a = 3\n",
	    "delete " K " a\n" },
	{ "difference: set and deleted again", "", K "|a|1;" K "|a", "", "" },
	{ "difference: a value goes", "[" K "]\na=1\nb=2\n", K "|a", "delete " K " a\n",
	    "set " K " a = 1\n" },
	{ "difference: a value that isn't there goes", "[" K "]\na=1\n", K "|b", "", "" },
	{ "difference: a tree goes", "[" K "]\na=1\n[" K "\\S]\nb=2\n", K, "delete " K "\n",
	    "set " K " a = 1\nset " K "\\S b = 2\n" },
	{ "difference: a tree that isn't there goes", "[" K "]\na=1\n", K "\\S", "", "" },
	{ "difference: a tree within a tree that goes", "[" K "\\S]\nb=2\n", K ";" K "\\S",
	    "delete " K "\n", "set " K "\\S b = 2\n" },
	{ "difference: a tree goes and comes back the same", "[" K "]\na=1\n", K ";" K "|a|1", "",
	    "" },
	{ "difference: a tree is made anew", "[" K "]\na=1\nb=2\n", K ";" K "|b|3",
	    "delete " K " a\nset " K " b = 3\n", "set " K " a = 1\nset " K " b = 2\n" },
	{ "difference: a neighbour with the same beginning stays", "[" K "]\na=1\n[" K "2]\na=1\n",
	    K, "delete " K "\n", "set " K " a = 1\n" },
	{ "difference: the other root is left alone", "", "HKCU\\SOFTWARE\\I|a|1", "", "" },
};

static void
add(struct changeset *c, const char *change)
{
	char key[200], name[20], text[40];
	int n = sscanf(change, "%199[^|]|%19[^|]|%39[^|]", key, name, text);
	struct value v = VALUE_INIT;
	struct err e;

	if (n == 1)
		assert_ok(changeset_delete_tree(c, key, &e), &e);
	else if (n == 2)
		assert_ok(changeset_delete(c, key, name, &e), &e);
	else {
		assert_int_equal(n, 3);
		assert_ok(value_parse(text, strlen(text), &v, &e), &e);
		assert_ok(changeset_set(c, key, name, &v, &e), &e);
	}
	value_free(&v);
}

static void
build(struct changeset *c, const char *changes)
{
	char copy[500], *save = NULL;

	assert_in_range(strlen(changes), 0, sizeof copy - 1);
	strcpy(copy, changes);
	for (char *p = strtok_r(copy, ";", &save); p != NULL; p = strtok_r(NULL, ";", &save))
		add(c, p);
}

static void
assert_text(const struct changeset *c, const char *want)
{
	struct buf b = BUF_INIT(1000);
	struct err e;

	assert_ok(changeset_format(c, &b, &e), &e);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

static void
assert_same_file(const struct keyfile *a, const struct keyfile *b)
{
	struct changeset none = CHANGESET_INIT, effective = CHANGESET_INIT;
	struct err e;

	assert_ok(difference_compare(a, b, &none, "HKLM", &effective, NULL, &e), &e);
	assert_int_equal(effective.n, 0);
	changeset_free(&effective);
}

/* Asserts the differences, and that each set leads from one state to the other. */
static void
difference(void **state)
{
	const struct row *r = *state;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT,
			 alone = CHANGESET_INIT;
	struct keyfile *before, *after, *again;
	struct err e;

	build(&c, r->changes);
	assert_non_null(before = keyfile_parse(r->before, strlen(r->before), "HKLM", &e));
	assert_non_null(after = keyfile_copy(before, &e));
	assert_non_null(again = keyfile_copy(before, &e));
	assert_ok(difference_edit(after, &c, "HKLM", &e), &e);
	assert_ok(difference_compare(before, after, &c, "HKLM", &effective, &undo, &e), &e);
	assert_text(&effective, r->effective);
	assert_text(&undo, r->undo);
	/* Asking for one of both gives the same. */
	assert_ok(difference_compare(before, after, &c, "HKLM", NULL, &alone, &e), &e);
	assert_text(&alone, r->undo);
	changeset_free(&alone);
	assert_ok(difference_compare(before, after, &c, "HKLM", &alone, NULL, &e), &e);
	assert_text(&alone, r->effective);
	changeset_free(&alone);

	assert_ok(difference_edit(again, &effective, "HKLM", &e), &e);
	assert_same_file(again, after);
	assert_same_file(after, again);
	assert_ok(difference_edit(again, &undo, "HKLM", &e), &e);
	assert_same_file(again, before);
	assert_same_file(before, again);
	keyfile_free(before);
	keyfile_free(after);
	keyfile_free(again);
	changeset_free(&c);
	changeset_free(&effective);
	changeset_free(&undo);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	for (size_t i = 0; i < N(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = difference,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	return _cmocka_run_group_tests("difference", tests, n, NULL, NULL);
}
