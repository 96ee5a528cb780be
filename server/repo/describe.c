/* SPDX-License-Identifier: ISC */
/* Describes a change in words before it is signed. */
#include "server/repo/describe.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/cli/command.h"
#include "lib/sftp/servers.h"
#include "lib/tuf/layout.h"
#include "server/repo/keyset.h"
#include "server/repo/release.h"
#include "lib/tuf/metadata.h"

static int
add_clean(struct buf *out, const char *text, struct err *e)
{
	return text_add_safe(out, text, strlen(text), e);
}

/* Appends the value of a field as JSON. */
static int
add_json(struct buf *out, const json_t *value, struct err *e)
{
	char *text =
	    json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	int rc = text == NULL ? err_nomem(e) : add_clean(out, text, e);

	free(text);
	return rc;
}

/* Checks that the description shows every field. */
static int
check_fields(const char *role, const json_t *body, const char *const *known, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)body, name, value) {
		size_t i = 0;

		while (known[i] != NULL && strcmp(known[i], name) != 0)
			i++;
		if (known[i] == NULL)
			return err_setx(e, ERR_UNSAFE,
			    "%s: a field '%s' that this program can't put into words; not signed",
			    role, name);
	}
	return 0;
}

static int
describe_keys(const json_t *body, const json_t *before, const char *role, struct buf *out,
    struct err *e)
{
	const json_t *r = keyset_role(body, role), *ids = json_object_get(r, "keyids");
	const json_t *old = before == NULL ? NULL : keyset_role(before, role);
	const json_t *was = json_object_get(old, "threshold");
	int64_t threshold = json_integer_value(json_object_get(r, "threshold"));

	if (buf_addf(out, e, "    any %" PRId64 " of %zu key%s", threshold, json_array_size(ids),
		json_array_size(ids) == 1 ? "" : "s") == -1 ||
	    (was != NULL && json_integer_value(was) != threshold &&
		buf_addf(out, e, " (CHANGED: any %" PRId64 " so far)",
		    (int64_t)json_integer_value(was)) == -1) ||
	    buf_adds(out, ":\n", e) == -1)
		return -1;
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		const char *type = json_string_value(
		    json_object_get(json_object_get(keyset_keys(body), id), "keytype"));

		if (buf_adds(out, "      ", e) == -1 || add_clean(out, id, e) == -1 ||
		    buf_adds(out, "  ", e) == -1 ||
		    add_clean(out, type == NULL ? "no such key" : type, e) == -1 ||
		    buf_adds(out, old != NULL && !keyset_has(before, role, id) ? "  NEW\n" : "\n",
			e) == -1)
			return -1;
	}
	ids = json_object_get(old, "keyids");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (!keyset_has(body, role, id) &&
		    (buf_adds(out, "      ", e) == -1 || add_clean(out, id, e) == -1 ||
			buf_adds(out, "  NO LONGER\n", e) == -1))
			return -1;
	}
	return 0;
}

static int
describe_root(const json_t *body, const json_t *before, struct buf *out, struct err *e)
{
	static const char *const known[] = { "_type", "spec_version", "version", "expires",
		"consistent_snapshot", "keys", "roles", NULL };

	if (check_fields("root", body, known, e) == -1)
		return -1;
	if (!json_is_true(json_object_get(body, "consistent_snapshot")))
		return err_setx(e, ERR_UNSAFE, "root: want consistent snapshots on; not signed");
	for (int i = 0; i < TUF_TOP_COUNT; i++) {
		const char *role = tuf_top_name((enum tuf_top)i);

		if (buf_addf(out, e, "  %s may be signed by\n", role) == -1 ||
		    describe_keys(body, before, role, out, e) == -1)
			return -1;
	}
	return 0;
}

static int
add_patterns(const json_t *delegation, const char *app, struct buf *out, struct err *e)
{
	const json_t *paths = json_object_get(delegation, "paths");
	json_t *usual = release_patterns(app);
	int rc = -1;

	if (usual == NULL)
		return err_nomem(e);
	if (json_equal(paths, usual)) {
		rc = buf_addf(out, e, "    for the files %s/*/* and below, to depth %d\n", app,
		    LAYOUT_DEPTH_MAX);
	} else if (buf_adds(out, "    for UNUSUAL files: ", e) == 0 &&
	    add_json(out, delegation, e) == 0) {
		rc = buf_addc(out, '\n', e);
	}
	json_decref(usual);
	return rc;
}

static int
describe_delegation(const json_t *body, const json_t *before, const json_t *d, struct buf *out,
    struct err *e)
{
	const char *app = json_string_value(json_object_get(d, "name"));
	bool new = before != NULL &&keyset_role(before, app) == NULL;

	if (buf_adds(out, "  application ", e) == -1 || add_clean(out, app, e) == -1 ||
	    buf_adds(out, new ? " (NEW) may be signed by\n" : " may be signed by\n", e) == -1 ||
	    describe_keys(body, before, app, out, e) == -1)
		return -1;
	return add_patterns(d, app, out, e);
}

static int
describe_targets(const json_t *body, const json_t *before, struct buf *out, struct err *e)
{
	static const char *const known[] = { "_type", "spec_version", "version", "expires",
		"targets", "delegations", NULL };
	const json_t *roles = json_object_get(json_object_get(body, "delegations"), "roles");
	const json_t *old = json_object_get(json_object_get(before, "delegations"), "roles");

	if (check_fields("targets", body, known, e) == -1)
		return -1;
	if (json_object_size(json_object_get(body, "targets")) > 0)
		return err_setx(e, ERR_UNSAFE,
		    "targets: want no files of its own, only applications; not signed");
	for (size_t i = 0; i < json_array_size(roles); i++)
		if (describe_delegation(body, before, json_array_get(roles, i), out, e) == -1)
			return -1;
	for (size_t i = 0; i < json_array_size(old); i++) {
		const char *app =
		    json_string_value(json_object_get(json_array_get(old, i), "name"));

		if (keyset_role(body, app) == NULL &&
		    (buf_adds(out, "  NO LONGER: application ", e) == -1 ||
			add_clean(out, app, e) == -1 || buf_addc(out, '\n', e) == -1))
			return -1;
	}
	return 0;
}

/* Describes one file of a release. */
static int
describe_target(const char *how, const char *path, const json_t *t, struct buf *out, struct err *e)
{
	const char *sha =
	    json_string_value(json_object_get(json_object_get(t, "hashes"), "sha256"));

	if (buf_addf(out, e, "    %-8s", how) == -1 || add_clean(out, path, e) == -1)
		return -1;
	if (t != NULL &&
	    (buf_addf(out, e, "  %" PRId64 " bytes, SHA-256 ",
		 (int64_t)json_integer_value(json_object_get(t, "length"))) == -1 ||
		add_clean(out, sha == NULL ? "missing" : sha, e) == -1 ||
		buf_addc(out, ' ', e) == -1 ||
		add_json(out, json_object_get(t, "custom"), e) == -1))
		return -1;
	return buf_addc(out, '\n', e);
}

/* Stations refuse other files. */
static int
check_placed(const char *app, const char *path, struct err *e)
{
	enum layout_place place;
	const char *rest;

	return layout_target(app, path, &place, &rest, e) == -1 ? err_context(e, "not signed") : 0;
}

static int
describe_list(const char *what, const struct strings *now, const struct strings *old,
    struct buf *out, struct err *e)
{
	for (size_t i = 0; i < now->n; i++)
		if (buf_addf(out, e, "    %s %s%s\n", what, now->v[i],
			servers_have(old, now->v[i]) ? "" : "  NEW") == -1)
			return -1;
	for (size_t i = 0; i < old->n; i++)
		if (!servers_have(now, old->v[i]) &&
		    buf_addf(out, e, "    %s %s  NO LONGER\n", what, old->v[i]) == -1)
			return -1;
	return 0;
}

/* Describes the servers that stations learn of; nothing where there are and were none. */
static int
describe_servers(const json_t *body, const json_t *before, struct buf *out, struct err *e)
{
	static const char *const known[] = { "addresses", "host_keys", NULL };
	struct servers now, old = SERVERS_INIT;
	struct err ignored;
	int rc = -1;

	if (check_fields(SERVERS_NAME, json_object_get(body, SERVERS_NAME), known, e) == -1)
		return -1;
	if (servers_read(json_object_get(body, SERVERS_NAME), &now, e) == -1)
		return err_context(e, "not signed");
	servers_read(json_object_get(before, SERVERS_NAME), &old, &ignored);
	if ((json_object_get(body, SERVERS_NAME) == NULL &&
		json_object_get(before, SERVERS_NAME) == NULL) ||
	    (buf_adds(out,
		 "  servers that stations learn of, before those that they were enrolled with:\n",
		 e) == 0 &&
		describe_list("address ", &now.addresses, &old.addresses, out, e) == 0 &&
		describe_list("host key", &now.host_keys, &old.host_keys, out, e) == 0))
		rc = 0;
	servers_free(&now);
	servers_free(&old);
	return rc;
}

static int
describe_app(const char *app, const json_t *body, const json_t *before, struct buf *out,
    struct err *e)
{
	static const char *const known[] = { "_type", "spec_version", "version", "expires",
		"targets", "release", SERVERS_NAME, NULL };
	json_t *targets = json_object_get(body, "targets"), *t;
	json_t *old = json_object_get(before, "targets");
	size_t same = 0;
	const char *path;

	if (check_fields(app, body, known, e) == -1 ||
	    describe_servers(body, before, out, e) == -1 ||
	    buf_addf(out, e, "  release %" PRId64 ": %zu file%s\n",
		(int64_t)json_integer_value(json_object_get(body, "release")),
		json_object_size(targets), cli_plural(json_object_size(targets))) == -1)
		return -1;
	json_object_foreach (targets, path, t) {
		const json_t *was = json_object_get(old, path);

		if (check_placed(app, path, e) == -1)
			return -1;
		same += was != NULL && json_equal(was, t);
		if ((was == NULL || !json_equal(was, t)) &&
		    describe_target(was == NULL ? "new" : "changed", path, t, out, e) == -1)
			return -1;
	}
	json_object_foreach (old, path, t)
		if (json_object_get(targets, path) == NULL &&
		    describe_target("removed", path, NULL, out, e) == -1)
			return -1;
	return same == 0 ? 0
			 : buf_addf(out, e, "    %zu file%s as before\n", same, cli_plural(same));
}

int
describe_role(const char *role, const json_t *body, const json_t *before, struct buf *out,
    struct err *e)
{
	const char *expires = json_string_value(json_object_get(body, "expires"));

	if (buf_addf(out, e, "%s, version %" PRId64 ", valid until ", role,
		(int64_t)json_integer_value(json_object_get(body, "version"))) == -1 ||
	    add_clean(out, expires == NULL ? "nobody knows when" : expires, e) == -1 ||
	    buf_addc(out, '\n', e) == -1 ||
	    (before == NULL &&
		buf_adds(out,
		    "  (everything is shown as new: there is no version before "
		    "it that these keys signed)\n",
		    e) == -1))
		return -1;
	if (strcmp(role, tuf_top_name(TUF_ROOT)) == 0)
		return describe_root(body, before, out, e);
	if (strcmp(role, tuf_top_name(TUF_TARGETS)) == 0)
		return describe_targets(body, before, out, e);
	return describe_app(role, body, before, out, e);
}
