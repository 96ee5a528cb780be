/* SPDX-License-Identifier: ISC */
/* slipway-repo app add. */

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
add(struct session *s, const char *app, const struct option_list *keys, unsigned threshold,
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

struct options {
	struct session s;
	struct option_list keys;
	int64_t threshold;
};

static int
run(struct call *call, struct err *e)
{
	struct options *o = call->options;
	const char *app = call->argv[0];
	int rc = -1;

	if (application_check(app, e) == 0 && cmd_change_begin(call, &o->s, e) == 0)
		rc = add(&o->s, app, &o->keys, (unsigned)o->threshold, e);
	session_end(&o->s);
	return rc;
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

const struct command cmd_app_add = { "app add", run, "[options] APP", 1, 1,
	"delegate to a new application", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .threshold = 1 }, .offers = OFFER_NOTHING };
