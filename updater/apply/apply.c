/* SPDX-License-Identifier: ISC */
/* From a plan to a transaction. */
#include "updater/apply/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/rand.h>

#include "lib/base/date.h"
#include "lib/base/fold.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/way.h"

/* While a journal is put together.  The sets are JSON objects with the paths as names. */
struct building {
	const struct station *st;
	const struct apply *a;
	struct journal *j;
	struct dir *roots[LAYOUT_ROOTS];
	json_t *parents[LAYOUT_ROOTS]; /* directories that the release's files are in */
	json_t *early[LAYOUT_ROOTS];   /* directories that make way for files */
	/* The directories of the applied release, and those of them that get another spelling. */
	struct fold_names old_dirs[LAYOUT_ROOTS];
	json_t *respelled[LAYOUT_ROOTS];
	struct fold_names kept[LAYOUT_ROOTS], removed[LAYOUT_ROOTS]; /* files of the journal */
	json_t *hashes; /* new content: seen once (true) or more often (false) */
	size_t nkept;	/* files of the journal that stay or come; removals are behind them */
};

static int
add_to_set(json_t *set, const char *path, struct err *e)
{
	return json_object_set_new(set, path, json_true()) == -1 ? err_nomem(e) : 0;
}

static int
add_root(struct building *b, enum layout_place r, struct err *e)
{
	const char *path = plan_root(b->st, r);
	char copy[4 * PATH_REL_MAX];

	if ((b->j->roots[r] = strdup(path)) == NULL)
		return err_nomem(e);
	if ((b->roots[r] = way_open(path, e)) == NULL && e->code != ERR_NOENT)
		return -1;
	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
		return err_setx(e, ERR_TOO_LARGE, "%.200s...: name too long", path);
	return plan_existing(copy, &b->j->made[r], e);
}

/* The file of the journal that this list has at a path, whatever its case; NULL: there is none. */
static struct journal_file *
find_file(const struct building *b, struct fold_names *list, const char *path, struct err *e)
{
	size_t i;

	return list->n > 0 && fold_names_find(list, path, &i, e) == 1 ? &b->j->files[i] : NULL;
}

/*
 * Whether the directory that was found at this path is one of ours whose name differs only in case:
 * such a one is removed and made anew, so that it is called as the release calls it.  1, 0 or -1.
 */
static int
is_respelled(struct building *b, enum layout_place r, char *path, const struct file_info *found,
    struct err *e)
{
	struct file_info info;
	const char *old;
	size_t i;
	int rc = b->old_dirs[r].n == 0 ? 0 : fold_names_find(&b->old_dirs[r], path, &i, e);

	if (rc != 1)
		return rc;
	old = b->a->applied->dirs[r].v[i];
	if (strcmp(old, path) == 0 || file_stat(b->roots[r], old, &info, e) != 1 ||
	    info.inode != found->inode || info.device != found->device)
		return 0;
	return add_to_set(b->respelled[r], old, e) == -1 ? -1 : 1;
}

/* A directory that a new file needs: made unless it is there.  A removal may have to make way. */
static int
need_dir(struct building *b, enum layout_place r, char *path, struct err *e)
{
	struct journal_file *in_the_way;
	struct journal_dir *d;
	struct file_info info;
	int found = 0, other = 0;

	if (json_object_get(b->parents[r], path) != NULL)
		return 0;
	if (add_to_set(b->parents[r], path, e) == -1 ||
	    (b->roots[r] != NULL && (found = file_stat(b->roots[r], path, &info, e)) == -1))
		return -1;
	if (found == 1 && info.type == FILE_DIRECTORY &&
	    (other = is_respelled(b, r, path, &info, e)) != 1)
		return other;
	in_the_way = found == 1 && other == 0 ? find_file(b, &b->removed[r], path, e) : NULL;
	if (in_the_way != NULL)
		in_the_way->early = true;
	else if (found == 1 && other == 0)
		return err_setx(e, ERR_UNSAFE,
		    "%s/%s: want a directory or nothing, found %s; move it away", b->j->roots[r],
		    path, info.type == FILE_LINK ? "a symbolic link" : "a file");
	if ((d = journal_add_dir(b->j, e)) == NULL || (d->path = strdup(path)) == NULL)
		return d == NULL ? -1 : err_nomem(e);
	d->root = r;
	d->made = true;
	return strings_add(&b->j->record.dirs[r], path, e);
}

/* A directory of a file that stays as it is: it is there. */
static int
note_dir(struct building *b, enum layout_place r, char *path, struct err *e)
{
	return add_to_set(b->parents[r], path, e);
}

/*
 * Call each() for each directory that path is in, from the top.  1 and -1 from it end the walk.
 * Returns 0, or what each() returned.
 */
static int
each_parent(struct building *b, enum layout_place r, const char *path,
    int (*each)(struct building *, enum layout_place, char *, struct err *), struct err *e)
{
	char parent[PATH_REL_MAX + 1];
	int rc = 0;

	for (const char *slash = strchr(path, '/'); slash != NULL && rc == 0;
	     slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
		rc = each(b, r, parent, e);
	}
	return rc;
}

static int
add_planned_file(struct building *b, const struct plan_file *f, struct err *e)
{
	struct journal_file *jf;

	if (f->op == PLAN_KEEP)
		return 0;
	if (b->j->roots[f->place] == NULL && add_root(b, f->place, e) == -1)
		return -1;
	if ((jf = journal_add_file(b->j, e)) == NULL)
		return -1;
	jf->root = f->place;
	jf->old = f->old;
	if ((jf->path = strdup(f->rest)) == NULL ||
	    (f->aside != NULL && (jf->aside = strdup(f->aside)) == NULL))
		return err_nomem(e);
	if (fold_names_add(f->op == PLAN_REMOVE ? &b->removed[f->place] : &b->kept[f->place],
		jf->path, b->j->nfiles - 1, e) == -1)
		return -1;
	if (f->op == PLAN_REMOVE)
		return 0;
	b->nkept = b->j->nfiles;
	memcpy(jf->new.sha256, f->sha256, sizeof jf->new.sha256);
	jf->new.mode = f->mode;
	jf->new.length = f->want.length;
	return json_object_set_new(b->hashes, f->sha256,
		   json_boolean(json_object_get(b->hashes, f->sha256) == NULL)) == -1
	    ? err_nomem(e)
	    : 0;
}

static int
is_kept_file(struct building *b, enum layout_place r, char *path, struct err *e)
{
	return find_file(b, &b->kept[r], path, e) != NULL;
}

static int
is_early(struct building *b, enum layout_place r, char *path, struct err *e)
{
	(void)e;
	return json_object_get(b->early[r], path) != NULL;
}

/* A directory of ours: it stays where the release has files in it, else it is removed. */
static int
add_dir(struct building *b, enum layout_place r, char *path, struct err *e)
{
	struct journal_dir *d;

	if (path_check(path, strlen(path), e) == -1)
		return -1;
	if (json_object_get(b->parents[r], path) != NULL)
		return strings_add(&b->j->record.dirs[r], path, e);
	if ((b->j->roots[r] == NULL && add_root(b, r, e) == -1) ||
	    (d = journal_add_dir(b->j, e)) == NULL)
		return -1;
	d->root = r;
	if ((d->path = strdup(path)) == NULL)
		return err_nomem(e);
	/* A file comes where the directory is, or where one of its parents is. */
	d->early = is_kept_file(b, r, path, e) == 1 ||
	    each_parent(b, r, path, is_kept_file, e) == 1 ||
	    json_object_get(b->respelled[r], path) != NULL;
	return d->early ? add_to_set(b->early[r], path, e) : 0;
}

static int
add_files(struct building *b, struct err *e)
{
	const struct plan *p = b->a->plan;

	for (size_t i = 0; i < p->n + p->nremoved; i++)
		if (clock_check(p->deadline, "changes were prepared", e) == -1 ||
		    add_planned_file(b, &p->files[i], e) == -1)
			return -1;
	for (size_t i = 0; i < b->j->nfiles; i++)
		b->j->files[i].only =
		    json_is_true(json_object_get(b->hashes, b->j->files[i].new.sha256));
	return 0;
}

static int
add_dirs(struct building *b, struct err *e)
{
	const struct plan *p = b->a->plan;
	const struct record *was = b->a->applied;

	/* First those that are surely there. */
	for (int keep = 1; keep >= 0; keep--)
		for (size_t i = 0; i < p->n; i++) {
			const struct plan_file *f = &p->files[i];

			if (clock_check(p->deadline, "changes were prepared", e) == -1)
				return -1;
			if (f->place < LAYOUT_ROOTS && (f->op == PLAN_KEEP) == (keep == 1) &&
			    each_parent(b, f->place, f->rest, keep ? note_dir : need_dir, e) == -1)
				return -1;
		}
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		for (size_t i = 0;
		     record_same_root(was, r, plan_root(b->st, r)) && i < was->dirs[r].n; i++)
			if (clock_check(p->deadline, "changes were prepared", e) == -1 ||
			    add_dir(b, r, was->dirs[r].v[i], e) == -1)
				return -1;
	return 0;
}

/* Fill in which removals are early. */
static void
order_removals(struct building *b, struct err *e)
{
	for (size_t i = b->nkept; i < b->j->nfiles; i++) {
		struct journal_file *f = &b->j->files[i];

		/* in a directory that is removed early, or in the way where case doesn't count */
		f->early = f->early || is_kept_file(b, f->root, f->path, e) == 1 ||
		    each_parent(b, f->root, f->path, is_early, e) == 1;
	}
}

static int
note_old_dirs(struct building *b, struct err *e)
{
	const struct record *was = b->a->applied;

	for (int r = 0; r < LAYOUT_ROOTS; r++)
		for (size_t i = 0;
		     record_same_root(was, r, plan_root(b->st, r)) && i < was->dirs[r].n; i++)
			if (fold_names_add(&b->old_dirs[r], was->dirs[r].v[i], i, e) == -1)
				return -1;
	return 0;
}

static int
record_files(const struct plan *p, struct record *r, struct err *e)
{
	if ((r->files = calloc(p->n + 1, sizeof *r->files)) == NULL)
		return err_nomem(e);
	for (; r->n < p->n; r->n++) {
		const struct plan_file *f = &p->files[r->n];
		struct record_file *to = &r->files[r->n];

		if ((to->target = strdup(f->target)) == NULL)
			return err_nomem(e);
		memcpy(to->state.sha256, f->sha256, sizeof to->state.sha256);
		to->state.mode = f->mode;
		to->length = to->state.length = f->want.length;
	}
	return 0;
}

/* The record's dirs and undo are there already. */
static int
fill_record(struct building *b, struct err *e)
{
	const struct apply *a = b->a;
	struct record *r = &b->j->record;

	r->serial = a->applied->serial + 1;
	r->release = a->plan->release;
	r->version = a->plan->version;
	r->newest = a->newest;
	r->from = a->applied->release;
	r->machine = a->machine;
	date_format(clock_wall(), r->time);
	snprintf(r->action, sizeof r->action, "%s", a->action);
	if (a->place != NULL)
		snprintf(r->place, sizeof r->place, "%.*s",
		    (int)text_cut(a->place, strlen(a->place), sizeof r->place - 1), a->place);
	r->expired = a->expired;
	r->changed_files = (int64_t)plan_changes(a->plan);
	r->changed_settings = (int64_t)b->j->set.n;
	r->whole = true;
	for (int root = 0; root < LAYOUT_ROOTS; root++) {
		const char *path = plan_root(b->st, root);

		if (path != NULL && (r->roots[root] = strdup(path)) == NULL)
			return err_nomem(e);
	}
	if (record_files(a->plan, r, e) == -1 ||
	    changeset_append(&r->set, a->asked != NULL ? a->asked : a->set, e) == -1)
		return -1;
	record_sort(r);
	return 0;
}

static int
choose_number(struct journal *j, struct err *e)
{
	uint8_t random[(JOURNAL_NUMBER_SIZE - 1) / 2];

	if (RAND_bytes(random, sizeof random) != 1)
		return err_openssl(e, "random number of the journal");
	hex_encode(random, sizeof random, j->number);
	return 0;
}

static int
build(const struct station *st, struct settings *s, const struct apply *a, struct journal *j,
    struct err *e)
{
	struct building b = { .st = st, .a = a, .j = j, .hashes = json_object() };
	int rc = -1;

	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		b.parents[r] = json_object();
		b.early[r] = json_object();
		b.respelled[r] = json_object();
	}
	if (choose_number(j, e) == 0 && add_files(&b, e) == 0 && note_old_dirs(&b, e) == 0 &&
	    add_dirs(&b, e) == 0 && settings_plan(s, a->set, &j->set, &j->record.undo, e) == 0) {
		order_removals(&b, e);
		rc = fill_record(&b, e);
	}
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		dir_close(b.roots[r]);
		json_decref(b.parents[r]);
		json_decref(b.early[r]);
		json_decref(b.respelled[r]);
		fold_names_free(&b.old_dirs[r]);
		fold_names_free(&b.kept[r]);
		fold_names_free(&b.removed[r]);
	}
	json_decref(b.hashes);
	return rc;
}

void
apply_transaction(const struct station *st, struct dir *state, struct dir *source,
    bool source_is_ours, struct settings *s, int64_t deadline, char work[static 512],
    struct transaction *t)
{
	snprintf(work, 512, ".slipway-%.200s-%.200s", st->installation, st->application);
	*t = (struct transaction){ .st = st,
		.state = state,
		.source = source,
		.source_is_ours = source_is_ours,
		.settings = s,
		.deadline = deadline,
		.work = work };
}

int
apply(const struct station *st, const struct transaction *t, const struct apply *a,
    struct record *now, struct err *e)
{
	struct journal j = { .files = NULL };
	int rc = build(st, t->settings, a, &j, e);

	if (rc == 0)
		rc = transaction_run(t, a->applied, &j, e);
	if (rc == 0) {
		*now = j.record;
		j.record = (struct record)RECORD_INIT;
	}
	journal_free(&j);
	return rc;
}
