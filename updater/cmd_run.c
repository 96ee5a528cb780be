/*
 * slipway run and slipway update
 */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "launch.h"
#include "update.h"

/* Limit of an update that nobody waits for. */
#define UPDATE_DEADLINE_MS	600000

enum { OPT_INSTALLATION = 256, OPT_APP, OPT_DEADLINE, OPT_OFFLINE };

static const struct option options[] = {
	{ "installation", required_argument, NULL, OPT_INSTALLATION },
	{ "app", required_argument, NULL, OPT_APP },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "offline", no_argument, NULL, OPT_OFFLINE },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *installation, *application;
	int64_t deadline_ms;	/* 0: not given */
	bool offline;
};

/* 0, or the exit status. */
static int
parse(int argc, char **argv, struct arguments *a)
{
	int c;

	/* "+": what comes after PROGRAM is the program's. */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1)
		switch (c) {
		case OPT_INSTALLATION:
			a->installation = optarg;
			break;
		case OPT_APP:
			a->application = optarg;
			break;
		case OPT_DEADLINE:
			if (cmd_deadline(optarg, &a->deadline_ms) == -1)
				return EXIT_MISUSE;
			break;
		case OPT_OFFLINE:
			a->offline = true;
			break;
		default:
			return cmd_usage(argv[0]);
		}
	return 0;
}

static void
tell(const struct station *st, const struct update_result *r)
{
	if (r->changed)
		log_info("%s: applied release %lld: %zu files replaced (%zu fetched), %zu settings",
		    st->application, (long long)r->release, r->files, r->fetched, r->settings);
	else
		log_info("%s: nothing new, release %lld is applied", st->application,
		    (long long)r->release);
}

static int
update(const struct station *st, struct settings *s, int64_t ms, struct update_result *r,
    struct err *e)
{
	int rc = update_run(st, s, clock_mono_ms() + ms, cmd_server_failed, r, e);

	if (r->stood_still)
		log_warn("the clock stands before the last good refresh, whose time is taken instead; set the clock");
	if (rc == 0)
		tell(st, r);
	return rc;
}

/* Whether the program may start after this failure; says what happens in any case. */
static bool
may_start(const struct station *st, const struct update_result *r, const struct err *e,
    const char *program)
{
	if (st->on_error == ON_ERROR_BLOCK) {
		log_error("%s; %s is not started, because this site set OnError to block", e->text, program);
		return false;
	}
	if (r->release > 0)
		log_warn("%s; starting %s with release %lld, applied earlier", e->text, program,
		    (long long)r->release);
	else
		log_warn("%s; starting %s although no release was ever applied", e->text, program);
	return true;
}

int
cmd_run(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct update_result r = { 0 };
	struct settings *s = NULL;
	struct station st = { 0 };
	struct err e;
	bool start = true;
	int status;

	if ((status = parse(argc, argv, &a)) != 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		log_error("run: want the program to start");
		return cmd_usage("run");
	}
	if ((s = settings_open(&e)) == NULL ||
	    station_load(s, a.installation, a.application, argc, argv, &st, &e) == -1)
		start = may_start(&st, &r, &e, argv[0]);
	else if (a.offline)
		log_info("%s: offline, no server was asked", st.application);
	else if (update(&st, s, a.deadline_ms > 0 ? a.deadline_ms : st.deadline_ms, &r, &e) == -1)
		start = may_start(&st, &r, &e, argv[0]);
	settings_close(s);
	station_free(&st);
	if (!start)
		return EXIT_FAILURE;
	status = launch(argv, &e);
	log_error("%s", e.text);
	return status;
}

int
cmd_update(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct update_result r;
	struct settings *s = NULL;
	struct station st = { 0 };
	struct err e;
	int status;

	if ((status = parse(argc, argv, &a)) != 0)
		return status;
	if (optind < argc) {
		log_error("update: want no arguments, got '%s'", argv[optind]);
		return cmd_usage("update");
	}
	if ((s = settings_open(&e)) == NULL ||
	    station_load(s, a.installation, a.application, 0, NULL, &st, &e) == -1 ||
	    update(&st, s, a.deadline_ms > 0 ? a.deadline_ms : UPDATE_DEADLINE_MS, &r, &e) == -1)
		status = cmd_fail(&e);
	settings_close(s);
	station_free(&st);
	return status;
}
