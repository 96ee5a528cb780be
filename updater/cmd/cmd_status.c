/* SPDX-License-Identifier: ISC */
/* slipway status */
#include "updater/cmd/command.h"
#include "updater/cmd/reminders.h"
#include "lib/os/log.h"
#include "updater/station/checks.h"
#include "updater/station/d2update.h"
#include "updater/station/hidden.h"

#include <stdio.h>

#include "updater/state/status.h"
#include "updater/state/task.h"
#include "updater/update/put_back.h"
#include "updater/wrap/wrap.h"

#define NO_WARN_DAYS (-1)

#define DAY	      86400
#define MISSING_SHOWN 5

struct options {
	struct cmd_options cmd;
	int64_t warn_days;
};

static void
print_up_to_date(const struct status *u)
{
	struct buf why = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err ignored;
	int up = status_up_to_date(u, &why, &ignored);

	printf("up to date    %s%s%s\n", up == 1 ? "yes" : "no", up == 1 ? "" : ", because ",
	    buf_text(&why));
	buf_free(&why);
}

static void
print_refreshed(const struct status *u)
{
	long long age = u->now - u->refreshed;
	char when[DATE_TEXT_SIZE];

	date_format(u->refreshed, when);
	if (u->refreshed == 0)
		puts("refreshed     never");
	else if (age < 2 * 3600)
		printf("refreshed     %s, %lld minutes ago\n", when, age / 60);
	else if (age < 2 * DAY)
		printf("refreshed     %s, %lld hours ago\n", when, age / 3600);
	else
		printf("refreshed     %s, %lld days ago\n", when, age / DAY);
}

static void
print_brought(const struct brought *b)
{
	if (b->time[0] == '\0')
		return;
	printf("brought       at %s from ", b->time);
	cli_print(b->place[0] == '\0' ? "a server" : b->place);
	if (b->expired > 0)
		printf(", with metadata that had ended %lld day%s before, accepted by an "
		       "administrator",
		    (long long)b->expired, b->expired == 1 ? "" : "s");
	puts("");
}

/* Where an address comes from, where it isn't the enrolment alone. */
static const char *
origin_of(const struct status *u, const char *url)
{
	if (learned_enrolled(&u->st->servers, url))
		return servers_have(&u->learned.now.addresses, url)
		    ? ", of the enrolment, and in the signed metadata"
		    : u->learned.now.addresses.n > 0 ? ", of the enrolment"
						     : "";
	return learned_joined(&u->learned, url)
	    ? ", learned from the signed metadata"
	    : ", learned from the signed metadata; it comes first once metadata came through it";
}

static void
print_host_keys(const struct status *u, bool verbose)
{
	for (size_t i = 0; i < u->nhost_keys; i++) {
		bool enrolled = learned_enrolled(&u->st->host_keys, u->host_keys[i]);

		if (verbose || !enrolled)
			printf("host key      %s, %s\n", u->host_keys[i],
			    enrolled ? "of the enrolment" : "learned from the signed metadata");
	}
	if (u->st->password_file != NULL && u->learned.now.host_keys.n > 0)
		puts(
		    "host key      learned ones don't count: this station logs in with a password");
	for (size_t i = 0; i < u->learned.dropped.n; i++)
		printf("host key      %s was dropped here, and isn't learned again\n",
		    u->learned.dropped.v[i]);
}

/*
 * Prints each server with its last fault.  verbose: also whether it has TCP_NODELAY, and how the
 * child that spoke with it was confined, which otherwise one line says for all.
 */
static void
print_servers(const struct status *u, bool verbose)
{
	const char *confined = NULL;

	for (size_t i = 0; i < u->nurls; i++) {
		const char *url = u->urls[i];
		struct server_said said = server_health_said(&u->health, url);

		printf("server        %s%s\n", url, origin_of(u, url));
		if (said.fault != NULL)
			printf("              failed at %s: %s\n", said.time, said.fault);
		else if (said.known)
			puts("              answered when it was asked last");
		if (verbose && said.nodelay != -1)
			puts(said.nodelay ? "              sends its answers at once (TCP_NODELAY)"
					  : "              seems to hold answers back (Nagle's "
					    "algorithm), two round trips a start: "
					    "docs/server.md, NoDelay");
		if (verbose && said.confined != NULL)
			printf("              what spoke with it was confined by: %s\n",
			    said.confined);
		if (confined == NULL)
			confined = said.confined;
	}
	if (!verbose && confined != NULL)
		printf("confined      fetching, by %s\n", confined);
}

/* Prints the certificates that the program trusts, and how long they are valid. */
static void
print_certificates(const struct trusted *t, bool verbose)
{
	char hex[SHA256_HEX_SIZE], when[DATE_TEXT_SIZE];

	for (size_t i = 0; i < t->n; i++) {
		const struct trusted_cert *c = &t->certs[i];
		long long days = c->days_left;

		if (c->error != NULL) {
			printf("trusts        nothing from ");
			cli_print(c->file);
			printf(": ");
			cli_print(c->error);
			putchar('\n');
			continue;
		}
		printf("trusts        %s, %s%lld days %s\n", c->facts.subject,
		    days < 0 ? "EXPIRED " : "", days < 0 ? -days : days, days < 0 ? "ago" : "left");
		hex_encode(c->facts.sha256, SHA256_SIZE, hex);
		date_format(c->facts.to, when);
		if (verbose)
			printf("              SHA-256 %s, to %s, in %s\n", hex, when, c->file);
	}
}

/* Prints settings of TLS that count for nothing, as the program's TLS library warns of them. */
static void
print_strays(const struct strings *strays)
{
	for (size_t i = 0; i < strays->n; i++) {
		printf("TLS           ");
		cli_print(strays->v[i]);
		putchar('\n');
	}
}

/* Prints what the next start tries again. */
static void
print_unfinished(const struct status *u)
{
	if (u->interrupted)
		puts(
		    "interrupted   an update was interrupted; the next start completes or undoes it");
	if (u->waiting.release != 0) {
		printf("waiting       release %lld, which could not be applied at %s: %s\n",
		    (long long)u->waiting.release, u->waiting.time, u->waiting.text);
		puts("              the next start tries it again");
	}
	for (size_t i = 0; i < u->in_use.n; i++)
		printf("in use        the old version of %s; a start after its end removes it\n",
		    u->in_use.v[i]);
}

/* Prints a few of the files and settings that the next start puts back. */
static void
print_missing(const struct strings *missing)
{
	for (size_t i = 0; i < missing->n && i < MISSING_SHOWN; i++) {
		printf("missing       ");
		cli_print(missing->v[i]);
		putchar('\n');
	}
	if (missing->n > MISSING_SHOWN)
		printf("missing       %zu more; 'slipway verify' lists all\n",
		    missing->n - MISSING_SHOWN);
	if (missing->n > 0)
		puts(
		    "              a start puts back what it can; 'slipway update --repair' the rest");
}

static void
print_trust(const struct status *u)
{
	char when[DATE_TEXT_SIZE];

	if (u->root_version != 0)
		printf("trust anchor  root version %lld\n", (long long)u->root_version);
	date_format(u->expires, when);
	if (u->expires != 0)
		printf("good until    %s, when the first of the trusted metadata expires\n", when);
}

/* Prints the task that updates the station, where there can be one; a fault is a warning. */
static void
print_task(const struct schedule *t)
{
	struct buf line = BUF_INIT(2048);
	struct err ignored;

	if (task_line(t, &line, &ignored) == 0 && line.len > 0)
		printf("task          %s\n", buf_text(&line));
	buf_free(&line);
}

/* Returns how much there is to warn of: 1 or 0. */
static size_t
warn_task(const struct station *st, const struct schedule *t)
{
	struct buf fault = BUF_INIT(4096);
	struct err ignored;
	bool bad = task_fault(t, &fault, &ignored) == 1;

	if (bad)
		log_warn("%s: %s", st->application, buf_text(&fault));
	buf_free(&fault);
	return bad;
}

static void
print_hidden(const struct hidden *h)
{
	if (h->text == NULL)
		return;
	printf("hidden        ");
	cli_print(h->text);
	putchar('\n');
}

static void
print_status(const struct status *u, const struct strings *missing, bool verbose)
{
	const struct station *st = u->st;

	print_up_to_date(u);
	if (u->release == 0)
		puts("release       none applied yet");
	else
		printf("release       %lld, %zu file%s\n", (long long)u->release, u->files,
		    cli_plural(u->files));
	if (u->release != u->newest)
		printf("rolled back   release %lld isn't taken again, a newer one is\n",
		    (long long)u->newest);
	if (u->ended)
		puts(
		    "ended         the application was removed from the repository; the release stays");
	print_unfinished(u);
	print_missing(missing);
	print_refreshed(u);
	print_brought(&u->brought);
	print_servers(u, verbose);
	print_host_keys(u, verbose);
	print_trust(u);
	print_certificates(&u->trusted, verbose);
	print_strays(&u->strays);
	printf("files below   %s%s\n",
	    st->app_dir_native == NULL ? st->app_dir_text : st->app_dir_native,
	    st->app_of_user ? ", and of each other user's own" : "");
	if (st->app_of_user) {
		puts(
		    "              programs of a user can replace the certificates that this user trusts");
		if (u->user_release == 0)
			puts("this user     has no release yet; the next start installs it");
		else
			printf("this user     release %lld%s\n", (long long)u->user_release,
			    u->user_release == u->release ? "" : "; the next start goes on");
	}
	cmd_print_writers(st, "changeable    ");
	printf("next start    asks a server for at most %lld s; if that fails, %s\n",
	    (long long)st->deadline,
	    st->on_error == ON_ERROR_BLOCK ? "nothing is started"
		: u->release == 0	   ? "starts without a release"
					   : "starts on the release above");
	if (st->block_after_days > 0)
		printf(
		    "              nothing is started when the last good refresh is %lld days old\n",
		    (long long)st->block_after_days);
	print_task(&u->task);
}

/* Whether a person has to do something, for a monitor: what no start mends by itself. */
static bool
wants_person(const struct status *u, const struct strings *missing, size_t warnings, int64_t days)
{
	struct buf why = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err ignored;
	bool wants = status_up_to_date(u, &why, &ignored) != 1 || missing->n > 0 || warnings > 0;

	buf_free(&why);
	for (size_t i = 0; i < u->trusted.n; i++)
		wants |= u->trusted.certs[i].error != NULL || u->trusted.certs[i].days_left < days;
	return wants ||
	    (u->expires != 0 && (u->expires - u->now) / DAY < days && u->expires <= u->now);
}

static json_t *
hidden_json(const struct hidden *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->enrolled.n; i++)
		json_array_append_new(list, json_string(h->enrolled.v[i]));
	return json_pack("{s:s, s:o, s:s}", "settings", h->settings, "enrolled", list, "text",
	    h->text);
}

static json_t *
whole_json(const struct status *u, const struct strings *missing, const struct hidden *h,
    struct err *e)
{
	json_t *j = status_json(u, e), *list = json_array();

	for (size_t i = 0; i < missing->n; i++)
		json_array_append_new(list, json_string(missing->v[i]));
	if (j == NULL)
		json_decref(list);
	else
		json_object_set_new(j, "missing", list);
	if (j != NULL && h->text != NULL)
		json_object_set_new(j, "hidden", hidden_json(h));
	return j;
}

/* Logs what a check found.  Returns how much that is: 1 or 0. */
static size_t
warn(const struct cmd_station *c, int found, const struct err *e)
{
	if (found == -1)
		log_warn("%s: %s", c->station.application, e->text);
	return found == -1;
}

static int
run_status(struct call *call, struct err *e)
{
	const struct options *own = call->options;
	const struct cmd_options *o = &own->cmd;
	struct status u = { .st = NULL };
	struct strings missing = STRINGS_INIT;
	struct hidden hidden;
	struct cmd_station c;
	struct err ignored;
	size_t warnings = 0;
	int rc = -1;

	if (hidden_load(&hidden, &ignored) == -1)
		hidden_free(&hidden);
	if (cmd_station_open(call, 0, &c, e) == -1) {
		reminders_tell_hidden(); /* it may be the one that was meant */
	} else if (status_load(c.settings, &c.station, &u, e) == 0) {
		for (const struct station_check *k = station_checks; k->name != NULL; k++)
			warnings += warn(&c, k->run(&c.station, e), e);
		warnings += warn(&c, d2update_check(c.settings, c.station.installation, e), e);
		warnings += warn(&c, wrap_fault(c.settings, &c.station, NULL, e), e);
		warnings += warn(&c, put_back_missing(&c.station, c.settings, &missing, e), e);
		warnings += warn_task(&c.station, &u.task) + u.strays.n + c.station.unknown.n +
		    (hidden.text != NULL);
		rc = o->json ? cli_json(whole_json(&u, &missing, &hidden, e), e) : 0;
		if (!o->json) {
			printf("application   %s of installation %s\n", c.station.application,
			    c.station.installation);
			print_hidden(&hidden);
			print_status(&u, &missing, o->verbose);
		}
		if (rc == 0 && own->warn_days != NO_WARN_DAYS &&
		    wants_person(&u, &missing, warnings, own->warn_days))
			rc = CLI_ATTEND;
	}
	hidden_free(&hidden);
	strings_free(&missing);
	status_free(&u);
	cmd_station_close(&c);
	return rc;
}

#undef CMD_TO
#define CMD_TO(member) OPTION_TO(struct options, cmd.member)
static const struct option options[] = {
	CMD_STATION_ROWS,
	{ "verbose", OPTION_FLAG, CMD_TO(verbose), NULL,
	    "fingerprints and files of certificates, and how the fetch child was confined",
	    .letter = 'v' },
	{ "warn-days", OPTION_NUMBER, OPTION_TO(struct options, warn_days), "N",
	    "exit with status 3 when a person is needed, or a certificate ends within N days",
	    .min = 0, .max = STATION_DAYS_MAX },
	CMD_JSON_ROW,
	OPTION_END,
};

static const struct options defaults = { .warn_days = NO_WARN_DAYS };

const struct command cmd_status = { "status", run_status, "[options]", 0, 0,
	"show what is enrolled, trusted and applied", .options = options,
	.size = sizeof(struct options), .defaults = &defaults };
