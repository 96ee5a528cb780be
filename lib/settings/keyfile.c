/* SPDX-License-Identifier: ISC */
/* One key file in memory. */
#include "lib/settings/keyfile.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/settings/keylines.h"

#define BOM "\xef\xbb\xbf"

/* The first line, behind which the format stands. */
#define FORMAT_LINE "# Settings of Slipway, format "
#define FORMAT_TEXT FORMAT_LINE "1\n"

struct keyfile {
	struct keylines lines;
	bool bom, states_format;
	const char *ending; /* of lines that are added */
};

void
keyfile_free(struct keyfile *f)
{
	if (f == NULL)
		return;
	keylines_free(&f->lines);
	free(f);
}

/* The normalised key of a section that the file doesn't have yet. */
static int
name_section(struct keyfile *f, struct line *l, const struct keyline *k, const char *root,
    struct err *e)
{
	struct buf key = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	if (setting_key_normal(k->key, k->key_len, &key, e) == -1)
		goto out;
	if (!setting_key_within(buf_text(&key), root) || strchr(buf_text(&key), '\\') == NULL) {
		err_setx(e, ERR_SYNTAX, "section '%s': want a key below %s", buf_text(&key), root);
		goto out;
	}
	if (keylines_find(&f->lines, NULL, buf_text(&key)) != NULL) {
		err_setx(e, ERR_SYNTAX, "section '%s' stands here a second time", buf_text(&key));
		goto out;
	}
	l->name = (char *)buf_steal(&key);
	rc = 0;
out:
	buf_free(&key);
	return rc;
}

static int
name_value(struct keyfile *f, struct line *l, const struct keyline *k, struct line *section,
    struct err *e)
{
	if (section == NULL)
		return err_setx(e, ERR_SYNTAX, "want a section '[key]' before the first value");
	if (keylines_find(&f->lines, section, k->name) != NULL)
		return err_setx(e, ERR_SYNTAX, "value '%s' stands in this section a second time",
		    k->name);
	if ((l->name = strdup(k->name)) == NULL)
		return err_nomem(e);
	l->section = section;
	l->value_at = k->value_at;
	return 0;
}

static int
add_line(struct keyfile *f, const char *text, size_t len, const char *root, struct line **section,
    struct err *e)
{
	size_t body = len;
	struct keyline k;
	struct line *l = NULL;
	int rc = -1;

	if (body > 0 && text[body - 1] == '\n')
		body--;
	if (body < len && body > 0 && text[body - 1] == '\r')
		body--;
	if (f->lines.first == NULL && len - body == 2)
		f->ending = "\r\n";
	if (keyline_parse(text, body, &k, e) == -1 ||
	    (l = line_new(k.kind, text, len, body, e)) == NULL)
		goto out;
	if (k.kind == KEYLINE_SECTION && name_section(f, l, &k, root, e) == -1)
		goto out;
	if (k.kind == KEYLINE_VALUE && name_value(f, l, &k, *section, e) == -1)
		goto out;
	if (keylines_insert(&f->lines, f->lines.last, l, e) == -1)
		goto out;
	if (k.kind == KEYLINE_SECTION)
		*section = l;
	l = NULL; /* f owns it now */
	rc = 0;
out:
	line_free(l);
	return rc;
}

/* Of the first line only; where no whole number stands there, it is any comment. */
static int
check_format(const char *text, size_t len, struct err *e)
{
	const size_t begin = sizeof FORMAT_LINE - 1;
	uint64_t format;

	if (len < begin || memcmp(text, FORMAT_LINE, begin) != 0)
		return 0;
	len = text_line(text + begin, len - begin);
	if (number_parse(text + begin, len, 0, UINT64_MAX, &format) == -1 ||
	    format <= KEYFILE_FORMAT)
		return 0;
	return err_setx(e, ERR_VERSION,
	    "line 1: want format %d, got '%.*s': a newer Slipway made this file; install that one here",
	    KEYFILE_FORMAT, (int)(len > 40 ? 40 : len), text + begin);
}

struct keyfile *
keyfile_new(struct err *e)
{
	struct keyfile *f = calloc(1, sizeof *f);

	if (f == NULL) {
		err_nomem(e);
		return NULL;
	}
	f->ending = "\n";
	f->states_format = true;
	return f;
}

bool
keyfile_empty(const struct keyfile *f)
{
	return f->lines.first == NULL;
}

struct keyfile *
keyfile_parse(const void *data, size_t len, const char *root, struct err *e)
{
	const void *text = data;
	const char *p, *end;
	struct line *section = NULL;
	struct keyfile *f;

	if (len > KEYFILE_SIZE_MAX) {
		err_setx(e, ERR_TOO_LARGE, "want a key file of at most %u bytes, got %zu",
		    KEYFILE_SIZE_MAX, len);
		return NULL;
	}
	if (text_begin(&text, &len, e) == -1 || check_format(text, len, e) == -1)
		return NULL;
	if ((f = calloc(1, sizeof *f)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	f->ending = "\n";
	f->bom = text != data;
	p = text;
	end = len == 0 ? p : p + len;
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *next = newline == NULL ? end : newline + 1;

		if (add_line(f, p, (size_t)(next - p), root, &section, e) == -1) {
			err_context(e, "line %zu", f->lines.n + 1);
			keyfile_free(f);
			return NULL;
		}
		p = next;
	}
	return f;
}

struct keyfile *
keyfile_copy(const struct keyfile *f, struct err *e)
{
	struct keyfile *copy = calloc(1, sizeof *copy);
	struct line *section = NULL;

	if (copy == NULL) {
		err_nomem(e);
		return NULL;
	}
	copy->bom = f->bom;
	copy->ending = f->ending;
	copy->states_format = f->states_format;
	for (const struct line *l = f->lines.first; l != NULL; l = l->next) {
		struct line *new = line_new(l->kind, l->text, l->len, l->body, e);

		if (new == NULL)
			goto fail;
		new->value_at = l->value_at;
		new->section = l->section == NULL ? NULL : section;
		if (l->name != NULL && (new->name = strdup(l->name)) == NULL) {
			line_free(new);
			err_nomem(e);
			goto fail;
		}
		if (keylines_insert(&copy->lines, copy->lines.last, new, e) == -1) {
			line_free(new);
			goto fail;
		}
		if (new->kind == KEYLINE_SECTION)
			section = new;
	}
	return copy;
fail:
	keyfile_free(copy);
	return NULL;
}

int
keyfile_write(const struct keyfile *f, struct buf *out, struct err *e)
{
	const char *format = f->states_format && !keyfile_empty(f) ? FORMAT_TEXT : "";
	size_t start = out->len, total = (f->bom ? strlen(BOM) : 0) + strlen(format);

	for (const struct line *l = f->lines.first; l != NULL; l = l->next)
		total += l->len;
	if (total > KEYFILE_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want a key file of at most %u bytes, got %zu",
		    KEYFILE_SIZE_MAX, total);
	/* All room at once: nothing below can fail half-way. */
	if (buf_reserve(out, total, e) == -1 || (f->bom && buf_adds(out, BOM, e) == -1) ||
	    buf_adds(out, format, e) == -1)
		return -1;
	for (const struct line *l = f->lines.first; l != NULL; l = l->next)
		if (buf_add(out, l->text, l->len, e) == -1) {
			buf_cut(out, start);
			return -1;
		}
	return 0;
}

static int
line_value(const struct line *l, struct value *v, struct err *e)
{
	return value_parse(l->text + l->value_at, l->body - l->value_at, v, e);
}

int
keyfile_get(const struct keyfile *f, const char *key, const char *name, struct value *v,
    struct err *e)
{
	const struct line *section = keylines_find(&f->lines, NULL, key), *l;

	if (section == NULL || (l = keylines_find(&f->lines, section, name)) == NULL)
		return 0;
	return line_value(l, v, e) == -1 ? -1 : 1;
}

int
keyfile_each(const struct keyfile *f, const char *key,
    int (*each)(void *arg, const char *key, const char *name, const struct value *v, struct err *e),
    void *arg, struct err *e)
{
	bool within = false;

	for (const struct line *l = f->lines.first; l != NULL; l = l->next) {
		struct value v = VALUE_INIT;
		int rc;

		if (l->kind == KEYLINE_SECTION)
			within = setting_key_within(l->name, key);
		if (!within || l->kind != KEYLINE_VALUE)
			continue;
		if (line_value(l, &v, e) == -1)
			return -1;
		rc = each(arg, l->section->name, l->name, &v, e);
		value_free(&v);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
keyfile_list(const struct keyfile *f, const char *key, const struct settings_walk *walk,
    struct err *e)
{
	const struct keynode *node = keytree_find(&f->lines.keys, key);
	const struct line *section = node == NULL ? NULL : node->what;

	for (const struct line *l = section == NULL ? NULL : section->next;
	     walk->value != NULL && l != NULL && l->kind != KEYLINE_SECTION; l = l->next) {
		struct value v = VALUE_INIT;
		int rc;

		if (l->kind != KEYLINE_VALUE)
			continue;
		if (line_value(l, &v, e) == -1)
			return -1;
		rc = walk->value(walk->arg, l->name, &v, e);
		value_free(&v);
		if (rc == -1)
			return -1;
	}
	for (const struct keynode *k = node == NULL ? NULL : node->first;
	     walk->subkey != NULL && k != NULL; k = k->next)
		if (walk->subkey(walk->arg, k->key + k->part, e) == -1)
			return -1;
	return node != NULL;
}

/* Append a line ending to a last line that has none, so that another line can follow. */
static int
finish_line(struct keyfile *f, struct line *l, struct err *e)
{
	size_t n = strlen(f->ending);
	char *text;

	if (l->len > l->body)
		return 0;
	if ((text = realloc(l->text, l->len + n + 1)) == NULL)
		return err_nomem(e);
	memcpy(text + l->len, f->ending, n + 1);
	l->text = text;
	l->len += n;
	return 0;
}

static int
add_after(struct keyfile *f, struct line *after, enum keyline_kind kind, const struct buf *body,
    const char *name, struct line *section, struct line **new, struct err *e)
{
	struct line *l = NULL;

	if (after != NULL && finish_line(f, after, e) == -1)
		return -1;
	if ((l = line_new(kind, buf_text(body), body->len, body->len, e)) == NULL ||
	    finish_line(f, l, e) == -1)
		goto fail;
	if (name != NULL && (l->name = strdup(name)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	l->section = section;
	if (keylines_insert(&f->lines, after, l, e) == -1)
		goto fail;
	*new = l;
	return 0;
fail:
	line_free(l);
	return -1;
}

static int
add_section(struct keyfile *f, const char *key, struct line **section, struct err *e)
{
	struct buf body = BUF_INIT(KEYLINE_MAX);
	struct line *unused;
	int rc = -1;

	if (f->lines.last != NULL && f->lines.last->kind != KEYLINE_BLANK &&
	    add_after(f, f->lines.last, KEYLINE_BLANK, &body, NULL, NULL, &unused, e) == -1)
		goto out;
	if (buf_addf(&body, e, "[%s]", key) == -1)
		goto out;
	rc = add_after(f, f->lines.last, KEYLINE_SECTION, &body, key, NULL, section, e);
out:
	buf_free(&body);
	return rc;
}

static int
add_value(struct keyfile *f, struct line *section, const char *name, const struct value *v,
    struct err *e)
{
	struct buf body = BUF_INIT(KEYLINE_MAX);
	struct line *l;
	size_t at;
	int rc = -1;

	if (keyline_format_name(name, &body, e) == -1 || buf_adds(&body, " = ", e) == -1)
		goto out;
	at = body.len;
	if (value_format(v, &body, e) == -1)
		goto out;
	if (body.len == at)
		buf_cut(&body, --at); /* an empty text: no blank at the end of the line */
	if (add_after(f, section->last, KEYLINE_VALUE, &body, name, section, &l, e) == -1)
		goto out;
	l->value_at = at;
	rc = 0;
out:
	buf_free(&body);
	return rc;
}

/* Change what stands behind the '='; the name stays as it was written. */
static int
change_value(struct line *l, const struct value *v, struct err *e)
{
	struct buf body = BUF_INIT(KEYLINE_MAX);
	size_t at, end;
	int rc = -1;

	if (buf_add(&body, l->text, l->value_at, e) == -1 ||
	    (l->text[l->value_at - 1] == '=' && l->value_at == l->body &&
		buf_addc(&body, ' ', e) == -1))
		goto out;
	at = body.len;
	if (value_format(v, &body, e) == -1)
		goto out;
	/* An empty text leaves no blank at the end of the line. */
	for (; body.len == at && body.data[at - 1] == ' '; body.len--)
		at--;
	end = body.len;
	if (end > KEYLINE_MAX - 2) {
		err_setx(e, ERR_TOO_LARGE, "want a line of at most %u bytes", KEYLINE_MAX - 2);
		goto out;
	}
	if (buf_add(&body, l->text + l->body, l->len - l->body, e) == -1)
		goto out;
	free(l->text);
	l->value_at = at;
	l->body = end;
	l->len = body.len;
	l->text = (char *)buf_steal(&body);
	rc = 0;
out:
	buf_free(&body);
	return rc;
}

int
keyfile_set(struct keyfile *f, const char *key, const char *name, const struct value *v,
    struct err *e)
{
	struct line *section = keylines_find(&f->lines, NULL, key), *l;
	struct value old = VALUE_INIT;
	int same;

	if (section == NULL && add_section(f, key, &section, e) == -1)
		return -1;
	if ((l = keylines_find(&f->lines, section, name)) == NULL)
		return add_value(f, section, name, v, e) == -1 ? -1 : 1;
	if (line_value(l, &old, e) == -1)
		return -1;
	same = value_equal(&old, v);
	value_free(&old);
	if (same)
		return 0;
	return change_value(l, v, e) == -1 ? -1 : 1;
}

/*
 * The last line that belongs to a section: its last value, and comments directly below that.
 * Comments behind a blank line belong to the next section, and stay when this section is removed.
 */
static struct line *
last_own(struct line *section)
{
	struct line *l = section->last;

	while (l->next != NULL && l->next->kind == KEYLINE_COMMENT)
		l = l->next;
	return l;
}

static void
drop_section(struct keyfile *f, struct line *section)
{
	struct line *after = last_own(section)->next, *l, *prev;

	while (after != NULL && after->kind == KEYLINE_BLANK)
		after = after->next;
	/* Backwards: the section after its values. */
	for (l = after == NULL ? f->lines.last : after->prev; l != NULL;
	     l = l == section ? NULL : prev) {
		prev = l->prev;
		keylines_drop(&f->lines, l);
	}
	/* The blank line that add_section() put before the file's last section. */
	if (after == NULL && f->lines.last != NULL && f->lines.last->kind == KEYLINE_BLANK)
		keylines_drop(&f->lines, f->lines.last);
}

bool
keyfile_delete(struct keyfile *f, const char *key, const char *name)
{
	struct line *section = keylines_find(&f->lines, NULL, key), *l;

	if (section == NULL || (l = keylines_find(&f->lines, section, name)) == NULL)
		return false;
	keylines_drop(&f->lines, l);
	/* Remove an empty section, too, so that undoing a first set leaves no trace. */
	if (section->last == section &&
	    (section->next == NULL || section->next->kind != KEYLINE_COMMENT))
		drop_section(f, section);
	return true;
}

bool
keyfile_delete_tree(struct keyfile *f, const char *key)
{
	struct keynode *node;
	bool changed = false;

	/* A node without subkeys has a section, and goes with it. */
	while ((node = keytree_find(&f->lines.keys, key)) != NULL) {
		while (node->first != NULL)
			node = node->first;
		drop_section(f, node->what);
		changed = true;
	}
	return changed;
}
