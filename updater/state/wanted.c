/* SPDX-License-Identifier: ISC */
/* What the last update found that had nothing more to do. */
#include "updater/state/wanted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"

#include "lib/os/json_file.h"
#include "lib/os/owned.h"
#include "lib/os/path.h"
#include "updater/state/damage.h"
#include "updater/state/record.h"
#include "updater/state/state.h"
#include "updater/station/station.h"

#define STAMP_SIZE 96 /* bytes */

void
wanted_free(struct wanted *w)
{
	json_decref(w->json);
	*w = (struct wanted){ .json = NULL };
}

/* Reading. */

static int
malformed_note(struct err *e, const char *name)
{
	return err_setx(e, ERR_SYNTAX, "%s is malformed", name);
}

static int
read_hash(const json_t *j, const char *name, uint8_t out[SHA256_SIZE], struct err *e)
{
	const char *hex = json_text_of(j, name);

	return hex == NULL || hex_decode(hex, strlen(hex), out, SHA256_SIZE) == -1
	    ? malformed_note(e, name)
	    : 0;
}

static int
read_from_one(const json_t *j, const char *name, int64_t *n, struct err *e)
{
	return json_number_of(j, name, 1, INT64_MAX, n) == -1 ? malformed_note(e, name) : 0;
}

/* A path, or null where the station has no such root. */
static int
read_root(const json_t *j, int root, struct wanted *w, struct err *e)
{
	const char *name = layout_place_names[root];
	const json_t *path = json_object_get(json_object_get(j, "roots"), name);

	w->roots[root] = json_text(path);
	return w->roots[root] == NULL && !json_is_null(path) ? malformed_note(e, name) : 0;
}

static int
read_role(const json_t *j, struct tuf_known *k, struct err *e)
{
	const char *until = json_text_of(j, "until");

	if (until == NULL || date_parse(until, strlen(until), &k->expires) == -1)
		return malformed_note(e, "until");
	if (read_hash(j, "targets", k->targets, e) == -1 || read_hash(j, "role", k->role, e) == -1)
		return -1;
	return read_from_one(j, "version", &k->version, e);
}

static int
read_members(const json_t *j, struct wanted *w, struct err *e)
{
	const json_t *user = json_object_get(j, "user");

	if (json_object_get(j, "format") == NULL)
		return malformed_note(e, "format");
	if (damage_format(j, e) == -1)
		return -1;
	w->slipway = json_text_of(j, "slipway");
	w->application = json_text_of(j, "application");
	w->record = json_text_of(j, "record");
	if (w->slipway == NULL || w->application == NULL || w->record == NULL ||
	    !json_is_boolean(user))
		return malformed_note(e, "slipway, application, record or user");
	w->user = json_is_true(user);
	w->view32 = json_is_true(json_object_get(j, "view32"));
	w->servers = json_is_true(json_object_get(j, "servers"));
	for (int root = 0; root < LAYOUT_ROOTS; root++)
		if (read_root(j, root, w, e) == -1)
			return -1;
	if (read_from_one(j, "serial", &w->serial, e) == -1 ||
	    read_from_one(j, "release", &w->release, e) == -1 ||
	    read_from_one(j, "newest", &w->newest, e) == -1)
		return -1;
	(void)json_number_of(j, "machine", 0, INT64_MAX, &w->machine);
	return read_role(j, &w->role, e);
}

int
wanted_read(const json_t *j, struct wanted *w, struct err *e)
{
	*w = (struct wanted){ .json = json_incref((json_t *)(uintptr_t)j) };
	if (read_members(j, w, e) == 0)
		return 0;
	wanted_free(w);
	return err_context(e, "wanted");
}

/* Writing. */

json_t *
wanted_json(const struct wanted *w, struct err *e)
{
	char until[DATE_TEXT_SIZE], targets[SHA256_HEX_SIZE], role[SHA256_HEX_SIZE];
	json_t *j;

	date_format(w->role.expires, until);
	hex_encode(w->role.targets, SHA256_SIZE, targets);
	hex_encode(w->role.role, SHA256_SIZE, role);

	j = json_pack(
	    "{s:i, s:s, s:s, s:{s:s?, s:s?}, s:I, s:I, s:I, s:I, s:b, s:s, s:s, s:I, s:s, s:s, s:b, s:b}",
	    "format", DAMAGE_FORMAT, "slipway", w->slipway, "application", w->application, "roots",
	    layout_place_names[0], w->roots[0], layout_place_names[1], w->roots[1], "serial",
	    (json_int_t)w->serial, "release", (json_int_t)w->release, "newest",
	    (json_int_t)w->newest, "machine", (json_int_t)w->machine, "user", w->user, "targets",
	    targets, "role", role, "version", (json_int_t)w->role.version, "until", until, "record",
	    w->record, "view32", w->view32, "servers", w->servers);
	if (j == NULL)
		err_nomem(e);
	return j;
}

/* On disk. */

static bool
same_path(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * Which file applied.json is.  It is replaced as a whole, only under the lock, so that its inode
 * and the times of its change tell each record from all others.  Returns false where there is none.
 */
static bool
stamp_record(struct dir *state, char out[STAMP_SIZE])
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct file_stamp s = { .there = false };
	struct err ignored;

	if (path_join(&path, dir_path(state), STATE_APPLIED, &ignored) == 0)
		file_stamp(buf_text(&path), &s);
	buf_free(&path);
	snprintf(out, STAMP_SIZE, "%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64, s.inode, s.size,
	    s.mtime_ns, s.ctime_ns);
	return s.there;
}

/* Whether the applied record is the one that was compared, and has its copy in the history. */
static bool
is_applied(struct dir *state, const struct wanted *w)
{
	char stamp[STAMP_SIZE];

	return stamp_record(state, stamp) && strcmp(stamp, w->record) == 0 &&
	    record_is_kept(state, w->serial);
}

/* Nobody but the owner of the state may have written it. */
static json_t *
read_note(struct dir *state, struct err *e)
{
	return owned_file(state, STATE_WANTED, e) == -1
	    ? NULL
	    : json_file_read(state, STATE_WANTED, WANTED_MAX, e);
}

bool
wanted_load(struct dir *state, const char *application, const char *const roots[LAYOUT_ROOTS],
    struct wanted *w)
{
	struct err ignored;
	json_t *j = read_note(state, &ignored);
	bool good = j != NULL && wanted_read(j, w, &ignored) == 0;

	json_decref(j);
	if (good && strcmp(w->slipway, SLIPWAY_VERSION) == 0 &&
	    strcmp(w->application, application) == 0 && same_path(w->roots[0], roots[0]) &&
	    same_path(w->roots[1], roots[1]) && is_applied(state, w))
		return true;
	if (good)
		wanted_free(w);
	*w = (struct wanted){ .json = NULL };
	return false;
}

void
wanted_save(struct dir *state, struct wanted *w)
{
	struct err e;
	json_t *old = read_note(state, &e), *new = NULL;
	char stamp[STAMP_SIZE];

	w->slipway = SLIPWAY_VERSION;
	w->record = stamp;
	if ((old == NULL || damage_format(old, &e) == 0 || e.code != ERR_VERSION) &&
	    stamp_record(state, stamp) && (new = wanted_json(w, &e)) != NULL &&
	    !json_equal(old, new))
		(void)json_file_write(state, STATE_WANTED, new, WANTED_MAX, STATE_MODE, &e);
	w->record = NULL;
	json_decref(old);
	json_decref(new);
}
