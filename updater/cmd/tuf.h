/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_TUF_H
#define UPDATER_CMD_TUF_H

/* slipway-tuf: its commands. */
#include "lib/cli/command.h"

/* The program but for main().  Returns the exit status. */
int tuf_main(int argc, char **argv);

#endif
