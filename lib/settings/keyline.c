/* SPDX-License-Identifier: ISC */
/* One line of a key file. */
#include "lib/settings/keyline.h"

#include <string.h>

#include "lib/base/text.h"

static int
check_bytes(const char *line, size_t len, struct err *e)
{
	size_t at;

	if (len > KEYLINE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want a line of at most %u bytes, got %zu",
		    KEYLINE_MAX, len);
	if (!valid_utf8(line, len))
		return err_setx(e, ERR_SYNTAX, "want UTF-8, got other bytes");
	if ((at = text_control(line, len, true)) < len)
		return err_setx(e, ERR_SYNTAX, "want no control characters, got 0x%02x",
		    (unsigned)(unsigned char)line[at]);
	return 0;
}

static int
parse_section(const char *line, size_t at, size_t len, struct keyline *l, struct err *e)
{
	while (text_blank(line[len - 1]))
		len--;
	if (len < at + 2 || line[len - 1] != ']')
		return err_setx(e, ERR_SYNTAX, "want ']' at the end of a section's line");
	l->kind = KEYLINE_SECTION;
	l->key = line + at + 1;
	l->key_len = len - at - 2;
	return 0;
}

static int
add_name_char(struct keyline *l, size_t *n, char c, struct err *e)
{
	if (*n == SETTING_NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want a name of at most %d bytes, got more",
		    SETTING_NAME_MAX);
	l->name[(*n)++] = c;
	l->name[*n] = '\0';
	return 0;
}

/* "name": a quote inside is doubled.  *at is moved behind the closing quote. */
static int
quoted_name(const char *line, size_t len, size_t *at, struct keyline *l, struct err *e)
{
	size_t n = 0, i;

	for (i = *at + 1; i < len; i++) {
		if (line[i] == '"') {
			if (i + 1 == len || line[i + 1] != '"')
				break;
			i++;
		}
		if (add_name_char(l, &n, line[i], e) == -1)
			return -1;
	}
	if (i == len)
		return err_setx(e, ERR_SYNTAX, "want a closing double quote after the name");
	*at = i + 1;
	return 0;
}

static int
plain_name(const char *line, size_t len, size_t *at, struct keyline *l, struct err *e)
{
	size_t end = *at, stop, n = 0;

	while (end < len && line[end] != '=')
		end++;
	if (end == len)
		return err_setx(e, ERR_SYNTAX,
		    "want 'name = value', '[key]' or a comment that begins with ';' or '#'");
	for (stop = end; stop > *at && text_blank(line[stop - 1]);)
		stop--;
	for (size_t i = *at; i < stop; i++)
		if (add_name_char(l, &n, line[i], e) == -1)
			return -1;
	*at = end;
	return 0;
}

static int
parse_value(const char *line, size_t at, size_t len, struct keyline *l, struct err *e)
{
	struct value v = VALUE_INIT;

	l->kind = KEYLINE_VALUE;
	l->name[0] = '\0';
	if ((line[at] == '"' ? quoted_name : plain_name)(line, len, &at, l, e) == -1)
		return -1;
	while (at < len && text_blank(line[at]))
		at++;
	if (at == len || line[at] != '=')
		return err_setx(e, ERR_SYNTAX, "want '=' after the name");
	if (setting_name_check(l->name, strlen(l->name), e) == -1)
		return -1;
	for (at++; at < len && text_blank(line[at]);)
		at++;
	l->value_at = at;
	if (value_parse(line + at, len - at, &v, e) == -1)
		return -1;
	value_free(&v);
	return 0;
}

int
keyline_parse(const char *line, size_t len, struct keyline *l, struct err *e)
{
	size_t at = 0;

	if (check_bytes(line, len, e) == -1)
		return -1;
	while (at < len && text_blank(line[at]))
		at++;
	if (at == len)
		l->kind = KEYLINE_BLANK;
	else if (line[at] == ';' || line[at] == '#')
		l->kind = KEYLINE_COMMENT;
	else if (line[at] == '[')
		return parse_section(line, at, len, l, e);
	else
		return parse_value(line, at, len, l, e);
	return 0;
}

int
keyline_format_name(const char *name, struct buf *out, struct err *e)
{
	size_t len = strlen(name);

	if (len > 0 && !text_blank(name[0]) && !text_blank(name[len - 1]) &&
	    strchr(";#[\"", name[0]) == NULL && strchr(name, '=') == NULL)
		return buf_adds(out, name, e);
	if (buf_addc(out, '"', e) == -1)
		return -1;
	for (; *name != '\0'; name++)
		if ((*name == '"' && buf_addc(out, '"', e) == -1) || buf_addc(out, *name, e) == -1)
			return -1;
	return buf_addc(out, '"', e);
}
