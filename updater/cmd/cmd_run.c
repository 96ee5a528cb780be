/* SPDX-License-Identifier: ISC */
/*
 * slipway run and slipway update
 */
#include "updater/cmd/common.h"

#include <stdlib.h>

#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "updater/launch/launch.h"
#include "updater/launch/policy.h"
#include "updater/update/update.h"

static void
tell(const struct station *st, const struct update_result *r)
{
	if (r->changed)
		log_info(
		    "%s: applied release %lld: %zu file%s changed (%zu fetched), %zu setting%s",
		    st->application, (long long)r->release, r->files, cmd_plural(r->files),
		    r->fetched, r->settings, cmd_plural(r->settings));
	else if (r->read_only)
		log_info("%s: release %lld is applied; this user may not update the station",
		    st->application, (long long)r->release);
	else if (r->held)
		log_info(
		    "%s: release %lld stays, to which this station was rolled back; release %lld isn't taken again",
		    st->application, (long long)r->release, (long long)r->newest);
	else
		log_info("%s: nothing new, release %lld is applied", st->application,
		    (long long)r->release);
	if (r->user_settings > 0)
		log_info("%s: %zu setting%s of this user changed", st->application,
		    r->user_settings, cmd_plural(r->user_settings));
}

static void
tell_recovered(const struct update_result *r)
{
	if (r->recovered == TRANSACTION_FINISHED)
		log_warn("an earlier update was interrupted; it is completed now");
	else if (r->recovered == TRANSACTION_UNDONE)
		log_warn("an earlier update was interrupted; what it had begun is taken back");
}

static int
update(const struct station *st, struct settings *s, const struct update_options *o,
    struct update_result *r, struct err *e)
{
	int rc = update_run(st, s, o, r, e);

	tell_recovered(r);
	if (r->stood_still)
		log_warn(
		    "the clock stands before the last good refresh, whose time is taken instead; set the clock");
	if (rc == 0 && o->offline)
		log_info("%s: offline, no server was asked", st->application);
	else if (rc == 0)
		tell(st, r);
	return rc;
}

/* Whether the program may start; says what there is to say.  why: what went wrong, or NULL. */
static bool
may_start(const struct station *st, const struct update_result *r, const struct err *why,
    const char *program)
{
	struct buf text = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct verdict v = policy(st, r, why, program, clock_wall(), &text);

	if (v.tell)
		log_line(v.level, "%s", buf_text(&text));
	buf_free(&text);
	return v.start;
}

int
cmd_run(int argc, char **argv)
{
	struct update_result r = { 0 };
	struct update_options update_options;
	struct progress progress;
	struct cmd_options o;
	struct cmd_station c;
	struct err e;
	bool failed, start;
	int status;

	if ((status = cmd_options(argc, argv, "iadopnl", &o)) != 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		log_error("run: want the program to start");
		return cmd_usage("run");
	}
	launch_begin();
	progress = progress_new(o.progress_json);
	failed = cmd_station_open(&o, argc, argv, &c, &e) == -1;
	if (!failed) {
		update_options = cmd_update_options(&o, c.station.deadline_ms);
		update_options.progress = &progress;
		update_options.child = &c.child;
		failed = update(&c.station, c.settings, &update_options, &r, &e) == -1;
	}
	start = may_start(&c.station, &r, failed ? &e : NULL, argv[0]);
	cmd_station_close(&c);
	if (!start)
		return EXIT_FAILURE;
	if (o.no_launch) {
		log_info("%s would be started now; it isn't, because of --no-launch", argv[0]);
		return EXIT_SUCCESS;
	}
	status = launch(argv, &e);
	log_error("%s", e.text);
	return status;
}

int
cmd_update(int argc, char **argv)
{
	struct update_result r;
	struct update_options update_options;
	struct progress progress;
	struct cmd_options o;
	struct cmd_station c;
	struct err e;
	int status;

	if ((status = cmd_options(argc, argv, "iadrpql", &o)) != 0)
		return status;
	if (optind < argc) {
		log_error("update: want no arguments, got '%s'", argv[optind]);
		return cmd_usage("update");
	}
	update_options = cmd_update_options(&o, CMD_DEADLINE_MS);
	progress = progress_new(o.progress_json);
	if (o.quiet && !o.progress_json)
		progress.kind = PROGRESS_NONE;
	update_options.progress = &progress;
	update_options.child = &c.child;
	if (cmd_station_open(&o, 0, NULL, &c, &e) == -1 ||
	    update(&c.station, c.settings, &update_options, &r, &e) == -1)
		status = cmd_fail(&e);
	cmd_station_close(&c);
	return status;
}
