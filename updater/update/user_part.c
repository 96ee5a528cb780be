/* SPDX-License-Identifier: ISC */
/* A user's part of what is applied. */
#include "updater/update/user_part.h"

#include <string.h>

#include "updater/apply/apply.h"
#include "lib/os/clock.h"
#include "lib/os/places.h"
#include "updater/apply/leftover.h"
#include "updater/apply/rollback.h"
#include "updater/state/record.h"
#include "updater/state/roaming.h"
#include "updater/update/put_back.h"
#include "updater/update/waiting.h"

struct user_part {
	struct attempt *whole; /* of the machine's part */
	struct station st;     /* as a user's part sees it */
	struct settings *s;
	const struct record *machine;
	const struct update_options *o;
	struct dir *state;
	struct record applied;
};

/*
 * The machine went back to a release that this user had: find the way back for their settings.
 * Returns 1, or 0 where there is none.
 */
static int
go_back(struct user_part *u, struct changeset *set, struct record *was, struct err *e)
{
	if (strcmp(u->machine->action, "rollback") != 0 ||
	    u->machine->release == u->applied.release)
		return 0;
	if (rollback_find(u->state, &u->applied, u->machine->release, was, set, e) == 0)
		return 1;
	return e->code == ERR_NOENT ? 0 : -1;
}

static int
run_scripts(struct user_part *u, struct changeset *set, struct err *e)
{
	struct plan_scripts run = { .settings = u->s,
		.deadline = u->o->deadline,
		.log = u->o->log };
	struct plan p;
	int rc = -1;

	if (!attempt_for_users(u->whole))
		return 0;
	if (plan_of_record(u->whole->st, u->machine, u->o->deadline, &p, e) == -1)
		return -1;
	if ((run.source = dir_below(u->whole->state, "kept", false, e)) != NULL)
		rc = plan_scripts(&u->st, &run, LAYOUT_SCRIPTS_USER, &p, set, e);
	dir_close(run.source);
	plan_free(&p);
	return rc;
}

/* The files of app/, where AppDir is each user's: compared, and room for what changes. */
static int
plan_files(const struct user_part *u, struct plan *p, struct err *e)
{
	if (plan_of_user(&u->st, u->machine, u->o->deadline, p, e) == -1)
		return -1;
	if (plan_compare(&u->st, &u->applied, p, e) == 0 && plan_others(&u->st, p, e) == 0 &&
	    (plan_changes(p) == 0 || plan_room(&u->st, u->state, p, e) == 0))
		return 0;
	plan_free(p);
	return -1;
}

static int
bring(struct user_part *u, const struct transaction *t, struct update_result *r, struct err *e)
{
	struct changeset set = CHANGESET_INIT;
	struct plan files;
	struct record was = RECORD_INIT, now = RECORD_INIT;
	struct apply a = { .plan = &files,
		.set = &set,
		.applied = &u->applied,
		.action = "update",
		.newest = u->machine->newest,
		.machine = record_followed(u->machine) };
	int back, rc = -1;

	if (plan_files(u, &files, e) == -1)
		return -1;
	if ((back = go_back(u, &set, &was, e)) == 1) {
		a.action = "rollback";
		a.asked = &was.set;
	}
	if (back == 1 || (back == 0 && run_scripts(u, &set, e) == 0))
		rc = apply(&u->st, t, &a, &now, e);
	r->user_settings = (size_t)now.changed_settings;
	r->user_files = (size_t)now.changed_files;
	if (rc == 0) {
		record_free(&u->applied);
		u->applied = now;
		now = (struct record)RECORD_INIT;
	}
	record_free(&now);
	record_free(&was);
	changeset_free(&set);
	plan_free(&files);
	return rc;
}

/* Whether AppDir is elsewhere than when this part was brought. */
static bool
user_moved(const struct user_part *u)
{
	const char *root = plan_root(&u->st, LAYOUT_APP);

	return root != NULL && !record_same_root(&u->applied, LAYOUT_APP, root);
}

/* Something else in the place of this user's directory goes out of the way. */
static void
free_place(const struct user_part *u)
{
	const struct damage_told told = { u->o->log, NULL };
	const char *path = u->st.user_state_path;
	struct file_info info;
	struct err why, ignored;

	if (path == NULL || file_stat(NULL, path, &info, &ignored) != 1 ||
	    info.type == FILE_DIRECTORY || info.type == FILE_LINK)
		return;
	err_setx(&why, ERR_UNSAFE, "want a directory, got something else");
	(void)damage_set_aside(NULL, path, NULL, &why, &told, &ignored);
}

/* With the lock: bring this part into a known state; a damaged record is made anew by bring(). */
static int
recover(struct user_part *u, const struct transaction *t, struct err *e)
{
	const struct damage_told told = { u->o->log, NULL };
	enum transaction_end ended;
	struct err why;
	int known;

	damage_look(u->state, u->o->repair, &told);
	if (transaction_recover(t, &ended, e) == -1 &&
	    !(u->o->repair && e->code == ERR_TORN && transaction_abandon(u->state, NULL, e) == 0))
		return -1;
	if ((known = record_known(u->state, &u->applied, &why, e)) == 1 && u->applied.whole)
		return record_heal(u->state, &u->applied, &why, &told, e);
	if (known == 1 && u->o->log != NULL)
		u->o->log(NULL, LOG_LEVEL_WARN, dir_path(u->state), why.text);
	return known == -1 ? -1 : 0;
}

/* Nothing is new: files and settings of this user that were lost are put back. */
static int
put_back_lost(struct user_part *u, struct dir *kept, struct err *e)
{
	struct put_back b = { .st = &u->st,
		.s = u->s,
		.state = u->state,
		.kept = kept,
		.applied = &u->applied,
		.o = u->o,
		.user = true };
	int rc;

	put_back_here(&b);
	put_back_end(&b, true);
	if ((rc = b.why.code == ERR_TORN ? -1 : 0) == -1)
		*e = b.why;
	return rc;
}

bool
user_part_is_due(const struct update_options *o)
{
	return o->starts || !place_is_system();
}

int
user_part_run(struct attempt *whole, struct err *e)
{
	struct user_part u = { .whole = whole,
		.st = station_user_part(whole->st),
		.s = whole->s,
		.machine = &whole->applied,
		.o = whole->o };
	struct update_result *r = whole->r;
	struct file_lock *lock = NULL;
	struct dir *kept = NULL;
	struct transaction t;
	struct err ignored;
	char work[512];
	int rc = -1;

	r->user_settings = r->user_files = 0;
	if (u.machine->serial == 0 || !user_part_is_due(u.o))
		return 0;
	free_place(&u);
	if ((u.state = station_user_dir(&u.st, false, e)) == NULL) {
		if (e->code != ERR_NOENT)
			return -1;
		if (!attempt_for_users(whole))
			return 0;
		if ((u.state = station_user_dir(&u.st, true, e)) == NULL)
			return -1;
	}
	kept = u.st.app_of_user ? dir_below(whole->state, "kept", false, &ignored) : NULL;
	apply_transaction(&u.st, u.state, kept, false, u.s, waiting_end(u.o->deadline), work, &t);
	t.user = true;
	if (u.o->repair)
		damage_look_lock(u.state, &(struct damage_told){ u.o->log, NULL });
	if ((lock = waiting_lock(&u.st, u.state, u.o->deadline,
		 &(const struct waiting_told){ u.o->log, NULL }, e)) == NULL)
		r->busy = e->code == ERR_BUSY;
	else if (recover(&u, &t, e) == 0) {
		leftovers_remove(&t);
		if (u.applied.machine == record_followed(u.machine) && !user_moved(&u) &&
		    !roaming_is_other(u.s, &u.st, &u.applied))
			rc = put_back_lost(&u, kept, e);
		else if (attempt_whole(whole, e) == 0)
			rc = bring(&u, &t, r, e);
		if (rc == 0)
			roaming_note(u.s, &u.st, &u.applied);
	}
	record_free(&u.applied);
	file_unlock(lock);
	dir_close(kept);
	dir_close(u.state);
	return rc;
}
