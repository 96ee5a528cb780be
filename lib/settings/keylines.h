/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYLINES_H
#define LIB_SETTINGS_KEYLINES_H

/*
 * The lines of a key file in their order, with a table that finds sections and values by name; for
 * keyfile.c alone.
 */

#include "lib/settings/keyline.h"
#include "lib/settings/keytree.h"

/* Lines of a key file. */
#define KEYLINES_MAX 200000u

struct line {
	struct line *next, *prev; /* in the file's order */
	struct line *chain;	  /* of a value: next in the bucket */
	struct line *section;	  /* of a value; NULL for the others */
	struct line *last;	  /* of a section: its last value, or itself */
	struct keynode *node;	  /* of a section */
	uint64_t hash;
	enum keyline_kind kind;
	char *name;	 /* owned: a value's name, or a section's normalised key */
	char *text;	 /* owned: the line with its ending */
	size_t len;	 /* bytes of text */
	size_t body;	 /* the same without the ending */
	size_t value_at; /* of a value: where its text form begins */
};

struct keylines {
	struct line *first, *last;
	struct line **buckets;
	size_t nbuckets, nhashed, n;
	struct keytree keys; /* the sections: what is a struct line */
};

#define KEYLINES_INIT \
	{ \
		NULL, NULL, NULL, 0, 0, 0, KEYTREE_INIT \
	}

/* A line that is in no list yet; text is copied.  NULL with ERR_NOMEM.  line_free() takes NULL. */
struct line *
line_new(enum keyline_kind kind, const char *text, size_t len, size_t body, struct err *e);
void line_free(struct line *l);

/*
 * The section with this key (section NULL), or the value of that section with this name; NULL if
 * there is none.
 */
struct line *keylines_find(const struct keylines *k, const struct line *section, const char *name);

/*
 * Insert l, whose kind, name and section are set, behind after (NULL: first); a value behind all
 * others of its section.  The list then owns l. 0, or -1 with ERR_TOO_LARGE (over KEYLINES_MAX) or
 * ERR_NOMEM.
 */
int keylines_insert(struct keylines *k, struct line *after, struct line *l, struct err *e);

/* Remove and release l; a section after its values. */
void keylines_drop(struct keylines *k, struct line *l);

/* Release all lines and leave it empty. */
void keylines_free(struct keylines *k);

#endif
