/* SPDX-License-Identifier: ISC */
/*
 * What a station keeps on disk about one application.
 */
#include "updater/state/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/base/json.h"

#define APPLIED	  "applied.json"
#define WAITING	  "waiting.json"
#define LEFTOVERS "leftovers.json"

static int
file_name(const char *role, struct buf *name, struct err *e)
{
	return tuf_role_filename(role, name, e) == -1 ? -1 : buf_adds(name, ".json", e);
}

static int
load(void *arg, const char *role, struct buf *out, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 || file_read(arg, buf_text(&name), out, e) == -1
	    ? -1
	    : 1;

	buf_free(&name);
	return rc == -1 && e->code == ERR_NOENT ? 0 : rc;
}

static int
save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1
	    ? -1
	    : file_replace(arg, buf_text(&name), data, len, 0644, e);

	buf_free(&name);
	return rc;
}

static int
forget(void *arg, const char *role, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 ? -1 : file_remove(arg, buf_text(&name), e);

	buf_free(&name);
	return rc == -1 ? -1 : dir_sync(arg, e);
}

void
store_io(struct dir *metadata, struct tuf_io *io)
{
	io->load = load;
	io->save = save;
	io->forget = forget;
	io->arg = metadata;
}

static json_t *
read_record(struct dir *d, const char *name, struct err *e)
{
	struct buf b = BUF_INIT(STORE_RECORD_MAX);
	json_t *j = NULL;

	if (file_read(d, name, &b, e) == 0 && (j = json_text_parse(b.data, b.len, e)) == NULL)
		err_context(e, "%s/%s", dir_path(d), name);
	buf_free(&b);
	return j;
}

static int
write_record(struct dir *d, const char *name, const json_t *record, struct err *e)
{
	char *text = json_dumps(record, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc = text == NULL ? err_nomem(e) : file_replace(d, name, text, strlen(text), 0644, e);

	free(text);
	return rc;
}

json_t *
store_applied(struct dir *state, struct err *e)
{
	json_t *j = read_record(state, APPLIED, e);

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
		rc = write_record(d, name, old, e);
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
	return write_record(state, APPLIED, record, e);
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
		if ((record = read_record(d, all.names[i - 1], e)) == NULL)
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
	write_record(d, name, record, &e);
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
		    (record = read_record(d, all.names[i], &e)) == NULL)
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

void
store_set_waiting(struct dir *state, const json_t *applied, int64_t release, const struct err *why)
{
	char when[CLOCK_TEXT_SIZE];
	struct err ignored;
	json_t *j;

	clock_format(clock_wall(), when);
	j = json_pack("{s:I, s:I, s:s, s:{s:s, s:s}}", "serial", (json_int_t)store_serial(applied),
	    "release", (json_int_t)release, "time", when, "error", "code", err_name(why->code),
	    "text", why->text);
	if (j != NULL)
		write_record(state, WAITING, j, &ignored);
	json_decref(j);
}

json_t *
store_waiting(struct dir *state, const json_t *applied)
{
	struct err ignored;
	json_t *j = read_record(state, WAITING, &ignored);

	if (j != NULL && store_serial(j) == store_serial(applied) &&
	    json_object_del(j, "serial") == 0)
		return j;
	json_decref(j);
	return NULL;
}

json_t *
store_leftovers(struct dir *state)
{
	struct err ignored;
	json_t *j = read_record(state, LEFTOVERS, &ignored),
	       *list = json_incref(json_object_get(j, "leftovers"));

	json_decref(j);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return json_array();
}

int
store_set_leftovers(struct dir *state, const json_t *list, struct err *e)
{
	json_t *j;
	int rc;

	if (json_array_size(list) == 0)
		return file_remove(state, LEFTOVERS, e) == -1 ? -1 : 0;
	if ((j = json_pack("{s:O}", "leftovers", list)) == NULL)
		return err_nomem(e);
	rc = write_record(state, LEFTOVERS, j, e);
	json_decref(j);
	return rc;
}

int64_t
store_refreshed(struct dir *state)
{
	struct buf b = BUF_INIT(64);
	int64_t t = 0;
	struct err e;

	if (file_read(state, "refreshed", &b, &e) == 0 && b.len >= CLOCK_TEXT_SIZE - 1)
		clock_parse(buf_text(&b), CLOCK_TEXT_SIZE - 1, &t);
	buf_free(&b);
	return t;
}

int
store_set_refreshed(struct dir *state, int64_t now, struct err *e)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(now, text);
	text[CLOCK_TEXT_SIZE - 1] = '\n';
	return file_replace_fast(state, "refreshed", text, sizeof text, 0644, e);
}
