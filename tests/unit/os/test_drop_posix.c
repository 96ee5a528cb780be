/* SPDX-License-Identifier: ISC */
/* lib/os/confine: which account a child of root's becomes. */
#include "tests/unit/common/test.h"

#include <pwd.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/os/confine.h"

struct passwd *__wrap_getpwnam(const char *name);
uid_t __wrap_geteuid(void);
int __wrap_setgroups(size_t n, const gid_t *list);
int __wrap_setresgid(gid_t r, gid_t e, gid_t s);
int __wrap_setresuid(uid_t r, uid_t e, uid_t s);

static const struct row {
	const char *name;
	const char *users[4]; /* their numbers are 101, 102 ... */
	bool root;	      /* users[0] has the number 0 */
	uid_t want;
} rows[] = {
	{ "the package's", { "slipway-net", "slipway", "nobody" }, false, 101 },
	{ "an update server's", { "slipway", "nobody" }, false, 101 },
	{ "nobody", { "nobody" }, false, 101 },
	{ "no such user", { "ann" }, false, 65534 },
	{ "a second root", { "slipway-net", "nobody" }, true, 102 },
};

static const struct row *now = &rows[0];
static uid_t became_user;
static gid_t became_group;
static int groups;

struct passwd *
__wrap_getpwnam(const char *name)
{
	static struct passwd pw;

	for (size_t i = 0; i < N(now->users) && now->users[i] != NULL; i++) {
		if (strcmp(name, now->users[i]) != 0)
			continue;
		pw.pw_uid = i == 0 && now->root ? 0 : (uid_t)(101 + i);
		pw.pw_gid = pw.pw_uid + 1000;
		return &pw;
	}
	return NULL;
}

uid_t
__wrap_geteuid(void)
{
	return 0;
}

int
__wrap_setgroups(size_t n, const gid_t *list)
{
	(void)list;
	groups = (int)n;
	return 0;
}

int
__wrap_setresgid(gid_t r, gid_t e, gid_t s)
{
	assert_true(r == e && e == s);
	became_group = r;
	return 0;
}

int
__wrap_setresuid(uid_t r, uid_t e, uid_t s)
{
	assert_true(r == e && e == s);
	became_user = r;
	return 0;
}

static void
becomes(void **row)
{
	struct err e = { 0 };

	now = *row;
	groups = -1;
	assert_is(confine_drop_user(&e), 1, &e);
	assert_int_equal(became_user, now->want);
	assert_int_equal(became_group, now->want == 65534 ? 65534 : now->want + 1000);
	assert_int_equal(groups, 0);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, becomes);
	return _cmocka_run_group_tests("drop", tests, n, NULL, NULL);
}
