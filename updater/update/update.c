/* SPDX-License-Identifier: ISC */
/*
 * One whole update of one application, in the order of the way of a launch.
 */
#include "updater/update/update.h"

#include <string.h>

#include "updater/apply/apply.h"
#include "lib/os/clock.h"
#include "updater/fetch/download.h"
#include "updater/apply/leftover.h"
#include "updater/plan/refresh.h"
#include "updater/apply/rollback.h"
#include "updater/state/server_health.h"
#include "updater/state/notes.h"
#include "updater/state/state.h"
#include "updater/state/record.h"
#include "updater/update/user_part.h"

/*
 * How long a process that changes files is waited for beyond the deadline, and how often it is
 * looked at, milliseconds.
 */
#define APPLY_WAIT_MS 60000
#define APPLY_LOOK_MS 100

struct update {
	const struct station *st;
	struct settings *s;
	const struct update_options *o;
	struct update_result *r;
	struct file_lock *lock;
	struct dir *state, *metadata, *staging;
	struct servers servers;
	struct fetch *fetch;
	struct refresh *refresh;
	struct plan plan;
	json_t *applied;
};

static int
read_applied(struct update *u, struct err *e)
{
	json_decref(u->applied);
	if ((u->applied = store_applied(u->state, e)) == NULL)
		return -1;
	u->r->release = store_release(u->applied);
	u->r->newest = store_newest(u->applied);
	u->r->refreshed = notes_refreshed(u->state);
	return 0;
}

static int
recover(struct update *u, struct err *e)
{
	struct transaction t;
	char work[512];

	apply_transaction(u->st, u->state, NULL, true, u->s, work, &t);
	if (transaction_recover(&t, &u->r->recovered, e) == 0) {
		leftovers_remove(u->state);
		return 0;
	}
	if (u->o->repair && e->code == ERR_TORN)
		return transaction_abandon(u->state, e);
	if (e->code == ERR_TORN)
		err_context(e,
		    "'slipway update --repair' gives it up and puts every file in place again");
	return -1;
}

/*
 * One process updates, others wait for it until their deadline.  Where it is changing files by
 * then, a little longer, because that is soon done and a program must not start in the middle of
 * it.
 */
static struct file_lock *
lock(struct update *u, struct err *e)
{
	int64_t now = clock_mono_ms(), until = u->o->deadline > now ? u->o->deadline : now,
		last = until + APPLY_WAIT_MS;
	struct file_lock *l = file_lock(u->state, "lock", until - now, e);

	while (
	    l == NULL && e->code == ERR_BUSY && state_pending(u->state) && clock_mono_ms() < last)
		l = file_lock(u->state, "lock", APPLY_LOOK_MS, e);
	if (l == NULL && e->code == ERR_BUSY)
		err_setx(e, ERR_BUSY, "another process is updating %s, and wasn't done in time",
		    u->st->application);
	return l;
}

/* Lock the machine's part and bring it into a known state. */
static int
begin(struct update *u, const struct station *st, struct settings *s,
    const struct update_options *o, struct update_result *r, struct err *e)
{
	struct err why;

	memset(r, 0, sizeof *r);
	*u = (struct update){ .st = st, .s = s, .o = o, .r = r };
	if ((u->state = station_dir(st, "", e)) == NULL)
		return -1;
	if ((u->lock = lock(u, e)) == NULL) {
		r->read_only = e->code == ERR_ACCESS;
		if (read_applied(u, &why) == -1) {
			*e = why;
			return -1;
		}
		if (!r->read_only)
			return -1;
		if (!state_pending(u->state))
			return 0;
		return err_setx(e, ERR_TORN,
		    "a change of this station was interrupted; its administrator has to run 'slipway update'");
	}
	return recover(u, e) == -1 ? -1 : read_applied(u, e);
}

static void
end(struct update *u)
{
	refresh_free(u->refresh);
	fetch_end(u->fetch);
	if (u->servers.known != NULL)
		servers_end(&u->servers, u->state);
	plan_free(&u->plan);
	json_decref(u->applied);
	file_unlock(u->lock);
	dir_close(u->staging);
	dir_close(u->metadata);
	dir_close(u->state);
}

static void
server_failed(void *arg, const char *url, const struct err *why)
{
	struct update *u = arg;

	servers_note(&u->servers, url, why, NULL);
	if (u->o->failed != NULL)
		u->o->failed(NULL, url, why);
}

static int
connect_to_server(struct update *u, struct err *e)
{
	const struct station *st = u->st;
	struct fetch_config config = { .host_keys = st->host_keys,
		.nhost_keys = st->nhost_keys,
		.key_file = st->login_key,
		.passphrase_file = st->passphrase_file,
		.password_file = st->password_file,
		.connect_ms = STATION_CONNECT_MS,
		.deadline = u->o->deadline,
		.failed = server_failed,
		.arg = u,
		.child = u->o->child };

	if (servers_load(u->state, st, clock_wall(), &u->servers, e) == -1)
		return -1;
	config.urls = u->servers.urls;
	config.nurls = u->servers.n;
	if ((u->metadata = station_dir(st, "metadata", e)) == NULL ||
	    (u->staging = dir_make_private(u->state, "staging", e)) == NULL ||
	    (u->fetch = fetch_start(&config, e)) == NULL)
		return -1;
	return 0;
}

/* Remember that the server that was asked last answered, or (why not NULL) what was wrong. */
static void
note_server(struct update *u, const struct err *why)
{
	const char *url = fetch_server(u->fetch);
	const struct confined *confined = fetch_confined(u->fetch);
	struct buf text = BUF_INIT(256);
	struct err ignored;

	if (confined != NULL)
		confined_format(confined, &text, &ignored);
	if (why != NULL && !fetch_is_servers_fault(why))
		why = NULL;
	if (url == NULL && why != NULL && u->servers.n > 0)
		url = u->servers.urls[u->servers.n - 1];
	if (url != NULL)
		servers_note(&u->servers, url, why, text.len > 0 ? buf_text(&text) : NULL);
	buf_free(&text);
}

/* The time for expiry checks: a clock that fell back must not make expired metadata good again. */
static int64_t
refresh_time(struct update *u)
{
	int64_t now = clock_wall(), floor = notes_refreshed(u->state);

	u->r->stood_still = now < floor;
	return now < floor ? floor : now;
}

/*
 * Trusted metadata, and the plan of the release that it names.  *now: the time to remember as that
 * of the refresh.
 */
static int
refresh(struct update *u, int64_t *now, struct err *e)
{
	struct err first = { 0 };

	*now = refresh_time(u);
	/*
	 * A server whose metadata is wrong or behind keeps nobody from another's; what is told in
	 * the end is what was wrong first.
	 */
	while ((u->refresh = refresh_run(u->fetch, u->metadata, u->st->application, *now, e)) ==
		NULL &&
	    fetch_next(u->fetch, e))
		if (first.code == ERR_NONE)
			first = *e;
	note_server(u, u->refresh == NULL ? e : NULL);
	if (u->refresh == NULL) {
		if (first.code != ERR_NONE)
			*e = first;
		return -1;
	}
	return plan_make(u->st, u->refresh, &u->plan, e);
}

/* Whether there is nothing to do. */
static bool
is_applied(struct update *u)
{
	bool is = plan_is_applied(&u->plan, u->applied);

	u->r->held = is && u->r->release != u->r->newest;
	return is && (!u->o->repair || u->r->held);
}

static int
unstage(void *arg, const char *name, struct err *e)
{
	return file_remove(arg, name, e) == -1 ? -1 : 0;
}

static int
apply_plan(struct update *u, const struct apply *a, struct dir *source, bool source_is_ours,
    struct err *e)
{
	struct transaction t;
	char work[512];

	apply_transaction(u->st, u->state, source, source_is_ours, u->s, work, &t);
	if (apply(u->st, &t, a, &u->r->settings, e) == -1)
		return -1;
	u->r->changed = true;
	u->r->files = plan_changes(&u->plan);
	u->r->fetched = u->plan.fetched;
	u->r->release = u->plan.release;
	u->r->newest = a->newest;
	return 0;
}

/* What an earlier release had is kept here, and needs no server. */
static int
reuse_kept(struct update *u, struct err *e)
{
	struct dir *kept = dir_below(u->state, "kept", false, e);
	int rc = 0;

	if (kept == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	for (size_t i = 0; i < u->plan.n && rc == 0; i++) {
		const struct plan_file *f = &u->plan.files[i];

		if ((plan_needs(f) || f->place >= PLACE_SCRIPT_MACHINE) &&
		    download_is_there(kept, f->sha256, &f->want) &&
		    !download_is_there(u->staging, f->sha256, &f->want))
			rc = file_copy(kept, f->sha256, u->staging, f->sha256, 0600, e);
	}
	dir_close(kept);
	return rc;
}

static int
fetch_what_is_missing(struct update *u, struct err *e)
{
	if (plan_fetch(&u->plan, u->refresh, u->fetch, u->staging, PLAN_FILES | PLAN_SCRIPTS,
		u->o->progress, e) == 0)
		return 0;
	note_server(u, e);
	return -1;
}

static int
fetch_and_apply(struct update *u, struct err *e)
{
	struct apply a = { .plan = &u->plan,
		.set = &u->plan.settings,
		.applied = u->applied,
		.action = u->plan.release == u->r->release && u->o->repair ? "repair" : "update",
		.newest = u->plan.release };
	struct err ignored;

	if (plan_compare(u->st, u->applied, &u->plan, e) == -1 ||
	    plan_room(u->st, u->state, &u->plan, e) == -1 || reuse_kept(u, e) == -1 ||
	    fetch_what_is_missing(u, e) == -1 ||
	    plan_scripts(u->st, u->s, u->staging, PLACE_SCRIPT_MACHINE, u->o->deadline, &u->plan,
		&u->plan.settings, e) == -1 ||
	    apply_plan(u, &a, u->staging, true, e) == -1) {
		notes_set_waiting(u->state, store_serial(u->applied), u->plan.release, e);
		return -1;
	}
	/* only room is lost if this fails */
	dir_list(u->staging, unstage, u->staging, &ignored);
	return 0;
}

static int
machine_part(struct update *u, struct err *e)
{
	int64_t now;

	if (connect_to_server(u, e) == -1 || refresh(u, &now, e) == -1 ||
	    (!is_applied(u) && fetch_and_apply(u, e) == -1))
		return -1;
	u->r->refreshed = now;
	u->r->fresh = true;
	return notes_set_refreshed(u->state, now, e);
}

/* This user's part follows whatever the machine has, also when no server could be asked. */
static int
user_part(struct update *u, struct err *e)
{
	if (u->r->changed && read_applied(u, e) == -1)
		return -1;
	return user_part_run(u->st, u->s, u->state, u->applied, u->o->deadline,
	    &u->r->user_settings, e);
}

int
update_run(const struct station *st, struct settings *s, const struct update_options *o,
    struct update_result *r, struct err *e)
{
	struct update u;
	struct err why;
	int rc = begin(&u, st, s, o, r, e);

	if (rc == 0) {
		if (!o->offline && !r->read_only)
			rc = machine_part(&u, e);
		if ((rc == 0 || e->code != ERR_TORN) && user_part(&u, &why) == -1) {
			if (rc == 0)
				*e = why;
			else
				err_context(e,
				    "this user's settings were not looked after (%.400s)",
				    why.text);
			rc = -1;
		}
	}
	end(&u);
	return rc;
}

/*
 * What the release needs is kept, but for files that a person had changed: of those only the
 * changed content was there to keep, and theirs is fetched again.
 */
static int
fetch_lost(struct update *u, struct dir *kept, struct err *e)
{
	size_t lost = 0;

	for (size_t i = 0; i < u->plan.n; i++)
		lost += plan_needs(&u->plan.files[i]) &&
		    !download_is_there(kept, u->plan.files[i].sha256, &u->plan.files[i].want);
	if (lost == 0)
		return 0;
	if (connect_to_server(u, e) == 0 &&
	    (u->refresh = refresh_run(u->fetch, u->metadata, u->st->application, refresh_time(u),
		 e)) != NULL &&
	    plan_fetch(&u->plan, u->refresh, u->fetch, kept, PLAN_FILES, u->o->progress, e) == 0)
		return 0;
	return err_context(e,
	    "%zu files of release %lld were changed by hand before they were replaced, and "
	    "their content could not be fetched again",
	    lost, (long long)u->plan.release);
}

static int
roll_back(struct update *u, int64_t release, struct err *e)
{
	struct changeset back = CHANGESET_INIT;
	json_t *was = rollback_find(u->state, u->applied, release, &back, e);
	struct apply a = { .plan = &u->plan,
		.set = &back,
		.applied = u->applied,
		.action = "rollback",
		.asked = json_object_get(was, "set"),
		.newest = u->r->newest };
	struct dir *kept = NULL;
	int rc = -1;

	if (was != NULL && plan_of_record(u->st, was, &u->plan, e) == 0 &&
	    plan_compare(u->st, u->applied, &u->plan, e) == 0 &&
	    plan_room(u->st, u->state, &u->plan, e) == 0 &&
	    (kept = dir_below(u->state, "kept", true, e)) != NULL && fetch_lost(u, kept, e) == 0)
		rc = apply_plan(u, &a, kept, false, e);
	dir_close(kept);
	changeset_free(&back);
	json_decref(was);
	return rc;
}

int
update_rollback(const struct station *st, struct settings *s, const struct update_options *o,
    int64_t release, struct update_result *r, struct err *e)
{
	struct update u;
	int rc = begin(&u, st, s, o, r, e);

	if (rc == 0 && r->read_only)
		rc = err_setx(e, ERR_ACCESS, "%s: this user may not change it", st->state_path);
	if (rc == 0 && (rc = roll_back(&u, release, e)) == 0)
		rc = user_part(&u, e);
	end(&u);
	return rc;
}

/* The plan, with all settings that the scripts of both parts ask for. */
static int
preview(struct update *u, struct update_preview *p, struct err *e)
{
	struct changeset *asked = &u->plan.settings;

	if (plan_compare(u->st, u->applied, &u->plan, e) == -1 ||
	    plan_room(u->st, u->state, &u->plan, e) == -1 ||
	    plan_fetch(&u->plan, u->refresh, u->fetch, u->staging, PLAN_SCRIPTS, NULL, e) == -1)
		return -1;
	for (enum plan_place place = PLACE_SCRIPT_MACHINE; place <= PLACE_SCRIPT_USER; place++)
		if (plan_scripts(u->st, u->s, u->staging, place, u->o->deadline, &u->plan, asked,
			e) == -1)
			return -1;
	return settings_plan(u->s, asked, &p->settings, &p->undo, e);
}

int
update_plan(const struct station *st, struct settings *s, const struct update_options *o,
    int (*show)(void *arg, const struct update_preview *p, struct err *e), void *arg, struct err *e)
{
	struct update_preview p = { .settings = CHANGESET_INIT, .undo = CHANGESET_INIT };
	struct update_result r;
	struct update u;
	int64_t now;
	int rc = begin(&u, st, s, o, &r, e);

	if (rc == 0 && r.read_only)
		rc = err_setx(e, ERR_ACCESS, "%s: this user may not change it", st->state_path);
	if (rc == 0 &&
	    (connect_to_server(&u, e) == -1 || refresh(&u, &now, e) == -1 ||
		(!is_applied(&u) && preview(&u, &p, e) == -1)))
		rc = -1;
	if (rc == 0) {
		p.plan = &u.plan;
		p.from = r.release;
		p.held = r.held;
		rc = show(arg, &p, e);
	}
	changeset_free(&p.settings);
	changeset_free(&p.undo);
	end(&u);
	return rc;
}
