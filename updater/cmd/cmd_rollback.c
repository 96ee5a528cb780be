/* SPDX-License-Identifier: ISC */
/*
 * slipway rollback
 */
#include "updater/cmd/common.h"

#include <stdlib.h>

#include "lib/os/log.h"

static int
parse_release(const char *text, int64_t *release)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (end == text || *end != '\0' || n < 1) {
		log_error("rollback: want the number of a release, got '%s'", text);
		return -1;
	}
	*release = n;
	return 0;
}

int
cmd_rollback(int argc, char **argv)
{
	struct update_options update_options;
	struct update_result r;
	struct cmd_options o;
	struct cmd_station c;
	struct err e;
	int64_t release = 0;
	int status;

	if ((status = cmd_options(argc, argv, "ia", &o)) != 0)
		return status;
	if (argc - optind > 1)
		return cmd_usage("rollback");
	if (optind < argc && parse_release(argv[optind], &release) == -1)
		return EXIT_MISUSE;
	update_options = cmd_update_options(&o, CMD_DEADLINE_MS);
	if (cmd_station_open(&o, 0, NULL, &c, &e) == -1 ||
	    update_rollback(&c.station, c.settings, &update_options, release, &r, &e) == -1)
		status = cmd_fail(&e);
	else
		log_info(
		    "%s: returned to release %lld: %zu file%s changed, %zu setting%s; it stays until a release after %lld is published",
		    c.station.application, (long long)r.release, r.files, cmd_plural(r.files),
		    r.settings, cmd_plural(r.settings), (long long)r.newest);
	cmd_station_close(&c);
	return status;
}
