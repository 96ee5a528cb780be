/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert replace, cert status: replace the Kernels' pair in an order in which no station
 * refuses a Kernel.
 */
#include <stdio.h>

#include "server/repo/share.h"
#include "server/cert/request.h"
#include "server/cmd/cmd_change.h"
#include "server/rollover/steps.h"

/* Bytes of the report of a step. */
#define SAID_MAX (1024u * 1024)

static int
check_replace_options(const struct steps_asked *a, struct err *e)
{
	if (a->confirm + a->undo + a->start + (a->after != NULL) > 1)
		return err_setx(e, ERR_USAGE,
		    "cert replace: want one of --confirm, --after, --undo and --start");
	if (a->wish.with != NULL && a->wish.type != NULL)
		return err_setx(e, ERR_USAGE,
		    "cert replace: --with brings its own key; --type makes one");
	return 0;
}

struct options {
	struct steps s;
	struct steps_asked a;
	struct option_list kernels;
	bool no_deploy;
};

static int
run_replace(struct call *call, struct err *e)
{
	struct options *o = call->options;
	struct steps *s = &o->s;
	const char *repo;
	int rc = -1;

	o->a.kernels = o->kernels.values;
	o->a.nkernels = o->kernels.n;
	if (check_replace_options(&o->a, e) == -1 || (repo = command_repo_here(call, e)) == NULL)
		return -1;
	if (cmd_deploy_before(call, "no step taken", o->no_deploy, e) == -1)
		return -1;
	look_init(&s->l);
	if (replace_open(&s->p, repo, call->argv[0], true, e) == 0)
		rc = steps_run(s, &o->a, e);
	if (rc != -1 && say_standing(&s->p, &s->l, &s->said, e) == -1)
		rc = -1;
	fputs(buf_text(&s->said), stdout);
	buf_free(&s->said);
	look_free(&s->l);
	replace_close(&s->p);
	if (rc != -1 && s->s.done && s->s.request == NULL) {
		int deployed = cmd_deploy_after(call, "published", o->no_deploy, e);

		if (deployed != CLI_OK)
			return deployed;
	}
	return rc == STEPS_ATTEND ? CLI_ATTEND : rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option replace_options[] = {
	ROW_CONNECT(TO(kernels), "a Kernel that uses the pair; may be repeated; remembered"),
	{ "hook", OPTION_TEXT, TO(a.hook), "COMMAND",
	    "copies the pair to one Kernel, by the shell; remembered; see slipway-repo(8)",
	    .offers = OFFER_COMMANDS },
	{ "confirm", OPTION_FLAG, TO(a.confirm), NULL, "every station has the present release" },
	{ "after", OPTION_TEXT, TO(a.after), "DATE",
	    "every station will have it at this date (2026-12-01)", .offers = OFFER_NOTHING },
	{ "undo", OPTION_FLAG, TO(a.undo), NULL, "take the last step back" },
	{ "start", OPTION_FLAG, TO(a.start), NULL,
	    "begin another replacement after a finished one" },
	ROW_CERT_TYPE(TO(a.wish.type), "kind of the new key (default that of the old one)"),
	ROW_CERT_DAYS(TO(a.wish.days), "days that the new certificate is valid (default 3650)"),
	{ "with", OPTION_TEXT, TO(a.wish.with), "NAME",
	    "take this pair of certs/ as the new one instead of making one",
	    .offers = OFFER_NOTHING },
	ROW_NO_DEPLOY(TO(no_deploy)),
	CMD_CHANGE_UNSIGNED(TO(s.s.request)),
	ROW_PASSPHRASE_FILE(TO(s.s.p.file)),
	OPTION_END,
};
const struct command cmd_cert_replace = { "cert replace", run_replace, "[options] NAME", 1, 1,
	"replace the pair that Kernels use, step by step, without a refused connection",
	"Each call takes one step at most; 'cert status' says which comes next.",
	COMMAND_OPTIONS(replace_options),
	.defaults = &(const struct options){ .s = { .said = BUF_INIT(SAID_MAX) },
	    .a = { .wish = { .days = CERT_DAYS_DEFAULT } } },
	.offers = OFFER_NOTHING };

/* all: takes the object of --json, or NULL: the step is printed in words. */
static int
say_in_form(const struct replace *p, const struct look *l, json_t *all, struct err *e)
{
	struct buf text = BUF_INIT(SAID_MAX);
	int rc;

	if (all != NULL)
		return json_array_append_new(all, say_json(p, l)) == -1 ? err_nomem(e) : 0;
	rc = say_standing(p, l, &text, e);
	fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

/* Tells the step of one replacement.  Returns 1 while the replacement is under way. */
static int
say_one(const char *repo, const char *name, json_t *all, struct err *e)
{
	struct replace p;
	struct repo *r = NULL;
	struct look l;
	int rc = -1;

	look_init(&l);
	if (replace_open(&p, repo, name, false, e) == 0 && (r = repo_open(repo, e)) != NULL &&
	    look_all(&l, &p, r, e) == 0 && say_in_form(&p, &l, all, e) == 0)
		rc = p.m.exists && l.next != REPLACE_DONE;
	repo_close(r);
	look_free(&l);
	replace_close(&p);
	return rc;
}

static int
say_all(const char *repo, json_t *list, struct err *e)
{
	struct dir *top = repo_top(repo, false, e);
	json_t *all = top == NULL ? NULL : replace_read(top, e),
	       *pairs = json_object_get(all, "pairs"), *entry;
	const char *name;
	int rc = all == NULL ? -1 : 0;

	if (all != NULL && list == NULL && json_object_size(pairs) == 0)
		printf(
		    "no replacement under way; 'slipway-repo cert replace NAME' begins one for certs/NAME.pem, .crt\n");
	json_object_foreach (pairs, name, entry) {
		int one = rc == -1 ? -1 : say_one(repo, name, list, e);

		rc = one == -1 ? -1 : rc | one;
	}
	json_decref(all);
	dir_close(top);
	return rc;
}

struct status_options {
	bool json;
};

static int
run_replace_status(struct call *call, struct err *e)
{
	const struct status_options *o = call->options;
	const char *repo = command_repo_here(call, e);
	json_t *list = NULL;
	int rc;

	if (repo == NULL)
		return -1;
	if (o->json && (list = json_array()) == NULL)
		return err_nomem(e);
	rc = call->argc > 0 ? say_one(repo, call->argv[0], list, e) : say_all(repo, list, e);
	if (rc != -1 && o->json && cli_json(json_pack("{s:O}", "replacements", list), e) == -1)
		rc = -1;
	json_decref(list);
	return rc == 1 ? CLI_ATTEND : rc;
}

static const struct option status_options[] = {
	ROW_JSON(OPTION_TO(struct status_options, json)),
	OPTION_END,
};
const struct command cmd_cert_status = { "cert status", .run = run_replace_status,
	"[options] [NAME]", 0, 1, "print the step of each replacement and the next command",
	.options = status_options, .size = sizeof(struct status_options), .offers = OFFER_NOTHING };
