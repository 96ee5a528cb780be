/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_COMMAND_H
#define UPDATER_CMD_COMMAND_H

/* The commands of slipway, and what they share; those of slipway-tuf are in tuf.c. */
#include "lib/cli/command.h"
#include "updater/update/update.h"

extern const struct command cmd_enroll, cmd_unenroll, cmd_run, cmd_update, cmd_plan, cmd_rollback,
    cmd_history, cmd_verify, cmd_status, cmd_doctor, cmd_settings_get, cmd_settings_set,
    cmd_settings_delete, cmd_settings_list, cmd_settings_export, cmd_settings_import,
    cmd_script_check, cmd_script_convert, cmd_wrap;

/* The programs but for main().  Return the exit status. */
int slipway_main(int argc, char **argv);
int tuf_main(int argc, char **argv);

/* Milliseconds that an update may take that no program waits for. */
#define CMD_DEADLINE_MS 600000

/* The options of commands that look at a station or update it. */
struct cmd_options {
	const char *installation, *application;
	int64_t deadline; /* seconds; 0: not given */
	bool offline, repair, json, quiet, verbose, no_launch;
	const char *log, *progress; /* NULL: not given */
	const char *drop_host_key, *from;
	int64_t accept_age; /* days */
};

/* Rows of these options. */
#define CMD_TO(member) OPTION_TO(struct cmd_options, member)
#define CMD_STATION_ROWS \
	OPTION_ROW("installation", OPTION_TEXT, CMD_TO(installation), "NAME", \
	    "installation of the enrolment (default: the only one that has the application)", \
	    .offers = OFFER_NOTHING), \
	    OPTION_ROW("app", OPTION_TEXT, CMD_TO(application), "NAME", \
		"application (default: that of the settings, or the only one)", \
		.offers = OFFER_NOTHING)
#define CMD_DEADLINE_ROW(help) \
	OPTION_ROW("deadline", OPTION_NUMBER, CMD_TO(deadline), "SECONDS", help, .min = 1, \
	    .max = STATION_DEADLINE_MAX_S)
#define CMD_JSON_ROW OPTION_ROW("json", OPTION_FLAG, CMD_TO(json), NULL, "print JSON, for programs")
#define CMD_LOG_ROWS \
	OPTION_ROW("log", OPTION_CHOICE, CMD_TO(log), "WHERE", \
	    "write the log to the system's log, too, or as lines of JSON", \
	    .words = "syslog json"), \
	    OPTION_ROW("progress", OPTION_CHOICE, CMD_TO(progress), "json", \
		"print lines of JSON on how far fetching is, for programs", .words = "json")
#define CMD_OPTIONS(rows) .options = (rows), .size = sizeof(struct cmd_options)

/* Opens the settings, and says so where SLIPWAY_HOME is set and ignored.  As settings_open(). */
struct settings *cmd_settings_open(struct err *e);

/* The station that the options of a call name. */
struct cmd_station {
	struct settings *settings;
	struct station station;
	struct sftp_session_child child; /* started early where the command fetches */
};

enum cmd_how {
	CMD_FETCHES = 1,     /* the command may ask a server */
	CMD_WARNS_LATER = 2, /* it calls reminders_tell(), which tells of misspelt settings, too */
	CMD_LOGS = 4,	     /* it may run where nobody looks: Log counts */
};

/*
 * Begins a command: sets the log as the options say, then loads the station.  how: flags of enum
 * cmd_how.  Where the arguments are a program's, "/C<name>" among them may name the application.
 * Returns 0 or -1; the caller calls cmd_station_close() in both cases.
 */
int cmd_station_open(const struct call *call, unsigned how, struct cmd_station *c, struct err *e);
void cmd_station_close(struct cmd_station *c);

/* Prints who besides root and this user can change what a release installs, with a text before. */
void cmd_print_writers(const struct station *st, const char *before);

/*
 * Lets the system's log show the lines of a station for all users, or ends that; a failure is
 * logged, because updates go on without.
 */
void cmd_register_log(void);
void cmd_unregister_log(void);

/* Returns the update_options of a command; they end after its --deadline, or default_ms. */
struct update_options cmd_update_options(const struct cmd_options *o, int64_t default_ms);

/* Updates the station and logs the result. */
int cmd_update_station(const struct cmd_station *c, const struct update_options *o,
    struct update_result *r, struct err *e);

/*
 * Prints a result as JSON, for --json: what is applied, and what was changed for it.  Returns 0 or
 * -1.
 */
int cmd_print_result(const struct station *st, const struct update_result *r, struct err *e);

/* A rollback holds: the application, its release, and the newer one (long long). */
#define CMD_HELD \
	"%s: release %lld stays, to which this station was rolled back; release %lld isn't taken again"

/* The application has ended: its name, and the release that is applied (long long). */
#define CMD_ENDED "%s: the application has ended; release %lld stays as it is"

#define CMD_HOME_IGNORED \
	"SLIPWAY_HOME is ignored: a privileged process works on the whole station, because the " \
	"environment may be its caller's; run this as an ordinary user, or unset the variable"

/* What the window of a program without a console says before more is known (window.h). */
#define CMD_WAITING "Slipway looks for a new release ..."

#endif
