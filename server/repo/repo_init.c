/* SPDX-License-Identifier: ISC */
/*
 * Making a new repository: four keys and version 1 of the four top-level roles in memory, then the
 * first line of the record, then directories and files.
 */
#include "server/repo/repo.h"

#include <stdio.h>

#include "lib/os/move.h"
#include "lib/os/path.h"
#include "server/keys/keystore.h"
#include "server/repo/audit.h"
#include "server/repo/audit_state.h"

#define PUBLIC_MODE   0755
#define PRIVATE_MODE  0700
#define METADATA_MODE 0644

struct making {
	struct privkey *keys[TUF_TOP_COUNT];
	struct buf files[TUF_TOP_COUNT];
};

static int
refuse_entry(void *arg, const char *name, struct err *e)
{
	return err_setx(e, ERR_EXISTS, "%s: want an empty directory, got one that holds '%s'",
	    (const char *)arg, name);
}

/* Nobody is asked for a passphrase in vain; other faults show when the directory is made. */
static int
refuse_filled(const char *path, struct err *e)
{
	char shown[REPO_PATH_MAX];
	struct dir *d = dir_open(path, e);
	int rc = 0;

	snprintf(shown, sizeof shown, "%s", path);
	if (d != NULL && dir_list(d, refuse_entry, shown, e) == -1 && e->code == ERR_EXISTS)
		rc = -1;
	dir_close(d);
	if (rc == 0)
		err_clear(e);
	return rc;
}

/* Makes a directory below the repository; others may enter it only if mode says so. */
static int
make_directory(const char *path, const char *name, unsigned mode, struct err *e)
{
	struct buf full = BUF_INIT(REPO_PATH_MAX);
	struct dir *d = NULL;

	if (path_join(&full, path, name, e) == 0)
		d = dir_make(buf_text(&full), mode, e);
	buf_free(&full);
	dir_close(d);
	return d == NULL ? -1 : 0;
}

static int
make_directories(const char *path, struct err *e)
{
	return make_directory(path, "served/metadata", PUBLIC_MODE, e) == -1 ||
		make_directory(path, "served/targets", PUBLIC_MODE, e) == -1 ||
		make_directory(path, "certs", PRIVATE_MODE, e) == -1
	    ? -1
	    : make_directory(path, "ssh", PRIVATE_MODE, e);
}

static int
make_keys(struct making *m, struct err *e)
{
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if ((m->keys[i] = privkey_generate(TUF_ED25519, e)) == NULL)
			return -1;
	return 0;
}

/*
 * Root and targets keys, which sign seldom, are encrypted; snapshot and timestamp work unattended.
 */
static int
write_keys(const struct making *m, const char *path, const char *passphrase, struct err *e)
{
	struct buf keys = BUF_INIT(REPO_PATH_MAX);
	struct keystore *ks = NULL;
	int rc = path_join(&keys, path, "keys", e);

	if (rc == 0 && (ks = keystore_open(buf_text(&keys), true, e)) == NULL)
		rc = -1;
	for (int i = 0; i < TUF_TOP_COUNT && rc == 0; i++) {
		bool seldom = i == TUF_ROOT || i == TUF_TARGETS;

		rc = keystore_add(ks, tuf_top_name((enum tuf_top)i), m->keys[i],
		    seldom ? passphrase : NULL, e);
	}
	keystore_close(ks);
	buf_free(&keys);
	return rc;
}

static json_t *
root_body(const struct making *m, struct err *e)
{
	json_t *body = repo_new_body("root", 1, REPO_ROOT_DAYS, e);
	json_t *keys = json_object(), *roles = json_object();
	bool bad = body == NULL;

	for (int i = 0; i < TUF_TOP_COUNT && !bad; i++) {
		json_t *public = privkey_public(m->keys[i], e);

		if (public == NULL)
			goto fail;
		bad = json_object_set_new(keys, privkey_id(m->keys[i]), public) == -1 ||
		    json_object_set_new(roles, tuf_top_name((enum tuf_top)i),
			json_pack("{s:[s],s:i}", "keyids", privkey_id(m->keys[i]), "threshold",
			    1)) == -1;
	}
	bad = bad || json_object_set_new(body, "consistent_snapshot", json_true()) == -1 ||
	    json_object_set(body, "keys", keys) == -1 ||
	    json_object_set(body, "roles", roles) == -1;
	if (!bad)
		goto out;
	err_nomem(e);
fail:
	json_decref(body);
	body = NULL;
out:
	json_decref(keys);
	json_decref(roles);
	return body;
}

/* Signs body with the role's key, and releases body. */
static int
sign_one(struct making *m, enum tuf_top which, json_t *body, struct err *e)
{
	int rc = -1;

	if (body != NULL)
		rc = sign_metadata(body, &m->keys[which], 1, &m->files[which], e);
	json_decref(body);
	return rc;
}

/* Returns a body with the field value; for "meta" the value describes one file. */
static json_t *
body_with(const char *type, int days, const char *field, json_t *value, struct err *e)
{
	json_t *body = value == NULL ? NULL : repo_new_body(type, 1, days, e);

	if (body == NULL) {
		json_decref(value);
		return NULL;
	}
	if (json_object_set_new(body, field, value) == -1) {
		err_nomem(e);
		json_decref(body);
		return NULL;
	}
	return body;
}

static json_t *
meta_of(const char *file, const struct buf *content, struct err *e)
{
	json_t *meta = repo_meta(1, content, e), *all;

	if (meta == NULL)
		return NULL;
	if ((all = json_pack("{s:o}", file, meta)) == NULL)
		err_nomem(e);
	return all;
}

static int
make_metadata(struct making *m, struct err *e)
{
	if (sign_one(m, TUF_ROOT, root_body(m, e), e) == -1 ||
	    sign_one(m, TUF_TARGETS,
		body_with("targets", REPO_TARGETS_DAYS, "targets", json_object(), e), e) == -1 ||
	    sign_one(m, TUF_SNAPSHOT,
		body_with("snapshot", REPO_SNAPSHOT_DAYS, "meta",
		    meta_of("targets.json", &m->files[TUF_TARGETS], e), e),
		e) == -1)
		return -1;
	return sign_one(m, TUF_TIMESTAMP,
	    body_with("timestamp", REPO_TIMESTAMP_DAYS, "meta",
		meta_of("snapshot.json", &m->files[TUF_SNAPSHOT], e), e),
	    e);
}

/* Records what will be live. */
static int
record(const struct making *m, struct dir *top, struct err *e)
{
	static const enum tuf_top recorded[] = { TUF_ROOT, TUF_SNAPSHOT, TUF_TIMESTAMP };
	json_t *state = json_object();
	char hex[SHA256_HEX_SIZE];
	struct err ignored; /* the first error is reported */

	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		const struct buf *f = &m->files[recorded[i]];

		if (digest_hex(f->data, f->len, hex, e) == -1 ||
		    json_object_set_new(state, tuf_top_name(recorded[i]),
			json_pack("{s:s,s:i}", "sha256", hex, "version", 1)) == -1) {
			json_decref(state);
			return err_nomem(e);
		}
	}
	if (audit_before(top, "init", json_object(), state, e) == 0)
		return 0;
	file_remove(top, AUDIT_FILE, &ignored); /* so that init can be given again */
	return -1;
}

static int
write_metadata(const struct making *m, struct dir *top, struct err *e)
{
	static const struct {
		enum tuf_top which;
		const char *file;
	} order[] = {
		/* timestamp.json last, because it makes the directory a repository */
		{ TUF_ROOT, "1.root.json" },
		{ TUF_TARGETS, "1.targets.json" },
		{ TUF_SNAPSHOT, "1.snapshot.json" },
		{ TUF_TIMESTAMP, "timestamp.json" },
	};
	struct dir *metadata = dir_below(top, "served/metadata", false, e);
	int rc = metadata == NULL ? -1 : 0;

	for (size_t i = 0; i < sizeof order / sizeof order[0] && rc == 0; i++) {
		const struct buf *f = &m->files[order[i].which];

		rc = file_create(metadata, order[i].file, f->data, f->len, METADATA_MODE, e);
	}
	dir_close(metadata);
	return rc;
}

int
repo_init(const char *path, const struct passphrases *p, struct err *e)
{
	struct making m = { 0 };
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	char shown[REPO_PATH_MAX];
	struct dir *top = NULL;
	int sealed, rc = -1;

	if (refuse_filled(path, e) == -1)
		return -1;
	snprintf(shown, sizeof shown, "%s", path);
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		m.files[i] = (struct buf)BUF_INIT(REPO_METADATA_MAX);
	/* Asks before writing anything, so that a missing answer leaves no files. */
	if ((sealed = passphrase_new(p, "root and targets keys", &phrase, e)) != -1 &&
	    make_keys(&m, e) == 0 && make_metadata(&m, e) == 0 &&
	    (top = dir_make(path, PUBLIC_MODE, e)) != NULL &&
	    dir_list(top, refuse_entry, shown, e) == 0 && record(&m, top, e) == 0 &&
	    make_directories(path, e) == 0 &&
	    write_keys(&m, path, sealed == 1 ? buf_text(&phrase) : NULL, e) == 0)
		rc = write_metadata(&m, top, e);
	if (rc == -1 && e->code == ERR_NONE)
		err_nomem(e);
	for (int i = 0; i < TUF_TOP_COUNT; i++) {
		privkey_free(m.keys[i]);
		buf_free(&m.files[i]);
	}
	dir_close(top);
	buf_free(&phrase);
	return rc;
}
