/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_LIST_H
#define LIB_BASE_LIST_H

/* Arrays that grow, and lists of strings. */
#include <stddef.h>

#include "lib/base/err.h"

/* Elements of an array, not of a pointer. */
#define N(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Make room for one element behind the n elements of a list.  list is the address of the pointer to
 * the first element (NULL while n is 0 and nothing was allocated), size the bytes of one element.
 * The room follows from n alone, so only this function may allocate the list; free() releases it.
 * Returns 0, or -1 with ERR_NOMEM and the list as before.
 *
 *	if (list_grow(&s->roles, s->n, sizeof *s->roles, e) == -1)
 *		return -1;
 *	s->roles[s->n++] = role;
 */
int list_grow(void *list, size_t n, size_t size, struct err *e);

/* Strings of which the list owns copies.  Start with STRINGS_INIT. */
struct strings {
	char **v;
	size_t n;
};

#define STRINGS_INIT \
	{ \
		NULL, 0 \
	}

/* Append a copy of text.  Returns 0, or -1 with ERR_NOMEM and the list as before. */
int strings_add(struct strings *s, const char *text, struct err *e);

/* Sort by bytes (strcmp()). */
void strings_sort(struct strings *s);

/* Release all copies, and leave s empty and usable. */
void strings_free(struct strings *s);

#endif
