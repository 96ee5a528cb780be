/* SPDX-License-Identifier: ISC */
/*
 * slipway status
 */
#include "updater/cmd/common.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "updater/state/server_health.h"
#include "updater/state/notes.h"
#include "updater/state/state.h"
#include "updater/state/tuf_store.h"
#include "updater/state/record.h"
#include "updater/cmd/trusted.h"

#define DAY 86400

/* A directory below the state, or NULL where it isn't there; makes nothing. */
static struct dir *
existing_dir(const struct station *st, const char *name)
{
	struct buf path = BUF_INIT(4096);
	struct dir *d = NULL;
	struct err e;

	if (path_join(&path, st->state_path, name, &e) == 0)
		d = dir_open(buf_text(&path), &e);
	buf_free(&path);
	return d;
}

/* {"role": {"version", "expires"}} of the trusted metadata; an empty object where there is none. */
static json_t *
trust_json(const struct station *st)
{
	struct dir *d = existing_dir(st, "metadata");
	struct tuf_store store;
	struct tuf_client *c;
	json_t *j = json_object();
	struct err e;

	if (d == NULL || j == NULL)
		return j;
	store = tuf_store_in(d);
	if ((c = tuf_client_new(NULL, &store, 0, &e)) != NULL) {
		struct tuf_trusted t;

		tuf_client_load(c, &e);
		tuf_client_role(c, st->application, &e);
		t = tuf_client_trusted(c);
		if (t.root != NULL)
			json_object_set_new(j, "root_version", json_integer(t.root->c.version));
		if (t.targets != NULL) {
			char text[DATE_TEXT_SIZE];

			date_format(tuf_client_expires(c), text);
			json_object_set_new(j, "expires", json_string(text));
		}
	}
	tuf_client_free(c);
	dir_close(d);
	return j;
}

/* The old files that are still in use, as paths. */
static json_t *
in_use_json(struct dir *state)
{
	json_t *list = notes_leftovers(state), *paths = json_array(), *one;
	struct buf path = BUF_INIT(4096);
	struct err ignored;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *root = json_string_value(json_object_get(one, "root"));
		const char *name = json_string_value(json_object_get(one, "path"));

		buf_reset(&path);
		if (root != NULL && name != NULL && path_join(&path, root, name, &ignored) == 0) {
			path_native((char *)path.data);
			json_array_append_new(paths, json_string(buf_text(&path)));
		}
	}
	buf_free(&path);
	json_decref(list);
	return paths;
}

static json_t *
status_json(struct settings *s, const struct station *st, struct err *e)
{
	json_t *servers = json_array(), *host_keys = json_array(), *trusted, *j;
	json_t *waiting = NULL, *in_use = NULL;
	struct server_health known = { .known = NULL };
	json_t *said = json_object();
	struct record applied = RECORD_INIT;
	bool interrupted = false;
	struct err why;
	struct dir *state = existing_dir(st, "");
	char when[DATE_TEXT_SIZE] = "";
	int64_t refreshed = 0;

	if ((trusted = trusted_json(s, st, &why)) == NULL)
		trusted = json_pack("[{s:s, s:s}]", "file", "TLS_TrustedCerts", "error", why.text);
	for (size_t i = 0; i < st->nservers; i++)
		json_array_append_new(servers, json_string(st->servers[i]));
	for (size_t i = 0; i < st->nhost_keys; i++)
		json_array_append_new(host_keys, json_string(st->host_keys[i]));
	if (state != NULL) {
		record_applied(state, &applied, e);
		refreshed = notes_refreshed(state);
		interrupted = state_pending(state);
		waiting = notes_waiting(state, applied.serial);
		in_use = in_use_json(state);
		if (server_health_load(state, st, clock_wall(), &known, e) == 0)
			json_object_update(said, known.known);
		server_health_end(&known, state);
		dir_close(state);
	}
	if (refreshed != 0)
		date_format(refreshed, when);
	j = json_pack(
	    "{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:s, s:s, s:o, s:I, s:I, s:b, s:I, s:I, s:I, s:o, s:o, s:o*, s:o}",
	    "installation", st->installation, "application", st->application, "release",
	    (json_int_t)applied.release, "refreshed", when, "refreshed_age",
	    (json_int_t)(refreshed == 0 ? -1 : clock_wall() - refreshed), "servers", servers,
	    "host_keys", host_keys, "on_error", st->on_error == ON_ERROR_BLOCK ? "block" : "launch",
	    "app_dir", st->app_dir_native, "trust", trust_json(st), "files", (json_int_t)applied.n,
	    "deadline", (json_int_t)(st->deadline_ms / 1000), "interrupted", interrupted, "newest",
	    (json_int_t)applied.newest, "warn_after_days", (json_int_t)st->warn_after_days,
	    "block_after_days", (json_int_t)st->block_after_days, "said", said, "certificates",
	    trusted, "waiting", waiting, "in_use", in_use != NULL ? in_use : json_array());
	record_free(&applied);
	if (j == NULL)
		err_nomem(e);
	return j;
}

static const char *
text_of(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

static void
print_age(json_int_t age)
{
	if (age < 2 * 3600)
		printf(", %lld minutes ago\n", (long long)age / 60);
	else if (age < 2 * DAY)
		printf(", %lld hours ago\n", (long long)age / 3600);
	else
		printf(", %lld days ago\n", (long long)age / DAY);
}

/*
 * What it said last, where that was a fault; verbose: how the child that spoke with it was
 * confined, too.
 */
static void
print_server(const char *url, const json_t *said, bool verbose)
{
	const json_t *one = json_object_get(said, url);
	const char *confined = text_of(one, "confined");

	printf("server        %s\n", url);
	if (text_of(one, "said") != NULL)
		printf("              failed at %s: %s\n", text_of(one, "time"),
		    text_of(one, "said"));
	else if (one != NULL)
		puts("              answered when it was asked last");
	if (verbose && confined != NULL)
		printf("              what spoke with it was confined by: %s\n", confined);
}

/*
 * How the child was confined that spoke with a server last; with --verbose each server has its own
 * line.
 */
static void
print_confined(const json_t *servers, const json_t *said)
{
	const char *confined = NULL;
	const json_t *url;
	size_t i;

	json_array_foreach (servers, i, url)
		if (confined == NULL)
			confined =
			    text_of(json_object_get(said, json_string_value(url)), "confined");
	if (confined != NULL)
		printf("confined      fetching, by %s\n", confined);
}

/* The certificates that the program trusts, and how long they will do. */
static void
print_certificates(const json_t *certificates, bool verbose)
{
	json_int_t days;
	json_t *one;
	size_t i;

	json_array_foreach (certificates, i, one) {
		if (text_of(one, "error") != NULL) {
			printf("trusts        nothing from %s: %s\n", text_of(one, "file"),
			    text_of(one, "error"));
			continue;
		}
		days = json_integer_value(json_object_get(one, "days_left"));
		printf("trusts        %s, %s", text_of(one, "subject"), days < 0 ? "EXPIRED " : "");
		printf("%lld days %s\n", (long long)(days < 0 ? -days : days),
		    days < 0 ? "ago" : "left");
		if (verbose)
			printf("              SHA-256 %s, to %s, in %s\n", text_of(one, "sha256"),
			    text_of(one, "not_after"), text_of(one, "file"));
	}
}

/* What the next start tries again. */
static void
print_waiting(const json_t *waiting, const json_t *in_use)
{
	const json_t *path;
	size_t i;

	if (waiting != NULL) {
		printf("waiting       release %lld, which could not be applied at %s: %s\n",
		    (long long)json_integer_value(json_object_get(waiting, "release")),
		    text_of(waiting, "time"), text_of(json_object_get(waiting, "error"), "text"));
		puts("              the next start tries it again");
	}
	json_array_foreach (in_use, i, path) {
		printf("in use        the old version of %s; a start after its end removes it\n",
		    json_string_value(path));
	}
}

static void
print_text(const json_t *j, bool verbose)
{
	const json_t *trust = json_object_get(j, "trust"), *servers = json_object_get(j, "servers");
	json_int_t release = json_integer_value(json_object_get(j, "release"));

	printf("application   %s of installation %s\n", text_of(j, "application"),
	    text_of(j, "installation"));
	if (release == 0)
		puts("release       none applied yet");
	else
		printf("release       %lld, %lld files\n", (long long)release,
		    (long long)json_integer_value(json_object_get(j, "files")));
	if (release != json_integer_value(json_object_get(j, "newest")))
		printf("rolled back   release %lld isn't taken again, a newer one is\n",
		    (long long)json_integer_value(json_object_get(j, "newest")));
	if (json_is_true(json_object_get(j, "interrupted")))
		puts("interrupted   an update was; the next start completes it or takes it back");
	print_waiting(json_object_get(j, "waiting"), json_object_get(j, "in_use"));
	if (text_of(j, "refreshed")[0] == '\0') {
		puts("refreshed     never");
	} else {
		printf("refreshed     %s", text_of(j, "refreshed"));
		print_age(json_integer_value(json_object_get(j, "refreshed_age")));
	}
	for (size_t i = 0; i < json_array_size(servers); i++)
		print_server(json_string_value(json_array_get(servers, i)),
		    json_object_get(j, "said"), verbose);
	if (!verbose)
		print_confined(servers, json_object_get(j, "said"));
	if (json_object_get(trust, "root_version") != NULL)
		printf("trust anchor  root version %lld\n",
		    (long long)json_integer_value(json_object_get(trust, "root_version")));
	if (text_of(trust, "expires") != NULL)
		printf("good until    %s, when the first of the trusted metadata expires\n",
		    text_of(trust, "expires"));
	print_certificates(json_object_get(j, "certificates"), verbose);
	printf("files below   %s\n", text_of(j, "app_dir"));
	printf("next start    asks a server for at most %lld s; if that fails, %s\n",
	    (long long)json_integer_value(json_object_get(j, "deadline")),
	    strcmp(text_of(j, "on_error"), "block") == 0 ? "nothing is started"
							 : "starts on the release above");
	if (json_integer_value(json_object_get(j, "block_after_days")) > 0)
		printf(
		    "              nothing is started when the last good refresh is %lld days old\n",
		    (long long)json_integer_value(json_object_get(j, "block_after_days")));
}

static int
run(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct cmd_station c;
	json_t *j = NULL;
	int rc = -1;

	if (cmd_station_open(call, false, &c, e) == -1 ||
	    (j = status_json(c.settings, &c.station, e)) == NULL)
		goto out;
	if (o->json) {
		rc = cli_json(json_incref(j), e);
	} else {
		print_text(j, o->verbose);
		rc = 0;
	}
out:
	json_decref(j);
	cmd_station_close(&c);
	return rc;
}

static const struct option options[] = {
	CMD_STATION_ROWS,
	{ "verbose", OPTION_FLAG, CMD_TO(verbose), NULL,
	    "fingerprints and files of certificates, and how the fetch child was confined",
	    .letter = 'v' },
	CMD_JSON_ROW,
	OPTION_END,
};

const struct command cmd_status = { "status", run, "[options]", 0, 0,
	"show what is enrolled, trusted and applied", NULL, CMD_OPTIONS(options) };
