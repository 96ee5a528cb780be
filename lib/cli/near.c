/* SPDX-License-Identifier: ISC */
/* "Did you mean": the name that is nearest to a mistyped word. */
#include "lib/cli/near.h"

#include <string.h>

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Counts letters added, left out, exchanged, or swapped (optimal string alignment). */
static size_t
distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][NEAR_SIZE + 1], *before = rows[0], *above = rows[1], *now = rows[2], *spare;

	for (size_t k = 0; k <= nb; k++)
		above[k] = k;
	for (size_t i = 1; i <= na; i++) {
		now[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			now[k] = least(least(above[k], now[k - 1]) + 1,
			    above[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
		spare = before;
		before = above;
		above = now;
		now = spare;
	}
	return above[nb];
}

void
near_try(struct near *n, const char *name, size_t len)
{
	size_t d;

	if (n->len < 2 || n->len > NEAR_SIZE || len > NEAR_SIZE)
		return;
	/* The beginning of a name counts as one wrong letter. */
	d = len > n->len && memcmp(name, n->word, n->len) == 0
	    ? 1
	    : distance(n->word, n->len, name, len);
	if (d > (n->len < 6 ? 1 : n->len / 3) || d >= len || (n->best != NULL && d >= n->distance))
		return;
	n->best = name;
	n->best_len = len;
	n->distance = d;
}
