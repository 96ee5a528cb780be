/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_CHANGESET_H
#define LIB_SETTINGS_CHANGESET_H

/*
 * A change set: an ordered list of changes to settings, as a value that can be built, checked,
 * printed as a diff, applied (settings.h) and inverted.
 *
 * Keys are full paths, "HKLM\SOFTWARE\…" or "HKCU\…", stored with '\' and in the case they were
 * given in.
 */

#include "lib/settings/key.h"
#include "lib/settings/value.h"

#define CHANGESET_MAX 20000 /* changes in one set */

enum change_op {
	CHANGE_SET,	   /* set value `name` of `key` */
	CHANGE_DELETE,	   /* delete value `name` of `key`; absent is no error */
	CHANGE_DELETE_TREE /* delete `key` with all below it; absent is no error */
};

struct change {
	enum change_op op;
	char *key;	    /* normalised */
	char *name;	    /* NULL for CHANGE_DELETE_TREE */
	struct value value; /* CHANGE_SET only */
};

struct changeset {
	struct change *changes; /* owned */
	size_t n, room;
};

#define CHANGESET_INIT \
	{ \
		NULL, 0, 0 \
	}

/*
 * Append a change; key is normalised and must lie below its root, data is copied.  0, or -1 with
 * the set unchanged.
 */
int changeset_set(struct changeset *c, const char *key, const char *name, const struct value *v,
    struct err *e);
int changeset_delete(struct changeset *c, const char *key, const char *name, struct err *e);
int changeset_delete_tree(struct changeset *c, const char *key, struct err *e);

/* Append copies of all changes in from.  0, or -1 with the set unchanged. */
int changeset_append(struct changeset *c, const struct changeset *from, struct err *e);

/*
 * Move all changes of from to the end of to; from is then empty.  0, or -1 with ERR_TOO_LARGE or
 * ERR_NOMEM and both unchanged.
 */
int changeset_take(struct changeset *to, struct changeset *from, struct err *e);

/*
 * Append a line for each change, for people: "set KEY NAME = VALUE", "delete KEY NAME", "delete
 * KEY".
 */
int changeset_format(const struct changeset *c, struct buf *out, struct err *e);

/* Release and leave it empty. */
void changeset_free(struct changeset *c);

#endif
