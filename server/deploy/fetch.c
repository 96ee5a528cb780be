/* SPDX-License-Identifier: ISC */
/*
 * Taking over what the server serves, into a repository that was restored from an older backup.
 *
 * The server isn't believed: metadata comes into a directory of its own (fetched/), and is looked
 * at there as `verify` does, from the first root of this repository on.  Only the targets that it
 * names come, as long as it says, under their hashes.  Then all is verified once more, and the
 * metadata is put in place, the timestamp last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/move.h"
#include "lib/os/path.h"
#include "server/deploy/carry.h"
#include "server/repo/audit_change.h"
#include "server/repo/audit_state.h"

#define STAGING		 "fetched"
#define STAGING_SERVED	 STAGING "/served"
#define STAGING_METADATA STAGING_SERVED "/metadata"

/*
 * In the directory of a target, until its bytes have the hash of its name.  What an interrupted
 * call leaves `gc` takes away, as every .NAME.new.
 */
#define UNCHECKED ".slipway-fetched.new"

#define FILE_MODE 0644

/* Bytes of all metadata that are stored before a signature is looked at. */
#define METADATA_MAX ((uint64_t)4 << 30)

struct fetch {
	struct carry *c;
	struct dir *metadata;	/* of the staging directory */
	struct buf there;	/* timestamp.json of the server */
	struct err fault;	/* the first one that verifying found */
	size_t files;		/* fetched so far */
	uint64_t bytes;		/* of metadata */
	struct strings targets; /* of them those in served/targets */
};

static void
note_fault(void *arg, const struct err *what)
{
	struct fetch *f = arg;

	if (f->fault.code == ERR_NONE)
		f->fault = *what;
}

static int
remove_one(void *arg, const char *name, struct err *e)
{
	return file_remove(arg, name, e) == -1 ? -1 : 0;
}

/* Whatever an interrupted call left, too. */
static int
remove_staging(struct dir *top, struct err *e)
{
	struct dir *d = dir_below(top, STAGING_METADATA, false, e);
	int rc = d == NULL ? (e->code == ERR_NOENT ? 0 : -1) : dir_list(d, remove_one, d, e);

	dir_close(d);
	return rc == -1 || dir_remove(top, STAGING_METADATA, e) == -1 ||
		dir_remove(top, STAGING_SERVED, e) == -1 || dir_remove(top, STAGING, e) == -1
	    ? -1
	    : 0;
}

/* Reads the timestamps of both sides.  1 the server's is to be taken over, 0 it is the same. */
static int
compare_both(struct fetch *f, struct err *e)
{
	struct carry *c = f->c;
	int64_t there, snapshot, here, own;
	int rc = mark_get(c, CARRY_TIMESTAMP, &f->there, e);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return err_setx(e, ERR_NOENT,
		    "%s: serves nothing yet; 'slipway-repo deploy' carries there what is here",
		    c->o->place);
	if (f->there.len == c->timestamp.len &&
	    memcmp(f->there.data, c->timestamp.data, f->there.len) == 0)
		return 0;
	if (compare_versions(&f->there, &there, &snapshot, e) == -1 ||
	    compare_versions(&c->timestamp, &here, &own, e) == -1)
		return -1;
	if (there < here || snapshot < own)
		return err_setx(e, ERR_CONFLICT,
		    "%s: timestamp %" PRId64 " and snapshot %" PRId64 " there, %" PRId64
		    " and %" PRId64
		    " here: what is here isn't older, and stays; 'slipway-repo deploy' carries it "
		    "there",
		    c->o->place, there, snapshot, here, own);
	c->o->version = there;
	return 1;
}

static int
fetch_metadata(struct fetch *f, const char *path, struct err *e)
{
	struct buf b = BUF_INIT(REPO_METADATA_MAX);
	int rc = mark_get(f->c, path, &b, e);

	f->bytes += b.len;
	if (rc == 1 && f->bytes > METADATA_MAX)
		rc = err_setx(e, ERR_TOO_LARGE, "%s: over %" PRIu64 " bytes of metadata there",
		    f->c->o->place, METADATA_MAX);
	if (rc == 1)
		rc = file_replace_fast(f->metadata, path_base(path), b.data, b.len, FILE_MODE, e);
	buf_free(&b);
	if (rc == 0)
		f->files++;
	return rc;
}

static int
take_piece(void *arg, const void *bytes, size_t len, struct err *e)
{
	return file_out_write(arg, bytes, len, e);
}

/* Whether the file has the hash that name begins with.  0 or -1. */
static int
check_named(struct dir *d, const char *file, const char *name, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;

	if (file_sha256(d, file, sha256, &size, e) == -1)
		return -1;
	hex_encode(sha256, sizeof sha256, hex);
	return strncmp(name, hex, SHA256_HEX_SIZE - 1) == 0
	    ? 0
	    : err_setx(e, ERR_HASH, "%s: what the server sent has another hash; nothing changed",
		  name);
}

static int
fetch_target(struct fetch *f, const char *path, struct err *e)
{
	const char *base = path_base(path);
	char dir[SERVED_PATH_SIZE];
	struct sftp_job j = { .kind = SFTP_JOB_GET,
		.path = path,
		.size = (uint64_t)json_integer_value(json_object_get(f->c->there, path)),
		.data = take_piece };
	struct file_out *out = NULL;
	struct dir *d;
	struct err ignored;
	int rc = -1;

	snprintf(dir, sizeof dir, "%.*s", (int)(base - path - 1), path);
	if ((d = dir_below(f->c->served, dir, true, e)) == NULL ||
	    (j.arg = out = file_out_open(d, UNCHECKED, FILE_MODE, e)) == NULL)
		goto out;
	rc = dest_must(f->c->d, &j, 1, e);
	if (file_out_close(out, true, rc == 0 ? e : &ignored) == -1)
		rc = -1;
	if (rc == 0 && j.result != SFTP_JOB_OK)
		rc = err_setx(e, ERR_NOENT, "%s: went away on the server", path);
	if (rc == 0 && (rc = check_named(d, UNCHECKED, base, e)) == 0 &&
	    (rc = strings_add(&f->targets, path, e)) == 0)
		rc = file_rename(d, UNCHECKED, d, base, e);
	if (rc == -1)
		file_remove(d, UNCHECKED, &ignored);
	else
		f->files++;
out:
	dir_close(d);
	return rc;
}

/* All metadata there; the timestamp is the one that was compared, and that is put in place. */
static int
fetch_all_metadata(struct fetch *f, struct err *e)
{
	const char *path;
	json_t *size;
	int rc = file_replace_fast(f->metadata, path_base(CARRY_TIMESTAMP), f->there.data,
	    f->there.len, FILE_MODE, e);

	json_object_foreach (f->c->there, path, size) {
		if (rc == 0 && compare_is_published(path) && strcmp(path, CARRY_TIMESTAMP) != 0 &&
		    strncmp(path, LAYOUT_METADATA, strlen(LAYOUT_METADATA)) == 0)
			rc = fetch_metadata(f, path, e);
	}
	f->files++;
	return rc;
}

/* The targets among named that aren't here. */
static int
fetch_targets(struct fetch *f, json_t *named, struct err *e)
{
	const char *path;
	json_t *size;
	int rc = 0;

	json_object_foreach (named, path, size) {
		if (rc == 0 && strncmp(path, LAYOUT_TARGETS, strlen(LAYOUT_TARGETS)) == 0 &&
		    json_object_get(f->c->here.files, path) == NULL)
			rc = fetch_target(f, path, e);
	}
	return rc;
}

/* A root that is here is the server's, too: else there are two repositories with one first root. */
static int
check_roots(struct fetch *f, struct err *e)
{
	struct buf a = BUF_INIT(REPO_METADATA_MAX), b = BUF_INIT(REPO_METADATA_MAX);
	char name[LAYOUT_METADATA_SIZE];
	int64_t newest;
	int rc = repo_root_version(f->c->r->metadata, &newest, e);

	for (int64_t v = 1; v <= newest && rc == 0; v++) {
		buf_reset(&a);
		buf_reset(&b);
		if (layout_metadata(v, "root", name, e) == -1 ||
		    file_read(f->c->r->metadata, name, &a, e) == -1 ||
		    file_read(f->metadata, name, &b, e) == -1)
			rc = -1;
		else if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			rc = err_setx(e, ERR_CONFLICT,
			    "%s: is another one on the server; nothing changed", name);
	}
	buf_free(&a);
	buf_free(&b);
	return rc;
}

/*
 * Verifies the server's metadata, and puts what it names into *named, which the caller owns.  The
 * targets have to be here or, with listed, there, in the length that is stated.
 */
static int
verify_fetched(struct fetch *f, bool listed, json_t **named, struct err *e)
{
	struct repo r = { .path = f->c->path,
		.metadata = f->metadata,
		.targets = f->c->r->targets };
	struct served t = { .r = &r, .fault = note_fault, .arg = f, .content = !listed };
	int rc = -1;

	if (check_roots(f, e) == 0 && served_open(&t, e) == 0 &&
	    (!listed || json_object_update_missing(t.files, f->c->there) == 0 ||
		err_nomem(e) == 0) &&
	    served_roots(&t, e) == 0 && (t.nroots == 0 || served_current(&t, e) == 0))
		rc = 0;
	if (rc == 0 && t.faults > 0) {
		*e = f->fault;
		rc = err_context(e, "%s: what the server has isn't right; nothing changed",
		    f->c->o->place);
	}
	if (rc == 0)
		*named = json_incref(t.named);
	served_close(&t);
	return rc;
}

/* Puts files of the metadata in place.  which: 0 others, 1 roots. */
static int
put_named(struct fetch *f, json_t *named, bool roots, struct err *e)
{
	const char *path;
	json_t *size;
	int rc = 0;

	json_object_foreach (named, path, size) {
		if (rc == 0 && strcmp(path, CARRY_TIMESTAMP) != 0 &&
		    strncmp(path, LAYOUT_METADATA, strlen(LAYOUT_METADATA)) == 0 &&
		    (served_version(path, "root") != 0) == roots)
			rc = file_copy(f->metadata, path_base(path), f->c->r->metadata,
			    path_base(path), FILE_MODE, e);
	}
	return rc;
}

static int
put_all(struct fetch *f, json_t *named, struct err *e)
{
	struct dir *top = f->c->r->top, *staged = dir_below(top, STAGING, false, e);
	json_t *state = staged == NULL ? NULL : audit_state(staged, e);
	struct err later;
	int rc = -1;

	dir_close(staged);
	if (state == NULL ||
	    audit_change_begin(top, "deploy fetch", json_pack("{s:s}", "place", f->c->config.place),
		state, e) == -1)
		return -1;
	if (put_named(f, named, false, e) == 0 && put_named(f, named, true, e) == 0)
		rc = file_replace(f->c->r->metadata, path_base(CARRY_TIMESTAMP), f->there.data,
		    f->there.len, FILE_MODE, e);
	return audit_change_end(top, rc == 0 ? e : &later) == -1 ? -1 : rc;
}

static int
fetch_locked(struct fetch *f, struct err *e)
{
	struct dir *top = f->c->r->top;
	json_t *wanted = NULL, *named = NULL;
	struct err later;
	int rc = -1;
	bool begun = false;

	if (remove_staging(top, e) == -1 ||
	    (f->metadata = dir_below(top, STAGING_METADATA, true, e)) == NULL)
		return -1;
	if (compare_list(f->c, e) == 0 && fetch_all_metadata(f, e) == 0 &&
	    verify_fetched(f, true, &wanted, e) == 0 && fetch_targets(f, wanted, e) == 0 &&
	    verify_fetched(f, false, &named, e) == 0) {
		begun = true;
		rc = put_all(f, named, e);
	}
	for (size_t i = 0; i < f->targets.n; i++)
		if (!begun || json_object_get(named, f->targets.v[i]) == NULL)
			file_remove(f->c->served, f->targets.v[i], &later);
	json_decref(wanted);
	json_decref(named);
	dir_close(f->metadata);
	if (remove_staging(top, rc == 0 ? e : &later) == -1)
		rc = -1;
	return rc;
}

int
fetch_there(struct carry *c, struct err *e)
{
	struct fetch f = { .c = c, .there = BUF_INIT(REPO_METADATA_MAX) };
	bool dry = c->o->dry;
	int rc;

	c->o->dry = true; /* the mark is only looked at */
	rc = mark_check(c, e);
	c->o->dry = dry;
	if (rc == 0 && (rc = compare_both(&f, e)) == 1)
		rc = fetch_locked(&f, e) == -1 ? -1 : 1;
	else if (rc == 0)
		rc = remove_staging(c->r->top, e); /* of a call that was interrupted at its end */
	c->o->files = f.files;
	strings_free(&f.targets);
	buf_free(&f.there);
	return rc;
}
