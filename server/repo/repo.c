/* SPDX-License-Identifier: ISC */
/*
 * A repository on disk: opening, reading and checking its metadata, signing.  repo_init.c makes a
 * new one.
 */
#include "server/repo/repo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "server/repo/share.h"

/* Time to wait for the change of another process. */
#define LOCK_WAIT_MS 10000

/* Seconds by which an expiry date may go back: clocks of several computers differ. */
#define BACK_SLACK_S 300

bool
repo_is_here(const char *path)
{
	struct buf name = BUF_INIT(REPO_PATH_MAX);
	struct file_info info;
	struct err e;
	bool here;

	here = path_join(&name, path, "served/metadata/timestamp.json", &e) == 0 &&
	    file_stat(NULL, buf_text(&name), &info, &e) == 1 && info.type == FILE_REGULAR;
	buf_free(&name);
	return here;
}

int
repo_read_envelope(const struct repo *r, const char *file, const struct tuf_meta *meta,
    struct envelope *v, struct err *e)
{
	struct buf data = BUF_INIT(REPO_METADATA_MAX);
	int rc = -1;

	if (file_read(r->metadata, file, &data, e) == -1)
		goto out;
	if (meta != NULL && meta->has_length && meta->length != data.len) {
		err_setx(e, ERR_HASH, "%s: want %" PRIu64 " bytes, got %zu", file, meta->length,
		    data.len);
		goto out;
	}
	if (meta != NULL && meta->has_hashes &&
	    tuf_hashes_check(&meta->hashes, data.data, data.len, file, e) == -1)
		goto out;
	if (envelope_parse(data.data, data.len, v, e) == -1) {
		err_context(e, "%s", file);
		goto out;
	}
	rc = 0;
out:
	buf_free(&data);
	return rc;
}

/* The same for a role whose keys are known. */
static int
read_verified(const struct repo *r, const char *file, const struct tuf_meta *meta,
    const struct tuf_keyring *ring, const struct tuf_role *role, struct envelope *v, struct err *e)
{
	if (repo_read_envelope(r, file, meta, v, e) == -1)
		return -1;
	if (envelope_verify(v, ring, role, file, e) == -1) {
		envelope_free(v);
		return -1;
	}
	return 0;
}

static int
check_version(const char *file, int64_t want, int64_t got, struct err *e)
{
	if (want == got)
		return 0;
	return err_setx(e, ERR_VERSION, "%s: want version %" PRId64 ", got %" PRId64, file, want,
	    got);
}

int
repo_root_version(struct dir *metadata, int64_t *version, struct err *e)
{
	char next[LAYOUT_METADATA_SIZE];
	struct file_info info;
	int found;

	for (*version = 1;; ++*version) {
		if (layout_metadata(*version + 1, "root", next, e) == -1)
			return -1;
		if ((found = file_stat(metadata, next, &info, e)) != 1)
			return found;
	}
}

/* Reads the newest root, which must be signed by its own keys. */
static int
read_root(struct repo *r, struct err *e)
{
	char file[LAYOUT_METADATA_SIZE];
	struct envelope v = { NULL, NULL, NULL, 0 };
	int64_t version;
	int rc = -1;

	if (repo_root_version(r->metadata, &version, e) == -1 ||
	    layout_metadata(version, "root", file, e) == -1 ||
	    repo_read_envelope(r, file, NULL, &v, e) == -1)
		return -1;
	if ((r->root = root_parse(&v, e)) == NULL) {
		err_context(e, "%s", file);
		goto out;
	}
	if (envelope_verify(&v, &r->root->ring, &r->root->roles[TUF_ROOT], file, e) == -1 ||
	    check_version(file, version, r->root->c.version, e) == -1)
		goto out;
	rc = 0;
out:
	envelope_free(&v);
	return rc;
}

static int
read_timestamp(struct repo *r, struct err *e)
{
	struct envelope v = { NULL, NULL, NULL, 0 };

	if (read_verified(r, "timestamp.json", NULL, &r->root->ring, &r->root->roles[TUF_TIMESTAMP],
		&v, e) == -1)
		return -1;
	if ((r->timestamp = timestamp_parse(&v, e)) == NULL)
		err_context(e, "timestamp.json");
	envelope_free(&v);
	return r->timestamp == NULL ? -1 : 0;
}

static int
read_snapshot(struct repo *r, struct err *e)
{
	const struct tuf_meta *meta = &r->timestamp->snapshot;
	struct envelope v = { NULL, NULL, NULL, 0 };
	char file[LAYOUT_METADATA_SIZE];

	if (layout_metadata(meta->version, "snapshot", file, e) == -1 ||
	    read_verified(r, file, meta, &r->root->ring, &r->root->roles[TUF_SNAPSHOT], &v, e) ==
		-1)
		return -1;
	if ((r->snapshot = snapshot_parse(&v, e)) == NULL)
		err_context(e, "%s", file);
	envelope_free(&v);
	return r->snapshot == NULL ? -1
				   : check_version(file, meta->version, r->snapshot->c.version, e);
}

/* Reads the targets file of a role that the snapshot lists. */
static struct tuf_targets *
read_targets(const struct repo *r, const char *name, const struct tuf_meta *meta,
    const struct tuf_keyring *ring, const struct tuf_role *role, struct err *e)
{
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_targets *t;
	char file[LAYOUT_METADATA_SIZE];

	if (layout_metadata(meta->version, name, file, e) == -1 ||
	    read_verified(r, file, meta, ring, role, &v, e) == -1)
		return NULL;
	if ((t = targets_parse(&v, e)) == NULL)
		err_context(e, "%s", file);
	envelope_free(&v);
	if (t != NULL && check_version(file, meta->version, t->c.version, e) == -1) {
		targets_free(t);
		t = NULL;
	}
	return t;
}

int
repo_read(struct repo *r, struct err *e)
{
	struct tuf_meta meta;

	if (read_root(r, e) == -1 || read_timestamp(r, e) == -1 || read_snapshot(r, e) == -1)
		return -1;
	if (!snapshot_meta(r->snapshot, "targets", &meta))
		return err_setx(e, ERR_SYNTAX, "snapshot: no entry for targets.json");
	r->roles =
	    read_targets(r, "targets", &meta, &r->root->ring, &r->root->roles[TUF_TARGETS], e);
	return r->roles == NULL ? -1 : 0;
}

/* Without a lock, half written metadata can't be told from faulty metadata. */
static int
check_pending(const struct repo *r, struct err *e)
{
	struct file_info info;
	int found = file_stat(r->top, REPO_PENDING_FILE, &info, e);

	return found != 1 ? found
			  : err_setx(e, ERR_BUSY,
				"a change is under way, or was cut; the next command that "
				"changes the repository ends it");
}

struct repo *
repo_open_unread(const char *path, bool lock, struct err *e)
{
	struct repo *r;

	if (!repo_is_here(path)) {
		err_setx(e, ERR_CONFIG, "%s: not a repository (no served/metadata/timestamp.json)",
		    path);
		return NULL;
	}
	if ((r = calloc(1, sizeof *r)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	r->path = path;
	if ((r->top = repo_top(path, lock, e)) == NULL ||
	    (r->metadata = dir_below(r->top, "served/metadata", false, e)) == NULL ||
	    (r->targets = dir_below(r->top, "served/targets", false, e)) == NULL ||
	    (lock ? (r->lock = file_lock_named(r->top, REPO_LOCK_FILE, LOCK_WAIT_MS, e)) == NULL
		  : check_pending(r, e) == -1)) {
		err_context(e, "%s", path);
		repo_close(r);
		return NULL;
	}
	return r;
}

struct repo *
repo_open(const char *path, struct err *e)
{
	struct repo *r = repo_open_unread(path, false, e);

	if (r != NULL && repo_read(r, e) == -1) {
		err_context(e, "%s", path);
		repo_close(r);
		r = NULL;
	}
	return r;
}

void
repo_close(struct repo *r)
{
	if (r == NULL)
		return;
	targets_free(r->roles);
	snapshot_free(r->snapshot);
	timestamp_free(r->timestamp);
	root_free(r->root);
	file_unlock(r->lock);
	dir_close(r->targets);
	dir_close(r->metadata);
	dir_close(r->top);
	free(r);
}

const struct tuf_delegation *
repo_delegation(const struct repo *r, const char *app)
{
	for (size_t i = 0; i < r->roles->n; i++)
		if (strcmp(r->roles->delegations[i].name, app) == 0)
			return &r->roles->delegations[i];
	return NULL;
}

int
repo_read_app(const struct repo *r, const char *app, struct tuf_targets **out, struct err *e)
{
	const struct tuf_delegation *d = repo_delegation(r, app);
	struct tuf_meta meta;

	*out = NULL;
	if (d == NULL || !snapshot_meta(r->snapshot, app, &meta))
		return 0;
	*out = read_targets(r, app, &meta, &r->roles->ring, &d->role, e);
	return *out == NULL ? -1 : 1;
}

int
repo_read_target(const struct repo *r, const char *path, const struct tuf_target *target,
    struct buf *out, struct err *e)
{
	char stored[LAYOUT_STORED_SIZE], hex[SHA256_HEX_SIZE];

	if (!target->hashes.has_sha256)
		return err_setx(e, ERR_SYNTAX, "%s: want a SHA-256", path);
	hex_encode(target->hashes.sha256, SHA256_SIZE, hex);
	if (layout_stored(path, hex, stored, e) == -1 ||
	    file_read(r->targets, stored, out, e) == -1)
		return -1;
	return tuf_hashes_check(&target->hashes, out->data, out->len, path, e);
}

/*
 * The parent's statement about the present file of a role, and its version.  1, or 0: no such file.
 */
static int
present_meta(const struct repo *r, const char *role, struct tuf_meta *meta)
{
	*meta = (struct tuf_meta){ 0 };
	if (strcmp(role, tuf_top_name(TUF_ROOT)) == 0)
		meta->version = r->root->c.version;
	else if (strcmp(role, tuf_top_name(TUF_SNAPSHOT)) == 0)
		*meta = r->timestamp->snapshot;
	else if (strcmp(role, tuf_top_name(TUF_TIMESTAMP)) != 0)
		return snapshot_meta(r->snapshot, role, meta);
	return 1;
}

int
repo_read_signed(const struct repo *r, const char *role, json_t **out, struct err *e)
{
	char file[LAYOUT_METADATA_SIZE];
	struct tuf_meta meta;
	struct envelope v;

	*out = NULL;
	if (present_meta(r, role, &meta) == 0)
		return 0;
	if (layout_metadata(meta.version, role, file, e) == -1 ||
	    repo_read_envelope(r, file, &meta, &v, e) == -1)
		return -1;
	*out = json_incref(v.json);
	envelope_free(&v);
	return 1;
}

/* Sets *to, the expiry date of the next version of body.  Returns 0 or -1. */
static int
next_expiry(const json_t *body, int days, enum repo_back back, int64_t *to, struct err *e)
{
	const char *text = json_string_value(json_object_get(body, "expires"));
	char next[DATE_TEXT_SIZE];
	int64_t old;

	*to = clock_wall() + (int64_t)days * DATE_DAY_SECONDS;
	if (back == REPO_BACK_TAKE || text == NULL || date_parse(text, strlen(text), &old) == -1 ||
	    *to + BACK_SLACK_S >= old)
		return 0;
	date_format(*to, next);
	if (back == REPO_BACK_REFUSE)
		return err_setx(e, ERR_EXPIRED,
		    "want an expiry date that isn't before the present one (%s), got %s: is the "
		    "clock right? --days N sets an earlier date",
		    text, next);
	*to = old;
	return 0;
}

int
repo_renew_body(json_t *body, int64_t version, int days, enum repo_back back, struct err *e)
{
	char expires[DATE_TEXT_SIZE];
	int64_t to;

	if (next_expiry(body, days, back, &to, e) == -1)
		return -1;
	date_format(to, expires);
	if (json_object_set_new(body, "version", json_integer(version)) == -1 ||
	    json_object_set_new(body, "expires", json_string(expires)) == -1)
		return err_nomem(e);
	return 0;
}

json_t *
repo_new_body(const char *type, int64_t version, int days, struct err *e)
{
	json_t *body = json_pack("{s:s,s:s}", "_type", type, "spec_version", REPO_SPEC_VERSION);

	if (body == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (repo_renew_body(body, version, days, REPO_BACK_REFUSE, e) == -1) {
		json_decref(body);
		return NULL;
	}
	return body;
}

json_t *
repo_meta(int64_t version, const struct buf *file, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	json_t *meta;

	if (digest_hex(file->data, file->len, hex, e) == -1)
		return NULL;
	meta = json_pack("{s:I,s:I,s:{s:s}}", "version", (json_int_t)version, "length",
	    (json_int_t)file->len, "hashes", "sha256", hex);
	if (meta == NULL)
		err_nomem(e);
	return meta;
}
