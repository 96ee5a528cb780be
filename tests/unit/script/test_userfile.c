/* SPDX-License-Identifier: ISC */
/*
 * lib/script/userfile: TLS settings in each user's folder, beside a file of the release.
 */
#include "tests/unit/common/test.h"

#include "lib/script/userfile.h"

#define CLIENT "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A\\TLS_Client"

static const struct row {
	const char *name, *key, *setting, *value, *right; /* NULL: nothing is told */
} rows[] = {
	{ "a user's folder", CLIENT, "TLS_TrustedCerts", "%AppData%\\A\\server.crt",
	    "\"%AppDir%\\\\tls\\\\server.crt\")" },
	{ "other cases and slashes", "HKLM\\software\\IPESOFT\\I\\cfg_A\\tls_client",
	    "tls_trustedcerts", "%APPDATA%/Server.CRT", "\"%AppDir%\\\\tls\\\\server.crt\")" },
	{ "one of several", CLIENT, "TLS_TrustedCerts",
	    "C:\\100%%\\x.crt;%LocalAppData%\\top.crt;%AppData%\\other.crt",
	    "\"C:\\\\100%%%%\\\\x.crt;%AppDir%\\\\top.crt;%%AppData%%\\\\other.crt\")" },
	{ "replaced when the script runs", CLIENT, "TLS_TrustedCerts",
	    "<AppDir>\\a.crt;<AppData>\\server.crt",
	    "\"%AppDir%\\\\a.crt;%AppDir%\\\\tls\\\\server.crt\")" },
	{ "a Kernel's key", "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A\\TLS_Server", "TLS_KeyFile",
	    "%UserProfile%\\server.crt", "\"%AppDir%\\\\tls\\\\server.crt\")" },
	{ "a folder of the computer", CLIENT, "TLS_TrustedCerts", "%ProgramData%\\server.crt",
	    NULL },
	{ "a path", CLIENT, "TLS_TrustedCerts", "C:\\%AppData%\\server.crt", NULL },
	{ "no file of the release", CLIENT, "TLS_TrustedCerts", "%AppData%\\mine.crt", NULL },
	{ "a part of a file's name", CLIENT, "TLS_TrustedCerts", "%AppData%\\myserver.crt", NULL },
	{ "a file elsewhere in the release", CLIENT, "TLS_TrustedCerts", "%AppData%\\", NULL },
	{ "a name without an end", CLIENT, "TLS_TrustedCerts", "%AppData\\server.crt", NULL },
	{ "another setting", CLIENT, "Banner", "%AppData%\\server.crt", NULL },
	{ "another key", "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A", "TLS_TrustedCerts",
	    "%AppData%\\server.crt", NULL },
	{ "a user's setting", "HKCU\\SOFTWARE\\Ipesoft\\I\\cfg_A\\TLS_Client", "TLS_TrustedCerts",
	    "%AppData%\\server.crt", NULL },
	{ "what is meant", CLIENT, "TLS_TrustedCerts", "%Temp%\\server.crt", NULL },
	{ "nothing", CLIENT, "TLS_TrustedCerts", "", NULL },
};

static const char *
file(void *arg, size_t i)
{
	static const char *const files[] = { "", "tls/server.crt", "top.crt" };

	(void)arg;
	return i < N(files) ? files[i] : NULL;
}

static bool
meant(void *arg, const char *entry, const char *name)
{
	(void)arg;
	(void)name;
	return strncmp(entry, "%Temp%", 6) == 0;
}

static void
find(void **state)
{
	const struct row *r = *state;
	const struct userfile_release release = { file, meant, NULL, ", one folder" };
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e, why = { 0 };

	assert_ok(value_text(&v, VALUE_STRING, r->value, strlen(r->value), &e), &e);
	assert_ok(changeset_set(&c, r->key, r->setting, &v, &e), &e);
	assert_int_equal(userfile_find(&c.changes[0], &release, &why), r->right != NULL);
	if (r->right == NULL) {
		assert_int_equal(why.code, ERR_NONE);
	} else {
		if (strstr(why.text, r->right) == NULL)
			fail_msg("want '%s', got '%s'", r->right, why.text);
		assert_non_null(
		    strstr(why.text, " goes to AppDir, one folder; the right line is set([["));
	}
	assert_ok(changeset_delete(&c, r->key, r->setting, &e), &e);
	assert_false(userfile_find(&c.changes[1], &release, &why));
	value_free(&v);
	changeset_free(&c);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, find);
	return _cmocka_run_group_tests("userfile", tests, n, NULL, NULL);
}
