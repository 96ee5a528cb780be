/* SPDX-License-Identifier: ISC */
/* Keys as a tree with a table.  The hash of a key continues that of its parent. */
#include "lib/settings/keytree.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/settings/key.h"

#define BUCKETS_MIN 64u

/* The end of the part that begins at at. */
static size_t
part_end(const char *key, size_t at)
{
	return at + strcspn(key + at, "\\");
}

/* The node whose key is the first len bytes of key, or NULL. */
static struct keynode *
look_up(const struct keytree *t, const char *key, size_t len, uint64_t hash)
{
	if (t->nbuckets == 0)
		return NULL;
	for (struct keynode *n = t->buckets[hash & (t->nbuckets - 1)]; n != NULL; n = n->chain)
		if (n->hash == hash && ascii_same_n(n->key, n->len, key, len))
			return n;
	return NULL;
}

static int
table_grow(struct keytree *t, struct err *e)
{
	size_t n = t->nbuckets == 0 ? BUCKETS_MIN : t->nbuckets * 2;
	struct keynode **buckets;

	if (t->n < t->nbuckets)
		return 0;
	if ((buckets = calloc(n, sizeof *buckets)) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < t->nbuckets; i++)
		for (struct keynode *k = t->buckets[i], *next; k != NULL; k = next) {
			next = k->chain;
			k->chain = buckets[k->hash & (n - 1)];
			buckets[k->hash & (n - 1)] = k;
		}
	free(t->buckets);
	t->buckets = buckets;
	t->nbuckets = n;
	return 0;
}

static struct keynode *
add_node(struct keytree *t, struct keynode *parent, const char *key, size_t part, size_t len,
    uint64_t hash, struct err *e)
{
	struct keynode *n;

	if (table_grow(t, e) == -1)
		return NULL;
	if ((n = calloc(1, sizeof *n + len + 1)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	memcpy(n->key, key, len);
	n->part = part;
	n->len = len;
	n->hash = hash;
	n->chain = t->buckets[hash & (t->nbuckets - 1)];
	t->buckets[hash & (t->nbuckets - 1)] = n;
	t->n++;
	if ((n->parent = parent) != NULL) {
		n->prev = parent->last;
		*(parent->last == NULL ? &parent->first : &parent->last->next) = n;
		parent->last = n;
	}
	return n;
}

struct keynode *
keytree_add(struct keytree *t, const char *key, void *what, struct err *e)
{
	struct keynode *n = NULL;
	uint64_t hash = 0;

	for (size_t at = 0, end;; at = end + 1) {
		struct keynode *parent = n;

		end = part_end(key, at);
		hash = setting_hash(key + at, end - at, hash + 1);
		if ((n = look_up(t, key, end, hash)) == NULL &&
		    (n = add_node(t, parent, key, at, end, hash, e)) == NULL)
			return NULL;
		if (key[end] == '\0')
			break;
	}
	n->what = what;
	return n;
}

struct keynode *
keytree_find(const struct keytree *t, const char *key)
{
	uint64_t hash = 0;

	for (size_t at = 0, end;; at = end + 1) {
		end = part_end(key, at);
		hash = setting_hash(key + at, end - at, hash + 1);
		if (key[end] == '\0')
			return look_up(t, key, end, hash);
	}
}

bool
keytree_within(const struct keytree *t, const char *key)
{
	uint64_t hash = 0;

	for (size_t at = 0, end;; at = end + 1) {
		const struct keynode *n;

		end = part_end(key, at);
		hash = setting_hash(key + at, end - at, hash + 1);
		if ((n = look_up(t, key, end, hash)) == NULL)
			return false;
		if (n->what != NULL)
			return true;
		if (key[end] == '\0')
			return false;
	}
}

void
keytree_drop(struct keytree *t, struct keynode *node)
{
	struct keynode *parent;

	node->what = NULL;
	for (; node != NULL && node->what == NULL && node->first == NULL; node = parent) {
		struct keynode **p = &t->buckets[node->hash & (t->nbuckets - 1)];

		while (*p != node)
			p = &(*p)->chain;
		*p = node->chain;
		t->n--;
		if ((parent = node->parent) != NULL) {
			*(node->prev == NULL ? &parent->first : &node->prev->next) = node->next;
			*(node->next == NULL ? &parent->last : &node->next->prev) = node->prev;
		}
		free(node);
	}
}

void
keytree_free(struct keytree *t)
{
	for (size_t i = 0; i < t->nbuckets; i++)
		for (struct keynode *n = t->buckets[i], *next; n != NULL; n = next) {
			next = n->chain;
			free(n);
		}
	free(t->buckets);
	*t = (struct keytree)KEYTREE_INIT;
}
