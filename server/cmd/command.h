/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_COMMAND_H
#define SERVER_CMD_COMMAND_H

/*
 * The commands of slipway-repo: one table says what each is called, what it takes and what it does.
 */
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "server/cmd/option.h"

/* Exit statuses. */
#define STATUS_OK     0
#define STATUS_FAILED 1 /* it could not be done; said on standard error */
#define STATUS_MISUSE 2 /* wrong arguments; nothing was tried */
/* it was done, and there is something to attend to; where a command says so */
#define STATUS_ATTEND 3

struct command;

struct context {
	const struct command *command; /* the one that runs */
	const char *repo;	       /* --repo, or NULL */
	struct buf variable;	       /* SLIPWAY_REPO, once command_repo() asked for it */
};

struct command {
	const char *name; /* one or two words */
	/* Run it; argv[0] is the command's last word.  Gives the exit status. */
	int (*run)(struct context *cx, int argc, char **argv);
	int least, most;     /* arguments that are no options; most -1: any number */
	const char *args;    /* for the usage line */
	const char *help;    /* one line */
	const char *options; /* one line each, or NULL */
};

int cmd_init(struct context *cx, int argc, char **argv);
int cmd_publish(struct context *cx, int argc, char **argv);
int cmd_sign(struct context *cx, int argc, char **argv);
int cmd_renew(struct context *cx, int argc, char **argv);
int cmd_app_add(struct context *cx, int argc, char **argv);
int cmd_key_new(struct context *cx, int argc, char **argv);
int cmd_key_import(struct context *cx, int argc, char **argv);
int cmd_key_list(struct context *cx, int argc, char **argv);
int cmd_key_rotate(struct context *cx, int argc, char **argv);
int cmd_key_revoke(struct context *cx, int argc, char **argv);
int cmd_cert_new(struct context *cx, int argc, char **argv);
int cmd_cert_csr(struct context *cx, int argc, char **argv);
int cmd_cert_ca(struct context *cx, int argc, char **argv);
int cmd_cert_sign(struct context *cx, int argc, char **argv);
int cmd_cert_revoke(struct context *cx, int argc, char **argv);
int cmd_cert_crl(struct context *cx, int argc, char **argv);
int cmd_cert_show(struct context *cx, int argc, char **argv);
int cmd_cert_check(struct context *cx, int argc, char **argv);
int cmd_cert_replace(struct context *cx, int argc, char **argv);
int cmd_cert_status(struct context *cx, int argc, char **argv);
int cmd_cert_list(struct context *cx, int argc, char **argv);
int cmd_serve(struct context *cx, int argc, char **argv);
int cmd_gc(struct context *cx, int argc, char **argv);
int cmd_verify(struct context *cx, int argc, char **argv);
int cmd_log(struct context *cx, int argc, char **argv);
int cmd_refresh(struct context *cx, int argc, char **argv);
int cmd_status(struct context *cx, int argc, char **argv);

/*
 * What every command begins with: read its options (and --repo, which stands before or after the
 * command's name) and check how many arguments remain.  0, or STATUS_MISUSE with the fault and the
 * usage on standard error.
 */
int
command_options(struct context *cx, const struct option *options, size_t n, int *argc, char **argv);

/*
 * Say why the command can't go on.  Gives STATUS_MISUSE for ERR_USAGE and STATUS_FAILED otherwise.
 */
int command_failed(const struct err *e);

/*
 * Flush standard output; a full disk or closed pipe there is a failure too.  Gives status or
 * STATUS_FAILED.
 */
int command_done(int status);

/* The directory of the repository that was asked for, or NULL with ERR_CONFIG. */
const char *command_repo(struct context *cx, struct err *e);

/* The whole program but for main(). */
int server_main(int argc, char **argv);

#endif
