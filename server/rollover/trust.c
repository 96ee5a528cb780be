/* SPDX-License-Identifier: ISC */
/* The certificates of a replacement that stations trust. */
#include "server/rollover/trust.h"

#include <inttypes.h>
#include <string.h>

#include "lib/x509/facts.h"

int
replace_trust_read_target(const struct repo *r, const struct tuf_targets *t, const char *path,
    struct buf *out, struct err *e)
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

/* A release whose files are in r or, where dir isn't NULL, in the directory that it is made of. */
struct files {
	const struct repo *r;
	const struct tuf_targets *t;
	struct dir *dir;
};

/* As replace_trust_read_target(). */
static int
read_file_of(const struct files *f, const char *path, struct buf *out, struct err *e)
{
	const char *name = strchr(path, '/');
	struct tuf_target target;

	if (f->dir == NULL || name == NULL)
		return replace_trust_read_target(f->r, f->t, path, out, e);
	buf_reset(out);
	if (targets_get(f->t, path, &target, e) != 1)
		return -1;
	if (target.length == 0 || target.length > CERT_FILE_MAX)
		return 0;
	if (file_read(f->dir, name + 1, out, e) == -1 ||
	    tuf_hashes_check(&target.hashes, out->data, out->len, name + 1, e) == -1)
		return -1;
	return bytes_find(out->data, out->len, "-----BEGIN CERTIFICATE-----") != NULL;
}

/* Counts the files of a release that hold one or both of two certificates. */
static int
count_bundles(const struct files *f, const struct bundle_cert certs[REPLACE_COUNT],
    struct replace_trust *t, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	bool have[REPLACE_COUNT];
	const char *path;
	json_t *target;
	int rc = 0;

	json_object_foreach ((json_t *)(uintptr_t)f->t->targets, path, target) {
		if ((rc = read_file_of(f, path, &text, e)) == -1)
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
look_app(struct replace_trust *t, const struct repo *r,
    const struct bundle_cert certs[REPLACE_COUNT], const char *app, struct err *e)
{
	struct replace_trust one = { .where = BUF_INIT(0) };
	struct tuf_targets *now;
	int rc = repo_read_app(r, app, &now, e);

	if (rc != 1)
		return rc;
	rc = count_bundles(&(const struct files){ .r = r, .t = now }, certs, &one, e);
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
replace_trust_look(struct replace_trust *t, const struct repo *r,
    const struct bundle_cert certs[REPLACE_COUNT], struct err *e)
{
	t->old = t->both = t->fresh = 0;
	buf_reset(&t->where);
	for (size_t i = 0; i < r->roles->n; i++)
		if (look_app(t, r, certs, r->roles->delegations[i].name, e) == -1)
			return -1;
	return 0;
}

/* Checks one replacement against one application's present and next release. */
static int
guard_one(const char *app, const struct files *now, const struct files *next, const char *name,
    const struct replacement *m, struct err *e)
{
	struct replace_trust a = { .where = BUF_INIT(0) }, b = { .where = BUF_INIT(0) };
	struct bundle_cert certs[REPLACE_COUNT] = { { .pem = NULL } };
	bool lost[REPLACE_COUNT];

	for (int i = 0; i < REPLACE_COUNT; i++)
		memcpy(certs[i].sha256, m->sha256[i], SHA256_SIZE);
	if (count_bundles(now, certs, &a, e) == -1 || count_bundles(next, certs, &b, e) == -1)
		return -1;
	lost[REPLACE_OLD] = a.old + a.both > 0 && b.old + b.both == 0;
	lost[REPLACE_NEW] = a.fresh + a.both > 0 && b.fresh + b.both == 0;
	for (int i = 0; i < REPLACE_COUNT; i++)
		if (lost[i] && m->going != i)
			return err_setx(e, ERR_CONFLICT,
			    "%s: want a release in which stations trust the certificate %s of 'cert replace %s' (SHA-256 "
			    "%s) as they do now, got one without it: they might refuse the Kernel. 'slipway-repo cert "
			    "status' says where the replacement stands; --allow replacement publishes nevertheless",
			    app, i == REPLACE_OLD ? "in use" : "to come", name, m->hex[i]);
	return 0;
}

/* Sets have[i] to whether a file of the release holds certs[i].  Returns 0 or -1. */
static int
find_certs(const struct files *f, const struct bundle_cert *certs, size_t n, bool *have,
    struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	bool here[REPLACE_RETIRED_MAX + 1];
	const char *path;
	json_t *target;
	int rc = 0;

	memset(have, 0, n * sizeof *have);
	json_object_foreach ((json_t *)(uintptr_t)f->t->targets, path, target) {
		if ((rc = read_file_of(f, path, &text, e)) == -1)
			break;
		if (rc == 0)
			continue;
		bundle_look(text.data, text.len, certs, n, here);
		for (size_t i = 0; i < n; i++)
			have[i] |= here[i];
	}
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/*
 * Refuses a release that brings back a certificate that the replacement has retired, in any file of
 * any application.  now->t is NULL without a present release.
 */
static int
guard_retired(const char *app, const struct files *now, const struct files *next, const char *name,
    const struct replacement *m, struct err *e)
{
	struct bundle_cert certs[REPLACE_RETIRED_MAX + 1] = { { .pem = NULL } };
	bool before[REPLACE_RETIRED_MAX + 1] = { false }, after[REPLACE_RETIRED_MAX + 1];
	size_t n = 0;

	for (; n < m->retired.n; n++)
		hex_decode(m->retired.v[n], strlen(m->retired.v[n]), certs[n].sha256, SHA256_SIZE);
	if (m->going == REPLACE_OLD)
		memcpy(certs[n++].sha256, m->sha256[REPLACE_OLD], SHA256_SIZE);
	if (n == 0)
		return 0;
	if ((now->t != NULL && find_certs(now, certs, n, before, e) == -1) ||
	    find_certs(next, certs, n, after, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (after[i] && !before[i]) {
			char hex[SHA256_HEX_SIZE];

			hex_encode(certs[i].sha256, SHA256_SIZE, hex);
			return err_setx(e, ERR_CONFLICT,
			    "%s: want a release without the certificate that 'cert replace %s' has "
			    "retired (SHA-256 %s), got one in which stations would trust it again: "
			    "is this an old directory? --allow replacement publishes nevertheless",
			    app, name, hex);
		}
	return 0;
}

/* Checks all replacements against the present and the next release of the application f->name. */
static int
guard_app(const struct change *c, const struct change_file *f, struct dir *dir, json_t *pairs,
    struct err *e)
{
	const struct tuf_targets targets = {
		.targets = json_object_get(json_object_get(f->metadata, "signed"), "targets")
	};
	const struct files next = { c->r, &targets, dir };
	struct files was = { .r = c->r };
	struct replacement m = { .exists = false };
	struct tuf_targets *now;
	const char *name;
	json_t *entry;
	int rc = repo_read_app(c->r, f->name, &now, e);

	if (rc == -1)
		return -1;
	was.t = now;
	json_object_foreach (pairs, name, entry)
		if ((rc = replacement_parse(name, entry, &m, e)) == -1 ||
		    (now != NULL && (rc = guard_one(f->name, &was, &next, name, &m, e)) == -1) ||
		    (rc = guard_retired(f->name, &was, &next, name, &m, e)) == -1)
			break;
	replacement_reset(&m);
	targets_free(now);
	return rc == -1 ? -1 : 0;
}

int
replace_trust_guard(const struct change *c, struct dir *dir, struct err *e)
{
	json_t *all = replace_read(c->r->top, e);
	int rc = all == NULL ? -1 : 0;

	for (size_t i = 0; i < c->n && rc == 0; i++)
		if (repo_delegation(c->r, c->files[i].name) != NULL)
			rc = guard_app(c, &c->files[i], dir, json_object_get(all, "pairs"), e);
	json_decref(all);
	return rc;
}
