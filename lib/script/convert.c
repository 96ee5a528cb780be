/* SPDX-License-Identifier: ISC */
/* Batch files and registry export files as configuration scripts. */
#include "lib/script/convert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/script/batch.h"
#include "lib/script/keyguard.h"
#include "lib/script/regcommand.h"
#include "lib/settings/application.h"
#include "lib/settings/regfile.h"

struct conversion {
	const struct convert_told *told; /* NULL: nobody is told */
	struct buf out;
	struct convert_count n;
	size_t from; /* changes at lines before it are left out */
	bool one;    /* end at the first change */
	size_t line; /* of the change that was turned last */
	/* batch files: behind "exit"; '!' means something; this command, the one before was lost */
	bool ended, delayed, lost, lost_before;
	size_t left_at; /* ... behind "goto", before which one label less was read; 0: not */
};

/* Leaves a visit at the first change. */
#define DONE ERR_EXISTS

static int
lose(struct conversion *c, size_t line, const char *why, struct err *e)
{
	struct buf safe = BUF_INIT(ERR_TEXT_SIZE * 8);
	int rc = c->told == NULL ? 0 : c->told->lost(c->told->arg, line, why, e);

	c->lost = true;

	if (rc == 0 && !c->one && (rc = text_add_safe(&safe, why, strlen(why), e)) == 0)
		rc = buf_addf(&c->out, e, "-- line %zu isn't turned: %s\n", line, buf_text(&safe));
	buf_free(&safe);
	return rc;
}

/* A comment of the file.  Behind "-- " a "[[" begins no long comment of Lua. */
static int
put_comment(struct conversion *c, const char *text, struct err *e)
{
	size_t len = strlen(text);

	if (c->one)
		return 0;
	text_trim(&text, &len);
	return buf_adds(&c->out, len == 0 ? "--" : "-- ", e) == -1 ||
		text_add_safe(&c->out, text, len, e) == -1 || buf_addc(&c->out, '\n', e) == -1
	    ? -1
	    : 0;
}

/* A text in quotes.  doubled: each '%' in it becomes two.  Only binary values have such bytes. */
static int
put_lua_text(struct buf *out, const char *text, size_t len, bool doubled, struct err *e)
{
	int rc = buf_addc(out, '"', e);

	for (size_t i = 0; i < len && rc == 0; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\t')
			rc = buf_adds(out, "\\t", e);
		else if (c < 0x20 || c == 0x7f)
			rc = buf_addf(out, e, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			rc = buf_addf(out, e, "\\%c", c);
		else if (c == '%' && doubled)
			rc = buf_adds(out, "%%", e);
		else
			rc = buf_addc(out, (char)c, e);
	}
	return rc == -1 ? -1 : buf_addc(out, '"', e);
}

static int
put_key(struct buf *out, const char *key, struct err *e)
{
	if (strchr(key, ']') == NULL)
		return buf_addf(out, e, "[[%s]]", key);
	return put_lua_text(out, key, strlen(key), false, e);
}

static int
put_bytes(struct buf *out, const struct value *v, struct err *e)
{
	int rc = buf_addc(out, '"', e);

	for (size_t i = 0; i < v->len && rc == 0; i++)
		rc = buf_addf(out, e, "\\x%02x", v->data[i]);
	return rc == -1 ? -1 : buf_addc(out, '"', e);
}

static int
put_multi(struct buf *out, const struct value *v, bool doubled, struct err *e)
{
	const char *p = (const char *)v->data, *end = p == NULL ? p : p + v->len;
	int rc = buf_adds(out, v->len > 0 ? "{ " : "{ }", e);

	while (rc == 0 && p < end) {
		size_t n = strlen(p);

		if ((rc = put_lua_text(out, p, n, doubled, e)) == 0)
			rc = buf_adds(out, p + n + 1 < end ? ", " : " }", e);
		p += n + 1;
	}
	return rc;
}

/* A value and, where it doesn't follow from Lua's own, its type. */
static int
put_lua_value(struct buf *out, const struct value *v, bool doubled, struct err *e)
{
	switch (v->type) {
	case VALUE_DWORD:
		return buf_addf(out, e, "%" PRIu64, v->number);
	case VALUE_QWORD:
		return buf_addf(out, e, "%" PRIu64 ", \"qword\"", v->number);
	case VALUE_MULTI:
		return put_multi(out, v, doubled, e);
	case VALUE_BINARY:
		return put_bytes(out, v, e) == -1 ? -1 : buf_adds(out, ", \"binary\"", e);
	case VALUE_EXPAND:
		return put_lua_text(out, value_get_text(v), v->len, doubled, e) == -1
		    ? -1
		    : buf_adds(out, ", \"expand\"", e);
	default:
		return put_lua_text(out, value_get_text(v), v->len, doubled, e);
	}
}

static int
put_change(struct buf *out, const struct change *x, bool doubled, struct err *e)
{
	if (buf_adds(out, x->op == CHANGE_SET ? "set(" : "delete(", e) == -1 ||
	    put_key(out, x->key, e) == -1 ||
	    (x->name != NULL &&
		(buf_adds(out, ", ", e) == -1 ||
		    put_lua_text(out, x->name, strlen(x->name), false, e) == -1)))
		return -1;
	if (x->op == CHANGE_SET &&
	    (buf_adds(out, ", ", e) == -1 || put_lua_value(out, &x->value, doubled, e) == -1))
		return -1;
	return buf_addc(out, ')', e);
}

/* What scripts can't change at all, and numbers that Lua doesn't have. */
static int
check_convertible(const struct change *x, struct err *e)
{
	static const char *const roots[] = { "HKLM", "HKCU" };

	if (x->op == CHANGE_SET && x->value.type == VALUE_QWORD && x->value.number > INT64_MAX)
		return err_setx(e, ERR_SYNTAX,
		    "a qword over 9223372036854775807, which Lua doesn't have");
	return keyguard_check(x->key, x->op == CHANGE_DELETE_TREE, roots, 2, e);
}

/*
 * Whether stations let scripts make a change unless they are told otherwise: of an application's
 * settings, or of a single value of an installation.
 */
static bool
is_usual(const struct change *x)
{
	static const char *const vendor[] = { SETTINGS_VENDOR_KEY "\\",
		"HKCU\\SOFTWARE\\" SETTINGS_VENDOR "\\" };
	char installation[SETTING_PART_MAX + 1];
	const struct keyguard_single *single;
	const char *p = NULL;

	for (size_t i = 0; i < N(vendor); i++) {
		size_t n = strlen(vendor[i]);

		if (ascii_same_n(x->key, strlen(x->key) < n ? strlen(x->key) : n, vendor[i], n))
			p = x->key + n;
	}
	if (p == NULL)
		return false;
	snprintf(installation, sizeof installation, "%.*s", (int)strcspn(p, "\\"), p);
	p += strcspn(p, "\\");
	if (strlen(p) > 5 && ascii_same_n(p, 5, "\\cfg_", 5))
		return true;
	single = x->op == CHANGE_SET ? keyguard_single(installation, x->key, x->name) : NULL;
	return single != NULL &&
	    (single->to == NULL || ascii_same(single->to, value_get_text(&x->value)));
}

static int
note_unusual(struct conversion *c, size_t line, const struct change *x, struct err *e)
{
	struct err why;

	if (c->told == NULL || is_usual(x))
		return 0;
	err_setx(&why, ERR_SCRIPT,
	    "key %.200s: a station lets scripts change it only where its ScriptKeys name it",
	    x->key);
	return c->told->look(c->told->arg, line, why.text, e);
}

static int
turn(struct conversion *c, size_t line, const struct change *x, bool doubled, struct err *e)
{
	struct err why;

	if (check_convertible(x, &why) == -1)
		return lose(c, line, why.text, e);
	if (put_change(&c->out, x, doubled, e) == -1)
		return -1;
	if (strncmp(x->key, "HKCU", 4) == 0)
		c->n.user++;
	else
		c->n.machine++;
	c->line = line;
	if (c->one)
		return err_setx(e, DONE, "done");
	return buf_addc(&c->out, '\n', e) == -1 ? -1 : note_unusual(c, line, x, e);
}

static int
on_reg_change(void *arg, size_t line, const struct change *x, struct err *e)
{
	return turn(arg, line, x, true, e);
}

static int
on_reg_refused(void *arg, size_t line, const char *why, struct err *e)
{
	return lose(arg, line, why, e);
}

static int
on_reg_comment(void *arg, size_t line, const char *text, struct err *e)
{
	(void)line;
	return put_comment(arg, text, e);
}

/* Whether a word is a command of cmd.exe, behind which its text may stand at once: "goto:eof". */
static bool
begins_command(const char *word, const char *command)
{
	size_t n = strlen(command);

	return strlen(word) >= n && ascii_same_n(word, n, command, n) &&
	    (word[n] == '\0' || word[n] == ':' || word[n] == '/');
}

/*
 * Whether a command of a batch file changes no setting and nothing of how the file goes on: it is
 * left out without a word.
 */
static bool
is_idle(struct conversion *c, const struct strings *words)
{
	static const char *const idle[] = { "title", "cls", "color", "pause", "chcp", "ver", "cd",
		"pushd", "popd", "timeout" };
	const char *first = words->v[0], *second = words->n > 1 ? words->v[1] : "";

	for (size_t i = 0; i < N(idle); i++)
		if (ascii_same(first, idle[i]))
			return true;
	if (ascii_same_n(first, strlen(first) < 4 ? strlen(first) : 4, "echo", 4))
		return strlen(first) == 4 || strchr(".:/\\,;([+=", first[4]) != NULL;
	if (ascii_same(first, "setlocal")) {
		for (size_t i = 1; i < words->n; i++)
			c->delayed |= ascii_same(words->v[i], "EnableDelayedExpansion");
		return true;
	}
	if (ascii_same(first, "endlocal")) {
		c->delayed = false;
		return true;
	}
	if (!begins_command(first, "exit") && !ascii_same(first, "goto:eof") &&
	    !(ascii_same(first, "goto") && ascii_same(second, ":eof")))
		return false;
	c->ended = true;
	return true;
}

/* Why a command that isn't idle can't be turned, whatever it is; NULL: it may be. */
static const char *
why_not(const struct conversion *c, const struct batch *b, const struct strings *words)
{
	bool exclaims = false;

	for (size_t i = 0; i < words->n; i++)
		exclaims |= strchr(words->v[i], '!') != NULL;
	if (b->in_block)
		return "it stands in a block in parentheses, which runs only sometimes or several times";
	if (b->if_well && c->lost_before)
		return "it stands behind '&&' and a command that isn't turned, and runs only where that one succeeds";
	if (c->ended)
		return "it stands behind exit or goto :eof";
	if (c->delayed && exclaims)
		return "'!' stands for a variable here (EnableDelayedExpansion); write its text";
	if (ascii_same(words->v[0], "regedit") || ascii_same(words->v[0], "regedit.exe"))
		return "regedit: turn the .reg file itself";
	return NULL;
}

static int
turn_command(struct conversion *c, const struct batch *b, const struct strings *words,
    struct err *e)
{
	struct changeset changes = CHANGESET_INIT;
	bool reg = regcommand_is(words->v[0]), comment = ascii_same(words->v[0], "rem");
	const char * not ;
	struct err why;
	int rc;

	if (comment)
		return put_comment(c, words->n > 1 ? words->v[1] : "", e);
	if (!reg && !b->in_block && is_idle(c, words)) {
		c->lost = b->if_well && c->lost_before; /* a chain of "&&" goes on through it */
		return 0;
	}
	if ((not = why_not(c, b, words)) != NULL)
		return lose(c, b->line, not, e);
	if (!reg) {
		if (begins_command(words->v[0], "goto") && !b->if_well)
			c->left_at = b->labels + 1;
		err_setx(&why, ERR_SYNTAX, "'%.60s': only reg add and reg delete can be turned",
		    words->v[0]);
		return lose(c, b->line, why.text, e);
	}
	if (c->left_at == b->labels + 1)
		return lose(c, b->line, "it stands behind goto, which leaves out all up to a label",
		    e);
	if ((rc = regcommand_parse(words, &changes, &why)) == 0)
		rc = turn(c, b->line, &changes.changes[0], false, e);
	else if (why.code == ERR_SYNTAX || why.code == ERR_TOO_LARGE || why.code == ERR_SCRIPT)
		rc = lose(c, b->line, why.text, e);
	else
		*e = why;
	changeset_free(&changes);
	return rc;
}

static int
turn_batch(struct conversion *c, const char *text, size_t len, struct err *e)
{
	struct strings words = STRINGS_INIT;
	struct batch b;
	struct err why;
	int rc = 0, got;

	batch_begin(&b, text, len);
	while (rc == 0 && (got = batch_next(&b, &words, &why)) != 0) {
		c->lost_before = c->lost;
		c->lost = false;
		if (got == 1)
			rc = turn_command(c, &b, &words, e);
		else if (why.code == ERR_SYNTAX || why.code == ERR_TOO_LARGE)
			rc = lose(c, b.line, why.text, e);
		else {
			*e = why;
			rc = -1;
		}
		strings_free(&words);
	}
	batch_end(&b);
	return rc;
}

static int
turn_file(struct conversion *c, const void *data, size_t len, struct err *e)
{
	const struct reg_visitor v = { on_reg_change, on_reg_refused, on_reg_comment, c };

	if (reg_is_file(data, len))
		return reg_visit(data, len, &v, e);
	if (text_begin(&data, &len, e) == -1)
		return err_context(e,
		    "a batch file is UTF-8, and a file in UTF-16 begins with 'Windows Registry Editor Version 5.00'");
	return turn_batch(c, data, len, e);
}

int
convert(const void *data, size_t len, const struct convert_told *told, struct buf *out,
    struct convert_count *n, struct err *e)
{
	struct conversion c = { .told = told, .out = BUF_INIT(SCRIPT_SIZE_MAX) };
	int rc = -1;

	if (len > CONVERT_FILE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want at most %u bytes, got %zu",
		    CONVERT_FILE_MAX, len);
	if (turn_file(&c, data, len, e) == -1) {
		if (e->code == ERR_TOO_LARGE && c.out.len > 0)
			err_context(e, "the script would be over %u bytes; divide the file",
			    SCRIPT_SIZE_MAX);
	} else if ((rc = buf_add(out, c.out.data, c.out.len, e)) == 0) {
		*n = c.n;
	}
	buf_free(&c.out);
	return rc;
}

int
convert_first(const void *data, size_t len, size_t *line, struct buf *out, struct err *e)
{
	struct conversion c = { .out = BUF_INIT(SCRIPT_SIZE_MAX), .one = true };
	int rc = turn_file(&c, data, len, e);

	if (rc == -1 && e->code == DONE) {
		*line = c.line;
		rc = buf_add(out, c.out.data, c.out.len, e) == -1 ? -1 : 1;
	} else if (rc == -1 && e->code == ERR_SYNTAX) {
		rc = 0;
	}
	buf_free(&c.out);
	return rc;
}

int
convert_change(const struct change *x, struct buf *out, struct err *e)
{
	return put_change(out, x, false, e);
}
