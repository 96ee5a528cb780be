/* SPDX-License-Identifier: ISC */
/* slipway-repo app add, app remove. */
#include <inttypes.h>
#include <stdio.h>

#include "server/cmd/cmd_change.h"
#include "server/repo/keyset.h"
#include "server/repo/release.h"

/* Adds the keys of --key to the role; without --key makes a key, whose private half stays here. */
static int
add_keys(struct session *s, json_t *body, const char *app, const struct option_list *keys,
    struct err *e)
{
	json_t *key;
	int rc;

	for (size_t i = 0; i < keys->n; i++) {
		if ((key = session_read_key(keys->values[i], e)) == NULL)
			return -1;
		rc = keyset_add(body, app, key, e);
		json_decref(key);
		if (rc == -1)
			return -1;
	}
	if (keys->n > 0)
		return 0;
	if ((key = session_new_key(s, app, TUF_ED25519, e)) == NULL)
		return -1;
	rc = keyset_add(body, app, key, e);
	json_decref(key);
	return rc;
}

static int
add_app_role(struct session *s, const char *app, const struct option_list *keys, unsigned threshold,
    struct err *e)
{
	json_t *body, *paths;

	if (keys->n == 0 && threshold > 1)
		return err_setx(e, ERR_USAGE,
		    "app add: want --key FILE for each key of a threshold over 1");
	if (repo_delegation(s->r, app) != NULL)
		return err_setx(e, ERR_EXISTS, "%s: there is such an application", app);
	if ((body = change_body(s->c, tuf_top_name(TUF_TARGETS), e)) == NULL)
		return -1;
	if ((paths = release_patterns(app)) == NULL)
		return err_nomem(e);
	if (keyset_delegate(body, app, paths, e) == -1 || add_keys(s, body, app, keys, e) == -1 ||
	    keyset_finish(body, app, threshold, e) == -1)
		return -1;
	return cmd_change_finish(s, "added", e);
}

int
cmd_app_create(const struct call *call, const char *app, const struct passphrases *p, struct err *e)
{
	const struct option_list none = { 0 };
	struct session s = { .p = *p };
	int rc = -1;

	if (cmd_change_begin(call, &s, e) == 0)
		rc = add_app_role(&s, app, &none, 1, e);
	return cmd_change_end(call, &s, rc, "added", e);
}

struct options {
	struct session s;
	struct option_list keys;
	int64_t threshold;
};

static int
run_app_add(struct call *call, struct err *e)
{
	struct options *o = call->options;
	const char *app = call->argv[0];
	int rc = -1;

	if (application_check(app, e) == 0 && cmd_change_begin(call, &o->s, e) == 0)
		rc = add_app_role(&o->s, app, &o->keys, (unsigned)o->threshold, e);
	return cmd_change_end(call, &o->s, rc, "added", e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "key", OPTION_LIST, TO(keys), "FILE",
	    "a public key of its own; may be repeated (default: a new key in keys/)" },
	{ "threshold", OPTION_NUMBER, TO(threshold), "N",
	    "how many of them must sign a release (default 1)", .min = 1,
	    .max = TUF_THRESHOLD_MAX },
	ROW_NO_PASSPHRASE(TO(s.p.none), "leave new private keys unencrypted"),
	CMD_CHANGE_ROWS(struct options, s),
	OPTION_END,
};

const struct command cmd_app_add = { "app add", run_app_add, "[options] APP", 1, 1,
	"delegate to a new application", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .threshold = 1 }, .offers = OFFER_NOTHING };

/* Prints the application that is to end. */
static int
show(const struct session *s, const char *app, struct err *e)
{
	const struct tuf_delegation *d = repo_delegation(s->r, app);
	struct tuf_targets *now = NULL;
	int found;

	if (d == NULL)
		return err_setx(e, ERR_NOENT, "%s: no such application", app);
	if ((found = repo_read_app(s->r, app, &now, e)) == -1)
		return -1;
	if (found == 1)
		printf("%s: version %" PRId64 ", release %" PRId64 ", %zu file%s, %zu key%s\n", app,
		    now->c.version,
		    (int64_t)json_integer_value(json_object_get(now->c.json, "release")),
		    json_object_size(now->targets), cli_plural(json_object_size(now->targets)),
		    d->role.n, cli_plural(d->role.n));
	else
		printf("%s: never published, %zu key%s\n", app, d->role.n, cli_plural(d->role.n));
	printf(
	    "Stations that have it keep what they have, and are told that it has ended. Its name "
	    "can't be taken again.\n");
	targets_free(now);
	return fflush(stdout) == EOF ? err_set(e, ERR_IO, "standard output") : 0;
}

struct removing {
	struct session s;
	bool yes;
};

static int
remove_app(struct removing *o, const char *app, struct err *e)
{
	char question[APPLICATION_NAME_MAX + 32];
	json_t *body;

	if (show(&o->s, app, e) == -1)
		return -1;
	snprintf(question, sizeof question, "Remove %s?", app);
	if (!o->yes && o->s.request == NULL &&
	    cmd_agree(question, "remove", "not removed", e) == -1)
		return -1;
	if ((body = change_body(o->s.c, tuf_top_name(TUF_TARGETS), e)) == NULL)
		return -1;
	keyset_undelegate(body, app);
	return cmd_change_finish(&o->s, "removed", e);
}

static int
run_remove(struct call *call, struct err *e)
{
	struct removing *o = call->options;
	int rc = -1;

	if (cmd_change_begin(call, &o->s, e) == 0)
		rc = remove_app(o, call->argv[0], e);
	return cmd_change_end(call, &o->s, rc, "removed", e);
}

static const struct option remove_options[] = {
	{ "yes", OPTION_FLAG, OPTION_TO(struct removing, yes), NULL, "don't ask", .letter = 'y' },
	CMD_CHANGE_ROWS(struct removing, s),
	OPTION_END,
};

const struct command cmd_app_remove = { "app remove", run_remove, "[options] APP", 1, 1,
	"end an application: stations that have it keep what they have", NULL,
	.options = remove_options, .size = sizeof(struct removing), .offers = OFFER_NOTHING };
