/* SPDX-License-Identifier: ISC */
/* The part of a plan that looks at what is on disk. */
#include "updater/plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/way.h"

/*
 * A file that its size betrays as changed by hand is read for its hash up to this size (bytes),
 * which is for messages only.
 */
#define HAND_READ_MAX (16u * 1024 * 1024)

struct comparing {
	const struct station *st;
	const struct record *applied;
	struct dir *roots[LAYOUT_ROOTS]; /* NULL: not there, so nothing is in it */
	bool same_root[LAYOUT_ROOTS];	 /* what is applied is in this very directory */
	bool privileged;		 /* this process puts in place what users believe */
	bool shared[LAYOUT_ROOTS];	 /* others may write there */
	const char *last; /* path of the file whose directories were looked at last */
	enum layout_place last_place;
	char when[DATE_TEXT_SIZE];
	struct fold_names names; /* the release's, once there is a removal */
	int64_t deadline;
};

static int
is_shared(const char *path, bool *shared, struct err *e)
{
	struct buf who = BUF_INIT(STATION_PATH_MAX);
	int rc = way_writers(path, &who, NULL, e);

	*shared = who.len > 0;
	buf_free(&who);
	return rc;
}

static int
open_roots(struct comparing *c, int64_t looked[LAYOUT_ROOTS], struct err *e)
{
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		const char *path = plan_root(c->st, r);

		c->same_root[r] = record_same_root(c->applied, r, path);
		if (path != NULL && (c->roots[r] = way_open(path, e)) == NULL &&
		    e->code != ERR_NOENT)
			return -1;
		looked[r] = c->roots[r] == NULL ? 0 : dir_changed(c->roots[r]);
		if (c->privileged && c->roots[r] != NULL && is_shared(path, &c->shared[r], e) == -1)
			return -1;
	}
	return 0;
}

static bool
is_same_file(struct dir *root, const char *a, const char *b)
{
	struct file_info one, other;
	struct err e;

	return file_stat(root, a, &one, &e) == 1 && file_stat(root, b, &other, &e) == 1 &&
	    one.inode == other.inode && one.device == other.device;
}

/*
 * Whether path is a directory that Slipway made for the applied release; where case doesn't count,
 * under another spelling.
 */
static bool
is_our_dir(const struct comparing *c, enum layout_place place, const char *path)
{
	const struct strings *dirs = &c->applied->dirs[place];
	struct fold_names names = FOLD_NAMES_INIT;
	struct err e;
	bool is = false;
	size_t at;

	if (!c->same_root[place])
		return false;
	if (record_has_dir(c->applied, place, path))
		return true;
	for (size_t i = 0; i < dirs->n; i++)
		if (fold_names_add(&names, dirs->v[i], i, &e) == -1)
			break;
	if (dirs->n > 0 && names.n == dirs->n && fold_names_find(&names, path, &at, &e) == 1)
		is = is_same_file(c->roots[place], dirs->v[at], path);
	fold_names_free(&names);
	return is;
}

/* Whether the file can be what the release has there, or what was installed, as its size goes. */
static bool
may_be_ours(const struct comparing *c, const struct plan_file *f, uint64_t size)
{
	const struct record_file *was = record_file(c->applied, f->target);

	return size == f->want.length || (was != NULL && size == was->length);
}

/*
 * The hash of the file that is there now.  One whose content is elsewhere isn't waited for: no
 * release put it there, so it counts as changed.
 */
static int
look_at_content(const struct comparing *c, struct plan_file *f, bool elsewhere, struct err *e)
{
	struct dir *root = c->roots[f->place];
	uint8_t sum[SHA256_SIZE];
	uint64_t most = f->old.length;

	if (elsewhere || (most > HAND_READ_MAX && !may_be_ours(c, f, most))) {
		snprintf(f->old.sha256, sizeof f->old.sha256, FILE_UNREAD);
		return 0;
	}
	if (file_sha256_until(root, f->rest, most, c->deadline, sum, &f->old.length, e) == -1)
		return -1;
	hex_encode(sum, sizeof sum, f->old.sha256);
	return 0;
}

/* Look at the file that is there now.  Returns 1, 0 where nothing that matters is there, or -1. */
static int
look_at_file(const struct comparing *c, struct plan_file *f, struct err *e)
{
	struct dir *root = c->roots[f->place];
	struct file_info info;
	int found;

	if (root == NULL || (found = file_stat(root, f->rest, &info, e)) == 0)
		return 0;
	if (found == -1)
		return -1;
	if (info.type == FILE_DIRECTORY && is_our_dir(c, f->place, f->rest))
		return 0;
	if (info.type != FILE_REGULAR)
		return err_setx(e, ERR_UNSAFE,
		    "%s/%s: want a file or nothing, found %s; move it away", dir_path(root),
		    f->rest,
		    info.type == FILE_DIRECTORY	 ? "a directory"
			: info.type == FILE_LINK ? "a symbolic link"
						 : "something else");
	f->old.mode = info.mode;
	f->old.length = info.size;
	return look_at_content(c, f, info.elsewhere, e) == -1 ? -1 : 1;
}

int
plan_aside(struct dir *root, const char *path, const char *when,
    char name[static PATH_COMPONENT_MAX + 1], struct err *e)
{
	const char *leaf = path_base(path);
	char full[PATH_REL_MAX + 1];
	struct file_info info;
	int found = 1;

	for (int i = 1; found == 1 && i < 100; i++) {
		char count[8] = "";

		if (i > 1)
			snprintf(count, sizeof count, "-%d", i);
		snprintf(name, PATH_COMPONENT_MAX + 1, "%.150s.changed-by-hand-%.10s%s", leaf, when,
		    count);
		if ((size_t)snprintf(full, sizeof full, "%.*s%s", (int)(leaf - path), path, name) >=
		    sizeof full)
			return err_setx(e, ERR_TOO_LARGE, "%s: its name is too long", path);
		if ((found = file_stat(root, full, &info, e)) == -1)
			return -1;
	}
	if (found == 1)
		return err_setx(e, ERR_EXISTS,
		    "%s: there are many copies changed by hand; remove some", full);
	return 0;
}

/* Set aside a file that isn't as it was installed: its content is nowhere else. */
static int
check_hand(const struct comparing *c, struct plan_file *f, struct err *e)
{
	const struct record_file *was = record_file(c->applied, f->target);
	char name[PATH_COMPONENT_MAX + 1];

	if (c->same_root[f->place] && was != NULL && strcmp(was->state.sha256, f->old.sha256) == 0)
		return 0;
	if (plan_aside(c->roots[f->place], f->rest, c->when, name, e) == -1)
		return -1;
	return (f->aside = strdup(name)) == NULL ? err_nomem(e) : 0;
}

/* Whether the applied release has files in a directory, length bytes of path. */
static bool
was_used(const struct comparing *c, const struct plan_file *f, size_t length)
{
	return c->same_root[f->place] &&
	    record_has_below(c->applied, f->target, (size_t)(f->rest - f->target) + length);
}

/*
 * A directory that somebody else made before the release came: its owner could replace what is put
 * there.  One that an earlier release used stays in use, as the destination itself does.
 */
static int
check_dir(const struct comparing *c, const struct plan_file *f, size_t length, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX), who = BUF_INIT(STATION_PATH_MAX),
		   mend = BUF_INIT(4 * STATION_PATH_MAX);
	struct file_info info;
	int rc = buf_addf(&path, e, "%s/%.*s", plan_root(c->st, f->place), (int)length, f->rest);

	if (rc == 0 && file_stat(NULL, buf_text(&path), &info, e) == 1 &&
	    info.type == FILE_DIRECTORY)
		rc = way_writers(buf_text(&path), &who, &mend, e);
	if (rc == 0 && who.len > 0 && !was_used(c, f, length))
		rc = err_setx(e, ERR_UNSAFE,
		    "%s: want a directory that only its administrator can change, got one where %s "
		    "can replace files; look at what it holds, then: %s; or enrol with "
		    "--allow-writable",
		    buf_text(&path), buf_text(&who), buf_text(&mend));
	buf_free(&path);
	buf_free(&who);
	buf_free(&mend);
	return rc;
}

/* How many bytes at the beginning of a path are directories of the file that was looked at last. */
static size_t
looked_at(const struct comparing *c, const struct plan_file *f)
{
	size_t same = 0;

	if (c->last == NULL || c->last_place != f->place)
		return 0;
	for (size_t i = 0; f->rest[i] != '\0' && f->rest[i] == c->last[i]; i++)
		if (f->rest[i] == '/')
			same = i;
	return same;
}

static int
check_dirs(struct comparing *c, const struct plan_file *f, struct err *e)
{
	const char *slash;
	size_t same;

	if (!c->privileged || c->st->allow_writable || c->shared[f->place] ||
	    c->roots[f->place] == NULL)
		return 0;
	same = looked_at(c, f);
	c->last = f->rest;
	c->last_place = f->place;
	for (slash = strchr(f->rest, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
		if ((size_t)(slash - f->rest) > same &&
		    check_dir(c, f, (size_t)(slash - f->rest), e) == -1)
			return -1;
	return 0;
}

/* Whether others may write in the directory of a file, which is below its place. */
static int
is_in_shared(const struct comparing *c, const struct plan_file *f, bool *shared, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	const char *slash = strrchr(f->rest, '/');
	int rc = slash == NULL ? 0
			       : buf_addf(&path, e, "%s/%.*s", plan_root(c->st, f->place),
				     (int)(slash - f->rest), f->rest);

	*shared = false;
	if (rc == 0 && slash != NULL)
		rc = is_shared(buf_text(&path), shared, e);
	buf_free(&path);
	return rc;
}

/* Of a file with the right content: whether somebody else could change it later. */
static int
is_others(const struct comparing *c, const struct plan_file *f, bool *others, struct err *e)
{
	/* Where a file system gives all files the same permissions, a new file has them, too. */
	enum way_others who = c->privileged && file_modes_kept(c->roots[f->place])
	    ? way_others(c->roots[f->place], f->rest)
	    : WAY_NOBODY;
	bool shared = c->shared[f->place];

	/* What is made anew where others may write can be theirs to change again. */
	if (who == WAY_MAY_WRITE && !shared && is_in_shared(c, f, &shared, e) == -1)
		return -1;
	*others = who == WAY_OWNS || (who == WAY_MAY_WRITE && !shared);
	return 0;
}

/* Where a file system gives all files the same permissions, those of the release aren't wanted. */
static bool
has_other_mode(const struct comparing *c, const struct plan_file *f)
{
	return f->old.mode != f->mode && file_modes_kept(c->roots[f->place]);
}

static int
compare_file(struct comparing *c, struct plan_file *f, struct err *e)
{
	bool others;

	if (clock_check(c->deadline, "files were compared", e) == -1)
		return -1;
	if (f->place >= LAYOUT_ROOTS)
		return 0;
	if (plan_root(c->st, f->place) == NULL && f->place == LAYOUT_APP)
		return err_setx(e, ERR_CONFIG,
		    "target %s belongs below AppDir, %s, and this account has no such folder",
		    f->target, c->st->app_dir_text);
	if (plan_root(c->st, f->place) == NULL)
		return err_setx(e, ERR_CONFIG,
		    "target %s belongs below InstallDir, which is not set: slipway enroll --change --install-dir DIR",
		    f->target);
	if (check_dirs(c, f, e) == -1)
		return -1;
	switch (look_at_file(c, f, e)) {
	case -1:
		return -1;
	case 0:
		f->op = PLAN_ADD;
		return 0;
	default:
		if (strcmp(f->old.sha256, f->sha256) != 0) {
			f->op = PLAN_REPLACE;
			return check_hand(c, f, e);
		}
		if (is_others(c, f, &others, e) == -1)
			return -1;
		f->op = has_other_mode(c, f) ? PLAN_MODE : others ? PLAN_OWNER : PLAN_KEEP;
		return 0;
	}
}

/*
 * A file of the release that is a removed one but for its case: where case doesn't count, what was
 * found in its place is the old file, which goes first, under its old name.  Elsewhere nothing was
 * found, or a file of its own, which is a second name of the old one in no case that matters.
 */
static int
spell(struct comparing *c, struct plan *p, const struct plan_file *removed, struct err *e)
{
	struct plan_file *f;
	size_t i;
	int found;

	for (i = 0; c->names.n < p->n && i < p->n; i++)
		if (fold_names_add(&c->names, p->files[i].target, i, e) == -1)
			return -1;
	if ((found = fold_names_find(&c->names, removed->target, &i, e)) != 1)
		return found;
	f = &p->files[i];
	if (f->place != removed->place || f->old.sha256[0] == '\0' ||
	    !is_same_file(c->roots[f->place], f->rest, removed->rest))
		return 0;
	f->op = PLAN_ADD;
	memset(&f->old, 0, sizeof f->old);
	free(f->aside);
	f->aside = NULL;
	return 0;
}

/*
 * Add an applied target that the release lacks to the removals.  A file that a person has removed
 * already is not counted.
 */
static int
add_removal(struct comparing *c, const char *target, struct plan *p, struct err *e)
{
	struct plan_file *f = &p->files[p->n + p->nremoved];

	if (clock_check(c->deadline, "files were compared", e) == -1)
		return -1;
	if (plan_find(p, target) != NULL)
		return 0;
	memset(f, 0, sizeof *f);
	if ((f->target = strdup(target)) == NULL)
		return err_nomem(e);
	p->nremoved++;
	if (layout_target(c->st->application, f->target, &f->place, &f->rest, e) == -1)
		return -1;
	if (f->place >= LAYOUT_ROOTS || !c->same_root[f->place])
		return 0;
	switch (look_at_file(c, f, e)) {
	case -1:
		return -1;
	case 0:
		return 0;
	default:
		f->op = PLAN_REMOVE;
		return check_hand(c, f, e) == -1 ? -1 : spell(c, p, f, e);
	}
}

static int
add_removals(struct comparing *c, struct plan *p, struct err *e)
{
	const struct record *was = c->applied;
	struct plan_file *files = realloc(p->files, (p->n + was->n + 1) * sizeof *files);

	if (files == NULL)
		return err_nomem(e);
	p->files = files;
	for (size_t i = 0; i < was->n; i++)
		if (add_removal(c, was->files[i].target, p, e) == -1)
			return -1;
	return 0;
}

int
plan_compare(const struct station *st, const struct record *applied, struct plan *p, struct err *e)
{
	struct comparing c = { .st = st,
		.applied = applied,
		.privileged = place_privileged(),
		.deadline = p->deadline };
	int rc = open_roots(&c, p->looked, e);

	date_format(clock_wall(), c.when);
	for (size_t i = 0; i < p->n && rc == 0; i++)
		rc = compare_file(&c, &p->files[i], e);
	if (rc == 0)
		rc = add_removals(&c, p, e);
	if (rc == 0)
		rc = plan_places(st, p, e);
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		dir_close(c.roots[r]);
	fold_names_free(&c.names);
	return rc;
}
