/* SPDX-License-Identifier: ISC */
/* slipway: its table of commands, and what they share. */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/log.h"
#include "lib/os/child.h"
#include "lib/os/clock.h"
#include "lib/os/log_system.h"
#include "lib/os/places.h"
#include "lib/os/way.h"
#include "lib/sftp/child.h"
#include "updater/cmd/reminders.h"
#include "updater/state/damage.h"

static const struct command *const commands[] = { &cmd_enroll, &cmd_unenroll, &cmd_wrap, &cmd_run,
	&cmd_update, &cmd_plan, &cmd_rollback, &cmd_history, &cmd_verify, &cmd_status, &cmd_doctor,
	&cmd_settings_get, &cmd_settings_set, &cmd_settings_delete, &cmd_settings_list,
	&cmd_settings_export, &cmd_settings_import, &cmd_script_check, &cmd_script_convert,
	&cli_help, &cli_version, NULL };

/* Whether a fault is told of a file or a key of the whole station. */
static bool
is_of_station(const struct err *e)
{
	const enum place places[] = { PLACE_STATE, PLACE_MACHINE_CONF };
	bool found = strstr(e->text, "HKLM\\") != NULL;

	for (size_t i = 0; i < N(places) && !found; i++) {
		struct buf path = BUF_INIT(STATION_PATH_MAX);
		struct err ignored;
		char *name;

		if (place_path(places[i], &path, &ignored) == 0) {
			if (places[i] == PLACE_MACHINE_CONF &&
			    (name = strrchr((char *)path.data, '/')) != NULL)
				name[1] = '\0'; /* its lock lies beside it */
			found = strstr(e->text, buf_text(&path)) != NULL;
		}
		buf_free(&path);
	}
	return found;
}

/* Which file an ordinary user was refused first helps nobody. */
static void
explain_rights(const struct command *c, struct err *e)
{
	bool windows = strcmp(place_system(), "windows") == 0;

	/* On Windows what is enrolled is the computer's also before the first enrolment. */
	if (e->code != ERR_ACCESS || place_privileged() || !(windows || place_stationwide()) ||
	    !is_of_station(e))
		return;
	if (windows)
		err_setx(e, ERR_ACCESS,
		    "%s needs an administrator: this station is for all users; run it in an "
		    "administrator's console",
		    c->name);
	else
		err_setx(e, ERR_ACCESS,
		    "%s needs root: this station is for all users; run it with sudo", c->name);
}

static const struct program slipway = { "slipway", "",
	"Fetches, verifies and applies the releases of an update server, then starts the program.",
	"slipway(1) tells the rest", commands, NULL, log_error, explain_rights };

int
slipway_main(int argc, char **argv)
{
	log_open(slipway.name, LOG_LEVEL_INFO);
	return cli_main(&slipway, NULL, argc, argv);
}

struct settings *
cmd_settings_open(struct err *e)
{
	if (place_home_ignored())
		log_warn("%s", CMD_HOME_IGNORED);
	return settings_open(e);
}

void
cmd_register_log(void)
{
	struct err e;

	if (place_stationwide() && log_system_register(slipway.name, &e) == -1)
		log_info("the system's log will show these lines below a remark: %s", e.text);
}

void
cmd_unregister_log(void)
{
	struct err e;

	if (place_stationwide() && log_system_unregister(slipway.name, &e) == -1)
		log_info("the system's log still knows this program: %s", e.text);
}

static void
log_script(void *arg, enum log_level level, const char *subject, const char *text)
{
	(void)arg;
	log_line(level, "%s: %s", subject, text);
}

static int
set_settings_aside(void *told, struct dir *d, const char *name, const struct err *why,
    struct err *e)
{
	return damage_set_aside(d, name, NULL, why, told, e);
}

/* Put damaged key files back from their copies: both, though one fails. */
static int
mend_settings(struct settings *s, struct err *e)
{
	struct damage_told told = { log_script, NULL };
	const struct settings_aside aside = { set_settings_aside, &told };
	const char *const keys[] = { STATION_KEY, "HKCU\\SOFTWARE" };
	struct err why;
	int rc = 0;

	for (size_t i = 0; i < N(keys); i++)
		switch (settings_restore(s, keys[i], &aside, &why)) {
		case -1:
			if (rc == 0)
				*e = why;
			rc = -1;
			break;
		case 1:
			log_warn("%s: its copy was put back", settings_place(s, keys[i]));
			break;
		default:
			break;
		}
	return rc;
}

int
cmd_station_open(const struct call *call, unsigned how, struct cmd_station *c, struct err *e)
{
	const struct cmd_options *o = call->options;
	/* The arguments belong to a program only where options end at the first argument. */
	int argc = call->command->stop ? call->argc : 0;
	struct err ignored;
	int rc;

	if (o->log != NULL)
		log_also(o->log);
	if (o->quiet)
		log_open("slipway", LOG_LEVEL_WARN);
	if ((how & CMD_LOGS) != 0)
		log_to_system(LOG_SYSTEM_AUTO); /* until the settings are read */
	*c = (struct cmd_station){ .child.role = &sftp_child_role };
	/* First of all: the child prepares on another processor meanwhile. */
	if ((how & CMD_FETCHES) != 0)
		c->child.early = child_start(&sftp_child_role, &ignored);
	if ((c->settings = settings_open(e)) == NULL ||
	    (o->repair && mend_settings(c->settings, e) == -1))
		return -1;
	rc = station_load(c->settings, o->installation, o->application, argc, call->argv,
	    &c->station, e);
	if ((how & CMD_LOGS) != 0)
		log_to_system(c->station.system_log);
	if ((how & CMD_WARNS_LATER) == 0)
		reminders_tell_settings(&(struct reminders){ .st = &c->station });
	return rc;
}

void
cmd_station_close(struct cmd_station *c)
{
	child_end(c->child.early, 0, NULL);
	station_free(&c->station);
	settings_close(c->settings);
}

void
cmd_print_writers(const struct station *st, const char *before)
{
	const char *const dirs[] = { st->app_of_user ? NULL : st->app_dir, st->install_dir };

	for (size_t i = 0; i < N(dirs); i++) {
		struct buf who = BUF_INIT(STATION_PATH_MAX);
		struct err ignored;

		if (dirs[i] != NULL && way_writers(dirs[i], &who, NULL, &ignored) == 0 &&
		    who.len > 0)
			printf(
			    "%s%s: %s can change the files there, and so the trusted certificates%s\n",
			    before, dirs[i], buf_text(&who),
			    st->allow_writable ? "; --allow-writable permits that" : "");
		buf_free(&who);
	}
}

static void
warn_server(void *arg, const char *url, const struct err *why)
{
	(void)arg;
	log_warn("%s: %s; trying the next server", url, why->text);
}

struct update_options
cmd_update_options(const struct cmd_options *o, int64_t default_ms)
{
	int64_t ms = o->deadline > 0 ? o->deadline * 1000 : default_ms;

	return (struct update_options){
		.deadline = clock_mono_ms() + ms,
		.seconds = ms / 1000,
		.offline = o->offline,
		.repair = o->repair,
		.failed = warn_server,
		.log = log_script,
	};
}

static void
tell_applied(const struct station *st, const struct update_result *r)
{
	if (r->changed)
		log_info(
		    "%s: applied release %lld: %zu file%s changed (%zu fetched), %zu setting%s",
		    st->application, (long long)r->release, r->files, cli_plural(r->files),
		    r->fetched, r->settings, cli_plural(r->settings));
	else if (r->read_only)
		log_info("%s: release %lld is applied; this user may not update the station",
		    st->application, (long long)r->release);
	else if (r->ended)
		log_info(CMD_ENDED, st->application, (long long)r->release);
	else if (r->held)
		log_info(CMD_HELD, st->application, (long long)r->release, (long long)r->newest);
	else
		log_info("%s: nothing new, release %lld is applied", st->application,
		    (long long)r->release);
	if (r->user_files > 0)
		log_info("%s: %zu file%s of this user changed", st->application, r->user_files,
		    cli_plural(r->user_files));
	if (r->user_settings > 0)
		log_info("%s: %zu setting%s of this user changed", st->application,
		    r->user_settings, cli_plural(r->user_settings));
}

static void
tell_recovered(const struct update_result *r)
{
	if (r->recovered == TRANSACTION_FINISHED)
		log_warn("an earlier update was interrupted; it is completed now");
	else if (r->recovered == TRANSACTION_UNDONE)
		log_warn("an earlier update was interrupted; what it had begun is taken back");
	if (r->given_up[0] != '\0')
		log_warn(
		    "an earlier update was interrupted and is given up; its journal is kept as journal.torn; %s",
		    r->given_up);
}

int
cmd_update_station(const struct cmd_station *c, const struct update_options *o,
    struct update_result *r, struct err *e)
{
	const struct station *st = &c->station;
	int rc = update_run(st, c->settings, o, r, e);

	tell_recovered(r);
	if (r->changed && file_modes_lost())
		log_warn(
		    "%s: a file system there keeps no permissions; files have those that it was mounted with",
		    st->application);
	if (r->changed && dir_sync_lost())
		log_warn(
		    "%s: a file system there can't flush directories; a loss of power can undo a part of the update",
		    st->application);
	if (rc == 0 && o->offline)
		log_info("%s: offline, no server was asked", st->application);
	else if (rc == 0)
		tell_applied(st, r);
	return rc;
}

int
cmd_print_result(const struct station *st, const struct update_result *r, struct err *e)
{
	json_t *j = json_pack("{s:s,s:s,s:I,s:I,s:b,s:b,s:b,s:b,s:b,s:b}", "installation",
		   st->installation, "application", st->application, "release",
		   (json_int_t)r->release, "newest", (json_int_t)r->newest, "changed", r->changed,
		   "fresh", r->fresh, "held", r->held, "ended", r->ended, "read_only", r->read_only,
		   "busy", r->busy),
	       *counts = json_pack("{s:I,s:I,s:I,s:I,s:I}", "fetched", (json_int_t)r->fetched,
		   "files", (json_int_t)r->files, "settings", (json_int_t)r->settings, "user_files",
		   (json_int_t)r->user_files, "user_settings", (json_int_t)r->user_settings);
	char time[DATE_TEXT_SIZE];
	int rc = j != NULL && counts != NULL ? json_object_update(j, counts) : -1;

	if (rc == 0 && r->refreshed > 0) {
		date_format(r->refreshed, time);
		rc = json_object_set_new(j, "refreshed", json_string(time));
	}
	json_decref(counts);
	if (rc == -1) {
		json_decref(j);
		return err_nomem(e);
	}
	return cli_json(j, e);
}
