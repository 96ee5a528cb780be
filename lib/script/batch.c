/* SPDX-License-Identifier: ISC */
/*
 * Batch files: the rules of cmd.exe for a line ('^', quotes, '&', '>'), and behind them those by
 * which a Windows program splits its command line into words ('\"').
 */
#include "lib/script/batch.h"

#include <string.h>

#include "lib/base/text.h"

void
batch_begin(struct batch *b, const char *text, size_t len)
{
	*b = (struct batch){ .p = text, .end = text + len, .text = BUF_INIT(BATCH_LINE_MAX) };
}

void
batch_end(struct batch *b)
{
	buf_free(&b->text);
}

/* Appends a line of the file without its end.  False at the end of the file. */
static bool
add_physical_line(struct batch *b, int *rc, struct err *e)
{
	const char *line = b->p, *stop;
	size_t len;

	*rc = 0;
	if (b->p == b->end)
		return false;
	stop = memchr(line, '\n', (size_t)(b->end - line));
	len = (size_t)((stop == NULL ? b->end : stop) - line);
	b->p = stop == NULL ? b->end : stop + 1;
	b->number++;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > BATCH_LINE_MAX - b->text.len)
		*rc = err_setx(e, ERR_TOO_LARGE,
		    "want a line of at most %u bytes, as cmd.exe takes", BATCH_LINE_MAX);
	else if (text_control(line, len, true) < len)
		*rc = err_setx(e, ERR_SYNTAX, "want text, got a control character");
	else
		*rc = buf_add(&b->text, line, len, e);
	return true;
}

/*
 * Whether the line, of which a part from one place on is new, ends in a '^' that joins the next
 * one.  Behind such a '^' the first character means nothing special.
 */
static bool
joins_next(const struct buf *text, size_t from)
{
	bool quotes = false;

	for (size_t i = from == 0 ? 0 : from + 1; i < text->len; i++)
		if (text->data[i] == '"')
			quotes = !quotes;
		else if (text->data[i] == '^' && !quotes && ++i == text->len)
			return true;
	return false;
}

/* Whether the word of letters at s is this one. */
static bool
is_word(const char *s, const char *word)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z'))
		n++;
	return ascii_same_n(s, n, word, strlen(word));
}

/*
 * Whether the line is a "rem" with more than one word: cmd.exe reads no further than the first one,
 * and a '^' at the end joins nothing.
 */
static bool
is_whole_remark(const char *s)
{
	s += strspn(s, " \t@,;=&");
	if (!is_word(s, "rem"))
		return false;
	s += 3;
	s += strspn(s, " \t,;=");
	return s[strcspn(s, " \t,;=")] != '\0';
}

/* Reads a line with those that it is joined to.  1, 0 at the end, -1. */
static int
load_line(struct batch *b, struct err *e)
{
	size_t from = 0;
	int rc;

	buf_reset(&b->text);
	b->at = 0;
	b->next_if_well = false;
	if (!add_physical_line(b, &rc, e))
		return 0;
	b->line = b->number;
	while (rc == 0 && !is_whole_remark(buf_text(&b->text)) && joins_next(&b->text, from)) {
		from = b->text.len;
		if (!add_physical_line(b, &rc, e))
			break;
	}
	if (rc == -1)
		buf_reset(&b->text);
	return rc == -1 ? -1 : 1;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
blanks_end(const char *s, size_t at)
{
	while (text_blank(s[at]))
		at++;
	return at;
}

/* Moves behind a redirection, at whose '>' b stands, and drops the digit before it. */
static void
skip_redirection(struct batch *b, struct buf *out)
{
	const char *s = buf_text(&b->text);
	bool quotes = false;
	size_t at = b->at + 1;

	if (out->len > 0 && is_digit((char)out->data[out->len - 1]) &&
	    (out->len == 1 || text_blank((char)out->data[out->len - 2])))
		buf_cut(out, out->len - 1);
	at += s[at] == '>';
	at = blanks_end(s, at);
	if (s[at] == '&')
		at++;
	for (; s[at] != '\0' && (quotes || strchr(" \t&|<>", s[at]) == NULL); at++)
		quotes ^= s[at] == '"';
	b->at = at;
}

/* Refuses a character that means something to cmd.exe and nothing to a script. */
static int
refuse_join(char c, struct err *e)
{
	return err_setx(e, ERR_SYNTAX,
	    "'%c' joins commands or files, which a script can't; text with a '%c' stands in quotes",
	    c, c);
}

/*
 * Takes a command from the line, up to a '&' or the end, without what cmd.exe itself takes out: '^'
 * and redirections.  Quotes stay.
 */
static int
take_command(struct batch *b, struct buf *out, struct err *e)
{
	const char *s = buf_text(&b->text);
	bool quotes = false;

	while (s[b->at] != '\0') {
		char c = s[b->at];

		if (c == '"') {
			quotes = !quotes;
		} else if (!quotes && c == '^') {
			if ((c = s[++b->at]) == '\0')
				break;
		} else if (!quotes && c == '>') {
			skip_redirection(b, out);
			continue;
		} else if (!quotes && (c == '|' || c == '<')) {
			return refuse_join(c, e);
		} else if (!quotes && c == '&') {
			break;
		}
		if (buf_addc(out, c, e) == -1)
			return -1;
		b->at++;
	}
	b->next_if_well = s[b->at] == '&' && s[b->at + 1] == '&';
	while (s[b->at] == '&')
		b->at++;
	return 0;
}

/*
 * Appends the word at *s and moves behind it: backslashes before a '"' are halved, an odd one makes
 * it a part of the text, and so do two '"' within quotes.
 */
static int
take_word(const char **s, struct buf *out, struct err *e)
{
	const char *p = *s;
	bool quotes = false;
	int rc = 0;

	while (rc == 0 && *p != '\0' && (quotes || !text_blank(*p))) {
		size_t n = strspn(p, "\\");
		bool quote = p[n] == '"';

		for (size_t i = 0; i < (quote ? n / 2 : n) && rc == 0; i++)
			rc = buf_addc(out, '\\', e);
		p += n;
		if (rc == -1 || *p == '\0' || (!quote && n > 0))
			continue;
		if (quote && n % 2 == 0 && !(quotes && p[1] == '"')) {
			quotes = !quotes;
		} else {
			p += quote && n % 2 == 0;
			rc = buf_addc(out, *p, e);
		}
		p++;
	}
	*s = p;
	if (rc == 0 && quotes)
		return err_setx(e, ERR_SYNTAX,
		    "a '\"' is missing; the last backslash before the '\"' that ends a text is written twice");
	return rc;
}

static int
split_words(const char *s, struct strings *words, struct err *e)
{
	struct buf word = BUF_INIT(BATCH_LINE_MAX);
	int rc = 0;

	for (s += strspn(s, " \t"); *s != '\0' && rc == 0; s += strspn(s, " \t")) {
		buf_reset(&word);
		if ((rc = take_word(&s, &word, e)) == 0)
			rc = strings_add(words, buf_text(&word), e);
	}
	buf_free(&word);
	return rc;
}

/* Whether a condition, a loop or a block begins or ends at s. */
static bool
is_block(const char *s)
{
	return *s == '(' || *s == ')' || is_word(s, "if") || is_word(s, "for") ||
	    is_word(s, "else");
}

/* Counts the parentheses from one place of the line to another.  Only with opens, '(' counts. */
static void
count_blocks(struct batch *b, size_t from, size_t to, bool opens)
{
	const char *s = buf_text(&b->text);
	bool quotes = false;

	for (size_t i = from; i < to; i++)
		if (s[i] == '"')
			quotes = !quotes;
		else if (quotes)
			continue;
		else if (s[i] == '^')
			i++;
		else if (s[i] == '(' && opens)
			b->depth++;
		else if (s[i] == ')' && b->depth > 0)
			b->depth--;
}

/* A line with a condition, a loop or a block, as a whole.  0: nothing of it is lost. */
static int
skip_block(struct batch *b, struct err *e)
{
	const char *s = buf_text(&b->text) + b->at;
	size_t n = strcspn(s, " \t(");
	bool nothing = s[strspn(s, ") \t")] == '\0';

	count_blocks(b, b->at, b->text.len, true);
	b->at = b->text.len;
	if (nothing)
		return 0;
	return err_setx(e, ERR_SYNTAX, "'%.*s' can't be turned; Lua has 'if' and 'for', too",
	    n == 0 ? 1 : (int)(n > 20 ? 20 : n), s);
}

/* A comment or a label at the place in the line: the rest of it.  1 a comment, 0 a label, -1. */
static int
take_remark(struct batch *b, struct strings *words, struct err *e)
{
	const char *s = buf_text(&b->text) + b->at;
	bool label = s[0] == ':' && s[1] != ':';

	b->at = b->text.len;
	b->labels += label;
	if (label)
		return 0;
	s += s[0] == ':' ? strspn(s, ":") : 3;
	s += strspn(s, " \t");
	return strings_add(words, "rem", e) == -1 || strings_add(words, s, e) == -1 ? -1 : 1;
}

static int
take_words(struct batch *b, struct strings *words, struct err *e)
{
	struct buf command = BUF_INIT(BATCH_LINE_MAX);
	size_t start = b->at;
	int rc = take_command(b, &command, e);

	if (rc == -1)
		b->at = b->text.len;
	if (b->in_block)
		count_blocks(b, start, b->at, false);
	if (rc == 0)
		rc = split_words(buf_text(&command), words, e);
	buf_free(&command);
	return rc == 0 && words->n > 0 ? 1 : rc;
}

int
batch_next(struct batch *b, struct strings *words, struct err *e)
{
	int rc = 0;

	while (rc == 0) {
		const char *s;

		if (b->at >= b->text.len && (rc = load_line(b, e)) != 1)
			return rc;
		s = buf_text(&b->text);
		b->at += strspn(s + b->at, " \t@,;=&");
		b->in_block = b->depth > 0;
		b->if_well = b->next_if_well;
		if (s[b->at] == '\0')
			rc = 0;
		else if (s[b->at] == ':' || is_word(s + b->at, "rem"))
			rc = take_remark(b, words, e);
		else if (is_block(s + b->at))
			rc = skip_block(b, e);
		else
			rc = take_words(b, words, e);
	}
	return rc;
}
