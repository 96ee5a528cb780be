/*
 * Change sets, and the paths of keys.
 */
#include "settings/changeset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"

static const struct root {
	const char *name, *normal;
} roots[] = { { "HKLM", "HKLM" }, { "HKCU", "HKCU" }, { "HKEY_LOCAL_MACHINE", "HKLM" },
	{ "HKEY_CURRENT_USER", "HKCU" } };

static bool
clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return valid_utf8(s, len);
}

int
setting_key_normal(const char *key, size_t len, struct buf *out, struct err *e)
{
	size_t start = 0, before = out->len;

	if (len > SETTING_KEY_MAX)
		return err_setx(e, ERR_TOO_LARGE, "a key of over %d bytes", SETTING_KEY_MAX);
	if (!clean(key, len) || memchr(key, ']', len) != NULL)
		return err_setx(e, ERR_SYNTAX, "a key with a character that is not allowed");
	while (start <= len) {
		size_t n = 0;
		const char *part = key + start, *root = NULL;

		while (start + n < len && part[n] != '\\' && part[n] != '/')
			n++;
		for (size_t i = 0; start == 0 && i < sizeof roots / sizeof roots[0]; i++)
			if (strlen(roots[i].name) == n && strncasecmp(roots[i].name, part, n) == 0)
				root = roots[i].normal;
		if ((start == 0 && root == NULL) || n == 0 || n > SETTING_PART_MAX) {
			out->len = before;
			return err_setx(e, ERR_SYNTAX,
			    "key '%.*s': want HKLM\\ or HKCU\\ and parts of 1 to %d bytes",
			    (int)(len > 200 ? 200 : len), key, SETTING_PART_MAX);
		}
		if ((start > 0 && buf_addc(out, '\\', e) == -1) ||
		    (root != NULL ? buf_adds(out, root, e) : buf_add(out, part, n, e)) == -1)
			return -1;
		start += n + 1;
	}
	return 0;
}

int
setting_name_check(const char *name, size_t len, struct err *e)
{
	if (len == 0 || len > SETTING_NAME_MAX || !clean(name, len) || memchr(name, '=', len) != NULL ||
	    strchr(" \t[#;", name[0]) != NULL || strchr(" \t", name[len - 1]) != NULL)
		return err_setx(e, ERR_SYNTAX,
		    "name '%.*s': want 1 to %d bytes without '=' and control characters, not starting "
		    "with '[', '#' or ';', no spaces at its ends", (int)(len > 200 ? 200 : len), name,
		    SETTING_NAME_MAX);
	return 0;
}

bool
setting_key_within(const char *key, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncasecmp(key, prefix, n) == 0 && (key[n] == '\0' || key[n] == '\\');
}

static void
change_free(struct change *c)
{
	free(c->key);
	free(c->name);
	value_free(&c->value);
}

static int
add(struct changeset *c, enum change_op op, const char *key, const char *name,
    const struct value *v, struct err *e)
{
	struct buf normal = BUF_INIT(SETTING_KEY_MAX);
	struct change new = { .op = op };

	if (c->n == CHANGESET_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d changes of settings", CHANGESET_MAX);
	if (setting_key_normal(key, strlen(key), &normal, e) == -1 ||
	    (name != NULL && setting_name_check(name, strlen(name), e) == -1) ||
	    (v != NULL && value_copy(&new.value, v, e) == -1))
		goto fail;
	if (c->n == c->room) {
		struct change *more = realloc(c->changes, (c->room * 2 + 16) * sizeof *more);

		if (more == NULL)
			goto nomem;
		c->changes = more;
		c->room = c->room * 2 + 16;
	}
	new.key = (char *)buf_steal(&normal);
	if (name != NULL && (new.name = strdup(name)) == NULL)
		goto nomem;
	c->changes[c->n++] = new;
	return 0;
nomem:
	err_nomem(e);
fail:
	buf_free(&normal);
	change_free(&new);
	return -1;
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

	for (size_t i = 0; i < from->n; i++) {
		const struct change *f = &from->changes[i];

		if (add(c, f->op, f->key, f->name, f->op == CHANGE_SET ? &f->value : NULL, e) == -1) {
			while (c->n > before)
				change_free(&c->changes[--c->n]);
			return -1;
		}
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
