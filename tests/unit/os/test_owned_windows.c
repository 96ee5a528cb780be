/* SPDX-License-Identifier: ISC */
/*
 * lib/os/owned on Windows: files that others can use.  wine keeps of a list what a mode can say,
 * and makes owners up; the table of lists is in test_acl.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include "lib/base/buf.h"
#include "lib/os/file.h"
#include "lib/os/open_windows.h"
#include "lib/os/owned.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

#define ADMINS "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
#define READ   "(A;OICI;0x1200a9;;;WD)"
#define CHANGE "(A;OICI;FA;;;WD)"

/* A list for "d/file", and what looking at a path says then. */
static const struct row {
	const char *name, *list, *path, *except;
	unsigned what;
	const char *words; /* of the refusal; NULL: good */
} rows[] = {
	{ "owned: for administrators", ADMINS, "d/file", NULL, 0, NULL },
	{ "owned: others read", ADMINS READ, "d/file", NULL, 0, NULL },
	{ "owned: others change", ADMINS CHANGE, "d/file", NULL, 0, "slipway update --repair" },
	{ "owned: a secret", ADMINS, "d/file", NULL, OWNED_SECRET, NULL },
	{ "owned: others read a secret", ADMINS READ, "d/file", NULL, OWNED_SECRET,
	    "/grant:r \"*S-1-5-18:F\" \"*S-1-5-32-544:F\"" },
	{ "owned: others change an entry", ADMINS CHANGE, "d", NULL, OWNED_ENTRIES, "d/file: " },
	{ "owned: entries aren't asked for", ADMINS CHANGE, "d", NULL, 0, NULL },
	{ "owned: but for this entry", ADMINS CHANGE, "d", "FILE", OWNED_ENTRIES, NULL },
	{ "owned: others read an entry", ADMINS READ, "d", NULL, OWNED_ENTRIES | OWNED_USERS,
	    NULL },
	{ "owned: nothing there", ADMINS CHANGE, "d/none/x", NULL, OWNED_ENTRIES | OWNED_SECRET,
	    NULL },
};

static void
set_list(struct dir *d, const char *name, const char *list)
{
	struct file_how how = { READ_CONTROL | WRITE_DAC | WRITE_OWNER, FILE_OPEN, 0, false };
	struct buf text = BUF_INIT(ACL_TEXT_MAX), self = BUF_INIT(ACL_TEXT_MAX);
	struct err e;
	HANDLE h;

	/* Without an administrator's rights a file is its user's. */
	assert_int_equal(windows_self(&self), 0);
	assert_ok(buf_adds(&text, list, &e), &e);
	if (!place_privileged() || windows_lists_made_up())
		assert_ok(buf_addf(&text, &e, "(A;OICI;FA;;;%s)", buf_text(&self)), &e);
	assert_int_equal(file_open_at(d, name, &how, &h), 0);
	assert_int_equal(windows_set_list(h, buf_text(&text), false), 0);
	CloseHandle(h);
	buf_free(&text);
	buf_free(&self);
}

static void
row(void **state)
{
	const struct row *r = *state;
	struct buf path = BUF_INIT(4096), shown = BUF_INIT(65536);
	struct dir *top;
	void *made;
	struct err e;

	assert_int_equal(temp_make(&made), 0);
	top = made;
	dir_close(dir_below(top, "d", true, &e));
	set_list(top, "d", ADMINS);
	assert_ok(file_replace(top, "d/file", "x", 1, 0644, &e), &e);
	set_list(top, "d/file", r->list);
	assert_ok(buf_addf(&path, &e, "%s/%s", dir_path(top), r->path), &e);
	/* Nothing is taken out of a list but single accounts' entries. */
	assert_ok(owned_mend(buf_text(&path), r->what, r->except, false, &e), &e);
	assert_ok(owned_show(buf_text(&path), r->what, r->except, &shown, &e), &e);
	if (r->words == NULL) {
		assert_ok(owned_check(buf_text(&path), r->what, r->except, &e), &e);
		assert_int_equal(shown.len, 0);
	} else {
		assert_err(owned_check(buf_text(&path), r->what, r->except, &e), ERR_UNSAFE, &e);
		assert_non_null(strstr(e.text, r->words));
		assert_non_null(strstr(buf_text(&shown), "d/file\n  owner   "));
		assert_non_null(strstr(buf_text(&shown), "lets in "));
		if (place_privileged()) {
			assert_ok(owned_mend(buf_text(&path), r->what, r->except, true, &e), &e);
			assert_ok(owned_check(buf_text(&path), r->what, r->except, &e), &e);
		}
	}
	buf_free(&path);
	buf_free(&shown);
	assert_int_equal(temp_remove(&made), 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, row);
	return _cmocka_run_group_tests("owned_windows", tests, n, NULL, NULL);
}
