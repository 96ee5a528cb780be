/* SPDX-License-Identifier: ISC */
/* lib/os/account: the user database's answers, and one that doesn't come. */
#include "tests/unit/common/test.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/os/account_posix.h"
#include "lib/os/clock.h"

int __wrap_getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t len, struct passwd **out);
int __wrap_getgrgid_r(gid_t gid, struct group *gr, char *buf, size_t len, struct group **out);
struct passwd *__wrap_getpwent(void);
void __wrap_setpwent(void);
void __wrap_endpwent(void);

#define GROUP 700

static atomic_bool hangs;
static atomic_int at;

static char names[][8] = { "root", "ann", "bob" };
static char home[] = "/home/ann";

/* Users with their own group; the members of GROUP are in its list, or have it as their own. */
static const struct row {
	const char *name;
	uid_t own[4]; /* users whose own group is GROUP, ended by -1 */
	const char *list[3];
	bool want;
} rows[] = {
	{ "nobody", { (uid_t)-1 }, { NULL }, false },
	{ "root in the list", { (uid_t)-1 }, { "root", NULL }, true },
	{ "root's own", { 0, (uid_t)-1 }, { NULL }, true },
	{ "root and another in the list", { (uid_t)-1 }, { "root", "ann", NULL }, false },
	{ "another's own, root in the list", { 1000, (uid_t)-1 }, { "root", NULL }, false },
	{ "root's and another's own", { 0, 1000, (uid_t)-1 }, { NULL }, false },
	{ "another in the list", { 0, (uid_t)-1 }, { "bob", NULL }, false },
	{ "a second root's own", { 0, 0, (uid_t)-1 }, { NULL }, true },
};

static const struct row *now = &rows[0];

static void
hang(void)
{
	while (atomic_load(&hangs))
		clock_sleep_ms(20);
}

int
__wrap_getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t len, struct passwd **out)
{
	(void)buf;
	(void)len;
	hang();
	*out = NULL;
	if (uid == 5)
		return EIO;
	if (uid != 1000)
		return 0;
	*pw = (struct passwd){ .pw_name = names[1], .pw_uid = uid, .pw_dir = home };
	*out = pw;
	return 0;
}

int
__wrap_getgrgid_r(gid_t gid, struct group *gr, char *buf, size_t len, struct group **out)
{
	(void)buf;
	(void)len;
	hang();
	*out = NULL;
	if (gid != GROUP)
		return 0;
	*gr = (struct group){ .gr_name = names[1],
		.gr_gid = gid,
		.gr_mem = (char **)(uintptr_t)now->list };
	*out = gr;
	return 0;
}

void
__wrap_setpwent(void)
{
	atomic_store(&at, 0);
}

void
__wrap_endpwent(void)
{
}

struct passwd *
__wrap_getpwent(void)
{
	static struct passwd pw;
	int i = atomic_fetch_add(&at, 1);

	hang();
	if (now->own[i] == (uid_t)-1)
		return NULL;
	pw = (struct passwd){ .pw_name = names[now->own[i] != 0],
		.pw_uid = now->own[i],
		.pw_gid = GROUP };
	return &pw;
}

static void
member(void **state)
{
	now = *state;
	assert_int_equal(account_is_roots_group(GROUP), now->want);
}

static void
texts(void **unused)
{
	struct buf b = BUF_INIT(64), small = BUF_INIT(2);
	struct err e;

	(void)unused;
	assert_int_equal(account_name(1000, &b, &e), 1);
	assert_int_equal(account_home(1000, &b, &e), 1);
	assert_int_equal(account_group(GROUP, &b, &e), 1);
	assert_string_equal(buf_text(&b), "ann/home/annann");
	assert_int_equal(account_name(1001, &b, &e), 0);
	assert_int_equal(account_home(5, &b, &e), 0);
	assert_int_equal(account_group(701, &b, &e), 0);
	assert_string_equal(buf_text(&b), "ann/home/annann");
	assert_err(account_name(1000, &small, &e), ERR_TOO_LARGE, &e);
	buf_free(&b);
	buf_free(&small);
}

/* Last: the time is used up for the process.  All questions together wait once. */
static void
no_answer(void **unused)
{
	int64_t begun = clock_mono_ms();
	struct buf b = BUF_INIT(64);
	struct err e;

	(void)unused;
	now = &rows[1];
	atomic_store(&hangs, true);
	for (int i = 0; i < 5; i++) {
		assert_false(account_is_roots_group(GROUP));
		assert_int_equal(account_name(1000, &b, &e), 0);
		assert_int_equal(account_home(1000, &b, &e), 0);
		assert_int_equal(account_group(GROUP, &b, &e), 0);
	}
	assert_in_range(clock_mono_ms() - begun, ACCOUNT_WAIT_MS - 100, 5 * ACCOUNT_WAIT_MS);
	assert_int_equal(b.len, 0);
	atomic_store(&hangs, false);
	buf_free(&b);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 2];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, member);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(texts);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_answer);
	return _cmocka_run_group_tests("account", tests, n, NULL, NULL);
}
