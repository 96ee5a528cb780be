/* SPDX-License-Identifier: ISC */
/* The part of a plan that keeps a release from another application's files. */
#include "updater/plan/plan.h"

#include "lib/base/fold.h"
#include "lib/base/path.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "updater/station/destination.h"

/* The paths of files, absolute, links of their destinations resolved. */
struct installed {
	struct strings paths;
	struct fold_names names;
};

static int
add_other_file(struct installed *all, const char *root, const char *rest, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	int rc = path_join(&path, root, rest, e);

	if (rc == 0)
		rc = strings_add(&all->paths, buf_text(&path), e);
	buf_free(&path);
	return rc;
}

/* Add what a record says that its release installed in one of its destinations. */
static int
add_other_root(struct installed *all, const char *application, const struct record *r,
    enum layout_place place, struct err *e)
{
	struct buf root = BUF_INIT(STATION_PATH_MAX);
	int rc = r->roots[place] == NULL ? 0 : path_resolve(&root, r->roots[place], e);

	for (size_t i = 0; i < r->n && rc == 0 && r->roots[place] != NULL; i++) {
		enum layout_place in;
		const char *rest;

		rc = layout_target(application, r->files[i].target, &in, &rest, e);
		if (rc == 0 && in == place)
			rc = add_other_file(all, buf_text(&root), rest, e);
	}
	buf_free(&root);
	return rc;
}

/* state: the directory of another application's state, whose last part is its name. */
static int
add_other(struct installed *all, const char *state, struct err *e)
{
	struct dir *d = dir_open(state, e);
	struct record r = RECORD_INIT;
	int rc = -1;

	if (d == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = record_applied(d, &r, e);
	for (int place = 0; place < LAYOUT_ROOTS && rc == 0; place++)
		rc = add_other_root(all, path_base(state), &r, place, e);
	record_free(&r);
	dir_close(d);
	return rc == -1 ? err_context(e, "what another application has installed") : 0;
}

/* Whether a file that the plan changes, below root, is another application's. */
static int
look_at_file(struct installed *all, const char *root, const char *rest, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	int rc = path_join(&path, root, rest, e);
	size_t which;

	if (rc == 0 && (rc = fold_names_find(&all->names, buf_text(&path), &which, e)) == 1)
		rc = err_setx(e, ERR_UNSAFE,
		    "%s: want a file of this application's or none, found another "
		    "application's, whose directory is the same; enrol again with another "
		    "one (--force)",
		    buf_text(&path));
	buf_free(&path);
	return rc;
}

/* Whether the plan changes a file that is another application's. */
static int
look_at_plan(const struct station *st, const struct plan *p, enum layout_place place,
    struct installed *all, struct err *e)
{
	const char *dir = plan_root(st, place);
	struct buf root = BUF_INIT(STATION_PATH_MAX);
	int rc = dir == NULL ? 0 : path_resolve(&root, dir, e);

	for (size_t i = 0; i < p->n + p->nremoved && rc == 0 && dir != NULL; i++) {
		const struct plan_file *f = &p->files[i];

		if (f->op == PLAN_KEEP || f->place != place)
			continue;
		rc = clock_check(p->deadline, "files were compared", e);
		if (rc == 0)
			rc = look_at_file(all, buf_text(&root), f->rest, e);
	}
	buf_free(&root);
	return rc;
}

int
plan_others(const struct station *st, const struct plan *p, struct err *e)
{
	struct installed all = { STRINGS_INIT, FOLD_NAMES_INIT };
	struct err shared;
	int rc = 0;

	if (destination_shared(st, &shared) == 0)
		return 0;
	for (size_t i = 0; i < st->other_states.n && rc == 0; i++)
		rc = add_other(&all, st->other_states.v[i], e);
	for (size_t i = 0; i < all.paths.n && rc == 0; i++)
		rc = fold_names_add(&all.names, all.paths.v[i], i, e);
	for (int place = 0; place < LAYOUT_ROOTS && rc == 0; place++)
		rc = look_at_plan(st, p, place, &all, e);
	fold_names_free(&all.names);
	strings_free(&all.paths);
	return rc;
}
