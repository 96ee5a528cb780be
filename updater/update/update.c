/* SPDX-License-Identifier: ISC */
/* One whole update of one application, in the order of the way of a launch. */
#include "updater/update/update.h"

#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/settings/view.h"
#include "updater/apply/apply.h"
#include "updater/apply/rollback.h"
#include "updater/fetch/download.h"
#include "updater/state/notes.h"
#include "updater/station/checks.h"
#include "updater/update/attempt.h"
#include "updater/update/user_part.h"
#include "updater/update/waiting.h"

/* Of an update beside another station, which changes what was compared. */
#define TRIES 3

static int
unstage(void *arg, const char *name, struct err *e)
{
	return file_remove(arg, name, e) == -1 ? -1 : 0;
}

/* Apply the plan; afterwards u->applied is the new record. */
static int
apply_plan(struct attempt *u, const struct apply *a, struct dir *source, bool source_is_ours,
    struct err *e)
{
	struct transaction t;
	struct record now;
	char work[512];

	apply_transaction(u->st, u->state, source, source_is_ours, u->s, u->o->deadline, work, &t);
	t.take_over = u->o->repair;
	t.others = &u->others;
	t.looked = u->looked;
	if (apply(u->st, &t, a, &now, e) == -1)
		return -1;
	u->r->changed = true;
	u->r->files = plan_changes(&u->plan);
	u->r->fetched = u->plan.fetched;
	u->r->settings = (size_t)now.changed_settings;
	u->r->release = now.release;
	u->r->newest = now.newest;
	u->r->unknown = false;
	record_free(&u->applied);
	u->applied = now;
	return 0;
}

/* Take over the content that earlier releases had: it is kept here, and needs no server. */
static int
reuse_kept(struct attempt *u, struct err *e)
{
	struct dir *kept = dir_below(u->state, "kept", false, e);
	int64_t deadline = u->o->deadline;
	int rc = 0;

	if (kept == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	for (size_t i = 0; i < u->plan.n && rc == 0; i++) {
		const struct plan_file *f = &u->plan.files[i];

		if ((rc = clock_check(deadline, "kept files were looked for", e)) == 0 &&
		    (plan_needs(f) || f->place >= LAYOUT_ROOTS) &&
		    download_is_there(kept, f->sha256, &f->want, deadline) &&
		    !download_is_there(u->staging, f->sha256, &f->want, deadline))
			rc = file_copy_until(kept, f->sha256, u->staging, f->sha256, 0600, deadline,
			    e);
	}
	dir_close(kept);
	return rc;
}

void
update_look(const struct station *st, struct update_result *r)
{
	struct attempt u = { .st = st, .r = r };
	struct err ignored;

	*r = (struct update_result){ .unknown = true };
	if (st->state_path == NULL)
		return;
	if ((u.state = station_dir(st, "", false, &ignored)) != NULL)
		attempt_look(&u, false, &ignored);
	else if (ignored.code == ERR_NOENT)
		r->unknown = false;
	attempt_end(&u);
}

static int
fetch_and_apply_once(struct attempt *u, struct err *e)
{
	struct apply a = { .plan = &u->plan,
		.set = &u->plan.settings,
		.applied = &u->applied,
		.action = u->plan.release == u->r->release && u->o->repair ? "repair" : "update",
		.newest = u->plan.release,
		.place = u->o->from,
		.expired = u->r->expired };
	int64_t serial = u->applied.serial;
	struct err ignored;

	if (station_check_change(u->st, e) == -1 || attempt_compare(u, e) == -1 ||
	    reuse_kept(u, e) == -1 ||
	    attempt_fetch(u, u->staging, PLAN_FILES | PLAN_SCRIPTS, e) == -1 ||
	    attempt_scripts(u, u->staging, LAYOUT_SCRIPTS_MACHINE, &u->plan.settings, e) == -1 ||
	    apply_plan(u, &a, u->staging, true, e) == -1) {
		notes_set_waiting(u->state, serial, u->plan.release, e);
		return -1;
	}
	/* only room is lost if this fails */
	dir_list(u->staging, unstage, u->staging, &ignored);
	return 0;
}

/*
 * Another station that shares InstallDir or AppDir goes first; what it left there is compared
 * again.
 */
static int
fetch_and_apply(struct attempt *u, struct err *e)
{
	for (int i = 1;; i++) {
		u->others = OTHERS_NONE;
		/* At last it goes on beside a program that always changes something there. */
		u->looked = i < TRIES ? u->plan.looked : NULL;
		if (fetch_and_apply_once(u, e) == 0)
			return 0;
		if (u->others == OTHERS_NONE || i == TRIES ||
		    (u->others == OTHERS_AT_WORK &&
			!waiting_others(u->st, u->state, u->o->deadline)))
			break;
		plan_free(&u->plan);
		if (plan_make(u->st, u->refresh, &u->applied, u->o->deadline, &u->plan, e) == -1)
			return -1;
	}
	u->r->busy = u->others != OTHERS_NONE;
	return -1;
}

/* Whether its content has to be here, to be installed or for users' parts. */
static bool
is_needed(const struct plan_file *f)
{
	return plan_needs(f) || f->place == PLAN_FOR_USERS || f->place == LAYOUT_SCRIPTS_USER;
}

/*
 * Fetches again what kept/ lacks: the original of a file that a person had changed, or one that
 * didn't change since.
 */
static int
fetch_lost(struct attempt *u, struct dir *kept, struct err *e)
{
	size_t lost = 0;

	for (size_t i = 0; i < u->plan.n; i++)
		lost += is_needed(&u->plan.files[i]) &&
		    !download_is_there(kept, u->plan.files[i].sha256, &u->plan.files[i].want,
			u->o->deadline);
	if (lost == 0 ||
	    ((u->refresh != NULL || attempt_refresh(u, attempt_time(u), e) == 0) &&
		attempt_fetch(u, kept, PLAN_FILES | PLAN_USER_SCRIPTS, e) == 0))
		return 0;
	return err_context(e,
	    "the content of %zu files of release %lld isn't kept here (files changed by hand), and "
	    "could not be fetched again",
	    lost, (long long)u->plan.release);
}

/* What the old InstallDir or AppDir has of the needed content, as it was installed, is kept. */
static int
keep_installed(struct attempt *u, struct dir *kept, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < u->plan.n && rc == 0; i++) {
		const struct plan_file *f = &u->plan.files[i];
		enum layout_place root = f->place == PLAN_FOR_USERS ? LAYOUT_APP : f->place;
		struct err ignored;
		struct dir *old;

		if (!is_needed(f) || root >= LAYOUT_ROOTS || u->applied.roots[root] == NULL ||
		    record_same_root(&u->applied, root, plan_root(u->st, root)) ||
		    download_is_there(kept, f->sha256, &f->want, u->o->deadline) ||
		    (old = dir_open(u->applied.roots[root], &ignored)) == NULL)
			continue;
		if (download_is_there(old, f->rest, &f->want, u->o->deadline))
			rc = file_copy(old, f->rest, kept, f->sha256, 0644, e);
		dir_close(old);
	}
	return rc;
}

/*
 * The release to which this station was rolled back, put in place again: all of its files and
 * settings (repair), or its files where InstallDir and AppDir are now.
 */
static int
install_again(struct attempt *u, struct err *e)
{
	struct apply a = { .plan = &u->plan,
		.set = &u->plan.settings,
		.applied = &u->applied,
		.action = "repair",
		.newest = u->r->newest };
	struct dir *kept = NULL;
	int rc = -1;

	plan_free(&u->plan);
	if (plan_of_record(u->st, &u->applied, u->o->deadline, &u->plan, e) == 0 &&
	    changeset_append(&u->plan.settings, &u->applied.set, e) == 0 &&
	    (u->st->registry_view != REGISTRY_VIEW_BOTH ||
		view32_mirror(&u->plan.settings, e) == 0) &&
	    attempt_compare(u, e) == 0 && (kept = dir_below(u->state, "kept", true, e)) != NULL &&
	    keep_installed(u, kept, e) == 0 && fetch_lost(u, kept, e) == 0)
		rc = apply_plan(u, &a, kept, false, e);
	dir_close(kept);
	return rc;
}

/* Until when what was found is known to be good: now, or the end of metadata that had ended. */
static int64_t
good_until(struct attempt *u, int64_t now)
{
	int64_t was = notes_refreshed(u->state), until;

	if (u->refresh == NULL || u->r->expired == 0)
		return now;
	until = tuf_client_expires(refresh_client(u->refresh));
	return until < was ? was : until < now ? until : now;
}

int
update_machine(struct attempt *u, struct err *e)
{
	int64_t now = attempt_time(u);

	if (attempt_plan(u, now, e) == -1) {
		/* An ended application is signed, and no failure where a release is applied. */
		if (e->code != ERR_ENDED || u->r->release == 0)
			return -1;
		err_clear(e);
		u->r->ended = true;
	} else if (!attempt_is_applied(u) &&
	    (u->r->held ? install_again(u, e) : fetch_and_apply(u, e)) == -1) {
		return -1;
	} else {
		attempt_remember(u);
	}
	u->r->fresh = true;
	if (u->o->from != NULL || u->r->expired > 0)
		notes_set_brought(u->state, u->o->from, u->r->expired);
	u->r->refreshed = good_until(u, now);
	return notes_set_refreshed(u->state, u->r->refreshed, e);
}

int
update_user(struct attempt *u, struct err *e)
{
	return user_part_run(u, e);
}

/*
 * What is applied and was lost comes back: from here before servers are asked, which may take all
 * the time, then from them.
 */
static int
put_back_begin(struct attempt *u, struct err *e)
{
	u->back = (struct put_back){ .st = u->st,
		.s = u->s,
		.state = u->state,
		.applied = &u->applied,
		.o = u->o };
	if (u->o->repair || (u->known && put_back_needless(&u->back, !u->r->read_only)))
		return 0; /* a repair compares everything */
	if (attempt_whole(u, e) == -1)
		return -1;
	if (u->r->read_only)
		put_back_look(&u->back);
	else
		put_back_here(&u->back);
	if (u->back.why.code != ERR_TORN)
		return 0;
	*e = u->back.why;
	return -1;
}

static int
put_back_rest(struct attempt *u, struct err *e)
{
	bool torn = u->back.why.code == ERR_TORN;

	if (u->r->changed)
		lost_free(&u->back.lost); /* all of it was compared */
	else if (u->refresh != NULL && !u->r->read_only && !torn)
		put_back_fetch(&u->back, u->refresh, u->fetch, u->staging);
	put_back_end(&u->back, !u->r->read_only);
	if (torn || u->back.why.code != ERR_TORN)
		return 0;
	*e = u->back.why;
	return -1;
}

/* The machine's part: as it was applied, then as the servers have it. */
static int
machine_part(struct attempt *u, struct err *e)
{
	int rc = put_back_begin(u, e);
	struct err why;

	if (rc == 0 && !u->o->offline)
		rc =
		    u->r->read_only ? attempt_trusted(u, attempt_time(u), e) : update_machine(u, e);
	if (put_back_rest(u, rc == 0 ? e : &why) == -1) {
		if (rc == -1)
			*e = why;
		rc = -1;
	}
	return rc;
}

int
update_run(const struct station *st, struct settings *s, const struct update_options *o,
    struct update_result *r, struct err *e)
{
	struct attempt u;
	struct err why;
	int rc = attempt_begin(&u, st, s, o, false, r, e);

	if (rc == 0) {
		rc = machine_part(&u, e);
		if ((rc == 0 || e->code != ERR_TORN) && update_user(&u, &why) == -1) {
			if (rc == 0)
				*e = why;
			else
				err_context(e,
				    "this user's settings were not looked after (%.400s)",
				    why.text);
			r->busy = r->busy && rc == 0;
			rc = -1;
		}
	}
	attempt_end(&u);
	return rc;
}

static int
roll_back(struct attempt *u, int64_t release, struct err *e)
{
	struct changeset back = CHANGESET_INIT;
	struct record was;
	struct apply a = { .plan = &u->plan,
		.set = &back,
		.applied = &u->applied,
		.action = "rollback",
		.asked = &was.set,
		.newest = u->r->newest };
	struct dir *kept = NULL;
	int rc = -1;

	if (rollback_find(u->state, &u->applied, release, &was, &back, e) == 0 &&
	    plan_of_record(u->st, &was, u->o->deadline, &u->plan, e) == 0 &&
	    attempt_compare(u, e) == 0 && (kept = dir_below(u->state, "kept", true, e)) != NULL &&
	    fetch_lost(u, kept, e) == 0)
		rc = apply_plan(u, &a, kept, false, e);
	dir_close(kept);
	changeset_free(&back);
	record_free(&was);
	return rc;
}

int
update_rollback(const struct station *st, struct settings *s, const struct update_options *o,
    int64_t release, struct update_result *r, struct err *e)
{
	struct attempt u;
	int rc = attempt_begin(&u, st, s, o, true, r, e);

	if (rc == 0 && r->read_only)
		rc = err_setx(e, ERR_ACCESS, "%s: this user may not change it", st->state_path);
	if (rc == 0 && (rc = roll_back(&u, release, e)) == 0)
		rc = update_user(&u, e);
	attempt_end(&u);
	return rc;
}
