/* SPDX-License-Identifier: ISC */
/*
 * Transactions over files and settings: from the first step to the last, and what a crash left of
 * one.
 */
#include "updater/apply/transaction.h"

#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/move.h"

#include "updater/apply/bounds.h"
#include "updater/apply/claim.h"
#include "updater/apply/leftover.h"
#include "updater/apply/movable.h"
#include "updater/apply/work.h"
#include "updater/state/damage.h"
#include "updater/state/notes.h"
#include "updater/state/state.h"

/* The private directory of one root, and with unmake, the root if the transaction made it. */
static int
clean_root(const struct work *w, int r, bool unmake, struct leftovers *l, struct err *e)
{
	struct dir *root = w->roots[r], *dir = w->dirs[r];

	if (claim_is_others(w, r)) {
		claim_leave(w, r);
		return 0;
	}
	if (dir != NULL &&
	    (leftovers_empty(l, r, dir, e) == -1 || dir_remove(root, w->t->work, e) == -1))
		return -1;
	if (root != NULL && dir_sync(root, e) == -1)
		return -1;
	return unmake && w->j->roots[r] != NULL ? dir_unmake(w->j->roots[r], w->j->made[r], e) : 0;
}

/* Remove the private directories; files in use stay there and are noted. */
static int
clean(const struct work *w, bool unmake, struct err *e)
{
	struct leftovers l = { .state = w->t->state, .j = w->j, .work = w->t->work };
	int rc = 0;

	for (int r = 0; r < LAYOUT_ROOTS && rc == 0; r++)
		rc = clean_root(w, r, unmake, &l, e);
	if (rc == 0 && l.list != NULL)
		rc = notes_set_leftovers(w->t->state, l.list, e);
	json_decref(l.list);
	return rc;
}

static int
remove_journal(const struct transaction *t, const char *name, struct err *e)
{
	if (file_remove(t->state, name, e) == -1)
		return -1;
	return dir_sync(t->state, e);
}

/*
 * Everything is in place, or back: the journal gets the name of one that isn't committed, because
 * the private directories may be gone from here on.  What is left to do the next start does.
 */
static int
tidy_work(const struct work *w, const char *name, bool unmake, struct err *e)
{
	struct err ignored;

	if (file_rename(w->t->state, name, w->t->state, STATE_JOURNAL_PREPARED, e) == -1)
		return -1;
	if (clean(w, unmake, &ignored) == 0)
		remove_journal(w->t, STATE_JOURNAL_PREPARED, &ignored);
	return 0;
}

/* Record what is in place, and clean up.  old: the record before. */
static int
finish_work(const struct work *w, const struct record *old, struct err *e)
{
	if (record_set_applied(w->t->state, old, &w->j->record, e) == -1 || keep_old(w, e) == -1 ||
	    tidy_work(w, STATE_JOURNAL_COMMITTED, false, e) == -1)
		return -1;
	record_prune(w->t->state, &w->j->record);
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

/*
 * Lock the settings that a transaction changes, within its deadline: a commit then waits for no
 * other program.
 */
static int
lock_settings(const struct transaction *t, const struct changeset *c, struct err *e)
{
	int left = clock_left_ms(t->deadline);

	return settings_lock(t->settings, c, left < SETTINGS_LOCK_MS ? left : SETTINGS_LOCK_MS, e);
}

/* Take back a committed transaction.  Returns 0, or -1 with ERR_TORN. */
static int
take_back(const struct work *w, const char *name, struct err *e)
{
	struct dir *state = w->t->state;

	if ((strcmp(name, STATE_JOURNAL_UNDOING) != 0 &&
		file_rename(state, name, state, STATE_JOURNAL_UNDOING, e) == -1) ||
	    switch_undo(w, e) == -1 || tidy_work(w, STATE_JOURNAL_UNDOING, true, e) == -1)
		return torn(e);
	return 0;
}

/* Remove the staged files of a transaction that wasn't committed. */
static int
forget_prepared(const struct transaction *t, const struct journal *j, struct err *e)
{
	struct work w;
	int rc;

	if (work_open(&w, t, j, false, e) == -1)
		return -1;
	rc = clean(&w, true, e) == -1 ? -1 : remove_journal(t, STATE_JOURNAL_PREPARED, e);
	work_close(&w);
	return rc;
}

int
transaction_run(const struct transaction *t, const struct record *applied, const struct journal *j,
    struct err *e)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct work w = { 0 };
	struct err ignored, why;
	int rc = -1;

	if (bounds_check(t, j, e) == -1 || movable_check(t, j, e) == -1)
		return -1;
	if (journal_write(j, &text, e) == -1 ||
	    file_replace(t->state, STATE_JOURNAL_PREPARED, text.data, text.len, 0600, e) == -1) {
		buf_free(&text);
		file_remove(t->state, STATE_JOURNAL_PREPARED, &ignored);
		return -1;
	}
	buf_free(&text);
	if (work_open(&w, t, j, true, e) == -1 || stage_files(&w, e) == -1 ||
	    keep_scripts(&w, e) == -1 || lock_settings(t, &j->set, e) == -1 ||
	    settings_check(t->settings, e) == -1 || work_time(&w, e) == -1) {
		settings_unlock(t->settings);
		work_close(&w);
		forget_prepared(t, j, &ignored); /* else the next start does */
		return -1;
	}
	w.until = CLOCK_NEVER; /* a commit goes to its end */
	if (file_rename(t->state, STATE_JOURNAL_PREPARED, t->state, STATE_JOURNAL_COMMITTED, e) ==
	    -1) {
		struct file_info info;

		/* The rename may have been done and only its sync have failed. */
		if (file_stat(t->state, STATE_JOURNAL_COMMITTED, &info, &ignored) != 1)
			forget_prepared(t, j, &ignored);
		else if (take_back(&w, STATE_JOURNAL_COMMITTED, &why) == -1)
			*e = why;
	} else if (switch_redo(&w, e) == -1) {
		if (take_back(&w, STATE_JOURNAL_COMMITTED, &why) == -1)
			*e = why;
	} else {
		/* The change is in place; the next start can do the rest. */
		rc = 0;
		finish_work(&w, applied, &ignored);
	}
	settings_unlock(t->settings);
	work_close(&w);
	return rc;
}

static int
load_journal(struct dir *state, const char *name, struct journal *j, struct err *e)
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

/*
 * Complete a committed transaction, or take it back where that fails.  Once it is recorded all of
 * it was in place, and it is never taken back.
 */
static int
go_on(const struct work *w, enum transaction_end *done, struct err *e)
{
	struct record applied;
	struct err why, unread, damage;
	int known = record_known(w->t->state, &applied, &damage, &unread), rc;
	bool redone = known == 0 && applied.serial == w->j->record.serial;

	if (!redone && !(redone = switch_redo(w, &why) == 0) && why.code == ERR_TIMEOUT) {
		*e = why; /* only time was short: the next start goes on */
		rc = torn(e);
	} else if (!redone) {
		rc = take_back(w, STATE_JOURNAL_COMMITTED, e);
		*done = TRANSACTION_UNDONE;
	} else {
		if (known == -1)
			*e = unread;
		if (known == -1 || finish_work(w, &applied, e) == -1)
			rc = err_context(e,
			    "the last change is in place, but it could not be completed");
		else
			rc = 0;
		*done = TRANSACTION_FINISHED;
	}
	record_free(&applied);
	return rc;
}

/*
 * A journal that goes beyond the station is not this station's, or the station was enrolled anew.
 * One that wasn't committed is removed; files that it staged elsewhere stay there.
 */
static int
refuse_journal(const struct transaction *t, const char *name, struct err *e)
{
	if (e->code == ERR_UNSAFE && strcmp(name, STATE_JOURNAL_PREPARED) == 0)
		return remove_journal(t, name, e);
	err_context(e, "%s/%s is not carried out", dir_path(t->state), name);
	if (e->code == ERR_UNSAFE)
		e->code = ERR_TORN;
	return -1;
}

/*
 * A damaged journal: nothing was staged for certain before journal.new was whole, and nothing is
 * known of a change that was committed.
 */
static int
unreadable(const struct transaction *t, const char *name, struct err *e)
{
	const struct damage_told nobody = { NULL, NULL };

	if (strcmp(name, STATE_JOURNAL_PREPARED) != 0)
		return torn(e);
	return damage_set_aside(t->state, name, NULL, NULL, &nobody, e) == -1
	    ? -1
	    : dir_sync(t->state, e);
}

/* Whether the change is recorded: all of it was in place. */
static bool
is_recorded(struct dir *state, const struct journal *j)
{
	struct record applied;
	struct err e;
	bool is = record_applied(state, &applied, &e) == 0 && applied.serial == j->record.serial;

	record_free(&applied);
	return is;
}

/* Finish or take back a committed transaction, in the directories that it was written for. */
static int
recover_committed(const struct transaction *t, const struct journal *j, const char *name,
    enum transaction_end *done, struct err *e)
{
	bool committed = strcmp(name, STATE_JOURNAL_COMMITTED) == 0;
	struct work w;
	int rc;

	if (work_open(&w, t, j, false, e) == -1)
		return -1;
	if ((rc = work_check_roots(&w, e)) == 0 &&
	    lock_settings(t, committed ? &j->set : &j->record.undo, e) == -1)
		rc = torn(e);
	if (rc == 0 && committed) {
		rc = go_on(&w, done, e);
	} else if (rc == 0) {
		rc = take_back(&w, name, e);
		*done = TRANSACTION_UNDONE;
	}
	settings_unlock(t->settings);
	work_close(&w);
	return rc;
}

/* Recover one journal. */
static int
recover_one(const struct transaction *t, const char *name, enum transaction_end *done,
    struct err *e)
{
	bool prepared = strcmp(name, STATE_JOURNAL_PREPARED) == 0;
	struct journal j;
	int rc;

	if ((rc = load_journal(t->state, name, &j, e)) <= 0)
		return rc == -1 && damage_is(e) ? unreadable(t, name, e) : rc;
	if (bounds_check(t, &j, e) == -1) {
		rc = refuse_journal(t, name, e);
	} else if (prepared) {
		*done = is_recorded(t->state, &j) ? TRANSACTION_FINISHED : TRANSACTION_UNDONE;
		rc = forget_prepared(t, &j, e);
	} else
		rc = recover_committed(t, &j, name, done, e);
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

/* Say what a journal that is given up leaves: name is there. */
static int
tell_left(struct dir *state, const char *name, struct buf *left, struct err *e)
{
	struct journal j;
	struct err unread;
	int rc = 0;

	if (load_journal(state, name, &j, &unread) != 1)
		return buf_addf(left, e, "%s", unread.text);
	for (int r = 0; r < LAYOUT_ROOTS && rc == 0; r++)
		if (j.roots[r] != NULL)
			rc = buf_addf(left, e, "%s%s", left->len == 0 ? "" : ", ", j.roots[r]);
	if (rc == 0 && left->len > 0)
		rc = buf_addf(left, e,
		    " may hold files of release %lld and of the one before, and a directory "
		    ".slipway-*: run 'slipway update --repair' again when its disk is mounted",
		    (long long)j.record.release);
	journal_free(&j);
	return rc;
}

int
transaction_abandon(struct dir *state, struct buf *left, struct err *e)
{
	struct file_info info;
	int found;

	for (int undoing = 0; undoing < 2; undoing++) {
		const char *name = undoing ? STATE_JOURNAL_UNDOING : STATE_JOURNAL_COMMITTED;

		if ((found = file_stat(state, name, &info, e)) == -1 ||
		    (found == 1 &&
			((left != NULL && tell_left(state, name, left, e) == -1) ||
			    file_rename(state, name, state, "journal.torn", e) == -1)))
			return -1;
	}
	return 0;
}
