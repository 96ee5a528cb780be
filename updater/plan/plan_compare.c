/* SPDX-License-Identifier: ISC */
/*
 * The part of a plan that looks at what is on disk.
 */
#include "updater/plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/base/path.h"
#include "lib/os/path.h"
#include "updater/state/record.h"

/* What a release needs besides its files: journal, record, directories. */
#define ROOM_BYTES (1024u * 1024)
#define ROOM_FILES 64

struct comparing {
	const struct station *st;
	const json_t *applied;
	struct dir *roots[JOURNAL_ROOTS]; /* NULL: not there, so nothing is in it */
	bool same_root[JOURNAL_ROOTS];	  /* what is applied is in this very directory */
	char when[DATE_TEXT_SIZE];
};

static int
open_roots(struct comparing *c, struct err *e)
{
	const json_t *roots = json_object_get(c->applied, "roots");

	for (int r = 0; r < JOURNAL_ROOTS; r++) {
		const char *path = plan_root(c->st, (enum plan_place)r), *was;

		was = json_string_value(json_object_get(roots, journal_root_names[r]));
		c->same_root[r] = path != NULL && was != NULL && strcmp(path, was) == 0;
		if (path != NULL && (c->roots[r] = dir_open(path, e)) == NULL &&
		    e->code != ERR_NOENT)
			return -1;
	}
	return 0;
}

/* Whether path is a directory that Slipway made for what is applied. */
static bool
is_our_dir(const struct comparing *c, enum plan_place place, const char *path)
{
	const json_t *dirs =
	    json_object_get(json_object_get(c->applied, "dirs"), journal_root_names[place]);

	for (size_t i = 0; c->same_root[place] && i < json_array_size(dirs); i++)
		if (strcmp(json_string_value(json_array_get(dirs, i)), path) == 0)
			return true;
	return false;
}

/* What is there now.  1 a file, 0 nothing (that matters), -1. */
static int
look(const struct comparing *c, struct plan_file *f, struct err *e)
{
	struct dir *root = c->roots[f->place];
	struct file_info info;
	uint8_t sum[SHA256_SIZE];
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
	if (file_sha256(root, f->rest, sum, &f->old_length, e) == -1)
		return -1;
	hex_encode(sum, sizeof sum, f->old.sha256);
	f->old.mode = info.mode;
	return 1;
}

/* A name that is free, such as server.crt.changed-by-hand-2026-11-24. */
static int
choose_aside(const struct comparing *c, struct plan_file *f, struct err *e)
{
	const char *leaf = path_base(f->rest);
	char path[PATH_REL_MAX + 1], name[PATH_COMPONENT_MAX + 1];
	struct file_info info;
	int found = 1;

	for (int i = 1; found == 1 && i < 100; i++) {
		char count[8] = "";

		if (i > 1)
			snprintf(count, sizeof count, "-%d", i);
		snprintf(name, sizeof name, "%.150s.changed-by-hand-%.10s%s", leaf, c->when, count);
		if ((size_t)snprintf(path, sizeof path, "%.*s%s", (int)(leaf - f->rest), f->rest,
			name) >= sizeof path)
			return err_setx(e, ERR_TOO_LARGE, "%s: its name is too long", f->rest);
		if ((found = file_stat(c->roots[f->place], path, &info, e)) == -1)
			return -1;
	}
	if (found == 1)
		return err_setx(e, ERR_EXISTS,
		    "%s: there are many copies changed by hand; remove some", path);
	return (f->aside = strdup(name)) == NULL ? err_nomem(e) : 0;
}

/* Set aside what isn't as it was installed: its content is nowhere else. */
static int
check_hand(const struct comparing *c, struct plan_file *f, struct err *e)
{
	const json_t *was = json_object_get(json_object_get(c->applied, "files"), f->target);
	const char *sha256 = json_string_value(json_object_get(was, "sha256"));

	if (c->same_root[f->place] && sha256 != NULL && strcmp(sha256, f->old.sha256) == 0)
		return 0;
	return choose_aside(c, f, e);
}

static int
compare_file(const struct comparing *c, struct plan_file *f, struct err *e)
{
	if (f->place >= PLACE_SCRIPT_MACHINE)
		return 0;
	if (plan_root(c->st, f->place) == NULL)
		return err_setx(e, ERR_CONFIG,
		    "target %s belongs below InstallDir, which is not set; enroll again with --install-dir",
		    f->target);
	switch (look(c, f, e)) {
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
		f->op = f->old.mode == f->mode ? PLAN_KEEP : PLAN_MODE;
		return 0;
	}
}

static bool
has_target(const struct plan *p, const char *target)
{
	size_t from = 0, to = p->n;

	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = strcmp(target, p->files[middle].target);

		if (order == 0)
			return true;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

/* A target that is applied and not in the release.  What a person removed already is no change. */
static int
add_removal(const struct comparing *c, const struct plan_file *was, struct plan *p, struct err *e)
{
	struct plan_file *f = &p->files[p->n + p->nremoved];

	if (was->place >= PLACE_SCRIPT_MACHINE || !c->same_root[was->place] ||
	    has_target(p, was->target))
		return 0;
	memset(f, 0, sizeof *f);
	if ((f->target = strdup(was->target)) == NULL)
		return err_nomem(e);
	p->nremoved++;
	f->rest = f->target + (was->rest - was->target);
	f->place = was->place;
	switch (look(c, f, e)) {
	case -1:
		return -1;
	case 0:
		return 0;
	default:
		f->op = PLAN_REMOVE;
		return check_hand(c, f, e);
	}
}

static int
add_removals(const struct comparing *c, struct plan *p, struct err *e)
{
	struct plan was;
	struct plan_file *files;
	int rc = -1;

	if (plan_of_record(c->st, c->applied, &was, e) == -1)
		return -1;
	if ((files = realloc(p->files, (p->n + was.n + 1) * sizeof *files)) == NULL) {
		err_nomem(e);
		goto out;
	}
	p->files = files;
	rc = 0;
	for (size_t i = 0; i < was.n && rc == 0; i++)
		rc = add_removal(c, &was.files[i], p, e);
out:
	plan_free(&was);
	return rc;
}

int
plan_compare(const struct station *st, const json_t *applied, struct plan *p, struct err *e)
{
	struct comparing c = { .st = st, .applied = applied };
	int rc = open_roots(&c, e);

	date_format(clock_wall(), c.when);
	for (size_t i = 0; i < p->n && rc == 0; i++)
		rc = compare_file(&c, &p->files[i], e);
	if (rc == 0)
		rc = add_removals(&c, p, e);
	for (int r = 0; r < JOURNAL_ROOTS; r++)
		dir_close(c.roots[r]);
	return rc;
}

/* The nearest directory on the way to path that exists. */
static struct dir *
open_existing(const char *path, struct err *e)
{
	char copy[PATH_REL_MAX * 4], *slash;
	struct dir *d;

	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy) {
		err_setx(e, ERR_TOO_LARGE, "%.200s...: name too long", path);
		return NULL;
	}
	while ((d = dir_open(copy, e)) == NULL && e->code == ERR_NOENT &&
	    (slash = strrchr(copy, '/')) != NULL)
		slash[slash == copy ? 1 : 0] = '\0';
	return d;
}

static int
check_room(struct dir *d, uint64_t bytes, uint64_t files, struct err *e)
{
	struct dir_room room;

	if (dir_room(d, &room, e) == -1)
		return -1;
	bytes = 2 * bytes + ROOM_BYTES;
	files = 2 * files + ROOM_FILES;
	if (room.bytes < bytes)
		return err_setx(e, ERR_NOSPC,
		    "%s: want %llu MB free for this release, found %llu MB", dir_path(d),
		    (unsigned long long)bytes / 1000000 + 1,
		    (unsigned long long)room.bytes / 1000000);
	if (room.files < files)
		return err_setx(e, ERR_NOSPC, "%s: want room for %llu files (inodes), found %llu",
		    dir_path(d), (unsigned long long)files, (unsigned long long)room.files);
	return 0;
}

int
plan_room(const struct station *st, struct dir *state, const struct plan *p, struct err *e)
{
	uint64_t bytes[JOURNAL_ROOTS] = { 0 }, files[JOURNAL_ROOTS] = { 0 }, all_bytes = 0,
		 all_files = 0;

	for (size_t i = 0; i < p->n + p->nremoved; i++) {
		const struct plan_file *f = &p->files[i];

		if (f->op == PLAN_KEEP)
			continue;
		bytes[f->place] += f->want.length;
		files[f->place]++;
		all_bytes += f->want.length;
		all_files++;
	}
	if (all_files == 0)
		return 0;
	if (check_room(state, all_bytes, all_files, e) == -1)
		return -1;
	for (int r = 0; r < JOURNAL_ROOTS; r++) {
		struct dir *d;
		int rc;

		if (files[r] == 0)
			continue;
		if ((d = open_existing(plan_root(st, (enum plan_place)r), e)) == NULL)
			return -1;
		rc = check_room(d, bytes[r], files[r], e);
		dir_close(d);
		if (rc == -1)
			return -1;
	}
	return 0;
}
