/* SPDX-License-Identifier: ISC */
/* slipway-repo release list, show, diff: the releases whose metadata is still here. */
#include "server/cmd/cmd_release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/number.h"
#include "lib/os/log.h"
#include "lib/sftp/servers.h"
#include "server/repo/history.h"
#include "server/review/changes.h"

/* Bytes of what is printed about releases. */
#define SAID_MAX (64u * 1024 * 1024)

const char *
cmd_release_app(const struct repo *r, const char *asked, struct err *e)
{
	if (asked != NULL && application_check(asked, e) == -1)
		return NULL;
	if (asked == NULL && r->roles->n == 1)
		return r->roles->delegations[0].name;
	if (asked == NULL)
		err_setx(e, ERR_USAGE, "--app APP is missing: the repository has %zu applications",
		    r->roles->n);
	return asked;
}

int
cmd_release_number(const char *text, int64_t *number, struct err *e)
{
	uint64_t n;

	if (number_parse(text, strlen(text), 1, INT64_MAX, &n) == -1)
		return err_setx(e, ERR_USAGE, "want the number of a release, got '%.40s'", text);
	*number = (int64_t)n;
	return 0;
}

struct options {
	const char *app;
	bool json;
};

struct listing {
	const char *app;
	json_t *rows; /* owned; NULL: print them */
};

static uint64_t
bytes_of(const json_t *targets)
{
	uint64_t sum = 0;
	const char *path;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)targets, path, one)
		sum += (uint64_t)json_integer_value(json_object_get(one, "length"));
	return sum;
}

static int
add_row(json_t *rows, const char *app, const struct history_release *h, struct err *e)
{
	const json_t *targets = json_object_get(h->body, "targets");
	const json_t *who = json_object_get(h->line, "who");
	json_t *row = json_pack("{s:s,s:I,s:I,s:b,s:b,s:I,s:I,s:O*,s:O*,s:O*,s:O*,s:O*}",
	    "application", app, "release", (json_int_t)h->number, "version", (json_int_t)h->version,
	    "present", (int)h->present, "verified", (int)(h->body != NULL), "files",
	    (json_int_t)json_object_size(targets), "bytes", (json_int_t)bytes_of(targets), "time",
	    json_object_get(h->line, "time"), "action", json_object_get(h->line, "action"), "user",
	    json_object_get(who, "user"), "host", json_object_get(who, "host"), "allowed",
	    json_object_get(json_object_get(h->line, "details"), "allowed"));

	return row == NULL || json_array_append_new(rows, row) == -1 ? err_nomem(e) : 0;
}

static void
print_row(const char *app, const struct history_release *h)
{
	const json_t *targets = json_object_get(h->body, "targets");
	const json_t *who = json_object_get(h->line, "who");

	printf("%s release %" PRId64, app, h->number);
	if (h->body == NULL)
		printf(": neither signed by the present keys nor in the log");
	else
		printf(": %zu file%s, %" PRIu64 " bytes", json_object_size(targets),
		    cli_plural(json_object_size(targets)), bytes_of(targets));
	if (h->line != NULL) {
		printf(", ");
		cli_print(json_text_of(h->line, "action"));
		printf(" on ");
		cli_print(json_text_of(h->line, "time"));
		printf(" by ");
		cli_print(json_text_of(who, "user") == NULL ? "?" : json_text_of(who, "user"));
	}
	puts(h->present ? " (present)" : "");
}

static int
list_one(void *arg, const struct history_release *h, struct err *e)
{
	const struct listing *l = arg;

	if (l->rows != NULL)
		return add_row(l->rows, l->app, h, e);
	print_row(l->app, h);
	return 0;
}

static int
list_app(const struct repo *r, const char *app, json_t *rows, struct err *e)
{
	struct listing l = { app, rows };

	return history_each(r, app, list_one, &l, e);
}

/* Lists one application, or all that have a release. */
static int
list_all(const struct repo *r, const char *app, json_t *rows, struct err *e)
{
	if (app != NULL)
		return application_check(app, e) == -1 ? -1 : list_app(r, app, rows, e);
	for (size_t i = 0; i < r->roles->n; i++)
		if (list_app(r, r->roles->delegations[i].name, rows, e) == -1) {
			if (e->code != ERR_NOENT)
				return -1;
			err_clear(e);
		}
	return 0;
}

static int
run_list(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	const char *path = command_repo(call, e);
	struct repo *r = path == NULL ? NULL : repo_open(path, e);
	json_t *rows = o->json ? json_array() : NULL;
	int rc = -1;

	if (r != NULL && o->json && rows == NULL)
		err_nomem(e);
	else if (r != NULL)
		rc = list_all(r, o->app, rows, e);
	if (rc == 0 && o->json)
		rc = cli_json(json_pack("{s:O}", "releases", rows), e);
	json_decref(rows);
	repo_close(r);
	return rc;
}

/* A release that was read. */
struct read {
	int64_t number;
	json_t *body; /* owned */
	struct content content;
	struct outcome outcome; /* not known where fault says why */
	struct err fault;
};

static int
read_release(const struct repo *r, const char *app, const char *text, struct read *out,
    struct err *e)
{
	memset(out, 0, sizeof *out);
	if (cmd_release_number(text, &out->number, e) == -1 ||
	    history_read(r, app, &out->number, &out->body, e) == -1)
		return -1;
	out->content = (struct content){ .app = app,
		.r = r,
		.targets = json_object_get(out->body, "targets") };
	/* A script may be gone with gc, or fail. */
	return outcome_of(&out->content, &out->outcome, &out->fault) == -1 &&
		out->fault.code == ERR_NOMEM
	    ? err_nomem(e)
	    : 0;
}

static void
free_release(struct read *x)
{
	json_decref(x->body);
	outcome_free(&x->outcome);
}

/* Prints the difference of two releases; a has no body for a release alone. */
static int
print_changes(const struct read *a, const struct read *b, bool json, struct err *e)
{
	bool known =
	    b->outcome.settings[0] != NULL && (a->body == NULL || a->outcome.settings[0] != NULL);
	json_t *files = changes_of_files(&a->content, &b->content, e), *settings = NULL;
	struct buf text = BUF_INIT(SAID_MAX);
	int rc = files == NULL ? -1 : 0;

	if (rc == 0 && known &&
	    (settings = changes_of_settings(&a->outcome, &b->outcome, e)) == NULL)
		rc = -1;
	if (rc == 0 && json)
		rc = cli_json(json_pack("{s:s,s:o*,s:I,s:O,s:o,s:O*,s:O*}", "application",
				  b->content.app, "before",
				  a->body == NULL ? NULL : json_integer(a->number), "release",
				  (json_int_t)b->number, "files", json_object_get(files, "files"),
				  "settings", known ? json_incref(settings) : json_null(),
				  "servers_before", json_object_get(a->body, SERVERS_NAME),
				  SERVERS_NAME, json_object_get(b->body, SERVERS_NAME)),
		    e);
	else if (rc == 0 && (rc = changes_say_files(files, 0, &text, e)) == 0 &&
	    (!known || (rc = changes_say_settings(settings, 0, &text, e)) == 0))
		rc = changes_say_servers(a->body, b->body, &text, e);
	fputs(buf_text(&text), stdout);
	if (rc == 0 && !known)
		log_warn("release: settings aren't known: %s",
		    a->fault.code != ERR_NONE ? a->fault.text : b->fault.text);
	buf_free(&text);
	json_decref(files);
	json_decref(settings);
	return rc;
}

/* Shows the release of the last argument, or its difference to that of the first one. */
static int
run_show(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	const char *path = command_repo(call, e), *app;
	struct repo *r = path == NULL ? NULL : repo_open(path, e);
	struct read a = { .number = 0 }, b = { .number = 0 };
	int rc = -1;

	if (r != NULL && (app = cmd_release_app(r, o->app, e)) != NULL &&
	    (call->argc == 1 || read_release(r, app, call->argv[0], &a, e) == 0) &&
	    read_release(r, app, call->argv[call->argc - 1], &b, e) == 0) {
		a.content.app = app;
		if (!o->json && call->argc == 1)
			printf("%s release %" PRId64 ":\n", app, b.number);
		else if (!o->json)
			printf("%s release %" PRId64 " instead of %" PRId64 ":\n", app, b.number,
			    a.number);
		rc = print_changes(&a, &b, o->json, e);
	}
	free_release(&a);
	free_release(&b);
	repo_close(r);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "app", OPTION_TEXT, TO(app), "APP",
	    "the application (default: the only one; of 'list': all)", .offers = OFFER_NOTHING },
	ROW_JSON(TO(json)),
	OPTION_END,
};

const struct command cmd_release_list = { "release list", run_list, "[options]", 0, 0,
	"list the releases whose metadata is still here", NULL, COMMAND_OPTIONS(options) };
const struct command cmd_release_show = { "release show", run_show, "[options] N", 1, 1,
	"print the files of a release, and the settings that its scripts leave", NULL,
	COMMAND_OPTIONS(options), .offers = OFFER_NOTHING };
const struct command cmd_release_diff = { "release diff", run_show, "[options] N M", 2, 2,
	"print the difference between two releases, as publish does", NULL,
	COMMAND_OPTIONS(options), .offers = OFFER_NOTHING };
