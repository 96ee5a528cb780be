/* SPDX-License-Identifier: ISC */
/*
 * Change sets, and the rules for key paths and names in them.
 */
#include "lib/settings/changeset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
setting_same_n(const char *a, size_t alen, const char *b, size_t blen)
{
	if (alen != blen)
		return false;
	for (size_t i = 0; i < alen; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool
setting_same(const char *a, const char *b)
{
	return setting_same_n(a, strlen(a), b, strlen(b));
}

uint64_t
setting_hash(const char *text, size_t len, uint64_t seed)
{
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)lower(text[i])) * 0x100000001b3u;
	return h ^ h >> 32;
}

static bool
has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

/* The short name of the root that key begins with, or NULL. */
static const char *
root_of(const char *key, size_t len)
{
	static const char *const roots[][2] = {
		{ "HKLM", "HKLM" },
		{ "HKCU", "HKCU" },
		{ "HKEY_LOCAL_MACHINE", "HKLM" },
		{ "HKEY_CURRENT_USER", "HKCU" },
	};

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
		if (setting_same_n(key, len, roots[i][0], strlen(roots[i][0])))
			return roots[i][1];
	return NULL;
}

static size_t
part_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] != '\\' && p[n] != '/')
		n++;
	return n;
}

static int
add_parts(const char *key, size_t len, struct buf *out, struct err *e)
{
	const char *p = key, *end = key + len, *root;
	size_t n = part_length(p, end);
	int shown = len > 200 ? 200 : (int)len;

	if ((root = root_of(p, n)) == NULL)
		return err_setx(e, ERR_SYNTAX, "key '%.*s': want HKLM\\... or HKCU\\...", shown,
		    key);
	if (buf_adds(out, root, e) == -1)
		return -1;
	for (p += n; p < end; p += n) {
		n = part_length(++p, end);
		if (n == 0)
			return err_setx(e, ERR_SYNTAX, "key '%.*s': has an empty part", shown, key);
		if (n > SETTING_PART_MAX)
			return err_setx(e, ERR_TOO_LARGE, "key '%.*s': has a part over %d bytes",
			    shown, key, SETTING_PART_MAX);
		if (buf_addc(out, '\\', e) == -1 || buf_add(out, p, n, e) == -1)
			return -1;
	}
	return 0;
}

int
setting_key_normal(const char *key, size_t len, struct buf *out, struct err *e)
{
	size_t start = out->len;
	int shown = len > 200 ? 200 : (int)len;

	/* The long names of the roots may make what is given longer than what is kept. */
	if (len > SETTING_KEY_MAX + sizeof "HKEY_LOCAL_MACHINE")
		return err_setx(e, ERR_TOO_LARGE, "key '%.*s...': over %d bytes", shown, key,
		    SETTING_KEY_MAX);
	if (!valid_utf8(key, len) || has_control(key, len))
		return err_setx(e, ERR_SYNTAX,
		    "key '%.*s': want UTF-8 without control characters, got other bytes", shown,
		    key);
	if (add_parts(key, len, out, e) == -1)
		goto fail;
	if (out->len - start > SETTING_KEY_MAX) {
		err_setx(e, ERR_TOO_LARGE, "key '%.*s...': over %d bytes", shown, key,
		    SETTING_KEY_MAX);
		goto fail;
	}
	return 0;
fail:
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	return -1;
}

int
setting_name_check(const char *name, size_t len, struct err *e)
{
	int shown = len > 200 ? 200 : (int)len;

	if (len == 0)
		return err_setx(e, ERR_SYNTAX, "want a value's name, got an empty one");
	if (len > SETTING_NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "name '%.*s...': over %d bytes", shown, name,
		    SETTING_NAME_MAX);
	if (!valid_utf8(name, len) || has_control(name, len))
		return err_setx(e, ERR_SYNTAX,
		    "name '%.*s': want UTF-8 without control characters, got other bytes", shown,
		    name);
	if (name[0] == '=')
		return err_setx(e, ERR_SYNTAX, "name '%.*s': begins with '='", shown, name);
	return 0;
}

bool
setting_key_within(const char *key, const char *prefix)
{
	size_t len = strlen(prefix);

	return strlen(key) >= len && setting_same_n(key, len, prefix, len) &&
	    (key[len] == '\0' || key[len] == '\\');
}

static void
change_free(struct change *c)
{
	free(c->key);
	free(c->name);
	value_free(&c->value);
}

static int
make_room(struct changeset *c, size_t more, struct err *e)
{
	struct change *changes;
	size_t room = c->room == 0 ? 16 : c->room;

	if (more > CHANGESET_MAX - c->n)
		return err_setx(e, ERR_TOO_LARGE, "want at most %d changes of settings, got more",
		    CHANGESET_MAX);
	if (c->n + more <= c->room)
		return 0;
	while (room < c->n + more)
		room *= 2;
	if ((changes = realloc(c->changes, room * sizeof *changes)) == NULL)
		return err_nomem(e);
	c->changes = changes;
	c->room = room;
	return 0;
}

static int
add(struct changeset *c, enum change_op op, const char *key, const char *name,
    const struct value *v, struct err *e)
{
	struct change new = { .op = op, .value = VALUE_INIT };
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	if (make_room(c, 1, e) == -1 || setting_key_normal(key, strlen(key), &normal, e) == -1)
		goto out;
	if (strchr(buf_text(&normal), '\\') == NULL) {
		err_setx(e, ERR_SYNTAX, "key '%s': want a key below it", buf_text(&normal));
		goto out;
	}
	if (name != NULL) {
		if (setting_name_check(name, strlen(name), e) == -1)
			goto out;
		if ((new.name = strdup(name)) == NULL) {
			err_nomem(e);
			goto out;
		}
	}
	if (v != NULL && (value_check(v, e) == -1 || value_copy(&new.value, v, e) == -1))
		goto out;
	new.key = (char *)buf_steal(&normal);
	c->changes[c->n++] = new; /* c owns it now */
	new = (struct change){ .value = VALUE_INIT };
	rc = 0;
out:
	change_free(&new);
	buf_free(&normal);
	return rc;
}

int
changeset_set(struct changeset *c, const char *key, const char *name, const struct value *v,
    struct err *e)
{
	return add(c, CHANGE_SET, key, name, v, e);
}

int
changeset_delete(struct changeset *c, const char *key, const char *name, struct err *e)
{
	return add(c, CHANGE_DELETE, key, name, NULL, e);
}

int
changeset_delete_tree(struct changeset *c, const char *key, struct err *e)
{
	return add(c, CHANGE_DELETE_TREE, key, NULL, NULL, e);
}

int
changeset_append(struct changeset *c, const struct changeset *from, struct err *e)
{
	size_t before = c->n;

	if (make_room(c, from->n, e) == -1)
		return -1;
	for (size_t i = 0, n = from->n; i < n; i++) {
		const struct change *f = &from->changes[i];

		if (add(c, f->op, f->key, f->name, f->op == CHANGE_SET ? &f->value : NULL, e) ==
		    -1) {
			while (c->n > before)
				change_free(&c->changes[--c->n]);
			return -1;
		}
	}
	return 0;
}

int
changeset_format(const struct changeset *c, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];

		if (x->op == CHANGE_DELETE_TREE) {
			if (buf_addf(out, e, "delete %s\n", x->key) == -1)
				return -1;
			continue;
		}
		if (buf_addf(out, e, "%s %s %s%s", x->op == CHANGE_SET ? "set" : "delete", x->key,
			x->name, x->op == CHANGE_SET ? " = " : "") == -1 ||
		    (x->op == CHANGE_SET && value_format(&x->value, out, e) == -1) ||
		    buf_addc(out, '\n', e) == -1)
			return -1;
	}
	return 0;
}

void
changeset_free(struct changeset *c)
{
	for (size_t i = 0; i < c->n; i++)
		change_free(&c->changes[i]);
	free(c->changes);
	*c = (struct changeset)CHANGESET_INIT;
}
