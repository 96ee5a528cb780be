/* SPDX-License-Identifier: ISC */
/* slipway-repo: its table of commands, and the repository of the command line. */
#include "server/cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/log.h"
#include "lib/os/places.h"
#include "lib/os/share.h"
#include "server/keys/terminal.h"
#include "server/repo/repo.h"

#define REPO_TEXT_MAX 4096 /* bytes of SLIPWAY_REPO */

/* Bytes of an answer and of a question. */
#define ANSWER_MAX 64
#define PROMPT_MAX 160

/* Of the directory of a shared repository (lib/os/share.h). */
#define SHARED_MODE 02070u

static const struct command *const commands[] = { &cmd_init, &cmd_app_add, &cmd_app_remove,
	&cmd_publish, &cmd_release_list, &cmd_release_show, &cmd_release_diff,
	&cmd_release_withdraw, &cmd_servers_set, &cmd_servers_show, &cmd_servers_unset, &cmd_deploy,
	&cmd_deploy_set, &cmd_deploy_show, &cmd_deploy_unset, &cmd_deploy_fetch, &cmd_sign,
	&cmd_renew, &cmd_key_new, &cmd_key_import, &cmd_key_list, &cmd_key_rotate, &cmd_key_revoke,
	&cmd_cert_new, &cmd_cert_csr, &cmd_cert_ca, &cmd_cert_sign, &cmd_cert_revoke, &cmd_cert_crl,
	&cmd_cert_show, &cmd_cert_list, &cmd_cert_replace, &cmd_cert_status, &cmd_cert_check,
	&cmd_serve, &cmd_refresh, &cmd_status, &cmd_doctor, &cmd_verify, &cmd_gc, &cmd_log,
	&cmd_kit, &cli_help, &cli_version, NULL };

static const struct option options[] = {
	{ "repo", OPTION_TEXT, OPTION_TO(struct server_options, repo), "DIR",
	    "the repository (default $SLIPWAY_REPO, else the current directory)",
	    .offers = OFFER_DIRECTORIES },
	OPTION_END,
};

/* The repository of the line, once a command asked for it; belongs to the line. */
static const char *asked_repo;

/* A file that another account, such as root, left in one's own repository. */
static void
explain_left(const char *path, struct err *e)
{
	char file[REPO_PATH_MAX], owner[SHARE_NAME_SIZE], me[SHARE_NAME_SIZE];
	char word[ERR_TEXT_SIZE / 3];
	struct file_info info;
	struct err ignored;

	snprintf(file, sizeof file, "%.*s", (int)strcspn(path, ":"), path);
	if (file_stat(NULL, file, &info, &ignored) != 1 || info.uid == share_me())
		return;
	share_account(info.uid, owner);
	share_account(share_me(), me);
	err_setx(e, ERR_ACCESS,
	    "%.400s: want a file of the account %s, as the repository is, got one of %s, who changed "
	    "something here; as root: chown -R %s %s",
	    file, me, owner, me, text_shell_word(asked_repo, word, sizeof word));
}

void
command_explain_rights(const struct command *c, struct err *e)
{
	struct buf below = BUF_INIT(REPO_PATH_MAX);
	char owner[SHARE_NAME_SIZE];
	struct file_info info;
	struct err ignored;
	const char *at;

	if (e->code != ERR_ACCESS || asked_repo == NULL || place_privileged() ||
	    file_stat(NULL, asked_repo, &info, &ignored) != 1 ||
	    (info.mode & SHARED_MODE) == SHARED_MODE)
		return;
	at = buf_addf(&below, &ignored, "%s/", asked_repo) == 0 ? strstr(e->text, buf_text(&below))
								: NULL;
	if (at != NULL && info.uid == share_me()) {
		explain_left(at, e);
	} else if (at != NULL) {
		share_account(info.uid, owner);
		err_setx(e, ERR_ACCESS,
		    "%s needs the account %s, whose repository %.500s is; run it as that one, or let it "
		    "share the repository: slipway-repo init --shared GROUP",
		    c->name, owner, asked_repo);
	}
	buf_free(&below);
}

static const struct program slipway_repo = { "slipway-repo", "[--repo DIR] ",
	"Publishes releases and makes certificates: the maintainer's side of Slipway.",
	"slipway-repo(8) tells the rest", commands, options, log_error, command_explain_rights };

const char *
command_repo(const struct call *call, struct err *e)
{
	struct server_options *o = call->global;

	asked_repo = NULL;
	if (o->repo != NULL)
		return asked_repo = o->repo;
	if (o->variable.len == 0 && place_variable("SLIPWAY_REPO", &o->variable, e) == -1)
		return NULL;
	if (o->variable.len > 0)
		return asked_repo = buf_text(&o->variable);
	if (repo_is_here("."))
		return asked_repo = ".";
	err_setx(e, ERR_CONFIG,
	    "want a repository, got none: the current directory holds none; "
	    "give --repo DIR or set SLIPWAY_REPO, or make one with 'slipway-repo init DIR'");
	return NULL;
}

const char *
command_repo_here(const struct call *call, struct err *e)
{
	const char *repo = command_repo(call, e);

	if (repo == NULL || repo_is_here(repo))
		return repo;
	err_setx(e, ERR_CONFIG, "%s: not a repository", repo);
	return NULL;
}

/* The same for both; brief: "y" counts as well. */
static int
agree(const char *question, const char *what, const char *no, bool brief, struct err *e)
{
	struct buf answer = BUF_INIT(ANSWER_MAX);
	char prompt[PROMPT_MAX];
	int rc;

	snprintf(prompt, sizeof prompt, "%s (yes or no) ", question);
	if ((rc = terminal_ask(prompt, true, &answer, e)) == 0)
		rc = err_setx(e, ERR_CONFIG,
		    "there is no terminal to ask at: give --yes to %s what was shown", what);
	else if (rc == 1)
		rc = strcmp(buf_text(&answer), "yes") == 0 ||
			(brief && strcmp(buf_text(&answer), "y") == 0)
		    ? 0
		    : err_setx(e, ERR_CONFLICT, "%s", no);
	buf_free(&answer);
	return rc;
}

int
cmd_agree(const char *question, const char *what, const char *no, struct err *e)
{
	return agree(question, what, no, false, e);
}

int
cmd_go_on(const char *question, const char *what, const char *no, struct err *e)
{
	return agree(question, what, no, true, e);
}

int
server_main(int argc, char **argv)
{
	struct server_options o = { .variable = BUF_INIT(REPO_TEXT_MAX) };
	int status;

	log_open(slipway_repo.name, LOG_LEVEL_INFO);
	status = cli_main(&slipway_repo, &o, argc, argv);
	if (dir_sync_lost())
		log_warn(
		    "a file system can't flush directories; a loss of power can undo a part of "
		    "what this command did");
	buf_free(&o.variable);
	return status;
}
