/* SPDX-License-Identifier: ISC */
/* Records on disk: the applied one and those before it. */
#include "updater/state/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "updater/state/state.h"

#define NAME_SIZE 32

static int
load_record(struct dir *d, const char *name, struct record *r, struct err *e)
{
	json_t *j = json_file_read(d, name, RECORD_MAX, e);
	int rc = -1;

	*r = (struct record)RECORD_INIT;
	if (j != NULL && (rc = record_read(j, r, e)) == -1)
		err_context(e, "%s/%s", dir_path(d), name);
	json_decref(j);
	return rc;
}

static int
save_record(struct dir *d, const char *name, const struct record *r, struct err *e)
{
	json_t *j = record_json(r, e);
	int rc = j == NULL ? -1 : json_file_write(d, name, j, RECORD_MAX, STATE_MODE, e);

	json_decref(j);
	return rc;
}

int
record_applied(struct dir *state, struct record *r, struct err *e)
{
	if (load_record(state, STATE_APPLIED, r, e) == -1)
		return e->code == ERR_NOENT ? 0 : -1;
	if (r->serial == 0 || r->whole)
		return 0;
	record_free(r);
	return err_setx(e, ERR_SYNTAX, "%s/" STATE_APPLIED ": want a whole record",
	    dir_path(state));
}

static struct dir *
history_dir(struct dir *state, bool make, struct err *e)
{
	return dir_below(state, "history", make, e);
}

/* Names that sort as the serials do. */
static const char *
name_of(int64_t serial, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%010lld.json", (long long)serial);
	return out;
}

static int64_t
serial_of(const char *name)
{
	return strtoll(name, NULL, 10);
}

/* Save a record in the history; with once, only if it isn't there. */
static int
save_old(struct dir *history, const struct record *r, bool once, struct err *e)
{
	struct file_info info;
	char name[NAME_SIZE];
	int found = once ? file_stat(history, name_of(r->serial, name), &info, e) : 0;

	return found == 0 ? save_record(history, name_of(r->serial, name), r, e)
	    : found == -1 ? -1
			  : 0;
}

/* The record before, under the next serial; old may be that one already, after a crash. */
static int
go_on_with(struct dir *state, struct dir *history, const struct record *old, const struct record *r,
    struct err *e)
{
	struct record now = *old;
	char name[NAME_SIZE];

	now.serial = r->serial;
	now.machine = r->machine;
	memcpy(now.dirs, r->dirs, sizeof now.dirs);
	if (save_old(history, &now, false, e) == -1 ||
	    save_record(state, STATE_APPLIED, &now, e) == -1)
		return -1;
	return file_remove(history, name_of(r->serial - 1, name), e) == -1 ? -1 : 0;
}

int
record_set_applied(struct dir *state, const struct record *old, const struct record *r,
    struct err *e)
{
	struct damage_told nobody = { NULL, NULL };
	struct dir *d = history_dir(state, true, e);
	int rc = d == NULL ? -1 : 0;

	if (rc == 0 && record_restores(r) && old->whole && !old->damaged) {
		rc = go_on_with(state, d, old, r, e);
		dir_close(d);
		return rc;
	}
	if (rc == 0 && old->whole && old->serial != r->serial)
		rc = save_old(d, old, true, e);
	if (rc == 0)
		rc = save_old(d, r, false, e);
	dir_close(d);
	if (rc == 0 && old->damaged)
		rc = damage_set_aside(state, STATE_APPLIED, NULL, NULL, &nobody, e) == -1 ? -1 : 0;
	return rc == -1 ? -1 : save_record(state, STATE_APPLIED, r, e);
}

void
record_keep(struct dir *state, const struct record *applied)
{
	struct err ignored;
	struct dir *d = applied->serial == 0 ? NULL : history_dir(state, true, &ignored);

	if (d != NULL)
		(void)save_old(d, applied, true, &ignored);
	dir_close(d);
}

bool
record_is_kept(struct dir *state, int64_t serial)
{
	char name[sizeof "history/" + NAME_SIZE], file[NAME_SIZE];
	struct file_info info;
	struct err ignored;

	snprintf(name, sizeof name, "history/%s", name_of(serial, file));
	return file_stat(state, name, &info, &ignored) == 1;
}

static int
add_record_name(void *arg, const char *name, struct err *e)
{
	if (strlen(name) != 15 || strspn(name, "0123456789") != 10 ||
	    strcmp(name + 10, ".json") != 0)
		return 0;
	return strings_add(arg, name, e);
}

/* The names of the history's records, oldest first.  Returns 0 with *d NULL where there is none. */
static int
list_history(struct dir *state, struct dir **d, struct strings *names, struct err *e)
{
	*names = (struct strings)STRINGS_INIT;
	if ((*d = history_dir(state, false, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	if (dir_list(*d, add_record_name, names, e) == 0)
		return 0;
	strings_free(names);
	dir_close(*d);
	return -1;
}

/* A record of the history.  0, also where its content can't be used, or -1. */
static int
load_old(struct dir *d, const char *name, struct record *r, struct err *e)
{
	if (load_record(d, name, r, e) == 0)
		return 0;
	if (!damage_is(e) && e->code != ERR_VERSION)
		return -1;
	r->serial = serial_of(name);
	r->damaged = true;
	return 0;
}

int
record_history(struct dir *state, const struct record *applied,
    int (*each)(void *arg, struct record *r, struct err *e), void *arg, struct err *e)
{
	struct strings names;
	struct record r;
	struct dir *d;
	int rc = 0;

	if (list_history(state, &d, &names, e) == -1)
		return -1;
	for (size_t i = names.n; i > 0 && rc == 0; i--) {
		if (serial_of(names.v[i - 1]) >= applied->serial)
			continue;
		rc = load_old(d, names.v[i - 1], &r, e);
		if (rc == 0)
			rc = each(arg, &r, e);
		record_free(&r);
	}
	strings_free(&names);
	dir_close(d);
	return rc;
}

/*
 * The newest record of the history.  Those of 0.1.0, which state no format, were left there by the
 * next one, so that the newest of them isn't what is applied.
 */
static int
newest(struct dir *state, struct record *r, struct err *e)
{
	struct strings names;
	int64_t serial = 0;
	struct dir *d;

	*r = (struct record)RECORD_INIT;
	if (list_history(state, &d, &names, e) == -1)
		return -1;
	if (names.n > 0) {
		serial = serial_of(names.v[names.n - 1]);
		if (load_record(d, names.v[names.n - 1], r, e) == 0 &&
		    (!r->whole || json_object_get(r->json, "format") == NULL))
			record_free(r);
	}
	if (r->serial == 0)
		r->serial = serial;
	strings_free(&names);
	dir_close(d);
	return 0;
}

int
record_known(struct dir *state, struct record *r, struct err *why, struct err *e)
{
	if (record_applied(state, r, why) == 0)
		return 0;
	if (!damage_is(why)) {
		*e = *why;
		return -1;
	}
	if (newest(state, r, e) == -1)
		return -1;
	r->damaged = true;
	return 1;
}

int
record_heal(struct dir *state, struct record *r, const struct err *why,
    const struct damage_told *told, struct err *e)
{
	if (damage_set_aside(state, STATE_APPLIED, NULL, why, told, e) == -1 ||
	    save_record(state, STATE_APPLIED, r, e) == -1)
		return -1;
	r->damaged = false;
	return 0;
}

/* Old records keep only the summary: when, what, how much; passed: and the way back. */
static void
shorten(struct dir *d, const char *name, struct record *r, bool passed)
{
	struct err ignored;
	bool shorter = r->whole || (r->passed && !passed);

	r->passed = passed && (r->whole || r->passed);
	r->whole = false;
	if (shorter)
		save_record(d, name, r, &ignored);
}

/* Add the hashes of a record's files to a JSON object that serves as a set. */
static int
want_content(json_t *wanted, const struct record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (json_object_set_new(wanted, r->files[i].state.sha256, json_true()) == -1)
			return -1;
	return 0;
}

struct pruning {
	struct dir *kept;
	const json_t *wanted;
};

static int
prune_one(void *arg, const char *name, struct err *e)
{
	const struct pruning *p = arg;

	/* A file that can't be removed yet doesn't keep the others. */
	if (json_object_get(p->wanted, name) == NULL)
		file_remove(p->kept, name, e);
	return 0;
}

static void
prune_kept(struct dir *state, const json_t *wanted)
{
	struct err e;
	struct pruning p = { dir_below(state, "kept", false, &e), wanted };

	if (p.kept != NULL)
		dir_list(p.kept, prune_one, &p, &e);
	dir_close(p.kept);
}

/* The walk from the applied record to older ones. */
struct pruned {
	int64_t release; /* of the record after */
	size_t whole;	 /* records that were, or are, whole */
	json_t *wanted;	 /* hashes */
};

/*
 * One record of the history, the age-th before the applied one.  Returns 0, or -1: not readable, so
 * that nobody knows what it needs.
 */
static int
prune_record(struct dir *d, const char *name, size_t age, struct pruned *p)
{
	struct damage_told nobody = { NULL, NULL };
	struct record r;
	bool passed;
	struct err e;
	int rc;

	if (age > RECORD_HISTORY_MAX) {
		(void)file_remove(d, name, &e);
		return 0;
	}
	if (p->whole > RECORD_WHOLE_MAX)
		return 0;
	if (load_record(d, name, &r, &e) == -1)
		return damage_is(&e)
		    ? damage_set_aside(d, name, NULL, NULL, &nobody, &e) == 1 ? 0 : -1
		    : -1;
	rc = want_content(p->wanted, &r);
	passed = r.release > 0 && r.release == p->release;
	p->release = r.release;
	p->whole += passed ? 0 : 1;
	if (passed || p->whole > RECORD_WHOLE_MAX)
		shorten(d, name, &r, passed);
	record_free(&r);
	return rc;
}

void
record_prune(struct dir *state, const struct record *applied)
{
	struct pruned p = { .release = applied->release, .wanted = json_object() };
	struct strings names;
	struct dir *d;
	struct err e;
	bool sure = p.wanted != NULL && want_content(p.wanted, applied) == 0;

	if (list_history(state, &d, &names, &e) == 0) {
		size_t n = names.n;

		while (n > 0 && serial_of(names.v[n - 1]) >= applied->serial)
			n--;
		for (size_t i = n; i > 0; i--)
			if (prune_record(d, names.v[i - 1], n - i + 1, &p) == -1)
				sure = false;
		if (sure)
			prune_kept(state, p.wanted);
		strings_free(&names);
		dir_close(d);
	}
	json_decref(p.wanted);
}
