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
add_keys(struct changing *w, json_t *body, const char *app, const struct option_list *keys,
    struct err *e)
{
	json_t *key;
	int rc;

	for (size_t i = 0; i < keys->n; i++) {
		if ((key = changing_read_key(keys->values[i], e)) == NULL)
			return -1;
		rc = keyset_add(body, app, key, e);
		json_decref(key);
		if (rc == -1)
			return -1;
	}
	if (keys->n > 0)
		return 0;
	if ((key = changing_new_key(w, app, PRIVKEY_ED25519, e)) == NULL)
		return -1;
	rc = keyset_add(body, app, key, e);
	json_decref(key);
	return rc;
}

static int
add(struct changing *w, const char *app, const struct option_list *keys, unsigned threshold,
    struct err *e)
{
	json_t *body, *paths;

	if (keys->n == 0 && threshold > 1)
		return err_setx(e, ERR_USAGE,
		    "app add: want --key FILE for each key of a threshold over 1");
	if (repo_delegation(w->r, app) != NULL)
		return err_setx(e, ERR_EXISTS, "%s: there is such an application", app);
	if ((body = change_body(w->c, tuf_top_name(TUF_TARGETS), e)) == NULL)
		return -1;
	if ((paths = release_patterns(app)) == NULL)
		return err_nomem(e);
	if (keyset_delegate(body, app, paths, e) == -1 || add_keys(w, body, app, keys, e) == -1 ||
	    keyset_finish(body, app, threshold, e) == -1)
		return -1;
	return changing_finish(w, "added", e);
}

int
cmd_app_add(struct context *cx, int argc, char **argv)
{
	struct changing w = { .p = { NULL, false } };
	struct option_list keys = { .n = 0 };
	int64_t threshold = 1;
	const struct option options[] = {
		{ "key", OPTION_LIST, &keys, 0, 0 },
		{ "threshold", OPTION_NUMBER, &threshold, 1, TUF_THRESHOLD_MAX },
		{ "no-passphrase", OPTION_FLAG, &w.p.none, 0, 0 },
		CHANGING_OPTIONS(w),
	};
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (repo_check_app(argv[1], &e) == 0 && changing_begin(cx, &w, &e) == 0)
		rc = add(&w, argv[1], &keys, (unsigned)threshold, &e);
	changing_end(&w);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
