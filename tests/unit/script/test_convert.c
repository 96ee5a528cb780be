/* SPDX-License-Identifier: ISC */
/*
 * lib/script/convert: batch files and registry export files as configuration scripts.  Each script
 * is run as well: it must do what the file says.
 */
#include "tests/unit/common/test.h"

#include "lib/script/convert.h"
#include "lib/script/script.h"

#define K  "HKLM\\SOFTWARE\\Ipesoft\\D\\cfg_A"
#define L  "[[" K "]]"
#define ON "reg add " K " "
#define REG \
	"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Ipesoft\\D\\cfg_A]\r\n"

static struct row {
	const char *name, *file;
	/* the script without its comments on lost lines; lines that are told of: "2: a part of it" */
	const char *script, *told;
} rows[] = {
	/* What administrators write. */
	{ "the seed's three lines",
	    "reg add HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB /v DefaultApplication /d COV_PB /f\r\n"
	    "reg add HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Client /v "
	    "TLS_RequiredLevel /t REG_SZ /d TLSPeerAuth /f\r\n"
	    "reg add \"HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Client\" /v "
	    "TLS_TrustedCerts /t REG_SZ /d \"%%AppData%%\\COV_PB\\server.crt\" /f\r\n",
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB]], \"DefaultApplication\", \"COV_PB\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Client]], "
	    "\"TLS_RequiredLevel\", \"TLSPeerAuth\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Client]], "
	    "\"TLS_TrustedCerts\", \"%%AppData%%\\\\COV_PB\\\\server.crt\")\n",
	    NULL },
	{ "no line end, no type", ON "/v a /d b", "set(" L ", \"a\", \"b\")\n", NULL },
	{ "a mark", "\xef\xbb\xbf" ON "/v a /d b", "set(" L ", \"a\", \"b\")\n", NULL },
	{ "options in any order and case, with '-'", ON "/F -T reg_sz /D b /V a /reg:64",
	    "set(" L ", \"a\", \"b\")\n", NULL },
	{ "root names",
	    "REG.EXE ADD Computer\\HKEY_LOCAL_MACHINE\\SOFTWARE\\Ipesoft\\D\\cfg_A /v a /d b",
	    "set(" L ", \"a\", \"b\")\n", NULL },
	{ "a path to reg.exe", "@ \"%SystemRoot%\\System32\\reg.exe\" add " K " /v a /d b",
	    "set(" L ", \"a\", \"b\")\n", NULL },
	{ "empty text", ON "/v a", "set(" L ", \"a\", \"\")\n", NULL },
	{ "empty text in quotes", ON "/v a /d \"\" /f", "set(" L ", \"a\", \"\")\n", NULL },
	{ "expand", ON "/v a /t REG_EXPAND_SZ /d %%A%%",
	    "set(" L ", \"a\", \"%%A%%\", \"expand\")\n", NULL },
	{ "dword", ON "/v a /t REG_DWORD /d 12", "set(" L ", \"a\", 12)\n", NULL },
	{ "dword in hexadecimal", ON "/v a /t REG_DWORD /d 0XfF", "set(" L ", \"a\", 255)\n",
	    NULL },
	{ "qword", ON "/v a /t REG_QWORD /d 9223372036854775807",
	    "set(" L ", \"a\", 9223372036854775807, \"qword\")\n", NULL },
	{ "binary", ON "/v a /t REG_BINARY /d 00fF25",
	    "set(" L ", \"a\", \"\\x00\\xff\\x25\", \"binary\")\n", NULL },
	{ "multi", ON "/v a /t REG_MULTI_SZ /d \"a b\\0%AppDir%\"",
	    "set(" L ", \"a\", { \"a b\", \"%AppDir%\" })\n", NULL },
	{ "multi that ends in a separator", ON "/v a /t REG_MULTI_SZ /d a\\0b\\0",
	    "set(" L ", \"a\", { \"a\", \"b\" })\n", NULL },
	{ "multi that ends in two", ON "/v a /t REG_MULTI_SZ /d a\\0\\0",
	    "set(" L ", \"a\", { \"a\" })\n", NULL },
	{ "multi with a separator of its own", ON "/v a /t REG_MULTI_SZ /s ; /d a\\0;b",
	    "set(" L ", \"a\", { \"a\\\\0\", \"b\" })\n", NULL },
	{ "empty multi", ON "/v a /t REG_MULTI_SZ", "set(" L ", \"a\", { })\n", NULL },
	{ "delete a value", "reg delete " K " /v a /f", "delete(" L ", \"a\")\n", NULL },
	{ "delete a key", "reg delete " K " /f", "delete(" L ")\n", NULL },
	{ "percent in a name", ON "/v 100%% /d b", "set(" L ", \"100%\", \"b\")\n", NULL },
	{ "a bracket in a key", "reg add HKLM\\SOFTWARE\\Ipesoft\\D\\cfg_A\\]] /v a /d b",
	    "set(\"HKLM\\\\SOFTWARE\\\\Ipesoft\\\\D\\\\cfg_A\\\\]]\", \"a\", \"b\")\n", NULL },
	{ "comments", "@echo off\r\nREM [[ one ]]\n::two\n:label\nrem\r\n" ON "/v a /d b",
	    "-- [[ one ]]\n-- two\n--\nset(" L ", \"a\", \"b\")\n", NULL },
	{ "a comment with a terminal's letters",
	    "rem a\xe2\x80\xae"
	    "b\n" ON "/v a /d b",
	    "-- a\\u{202e}b\nset(" L ", \"a\", \"b\")\n", NULL },
	{ "lines that change no setting",
	    "echo.\nsetlocal\ntitle x\ncls\nchcp 65001 >nul\ncd /d \"%~dp0\"\npause\nendlocal\n" ON
	    "/v a /d b\nexit /b 0\n",
	    "set(" L ", \"a\", \"b\")\n", NULL },

	/* Quoting of cmd.exe and of programs. */
	{ "quotes in a text", ON "/v a /d \"say \\\"hi\\\"\"",
	    "set(" L ", \"a\", \"say \\\"hi\\\"\")\n", NULL },
	{ "two quotes in quotes", ON "/v a /d \"x\"\"y\"", "set(" L ", \"a\", \"x\\\"y\")\n",
	    NULL },
	{ "quotes in the middle", ON "/v a /d C:\\x\" y\"z", "set(" L ", \"a\", \"C:\\\\x yz\")\n",
	    NULL },
	{ "backslashes before the quote", ON "/v a /d \"C:\\x\\\\\" /f",
	    "set(" L ", \"a\", \"C:\\\\x\\\\\")\n", NULL },
	{ "a caret", ON "/v a /d x^&y^^", "set(" L ", \"a\", \"x&y^\")\n", NULL },
	{ "a caret in quotes", ON "/v a /d \"x^&y|<>\"", "set(" L ", \"a\", \"x^&y|<>\")\n", NULL },
	{ "a line that goes on", ON "^\r\n  /v a ^\n  /d b\n" ON "/v c /d d",
	    "set(" L ", \"a\", \"b\")\nset(" L ", \"c\", \"d\")\n", NULL },
	{ "a comment that ends in a caret",
	    "rem two words ^\n" ON "/v a /d b\n  @REM c:\\x;^\n" ON "/v c /d d\nrem one^\n" ON
	    "/v e /d f",
	    "-- two words ^\nset(" L ", \"a\", \"b\")\n-- c:\\x;^\nset(" L
	    ", \"c\", \"d\")\n-- one^" ON "/v e /d f\n",
	    NULL },
	{ "a line that goes on into nothing", ON "/v a /d b^", "set(" L ", \"a\", \"b\")\n", NULL },
	{ "redirections", ON "/v a /d b >nul 2>&1\n" ON "/v c /d d1>\"x y\"\n" ON "/v 2>nul e /d f",
	    "set(" L ", \"a\", \"b\")\nset(" L ", \"c\", \"d1\")\nset(" L ", \"e\", \"f\")\n",
	    NULL },
	{ "behind && of a command that isn't turned",
	    "reg query " K " && " ON "/v a /d b && " ON "/v c /d d\nping x&&" ON
	    "/v e /d f\nping x & " ON "/v g /d h && " ON "/v i /d j && cd x && " ON "/v k /d l",
	    "set(" L ", \"g\", \"h\")\nset(" L ", \"i\", \"j\")\nset(" L ", \"k\", \"l\")\n",
	    "1: want reg add|1: it stands behind '&&'|1: it stands behind '&&'|2: 'ping'|2: it stands behind '&&'|3: 'ping'" },
	{ "behind && of a command that isn't turned, and one that is left out",
	    "reg query " K " && cd x && " ON "/v a /d b & " ON "/v c /d d\ncd x && " ON
	    "/v e /d f\nping x & cd y && " ON "/v g /d h",
	    "set(" L ", \"c\", \"d\")\nset(" L ", \"e\", \"f\")\nset(" L ", \"g\", \"h\")\n",
	    "1: want reg add|1: it stands behind '&&'|3: 'ping'" },
	{ "behind goto",
	    "goto x\n" ON "/v a /d b\nping x\n" ON "/v c /d d\n:x\n" ON
	    "/v e /d f\nping x && goto y\n" ON "/v g /d h\nGoTo:z\n" ON "/v i /d j\n:z",
	    "set(" L ", \"e\", \"f\")\nset(" L ", \"g\", \"h\")\n",
	    "1: 'goto'|2: it stands behind goto|3: 'ping'|4: it stands behind goto|7: 'ping'|7: it stands behind '&&'|9: 'GoTo:z'|10: it stands behind goto" },
	{ "behind goto:eof", ON "/v a /d b\ngoto:EOF\n:x\n" ON "/v c /d d",
	    "set(" L ", \"a\", \"b\")\n", "4: it stands behind exit or goto :eof" },
	{ "behind exit/b", ON "/v a /d b\nexit/b 0\n" ON "/v c /d d", "set(" L ", \"a\", \"b\")\n",
	    "3: it stands behind exit or goto :eof" },
	{ "two in a line", ON "/v a /d b&reg delete " K " /f && " ON "/v c /d d",
	    "set(" L ", \"a\", \"b\")\ndelete(" L ")\nset(" L ", \"c\", \"d\")\n", NULL },

	/* What can't be turned. */
	{ "32-bit view",
	    "reg add HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\D /v a /d b\n" ON "/v a /d b /reg:32",
	    "", "1: write it as HKLM\\SOFTWARE\\Ipesoft\\D;|2: /reg:32 is the 32-bit view" },
	{ "batch: the reg.exe of 32 bits",
	    "C:\\Windows\\SysWOW64\\reg.exe add " K " /v a /d b\n"
	    "%SystemRoot%\\syswow64\\REG add " K " /v a /d b /f",
	    "", "1: SysWOW64|2: SysWOW64" },
	{ "batch: the reg.exe of 32 bits, for the other view",
	    "C:\\Windows\\SysWOW64\\reg.exe add " K " /v a /d b /reg:64",
	    "set(" L ", \"a\", \"b\")\n", NULL },
	{ "a name that scripts don't have", ON "/v a /d %SystemRoot%\n" ON "/v a /d %X:a=b%", "",
	    "1: unknown name %SystemRoot%; write its text|2: unknown name %X:a=b%" },
	{ "an argument", ON "/v a /d %1\n" ON "/v a /d \"%~dp0x\"", "",
	    "1: %1 is an argument|2: %~ is an argument" },
	{ "a lone percent", ON "/v a /d 50%", "", "1: lone '%'" },
	{ "a name in a key",
	    "reg add HKLM\\SOFTWARE\\Ipesoft\\%AppDir% /v a /d b\n" ON "/v %AppDir% /d b", "",
	    "1: a key with a name in '%'|2: a value's name with a name" },
	{ "default value", ON "/ve /d x\n" ON "/d x\nreg delete " K " /ve", "",
	    "1: the default value|2: the default value|3: the default value" },
	{ "all values", "reg delete " K " /va /f", "", "1: /va" },
	{ "a key alone", "reg add " K "\nreg add", "",
	    "1: a key without a value|2: want a key behind" },
	{ "options that aren't there",
	    ON "/v a /x\n" ON "/v a /v b\n" ON "/v\nreg delete " K " /v a /d b", "",
	    "1: no option '/x'|2: stands twice|3: want a text behind /v|4: reg delete takes" },
	{ "types that settings don't have", ON "/v a /t REG_NONE\n" ON "/v a /t REG_LINK /d b", "",
	    "1: no type 'REG_NONE'|2: no type 'REG_LINK'" },
	{ "numbers that are none",
	    ON "/v a /t REG_DWORD /d 4294967296\n" ON "/v a /t REG_DWORD /d -1\n" ON
	       "/v a /t REG_DWORD\n" ON "/v a /t REG_QWORD /d 9223372036854775808\n" ON
	       "/v a /t REG_DWORD /d 0x\n" ON "/v a /t REG_QWORD /d 0x10000000000000001",
	    "",
	    "1: REG_DWORD: want|2: REG_DWORD|3: REG_DWORD|4: REG_QWORD|5: REG_DWORD|6: REG_QWORD" },
	{ "bytes that are none", ON "/v a /t REG_BINARY /d 0\n" ON "/v a /t REG_BINARY /d xx", "",
	    "1: pairs|2: pairs" },
	{ "an empty text in a multi",
	    ON "/v a /t REG_MULTI_SZ /d a\\0\\0b\n" ON "/v a /t REG_MULTI_SZ /d \\0\n" ON
	       "/v a /t REG_MULTI_SZ /s ab /d x\n" ON "/v a /s , /d b",
	    "", "1: got an empty one|2: got an empty one|3: /s: want one|4: /s is for" },
	{ "keys elsewhere",
	    "reg add HKCR\\x /v a /d b\nreg add \\\\pc\\HKLM\\x /v a /d b\nreg add HKLM /v a /d b\nreg add HKLM/x /v a /d b",
	    "", "1: want HKLM|2: another computer|3: |4: want a key with '\\'" },
	{ "Slipway's own keys",
	    "reg add HKLM\\SOFTWARE\\Slipway\\x /v a /d b\nreg delete HKLM\\SOFTWARE /f", "",
	    "1: Slipway's own settings|2: Slipway's own settings" },
	{ "keys of others need a look",
	    "reg add HKCU\\Control /v a /d b\nreg add HKLM\\SOFTWARE\\Ipesoft\\D\\Update /v Protocol /d SFTP\n"
	    "reg add HKLM\\SOFTWARE\\Ipesoft\\D\\Update /v Protocol /d disabled\n"
	    "reg add HKLM\\SOFTWARE\\Ipesoft\\D /v defaultapplication /d A\n"
	    "reg delete HKLM\\SOFTWARE\\Ipesoft\\D /v DefaultApplication",
	    "set([[HKCU\\Control]], \"a\", \"b\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D\\Update]], \"Protocol\", \"SFTP\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D\\Update]], \"Protocol\", \"disabled\")\n"
	    "set([[HKLM\\SOFTWARE\\Ipesoft\\D]], \"defaultapplication\", \"A\")\n"
	    "delete([[HKLM\\SOFTWARE\\Ipesoft\\D]], \"DefaultApplication\")\n",
	    "1: ScriptKeys|2: ScriptKeys|5: ScriptKeys" },
	{ "a text without its quote", ON "/v a /d \"C:\\x\\\" /f\n" ON "/v a /d b",
	    "set(" L ", \"a\", \"b\")\n", "1: a '\"' is missing" },
	{ "pipes and input",
	    ON "/v a /d b | more\n" ON "/v a /d b || exit\n" ON "/v a < x\n" ON "/v c /d d",
	    "set(" L ", \"c\", \"d\")\n", "1: joins commands|2: joins commands|3: '<' joins" },
	{ "other programs",
	    "setx A b\nreg query " K
	    "\nreg import x.reg\nregedit /s x.reg\nset A=b\ncall x\ngoto x\n\"\"",
	    "",
	    "1: 'setx'|2: got reg 'query'|3: the .reg file itself|4: the .reg file itself|5: 'set'|6: 'call'|7: 'goto'|8: ''" },
	{ "conditions and blocks",
	    "if \"%1\"==\"x\" (\n  " ON "/v a /d b\n  if exist y (echo z) else (\n" ON
	    "/v a /d b\n  )\n" ON "/v a /d b\n)\n" ON "/v c /d d\nfor %%i in (1 2) do " ON
	    "/v a /d b\n(\n" ON "/v a /d b\n)",
	    "set(" L ", \"c\", \"d\")\n",
	    "1: 'if'|2: in a block|3: 'if'|4: in a block|6: in a block|9: 'for'|10: '('|11: in a block" },
	{ "behind the end", ON "/v a /d b\nexit /b\n" ON "/v c /d d", "set(" L ", \"a\", \"b\")\n",
	    "3: behind exit" },
	{ "delayed expansion",
	    "setlocal EnableDelayedExpansion\n" ON "/v a /d !x!\nendlocal\n" ON "/v a /d !",
	    "set(" L ", \"a\", \"!\")\n", "2: '!' stands for" },
	{ "another encoding", ON "/v a /d \xe9\n" ON "/v a /d \xc3\xa9",
	    "set(" L ", \"a\", \"\xc3\xa9\")\n", "1: want UTF-8, got letters of a code page" },
	{ "another encoding in a comment", "rem \xe9\necho \xe9\n" ON "/v a /d b",
	    "-- \\xe9\nset(" L ", \"a\", \"b\")\n", NULL },
	{ "control characters", ON "/v a /d \x1b[0m\n" ON "/v a\td /d b", "",
	    "1: a control|2: no option 'd'" },
	{ "a tab in a text", ON "/v a /d \"x\ty\"", "set(" L ", \"a\", \"x\\ty\")\n", NULL },
	{ "nothing", "", "", NULL },

	/* Registry export files. */
	{ "reg: each type",
	    REG
	    "\"s\"=\"C:\\\\%AppData%\"\r\n\"e\"=hex(2):25,00,41,00,25,00,00,00\r\n\"d\"=dword:0000000f\r\n"
	    "\"b\"=hex:25,00\r\n\"m\"=hex(7):25,00,00,00,42,00,00,00,00,00\r\n\"q\"=hex(b):01,00,00,00,00,00,00,00\r\n"
	    "\"%\"=-\r\n[-HKEY_CURRENT_USER\\SOFTWARE\\Ipesoft\\D\\cfg_A\\x]\r\n; done\r\n",
	    "set(" L ", \"s\", \"C:\\\\%%AppData%%\")\nset(" L
	    ", \"e\", \"%%A%%\", \"expand\")\nset(" L ", \"d\", 15)\nset(" L
	    ", \"b\", \"\\x25\\x00\", \"binary\")\nset(" L ", \"m\", { \"%%\", \"B\" })\nset(" L
	    ", \"q\", 1, \"qword\")\ndelete(" L
	    ", \"%\")\ndelete([[HKCU\\SOFTWARE\\Ipesoft\\D\\cfg_A\\x]])\n-- done\n",
	    NULL },
	{ "reg: lines that can't be turned",
	    REG
	    "@=\"x\"\r\n\"a\"=hex(0):\r\nrubbish\r\n\"b\"=\"c\"\r\n[HKEY_CLASSES_ROOT\\x]\r\n\"a\"=\"b\"\r\n"
	    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Ipesoft\\D]\r\n\"a\"=\"b\"\r\n"
	    "[HKLM\\SOFTWARE\\Slipway]\r\n\"a\"=\"b\"\r\n[HKLM\\SOFTWARE\\Ipesoft]\r\n\"q\"=hex(b):ff,\\\r\n  ff,ff,ff,ff,ff,ff,ff\r\n",
	    "set(" L ", \"b\", \"c\")\n",
	    "4: the default value|5: hex(0)|6: want a '\"'|8: HKEY_CLASSES_ROOT|10: write it as HKLM\\SOFTWARE\\Ipesoft\\D;|13: Slipway's own|15: a qword over" },
	{ "reg: without its head", "[HKLM\\x]\r\n\"a\"=\"b\"\r\n", NULL,
	    "want 'Windows Registry Editor" },
	{ "reg: the older format", "\r\nREGEDIT4\r\n", NULL, "want 'Windows Registry Editor" },
};

/* Notes "N: why" a line. */
static int
on_told(void *arg, size_t line, const char *why, struct err *e)
{
	return buf_addf(arg, e, "%zu: %s\n", line, why);
}

/* Takes the next line of text, which *text is moved behind. */
static char *
next_told(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	assert_non_null(end);
	*end = '\0';
	*text = end + 1;
	return line;
}

/* Each part of want, which '|' separates, is the number of a line and a part of its text. */
static void
assert_told(const char *want, char *told)
{
	char part[200];

	for (; want != NULL && *want != '\0'; want += *want == '|') {
		size_t n = strcspn(want, "|"), number = strspn(want, "0123456789: ");
		char *line;

		assert_true(n < sizeof part);
		snprintf(part, sizeof part, "%.*s", (int)(n - number), want + number);
		if (*told == '\0')
			print_error("want '%.*s', got nothing\n", (int)n, want);
		line = next_told(&told);
		if (strncmp(line, want, number) != 0 || strstr(line, part) == NULL)
			print_error("want '%.*s', got '%s'\n", (int)n, want, line);
		assert_true(strncmp(line, want, number) == 0 && strstr(line, part) != NULL);
		want += n;
	}
	assert_string_equal(told, "");
}

/* The script without the comments that stand in the place of lost lines. */
static void
drop_lost(char *script)
{
	char *to = script;

	for (const char *p = script; *p != '\0';) {
		size_t n = strcspn(p, "\n") + 1;

		if (strncmp(p, "-- line ", 8) != 0) {
			memmove(to, p, n);
			to += n;
		}
		p += n;
	}
	*to = '\0';
}

/* Runs a script that may touch every key, and returns the number of its changes. */
static size_t
run_script(const char *text, size_t len)
{
	static const char *const keys[] = { "HKLM", "HKCU" };
	const struct expand_name names[] = { { "AppDir", "/a" }, { "SystemRoot", "/s" } };
	const struct script_facts facts = { .station = "S",
		.os = "linux",
		.application = "A",
		.installation = "I",
		.release = 1,
		.names = { .own = names, .n = N(names) },
		.prefixes = keys,
		.nprefixes = N(keys) };
	struct changeset c = CHANGESET_INIT;
	struct err e = { 0 };
	size_t n;

	assert_ok(script_run("script", (const uint8_t *)text, len, &facts, &c, &e), &e);
	n = c.n;
	changeset_free(&c);
	return n;
}

static void
turn(void **state)
{
	const struct row *r = *state;
	struct buf told = BUF_INIT(1 << 16), script = BUF_INIT(1 << 20);
	const struct convert_told to = { on_told, on_told, &told };
	struct convert_count n = { 7, 7 };
	struct err e = { 0 };

	if (r->script == NULL) {
		assert_err(convert(r->file, strlen(r->file), &to, &script, &n, &e), ERR_SYNTAX, &e);
		assert_non_null(strstr(e.text, r->told));
		assert_true(script.len == 0 && n.machine == 7 && n.user == 7);
	} else {
		assert_ok(convert(r->file, strlen(r->file), &to, &script, &n, &e), &e);
		assert_int_equal(run_script(buf_text(&script), script.len), n.machine + n.user);
		assert_ok(buf_addc(&told, '\0', &e), &e);
		assert_told(r->told, (char *)told.data);
		if (script.len > 0)
			drop_lost((char *)script.data);
		assert_string_equal(buf_text(&script), r->script);
	}
	buf_free(&told);
	buf_free(&script);
}

/* A text with '%' is stored as the .reg file has it, and as the batch file stores it. */
static void
percent(void **state)
{
	static const char reg[] = REG "\"a\"=\"%AppDir%;100%\"\r\n",
			  cmd[] = ON "/v a /d \"%AppDir%;100%%\"\r\n";
	struct buf script = BUF_INIT(1 << 16);
	struct convert_count n;
	struct err e;

	(void)state;
	assert_ok(convert(reg, sizeof reg - 1, NULL, &script, &n, &e), &e);
	assert_ok(convert(cmd, sizeof cmd - 1, NULL, &script, &n, &e), &e);
	assert_string_equal(buf_text(&script),
	    "set(" L ", \"a\", \"%%AppDir%%;100%%\")\nset(" L ", \"a\", \"%AppDir%;100%%\")\n");
	buf_free(&script);
}

static void
limits(void **state)
{
	struct buf file = BUF_INIT(CONVERT_FILE_MAX + 1), script = BUF_INIT(SCRIPT_SIZE_MAX);
	struct convert_count n;
	struct err e;

	(void)state;
	assert_ok(buf_adds(&file, ON "/v a /d ", &e), &e);
	while (file.len < 8191)
		assert_ok(buf_addc(&file, 'x', &e), &e);
	assert_ok(convert(file.data, file.len, NULL, &script, &n, &e), &e);
	assert_int_equal(n.machine, 1);
	assert_ok(buf_adds(&file, "x\r\n", &e), &e);
	buf_reset(&script);
	assert_ok(convert(file.data, file.len, NULL, &script, &n, &e), &e);
	assert_int_equal(n.machine, 0);
	assert_non_null(strstr(buf_text(&script), "at most 8191 bytes"));
	/* A line that goes on for ever, and a script that is too long. */
	buf_reset(&file);
	for (int i = 0; i < 20000; i++)
		assert_ok(buf_adds(&file, "x^\n", &e), &e);
	buf_reset(&script);
	assert_ok(convert(file.data, file.len, NULL, &script, &n, &e), &e);
	while (file.len < 2 * SCRIPT_SIZE_MAX)
		assert_ok(buf_adds(&file, "rem a comment of some length\n", &e), &e);
	buf_reset(&script);
	assert_err(convert(file.data, file.len, NULL, &script, &n, &e), ERR_TOO_LARGE, &e);
	assert_non_null(strstr(e.text, "divide the file"));
	assert_int_equal(script.len, 0);
	assert_err(convert(file.data, CONVERT_FILE_MAX + 1, NULL, &script, &n, &e), ERR_TOO_LARGE,
	    &e);
	buf_free(&file);
	buf_free(&script);
}

int
main(void)
{
	struct CMUnitTest tests[2 + N(rows)] = {
		cmocka_unit_test(percent),
		cmocka_unit_test(limits),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, rows, turn);
	return _cmocka_run_group_tests("convert", tests, n, NULL, NULL);
}
