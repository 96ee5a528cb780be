/* SPDX-License-Identifier: ISC */
/* Checking the metadata and targets of the served tree, and noting the files that they name. */
#include "server/repo/served.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/list.h"
#include "lib/tuf/client.h"

#define READ_CHUNK 65536

static int
note_name(json_t *set, const char *name, struct err *e)
{
	return json_object_set_new_nocheck(set, name, json_true()) == -1 ? err_nomem(e) : 0;
}

static bool
is_there(const struct served *t, const char *path)
{
	return json_object_get(t->files, path) != NULL;
}

/*
 * Notes that a metadata file is named, and reads at most max bytes of the file.  Returns 1, 0 when
 * the file has a fault, or -1.
 */
static int
load_metadata(struct served *t, const char *file, const struct tuf_meta *meta, size_t max,
    struct envelope *v, struct err *e)
{
	char path[LAYOUT_METADATA_SIZE + 16];
	const json_t *size;

	snprintf(path, sizeof path, LAYOUT_METADATA "%s", file);
	if (json_object_get(t->named, path) == NULL)
		t->metadata++;
	if (note_name(t->named, path, e) == -1)
		return -1;
	if ((size = json_object_get(t->files, path)) == NULL)
		err_setx(e, ERR_NOENT, "%s: missing", file);
	else if (json_integer_value(size) > (json_int_t)max)
		err_setx(e, ERR_TOO_LARGE, "%s: %" PRId64 " bytes, stations read at most %zu", file,
		    (int64_t)json_integer_value(size), max);
	else if (repo_read_envelope(t->r, file, meta, v, e) == 0)
		return 1;
	return served_blame(t, e);
}

/*
 * Checks the version against the file's name and the parent, and the expiry of current metadata.
 * Returns 0 or -1.
 */
static int
check_common(struct served *t, const char *file, const struct tuf_common *c, int64_t version,
    bool current, struct err *e)
{
	char expires[DATE_TEXT_SIZE];

	if (version != 0 && c->version != version) {
		err_setx(e, ERR_VERSION, "%s: want version %" PRId64 ", got %" PRId64, file,
		    version, c->version);
		if (served_blame(t, e) == -1)
			return -1;
	}
	if (!current || c->expires > t->now)
		return 0;
	date_format(c->expires, expires);
	err_setx(e, ERR_EXPIRED, "%s: expired at %s", file, expires);
	return served_blame(t, e);
}

/*
 * Checks the next root of the chain, whose version is t->nroots + 1.  Returns 1 to go on, 0 at the
 * end of the chain, or -1.
 */
static int
check_next_root(struct served *t, struct err *e)
{
	const struct tuf_root *before = t->nroots == 0 ? NULL : t->roots[t->nroots - 1];
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_root *root = NULL;
	char file[LAYOUT_METADATA_SIZE];
	int rc;

	if (list_grow(&t->roots, (size_t)t->nroots, sizeof *t->roots, e) == -1)
		return -1;
	if (layout_metadata(t->nroots + 1, "root", file, e) == -1)
		return -1;
	if ((rc = load_metadata(t, file, NULL, TUF_ROOT_SIZE_MAX, &v, e)) != 1)
		return rc;
	if ((root = root_parse(&v, e)) == NULL) {
		err_context(e, "%s", file);
		rc = served_blame(t, e);
		goto out;
	}
	if ((before != NULL &&
		envelope_verify(&v, &before->ring, &before->roles[TUF_ROOT], file, e) == -1 &&
		(err_context(e, "by the keys of the root before"), served_blame(t, e) == -1)) ||
	    (envelope_verify(&v, &root->ring, &root->roles[TUF_ROOT], file, e) == -1 &&
		served_blame(t, e) == -1)) {
		rc = -1;
		goto out;
	}
	if (!root->consistent) {
		err_setx(e, ERR_SYNTAX, "%s: want consistent snapshots", file);
		if ((rc = served_blame(t, e)) == -1)
			goto out;
	}
	if ((rc = check_common(t, file, &root->c, t->nroots + 1, false, e)) == -1)
		goto out;
	t->roots[t->nroots++] = root;
	root = NULL;
	rc = 1;
out:
	root_free(root);
	envelope_free(&v);
	return rc;
}

/* Whether a root exists whose version is beyond the end of the chain. */
static bool
root_beyond(const struct served *t)
{
	const char *path;
	json_t *size;

	json_object_foreach (t->files, path, size)
		if (served_version(path, tuf_top_name(TUF_ROOT)) > t->nroots)
			return true;
	return false;
}

int
served_roots(struct served *t, struct err *e)
{
	char path[LAYOUT_METADATA_SIZE + 16];
	int rc;

	do {
		rc = check_next_root(t, e);
		snprintf(path, sizeof path, LAYOUT_METADATA "%" PRId64 ".root.json", t->nroots + 1);
	} while (rc == 1 && is_there(t, path));
	if (rc == -1 || t->nroots == 0)
		return rc == -1 ? -1 : 0;
	if (rc == 1 && root_beyond(t)) {
		err_setx(e, ERR_NOENT, "%" PRId64 ".root.json: missing", t->nroots + 1);
		if (served_blame(t, e) == -1)
			return -1;
	}
	snprintf(path, sizeof path, "%" PRId64 ".root.json", t->nroots);
	return check_common(t, path, &t->roots[t->nroots - 1]->c, 0, true, e);
}

/*
 * Returns the root whose keys signed v: the newest for current metadata, any for older.  NULL with
 * e filled in.
 */
static const struct tuf_root *
signer(const struct served *t, const struct envelope *v, enum tuf_top which, const char *file,
    bool current, struct err *e)
{
	struct err first;

	err_setx(e, ERR_SIGNATURE, "%s: no root to check it with", file);
	for (int64_t i = t->nroots; i > 0 && (i == t->nroots || !current); i--) {
		const struct tuf_root *root = t->roots[i - 1];

		if (envelope_verify(v, &root->ring, &root->roles[which], file, &first) == 0)
			return root;
		if (i == t->nroots)
			*e = first;
	}
	return NULL;
}

/* Checks the content against every stated hash.  Returns 0 or -1. */
static int
check_content(struct served *t, const char *path, const struct tuf_target *target, struct err *e)
{
	struct digest *d256 = digest_new(DIGEST_SHA256, e);
	struct digest *d512 = d256 == NULL ? NULL : digest_new(DIGEST_SHA512, e);
	struct file_in *f =
	    d512 == NULL ? NULL : file_in_open(t->r->targets, path + strlen(LAYOUT_TARGETS), 0, e);
	uint8_t chunk[READ_CHUNK], s256[DIGEST_MAX], s512[DIGEST_MAX];
	size_t got = 0;
	int rc = -1;

	if (f == NULL)
		goto out;
	do {
		if (file_in_read(f, chunk, sizeof chunk, &got, e) == -1 ||
		    digest_add(d256, chunk, got, e) == -1 || digest_add(d512, chunk, got, e) == -1)
			goto out;
	} while (got > 0);
	if (digest_end(d256, s256, e) == -1 || digest_end(d512, s512, e) == -1)
		goto out;
	if (memcmp(s256, target->hashes.sha256, SHA256_SIZE) != 0 ||
	    (target->hashes.has_sha512 && memcmp(s512, target->hashes.sha512, SHA512_SIZE) != 0))
		err_setx(e, ERR_HASH, "%s: its content has another hash", path);
	else
		rc = 0;
out:
	file_in_close(f);
	digest_free(d256);
	digest_free(d512);
	return rc;
}

/* Writes the target's place below served/. */
static int
target_path(const char *name, const struct tuf_target *target, char out[SERVED_PATH_SIZE],
    struct err *e)
{
	static const char place[] = LAYOUT_TARGETS;
	char hex[SHA256_HEX_SIZE];

	hex_encode(target->hashes.sha256, SHA256_SIZE, hex);
	memcpy(out, place, sizeof place);
	return layout_stored(name, hex, out + sizeof place - 1, e);
}

/* Checks one target that file states; d is the delegation to the role of file, or NULL. */
static int
check_target(struct served *t, const char *file, const struct tuf_targets *role,
    const struct tuf_delegation *d, const char *name, struct err *e)
{
	char path[SERVED_PATH_SIZE];
	struct tuf_target target;
	const json_t *size;

	if (d != NULL && !delegation_covers(d, name)) {
		err_setx(e, ERR_UNSAFE, "%s: %s: outside of what is delegated to it", file, name);
		return served_blame(t, e);
	}
	if (targets_get(role, name, &target, e) != 1) {
		err_context(e, "%s: %s", file, name);
		return served_blame(t, e);
	}
	if (!target.hashes.has_sha256) {
		err_setx(e, ERR_SYNTAX, "%s: %s: want a SHA-256", file, name);
		return served_blame(t, e);
	}
	if (target_path(name, &target, path, e) == -1)
		return served_blame(t, e);
	if (json_object_get(t->named, path) != NULL) /* its name holds its hash */
		return 0;
	if (note_name(t->named, path, e) == -1)
		return -1;
	t->targets++;
	t->bytes += target.length;
	if ((size = json_object_get(t->files, path)) == NULL)
		err_setx(e, ERR_NOENT, "%s: missing, %s names it", path, file);
	else if (json_integer_value(size) != (json_int_t)target.length)
		err_setx(e, ERR_HASH, "%s: want %" PRIu64 " bytes, got %" PRId64, path,
		    target.length, (int64_t)json_integer_value(size));
	else if (!t->content || check_content(t, path, &target, e) == 0)
		return 0;
	return served_blame(t, e);
}

/* A role below a parent: its keys, and the file that delegates to it. */
struct below {
	const struct tuf_snapshot *snapshot;
	const char *parent; /* its file */
	const struct tuf_keyring *ring;
	const struct tuf_role *role;
	const struct tuf_delegation *d;
	bool current;
	int depth;
};

static int
check_delegated(struct served *t, const struct below *b, const char *name, struct err *e);

/* Checks all targets and delegations of a role's file. */
static int
check_contents(struct served *t, const struct below *b, const char *file,
    const struct tuf_targets *role, struct err *e)
{
	const char *name;
	json_t *one;

	/* jansson walks only objects that it may write to; nothing is written. */
	json_object_foreach (json_object_get(role->c.json, "targets"), name, one)
		if (check_target(t, file, role, b->d, name, e) == -1)
			return -1;
	for (size_t i = 0; i < role->n; i++) {
		const struct tuf_delegation *d = &role->delegations[i];
		struct below next = { b->snapshot, file, &role->ring, &d->role, d, b->current,
			b->depth + 1 };

		if (next.depth > TUF_VISITS_MAX) {
			err_setx(e, ERR_TOO_LARGE, "%s: over %d delegations deep", file,
			    TUF_VISITS_MAX);
			return served_blame(t, e);
		}
		if (check_delegated(t, &next, d->name, e) == -1)
			return -1;
	}
	return 0;
}

/* Whether this pair of files was checked already.  Returns 1, 0 (and notes the pair) or -1. */
static int
was_done(struct served *t, const char *parent, const char *file, struct err *e)
{
	char pair[2 * LAYOUT_METADATA_SIZE];

	snprintf(pair, sizeof pair, "%s/%s", parent, file);
	if (json_object_get(t->done, pair) != NULL)
		return 1;
	return note_name(t->done, pair, e);
}

static int
read_role(struct served *t, const struct below *b, const char *file, const struct tuf_meta *meta,
    struct err *e)
{
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_targets *role = NULL;
	int rc = load_metadata(t, file, meta, TUF_TARGETS_SIZE_MAX, &v, e);

	if (rc != 1)
		return rc;
	if (b->ring != NULL)
		rc = envelope_verify(&v, b->ring, b->role, file, e);
	else
		rc = signer(t, &v, TUF_TARGETS, file, b->current, e) == NULL ? -1 : 0;
	if (rc == -1) {
		err_context(e, "below %s", b->parent);
		rc = served_blame(t, e);
	} else if ((role = targets_parse(&v, e)) == NULL) {
		err_context(e, "%s", file);
		rc = served_blame(t, e);
	} else if ((rc = check_common(t, file, &role->c, meta->version, b->current, e)) == 0) {
		rc = check_contents(t, b, file, role, e);
	}
	targets_free(role);
	envelope_free(&v);
	return rc;
}

/* Checks a role that the snapshot may list; an application without a release isn't listed. */
static int
check_delegated(struct served *t, const struct below *b, const char *name, struct err *e)
{
	char file[LAYOUT_METADATA_SIZE];
	struct tuf_meta meta;
	int rc;

	if (!snapshot_meta(b->snapshot, name, &meta))
		return 0;
	if (layout_metadata(meta.version, name, file, e) == -1)
		return served_blame(t, e);
	if ((rc = was_done(t, b->parent, file, e)) != 0)
		return rc == -1 ? -1 : 0;
	return read_role(t, b, file, &meta, e);
}

static int
check_targets(struct served *t, const struct tuf_snapshot *s, const char *file, bool current,
    struct err *e)
{
	struct below b = { s, file, NULL, NULL, NULL, current, 0 };
	struct tuf_meta meta;

	if (!snapshot_meta(s, tuf_top_name(TUF_TARGETS), &meta)) {
		err_setx(e, ERR_SYNTAX, "%s: no entry for targets.json", file);
		return served_blame(t, e);
	}
	return check_delegated(t, &b, tuf_top_name(TUF_TARGETS), e);
}

/*
 * Checks the roles that the snapshot lists and no role delegates to: removed applications, whose
 * entries have to stay.
 */
static int
name_entries(struct served *t, const struct tuf_snapshot *s, struct err *e)
{
	static const char suffix[] = ".json";
	char path[2 * LAYOUT_METADATA_SIZE];
	const char *name;
	json_t *entry;

	json_object_foreach (json_object_get(s->c.json, "meta"), name, entry) {
		snprintf(path, sizeof path, LAYOUT_METADATA "%" PRId64 ".%.*s%s",
		    (int64_t)json_integer_value(json_object_get(entry, "version")),
		    LAYOUT_METADATA_SIZE, name, strlen(name) < sizeof suffix ? suffix : "");
		if (is_there(t, path) && note_name(t->named, path, e) == -1)
			return -1;
	}
	return 0;
}

static int
check_snapshot(struct served *t, int64_t version, const struct tuf_meta *meta, struct err *e)
{
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_snapshot *s = NULL;
	char file[LAYOUT_METADATA_SIZE];
	bool current = meta != NULL;
	int rc;

	if (layout_metadata(version, "snapshot", file, e) == -1)
		return -1;
	if ((rc = load_metadata(t, file, meta, TUF_SNAPSHOT_SIZE_MAX, &v, e)) != 1)
		return rc;
	if (signer(t, &v, TUF_SNAPSHOT, file, current, e) == NULL) {
		rc = served_blame(t, e);
	} else if ((s = snapshot_parse(&v, e)) == NULL) {
		err_context(e, "%s", file);
		rc = served_blame(t, e);
	} else if ((rc = check_common(t, file, &s->c, version, current, e)) == 0 &&
	    (rc = check_targets(t, s, file, current, e)) == 0) {
		rc = name_entries(t, s, e);
	}
	snapshot_free(s);
	envelope_free(&v);
	return rc;
}

int
served_current(struct served *t, struct err *e)
{
	static const char file[] = "timestamp.json";
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_timestamp *ts = NULL;
	int rc;

	if ((rc = load_metadata(t, file, NULL, TUF_TIMESTAMP_SIZE_MAX, &v, e)) != 1)
		return rc;
	if (signer(t, &v, TUF_TIMESTAMP, file, true, e) == NULL) {
		rc = served_blame(t, e);
	} else if ((ts = timestamp_parse(&v, e)) == NULL) {
		err_context(e, "%s", file);
		rc = served_blame(t, e);
	} else if ((rc = check_common(t, file, &ts->c, 0, true, e)) == 0) {
		t->snapshot = ts->snapshot.version;
		rc = check_snapshot(t, t->snapshot, &ts->snapshot, e);
	}
	timestamp_free(ts);
	envelope_free(&v);
	return rc;
}

int
served_snapshot(struct served *t, int64_t version, struct err *e)
{
	return version == t->snapshot ? 0 : check_snapshot(t, version, NULL, e);
}
