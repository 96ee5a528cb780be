/* SPDX-License-Identifier: ISC */
/*
 * Transactions over files and settings.
 */
#include "updater/apply/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/path.h"
#include "updater/apply/leftover.h"
#include "updater/state/notes.h"
#include "updater/state/record.h"
#include "updater/state/state.h"

/* From how many files on one sync of the file system is cheaper than one for each. */
#define SYNC_ALL_FROM 16

/* A transaction with its directories open. */
struct work {
	const struct transaction *t;
	const struct journal *j;
	/* NULL where nothing is changed, or where the root isn't there */
	struct dir *roots[JOURNAL_ROOTS];
	struct dir *dirs[JOURNAL_ROOTS]; /* the private ones below them, the same */
};

static void
work_close(struct work *w)
{
	for (int r = 0; r < JOURNAL_ROOTS; r++) {
		dir_close(w->dirs[r]);
		dir_close(w->roots[r]);
		w->dirs[r] = w->roots[r] = NULL;
	}
}

/* Open roots and private directories; with make, those that are missing are made. */
static int
work_open(struct work *w, const struct transaction *t, const struct journal *j, bool make,
    struct err *e)
{
	*w = (struct work){ .t = t, .j = j };
	for (int r = 0; r < JOURNAL_ROOTS; r++) {
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

/* Name in the private directory: n for the new one of file i, o for the old one. */
static const char *
work_name(char kind, size_t i, char out[32])
{
	snprintf(out, 32, "%c%zu", kind, i);
	return out;
}

/* A name beside a file. */
static int
beside(const char *path, const char *leaf, char out[PATH_REL_MAX + 1], struct err *e)
{
	int dir = (int)(path_base(path) - path);

	if ((size_t)snprintf(out, PATH_REL_MAX + 1, "%.*s%s", dir, path, leaf) > PATH_REL_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: its name is too long", path);
	return 0;
}

/*
 * Give from/name a second name, or where that can't be, a copy.  A new name that is there already
 * is replaced.
 */
static int
link_or_copy(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    struct err *e)
{
	int rc = file_remove(to, newname, e) == -1 ? -1 : file_link(from, name, to, newname, e);

	return rc == 0 ? file_copy(from, name, to, newname, mode, e) : rc == -1 ? -1 : 0;
}

/* Whether the file is there with this content. */
static bool
is_there(struct dir *d, const char *path, const struct journal_state *want)
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

static bool
has(const struct journal_state *s)
{
	return s->sha256[0] != '\0';
}

/* Step 1. */

static int
stage(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root], *dir = w->dirs[f->root];
	char new[32], old[32];
	int rc;

	if (has(&f->old) &&
	    link_or_copy(root, f->path, dir, work_name('o', i, old), f->old.mode, e) == -1)
		return -1;
	if (!has(&f->new))
		return 0;
	work_name('n', i, new);
	if (strcmp(f->old.sha256, f->new.sha256) == 0)
		rc = file_copy(root, f->path, dir, new, f->new.mode, e);
	else if (w->t->source_is_ours && f->only)
		rc = link_or_copy(w->t->source, f->new.sha256, dir, new, f->new.mode, e);
	else
		rc = file_copy(w->t->source, f->new.sha256, dir, new, f->new.mode, e);
	if (rc == -1 || file_set_mode(dir, new, f->new.mode, e) == -1)
		return -1;
	/* What was copied from where others write may have changed since it was looked at. */
	if (!w->t->source_is_ours && !is_there(dir, new, &f->new))
		return err_setx(e, ERR_HASH, "%s: its content changed while it was staged",
		    f->path);
	return 0;
}

/* The new files of one root, and their names. */
static int
sync_staged(const struct work *w, int r, struct err *e)
{
	int all = w->j->nfiles >= SYNC_ALL_FROM ? dir_sync_all(w->dirs[r], e) : 0;
	char new[32];

	if (all == -1)
		return -1;
	for (size_t i = 0; i < w->j->nfiles && all == 0; i++)
		if ((int)w->j->files[i].root == r && has(&w->j->files[i].new) &&
		    file_sync(w->dirs[r], work_name('n', i, new), e) == -1)
			return -1;
	return dir_sync(w->dirs[r], e);
}

/* Into kept/, under its hash, unless it is there. */
static int
keep(struct dir *from, const char *name, struct dir *kept, const char *sha256, struct err *e)
{
	struct journal_state want = { .mode = 0 };
	int rc;

	snprintf(want.sha256, sizeof want.sha256, "%s", sha256);
	if (is_there(kept, sha256, &want))
		return 0;
	rc = link_or_copy(from, name, kept, sha256, 0644, e);
	return rc == -1 && e->code == ERR_NOENT ? 0 : rc;
}

/* Users' scripts, which they read from kept/ after this. */
static int
keep_scripts(const struct work *w, struct err *e)
{
	struct dir *kept = NULL;
	const char *target, *sha256;
	json_t *file;
	int rc = 0;

	json_object_foreach (json_object_get(w->j->record, "files"), target, file) {
		sha256 = json_string_value(json_object_get(file, "sha256"));
		if (sha256 == NULL || strstr(target, "/scripts/user/") == NULL ||
		    w->t->source == NULL)
			continue;
		if ((kept == NULL && (kept = dir_below(w->t->state, "kept", true, e)) == NULL) ||
		    keep(w->t->source, sha256, kept, sha256, e) == -1 ||
		    file_set_mode(kept, sha256, 0644, e) == -1 ||
		    file_sync(kept, sha256, e) == -1) {
			rc = -1;
			break;
		}
	}
	if (rc == 0 && kept != NULL)
		rc = dir_sync(kept, e);
	dir_close(kept);
	return rc;
}

static int
prepare(const struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->j->nfiles; i++)
		if (stage(w, i, e) == -1)
			return -1;
	for (int r = 0; r < JOURNAL_ROOTS; r++)
		if (w->dirs[r] != NULL &&
		    (sync_staged(w, r, e) == -1 || dir_sync(w->roots[r], e) == -1))
			return -1;
	return keep_scripts(w, e);
}

/* Step 2. */

/*
 * What is at file i's path goes into the private directory: a program runs it or has it open, but
 * lets it be moved.
 */
static int
move_away(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char name[LEFTOVER_NAME_SIZE];

	return w->dirs[f->root] == NULL
	    ? -1
	    : leftover_move(w->roots[f->root], f->path, w->dirs[f->root], i, name, e);
}

static int
remove_file(const struct work *w, size_t i, struct err *e)
{
	struct dir *root = w->roots[w->j->files[i].root];
	const char *path = w->j->files[i].path;
	struct file_info info;
	struct err ignored;

	if (root == NULL || file_remove(root, path, e) != -1)
		return 0;
	/* What a crash cut may have made a directory there already. */
	if (file_stat(root, path, &info, &ignored) == 1 && info.type == FILE_DIRECTORY)
		return 0;
	return e->code == ERR_BUSY && move_away(w, i, &ignored) != -1 ? 0 : -1;
}

/* Move what is staged under this name, if it still is, to file i's path.  1, 0, -1. */
static int
move_into_place(const struct work *w, const char *staged, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root], *dir = w->dirs[f->root];
	int moved = dir == NULL ? 0 : file_move(dir, staged, root, f->path, e);
	struct err ignored;

	if (moved == -1 && e->code == ERR_BUSY && move_away(w, i, &ignored) != -1)
		moved = file_move(dir, staged, root, f->path, e);
	return moved;
}

/* A directory that isn't empty stays. */
static int
remove_dir(const struct work *w, const struct journal_dir *d, struct err *e)
{
	if (w->roots[d->root] == NULL || dir_remove(w->roots[d->root], d->path, e) != -1)
		return 0;
	return -1;
}

static int
make_dir(const struct work *w, const struct journal_dir *d, struct err *e)
{
	struct dir *made = dir_below(w->roots[d->root], d->path, true, e);

	dir_close(made);
	return made == NULL ? -1 : 0;
}

/* Keep what a person changed under another name.  Repeated, it finds that name there. */
static int
set_aside(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char path[PATH_REL_MAX + 1], old[32];

	if (f->aside == NULL)
		return 0;
	if (beside(f->path, f->aside, path, e) == -1)
		return -1;
	if (is_there(w->roots[f->root], path, &f->old))
		return 0;
	return link_or_copy(w->dirs[f->root], work_name('o', i, old), w->roots[f->root], path,
	    f->old.mode, e);
}

static int
put(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char new[32];
	int moved = move_into_place(w, work_name('n', i, new), i, e);

	if (moved == -1)
		return -1;
	if (moved == 0 && !is_there(w->roots[f->root], f->path, &f->new))
		return err_setx(e, ERR_CONFLICT, "%s/%s: neither staged nor in place",
		    w->j->roots[f->root], f->path);
	return 0;
}

static int
removals(const struct work *w, bool early, struct err *e)
{
	for (size_t i = 0; i < w->j->nfiles; i++)
		if (!has(&w->j->files[i].new) && w->j->files[i].early == early &&
		    remove_file(w, i, e) == -1)
			return -1;
	for (size_t i = w->j->ndirs; i > 0; i--)
		if (!w->j->dirs[i - 1].made && w->j->dirs[i - 1].early == early &&
		    remove_dir(w, &w->j->dirs[i - 1], e) == -1)
			return -1;
	return 0;
}

/* Whether there is no directory any more, perhaps a file in its place. */
static bool
is_gone(struct dir *root, const char *path)
{
	struct file_info info;
	struct err e;
	int found = file_stat(root, path, &info, &e);

	return found == 0 || (found == 1 && info.type == FILE_REGULAR);
}

/* Make the new names durable: each directory once, as files are in order of their paths. */
static int
sync_parents(const struct work *w, struct err *e)
{
	char parent[PATH_REL_MAX + 1], last[PATH_REL_MAX + 1] = "";
	int last_root = -1, rc = 0, all = w->j->nfiles + w->j->ndirs >= SYNC_ALL_FROM;

	for (int r = 0; r < JOURNAL_ROOTS && all == 1; r++)
		if (w->roots[r] != NULL)
			all = dir_sync_all(w->roots[r], e);
	if (all != 0)
		return all == -1 ? -1 : 0;
	for (size_t i = 0; i < w->j->nfiles + w->j->ndirs && rc == 0; i++) {
		bool is_file = i < w->j->nfiles;
		const struct journal_dir *jd = is_file ? NULL : &w->j->dirs[i - w->j->nfiles];
		const char *path = is_file ? w->j->files[i].path : jd->path;
		int root = (int)(is_file ? w->j->files[i].root : jd->root);
		struct dir *d;

		snprintf(parent, sizeof parent, "%.*s", (int)(path_base(path) - path), path);
		if (w->roots[root] == NULL || (root == last_root && strcmp(parent, last) == 0))
			continue;
		last_root = root;
		memcpy(last, parent, sizeof last);
		if (parent[0] != '\0')
			parent[strlen(parent) - 1] = '\0';
		if (parent[0] == '\0')
			rc = dir_sync(w->roots[root], e);
		else if ((d = dir_below(w->roots[root], parent, false, e)) != NULL) {
			rc = dir_sync(d, e);
			dir_close(d);
		} else if (!is_gone(w->roots[root], parent))
			rc = -1;
	}
	return rc;
}

static int
redo(const struct work *w, struct err *e)
{
	const struct journal *j = w->j;

	for (size_t i = 0; i < j->nfiles; i++)
		if (set_aside(w, i, e) == -1)
			return -1;
	if (removals(w, true, e) == -1)
		return -1;
	for (size_t i = 0; i < j->ndirs; i++)
		if (j->dirs[i].made && make_dir(w, &j->dirs[i], e) == -1)
			return -1;
	for (size_t i = 0; i < j->nfiles; i++)
		if (has(&j->files[i].new) && put(w, i, e) == -1)
			return -1;
	if (sync_parents(w, e) == -1 || settings_apply(w->t->settings, &j->set, e) == -1 ||
	    removals(w, false, e) == -1)
		return -1;
	return sync_parents(w, e);
}

/* Backwards. */

static int
put_back(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root];
	char old[32], path[PATH_REL_MAX + 1];
	int moved;

	if (root == NULL)
		return 0;
	if (!has(&f->old))
		return is_there(root, f->path, &f->new) ? remove_file(w, i, e) : 0;
	/*
	 * Of two names for one file rename() leaves both, and nothing has to be put back; nor where
	 * a program has opened the old one since, so that neither name can go.
	 */
	moved = move_into_place(w, work_name('o', i, old), i, e);
	if (moved == -1 && (e->code != ERR_BUSY || !is_there(root, f->path, &f->old)))
		return -1;
	if (moved == 0 && !is_there(root, f->path, &f->old))
		return err_setx(e, ERR_CONFLICT,
		    "%s/%s: can't be put back, its old content is gone", w->j->roots[f->root],
		    f->path);
	if (f->aside == NULL)
		return 0;
	if (beside(f->path, f->aside, path, e) == -1 ||
	    (is_there(root, path, &f->old) && file_remove(root, path, e) == -1))
		return -1;
	return 0;
}

static int
undo(const struct work *w, struct err *e)
{
	const struct journal *j = w->j;

	if (settings_apply(w->t->settings, &j->undo, e) == -1)
		return -1;
	/* What was made stands in the way of what is put back, and the other way round. */
	for (size_t i = j->nfiles; i > 0; i--)
		if (!has(&j->files[i - 1].old) && put_back(w, i - 1, e) == -1)
			return -1;
	for (size_t i = j->ndirs; i > 0; i--)
		if (j->dirs[i - 1].made && remove_dir(w, &j->dirs[i - 1], e) == -1)
			return -1;
	for (size_t i = 0; i < j->ndirs; i++)
		if (!j->dirs[i].made && w->roots[j->dirs[i].root] != NULL &&
		    make_dir(w, &j->dirs[i], e) == -1)
			return -1;
	for (size_t i = j->nfiles; i > 0; i--)
		if (has(&j->files[i - 1].old) && put_back(w, i - 1, e) == -1)
			return -1;
	return sync_parents(w, e);
}

/* Step 3. */

/* Old content that is installed no longer. */
static int
keep_old(const struct work *w, struct err *e)
{
	struct dir *kept = dir_below(w->t->state, "kept", true, e);
	char old[32];
	int rc = kept == NULL ? -1 : 0;

	for (size_t i = 0; i < w->j->nfiles && rc == 0; i++) {
		const struct journal_file *f = &w->j->files[i];

		if (has(&f->old) && f->aside == NULL && w->dirs[f->root] != NULL)
			rc = keep(w->dirs[f->root], work_name('o', i, old), kept, f->old.sha256, e);
	}
	/* It was on the disk before: only the names are new. */
	if (rc == 0)
		rc = dir_sync(kept, e);
	dir_close(kept);
	return rc;
}

/* The private directory of one root, and with unmake, the root if the transaction made it. */
static int
clean_root(const struct work *w, int r, bool unmake, struct leftovers *l, struct err *e)
{
	struct dir *root = w->roots[r], *dir = w->dirs[r];

	if (dir != NULL &&
	    (leftovers_empty(l, (enum journal_root)r, dir, e) == -1 ||
		dir_remove(root, w->t->work, e) == -1))
		return -1;
	if (root != NULL && dir_sync(root, e) == -1)
		return -1;
	return unmake && w->j->roots[r] != NULL ? dir_unmake(w->j->roots[r], w->j->made[r], e) : 0;
}

/* The private directories go, but for what is in use. */
static int
clean(const struct work *w, bool unmake, struct err *e)
{
	struct leftovers l = { .state = w->t->state, .j = w->j, .work = w->t->work };
	int rc = 0;

	for (int r = 0; r < JOURNAL_ROOTS && rc == 0; r++)
		rc = clean_root(w, r, unmake, &l, e);
	if (rc == 0 && l.list != NULL)
		rc = notes_set_leftovers(w->t->state, l.list, e);
	json_decref(l.list);
	return rc;
}

static int
end(const struct transaction *t, const char *name, struct err *e)
{
	if (file_remove(t->state, name, e) == -1)
		return -1;
	return dir_sync(t->state, e);
}

static int
finish(struct work *w, struct err *e)
{
	if (store_set_applied(w->t->state, w->j->record, e) == -1 || keep_old(w, e) == -1 ||
	    clean(w, false, e) == -1 || end(w->t, STATE_JOURNAL_COMMITTED, e) == -1)
		return -1;
	store_prune(w->t->state);
	return 0;
}

static int
torn(struct err *e)
{
	err_context(e,
	    "a change was begun and could be neither finished nor taken back; it is tried again at "
	    "the next start");
	e->code = ERR_TORN;
	return -1;
}

/* Take back what is committed.  0 or -1 with ERR_TORN. */
static int
take_back(struct work *w, const char *name, struct err *e)
{
	if ((strcmp(name, STATE_JOURNAL_UNDOING) != 0 &&
		file_rename(w->t->state, name, w->t->state, STATE_JOURNAL_UNDOING, e) == -1) ||
	    undo(w, e) == -1 || clean(w, true, e) == -1 ||
	    end(w->t, STATE_JOURNAL_UNDOING, e) == -1)
		return torn(e);
	return 0;
}

/* Nothing was switched yet: only what was staged goes. */
static int
forget(const struct transaction *t, const struct journal *j, struct err *e)
{
	struct work w;
	int rc;

	if (work_open(&w, t, j, false, e) == -1)
		return -1;
	rc = clean(&w, true, e) == -1 ? -1 : end(t, STATE_JOURNAL_PREPARED, e);
	work_close(&w);
	return rc;
}

int
transaction_run(const struct transaction *t, const struct journal *j, struct err *e)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct work w = { 0 };
	struct err ignored, why;
	int rc = -1;

	if (journal_write(j, &text, e) == -1 ||
	    file_replace(t->state, STATE_JOURNAL_PREPARED, text.data, text.len, 0600, e) == -1) {
		buf_free(&text);
		file_remove(t->state, STATE_JOURNAL_PREPARED, &ignored);
		return -1;
	}
	buf_free(&text);
	if (work_open(&w, t, j, true, e) == -1 || prepare(&w, e) == -1) {
		work_close(&w);
		forget(t, j, &ignored); /* else the next start does */
		return -1;
	}
	if (file_rename(t->state, STATE_JOURNAL_PREPARED, t->state, STATE_JOURNAL_COMMITTED, e) ==
	    -1) {
		struct file_info info;

		/* The rename may have been done and only its sync have failed. */
		if (file_stat(t->state, STATE_JOURNAL_COMMITTED, &info, &ignored) != 1)
			forget(t, j, &ignored);
		else if (take_back(&w, STATE_JOURNAL_COMMITTED, &why) == -1)
			*e = why;
	} else if (redo(&w, e) == -1) {
		if (take_back(&w, STATE_JOURNAL_COMMITTED, &why) == -1)
			*e = why;
	} else {
		/* It is done; what is left to do can wait for the next start. */
		rc = 0;
		finish(&w, &ignored);
	}
	work_close(&w);
	return rc;
}

static int
load(struct dir *state, const char *name, struct journal *j, struct err *e)
{
	struct buf text = BUF_INIT(JOURNAL_MAX + 256);
	int rc;

	if (file_read(state, name, &text, e) == -1)
		rc = e->code == ERR_NOENT ? 0 : -1;
	else if ((rc = journal_read(text.data, text.len, j, e)) == -1)
		err_context(e, "%s/%s", dir_path(state), name);
	else
		rc = 1;
	buf_free(&text);
	return rc;
}

/* Whether all of it was in place once, so that it is never taken back. */
static bool
is_recorded(const struct transaction *t, const struct journal *j)
{
	struct err e;
	json_t *applied = store_applied(t->state, &e);
	bool is = applied != NULL && store_serial(applied) == store_serial(j->record);

	json_decref(applied);
	return is;
}

/* One that is whole, or, of journal.new, none at all: a torn one says nothing was staged yet. */
static int
recover_one(const struct transaction *t, const char *name, enum transaction_end *done,
    struct err *e)
{
	struct journal j;
	struct work w;
	struct err why;
	int rc;

	if ((rc = load(t->state, name, &j, e)) <= 0) {
		if (rc == -1 && strcmp(name, STATE_JOURNAL_PREPARED) == 0 &&
		    (e->code == ERR_HASH || e->code == ERR_SYNTAX))
			rc = end(t, name, e);
		return rc;
	}
	if (strcmp(name, STATE_JOURNAL_PREPARED) == 0) {
		rc = forget(t, &j, e);
		*done = TRANSACTION_UNDONE;
	} else if ((rc = work_open(&w, t, &j, false, e)) == 0) {
		if (strcmp(name, STATE_JOURNAL_COMMITTED) == 0 &&
		    (is_recorded(t, &j) || redo(&w, &why) == 0)) {
			if ((rc = finish(&w, e)) == -1)
				err_context(e,
				    "the last change is in place, but it could not be completed");
			*done = TRANSACTION_FINISHED;
		} else {
			rc = take_back(&w, name, e);
			*done = TRANSACTION_UNDONE;
		}
		work_close(&w);
	}
	journal_free(&j);
	return rc;
}

int
transaction_recover(const struct transaction *t, enum transaction_end *done, struct err *e)
{
	static const char *const names[] = { STATE_JOURNAL_UNDOING, STATE_JOURNAL_COMMITTED,
		STATE_JOURNAL_PREPARED };

	*done = TRANSACTION_NONE;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (recover_one(t, names[i], done, e) == -1)
			return -1;
	return 0;
}

int
transaction_abandon(struct dir *state, struct err *e)
{
	struct file_info info;
	int found;

	for (int undoing = 0; undoing < 2; undoing++) {
		const char *name = undoing ? STATE_JOURNAL_UNDOING : STATE_JOURNAL_COMMITTED;

		if ((found = file_stat(state, name, &info, e)) == -1 ||
		    (found == 1 && file_rename(state, name, state, "journal.torn", e) == -1))
			return -1;
	}
	return 0;
}
