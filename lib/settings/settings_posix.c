/* SPDX-License-Identifier: ISC */
/*
 * The settings store over two key files, one for HKLM and one for HKCU.
 *
 * Readers take no lock: a file is only ever replaced as a whole.  Writers hold a lock on a file
 * beside it, ".NAME.lock", because the key file itself is a new one after each change.
 */
#include "lib/settings/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/os/file.h"
#include "lib/os/places.h"
#include "lib/settings/keyfile.h"
#include "lib/settings/difference.h"

enum half { MACHINE, USER, HALVES };

/* A new machine.conf is for everybody to read; a new user.conf is its owner's business. */
static const struct {
	const char *root;
	unsigned mode, dir_mode;
} halves[HALVES] = {
	[MACHINE] = { "HKLM", 0644, 0755 },
	[USER] = { "HKCU", 0600, 0700 },
};

struct settings {
	char *path[HALVES]; /* NULL: no such half */
};

/* One key file while it is being changed. */
struct edit {
	struct dir *dir;
	struct file_lock *lock;
	char name[NAME_MAX + 1]; /* in dir */
	struct buf bytes;	 /* new content */
	bool changed;
};

struct settings *
settings_open_files(const char *machine, const char *user, struct err *e)
{
	const char *const paths[HALVES] = { machine, user };
	struct settings *s = calloc(1, sizeof *s);

	for (int h = 0; s != NULL && h < HALVES; h++)
		if (paths[h] != NULL && (s->path[h] = strdup(paths[h])) == NULL) {
			settings_close(s);
			s = NULL;
		}
	if (s == NULL)
		err_nomem(e);
	return s;
}

struct settings *
settings_open(struct err *e)
{
	struct buf machine = BUF_INIT(PATH_MAX), user = BUF_INIT(PATH_MAX);
	struct settings *s = NULL;

	if (place_path(PLACE_MACHINE_CONF, &machine, e) == 0 &&
	    place_path(PLACE_USER_CONF, &user, e) == 0)
		s = settings_open_files(buf_text(&machine), buf_text(&user), e);
	buf_free(&machine);
	buf_free(&user);
	return s;
}

void
settings_close(struct settings *s)
{
	if (s == NULL)
		return;
	for (int h = 0; h < HALVES; h++)
		free(s->path[h]);
	free(s);
}

static enum half
half_of(const char *normal_key)
{
	return setting_key_within(normal_key, halves[USER].root) ? USER : MACHINE;
}

/* The bytes of a half; none where there is no file. */
static int
read_half(const struct settings *s, enum half h, struct buf *bytes, struct err *e)
{
	if (s->path[h] == NULL || file_read(NULL, s->path[h], bytes, e) == 0)
		return 0;
	return e->code == ERR_NOENT ? 0 : -1;
}

static struct keyfile *
parse_half(const struct settings *s, enum half h, const struct buf *bytes, struct err *e)
{
	struct keyfile *f = keyfile_parse(bytes->data, bytes->len, halves[h].root, e);

	if (f == NULL)
		err_context(e, "%s", s->path[h]);
	return f;
}

static struct keyfile *
load_half(const struct settings *s, enum half h, struct err *e)
{
	struct buf bytes = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f = NULL;

	if (read_half(s, h, &bytes, e) == 0)
		f = parse_half(s, h, &bytes, e);
	buf_free(&bytes);
	return f;
}

int
settings_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	struct keyfile *f = NULL;
	int rc = -1;

	if (setting_key_normal(key, strlen(key), &normal, e) == -1 ||
	    (f = load_half(s, half_of(buf_text(&normal)), e)) == NULL)
		goto out;
	rc = keyfile_get(f, buf_text(&normal), name, v, e);
out:
	keyfile_free(f);
	buf_free(&normal);
	return rc;
}

void
settings_stamp(struct settings *s, const char *key, struct settings_stamp *out)
{
	const char *path = s->path[half_of(key)];

	file_stamp(path == NULL ? "" : path, &out->file);
}

bool
settings_stamp_same(const struct settings_stamp *a, const struct settings_stamp *b)
{
	return file_stamp_same(&a->file, &b->file);
}

int
settings_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	struct keyfile *f = NULL;
	int rc = -1;

	if (setting_key_normal(key, strlen(key), &normal, e) == -1 ||
	    (f = load_half(s, half_of(buf_text(&normal)), e)) == NULL)
		goto out;
	rc = keyfile_list(f, buf_text(&normal), walk, e);
out:
	keyfile_free(f);
	buf_free(&normal);
	return rc;
}

static bool
concerns(const struct change *c, enum half h)
{
	return half_of(c->key) == h;
}

static bool
any_concerns(const struct changeset *c, enum half h)
{
	for (size_t i = 0; i < c->n; i++)
		if (concerns(&c->changes[i], h))
			return true;
	return false;
}

static int
plan_half(const struct settings *s, enum half h, const struct buf *bytes, const struct changeset *c,
    struct changeset *effective, struct changeset *undo, struct err *e)
{
	struct keyfile *before = NULL, *after = NULL;
	int rc = -1;

	if ((before = parse_half(s, h, bytes, e)) == NULL ||
	    (after = parse_half(s, h, bytes, e)) == NULL ||
	    model_edit(after, c, halves[h].root, e) == -1)
		goto out;
	rc = model_compare(before, after, c, halves[h].root, effective, undo, e);
out:
	keyfile_free(before);
	keyfile_free(after);
	return rc;
}

int
settings_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	int rc = 0;

	for (int h = 0; h < HALVES && rc == 0; h++) {
		struct buf bytes = BUF_INIT(KEYFILE_SIZE_MAX);

		if (any_concerns(c, (enum half)h) &&
		    (read_half(s, (enum half)h, &bytes, e) == -1 ||
			plan_half(s, (enum half)h, &bytes, c, effective, undo, e) == -1))
			rc = -1;
		buf_free(&bytes);
	}
	if (rc == -1 && effective != NULL)
		changeset_free(effective);
	if (rc == -1 && undo != NULL)
		changeset_free(undo);
	return rc;
}

/*
 * Open and lock the directory that the key file is in.  A link in the file's place is followed
 * here, so that a key file that is kept elsewhere stays there.
 */
static int
edit_lock(const struct settings *s, enum half h, struct edit *ed, struct err *e)
{
	char path[PATH_MAX], lock[NAME_MAX + 1], *slash;
	const char *name, *dir;

	if (realpath(s->path[h], path) == NULL) {
		if (errno != ENOENT)
			return err_set(e, ERR_IO, "%s", s->path[h]);
		if ((size_t)snprintf(path, sizeof path, "%s", s->path[h]) >= sizeof path)
			return err_setx(e, ERR_TOO_LARGE, "%s: name too long", s->path[h]);
	}
	slash = strrchr(path, '/');
	name = slash == NULL ? path : slash + 1;
	if ((size_t)snprintf(ed->name, sizeof ed->name, "%s", name) >= sizeof ed->name ||
	    (size_t)snprintf(lock, sizeof lock, ".%s.lock", name) >= sizeof lock)
		return err_setx(e, ERR_TOO_LARGE, "%s: name too long", path);
	dir = slash == NULL ? "." : slash == path ? "/" : path;
	if (slash != NULL)
		*slash = '\0';
	if ((ed->dir = dir_make(*dir == '\0' ? "/" : dir, halves[h].dir_mode, e)) == NULL ||
	    (ed->lock = file_lock(ed->dir, lock, SETTINGS_LOCK_MS, e)) == NULL)
		return -1;
	return 0;
}

/* Read bytes and make the new content of a half; ed->changed says whether there is one. */
static int
edit_prepare(const struct settings *s, enum half h, const struct changeset *c, struct edit *ed,
    struct err *e)
{
	struct changeset effective = CHANGESET_INIT;
	struct buf bytes = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f = NULL;
	int rc = -1;

	buf_reset(&ed->bytes);
	if (read_half(s, h, &bytes, e) == -1 ||
	    plan_half(s, h, &bytes, c, &effective, NULL, e) == -1)
		goto out;
	ed->changed = effective.n > 0;
	/*
	 * The differences are applied, not c: comments in a tree that is deleted and set anew stay.
	 */
	if (ed->changed &&
	    ((f = parse_half(s, h, &bytes, e)) == NULL ||
		model_edit(f, &effective, halves[h].root, e) == -1 ||
		keyfile_write(f, &ed->bytes, e) == -1))
		goto out;
	rc = 0;
out:
	keyfile_free(f);
	buf_free(&bytes);
	changeset_free(&effective);
	return rc;
}

/* Look without a lock first: who may not write must still be able to apply what is so already. */
static int
edit_begin(const struct settings *s, enum half h, const struct changeset *c, struct edit *ed,
    struct err *e)
{
	if (!any_concerns(c, h))
		return 0;
	if (edit_prepare(s, h, c, ed, e) == -1)
		return -1;
	if (!ed->changed)
		return 0;
	if (s->path[h] == NULL)
		return err_setx(e, ERR_CONFIG, "%s: want a key file for it, got none",
		    halves[h].root);
	if (edit_lock(s, h, ed, e) == -1 || edit_prepare(s, h, c, ed, e) == -1)
		return -1;
	return 0;
}

int
settings_apply(struct settings *s, const struct changeset *c, struct err *e)
{
	struct edit edits[HALVES] = { 0 };
	int rc = -1;

	for (int h = 0; h < HALVES; h++)
		edits[h].bytes.max = KEYFILE_SIZE_MAX;
	/*
	 * Both are ready before either is written.  Always locked in this order: two writers can't
	 * wait for each other.
	 */
	for (int h = 0; h < HALVES; h++)
		if (edit_begin(s, (enum half)h, c, &edits[h], e) == -1)
			goto out;
	for (int h = 0; h < HALVES; h++)
		if (edits[h].changed &&
		    file_replace_keep(edits[h].dir, edits[h].name, edits[h].bytes.data,
			edits[h].bytes.len, halves[h].mode, e) == -1)
			goto out;
	rc = 0;
out:
	for (int h = 0; h < HALVES; h++) {
		file_unlock(edits[h].lock);
		dir_close(edits[h].dir);
		buf_free(&edits[h].bytes);
	}
	return rc;
}

const char *
settings_place(struct settings *s, const char *key)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	enum half h = MACHINE;
	struct err e;

	if (setting_key_normal(key, strlen(key), &normal, &e) == 0)
		h = half_of(buf_text(&normal));
	buf_free(&normal);
	return s->path[h] != NULL ? s->path[h] : "no key file";
}
