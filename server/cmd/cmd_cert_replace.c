/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert replace, cert status: the Kernels' pair is replaced in an order in which no
 * station refuses a Kernel.
 */
#include <stdio.h>
#include <string.h>

#include "server/cert/request.h"
#include "server/cmd/cmd_change.h"
#include "server/rollover/steps.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Bytes of what a step tells people to do. */
#define SAID_MAX (1024u * 1024)

static int
check_usage(const struct replacing_asked *a, struct err *e)
{
	if (a->confirm + a->undo + a->start + (a->after != NULL) > 1)
		return err_setx(e, ERR_USAGE,
		    "cert replace: want one of --confirm, --after, --undo and --start");
	if (a->wish.with != NULL && a->wish.type != NULL)
		return err_setx(e, ERR_USAGE,
		    "cert replace: --with brings its own key; --type makes one");
	return 0;
}

int
cmd_cert_replace(struct context *cx, int argc, char **argv)
{
	struct replacing_asked a = { .wish = { NULL, NULL, CERT_DAYS_DEFAULT } };
	struct replacing s = { .said = BUF_INIT(SAID_MAX) };
	struct option_list kernels = { .n = 0 };
	const struct option options[] = {
		{ "connect", OPTION_LIST, &kernels, 0, 0 },
		{ "hook", OPTION_TEXT, &a.hook, 0, 0 },
		{ "confirm", OPTION_FLAG, &a.confirm, 0, 0 },
		{ "after", OPTION_TEXT, &a.after, 0, 0 },
		{ "undo", OPTION_FLAG, &a.undo, 0, 0 },
		{ "start", OPTION_FLAG, &a.start, 0, 0 },
		{ "type", OPTION_TEXT, &a.wish.type, 0, 0 },
		{ "days", OPTION_NUMBER, &a.wish.days, 1, CERT_DAYS_MAX },
		{ "with", OPTION_TEXT, &a.wish.with, 0, 0 },
		CMD_CHANGE_OPTIONS(s.s),
	};
	const char *repo;
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	a.kernels = kernels.values;
	a.nkernels = kernels.n;
	if (check_usage(&a, &e) == -1 || (repo = command_repo(cx, &e)) == NULL)
		return command_failed(&e);
	if (!repo_is_here(repo))
		err_setx(&e, ERR_CONFIG, "%s: not a repository", repo);
	else if (replace_open(&s.p, repo, argv[1], true, &e) == 0)
		rc = replacing_run(&s, &a, &e);
	fputs(buf_text(&s.said), stdout);
	buf_free(&s.said);
	if (rc != -1)
		replace_say(&s.p);
	replace_close(&s.p);
	if (rc == -1)
		return command_failed(&e);
	return command_done(rc == REPLACING_ATTEND ? STATUS_ATTEND : STATUS_OK);
}

/* One replacement, looked at without changing anything.  1: there is something to do. */
static int
say_one(const char *repo, const char *name, struct err *e)
{
	struct replace p;
	struct repo *r = NULL;
	int rc = -1;

	if (replace_open(&p, repo, name, false, e) == 0 && (r = repo_open(repo, e)) != NULL &&
	    replace_look(&p, r, e) == 0) {
		replace_say(&p);
		rc = p.entry != NULL && p.next != REPLACE_DONE;
	}
	repo_close(r);
	replace_close(&p);
	return rc;
}

static int
say_all(const char *repo, struct err *e)
{
	struct dir *top = dir_open(repo, e);
	json_t *all = top == NULL ? NULL : replace_read(top, e),
	       *pairs = json_object_get(all, "pairs"), *entry;
	const char *name;
	int rc = all == NULL ? -1 : 0;

	if (all != NULL && json_object_size(pairs) == 0)
		printf(
		    "no replacement under way; 'slipway-repo cert replace NAME' begins one for certs/NAME.pem, .crt\n");
	json_object_foreach (pairs, name, entry) {
		int one = rc == -1 ? -1 : say_one(repo, name, e);

		rc = one == -1 ? -1 : rc | one;
	}
	json_decref(all);
	dir_close(top);
	return rc;
}

int
cmd_cert_status(struct context *cx, int argc, char **argv)
{
	const char *repo;
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, NULL, 0, &argc, argv)) != 0)
		return status;
	if ((repo = command_repo(cx, &e)) != NULL) {
		if (!repo_is_here(repo))
			err_setx(&e, ERR_CONFIG, "%s: not a repository", repo);
		else
			rc = argc > 1 ? say_one(repo, argv[1], &e) : say_all(repo, &e);
	}
	if (rc == -1)
		return command_failed(&e);
	return command_done(rc == 1 ? STATUS_ATTEND : STATUS_OK);
}
