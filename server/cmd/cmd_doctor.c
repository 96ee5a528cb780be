/* SPDX-License-Identifier: ISC */
/* slipway-repo doctor: what stations and the people of a repository depend on, a line for each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/base/list.h"
#include "lib/cli/findings.h"
#include "lib/os/clock.h"
#include "server/cmd/cmd_cert.h"
#include "server/cmd/cmd_deploy.h"
#include "server/cmd/term.h"
#include "server/keys/keystore.h"
#include "server/repo/audit.h"
#include "server/repo/audit_change.h"
#include "server/repo/audit_state.h"
#include "server/repo/served.h"
#include "server/repo/share.h"
#include "server/rollover/state.h"

/* Without --warn-days: roles, which a timer renews or people do, and certificates. */
#define ROLE_DAYS 14
#define CERT_DAYS 30

#define FAULTS_SHOWN 5

/* Where systemd has the timers that are enabled, and the days that a refresh of one may be old. */
#define TIMERS_DIR   "/etc/systemd/system/timers.target.wants"
#define REFRESH_DAYS 2

struct doctor {
	const char *path; /* the caller's */
	struct repo *r;
	int64_t days; /* --warn-days */
	size_t faults, unshared;
	int64_t refreshed; /* when, as the record has it; 0: never */
	struct findings found;
};

/* Adds a line on something that ends: its level, and the words on when. */
static void
examine_end(struct doctor *d, const char *subject, const char *name, int64_t to, int64_t days,
    const char *mend)
{
	struct term t = term_start(d->days == COMMAND_WARN_DAYS_NONE ? days : d->days);
	int64_t left = term_days(&t, to);
	char words[TERM_TEXT_SIZE];

	term_text(left, false, words);
	if (left >= 0 && !t.expiring)
		findings_add(&d->found, FINDING_OK, subject, "%s: %s", name, words);
	else
		findings_add(&d->found, left < 0 ? FINDING_FAILURE : FINDING_WARNING, subject,
		    "%s: %s: %s", name, words, mend);
}

static void
examine_role(struct doctor *d, const char *name, const struct tuf_common *c, bool online)
{
	char mend[256];

	snprintf(mend, sizeof mend, online ? "slipway-repo refresh" : "slipway-repo renew %s",
	    name);
	examine_end(d, "role", name, c->expires, ROLE_DAYS, mend);
}

static void
examine_app(struct doctor *d, const char *name)
{
	struct tuf_targets *t = NULL;
	struct err e;
	int rc = repo_read_app(d->r, name, &t, &e);

	if (rc == 1)
		examine_role(d, name, &t->c, false);
	else if (rc == 0)
		findings_add(&d->found, FINDING_WARNING, "role",
		    "%s: no release yet: slipway-repo publish --app %s DIR", name, name);
	else
		findings_add(&d->found, FINDING_FAILURE, "role", "%s", e.text);
	targets_free(t);
}

static void
examine_roles(struct doctor *d)
{
	const struct repo *r = d->r;

	examine_role(d, tuf_top_name(TUF_ROOT), &r->root->c, false);
	examine_role(d, tuf_top_name(TUF_TARGETS), &r->roles->c, false);
	examine_role(d, tuf_top_name(TUF_SNAPSHOT), &r->snapshot->c, true);
	examine_role(d, tuf_top_name(TUF_TIMESTAMP), &r->timestamp->c, true);
	for (size_t i = 0; i < r->roles->n; i++)
		examine_app(d, r->roles->delegations[i].name);
	if (r->roles->n == 0)
		findings_add(&d->found, FINDING_WARNING, "role",
		    "no application yet: slipway-repo app add NAME");
}

/* A key that has no passphrase can be read, and is the one that it is called. */
static int
try_key(struct keystore *ks, const char *name, const char *keyid, struct err *e)
{
	const struct passphrases none = { .file = NULL };
	struct privkey *k = keystore_load(ks, name, keyid, &none, NULL, e);

	privkey_free(k);
	return k == NULL ? -1 : 0;
}

/* How many keys of a role are here, and of these without a passphrase.  0 or -1. */
static int
count_keys(struct keystore *ks, const char *name, const struct tuf_role *role, size_t *here,
    size_t *open, struct err *e)
{
	*here = *open = 0;
	for (size_t i = 0; i < role->n; i++) {
		bool sealed = false;
		int rc = keystore_has(ks, name, role->keyids[i], e);

		if (rc == -1 ||
		    (rc == 1 &&
			(keystore_encrypted(ks, name, role->keyids[i], &sealed, e) == -1 ||
			    (!sealed && try_key(ks, name, role->keyids[i], e) == -1))))
			return -1;
		*here += rc == 1;
		*open += rc == 1 && !sealed;
	}
	return 0;
}

static int
examine_keys_of(struct doctor *d, struct keystore *ks, const char *name,
    const struct tuf_role *role, bool online, struct err *e)
{
	size_t here, open;

	if (count_keys(ks, name, role, &here, &open, e) == -1)
		return -1;
	if (online && here < role->threshold)
		findings_add(&d->found, FINDING_WARNING, "keys",
		    "%s: %zu of %u needed are here: 'slipway-repo refresh' can't sign", name, here,
		    role->threshold);
	else if (!online && open > 0)
		findings_add(&d->found, FINDING_WARNING, "keys",
		    "%s: here, without a passphrase: who can read them signs what stations install; "
		    "keep them elsewhere, or make others: slipway-repo key rotate %s",
		    name, name);
	else
		findings_add(&d->found, FINDING_OK, "keys", "%s: %zu of %zu are here%s", name, here,
		    role->n, here > open ? ", with a passphrase" : "");
	return 0;
}

static void
examine_keys(struct doctor *d)
{
	const struct repo *r = d->r;
	struct err e;
	struct keystore *ks = repo_keys(d->path, false, &e);
	int rc = ks == NULL ? -1 : 0;

	for (int i = 0; rc == 0 && i < TUF_TOP_COUNT; i++)
		rc = examine_keys_of(d, ks, tuf_top_name((enum tuf_top)i), &r->root->roles[i],
		    i == TUF_SNAPSHOT || i == TUF_TIMESTAMP, &e);
	for (size_t i = 0; rc == 0 && i < r->roles->n; i++)
		rc = examine_keys_of(d, ks, r->roles->delegations[i].name,
		    &r->roles->delegations[i].role, false, &e);
	if (rc == -1)
		findings_add(&d->found, e.code == ERR_NOENT ? FINDING_WARNING : FINDING_FAILURE,
		    "keys", "%s", e.text);
	keystore_close(ks);
}

static void
tell_fault(void *arg, const struct err *what)
{
	struct doctor *d = arg;

	if (d->faults++ < FAULTS_SHOWN)
		findings_add(&d->found, FINDING_FAILURE, "files", "%s", what->text);
}

/* All that stations can be given now; the content of the targets' files is read by "verify". */
static void
examine_files(struct doctor *d)
{
	struct served t = { .r = d->r, .fault = tell_fault, .arg = d };
	struct err e;

	if (served_open(&t, &e) == -1 || served_roots(&t, &e) == -1 ||
	    (t.nroots > 0 && served_current(&t, &e) == -1))
		tell_fault(d, &e);
	if (d->faults > FAULTS_SHOWN)
		findings_add(&d->found, FINDING_FAILURE, "files",
		    "and %zu more: slipway-repo verify lists all", d->faults - FAULTS_SHOWN);
	if (d->faults == 0)
		findings_add(&d->found, FINDING_OK, "files",
		    "%zu files of metadata and %zu of releases are there", t.metadata, t.targets);
	served_close(&t);
}

static int
note_refresh(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e)
{
	struct doctor *d = arg;
	const char *time = json_string_value(json_object_get(entry, "time"));

	(void)hash;
	(void)line;
	(void)e;
	if (time != NULL && strcmp(json_text_of(entry, "action"), cmd_refresh.name) == 0)
		date_parse(time, strlen(time), &d->refreshed);
	return 0;
}

static int
note_timer(void *arg, const char *name, struct err *e)
{
	bool *is = arg;

	(void)e;
	*is |= strncmp(name, "slipway-refresh", strlen("slipway-refresh")) == 0;
	return 0;
}

/* Whether the last refresh is as long ago as it may be where a timer does it each day. */
static void
examine_refresh(struct doctor *d)
{
	char last[DATE_TEXT_SIZE] = "never";
	struct err ignored;
	struct dir *timers = dir_open(TIMERS_DIR, &ignored);
	bool timer = false;

	if (timers != NULL)
		(void)dir_list(timers, note_timer, &timer, &ignored);
	dir_close(timers);
	if (d->refreshed != 0)
		date_format(d->refreshed, last);
	if (!timer)
		findings_add(&d->found, FINDING_OK, "refresh",
		    "no timer on this computer ('slipway-repo serve --print-units' prints one); last "
		    "refreshed: %s",
		    last);
	else if (clock_wall() - d->refreshed > REFRESH_DAYS * DATE_DAY_SECONDS)
		findings_add(&d->found, FINDING_WARNING, "refresh",
		    "a timer is enabled, but last refreshed: %s: systemctl status "
		    "'slipway-refresh*'",
		    last);
	else
		findings_add(&d->found, FINDING_OK, "refresh", "by a timer; last refreshed: %s",
		    last);
}

static int
tell_unshared(void *arg, const char *path, const char *what, struct err *e)
{
	struct doctor *d = arg;

	(void)e;
	if (d->unshared++ < FAULTS_SHOWN)
		findings_add(&d->found, FINDING_FAILURE, "shared", "%s %s", path, what);
	return 0;
}

static void
examine_shared(struct doctor *d)
{
	char group[SHARE_NAME_SIZE];
	uint32_t gid;
	struct err e;
	int rc = share_group(d->r->top, group, &e);

	if (rc == 0)
		return;
	if (rc == -1 || share_look(d->r->top, tell_unshared, d, &e) == -1)
		findings_add(&d->found, FINDING_FAILURE, "shared", "%s", e.text);
	else if (d->unshared > 0)
		findings_add(&d->found, FINDING_FAILURE, "shared",
		    "%zu in all: slipway-repo init --shared %s %s, by their owner or root",
		    d->unshared, group, d->path);
	else if (dir_is_shared(d->r->top, &gid) && !share_is_member(gid))
		findings_add(&d->found, FINDING_WARNING, "shared",
		    "with the group %s, in which you aren't: usermod -aG %s YOU", group, group);
	else
		findings_add(&d->found, FINDING_OK, "shared", "with the group %s", group);
}

static void
examine_lock(struct doctor *d)
{
	long holder = file_lock_holder(d->r->top, REPO_LOCK_FILE);
	struct file_lock *lock;
	struct file_info info;
	struct err e;

	if (holder != 0) {
		findings_add(&d->found, FINDING_OK, "lock",
		    "process %ld is changing the repository", holder);
		return;
	}
	/* Nothing is made here for it. */
	if (file_stat(d->r->top, REPO_LOCK_FILE, &info, &e) != 1)
		return;
	if ((lock = file_lock(d->r->top, REPO_LOCK_FILE, 0, &e)) == NULL && e.code != ERR_BUSY)
		findings_add(&d->found, FINDING_FAILURE, "lock",
		    "nothing can be changed or refreshed by this account here: %s", e.text);
	file_unlock(lock);
}

/* Whether the last line says what is live.  While a change goes live, its line isn't true yet. */
static bool
is_recorded(struct doctor *d, const struct audit_report *report)
{
	struct file_info info;
	struct err e;
	json_t *now = report->last == NULL ? NULL : audit_state(d->r->top, &e);
	bool same = now == NULL || json_equal(now, json_object_get(report->last, "state"));

	json_decref(now);
	return same || file_stat(d->r->top, REPO_BEGUN_FILE, &info, &e) == 1;
}

static void
examine_record(struct doctor *d)
{
	struct audit_report report = { .lines = 0 };
	struct err e;

	if (audit_walk(d->r->top, note_refresh, d, &report, &e) == -1 ||
	    audit_change_look(d->r->top, &e) == -1 ||
	    (report.lines == 0 && audit_ready(d->r->top, &e) == -1))
		findings_add(&d->found, FINDING_FAILURE, "record", "%s", e.text);
	else if (!is_recorded(d, &report))
		findings_add(&d->found, FINDING_WARNING, "record",
		    "what is live isn't what its last line says: a change wasn't recorded, or wasn't "
		    "made by this program; where it is right: slipway-repo log --accept");
	else if (report.cut > 0)
		findings_add(&d->found, FINDING_WARNING, "record",
		    "its last line was cut; the next change mends it");
	else
		findings_add(&d->found, FINDING_OK, "record",
		    "%" PRId64 " change%s, an unbroken chain", report.lines,
		    cli_plural((uint64_t)report.lines));
	audit_report_free(&report);
}

static void
examine_certificate(struct doctor *d, const json_t *row)
{
	char name[1024];
	int64_t to;

	if (date_parse(json_text_of(row, "to"), strlen(json_text_of(row, "to")), &to) == -1)
		return;
	snprintf(name, sizeof name, "%s, %s", json_text_of(row, "path"),
	    json_text_of(row, "subject"));
	examine_end(d, "certificate", name, to, CERT_DAYS,
	    "of a Kernel: slipway-repo cert replace NAME");
}

static void
examine_certificates(struct doctor *d)
{
	json_t *rows = json_array(), *faults = json_array(), *row;
	struct err e;
	size_t i;

	if (cmd_cert_collect(d->r, rows, faults, &e) == -1)
		findings_add(&d->found, FINDING_FAILURE, "certificate", "%s", e.text);
	json_array_foreach (rows, i, row) {
		examine_certificate(d, row);
	}
	json_array_foreach (faults, i, row) {
		findings_add(&d->found, FINDING_FAILURE, "certificate", "%s: %s",
		    json_text_of(row, "path"), json_text_of(row, "error"));
	}
	json_decref(rows);
	json_decref(faults);
}

static void
examine_replacements(struct doctor *d)
{
	struct err e;
	json_t *all = replace_read(d->r->top, &e), *entry;
	const char *name;

	if (all == NULL)
		findings_add(&d->found, FINDING_FAILURE, "replacement", "%s", e.text);
	json_object_foreach (json_object_get(all, "pairs"), name, entry) {
		struct replacement m = { .exists = false };

		if (replacement_parse(name, entry, &m, &e) == -1)
			findings_add(&d->found, FINDING_FAILURE, "replacement", "%s", e.text);
		else if (m.exists && m.finished == REPLACE_NEVER)
			findings_add(&d->found, FINDING_WARNING, "replacement",
			    "%s: under way; slipway-repo cert status says what is next", name);
		replacement_reset(&m);
	}
	json_decref(all);
}

static void
examine_place(struct doctor *d)
{
	struct cmd_deploy_view v = { .drawn = 0 };
	struct deploy_seen seen;
	struct err e;
	int rc;

	cmd_deploy_view(&v);
	if ((rc = deploy_look(&v.d, d->path, &seen, &e)) == -1)
		findings_add(&d->found, FINDING_FAILURE, "deploy", "%s%s%s", v.d.place,
		    *v.d.place == '\0' ? "" : ": ", e.text);
	else if (rc == 0)
		findings_add(&d->found, FINDING_OK, "deploy",
		    "nowhere; 'slipway-repo deploy set' names a server");
	else if (seen.newer)
		findings_add(&d->found, FINDING_FAILURE, "deploy",
		    "%s serves something newer than what is here: slipway-repo deploy fetch",
		    v.d.place);
	else if (!seen.same)
		findings_add(&d->found, FINDING_WARNING, "deploy",
		    "%s doesn't serve this state: slipway-repo deploy", v.d.place);
	else if (seen.missing > 0)
		findings_add(&d->found, FINDING_FAILURE, "deploy",
		    "%s has this state, but %zu of its files %s lost or cut there: slipway-repo deploy",
		    v.d.place, seen.missing, seen.missing == 1 ? "is" : "are");
	else
		findings_add(&d->found, FINDING_OK, "deploy", "%s serves this state", v.d.place);
}

static void
examine_change(struct doctor *d)
{
	static const char *const files[] = { REPO_PENDING_FILE, REPO_BEGUN_FILE };
	struct file_info info;
	struct err e;

	for (size_t i = 0; i < N(files); i++)
		if (file_stat(d->r->top, files[i], &info, &e) == 1) {
			findings_add(&d->found, FINDING_WARNING, "change",
			    "one was interrupted, or is under way; the next one completes it: "
			    "slipway-repo refresh");
			return;
		}
}

struct options {
	int64_t days;
	bool json, offline;
};

static int
run_doctor(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct doctor d = { .path = command_repo_here(call, e), .days = o->days };

	if (d.path == NULL)
		return -1;
	findings_begin(&d.found, o->json);
	if ((d.r = repo_open(d.path, e)) == NULL) {
		findings_add(&d.found, FINDING_FAILURE, "repository", "%s", e->text);
	} else {
		findings_add(&d.found, FINDING_OK, "repository",
		    "%s, root version %" PRId64 ", timestamp version %" PRId64, d.path,
		    d.r->root->c.version, d.r->timestamp->c.version);
		examine_change(&d);
		examine_roles(&d);
		examine_keys(&d);
		examine_files(&d);
		examine_record(&d);
		examine_refresh(&d);
		examine_shared(&d);
		examine_lock(&d);
		examine_certificates(&d);
		examine_replacements(&d);
		if (!o->offline)
			examine_place(&d);
	}
	repo_close(d.r);
	return findings_end(&d.found, e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "warn-days", OPTION_NUMBER, TO(days), "N",
	    "warn of what ends within N days (default 14 for roles, 30 for certificates)", .min = 0,
	    .max = COMMAND_WARN_DAYS_MAX },
	{ "offline", OPTION_FLAG, TO(offline), NULL,
	    "don't look at the place that 'deploy' goes to" },
	ROW_JSON(TO(json)),
	OPTION_END,
};

const struct command cmd_doctor = { "doctor", run_doctor, "[options]", 0, 0,
	"look at everything that stations depend on; exit 1 after a failure, 3 after a warning",
	NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .days = COMMAND_WARN_DAYS_NONE } };
