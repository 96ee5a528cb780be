/*
 * Publishing a release.  Everything is signed in memory before the first byte is written.
 */
#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"

#define FILE_MODE	0644
#define PATH_BYTES_MAX	4096

struct publishing {
	struct repo *r;
	struct keystore *ks;
	const struct passphrases *p;
	const char *app;
	struct tuf_targets *old;	/* the current release, or NULL */
	struct privkey *key;		/* of a new application */
	int64_t role_version, targets_version, snapshot_version, timestamp_version;
	struct buf role, targets, snapshot, timestamp;	/* targets stays empty when unchanged */
};

/* Whether it is what stations have already; it must not cost them anything. */
static int
check_changed(const struct publishing *w, const struct release *rel, struct err *e)
{
	json_int_t n;

	if (w->old == NULL || !json_equal(w->old->targets, rel->targets))
		return 0;
	n = json_integer_value(json_object_get(w->old->c.json, "release"));
	return err_setx(e, ERR_CONFLICT,
	    "%s: this is release %" PRId64 " already; nothing published", w->app, (int64_t)n);
}

/* "APP/" and two to RELEASE_DEPTH_MAX components: '*' doesn't match '/'. */
static json_t *
delegated_paths(const char *app)
{
	char pattern[REPO_APP_MAX + 2 * RELEASE_DEPTH_MAX + 1];
	json_t *paths = json_array();

	for (int depth = 2; depth <= RELEASE_DEPTH_MAX; depth++) {
		int len = snprintf(pattern, sizeof pattern, "%s", app);

		for (int i = 0; i < depth; i++)
			len += snprintf(pattern + len, sizeof pattern - (size_t)len, "/*");
		if (json_array_append_new(paths, json_string(pattern)) == -1) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}

/* Add the application's key and role to the contents of targets. */
static int
add_delegation(const struct publishing *w, json_t *body, struct err *e)
{
	json_t *d = json_object_get(body, "delegations"), *public, *role;

	if (d == NULL) {
		d = json_pack("{s:{},s:[]}", "keys", "roles");
		if (json_object_set_new(body, "delegations", d) == -1)
			return err_nomem(e);
	}
	if ((public = privkey_public(w->key, e)) == NULL)
		return -1;
	if (json_object_set_new(json_object_get(d, "keys"), privkey_id(w->key), public) == -1)
		return err_nomem(e);
	role = json_pack("{s:s,s:[s],s:i,s:b,s:o}", "name", w->app, "keyids", privkey_id(w->key),
	    "threshold", 1, "terminating", 1, "paths", delegated_paths(w->app));
	if (role == NULL || json_array_append_new(json_object_get(d, "roles"), role) == -1)
		return err_nomem(e);
	return 0;
}

/* Make the application's key and sign targets that delegate to it. */
static int
sign_targets(struct publishing *w, struct err *e)
{
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	json_t *body = json_deep_copy(w->r->roles->c.json);
	bool sealed = false;
	int rc = -1;

	if (body == NULL) {
		err_nomem(e);
		goto out;
	}
	w->targets_version = w->r->roles->c.version + 1;
	if (repo_renew_body(body, w->targets_version, REPO_TARGETS_DAYS, e) == -1 ||
	    (w->key = privkey_generate(PRIVKEY_ED25519, e)) == NULL ||
	    add_delegation(w, body, e) == -1 ||
	    repo_sign(w->ks, "targets", &w->r->root->roles[TUF_TARGETS], w->p, body, &w->targets,
		&sealed, e) == -1)
		goto out;
	/* As well protected as the key that vouches for it. */
	if (sealed && passphrase_new(w->p, "new application key", &phrase, e) == -1)
		goto out;
	rc = keystore_add(w->ks, w->app, w->key, sealed ? buf_text(&phrase) : NULL, e);
out:
	json_decref(body);
	buf_free(&phrase);
	return rc;
}

static int
sign_role(struct publishing *w, const struct release *rel, int64_t *number, struct err *e)
{
	const struct tuf_delegation *d = repo_delegation(w->r, w->app);
	json_t *body;
	int rc = -1;

	*number = 1;
	w->role_version = 1;
	if (w->old != NULL) {
		*number = json_integer_value(json_object_get(w->old->c.json, "release")) + 1;
		w->role_version = w->old->c.version + 1;
	}
	if ((body = repo_new_body("targets", w->role_version, REPO_APP_DAYS, e)) == NULL)
		return -1;
	if (json_object_set(body, "targets", rel->targets) == -1 ||
	    json_object_set_new(body, "release", json_integer(*number)) == -1)
		err_nomem(e);
	else if (w->key != NULL)
		rc = sign_metadata(body, &w->key, 1, &w->role, e);
	else
		rc = repo_sign(w->ks, w->app, &d->role, w->p, body, &w->role, NULL, e);
	json_decref(body);
	return rc;
}

static int
set_meta(json_t *meta, const char *role, int64_t version, const struct buf *file, struct err *e)
{
	char name[REPO_FILE_SIZE];
	json_t *m = repo_meta(version, file, e);

	snprintf(name, sizeof name, "%s.json", role);
	if (m == NULL)
		return -1;
	return json_object_set_new(meta, name, m) == -1 ? err_nomem(e) : 0;
}

static int
sign_snapshot(struct publishing *w, struct err *e)
{
	json_t *body = json_deep_copy(w->r->snapshot->c.json), *meta;
	int rc = -1;

	if (body == NULL)
		return err_nomem(e);
	meta = json_object_get(body, "meta");
	w->snapshot_version = w->r->snapshot->c.version + 1;
	if (repo_renew_body(body, w->snapshot_version, REPO_SNAPSHOT_DAYS, e) == 0 &&
	    set_meta(meta, w->app, w->role_version, &w->role, e) == 0 &&
	    (w->targets.len == 0 ||
		set_meta(meta, "targets", w->targets_version, &w->targets, e) == 0))
		rc = repo_sign(w->ks, "snapshot", &w->r->root->roles[TUF_SNAPSHOT], w->p, body,
		    &w->snapshot, NULL, e);
	json_decref(body);
	return rc;
}

static int
sign_timestamp(struct publishing *w, struct err *e)
{
	json_t *body = json_deep_copy(w->r->timestamp->c.json);
	int rc = -1;

	if (body == NULL)
		return err_nomem(e);
	w->timestamp_version = w->r->timestamp->c.version + 1;
	if (repo_renew_body(body, w->timestamp_version, REPO_TIMESTAMP_DAYS, e) == 0 &&
	    set_meta(json_object_get(body, "meta"), "snapshot", w->snapshot_version, &w->snapshot,
		e) == 0)
		rc = repo_sign(w->ks, "timestamp", &w->r->root->roles[TUF_TIMESTAMP], w->p, body,
		    &w->timestamp, NULL, e);
	json_decref(body);
	return rc;
}

/* Put content where its hash says.  1 stored, 0 it was there, -1. */
static int
store_content(struct dir *d, const char *name, const struct release_file *f,
    const struct buf *content, struct err *e)
{
	uint8_t there[SHA256_SIZE];
	struct file_info info;
	uint64_t size;
	int found = file_stat(d, name, &info, e);

	if (found == -1)
		return -1;
	if (found == 0)
		return file_create(d, name, content->data, content->len, FILE_MODE, e) == -1 ? -1 : 1;
	if (file_sha256(d, name, there, &size, e) == -1)
		return -1;
	if (memcmp(there, f->sha256, SHA256_SIZE) == 0)
		return 0;
	return file_replace(d, name, content->data, content->len, FILE_MODE, e) == -1 ? -1 : 1;
}

static int
store_file(const struct publishing *w, const struct release *rel, const struct release_file *f,
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
	snprintf(place, sizeof place, "%s/%.*s", w->app,
	    (int)(path_base(f->path) - f->path - 1), f->path);
	if ((d = dir_below(w->r->targets, place, true, e)) == NULL)
		goto out;
	rc = store_content(d, name, f, &content, e);
out:
	dir_close(d);
	buf_free(&content);
	return rc;
}

/* file_replace(), because a crash may have left files of these names that nothing refers to. */
static int
write_metadata(const struct publishing *w, const char *role, int64_t version,
    const struct buf *content, struct err *e)
{
	char name[REPO_FILE_SIZE];

	if (content->len == 0)
		return 0;
	if (version == 0)
		snprintf(name, sizeof name, "%s.json", role);
	else
		snprintf(name, sizeof name, "%" PRId64 ".%s.json", version, role);
	return file_replace(w->r->metadata, name, content->data, content->len, FILE_MODE, e);
}

static int
write_all(const struct publishing *w, const struct release *rel, struct published *out,
    struct err *e)
{
	for (size_t i = 0; i < rel->n; i++) {
		int rc = store_file(w, rel, &rel->files[i], e);

		if (rc == -1)
			return -1;
		out->stored += (size_t)rc;
	}
	if (write_metadata(w, w->app, w->role_version, &w->role, e) == -1 ||
	    write_metadata(w, "targets", w->targets_version, &w->targets, e) == -1 ||
	    write_metadata(w, "snapshot", w->snapshot_version, &w->snapshot, e) == -1 ||
	    write_metadata(w, "timestamp", 0, &w->timestamp, e) == -1)
		return -1;
	return 0;
}

static int
sign_all(struct publishing *w, const struct release *rel, struct published *out, struct err *e)
{
	struct buf keys = BUF_INIT(PATH_BYTES_MAX);
	int rc = -1;

	if (repo_path(w->r->path, "keys", &keys, e) == -1 ||
	    (w->ks = keystore_open(buf_text(&keys), false, e)) == NULL)
		goto out;
	if (repo_delegation(w->r, w->app) == NULL && sign_targets(w, e) == -1)
		goto out;
	if (sign_role(w, rel, &out->release, e) == -1 || sign_snapshot(w, e) == -1 ||
	    sign_timestamp(w, e) == -1)
		goto out;
	rc = 0;
out:
	buf_free(&keys);
	return rc;
}

int
publish_release(struct repo *r, const char *app, const char *path, const struct passphrases *p,
    struct published *out, struct err *e)
{
	struct publishing w = { .r = r, .p = p, .app = app,
		.role = BUF_INIT(REPO_METADATA_MAX), .targets = BUF_INIT(REPO_METADATA_MAX),
		.snapshot = BUF_INIT(REPO_METADATA_MAX), .timestamp = BUF_INIT(REPO_METADATA_MAX) };
	struct release rel;
	int rc = -1;

	memset(out, 0, sizeof *out);
	if (release_scan(&rel, app, path, e) == -1 || repo_read_app(r, app, &w.old, e) == -1 ||
	    check_changed(&w, &rel, e) == -1 || sign_all(&w, &rel, out, e) == -1 ||
	    write_all(&w, &rel, out, e) == -1)
		goto out;
	out->files = rel.n;
	out->bytes = rel.bytes;
	if (w.key != NULL) {
		out->new_app = true;
		memcpy(out->keyid, privkey_id(w.key), sizeof out->keyid);
	}
	rc = 0;
out:
	release_free(&rel);
	targets_free(w.old);
	privkey_free(w.key);
	keystore_close(w.ks);
	buf_free(&w.role);
	buf_free(&w.targets);
	buf_free(&w.snapshot);
	buf_free(&w.timestamp);
	return rc;
}
