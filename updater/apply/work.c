/* SPDX-License-Identifier: ISC */
/* A transaction at work: its directories and the files in them. */
#include "updater/apply/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/os/places.h"
#include "lib/os/way.h"
#include "updater/apply/claim.h"

void
work_close(struct work *w)
{
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		dir_close(w->dirs[r]);
		dir_close(w->roots[r]);
		w->dirs[r] = w->roots[r] = NULL;
	}
	free(w->twins);
	w->twins = NULL;
}

/* Add the new files of the journal in root r, or (removals) find the twins of the removed ones. */
static int
each_name(struct work *w, int r, bool removals, struct fold_names *names, struct err *e)
{
	const struct journal *j = w->j;

	for (size_t i = 0, twin; i < j->nfiles; i++) {
		int found = 0;

		if ((int)j->files[i].root != r || work_has(&j->files[i].new) == removals)
			continue;
		if (!removals && fold_names_add(names, j->files[i].path, i, e) == -1)
			return -1;
		if (removals && (found = fold_names_find(names, j->files[i].path, &twin, e)) == -1)
			return -1;
		if (found == 1) {
			w->twins[i] = twin;
			w->twins[twin] = i;
		}
	}
	return 0;
}

static int
find_twins(struct work *w, struct err *e)
{
	const struct journal *j = w->j;
	size_t removals = 0;
	int rc = 0;

	for (size_t i = 0; i < j->nfiles; i++)
		removals += !work_has(&j->files[i].new);
	if (removals == 0 || removals == j->nfiles)
		return 0;
	if ((w->twins = malloc(j->nfiles * sizeof *w->twins)) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < j->nfiles; i++)
		w->twins[i] = WORK_NO_TWIN;
	for (int r = 0; r < LAYOUT_ROOTS && rc == 0; r++) {
		struct fold_names names = FOLD_NAMES_INIT;

		rc =
		    each_name(w, r, false, &names, e) == -1 ? -1 : each_name(w, r, true, &names, e);
		fold_names_free(&names);
	}
	return rc;
}

bool
work_twin_moved(const struct work *w, size_t i)
{
	size_t twin = w->twins == NULL ? WORK_NO_TWIN : w->twins[i];
	struct file_info info;
	char name[WORK_NAME_SIZE];
	struct dir *dir;
	struct err e;

	if (twin == WORK_NO_TWIN)
		return false;
	dir = w->dirs[w->j->files[twin].root];
	work_name(work_has(&w->j->files[twin].new) ? 'n' : 'o', twin, name);
	return dir == NULL || file_stat(dir, name, &info, &e) == 0;
}

/* Whether a root is as it was when the plan looked at it: each change of its files shows there. */
static int
check_looked(const struct work *w, int r, struct err *e)
{
	if (w->t->looked == NULL || w->t->looked[r] == 0 ||
	    dir_changed(w->roots[r]) == w->t->looked[r])
		return 0;
	return err_setx(e, ERR_BUSY, "%s: something changed there meanwhile", w->j->roots[r]);
}

/* Another user's station is at work there, or was. */
static int
is_taken(const struct work *w, int r, struct err *e)
{
	struct file_info info;
	struct err ignored;

	if (e->code != ERR_UNSAFE || place_privileged() ||
	    file_stat(w->roots[r], w->t->work, &info, &ignored) != 1 || info.type != FILE_DIRECTORY)
		return -1;
	return err_setx(e, ERR_BUSY,
	    "%s/%s: another user's station changes the files there, or was interrupted; its next "
	    "start ends that",
	    w->j->roots[r], w->t->work);
}

static int
note_others(const struct work *w, enum transaction_others what)
{
	if (w->t->others != NULL)
		*w->t->others = what;
	return -1;
}

/* Make a private directory of a transaction that begins. */
static int
make_private(struct work *w, int r, struct err *e)
{
	int rc;

	if (check_looked(w, r, e) == -1)
		return note_others(w, OTHERS_CHANGED);
	if ((w->dirs[r] = dir_make_private(w->roots[r], w->t->work, e)) == NULL)
		rc = is_taken(w, r, e);
	else
		rc = claim_take(w, r, w->t->take_over, e);
	return rc == -1 && e->code == ERR_BUSY ? note_others(w, OTHERS_AT_WORK) : rc;
}

static int
open_root(struct work *w, int r, bool make, struct err *e)
{
	const char *path = w->j->roots[r];

	w->roots[r] = make ? way_make(path, 0755, e) : way_open(path, e);
	if (make)
		return w->roots[r] == NULL ? -1 : make_private(w, r, e);
	if (w->roots[r] != NULL)
		w->dirs[r] = dir_open_private(w->roots[r], w->t->work, e);
	return w->dirs[r] != NULL || e->code == ERR_NOENT ? 0 : -1;
}

int
work_open(struct work *w, const struct transaction *t, const struct journal *j, bool make,
    struct err *e)
{
	*w = (struct work){ .t = t, .j = j, .until = t->deadline };
	if (find_twins(w, e) == -1) {
		work_close(w);
		return -1;
	}
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (j->roots[r] != NULL && open_root(w, r, make, e) == -1) {
			work_close(w);
			return -1;
		}
	return 0;
}

int
work_check_roots(const struct work *w, struct err *e)
{
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (w->j->number[0] != '\0' && w->j->roots[r] != NULL && !claim_is_ours(w, r))
			return err_setx(e, ERR_TORN,
			    "%s: want the directory in which a change to release %lld was "
			    "interrupted, with its %s, got another one or none; is its disk "
			    "mounted?",
			    w->j->roots[r], (long long)w->j->record.release, w->t->work);
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

int
work_is_there(const struct work *w, struct dir *d, const char *path, const struct file_state *want,
    struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	uint8_t sum[SHA256_SIZE];
	struct file_info info;
	uint64_t size;

	if (d == NULL || file_stat(d, path, &info, e) != 1 || info.type != FILE_REGULAR ||
	    (want->length != FILE_LENGTH_UNKNOWN && info.size != want->length))
		return 0;
	if (strcmp(want->sha256, FILE_UNREAD) == 0)
		return 1;
	if (file_sha256_until(d, path, want->length, w->until, sum, &size, e) == -1)
		return e->code == ERR_TIMEOUT ? -1 : 0;
	hex_encode(sum, sizeof sum, hex);
	return strcmp(hex, want->sha256) == 0;
}

int
work_link(const struct work *w, struct dir *from, const char *name, struct dir *to,
    const char *newname, unsigned mode, struct err *e)
{
	int rc = file_remove(to, newname, e) == -1 ? -1 : file_link(from, name, to, newname, e);

	return rc == 0 ? file_copy_until(from, name, to, newname, mode, w->until, e) : rc;
}

int
work_time(const struct work *w, struct err *e)
{
	return clock_check(w->until, "files were put in place", e);
}
