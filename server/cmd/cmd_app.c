/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo app add.
 */
#include <stdio.h>

#include "server/cmd/cmd_change.h"
#include "server/repo/keyset.h"
#include "server/repo/release.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* The keys that were named, or a new one that stays here. */
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
	if ((key = session_new_key(s, app, PRIVKEY_ED25519, e)) == NULL)
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

int
cmd_app_add(struct context *cx, int argc, char **argv)
{
	struct session s = { .p = { NULL, false } };
	struct option_list keys = { .n = 0 };
	int64_t threshold = 1;
	const struct option options[] = {
		{ "key", OPTION_LIST, &keys, 0, 0 },
		{ "threshold", OPTION_NUMBER, &threshold, 1, TUF_THRESHOLD_MAX },
		{ "no-passphrase", OPTION_FLAG, &s.p.none, 0, 0 },
		CMD_CHANGE_OPTIONS(s),
	};
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (application_check(argv[1], &e) == 0 && cmd_change_begin(cx, &s, &e) == 0)
		rc = add(&s, argv[1], &keys, (unsigned)threshold, &e);
	session_end(&s);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
