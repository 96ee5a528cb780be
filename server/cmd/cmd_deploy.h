/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_DEPLOY_H
#define SERVER_CMD_CMD_DEPLOY_H

/* Deploying after a command that published something. */
#include "server/cmd/command.h"
#include "server/deploy/deploy.h"

#define ROW_NO_DEPLOY(to) \
	OPTION_ROW("no-deploy", OPTION_FLAG, to, NULL, \
	    "don't carry it to the place that 'deploy set' names")

/* A deployment for the command line: its lines go to standard output, progress to a terminal. */
struct cmd_deploy_view {
	struct deploy d;
	struct sftp_session_child child;
	int64_t drawn; /* when the line was drawn last, of clock_mono_ms(); 0: never */
};
void cmd_deploy_view(struct cmd_deploy_view *v);

/*
 * Deploys the repository of the command line, if a place is set and no isn't, and prints the
 * result.  done is what the command has done ("published").  Call it when the repository is
 * unlocked.  Returns CLI_OK, CLI_ATTEND with a warning that says how to go on, or -1.
 */
int cmd_deploy_after(const struct call *call, const char *done, bool no, struct err *e);

/*
 * The same before a command that relies on what is served: says nothing where all is there.
 * Returns 0, or -1 where that can't be carried; the text begins with refused ("no step taken").
 */
int cmd_deploy_before(const struct call *call, const char *refused, bool no, struct err *e);

/*
 * Before a change: refuses it with ERR_CONFLICT where the server has something newer than the
 * repository; a server that can't be looked at is no fault.  0 or -1.
 */
int cmd_deploy_check(const char *repo, bool no, struct err *e);

/* Removes there at once what gc removed here, or notes that it is to go.  As cmd_deploy_after(). */
int cmd_deploy_now(const struct call *call, bool no, struct err *e);

#endif
