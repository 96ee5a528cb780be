/*
 * One key file in memory, as the list of its lines.
 */
#include "settings/keyfile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum line_kind { LINE_OTHER, LINE_SECTION, LINE_VALUE };

struct line {
	enum line_kind kind;
	char *raw;		/* owned, with its line end */
	size_t len;
	char *key;		/* owned: of a section */
	char *name;		/* owned: of a value */
	struct value value;
};

struct keyfile {
	struct line *lines;
	size_t n, room;
};

static void
line_free(struct line *l)
{
	free(l->raw);
	free(l->key);
	free(l->name);
	value_free(&l->value);
}

void
keyfile_free(struct keyfile *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		line_free(&k->lines[i]);
	free(k->lines);
	free(k);
}

/* Put l, which k takes over in any case, before line at. */
static int
insert(struct keyfile *k, size_t at, struct line *l, struct err *e)
{
	if (k->n == k->room) {
		struct line *more = realloc(k->lines, (k->room * 2 + 32) * sizeof *more);

		if (more == NULL) {
			line_free(l);
			return err_nomem(e);
		}
		k->lines = more;
		k->room = k->room * 2 + 32;
	}
	memmove(k->lines + at + 1, k->lines + at, (k->n - at) * sizeof *k->lines);
	k->lines[at] = *l;
	k->n++;
	return 0;
}

static char *
copy(const char *p, size_t len)
{
	char *s = malloc(len + 1);

	if (s != NULL) {
		memcpy(s, p, len);
		s[len] = '\0';
	}
	return s;
}

static void
trim(const char **p, size_t *len)
{
	while (*len > 0 && (**p == ' ' || **p == '\t'))
		++*p, --*len;
	while (*len > 0 && ((*p)[*len - 1] == ' ' || (*p)[*len - 1] == '\t'))
		--*len;
}

static int
parse_section(const char *p, size_t len, struct line *l, struct err *e)
{
	struct buf b = BUF_INIT(SETTING_KEY_MAX);

	if (p[len - 1] != ']')
		return err_setx(e, ERR_SYNTAX, "want ']' at the end");
	if (setting_key_normal(p + 1, len - 2, &b, e) == -1) {
		buf_free(&b);
		return -1;
	}
	l->kind = LINE_SECTION;
	l->key = (char *)buf_steal(&b);
	return 0;
}

static int
parse_value(const char *p, size_t len, struct line *l, struct err *e)
{
	const char *eq = memchr(p, '=', len), *name = p, *text;
	size_t nlen, tlen;

	if (eq == NULL)
		return err_setx(e, ERR_SYNTAX, "want '[key]', 'name = value' or a comment");
	nlen = (size_t)(eq - p);
	text = eq + 1;
	tlen = len - nlen - 1;
	trim(&name, &nlen);
	trim(&text, &tlen);
	if (setting_name_check(name, nlen, e) == -1 || value_parse(text, tlen, &l->value, e) == -1)
		return -1;
	if ((l->name = copy(name, nlen)) == NULL)
		return err_nomem(e);
	l->kind = LINE_VALUE;
	return 0;
}

static int
parse_line(struct keyfile *k, const char *raw, size_t len, bool in_section, struct err *e)
{
	struct line l = { .raw = copy(raw, len), .len = len };
	const char *p = raw;
	int rc = 0;

	if (l.raw == NULL)
		return err_nomem(e);
	if (len > 0 && p[len - 1] == '\n')
		len--;
	if (len > 0 && p[len - 1] == '\r')
		len--;
	trim(&p, &len);
	if (len > KEYFILE_LINE_MAX)
		rc = err_setx(e, ERR_TOO_LARGE, "over %u bytes", KEYFILE_LINE_MAX);
	else if (len > 0 && p[0] == '[')
		rc = parse_section(p, len, &l, e);
	else if (len > 0 && p[0] != '#' && p[0] != ';') {
		rc = in_section ? parse_value(p, len, &l, e) :
				  err_setx(e, ERR_SYNTAX, "a value before the first '[key]'");
	}
	if (rc == -1) {
		line_free(&l);
		return -1;
	}
	return insert(k, k->n, &l, e);
}

struct keyfile *
keyfile_parse(const uint8_t *data, size_t len, struct err *e)
{
	struct keyfile *k = calloc(1, sizeof *k);
	const char *p = (const char *)data;
	bool in_section = false;
	size_t number = 0;

	if (k == NULL) {
		err_nomem(e);
		return NULL;
	}
	while (len > 0) {
		const char *nl = memchr(p, '\n', len);
		size_t n = nl == NULL ? len : (size_t)(nl - p) + 1;

		number++;
		if (parse_line(k, p, n, in_section, e) == -1) {
			err_context(e, "line %zu", number);
			keyfile_free(k);
			return NULL;
		}
		in_section |= k->lines[k->n - 1].kind == LINE_SECTION;
		p += n;
		len -= n;
	}
	return k;
}

/* The last line of key called name (a name that stands twice: the last counts), or k->n. */
static size_t
find(const struct keyfile *k, const char *key, const char *name)
{
	size_t found = k->n;
	bool here = false;

	for (size_t i = 0; i < k->n; i++) {
		const struct line *l = &k->lines[i];

		if (l->kind == LINE_SECTION)
			here = strcasecmp(l->key, key) == 0;
		else if (here && l->kind == LINE_VALUE && strcasecmp(l->name, name) == 0)
			found = i;
	}
	return found;
}

const struct value *
keyfile_get(const struct keyfile *k, const char *key, const char *name)
{
	size_t at = find(k, key, name);

	return at == k->n ? NULL : &k->lines[at].value;
}

/* The first part of a section's key below key, in part; false if it isn't below. */
static bool
part_below(const char *section, const char *key, char part[SETTING_PART_MAX + 1])
{
	size_t n = strlen(key), len;

	if (!setting_key_within(section, key) || section[n] == '\0')
		return false;
	len = strcspn(section + n + 1, "\\");
	memcpy(part, section + n + 1, len);
	part[len] = '\0';
	return true;
}

/* Whether an earlier section already gave this part. */
static bool
seen_before(const struct keyfile *k, size_t at, const char *key, const char *part)
{
	char other[SETTING_PART_MAX + 1];

	for (size_t i = 0; i < at; i++)
		if (k->lines[i].kind == LINE_SECTION && part_below(k->lines[i].key, key, other) &&
		    strcasecmp(other, part) == 0)
			return true;
	return false;
}

int
keyfile_list(const struct keyfile *k, const char *key, const struct settings_walk *walk,
    struct err *e)
{
	char part[SETTING_PART_MAX + 1];
	bool here = false, exists = false;

	for (size_t i = 0; i < k->n; i++) {
		const struct line *l = &k->lines[i];

		if (l->kind == LINE_SECTION) {
			here = strcasecmp(l->key, key) == 0;
			exists |= setting_key_within(l->key, key);
			if (walk->subkey != NULL && part_below(l->key, key, part) &&
			    !seen_before(k, i, key, part) && walk->subkey(walk->arg, part, e) == -1)
				return -1;
		} else if (here && l->kind == LINE_VALUE && walk->value != NULL &&
		    find(k, key, l->name) == i && walk->value(walk->arg, l->name, &l->value, e) == -1) {
			return -1;
		}
	}
	return exists;
}

/* A new line of text for a value; the file's own line ends. */
static int
value_line(const struct keyfile *k, const char *name, const struct value *v, struct line *l,
    struct err *e)
{
	struct buf b = BUF_INIT(KEYFILE_LINE_MAX);
	bool crlf = k->n > 0 && k->lines[0].len > 1 && k->lines[0].raw[k->lines[0].len - 2] == '\r';
	int rc = -1;

	*l = (struct line){ .kind = LINE_VALUE };
	if (buf_addf(&b, e, "%s = ", name) == 0 && value_format(v, &b, e) == 0 &&
	    buf_adds(&b, crlf ? "\r\n" : "\n", e) == 0 && value_copy(&l->value, v, e) == 0) {
		l->len = b.len;
		l->raw = (char *)buf_steal(&b);
		if ((l->name = strdup(name)) != NULL)
			rc = 0;
		else
			err_nomem(e);
	}
	if (rc == -1)
		line_free(l);
	buf_free(&b);
	return rc;
}

/* The file's last line may lack its line end; what follows needs one. */
static int
end_last_line(struct keyfile *k, struct err *e)
{
	struct line *last = k->n == 0 ? NULL : &k->lines[k->n - 1];
	char *more;

	if (last == NULL || (last->len > 0 && last->raw[last->len - 1] == '\n'))
		return 0;
	if ((more = realloc(last->raw, last->len + 2)) == NULL)
		return err_nomem(e);
	memcpy(more + last->len, "\n", 2);
	last->raw = more;
	last->len++;
	return 0;
}

/* Where a new value of key goes: after the last value of its section, which is made if missing. */
static int
place_for(struct keyfile *k, const char *key, size_t *at, struct err *e)
{
	struct line l = { .kind = LINE_SECTION };
	struct buf b = BUF_INIT(SETTING_KEY_MAX + 8);
	bool here = false;

	*at = 0;
	for (size_t i = 0; i < k->n; i++) {
		if (k->lines[i].kind == LINE_SECTION)
			here = strcasecmp(k->lines[i].key, key) == 0;
		if (here && k->lines[i].kind != LINE_OTHER)
			*at = i + 1;
	}
	if (end_last_line(k, e) == -1)
		return -1;
	if (*at > 0)
		return 0;
	if (buf_addf(&b, e, "%s[%s]\n", k->n > 0 ? "\n" : "", key) == -1)
		return -1;
	l.len = b.len;
	l.raw = (char *)buf_steal(&b);
	if ((l.key = strdup(key)) == NULL) {
		line_free(&l);
		return err_nomem(e);
	}
	*at = k->n + 1;
	return insert(k, k->n, &l, e);
}

static int
set(struct keyfile *k, const struct change *c, struct err *e)
{
	size_t at = find(k, c->key, c->name);
	struct line l;

	if (at < k->n && value_equal(&k->lines[at].value, &c->value))
		return 0;
	if (value_line(k, at < k->n ? k->lines[at].name : c->name, &c->value, &l, e) == -1)
		return -1;
	if (at < k->n) {
		line_free(&k->lines[at]);
		k->lines[at] = l;
		return 1;
	}
	if (place_for(k, c->key, &at, e) == -1) {
		line_free(&l);
		return -1;
	}
	return insert(k, at, &l, e) == -1 ? -1 : 1;
}

static void
drop(struct keyfile *k, size_t at)
{
	line_free(&k->lines[at]);
	k->n--;
	memmove(k->lines + at, k->lines + at + 1, (k->n - at) * sizeof *k->lines);
}

static int
delete_tree(struct keyfile *k, const char *key)
{
	bool here = false;
	int changed = 0;

	for (size_t i = 0; i < k->n;) {
		if (k->lines[i].kind == LINE_SECTION)
			here = setting_key_within(k->lines[i].key, key);
		if (here && k->lines[i].kind != LINE_OTHER) {
			drop(k, i);
			changed = 1;
		} else {
			i++;
		}
	}
	return changed;
}

int
keyfile_change(struct keyfile *k, const struct change *c, struct err *e)
{
	int changed = 0;
	size_t at;

	switch (c->op) {
	case CHANGE_SET:
		return set(k, c, e);
	case CHANGE_DELETE:
		for (; (at = find(k, c->key, c->name)) < k->n; changed = 1)
			drop(k, at);
		return changed;
	default:
		return delete_tree(k, c->key);
	}
}

int
keyfile_write(const struct keyfile *k, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < k->n; i++)
		if (buf_add(out, k->lines[i].raw, k->lines[i].len, e) == -1)
			return -1;
	return 0;
}
