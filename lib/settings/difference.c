/* SPDX-License-Identifier: ISC */
/* Change sets on settings in memory: the same for key files and for the registry. */
#include "lib/settings/difference.h"

#include "lib/settings/keytree.h"

int
difference_edit(struct keyfile *f, const struct changeset *c, const char *root, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];
		int rc = 0;

		if (!setting_key_within(x->key, root))
			continue;
		switch (x->op) {
		case CHANGE_SET:
			rc = keyfile_set(f, x->key, x->name, &x->value, e);
			break;
		case CHANGE_DELETE:
			keyfile_delete(f, x->key, x->name);
			break;
		case CHANGE_DELETE_TREE:
			keyfile_delete_tree(f, x->key);
			break;
		}
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* A comparison of two models, and its results. */
struct compare {
	const struct keyfile *before, *after, *other;
	struct changeset *effective, *undo;
	struct keytree trees; /* that effective deletes */
};

/* A value of the new state: set it where the old state has another, or none. */
static int
compare_new(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	struct compare *c = arg;
	struct value old = VALUE_INIT;
	int found = keyfile_get(c->other, key, name, &old, e), rc = -1;

	if (found == -1)
		return -1;
	if (found == 1 && value_equal(&old, v)) {
		rc = 0;
		goto out;
	}
	if (c->effective != NULL && changeset_set(c->effective, key, name, v, e) == -1)
		goto out;
	if (c->undo != NULL)
		rc = found == 1 ? changeset_set(c->undo, key, name, &old, e)
				: changeset_delete(c->undo, key, name, e);
	else
		rc = 0;
out:
	value_free(&old);
	return rc;
}

/* A value of the old state: where the new state lacks it, delete it, unless its whole tree goes. */
static int
compare_old(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	struct compare *c = arg;
	struct value new = VALUE_INIT;
	int found = keyfile_get(c->other, key, name, &new, e);

	value_free(&new);
	if (found != 0)
		return found == 1 ? 0 : -1;
	if (c->undo != NULL && changeset_set(c->undo, key, name, v, e) == -1)
		return -1;
	return c->effective == NULL || keytree_within(&c->trees, key)
	    ? 0
	    : changeset_delete(c->effective, key, name, e);
}

/* Trees that c deletes, and that are there before and gone after. */
static int
compare_trees(struct compare *x, const struct changeset *c, const char *root, struct err *e)
{
	static const struct settings_walk nothing = { NULL, NULL, NULL };

	for (size_t i = 0; x->effective != NULL && i < c->n; i++) {
		const char *key = c->changes[i].key;
		int was, is;

		if (c->changes[i].op != CHANGE_DELETE_TREE || !setting_key_within(key, root) ||
		    keytree_within(&x->trees, key))
			continue;
		if ((was = keyfile_list(x->before, key, &nothing, e)) == -1 ||
		    (is = keyfile_list(x->after, key, &nothing, e)) == -1)
			return -1;
		if (was == 1 && is == 0 &&
		    (changeset_delete_tree(x->effective, key, e) == -1 ||
			keytree_add(&x->trees, key, x, e) == NULL))
			return -1;
	}
	return 0;
}

int
difference_compare(const struct keyfile *before, const struct keyfile *after,
    const struct changeset *c, const char *root, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	struct compare x = { before, after, after, effective, undo, KEYTREE_INIT };
	int rc = -1;

	if (compare_trees(&x, c, root, e) == 0 &&
	    keyfile_each(before, root, compare_old, &x, e) == 0) {
		x.other = before;
		rc = keyfile_each(after, root, compare_new, &x, e);
	}
	keytree_free(&x.trees);
	return rc;
}
