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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/settings/value.h"

/* Limits on one change set, and on the names in it (bytes; the registry's own limits). */
#define CHANGESET_MAX	 20000
#define SETTING_KEY_MAX	 1024
#define SETTING_PART_MAX 255
#define SETTING_NAME_MAX 255

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
 * Normalise a key path: '/' becomes '\', HKEY_LOCAL_MACHINE and HKEY_CURRENT_USER become HKLM and
 * HKCU, the root is written in upper case.  Refuses empty parts, control characters, bytes that are
 * not UTF-8, other roots, parts and paths over the limits.  Appends to out.  0, or -1 with
 * ERR_SYNTAX or ERR_TOO_LARGE.
 */
int setting_key_normal(const char *key, size_t len, struct buf *out, struct err *e);

/*
 * A value's name: UTF-8, no control characters, not empty, no '=' at its start.  0 or -1 with
 * ERR_SYNTAX.
 */
int setting_name_check(const char *name, size_t len, struct err *e);

/* Whether the normalised key is prefix itself or lies below it, without regard to case. */
bool setting_key_within(const char *key, const char *prefix);

/* Whether two keys or names are the same: without regard to ASCII case, in every locale. */
bool setting_same(const char *a, const char *b);
bool setting_same_n(const char *a, size_t alen, const char *b, size_t blen);

/* A hash that agrees with setting_same(), for tables of our own; not against an adversary. */
uint64_t setting_hash(const char *text, size_t len, uint64_t seed);

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
 * A line a change for people, "set KEY NAME = VALUE", "delete KEY NAME", "delete KEY", appended to
 * out.
 */
int changeset_format(const struct changeset *c, struct buf *out, struct err *e);

/* Release and leave it empty. */
void changeset_free(struct changeset *c);

#endif
