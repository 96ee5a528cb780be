/* SPDX-License-Identifier: ISC */
/*
 * The settings store over two key files, one for HKLM and one for HKCU.
 *
 * Readers take no lock: a file is only ever replaced as a whole.  Writers hold a lock on a file
 * beside it, ".NAME.lock", because the key file itself is a new one after each change.  They leave
 * a copy of it, too (keycopy.h).
 */
#include "lib/settings/settings_store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/movable.h"
#include "lib/os/owned.h"
#include "lib/os/places.h"
#include "lib/settings/difference.h"
#include "lib/settings/keycopy.h"

enum { MACHINE, USER, HALVES };

/* Everybody may read a new machine.conf; only its owner may read a new user.conf. */
static const struct {
	const char *name;
	unsigned mode, dir_mode;
} roots[HALVES] = {
	[MACHINE] = { "HKLM", 0644, 0755 },
	[USER] = { "HKCU", 0600, 0700 },
};

/* One key file, and the content that was read from it. */
struct half {
	char *path;		 /* NULL: no such half */
	struct keyfile *content; /* NULL: nothing was read, or the file can't be read */
	struct file_stamp stamp; /* of content */
	bool looked;		 /* content is the state that is held */
	/* Between settings_lock() and settings_unlock(), and while settings_apply() writes. */
	struct dir *dir;
	struct file_lock *lock;
	char name[NAME_MAX + 1]; /* in dir */
};

struct settings {
	struct half halves[HALVES];
	unsigned held; /* settings_hold() without its settings_release() */
};

/* One key file while it is being changed. */
struct edit {
	struct buf bytes; /* new content */
	bool locked;	  /* by this change, not by settings_lock() */
	bool changed;
};

struct settings *
settings_open_files(const char *machine, const char *user, struct err *e)
{
	const char *const paths[HALVES] = { machine, user };
	struct settings *s = calloc(1, sizeof *s);

	for (int h = 0; s != NULL && h < HALVES; h++)
		if (paths[h] != NULL && (s->halves[h].path = strdup(paths[h])) == NULL) {
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

	/* A user without a home has no settings of its own, and reads those of the machine. */
	if (place_path(PLACE_MACHINE_CONF, &machine, e) == 0 &&
	    (place_path(PLACE_USER_CONF, &user, e) == 0 || e->code == ERR_CONFIG))
		s = settings_open_files(buf_text(&machine), user.len == 0 ? NULL : buf_text(&user),
		    e);
	buf_free(&machine);
	buf_free(&user);
	return s;
}

void
settings_close(struct settings *s)
{
	if (s == NULL)
		return;
	settings_unlock(s);
	for (int h = 0; h < HALVES; h++) {
		keyfile_free(s->halves[h].content);
		free(s->halves[h].path);
	}
	free(s);
}

void
settings_hold(struct settings *s)
{
	if (s->held++ == 0)
		s->halves[MACHINE].looked = s->halves[USER].looked = false;
}

void
settings_release(struct settings *s)
{
	s->held--;
}

static int
half_of(const char *normal_key)
{
	return setting_key_within(normal_key, roots[USER].name) ? USER : MACHINE;
}

/* A half without a file is empty. */
static struct keyfile *
half_read(const struct settings *s, int h, struct err *e)
{
	const char *path = s->halves[h].path;
	struct buf bytes = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *f = NULL;

	if (path == NULL || file_read(NULL, path, &bytes, e) == 0 || e->code == ERR_NOENT) {
		f = keyfile_parse(bytes.data, bytes.len, roots[h].name, e);
		if (f == NULL)
			err_context(e, "%s", path);
	}
	buf_free(&bytes);
	return f;
}

static void
half_stamp(const struct settings *s, int h, struct file_stamp *out)
{
	file_stamp(s->halves[h].path == NULL ? "" : s->halves[h].path, out);
}

/*
 * Returns the content of a half as it is on disk, or the state that is held.  Reads the file when
 * its stamp differs from that of the content. s owns the result, which lasts until the next call.
 */
static const struct keyfile *
half_content(struct settings *s, int h, struct err *e)
{
	struct half *half = &s->halves[h];
	struct file_stamp now;

	if (s->held > 0 && half->looked)
		return half->content;
	half_stamp(s, h, &now);
	if (half->content == NULL || !file_stamp_same(&now, &half->stamp)) {
		keyfile_free(half->content);
		half->content = half_read(s, h, e);
		half->stamp = now;
	}
	half->looked = half->content != NULL;
	return half->content;
}

int
store_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct keyfile *f = half_content(s, half_of(key), e);

	return f == NULL ? -1 : keyfile_get(f, key, name, v, e);
}

int
store_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	const struct keyfile *f = half_content(s, half_of(key), e);

	return f == NULL ? -1 : keyfile_list(f, key, walk, e);
}

void
store_stamp(struct settings *s, const char *key, struct settings_stamp *out)
{
	half_stamp(s, half_of(key), &out->file);
}

bool
settings_stamp_same(const struct settings_stamp *a, const struct settings_stamp *b)
{
	return file_stamp_same(&a->file, &b->file);
}

const char *
store_place(struct settings *s, const char *key)
{
	const char *path = s->halves[half_of(key)].path;

	return path != NULL ? path : "no key file";
}

static bool
any_concerns(const struct changeset *c, int h)
{
	for (size_t i = 0; i < c->n; i++)
		if (half_of(c->changes[i].key) == h)
			return true;
	return false;
}

static int
plan_half(const struct keyfile *before, int h, const struct changeset *c,
    struct changeset *effective, struct changeset *undo, struct err *e)
{
	struct keyfile *after = keyfile_copy(before, e);
	int rc = -1;

	if (after != NULL && difference_edit(after, c, roots[h].name, e) == 0)
		rc = difference_compare(before, after, c, roots[h].name, effective, undo, e);
	keyfile_free(after);
	return rc;
}

int
store_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	for (int h = 0; h < HALVES; h++) {
		const struct keyfile *before;

		if (any_concerns(c, h) &&
		    ((before = half_content(s, h, e)) == NULL ||
			plan_half(before, h, c, effective, undo, e) == -1))
			return -1;
	}
	return 0;
}

static void
half_unlock(struct half *half)
{
	file_unlock(half->lock);
	dir_close(half->dir);
	half->lock = NULL;
	half->dir = NULL;
}

/*
 * The directory that the key file is in, or would be, and its name in it.  follow: a link in place
 * of the file is followed, so that a key file that is kept elsewhere stays there.
 */
static int
half_find(const struct half *half, bool follow, char dir[static PATH_MAX],
    char name[static NAME_MAX + 1], struct err *e)
{
	char *slash;

	if (!follow || realpath(half->path, dir) == NULL) {
		if (follow && errno != ENOENT)
			return err_set(e, ERR_IO, "%s", half->path);
		if ((size_t)snprintf(dir, PATH_MAX, "%s", half->path) >= PATH_MAX)
			return err_setx(e, ERR_TOO_LARGE, "%s: name too long", half->path);
	}
	slash = strrchr(dir, '/');
	if ((size_t)snprintf(name, NAME_MAX + 1, "%s", slash == NULL ? dir : slash + 1) > NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: name too long", half->path);
	if (slash == NULL)
		strcpy(dir, ".");
	else
		slash[slash == dir] = '\0';
	return 0;
}

/* Open the directory that the key file is in, and lock the key file; follow as above. */
static int
half_lock(struct settings *s, int h, bool follow, long long wait_ms, struct err *e)
{
	struct half *half = &s->halves[h];
	char dir[PATH_MAX], lock[NAME_MAX + 1];

	if (half_find(half, follow, dir, half->name, e) == -1)
		return -1;
	if ((size_t)snprintf(lock, sizeof lock, ".%s.lock", half->name) >= sizeof lock)
		return err_setx(e, ERR_TOO_LARGE, "%s: name too long", half->path);
	if ((half->dir = dir_make(dir, roots[h].dir_mode, e)) == NULL ||
	    (half->lock = file_lock(half->dir, lock, wait_ms, e)) == NULL) {
		half_unlock(half);
		return -1;
	}
	return 0;
}

/* Make the new content of a half; ed->changed says whether it differs. */
static int
edit_prepare(struct settings *s, int h, const struct changeset *c, struct edit *ed, struct err *e)
{
	struct changeset effective = CHANGESET_INIT;
	const struct keyfile *before = half_content(s, h, e);
	struct keyfile *f = NULL;
	int rc = -1;

	buf_reset(&ed->bytes);
	if (before == NULL || plan_half(before, h, c, &effective, NULL, e) == -1)
		goto out;
	ed->changed = effective.n > 0;
	/*
	 * The differences are applied, not c: comments in a tree that is deleted and set anew stay.
	 */
	if (ed->changed &&
	    ((f = keyfile_empty(before) ? keyfile_new(e) : keyfile_copy(before, e)) == NULL ||
		difference_edit(f, &effective, roots[h].name, e) == -1 ||
		keyfile_write(f, &ed->bytes, e) == -1))
		goto out;
	rc = 0;
out:
	keyfile_free(f);
	changeset_free(&effective);
	return rc;
}

/*
 * Looks without a lock first: a user without write permission may apply what changes nothing.
 * Waits at most wait_ms for another process, where settings_lock() didn't lock the file.
 */
static int
edit_begin(struct settings *s, int h, const struct changeset *c, long long wait_ms, struct edit *ed,
    struct err *e)
{
	if (!any_concerns(c, h))
		return 0;
	if (edit_prepare(s, h, c, ed, e) == -1)
		return -1;
	if (!ed->changed || s->halves[h].lock != NULL)
		return 0;
	if (s->halves[h].path == NULL)
		return err_setx(e, ERR_CONFIG, "%s: want a key file for it, got none",
		    roots[h].name);
	if (half_lock(s, h, true, wait_ms, e) == -1)
		return -1;
	ed->locked = true;
	return edit_prepare(s, h, c, ed, e);
}

/*
 * Both are ready before either is written.  All writers lock in this order, so two of them can't
 * wait for each other.
 */
static int
edits_begin(struct settings *s, const struct changeset *c, long long wait_ms,
    struct edit edits[HALVES], struct err *e)
{
	if (s->held > 0)
		return err_setx(e, ERR_USAGE, "settings: changed while they are held");
	for (int h = 0; h < HALVES; h++) {
		edits[h].bytes.max = KEYFILE_SIZE_MAX;
		if (edit_begin(s, h, c, wait_ms, &edits[h], e) == -1)
			return -1;
	}
	return 0;
}

static void
edits_end(struct settings *s, struct edit edits[HALVES], bool unlock)
{
	for (int h = 0; h < HALVES; h++) {
		if (unlock && edits[h].locked)
			half_unlock(&s->halves[h]);
		buf_free(&edits[h].bytes);
	}
}

int
settings_lock(struct settings *s, const struct changeset *c, long long wait_ms, struct err *e)
{
	struct edit edits[HALVES] = { 0 };
	int rc = edits_begin(s, c, wait_ms, edits, e);

	edits_end(s, edits, rc == -1);
	return rc;
}

void
settings_unlock(struct settings *s)
{
	for (int h = 0; h < HALVES; h++)
		half_unlock(&s->halves[h]);
}

/* What the copy has more than the file, for whatever reason, stays beside. */
static int
half_write(const struct half *half, int h, const struct buf *bytes, struct err *e)
{
	keycopy_forget(half->path, keycopy_longer(half->path));
	if (file_replace_keep(half->dir, half->name, bytes->data, bytes->len, roots[h].mode, e) ==
	    -1)
		return -1;
	keycopy_make(half->path, bytes->data, bytes->len, roots[h].mode);
	return 0;
}

int
settings_apply(struct settings *s, const struct changeset *c, struct err *e)
{
	struct edit edits[HALVES] = { 0 };
	int rc = edits_begin(s, c, SETTINGS_LOCK_MS, edits, e);

	for (int h = 0; h < HALVES && rc == 0; h++)
		if (edits[h].changed)
			rc = half_write(&s->halves[h], h, &edits[h].bytes, e);
	edits_end(s, edits, true);
	return rc;
}

int
settings_check(struct settings *s, struct err *e)
{
	for (int h = 0; h < HALVES; h++)
		if (s->halves[h].lock != NULL &&
		    file_check_movable(s->halves[h].dir, s->halves[h].name, e) == -1)
			return -1;
	return 0;
}

/* Add the way to mend it to the reason. */
static void
add_remedy(const char *path, bool has_copy, struct err *why)
{
	struct err was = *why;

	if (has_copy)
		err_setx(why, was.code,
		    "%.600s; 'slipway update --repair' puts its copy back; if a person made it so, remove %s.copy",
		    was.text, path);
	else
		err_setx(why, was.code,
		    "%.800s; mend it, or move it away and enrol again: it has no copy", was.text);
}

bool
settings_damaged(struct settings *s, const char *key, struct err *why)
{
	int h = half_of(key);
	const char *path = s->halves[h].path;
	bool readable = half_content(s, h, why) != NULL, damaged = false;
	struct buf copy = BUF_INIT(KEYFILE_SIZE_MAX);

	if (path != NULL && (!readable || keycopy_longer(path)))
		damaged = keycopy_damaged(path, roots[h].name, &copy, why);
	if (damaged)
		add_remedy(path, copy.len > 0, why);
	else if (readable)
		err_clear(why);
	buf_free(&copy);
	return damaged;
}

/* What is put back belongs to this process afterwards, whoever wrote it. */
static int
check_copy(const struct half *half, struct err *e)
{
	struct buf path = BUF_INIT(PATH_MAX);
	int rc = place_privileged() ? keycopy_path(half->path, &path, e) : 0;

	if (rc == 0 && path.len > 0)
		rc = owned_check(buf_text(&path), 0, NULL, e);
	buf_free(&path);
	return rc;
}

/* With the lock. */
static int
restore(const struct half *half, int h, const struct settings_aside *to, struct err *e)
{
	struct buf copy = BUF_INIT(KEYFILE_SIZE_MAX);
	struct err why;
	int rc = keycopy_damaged(half->path, roots[h].name, &copy, &why);

	if (rc == 1 && copy.len == 0) {
		add_remedy(half->path, false, &why);
		*e = why;
		rc = -1;
	} else if (rc == 1 &&
	    (check_copy(half, e) == -1 ||
		to->aside(to->arg, half->dir, half->name, &why, e) == -1 ||
		file_replace(half->dir, half->name, copy.data, copy.len, roots[h].mode, e) == -1)) {
		rc = -1;
	}
	buf_free(&copy);
	return rc;
}

int
settings_restore(struct settings *s, const char *key, const struct settings_aside *to,
    struct err *e)
{
	int h = half_of(key), rc;
	struct err ignored;

	if (!settings_damaged(s, key, &ignored))
		return 0;
	/* A link goes, not the file that it leads to. */
	if (half_lock(s, h, false, SETTINGS_LOCK_MS, e) == -1)
		return -1;
	rc = restore(&s->halves[h], h, to, e);
	half_unlock(&s->halves[h]);
	return rc;
}

static void
half_keep(struct settings *s, int h)
{
	struct half *half = &s->halves[h];
	struct buf text = BUF_INIT(KEYFILE_SIZE_MAX), copy = BUF_INIT(KEYFILE_SIZE_MAX);
	struct err ignored;

	if (half->path == NULL || half->lock != NULL || !keycopy_is_old(half->path) ||
	    half_lock(s, h, true, 0, &ignored) == -1)
		return;
	if (!keycopy_damaged(half->path, roots[h].name, &copy, &ignored) &&
	    file_read(half->dir, half->name, &text, &ignored) == 0) {
		keycopy_forget(half->path, keycopy_longer(half->path));
		keycopy_make(half->path, text.data, text.len, roots[h].mode);
	}
	buf_free(&text);
	buf_free(&copy);
	half_unlock(half);
}

void
settings_keep(struct settings *s)
{
	for (int h = 0; h < HALVES; h++)
		half_keep(s, h);
}

int
settings_copy(struct settings *s, const char *key, struct buf *out, struct err *e)
{
	return keycopy_path(store_place(s, key), out, e);
}
