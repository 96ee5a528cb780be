/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_CHANGE_H
#define SERVER_CMD_CMD_CHANGE_H

/*
 * The commands that change a repository: their options, and a session's result at the terminal.
 */
#include "server/cmd/command.h"
#include "server/repo/session.h"

/* Options that each of these commands has. */
#define CMD_CHANGE_OPTIONS(s) \
	{ "passphrase-file", OPTION_TEXT, &(s).p.file, 0, 0 }, \
	{ \
		"unsigned", OPTION_TEXT, &(s).request, 0, 0 \
	}

/* Begins a session in the repository that the command line names.  0 or -1; session_end() follows. */
int cmd_change_begin(struct context *cx, struct session *s, struct err *e);

/* Prints session_report().  0 or -1. */
int cmd_change_report(const struct session *s, const char *done, struct err *e);

/* Seals, signs, writes and reports a change that has no files of its own.  0 or -1. */
int cmd_change_finish(struct session *s, const char *done, struct err *e);

#endif
