/* SPDX-License-Identifier: ISC */
/* Change sets. */
#include "lib/settings/changeset.h"

#include <stdlib.h>
#include <string.h>

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
add_change(struct changeset *c, enum change_op op, const char *key, const char *name,
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
	return add_change(c, CHANGE_SET, key, name, v, e);
}

int
changeset_delete(struct changeset *c, const char *key, const char *name, struct err *e)
{
	return add_change(c, CHANGE_DELETE, key, name, NULL, e);
}

int
changeset_delete_tree(struct changeset *c, const char *key, struct err *e)
{
	return add_change(c, CHANGE_DELETE_TREE, key, NULL, NULL, e);
}

int
changeset_append(struct changeset *c, const struct changeset *from, struct err *e)
{
	size_t before = c->n;

	if (make_room(c, from->n, e) == -1)
		return -1;
	for (size_t i = 0, n = from->n; i < n; i++) {
		const struct change *f = &from->changes[i];

		if (add_change(c, f->op, f->key, f->name, f->op == CHANGE_SET ? &f->value : NULL,
			e) == -1) {
			while (c->n > before)
				change_free(&c->changes[--c->n]);
			return -1;
		}
	}
	return 0;
}

int
changeset_take(struct changeset *to, struct changeset *from, struct err *e)
{
	if (make_room(to, from->n, e) == -1)
		return -1;
	if (from->n > 0)
		memcpy(to->changes + to->n, from->changes, from->n * sizeof *from->changes);
	to->n += from->n;
	from->n = 0; /* to owns them now */
	changeset_free(from);
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
