/* SPDX-License-Identifier: ISC */
/* The part of a plan that looks for files with two names, where destinations are not apart. */
#include "updater/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/os/path.h"

/* What each destination's path has beyond that of the outer one: "" or "app/". */
struct beyond {
	struct buf real[LAYOUT_ROOTS];
	const char *text[LAYOUT_ROOTS];
};

/* Returns 1, or 0 where the destinations are apart, or -1. */
static int
find_beyond(const struct station *st, struct beyond *b, struct err *e)
{
	size_t outer;

	if (plan_root(st, LAYOUT_INSTALL) == NULL || plan_root(st, LAYOUT_APP) == NULL)
		return 0;
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (path_resolve(&b->real[r], plan_root(st, r), e) == -1 ||
		    buf_addc(&b->real[r], '/', e) == -1)
			return -1;
	outer = b->real[0].len < b->real[1].len ? b->real[0].len : b->real[1].len;
	if (memcmp(b->real[0].data, b->real[1].data, outer) != 0)
		return 0;
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		b->text[r] = buf_text(&b->real[r]) + outer;
	return 1;
}

/* The files of each destination, by their paths below the outer one. */
struct files {
	struct strings paths;
	struct fold_names names[LAYOUT_ROOTS];
};

/* Two files at one path, or (inside) one at a directory of the other. */
static int
meet(struct plan *p, size_t a, size_t b, bool inside, struct err *e)
{
	struct plan_file *one = &p->files[a], *other = &p->files[b];

	if (a < p->n && b < p->n &&
	    (inside || strcmp(one->sha256, other->sha256) != 0 || one->mode != other->mode))
		return err_setx(e, ERR_UNSAFE,
		    "targets %s and %s would be one file, because InstallDir and AppDir aren't "
		    "apart; enrol again with others (--force)",
		    one->target, other->target);
	/* What was removed there is the other's now. */
	if (!inside && (a >= p->n) != (b >= p->n))
		(a >= p->n ? one : other)->op = PLAN_KEEP;
	return 0;
}

/* Look for a file, and the directories that it is in, among the files of another destination. */
static int
look_at_place(struct plan *p, size_t i, const char *path, struct fold_names *others, struct err *e)
{
	char *copy = strdup(path), *slash;
	bool inside = false;
	int rc = copy == NULL ? err_nomem(e) : 0;

	while (rc == 0 && others->n > 0) {
		size_t other;
		int found = fold_names_find(others, copy, &other, e);

		rc = found == 1 ? meet(p, i, other, inside, e) : found;
		if ((slash = strrchr(copy, '/')) == NULL)
			break;
		*slash = '\0';
		inside = true;
	}
	free(copy);
	return rc;
}

static int
add_beyond(const struct plan *p, const struct beyond *b, struct files *f, struct err *e)
{
	for (size_t i = 0; i < p->n + p->nremoved; i++) {
		const struct plan_file *file = &p->files[i];
		struct buf path = BUF_INIT(STATION_PATH_MAX);
		int rc = file->place < LAYOUT_ROOTS
		    ? buf_addf(&path, e, "%s%s", b->text[file->place], file->rest)
		    : 0;

		if (rc == 0)
			rc = strings_add(&f->paths, buf_text(&path), e);
		buf_free(&path);
		if (rc == 0 && file->place < LAYOUT_ROOTS)
			rc = fold_names_add(&f->names[file->place], f->paths.v[i], i, e);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
plan_places(const struct station *st, struct plan *p, struct err *e)
{
	struct beyond b = { { BUF_INIT(STATION_PATH_MAX), BUF_INIT(STATION_PATH_MAX) }, { NULL } };
	struct files f = { STRINGS_INIT, { FOLD_NAMES_INIT, FOLD_NAMES_INIT } };
	int rc = find_beyond(st, &b, e), one = rc;

	if (one == 1)
		rc = add_beyond(p, &b, &f, e);
	for (size_t i = 0; i < p->n + p->nremoved && one == 1 && rc == 0; i++)
		if (p->files[i].place < LAYOUT_ROOTS)
			rc = look_at_place(p, i, f.paths.v[i], &f.names[!p->files[i].place], e);
	strings_free(&f.paths);
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		fold_names_free(&f.names[r]);
		buf_free(&b.real[r]);
	}
	return rc == -1 ? -1 : 0;
}
