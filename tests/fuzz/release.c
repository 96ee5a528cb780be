/* SPDX-License-Identifier: ISC */
/*
 * The directory of a release: names of files, each ended by a line end, of which a name that ends
 * in '/' is an empty directory.  What is accepted has only targets that every station takes, and no
 * two that are one file on Windows.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/fold.h"
#include "lib/base/list.h"
#include "lib/tuf/layout.h"
#include "server/repo/release.h"
#include "tests/fuzz/place.h"

#define APP	  "A"
#define NAMES_MAX 64

/* Makes a file of this name where the file system takes the name. */
static void
make(struct dir *d, char *name, size_t i)
{
	char *slash = strrchr(name, '/');
	struct dir *below;
	struct err e;

	if (slash != NULL) {
		*slash = '\0';
		if ((below = dir_below(d, name, true, &e)) == NULL)
			return;
		if (slash[1] != '\0')
			(void)file_replace_fast(below, slash + 1, &i, sizeof i, 0644, &e);
		dir_close(below);
	} else if (*name != '\0') {
		(void)file_replace_fast(d, name, &i, sizeof i, 0644, &e);
	}
}

static void
make_all(struct dir *d, const uint8_t *data, size_t size)
{
	char *text = feed_text(data, size), *rest = text, *end;

	for (size_t i = 0; i < NAMES_MAX && *rest != '\0'; i++) {
		if ((end = strchr(rest, '\n')) != NULL)
			*end = '\0';
		make(d, rest, i);
		if (end == NULL)
			break;
		rest = end + 1;
	}
	free(text);
}

static int
twins(void *arg, const struct fold_name *a, const struct fold_name *b, struct err *e)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)e;
	must(!"two names that are one file");
	return -1;
}

static void
use(struct release *r)
{
	struct fold_names all = FOLD_NAMES_INIT;
	json_t *paths = release_patterns(APP);
	enum layout_place place;
	struct err e = { 0 };
	const char *target, *rest;
	json_t *entry;
	size_t i = 0;

	must(r->n > 0 && json_object_size(r->targets) == r->n && paths != NULL);
	must(r->bytes == r->n * sizeof(size_t));
	json_object_foreach (r->targets, target, entry) {
		must(layout_target(APP, target, &place, &rest, &e) == 0);
		must(fold_names_add(&all, target, i++, &e) == 0);
	}
	must(fold_names_twins(&all, twins, NULL, &e) == 0);
	fold_names_free(&all);
	json_decref(paths);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dir *d = place_make("release");
	char path[PLACE_PATH];
	struct err e = { 0 };
	struct release r;

	make_all(d, data, size);
	dir_close(d);
	if (release_scan(&r, APP, place_below("release", path), &e) == 0)
		use(&r);
	else
		must(e.code != ERR_NONE && e.code != ERR_NOMEM);
	release_free(&r);
	place_empty();
	return 0;
}
