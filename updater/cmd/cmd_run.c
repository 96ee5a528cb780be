/* SPDX-License-Identifier: ISC */
/* slipway run: update, then become the program. */
#include "updater/cmd/command.h"
#include "updater/cmd/progress.h"
#include "updater/cmd/reminders.h"
#include "updater/cmd/window.h"

#include "lib/os/clock.h"
#include "lib/os/process.h"
#include "updater/launch/launch.h"
#include "updater/launch/policy.h"
#include "updater/station/enrolled.h"
#include "updater/state/told.h"

/*
 * Returns whether the program may start, and logs the reason, behind warnings that are due.  why:
 * the fault, or NULL.
 */
static bool
may_start(const struct cmd_station *c, const struct update_result *r, const struct err *why,
    const char *program)
{
	const struct station *st = &c->station;
	struct buf text = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct verdict v = policy(st, r, why, program, clock_wall(), &text);
	struct told told;
	struct reminders w = { .st = st, .told = &told, .settings = c->settings };

	told_begin(&told, st, r->stood_still ? 0 : clock_wall());
	reminders_tell(&w, r, why);
	/* Nothing failed: only the age of the last refresh, which lasts. */
	if (v.tell && v.start && why == NULL)
		reminders_log(&w, "age", buf_text(&text));
	else if (v.tell)
		log_line(v.level, "%s", buf_text(&text));
	told_end(&told);
	buf_free(&text);
	return v.start;
}

/*
 * "/C COV_PB" names no application, and the program may be started for another one; so it may with
 * "/CCOV_BP", which names one that isn't enrolled.
 */
static void
warn_argument(const struct call *call, const struct cmd_station *c)
{
	const struct cmd_options *o = call->options;
	const char *name;

	if (c->settings == NULL || o->application != NULL)
		return;
	if ((name = enrolled_split(c->settings, call->argc, call->argv)) != NULL)
		log_warn("%s: '/C %s' in two words names no application; give /C%s", call->argv[0],
		    name, name);
	if ((name = enrolled_nowhere(c->settings, call->argc, call->argv)) != NULL)
		log_warn("%s: no application %s is enrolled here, which /C%s names%s%s",
		    call->argv[0], name, name,
		    c->station.application != NULL ? "; this start is for "
						   : "; 'slipway status' lists what is",
		    c->station.application != NULL ? c->station.application : "");
}

static void
log_note(const char *text)
{
	log_info("%s", text);
}

static int
run_program(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct update_result r = { .unknown = true };
	struct update_options update_options;
	struct progress_view view;
	struct cmd_station c;
	bool failed, start;
	int status;

	launch_begin();
	if ((status = launch_check(call->argv, e)) != 0) {
		log_error("%s", e->text);
		return status;
	}
	/* A closed output pipe doesn't stop the program from starting. */
	call->output_ignored = true;
	/* The program gets its own Ctrl-C: becoming it ends this. */
	process_tell_interrupt(
	    "\nslipway: interrupted, nothing was started; files that were fetched are "
	    "kept, and the next start goes on there.\n");
	window_begin(CMD_WAITING, WINDOW_AFTER_MS, o->progress != NULL);
	failed = cmd_station_open(call, CMD_WARNS_LATER | CMD_LOGS | (o->offline ? 0 : CMD_FETCHES),
		     &c, e) == -1;
	warn_argument(call, &c);
	if (!failed) {
		update_options = cmd_update_options(o, c.station.deadline * 1000);
		update_options.progress = progress_view_start(&view, o->progress != NULL);
		update_options.child = &c.child;
		update_options.starts = true;
		failed = cmd_update_station(&c, &update_options, &r, e) == -1;
	} else {
		update_look(&c.station, &r);
	}
	window_end();
	start = may_start(&c, &r, failed ? e : NULL, call->argv[0]);
	cmd_station_close(&c);
	if (!start)
		return CLI_FAILED;
	if (o->no_launch && (status = launch_find(call->argv[0], e)) != 0) {
		log_error("%s", e->text);
		return status;
	}
	if (o->no_launch) {
		log_info("%s would be started now; it isn't, because of --no-launch",
		    call->argv[0]);
		return CLI_OK;
	}
	status = launch(call->argv, log_note, e);
	log_error("%s", e->text);
	return status;
}

static const struct option options[] = {
	CMD_STATION_ROWS,
	CMD_DEADLINE_ROW("longest time that the update may take (default: that of the enrolment)"),
	{ "offline", OPTION_FLAG, CMD_TO(offline), NULL,
	    "start on what is applied; ask no server" },
	{ "no-launch", OPTION_FLAG, CMD_TO(no_launch), NULL,
	    "do all but start PROGRAM; exit as a start would that fails" },
	CMD_LOG_ROWS,
	OPTION_END,
};

const struct command cmd_run = { "run", run_program, "[options] [--] PROGRAM [ARG...]", 1, -1,
	"update, then become PROGRAM",
	"Without --app, /C<name> (or /c, -C) among ARG names the application, if that is enrolled.",
	CMD_OPTIONS(options), .stop = true };
