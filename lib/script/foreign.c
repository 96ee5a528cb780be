/* SPDX-License-Identifier: ISC */
/* Scripts that are batch files or registry export files. */
#include "lib/script/foreign.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/script/convert.h"
#include "lib/script/regcommand.h"
#include "lib/script/script.h"
#include "lib/settings/regfile.h"

size_t
foreign_error_line(const char *name, const struct err *e)
{
	size_t n = strlen(name);
	const char *digits = e->text + n + 1;
	uint64_t line;

	if (strncmp(e->text, name, n) != 0 || e->text[n] != ':' ||
	    number_parse(digits, strspn(digits, "0123456789"), 1, SCRIPT_SIZE_MAX, &line) == -1)
		return 1;
	return (size_t)line;
}

/* The start of a line of the source. */
static const char *
line_start(const char *source, size_t len, size_t line)
{
	const char *p = source, *end = source + len, *stop;

	while (--line > 0 && (stop = memchr(p, '\n', (size_t)(end - p))) != NULL)
		p = stop + 1;
	return p;
}

/*
 * Whether a line is a comment ("::") or a label (":name") of a batch file. In Lua "::name::" is a
 * label, and a call of a method may go on with ":name" and its arguments.
 */
static bool
is_batch_remark(const char *s, size_t len)
{
	bool comment = len > 1 && s[1] == ':';

	if (len < 2 || *s != ':')
		return false;
	for (size_t i = 2; i < len; i++)
		if (comment ? s[i] == ':' && s[i - 1] == ':' && i > 2
			    : strchr("(\"'{[", s[i]) != NULL)
			return false;
	return true;
}

/* Whether a word names reg.exe by its path: "C:\...\reg.exe", %SystemRoot%\...\reg. */
static bool
is_path_of_reg(const char *word, size_t len)
{
	char name[SETTING_PART_MAX];

	if (len > 2 && word[0] == '"' && word[len - 1] == '"') {
		word++;
		len -= 2;
	}
	if (len >= sizeof name || memchr(word, '\\', len) == NULL)
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	return regcommand_is(name);
}

/*
 * Whether a line begins as one of a batch file: by a command, behind which there is an argument.
 * In Lua a name is followed by '=', '(' or the like, and none of these words is one of its own.
 */
static bool
is_batch_line(const char *s, size_t len)
{
	static const char *const commands[] = { "reg", "reg.exe", "regedit", "rem", "echo", "set",
		"setlocal", "setx", "call", "title", "chcp", "exit", "cd", "pushd" };
	size_t n = 0, behind;

	if ((len > 0 && *s == '@') || is_batch_remark(s, len))
		return true;
	while (n < len && !text_blank(s[n]))
		n++;
	for (behind = n; behind < len && text_blank(s[behind]);)
		behind++;
	if (behind == len || memchr("=(,.:[{\"'", s[behind], 9) != NULL)
		return false;
	if (is_path_of_reg(s, n))
		return true;
	for (size_t i = 0; i < N(commands); i++)
		if (ascii_same_n(s, n, commands[i], strlen(commands[i])))
			return true;
	return false;
}

static bool
is_foreign_line(const char *p, const char *end)
{
	size_t len = text_line(p, (size_t)(end - p));

	text_trim(&p, &len);
	return is_batch_line(p, len) || reg_is_file(p, len);
}

/* Appends what the first change is in Lua; nothing where there is none, or it would be too long. */
static void
add_first(const char *source, size_t len, size_t before, struct buf *out)
{
	struct buf lua = BUF_INIT(SCRIPT_SIZE_MAX);
	struct err ignored;
	size_t line = 0;

	if (convert_first(source, len, &line, &lua, &ignored) == 1 && lua.len < ERR_TEXT_SIZE / 2)
		(void)buf_addf(out, &ignored, "; line %zu is in Lua: %s", before + line,
		    buf_text(&lua));
	buf_free(&lua);
}

void
foreign_explain(const char *name, const void *source, size_t len, size_t line, struct err *e)
{
	const char *text = source, *end = text + len, *start = line_start(text, len, line);
	struct buf first = BUF_INIT(ERR_TEXT_SIZE);
	bool whole = reg_is_file(source, len);

	if (!whole && !is_foreign_line(start, end))
		return;
	if (whole)
		add_first(text, len, 0, &first);
	else
		add_first(start, (size_t)(end - start), line - 1, &first);
	err_setx(e, ERR_SCRIPT,
	    "%s:%zu: this is no Lua; 'slipway script convert' turns .reg files and reg add into it%s",
	    name, line, buf_text(&first));
	buf_free(&first);
}
