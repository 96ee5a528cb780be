/* SPDX-License-Identifier: ISC */
/* Arrays that grow, and lists of strings. */
#include "lib/base/list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Elements that the first allocation has room for; a power of two. */
#define FIRST 8

int
list_grow(void *list, size_t n, size_t size, struct err *e)
{
	size_t room = n < FIRST ? FIRST : 2 * n;
	void *p, *grown;

	/* There is room up to the next power of two. */
	if (n != 0 && (n < FIRST || (n & (n - 1)) != 0))
		return 0;
	if (n > SIZE_MAX / 2 / size)
		return err_nomem(e);
	memcpy(&p, list, sizeof p);
	if ((grown = realloc(p, room * size)) == NULL)
		return err_nomem(e);
	memcpy(list, &grown, sizeof grown);
	return 0;
}

int
strings_add(struct strings *s, const char *text, struct err *e)
{
	if (list_grow(&s->v, s->n, sizeof *s->v, e) == -1)
		return -1;
	if ((s->v[s->n] = strdup(text)) == NULL)
		return err_nomem(e);
	s->n++;
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strings_sort(struct strings *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof *s->v, by_bytes);
}

void
strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	s->v = NULL;
	s->n = 0;
}
