/* SPDX-License-Identifier: ISC */
/* Publishing a release: its part of a change, and its files. */
#include "server/repo/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/move.h"

#define FILE_MODE 0644

#define COPY_CHUNK 65536

/* From how many new files on one sync of the file system is cheaper than two for each. */
#define SYNC_ALL_FROM 16

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

/* Bytes of the name of a temporary file. */
#define TEMPORARY_SIZE (PATH_COMPONENT_MAX + sizeof "..new")

/* The content of a target: a file of a release. */
struct source {
	struct dir *dir;
	const char *path;
};

/*
 * Copies the file to name in d while hashing it; durable only with sync.  Returns 1, 0 when the
 * hash isn't sha256, or -1; then removes the copy.
 */
static int
copy_hashed(const struct source *from, struct dir *d, const char *name,
    const uint8_t sha256[SHA256_SIZE], bool sync, struct err *e)
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
	if (out != NULL && file_out_close(out, sync && rc == 1, rc == -1 ? &ignored : e) == -1)
		rc = -1;
	if (out != NULL && rc != 1)
		file_remove(d, name, &ignored);
	file_in_close(in);
	digest_free(digest);
	return rc;
}

/* The file that is written first; gc removes it after a crash. */
static void
temporary_of(const char *name, char out[TEMPORARY_SIZE])
{
	snprintf(out, TEMPORARY_SIZE, ".%s.new", name);
}

/* Writes the content to the temporary file of name in d; durable only with sync. */
static int
stage_target(const struct source *from, struct dir *d, const char *name,
    const uint8_t sha256[SHA256_SIZE], bool sync, struct err *e)
{
	char temporary[TEMPORARY_SIZE];
	int rc;

	temporary_of(name, temporary);
	if ((rc = copy_hashed(from, d, temporary, sha256, sync, e)) == 1)
		return 0;
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

/* Where the content of a target is stored; the caller closes the directory. */
struct place {
	struct dir *d;
	char stored[LAYOUT_STORED_SIZE];
	const char *name; /* within stored */
};

static int
find_stored(struct repo *r, const char *target, const uint8_t sha256[SHA256_SIZE],
    struct place *out, struct err *e)
{
	char hex[SHA256_HEX_SIZE], *slash;

	hex_encode(sha256, SHA256_SIZE, hex);
	if (layout_stored(target, hex, out->stored, e) == -1)
		return -1;
	if ((slash = strrchr(out->stored, '/')) == NULL)
		return err_setx(e, ERR_UNSAFE, "%s: want the target of an application", target);
	*slash = '\0';
	out->name = slash + 1;
	return (out->d = dir_below(r->targets, out->stored, true, e)) == NULL ? -1 : 0;
}

int
publish_put(struct repo *r, const char *path, const uint8_t sha[SHA256_SIZE],
    const struct buf *content, struct err *e)
{
	struct place at;
	int rc;

	if (find_stored(r, path, sha, &at, e) == -1)
		return -1;
	if ((rc = has_content(at.d, at.name, sha, e)) == 0)
		rc = file_replace(at.d, at.name, content->data, content->len, FILE_MODE, e);
	dir_close(at.d);
	return rc == -1 ? -1 : 0;
}

struct storing {
	struct repo *r;
	const char *app;
	const struct release *rel;
	bool *missing; /* owned: of each file, whether the repository needs it */
	size_t n;      /* of those */
	bool sync;     /* each file; otherwise all at once */
};

/* Calls each for the places of all files, or of the missing ones. */
static int
at_places(struct storing *s, bool all,
    int (*each)(struct storing *s, size_t i, struct place *at, struct err *e), struct err *e)
{
	char target[PATH_REL_MAX + 1];

	for (size_t i = 0; i < s->rel->n; i++) {
		const struct release_file *f = &s->rel->files[i];
		struct place at;
		int rc;

		if (!all && !s->missing[i])
			continue;
		snprintf(target, sizeof target, "%s/%s", s->app, f->path);
		if (find_stored(s->r, target, f->sha256, &at, e) == -1)
			return -1;
		rc = each(s, i, &at, e);
		dir_close(at.d);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
look_for_content(struct storing *s, size_t i, struct place *at, struct err *e)
{
	int rc = has_content(at->d, at->name, s->rel->files[i].sha256, e);

	s->missing[i] = rc == 0;
	s->n += s->missing[i];
	return rc;
}

static int
stage_one(struct storing *s, size_t i, struct place *at, struct err *e)
{
	const struct release_file *f = &s->rel->files[i];

	return stage_target(&(struct source){ s->rel->dir, f->path }, at->d, at->name, f->sha256,
	    s->sync, e);
}

static int
rename_one(struct storing *s, size_t i, struct place *at, struct err *e)
{
	char temporary[TEMPORARY_SIZE];
	int rc;

	temporary_of(at->name, temporary);
	if (s->sync)
		return file_rename(at->d, temporary, at->d, at->name, e);
	rc = file_move(at->d, temporary, at->d, at->name, e);
	return rc == 0 ? err_setx(e, ERR_CONFLICT, "%s: was removed while it was being published",
			     s->rel->files[i].path)
		       : rc;
}

/*
 * A name appears once its content is durable: a file that is found there later needs no sync.
 * Nothing names any of them before the change is live.
 */
int
publish_store(struct repo *r, const char *app, const struct release *rel, size_t *stored,
    struct err *e)
{
	struct storing s = { .r = r, .app = app, .rel = rel };
	int rc = -1, all = 0;

	*stored = 0;
	if ((s.missing = calloc(rel->n + 1, sizeof *s.missing)) == NULL)
		return err_nomem(e);
	if (at_places(&s, true, look_for_content, e) == -1)
		goto out;
	/* Asks first, with nothing written yet, whether the system has such a call. */
	if (s.n >= SYNC_ALL_FROM && (all = dir_sync_all(r->targets, e)) == -1)
		goto out;
	s.sync = all == 0;
	if (at_places(&s, false, stage_one, e) == 0 &&
	    (s.sync || dir_sync_all(r->targets, e) != -1) &&
	    at_places(&s, false, rename_one, e) == 0 &&
	    (s.sync || dir_sync_all(r->targets, e) != -1)) {
		*stored = s.n;
		rc = 0;
	}
out:
	free(s.missing);
	return rc;
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
