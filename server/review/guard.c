/* SPDX-License-Identifier: ISC */
/* Mistakes in a release. */
#include "server/review/guard.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "server/review/guard_certs.h"
#include "server/review/guard_files.h"
#include "server/review/guard_settings.h"

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
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].which == which && strcmp(f->v[i].why.text, why->text) == 0)
			return 0;
	if (++f->count[which] > GUARD_FINDINGS_MAX)
		return 0;
	if (list_grow(&f->v, f->n, sizeof *f->v, e) == -1)
		return -1;
	f->v[f->n++] = (struct guard_finding){ which, *why };
	return 0;
}

int
guard_look(struct guard_findings *f, const struct review *v, bool whole, struct err *e)
{
	if (guard_private_keys(f, &v->after, e) == -1 ||
	    (whole && guard_lost_files(f, v, e) == -1) || guard_ended(f, v, e) == -1)
		return -1;
	/* Without a run of the scripts nothing is known of settings. */
	if (v->is.settings[0] == NULL)
		return 0;
	if (guard_levels(f, v, e) == -1 || guard_relative(f, v, e) == -1)
		return -1;
	return guard_trust_files(f, v, e);
}

void
guard_free(struct guard_findings *f)
{
	free(f->v);
	memset(f, 0, sizeof *f);
}
