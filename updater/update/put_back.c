/* SPDX-License-Identifier: ISC */
/* Files and settings that were applied and were lost are put back. */
#include "updater/update/put_back.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "updater/apply/apply.h"
#include "updater/fetch/download.h"
#include "updater/state/state.h"
#include "updater/state/watch.h"
#include "updater/station/checks.h"

/* How many of several things a message names. */
#define NAMES_MAX 3

static void
tell(const struct put_back *b, enum log_level level, const struct buf *text)
{
	if (b->o->log != NULL && text->len > 0)
		b->o->log(NULL, level, b->st->application, buf_text(text));
}

static size_t
n_missing(const struct lost *l)
{
	return l->targets.n + l->scripts.n + l->settings.n;
}

/* Append the name of the i-th missing thing, for people. */
static int
name_missing(const struct station *st, const struct lost *l, size_t i, struct buf *out,
    struct err *e)
{
	struct plan_file f = { .target = NULL };
	const struct change *c;

	if (i < l->targets.n)
		return layout_target(st->application, l->targets.v[i], &f.place, &f.rest, e) == -1
		    ? -1
		    : plan_shown_path(st, &f, out, e);
	if ((i -= l->targets.n) < l->scripts.n)
		return buf_adds(out, l->scripts.v[i], e);
	c = &l->settings.changes[i - l->scripts.n];
	return losses_setting(c->key, c->name, out, e);
}

/* Append "1 file and 2 settings", and behind it the names of some. */
static void
add_missing(const struct put_back *b, const struct lost *l, struct buf *text)
{
	size_t files = l->targets.n + l->scripts.n, all = n_missing(l);
	struct err ignored;

	if (files > 0)
		buf_addf(text, &ignored, "%zu file%s", files, files == 1 ? "" : "s");
	if (l->settings.n > 0)
		buf_addf(text, &ignored, "%s%zu setting%s", files > 0 ? " and " : "", l->settings.n,
		    l->settings.n == 1 ? "" : "s");
	buf_addf(text, &ignored, " of release %lld (", (long long)b->applied->release);
	for (size_t i = 0; i < all && i < NAMES_MAX; i++) {
		if (i > 0)
			buf_adds(text, ", ", &ignored);
		name_missing(b->st, l, i, text, &ignored);
	}
	buf_adds(text, all > NAMES_MAX ? ", ...)" : ")", &ignored);
}

/* Whether something is to be left as it is; then it is noted. */
static bool
came_again(struct put_back *b, const char *name)
{
	struct err ignored;

	if (losses_count(&b->losses, name) < LOSSES_MAX)
		return false;
	strings_add(&b->again, name, &ignored);
	return true;
}

static void
leave_again(struct put_back *b, struct strings *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (came_again(b, list->v[i]))
			free(list->v[i]);
		else
			list->v[n++] = list->v[i];
	list->n = n;
}

/* What was put back twice today isn't tried a third time. */
static int
leave_settings_again(struct put_back *b, struct err *e)
{
	struct changeset all = b->lost.settings;
	int rc = 0;

	b->lost.settings = (struct changeset)CHANGESET_INIT;
	for (size_t i = 0; i < all.n && rc == 0; i++) {
		const struct change *c = &all.changes[i];
		struct buf name = BUF_INIT(2 * SETTING_KEY_MAX);

		rc = losses_setting(c->key, c->name, &name, e);
		if (rc == 0 && !came_again(b, buf_text(&name)))
			rc = changeset_set(&b->lost.settings, c->key, c->name, &c->value, e);
		buf_free(&name);
	}
	changeset_free(&all);
	return rc;
}

void
put_back_look(struct put_back *b)
{
	struct err why;

	b->lost = (struct lost)LOST_INIT;
	b->losses = (struct losses){ .known = NULL };
	b->again = (struct strings)STRINGS_INIT;
	err_clear(&b->unseen);
	err_clear(&b->why);
	if (b->applied->serial == 0 || !b->applied->whole || b->applied->damaged)
		return;
	if (lost_look(b->st, b->state, b->s, b->applied, b->o->deadline, &b->lost, &why) == -1)
		b->unseen = why;
	else if (!lost_nothing(&b->lost))
		losses_load(b->state, &b->losses);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a file of the plan is one of those that are missing. */
static bool
is_missing(const struct strings *targets, const struct plan_file *f)
{
	return targets->n > 0 &&
	    bsearch(&f->target, targets->v, targets->n, sizeof *targets->v, by_text) != NULL;
}

/* The applied release, in which the missing files, of which source has the content, are new. */
static int
plan_missing(const struct put_back *b, struct dir *source, struct plan *p, struct err *e)
{
	int64_t deadline = b->o->deadline;

	if (plan_of_record(b->st, b->applied, deadline, p, e) == -1)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		struct plan_file *f = &p->files[i];

		if (f->place < LAYOUT_ROOTS && is_missing(&b->lost.targets, f) &&
		    (source == NULL || download_is_there(source, f->sha256, &f->want, deadline)))
			f->op = PLAN_ADD;
	}
	return 0;
}

static bool
was_put(const struct plan *p, const char *target)
{
	const struct plan_file *f = plan_find(p, target);

	return f != NULL && f->op == PLAN_ADD;
}

/* Take files from the list of the missing to the list of those that are put back. */
static void
take_files(struct put_back *b, const struct plan *p, struct lost *done)
{
	struct strings *from = &b->lost.targets;
	struct err ignored;
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		if (!was_put(p, from->v[i])) {
			from->v[n++] = from->v[i];
		} else {
			losses_add(&b->losses, from->v[i]);
			strings_add(&done->targets, from->v[i], &ignored);
			free(from->v[i]);
		}
	from->n = n;
}

static void
take_settings(struct put_back *b, struct lost *done)
{
	struct err ignored;

	done->settings = b->lost.settings;
	b->lost.settings = (struct changeset)CHANGESET_INIT;
	for (size_t i = 0; i < done->settings.n; i++) {
		const struct change *c = &done->settings.changes[i];
		struct buf name = BUF_INIT(2 * SETTING_KEY_MAX);

		if (losses_setting(c->key, c->name, &name, &ignored) == 0)
			losses_add(&b->losses, buf_text(&name));
		buf_free(&name);
	}
}

static void
tell_put_back(const struct put_back *b, const struct lost *done)
{
	struct buf text = BUF_INIT(4 * ERR_TEXT_SIZE);
	struct err ignored;

	buf_adds(&text, "lost and put back: ", &ignored);
	add_missing(b, done, &text);
	tell(b, LOG_LEVEL_WARN, &text);
	buf_free(&text);
}

/* Put the files of the plan that are new and all missing settings in place. */
static int
put(struct put_back *b, struct plan *p, struct dir *source, bool source_is_ours, struct err *e)
{
	struct apply a = { .plan = p,
		.set = &b->lost.settings,
		.applied = b->applied,
		.action = RECORD_RESTORE,
		.asked = &b->applied->set,
		.newest = b->applied->newest,
		.machine = b->user ? b->applied->machine : record_followed(b->applied) };
	struct lost done = LOST_INIT;
	struct record now;
	struct transaction t;
	char work[512];

	if (plan_changes(p) == 0 && b->lost.settings.n == 0)
		return 0;
	apply_transaction(b->st, b->state, source, source_is_ours, b->s, b->o->deadline, work, &t);
	t.user = b->user;
	if ((plan_changes(p) > 0 && plan_room(b->st, b->state, p, e) == -1) ||
	    apply(b->st, &t, &a, &now, e) == -1)
		return -1;
	record_free(&now);
	take_files(b, p, &done);
	take_settings(b, &done);
	tell_put_back(b, &done);
	lost_free(&done);
	record_free(b->applied);
	return record_applied(b->state, b->applied, e);
}

/* Put back what kept/ has the content of, and settings. */
static int
put_kept(struct put_back *b, struct err *e)
{
	struct dir *kept = b->kept;
	struct plan p;
	int rc;

	leave_again(b, &b->lost.targets);
	leave_again(b, &b->lost.scripts);
	if (leave_settings_again(b, e) == -1 ||
	    (kept == NULL && (kept = dir_below(b->state, "kept", true, e)) == NULL))
		return -1;
	if ((rc = plan_missing(b, kept, &p, e)) == 0) {
		rc = put(b, &p, kept, false, e);
		plan_free(&p);
	}
	if (kept != b->kept)
		dir_close(kept);
	return rc;
}

void
put_back_here(struct put_back *b)
{
	struct err why;

	put_back_look(b);
	if (n_missing(&b->lost) > 0 && put_kept(b, &why) == -1)
		b->why = why;
}

/* Users' scripts lie under their hashes, so that they need no transaction. */
static int
fetch_scripts(struct put_back *b, struct plan *p, struct refresh *r, struct fetch *f, struct err *e)
{
	struct dir *kept = dir_below(b->state, "kept", true, e);
	struct lost done = LOST_INIT;
	int rc = -1;

	if (kept != NULL && plan_fetch(p, r, f, kept, PLAN_USER_SCRIPTS, b->o->progress, e) == 0 &&
	    (rc = dir_sync(kept, e)) == 0)
		for (size_t i = 0; i < p->n && rc == 0; i++)
			if (plan_is_for_users(b->st, p->files[i].target))
				rc = file_set_mode(kept, p->files[i].sha256, 0644, e);
	dir_close(kept);
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < b->lost.scripts.n; i++)
		losses_add(&b->losses, b->lost.scripts.v[i]);
	done.scripts = b->lost.scripts;
	b->lost.scripts = (struct strings)STRINGS_INIT;
	tell_put_back(b, &done);
	lost_free(&done);
	return 0;
}

/* The same from the servers of a refresh. */
static int
put_fetched(struct put_back *b, struct refresh *r, struct fetch *f, struct dir *staging,
    struct err *e)
{
	struct plan p;
	int rc = -1;

	if (plan_missing(b, NULL, &p, e) == -1)
		return -1;
	if ((b->lost.scripts.n == 0 || fetch_scripts(b, &p, r, f, e) == 0) &&
	    plan_fetch(&p, r, f, staging, PLAN_FILES, b->o->progress, e) == 0)
		rc = put(b, &p, staging, true, e);
	plan_free(&p);
	return rc;
}

void
put_back_fetch(struct put_back *b, struct refresh *r, struct fetch *f, struct dir *staging)
{
	struct err why;

	if (n_missing(&b->lost) > 0 && put_fetched(b, r, f, staging, &why) == -1)
		b->why = why;
}

static void
tell_missing(const struct put_back *b, bool may_write)
{
	struct buf text = BUF_INIT(4 * ERR_TEXT_SIZE);
	struct err ignored;

	if (n_missing(&b->lost) > 0) {
		buf_adds(&text, "missing: ", &ignored);
		add_missing(b, &b->lost, &text);
		if (!may_write)
			buf_adds(&text,
			    "; this user may not put back what is missing: an administrator of the station "
			    "has to run 'slipway update'",
			    &ignored);
		else
			buf_addf(&text, &ignored, "; could not be put back: %.600s",
			    b->why.code == ERR_NONE
				? "the content isn't kept here, and no server gave it"
				: b->why.text);
	} else if (b->unseen.code != ERR_NONE) {
		buf_addf(&text, &ignored, "lost files and settings weren't looked for: %.600s",
		    b->unseen.text);
	}
	tell(b, LOG_LEVEL_WARN, &text);
	buf_free(&text);
}

static void
tell_again(const struct put_back *b)
{
	struct buf text = BUF_INIT(4 * ERR_TEXT_SIZE);
	struct err ignored;

	for (size_t i = 0; i < b->again.n && i < NAMES_MAX; i++)
		buf_addf(&text, &ignored, "%s%.300s", i == 0 ? "" : ", ", b->again.v[i]);
	if (b->again.n > 0)
		buf_addf(&text, &ignored,
		    "%s: missing once more, although put back %u times today; does a virus scanner "
		    "remove it? 'slipway update --repair' puts it back",
		    b->again.n > NAMES_MAX ? ", ..." : "", LOSSES_MAX);
	tell(b, LOG_LEVEL_WARN, &text);
	buf_free(&text);
}

/* The settings that are as they were applied: a person who changed another one wants it so. */
static int
present_settings(const struct put_back *b, struct changeset *out, struct err *e)
{
	const struct changeset *set = &b->applied->set;
	int rc = 0;

	settings_hold(b->s);
	for (size_t i = 0; i < set->n && rc != -1; i++) {
		const struct change *c = &set->changes[i];
		struct value v = VALUE_INIT;

		if (c->op == CHANGE_SET && (rc = settings_get(b->s, c->key, c->name, &v, e)) == 1 &&
		    value_equal(&v, &c->value))
			rc = changeset_set(out, c->key, c->name, &c->value, e);
		value_free(&v);
	}
	settings_release(b->s);
	return rc == -1 ? -1 : 0;
}

/* After a look at the whole record: the next start looks at the lines of it. */
static void
watch(const struct put_back *b)
{
	struct changeset present = CHANGESET_INIT;
	struct err ignored;

	if (!b->user && b->applied->serial > 0 && b->applied->whole && !b->applied->damaged &&
	    present_settings(b, &present, &ignored) == 0)
		watch_save(b->state, b->applied, &present);
	changeset_free(&present);
}

bool
put_back_needless(const struct put_back *b, bool may_write)
{
	uint64_t turn, before;
	struct losses losses;
	struct record part;
	struct lost l = LOST_INIT;
	struct err ignored;
	bool nothing;

	losses_load(b->state, &losses);
	before = turn = losses_turn(&losses);
	nothing = watch_load(b->state, b->applied->serial, &turn, &part, &ignored) == 0;
	for (int r = 0; r < LAYOUT_ROOTS && nothing; r++)
		if (plan_root(b->st, r) != NULL)
			nothing = (part.roots[r] = strdup(plan_root(b->st, r))) != NULL;
	nothing = nothing &&
	    lost_look(b->st, b->state, b->s, &part, b->o->deadline, &l, &ignored) == 0 &&
	    (lost_nothing(&l) || (!lost_any(&l) && losses_told(&losses)));
	if (turn != before)
		losses_set_turn(&losses, turn);
	losses_end(&losses, may_write ? b->state : NULL);
	lost_free(&l);
	record_free(&part);
	return nothing;
}

/* Once a day: a person may want it so. */
static void
tell_changed(struct put_back *b)
{
	size_t files = b->lost.changed_files, settings = b->lost.changed_settings;
	struct buf text = BUF_INIT(ERR_TEXT_SIZE);
	struct err ignored;

	if (files + settings > 0 && !losses_told(&b->losses)) {
		losses_set_told(&b->losses);
		buf_addf(&text, &ignored,
		    "%zu file%s and %zu setting%s of release %lld were changed and stay so; 'slipway "
		    "verify' lists them",
		    files, files == 1 ? "" : "s", settings, settings == 1 ? "" : "s",
		    (long long)b->applied->release);
	}
	tell(b, LOG_LEVEL_INFO, &text);
	buf_free(&text);
}

void
put_back_end(struct put_back *b, bool may_write)
{
	struct buf text = BUF_INIT(4 * ERR_TEXT_SIZE);
	struct err ignored;

	tell_missing(b, may_write);
	tell_again(b);
	for (size_t i = 0; i < b->lost.held_up.n; i++) {
		buf_reset(&text);
		buf_adds(&text, b->lost.held_up.v[i], &ignored);
		tell(b, LOG_LEVEL_WARN, &text);
	}
	if (may_write) {
		tell_changed(b);
		watch(b);
	}
	losses_end(&b->losses, may_write ? b->state : NULL);
	strings_free(&b->again);
	lost_free(&b->lost);
	buf_free(&text);
}

/* Append what one part lacks. */
static int
add_part(const struct station *st, struct settings *s, struct dir *state, struct strings *out,
    struct err *e)
{
	struct record applied = RECORD_INIT;
	struct lost l = LOST_INIT;
	int rc = record_applied(state, &applied, e);

	if (rc == 0 && applied.serial > 0 && applied.whole && !state_pending(state))
		rc = lost_look(st, state, s, &applied, CLOCK_NEVER, &l, e);
	for (size_t i = 0; i < n_missing(&l) && rc == 0; i++) {
		struct buf name = BUF_INIT(4 * PATH_REL_MAX);

		if ((rc = name_missing(st, &l, i, &name, e)) == 0)
			rc = strings_add(out, buf_text(&name), e);
		buf_free(&name);
	}
	for (size_t i = 0; i < l.held_up.n && rc == 0; i++)
		rc = strings_add(out, l.held_up.v[i], e);
	lost_free(&l);
	record_free(&applied);
	return rc;
}

int
put_back_missing(const struct station *st, struct settings *s, struct strings *out, struct err *e)
{
	const struct station user = station_user_part(st);
	struct dir *parts[2] = { station_dir(st, "", false, e), NULL };
	int rc = parts[0] != NULL || e->code == ERR_NOENT ? 0 : -1;

	if (rc == 0 && (parts[1] = station_user_dir(st, false, e)) == NULL && e->code != ERR_NOENT)
		rc = -1;
	for (size_t i = 0; i < N(parts); i++) {
		if (rc == 0 && parts[i] != NULL)
			rc = add_part(i == 0 ? st : &user, s, parts[i], out, e);
		dir_close(parts[i]);
	}
	return rc;
}
