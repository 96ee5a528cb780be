/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_COMMON_H
#define UPDATER_CMD_COMMON_H

/*
 * The commands of slipway.  argv[0] is the command; the result is the exit status.
 */
#include <getopt.h>

#include "lib/settings/settings.h"
#include "updater/station/station.h"
#include "updater/update/update.h"

#define EXIT_MISUSE    2
/* plan: there are changes; verify: something is not as it was applied */
#define EXIT_DIFFERENT 3

int slipway_main(int argc, char **argv);

int cmd_enroll(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_update(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_settings(int argc, char **argv);
int cmd_script(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_rollback(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_verify(int argc, char **argv);

/* What most commands can be told. */
struct cmd_options {
	const char *installation, *application;
	int64_t deadline_ms; /* 0: not given */
	bool offline, repair, json, progress_json, quiet, verbose, no_launch;
	bool fetches; /* the command has a deadline, because it asks a server */
};

/*
 * Read the options of the command argv[0], of those that letters names: i --installation, a --app,
 * d --deadline, o --offline, r --repair, j
 * --json, v --verbose, n --no-launch, p --progress=json, q --quiet and l --log, which the log
 * follows at once.  0 with optind at what follows, or the exit status after a message.
 */
int cmd_options(int argc, char **argv, const char *letters, struct cmd_options *o);

/* The station that options name.  0 or -1; cmd_station_close() in both cases. */
struct cmd_station {
	struct settings *settings;
	struct station station;
	struct session_child child; /* started early where the command fetches */
};
int cmd_station_open(const struct cmd_options *o, int argc, char **argv, struct cmd_station *c,
    struct err *e);
void cmd_station_close(struct cmd_station *c);

/* Print how to use the command called name on standard error and return EXIT_MISUSE. */
int cmd_usage(const char *name);

/* Report e as an error of the command and return EXIT_FAILURE. */
int cmd_fail(const struct err *e);

/* "" or "s", after the name of n things. */
const char *cmd_plural(size_t n);

/* Limit of an update that nobody waits for. */
#define CMD_DEADLINE_MS 600000

/* update_options of a command: its --deadline, or default_ms from now. */
struct update_options cmd_update_options(const struct cmd_options *o, int64_t default_ms);

#endif
