/* SPDX-License-Identifier: ISC */
/* lib/os/way on Windows: who may write by a security descriptor, as SDDL; a row each. */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include "lib/os/way_windows.h"

#include <sddl.h> /* after windows.h */

#define SELF	  "S-1-5-21-1-2-3-1001"
#define OTHER	  "S-1-5-21-1-2-3-1002"
#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define GOOD	  "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"

static const struct row {
	const char *name, *sddl;
	bool inherited;
	const char *who, *mend;
	enum way_others others; /* of a file like that */
	bool moves;		/* who can also replace a directory like that */
} rows[] = {
	{ "administrators", "O:BAD:P" GOOD, false, "", "", WAY_NOBODY, false },
	{ "the system", "O:SYD:P" GOOD, false, "", "", WAY_NOBODY, false },
	{ "the installer of Windows", "O:" INSTALLER "D:P" GOOD "(A;;FA;;;" INSTALLER ")", false,
	    "", "", WAY_NOBODY, false },
	{ "this user", "O:" SELF "D:P" GOOD "(A;OICI;FA;;;" SELF ")", false, "", "", WAY_NOBODY,
	    false },
	{ "another owner", "O:" OTHER "D:P" GOOD, false, "user or group " OTHER, "", WAY_OWNS,
	    true },
	{ "another administrator's entry", "O:BAD:P" GOOD "(A;OICI;FA;;;" OTHER ")", false,
	    "user or group " OTHER, " /remove:g \"*" OTHER "\"", WAY_MAY_WRITE, true },
	{ "another owner with an entry", "O:" OTHER "D:P" GOOD "(A;OICI;FA;;;" OTHER ")", false,
	    "user or group " OTHER, " /remove:g \"*" OTHER "\"", WAY_OWNS, true },
	{ "C:\\X",
	    "O:BAD:(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)"
	    "(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)",
	    false, "everybody who logs in S-1-5-11", " /remove:g \"*S-1-5-11\"", WAY_MAY_WRITE,
	    true },
	{ "the root of a volume, for what is made there",
	    "O:" INSTALLER "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)"
	    "(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)",
	    true, "everybody who logs in S-1-5-11", " /remove:g \"*S-1-5-11\"", WAY_MAY_WRITE,
	    false },
	{ "an entry that isn't inherited", "O:BAD:P" GOOD "(A;;FA;;;AU)", true, "", "",
	    WAY_MAY_WRITE, true },
	{ "an owner isn't inherited", "O:" OTHER "D:P" GOOD, true, "", "", WAY_OWNS, true },
	{ "users make directories", "O:BAD:P" GOOD "(A;CI;LC;;;BU)(A;CI;DC;;;BU)", false,
	    "the users of this computer S-1-5-32-545", "", WAY_MAY_WRITE, false },
	{ "everybody", "O:BAD:P" GOOD "(A;OICI;FA;;;WD)(A;OICI;FA;;;IU)", false,
	    "everybody S-1-1-0, everybody at this computer S-1-5-4",
	    " /remove:g \"*S-1-1-0\" /remove:g \"*S-1-5-4\"", WAY_MAY_WRITE, true },
	{ "rights to change rights", "O:BAD:P" GOOD "(A;;WD;;;WD)", false, "everybody S-1-1-0",
	    " /remove:g \"*S-1-1-0\"", WAY_MAY_WRITE, true },
	{ "the right to remove", "O:BAD:P" GOOD "(A;;SD;;;WD)", false, "everybody S-1-1-0",
	    " /remove:g \"*S-1-1-0\"", WAY_MAY_WRITE, true },
	{ "nothing for what is there or comes", "O:BAD:P" GOOD "(A;IO;FA;;;WD)", false, "", "",
	    WAY_NOBODY, false },
	{ "C:\\ProgramData",
	    "O:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;OICI;0x1200a9;;;BU)"
	    "(A;CI;DCLCRPCR;;;BU)",
	    false, "the users of this computer S-1-5-32-545", "", WAY_MAY_WRITE, false },
	{ "what is in it may be removed", "O:BAD:P" GOOD "(A;;DT;;;WD)", false, "everybody S-1-1-0",
	    " /remove:g \"*S-1-1-0\"", WAY_MAY_WRITE, true },
	{ "the creator", "O:BAD:P" GOOD "(A;OICIIO;FA;;;CO)", false, "", "", WAY_NOBODY, false },
	{ "refused", "O:BAD:P(D;;FA;;;WD)" GOOD, false, "", "", WAY_NOBODY, false },
	{ "an empty list", "O:BAD:P", false, "", "", WAY_NOBODY, false },
};

static PSECURITY_DESCRIPTOR
descriptor_of(const char *sddl)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	struct err e;
	wchar_t *w = wide_of(sddl, &e);

	assert_non_null(w);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(w, SDDL_REVISION_1, &sd, NULL))
		sd = NULL;
	free(w);
	return sd;
}

static void
writers(void **state)
{
	const struct row *r = *state;
	struct buf who = BUF_INIT(1000), mend = BUF_INIT(1000);
	PSECURITY_DESCRIPTOR sd = descriptor_of(r->sddl);
	PSID self;
	struct err e;

	assert_non_null(sd);
	assert_true(ConvertStringSidToSidW(L"" SELF, &self));
	assert_ok(windows_writers(sd, self, r->inherited, &who, &mend, &e), &e);
	assert_string_equal(who.len == 0 ? "" : buf_text(&who), r->who);
	assert_string_equal(mend.len == 0 ? "" : buf_text(&mend), r->mend);
	assert_int_equal(windows_others(sd, self), r->others);
	buf_reset(&who);
	assert_ok(windows_movers(sd, self, &who, NULL, &e), &e);
	assert_int_equal(who.len > 0, r->moves);
	LocalFree(self);
	LocalFree(sd);
	buf_free(&who);
	buf_free(&mend);
}

/* A descriptor without a list lets everybody do everything. */
static void
no_list(void **state)
{
	struct buf who = BUF_INIT(1000), mend = BUF_INIT(1000);
	SECURITY_DESCRIPTOR sd;
	PSID owner;
	struct err e;

	(void)state;
	assert_true(ConvertStringSidToSidW(L"S-1-5-18", &owner));
	assert_true(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	assert_true(SetSecurityDescriptorOwner(&sd, owner, FALSE));
	assert_true(SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE));
	assert_ok(windows_writers(&sd, NULL, false, &who, &mend, &e), &e);
	assert_string_equal(buf_text(&who), "everybody");
	assert_int_equal(windows_others(&sd, NULL), WAY_MAY_WRITE);
	LocalFree(owner);
	buf_free(&who);
	buf_free(&mend);
}

/* The command names the path as people write it, and makes what isn't there. */
static void
remedy(void **state)
{
	struct buf who = BUF_INIT(1000), mend = BUF_INIT(4000);
	char path[4096];
	struct dir *d = *state;
	struct err e;

	snprintf(path, sizeof path, "%s/not/there", dir_path(d));
	assert_ok(way_writers(path, &who, &mend, &e), &e);
	assert_int_equal(who.len > 0, mend.len > 0);
	if (mend.len > 0)
		assert_non_null(strstr(buf_text(&mend), "\\not\\there\", and icacls \""));
	assert_int_equal(way_others(d, "none"), WAY_NOBODY);
	buf_free(&who);
	buf_free(&mend);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 2] = {
		cmocka_unit_test_setup_teardown(remedy, temp_make, temp_remove),
		cmocka_unit_test(no_list),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, rows, writers);
	return cmocka_run_group_tests_name("way_windows", tests, NULL, NULL);
}
