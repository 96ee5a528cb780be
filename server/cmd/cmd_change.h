/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_CHANGE_H
#define SERVER_CMD_CMD_CHANGE_H

/* The commands that change a repository: their options, and a session's result at the terminal. */
#include "server/cmd/cmd_deploy.h"
#include "server/cmd/command.h"
#include "server/repo/session.h"

/* Rows of options that each of these commands has; member is its struct session. */
#define CMD_CHANGE_ROWS(type, member) \
	CMD_CHANGE_ROWS_TO(OPTION_TO(type, member.request), OPTION_TO(type, member.days), \
	    OPTION_TO(type, member.p.file)), \
	    ROW_NO_DEPLOY(OPTION_TO(type, member.no_deploy))
#define CMD_CHANGE_UNSIGNED(to) \
	OPTION_ROW("unsigned", OPTION_TEXT, to, "FILE", \
	    "write a signing request to FILE, for 'sign'; change nothing")
#define CMD_CHANGE_ROWS_TO(request, days, file) \
	CMD_CHANGE_UNSIGNED(request), \
	    ROW_ROLE_DAYS(days, \
		"valid from now on (default: root and targets 365, an application 90)"), \
	    ROW_PASSPHRASE_FILE(file)

/* The options of a command that has only these; its values are a struct session. */
extern const struct option cmd_change_options[];

/* Begins a session in the repository of the command line.  0 or -1; session_end() follows. */
int cmd_change_begin(const struct call *call, struct session *s, struct err *e);

/*
 * Ends the session.  rc is the result so far: after 0 and a change that went live, deploys it
 * (cmd_deploy.h).  done is what became of the change: "published".  Returns rc, or the result of
 * deploying.
 */
int
cmd_change_end(const struct call *call, struct session *s, int rc, const char *done, struct err *e);

/* Warns of roles that expire soon and that a refresh can't renew.  Returns 0 or -1. */
int cmd_change_warn(const struct repo *r, struct err *e);

/* Prints session_report().  Returns 0 or -1. */
int cmd_change_report(const struct session *s, const char *done, struct err *e);

/* Seals, signs, writes and reports a change that has no files of its own.  Returns 0 or -1. */
int cmd_change_finish(struct session *s, const char *done, struct err *e);

/*
 * Delegates to a new application in the repository of the command line, with a new key whose
 * private half stays there.  Returns 0 or -1.
 */
int cmd_app_create(const struct call *call, const char *app, const struct passphrases *p,
    struct err *e);

#endif
