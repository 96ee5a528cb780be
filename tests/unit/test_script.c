/*
 * lib/script: what scripts ask for, and what they can't do.
 */
#include "test.h"

#include "base/places.h"
#include "script/script.h"

static struct row {
	const char *name, *source;
	enum err_code want;
	const char *text;	/* of the last change, or a part of the error */
} rows[] = {
	{ "script: set a text", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')", ERR_NONE, "x" },
	{ "script: integer is a dword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 7)", ERR_NONE, "dword:7" },
	{ "script: qword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 7, 'qword')", ERR_NONE, "qword:7" },
	{ "script: expand", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%%Temp%%', 'expand')", ERR_NONE,
	    "expand:%Temp%" },
	{ "script: name expanded", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%AppDir%/x')", ERR_NONE,
	    "/srv/app/x" },
	{ "script: slashes", "set('HKLM/SOFTWARE/Ipesoft/I/cfg_X', 'a', 'x')", ERR_NONE, "x" },
	{ "script: facts",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', station.name .. station.os .. station.application .. "
	    "station.installation .. release.number)", ERR_NONE, "stlinuxAI7" },
	{ "script: a file of the release",
	    "if file.exists('app/x') and not file.exists('app/y') then "
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'yes') end", ERR_NONE, "yes" },
	{ "script: get", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', get([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'old') "
	    ".. tostring(get([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'none')))", ERR_NONE, "storednil" },
	{ "script: string methods", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', ('ab'):upper())", ERR_NONE, "AB" },
	{ "script: syntax error", "set(\nset(", ERR_SCRIPT, "test.lua:2:" },
	{ "script: run-time error", "\n\nerror('stop')", ERR_SCRIPT, "test.lua:3: stop" },
	{ "script: lone percent", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '50%')", ERR_SCRIPT, "lone '%'" },
	{ "script: unknown name", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%Nope%')", ERR_SCRIPT, "%Nope%" },
	{ "script: another key", "set([[HKLM\\SOFTWARE\\Microsoft]], 'a', 'x')", ERR_SCRIPT, "not allowed" },
	{ "script: key beside the prefix", "set([[HKLM\\SOFTWARE\\Ipesoft\\I2]], 'a', 'x')", ERR_SCRIPT, "not allowed" },
	{ "script: our own key", "set([[HKLM\\SOFTWARE\\Slipway\\I\\A]], 'Server', 'x')", ERR_SCRIPT, "not allowed" },
	{ "script: user's key from a machine script", "set([[HKCU\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')", ERR_SCRIPT,
	    "not allowed" },
	{ "script: bad type", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x', 'blob')", ERR_SCRIPT, "blob" },
	{ "script: negative dword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', -1)", ERR_SCRIPT, "whole number" },
	{ "script: dword too large", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 4294967296)", ERR_SCRIPT, "dword" },
	{ "script: a table as value", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', {})", ERR_SCRIPT, "table" },
	{ "script: endless loop", "while true do end", ERR_LIMIT, "test.lua:1: the instruction" },
	{ "script: endless recursion", "local function f() return f() end f()", ERR_LIMIT, "instruction" },
	{ "script: deep recursion", "local function f() return 1 + f() end f()", ERR_LIMIT, "memory" },
	{ "script: memory", "local t = {} for i = 1, 1e9 do t[i] = i end", ERR_LIMIT, "memory" },
	{ "script: doubling text", "local s = 'x' while true do s = s .. s end", ERR_LIMIT, "memory" },
	{ "script: rep", "local s = ('x'):rep(1e9)", ERR_SCRIPT, "string.rep" },
	{ "script: bytecode", "\x1bLua", ERR_SCRIPT, "" },
	{ "script: no pcall", "pcall(error)", ERR_SCRIPT, "nil value (global 'pcall')" },
	{ "script: no load", "load('x')", ERR_SCRIPT, "nil value" },
	{ "script: no io", "io.open('/etc/passwd')", ERR_SCRIPT, "nil value" },
	{ "script: no os", "os.execute('x')", ERR_SCRIPT, "nil value" },
	{ "script: no require", "require('x')", ERR_SCRIPT, "nil value" },
	{ "script: no dofile", "dofile('/etc/passwd')", ERR_SCRIPT, "nil value" },
	{ "script: no debug", "debug.getregistry()", ERR_SCRIPT, "nil value" },
	{ "script: no setmetatable", "setmetatable({}, {})", ERR_SCRIPT, "nil value" },
	{ "script: no getmetatable", "getmetatable('').__index.upper = nil", ERR_SCRIPT, "nil value" },
	{ "script: no coroutine", "coroutine.wrap(error)", ERR_SCRIPT, "nil value" },
	{ "script: no patterns", "('x'):find('x')", ERR_SCRIPT, "nil value" },
	{ "script: no format", "('%99d'):format(1)", ERR_SCRIPT, "nil value" },
	{ "script: no collectgarbage", "collectgarbage()", ERR_SCRIPT, "nil value" },
	{ "script: no addresses", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', tostring({}))", ERR_NONE, "table" },
	{ "script: error that is no text", "error({})", ERR_SCRIPT, "without a text" },
};

static int
get(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	(void)arg;
	(void)key;
	if (strcmp(name, "old") != 0)
		return 0;
	return value_text(v, VALUE_STRING, "stored", 6, e) == -1 ? -1 : 1;
}

static const char *const prefixes[] = { "HKLM\\SOFTWARE\\Ipesoft\\I" };
static const char *const files[] = { "app/x" };
static const struct expand_name own[] = { { "AppDir", "/srv/app" } };
static const struct script_facts facts = { "st", "linux", "A", "I", 7, files, 1, { own, 1, false },
	prefixes, 1, get, NULL, NULL };

static void
script(void **state)
{
	struct changeset c = CHANGESET_INIT;
	struct row *r = *state;
	struct buf b = BUF_INIT(1000);
	struct err e;

	if (r->want == ERR_NONE) {
		assert_ok(script_run("test.lua", (const uint8_t *)r->source, strlen(r->source), &facts, &c,
			      &e), &e);
		assert_int_equal(c.n, 1);
		assert_ok(value_format(&c.changes[0].value, &b, &e), &e);
		assert_string_equal(buf_text(&b), r->text);
	} else {
		assert_err(script_run("test.lua", (const uint8_t *)r->source, strlen(r->source), &facts, &c,
			       &e), r->want, &e);
		if (strstr(e.text, r->text) == NULL)
			fail_msg("want '%s' in '%s'", r->text, e.text);
		assert_int_equal(c.n, 0);
	}
	changeset_free(&c);
	buf_free(&b);
}

/* The script that the project began with: its third value keeps %AppData% for whoever reads it. */
static void
seed_script(void **state)
{
	static const char source[] =
	    "local client = [[HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_COV_PB\\TLS_Client]]\n"
	    "set(client, \"TLS_RequiredLevel\", \"TLSPeerAuth\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], \"DefaultApplication\", \"COV_PB\")\n"
	    "set(client, \"TLS_TrustedCerts\", \"%%AppData%%\\\\COV_PB\\\\server.crt\")\n";
	struct changeset c = CHANGESET_INIT;
	struct err e;

	(void)state;
	assert_ok(script_run("10-tls.lua", (const uint8_t *)source, sizeof source - 1, &facts, &c, &e), &e);
	assert_int_equal(c.n, 3);
	assert_string_equal(c.changes[0].key, "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_COV_PB\\TLS_Client");
	assert_string_equal(value_get_text(&c.changes[0].value), "TLSPeerAuth");
	assert_string_equal(c.changes[1].name, "DefaultApplication");
	assert_string_equal(value_get_text(&c.changes[2].value), "%AppData%\\COV_PB\\server.crt");
	changeset_free(&c);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = { cmocka_unit_test(seed_script) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, script);
	return _cmocka_run_group_tests("script", tests, n, NULL, NULL);
}
