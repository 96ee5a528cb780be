/*
 * lib/settings: values, change sets, expansion, key files, the store.
 */
#include "test.h"

#include <unistd.h>

#include "settings/application.h"
#include "settings/expand.h"
#include "settings/keyfile.h"
#include "settings/settings.h"

static struct value_row {
	const char *name, *text;
	enum value_type type;
	const char *again;	/* formatted; NULL: the same, "-": refused */
} value_rows[] = {
	{ "value: text", "plain text", VALUE_STRING, NULL },
	{ "value: backslash and percent", "%AppData%\\COV_PB\\server.crt", VALUE_STRING, NULL },
	{ "value: comment signs", "a;b#c", VALUE_STRING, NULL },
	{ "value: empty", "", VALUE_STRING, NULL },
	{ "value: spaces at the ends", "\" x \"", VALUE_STRING, NULL },
	{ "value: looks like a prefix", "\"dword:5\"", VALUE_STRING, NULL },
	{ "value: quotes inside", "a \"b\" c", VALUE_STRING, NULL },
	{ "value: needless quotes", "\"x\"", VALUE_STRING, "x" },
	{ "value: expand", "expand:%Temp%\\x", VALUE_EXPAND, NULL },
	{ "value: dword", "dword:4294967295", VALUE_DWORD, NULL },
	{ "value: qword", "qword:18446744073709551615", VALUE_QWORD, NULL },
	{ "value: multi", "multi:a|b\\|c\\\\|", VALUE_MULTI, NULL },
	{ "value: empty multi", "multi:", VALUE_MULTI, NULL },
	{ "value: multi of an empty text", "multi:|", VALUE_MULTI, NULL },
	{ "value: binary", "hex:00ff", VALUE_BINARY, NULL },
	{ "value: dword too large", "dword:4294967296", VALUE_DWORD, "-" },
	{ "value: dword without a number", "dword:", VALUE_DWORD, "-" },
	{ "value: dword with a sign", "dword:-1", VALUE_DWORD, "-" },
	{ "value: qword too large", "qword:18446744073709551616", VALUE_QWORD, "-" },
	{ "value: hex of odd length", "hex:0", VALUE_BINARY, "-" },
	{ "value: hex without digits", "hex:zz", VALUE_BINARY, "-" },
	{ "value: multi without its end", "multi:a", VALUE_MULTI, "-" },
	{ "value: multi with a bad escape", "multi:\\x|", VALUE_MULTI, "-" },
	{ "value: open quote", "\"x", VALUE_STRING, "-" },
	{ "value: control character", "a\x01", VALUE_STRING, "-" },
	{ "value: not UTF-8", "a\xff", VALUE_STRING, "-" },
};

static void
value(void **state)
{
	struct value_row *r = *state;
	struct value v = VALUE_INIT;
	struct buf b = BUF_INIT(1000);
	struct err e;

	if (r->again != NULL && strcmp(r->again, "-") == 0) {
		assert_err(value_parse(r->text, strlen(r->text), &v, &e), ERR_SYNTAX, &e);
		assert_null(v.data);
		return;
	}
	assert_ok(value_parse(r->text, strlen(r->text), &v, &e), &e);
	assert_int_equal(v.type, r->type);
	assert_ok(value_format(&v, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->again != NULL ? r->again : r->text);
	value_free(&v);
	buf_free(&b);
}

static struct key_row {
	const char *name, *key, *want;	/* NULL: refused */
} key_rows[] = {
	{ "key: as it is", "HKLM\\SOFTWARE\\x", "HKLM\\SOFTWARE\\x" },
	{ "key: slashes", "HKLM/SOFTWARE/x", "HKLM\\SOFTWARE\\x" },
	{ "key: long root", "hkey_local_machine\\a", "HKLM\\a" },
	{ "key: small root", "hkcu\\a", "HKCU\\a" },
	{ "key: root alone", "HKLM", "HKLM" },
	{ "key: another root", "HKCR\\a", NULL },
	{ "key: empty part", "HKLM\\\\a", NULL },
	{ "key: trailing separator", "HKLM\\a\\", NULL },
	{ "key: empty", "", NULL },
	{ "key: newline", "HKLM\\a\nb", NULL },
	{ "key: bracket", "HKLM\\a]b", NULL },
};

static void
key(void **state)
{
	struct key_row *r = *state;
	struct buf b = BUF_INIT(SETTING_KEY_MAX);
	struct err e;

	if (r->want == NULL) {
		assert_err(setting_key_normal(r->key, strlen(r->key), &b, &e), ERR_SYNTAX, &e);
		assert_int_equal(b.len, 0);
	} else {
		assert_ok(setting_key_normal(r->key, strlen(r->key), &b, &e), &e);
		assert_string_equal(buf_text(&b), r->want);
	}
	buf_free(&b);
}

static void
within(void **state)
{
	(void)state;
	assert_true(setting_key_within("HKLM\\SOFTWARE\\Ipesoft\\A", "HKLM\\software\\ipesoft"));
	assert_true(setting_key_within("HKLM\\SOFTWARE", "HKLM\\SOFTWARE"));
	assert_false(setting_key_within("HKLM\\SOFTWARE\\IpesoftX", "HKLM\\SOFTWARE\\Ipesoft"));
	assert_false(setting_key_within("HKLM", "HKLM\\SOFTWARE"));
}

static struct expand_row {
	const char *name, *text, *want;	/* NULL: refused */
} expand_rows[] = {
	{ "expand: nothing", "plain", "plain" },
	{ "expand: own name", "%AppDir%/x", "/app/x" },
	{ "expand: without regard to case", "%appDIR%", "/app" },
	{ "expand: literal percent", "100%%", "100%" },
	{ "expand: kept for the reader", "%%AppData%%\\x", "%AppData%\\x" },
	{ "expand: once only", "%Twice%", "%AppDir%" },
	{ "expand: lone percent", "50% off", NULL },
	{ "expand: lone percent at the end", "x%", NULL },
	{ "expand: unknown name", "%Nope%", NULL },
	{ "expand: environment is not looked at", "%SLIPWAY_TEST%", NULL },
	{ "expand: three percents", "%%%", NULL },
};

static void
expansion(void **state)
{
	static const struct expand_name own[] = { { "AppDir", "/app" }, { "Twice", "%AppDir%" } };
	struct expand_names names = { own, 2, false };
	struct expand_row *r = *state;
	struct buf b = BUF_INIT(EXPAND_MAX);
	struct err e;

	setenv("SLIPWAY_TEST", "seen", 1);
	if (r->want == NULL) {
		assert_err(expand(r->text, strlen(r->text), &names, &b, &e), ERR_SYNTAX, &e);
	} else {
		assert_ok(expand(r->text, strlen(r->text), &names, &b, &e), &e);
		assert_string_equal(buf_text(&b), r->want);
	}
	buf_reset(&b);
	names.environment = true;
	assert_ok(expand("%slipway_test%", 0, &names, &b, &e), &e);
	assert_ok(expand("%SLIPWAY_TEST%", 14, &names, &b, &e), &e);
	assert_string_equal(buf_text(&b), "seen");
	buf_free(&b);
}

static struct file_row {
	const char *name, *in;
	enum change_op op;
	const char *key, *setting, *value, *out;	/* out NULL: the file is refused; setting NULL: no change */
} file_rows[] = {
	{ "file: untouched", "# c\r\n[HKLM\\a]\r\n  X =  y  \r\n\r\n; end", CHANGE_SET, NULL, NULL, NULL,
	    "# c\r\n[HKLM\\a]\r\n  X =  y  \r\n\r\n; end" },
	{ "file: same value", "[HKLM\\a]\n  X =  y  \n", CHANGE_SET, "HKLM\\A", "x", "y",
	    "[HKLM\\a]\n  X =  y  \n" },
	{ "file: changed value keeps its name", "#1\n[HKLM\\a]\n#2\nX = y\n#3\n", CHANGE_SET, "hklm/A", "x",
	    "z", "#1\n[HKLM\\a]\n#2\nX = z\n#3\n" },
	{ "file: new value in its section", "[HKLM\\a]\nX = y\n\n[HKLM\\b]\n", CHANGE_SET, "HKLM\\a", "N",
	    "1", "[HKLM\\a]\nX = y\nN = 1\n\n[HKLM\\b]\n" },
	{ "file: new section", "[HKLM\\a]\nX = y", CHANGE_SET, "HKLM\\b", "N", "1",
	    "[HKLM\\a]\nX = y\n\n[HKLM\\b]\nN = 1\n" },
	{ "file: first section", "", CHANGE_SET, "HKLM\\b", "N", "1", "[HKLM\\b]\nN = 1\n" },
	{ "file: line ends of the file", "[HKLM\\a]\r\nX = y\r\n", CHANGE_SET, "HKLM\\a", "X", "z",
	    "[HKLM\\a]\r\nX = z\r\n" },
	{ "file: delete", "[HKLM\\a]\nX = y\n# c\nZ = 1\n", CHANGE_DELETE, "HKLM\\a", "X", NULL,
	    "[HKLM\\a]\n# c\nZ = 1\n" },
	{ "file: delete what is not there", "[HKLM\\a]\nX = y\n", CHANGE_DELETE, "HKLM\\a", "Q", NULL,
	    "[HKLM\\a]\nX = y\n" },
	{ "file: delete a tree", "[HKLM\\a]\nX = y\n[HKLM\\a\\b]\nX = y\n[HKLM\\ab]\nX = y\n",
	    CHANGE_DELETE_TREE, "HKLM\\a", NULL, NULL, "[HKLM\\ab]\nX = y\n" },
	{ "file: value before a section", "X = y\n", CHANGE_SET, NULL, NULL, NULL, NULL },
	{ "file: no equals sign", "[HKLM\\a]\nX\n", CHANGE_SET, NULL, NULL, NULL, NULL },
	{ "file: open section", "[HKLM\\a\n", CHANGE_SET, NULL, NULL, NULL, NULL },
	{ "file: bad root", "[HKXX\\a]\n", CHANGE_SET, NULL, NULL, NULL, NULL },
	{ "file: bad value", "[HKLM\\a]\nX = dword:x\n", CHANGE_SET, NULL, NULL, NULL, NULL },
};

static void
file(void **state)
{
	struct file_row *r = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *k;
	struct err e;

	k = keyfile_parse((const uint8_t *)r->in, strlen(r->in), &e);
	if (r->out == NULL) {
		assert_null(k);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_non_null(strstr(e.text, "line "));
		return;
	}
	assert_non_null(k);
	if (r->key != NULL) {
		if (r->op == CHANGE_SET) {
			assert_ok(value_text(&v, VALUE_STRING, r->value, strlen(r->value), &e), &e);
			assert_ok(changeset_set(&c, r->key, r->setting, &v, &e), &e);
		} else if (r->op == CHANGE_DELETE) {
			assert_ok(changeset_delete(&c, r->key, r->setting, &e), &e);
		} else {
			assert_ok(changeset_delete_tree(&c, r->key, &e), &e);
		}
		assert_int_equal(keyfile_change(k, &c.changes[0], &e), strcmp(r->in, r->out) != 0);
		assert_int_equal(keyfile_change(k, &c.changes[0], &e), 0);
	}
	assert_ok(keyfile_write(k, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->out);
	keyfile_free(k);
	changeset_free(&c);
	value_free(&v);
	buf_free(&b);
}

static void
store(void **state)
{
	char dir[] = "/tmp/slipway-unit-XXXXXX", machine[64], user[64], command[128];
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct buf inst = BUF_INIT(100), app = BUF_INIT(100);
	struct value v = VALUE_INIT, got = VALUE_INIT;
	struct settings *s;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(machine, sizeof machine, "%s/sub/machine.conf", dir);
	snprintf(user, sizeof user, "%s/user.conf", dir);
	assert_non_null(s = settings_open_files(machine, user, &e));
	assert_int_equal(settings_get(s, "HKLM\\a", "x", &got, &e), 0);
	assert_ok(value_text(&v, VALUE_STRING, "COV_PB", 6, &e), &e);
	assert_ok(changeset_set(&c, "HKLM\\SOFTWARE\\Ipesoft\\I1", "DefaultApplication", &v, &e), &e);
	assert_ok(changeset_set(&c, "HKLM\\SOFTWARE\\Ipesoft\\I1\\cfg_COV_PB\\TLS_Client", "x", &v, &e), &e);
	assert_ok(changeset_set(&c, "HKCU\\u", "x", &v, &e), &e);
	assert_ok(settings_plan(s, &c, &effective, &undo, &e), &e);
	assert_int_equal(effective.n, 3);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_int_equal(settings_get(s, "hklm/software/ipesoft/i1", "defaultapplication", &got, &e), 1);
	assert_string_equal(value_get_text(&got), "COV_PB");
	value_free(&got);
	assert_ok(application_find(s, NULL, NULL, &inst, &app, &e), &e);
	assert_string_equal(buf_text(&inst), "I1");
	assert_string_equal(buf_text(&app), "COV_PB");
	assert_err(application_find(s, NULL, "OTHER", &inst, &app, &e), ERR_NOENT, &e);
	changeset_free(&effective);
	assert_ok(settings_plan(s, &c, &effective, NULL, &e), &e);
	assert_int_equal(effective.n, 0);
	assert_ok(settings_apply(s, &undo, &e), &e);
	assert_int_equal(settings_get(s, "HKCU\\u", "x", &got, &e), 0);
	/* A malformed file is an error and is never rewritten. */
	snprintf(command, sizeof command, "echo nonsense > %s", machine);
	assert_int_equal(system(command), 0);
	assert_int_equal(settings_get(s, "HKLM\\a", "x", &got, &e), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_err(settings_apply(s, &c, &e), ERR_SYNTAX, &e);
	assert_int_equal(settings_get(s, "HKCU\\u", "x", &got, &e), 0);
	changeset_free(&c);
	changeset_free(&effective);
	changeset_free(&undo);
	value_free(&v);
	buf_free(&inst);
	buf_free(&app);
	settings_close(s);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void
argument(void **state)
{
	char a[] = "hi", b[] = "/C", c[] = "/Cx y", d[] = "/CCOV_PB", f[] = "/COTHER";
	char *argv[] = { a, b, c, d, f };

	(void)state;
	assert_string_equal(application_argument(5, argv), "COV_PB");
	assert_null(application_argument(3, argv));
	assert_null(application_argument(0, NULL));
}

int
main(void)
{
	static struct CMUnitTest tests[150] = {
		cmocka_unit_test(within),
		cmocka_unit_test(store),
		cmocka_unit_test(argument),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, value_rows, value);
	TEST_ROWS(tests, n, key_rows, key);
	TEST_ROWS(tests, n, expand_rows, expansion);
	TEST_ROWS(tests, n, file_rows, file);
	return _cmocka_run_group_tests("settings", tests, n, NULL, NULL);
}
