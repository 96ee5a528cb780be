/* SPDX-License-Identifier: ISC */
/*
 * The record of what is applied, and the history of records.
 */
#include "updater/state/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updater/state/state.h"

#define APPLIED "applied.json"

json_t *
store_applied(struct dir *state, struct err *e)
{
	json_t *j = state_read_json(state, APPLIED, STORE_RECORD_MAX, e);

	if (j == NULL && e->code == ERR_NOENT &&
	    (j = json_pack("{s:i, s:i, s:{}}", "serial", 0, "release", 0, "files")) == NULL)
		err_nomem(e);
	return j;
}

int64_t
store_serial(const json_t *record)
{
	return json_integer_value(json_object_get(record, "serial"));
}

int64_t
store_release(const json_t *record)
{
	return json_integer_value(json_object_get(record, "release"));
}

int64_t
store_newest(const json_t *record)
{
	int64_t newest = json_integer_value(json_object_get(record, "newest"));

	return newest > 0 ? newest : store_release(record);
}

static struct dir *
history_dir(struct dir *state, bool make, struct err *e)
{
	return dir_below(state, "history", make, e);
}

/* Names sort as their serials do. */
static void
history_name(int64_t serial, char out[32])
{
	snprintf(out, 32, "%010lld.json", (long long)serial);
}

/* Put the record that is applied now into the history, unless it is the one that comes. */
static int
move_to_history(struct dir *state, int64_t serial, struct err *e)
{
	json_t *old = store_applied(state, e);
	struct dir *d = NULL;
	char name[32];
	int rc = -1;

	if (old == NULL)
		return -1;
	if (store_serial(old) == 0 || store_serial(old) == serial) {
		rc = 0;
	} else if ((d = history_dir(state, true, e)) != NULL) {
		history_name(store_serial(old), name);
		rc = state_write_json(d, name, old, e);
	}
	dir_close(d);
	json_decref(old);
	return rc;
}

int
store_set_applied(struct dir *state, const json_t *record, struct err *e)
{
	if (move_to_history(state, store_serial(record), e) == -1)
		return -1;
	return state_write_json(state, APPLIED, record, e);
}

/* The names of the history's records, oldest first. */
struct names {
	char **names;
	size_t n;
};

static int
add_name(void *arg, const char *name, struct err *e)
{
	struct names *all = arg;
	char **names;

	if (strlen(name) != 15 || strspn(name, "0123456789") != 10 ||
	    strcmp(name + 10, ".json") != 0)
		return 0;
	if ((all->n & (all->n - 1)) == 0) {
		if ((names = realloc(all->names, (2 * all->n + 1) * sizeof *names)) == NULL)
			return err_nomem(e);
		all->names = names;
	}
	if ((all->names[all->n] = strdup(name)) == NULL)
		return err_nomem(e);
	all->n++;
	return 0;
}

static void
names_free(struct names *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->names[i]);
	free(all->names);
}

/* 0 with *d NULL where there is no history yet. */
static int
list_history(struct dir *state, struct dir **d, struct names *all, struct err *e)
{
	*all = (struct names){ NULL, 0 };
	if ((*d = history_dir(state, false, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	if (dir_list(*d, add_name, all, e) == 0)
		return 0;
	names_free(all);
	dir_close(*d);
	return -1;
}

int
store_history(struct dir *state, int (*each)(void *arg, json_t *record, struct err *e), void *arg,
    struct err *e)
{
	struct names all;
	struct dir *d;
	json_t *record;
	int rc = 0;

	if (list_history(state, &d, &all, e) == -1)
		return -1;
	for (size_t i = all.n; i > 0 && rc == 0; i--) {
		if ((record = state_read_json(d, all.names[i - 1], STORE_RECORD_MAX, e)) == NULL)
			rc = -1;
		else
			rc = each(arg, record, e);
		json_decref(record);
	}
	names_free(&all);
	dir_close(d);
	return rc;
}

bool
store_is_whole(const json_t *record)
{
	return json_object_get(record, "undo") != NULL;
}

/* Old records keep what people ask for: when, what, how much. */
static void
shorten(struct dir *d, const char *name, json_t *record)
{
	static const char *const bulky[] = { "files", "dirs", "roots", "set", "undo" };
	struct err e;

	if (!store_is_whole(record))
		return;
	for (size_t i = 0; i < sizeof bulky / sizeof bulky[0]; i++)
		json_object_del(record, bulky[i]);
	state_write_json(d, name, record, &e);
}

/* Add to wanted the hashes of a record's files. */
static void
want_content(json_t *wanted, const json_t *record)
{
	const char *target, *sha256;
	json_t *file;

	json_object_foreach (json_object_get(record, "files"), target, file)
		if ((sha256 = json_string_value(json_object_get(file, "sha256"))) != NULL)
			json_object_set_new(wanted, sha256, json_true());
}

struct pruning {
	struct dir *kept;
	const json_t *wanted;
};

static int
prune_one(void *arg, const char *name, struct err *e)
{
	const struct pruning *p = arg;

	/* One that can't go yet keeps no other. */
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

void
store_prune(struct dir *state)
{
	json_t *wanted = json_object(), *record;
	struct names all;
	struct dir *d;
	struct err e;
	bool sure = wanted != NULL;

	if (list_history(state, &d, &all, &e) == -1) {
		json_decref(wanted);
		return;
	}
	for (size_t i = 0; i < all.n; i++) {
		size_t age = all.n - i;

		if (age > STORE_HISTORY_MAX)
			file_remove(d, all.names[i], &e);
		else if (age <= STORE_WHOLE_MAX + 1 &&
		    (record = state_read_json(d, all.names[i], STORE_RECORD_MAX, &e)) == NULL)
			sure = false;
		else if (age <= STORE_WHOLE_MAX + 1) {
			if (age > STORE_WHOLE_MAX)
				shorten(d, all.names[i], record);
			want_content(wanted, record);
			json_decref(record);
		}
	}
	if ((record = store_applied(state, &e)) != NULL) {
		want_content(wanted, record);
		json_decref(record);
		/* With a record that can't be read nobody knows what it needs. */
		if (sure)
			prune_kept(state, wanted);
	}
	json_decref(wanted);
	names_free(&all);
	dir_close(d);
}
