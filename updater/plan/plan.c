/* SPDX-License-Identifier: ISC */
/* What a release changes on this station. */
#include "updater/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/script/script.h"

const char *
plan_root(const struct station *st, enum layout_place place)
{
	if (place == LAYOUT_INSTALL)
		return st->user_part ? NULL : st->install_dir;
	return place == LAYOUT_APP && st->user_part == st->app_of_user ? st->app_dir : NULL;
}

int
plan_shown_path(const struct station *st, const struct plan_file *f, struct buf *out, struct err *e)
{
	size_t before = out->len;

	if (path_join(out, plan_root(st, f->place), f->rest, e) == -1)
		return -1;
	path_native((char *)out->data + before);
	return 0;
}

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n + p->nremoved; i++) {
		free(p->files[i].target);
		free(p->files[i].aside);
	}
	free(p->files);
	changeset_free(&p->settings);
	memset(p, 0, sizeof *p);
}

/* Add a target, of whatever source the plan is made from; the caller fills in its content. */
static int
add_target(const struct station *st, struct plan *p, const char *target, struct plan_file **out,
    struct err *e)
{
	struct plan_file *f = &p->files[p->n];

	if ((f->target = strdup(target)) == NULL)
		return err_nomem(e);
	p->n++;
	*out = f;
	if (layout_target(st->application, f->target, &f->place, &f->rest, e) == -1)
		return -1;
	if (f->place == LAYOUT_APP && st->app_of_user && !st->user_part)
		f->place = PLAN_FOR_USERS;
	return 0;
}

static int
add_file(const struct station *st, const struct tuf_delegation *d, const struct tuf_targets *role,
    const char *target, struct plan *p, struct err *e)
{
	struct plan_file *f;

	if (add_target(st, p, target, &f, e) == -1)
		return -1;
	if (!delegation_covers(d, target))
		return err_setx(e, ERR_UNSAFE,
		    "target %s: outside of what application %s may publish", target,
		    st->application);
	if (targets_get(role, target, &f->want, e) == -1)
		return -1;
	if (!f->want.hashes.has_sha256)
		return err_setx(e, ERR_SYNTAX, "target %s: want a sha256 hash", target);
	if ((f->place == LAYOUT_SCRIPTS_MACHINE || f->place == LAYOUT_SCRIPTS_USER) &&
	    f->want.length > SCRIPT_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "target %s: want a script of at most %u bytes",
		    target, SCRIPT_SIZE_MAX);
	hex_encode(f->want.hashes.sha256, SHA256_SIZE, f->sha256);
	return layout_mode(target, json_string_value(json_object_get(f->want.custom, "mode")),
	    &f->mode, e);
}

static int
by_plan_target(const void *a, const void *b)
{
	return strcmp(((const struct plan_file *)a)->target, ((const struct plan_file *)b)->target);
}

static int
compare_target(const void *target, const void *file)
{
	return strcmp(target, ((const struct plan_file *)file)->target);
}

struct plan_file *
plan_find(const struct plan *p, const char *target)
{
	return p->n == 0 ? NULL : bsearch(target, p->files, p->n, sizeof *p->files, compare_target);
}

static bool
was_applied(const struct record *applied, const char *target)
{
	return applied != NULL && record_file(applied, target) != NULL;
}

static int
collide(void *applied, const struct fold_name *a, const struct fold_name *b, struct err *e)
{
	/* Only by letters beyond ASCII, which no publisher and no station looked at once. */
	if (path_casecmp(a->path, b->path) != 0 && was_applied(applied, a->path) &&
	    was_applied(applied, b->path))
		return 0;
	return err_setx(e, ERR_UNSAFE,
	    "targets %s and %s differ only in case, or in how accents are written", a->path,
	    b->path);
}

/*
 * Names that aren't good on every system, or are one where case doesn't count.  What is applied
 * already does no new harm, and doesn't stop the updates of a station.
 */
static int
check_names(struct plan *p, const struct record *applied, struct err *e)
{
	struct fold_names names = FOLD_NAMES_INIT;
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		const char *target = p->files[i].target;

		if (path_portable(target, strlen(target), e) == -1 && !was_applied(applied, target))
			rc = -1;
		else
			rc = fold_names_add(&names, target, i, e);
	}
	if (rc == 0)
		rc = fold_names_twins(&names, collide, (void *)(uintptr_t)applied, e);
	fold_names_free(&names);
	qsort(p->files, p->n, sizeof *p->files, by_plan_target);
	return rc;
}

int
plan_make(const struct station *st, struct refresh *r, const struct record *applied,
    int64_t deadline, struct plan *p, struct err *e)
{
	const struct tuf_targets *role = refresh_role(r);
	const struct tuf_delegation *d = tuf_client_delegation(refresh_client(r), st->application);
	const json_t *release = json_object_get(role->c.json, "release");
	const char *path;
	json_t *entry;

	memset(p, 0, sizeof *p);
	p->application = st->application;
	p->deadline = deadline;
	if (!json_is_integer(release) || json_integer_value(release) < 1)
		return err_setx(e, ERR_SYNTAX, "%s: want a release number", st->application);
	p->release = json_integer_value(release);
	p->version = role->c.version;
	p->files = calloc(json_object_size(role->targets) + 1, sizeof *p->files);
	if (p->files == NULL)
		return err_nomem(e);
	json_object_foreach ((json_t *)(uintptr_t)role->targets, path, entry)
		if (clock_check(deadline, "the release was read", e) == -1 ||
		    add_file(st, d, role, path, p, e) == -1)
			goto fail;
	if (check_names(p, applied, e) == 0)
		return 0;
fail:
	plan_free(p);
	return -1;
}

static int
add_recorded(const struct station *st, const struct record_file *file, struct plan *p,
    struct err *e)
{
	struct plan_file *f;

	if (add_target(st, p, file->target, &f, e) == -1)
		return -1;
	memcpy(f->sha256, file->state.sha256, sizeof f->sha256);
	if (hex_decode(f->sha256, SHA256_HEX_SIZE - 1, f->want.hashes.sha256, SHA256_SIZE) == -1)
		return err_setx(e, ERR_SYNTAX, "record: want a sha256 hash of %s", f->target);
	f->want.hashes.has_sha256 = true;
	f->want.length = file->length;
	f->mode = file->state.mode;
	return 0;
}

int
plan_of_record(const struct station *st, const struct record *r, int64_t deadline, struct plan *p,
    struct err *e)
{
	memset(p, 0, sizeof *p);
	p->application = st->application;
	p->deadline = deadline;
	p->release = r->release;
	p->version = r->version;
	if ((p->files = calloc(r->n + 1, sizeof *p->files)) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < r->n; i++)
		if (clock_check(deadline, "the release was read", e) == -1 ||
		    add_recorded(st, &r->files[i], p, e) == -1)
			goto fail;
	if (check_names(p, r, e) == 0)
		return 0;
fail:
	plan_free(p);
	return -1;
}

bool
plan_is_for_users(const struct station *st, const char *target)
{
	return layout_is_in(target, LAYOUT_SCRIPTS_USER) ||
	    (st->app_of_user && layout_is_in(target, LAYOUT_APP));
}

int
plan_of_user(const struct station *user_part, const struct record *machine, int64_t deadline,
    struct plan *p, struct err *e)
{
	size_t n = 0;

	if (plan_of_record(user_part, machine, deadline, p, e) == -1)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (user_part->app_of_user && p->files[i].place == LAYOUT_APP)
			p->files[n++] = p->files[i];
		else
			free(p->files[i].target);
	p->n = n;
	return 0;
}

bool
plan_is_applied(const struct plan *p, const struct record *applied)
{
	/*
	 * Only equality counts here: TUF refuses older metadata, and defines the recovery from
	 * used-up numbers.
	 */
	return p->release == applied->newest &&
	    (applied->release != applied->newest || applied->version == p->version);
}

size_t
plan_changes(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n + p->nremoved; i++)
		n += p->files[i].op != PLAN_KEEP;
	return n;
}

bool
plan_needs(const struct plan_file *f)
{
	return f->op == PLAN_ADD || f->op == PLAN_REPLACE;
}
