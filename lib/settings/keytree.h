/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYTREE_H
#define LIB_SETTINGS_KEYTREE_H

/*
 * Keys as a tree with a table, so that a key, its subkeys and everything below it are found without
 * looking at all keys.  Each call takes time in proportion to the length of the key.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct keynode {
	struct keynode *chain; /* next in the bucket */
	struct keynode *parent;
	struct keynode *first, *last; /* subkeys, in the order in which they came */
	struct keynode *next, *prev;  /* subkeys of the same parent */
	uint64_t hash;
	void *what;  /* the caller's; NULL: a key of which only subkeys were added */
	size_t part; /* where the last part of key begins */
	size_t len;
	char key[]; /* normalised (setting_key_normal()), spelt as it was first */
};

struct keytree {
	struct keynode **buckets;
	size_t nbuckets, n;
};

#define KEYTREE_INIT \
	{ \
		NULL, 0, 0 \
	}

/*
 * Set the what of a key, which isn't NULL, and add the key if it is new.  The node is owned by t.
 * NULL with ERR_NOMEM.
 */
struct keynode *keytree_add(struct keytree *t, const char *key, void *what, struct err *e);

/* Returns the node of a key that was added or has a subkey that was added, else NULL. */
struct keynode *keytree_find(const struct keytree *t, const char *key);

/* Whether the key, or a key above it, was added. */
bool keytree_within(const struct keytree *t, const char *key);

/*
 * Clear the what of a node, and remove the nodes that this leaves without a what and without
 * subkeys.
 */
void keytree_drop(struct keytree *t, struct keynode *node);

/* Release all nodes and leave it empty. */
void keytree_free(struct keytree *t);

#endif
