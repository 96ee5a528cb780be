/* SPDX-License-Identifier: ISC */
/* What is there, and what is to be carried there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/path.h"
#include "lib/tuf/metadata.h"
#include "server/deploy/carry.h"

/* Directories that are listed at a time. */
#define LIST_DIRS 256

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool
compare_is_published(const char *path)
{
	const char *base = path_base(path);

	if (strcmp(path, CARRY_TIMESTAMP) == 0)
		return true;
	return begins(path, LAYOUT_METADATA)
	    ? layout_version(base, NULL) != 0 && base == path + strlen(LAYOUT_METADATA)
	    : begins(path, LAYOUT_TARGETS) && layout_stored_name(path) != NULL;
}

/* A directory that is being listed. */
struct listing_dir {
	struct carry *c;
	const char *path;
	struct strings *next;
};

static int
note_there(void *arg, const struct sftp_listed *entry, struct err *e)
{
	struct listing_dir *l = arg;
	struct carry *c = l->c;
	char path[SERVED_PATH_SIZE];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", l->path, entry->name) >= sizeof path)
		return 0; /* none of ours */
	/* All that a listing makes us hold. */
	if (json_object_size(c->there) + json_object_size(c->dirs) + c->temps.n >= SERVED_FILES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: over %d files", c->o->place,
		    SERVED_FILES_MAX);
	if (begins(entry->name, CARRY_NEW))
		return entry->type == SFTP_LISTED_FILE ? strings_add(&c->temps, path, e) : 0;
	if (entry->type == SFTP_LISTED_FILE)
		return json_object_set_new(c->there, path,
			   json_integer((json_int_t)(entry->size & INT64_MAX))) == -1
		    ? err_nomem(e)
		    : 0;
	if (entry->type != SFTP_LISTED_DIRECTORY || !begins(path, LAYOUT_TARGETS))
		return 0;
	if (json_object_set_new(c->dirs, path, json_true()) == -1)
		return err_nomem(e);
	return strings_add(l->next, path, e);
}

static int
list_some(struct carry *c, const struct strings *dirs, size_t from, size_t n, struct strings *next,
    struct err *e)
{
	struct sftp_job *jobs = calloc(n, sizeof *jobs);
	struct listing_dir *l = calloc(n, sizeof *l);
	int rc = jobs == NULL || l == NULL ? err_nomem(e) : 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		l[i] = (struct listing_dir){ c, dirs->v[from + i], next };
		jobs[i] = (struct sftp_job){ .kind = SFTP_JOB_LIST,
			.path = dirs->v[from + i],
			.entry = note_there,
			.arg = &l[i] };
	}
	if (rc == 0)
		rc = dest_must(c->d, jobs, n, e);
	free(jobs);
	free(l);
	return rc;
}

int
compare_list(struct carry *c, struct err *e)
{
	struct strings dirs = STRINGS_INIT;
	int depth = 0, rc = -1;

	if ((c->there = json_object()) == NULL || (c->dirs = json_object()) == NULL)
		return err_nomem(e);
	if (strings_add(&dirs, "metadata", e) == 0 && strings_add(&dirs, "targets", e) == 0)
		rc = 0;
	while (rc == 0 && dirs.n > 0 && depth++ < SERVED_DEPTH_MAX) {
		struct strings next = STRINGS_INIT;

		for (size_t at = 0; at < dirs.n && rc == 0; at += LIST_DIRS)
			rc = list_some(c, &dirs, at,
			    dirs.n - at < LIST_DIRS ? dirs.n - at : LIST_DIRS, &next, e);
		strings_free(&dirs);
		dirs = next;
	}
	strings_free(&dirs);
	return rc;
}

int
compare_versions(const struct buf *timestamp, int64_t *version, int64_t *snapshot, struct err *e)
{
	struct tuf_timestamp *t = NULL;
	struct envelope v;

	if (envelope_parse(timestamp->data, timestamp->len, &v, e) == -1)
		return -1;
	if ((t = timestamp_parse(&v, e)) != NULL) {
		*version = t->c.version;
		*snapshot = t->snapshot.version;
	}
	envelope_free(&v);
	timestamp_free(t);
	return t == NULL ? -1 : 0;
}

/* The version of the newest root among files. */
static int64_t
newest_root(json_t *files)
{
	const char *path;
	json_t *size;
	int64_t newest = 0;

	json_object_foreach (files, path, size) {
		int64_t v = served_version(path, "root");

		newest = v > newest ? v : newest;
	}
	return newest;
}

/* Stations never go back: what is newer there than here must not be replaced. */
static int
check_not_newer(struct carry *c, struct err *e)
{
	struct buf b = BUF_INIT(REPO_METADATA_MAX);
	int64_t version = 0, snapshot = 0;
	struct err ignored;
	int rc;

	if (newest_root(c->there) > newest_root(c->here.files) && !c->o->take_over)
		return err_setx(e, ERR_CONFLICT,
		    "%s: the root there has version %" PRId64 ", here %" PRId64
		    ": another copy of this repository was deployed there, and is newer; nothing "
		    "changed: go on with that copy, or 'slipway-repo deploy fetch' takes over what "
		    "is there",
		    c->o->place, newest_root(c->there), newest_root(c->here.files));
	if ((rc = mark_get(c, CARRY_TIMESTAMP, &b, e)) == -1)
		return -1;
	c->fresh =
	    rc == 0 || b.len != c->timestamp.len || memcmp(b.data, c->timestamp.data, b.len) != 0;
	if (rc == 1 && c->fresh && !c->o->take_over &&
	    compare_versions(&b, &version, &snapshot, &ignored) == 0 && version >= c->o->version)
		rc = err_setx(e, ERR_CONFLICT,
		    "%s: the timestamp there has version %" PRId64 ", here %" PRId64
		    ": another copy of this repository was deployed there; nothing changed: go on "
		    "with that copy, or, if it is lost, 'slipway-repo deploy fetch' takes over what "
		    "is there; after a theft, when the keys are new, --take-over",
		    c->o->place, version, c->o->version);
	buf_free(&b);
	return rc == -1 ? -1 : 0;
}

/* The newest file of each role, to compare its bytes: {"ROLE.json": version}. */
static json_t *
newest_of_roles(const struct carry *c)
{
	json_t *newest = json_object(), *size;
	const char *path;

	json_object_foreach (c->here.files, path, size) {
		const char *base = path_base(path), *role;
		int64_t v = served_version(path, NULL);

		if (v == 0 || (role = strchr(base, '.')) == NULL)
			continue;
		if (json_integer_value(json_object_get(newest, role)) < v)
			json_object_set_new(newest, role, json_integer((json_int_t)v));
	}
	return newest;
}

/* Whether a metadata file there, of the same size, has other bytes.  1, 0 or -1. */
static int
differs(struct carry *c, const char *path, struct err *e)
{
	struct buf there = BUF_INIT(REPO_METADATA_MAX), here = BUF_INIT(REPO_METADATA_MAX);
	int rc = mark_get(c, path, &there, e);

	if (rc != -1 && file_read(c->served, path, &here, e) == -1)
		rc = -1;
	if (rc != -1)
		rc = rc == 0 || there.len != here.len ||
		    memcmp(there.data, here.data, here.len) != 0;
	buf_free(&there);
	buf_free(&here);
	return rc;
}

static int
add_file(struct carry *c, const char *path, struct err *e)
{
	struct strings *to = begins(path, LAYOUT_TARGETS) ? &c->targets
	    : served_version(path, "root") != 0		  ? &c->roots
							  : &c->metadata;

	c->o->all++;
	c->o->all_bytes += (uint64_t)json_integer_value(json_object_get(c->here.files, path));
	return strings_add(to, path, e);
}

/* Whether a file has to be carried.  1, 0 or -1. */
static int
is_missing(struct carry *c, const char *path, const json_t *size, const json_t *newest,
    struct err *e)
{
	const json_t *there = json_object_get(c->there, path);
	const char *role;

	if (there == NULL || json_integer_value(there) != json_integer_value(size))
		return 1;
	if (!begins(path, LAYOUT_METADATA))
		return 0;
	/* Another repository's, or a thief's, may have the same name and size. */
	if (!c->ours || c->o->take_over)
		return 1;
	role = strchr(path_base(path), '.');
	if (role == NULL ||
	    json_integer_value(json_object_get(newest, role)) != served_version(path, NULL))
		return 0;
	return differs(c, path, e);
}

/* Whether the file of a role is signed by enough keys that this root names.  1, 0 or -1. */
static int
is_signed_by(const struct carry *c, const struct tuf_root *root, enum tuf_top role,
    const char *file, struct err *e)
{
	struct envelope v;
	struct err ignored;
	int rc;

	if (repo_read_envelope(c->r, file, NULL, &v, e) == -1)
		return -1;
	rc = envelope_verify(&v, &root->ring, &root->roles[role], file, &ignored) == 0;
	envelope_free(&v);
	return rc;
}

/*
 * A new root becomes visible after the files that it and the old one accept; where the old one
 * doesn't accept them (its keys were lost, or it was rotated long ago), it has to come before.
 */
static int
find_order(struct carry *c, struct err *e)
{
	static const enum tuf_top roles[] = { TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS };
	const int64_t versions[] = { 0, c->r->snapshot->c.version, c->r->roles->c.version };
	int64_t version = newest_root(c->there);
	struct tuf_root *root = NULL;
	char file[LAYOUT_METADATA_SIZE];
	struct envelope v;
	int rc = 1;

	c->roots_first = true;
	/* A root there that isn't here is of somebody else: nothing here is signed by its keys. */
	if (c->roots.n == 0 || version == 0 || !c->ours || version > newest_root(c->here.files))
		return 0;
	if (layout_metadata(version, "root", file, e) == -1 ||
	    repo_read_envelope(c->r, file, NULL, &v, e) == -1)
		return -1;
	if ((root = root_parse(&v, e)) == NULL)
		rc = -1;
	envelope_free(&v);
	for (size_t i = 0; i < N(roles) && rc == 1; i++)
		rc = layout_metadata(versions[i], tuf_top_name(roles[i]), file, e) == -1
		    ? -1
		    : is_signed_by(c, root, roles[i], file, e);
	c->roots_first = rc != 1;
	root_free(root);
	return rc == -1 ? -1 : 0;
}

/* Roots in the order of their versions: stations read one after the other. */
static int
by_root_version(const void *a, const void *b)
{
	int64_t x = served_version(*(char *const *)a, "root"),
		y = served_version(*(char *const *)b, "root");

	return x < y ? -1 : x > y;
}

int
compare_all(struct carry *c, struct err *e)
{
	json_t *newest = newest_of_roles(c), *size;
	const char *path;
	int rc = newest == NULL ? err_nomem(e) : check_not_newer(c, e);

	if (rc == 0)
		json_object_foreach (c->here.files, path, size) {
			if (strcmp(path, CARRY_TIMESTAMP) == 0 || !compare_is_published(path))
				continue;
			if ((rc = is_missing(c, path, size, newest, e)) == 1)
				rc = add_file(c, path, e);
			if (rc == -1)
				break;
		}
	json_decref(newest);
	if (rc == -1)
		return -1;
	strings_sort(&c->targets);
	strings_sort(&c->metadata);
	if (c->roots.n > 0)
		qsort(c->roots.v, c->roots.n, sizeof *c->roots.v, by_root_version);
	c->o->all += c->fresh;
	c->o->all_bytes += c->fresh ? c->timestamp.len : 0;
	return find_order(c, e);
}
