/* SPDX-License-Identifier: ISC */
/* slipway rollback */
#include "updater/cmd/command.h"

#include <string.h>

#include "lib/base/number.h"

static int
run_rollback(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct update_options update_options = cmd_update_options(o, CMD_DEADLINE_MS);
	const char *text = call->argc > 0 ? call->argv[0] : NULL;
	struct update_result r = { .release = 0 };
	struct cmd_station c;
	uint64_t release = 0;
	int rc = -1;

	if (text != NULL && number_parse(text, strlen(text), 1, INT64_MAX, &release) == -1)
		return err_setx(e, ERR_USAGE, "rollback: want the number of a release, got '%s'",
		    text);
	update_options.child = &c.child; /* for content that was lost */
	if (cmd_station_open(call, 0, &c, e) == 0)
		rc = update_rollback(&c.station, c.settings, &update_options, (int64_t)release, &r,
		    e);
	r.held = rc == 0 && r.release < r.newest;
	if (rc == 0 && o->json)
		rc = cmd_print_result(&c.station, &r, e);
	else if (rc == 0)
		log_info(
		    "%s: returned to release %lld: %zu file%s changed, %zu setting%s; it stays until a release after %lld is published",
		    c.station.application, (long long)r.release, r.files, cli_plural(r.files),
		    r.settings, cli_plural(r.settings), (long long)r.newest);
	cmd_station_close(&c);
	return rc;
}

static const struct option options[] = { CMD_STATION_ROWS, CMD_JSON_ROW, OPTION_END };

const struct command cmd_rollback = { "rollback", run_rollback, "[options] [RELEASE]", 0, 1,
	"return to an earlier release, until a newer one is published",
	"RELEASE is its number (default: the one before; 'slipway history' lists them).",
	CMD_OPTIONS(options), .offers = OFFER_NOTHING };
