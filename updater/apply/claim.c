/* SPDX-License-Identifier: ISC */
/* Whose a private directory is. */
#include "updater/apply/claim.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/move.h"

#define MARK "journal-"

static const char *
mark_name(const struct work *w, char out[WORK_NAME_SIZE])
{
	snprintf(out, WORK_NAME_SIZE, MARK "%s", w->j->number);
	return out;
}

/* While the marks of others are looked for. */
struct marks {
	const struct work *w;
	struct dir *dir;
	bool remove;
	size_t n;
};

static int
look_at_name(void *arg, const char *name, struct err *e)
{
	struct marks *m = arg;
	char own[WORK_NAME_SIZE];

	if (strncmp(name, MARK, sizeof MARK - 1) != 0 || strcmp(name, mark_name(m->w, own)) == 0)
		return 0;
	m->n++;
	return m->remove && file_remove(m->dir, name, e) == -1 ? -1 : 0;
}

bool
claim_is_ours(const struct work *w, int r)
{
	char mark[WORK_NAME_SIZE];
	struct file_info info;
	struct err ignored;

	return w->dirs[r] != NULL &&
	    file_stat(w->dirs[r], mark_name(w, mark), &info, &ignored) == 1;
}

bool
claim_is_others(const struct work *w, int r)
{
	struct marks m = { .w = w, .dir = w->dirs[r] };
	struct err ignored;

	return w->dirs[r] != NULL &&
	    (dir_list(w->dirs[r], look_at_name, &m, &ignored) == -1 || m.n > 0);
}

void
claim_leave(const struct work *w, int r)
{
	char mark[WORK_NAME_SIZE];
	struct err ignored;

	file_remove(w->dirs[r], mark_name(w, mark), &ignored);
}

int
claim_take(const struct work *w, int r, bool take_over, struct err *e)
{
	struct marks m = { .w = w, .dir = w->dirs[r], .remove = take_over };
	char mark[WORK_NAME_SIZE];

	/* staging makes it durable */
	if (w->j->number[0] != '\0' &&
	    file_replace_fast(w->dirs[r], mark_name(w, mark), "", 0, 0600, e) == -1) {
		if (e->code == ERR_NOENT) /* the other station removed it as its own */
			e->code = ERR_BUSY;
		return -1;
	}
	if (dir_list(w->dirs[r], look_at_name, &m, e) == -1)
		return -1;
	if (m.n == 0 || take_over)
		return 0;
	claim_leave(w, r);
	return err_setx(e, ERR_BUSY,
	    "%s: another station changes the files there, or was interrupted; where no other "
	    "station uses this directory, 'slipway update --repair' takes it over",
	    dir_path(w->roots[r]));
}
