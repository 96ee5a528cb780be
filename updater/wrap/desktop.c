/* SPDX-License-Identifier: ISC */
/* Files that desktops make icons of. */
#include "updater/wrap/desktop.h"

#include <string.h>

#include "lib/base/text.h"

#define GROUP	  "[Desktop Entry]"
#define BUS	  "DBusActivatable"
/* What the specification calls reserved; each of these wants quotes. */
#define RESERVED  " \t\n\"'\\><~|&;$*?#()`"
#define IN_QUOTES "\"`$\\" /* and of these each a backslash */

/* One byte of a quoted word, with the escapes of values. */
static int
add_byte(struct buf *out, char c, bool quoted, struct err *e)
{
	if (c == '%')
		return buf_adds(out, "%%", e);
	if (quoted && strchr(IN_QUOTES, c) != NULL && buf_adds(out, "\\\\", e) == -1)
		return -1;
	return c == '\\' ? buf_adds(out, "\\\\", e) : buf_addc(out, c, e);
}

int
desktop_add_word(struct buf *out, const char *word, struct err *e)
{
	bool quoted = *word == '\0' || strpbrk(word, RESERVED) != NULL;
	size_t before = out->len;
	int rc = text_check(word, strlen(word), false, e);

	if (rc == 0 && quoted)
		rc = buf_addc(out, '"', e);
	for (; rc == 0 && *word != '\0'; word++)
		rc = add_byte(out, *word, quoted, e);
	if (rc == 0 && quoted)
		rc = buf_addc(out, '"', e);
	if (rc == -1)
		buf_cut(out, before);
	return rc;
}

int
desktop_add_text(struct buf *out, const char *text, struct err *e)
{
	size_t before = out->len;
	int rc = text_check(text, strlen(text), false, e);

	if (rc == 0 && *text == ' ') {
		rc = buf_adds(out, "\\s", e);
		text++;
	}
	for (; rc == 0 && *text != '\0'; text++)
		rc = *text == '\\' ? buf_adds(out, "\\\\", e) : buf_addc(out, *text, e);
	if (rc == -1)
		buf_cut(out, before);
	return rc;
}

/* A text that is read byte by byte, without the escapes of values. */
struct reader {
	const char *text;
	size_t len, at;
};

/* Returns the next byte, or -1 at the end. */
static int
next_byte(struct reader *r)
{
	static const char names[] = "sntr\\", bytes[] = " \n\t\r\\";
	const char *p;

	if (r->at == r->len)
		return -1;
	if (r->text[r->at] != '\\' || r->at + 1 == r->len || r->text[r->at + 1] == '\0' ||
	    (p = strchr(names, r->text[r->at + 1])) == NULL)
		return (unsigned char)r->text[r->at++];
	r->at += 2;
	return bytes[p - names];
}

/* One word of Exec, and the bytes of the value that it stands in. */
struct word {
	struct buf text;
	size_t from, to;
};

/* 1 a word, 0 the end, -1 quotes that don't end, or out of memory. */
static int
next_word(struct reader *r, struct word *w, struct err *e)
{
	int c, quote = 0;

	buf_reset(&w->text);
	for (w->from = r->at; (c = next_byte(r)) == ' ' || c == '\t' || c == '\n' || c == '\r';)
		w->from = r->at;
	if (c == -1)
		return 0;
	for (;; c = next_byte(r)) {
		w->to = r->at;
		if (c == -1 && quote == 0)
			return 1;
		if (c == -1)
			return err_setx(e, ERR_SYNTAX, "Exec: want the end of the quotes");
		if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
			w->to = r->at - (r->text[r->at - 1] == (char)c ? 1 : 2);
			return 1;
		}
		if (c == quote || (quote == 0 && (c == '"' || c == '\''))) {
			quote = c == quote ? 0 : c;
			continue;
		}
		if (c == '\\' && quote != '\'' && (c = next_byte(r)) == -1)
			return err_setx(e, ERR_SYNTAX, "Exec: want a character behind '\\'");
		/* "%%" is one; other letters stand for files and stay */
		if (c == '%' && r->at < r->len && r->text[r->at] == '%')
			r->at++;
		if (buf_addc(&w->text, (char)c, e) == -1)
			return -1;
	}
}

/* Finds the word of a value that is the program.  1, 0, -1 out of memory. */
static int
find_program(const struct desktop_change *c, const char *value, size_t len, struct word *w,
    struct err *e)
{
	struct reader r = { value, len, 0 };
	bool env = false;
	int rc;

	for (int i = 0; i < DESKTOP_WORDS_MAX; i++) {
		const char *text;

		if ((rc = next_word(&r, w, e)) != 1)
			return rc == -1 && e->code == ERR_SYNTAX ? 0 : rc;
		text = buf_text(&w->text);
		if (i == 0 && (strcmp(text, "env") == 0 || strcmp(text, "/usr/bin/env") == 0))
			env = true;
		else if (!env || strchr(text, '=') == NULL)
			return c->is_program(c->arg, text);
	}
	return 0;
}

/* A line "KEY = VALUE": whether it has this key, and its value. */
static bool
line_value(const char *line, size_t len, const char *key, const char **value, size_t *n)
{
	size_t k = strlen(key);

	if (len < k || memcmp(line, key, k) != 0)
		return false;
	line += k;
	len -= k;
	text_trim(&line, &len);
	if (len == 0 || *line != '=')
		return false;
	*value = line + 1;
	*n = len - 1;
	text_trim(value, n);
	return true;
}

/* The next line of a text, without its end; *next is the rest.  false: there is none. */
static bool
take_line(const char **next, size_t *left, const char **line, size_t *len)
{
	if (*left == 0)
		return false;
	*line = *next;
	*len = text_line(*next, *left);
	*next += *len;
	*left -= *len;
	if (*left > 0 && **next == '\r') {
		(*next)++;
		(*left)--;
	}
	if (*left > 0 && **next == '\n') {
		(*next)++;
		(*left)--;
	}
	return true;
}

static int
check_text(const void *text, size_t len, struct err *e)
{
	if (len > DESKTOP_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want at most %u bytes", DESKTOP_MAX);
	if (len > 0 && (!valid_utf8(text, len) || memchr(text, '\0', len) != NULL))
		return err_setx(e, ERR_SYNTAX, "want UTF-8 without NUL");
	return 0;
}

static bool
is_group(const char *line, size_t len)
{
	text_trim(&line, &len);
	return len > 0 && *line == '[';
}

static bool
is_entry(const char *line, size_t len)
{
	text_trim(&line, &len);
	return len == strlen(GROUP) && memcmp(line, GROUP, len) == 0;
}

int
desktop_get(const void *text, size_t len, const char *key, struct buf *out, struct err *e)
{
	const char *next = text, *line, *value;
	size_t before = out->len, n, size;
	bool in = false;

	if (check_text(text, len, e) == -1)
		return -1;
	while (take_line(&next, &len, &line, &n)) {
		struct reader r;
		int c;

		if (is_group(line, n))
			in = is_entry(line, n);
		if (!in || !line_value(line, n, key, &value, &size))
			continue;
		r = (struct reader){ value, size, 0 };
		while ((c = next_byte(&r)) != -1)
			if (buf_addc(out, (char)c, e) == -1) {
				buf_cut(out, before);
				return -1;
			}
		return 1;
	}
	return 0;
}

/* Append a line Exec.  1 rewritten, 0 as it was, -1. */
static int
add_exec(const struct desktop_change *c, const char *value, size_t n, struct buf *out,
    struct err *e)
{
	struct word w = { BUF_INIT(DESKTOP_MAX), 0, 0 };
	int rc = find_program(c, value, n, &w, e);

	if (rc == 1 &&
	    (buf_addf(out, e, "Exec=%s ", c->prefix) == -1 ||
		buf_add(out, value, w.from, e) == -1 ||
		desktop_add_word(out, c->program, e) == -1 ||
		buf_add(out, value + w.to, n - w.to, e) == -1))
		rc = -1;
	buf_free(&w.text);
	return rc;
}

/* Append one line, in this group.  1 rewritten, 0 as it was, -1. */
static int
add_line(const struct desktop_change *c, const char *line, size_t len, struct buf *out,
    struct err *e)
{
	const char *value;
	size_t n;
	int rc = 0;

	if (line_value(line, len, "Exec", &value, &n))
		rc = add_exec(c, value, n, out, e);
	else if (line_value(line, len, BUS, &value, &n))
		return buf_adds(out, BUS "=false\n", e);
	if (rc == 0 && buf_add(out, line, len, e) == -1)
		return -1;
	return rc == -1 || buf_addc(out, '\n', e) == -1 ? -1 : rc;
}

int
desktop_rewrite(const void *text, size_t len, const struct desktop_change *c, struct buf *out,
    struct err *e)
{
	const char *next = text, *line;
	size_t before = out->len, n;
	bool changed = false, entry = false;
	int rc = check_text(text, len, e);

	while (rc != -1 && take_line(&next, &len, &line, &n)) {
		rc = add_line(c, line, n, out, e);
		changed |= rc == 1;
		entry |= is_entry(line, n);
		if (rc != -1 && c->mark != NULL && is_entry(line, n) &&
		    (buf_adds(out, DESKTOP_MARK "=", e) == -1 ||
			desktop_add_text(out, c->mark, e) == -1 || buf_addc(out, '\n', e) == -1))
			rc = -1;
	}
	if (rc != -1 && out->len - before > DESKTOP_MAX)
		rc = err_setx(e, ERR_TOO_LARGE, "want at most %u bytes", DESKTOP_MAX);
	/* without the group nobody would find the mark again, and no desktop reads the file */
	if (rc == -1 || !changed || !entry)
		buf_cut(out, before);
	return rc == -1 ? -1 : changed && entry;
}
