/* SPDX-License-Identifier: ISC */
/* slipway unenroll */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/os/log.h"
#include "lib/os/places.h"
#include "updater/cmd/for_whom.h"
#include "updater/state/roaming.h"
#include "updater/state/state.h"
#include "updater/station/enrolled.h"
#include "updater/station/unenrol.h"
#include "updater/update/waiting.h"
#include "updater/wrap/wrap.h"

#define WAIT_MS 5000 /* for another process at work on the station */

struct options {
	struct cmd_options cmd;
	bool yes, user;
};

/* Returns 0, or -1 where a person says no.  Nobody is asked where nobody can answer. */
static int
ask(const struct station *st, const struct options *o, struct err *e)
{
	char answer[8] = "";

	if (o->yes || !isatty(STDIN_FILENO))
		return 0;
	fprintf(stderr, "End the enrolment of %s/%s, with its trust anchor? (yes or no) ",
	    st->installation, st->application);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) != NULL)
		answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, "yes") == 0 ? 0 : err_setx(e, ERR_CANCELLED, "nothing was changed");
}

/* The settings go first, because nothing may start from a state that is half of one. */
static int
forget_state(const struct station *st, struct dir *state, struct err *e)
{
	struct err why;

	if (station_forget_state(state, &why) == 0)
		return 0;
	return err_setx(e, why.code,
	    "%.700s; the settings are gone already, and 'slipway unenroll --installation %s "
	    "--app %s' goes on",
	    why.text, st->installation, st->application);
}

/* With its lock: a state goes, and its lock last. */
static int
forget(const struct station *st, struct dir *state, const char *path, struct settings *s,
    struct err *e)
{
	struct file_lock *lock = waiting_lock(st, state, clock_mono_ms() + WAIT_MS, NULL, e);
	int rc = -1;

	if (lock == NULL)
		return -1;
	if (state_pending(state))
		err_setx(e, ERR_TORN,
		    "an update of %s was interrupted; 'slipway update' completes it or takes it back, "
		    "'slipway update --repair' gives it up",
		    st->application);
	else if (s == NULL || station_forget_settings(s, st, e) == 0)
		rc = forget_state(st, state, e);
	file_unlock(lock);
	return rc == -1 ? -1 : station_forget_lock(path, st->user_part ? 3 : 2, e);
}

/* This user's part; those of others stay. */
static int
forget_user(const struct station *st, struct err *e)
{
	const struct station part = station_user_part(st);
	struct dir *state = station_user_dir(&part, false, e);
	int rc;

	if (state == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = forget(&part, state, st->user_state_path, NULL, e);
	dir_close(state);
	return rc;
}

/* With the last enrolment goes what all of them share. */
static void
forget_shared(struct settings *s)
{
	struct application_pairs all = APPLICATION_PAIRS_INIT;
	struct err unread;

	if (enrolled_load(s, &all, &unread) == 0 && all.installations.n == 0)
		cmd_unregister_log();
	application_pairs_free(&all);
}

/* A login that a person brought; that of --new-key, or of a kit, went with the state. */
static void
print_login(const char *file)
{
	struct file_info info;
	struct err ignored;

	if (file != NULL && file_stat(NULL, file, &info, &ignored) == 1)
		printf("  the login, %s\n", file);
}

static void
print_left(const struct station *st)
{
	puts("left as they are:");
	if (st->install_dir_native != NULL)
		printf("  files of releases below %s\n", st->install_dir_native);
	if (st->app_dir_native != NULL)
		printf("  files of releases below %s%s\n", st->app_dir_native,
		    st->app_of_user ? ", and of each other user's own" : "");
	puts(
	    "  settings that releases made, below HKLM\\SOFTWARE\\Ipesoft and HKCU\\SOFTWARE\\Ipesoft");
	print_login(st->login_key);
	print_login(st->password_file);
	if (st->login_key != NULL)
		printf(
		    "  on the servers, the line of this station's login key in authorized_keys\n");
	if (place_stationwide())
		printf(
		    "  in each user's own state, the folder slipway/%s/%s, and what users wrapped for "
		    "themselves ('slipway wrap')\n",
		    st->installation, st->application);
}

/* The settings may be such that no start could use them; the names are enough here. */
static int
find_station(struct cmd_station *c, const struct cmd_options *o, struct err *e)
{
	struct application_pairs all = APPLICATION_PAIRS_INIT;
	struct err why = { .code = ERR_NONE };
	size_t which;
	int rc = -1;

	if ((c->settings = cmd_settings_open(e)) == NULL ||
	    enrolled_load(c->settings, &all, e) == -1)
		goto out;
	if (enrolled_choose(c->settings, &all, o->installation, o->application, 0, NULL, &which,
		e) == 0) {
		station_read_settings(c->settings, all.installations.v[which],
		    all.applications.v[which], &c->station, &why);
		rc = 0;
	} else if (settings_damaged(c->settings, STATION_KEY, &why)) {
		*e = why; /* the copy may have an enrolment, which would come back */
	} else if (o->installation != NULL && o->application != NULL && e->code == ERR_NOENT) {
		/* An end that was cut short left its state. */
		struct dir *d;

		station_read_settings(c->settings, o->installation, o->application, &c->station,
		    &why);
		if (c->station.state_path != NULL &&
		    (d = station_dir(&c->station, "", false, &why)) != NULL) {
			dir_close(d);
			rc = 0;
		}
	}
	if (rc == 0 && c->station.state_path == NULL) {
		*e = why;
		rc = -1;
	}
out:
	application_pairs_free(&all);
	return rc;
}

/* The user's own station, which a station for all users hides. */
static int
go_to_own(const struct options *o, struct err *e)
{
	if (!o->user)
		return 0;
	if (for_whom_own(e) == -1)
		return -1;
	place_use_own();
	return 0;
}

static void
tell_icon(void *arg, enum wrap_state state, const char *path)
{
	(void)arg;
	printf("%s ", state == WRAP_RESTORED ? "put back" : "removed");
	cli_print(path);
	putchar('\n');
}

/*
 * Icons of an enrolment that is no more would start the program without an update; those that other
 * users made for themselves aren't known here.
 */
static void
forget_wraps(const struct cmd_station *c, const struct wraps *all)
{
	const struct wrap_told told = { tell_icon, NULL };
	struct err e;

	for (size_t i = 0; i < all->n; i++)
		if (wrap_undo(&all->v[i], &told, &e) == -1 ||
		    wrap_forget(c->settings, &c->station, &all->v[i], &e) == -1)
			log_warn("the icons of %s are left, to be removed by hand: %s",
			    all->v[i].name, e.text);
}

static int
run_unenroll(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct cmd_station c = { .settings = NULL };
	struct wraps wraps = WRAPS_INIT;
	struct dir *state = NULL;
	struct err why;
	int rc = -1;

	if (go_to_own(o, e) == -1 || find_station(&c, &o->cmd, e) == -1 ||
	    ask(&c.station, o, e) == -1)
		goto out;
	if (wrap_load(c.settings, &c.station, &wraps, &why) == -1) /* it stops no end */
		log_warn("what was wrapped is left, to be removed by hand: %s", why.text);
	if ((state = station_dir(&c.station, "", false, e)) != NULL)
		rc = forget(&c.station, state, c.station.state_path, c.settings, e);
	else if (e->code == ERR_NOENT)
		rc = station_forget_settings(c.settings, &c.station, e);
	if (rc == 0 && (rc = forget_user(&c.station, e)) == 0) {
		roaming_forget(c.settings, &c.station);
		forget_wraps(&c, &wraps);
		forget_shared(c.settings);
		printf("%s/%s is no longer enrolled\n", c.station.installation,
		    c.station.application);
		print_left(&c.station);
	}
out:
	wraps_free(&wraps);
	dir_close(state);
	cmd_station_close(&c);
	return rc;
}

#undef CMD_TO
#define CMD_TO(member) OPTION_TO(struct options, cmd.member)
static const struct option options[] = { CMD_STATION_ROWS,
	{ "user", OPTION_FLAG, OPTION_TO(struct options, user), NULL,
	    "this user's own enrolment, which doesn't count on a station for all users" },
	{ "yes", OPTION_FLAG, OPTION_TO(struct options, yes), NULL, "don't ask", .letter = 'y' },
	OPTION_END };

const struct command cmd_unenroll = { "unenroll", run_unenroll, "[options]", 0, 0,
	"end the enrolment of an application: its settings, trust anchor and state go",
	.options = options, .size = sizeof(struct options) };
