/* SPDX-License-Identifier: ISC */
/* lib/base/acl: which list a file gets on Windows, and whether a list lets others in. */
#include "tests/unit/common/test.h"

#include "lib/base/acl.h"

#define SELF	  "S-1-5-21-1-2-3-1001"
#define OTHER	  "S-1-5-21-1-2-3-1002"
#define GROUP	  "S-1-5-21-1-2-3-513"
#define BUILT_IN  "S-1-5-21-1-2-3-500"
#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
/* As on Windows 10: of C:\Program Files, of C:\X, and of %AppData%. */
#define PROGRAMS \
	"O:" INSTALLER "D:PAI(A;;FA;;;" INSTALLER ")(A;CIIO;GA;;;" INSTALLER \
	")(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)" \
	"(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)" \
	"(A;OICIIO;GXGR;;;AC)"
#define DRIVE \
	"O:BAG:SYD:AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)" \
	"(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)"
#define PROFILE	    "O:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;" SELF ")"
#define STATION	    "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
/* What Slipway left on installed files: the lists of private files and directories. */
#define STAGED_FILE "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" SELF ")"
#define STAGED_COPY "O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;" SELF ")"
#define IN_PROGRAMS \
	"O:BAD:ARAI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;FA;;;BA)" \
	"(A;ID;0x1200a9;;;AC)"
#define IN_DRIVE   "O:BAD:ARAI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)"
#define IN_PROFILE "D:ARAI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;" SELF ")"

static const struct choice {
	const char *name;
	struct acl_file file; /* self is SELF where none is named */
	const char *want;     /* NULL: ERR_SYNTAX */
} choices[] = {
	/* new files */
	{ "choose: new below Program Files", { ACL_INSTALLED, true, NULL, PROGRAMS, 0, NULL },
	    IN_PROGRAMS },
	{ "choose: new on a drive", { ACL_INSTALLED, true, NULL, DRIVE, 0, NULL }, IN_DRIVE },
	{ "choose: new in a profile", { ACL_INSTALLED, false, NULL, PROFILE, 0, NULL },
	    IN_PROFILE },
	{ "choose: new of a user, creator's entry",
	    { ACL_INSTALLED, false, NULL, "D:(A;OICIIO;GA;;;CO)(A;OI;FR;;;S-1-3-1)", 0, NULL },
	    "D:ARAI(A;ID;FA;;;" SELF ")" },
	{ "choose: new two directories down", { ACL_INSTALLED, true, NULL, DRIVE, 2, NULL },
	    IN_DRIVE },
	{ "choose: not handed down further",
	    { ACL_INSTALLED, true, NULL, "D:(A;OINP;FR;;;BU)(A;OICI;FA;;;BA)", 1, NULL },
	    "O:BAD:ARAI(A;ID;FA;;;BA)" },
	{ "choose: handed down once",
	    { ACL_INSTALLED, true, NULL, "D:(A;OINP;FR;;;BU)(A;OICI;FA;;;BA)", 0, NULL },
	    "O:BAD:ARAI(A;ID;FR;;;BU)(A;ID;FA;;;BA)" },
	{ "choose: for directories alone",
	    { ACL_INSTALLED, true, NULL, "D:(A;CI;FA;;;BU)(A;;FA;;;BU)(A;OI;FR;;;BU)", 0, NULL },
	    "O:BAD:ARAI(A;ID;FR;;;BU)" },
	{ "choose: denials are handed down",
	    { ACL_INSTALLED, true, NULL, "D:(D;OICI;WP;;;" OTHER ")(A;OICI;FA;;;BA)", 0, NULL },
	    "O:BAD:ARAI(D;ID;WP;;;" OTHER ")(A;ID;FA;;;BA)" },
	{ "choose: conditions are handed down",
	    { ACL_INSTALLED, true, NULL,
		"D:(XA;OICI;FR;;;WD;(@USER.a == \"(;)\" && (Member_of {SID(BA)})))", 0, NULL },
	    "O:BAD:ARAI(XA;ID;FR;;;WD;(@USER.a == \"(;)\" && (Member_of {SID(BA)})))" },
	{ "choose: nothing is handed down",
	    { ACL_INSTALLED, true, NULL, "D:(A;;FA;;;WD)", 0, NULL },
	    "O:BAD:ARAI(A;;FA;;;SY)(A;;FA;;;BA)" },
	{ "choose: nothing is handed down, user", { ACL_INSTALLED, false, NULL, "D:P", 0, NULL },
	    "D:ARAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" SELF ")" },
	{ "choose: directory without a list",
	    { ACL_INSTALLED, true, NULL, "O:BAD:NO_ACCESS_CONTROL", 0, NULL },
	    "O:BAD:ARAI(A;;FA;;;SY)(A;;FA;;;BA)" },
	/* replaced files */
	{ "choose: replaced with its own grant",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0,
		"O:BAD:AI(A;;FR;;;" GROUP ")(A;ID;FA;;;BA)(A;ID;FA;;;SY)" },
	    "O:BAD:ARAI(A;;FR;;;" GROUP ")(A;ID;FA;;;BA)(A;ID;FA;;;SY)" },
	{ "choose: replaced with a protected list",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, "O:SYG:SYD:PAI(A;;FA;;;SY)(A;;FR;;;BU)" },
	    "O:SYD:PARAI(A;;FA;;;SY)(A;;FR;;;BU)" },
	{ "choose: replaced one of the installer",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0,
		"O:" INSTALLER "G:" INSTALLER "D:P(A;;FA;;;" INSTALLER
		")(A;;FR;;;BA)S:AI(AU;;FA;;;WD)" },
	    "O:" INSTALLER "D:P(A;;FA;;;" INSTALLER ")(A;;FR;;;BA)" },
	{ "choose: replaced one for administrators alone",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
	    "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
	{ "choose: replaced one of somebody else's",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, "O:" OTHER "D:(A;;FA;;;" OTHER ")" },
	    IN_PROGRAMS },
	{ "choose: replaced one of somebody else's, user",
	    { ACL_INSTALLED, false, NULL, PROFILE, 0, "O:" OTHER "D:(A;;FA;;;WD)" },
	    "D:(A;;FA;;;WD)" },
	{ "choose: replaced one that Slipway staged",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, STAGED_FILE }, IN_PROGRAMS },
	{ "choose: replaced one that Slipway copied",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, STAGED_COPY }, IN_PROGRAMS },
	{ "choose: replaced one without a list",
	    { ACL_INSTALLED, true, NULL, PROGRAMS, 0, "O:BAD:NO_ACCESS_CONTROL" }, IN_PROGRAMS },
	/* the others */
	{ "choose: kept", { ACL_KEPT, true, NULL, STATION, 0, STAGED_FILE },
	    "O:BAD:ARAI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)" },
	{ "choose: shared", { ACL_SHARED, true, NULL, NULL, 0, NULL }, STATION },
	{ "choose: private", { ACL_PRIVATE, true, NULL, STATION, 0, NULL },
	    "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" },
	{ "choose: private in a profile", { ACL_PRIVATE, true, NULL, PROFILE, 0, NULL },
	    "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" SELF ")" },
	{ "choose: private, the user may only read there",
	    { ACL_PRIVATE, true, NULL, "O:BAD:(A;;FR;;;" SELF ")(D;;FA;;;" SELF ")", 0, NULL },
	    "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" },
	{ "choose: private of a user", { ACL_PRIVATE, false, NULL, STATION, 0, NULL },
	    "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" SELF ")" },
	{ "choose: private in a profile of the built-in account",
	    { ACL_PRIVATE, true, BUILT_IN, "O:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;LA)", 0,
		NULL },
	    "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" BUILT_IN ")" },
	{ "choose: private of no directory", { ACL_PRIVATE, true, NULL, NULL, 0, NULL },
	    "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" SELF ")" },
	/* texts that no Windows writes */
	{ "choose: no list", { ACL_INSTALLED, true, NULL, "nonsense", 0, NULL }, NULL },
	{ "choose: entry without an end", { ACL_INSTALLED, true, NULL, "D:(A;OI;FA;;;BA", 0, NULL },
	    NULL },
	{ "choose: entry with too few parts", { ACL_INSTALLED, true, NULL, "D:(A;OI;FA)", 0, NULL },
	    NULL },
	{ "choose: quote without an end",
	    { ACL_INSTALLED, true, NULL, "D:(XA;OI;FA;;;BA;(a == \"))", 0, NULL }, NULL },
	{ "choose: text behind the list",
	    { ACL_INSTALLED, true, NULL, "D:(A;OI;FA;;;BA)x", 0, NULL }, NULL },
	{ "choose: replaced one not understood", { ACL_INSTALLED, true, NULL, DRIVE, 0, "O:BAD:(" },
	    NULL },
};

static void
choose(void **state)
{
	const struct choice *c = *state;
	struct acl_file f = c->file;
	struct buf out = BUF_INIT(ACL_TEXT_MAX);
	struct err e;

	if (f.self == NULL)
		f.self = SELF;
	assert_ok(buf_adds(&out, "before", &e), &e);
	if (c->want == NULL)
		assert_err(acl_choose(&f, &out, &e), ERR_SYNTAX, &e);
	else
		assert_ok(acl_choose(&f, &out, &e), &e);
	assert_memory_equal(buf_text(&out), "before", 6);
	assert_string_equal(buf_text(&out) + 6, c->want == NULL ? "" : c->want);
	buf_free(&out);
}

/* What mending adds where the system and administrators aren't let in. */
#define LETS_IN "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

static const struct judged {
	const char *name, *text;
	bool secret;
	const char *self;
	enum acl_fault want;
	const char *mended; /* NULL: ERR_SYNTAX */
} judged[] = {
	{ "judge: administrators", "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)", true, NULL, ACL_GOOD,
	    "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
	{ "judge: by their SIDs", "O:S-1-5-18D:(A;;FA;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)", true,
	    NULL, ACL_GOOD, "O:BAD:P(A;;FA;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)" },
	{ "judge: the installer", "O:" INSTALLER "D:P(A;;FA;;;" INSTALLER ")", true, NULL, ACL_GOOD,
	    LETS_IN "(A;;FA;;;" INSTALLER ")" },
	{ "judge: nobody", "O:BAD:P", true, NULL, ACL_GOOD, LETS_IN },
	{ "judge: everybody reads", STATION, false, NULL, ACL_GOOD, STATION },
	{ "judge: everybody reads a secret", STATION, true, NULL, ACL_OPEN,
	    "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" },
	{ "judge: everybody reads by all rights of a kind", "O:BAD:(A;;GR;;;WD)", true, NULL,
	    ACL_OPEN, LETS_IN },
	{ "judge: somebody else's", "O:" SELF "D:P(A;;FA;;;BA)", false, NULL, ACL_OWNER,
	    "O:BAD:P(A;OICI;FA;;;SY)(A;;FA;;;BA)" },
	{ "judge: this user's", "O:" SELF "D:P(A;;FA;;;" SELF ")", true, SELF, ACL_GOOD,
	    LETS_IN "(A;;FA;;;" SELF ")" },
	{ "judge: another user's", "O:" OTHER "D:P(A;;FA;;;BA)", true, SELF, ACL_OWNER,
	    "O:BAD:P(A;OICI;FA;;;SY)(A;;FA;;;BA)" },
	{ "judge: no owner", "D:P(A;;FA;;;BA)", false, NULL, ACL_OWNER,
	    "O:BAD:P(A;OICI;FA;;;SY)(A;;FA;;;BA)" },
	{ "judge: an account", "O:BAD:P(A;;FA;;;SY)(A;;FA;;;" SELF ")", false, NULL, ACL_ACCOUNT,
	    "O:BAD:P(A;OICI;FA;;;BA)(A;;FA;;;SY)" },
	{ "judge: the built-in account", "O:SYD:P(A;;FA;;;LA)", false, NULL, ACL_ACCOUNT, LETS_IN },
	{ "judge: that by its SID", "O:SYD:P(A;;FA;;;S-1-5-21-1-2-3-500)", false, NULL, ACL_ACCOUNT,
	    LETS_IN },
	{ "judge: an account of a cloud", "O:BAD:P(A;;WD;;;S-1-12-1-1-2-3-4)", false, NULL,
	    ACL_ACCOUNT, LETS_IN },
	{ "judge: an account reads a secret", "O:BAD:AI(A;ID;FR;;;" OTHER ")(A;ID;FA;;;BA)", true,
	    NULL, ACL_ACCOUNT, "O:BAD:P(A;OICI;FA;;;SY)(A;ID;FA;;;BA)" },
	{ "judge: an account and a group", "O:BAD:(A;;FA;;;" GROUP ")(A;;FA;;;" SELF ")", false,
	    NULL, ACL_OPEN, LETS_IN },
	{ "judge: everybody", "O:BAD:(A;;FA;;;WD)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: everybody, by a condition", "O:BAD:(XA;;FA;;;WD;(a == 1))", false, NULL, ACL_OPEN,
	    LETS_IN },
	{ "judge: users may append", "O:BAD:(A;;0x4;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: users may remove", "O:BAD:(A;;SD;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: users may make names", "O:BAD:(A;;DCLC;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: users may list and pass", "O:BAD:(A;;CCSWRPWPLORC;;;BU)", false, NULL, ACL_GOOD,
	    LETS_IN "(A;;CCSWRPWPLORC;;;BU)" },
	{ "judge: rights of no name", "O:BAD:(A;;QQ;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: half a right", "O:BAD:(A;;FRX;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: no number", "O:BAD:(A;;0x4z;;;BU)", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: only handed down", "O:BAD:(A;OICIIO;FA;;;WD)(A;;FA;;;OW)", false, NULL, ACL_GOOD,
	    LETS_IN "(A;OICIIO;FA;;;WD)(A;;FA;;;OW)" },
	{ "judge: denied", "O:BAD:(D;;FA;;;WD)", true, NULL, ACL_GOOD,
	    "O:BAD:P(D;;FA;;;WD)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" },
	{ "judge: no list", "O:BA", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: no control", "O:BAD:NO_ACCESS_CONTROL", false, NULL, ACL_OPEN, LETS_IN },
	{ "judge: not understood", "O:BAD:(A;;FA", false, NULL, ACL_OWNER, NULL },
	{ "judge: entry not understood", "O:BAD:(A;;FA)", false, NULL, ACL_OWNER, NULL },
	{ "judge: empty", "", false, NULL, ACL_OWNER, LETS_IN },
	/* two letters, where the user is known by numbers */
	{ "judge: the built-in account itself", "O:LAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;LA)", true,
	    BUILT_IN, ACL_GOOD, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;LA)" },
	{ "judge: the built-in account, for another", "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;LA)",
	    true, SELF, ACL_ACCOUNT, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
	{ "judge: the built-in account's, for another", "O:LAD:P(A;;FA;;;SY)(A;;FA;;;BA)", true,
	    SELF, ACL_OWNER, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
	/* who is let in besides */
	{ "judge: only a person is let in", "O:" OTHER "D:PAI(A;;FA;;;" OTHER ")", true, NULL,
	    ACL_OWNER, LETS_IN },
	{ "judge: administrators only read", "O:BAD:(A;;FR;;;BA)(A;;FA;;;SY)(A;;FA;;;" OTHER ")",
	    true, NULL, ACL_ACCOUNT, "O:BAD:P(A;OICI;FA;;;BA)(A;;FR;;;BA)(A;;FA;;;SY)" },
	{ "judge: only for what is below",
	    "O:BAD:(A;OICIIO;FA;;;SY)(XA;;FA;;;BA;(a == 1))(A;;FA;;;WD)", true, NULL, ACL_OPEN,
	    "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;FA;;;SY)(XA;;FA;;;BA;(a == 1))" },
	{ "judge: behind denials", "O:BAD:(D;;FA;;;BG)(A;;FA;;;WD)", true, NULL, ACL_OPEN,
	    "O:BAD:P(D;;FA;;;BG)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" },
};

static int
count(void *arg, const char *sid, bool changes, struct err *e)
{
	(void)e;
	assert_true(strlen(sid) >= 2);
	(void)changes;
	++*(size_t *)arg;
	return 0;
}

static void
judge(void **state)
{
	const struct judged *j = *state;
	const struct acl_rule rule = { j->secret, j->self };
	struct buf out = BUF_INIT(ACL_TEXT_MAX);
	size_t faults = 0;
	struct err e;

	assert_int_equal(acl_judge(j->text, &rule), j->want);
	if (j->mended == NULL) {
		assert_err(acl_mend(j->text, &rule, &out, &e), ERR_SYNTAX, &e);
		assert_int_equal(out.len, 0);
		assert_err(acl_faults(j->text, &rule, count, &faults, &e), ERR_SYNTAX, &e);
		buf_free(&out);
		return;
	}
	assert_ok(acl_mend(j->text, &rule, &out, &e), &e);
	assert_string_equal(buf_text(&out), j->mended);
	assert_int_equal(acl_judge(buf_text(&out), &rule), ACL_GOOD);
	assert_ok(acl_faults(j->text, &rule, count, &faults, &e), &e);
	assert_true(j->want == ACL_GOOD ? faults == 0 : j->want == ACL_OWNER || faults > 0);
	buf_free(&out);
}

static void
owner(void **state)
{
	struct buf out = BUF_INIT(ACL_TEXT_MAX);
	struct err e;

	(void)state;
	assert_ok(acl_owner("O:" SELF "G:S-1-5-32-544D:", &out, &e), &e);
	assert_string_equal(buf_text(&out), SELF);
	assert_err(acl_owner("O:", &out, &e), ERR_SYNTAX, &e);
	buf_free(&out);
}

static void
same(void **state)
{
	(void)state;
	assert_true(acl_same("O:BAD:ARAI(A;;FA;;;BA)", "O:SYG:SYD:AI(A;;FA;;;BA)S:AI"));
	assert_true(
	    acl_same("D:(A;;FA;;;BA)(A;;FW;;;BU)", "D:(A;;0x1f01ff;;;BA)(A;;0x120116;;;BU)"));
	assert_true(acl_same("D:", "D:AI"));
	assert_false(acl_same("D:", "D:(A;;FA;;;BA)"));
	assert_false(acl_same("D:(A;;FA;;;BA)", "D:P(A;;FA;;;BA)"));
	assert_false(acl_same("D:(A;;FA;;;BA)", "D:(A;ID;FA;;;BA)"));
	assert_false(acl_same("D:(A;;FA;;;BA)", "D:(A;;FA;;;BU)"));
	assert_false(acl_same("D:(A;;FA;;;BA)", "D:(A;;FR;;;BA)"));
	assert_false(acl_same("D:(A;;FA;;;BA)", "D:(A;;FA;;;BA)(A;;FR;;;BU)"));
	assert_false(acl_same("O:BA", "O:BA"));
}

int
main(void)
{
	struct CMUnitTest tests[N(choices) + N(judged) + 2] = { cmocka_unit_test(owner),
		cmocka_unit_test(same) };
	size_t n = 2;

	TEST_ROWS(tests, n, choices, choose);
	TEST_ROWS(tests, n, judged, judge);
	return _cmocka_run_group_tests("acl", tests, n, NULL, NULL);
}
