/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_COMMAND_H
#define SERVER_CMD_COMMAND_H

/* The commands of slipway-repo; the repository and the rows of options that they share. */
#include "lib/cli/command.h"

extern const struct command cmd_init, cmd_app_add, cmd_app_remove, cmd_publish, cmd_sign, cmd_renew,
    cmd_key_new, cmd_key_import, cmd_key_list, cmd_key_rotate, cmd_key_revoke, cmd_cert_new,
    cmd_cert_csr, cmd_cert_ca, cmd_cert_sign, cmd_cert_revoke, cmd_cert_crl, cmd_cert_show,
    cmd_cert_list, cmd_cert_replace, cmd_cert_status, cmd_cert_check, cmd_serve, cmd_refresh,
    cmd_status, cmd_verify, cmd_gc, cmd_log, cmd_kit, cmd_deploy, cmd_deploy_set, cmd_deploy_show,
    cmd_deploy_unset, cmd_deploy_fetch, cmd_release_list, cmd_release_show, cmd_release_diff,
    cmd_release_withdraw, cmd_doctor, cmd_servers_set, cmd_servers_show, cmd_servers_unset;

/* The whole program except main().  Returns the exit status. */
int server_main(int argc, char **argv);

/* The values of the program's options. */
struct server_options {
	const char *repo;    /* --repo, or NULL */
	struct buf variable; /* SLIPWAY_REPO, once command_repo() asked for it */
};

/*
 * Makes an error of rights below the command's repository say whose it is, or who left a file
 * there, and what to do: which file was refused first helps nobody.
 */
void command_explain_rights(const struct command *c, struct err *e);

/*
 * Returns the directory of the repository of the command line, or NULL with ERR_CONFIG.
 * command_repo_here() also checks that the directory is a repository.
 */
const char *command_repo(const struct call *call, struct err *e);
const char *command_repo_here(const struct call *call, struct err *e);

/*
 * Asks question at the terminal.  Returns 0 for the answer "yes", or -1 with ERR_CONFLICT (another
 * answer; the text is no, such as "not signed") or ERR_CONFIG (no terminal; the text names --yes
 * and what, such as "sign").
 */
int cmd_agree(const char *question, const char *what, const char *no, struct err *e);

/* cmd_agree() for steps of every day: "y" counts as well. */
int cmd_go_on(const char *question, const char *what, const char *no, struct err *e);

/* The largest --warn-days, and the value without the option. */
#define COMMAND_WARN_DAYS_MAX  36500
#define COMMAND_WARN_DAYS_NONE (-1)

/* Rows of several commands; to is OPTION_TO(). */
#define ROW_PASSPHRASE_FILE(to) \
	OPTION_ROW("passphrase-file", OPTION_TEXT, to, "FILE", \
	    "first line is the passphrase; nobody else may read the file")
#define ROW_NO_PASSPHRASE(to, help) OPTION_ROW("no-passphrase", OPTION_FLAG, to, NULL, help)
#define ROW_KEY_TYPE(to, help) \
	OPTION_ROW("type", OPTION_CHOICE, to, "TYPE", help, .words = "ed25519 ecdsa rsa")
#define ROW_CERT_TYPE(to, help) \
	OPTION_ROW("type", OPTION_CHOICE, to, "TYPE", help, \
	    .words = "p256 p384 ed25519 rsa2048 rsa3072 rsa4096")
#define ROW_CERT_DAYS(to, help) \
	OPTION_ROW("days", OPTION_NUMBER, to, "N", help, .min = 1, .max = CERT_DAYS_MAX)
#define ROW_SAN(to, help) \
	OPTION_ROW("san", OPTION_LIST, to, "dns:NAME|ip:ADDR", help, .max = 64, \
	    .offers = OFFER_NOTHING)
#define ROW_SUBJECT(to) \
	OPTION_ROW("subject", OPTION_TEXT, to, "TEXT", \
	    "/C=SK/O=Example/CN=kernel (default /CN=NAME)", .offers = OFFER_NOTHING)
#define ROW_CA(to) \
	OPTION_ROW("ca", OPTION_TEXT, to, "CA", "name of the CA, or its directory (with a '/')")
#define ROW_DIRECTORY(name, to, help) \
	OPTION_ROW(name, OPTION_TEXT, to, "DIR", help, .offers = OFFER_DIRECTORIES)
#define ROW_CONNECT(to, help) \
	OPTION_ROW("connect", OPTION_LIST, to, "HOST:PORT", help, .max = 64, \
	    .offers = OFFER_NOTHING)
#define ROW_WARN_DAYS(to) \
	OPTION_ROW("warn-days", OPTION_NUMBER, to, "N", \
	    "exit with status 3 when something expires within N days", .min = 0, \
	    .max = COMMAND_WARN_DAYS_MAX)
#define ROW_ROLE_DAYS(to, help) \
	OPTION_ROW("days", OPTION_NUMBER, to, "N", help, .min = 1, .max = CHANGE_DAYS_MAX)
#define ROW_JSON(to) OPTION_ROW("json", OPTION_FLAG, to, NULL, "print one JSON object")

/* Members of a command's row: its options and the struct of their values. */
#define COMMAND_OPTIONS(rows) .options = (rows), .size = sizeof(struct options)

#endif
