/* SPDX-License-Identifier: ISC */
/*
 * A certificate's replacement in the releases: which certificates stations trust, and publishing
 * that they trust others.
 */
#include "server/rollover/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/x509/facts.h"
#include "server/repo/publish.h"
#include "server/rollover/pair.h"

/* Reads the stored content of a target.  1, 0 when it can't hold certificates, or -1. */
static int
read_target(const struct repo *r, const struct tuf_targets *t, const char *path, struct buf *out,
    struct err *e)
{
	struct tuf_target target;

	buf_reset(out);
	if (targets_get(t, path, &target, e) != 1)
		return -1;
	if (target.length == 0 || target.length > CERT_FILE_MAX)
		return 0;
	if (repo_read_target(r, path, &target, out, e) == -1)
		return -1;
	return bytes_find(out->data, out->len, "-----BEGIN CERTIFICATE-----") != NULL;
}

/* The files of a release, counted by what they hold of two certificates. */
static int
count(const struct repo *r, const struct tuf_targets *targets,
    const struct bundle_cert certs[REPLACE_COUNT], struct replace_trust *t, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	bool have[REPLACE_COUNT];
	const char *path;
	json_t *target;
	int rc = 0;

	json_object_foreach ((json_t *)(uintptr_t)targets->targets, path, target) {
		if ((rc = read_target(r, targets, path, &text, e)) == -1)
			break;
		if (rc == 0)
			continue;
		bundle_look(text.data, text.len, certs, REPLACE_COUNT, have);
		t->both += have[REPLACE_OLD] && have[REPLACE_NEW];
		t->old += have[REPLACE_OLD] && !have[REPLACE_NEW];
		t->fresh += !have[REPLACE_OLD] && have[REPLACE_NEW];
	}
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
look_app(struct replace *p, const struct repo *r, const char *app, struct err *e)
{
	struct replace_trust *t = &p->trust, one = { 0, 0, 0, BUF_INIT(0) };
	struct tuf_targets *now;
	int rc = repo_read_app(r, app, &now, e);

	if (rc != 1)
		return rc;
	rc = count(r, now, p->cert, &one, e);
	if (rc == 0 && one.old + one.both + one.fresh > 0)
		rc = buf_addf(&t->where, e, "%s%s release %" PRId64, t->where.len == 0 ? "" : ", ",
		    app, (int64_t)json_integer_value(json_object_get(now->c.json, "release")));
	t->old += one.old;
	t->both += one.both;
	t->fresh += one.fresh;
	targets_free(now);
	return rc;
}

int
replace_trust_look(struct replace *p, const struct repo *r, struct err *e)
{
	p->trust.old = p->trust.both = p->trust.fresh = 0;
	buf_reset(&p->trust.where);
	for (size_t i = 0; i < r->roles->n; i++)
		if (look_app(p, r, r->roles->delegations[i].name, e) == -1)
			return -1;
	return 0;
}

/* State the new content of a target and store it. */
static int
set_target(struct repo *r, const char *path, json_t *target, const struct buf *content,
    struct err *e)
{
	uint8_t sha[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];

	if (digest_of(DIGEST_SHA256, content->data, content->len, sha, e) == -1)
		return -1;
	hex_encode(sha, SHA256_SIZE, hex);
	if (json_object_set_new(target, "length", json_integer((json_int_t)content->len)) == -1 ||
	    json_object_set_new(target, "hashes", json_pack("{s:s}", "sha256", hex)) == -1)
		return err_nomem(e);
	return publish_put(r, path, sha, content, e);
}

static int
say_copy(const struct repo *r, const char *app, const char *path, const json_t *target,
    struct buf *said, struct err *e)
{
	const char *hash =
	    json_string_value(json_object_get(json_object_get(target, "hashes"), "sha256"));
	char stored[LAYOUT_STORED_SIZE];

	if (layout_stored(path, hash, stored, e) == -1)
		return -1;
	return buf_addf(said, e, "in your own release directory: cp %s/%s %s\n",
	    dir_path(r->targets), stored, path + strlen(app) + 1);
}

/* The next version of one application's release, where it has such files.  *edited counts them. */
static int
edit_app(struct replace *p, struct change *c, const char *app, const bool want[REPLACE_COUNT],
    size_t *edited, struct buf *said, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX), next = BUF_INIT(CERT_FILE_MAX);
	bool have[REPLACE_COUNT];
	struct tuf_targets *now;
	json_t *target, *body = NULL, *mine;
	const char *path;
	int rc = repo_read_app(c->r, app, &now, e);

	if (rc != 1)
		return rc;
	json_object_foreach (json_object_get(now->c.json, "targets"), path, target) {
		if ((rc = read_target(c->r, now, path, &text, e)) == -1)
			break;
		if (rc == 0)
			continue;
		rc = 0;
		bundle_look(text.data, text.len, p->cert, REPLACE_COUNT, have);
		if ((!have[REPLACE_OLD] && !have[REPLACE_NEW]) ||
		    memcmp(have, want, sizeof have) == 0)
			continue;
		buf_reset(&next);
		rc = -1;
		if ((body == NULL && (body = change_body(c, app, e)) == NULL) ||
		    bundle_set(text.data, text.len, p->cert, REPLACE_COUNT, want, &next, e) == -1)
			break;
		mine = json_object_get(json_object_get(body, "targets"), path);
		if ((rc = set_target(c->r, path, mine, &next, e)) == -1 ||
		    (rc = say_copy(c->r, app, path, mine, said, e)) == -1)
			break;
		++*edited;
	}
	if (rc == 0 && body != NULL &&
	    json_object_set_new(body, "release",
		json_integer(json_integer_value(json_object_get(body, "release")) + 1)) == -1)
		rc = err_nomem(e);
	targets_free(now);
	buf_free(&text);
	buf_free(&next);
	return rc;
}

int
replace_publish(struct replace *p, struct session *s, const bool want[REPLACE_COUNT],
    struct buf *said, struct err *e)
{
	size_t edited = 0;
	int rc = -1;

	for (int i = 0; i < REPLACE_COUNT; i++)
		if (want[i] && p->pem[i].len == 0)
			return err_setx(e, ERR_NOENT,
			    "want the %s certificate (SHA-256 %s) in %s, found none; bring it back there",
			    i == REPLACE_OLD ? "old" : "new",
			    replace_text(p, i == REPLACE_OLD ? "old" : "new"), dir_path(p->certs));
	if (session_begin(s, p->repo, "cert replace", e) == -1)
		goto out;
	for (size_t i = 0; i < s->r->roles->n; i++)
		if (edit_app(p, s->c, s->r->roles->delegations[i].name, want, &edited, said, e) ==
		    -1)
			goto out;
	if (edited == 0)
		err_setx(e, ERR_CONFLICT,
		    "no present release has a file with the certificate in use (SHA-256 %s): want one that stations "
		    "trust; publish a release with it first",
		    replace_text(p, "old"));
	else if (change_seal(s->c, false, e) == 0 && session_sign(s, e) == 0 &&
	    session_write(s, e) == 0)
		rc = session_report(s, "published", said, e);
out:
	session_end(s);
	return rc;
}

/* One replacement against one application's present and next release. */
static int
guard_one(const struct change *c, const char *app, const struct tuf_targets *now,
    const struct tuf_targets *next, const char *name, const json_t *entry, struct err *e)
{
	static const char *const fields[REPLACE_COUNT] = { "old", "new" };
	struct replace_trust a = { 0, 0, 0, BUF_INIT(0) }, b = { 0, 0, 0, BUF_INIT(0) };
	struct bundle_cert certs[REPLACE_COUNT];
	const char *going = json_string_value(json_object_get(entry, "going"));
	bool lost[REPLACE_COUNT];

	memset(certs, 0, sizeof certs);
	for (int i = 0; i < REPLACE_COUNT; i++) {
		const char *hex = json_string_value(json_object_get(entry, fields[i]));

		if (hex != NULL)
			hex_decode(hex, SHA256_HEX_SIZE - 1, certs[i].sha256, SHA256_SIZE);
	}
	if (count(c->r, now, certs, &a, e) == -1 || count(c->r, next, certs, &b, e) == -1)
		return -1;
	lost[REPLACE_OLD] = a.old + a.both > 0 && b.old + b.both == 0;
	lost[REPLACE_NEW] = a.fresh + a.both > 0 && b.fresh + b.both == 0;
	for (int i = 0; i < REPLACE_COUNT; i++)
		if (lost[i] && (going == NULL || strcmp(going, fields[i]) != 0))
			return err_setx(e, ERR_CONFLICT,
			    "%s: want a release in which stations trust the certificate %s of 'cert replace %s' (SHA-256 "
			    "%s) as they do now, got one without it: they might refuse the Kernel. 'slipway-repo cert "
			    "status' says where the replacement stands; --no-certificate-check publishes nevertheless",
			    app, i == REPLACE_OLD ? "in use" : "to come", name,
			    json_string_value(json_object_get(entry, fields[i])));
	return 0;
}

/* All replacements against the present and the next release of the application f->name. */
static int
guard_app(const struct change *c, const struct change_file *f, json_t *pairs, struct err *e)
{
	const struct tuf_targets next = { .targets = json_object_get(
					      json_object_get(f->metadata, "signed"), "targets") };
	struct tuf_targets *now;
	const char *name;
	json_t *entry;
	int rc = repo_read_app(c->r, f->name, &now, e);

	if (rc != 1)
		return rc;
	json_object_foreach (pairs, name, entry)
		if ((rc = guard_one(c, f->name, now, &next, name, entry, e)) == -1)
			break;
	targets_free(now);
	return rc == -1 ? -1 : 0;
}

int
replace_guard(const struct change *c, struct err *e)
{
	json_t *all = replace_read(c->r->top, e);
	int rc = all == NULL ? -1 : 0;

	for (size_t i = 0; i < c->n && rc == 0; i++)
		if (repo_delegation(c->r, c->files[i].name) != NULL)
			rc = guard_app(c, &c->files[i], json_object_get(all, "pairs"), e);
	json_decref(all);
	return rc;
}
