/* SPDX-License-Identifier: ISC */
/* A transaction at work: its directories and the files in them. */
#include "updater/apply/work.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/move.h"

void
work_close(struct work *w)
{
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		dir_close(w->dirs[r]);
		dir_close(w->roots[r]);
		w->dirs[r] = w->roots[r] = NULL;
	}
}

int
work_open(struct work *w, const struct transaction *t, const struct journal *j, bool make,
    struct err *e)
{
	*w = (struct work){ .t = t, .j = j };
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		if (j->roots[r] == NULL)
			continue;
		w->roots[r] = make ? dir_make(j->roots[r], 0755, e) : dir_open(j->roots[r], e);
		if (w->roots[r] != NULL)
			w->dirs[r] = make ? dir_make_private(w->roots[r], t->work, e)
					  : dir_open_private(w->roots[r], t->work, e);
		if (w->dirs[r] == NULL && (make || e->code != ERR_NOENT)) {
			work_close(w);
			return -1;
		}
	}
	return 0;
}

const char *
work_name(char kind, size_t i, char out[WORK_NAME_SIZE])
{
	snprintf(out, WORK_NAME_SIZE, "%c%zu", kind, i);
	return out;
}

bool
work_has(const struct file_state *s)
{
	return s->sha256[0] != '\0';
}

bool
work_is_there(struct dir *d, const char *path, const struct file_state *want)
{
	char hex[SHA256_HEX_SIZE];
	uint8_t sum[SHA256_SIZE];
	uint64_t size;
	struct err e;

	if (d == NULL || file_sha256(d, path, sum, &size, &e) == -1)
		return false;
	hex_encode(sum, sizeof sum, hex);
	return strcmp(hex, want->sha256) == 0;
}

int
work_link(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    struct err *e)
{
	int rc = file_remove(to, newname, e) == -1 ? -1 : file_link(from, name, to, newname, e);

	return rc == 0 ? file_copy(from, name, to, newname, mode, e) : rc == -1 ? -1 : 0;
}
