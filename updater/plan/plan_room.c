/* SPDX-License-Identifier: ISC */
/* The part of a plan that looks for room on the disks. */
#include "updater/plan/plan.h"

#include <stdio.h>

#include "lib/os/path.h"

/* What a release needs besides its files: journal, record, directories. */
#define ROOM_BYTES (1024u * 1024)
#define ROOM_FILES 64

int
plan_existing(char *path, unsigned *missing, struct err *e)
{
	struct file_info info;
	int found;

	path_trim(path);
	*missing = 0;
	while ((found = file_stat(NULL, path, &info, e)) == 0 && path_cut(path) != NULL)
		++*missing;
	if (found == 0)
		path[path_root(path)] = '\0';
	return found == -1 ? -1 : 0;
}

/* The nearest parent of path, or path itself, that exists. */
static struct dir *
open_existing(const char *path, struct err *e)
{
	char copy[PATH_REL_MAX * 4];
	unsigned unused;

	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy) {
		err_setx(e, ERR_TOO_LARGE, "%.200s...: name too long", path);
		return NULL;
	}
	return plan_existing(copy, &unused, e) == -1 ? NULL : dir_open(copy, e);
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
	uint64_t bytes[LAYOUT_ROOTS] = { 0 }, files[LAYOUT_ROOTS] = { 0 }, all_bytes = 0,
		 all_files = 0;

	for (size_t i = 0; i < p->n + p->nremoved; i++) {
		const struct plan_file *f = &p->files[i];

		if (f->op == PLAN_KEEP && f->place < LAYOUT_ROOTS)
			continue;
		if (f->place < LAYOUT_ROOTS) {
			bytes[f->place] += f->want.length;
			files[f->place]++;
		}
		all_bytes += f->want.length;
		all_files++;
	}
	if (all_files == 0)
		return 0;
	if (check_room(state, all_bytes, all_files, e) == -1)
		return -1;
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		struct dir *d;
		int rc;

		if (files[r] == 0)
			continue;
		if ((d = open_existing(plan_root(st, r), e)) == NULL)
			return -1;
		rc = check_room(d, bytes[r], files[r], e);
		dir_close(d);
		if (rc == -1)
			return -1;
	}
	return 0;
}
