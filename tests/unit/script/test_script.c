/* SPDX-License-Identifier: ISC */
/*
 * lib/script: the changes of scripts, and their limits, in this process and in a script child.
 */
#include "tests/unit/common/test.h"

#include "tests/unit/common/bad_end.h"

#include "lib/os/clock.h"
#include "lib/script/runner.h"

static struct row {
	const char *name, *source;
	enum err_code want;
	const char *text; /* of the last change, or a part of the error */
} rows[] = {
	{ "script: set a text", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')", ERR_NONE, "x" },
	{ "script: integer is a dword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 7)", ERR_NONE,
	    "dword:7" },
	{ "script: qword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 7, 'qword')", ERR_NONE,
	    "qword:7" },
	{ "script: expand", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%%Temp%%', 'expand')",
	    ERR_NONE, "expand:%Temp%" },
	{ "script: name expanded", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%AppDir%/x')",
	    ERR_NONE, "/srv/app/x" },
	{ "script: slashes", "set('HKLM/SOFTWARE/Ipesoft/I/cfg_X', 'a', 'x')", ERR_NONE, "x" },
	{ "script: facts",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', station.name .. station.os .. station.application .. "
	    "station.installation .. release.number)",
	    ERR_NONE, "stlinuxAI7" },
	{ "script: a file of the release",
	    "if file.exists('app/x') and not file.exists('app/y') then "
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'yes') end",
	    ERR_NONE, "yes" },
	{ "script: get",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', get([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'old') "
	    ".. tostring(get([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'none')))",
	    ERR_NONE, "storednil" },
	{ "script: string methods", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', ('ab'):upper())",
	    ERR_NONE, "AB" },
	{ "script: byte order mark", "\xef\xbb\xbfset([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')",
	    ERR_NONE, "x" },
	{ "script: byte order mark, and a fault in line 2", "\xef\xbb\xbf\nset(", ERR_SCRIPT,
	    "test.lua:2:" },
	{ "script: UTF-16", "\xff\xfes", ERR_SYNTAX, "want UTF-8 text, got UTF-16" },
	{ "script: UTF-16 of a .reg file", "\xff\xfeW\0i\0", ERR_SYNTAX, "got UTF-16" },
	{ "script: a batch file",
	    "@echo off\r\nreg add HKCR\\x\r\nreg add HKLM\\SOFTWARE\\Ipesoft\\I /v a /d \"%%A%%\\b\" /f\r\n",
	    ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 3 is in Lua: set([[HKLM\\SOFTWARE\\Ipesoft\\I]], \"a\", \"%%A%%\\\\b\")" },
	{ "script: a line of a batch file",
	    "-- mine\nset([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')\n\treg  delete HKLM\\SOFTWARE\\Ipesoft\\I\n",
	    ERR_SCRIPT,
	    "test.lua:3: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 3 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: a batch file without a change", "rem x\ncopy a b", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it" },
	{ "script: a registry export file",
	    "\r\nWindows Registry Editor Version 5.00\r\n\r\n[HKLM\\SOFTWARE\\Ipesoft\\I]\r\n\"a\"=\"%\"\r\n",
	    ERR_SCRIPT,
	    "test.lua:2: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 5 is in Lua: set([[HKLM\\SOFTWARE\\Ipesoft\\I]], \"a\", \"%%\")" },
	{ "script: a key of a registry export file", "[HKEY_LOCAL_MACHINE\\x]\n", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert'" },
	{ "script: a batch file with a comment",
	    ":: (c) us\r\nreg delete HKLM\\SOFTWARE\\Ipesoft\\I /f", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 2 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: a batch file with a label", ":start\r\nreg delete HKLM\\SOFTWARE\\Ipesoft\\I /f",
	    ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 2 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: a batch file that changes its folder",
	    "cd /d %~dp0\r\nreg delete HKLM\\SOFTWARE\\Ipesoft\\I /f", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 2 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: reg.exe in quotes",
	    "\"C:\\Windows\\reg.exe\" delete HKLM\\SOFTWARE\\Ipesoft\\I /f", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 1 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: reg.exe by its path",
	    "%SystemRoot%\\System32\\REG delete HKLM\\SOFTWARE\\Ipesoft\\I /f", ERR_SCRIPT,
	    "test.lua:1: this is no Lua; 'slipway script convert' turns .reg files and reg add into it; "
	    "line 1 is in Lua: delete([[HKLM\\SOFTWARE\\Ipesoft\\I]])" },
	{ "script: Lua with a fault behind a label", "::a:: x y", ERR_SCRIPT,
	    "test.lua:1: syntax error" },
	{ "script: Lua with a fault in a call", "local s = ('a')\n:rep(2) 3", ERR_SCRIPT,
	    "test.lua:2: unexpected symbol near '3'" },
	{ "script: Lua with a fault behind a text", "\"a\\\\b\" x", ERR_SCRIPT,
	    "test.lua:1: unexpected symbol" },
	{ "script: Lua with a fault beside reg add",
	    "-- reg add HKLM\\x /v a\nset('a' 'b')\nreg = 1", ERR_SCRIPT,
	    "test.lua:2: ')' expected" },
	{ "script: Lua with a fault behind a name of a command", "set  = 1 1", ERR_SCRIPT,
	    "test.lua:1: unexpected symbol" },
	{ "script: Lua that fails when it runs", "local reg\nreg.add = 1", ERR_SCRIPT,
	    "test.lua:2: attempt" },
	{ "script: syntax error", "set(\nset(", ERR_SCRIPT, "test.lua:2:" },
	{ "script: one backslash between quotes",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'C:\\server.crt')", ERR_SCRIPT,
	    "; between quotes a backslash is written twice" },
	{ "script: one backslash that makes a line end",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'C:\\new.crt')", ERR_SCRIPT,
	    "; between quotes a backslash is written twice" },
	{ "script: run-time error", "\n\nerror('stop')", ERR_SCRIPT, "test.lua:3: stop" },
	{ "script: lone percent", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '50%')", ERR_SCRIPT,
	    "lone '%'" },
	{ "script: unknown name", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%Nope%')", ERR_SCRIPT,
	    "%Nope%" },
	{ "script: another key", "set([[HKLM\\SOFTWARE\\Microsoft]], 'a', 'x')", ERR_SCRIPT,
	    "not allowed" },
	{ "script: key beside the prefix", "set([[HKLM\\SOFTWARE\\Ipesoft\\I2]], 'a', 'x')",
	    ERR_SCRIPT, "not allowed" },
	{ "script: our own key", "set([[HKLM\\SOFTWARE\\Slipway\\I\\A]], 'Server', 'x')",
	    ERR_SCRIPT, "not allowed" },
	{ "script: user's key from a machine script",
	    "set([[HKCU\\SOFTWARE\\Ipesoft\\I]], 'a', 'x')", ERR_SCRIPT, "not allowed" },
	{ "script: bad type", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x', 'blob')", ERR_SCRIPT,
	    "blob" },
	{ "script: negative dword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', -1)", ERR_SCRIPT,
	    "whole number" },
	{ "script: dword too large", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 4294967296)",
	    ERR_SCRIPT, "dword" },
	{ "script: a table as value", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', function() end)",
	    ERR_SCRIPT, "got a function" },
	{ "script: a table in a table", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', { {} })",
	    ERR_SCRIPT, "got a table in it" },
	{ "script: endless loop", "while true do end", ERR_LIMIT, "test.lua:1: the instruction" },
	{ "script: endless recursion", "local function f() return f() end f()", ERR_LIMIT,
	    "instruction" },
	{ "script: deep recursion", "local function f() return 1 + f() end f()", ERR_LIMIT,
	    "memory" },
	{ "script: memory", "local t = {} for i = 1, 1e9 do t[i] = i end", ERR_LIMIT, "memory" },
	{ "script: doubling text", "local s = 'x' while true do s = s .. s end", ERR_LIMIT,
	    "memory" },
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
	{ "script: no getmetatable", "getmetatable('').__index.upper = nil", ERR_SCRIPT,
	    "nil value" },
	{ "script: no coroutine", "coroutine.wrap(error)", ERR_SCRIPT, "nil value" },
	{ "script: no patterns", "('x'):find('x')", ERR_SCRIPT, "nil value" },
	{ "script: no format", "('%99d'):format(1)", ERR_SCRIPT, "nil value" },
	{ "script: no collectgarbage", "collectgarbage()", ERR_SCRIPT, "nil value" },
	{ "script: no addresses", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', tostring({}))",
	    ERR_NONE, "table" },
	{ "script: error that is no text", "error({})", ERR_SCRIPT, "without a text" },
	{ "script: table.concat",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', table.concat({ 'a', 'b' }, ';'))", ERR_NONE,
	    "a;b" },
	{ "script: multi", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', { 'x', '%%', '' })", ERR_NONE,
	    "multi:x|%||" },
	{ "script: multi without texts", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', {}, 'multi')",
	    ERR_NONE, "multi:" },
	{ "script: multi of numbers", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', { 1 })", ERR_SCRIPT,
	    "want a table of texts, got a number" },
	{ "script: multi of a text", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x', 'multi')",
	    ERR_SCRIPT, "want a table of texts" },
	{ "script: NUL in a multi", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', { 'x\\0y' })",
	    ERR_SCRIPT, "NUL" },
	{ "script: NUL in a name", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a\\0b', 'x')", ERR_SCRIPT,
	    "NUL" },
	{ "script: NUL in a value", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', 'x\\0y')", ERR_SCRIPT,
	    "control characters" },
	{ "script: NUL in a key", "set('HKLM\\\\SOFTWARE\\\\Ipesoft\\\\I\\0', 'a', 'x')",
	    ERR_SCRIPT, "control" },
	{ "script: negative qword", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', -1, 'qword')",
	    ERR_SCRIPT, "whole number" },
	{ "script: binary", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '\\0\\255', 'binary')",
	    ERR_NONE, "hex:00ff" },
	{ "script: a name without a value", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', '%Gone%')",
	    ERR_SCRIPT, "%Gone% has no value" },
	{ "script: our key, other case and separators",
	    "delete('hklm/Software/SLIPWAY/i/a', 'Server')", ERR_SCRIPT, "not allowed" },
	{ "script: our key, long root", "delete('HKEY_LOCAL_MACHINE/SOFTWARE/Slipway')", ERR_SCRIPT,
	    "not allowed" },
	{ "script: long name",
	    "local n = ('x'):rep(300) set([[HKLM\\SOFTWARE\\Ipesoft\\I]], n, 'x')", ERR_SCRIPT,
	    "over 255 bytes" },
	{ "script: long value", "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', ('x'):rep(70000))",
	    ERR_SCRIPT, "65536" },
	{ "script: too many changes",
	    "for i = 1, 30000 do set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', i) end", ERR_SCRIPT,
	    "20000" },
	{ "script: too large changes",
	    "local v = ('x'):rep(60000) for i = 1, 1000 do set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a' .. i, v) end",
	    ERR_SCRIPT, "over 4194304 bytes" },
	{ "script: too many questions", "for i = 1, 10001 do file.exists('x') end", ERR_SCRIPT,
	    "over 10000 " },
	{ "script: too much talk", "for i = 1, 1001 do log('x') end", ERR_SCRIPT,
	    "over 1000 lines" },
	{ "script: a log line with an escape", "log('\\27[31m')", ERR_SCRIPT, "without control" },
	{ "script: a long log line", "log(('x'):rep(1001))", ERR_SCRIPT, "1000 bytes" },
	{ "script: concat eats memory",
	    "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1e6) end table.concat(t)", ERR_LIMIT,
	    "memory" },
	{ "script: concat to the edge",
	    "local t = {} for i = 1, 100 do t[i] = 'x' end local s = ('x'):rep(1e6) table.concat(t, s)",
	    ERR_LIMIT, "memory" },
	{ "script: rep of rep", "local s = 'x' for i = 1, 100 do s = s:rep(1000) end", ERR_SCRIPT,
	    "string.rep" },
	{ "script: rep with separator", "('x'):rep(2000, ('y'):rep(1000))", ERR_SCRIPT,
	    "string.rep" },
	{ "script: select from the end",
	    "local t = select(-1, 1, 2) set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', t)", ERR_NONE,
	    "dword:2" },
	{ "script: many results", "string.byte(('x'):rep(1e6), 1, -1)", ERR_SCRIPT, "too long" },
	{ "script: deep nesting",
	    "local s = 1 "
	    "x = ((((((((((((((((((((((((((((((((((((((((((((((((((((("
	    "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	    "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1",
	    ERR_SCRIPT, "overflow" },
	{ "script: error in a called function", "local function f()\n error('deep')\nend\nf()",
	    ERR_SCRIPT, "test.lua:2: deep" },
	{ "script: line of a refused key", "\n\nset('HKLM/SOFTWARE/X', 'a', 'x')", ERR_SCRIPT,
	    "test.lua:3: key HKLM\\SOFTWARE\\X is not allowed" },
	{ "script: metatable of strings", "(''):upper().x = 1", ERR_SCRIPT, "index" },
	{ "script: string library replaced",
	    "string.upper = function() return 'mine' end "
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', ('x'):upper())",
	    ERR_NONE, "X" },
	{ "script: no dump", "string.dump(function() end)", ERR_SCRIPT, "nil value" },
	{ "script: no gsub", "('x'):gsub('x', 'y')", ERR_SCRIPT, "nil value" },
	{ "script: no pack", "string.pack('i', 1)", ERR_SCRIPT, "nil value" },
	{ "script: no sort", "table.sort({})", ERR_SCRIPT, "nil value" },
	{ "script: no random", "math.random()", ERR_SCRIPT, "nil value" },
	{ "script: no rawset", "rawset(_G, 'x', 1)", ERR_SCRIPT, "nil value" },
	{ "script: no print", "print('x')", ERR_SCRIPT, "nil value" },
	{ "script: no warn", "warn('x')", ERR_SCRIPT, "nil value" },
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

static int
exists(void *arg, const char *target, struct err *e)
{
	(void)arg;
	(void)e;
	return strcmp(target, "app/x") == 0;
}

/* The second list allows too much: Slipway's own settings stay out of reach all the same. */
static const char *const prefixes[] = { "HKLM\\SOFTWARE\\Ipesoft\\I" };
static const char *const wide[] = { "HKLM", "HKCU" };
static const struct expand_name own[] = { { "AppDir", "/srv/app" }, { "Gone", NULL } };
static struct script_facts facts = { .station = "st",
	.os = "linux",
	.application = "A",
	.installation = "I",
	.release = 7,
	.names = { .own = own, .n = N(own) },
	.prefixes = prefixes,
	.nprefixes = N(prefixes),
	.get = get,
	.exists = exists };

/*
 * One child for many rows, because its start can take longer than its work; a child that has met a
 * limit isn't used again.
 */
static struct runner *shared;

static int
end_shared(void **state)
{
	(void)state;
	runner_end(shared);
	shared = NULL;
	return 0;
}

static int
in_child(const char *name, const char *source, struct changeset *c, struct err *e)
{
	int rc;

	err_clear(e);
	if (shared == NULL &&
	    (shared = runner_start(&facts, SCRIPT_TIME_MAX_MS, clock_mono_ms() + 600000, e)) ==
		NULL)
		return -1;
	rc = runner_run(shared, name, (const uint8_t *)source, strlen(source), c, e);
	if (rc == -1 && e->code != ERR_SCRIPT)
		end_shared(NULL);
	return rc;
}

static int
in_process(const char *name, const char *source, struct changeset *c, struct err *e)
{
	return script_run(name, (const uint8_t *)source, strlen(source), &facts, c, e);
}

/* Each script, here and in a child: the same result. */
static void
script(void **state)
{
	int (*const how[])(const char *, const char *, struct changeset *,
	    struct err *) = { in_process, in_child };
	struct row *r = *state;

	for (size_t i = 0; i < N(how); i++) {
		struct changeset c = CHANGESET_INIT;
		struct buf b = BUF_INIT(1000);
		struct err e;

		if (r->want == ERR_NONE) {
			assert_ok(how[i]("test.lua", r->source, &c, &e), &e);
			assert_int_equal(c.n, 1);
			assert_ok(value_format(&c.changes[0].value, &b, &e), &e);
			assert_string_equal(buf_text(&b), r->text);
		} else {
			assert_int_equal(how[i]("test.lua", r->source, &c, &e), -1);
			if (BAD_END_SLOW && e.code == ERR_LIMIT &&
			    strstr(r->source, "10001") != NULL) {
				print_message(
				    "%s: stopped by the clock first: too many questions for wine\n",
				    r->name);
				skip();
			}
			assert_int_equal(e.code, r->want);
			if (strncmp(e.text, "test.lua:", 9) != 0 || strstr(e.text, r->text) == NULL)
				fail_msg("want 'test.lua:' and '%s' in '%s'", r->text, e.text);
			assert_int_equal(c.n, 0);
		}
		changeset_free(&c);
		buf_free(&b);
	}
}

/* Keys that reach Slipway's settings where everything else is allowed. */
static struct own_row {
	const char *name, *source;
	bool allowed;
} own_rows[] = {
	{ "own: itself", "delete('HKLM/SOFTWARE/Slipway')", false },
	{ "own: below", "get('HKLM/SOFTWARE/Slipway/I/A', 'Server')", false },
	{ "own: other case", "set('hkey_local_machine\\\\SOFTware\\\\sLIPWAY', 'a', 'x')", false },
	{ "own: the tree above", "delete('HKLM/SOFTWARE')", false },
	{ "own: for 32-bit programs", "delete('HKLM/SOFTWARE/WOW6432Node')", false },
	{ "own: long s", "set('HKLM/\xc5\xbfOFTWARE/\xc5\xbfl\xc4\xb1pway', 'a', 'x')", false },
	{ "own: a value of the key above", "set('HKLM/SOFTWARE', 'a', 'x')", true },
	{ "own: a neighbour", "delete('HKLM/SOFTWARE/Slipway2')", true },
	{ "own: the user's", "delete('HKCU/SOFTWARE/Slipway')", false },
	{ "own: the user's, below", "set('HKCU/Software/SLIPWAY/I/A', 'a', 'x')", false },
	{ "own: the user's tree above", "delete('HKCU/SOFTWARE')", false },
	{ "own: a user's neighbour", "delete('HKCU/SOFTWARE/Slipway2')", true },
};

static void
reaches_own(void **state)
{
	struct own_row *r = *state;
	struct changeset c = CHANGESET_INIT;
	struct err e;

	if (r->allowed)
		assert_ok(in_child("x.lua", r->source, &c, &e), &e);
	else
		assert_err(in_child("x.lua", r->source, &c, &e), ERR_SCRIPT, &e);
	changeset_free(&c);
}

/* The clock ends work that the count of instructions doesn't see. */
static void
stopped_by_the_clock(void **state)
{
	static const char source[] = "local t = {} for i = 1, 1000000 do t[i] = i end "
				     "while true do table.insert(t, 1, 0) table.remove(t, 1) end";
	struct changeset c = CHANGESET_INIT;
	struct runner *r;
	struct err e;

	(void)state;
	assert_non_null(r = runner_start(&facts, SCRIPT_TIME_MAX_MS, clock_mono_ms() + 2500, &e));
	assert_null(runner_confined(r));
	assert_err(runner_run(r, "slow.lua", (const uint8_t *)source, sizeof source - 1, &c, &e),
	    ERR_TIMEOUT, &e);
	assert_non_null(strstr(e.text, "slow.lua: stopped, because the update's deadline passed"));
	assert_non_null(runner_confined(r));
	assert_err(runner_run(r, "next.lua", (const uint8_t *)"", 0, &c, &e), ERR_CONFLICT, &e);
	runner_end(r);

	assert_non_null(r = runner_start(&facts, 1000, clock_mono_ms() + 600000, &e));
	assert_err(runner_run(r, "slow.lua", (const uint8_t *)source, sizeof source - 1, &c, &e),
	    ERR_LIMIT, &e);
	assert_non_null(strstr(e.text, "slow.lua: stopped after 1 seconds"));
	runner_end(r);
	assert_int_equal(c.n, 0);
}

/* One child runs many scripts; no script sees another's variables, and a failed one harms none. */
static void
many_in_one_child(void **state)
{
	static const char leave[] =
	    "left = 'x' set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'a', tostring(left))",
			  look[] = "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'b', tostring(left))";
	struct changeset c = CHANGESET_INIT;
	struct runner *r;
	struct err e;

	(void)state;
	assert_non_null(r = runner_start(&facts, SCRIPT_TIME_MAX_MS, clock_mono_ms() + 60000, &e));
	assert_ok(runner_run(r, "1.lua", (const uint8_t *)leave, sizeof leave - 1, &c, &e), &e);
	assert_err(runner_run(r, "2.lua", (const uint8_t *)"error()", 7, &c, &e), ERR_SCRIPT, &e);
	assert_ok(runner_run(r, "3.lua", (const uint8_t *)look, sizeof look - 1, &c, &e), &e);
	assert_int_equal(c.n, 2);
	assert_string_equal(value_get_text(&c.changes[0].value), "x");
	assert_string_equal(value_get_text(&c.changes[1].value), "nil");
	runner_end(r);
	changeset_free(&c);
}

/* The largest change set arrives whole and in order. */
static void
large_answer(void **state)
{
	static const char source[] = "local v = ('x'):rep(190) for i = 1, 20000 do "
				     "set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'n' .. i, v .. i) end";
	struct changeset c = CHANGESET_INIT;
	struct err e;

	(void)state;
	/* 20,000 of 190 bytes and a key */
	assert_int_equal(in_child("large.lua", source, &c, &e), -1);
	assert_int_equal(c.n, 0);
	assert_non_null(strstr(e.text, "over 4194304 bytes"));
	assert_ok(in_child("large.lua",
		      "for i = 1, 20000 do set([[HKLM\\SOFTWARE\\Ipesoft\\I]], 'n' .. i, "
		      "('x'):rep(100) .. i) end",
		      &c, &e),
	    &e);
	assert_int_equal(c.n, 20000);
	assert_string_equal(c.changes[19999].name, "n20000");
	changeset_free(&c);
}

static void
large_source(void **state)
{
	struct changeset c = CHANGESET_INIT;
	char *source = malloc(SCRIPT_SIZE_MAX + 2);
	struct err e;

	(void)state;
	memset(source, '\n', SCRIPT_SIZE_MAX + 1);
	source[SCRIPT_SIZE_MAX + 1] = '\0';
	assert_err(in_child("large.lua", source, &c, &e), ERR_TOO_LARGE, &e);
	source[SCRIPT_SIZE_MAX] = '\0';
	assert_ok(in_child("large.lua", source, &c, &e), &e);
	memcpy(source + SCRIPT_SIZE_MAX - 8, "error(1)", 8);
	assert_err(in_child("large.lua", source, &c, &e), ERR_SCRIPT, &e);
	free(source);
}

/* Lua cuts the names of its chunks; ours are whole. */
static void
long_name(void **state)
{
	char name[] =
	    "scripts/machine/10-a-name-that-is-longer-than-the-sixty-characters-that-lua-keeps.lua";
	struct changeset c = CHANGESET_INIT;
	char want[200];
	struct err e;

	(void)state;
	snprintf(want, sizeof want, "%s:2: stop", name);
	assert_err(in_child(name, "\nerror('stop')", &c, &e), ERR_SCRIPT, &e);
	assert_string_equal(e.text, want);
}

/* The project's first script: its third value keeps %AppData% for the reader of the setting. */
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
	assert_ok(
	    script_run("10-tls.lua", (const uint8_t *)source, sizeof source - 1, &facts, &c, &e),
	    &e);
	assert_int_equal(c.n, 3);
	assert_string_equal(c.changes[0].key, "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_COV_PB\\TLS_Client");
	assert_string_equal(value_get_text(&c.changes[0].value), "TLSPeerAuth");
	assert_string_equal(c.changes[1].name, "DefaultApplication");
	assert_string_equal(value_get_text(&c.changes[2].value), "%AppData%\\COV_PB\\server.crt");
	changeset_free(&c);
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &script_child_role, NULL };
	static struct CMUnitTest tests[140] = { cmocka_unit_test(seed_script),
		cmocka_unit_test(stopped_by_the_clock), cmocka_unit_test(many_in_one_child),
		cmocka_unit_test(large_answer), cmocka_unit_test(large_source),
		cmocka_unit_test(long_name) };
	size_t n = 6;
	int failed;

	child_main(roles, argc, argv);
	TEST_ROWS(tests, n, rows, script);
	failed = _cmocka_run_group_tests("script", tests, n, NULL, end_shared);
	n = 0;
	TEST_ROWS(tests, n, own_rows, reaches_own);
	facts.prefixes = wide;
	facts.nprefixes = N(wide);
	return failed + _cmocka_run_group_tests("script-own", tests, n, NULL, end_shared);
}
