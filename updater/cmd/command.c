/* SPDX-License-Identifier: ISC */
/* slipway: its table of commands. */
#include "updater/cmd/command.h"

#include "lib/os/log.h"

static const struct command *const commands[] = { &cmd_enroll, &cmd_run, &cmd_update, &cmd_plan,
	&cmd_rollback, &cmd_history, &cmd_verify, &cmd_status, &cmd_settings_get, &cmd_settings_set,
	&cmd_settings_delete, &cmd_settings_list, &cmd_settings_export, &cmd_settings_import,
	&cmd_script_check, &cli_help, &cli_version, NULL };

static const struct program slipway = { "slipway", "",
	"Fetches, verifies and applies the releases of an update server, then starts the program.",
	"slipway(1) tells the rest", commands, NULL, log_error };

int
slipway_main(int argc, char **argv)
{
	log_open(slipway.name, LOG_LEVEL_INFO);
	return cli_main(&slipway, NULL, argc, argv);
}
