/* SPDX-License-Identifier: ISC */
/* An attempt to change what is applied, or to look at it. */
#include "updater/update/attempt.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/os/places.h"
#include "lib/settings/view.h"
#include "updater/apply/apply.h"
#include "updater/apply/leftover.h"
#include "updater/state/anchor.h"
#include "updater/state/damage.h"
#include "updater/state/notes.h"
#include "updater/state/state.h"
#include "updater/state/tuf_store.h"
#include "updater/station/checks.h"
#include "updater/update/waiting.h"

/*
 * Where applied.json is damaged the history tells; without it the release is taken anew, where a
 * server can be asked.
 */
static int
heal(struct attempt *u, const struct err *why, struct err *e)
{
	const struct damage_told told = { u->o->log, NULL };

	if (u->applied.whole)
		return record_heal(u->state, &u->applied, why, &told, e);
	if (!u->o->offline)
		return 0;
	*e = *why;
	return -1;
}

/* Whether wanted.json tells the numbers of what is applied. */
static bool
look_at_wanted(struct attempt *u)
{
	const char *const roots[LAYOUT_ROOTS] = { plan_root(u->st, LAYOUT_INSTALL),
		plan_root(u->st, LAYOUT_APP) };

	if (!wanted_load(u->state, u->st->application, roots, &u->wanted))
		return false;
	if (u->st->registry_view == REGISTRY_VIEW_BOTH && !u->wanted.view32) {
		wanted_free(&u->wanted);
		return false;
	}
	u->applied = (struct record){ .serial = u->wanted.serial,
		.release = u->wanted.release,
		.newest = u->wanted.newest,
		.machine = u->wanted.machine };
	return true;
}

static int
read_own_record(struct attempt *u, struct err *e)
{
	struct err why;
	int known = record_known(u->state, &u->applied, &why, e);

	if (known == -1)
		return -1;
	if (known == 1 && u->lock != NULL && heal(u, &why, e) == -1)
		return -1;
	if (known == 0 && u->lock != NULL)
		record_keep(u->state, &u->applied);
	if (known == 0 || u->lock != NULL)
		return 0;
	*e = why; /* who may update mends it */
	return 1;
}

int
attempt_look(struct attempt *u, bool whole, struct err *e)
{
	int rc = 0;

	u->known = !whole && look_at_wanted(u);
	if (!u->known && (rc = read_own_record(u, e)) == -1)
		return -1;
	u->r->unknown = u->applied.damaged && !u->applied.whole;
	u->r->release = u->applied.release;
	u->r->newest = u->applied.newest;
	u->r->refreshed = notes_refreshed(u->state);
	return rc == 0 ? 0 : -1;
}

int
attempt_whole(struct attempt *u, struct err *e)
{
	if (!u->known)
		return 0;
	record_free(&u->applied);
	return attempt_look(u, true, e);
}

static int
abandon(struct attempt *u, struct err *e)
{
	struct buf left = BUF_INIT(ERR_TEXT_SIZE);
	int rc = transaction_abandon(u->state, &left, e);

	if (rc == 0)
		snprintf(u->r->given_up, sizeof u->r->given_up, "%s",
		    left.len == 0 ? "only settings of it may be left" : buf_text(&left));
	buf_free(&left);
	return rc;
}

static int
recover_update(struct attempt *u, struct err *e)
{
	struct transaction t;
	char work[512];

	apply_transaction(u->st, u->state, NULL, true, u->s, waiting_end(u->o->deadline), work, &t);
	if (transaction_recover(&t, &u->r->recovered, e) == 0) {
		leftovers_remove(&t);
		return 0;
	}
	/* A destination that stops the change is mended first: the change can be finished then. */
	if (u->o->repair && e->code == ERR_TORN)
		return station_check_change(u->st, e) == -1 ? -1 : abandon(u, e);
	if (e->code == ERR_TORN)
		err_context(e,
		    "'slipway update --repair' gives it up and puts every file in place again");
	return -1;
}

static int
remove_staged(void *arg, const char *name, struct err *e)
{
	return file_remove(arg, name, e) == -1 ? dir_remove(arg, name, e) : 0;
}

/* The directory of downloads is removed where it, or a file in it, is somebody else's. */
static void
look_at_staging(struct attempt *u)
{
	struct err ignored;
	struct dir *d;

	if (station_staging_is_ours(u->st))
		return;
	if ((d = dir_below(u->state, STATION_STAGING, false, &ignored)) != NULL)
		dir_list(d, remove_staged, d, &ignored);
	else
		file_remove(u->state, STATION_STAGING, &ignored);
	dir_close(d);
	dir_remove(u->state, STATION_STAGING, &ignored);
}

/* With the lock: bring the state into a known state. */
static int
look_after(struct attempt *u, struct err *e)
{
	const struct damage_told told = { u->o->log, NULL };

	look_at_staging(u);
	damage_look(u->state, u->o->repair, &told);
	anchor_heal(u->state, &told);
	settings_keep(u->s);
	return recover_update(u, e);
}

int
attempt_begin(struct attempt *u, const struct station *st, struct settings *s,
    const struct update_options *o, bool whole, struct update_result *r, struct err *e)
{
	struct err why;

	*r = (struct update_result){ .unknown = true };
	*u = (struct attempt){ .st = st, .s = s, .o = o, .r = r };
	station_mend_owners(st);
	if (station_check_update(st, e) == -1) {
		/*
		 * For the words on what the program starts with; nothing else of the state is
		 * believed.
		 */
		if ((u->state = station_dir(st, "", false, &why)) != NULL)
			attempt_look(u, true, &why);
		return -1;
	}
	if ((u->state = station_dir(st, "", true, e)) == NULL)
		return -1;
	if (o->repair)
		damage_look_lock(u->state, &(struct damage_told){ o->log, NULL });
	if ((u->lock = waiting_lock(st, u->state, o->deadline,
		 &(const struct waiting_told){ o->log, NULL }, e)) == NULL) {
		/* Who may change the station and can't has a fault, which OnError is for. */
		r->read_only = e->code != ERR_BUSY && e->code != ERR_TORN && place_stationwide() &&
		    !place_privileged();
		if (r->read_only && waiting_settled(st, u->state, o->deadline, e) == -1)
			err_context(e,
			    "a change of this station was interrupted, if it isn't under way; its administrator has to run 'slipway update'");
		r->busy = e->code == ERR_BUSY;
		if (attempt_look(u, whole, &why) == -1) {
			r->busy = false;
			*e = why;
			return -1;
		}
		return r->read_only && e->code != ERR_TORN ? 0 : -1;
	}
	return look_after(u, e) == -1 || attempt_look(u, whole || o->repair, e) == -1 ? -1 : 0;
}

/* The earliest expiry of the metadata that was trusted last, the application's role included. */
static int64_t
trusted_until(struct attempt *u, struct tuf_client *c)
{
	const struct tuf_known *role = &u->wanted.role;
	uint8_t local[SHA256_SIZE];
	struct err ignored;

	if (u->known && tuf_store_sum(u->metadata, u->st->application, local, &ignored) == 0 &&
	    known_still(c, u->st->application, role, local)) {
		int64_t rest = tuf_client_expires(c);

		return role->expires < rest ? role->expires : rest;
	}
	tuf_client_role(c, u->st->application, &ignored);
	return tuf_client_expires(c);
}

int
attempt_trusted(struct attempt *u, int64_t now, struct err *e)
{
	struct tuf_store store;
	struct tuf_client *c;
	char when[DATE_TEXT_SIZE], today[DATE_TEXT_SIZE];
	struct err ignored;
	int64_t until;
	int rc = 0;

	if ((u->metadata = station_dir(u->st, "metadata", false, &ignored)) == NULL)
		return 0;
	store = tuf_store_in(u->metadata);
	if ((c = tuf_client_new(NULL, &store, now, e)) == NULL)
		return -1;
	if (tuf_client_load(c, &ignored) == 0) {
		until = trusted_until(u, c);
		date_format(until, when);
		date_format(now, today);
		if (until <= now)
			rc = err_setx(e, ERR_EXPIRED,
			    "the metadata of the last refresh expired on %s, now is %s: the clock is wrong, or the server publishes nothing (tell its administrator; 'slipway-repo refresh'), or this station isn't updated any more (tell its administrator; 'slipway update')",
			    when, today);
	}
	tuf_client_free(c);
	return rc;
}

void
attempt_end(struct attempt *u)
{
	refresh_free(u->refresh);
	fetch_end(u->fetch);
	if (u->health.known != NULL)
		server_health_end(&u->health, u->o->from == NULL ? u->state : NULL);
	learned_free(&u->learned);
	plan_free(&u->plan);
	record_free(&u->applied);
	wanted_free(&u->wanted);
	file_unlock(u->lock);
	dir_close(u->staging);
	dir_close(u->metadata);
	dir_close(u->state);
}

static void
server_failed(void *arg, const char *url, const struct err *why)
{
	struct attempt *u = arg;

	server_health_note(&u->health, url, why, NULL);
	if (u->o->failed != NULL)
		u->o->failed(NULL, url, why);
}

static void
tell_learned(void *arg, const char *text)
{
	const struct attempt *u = arg;

	if (u->o->log != NULL)
		u->o->log(NULL, LOG_LEVEL_INFO, u->st->application, text);
}

/*
 * Drop the host key that an administrator names, for good, whatever becomes of this update.  One
 * that was dropped before is no fault: a call that was cut is made again.
 */
static int
drop_host_key(struct attempt *u, struct err *e)
{
	const char *key = u->o->drop_host_key;
	char text[ERR_TEXT_SIZE];

	if (key == NULL || servers_have(&u->learned.dropped, key))
		return 0;
	err_setx(e, ERR_NOENT,
	    "%.60s: want a host key that was learned, as 'slipway status' shows it; those of the "
	    "enrolment are changed with 'slipway enroll --change --host-key'",
	    key);
	if (!learned_drop(&u->learned, key, e) || learned_save(u->state, &u->learned, e) == -1)
		return -1;
	snprintf(text, sizeof text, "dropped, and isn't learned again: host key %.60s", key);
	tell_learned(u, text);
	return 0;
}

static int
connect_to_server(struct attempt *u, struct err *e)
{
	const struct station *st = u->st;
	const char *urls[LEARNED_ALL];
	char today[DATE_TEXT_SIZE];
	struct fetch_config config = { .host_keys = u->host_keys,
		.key_file = st->login_key,
		.password_file = st->password_file,
		.connect_ms = STATION_CONNECT_MS,
		.deadline = u->o->deadline,
		.failed = server_failed,
		.arg = u,
		.child = u->o->child };

	date_format(clock_wall(), today);
	today[DATE_DAY_LENGTH] = '\0';
	learned_load(u->state, &u->learned);
	if (drop_host_key(u, e) == -1)
		return -1;
	urls[0] = u->o->from;
	config.nurls =
	    u->o->from != NULL ? 1 : learned_order(&u->learned, st, u->o->starts, today, urls);
	config.nhost_keys = learned_host_keys(&u->learned, st, u->host_keys);
	if (server_health_load(u->state, urls, config.nurls, clock_wall(), &u->health, e) == -1)
		return -1;
	config.urls = u->health.urls;
	if (u->o->from == NULL)
		learned_begins(&u->learned, st, u->health.urls[0], today);
	if ((u->metadata = station_dir(st, "metadata", true, e)) == NULL ||
	    (u->staging = dir_make_private(u->state, STATION_STAGING, e)) == NULL ||
	    (u->fetch = fetch_start(&config, e)) == NULL)
		return -1;
	return 0;
}

/* Remember that the server that was asked last answered, or (why not NULL) what was wrong. */
static void
note_server(struct attempt *u, const struct err *why)
{
	const char *url = fetch_server(u->fetch);
	const struct confined *confined = fetch_confined(u->fetch);
	struct buf text = BUF_INIT(256);
	struct err ignored;

	if (confined != NULL)
		confined_format(confined, &text, &ignored);
	if (why != NULL && !fetch_is_servers_fault(why))
		why = NULL;
	if (url == NULL && why != NULL && u->health.n > 0)
		url = u->health.urls[u->health.n - 1];
	if (url != NULL)
		server_health_note(&u->health, url, why, text.len > 0 ? buf_text(&text) : NULL);
	if (url != NULL && fetch_nagle(u->fetch) != SFTP_NAGLE_UNKNOWN)
		server_health_note_nodelay(&u->health, url,
		    fetch_nagle(u->fetch) == SFTP_NAGLE_OFF);
	buf_free(&text);
}

int64_t
attempt_time(struct attempt *u)
{
	int64_t now = clock_wall(), floor = notes_refreshed(u->state);

	u->r->stood_still = now < floor;
	return now < floor ? floor : now;
}

/*
 * After a refresh: which server had the metadata, and what the role, where it was read, says of
 * servers.  A release whose role says nonsense isn't taken.
 */
static int
learn(struct attempt *u, struct err *e)
{
	const struct tuf_targets *role = refresh_role(u->refresh);
	const json_t *named = role == NULL ? NULL : json_object_get(role->c.json, SERVERS_NAME);
	struct servers says;
	struct err why;
	int rc = 0;

	if (u->o->from == NULL)
		learned_checked(&u->learned, u->st, fetch_server(u->fetch));
	u->names_servers = role == NULL ? u->wanted.servers : named != NULL;
	if (role != NULL) {
		if (servers_read(named, &says, e) == -1)
			return err_context(e, "%s", u->st->application);
		/* What a newer Slipway learned stays, and this one would learn it at each start. */
		rc = u->learned.newer ? 0
				      : learned_take(&u->learned, u->st, &says, tell_learned, u, e);
		servers_free(&says);
	}
	/* Nothing of the release depends on it, and the next start learns it again. */
	if (rc == 0 && learned_save(u->state, &u->learned, &why) == -1)
		tell_learned(u, why.text);
	return rc;
}

/* After a refresh that failed. */
static void
note_failed_check(struct attempt *u, const struct err *why)
{
	struct err ignored;

	if (u->o->from != NULL || !fetch_is_servers_fault(why))
		return;
	learned_checked(&u->learned, u->st, NULL);
	(void)learned_save(u->state, &u->learned, &ignored);
}

/* Whether the role that is known said of servers what is still here. */
static bool
still_learned(const struct attempt *u)
{
	return !u->wanted.servers || u->learned.there;
}

/* A stick may be all that there is for now. */
static void
tell_accept(const struct attempt *u, struct err *e)
{
	struct err was = *e;

	if (e->code != ERR_EXPIRED || strncmp(e->text, "root ", 5) == 0)
		return;
	if (u->o->accept > 0)
		err_setx(e, ERR_EXPIRED, "%.900s; it ended more than %lld day%s ago (--accept-age)",
		    was.text, (long long)(u->o->accept / DATE_DAY_SECONDS),
		    u->o->accept == DATE_DAY_SECONDS ? "" : "s");
	else if (u->o->from != NULL)
		err_setx(e, ERR_EXPIRED,
		    "%.900s; an administrator takes it all the same, once, with --accept-age DAYS",
		    was.text);
}

/* Whether metadata was taken that had ended. */
static void
look_at_expiry(struct attempt *u)
{
	int64_t past = tuf_client_accepted(refresh_client(u->refresh));
	char text[128];

	u->r->expired = (past + DATE_DAY_SECONDS - 1) / DATE_DAY_SECONDS;
	if (past == 0 || u->o->log == NULL)
		return;
	snprintf(text, sizeof text, "metadata was accepted that ended %lld day%s ago",
	    (long long)u->r->expired, u->r->expired == 1 ? "" : "s");
	u->o->log(NULL, LOG_LEVEL_WARN, u->st->application, text);
}

int
attempt_refresh(struct attempt *u, int64_t now, struct err *e)
{
	struct err first = { .code = ERR_NONE }, ignored;
	const struct tuf_known *known = NULL;
	uint8_t local[SHA256_SIZE];

	if (connect_to_server(u, e) == -1)
		return -1;
	/* The child connects meanwhile. */
	if (u->known && still_learned(u) &&
	    tuf_store_sum(u->metadata, u->st->application, local, &ignored) == 0)
		known = &u->wanted.role;
	/* If a server's metadata is wrong or old, asks the next one.  Reports the first error. */
	while ((u->refresh = refresh_run(u->fetch, u->metadata, u->st->application, now,
		    u->o->accept, known, local, e)) == NULL &&
	    fetch_next(u->fetch, e))
		if (first.code == ERR_NONE)
			first = *e;
	note_server(u, u->refresh == NULL ? e : NULL);
	if (u->refresh != NULL) {
		look_at_expiry(u);
		return learn(u, e);
	}
	note_failed_check(u, e);
	tell_accept(u, e);
	if (first.code != ERR_NONE && e->code != ERR_ENDED)
		*e = first;
	return -1;
}

int
attempt_plan(struct attempt *u, int64_t now, struct err *e)
{
	if (attempt_refresh(u, now, e) == -1)
		return -1;
	if (refresh_is_known(u->refresh))
		return 0;
	return attempt_whole(u, e) == -1
	    ? -1
	    : plan_make(u->st, u->refresh, &u->applied, u->o->deadline, &u->plan, e);
}

int
attempt_compare(struct attempt *u, struct err *e)
{
	return plan_compare(u->st, &u->applied, &u->plan, e) == -1 ||
		plan_others(u->st, &u->plan, e) == -1 ||
		plan_room(u->st, u->state, &u->plan, e) == -1
	    ? -1
	    : 0;
}

/* The deadline passed in the middle of the files: say how far they are here. */
static int
tell_late(const struct attempt *u, struct err *e)
{
	char got[NUMBER_AMOUNT_SIZE], all[NUMBER_AMOUNT_SIZE];
	const char *what = u->o->starts ? "start" : "update";

	if (e->code != ERR_TIMEOUT || clock_left_ms(u->o->deadline) > 0 || u->plan.got_bytes == 0)
		return -1;
	number_amount(u->plan.got_bytes, got);
	number_amount(u->plan.of_bytes, all);
	return err_setx(e, ERR_TIMEOUT,
	    "the %lld s for %s %s are over with %s of %s; the next %s goes on there",
	    (long long)u->o->seconds, u->o->starts ? "a" : "an", what, got, all, what);
}

int
attempt_fetch(struct attempt *u, struct dir *dir, unsigned which, struct err *e)
{
	if (plan_fetch(&u->plan, u->refresh, u->fetch, dir, which, u->o->progress, e) == 0)
		return 0;
	note_server(u, e);
	return tell_late(u, e);
}

int
attempt_scripts(struct attempt *u, struct dir *source, enum layout_place place,
    struct changeset *out, struct err *e)
{
	struct plan_scripts run = { .settings = u->s,
		.source = source,
		.deadline = u->o->deadline,
		.log = u->o->log };

	return plan_scripts(u->st, &run, place, &u->plan, out, e);
}

/* Whether InstallDir or AppDir moved: files of the plan belong where nothing was applied. */
static bool
roots_moved(const struct attempt *u)
{
	for (size_t i = 0; i < u->plan.n; i++) {
		enum layout_place place = u->plan.files[i].place;

		if (place == PLAN_FOR_USERS && u->applied.roots[LAYOUT_APP] != NULL)
			return true;
		if (place < LAYOUT_ROOTS &&
		    !record_same_root(&u->applied, place, plan_root(u->st, place)))
			return true;
	}
	return false;
}

/* Whether RegistryView became "both" after the release was applied. */
static bool
lacks_view32(const struct attempt *u)
{
	const struct changeset *set = &u->applied.set;

	return u->st->registry_view == REGISTRY_VIEW_BOTH && view32_lacks(set);
}

bool
attempt_is_applied(struct attempt *u)
{
	bool known = refresh_is_known(u->refresh);
	bool is = known || plan_is_applied(&u->plan, &u->applied);

	u->r->held = is && u->r->release != u->r->newest;
	return known || (is && !u->o->repair && !roots_moved(u) && !lacks_view32(u));
}

bool
attempt_for_users(const struct attempt *u)
{
	if (u->known)
		return u->wanted.user;
	for (size_t i = 0; i < u->applied.n; i++)
		if (plan_is_for_users(u->st, u->applied.files[i].target))
			return true;
	return false;
}

void
attempt_remember(struct attempt *u)
{
	struct wanted w = { .application = u->st->application,
		.roots = { plan_root(u->st, LAYOUT_INSTALL), plan_root(u->st, LAYOUT_APP) },
		.serial = u->applied.serial,
		.release = u->applied.release,
		.newest = u->applied.newest,
		.machine = u->applied.machine,
		.user = attempt_for_users(u),
		.view32 = u->st->registry_view == REGISTRY_VIEW_BOTH,
		.servers = u->names_servers };

	if (u->lock != NULL && !u->known && u->refresh != NULL && u->applied.whole &&
	    plan_is_applied(&u->plan, &u->applied) && !roots_moved(u) && !lacks_view32(u) &&
	    known_role(refresh_client(u->refresh), u->st->application, &w.role))
		wanted_save(u->state, &w);
}
