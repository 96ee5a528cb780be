/* SPDX-License-Identifier: ISC */
/* slipway-repo status. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/list.h"
#include "lib/base/date.h"
#include "server/cmd/cmd_deploy.h"
#include "server/cmd/command.h"
#include "server/cmd/term.h"
#include "server/repo/audit_change.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"

struct report {
	json_t *roles;		     /* owned */
	char group[SHARE_NAME_SIZE]; /* that the repository is shared with, or "" */
	json_t *deployed; /* owned; NULL: no place to deploy to is set, or it isn't looked at */
	struct term term;
	bool behind; /* the server doesn't serve what is here */
};

static int
append_role(struct report *p, json_t *role, struct err *e)
{
	return role == NULL || json_array_append_new(p->roles, role) == -1 ? err_nomem(e) : 0;
}

/* t: the role of an application, or NULL. */
static int
add_role(struct report *p, const char *name, const struct tuf_common *c,
    const struct tuf_role *role, const struct tuf_targets *t, struct err *e)
{
	int64_t days = term_days(&p->term, c->expires);
	char expires[DATE_TEXT_SIZE];
	json_t *j;

	date_format(c->expires, expires);
	j = json_pack("{s:s,s:I,s:I,s:I,s:s,s:I,s:b}", "role", name, "version",
	    (json_int_t)c->version, "keys", (json_int_t)role->n, "threshold",
	    (json_int_t)role->threshold, "expires", expires, "days_left",
	    (json_int_t)(days < 0 ? 0 : days), "expired", days < 0);
	if (j != NULL && t != NULL &&
	    (json_object_set(j, "release", json_object_get(t->c.json, "release")) == -1 ||
		json_object_set_new(j, "files",
		    json_integer((json_int_t)json_object_size(t->targets))) == -1)) {
		json_decref(j);
		j = NULL;
	}
	return append_role(p, j, e);
}

static int
add_app(struct report *p, const struct repo *r, const struct tuf_delegation *d, struct err *e)
{
	struct tuf_targets *t;
	int rc = repo_read_app(r, d->name, &t, e);

	if (rc == 0)
		return append_role(p,
		    json_pack("{s:s,s:I,s:I,s:n}", "role", d->name, "keys", (json_int_t)d->role.n,
			"threshold", (json_int_t)d->role.threshold, "release"),
		    e);
	if (rc == 1)
		rc = add_role(p, d->name, &t->c, &d->role, t, e);
	targets_free(t);
	return rc;
}

static int
collect_roles(struct report *p, const struct repo *r, struct err *e)
{
	const struct tuf_common *top[TUF_TOP_COUNT] = { [TUF_ROOT] = &r->root->c,
		[TUF_TIMESTAMP] = &r->timestamp->c,
		[TUF_SNAPSHOT] = &r->snapshot->c,
		[TUF_TARGETS] = &r->roles->c };
	static const enum tuf_top order[] = { TUF_ROOT, TUF_TARGETS, TUF_SNAPSHOT, TUF_TIMESTAMP };

	if ((p->roles = json_array()) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < N(order); i++)
		if (add_role(p, tuf_top_name(order[i]), top[order[i]], &r->root->roles[order[i]],
			NULL, e) == -1)
			return -1;
	for (size_t i = 0; i < r->roles->n; i++)
		if (add_app(p, r, &r->roles->delegations[i], e) == -1)
			return -1;
	return 0;
}

static int64_t
role_number(const json_t *role, const char *name)
{
	return json_integer_value(json_object_get(role, name));
}

static void
print_role_line(const json_t *role)
{
	const char *name = json_string_value(json_object_get(role, "role"));
	bool expired = json_is_true(json_object_get(role, "expired"));
	int64_t keys = role_number(role, "keys");
	char left[TERM_TEXT_SIZE];

	printf("%-20s ", name);
	if (json_object_get(role, "version") == NULL) {
		printf("no release     %" PRId64 " key%s, threshold %" PRId64 "\n", keys,
		    keys == 1 ? "" : "s", role_number(role, "threshold"));
		return;
	}
	printf("version %-5" PRId64 " %" PRId64 " key%s, threshold %" PRId64 "  expires %s, %s\n",
	    role_number(role, "version"), keys, keys == 1 ? "" : "s",
	    role_number(role, "threshold"), json_string_value(json_object_get(role, "expires")),
	    term_text(expired ? -1 : role_number(role, "days_left"), false, left));
	if (json_object_get(role, "files") != NULL)
		printf("%-20s release %" PRId64 ", %" PRId64 " file%s\n", "",
		    role_number(role, "release"), role_number(role, "files"),
		    cli_plural((uint64_t)role_number(role, "files")));
}

/* Looks at the place that the repository is deployed to.  A fault there is a part of the report. */
static int
look_at_place(struct report *p, const char *path, struct err *e)
{
	struct cmd_deploy_view v = { .drawn = 0 };
	struct deploy_seen seen;
	struct err why;
	int rc;

	cmd_deploy_view(&v);
	if ((rc = deploy_look(&v.d, path, &seen, &why)) == 0)
		return 0;
	p->behind = rc == -1 || !seen.same || seen.missing > 0;
	p->deployed = json_pack("{s:s,s:b}", "place", v.d.place, "current", !p->behind);
	if (p->deployed == NULL ||
	    (rc == 1 && seen.missing > 0 &&
		json_object_set_new(p->deployed, "missing",
		    json_integer((json_int_t)seen.missing)) == -1) ||
	    (rc == -1 && json_object_set_new(p->deployed, "error", json_string(why.text)) == -1) ||
	    (rc == 1 && seen.there &&
		(json_object_set_new(p->deployed, "timestamp",
		     json_integer((json_int_t)seen.timestamp)) == -1 ||
		    json_object_set_new(p->deployed, "snapshot",
			json_integer((json_int_t)seen.snapshot)) == -1)))
		return err_nomem(e);
	return 0;
}

static void
print_deployed_line(const json_t *d)
{
	const char *place = json_string_value(json_object_get(d, "place")),
		   *error = json_string_value(json_object_get(d, "error"));

	if (json_is_true(json_object_get(d, "current")))
		printf("%s serves this state\n", place);
	else if (error != NULL)
		printf("%s: can't be looked at: %s\n",
		    *place == '\0' ? "the place to deploy to" : place, error);
	else if (json_object_get(d, "missing") != NULL)
		printf("%s has this state, but lost or cut files of it: %" PRId64
		       "; 'slipway-repo deploy' carries them again\n",
		    place, role_number(d, "missing"));
	else if (json_object_get(d, "timestamp") == NULL)
		printf("%s serves nothing yet; 'slipway-repo deploy' carries it there\n", place);
	else
		printf("%s serves timestamp version %" PRId64 ", snapshot version %" PRId64
		       "; 'slipway-repo deploy' goes on\n",
		    place, role_number(d, "timestamp"), role_number(d, "snapshot"));
}

static int
print_report(const struct report *p, bool json, struct err *e)
{
	if (json)
		return cli_json(json_pack("{s:O,s:O*,s:s*}", "roles", p->roles, "deployed",
				    p->deployed, "shared", *p->group == '\0' ? NULL : p->group),
		    e);
	if (*p->group != '\0') {
		printf("shared with the group ");
		cli_print(p->group);
		putchar('\n');
	}
	for (size_t i = 0; i < json_array_size(p->roles); i++)
		print_role_line(json_array_get(p->roles, i));
	if (p->deployed != NULL)
		print_deployed_line(p->deployed);
	return 0;
}

struct options {
	int64_t days;
	bool json, offline;
};

static int
run_repo_status(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct report p = { .term = term_start(o->days) };
	const char *path = command_repo(call, e);
	struct repo *r = path == NULL ? NULL : repo_open(path, e);
	int rc = -1;

	if (r != NULL && share_group(r->top, p.group, e) != -1 &&
	    audit_change_look(r->top, e) == 0 && collect_roles(&p, r, e) == 0 &&
	    (o->offline || look_at_place(&p, path, e) == 0) && print_report(&p, o->json, e) == 0)
		rc = p.term.expiring || p.behind ? CLI_ATTEND : CLI_OK;
	json_decref(p.roles);
	json_decref(p.deployed);
	repo_close(r);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	ROW_WARN_DAYS(TO(days)),
	{ "offline", OPTION_FLAG, TO(offline), NULL,
	    "don't look at the place that 'deploy' goes to" },
	ROW_JSON(TO(json)),
	OPTION_END,
};

const struct command cmd_status = { "status", run_repo_status, "[options]", 0, 0,
	"list roles, keys, expiry dates and applications", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .days = COMMAND_WARN_DAYS_NONE } };
