/* SPDX-License-Identifier: ISC */
/* slipway doctor: everything that a start needs, one line for each. */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/cli/findings.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/os/places.h"
#include "lib/settings/application.h"
#include "lib/settings/tls_setting.h"
#include "lib/sftp/child.h"
#include "lib/sftp/login.h"
#include "lib/tuf/client.h"
#include "updater/cmd/kernel.h"
#include "updater/cmd/trying.h"
#include "updater/state/damage.h"
#include "updater/state/notes.h"
#include "updater/state/status.h"
#include "updater/state/task.h"
#include "updater/station/checks.h"
#include "updater/station/d2update.h"
#include "updater/station/hidden.h"
#include "updater/update/put_back.h"
#include "updater/wrap/wrap.h"

#define DAY		86400
#define SERVERS_MS	60000 /* for all servers */
#define WARN_DAYS	30    /* before a certificate ends */
#define WARN_METADATA_S (2 * DAY)
#define ROOM_MB		100
#define BEGIN_RELEASE \
	"'slipway-repo cert new NAME --release DIR' begins one, on the repository's machine"

struct options {
	struct cmd_options cmd;
	const char *kernel;
};

struct doctor {
	const struct cmd_station *c;
	struct status status;
	struct findings found;
};

static void
examine_hidden(struct doctor *d)
{
	struct hidden h;
	struct err ignored;

	if (hidden_load(&h, &ignored) == 0 && h.text != NULL)
		findings_add(&d->found, FINDING_WARNING, "hidden", "%s", h.text);
	hidden_free(&h);
}

static void
examine_settings(struct doctor *d)
{
	const struct station *st = &d->c->station;
	size_t faults = 0;
	struct err e;

	findings_add(&d->found, FINDING_OK, "enrolment", "%s/%s, settings in %s", st->installation,
	    st->application, settings_place(d->c->settings, STATION_KEY));
	if (place_home_ignored())
		findings_add(&d->found, FINDING_WARNING, "environment", CMD_HOME_IGNORED);
	for (size_t i = 0; i < st->unknown.n; i++)
		findings_add(&d->found, FINDING_WARNING, "setting",
		    "%.200s: no setting of Slipway is called so; it counts for nothing: slipway settings "
		    "delete %c" STATION_KEY "\\%s\\%s%c %c%.200s%c",
		    st->unknown.v[i], place_quote(), st->installation, st->application,
		    place_quote(), place_quote(), st->unknown.v[i], place_quote());
	for (const struct station_check *k = station_checks; k->name != NULL; k++)
		if (k->run(st, &e) == -1) {
			findings_add(&d->found,
			    k->stops == STOPS_NOTHING ? FINDING_WARNING : FINDING_FAILURE, k->name,
			    "%s", e.text);
			faults++;
		}
	if (faults == 0)
		findings_add(&d->found, FINDING_OK, "station",
		    "owners and modes, settings, login, directories and script keys are as they "
		    "should be");
	if (d2update_check(d->c->settings, st->installation, &e) == -1)
		findings_add(&d->found, FINDING_WARNING, "D2Update", "%s", e.text);
}

static void
examine_icons(struct doctor *d)
{
	struct err e;
	size_t n;

	if (wrap_fault(d->c->settings, &d->c->station, &n, &e) == -1)
		findings_add(&d->found, FINDING_WARNING, "icons", "%s", e.text);
	else if (n > 0)
		findings_add(&d->found, FINDING_OK, "icons",
		    "%zu program%s wrapped, all is as it was made", n, n == 1 ? " is" : "s are");
}

static void
examine_clock(struct doctor *d)
{
	const struct status *u = &d->status;
	char when[DATE_TEXT_SIZE];

	date_format(u->now, when);
	if (u->refreshed > u->now)
		findings_add(&d->found, FINDING_FAILURE, "clock",
		    "%s, which is before the last good refresh: set the clock", when);
	else
		findings_add(&d->found, FINDING_OK, "clock", "%s", when);
}

/* The station with the host keys that it learned; it borrows all. */
static struct station
with_learned(struct doctor *d)
{
	struct station st = d->c->station;

	st.host_keys.v = (char **)(uintptr_t)d->status.host_keys;
	st.host_keys.n = d->status.nhost_keys;
	return st;
}

/* One of the enrolment may be gone when stations learned of others. */
static void
tell_server(struct doctor *d, const char *url, bool well, const char *words)
{
	const struct learned *l = &d->status.learned;
	bool learned = !learned_enrolled(&d->c->station.servers, url), others = false;

	for (size_t i = 0; i < l->now.addresses.n; i++)
		others |= l->joined[i];
	findings_add(&d->found,
	    well		    ? FINDING_OK
		: learned || others ? FINDING_WARNING
				    : FINDING_FAILURE,
	    "server", "%s%s%s", url, words,
	    learned ? " (learned from the signed metadata)"
		: well || !others
		? ""
		: "; where it is gone for good: slipway enroll --change NEW-ADDRESS --host-key NEW-KEY");
}

/* Reports one server.  Returns whether it does what a start wants. */
static bool
examine_server(struct doctor *d, const char *url, const struct buf *root,
    struct sftp_session_child *child, int64_t until, bool *confined)
{
	struct buf words = BUF_INIT(2 * ERR_TEXT_SIZE), how = BUF_INIT(256);
	struct station st = with_learned(d);
	struct trial t;
	bool well;
	struct err e;

	trial_run(&st, url, root->data, root->len, child, until, &t);
	well = trying_is_well(&t);
	if (trying_words(&st, &t, false, &words, &e) == 0)
		tell_server(d, url, well, buf_text(&words));
	if (t.step == TRIAL_RELEASE && d->status.release != 0 && t.release > d->status.newest)
		findings_add(&d->found, FINDING_OK, "release",
		    "%lld on the server, the next start applies it", (long long)t.release);
	if (t.expires != 0 && t.expires - d->status.now < WARN_METADATA_S)
		findings_add(&d->found, FINDING_WARNING, "metadata",
		    "of %s ends in %lld hours; on the repository's machine: slipway-repo refresh",
		    url, (long long)(t.expires - d->status.now) / 3600);
	if (t.child && !*confined && confined_format(&t.confined, &how, &e) == 0) {
		*confined = true;
		t.confined.memory |= t.confined.memory_unlimited; /* a build for tests */
		findings_add(&d->found, confined_fully(&t.confined) ? FINDING_OK : FINDING_WARNING,
		    "confinement", "%s", buf_text(&how));
	}
	buf_free(&words);
	buf_free(&how);
	return well;
}

/* Whether the last good refresh is too old for a start (updater/launch/policy.c). */
static bool
blocks_by_age(const struct status *u)
{
	return u->st->block_after_days > 0 &&
	    (u->refreshed == 0 || (u->now - u->refreshed) / DAY >= u->st->block_after_days);
}

/* What a start does while no server does what it wants. */
static void
tell_start(struct doctor *d, const struct station *st)
{
	static const char none[] = "none of them does what a start wants";

	if (st->on_error == ON_ERROR_BLOCK)
		findings_add(&d->found, FINDING_FAILURE, "servers",
		    "%s; the program isn't started (OnError is block)", none);
	else if (blocks_by_age(&d->status))
		findings_add(&d->found, FINDING_FAILURE, "servers",
		    "%s; the program isn't started (BlockAfterDays is %lld)", none,
		    (long long)st->block_after_days);
	else if (d->status.release == 0)
		findings_add(&d->found, FINDING_FAILURE, "servers",
		    "%s; the program starts without a release", none);
	else
		findings_add(&d->found, FINDING_FAILURE, "servers",
		    "%s; the program starts on release %lld", none, (long long)d->status.release);
}

static void
examine_servers(struct doctor *d, const struct buf *root)
{
	struct sftp_session_child child = { .role = &sftp_child_role };
	int64_t until = clock_mono_ms() + SERVERS_MS;
	bool well = false, confined = false;

	for (size_t i = 0; i < d->status.nurls; i++)
		well |= examine_server(d, d->status.urls[i], root, &child, until, &confined);
	if (!well)
		tell_start(d, &d->c->station);
}

/* Whether the login is for administrators alone, and this user is none. */
static bool
is_closed(const struct station *st)
{
	return place_stationwide() && !place_privileged() &&
	    (st->login_key != NULL || st->password_file != NULL);
}

/* What is known of servers that this user doesn't ask. */
static void
tell_unasked(struct doctor *d)
{
	struct buf why = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err ignored;
	bool well = status_up_to_date(&d->status, &why, &ignored) == 1;

	findings_add(&d->found, well ? FINDING_OK : FINDING_WARNING, "servers",
	    "%s%sthis user doesn't ask them, because the login of a station for all users is for "
	    "administrators alone; as one of them, slipway doctor does",
	    well ? "" : buf_text(&why), well ? "" : "; ");
	buf_free(&why);
}

static void
examine_login(struct doctor *d)
{
	const struct station *st = &d->c->station;
	struct login *login = NULL;
	struct err e = { .code = ERR_NONE };

	if (is_closed(st))
		return;
	if (st->password_file != NULL)
		login = login_read_password(st->password_file, &e);
	else if (st->login_key != NULL)
		login = login_read(st->login_key, &e);
	if (e.code != ERR_NONE)
		findings_add(&d->found, FINDING_FAILURE, "login",
		    "%s; with another one: slipway enroll --change %s FILE", e.text,
		    st->password_file != NULL ? "--password-file" : "--key");
	login_free(login);
}

/* What the station believes, without which no server counts; then the servers. */
static void
examine_metadata(struct doctor *d, bool offline)
{
	const struct status *u = &d->status;
	struct buf root = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct dir *metadata;
	char when[DATE_TEXT_SIZE];
	int64_t version;
	struct err e;

	date_format(u->expires, when);
	metadata = station_dir(u->st, "metadata", false, &e);
	if (metadata == NULL || file_read(metadata, "root.json", &root, &e) == -1 ||
	    (tuf_root_check(root.data, root.len, &version, &e) == -1 &&
		err_context(&e, "metadata/root.json") == -1))
		findings_add(&d->found, FINDING_FAILURE, "trust anchor",
		    "%s; 'slipway update --repair' puts its copy back, else enrol again (--force)",
		    e.text);
	else if (!offline && is_closed(u->st))
		tell_unasked(d);
	else if (!offline)
		examine_servers(d, &root);
	if (u->expires != 0 && u->expires <= u->now)
		findings_add(&d->found, FINDING_WARNING, "metadata",
		    "what this station trusts ended at %s: slipway update", when);
	dir_close(metadata);
	buf_free(&root);
}

/* The task that updates the station in the background, where there can be one. */
static void
examine_task(struct doctor *d)
{
	struct buf words = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err e;
	int fault = task_fault(&d->status.task, &words, &e);

	if (fault == 0 && task_line(&d->status.task, &words, &e) == -1)
		fault = -1;
	if (fault == -1 || words.len > 0)
		findings_add(&d->found, fault == 0 ? FINDING_OK : FINDING_WARNING, "task", "%s",
		    fault == -1 ? e.text : buf_text(&words));
	buf_free(&words);
}

static void
examine_release(struct doctor *d)
{
	const struct status *u = &d->status;
	struct strings missing = STRINGS_INIT;
	struct err e;

	if (u->release == 0)
		findings_add(&d->found, FINDING_WARNING, "release",
		    "none is applied yet: slipway update");
	else if (u->interrupted)
		findings_add(&d->found, FINDING_FAILURE, "release",
		    "an update was interrupted: slipway update, which completes or undoes it");
	else
		findings_add(&d->found, FINDING_OK, "release", "%lld is applied, %zu file%s",
		    (long long)u->release, u->files, cli_plural(u->files));
	if (u->waiting.release != 0)
		findings_add(&d->found, FINDING_WARNING, "release",
		    "%lld could not be applied at %s: %s", (long long)u->waiting.release,
		    u->waiting.time, u->waiting.text);
	for (size_t i = 0; i < u->in_use.n; i++)
		findings_add(&d->found, FINDING_OK, "in use",
		    "the old version of %s, until its end", u->in_use.v[i]);
	if (put_back_missing(&d->c->station, d->c->settings, &missing, &e) == -1)
		findings_add(&d->found, FINDING_WARNING, "files", "%s", e.text);
	else if (missing.n > 0)
		findings_add(&d->found, FINDING_WARNING, "files",
		    "%s%s missing: slipway update --repair", missing.v[0],
		    missing.n == 1 ? " is" : " and others are");
	else if (u->release != 0)
		findings_add(&d->found, FINDING_OK, "files", "none is missing");
	strings_free(&missing);
}

static void
examine_room(struct doctor *d, const char *subject, const char *path)
{
	char copy[STATION_PATH_MAX];
	struct dir_room room;
	struct dir *dir = NULL;
	unsigned unused;
	struct err e;

	if (path == NULL)
		return;
	snprintf(copy, sizeof copy, "%s", path);
	if (plan_existing(copy, &unused, &e) == -1 || (dir = dir_open(copy, &e)) == NULL ||
	    dir_room(dir, &room, &e) == -1)
		findings_add(&d->found, FINDING_WARNING, subject, "%s", e.text);
	else if (room.bytes / 1000000 < ROOM_MB)
		findings_add(&d->found, FINDING_WARNING, subject,
		    "%llu MB free in %s: a release may find no room",
		    (unsigned long long)room.bytes / 1000000, copy);
	else
		findings_add(&d->found, FINDING_OK, subject, "%llu MB free in %s",
		    (unsigned long long)room.bytes / 1000000, copy);
	dir_close(dir);
}

/* Reads TLS_RequiredLevel of the application's clients.  1, 0 not set, -1. */
static int
client_level(const struct doctor *d, struct value *v, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = -1;

	if (application_key(&key, d->c->station.installation, d->c->station.application, e) == 0 &&
	    buf_adds(&key, "\\TLS_Client", e) == 0)
		rc = settings_get(d->c->settings, buf_text(&key), "TLS_RequiredLevel", v, e);
	buf_free(&key);
	return rc;
}

static void
examine_level(struct doctor *d, size_t usable)
{
	struct value v = VALUE_INIT;
	const char *level;
	struct err e;
	int rc = client_level(d, &v, &e), which;

	level =
	    rc == 1 && (v.type == VALUE_STRING || v.type == VALUE_EXPAND) ? value_get_text(&v) : "";
	which = tls_level_find(level);
	if (rc == -1)
		findings_add(&d->found, FINDING_FAILURE, "TLS", "%s", e.text);
	else if (rc == 0)
		findings_add(&d->found, FINDING_WARNING, "TLS",
		    "TLS_RequiredLevel isn't set: the program's connections are plain; a release sets "
		    "it: " BEGIN_RELEASE);
	else if (which == -1)
		findings_add(&d->found, FINDING_FAILURE, "TLS",
		    "TLS_RequiredLevel: want %s, %s or %s, got '%.100s'",
		    tls_level_name(TLS_LEVEL_NONE), tls_level_name(TLS_LEVEL_NO_PEER_AUTH),
		    tls_level_name(TLS_LEVEL_PEER_AUTH), level);
	else if (which == TLS_LEVEL_NONE)
		findings_add(&d->found, FINDING_WARNING, "TLS",
		    "TLS_RequiredLevel is %s: connections are plain", level);
	else if (which == TLS_LEVEL_PEER_AUTH && usable == 0)
		findings_add(&d->found, FINDING_FAILURE, "TLS",
		    "TLS_RequiredLevel is %s, and no trusted certificate can be used: the program "
		    "connects to nothing; a release brings it: " BEGIN_RELEASE,
		    level);
	else
		findings_add(&d->found, FINDING_OK, "TLS", "TLS_RequiredLevel is %s", level);
	value_free(&v);
}

static void
examine_trust(struct doctor *d)
{
	const struct trusted *t = &d->status.trusted;
	size_t usable = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct trusted_cert *c = &t->certs[i];
		char when[DATE_TEXT_SIZE];

		if (c->error != NULL) {
			findings_add(&d->found, FINDING_FAILURE, "certificate",
			    "%s; 'slipway update --repair' puts back what a release brought",
			    c->error);
			continue;
		}
		date_format(c->facts.to, when);
		usable += c->days_left >= 0;
		findings_add(&d->found,
		    c->days_left < 0		   ? FINDING_FAILURE
			: c->days_left < WARN_DAYS ? FINDING_WARNING
						   : FINDING_OK,
		    "certificate", "%s, %s %s%s", c->facts.subject,
		    c->days_left < 0 ? "ended" : "trusted to", when,
		    c->days_left < WARN_DAYS
			? ": on the repository's machine: slipway-repo cert replace"
			: "");
	}
	for (size_t i = 0; i < d->status.strays.n; i++)
		findings_add(&d->found, FINDING_WARNING, "TLS", "%s", d->status.strays.v[i]);
	examine_level(d, usable);
}

static void
examine_kernel(struct doctor *d, const char *kernel)
{
	const struct station *st = &d->c->station;
	struct buf words = BUF_INIT(4 * ERR_TEXT_SIZE);
	struct err e;
	int rc = kernel_try(st->installation, st->application, kernel, &words, &e);

	findings_add(&d->found,
	    rc == 1	  ? FINDING_OK
		: rc == 0 ? FINDING_FAILURE
			  : FINDING_WARNING,
	    "kernel", "%s: %s", kernel, rc == -1 ? e.text : buf_text(&words));
	buf_free(&words);
}

static int
run_doctor(struct call *call, struct err *e)
{
	const struct options *own = call->options;
	const struct cmd_options *o = &own->cmd;
	struct cmd_station c;
	struct doctor d = { .c = &c };

	findings_begin(&d.found, o->json);
	if (cmd_station_open(call, CMD_WARNS_LATER, &c, e) == -1) {
		findings_add(&d.found, FINDING_FAILURE, "enrolment", "%s%s", e->text,
		    e->code == ERR_CONFIG
			? ": slipway enroll --change, with the option of that setting"
			: "");
		examine_hidden(&d);
	} else if (status_load(c.settings, &c.station, &d.status, e) == -1) {
		findings_add(&d.found, FINDING_FAILURE, "state", "%s%s", e->text,
		    damage_is(e) ? "; 'slipway update' keeps aside what is damaged, and mends it"
				 : "");
	} else {
		examine_settings(&d);
		examine_hidden(&d);
		examine_icons(&d);
		examine_clock(&d);
		examine_login(&d);
		examine_metadata(&d, o->offline);
		examine_release(&d);
		examine_task(&d);
		examine_room(&d, "room", c.station.state_path);
		examine_room(&d, "room", c.station.install_dir);
		examine_room(&d, "room", c.station.app_dir);
		examine_trust(&d);
		if (own->kernel != NULL)
			examine_kernel(&d, own->kernel);
	}
	status_free(&d.status);
	cmd_station_close(&c);
	return findings_end(&d.found, e);
}

#undef CMD_TO
#define CMD_TO(member) OPTION_TO(struct options, cmd.member)
static const struct option options[] = {
	CMD_STATION_ROWS,
	{ "kernel", OPTION_TEXT, OPTION_TO(struct options, kernel), "HOST:PORT",
	    "connect to this Kernel, too, as the program would", .offers = OFFER_NOTHING },
	{ "offline", OPTION_FLAG, CMD_TO(offline), NULL, "don't ask the servers" },
	CMD_JSON_ROW,
	OPTION_END,
};

const struct command cmd_doctor = { "doctor", run_doctor, "[options]", 0, 0,
	"look at everything that a start needs; exit 1 after a failure, 3 after a warning",
	.options = options, .size = sizeof(struct options) };
