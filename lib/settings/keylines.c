/* SPDX-License-Identifier: ISC */
/*
 * The lines of a key file as a list, a tree of the sections among them, and a hash table of the
 * values.
 */
#include "lib/base/text.h"
#include "lib/settings/keylines.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64u

void
line_free(struct line *l)
{
	if (l == NULL)
		return;
	free(l->name);
	free(l->text);
	free(l);
}

void
keylines_free(struct keylines *k)
{
	struct line *next;

	for (struct line *l = k->first; l != NULL; l = next) {
		next = l->next;
		line_free(l);
	}
	free(k->buckets);
	keytree_free(&k->keys);
	*k = (struct keylines)KEYLINES_INIT;
}

static uint64_t
hash_of(const struct line *section, const char *name)
{
	return setting_hash(name, strlen(name), section->node->hash + 1);
}

struct line *
keylines_find(const struct keylines *k, const struct line *section, const char *name)
{
	const struct keynode *node;
	uint64_t h;

	if (section == NULL)
		return (node = keytree_find(&k->keys, name)) == NULL ? NULL : node->what;
	if (k->nbuckets == 0)
		return NULL;
	h = hash_of(section, name);
	for (struct line *l = k->buckets[h & (k->nbuckets - 1)]; l != NULL; l = l->chain)
		if (l->hash == h && l->section == section && ascii_same(l->name, name))
			return l;
	return NULL;
}

static int
grow_lines(struct keylines *k, struct err *e)
{
	size_t n = k->nbuckets == 0 ? BUCKETS_MIN : k->nbuckets * 2;
	struct line **buckets;

	if (k->nhashed < k->nbuckets)
		return 0;
	if ((buckets = calloc(n, sizeof *buckets)) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < k->nbuckets; i++)
		for (struct line *l = k->buckets[i], *next; l != NULL; l = next) {
			next = l->chain;
			l->chain = buckets[l->hash & (n - 1)];
			buckets[l->hash & (n - 1)] = l;
		}
	free(k->buckets);
	k->buckets = buckets;
	k->nbuckets = n;
	return 0;
}

int
keylines_insert(struct keylines *k, struct line *after, struct line *l, struct err *e)
{
	if (k->n == KEYLINES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want at most %u lines, got more", KEYLINES_MAX);
	if (l->kind == KEYLINE_SECTION) {
		if ((l->node = keytree_add(&k->keys, l->name, l, e)) == NULL)
			return -1;
		l->last = l;
	} else if (l->section != NULL) {
		if (grow_lines(k, e) == -1)
			return -1;
		l->section->last = l;
		l->hash = hash_of(l->section, l->name);
		l->chain = k->buckets[l->hash & (k->nbuckets - 1)];
		k->buckets[l->hash & (k->nbuckets - 1)] = l;
		k->nhashed++;
	}
	l->prev = after;
	l->next = after == NULL ? k->first : after->next;
	*(after == NULL ? &k->first : &after->next) = l;
	*(l->next == NULL ? &k->last : &l->next->prev) = l;
	k->n++;
	return 0;
}

void
keylines_drop(struct keylines *k, struct line *l)
{
	if (l->node != NULL)
		keytree_drop(&k->keys, l->node);
	if (l->section != NULL) {
		struct line **p = &k->buckets[l->hash & (k->nbuckets - 1)];

		while (*p != l)
			p = &(*p)->chain;
		*p = l->chain;
		k->nhashed--;
		while (l->section->last == l || l->section->last->kind != KEYLINE_VALUE)
			if ((l->section->last = l->section->last->prev) == l->section)
				break;
	}
	*(l->prev == NULL ? &k->first : &l->prev->next) = l->next;
	*(l->next == NULL ? &k->last : &l->next->prev) = l->prev;
	k->n--;
	line_free(l);
}

struct line *
line_new(enum keyline_kind kind, const char *text, size_t len, size_t body, struct err *e)
{
	struct line *l = calloc(1, sizeof *l);

	if (l == NULL || (l->text = malloc(len + 1)) == NULL) {
		free(l);
		err_nomem(e);
		return NULL;
	}
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	l->kind = kind;
	l->len = len;
	l->body = body;
	return l;
}
