/* SPDX-License-Identifier: ISC */
/*
 * updater/station: the application of a start, its settings, and the keys that scripts may touch.
 */
#include "tests/unit/common/test.h"

#include "tests/unit/settings/store.h"
#include "lib/tuf/kit.h"
#include "updater/station/enrolled.h"
#include "updater/station/script_keys.h"
#include "updater/station/setting.h"
#include "updater/station/station.h"

/* The text of one setting. */

static const struct take {
	const char *name;
	enum station_kind kind;
	const char *text;
	int64_t want; /* -1: refused */
} takes[] = {
	{ "a second", STATION_SECONDS, "1", 1 },
	{ "an hour", STATION_SECONDS, "3600", 3600 },
	{ "a leading zero", STATION_SECONDS, "010", 10 },
	{ "no second", STATION_SECONDS, "0", -1 },
	{ "over an hour", STATION_SECONDS, "3601", -1 },
	{ "no number", STATION_SECONDS, "ten", -1 },
	{ "nothing", STATION_SECONDS, "", -1 },
	{ "a sign", STATION_SECONDS, "+5", -1 },
	{ "a blank before", STATION_SECONDS, " 5", -1 },
	{ "a blank behind", STATION_SECONDS, "5 ", -1 },
	{ "a unit", STATION_SECONDS, "5s", -1 },
	{ "over 64 bits", STATION_SECONDS, "18446744073709551617", -1 },
	{ "a day", STATION_DAYS, "1", 1 },
	{ "a century", STATION_DAYS, "36500", 36500 },
	{ "over a century", STATION_DAYS, "36501", -1 },
	{ "negative days", STATION_DAYS, "-1", -1 },
	{ "launch", STATION_ON_ERROR, "launch", ON_ERROR_LAUNCH },
	{ "block", STATION_ON_ERROR, "block", ON_ERROR_BLOCK },
	{ "another case", STATION_ON_ERROR, "BLOCK", ON_ERROR_BLOCK },
	{ "more than a word", STATION_ON_ERROR, "blocked", -1 },
	{ "no word", STATION_ON_ERROR, "", -1 },
	{ "log as ever", STATION_LOG, "auto", LOG_SYSTEM_AUTO },
	{ "log always", STATION_LOG, "Always", LOG_SYSTEM_ALWAYS },
	{ "log never", STATION_LOG, "never", LOG_SYSTEM_NEVER },
	{ "log sometimes", STATION_LOG, "sometimes", -1 },
};

static void
take(void **row)
{
	const struct take *r = *row;
	enum on_error on_error = 77;
	enum log_system_when log = 77;
	int64_t number = 77;
	void *to = r->kind == STATION_ON_ERROR ? (void *)&on_error
	    : r->kind == STATION_LOG	       ? (void *)&log
					       : (void *)&number;
	struct err e;

	if (r->want == -1) {
		assert_err(station_setting_take(r->kind, "Its name", r->text, to, &e), ERR_CONFIG,
		    &e);
		assert_non_null(strstr(e.text, "Its name: want "));
		assert_int_equal(number, 77);
		assert_int_equal(on_error, 77);
		assert_int_equal(log, 77);
		return;
	}
	assert_ok(station_setting_take(r->kind, "Its name", r->text, to, &e), &e);
	if (r->kind == STATION_ON_ERROR)
		number = (int64_t)on_error;
	else if (r->kind == STATION_LOG)
		number = (int64_t)log;
	assert_int_equal(number, r->want);
}

/* The choice of the application. */

#define SERVER		 "Server = multi:sftp://u@a/r|\n"
#define ENROLLED(i, a)	 "[HKLM\\SOFTWARE\\Slipway\\" i "\\" a "]\n" SERVER
#define DEFAULT_OF(i, a) "[HKLM\\SOFTWARE\\Ipesoft\\" i "]\nDefaultApplication = " a "\n"
#define SEVERAL		 ENROLLED("I", "A") ENROLLED("I", "B") ENROLLED("J", "C")

static const struct choice {
	const char *name, *text, *installation, *application, *argument, *want; /* NULL: none */
} choices[] = {
	{ "not enrolled", "[HKLM\\SOFTWARE\\Other]\na = 1\n", NULL, NULL, NULL, NULL },
	{ "the only one", ENROLLED("I", "A"), NULL, NULL, NULL, "I/A" },
	{ "the only one, named", ENROLLED("I", "A"), "i", "a", NULL, "I/A" },
	{ "the only one, an argument of another program", ENROLLED("I", "A"), NULL, NULL, "/Cx",
	    "I/A" },
	{ "another name", ENROLLED("I", "A"), NULL, "B", NULL, NULL },
	{ "several", SEVERAL, NULL, NULL, NULL, NULL },
	{ "several, named", SEVERAL, "I", "B", NULL, "I/B" },
	{ "several, the application", SEVERAL, NULL, "C", NULL, "J/C" },
	{ "several, the installation", SEVERAL, "J", NULL, NULL, "J/C" },
	{ "several, the argument", SEVERAL, NULL, NULL, "/CB", "I/B" },
	{ "several, an argument that isn't enrolled", SEVERAL, NULL, NULL, "/CX", NULL },
	{ "several, the argument of another installation", SEVERAL, "J", NULL, "/CB", "J/C" },
	{ "several, a small letter in the argument", SEVERAL, NULL, NULL, "/cB", "I/B" },
	{ "several, a dash in the argument", SEVERAL, NULL, NULL, "-CB", "I/B" },
	{ "several, a dash of another program's", SEVERAL, NULL, NULL, "-CX", NULL },
	{ "a name goes before a dash", SEVERAL, NULL, "A", "-CB", "I/A" },
	{ "a dash goes before the default", SEVERAL DEFAULT_OF("I", "B"), NULL, NULL, "-CA",
	    "I/A" },
	{ "a name goes before the argument", SEVERAL, NULL, "A", "/CB", "I/A" },
	{ "a default", SEVERAL DEFAULT_OF("I", "B"), NULL, NULL, NULL, "I/B" },
	{ "a default that isn't enrolled", SEVERAL DEFAULT_OF("I", "X") DEFAULT_OF("J", "C"), NULL,
	    NULL, NULL, "J/C" },
	{ "a default of the other installation", SEVERAL DEFAULT_OF("J", "C"), "I", NULL, NULL,
	    NULL },
	{ "the argument goes before the default", SEVERAL DEFAULT_OF("I", "B"), NULL, NULL, "/CA",
	    "I/A" },
	{ "the same application twice", ENROLLED("I", "A") ENROLLED("J", "A"), NULL, "A", NULL,
	    NULL },
	{ "the same application twice, named", ENROLLED("I", "A") ENROLLED("J", "A"), "J", "A",
	    NULL, "J/A" },
};

static void
choose(void **row)
{
	const struct choice *r = *row;
	char program[] = "hi", argument[32], got[64], *argv[] = { program, argument, NULL };
	struct application_pairs all;
	void *store;
	size_t which;
	struct err e;

	store_make(&store);
	store_write(r->text);
	snprintf(argument, sizeof argument, "%s", r->argument == NULL ? "x" : r->argument);
	assert_ok(enrolled_load(store, &all, &e), &e);
	if (r->want == NULL) {
		assert_err(enrolled_choose(store, &all, r->installation, r->application, 2, argv,
			       &which, &e),
		    ERR_NOENT, &e);
	} else {
		assert_ok(enrolled_choose(store, &all, r->installation, r->application, 2, argv,
			      &which, &e),
		    &e);
		snprintf(got, sizeof got, "%s/%s", all.installations.v[which],
		    all.applications.v[which]);
		assert_string_equal(got, r->want);
	}
	application_pairs_free(&all);
	store_remove(&store);
}

/* An application that is named in two words, among "hi" and these. */

static const struct split {
	const char *name, *text, *words[3], *want;
} splits[] = {
	{ "two words", SEVERAL, { "/C", "B" }, "B" },
	{ "two words, a small letter and a dash", SEVERAL, { "x", "-c", "b" }, "b" },
	{ "two words of another program", SEVERAL, { "/C", "X" }, NULL },
	{ "two words that are no name", SEVERAL, { "/C", "/B" }, NULL },
	{ "one word", SEVERAL, { "/CB" }, NULL },
	{ "one word beside two", SEVERAL, { "/C", "B", "/CA" }, NULL },
	{ "one word in another spelling beside two", SEVERAL, { "/C", "B", "-CA" }, NULL },
	{ "one word of another program beside two", SEVERAL, { "/C", "B", "/CX" }, "B" },
	{ "the second word is missing", SEVERAL, { "B", "/C" }, NULL },
	{ "an empty word", SEVERAL, { "", "B" }, NULL },
	{ "two words, not enrolled", "[HKLM\\SOFTWARE\\Other]\na = 1\n", { "/C", "B" }, NULL },
};

static void
find_split(void **row)
{
	const struct split *r = *row;
	char words[3][8], *argv[5] = { (char[]){ "hi" } };
	const char *got;
	void *store;
	int argc = 1;

	store_make(&store);
	store_write(r->text);
	for (size_t i = 0; i < N(words) && r->words[i] != NULL; i++) {
		snprintf(words[i], sizeof words[i], "%s", r->words[i]);
		argv[argc++] = words[i];
	}
	got = enrolled_split(store, argc, argv);
	assert_true((got == NULL) == (r->want == NULL));
	if (got != NULL)
		assert_string_equal(got, r->want);
	store_remove(&store);
}

/* Loading an enrolment.  Each text completes an enrolment. */

static const struct load {
	const char *name, *text, *fault; /* in the message; NULL: it is loaded */
	enum on_error strict; /* the policy that counts although the enrolment isn't loaded */
} loads[] = {
	{ "least", SERVER, NULL, ON_ERROR_LAUNCH },
	{ "one server as a string", "Server = sftp://u@a/r\n", NULL, ON_ERROR_LAUNCH },
	{ "no server", "Deadline = 5\n", "Server is not set", ON_ERROR_LAUNCH },
	{ "an empty list", "Server = multi:\n", "Server is not set", ON_ERROR_LAUNCH },
	{ "a number for servers", "Server = dword:5\n", "Server: want a multi or string value",
	    ON_ERROR_LAUNCH },
	{ "a number for a text", SERVER "LoginKey = dword:5\n",
	    "LoginKey: want a text, got a dword", ON_ERROR_LAUNCH },
	{ "a bad deadline", SERVER "Deadline = soon\n",
	    "Deadline: want 1 to 3600 seconds, got 'soon'", ON_ERROR_LAUNCH },
	{ "a bad number of days", SERVER "WarnAfterDays = 0\n",
	    "WarnAfterDays: want 1 to 36500 days", ON_ERROR_LAUNCH },
	{ "a bad word", SERVER "OnError = ask\n", "OnError: want 'launch' or 'block', got 'ask'",
	    ON_ERROR_BLOCK },
	{ "a word with a blank", SERVER "OnError = \"block \"\n", "OnError: want", ON_ERROR_BLOCK },
	{ "a number for a word", SERVER "OnError = dword:1\n", "OnError: want a text, got a dword",
	    ON_ERROR_BLOCK },
	{ "block, and a bad number", SERVER "OnError = block\nWarnAfterDays = never\n",
	    "WarnAfterDays: want", ON_ERROR_BLOCK },
	{ "block, and a list for a number", SERVER "OnError = block\nDeadline = multi:5|\n",
	    "Deadline: want a number, got a multi", ON_ERROR_BLOCK },
	{ "block, and no server", "OnError = block\n", "Server is not set", ON_ERROR_BLOCK },
	{ "block, and a directory that isn't absolute", SERVER "AppDir = ~/hi\nOnError = BLOCK\n",
	    "AppDir: want an absolute path", ON_ERROR_BLOCK },
	{ "launch, and a bad number", SERVER "OnError = launch\nDeadline = dword:0\n",
	    "Deadline: want 1 to 3600 seconds, got '0'", ON_ERROR_LAUNCH },
	{ "a directory that isn't absolute", SERVER "InstallDir = hi\n",
	    "InstallDir: want an absolute path", ON_ERROR_LAUNCH },
	{ "a name in a directory that isn't known", SERVER "InstallDir = %Nowhere%/hi\n",
	    "InstallDir", ON_ERROR_LAUNCH },
};

static void
load(void **row)
{
	const struct load *r = *row;
	struct station st;
	char text[500];
	void *store;
	struct err e;

	store_make(&store);
	snprintf(text, sizeof text, "[HKLM\\SOFTWARE\\Slipway\\I\\A]\n%s", r->text);
	store_write(text);
	if (r->fault != NULL) {
		assert_err(station_load(store, NULL, NULL, 0, NULL, &st, &e),
		    strstr(r->name, "isn't known") != NULL ? ERR_SYNTAX : ERR_CONFIG, &e);
		assert_non_null(strstr(e.text, r->fault));
		assert_int_equal(st.on_error, r->strict);
		assert_non_null(strstr(st.state_path, "/I/A"));
		station_free(&st);
	} else {
		assert_ok(station_load(store, NULL, NULL, 0, NULL, &st, &e), &e);
		assert_string_equal(st.servers.v[0], "sftp://u@a/r");
		assert_int_equal(st.servers.n, 1);
		assert_int_equal(st.deadline, STATION_DEADLINE_S);
		assert_int_equal(st.on_error, ON_ERROR_LAUNCH);
		assert_int_equal(st.warn_after_days, 0);
		assert_null(st.login_key);
		assert_null(st.install_dir);
		assert_non_null(strstr(st.app_dir, "/A"));
		station_free(&st);
	}
	store_remove(&store);
}

/* Numbers may have number types, and values of type expand are expanded for every setting. */
static void
load_types(void **unused)
{
	struct station st;
	void *store;
	struct err e;

	(void)unused;
	store_make(&store);
	store_write(
	    "[HKLM\\SOFTWARE\\Slipway\\I\\A]\n"
	    "Server = expand:sftp://%Application%@a/r\n"
	    "TrustedHostKeysSHA256 = expand:SHA256:%Installation%\n"
	    "LoginKey = expand:/keys/%Application%\n"
	    "LoginPasswordFile = /50%25/%Application%\n"
	    "AppDir = expand:%AppData%/100%%/%Installation%\n"
	    "Deadline = dword:7\nOnError = expand:block\nWarnAfterDays = qword:8\n"
	    "BlockAfterDays = expand:9\nOnErorr = block\nBlockAfterDay = 3\nScriptKeys = x\n");
	assert_ok(station_load(store, NULL, NULL, 0, NULL, &st, &e), &e);
	assert_string_equal(st.servers.v[0], "sftp://A@a/r");
	assert_string_equal(st.host_keys.v[0], "SHA256:I");
	assert_string_equal(st.login_key, "/keys/A");
	assert_string_equal(st.password_file, "/50%25/%Application%");
	assert_non_null(strstr(st.app_dir, "/100%/I"));
	assert_int_equal(st.deadline, 7);
	assert_int_equal(st.on_error, ON_ERROR_BLOCK);
	assert_int_equal(st.warn_after_days, 8);
	assert_int_equal(st.block_after_days, 9);
	/* A misspelt name is reported. */
	assert_int_equal(st.unknown.n, 2);
	assert_string_equal(st.unknown.v[0], "BlockAfterDay");
	assert_string_equal(st.unknown.v[1], "OnErorr");
	station_free(&st);
	store_remove(&store);
}

/* When no application can be chosen or no setting parsed, the strictest OnError counts. */
#define WITH(i, a, word) ENROLLED(i, a) "OnError = " word "\n"

static const struct strict {
	const char *name, *text, *application;
	enum on_error want;
} stricts[] = {
	{ "none enrolled", "[HKLM\\SOFTWARE\\Other]\nOnError = block\n", NULL, ON_ERROR_LAUNCH },
	{ "several that launch", SEVERAL, NULL, ON_ERROR_LAUNCH },
	{ "several that block", WITH("I", "A", "block") WITH("I", "B", "Block"), NULL,
	    ON_ERROR_BLOCK },
	{ "one of several", ENROLLED("I", "A") WITH("I", "B", "block"), NULL, ON_ERROR_BLOCK },
	{ "one that can't be meant", WITH("I", "A", "block") ENROLLED("J", "B") ENROLLED("K", "B"),
	    "B", ON_ERROR_LAUNCH },
	{ "a name that isn't enrolled", WITH("I", "A", "block"), "X", ON_ERROR_BLOCK },
	{ "one that can't be understood", ENROLLED("I", "A") WITH("I", "B", "blok"), NULL,
	    ON_ERROR_BLOCK },
#ifndef _WIN32 /* the registry has no file that could be malformed */
	{ "a malformed file", WITH("I", "A", "block") "what is this\n", NULL, ON_ERROR_BLOCK },
	{ "a malformed file that launches", WITH("I", "A", "launch") "what is this\n", NULL,
	    ON_ERROR_LAUNCH },
	{ "a malformed file with a comment", ENROLLED("I", "A") "# OnError = block\nwhat is this\n",
	    NULL, ON_ERROR_LAUNCH },
#endif
};

static void
strict(void **row)
{
	const struct strict *r = *row;
	struct station st;
	void *store;
	struct err e;

	store_make(&store);
	store_write(r->text);
	assert_int_equal(station_load(store, NULL, r->application, 0, NULL, &st, &e), -1);
	assert_int_equal(st.on_error, r->want);
	station_free(&st);
	store_remove(&store);
}

/* Each row of the table reaches its own member. */
static void
load_all(void **unused)
{
	struct station st;
	void *store;
	struct err e;

	(void)unused;
	store_make(&store);
	/* An absolute path on each platform: the folder of this user's settings. */
	store_write("[HKLM\\SOFTWARE\\Slipway\\I\\A]\n"
		    "Server = multi:sftp://u@a/r|file:///r|\n"
		    "TrustedHostKeysSHA256 = multi:SHA256:a|SHA256:b|SHA256:c|\n"
		    "LoginKey = /key\nLoginPasswordFile = /password\n"
		    "InstallDir = %AppData%/opt/%Application%\n"
		    "AppDir = %AppData%/srv/%Installation%\n"
		    "Deadline = 7\nOnError = block\nWarnAfterDays = 8\nBlockAfterDays = 9\n");
	assert_ok(station_load(store, NULL, NULL, 0, NULL, &st, &e), &e);
	assert_int_equal(st.servers.n, 2);
	assert_string_equal(st.servers.v[1], "file:///r");
	assert_int_equal(st.host_keys.n, 3);
	assert_string_equal(st.host_keys.v[2], "SHA256:c");
	assert_string_equal(st.login_key, "/key");
	assert_string_equal(st.password_file, "/password");
	assert_non_null(strstr(st.install_dir, "/opt/A"));
	assert_non_null(strstr(st.app_dir, "/srv/I"));
	assert_int_equal(st.deadline, 7);
	assert_int_equal(st.on_error, ON_ERROR_BLOCK);
	assert_int_equal(st.warn_after_days, 8);
	assert_int_equal(st.block_after_days, 9);
	assert_int_equal(st.nnames, 4);
	assert_non_null(strstr(st.state_path, "/I/A"));
	assert_non_null(strstr(st.user_state_path, "/I/A/user"));
	station_free(&st);
	store_remove(&store);
}

/* The keys that scripts may touch. */

static const struct keys {
	const char *name, *text;    /* ScriptKeys; NULL: not set */
	const char *machine, *user; /* "a;b" */
	bool bad;
} keys[] = {
	{ "default", NULL, "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A", "HKCU\\SOFTWARE\\Ipesoft\\I\\cfg_A",
	    false },
	{ "a text", "HKLM\\SOFTWARE\\x", "HKLM\\SOFTWARE\\x", "", false },
	{ "several in a text", "HKLM/SOFTWARE/x;HKCU\\SOFTWARE\\y;", "HKLM\\SOFTWARE\\x",
	    "HKCU\\SOFTWARE\\y", false },
	{ "several", "multi:HKLM/SOFTWARE/x|HKLM/SOFTWARE/y|HKCU/SOFTWARE/z|",
	    "HKLM\\SOFTWARE\\x;HKLM\\SOFTWARE\\y", "HKCU\\SOFTWARE\\z", false },
	{ "none", "multi:", "", "", false },
	{ "a whole root's name", "HKEY_LOCAL_MACHINE\\SOFTWARE\\x", "HKLM\\SOFTWARE\\x", "",
	    false },
	{ "another root", "HKCR\\x", NULL, NULL, true },
	{ "an empty part", "HKLM\\\\x", NULL, NULL, true },
	{ "one bad among good ones", "multi:HKLM/SOFTWARE/x|nothing|", NULL, NULL, true },
	{ "a number", "dword:5", NULL, NULL, true },
};

static void
want_keys(const struct script_keys *k, int user, const char *want)
{
	char got[500] = "";

	for (size_t i = 0; i < k->n[user]; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 0 ? ";" : "",
		    k->keys[user][i]);
	assert_string_equal(got, want);
}

static void
script_keys(void **row)
{
	const struct keys *r = *row;
	char installation[] = "I", application[] = "A", text[500];
	struct station st = { .installation = installation, .application = application };
	struct script_keys k;
	void *store;
	struct err e;

	store_make(&store);
	snprintf(text, sizeof text, "[HKLM\\SOFTWARE\\Slipway\\I\\A]\n%s%s\n",
	    r->text == NULL ? "a = 1" : "ScriptKeys = ", r->text == NULL ? "" : r->text);
	store_write(text);
	if (r->bad) {
		assert_err(script_keys_load(&st, store, &k, &e), ERR_CONFIG, &e);
		assert_non_null(strstr(e.text, "ScriptKeys"));
		assert_int_equal(k.n[0] + k.n[1], 0);
	} else {
		assert_ok(script_keys_load(&st, store, &k, &e), &e);
		want_keys(&k, 0, r->machine);
		want_keys(&k, 1, r->user);
		script_keys_free(&k);
	}
	store_remove(&store);
}

/* 32 keys of each kind. */
static void
many_script_keys(void **unused)
{
	char installation[] = "I", application[] = "A", text[4000];
	struct station st = { .installation = installation, .application = application };
	struct script_keys k;
	void *store;
	struct err e;

	(void)unused;
	store_make(&store);
	for (int n = SCRIPT_KEYS_MAX; n <= SCRIPT_KEYS_MAX + 1; n++) {
		size_t len = (size_t)snprintf(text, sizeof text,
		    "[HKLM\\SOFTWARE\\Slipway\\I\\A]\nScriptKeys = multi:HKCU/SOFTWARE/x|");

		for (int i = 0; i < n; i++)
			len +=
			    (size_t)snprintf(text + len, sizeof text - len, "HKLM/SOFTWARE/%d|", i);
		snprintf(text + len, sizeof text - len, "\n");
		store_write(text);
		if (n == SCRIPT_KEYS_MAX) {
			assert_ok(script_keys_load(&st, store, &k, &e), &e);
			assert_int_equal(k.n[0], SCRIPT_KEYS_MAX);
			assert_int_equal(k.n[1], 1);
			script_keys_free(&k);
		} else {
			assert_err(script_keys_load(&st, store, &k, &e), ERR_CONFIG, &e);
		}
	}
	store_remove(&store);
}

/* The scripts that may set DefaultApplication, and the allowed changes. */

static const struct default_row {
	const char *name, *text;
	bool is;
} defaults[] = {
	{ "the only one", ENROLLED("I", "A"), true },
	{ "the only one of its installation", ENROLLED("I", "A") ENROLLED("J", "B"), true },
	{ "one of two", ENROLLED("I", "A") ENROLLED("I", "B"), false },
	{ "the default of two", ENROLLED("I", "A") ENROLLED("I", "B") DEFAULT_OF("I", "a"), true },
	{ "another is the default", ENROLLED("I", "A") ENROLLED("I", "B") DEFAULT_OF("I", "B"),
	    false },
	{ "one whose name goes on is the default",
	    ENROLLED("I", "A") ENROLLED("I", "AB") DEFAULT_OF("I", "AB"), false },
	{ "the default of another installation",
	    ENROLLED("I", "A") ENROLLED("I", "B") DEFAULT_OF("J", "A"), false },
	{ "a list of its own",
	    "[HKLM\\SOFTWARE\\Slipway\\I\\A]\nServer = x\nScriptKeys = HKLM\\SOFTWARE\\x\n",
	    false },
};

static void
set_or_delete(struct changeset *c, const char *key, const char *name, const char *text)
{
	struct value v = VALUE_INIT;
	struct err e;

	if (text == NULL) {
		assert_ok(changeset_delete(c, key, name, &e), &e);
		return;
	}
	assert_ok(value_text(&v, VALUE_STRING, text, strlen(text), &e), &e);
	assert_ok(changeset_set(c, key, name, &v, &e), &e);
	value_free(&v);
}

static void
default_of(void **row)
{
	static const struct {
		const char *key, *name, *text;
		bool set, back; /* allowed to the default, forwards and backwards */
	} changes[] = {
		{ "HKLM\\SOFTWARE\\Ipesoft\\I", "DefaultApplication", "A", true, true },
		{ "hklm/software/ipesoft/i", "defaultapplication", "a", true, true },
		{ "HKLM\\SOFTWARE\\Ipesoft\\I", "DefaultApplication", "B", false, true },
		{ "HKLM\\SOFTWARE\\Ipesoft\\I", "DefaultApplication", "", false, true },
		{ "HKLM\\SOFTWARE\\Ipesoft\\I", "DefaultApplication", NULL, false, true },
		{ "HKLM\\SOFTWARE\\Ipesoft\\I", "Another", "A", false, false },
		{ "HKLM\\SOFTWARE\\Ipesoft\\J", "DefaultApplication", "A", false, false },
		{ "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_B", "DefaultApplication", "A", false, false },
	};
	const struct default_row *r = *row;
	char installation[] = "I", application[] = "A";
	struct station st = { .installation = installation, .application = application };
	struct script_keys k;
	void *store;
	struct err e;

	store_make(&store);
	store_write(r->text);
	assert_ok(script_keys_load(&st, store, &k, &e), &e);
	assert_int_equal(k.is_default, r->is);
	for (size_t i = 0; i < N(changes); i++)
		for (int back = 0; back < 2; back++) {
			struct changeset c = CHANGESET_INIT;
			bool good = r->is && (back ? changes[i].back : changes[i].set);

			set_or_delete(&c, changes[i].key, changes[i].name, changes[i].text);
			assert_int_equal(script_keys_check(&st, &k, false, &c, back, &e),
			    good ? 0 : -1);
			assert_int_equal(script_keys_check(&st, &k, true, &c, back, &e), -1);
			changeset_free(&c);
		}
	script_keys_free(&k);
	store_remove(&store);
}

/* What a kit may say is what an enrolment knows. */
static void
options_of_kits(void **state)
{
	(void)state;
	for (size_t i = 0; kit_options[i] != NULL; i++) {
		const struct station_setting *row = station_settings;

		while (row->name != NULL && strcmp(row->option, kit_options[i]) != 0)
			row++;
		assert_non_null(row->name);
	}
}

int
main(void)
{
	struct CMUnitTest tests[4 + N(stricts) + N(takes) + N(choices) + N(splits) + N(loads) +
	    N(keys) + N(defaults)] = {
		cmocka_unit_test(load_all),
		cmocka_unit_test(many_script_keys),
		cmocka_unit_test(load_types),
		cmocka_unit_test(options_of_kits),
	};
	size_t n = 4;

	TEST_ROWS(tests, n, takes, take);
	TEST_ROWS(tests, n, choices, choose);
	TEST_ROWS(tests, n, splits, find_split);
	TEST_ROWS(tests, n, loads, load);
	TEST_ROWS(tests, n, stricts, strict);
	TEST_ROWS(tests, n, keys, script_keys);
	TEST_ROWS(tests, n, defaults, default_of);
	return cmocka_run_group_tests_name("station", tests, NULL, NULL);
}
