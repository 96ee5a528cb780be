/* SPDX-License-Identifier: ISC */
/* A record as a value, and its form as JSON. */
#include "updater/state/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "updater/state/changes_json.h"
#include "updater/state/damage.h"

void
record_free(struct record *r)
{
	for (size_t i = 0; r->json == NULL && i < r->n; i++)
		free(r->files[i].target);
	free(r->files);
	for (int root = 0; root < LAYOUT_ROOTS; root++) {
		strings_free(&r->dirs[root]);
		free(r->roots[root]);
	}
	changeset_free(&r->set);
	changeset_free(&r->undo);
	/* Last: the C library tidies up after many small pieces when a large one is freed. */
	json_decref(r->json);
	*r = (struct record)RECORD_INIT;
}

static int
by_target(const void *a, const void *b)
{
	return strcmp(((const struct record_file *)a)->target,
	    ((const struct record_file *)b)->target);
}

static int
compare_target(const void *target, const void *file)
{
	return strcmp(target, ((const struct record_file *)file)->target);
}

/* The beginning of a target, which ends before a '/'. */
struct above {
	const char *target;
	size_t length;
};

static int
compare_above(const void *above, const void *file)
{
	const struct above *a = above;
	const char *target = ((const struct record_file *)file)->target;
	int order = strncmp(a->target, target, a->length);

	return order != 0 ? order : '/' - (unsigned char)target[a->length];
}

static int
compare_dir(const void *path, const void *dir)
{
	return strcmp(path, *(char *const *)dir);
}

void
record_sort(struct record *r)
{
	/* Records that Slipway wrote are in order. */
	for (size_t i = 1; i < r->n; i++)
		if (by_target(&r->files[i - 1], &r->files[i]) > 0) {
			qsort(r->files, r->n, sizeof *r->files, by_target);
			break;
		}
	for (int root = 0; root < LAYOUT_ROOTS; root++) {
		struct strings *dirs = &r->dirs[root];
		size_t n = 0;

		strings_sort(dirs);
		for (size_t i = 0; i < dirs->n; i++)
			if (n > 0 && strcmp(dirs->v[n - 1], dirs->v[i]) == 0)
				free(dirs->v[i]);
			else
				dirs->v[n++] = dirs->v[i];
		dirs->n = n;
	}
}

const struct record_file *
record_file(const struct record *r, const char *target)
{
	return r->n == 0 ? NULL : bsearch(target, r->files, r->n, sizeof *r->files, compare_target);
}

bool
record_has_below(const struct record *r, const char *target, size_t length)
{
	struct above a = { target, length };

	return r->n > 0 && bsearch(&a, r->files, r->n, sizeof *r->files, compare_above) != NULL;
}

bool
record_has_dir(const struct record *r, enum layout_place root, const char *path)
{
	const struct strings *dirs = &r->dirs[root];

	return dirs->n > 0 && bsearch(path, dirs->v, dirs->n, sizeof *dirs->v, compare_dir) != NULL;
}

bool
record_restores(const struct record *r)
{
	return strcmp(r->action, RECORD_RESTORE) == 0;
}

int64_t
record_followed(const struct record *machine)
{
	return machine->machine != 0 ? machine->machine : machine->serial;
}

bool
record_same_root(const struct record *r, enum layout_place root, const char *path)
{
	return path != NULL && r->roots[root] != NULL && strcmp(path, r->roots[root]) == 0;
}

/* Reading. */

static int
malformed_record(struct err *e, const char *what)
{
	return err_setx(e, ERR_SYNTAX, "record: %s is malformed", what);
}

static int
read_number(const json_t *j, const char *name, int64_t *n, struct err *e)
{
	if (json_number_of(j, name, 0, INT64_MAX, n) == 0 || json_object_get(j, name) == NULL)
		return 0;
	return malformed_record(e, name);
}

static int
read_short_text(const json_t *j, const char *name, char *out, size_t size, struct err *e)
{
	const char *text = json_text_of(j, name);

	if (json_object_get(j, name) == NULL)
		return 0;
	return text == NULL || (size_t)snprintf(out, size, "%s", text) >= size
	    ? malformed_record(e, name)
	    : 0;
}

static int
read_summary(const json_t *j, struct record *r, struct err *e)
{
	const json_t *changed = json_object_get(j, "changed");

	if (damage_format(j, e) == -1)
		return err_context(e, "record");
	if (read_number(j, "serial", &r->serial, e) == -1 ||
	    read_number(j, "release", &r->release, e) == -1 ||
	    read_number(j, "version", &r->version, e) == -1 ||
	    read_number(j, "newest", &r->newest, e) == -1 ||
	    read_number(j, "from", &r->from, e) == -1 ||
	    read_number(j, "machine", &r->machine, e) == -1 ||
	    read_short_text(j, "time", r->time, sizeof r->time, e) == -1 ||
	    read_short_text(j, "action", r->action, sizeof r->action, e) == -1 ||
	    read_short_text(j, "place", r->place, sizeof r->place, e) == -1 ||
	    read_number(j, "expired", &r->expired, e) == -1 ||
	    read_number(changed, "files", &r->changed_files, e) == -1 ||
	    read_number(changed, "settings", &r->changed_settings, e) == -1)
		return -1;
	if (r->newest == 0)
		r->newest = r->release;
	return 0;
}

/* r->files has room. */
static int
read_record_file(const char *target, const json_t *j, struct record *r, struct err *e)
{
	const char *sha256 = json_text_of(j, "sha256");
	struct record_file *f = &r->files[r->n];
	uint8_t sum[SHA256_SIZE];
	int64_t length = 0;

	r->n++;
	f->target = (char *)(uintptr_t)target; /* r->json holds it */
	if (sha256 == NULL || hex_decode(sha256, strlen(sha256), sum, sizeof sum) == -1)
		return err_setx(e, ERR_SYNTAX, "record: want a sha256 hash of %s", target);
	hex_encode(sum, sizeof sum, f->state.sha256);
	if (read_number(j, "length", &length, e) == -1)
		return -1;
	f->length = f->state.length = (uint64_t)length;
	return layout_mode(target, json_text_of(j, "mode"), &f->state.mode, e);
}

static int
read_dirs(const json_t *list, struct strings *dirs, struct err *e)
{
	const char *path;

	for (size_t i = 0; i < json_array_size(list); i++)
		if ((path = json_text(json_array_get(list, i))) == NULL)
			return malformed_record(e, "dirs");
		else if (strings_add(dirs, path, e) == -1)
			return -1;
	return 0;
}

static int
read_place(const json_t *j, int root, struct record *r, struct err *e)
{
	const char *name = layout_place_names[root];
	const json_t *path = json_object_get(json_object_get(j, "roots"), name);

	if (read_dirs(json_object_get(json_object_get(j, "dirs"), name), &r->dirs[root], e) == -1)
		return -1;
	if (path == NULL || json_is_null(path))
		return 0;
	if (json_text(path) == NULL)
		return malformed_record(e, "roots");
	return (r->roots[root] = strdup(json_text(path))) == NULL ? err_nomem(e) : 0;
}

static int
read_changes(const json_t *j, const char *name, struct changeset *c, struct err *e)
{
	return changes_json_read(json_object_get(j, name), c, e) == -1 ? err_context(e, "record")
								       : 0;
}

static int
read_rest(const json_t *j, struct record *r, struct err *e)
{
	json_t *files = json_object_get(j, "files"), *file;
	const char *target;

	if ((r->files = calloc(json_object_size(files) + 1, sizeof *r->files)) == NULL)
		return err_nomem(e);
	json_object_foreach (files, target, file)
		if (read_record_file(target, file, r, e) == -1)
			return -1;
	for (int root = 0; root < LAYOUT_ROOTS; root++)
		if (read_place(j, root, r, e) == -1)
			return -1;
	record_sort(r);
	return read_changes(j, "set", &r->set, e) == 0 ? read_changes(j, "undo", &r->undo, e) : -1;
}

int
record_read(const json_t *j, struct record *r, struct err *e)
{
	*r = (struct record)RECORD_INIT;
	r->json = json_incref((json_t *)(uintptr_t)j);
	r->whole = json_object_get(j, "undo") != NULL;
	r->passed = !r->whole && json_object_get(j, "back") != NULL;
	if (read_summary(j, r, e) == 0 && (!r->whole || read_rest(j, r, e) == 0) &&
	    (!r->passed || read_changes(j, "back", &r->undo, e) == 0))
		return 0;
	record_free(r);
	return -1;
}

/* Writing.  jansson gives NULL and -1 only when there is no memory, and takes NULL for a value. */

static json_t *
target_files_json(const struct record *r)
{
	json_t *files = json_object();

	for (size_t i = 0; i < r->n && files != NULL; i++) {
		const struct record_file *f = &r->files[i];
		char mode[8];

		snprintf(mode, sizeof mode, "%04o", f->state.mode);
		if (json_object_set_new(files, f->target,
			json_pack("{s:s, s:I, s:s}", "sha256", f->state.sha256, "length",
			    (json_int_t)f->length, "mode", mode)) == -1) {
			json_decref(files);
			files = NULL;
		}
	}
	return files;
}

static json_t *
made_dirs_json(const struct strings *dirs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < dirs->n && list != NULL; i++)
		if (json_array_append_new(list, json_string(dirs->v[i])) == -1) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

json_t *
record_json(const struct record *r, struct err *e)
{
	json_t *rest = NULL, *j;

	err_nomem(e); /* other failures say so themselves */
	j = json_pack("{s:i, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I}}", "format",
	    DAMAGE_FORMAT, "serial", (json_int_t)r->serial, "time", r->time, "action", r->action,
	    "release", (json_int_t)r->release, "version", (json_int_t)r->version, "newest",
	    (json_int_t)r->newest, "from", (json_int_t)r->from, "machine", (json_int_t)r->machine,
	    "changed", "files", (json_int_t)r->changed_files, "settings",
	    (json_int_t)r->changed_settings);
	if (j != NULL && r->place[0] != '\0')
		json_object_set_new(j, "place", json_string(r->place));
	if (j != NULL && r->expired > 0)
		json_object_set_new(j, "expired", json_integer(r->expired));
	if (r->passed)
		rest = json_pack("{s:o}", "back", changes_json(&r->undo, e));
	else if (r->whole)
		rest = json_pack("{s:o, s:{s:o, s:o}, s:{s:s?, s:s?}, s:o, s:o}", "files",
		    target_files_json(r), "dirs", layout_place_names[0],
		    made_dirs_json(&r->dirs[0]), layout_place_names[1], made_dirs_json(&r->dirs[1]),
		    "roots", layout_place_names[0], r->roots[0], layout_place_names[1], r->roots[1],
		    "set", changes_json(&r->set, e), "undo", changes_json(&r->undo, e));
	if (j != NULL && (r->whole || r->passed) &&
	    (rest == NULL || json_object_update(j, rest) == -1)) {
		json_decref(j);
		j = NULL;
	}
	json_decref(rest);
	return j;
}
