/* SPDX-License-Identifier: ISC */
/* What a station says about itself. */
#include "updater/state/status.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "updater/state/record.h"
#include "updater/state/state.h"
#include "updater/state/task.h"
#include "updater/state/tls_strays.h"
#include "updater/state/tuf_store.h"

#define DAY 86400

/* Versions and dates of the trusted metadata, as far as it can be read. */
static void
load_trust(struct status *u)
{
	struct err ignored;
	struct dir *d = station_dir(u->st, "metadata", false, &ignored);
	struct tuf_trusted trusted;
	struct tuf_store store;
	struct tuf_client *c;

	if (d == NULL)
		return;
	store = tuf_store_in(d);
	if ((c = tuf_client_new(NULL, &store, 0, &ignored)) != NULL) {
		tuf_client_load(c, &ignored);
		tuf_client_role(c, u->st->application, &ignored);
		u->ended = tuf_client_ended(c, u->st->application);
		trusted = tuf_client_trusted(c);
		if (trusted.root != NULL)
			u->root_version = trusted.root->c.version;
		if (trusted.targets != NULL)
			u->expires = tuf_client_expires(c);
	}
	tuf_client_free(c);
	dir_close(d);
}

/* The old files that are still in use, as people write their paths. */
static int
load_in_use(struct dir *state, struct strings *paths, struct err *e)
{
	json_t *list = notes_leftovers(state), *one;
	struct buf path = BUF_INIT(4096);
	struct err ignored;
	int rc = 0;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *root = json_text_of(one, "root"), *name = json_text_of(one, "path");

		buf_reset(&path);
		if (rc == -1 || root == NULL || name == NULL ||
		    path_join(&path, root, name, &ignored) == -1)
			continue;
		path_native((char *)path.data);
		rc = strings_add(paths, buf_text(&path), e);
	}
	buf_free(&path);
	json_decref(list);
	return rc;
}

/* What was brought counts until a server was asked. */
static void
load_brought(struct dir *state, struct status *u)
{
	int64_t t;

	notes_brought(state, &u->brought);
	if (date_parse(u->brought.time, strlen(u->brought.time), &t) == -1 || u->refreshed > t)
		u->brought = (struct brought){ .expired = 0 };
}

static int
load_state(struct dir *state, struct status *u, struct err *e)
{
	struct record applied;

	if (record_applied(state, &applied, e) == -1)
		return -1;
	u->release = applied.release;
	u->newest = applied.newest;
	u->files = applied.n;
	notes_waiting(state, applied.serial, &u->waiting);
	record_free(&applied);
	u->refreshed = notes_refreshed(state);
	load_brought(state, u);
	u->interrupted = state_pending(state);
	return load_in_use(state, &u->in_use, e);
}

/* What can't be read of the certificates stands in their place. */
static int
load_trusted(struct settings *s, struct status *u, struct err *e)
{
	struct err why;

	if (trusted_load(s, u->st, &u->trusted, &why) == 0)
		return 0;
	return trusted_fault(&u->trusted, "TLS_TrustedCerts", &why, e);
}

static int
load_user(struct status *u, struct err *e)
{
	struct dir *state = station_user_dir(u->st, false, e);
	struct record applied = RECORD_INIT;
	int rc = state != NULL ? record_applied(state, &applied, e) : e->code == ERR_NOENT ? 0 : -1;

	u->user_release = applied.release;
	record_free(&applied);
	dir_close(state);
	return rc;
}

/* A user may not see tasks of the system, which are as if there were none. */
static void
look_at_schedule(struct status *u)
{
	if (place_stationwide())
		schedule_look(TASK_NAME, &u->task);
	if (u->task.found == SCHEDULE_MISSING && !place_privileged())
		u->task.found = SCHEDULE_UNKNOWN;
}

/* What the next start asks, in its order. */
static int
look_at_servers(struct dir *state, struct status *u, struct err *e)
{
	char today[DATE_TEXT_SIZE];

	date_format(u->now, today);
	today[DATE_DAY_LENGTH] = '\0';
	u->nurls = learned_order(&u->learned, u->st, true, today, u->urls);
	u->nhost_keys = learned_host_keys(&u->learned, u->st, u->host_keys);
	return state == NULL ? 0
			     : server_health_load(state, u->urls, u->nurls, u->now, &u->health, e);
}

int
status_load(struct settings *s, const struct station *st, struct status *u, struct err *e)
{
	struct dir *state;
	int rc;

	*u = (struct status){ .st = st,
		.now = clock_wall(),
		.settings = settings_place(s, STATION_KEY) };
	look_at_schedule(u);
	load_trust(u);
	if (load_trusted(s, u, e) == -1 || tls_strays(s, st, &u->strays, e) == -1 ||
	    tls_relative(s, st, false, false, &u->strays, e) == -1)
		return -1;
	if (st->app_of_user && load_user(u, e) == -1)
		return -1;
	if ((state = station_dir(st, "", false, e)) == NULL)
		return e->code == ERR_NOENT ? look_at_servers(NULL, u, e) : -1;
	rc = load_state(state, u, e);
	if (rc == 0) {
		learned_load(state, &u->learned);
		rc = look_at_servers(state, u, e);
	}
	dir_close(state);
	return rc;
}

void
status_free(struct status *u)
{
	strings_free(&u->in_use);
	strings_free(&u->strays);
	trusted_free(&u->trusted);
	learned_free(&u->learned);
	server_health_end(&u->health, NULL);
}

/* jansson gives NULL and -1 only when there is no memory, and takes NULL for a value. */

/* A path on a disk may be any bytes.  NULL is null. */
static json_t *
path_json(const char *text)
{
	char safe[4 * ERR_TEXT_SIZE];

	if (text == NULL)
		return json_null();
	if (!valid_utf8(text, strlen(text))) {
		text_safe(safe, sizeof safe, text, strlen(text), false);
		text = safe;
	}
	return json_string(text);
}

static json_t *
texts_json(const struct strings *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts->n; i++)
		if (json_array_append_new(list, path_json(texts->v[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Where the addresses, or the host keys, come from. */
static json_t *
origins_json(const struct status *u, const char *const *texts, size_t n,
    const struct strings *enrolled, const struct strings *learned)
{
	json_t *list = json_array(), *one;

	for (size_t i = 0; i < n; i++) {
		bool of_enrolment = learned_enrolled(enrolled, texts[i]);

		one = json_pack("{s:s, s:b, s:b}",
		    learned == &u->learned.now.addresses ? "url" : "host_key", texts[i], "enrolled",
		    (int)of_enrolment, "learned", (int)servers_have(learned, texts[i]));
		if (one != NULL && learned == &u->learned.now.addresses)
			json_object_set_new(one, "joined",
			    json_boolean(of_enrolment || learned_joined(&u->learned, texts[i])));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
trust_json(const struct status *u)
{
	json_t *j = json_object();
	char when[DATE_TEXT_SIZE];

	if (u->root_version != 0)
		json_object_set_new(j, "root_version", json_integer(u->root_version));
	date_format(u->expires, when);
	if (u->expires != 0)
		json_object_set_new(j, "expires", json_string(when));
	return j;
}

static json_t *
cert_json(const struct trusted_cert *c)
{
	char hex[SHA256_HEX_SIZE], when[DATE_TEXT_SIZE];

	if (c->error != NULL)
		return json_pack("{s:o, s:o}", "file", path_json(c->file), "error",
		    path_json(c->error));
	hex_encode(c->facts.sha256, SHA256_SIZE, hex);
	date_format(c->facts.to, when);
	return json_pack("{s:o, s:s, s:s, s:s, s:I}", "file", path_json(c->file), "subject",
	    c->facts.subject, "sha256", hex, "not_after", when, "days_left",
	    (json_int_t)c->days_left);
}

static json_t *
certs_json(const struct trusted *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++)
		if (json_array_append_new(list, cert_json(&t->certs[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
waiting_json(const struct waiting *w)
{
	return w->release == 0
	    ? NULL
	    : json_pack("{s:I, s:s, s:{s:s, s:o}}", "release", (json_int_t)w->release, "time",
		  w->time, "error", "code", w->code, "text", path_json(w->text));
}

/* NULL where nothing is known of it. */
static json_t *
task_json(const struct schedule *t)
{
	json_t *j;

	if (t->found != SCHEDULE_FOUND)
		return t->found == SCHEDULE_UNKNOWN ? NULL : json_pack("{s:b}", "found", 0);
	j = json_pack("{s:b, s:b, s:b, s:b}", "found", 1, "enabled", t->enabled, "on_battery",
	    t->on_battery, "as_system", t->as_system);
	if (t->ended)
		json_object_set_new(j, "result", json_integer((json_int_t)t->result));
	return j;
}

int
status_up_to_date(const struct status *u, struct buf *why, struct err *e)
{
	int64_t limit = (u->st->warn_after_days > 0 ? u->st->warn_after_days : 1) * DAY;
	int64_t age = u->now - u->refreshed;
	int rc;

	if (u->release == 0)
		rc = buf_adds(why, "no release was applied yet", e);
	else if (u->interrupted)
		rc = buf_adds(why, "an update was interrupted", e);
	else if (u->waiting.release != 0)
		rc = buf_addf(why, e, "release %lld could not be applied: %.400s",
		    (long long)u->waiting.release, u->waiting.text);
	else if (u->expires != 0 && u->expires <= u->now)
		rc = buf_adds(why,
		    "the metadata that is trusted has ended, and no server had newer", e);
	else if (u->refreshed == 0)
		rc = buf_adds(why, "no server answered yet", e);
	else if (age > limit)
		rc = buf_addf(why, e, "the last good refresh is %lld hours old",
		    (long long)age / 3600);
	else
		return 1;
	return rc;
}

/* Adds what tells one station from another, and whether it is up to date. */
static int
add_station(json_t *j, const struct status *u, struct err *e)
{
	struct buf host = BUF_INIT(256), why = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err ignored;
	int up;

	if (place_known("ComputerName", strlen("ComputerName"), &host, &ignored) != 1)
		buf_reset(&host);
	if ((up = status_up_to_date(u, &why, e)) != -1) {
		json_object_set_new(j, "host", json_string(buf_text(&host)));
		json_object_set_new(j, "version", json_string(SLIPWAY_VERSION));
		json_object_set_new(j, "mode",
		    json_string(place_stationwide() ? "station" : "user"));
		json_object_set_new(j, "settings", path_json(u->settings));
		json_object_set_new(j, "up_to_date", json_boolean(up));
		json_object_set_new(j, "because", path_json(buf_text(&why)));
	}
	buf_free(&host);
	buf_free(&why);
	return up == -1 ? -1 : 0;
}

/* The rest. */
static void
add_origins(json_t *j, const struct status *u)
{
	json_object_set_new(j, "tls_warnings", texts_json(&u->strays));
	if (u->brought.time[0] != '\0')
		json_object_set_new(j, "brought",
		    json_pack("{s:s, s:s, s:I}", "time", u->brought.time, "from", u->brought.place,
			"expired_days", (json_int_t)u->brought.expired));
	json_object_set_new(j, "asked",
	    origins_json(u, u->urls, u->nurls, &u->st->servers, &u->learned.now.addresses));
	json_object_set_new(j, "accepted_host_keys",
	    origins_json(u, u->host_keys, u->nhost_keys, &u->st->host_keys,
		&u->learned.now.host_keys));
}

json_t *
status_json(const struct status *u, struct err *e)
{
	const struct station *st = u->st;
	char when[DATE_TEXT_SIZE] = "";
	json_t *j;

	if (u->refreshed != 0)
		date_format(u->refreshed, when);
	j = json_pack(
	    "{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:s, s:o, s:b, s:I, s:o, s:I, s:I, s:b, s:b, s:I, s:I, s:I, s:o, s:o, s:o*, s:o, s:o*}",
	    "installation", st->installation, "application", st->application, "release",
	    (json_int_t)u->release, "refreshed", when, "refreshed_age",
	    (json_int_t)(u->refreshed == 0 ? -1 : u->now - u->refreshed), "servers",
	    texts_json(&st->servers), "host_keys", texts_json(&st->host_keys), "on_error",
	    st->on_error == ON_ERROR_BLOCK ? "block" : "launch", "app_dir",
	    path_json(st->app_dir_native), "app_dir_of_user", st->app_of_user, "user_release",
	    (json_int_t)u->user_release, "trust", trust_json(u), "files", (json_int_t)u->files,
	    "deadline", (json_int_t)st->deadline, "ended", u->ended, "interrupted", u->interrupted,
	    "newest", (json_int_t)u->newest, "warn_after_days", (json_int_t)st->warn_after_days,
	    "block_after_days", (json_int_t)st->block_after_days, "said",
	    u->health.known == NULL ? json_object() : json_incref(u->health.known), "certificates",
	    certs_json(&u->trusted), "waiting", waiting_json(&u->waiting), "in_use",
	    texts_json(&u->in_use), "task", task_json(&u->task));
	if (j == NULL)
		err_nomem(e);
	else if (add_station(j, u, e) == -1) {
		json_decref(j);
		j = NULL;
	} else
		add_origins(j, u);
	return j;
}
