/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_COMMAND_H
#define UPDATER_CMD_COMMAND_H

/* The commands of slipway. */
#include "lib/cli/command.h"

extern const struct command cmd_enroll, cmd_run, cmd_update, cmd_plan, cmd_rollback, cmd_history,
    cmd_verify, cmd_status, cmd_settings_get, cmd_settings_set, cmd_settings_delete,
    cmd_settings_list, cmd_settings_export, cmd_settings_import, cmd_script_check;

/* The program but for main().  Returns the exit status. */
int slipway_main(int argc, char **argv);

#endif
