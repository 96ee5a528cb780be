/* SPDX-License-Identifier: ISC */
/* Registry export files. */
#include "lib/settings/regfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/settings/rawvalue.h"
#include "lib/settings/utf16.h"
#include "lib/settings/view.h"

#define HEAD "Windows Registry Editor Version 5.00"

/* regedit breaks lines of hexadecimal digits behind this column. */
#define HEX_COLUMN 76

struct reader {
	const char *p, *end;
	size_t number;	 /* of the line that was read last */
	size_t first;	 /* of the entry that was read last, which may have several lines */
	struct buf line; /* it, with its continuation lines joined */
	struct buf key;	 /* the section of the values that follow */
	bool deleted;	 /* ... was deleted as a whole */
	bool bad_key;	 /* ... is refused */
	size_t left_out; /* default values */
	struct changeset changes;
};

#define READER_INIT \
	{ \
		.line = BUF_INIT(REG_LINE_MAX), .key = BUF_INIT(SETTING_KEY_MAX) \
	}

/* The file as UTF-8 without its mark. */
static int
decode_file(const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	const void *text = data;

	if (len >= 2 && data[0] == 0xff && data[1] == 0xfe)
		return utf16_to_utf8(data + 2, len - 2, out, e);
	if (text_begin(&text, &len, e) == -1)
		return err_setx(e, ERR_SYNTAX,
		    data[0] == 0xfe
			? "want UTF-16LE or UTF-8, got UTF-16BE"
			: "want UTF-16LE with its byte order mark or UTF-8, got UTF-16 in another form");
	if (!valid_utf8(text, len))
		return err_setx(e, ERR_SYNTAX,
		    "want UTF-16LE with its byte order mark or UTF-8, got other bytes");
	return buf_add(out, text, len, e);
}

/* One line as it stands, without its ending and the blanks around it.  False at the end. */
static bool
raw_line(struct reader *r, const char **line, size_t *len)
{
	const char *stop;

	if (r->p == r->end)
		return false;
	stop = memchr(r->p, '\n', (size_t)(r->end - r->p));
	*line = r->p;
	*len = (size_t)((stop == NULL ? r->end : stop) - r->p);
	r->p = stop == NULL ? r->end : stop + 1;
	r->number++;
	while (*len > 0 && ((*line)[*len - 1] == '\r' || text_blank((*line)[*len - 1])))
		--*len;
	text_trim(line, len);
	return true;
}

/*
 * Hexadecimal data goes on in the next line behind a '\'.  A text may end in one inside its quotes:
 * that ends in '"'.  A comment ends with its line: behind it there may be a key.
 */
static bool
goes_on(const struct buf *line)
{
	return line->len > 0 && line->data[0] != ';' && line->data[line->len - 1] == '\\' &&
	    strstr(buf_text(line), "=hex") != NULL;
}

/* 1 a line is in r->line, 0 the end, -1. */
static int
next_line(struct reader *r, struct err *e)
{
	const char *line;
	size_t len;

	buf_reset(&r->line);
	if (!raw_line(r, &line, &len))
		return 0;
	r->first = r->number;
	if (buf_add(&r->line, line, len, e) == -1)
		return -1;
	while (goes_on(&r->line)) {
		buf_cut(&r->line, r->line.len - 1);
		if (!raw_line(r, &line, &len))
			return err_setx(e, ERR_SYNTAX,
			    "want a line behind '\\', got the end of the file");
		if (buf_add(&r->line, line, len, e) == -1)
			return -1;
	}
	if (strlen(buf_text(&r->line)) != r->line.len)
		return err_setx(e, ERR_SYNTAX, "want text, got a NUL");
	return 1;
}

/* A text in double quotes at *p, with \\ and \" inside; *p is moved behind it. */
static int
quoted(const char **p, struct buf *out, struct err *e)
{
	const char *s = *p;

	if (*s++ != '"')
		return err_setx(e, ERR_SYNTAX, "want a '\"', got '%.40s'", *p);
	for (; *s != '"'; s++) {
		if (*s == '\\' && s[1] != '\\' && s[1] != '"')
			return err_setx(e, ERR_SYNTAX, "want \\\\ or \\\" in a text, got '%.2s'",
			    s);
		if (*s == '\\')
			s++;
		if (*s == '\0')
			return err_setx(e, ERR_SYNTAX,
			    "want a '\"' at the end of the text (a text of several lines can't be kept)");
		if (buf_addc(out, *s, e) == -1)
			return -1;
	}
	*p = s + 1;
	return 0;
}

/* "00,1f," as bytes. */
static int
hex_bytes(const char *s, struct buf *out, struct err *e)
{
	while (*s != '\0') {
		uint8_t byte;

		if (text_blank(*s)) {
			s++;
			continue;
		}
		if (strlen(s) < 2 || hex_decode(s, 2, &byte, 1) == -1 ||
		    (s[2] != '\0' && s[2] != ',' && !text_blank(s[2])))
			return err_setx(e, ERR_SYNTAX,
			    "want pairs of hexadecimal digits and commas, got '%.10s'", s);
		if (buf_addc(out, (char)byte, e) == -1)
			return -1;
		s += 2;
		s += strspn(s, " \t");
		s += *s == ',';
	}
	return 0;
}

static int
dword(const char *s, struct value *v, struct err *e)
{
	uint8_t b[4];
	char digits[9] = "00000000";
	size_t n = strlen(s);

	if (n < 1 || n > 8)
		return err_setx(e, ERR_SYNTAX, "dword: want 1 to 8 hexadecimal digits, got '%.20s'",
		    s);
	memcpy(digits + 8 - n, s, n);
	if (hex_decode(digits, 8, b, 4) == -1)
		return err_setx(e, ERR_SYNTAX, "dword: want 1 to 8 hexadecimal digits, got '%.20s'",
		    s);
	return value_number(v, VALUE_DWORD,
	    (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], e);
}

/* "hex:…" or "hex(N):…" behind its first three letters. */
static int
hex(const char *s, struct value *v, struct err *e)
{
	struct buf bytes = BUF_INIT(REG_LINE_MAX);
	unsigned type = RAW_BINARY;
	uint8_t digit;
	char two[3] = "00";
	int rc = -1;

	if (s[0] == '(' && s[1] != '\0' && s[2] == ')') {
		two[1] = s[1];
		if (hex_decode(two, 2, &digit, 1) == -1)
			return err_setx(e, ERR_SYNTAX, "want hex(N), got 'hex%.3s'", s);
		type = digit;
		s += 3;
	}
	if (*s != ':')
		return err_setx(e, ERR_SYNTAX, "want hex: or hex(N):, got 'hex%.10s'", s);
	if (hex_bytes(s + 1, &bytes, e) == 0 &&
	    (rc = raw_parse(type, bytes.data, bytes.len, v, e)) == -1)
		err_context(e, "hex(%x)", type);
	buf_free(&bytes);
	return rc;
}

static int
parse_data(const char *s, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(VALUE_SIZE_MAX);
	int rc = -1;

	if (strncmp(s, "dword:", 6) == 0)
		return dword(s + 6, v, e);
	if (strncmp(s, "hex", 3) == 0)
		return hex(s + 3, v, e);
	if (*s != '"')
		return err_setx(e, ERR_SYNTAX,
		    "want a text in quotes, dword:, hex: or -, got '%.40s'", s);
	if (quoted(&s, &text, e) == 0) {
		if (*s != '\0')
			err_setx(e, ERR_SYNTAX, "want nothing behind a text, got '%.40s'", s);
		else
			rc = value_text(v, VALUE_STRING, buf_text(&text), text.len, e);
	}
	buf_free(&text);
	return rc;
}

static int
parse_reg_value(struct reader *r, const char *s, struct err *e)
{
	struct buf name = BUF_INIT(REG_LINE_MAX);
	struct value v = VALUE_INIT;
	int rc = -1;

	if (r->key.len == 0) {
		err_setx(e, ERR_SYNTAX, "want a [KEY] before the first value");
		goto out;
	}
	if (r->deleted) {
		err_setx(e, ERR_SYNTAX, "a value below a key that is deleted");
		goto out;
	}
	if (*s == '@' && s[1 + strspn(s + 1, " \t")] == '=') {
		r->left_out++;
		rc = 0;
		goto out;
	}
	if (quoted(&s, &name, e) == -1)
		goto out;
	s += strspn(s, " \t");
	if (*s++ != '=') {
		err_setx(e, ERR_SYNTAX, "want '=' behind the name");
		goto out;
	}
	s += strspn(s, " \t");
	if (strcmp(s, "-") == 0)
		rc = changeset_delete(&r->changes, buf_text(&r->key), buf_text(&name), e);
	else if (parse_data(s, &v, e) == 0)
		rc = changeset_set(&r->changes, buf_text(&r->key), buf_text(&name), &v, e);
out:
	value_free(&v);
	buf_free(&name);
	return rc;
}

static int
parse_key(struct reader *r, const char *s, struct err *e)
{
	size_t len = strlen(s);

	if (s[len - 1] != ']')
		return err_setx(e, ERR_SYNTAX, "want ']' at the end of a key");
	r->deleted = s[1] == '-';
	s += r->deleted ? 2 : 1;
	buf_reset(&r->key);
	if (setting_key_normal(s, strlen(s) - 1, &r->key, e) == -1 ||
	    view32_refuse(buf_text(&r->key), e) == -1)
		return -1;
	return r->deleted ? changeset_delete_tree(&r->changes, buf_text(&r->key), e) : 0;
}

/* The first line that isn't blank. */
static int
parse_head(struct reader *r, struct err *e)
{
	int rc;

	while ((rc = next_line(r, e)) == 1 && r->line.len == 0)
		;
	if (rc == 1 && strcmp(buf_text(&r->line), HEAD) != 0)
		return err_setx(e, ERR_SYNTAX, "want '" HEAD "', got '%.60s'", buf_text(&r->line));
	if (rc == 0)
		return err_setx(e, ERR_SYNTAX, "want '" HEAD "', got nothing");
	return rc == 1 ? 0 : -1;
}

static int
parse_entry(struct reader *r, const char *s, struct err *e)
{
	return *s == '[' ? parse_key(r, s, e) : parse_reg_value(r, s, e);
}

static int
parse_lines(struct reader *r, struct err *e)
{
	int rc;

	while ((rc = next_line(r, e)) == 1) {
		const char *s = buf_text(&r->line);

		if (*s != '\0' && *s != ';' && parse_entry(r, s, e) == -1)
			return -1;
	}
	return rc;
}

/* Before its letters are decoded, which may be of any code page. */
static bool
is_older_format(const void *data, size_t len)
{
	static const char head[] = "REGEDIT4";

	return len >= sizeof head - 1 && memcmp(data, head, sizeof head - 1) == 0;
}

/* Decodes the file into text, where r then stands behind the head. */
static int
begin_reg(struct reader *r, const void *data, size_t len, struct buf *text, struct err *e)
{
	if (len > REG_FILE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want at most %u bytes, got %zu", REG_FILE_MAX,
		    len);
	if (is_older_format(data, len))
		return err_setx(e, ERR_SYNTAX,
		    "line 1: want '" HEAD
		    "', got REGEDIT4, the older format, which doesn't tell how "
		    "its letters are encoded; export the key again (reg export)");
	if (decode_file(data, len, text, e) == -1)
		return -1;
	r->p = buf_text(text);
	r->end = r->p + text->len;
	return parse_head(r, e) == -1 ? err_context(e, "line %zu", r->number) : 0;
}

static void
end_reg(struct reader *r, struct buf *text)
{
	changeset_free(&r->changes);
	buf_free(&r->line);
	buf_free(&r->key);
	buf_free(text);
}

int
reg_parse(const void *data, size_t len, struct changeset *c, struct err *e)
{
	size_t ignored;

	return reg_parse_counting(data, len, c, &ignored, e);
}

int
reg_parse_counting(const void *data, size_t len, struct changeset *c, size_t *left_out,
    struct err *e)
{
	struct reader r = READER_INIT;
	struct buf text = BUF_INIT(2 * REG_FILE_MAX);
	int rc = begin_reg(&r, data, len, &text, e);

	if (rc == 0 && (rc = parse_lines(&r, e)) == -1)
		err_context(e, "line %zu", r.first);
	if (rc == 0)
		rc = changeset_take(c, &r.changes, e);
	*left_out = r.left_out;
	end_reg(&r, &text);
	return rc;
}

static int
tell_refused(const struct reader *r, const struct reg_visitor *v, const char *why, struct err *e)
{
	return v->refused == NULL ? 0 : v->refused(v->arg, r->first, why, e);
}

/* Hands the entry in r->line on: got is what next_line() returned, with its error in *why. */
static int
visit_reg_entry(struct reader *r, int got, const struct reg_visitor *v, struct err *why,
    struct err *e)
{
	const char *s = buf_text(&r->line);
	size_t left_out = r->left_out;
	int rc = 0;

	if (got == 1 && *s == '[')
		r->bad_key = false;
	if (got == 1 && *s == ';')
		return v->comment == NULL ? 0 : v->comment(v->arg, r->first, s + 1, e);
	if (got == 1 && (*s == '\0' || r->bad_key))
		return 0;
	if (got == -1 || parse_entry(r, s, why) == -1) {
		r->bad_key = got == 1 && *s == '[';
		if (why->code != ERR_SYNTAX && why->code != ERR_TOO_LARGE) {
			*e = *why;
			return -1;
		}
		return tell_refused(r, v, why->text, e);
	}
	if (r->left_out > left_out)
		return tell_refused(r, v,
		    "the default value of a key (@), which settings don't have", e);
	for (size_t i = 0; i < r->changes.n && rc == 0; i++)
		rc = v->change(v->arg, r->first, &r->changes.changes[i], e);
	changeset_free(&r->changes);
	return rc;
}

int
reg_visit(const void *data, size_t len, const struct reg_visitor *v, struct err *e)
{
	struct reader r = READER_INIT;
	struct buf text = BUF_INIT(2 * REG_FILE_MAX);
	int rc = begin_reg(&r, data, len, &text, e), got = 1;
	struct err why;

	while (rc == 0 && (got = next_line(&r, &why)) != 0)
		rc = visit_reg_entry(&r, got, v, &why, e);
	end_reg(&r, &text);
	return rc;
}

/* Whether the letters of text begin the file, each followed by a NUL where step is 2. */
static bool
begins_with(const uint8_t *p, const uint8_t *end, size_t step, const char *text)
{
	for (; *text != '\0'; text++, p += step)
		if ((size_t)(end - p) < step || *p != (uint8_t)*text || (step == 2 && p[1] != 0))
			return false;
	return true;
}

bool
reg_is_file(const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;
	static const char *const heads[] = { "Windows Registry Editor", "REGEDIT4", "[HK", "[-HK" };
	size_t step = 1;

	if (begins_with(p, end, 1, "\xff\xfe")) {
		p += 2;
		step = 2;
	} else if (begins_with(p, end, 1, "\xef\xbb\xbf")) {
		p += 3;
	}
	while ((size_t)(end - p) >= step && strchr(" \t\r\n", *p) != NULL && *p != '\0')
		p += step;
	for (size_t i = 0; i < N(heads); i++)
		if (begins_with(p, end, step, heads[i]))
			return true;
	return false;
}

int
reg_begin(struct buf *out, struct err *e)
{
	return buf_adds(out, HEAD "\r\n", e);
}

int
reg_key(struct buf *out, const char *key, struct err *e)
{
	bool machine = strncmp(key, "HKLM", 4) == 0;

	return buf_addf(out, e, "\r\n[%s%s]\r\n",
	    machine ? "HKEY_LOCAL_MACHINE" : "HKEY_CURRENT_USER", key + 4);
}

static int
put_quoted(struct buf *out, const char *text, struct err *e)
{
	if (buf_addc(out, '"', e) == -1)
		return -1;
	for (; *text != '\0'; text++)
		if (((*text == '"' || *text == '\\') && buf_addc(out, '\\', e) == -1) ||
		    buf_addc(out, *text, e) == -1)
			return -1;
	return buf_addc(out, '"', e);
}

/* "hex(7):61,00,…", broken into lines as regedit does; start is where the line begins. */
static int
put_hex(struct buf *out, size_t start, const char *prefix, const struct buf *bytes, struct err *e)
{
	size_t column;

	if (buf_adds(out, prefix, e) == -1)
		return -1;
	column = out->len - start;
	for (size_t i = 0; i < bytes->len; i++) {
		if (buf_addf(out, e, "%02x%s", bytes->data[i], i + 1 < bytes->len ? "," : "") == -1)
			return -1;
		column += 3;
		if (column > HEX_COLUMN && i + 1 < bytes->len) {
			if (buf_adds(out, "\\\r\n  ", e) == -1)
				return -1;
			column = 2;
		}
	}
	return 0;
}

int
reg_value(struct buf *out, const char *name, const struct value *v, struct err *e)
{
	struct buf bytes = BUF_INIT(RAW_SIZE_MAX);
	char prefix[sizeof "hex(n):"] = "hex:";
	uint32_t type;
	size_t start = out->len;
	int rc = -1;

	if (value_check(v, e) == -1 || put_quoted(out, name, e) == -1 ||
	    buf_addc(out, '=', e) == -1)
		goto out;
	if (v->type == VALUE_STRING)
		rc = put_quoted(out, value_get_text(v), e);
	else if (v->type == VALUE_DWORD)
		rc = buf_addf(out, e, "dword:%08" PRIx64, v->number);
	else if (raw_format(v, &type, &bytes, e) == 0) {
		if (type != RAW_BINARY)
			snprintf(prefix, sizeof prefix, "hex(%x):", (unsigned)type & 0xf);
		rc = put_hex(out, start, prefix, &bytes, e);
	}
	if (rc == 0)
		rc = buf_adds(out, "\r\n", e);
out:
	buf_free(&bytes);
	return rc;
}

int
reg_encode(const struct buf *text, bool utf16, struct buf *out, struct err *e)
{
	if (!utf16)
		return buf_add(out, text->data, text->len, e) == -1 ? -1 : buf_adds(out, "\r\n", e);
	if (buf_add(out, "\xff\xfe", 2, e) == -1 ||
	    utf8_to_utf16(buf_text(text), text->len, out, e) == -1)
		return -1;
	return utf8_to_utf16("\r\n", 2, out, e);
}
