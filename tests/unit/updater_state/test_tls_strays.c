/* SPDX-License-Identifier: ISC */
/*
 * updater/state/tls_strays and lib/settings/tls_setting: settings of TLS that count for nothing.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/tls_setting.h"
#include "tests/unit/settings/store.h"
#include "updater/state/tls_strays.h"

#define COV    "[HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A"
#define CLIENT COV "\\TLS_Client]\n"
#define SERVER COV "\\TLS_Server]\n"
#define AT     "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A"

static struct row {
	const char *name, *conf;
	const char *want[3]; /* the beginnings of its lines */
} rows[] = {
	{ "stray: no settings", "", { NULL } },
	{ "stray: good", CLIENT "TLS_RequiredLevel = TLSPeerAuth\ntls_trustedcerts = /x\n",
	    { NULL } },
	{ "stray: a Kernel's alone", SERVER "TLS_RequiredLevel = None\nTLS_KeyFile = /x\n",
	    { NULL } },
	{ "stray: misspelt", CLIENT "TLS_RequiredLevel = None\nTLS_Keys = y\nTLS_Trusted = /x\n",
	    { "no TLS setting is called TLS_Keys, TLS_Trusted (" AT "\\TLS_Client, " } },
	{ "stray: no level", CLIENT "TLS_TrustedCerts = /x\n",
	    { "TLS_RequiredLevel is not set in " AT "\\TLS_Client, " } },
	{ "stray: a misspelt level", CLIENT "TLS_RequiredLevels = None\n",
	    { "no TLS setting is called TLS_RequiredLevels (",
		"TLS_RequiredLevel is not set in " AT "\\TLS_Client, " } },
	{ "stray: one key up", COV "]\nTLS_RequiredLevel = None\nTLS_TrustedCerts = /x\n",
	    { "TLS_RequiredLevel is not set in " AT "\\TLS_Client, " } },
	{ "stray: the other branch", SERVER "TLS_RequiredLevel = None\nTLS_TrustedCerts = /x\n",
	    { "TLS_RequiredLevel is not set in " AT "\\TLS_Client, " } },
	{ "stray: both sides",
	    CLIENT "TLS_RequiredLevel = None\nx = 1\n" SERVER "TLS_RequiredLevel = None\ny = 1\n",
	    { "no TLS setting is called x (" AT "\\TLS_Client, ",
		"no TLS setting is called y (" AT "\\TLS_Server, " } },
	{ "stray: another application's",
	    "[HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_B\\TLS_Client]\nx = 1\n", { NULL } },
};

static void
stray(void **state)
{
	const struct row *r = *state;
	struct station st = { .installation = (char *)(uintptr_t) "I",
		.application = (char *)(uintptr_t) "A" };
	struct strings lines = STRINGS_INIT;
	struct settings *s;
	void *store;
	struct err e;
	size_t n = 0;

	assert_int_equal(store_make(&store), 0);
	s = store;
	store_write(r->conf);
	assert_ok(tls_strays(s, &st, &lines, &e), &e);
	for (; n < N(r->want) && r->want[n] != NULL; n++)
		if (n >= lines.n || strncmp(lines.v[n], r->want[n], strlen(r->want[n])) != 0)
			fail_msg("want '%s', got '%s'", r->want[n],
			    n < lines.n ? lines.v[n] : "nothing");
	assert_int_equal(lines.n, n);
	store_want(r->conf);
	strings_free(&lines);
	assert_int_equal(store_remove(&store), 0);
}

/* Names of files that aren't whole: the program makes no connection but at None. */
static struct relative_row {
	const char *name, *conf;
	bool trusted, must;
	const char *want[3]; /* parts of its lines */
} relative_rows[] = {
	{ "relative: none",
	    CLIENT "TLS_RequiredLevel = TLSPeerAuth\nTLS_TrustedCerts = %AppData%/x\n", true, true,
	    { NULL } },
	{ "relative: nothing", SERVER "TLS_RequiredLevel = TLSPeerAuth\nTLS_KeyFile = \n", true,
	    true, { NULL } },
	{ "relative: trusted",
	    CLIENT "TLS_RequiredLevel = TLSPeerAuth\nTLS_TrustedCerts = %AppData%/x;y\n", true,
	    true, { "TLS_Client: TLS_TrustedCerts = " } },
	{ "relative: trusted, which was told",
	    CLIENT "TLS_RequiredLevel = TLSPeerAuth\nTLS_TrustedCerts = y\n", false, true,
	    { NULL } },
	{ "relative: a Kernel's",
	    SERVER "TLS_RequiredLevel = TLSNoPeerAuth\nTLS_KeyFile = a\nTLS_CertFile = b\n", false,
	    true, { "TLS_KeyFile = a: want whole", "TLS_CertFile = b: want whole" } },
	{ "relative: at None", SERVER "TLS_RequiredLevel = None\nTLS_KeyFile = a\n", true, true,
	    { NULL } },
	{ "relative: at None, all", SERVER "TLS_KeyFile = a\n", true, false,
	    { "TLS_Server: TLS_KeyFile = a" } },
	{ "relative: a level that is none", SERVER "TLS_RequiredLevel = none\nTLS_KeyFile = a\n",
	    true, true, { "TLS_KeyFile" } },
};

static void
relative(void **state)
{
	const struct relative_row *r = *state;
	struct station st = { .installation = (char *)(uintptr_t) "I",
		.application = (char *)(uintptr_t) "A" };
	struct strings lines = STRINGS_INIT;
	void *store;
	struct err e;
	size_t n = 0;

	assert_int_equal(store_make(&store), 0);
	store_write(r->conf);
	assert_ok(tls_relative(store, &st, r->trusted, r->must, &lines, &e), &e);
	for (; n < N(r->want) && r->want[n] != NULL; n++)
		if (n >= lines.n || strstr(lines.v[n], r->want[n]) == NULL)
			fail_msg("want '%s', got '%s'", r->want[n],
			    n < lines.n ? lines.v[n] : "nothing");
	assert_int_equal(lines.n, n);
	strings_free(&lines);
	assert_int_equal(store_remove(&store), 0);
}

/* Where a level stands by mistake is named, too. */
static void
elsewhere(void **state)
{
	struct settings *s = *state;
	char *text;

	store_write(COV "]\nTLS_RequiredLevel = None\n");
	text = tls_setting_tell_absent(s, AT "\\TLS_Client");
	assert_non_null(text);
	assert_non_null(strstr(text, ", but in " AT "; using None"));
	free(text);
	store_write(CLIENT "TLS_RequiredLevel = None\n");
	text = tls_setting_tell_absent(s, AT "\\TLS_Server");
	assert_non_null(text);
	assert_non_null(strstr(text, ", but in " AT "\\TLS_Client; using None"));
	free(text);
	store_write("[HKLM\\SOFTWARE\\Ipesoft\\I]\nTLS_RequiredLevel = None\n");
	text = tls_setting_tell_absent(s, AT "\\TLS_Server");
	assert_non_null(text);
	assert_non_null(strstr(text, ", but in HKLM\\SOFTWARE\\Ipesoft\\I; using None"));
	free(text);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + N(relative_rows) + 1] = {
		cmocka_unit_test_setup_teardown(elsewhere, store_make, store_remove),
	};
	size_t n = 1;

	TEST_ROWS(tests, n, rows, stray);
	TEST_ROWS(tests, n, relative_rows, relative);
	return cmocka_run_group_tests_name("tls_strays", tests, NULL, NULL);
}
