/* SPDX-License-Identifier: ISC */
/*
 * Publishing a release: its part of a change, and its files.
 */
#include "server/repo/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/path.h"

#define FILE_MODE 0644

/* Whether it is what stations have already; it must not cost them anything. */
static int
check_changed(const struct tuf_targets *old, const char *app, const struct release *rel,
    struct err *e)
{
	if (old == NULL || !json_equal(old->targets, rel->targets))
		return 0;
	return err_setx(e, ERR_CONFLICT,
	    "%s: this is release %" PRId64 " already; nothing published", app,
	    (int64_t)json_integer_value(json_object_get(old->c.json, "release")));
}

int
publish_draft(struct change *c, const char *app, const struct release *rel, int64_t *number,
    struct err *e)
{
	struct tuf_targets *old = NULL;
	json_t *body;
	int rc = -1;

	if (repo_delegation(c->r, app) == NULL)
		return err_setx(e, ERR_NOENT,
		    "%s: no such application; 'slipway-repo app add %s' makes it", app, app);
	if (repo_read_app(c->r, app, &old, e) == -1 || check_changed(old, app, rel, e) == -1 ||
	    (body = change_body(c, app, e)) == NULL)
		goto out;
	*number = json_integer_value(json_object_get(body, "release")) + 1;
	if (json_object_set(body, "targets", rel->targets) == -1 ||
	    json_object_set_new(body, "release", json_integer(*number)) == -1)
		err_nomem(e);
	else
		rc = change_seal(c, false, e);
out:
	targets_free(old);
	return rc;
}

/* Put content where its hash says.  1 stored, 0 it was there, -1. */
static int
store_content(struct dir *d, const char *name, const uint8_t sha256[SHA256_SIZE],
    const struct buf *content, struct err *e)
{
	uint8_t there[SHA256_SIZE];
	struct file_info info;
	uint64_t size;
	int found = file_stat(d, name, &info, e);

	if (found == -1)
		return -1;
	if (found == 0)
		return file_create(d, name, content->data, content->len, FILE_MODE, e) == -1 ? -1
											     : 1;
	if (file_sha256(d, name, there, &size, e) == -1)
		return -1;
	if (memcmp(there, sha256, SHA256_SIZE) == 0)
		return 0;
	return file_replace(d, name, content->data, content->len, FILE_MODE, e) == -1 ? -1 : 1;
}

int
publish_put(struct repo *r, const char *path, const uint8_t sha[SHA256_SIZE],
    const struct buf *content, struct err *e)
{
	char place[PATH_REL_MAX + 2], name[SHA256_HEX_SIZE + RELEASE_NAME_MAX + 1],
	    hex[SHA256_HEX_SIZE];
	const char *base = path_base(path);
	struct dir *d;
	int rc;

	hex_encode(sha, SHA256_SIZE, hex);
	snprintf(name, sizeof name, "%s.%s", hex, base);
	snprintf(place, sizeof place, "%.*s", base == path ? 0 : (int)(base - path - 1), path);
	if ((d = dir_below(r->targets, place, true, e)) == NULL)
		return -1;
	rc = store_content(d, name, sha, content, e);
	dir_close(d);
	return rc == -1 ? -1 : 0;
}

static int
store_file(struct repo *r, const char *app, const struct release *rel, const struct release_file *f,
    struct err *e)
{
	struct buf content = BUF_INIT(RELEASE_FILE_MAX);
	char place[PATH_REL_MAX + 2], name[SHA256_HEX_SIZE + RELEASE_NAME_MAX + 1];
	char hex[SHA256_HEX_SIZE];
	uint8_t sha[DIGEST_MAX];
	struct dir *d = NULL;
	int rc = -1;

	if (file_read(rel->dir, f->path, &content, e) == -1 ||
	    digest_of(DIGEST_SHA256, content.data, content.len, sha, e) == -1)
		goto out;
	if (memcmp(sha, f->sha256, SHA256_SIZE) != 0) {
		err_setx(e, ERR_CONFLICT, "%s: changed while it was being published", f->path);
		goto out;
	}
	hex_encode(sha, SHA256_SIZE, hex);
	snprintf(name, sizeof name, "%s.%s", hex, path_base(f->path));
	snprintf(place, sizeof place, "%s/%.*s", app, (int)(path_base(f->path) - f->path - 1),
	    f->path);
	if ((d = dir_below(r->targets, place, true, e)) == NULL)
		goto out;
	rc = store_content(d, name, f->sha256, &content, e);
out:
	dir_close(d);
	buf_free(&content);
	return rc;
}

int
publish_store(struct repo *r, const char *app, const struct release *rel, size_t *stored,
    struct err *e)
{
	*stored = 0;
	for (size_t i = 0; i < rel->n; i++) {
		int rc = store_file(r, app, rel, &rel->files[i], e);

		if (rc == -1)
			return -1;
		*stored += (size_t)rc;
	}
	return 0;
}

/* Whether the repository has the target that a role states. */
static int
check_stored(struct repo *r, const char *path, const json_t *target, struct err *e)
{
	const char *hash =
	    json_string_value(json_object_get(json_object_get(target, "hashes"), "sha256"));
	const char *base = path_base(path);
	char name[PATH_REL_MAX + SHA256_HEX_SIZE + 2], hex[SHA256_HEX_SIZE];
	uint8_t sha[SHA256_SIZE];
	uint64_t size;

	if (hash == NULL || path_check(path, strlen(path), e) == -1)
		return hash == NULL ? err_setx(e, ERR_SYNTAX, "%s: no SHA-256", path) : -1;
	snprintf(name, sizeof name, "%.*s%s.%s", (int)(base - path), path, hash, base);
	if (path_check(name, strlen(name), e) == -1)
		return -1;
	if (file_sha256(r->targets, name, sha, &size, e) == -1) {
		if (e->code == ERR_NOENT)
			err_context(e, "give the directory of the release");
		return -1;
	}
	hex_encode(sha, SHA256_SIZE, hex);
	if (strcmp(hex, hash) != 0)
		return err_setx(e, ERR_HASH, "%s: want SHA-256 %s, got %s", path, hash, hex);
	return 0;
}

int
publish_check(struct repo *r, const json_t *targets, struct err *e)
{
	const char *path;
	json_t *target;

	json_object_foreach ((json_t *)(uintptr_t)targets, path, target)
		if (check_stored(r, path, target, e) == -1)
			return -1;
	return 0;
}
