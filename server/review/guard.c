/* SPDX-License-Identifier: ISC */
/* Mistakes in a release. */
#include "server/review/guard.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "server/review/guard_files.h"

#define WORD(name, word, meaning) word,
static const char *const words[GUARDS] = { GUARD_ROWS(WORD) };

const char *
guard_word(enum guard g)
{
	return words[g];
}

int
guard_of_word(const char *word)
{
	for (int i = 0; i < GUARDS; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

int
guard_found(struct guard_findings *f, enum guard which, const struct err *why, struct err *e)
{
	if (++f->count[which] > GUARD_FINDINGS_MAX)
		return 0;
	if (list_grow(&f->v, f->n, sizeof *f->v, e) == -1)
		return -1;
	f->v[f->n++] = (struct guard_finding){ which, *why };
	return 0;
}

int
guard_look(struct guard_findings *f, const struct review *v, struct err *e)
{
	return guard_private_keys(f, &v->after, e);
}

void
guard_free(struct guard_findings *f)
{
	free(f->v);
	memset(f, 0, sizeof *f);
}
