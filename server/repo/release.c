/* SPDX-License-Identifier: ISC */
/* Reading and checking the directory of a release. */
#include "server/repo/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/base/list.h"
#include "lib/base/path.h"
#include "lib/tuf/layout.h"

#define DIRECTORY_ENTRIES_MAX RELEASE_FILES_MAX

static int
add_entry_name(void *arg, const char *name, struct err *e)
{
	struct strings *names = arg;

	if (names->n >= DIRECTORY_ENTRIES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "a directory with over %d entries",
		    DIRECTORY_ENTRIES_MAX);
	return strings_add(names, name, e);
}

/* Refuses two names that are one name on Windows: one file would overwrite the other. */
static int
refuse_twins(void *below, const struct fold_name *a, const struct fold_name *b, struct err *e)
{
	return err_setx(e, ERR_UNSAFE,
	    "%s%s and %s differ only in case, or in how accents are written", (const char *)below,
	    a->path, b->path);
}

static int
check_collisions(const struct strings *names, const char *below, struct err *e)
{
	struct fold_names keys = FOLD_NAMES_INIT;
	int rc = 0;

	for (size_t i = 0; i < names->n && rc == 0; i++)
		rc = fold_names_add(&keys, names->v[i], i, e);
	if (rc == 0)
		rc = fold_names_twins(&keys, refuse_twins, (void *)(uintptr_t)below, e);
	fold_names_free(&keys);
	return rc;
}

/* Checks that stations accept such a file, or that a directory may hold such files. */
static int
check_path(const char *app, const char *target, bool directory, struct err *e)
{
	const char *path = target + strlen(app) + 1, *rest;
	enum layout_place place;
	size_t depth = 1;

	for (const char *p = path; *p != '\0'; p++)
		depth += *p == '/';
	if (depth > LAYOUT_DEPTH_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: more than %d levels deep", path,
		    LAYOUT_DEPTH_MAX);
	if (path_portable(target, strlen(target), e) == -1)
		return -1;
	if (!layout_allows(path, directory))
		return err_setx(e, ERR_UNSAFE,
		    strncmp(path, "scripts/", 8) == 0
			? "%s: scripts holds only machine/NAME.lua and user/NAME.lua"
			: "%s: a release holds only the directories install, app and scripts",
		    path);
	return directory ? 0 : layout_target(app, target, &place, &rest, e);
}

static int
add_target_entry(struct release *r, const char *target, const struct release_file *f,
    bool executable, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	json_t *j;

	hex_encode(f->sha256, SHA256_SIZE, hex);
	j = json_pack("{s:I,s:{s:s},s:{s:s}}", "length", (json_int_t)f->size, "hashes", "sha256",
	    hex, "custom", "mode", executable ? "0755" : "0644");
	if (j == NULL || json_object_set_new(r->targets, target, j) == -1)
		return err_nomem(e);
	return 0;
}

static int
add_release_file(struct release *r, const char *target, const char *path,
    const struct file_info *info, struct err *e)
{
	struct release_file *f;

	if (r->n >= RELEASE_FILES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "more than %d files", RELEASE_FILES_MAX);
	if (list_grow(&r->files, r->n, sizeof *r->files, e) == -1)
		return -1;
	f = &r->files[r->n];
	f->size = info->size; /* before reading the file, and again in case it grew meanwhile */
	if (f->size <= RELEASE_FILE_MAX && file_sha256(r->dir, path, f->sha256, &f->size, e) == -1)
		return -1;
	if (f->size > RELEASE_FILE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: over %" PRIu64 " bytes", path,
		    RELEASE_FILE_MAX);
	if ((f->path = strdup(path)) == NULL)
		return err_nomem(e);
	r->n++;
	r->bytes += f->size;
	return add_target_entry(r, target, f, (info->mode & 0100) != 0, e);
}

static int
walk_dir(struct release *r, const char *app, struct dir *d, const char *below, struct err *e);

static int
visit_entry(struct release *r, const char *app, struct dir *d, const char *below, const char *name,
    struct err *e)
{
	char target[PATH_REL_MAX + 2], *path = target + strlen(app) + 1;
	struct file_info info;
	struct dir *sub;
	int rc;

	if ((size_t)snprintf(target, sizeof target, "%s/%s%s", app, below, name) >= sizeof target)
		return err_setx(e, ERR_TOO_LARGE, "%s%s: path over %d bytes", below, name,
		    PATH_REL_MAX);
	if ((rc = file_stat(d, name, &info, e)) != 1)
		return rc == -1 ? -1 : err_setx(e, ERR_NOENT, "%s: vanished meanwhile", path);
	if (info.type != FILE_REGULAR && info.type != FILE_DIRECTORY)
		return err_setx(e, ERR_UNSAFE, "%s: want a regular file, got %s", path,
		    info.type == FILE_LINK ? "a symbolic link" : "a special file");
	if (check_path(app, target, info.type == FILE_DIRECTORY, e) == -1)
		return -1;
	if (info.type == FILE_REGULAR)
		return add_release_file(r, target, path, &info, e);
	if ((sub = dir_below(d, name, false, e)) == NULL)
		return -1;
	strcat(target, "/"); /* check_path() left room: a path has at most PATH_REL_MAX bytes */
	rc = walk_dir(r, app, sub, path, e);
	dir_close(sub);
	return rc;
}

/* below: the path of d in the release, ending in '/', or "". */
static int
walk_dir(struct release *r, const char *app, struct dir *d, const char *below, struct err *e)
{
	struct strings names = STRINGS_INIT;
	int rc = -1;

	if (dir_list(d, add_entry_name, &names, e) == -1)
		goto out;
	if (check_collisions(&names, below, e) == -1)
		goto out;
	for (size_t i = 0; i < names.n; i++)
		if (visit_entry(r, app, d, below, names.v[i], e) == -1)
			goto out;
	rc = 0;
out:
	strings_free(&names);
	return rc;
}

int
release_scan(struct release *r, const char *app, const char *path, struct err *e)
{
	memset(r, 0, sizeof *r);
	if ((r->targets = json_object()) == NULL)
		return err_nomem(e);
	if ((r->dir = dir_open(path, e)) == NULL || walk_dir(r, app, r->dir, "", e) == -1)
		return err_context(e, "release %s", path);
	if (r->n == 0)
		return err_setx(e, ERR_CONFLICT, "release %s: no files in it", path);
	return 0;
}

size_t
release_long_paths(const struct release *r, const char **first)
{
	size_t n = 0;

	*first = NULL;
	for (size_t i = r->n; i-- > 0;) {
		const char *path = r->files[i].path, *below = strchr(path, '/');

		if (strncmp(path, "scripts/", 8) != 0 && below != NULL &&
		    path_characters(below + 1) > PATH_HOPEFUL_MAX) {
			*first = path;
			n++;
		}
	}
	return n;
}

void
release_free(struct release *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->files[i].path);
	free(r->files);
	json_decref(r->targets);
	dir_close(r->dir);
	memset(r, 0, sizeof *r);
}

json_t *
release_patterns(const char *app)
{
	static const char deepest[] = "/*/*/*/*/*/*/*/*";
	json_t *paths = json_array();

	_Static_assert(sizeof deepest == 2 * LAYOUT_DEPTH_MAX + 1, "one component a level");
	for (int depth = 2; depth <= LAYOUT_DEPTH_MAX; depth++) {
		/* '*' doesn't match '/': one pattern for each depth. */
		if (json_array_append_new(paths, json_sprintf("%s%.*s", app, 2 * depth, deepest)) ==
		    -1) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}
