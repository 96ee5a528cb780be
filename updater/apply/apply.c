/* SPDX-License-Identifier: ISC */
/*
 * From a plan to a transaction.
 */
#include "updater/apply/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/base/path.h"
#include "updater/state/changes_json.h"
#include "updater/state/record.h"

/* While a journal is put together.  The sets are JSON objects with the paths as names. */
struct building {
	const struct station *st;
	const struct apply *a;
	struct journal *j;
	struct dir *roots[JOURNAL_ROOTS];
	json_t *parents[JOURNAL_ROOTS]; /* directories that the release's files are in */
	json_t *ours[JOURNAL_ROOTS];	/* directories that Slipway made, before and by this */
	/* new content that was seen once (true) or more often (false) */
	json_t *hashes;
};

static int
add_root(struct building *b, enum journal_root r, struct err *e)
{
	const char *path = plan_root(b->st, (enum plan_place)r);
	char copy[4 * PATH_REL_MAX], *slash;
	struct file_info info;
	int found;

	if ((b->j->roots[r] = strdup(path)) == NULL)
		return err_nomem(e);
	if ((b->roots[r] = dir_open(path, e)) == NULL && e->code != ERR_NOENT)
		return -1;
	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
		return err_setx(e, ERR_TOO_LARGE, "%.200s...: name too long", path);
	while ((slash = strrchr(copy, '/')) != NULL && slash[1] == '\0' && slash != copy)
		*slash = '\0';
	while ((found = file_stat(NULL, copy, &info, e)) == 0 &&
	    (slash = strrchr(copy, '/')) != NULL && slash != copy) {
		*slash = '\0';
		b->j->made[r]++;
	}
	return found == -1 ? -1 : 0;
}

/* Whether a removal makes way for what is to be at path. */
static bool
makes_way(struct building *b, enum journal_root r, const char *path)
{
	for (size_t i = 0; i < b->j->nfiles; i++) {
		struct journal_file *f = &b->j->files[i];

		if (f->root == r && f->new.sha256[0] == '\0' && strcmp(f->path, path) == 0)
			return f->early = true;
	}
	return false;
}

/* A directory that a new file needs: made unless it is there. */
static int
need_dir(struct building *b, enum journal_root r, const char *path, struct err *e)
{
	struct journal_dir *d;
	struct file_info info;
	int found = 0;

	if (json_object_get(b->parents[r], path) != NULL)
		return 0;
	if (json_object_set_new(b->parents[r], path, json_true()) == -1)
		return err_nomem(e);
	if (b->roots[r] != NULL && (found = file_stat(b->roots[r], path, &info, e)) == -1)
		return -1;
	if (found == 1 && info.type == FILE_DIRECTORY)
		return 0;
	if (found == 1 && !makes_way(b, r, path))
		return err_setx(e, ERR_UNSAFE,
		    "%s/%s: want a directory or nothing, found %s; move it away", b->j->roots[r],
		    path, info.type == FILE_LINK ? "a symbolic link" : "a file");
	if ((d = journal_add_dir(b->j, e)) == NULL || (d->path = strdup(path)) == NULL)
		return d == NULL ? -1 : err_nomem(e);
	d->root = r;
	d->made = true;
	return json_object_set_new(b->ours[r], path, json_true()) == -1 ? err_nomem(e) : 0;
}

/* Each directory that path is in, from the top. */
static int
each_parent(struct building *b, const struct plan_file *f,
    int (*each)(struct building *, enum journal_root, const char *, struct err *), struct err *e)
{
	char path[PATH_REL_MAX + 1];

	for (const char *slash = strchr(f->rest, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		snprintf(path, sizeof path, "%.*s", (int)(slash - f->rest), f->rest);
		if (each(b, (enum journal_root)f->place, path, e) == -1)
			return -1;
	}
	return 0;
}

/* A directory of a file that stays as it is: it is there. */
static int
note_dir(struct building *b, enum journal_root r, const char *path, struct err *e)
{
	return json_object_set_new(b->parents[r], path, json_true()) == -1 ? err_nomem(e) : 0;
}

static int
add_file(struct building *b, const struct plan_file *f, struct err *e)
{
	enum journal_root r = (enum journal_root)f->place;
	struct journal_file *jf;

	if (f->op == PLAN_KEEP)
		return 0;
	if (b->j->roots[r] == NULL && add_root(b, r, e) == -1)
		return -1;
	if ((jf = journal_add_file(b->j, e)) == NULL)
		return -1;
	jf->root = r;
	jf->old = f->old;
	if ((jf->path = strdup(f->rest)) == NULL ||
	    (f->aside != NULL && (jf->aside = strdup(f->aside)) == NULL))
		return err_nomem(e);
	if (f->op == PLAN_REMOVE)
		return 0;
	memcpy(jf->new.sha256, f->sha256, sizeof jf->new.sha256);
	jf->new.mode = f->mode;
	return json_object_set_new(b->hashes, f->sha256,
		   json_boolean(json_object_get(b->hashes, f->sha256) == NULL)) == -1
	    ? err_nomem(e)
	    : 0;
}

/* Directories of ours that no file of the release is in. */
static int
add_obsolete_dirs(struct building *b, enum journal_root r, struct err *e)
{
	const json_t *was =
	    json_object_get(json_object_get(b->a->applied, "dirs"), journal_root_names[r]);

	for (size_t i = 0; i < json_array_size(was); i++) {
		const char *path = json_string_value(json_array_get(was, i));
		struct journal_dir *d;

		if (path == NULL || path_check(path, strlen(path), e) == -1)
			return path == NULL ? err_setx(e, ERR_SYNTAX, "record: dirs is malformed")
					    : -1;
		if (json_object_get(b->parents[r], path) != NULL) {
			if (json_object_set_new(b->ours[r], path, json_true()) == -1)
				return err_nomem(e);
			continue;
		}
		if ((b->j->roots[r] == NULL && add_root(b, r, e) == -1) ||
		    (d = journal_add_dir(b->j, e)) == NULL)
			return -1;
		d->root = r;
		if ((d->path = strdup(path)) == NULL)
			return err_nomem(e);
		for (size_t k = 0; k < b->j->nfiles && !d->early; k++) {
			const struct journal_file *f = &b->j->files[k];

			/* A file comes where the directory is, or where one of its parents is. */
			d->early = f->root == r && f->new.sha256[0] != '\0' &&
			    strncmp(path, f->path, strlen(f->path)) == 0 &&
			    (path[strlen(f->path)] == '\0' || path[strlen(f->path)] == '/');
		}
	}
	return 0;
}

/* What is removed from a directory that goes early goes early too. */
static void
hurry_files(struct journal *j)
{
	for (size_t i = 0; i < j->nfiles; i++)
		for (size_t k = 0; k < j->ndirs && !j->files[i].early; k++) {
			const char *dir = j->dirs[k].path;

			j->files[i].early = j->dirs[k].early &&
			    j->files[i].root == j->dirs[k].root &&
			    j->files[i].new.sha256[0] == '\0' &&
			    strncmp(j->files[i].path, dir, strlen(dir)) == 0 &&
			    j->files[i].path[strlen(dir)] == '/';
		}
}

static bool
is_same_root(const struct building *b, int r)
{
	const json_t *roots = json_object_get(b->a->applied, "roots");
	const char *now = plan_root(b->st, (enum plan_place)r);
	const char *was = json_string_value(json_object_get(roots, journal_root_names[r]));

	return now != NULL && was != NULL && strcmp(now, was) == 0;
}

static int
add_files_and_dirs(struct building *b, struct err *e)
{
	const struct plan *p = b->a->plan;

	for (size_t i = 0; i < p->n + p->nremoved; i++)
		if (add_file(b, &p->files[i], e) == -1)
			return -1;
	for (size_t i = 0; i < b->j->nfiles; i++)
		b->j->files[i].only =
		    json_is_true(json_object_get(b->hashes, b->j->files[i].new.sha256));
	for (size_t i = 0; i < p->n; i++)
		if (p->files[i].place <= PLACE_APP && p->files[i].op == PLAN_KEEP &&
		    each_parent(b, &p->files[i], note_dir, e) == -1)
			return -1;
	for (size_t i = 0; i < p->n; i++)
		if (p->files[i].place <= PLACE_APP && p->files[i].op != PLAN_KEEP &&
		    each_parent(b, &p->files[i], need_dir, e) == -1)
			return -1;
	for (int r = 0; r < JOURNAL_ROOTS; r++)
		if (is_same_root(b, r) && add_obsolete_dirs(b, (enum journal_root)r, e) == -1)
			return -1;
	hurry_files(b->j);
	return 0;
}

static json_t *
files_json(const struct plan *p)
{
	json_t *files = json_object();

	for (size_t i = 0; i < p->n && files != NULL; i++) {
		const struct plan_file *f = &p->files[i];
		char mode[8];

		snprintf(mode, sizeof mode, "%04o", f->mode);
		if (json_object_set_new(files, f->target,
			json_pack("{s:s, s:I, s:s}", "sha256", f->sha256, "length",
			    (json_int_t)f->want.length, "mode", mode)) == -1) {
			json_decref(files);
			files = NULL;
		}
	}
	return files;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order, so that a directory comes before what is in it. */
static json_t *
names_json(json_t *set)
{
	const char **names = calloc(json_object_size(set) + 1, sizeof *names), *name;
	json_t *list = names == NULL ? NULL : json_array(), *unused;
	size_t n = 0;

	if (list != NULL) {
		json_object_foreach (set, name, unused)
			names[n++] = name;
		qsort(names, n, sizeof *names, by_text);
	}
	for (size_t i = 0; i < n && list != NULL; i++)
		if (json_array_append_new(list, json_string(names[i])) == -1) {
			json_decref(list);
			list = NULL;
		}
	free(names);
	return list;
}

static int
add_record(struct building *b, size_t changes, size_t nsettings, struct err *e)
{
	const struct apply *a = b->a;
	char when[DATE_TEXT_SIZE];
	json_t *asked = a->asked != NULL ? json_deep_copy(a->asked) : changes_json(a->set, e);

	date_format(clock_wall(), when);
	b->j->record = json_pack(
	    "{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:{s:o, s:o}, s:{s:s?, s:s?}, s:o, s:o, s:{s:I, s:I}}",
	    "serial", (json_int_t)store_serial(a->applied) + 1, "time", when, "action", a->action,
	    "release", (json_int_t)a->plan->release, "version", (json_int_t)a->plan->version,
	    "newest", (json_int_t)a->newest, "from", (json_int_t)store_release(a->applied),
	    "machine", (json_int_t)a->machine, "files", files_json(a->plan), "dirs", "install",
	    names_json(b->ours[0]), "app", names_json(b->ours[1]), "roots", "install",
	    b->st->install_dir, "app", b->st->app_dir, "set", asked, "undo",
	    changes_json(&b->j->undo, e), "changed", "files", (json_int_t)changes, "settings",
	    (json_int_t)nsettings);
	return b->j->record == NULL ? err_nomem(e) : 0;
}

static void
building_end(struct building *b)
{
	for (int r = 0; r < JOURNAL_ROOTS; r++) {
		dir_close(b->roots[r]);
		json_decref(b->parents[r]);
		json_decref(b->ours[r]);
	}
	json_decref(b->hashes);
}

static int
build(const struct station *st, struct settings *s, const struct apply *a, struct journal *j,
    struct err *e)
{
	struct building b = { .st = st, .a = a, .j = j, .hashes = json_object() };
	struct changeset effective = CHANGESET_INIT;
	int rc = -1;

	for (int r = 0; r < JOURNAL_ROOTS; r++) {
		b.parents[r] = json_object();
		b.ours[r] = json_object();
	}
	if (add_files_and_dirs(&b, e) == 0 &&
	    settings_plan(s, a->set, &effective, &j->undo, e) == 0) {
		j->set = effective;
		rc = add_record(&b, plan_changes(a->plan), effective.n, e);
	}
	building_end(&b);
	return rc;
}

void
apply_transaction(const struct station *st, struct dir *state, struct dir *source,
    bool source_is_ours, struct settings *s, char work[static 512], struct transaction *t)
{
	snprintf(work, 512, ".slipway-%.200s-%.200s", st->installation, st->application);
	*t = (struct transaction){ .state = state,
		.source = source,
		.source_is_ours = source_is_ours,
		.settings = s,
		.work = work };
}

int
apply(const struct station *st, const struct transaction *t, const struct apply *a,
    size_t *nsettings, struct err *e)
{
	struct journal j = { 0 };
	int rc = build(st, t->settings, a, &j, e);

	if (rc == 0) {
		*nsettings = j.set.n;
		rc = transaction_run(t, &j, e);
	}
	journal_free(&j);
	return rc;
}
