/* SPDX-License-Identifier: ISC */
/* Files and settings that were applied and aren't there any more. */
#include "updater/plan/lost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/way.h"
#include "updater/plan/plan.h"

/* A destination, and how many of its files were looked at. */
struct place_look {
	struct dir *dir; /* NULL: not there */
	bool skipped;	 /* nothing can be said of its files */
	size_t files, missing;
};

struct look {
	const struct station *st;
	struct dir *state;
	struct settings *s;
	const struct record *applied;
	int64_t deadline;
	struct lost *l;
	struct place_look places[LAYOUT_ROOTS];
	struct dir *kept;
	/* The directory of the file that was looked at last: most files share it with the next. */
	struct dir *parent;
	enum layout_place place;
	enum layout_place target_place;
	size_t same;		     /* bytes of the last target up to its last part */
	const char *target, *rest;   /* the last one */
	char path[PATH_REL_MAX + 1]; /* its path in that place */
	bool known, blocked;	     /* parent is that directory; something else is in its place */
};

void
lost_free(struct lost *l)
{
	strings_free(&l->targets);
	strings_free(&l->scripts);
	strings_free(&l->held_up);
	changeset_free(&l->settings);
	*l = (struct lost)LOST_INIT;
}

bool
lost_any(const struct lost *l)
{
	return l->targets.n + l->scripts.n + l->settings.n + l->held_up.n > 0;
}

bool
lost_nothing(const struct lost *l)
{
	return !lost_any(l) && l->changed_files + l->changed_settings == 0;
}

static int
hold_up(struct lost *l, struct err *e, const char *path, const char *why)
{
	struct buf text = BUF_INIT(2 * ERR_TEXT_SIZE);
	int rc = buf_addf(&text, e, "%.600s%s%.600s", path, *path == '\0' ? "" : ": ", why);

	if (rc == 0)
		rc = strings_add(&l->held_up, buf_text(&text), e);
	buf_free(&text);
	return rc;
}

static int
open_places(struct look *k, struct err *e)
{
	struct err why;

	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		struct place_look *p = &k->places[r];
		const char *path = plan_root(k->st, r);

		p->skipped = !record_same_root(k->applied, r, path);
		if (p->skipped || (p->dir = way_open(path, &why)) != NULL || why.code == ERR_NOENT)
			continue;
		p->skipped = true;
		if (k->applied->n > 0 && hold_up(k->l, e, "", why.text) == -1)
			return -1;
	}
	k->kept = dir_below(k->state, "kept", false, &why);
	return 0;
}

static void
close_parent(struct look *k)
{
	if (k->known && k->path[0] != '\0')
		dir_close(k->parent);
	k->parent = NULL;
	k->known = k->blocked = false;
}

/* Make k->parent the directory that a file is in; NULL where that is missing, or blocked. */
static void
find_parent(struct look *k, enum layout_place place, const char *rest)
{
	size_t len = (size_t)(path_base(rest) - rest);
	struct dir *root = k->places[place].dir;
	struct err why;

	if (k->known && k->place == place && strlen(k->path) == len &&
	    memcmp(k->path, rest, len) == 0)
		return;
	close_parent(k);
	k->known = true;
	k->place = place;
	snprintf(k->path, sizeof k->path, "%.*s", (int)len, rest);
	if (len == 0 || root == NULL) {
		k->parent = len == 0 ? root : NULL;
		return;
	}
	k->path[len - 1] = '\0'; /* without the separator, for the call */
	if ((k->parent = dir_below(root, k->path, false, &why)) == NULL)
		k->blocked = why.code != ERR_NOENT;
	k->path[len - 1] = '/';
}

static int
hold_up_file(struct look *k, const char *rest, const char *why, struct err *e)
{
	struct buf path = BUF_INIT(4 * PATH_REL_MAX);
	int rc = path_join(&path, plan_root(k->st, k->place), rest, e);

	if (rc == 0) {
		path_native((char *)path.data);
		rc = hold_up(k->l, e, buf_text(&path), why);
	}
	buf_free(&path);
	return rc;
}

static int
look_at_file(struct look *k, const struct record_file *f, struct err *e)
{
	struct place_look *p = &k->places[k->target_place];
	const char *rest = k->rest;
	struct file_info info = { .size = 0 };
	struct err why;
	int found = 0;

	if (p->skipped)
		return 0;
	find_parent(k, k->target_place, rest);
	p->files++;
	if (k->parent != NULL)
		found = file_stat(k->parent, path_base(rest), &info, &why);
	if (found == 1) {
		k->l->changed_files += info.type != FILE_REGULAR || info.size != f->length;
		return 0;
	}
	p->missing++;
	if (found == -1)
		return hold_up_file(k, rest, why.text, e);
	return k->blocked
	    ? hold_up_file(k, rest,
		  "want a directory where it was, found something else; move that away", e)
	    : strings_add(&k->l->targets, f->target, e);
}

static int
look_at_script(struct look *k, const struct record_file *f, struct err *e)
{
	struct file_info info;
	struct err why;

	/* A line of the last look at it, from when it was the machine's, has no hash. */
	if (f->state.sha256[0] == '\0')
		return 0;
	/* Something else in its place is damage, which others look for. */
	if (k->kept != NULL && file_stat(k->kept, f->state.sha256, &info, &why) != 0)
		return 0;
	return strings_add(&k->l->scripts, f->target, e);
}

/* layout_target(), which costs more than the look itself, once for files of one directory. */
static int
find_place(struct look *k, const char *target, struct err *e)
{
	size_t same = (size_t)(path_base(target) - target);

	if (k->target != NULL && same == k->same && memcmp(k->target, target, same) == 0)
		k->rest = target + (k->rest - k->target);
	else if (layout_target(k->st->application, target, &k->target_place, &k->rest, e) == -1)
		return -1;
	k->target = target;
	k->same = same;
	return 0;
}

static int
look_at_target(struct look *k, const struct record_file *f, struct err *e)
{
	if (find_place(k, f->target, e) == -1)
		return -1;
	if (!k->st->user_part && plan_is_for_users(k->st, f->target))
		return look_at_script(k, f, e);
	return k->target_place < LAYOUT_ROOTS ? look_at_file(k, f, e) : 0;
}

/* Whether a setting has the value that it was given last.  1, 0 or -1. */
static int
is_set(struct settings *s, const struct change *c, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (c->op != CHANGE_SET)
		return 1;
	if ((rc = settings_get(s, c->key, c->name, &v, e)) == 1)
		rc = value_equal(&v, &c->value);
	value_free(&v);
	return rc;
}

/* All settings: those that differ, which are missing or have another value. */
static int
compare_settings(struct settings *s, const struct record *applied, struct lost *l, struct err *e)
{
	struct changeset differ = CHANGESET_INIT;
	int rc = settings_plan(s, &applied->set, &differ, NULL, e);

	for (size_t i = 0; i < differ.n && rc == 0; i++) {
		const struct change *c = &differ.changes[i];
		struct value v = VALUE_INIT;
		int found = c->op == CHANGE_SET ? settings_get(s, c->key, c->name, &v, e) : 1;

		value_free(&v);
		l->changed_settings += found == 1;
		if (found == -1 ||
		    (found == 0 &&
			changeset_set(&l->settings, c->key, c->name, &c->value, e) == -1))
			rc = -1;
	}
	changeset_free(&differ);
	return rc;
}

/* Files that may be on a disk that isn't mounted aren't put back. */
static int
leave_unmounted(struct look *k, struct err *e)
{
	struct strings *t = &k->l->targets;

	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		size_t n = 0;

		if (k->places[r].missing < LOST_DISK_MIN ||
		    k->places[r].missing < k->places[r].files)
			continue;
		for (size_t i = 0; i < t->n; i++)
			if (layout_is_in(t->v[i], r))
				free(t->v[i]);
			else
				t->v[n++] = t->v[i];
		t->n = n;
		if (hold_up(k->l, e, plan_root(k->st, r),
			"none of its files is there; is its disk mounted? 'slipway update --repair' "
			"installs them anew") == -1)
			return -1;
	}
	return 0;
}

/* Returns 1 where settings differ, 0 or -1. */
static int
look_at_all(struct look *k, struct err *e)
{
	const struct record *r = k->applied;
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++)
		if ((rc = look_at_target(k, &r->files[i], e)) == 0)
			rc = clock_check(k->deadline, "lost files were looked for", e);
	for (size_t i = 0; i < r->set.n && rc == 0; i++)
		if ((rc = is_set(k->s, &r->set.changes[i], e)) != -1)
			rc = rc == 0 ? 1
				     : clock_check(k->deadline, "lost settings were looked for", e);
	return rc;
}

int
lost_look(const struct station *st, struct dir *state, struct settings *s,
    const struct record *applied, int64_t deadline, struct lost *l, struct err *e)
{
	struct look k = { .st = st,
		.state = state,
		.s = s,
		.applied = applied,
		.deadline = deadline,
		.l = l };
	int rc;

	*l = (struct lost)LOST_INIT;
	settings_hold(s);
	if ((rc = open_places(&k, e)) == 0 && (rc = look_at_all(&k, e)) == 1)
		rc = compare_settings(s, applied, l, e);
	if (rc == 0)
		rc = leave_unmounted(&k, e);
	settings_release(s);
	close_parent(&k);
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		dir_close(k.places[r].dir);
	dir_close(k.kept);
	if (rc == -1)
		lost_free(l);
	return rc;
}
