/* SPDX-License-Identifier: ISC */
/* slipway-repo servers set, show, unset: update servers that stations learn of. */
#include <stdio.h>

#include "lib/sftp/servers.h"
#include "server/cmd/cmd_change.h"
#include "server/cmd/cmd_release.h"

struct options {
	struct session s;
	const char *app;
	struct option_list host_keys;
};

/* The next version of the application's role, to be edited; it needs a release. */
static json_t *
next_body(struct options *o, struct err *e)
{
	const char *app = cmd_release_app(o->s.r, o->app, e);
	struct tuf_meta meta;

	if (app == NULL)
		return NULL;
	if (repo_delegation(o->s.r, app) == NULL || !snapshot_meta(o->s.r->snapshot, app, &meta)) {
		err_setx(e, ERR_NOENT, "%s: want an application with a release; publish one first",
		    app);
		return NULL;
	}
	return change_body(o->s.c, app, e);
}

/* The texts of the command line, checked; NULL with ERR_CONFIG, ERR_USAGE and others. */
static json_t *
given_servers(const struct call *call, const struct options *o, struct err *e)
{
	struct servers s = SERVERS_INIT, check;
	json_t *j = NULL;
	int rc = 0;

	if (call->argc == 0 && o->host_keys.n == 0) {
		err_setx(e, ERR_USAGE,
		    "servers set: want addresses, or --host-key; 'servers unset' removes all");
		return NULL;
	}
	for (int i = 0; i < call->argc && rc == 0; i++)
		if ((rc = servers_check_address(call->argv[i], e)) == 0)
			rc = strings_add(&s.addresses, call->argv[i], e);
	for (size_t i = 0; i < o->host_keys.n && rc == 0; i++)
		if ((rc = servers_check_host_key(o->host_keys.values[i], e)) == 0)
			rc = strings_add(&s.host_keys, o->host_keys.values[i], e);
	if (rc == 0 && (j = servers_json(&s, e)) != NULL && servers_read(j, &check, e) == -1) {
		json_decref(j);
		j = NULL;
	} else if (j != NULL) {
		servers_free(&check);
	}
	servers_free(&s);
	return j;
}

static int
set_servers(struct options *o, json_t *servers, struct err *e)
{
	json_t *body = next_body(o, e);

	if (body == NULL)
		return -1;
	if (json_equal(json_object_get(body, SERVERS_NAME), servers))
		return err_setx(e, ERR_CONFLICT, "these are the servers already; nothing changed");
	return json_object_set(body, SERVERS_NAME, servers) == -1
	    ? err_nomem(e)
	    : cmd_change_finish(&o->s, "set", e);
}

static int
run_set(struct call *call, struct err *e)
{
	struct options *o = call->options;
	json_t *servers = given_servers(call, o, e);
	int rc = -1;

	if (servers == NULL)
		return -1;
	if (cmd_change_begin(call, &o->s, e) == 0)
		rc = set_servers(o, servers, e);
	json_decref(servers);
	return cmd_change_end(call, &o->s, rc, "set", e);
}

static int
run_unset(struct call *call, struct err *e)
{
	struct options *o = call->options;
	json_t *body;
	int rc = -1;

	if (cmd_change_begin(call, &o->s, e) == 0 && (body = next_body(o, e)) != NULL) {
		if (json_object_get(body, SERVERS_NAME) == NULL)
			rc = err_setx(e, ERR_NOENT, "no servers are set; nothing changed");
		else {
			json_object_del(body, SERVERS_NAME);
			rc = cmd_change_finish(&o->s, "unset", e);
		}
	}
	return cmd_change_end(call, &o->s, rc, "unset", e);
}

struct show_options {
	const char *app;
	bool json;
};

static int
print_servers(const char *app, const struct servers *s, bool json, struct err *e)
{
	json_t *j;

	if (json)
		return (j = servers_json(s, e)) == NULL ? -1 : cli_json(j, e);
	if (s->addresses.n == 0 && s->host_keys.n == 0)
		printf("%s: stations learn of no other servers\n", app);
	for (size_t i = 0; i < s->addresses.n; i++)
		printf("address   %s\n", s->addresses.v[i]);
	for (size_t i = 0; i < s->host_keys.n; i++)
		printf("host key  %s\n", s->host_keys.v[i]);
	return 0;
}

static int
run_show(struct call *call, struct err *e)
{
	const struct show_options *o = call->options;
	const char *path = command_repo(call, e), *app;
	struct repo *r = path == NULL ? NULL : repo_open(path, e);
	struct tuf_targets *now = NULL;
	struct servers s = SERVERS_INIT;
	int rc = -1;

	if (r != NULL && (app = cmd_release_app(r, o->app, e)) != NULL &&
	    repo_read_app(r, app, &now, e) != -1 &&
	    servers_read(now == NULL ? NULL : json_object_get(now->c.json, SERVERS_NAME), &s, e) ==
		0)
		rc = print_servers(app, &s, o->json, e);
	servers_free(&s);
	targets_free(now);
	repo_close(r);
	return rc;
}

#define APP_ROW(to) \
	OPTION_ROW("app", OPTION_TEXT, to, "APP", "the application (default: the only one)", \
	    .offers = OFFER_NOTHING)
#define TO(member) OPTION_TO(struct options, member)
static const struct option set_options[] = {
	APP_ROW(TO(app)),
	{ "host-key", OPTION_LIST, TO(host_keys), "SHA256:...",
	    "a server's host key, as ssh-keygen -l prints it; may be repeated", .max = SERVERS_MAX,
	    .offers = OFFER_NOTHING },
	CMD_CHANGE_ROWS(struct options, s),
	OPTION_END,
};

const struct command cmd_servers_set = { "servers set", run_set,
	"[options] [sftp://USER@HOST[:PORT]/PATH...]", 0, SERVERS_MAX,
	"sign addresses and host keys of update servers, which stations learn",
	"All of them, in the order to try them. Stations keep what they were enrolled with.",
	.options = set_options, .size = sizeof(struct options), .offers = OFFER_NOTHING };

static const struct option unset_options[] = {
	APP_ROW(TO(app)),
	CMD_CHANGE_ROWS(struct options, s),
	OPTION_END,
};

const struct command cmd_servers_unset = { "servers unset", run_unset, "[options]", 0, 0,
	"sign that there are no others: stations ask those that they were enrolled with", NULL,
	.options = unset_options, .size = sizeof(struct options) };

static const struct option show_options[] = {
	APP_ROW(OPTION_TO(struct show_options, app)),
	ROW_JSON(OPTION_TO(struct show_options, json)),
	OPTION_END,
};

const struct command cmd_servers_show = { "servers show", run_show, "[options]", 0, 0,
	"print the servers that stations learn of", NULL, .options = show_options,
	.size = sizeof(struct show_options) };
