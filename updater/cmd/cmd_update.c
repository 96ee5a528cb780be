/* SPDX-License-Identifier: ISC */
/* slipway update */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/date.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/process.h"
#include "lib/sftp/url.h"
#include "updater/cmd/progress.h"
#include "updater/cmd/reminders.h"
#include "updater/cmd/window.h"
#include "updater/station/checks.h"

#define ACCEPT_DAYS_MAX 3650
#define STRANGERS_MAX	(1024u * 1024) /* bytes that are shown */

/*
 * What other accounts own or may change is shown, and taken over where a person agrees.  Nobody is
 * asked where nobody can answer; the update then says what is wrong.
 */
static int
ask_owners(const struct station *st, struct err *e)
{
	struct buf strangers = BUF_INIT(STRANGERS_MAX);
	char answer[8] = "";
	int rc = 0;

	if (!isatty(STDIN_FILENO))
		return 0;
	station_mend_owners(st);
	if ((rc = station_strangers(st, &strangers, e)) == 0 && strangers.len > 0) {
		fputs("Others own or can change what this station believes:\n\n", stderr);
		fputs(buf_text(&strangers), stderr);
		fputs("\nLook at what these hold.  Take them over, for administrators alone? "
		      "(yes or no) ",
		    stderr);
		fflush(stderr);
		if (fgets(answer, sizeof answer, stdin) != NULL)
			answer[strcspn(answer, "\r\n")] = '\0';
		rc = strcmp(answer, "yes") == 0
		    ? station_adopt(st, e)
		    : err_setx(e, ERR_UNSAFE, "nothing was taken over, and nothing was updated");
	}
	buf_free(&strangers);
	return rc;
}

/* What only an administrator may ask for. */
static int
check_rights(const struct cmd_options *o, struct err *e)
{
	const char *option = o->from != NULL ? "--from"
	    : o->accept_age > 0		     ? "--accept-age"
	    : o->drop_host_key != NULL	     ? "--drop-host-key"
					     : NULL;
	bool windows = strcmp(place_system(), "windows") == 0;

	if (option == NULL || !place_stationwide() || place_privileged())
		return 0;
	return err_setx(e, ERR_ACCESS,
	    "update %s needs %s: this station is for all users; run it %s", option,
	    windows ? "an administrator" : "root",
	    windows ? "in an administrator's console" : "with sudo");
}

/* The absolute path of a directory that is there; on a network share or a stick as it was given. */
static int
path_of(const char *directory, struct buf *path, struct err *e)
{
	if (path_real(path, directory, e) == 0)
		return 0;
	if (e->code == ERR_NOENT || !path_absolute(directory))
		return -1;
	buf_reset(path);
	return buf_adds(path, directory, e);
}

/* The address of --from: that of a server, or of a directory. */
static int
find_from(const char *from, struct buf *url, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct url u;
	int rc = -1;

	if (strstr(from, "://") != NULL)
		rc = buf_adds(url, from, e);
	else if ((rc = path_of(from, &path, e)) == 0) {
		path_slashes((char *)path.data);
		rc = url_of_directory(buf_text(&path), url, e);
	}
	buf_free(&path);
	if (rc == 0)
		rc = url_parse(buf_text(url), url->len, &u, e);
	return rc == -1 ? err_context(e, "--from") : 0;
}

/* A person asked for more than this user may do; what is this user's own was done. */
static int
judge_read_only(bool repair, struct err *e)
{
	if (!repair)
		return CLI_ATTEND;
	return err_setx(e, ERR_ACCESS,
	    strcmp(place_system(), "windows") == 0
		? "update --repair needs an administrator, because this station is for all users; only "
		  "what is this user's own was looked at"
		: "update --repair needs root, because this station is for all users; only what is this "
		  "user's own was looked at: sudo slipway update --repair");
}

static int
run_update(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct update_options update_options = cmd_update_options(o, CMD_DEADLINE_MS);
	struct progress_view view;
	struct update_result r = { .unknown = true };
	struct buf from = BUF_INIT(URL_SIZE);
	struct cmd_station c;
	int rc = -1;

	if (o->json && o->progress != NULL)
		return err_setx(e, ERR_USAGE,
		    "update: want --json or --progress=json, got both; each has standard output for itself");
	if (check_rights(o, e) == -1 || (o->from != NULL && find_from(o->from, &from, e) == -1)) {
		buf_free(&from);
		return -1;
	}
	if (o->from != NULL)
		update_options.from = buf_text(&from);
	update_options.accept = o->accept_age * DATE_DAY_SECONDS;
	if (!o->quiet)
		process_tell_interrupt(
		    "\nslipway: interrupted; files that were fetched are kept, and the next "
		    "update goes on there.  A change that had begun is completed, or taken "
		    "back, by the next start or update.\n");
	window_begin(CMD_WAITING, WINDOW_AFTER_MS, o->quiet || o->progress != NULL);
	if (!o->quiet || o->progress != NULL)
		update_options.progress = progress_view_start(&view, o->progress != NULL);
	update_options.child = &c.child;
	update_options.drop_host_key = o->drop_host_key;
	if (cmd_station_open(call, CMD_FETCHES | CMD_WARNS_LATER | CMD_LOGS, &c, e) == 0 &&
	    (!o->repair || ask_owners(&c.station, e) == 0))
		rc = cmd_update_station(&c, &update_options, &r, e);
	if (rc == 0 && r.read_only)
		rc = judge_read_only(o->repair, e);
	if (rc != -1 && o->json && cmd_print_result(&c.station, &r, e) == -1)
		rc = -1;
	window_end();
	reminders_tell(&(struct reminders){ .st = &c.station, .settings = c.settings }, &r,
	    rc == -1 ? e : NULL);
	cmd_station_close(&c);
	buf_free(&from);
	if (o->repair)
		cmd_register_log();
	return rc;
}

static const struct option options[] = {
	CMD_STATION_ROWS,
	CMD_DEADLINE_ROW("longest time that the update may take (default 600)"),
	{ "repair", OPTION_FLAG, CMD_TO(repair), NULL,
	    "look at every file, and put back what is missing or was changed" },
	{ "from", OPTION_TEXT, CMD_TO(from), "DIR|URL",
	    "ask this directory or server, once, instead of the servers of the station",
	    .offers = OFFER_DIRECTORIES },
	{ "accept-age", OPTION_NUMBER, CMD_TO(accept_age), "DAYS",
	    "take metadata that ended at most DAYS days ago, this once", .min = 1,
	    .max = ACCEPT_DAYS_MAX },
	{ "drop-host-key", OPTION_TEXT, CMD_TO(drop_host_key), "SHA256:...",
	    "forget a host key that was learned from signed metadata, for good",
	    .offers = OFFER_NOTHING },
	{ "quiet", OPTION_FLAG, CMD_TO(quiet), NULL, "say only what is wrong", .letter = 'q' },
	CMD_JSON_ROW,
	CMD_LOG_ROWS,
	OPTION_END,
};

const struct command cmd_update = { "update", run_update, "[options]", 0, 0,
	"update without starting anything", NULL, CMD_OPTIONS(options) };
