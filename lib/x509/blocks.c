/* SPDX-License-Identifier: ISC */
/* The lines of a text in PEM form. */
#include "lib/x509/blocks.h"

#include <string.h>

#include "lib/base/text.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "
#define TAIL  "-----"

/* A line of so many digits of Base64 belongs to a block. */
#define DIGITS_MIN 40

/* Bytes of a label that messages show. */
#define LABEL_MAX 40

struct line {
	const char *text;
	size_t len;
};

static bool
alphanumeric(char c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9');
}

/* The label between head and TAIL.  False: the line is something else. */
static bool
label_of(struct line line, const char *head, struct line *label)
{
	size_t n = strlen(head);

	if (line.len < n + strlen(TAIL) || memcmp(line.text, head, n) != 0 ||
	    memcmp(line.text + line.len - strlen(TAIL), TAIL, strlen(TAIL)) != 0)
		return false;
	*label = (struct line){ line.text + n, line.len - n - strlen(TAIL) };
	return true;
}

static bool
is_one_of(struct line label, const char *const *labels)
{
	for (; *labels != NULL; labels++)
		if (strlen(*labels) == label.len && memcmp(*labels, label.text, label.len) == 0)
			return true;
	return false;
}

/* Whether a line is digits of Base64, and not a hash in hexadecimal ones. */
static bool
is_base64(struct line line)
{
	bool hexadecimal = true;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.text[i];

		if (!alphanumeric(c) && c != '+' && c != '/' && c != '=')
			return false;
		hexadecimal &= strchr("0123456789abcdefABCDEF", c) != NULL;
	}
	return line.len >= DIGITS_MIN && !hexadecimal;
}

/* Whether a line between blocks looks like a part of a block. */
static bool
is_suspect(struct line line)
{
	return line.len > 0 && *line.text != '#' &&
	    (is_base64(line) ||
		(!alphanumeric(*line.text) &&
		    (bytes_find(line.text, line.len, "BEGIN ") != NULL ||
			bytes_find(line.text, line.len, "END ") != NULL)));
}

static int
refuse_block(struct line label, size_t number, const struct block_kinds *kinds, struct err *e)
{
	bool plain = label.len <= LABEL_MAX;

	for (size_t i = 0; i < label.len; i++)
		plain &= alphanumeric(label.text[i]) || label.text[i] == ' ';
	if (plain && label.len == strlen("TRUSTED CERTIFICATE") &&
	    memcmp(label.text, "TRUSTED CERTIFICATE", label.len) == 0)
		return err_setx(e, ERR_SYNTAX,
		    "line %zu: want '%s', got 'TRUSTED CERTIFICATE'; 'openssl x509 -in FILE' writes the form without OpenSSL's own marks of trust",
		    number, kinds->taken[0]);
	return err_setx(e, ERR_SYNTAX, "line %zu: want blocks of '%s', got '%.*s'", number,
	    kinds->taken[0], plain ? (int)label.len : 3, plain ? label.text : "...");
}

struct state {
	struct line inside; /* label of the block; text NULL: between blocks */
	size_t number, taken;
};

static int
check_line(struct state *s, struct line line, const struct block_kinds *kinds, struct err *e)
{
	struct line label;

	s->number++;
	text_trim(&line.text, &line.len);
	if (s->inside.text != NULL) {
		if (label_of(line, END, &label) && label.len == s->inside.len &&
		    memcmp(label.text, s->inside.text, label.len) == 0)
			s->inside.text = NULL;
	} else if (label_of(line, BEGIN, &label)) {
		if (is_one_of(label, kinds->taken))
			s->taken++;
		else if (!is_one_of(label, kinds->skipped))
			return refuse_block(label, s->number, kinds, e);
		s->inside = label;
	} else if (text_control(line.text, line.len, true) < line.len) {
		return err_setx(e, ERR_SYNTAX,
		    "line %zu: want a %s in PEM form, got binary data (DER and UTF-16 aren't taken)",
		    s->number, kinds->name);
	} else if (is_suspect(line)) {
		return err_setx(e, ERR_SYNTAX,
		    "line %zu: want a %s from '" BEGIN "%s" TAIL "' on, got a part of one",
		    s->number, kinds->name, kinds->taken[0]);
	}
	return 0;
}

int
blocks_check(const void *text, size_t len, const struct block_kinds *kinds, size_t n, struct err *e)
{
	const char *p = text, *end = len == 0 ? p : p + len;
	struct state s = { { NULL, 0 }, 0, 0 };

	while (p < end) {
		const char *stop = p;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		if (check_line(&s, (struct line){ p, (size_t)(stop - p) }, kinds, e) == -1)
			return -1;
		p = stop + (end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n') + (stop < end);
	}
	if (s.inside.text != NULL)
		return err_setx(e, ERR_SYNTAX, "the last block has no end");
	if (s.taken != n)
		return err_setx(e, ERR_SYNTAX,
		    "%zu of %zu %ss can't be read: want each line from its first column on, with the line ends of Unix or Windows",
		    s.taken > n ? s.taken - n : 0, s.taken, kinds->name);
	return 0;
}
