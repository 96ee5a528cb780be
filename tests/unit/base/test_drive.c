/* SPDX-License-Identifier: ISC */
/* Letters of drives in paths and addresses. */
#include "tests/unit/common/test.h"

#include "lib/base/drive.h"

#define SHARE "\\\\files.example\\kept data$"

static const struct row {
	const char *name, *text;
	char letter;
	struct drive drive;
	int rc;
	const char *want;
} rows[] = {
	{ "a disk", "C:\\COV", 'C', { DRIVE_IS_THERE, "" }, 0, "" },
	{ "a share", "X:\\COV\\hi", 'X', { DRIVE_IS_REMOTE, SHARE }, 1, SHARE "\\COV\\hi" },
	{ "a share, with '/'", "x:/COV", 'x', { DRIVE_IS_REMOTE, SHARE }, 1, SHARE "/COV" },
	{ "a share itself", "X:\\", 'X', { DRIVE_IS_REMOTE, SHARE }, 1, SHARE "\\" },
	{ "a share's name that ends in a separator", "X:\\COV", 'X',
	    { DRIVE_IS_REMOTE, SHARE "\\" }, 1, SHARE "\\COV" },
	{ "a folder of subst", "S:\\COV", 'S', { DRIVE_IS_THERE, "D:\\a b" }, 1, "D:\\a b\\COV" },
	{ "a disk of subst", "S:\\COV", 'S', { DRIVE_IS_THERE, "D:\\" }, 1, "D:\\COV" },
	{ "no name", "X:\\COV", 'X', { DRIVE_IS_REMOTE, "" }, -1, "" },
	{ "no drive", "X:\\COV", 'X', { DRIVE_IS_MISSING, "" }, -1, "" },
	{ "no drive, in an address", "file:///X:/repo", 'X', { DRIVE_IS_MISSING, "" }, -1, "" },
	{ "an address on a disk", "file:///C:/repo", 'C', { DRIVE_IS_THERE, "" }, 0, "" },
	{ "an address on a share", "file:///X:/re%20po", 'X', { DRIVE_IS_REMOTE, SHARE }, 1,
	    "file://files.example/kept%20data$/re%20po" },
	{ "an address of this host", "FILE://LocalHost/X:/repo", 'X', { DRIVE_IS_REMOTE, SHARE }, 1,
	    "file://files.example/kept%20data$/repo" },
	{ "a share beyond ASCII", "file:///X:/repo", 'X', { DRIVE_IS_REMOTE, "\\\\s\\\xc3\xa1%" },
	    1, "file://s/%C3%A1%25/repo" },
	{ "an address in a folder of subst", "file:///S:/repo", 'S', { DRIVE_IS_THERE, "D:\\a b" },
	    1, "file:///D:/a%20b/repo" },
	{ "a share by its name", SHARE "\\COV", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "a share, by a path that is taken as it is", "\\\\?\\X:\\COV", 'X',
	    { DRIVE_IS_REMOTE, SHARE }, 1, SHARE "\\COV" },
	{ "a share, by the path of a device", "//./X:/COV", 'X', { DRIVE_IS_REMOTE, SHARE }, 1,
	    SHARE "/COV" },
	{ "no drive, by a path that is taken as it is", "\\\\?\\X:\\COV", 'X',
	    { DRIVE_IS_MISSING, "" }, -1, "" },
	{ "a disk, by a path that is taken as it is", "\\\\?\\C:\\COV", 'C', { DRIVE_IS_THERE, "" },
	    0, "" },
	{ "a volume", "\\\\?\\Volume{1-2}\\COV", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "a known folder", "%AppData%\\COV", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "relative to a drive", "X:COV", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "no more than a letter", "X:", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "a server", "sftp://x@h/X:/repo", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "an address without a drive", "file:///srv/repo", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "nothing", "", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
	{ "half an address", "file:///", '\0', { DRIVE_IS_MISSING, "" }, 0, "" },
};

static void
replace(void **state)
{
	const struct row *r = *state;
	struct buf b = BUF_INIT(1000);
	struct err e;

	assert_int_equal(drive_letter(r->text), r->letter);
	if (r->letter != '\0' && r->rc == -1) {
		assert_err(drive_replace(r->text, &r->drive, &b, &e), ERR_CONFIG, &e);
		assert_non_null(strstr(e.text, r->text));
		assert_non_null(strstr(e.text, "\\\\SERVER\\SHARE"));
	} else if (r->letter != '\0')
		assert_is(drive_replace(r->text, &r->drive, &b, &e), r->rc, &e);
	assert_string_equal(buf_text(&b), r->want);
	buf_free(&b);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, replace);
	return cmocka_run_group_tests_name("drive", tests, NULL, NULL);
}
