/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo status.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define WARN_DAYS_MAX 36500

struct report {
	json_t *roles; /* owned */
	int64_t now;
	int64_t warn;  /* seconds, or -1 */
	bool expiring; /* something expires within them */
};

static int
add(struct report *p, json_t *role, struct err *e)
{
	return role == NULL || json_array_append_new(p->roles, role) == -1 ? err_nomem(e) : 0;
}

/* t: the role of an application, or NULL. */
static int
add_role(struct report *p, const char *name, const struct tuf_common *c,
    const struct tuf_role *role, const struct tuf_targets *t, struct err *e)
{
	int64_t left = c->expires - p->now;
	char expires[DATE_TEXT_SIZE];
	json_t *j;

	if (p->warn != -1 && left <= p->warn)
		p->expiring = true;
	date_format(c->expires, expires);
	j = json_pack("{s:s,s:I,s:I,s:I,s:s,s:I,s:b}", "role", name, "version",
	    (json_int_t)c->version, "keys", (json_int_t)role->n, "threshold",
	    (json_int_t)role->threshold, "expires", expires, "days_left",
	    (json_int_t)(left <= 0 ? 0 : left / REPO_DAY_SECONDS), "expired", left <= 0);
	if (j != NULL && t != NULL &&
	    (json_object_set(j, "release", json_object_get(t->c.json, "release")) == -1 ||
		json_object_set_new(j, "files",
		    json_integer((json_int_t)json_object_size(t->targets))) == -1)) {
		json_decref(j);
		j = NULL;
	}
	return add(p, j, e);
}

static int
add_app(struct report *p, const struct repo *r, const struct tuf_delegation *d, struct err *e)
{
	struct tuf_targets *t;
	int rc = repo_read_app(r, d->name, &t, e);

	if (rc == 0)
		return add(p,
		    json_pack("{s:s,s:I,s:I,s:n}", "role", d->name, "keys", (json_int_t)d->role.n,
			"threshold", (json_int_t)d->role.threshold, "release"),
		    e);
	if (rc == 1)
		rc = add_role(p, d->name, &t->c, &d->role, t, e);
	targets_free(t);
	return rc;
}

static int
collect(struct report *p, const struct repo *r, struct err *e)
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
number(const json_t *role, const char *name)
{
	return json_integer_value(json_object_get(role, name));
}

static void
print_role(const json_t *role)
{
	const char *name = json_string_value(json_object_get(role, "role"));
	int64_t keys = number(role, "keys");

	printf("%-20s ", name);
	if (json_object_get(role, "version") == NULL) {
		printf("no release     %" PRId64 " key%s, threshold %" PRId64 "\n", keys,
		    keys == 1 ? "" : "s", number(role, "threshold"));
		return;
	}
	printf("version %-5" PRId64 " %" PRId64 " key%s, threshold %" PRId64 "  expires %s, ",
	    number(role, "version"), keys, keys == 1 ? "" : "s", number(role, "threshold"),
	    json_string_value(json_object_get(role, "expires")));
	if (json_is_true(json_object_get(role, "expired")))
		printf("EXPIRED\n");
	else
		printf("%" PRId64 " days left\n", number(role, "days_left"));
	if (json_object_get(role, "files") != NULL)
		printf("%-20s release %" PRId64 ", %" PRId64 " files\n", "",
		    number(role, "release"), number(role, "files"));
}

static int
print(const struct report *p, bool json, struct err *e)
{
	json_t *all;
	char *text;

	if (!json) {
		for (size_t i = 0; i < json_array_size(p->roles); i++)
			print_role(json_array_get(p->roles, i));
		return 0;
	}
	all = json_pack("{s:O}", "roles", p->roles);
	text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(2));
	json_decref(all);
	if (text == NULL)
		return err_nomem(e);
	puts(text);
	free(text);
	return 0;
}

int
cmd_status(struct context *cx, int argc, char **argv)
{
	struct report p = { NULL, clock_wall(), -1, false };
	int64_t days = -1;
	bool json = false;
	const struct option options[] = {
		{ "warn-days", OPTION_NUMBER, &days, 0, WARN_DAYS_MAX },
		{ "json", OPTION_FLAG, &json, 0, 0 },
	};
	const char *path;
	struct repo *r;
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if ((path = command_repo(cx, &e)) == NULL || (r = repo_open(path, &e)) == NULL)
		return command_failed(&e);
	if (days != -1)
		p.warn = days * REPO_DAY_SECONDS;
	if (collect(&p, r, &e) == 0)
		rc = print(&p, json, &e);
	json_decref(p.roles);
	repo_close(r);
	if (rc == -1)
		return command_failed(&e);
	return command_done(p.expiring ? STATUS_ATTEND : STATUS_OK);
}
