/* SPDX-License-Identifier: ISC */
/*
 * lib/script/keyguard: the keys that a script may touch.
 */
#include "tests/unit/common/test.h"

#include "lib/script/keyguard.h"

static const char *const vendor[] = { "HKLM\\SOFTWARE\\Ipesoft", "HKCU\\SOFTWARE\\Ipesoft" };
static const char *const software[] = { "HKLM\\SOFTWARE" };
static const char *const user[] = { "HKCU\\SOFTWARE" };

static const struct row {
	const char *name, *key;
	bool tree;
	const char *const *prefixes;
	size_t n;
	const char *refused; /* a part of the error's text; NULL: allowed */
} rows[] = {
#define OF(list) list, N(list)
	{ "keyguard: below a prefix", "HKLM\\SOFTWARE\\Ipesoft\\D2", false, OF(vendor), NULL },
	{ "keyguard: below another prefix", "HKCU\\SOFTWARE\\Ipesoft\\D2", false, OF(vendor),
	    NULL },
	{ "keyguard: the prefix itself", "HKLM\\SOFTWARE\\Ipesoft", true, OF(vendor), NULL },
	{ "keyguard: another case", "HKLM\\software\\IPESOFT\\x", false, OF(vendor), NULL },
	{ "keyguard: name that goes on", "HKLM\\SOFTWARE\\Ipesoft2", false, OF(vendor),
	    "below HKLM\\SOFTWARE\\Ipesoft, HKCU\\SOFTWARE\\Ipesoft" },
	{ "keyguard: above", "HKLM\\SOFTWARE", false, OF(vendor), "not allowed" },
	{ "keyguard: no prefix", "HKLM\\SOFTWARE\\Ipesoft", false, NULL, 0, "below nothing" },
	{ "keyguard: own settings", "HKLM\\SOFTWARE\\Slipway\\x", false, OF(software),
	    "Slipway's own settings" },
	{ "keyguard: own settings in another case", "HKLM\\SOFTWARE\\SLIPWAY", false, OF(software),
	    "Slipway's own settings" },
	{ "keyguard: own settings with a long s", "HKLM\\SOFTWARE\\\xc5\xbflipway", false,
	    OF(software), "Slipway's own settings" },
	{ "keyguard: own settings with a dotted i", "HKLM\\SOFTWARE\\Sl\xc4\xb0pway", false,
	    OF(software), "Slipway's own settings" },
	{ "keyguard: own settings with a dotless i", "HKLM\\SOFTWARE\\Sl\xc4\xb1pway\\x", false,
	    OF(software), "Slipway's own settings" },
	{ "keyguard: own settings of a user", "HKCU\\SOFTWARE\\Slipway\\I\\A\\Wrap\\hi", false,
	    OF(user), "Slipway's own settings" },
	{ "keyguard: value above our own", "HKLM\\SOFTWARE", false, OF(software), NULL },
	{ "keyguard: tree that holds our own", "HKLM\\SOFTWARE", true, OF(software),
	    "Slipway's own settings" },
	{ "keyguard: 32-bit view", "HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\D2", false, OF(vendor),
	    "write HKLM\\SOFTWARE\\Ipesoft\\D2; where the station's setting RegistryView is both" },
	{ "keyguard: name that goes on behind ours", "HKLM\\SOFTWARE\\Slipway2", true, OF(software),
	    NULL },
};

static void
row(void **state)
{
	const struct row *r = *state;
	struct err e = { 0 };

	if (r->refused == NULL) {
		assert_ok(keyguard_check(r->key, r->tree, r->prefixes, r->n, &e), &e);
		return;
	}
	assert_err(keyguard_check(r->key, r->tree, r->prefixes, r->n, &e), ERR_SCRIPT, &e);
	if (strstr(e.text, r->refused) == NULL)
		fail_msg("want '%s', got '%s'", r->refused, e.text);
}

/* A refusal names the setting that allows more. */
static void
advice(void **unused)
{
	static const char *const own[] = { "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A" };
	struct script_facts facts = { .application = "A",
		.installation = "I",
		.prefixes = own,
		.nprefixes = 1 };
	struct err e = { 0 };

	(void)unused;
	assert_ok(keyguard_touch(&facts, own[0], false, "x", NULL, &e), &e);
	assert_err(
	    keyguard_touch(&facts, "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_B", false, "x", NULL, &e),
	    ERR_SCRIPT, &e);
	assert_non_null(strstr(e.text, "ScriptKeys of HKLM\\SOFTWARE\\Slipway\\I\\A"));
	assert_err(keyguard_touch(&facts, "HKLM\\SOFTWARE\\Ipesoft\\I", false, "DefaultApplication",
		       NULL, &e),
	    ERR_SCRIPT, &e);
	assert_non_null(strstr(e.text, "has as its default"));
	facts.is_default = true;
	assert_ok(keyguard_touch(&facts, "HKLM\\SOFTWARE\\Ipesoft\\I", false, "DefaultApplication",
		      NULL, &e),
	    &e);
	assert_err(keyguard_touch(&facts, "HKLM\\SOFTWARE\\Ipesoft\\I", true, NULL, NULL, &e),
	    ERR_SCRIPT, &e);
}

/* The default application may switch D2Update off, and do nothing else to it. */
static void
d2update(void **unused)
{
	static const char *const own[] = { "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A" };
	static const char key[] = "HKLM\\SOFTWARE\\Ipesoft\\I\\Update";
	struct script_facts facts = { .application = "A",
		.installation = "I",
		.prefixes = own,
		.nprefixes = 1 };
	struct value off = VALUE_INIT, on = VALUE_INIT;
	struct err e = { 0 };

	(void)unused;
	assert_ok(value_text(&off, VALUE_STRING, "disabled", 8, &e), &e);
	assert_ok(value_text(&on, VALUE_STRING, "FTP", 3, &e), &e);
	assert_err(keyguard_touch(&facts, key, false, "Protocol", &off, &e), ERR_SCRIPT, &e);
	assert_non_null(strstr(e.text, "has as its default, to disabled"));
	facts.is_default = true;
	assert_ok(keyguard_touch(&facts, key, false, "protocol", &off, &e), &e);
	assert_ok(keyguard_touch(&facts, key, false, "Protocol", NULL, &e), &e);
	assert_err(keyguard_touch(&facts, key, false, "Protocol", &on, &e), ERR_SCRIPT, &e);
	assert_err(keyguard_touch(&facts, key, false, "FTPServer", &off, &e), ERR_SCRIPT, &e);
	assert_err(keyguard_touch(&facts, key, true, NULL, NULL, &e), ERR_SCRIPT, &e);
	assert_err(keyguard_touch(&facts, "HKLM\\SOFTWARE\\Ipesoft\\J\\Update", false, "Protocol",
		       &off, &e),
	    ERR_SCRIPT, &e);
	value_free(&off);
	value_free(&on);
}

int
main(void)
{
	struct CMUnitTest tests[2 + N(rows)] = { cmocka_unit_test(advice),
		cmocka_unit_test(d2update) };
	size_t n = 2;

	TEST_ROWS(tests, n, rows, row);
	return _cmocka_run_group_tests("keyguard", tests, n, NULL, NULL);
}
