/* SPDX-License-Identifier: ISC */
/* Publishing a release: its part of a change, and its files. */
#include "server/repo/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/os/move.h"

#define FILE_MODE 0644

#define COPY_CHUNK 65536

/* Refuses a release that equals the present release: every station would update for nothing. */
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

/* The content of a target: a file of a release, or (content not NULL) bytes in memory. */
struct source {
	struct dir *dir;
	const char *path;
	const struct buf *content;
};

/*
 * Copies the file to name in d while hashing it.  Returns 1, 0 when the hash isn't sha256, or -1;
 * then removes the copy.
 */
static int
copy_hashed(const struct source *from, struct dir *d, const char *name,
    const uint8_t sha256[SHA256_SIZE], struct err *e)
{
	struct digest *digest = digest_new(DIGEST_SHA256, e);
	struct file_in *in = digest == NULL ? NULL : file_in_open(from->dir, from->path, 0, e);
	struct file_out *out = in == NULL ? NULL : file_out_open(d, name, FILE_MODE, e);
	uint8_t chunk[COPY_CHUNK], sha[DIGEST_MAX];
	struct err ignored; /* the first error is reported */
	size_t got = 0;
	int rc = out == NULL ? -1 : 0;

	do {
		if (rc == 0 &&
		    (file_in_read(in, chunk, sizeof chunk, &got, e) == -1 ||
			digest_add(digest, chunk, got, e) == -1 ||
			file_out_write(out, chunk, got, e) == -1))
			rc = -1;
	} while (rc == 0 && got > 0);
	if (rc == 0 && digest_end(digest, sha, e) == 0)
		rc = memcmp(sha, sha256, SHA256_SIZE) == 0;
	else
		rc = -1;
	if (out != NULL && file_out_close(out, rc == 1, rc == -1 ? &ignored : e) == -1)
		rc = -1;
	if (out != NULL && rc != 1)
		file_remove(d, name, &ignored);
	file_in_close(in);
	digest_free(digest);
	return rc;
}

/* Writes the content under name in d, through a file that gc removes after a crash. */
static int
write_target(const struct source *from, struct dir *d, const char *name,
    const uint8_t sha256[SHA256_SIZE], struct err *e)
{
	char temporary[PATH_COMPONENT_MAX + sizeof "..new"];
	int rc;

	if (from->content != NULL)
		return file_replace(d, name, from->content->data, from->content->len, FILE_MODE, e);
	snprintf(temporary, sizeof temporary, ".%s.new", name);
	if ((rc = copy_hashed(from, d, temporary, sha256, e)) == 1)
		return file_rename(d, temporary, d, name, e);
	return rc == -1
	    ? -1
	    : err_setx(e, ERR_CONFLICT, "%s: changed while it was being published", from->path);
}

/* Returns 1, 0 when name is missing or has another content, or -1. */
static int
has_content(struct dir *d, const char *name, const uint8_t sha256[SHA256_SIZE], struct err *e)
{
	uint8_t there[SHA256_SIZE];
	struct file_info info;
	uint64_t size;
	int found = file_stat(d, name, &info, e);

	if (found != 1)
		return found;
	if (file_sha256(d, name, there, &size, e) == -1)
		return -1;
	return memcmp(there, sha256, SHA256_SIZE) == 0;
}

/* Stores the content of the target.  Returns 1, 0 when the content was there already, or -1. */
static int
store(struct repo *r, const char *target, const uint8_t sha256[SHA256_SIZE],
    const struct source *from, struct err *e)
{
	char stored[LAYOUT_STORED_SIZE], hex[SHA256_HEX_SIZE], *slash;
	struct dir *d;
	int rc;

	hex_encode(sha256, SHA256_SIZE, hex);
	if (layout_stored(target, hex, stored, e) == -1)
		return -1;
	if ((slash = strrchr(stored, '/')) == NULL)
		return err_setx(e, ERR_UNSAFE, "%s: want the target of an application", target);
	*slash = '\0';
	if ((d = dir_below(r->targets, stored, true, e)) == NULL)
		return -1;
	if ((rc = has_content(d, slash + 1, sha256, e)) == 0 &&
	    (rc = write_target(from, d, slash + 1, sha256, e)) == 0)
		rc = 1;
	else if (rc == 1)
		rc = 0;
	dir_close(d);
	return rc;
}

int
publish_put(struct repo *r, const char *path, const uint8_t sha[SHA256_SIZE],
    const struct buf *content, struct err *e)
{
	const struct source from = { NULL, NULL, content };

	return store(r, path, sha, &from, e) == -1 ? -1 : 0;
}

int
publish_store(struct repo *r, const char *app, const struct release *rel, size_t *stored,
    struct err *e)
{
	char target[PATH_REL_MAX + 1];

	*stored = 0;
	for (size_t i = 0; i < rel->n; i++) {
		const struct release_file *f = &rel->files[i];
		const struct source from = { rel->dir, f->path, NULL };
		int rc;

		snprintf(target, sizeof target, "%s/%s", app, f->path);
		if ((rc = store(r, target, f->sha256, &from, e)) == -1)
			return -1;
		*stored += (size_t)rc;
	}
	return 0;
}

/* Checks that the repository has the content of a role's target. */
static int
check_stored(struct repo *r, const char *path, const json_t *target, struct err *e)
{
	const char *hash =
	    json_string_value(json_object_get(json_object_get(target, "hashes"), "sha256"));
	char name[LAYOUT_STORED_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t sha[SHA256_SIZE];
	uint64_t size;

	if (hash == NULL)
		return err_setx(e, ERR_SYNTAX, "%s: no SHA-256", path);
	if (layout_stored(path, hash, name, e) == -1)
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
