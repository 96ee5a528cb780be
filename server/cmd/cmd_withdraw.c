/* SPDX-License-Identifier: ISC */
/* slipway-repo release withdraw. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/os/log.h"
#include "server/cmd/cmd_change.h"
#include "server/cmd/cmd_release.h"
#include "server/cmd/publish_review.h"
#include "server/repo/history.h"
#include "server/repo/publish.h"
#include "server/review/guard.h"

struct options {
	struct session s;
	const char *app;
	struct publish_review review;
};

/* Makes, shows and publishes the next release with the files of release number. */
static int
bring_back(struct options *o, const char *app, int64_t number, json_t *body, struct err *e)
{
	const struct release rel = { .targets = json_object_get(body, "targets") };
	struct session *s = &o->s;
	bool live = s->request == NULL;
	int64_t next = 0;

	if (publish_check(s->r, rel.targets, e) == -1)
		return err_context(e, "%s release %" PRId64 ": not all of its files are here", app,
		    number);
	if (publish_draft(s->c, app, &rel, &next, e) == -1 ||
	    publish_review(&o->review, s, app, json_object_get(s->c->files[0].metadata, "signed"),
		NULL, e) == -1 ||
	    (live && publish_review_trust(&o->review, s, NULL, e) == -1) ||
	    publish_review_ask(&o->review, s, e) == -1)
		return -1;
	if (o->review.dry)
		return printf("nothing published (--dry-run)\n") < 0 ? -1 : 0;
	if (session_sign(s, e) == -1 || session_write(s, e) == -1)
		return -1;
	if (!live)
		return cmd_change_report(s, "", e);
	printf("published %s release %" PRId64 " with the files of release %" PRId64 "\n", app,
	    next, number);
	return 0;
}

static int
note_present(void *arg, const struct history_release *h, struct err *e)
{
	const char *action = h->present ? json_text_of(h->line, "action") : NULL;
	bool *withdrew = arg;

	(void)e;
	*withdrew = action != NULL && strcmp(action, cmd_release_withdraw.name) == 0;
	return 0;
}

/* Without a number a second call would bring back what the first one took away. */
static int
warn_of_second(const struct repo *r, const char *app, int64_t number, struct err *e)
{
	bool withdrew = false;

	if (history_each(r, app, note_present, &withdrew, e) == -1)
		return -1;
	if (withdrew)
		log_warn("release withdraw: the present release of %s was brought back already; "
			 "this is about release %" PRId64
			 ", in whose place it came; where another one is meant, give its number",
		    app, number);
	return 0;
}

static int
withdraw(struct options *o, const char *text, struct err *e)
{
	const char *app = cmd_release_app(o->s.r, o->app, e);
	int64_t number = 0;
	json_t *body = NULL;
	int rc = -1;

	if (app != NULL && (text == NULL || cmd_release_number(text, &number, e) == 0) &&
	    history_read(o->s.r, app, &number, &body, e) == 0 &&
	    (text != NULL || warn_of_second(o->s.r, app, number, e) == 0))
		rc = bring_back(o, app, number, body, e);
	json_decref(body);
	return rc;
}

static int
run_withdraw(struct call *call, struct err *e)
{
	struct options *o = call->options;
	int rc = -1;

	o->review.older = true;
	if (publish_review_check(&o->review, e) == -1)
		return -1;
	if (o->review.dry && o->s.request != NULL)
		return err_setx(e, ERR_USAGE,
		    "release withdraw: want one of --dry-run and --unsigned");
	if (cmd_change_begin(call, &o->s, e) == 0)
		rc = withdraw(o, call->argv[0], e);
	return cmd_change_end(call, &o->s, rc, "published", e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "app", OPTION_TEXT, TO(app), "APP", "the application (default: the only one)",
	    .offers = OFFER_NOTHING },
	PUBLISH_REVIEW_ROWS(TO(review.allow), TO(review.kernels), TO(review.yes), TO(review.dry)),
	CMD_CHANGE_ROWS(struct options, s),
	OPTION_END,
};

const struct command cmd_release_withdraw = { "release withdraw", run_withdraw, "[options] [N]", 0,
	1,
	"publish the files of release N (default: the one before the present one) again, under a "
	"new number",
	GUARD_WORDS_HELP, COMMAND_OPTIONS(options), .offers = OFFER_NOTHING };
