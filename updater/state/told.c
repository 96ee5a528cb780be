/* SPDX-License-Identifier: ISC */
/* Warnings that a start tells once a day. */
#include "updater/state/told.h"

#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/json.h"
#include "lib/os/json_file.h"
#include "lib/os/places.h"
#include "updater/state/damage.h"
#include "updater/state/notes.h"
#include "updater/state/state.h"

#define TOLD_NAME "told.json"
#define TOLD_MAX  (256u * 1024) /* bytes */

/* The state of whoever starts. */
static struct dir *
open_state(const struct station *st, bool make, struct err *e)
{
	if (st->state_path == NULL) {
		err_setx(e, ERR_NOENT, "the station isn't known");
		return NULL;
	}
	return place_stationwide() && !place_privileged() ? station_user_dir(st, make, e)
							  : station_dir(st, "", make, e);
}

static bool
is_text(const json_t *j, const char *name, const char *want)
{
	const char *text = json_text_of(j, name);

	return text != NULL && strcmp(text, want) == 0;
}

void
told_begin(struct told *t, const struct station *st, int64_t now)
{
	char when[DATE_TEXT_SIZE];
	struct err ignored;
	struct dir *d;
	json_t *j = NULL;

	*t = (struct told){ .st = st, .now = json_object() };
	if (now < NOTES_FIRST_TIME)
		return;
	date_format(now, when);
	memcpy(t->day, when, DATE_DAY_LENGTH);
	if ((d = open_state(st, false, &ignored)) == NULL)
		return;
	j = json_file_read(d, TOLD_NAME, TOLD_MAX, &ignored);
	if (j != NULL && damage_format(j, &ignored) == 0) {
		t->was = json_incref(json_object_get(j, "told"));
		t->looked = is_text(j, "looked", t->day);
	} else {
		t->newer = j != NULL && ignored.code == ERR_VERSION;
	}
	json_decref(j);
	dir_close(d);
}

bool
told_is_due(struct told *t, const char *name, const char *text)
{
	const json_t *was = json_object_get(t->was, name);
	char hex[SHA256_HEX_SIZE];
	struct err ignored;
	json_t *one;

	if (t->day[0] == '\0' || digest_hex(text, strlen(text), hex, &ignored) == -1)
		return true;
	if (is_text(was, "day", t->day) && is_text(was, "sha256", hex)) {
		told_keep(t, name);
		return false;
	}
	one = json_pack("{s:s, s:s}", "day", t->day, "sha256", hex);
	if (one != NULL)
		json_object_set_new(t->now, name, one);
	return true;
}

bool
told_look_is_due(const struct told *t)
{
	return !t->looked;
}

void
told_keep(struct told *t, const char *name)
{
	json_t *was = json_object_get(t->was, name);

	if (was != NULL)
		json_object_set(t->now, name, was);
}

/* Whether the note would say what it says already, or nothing where there is none. */
static bool
is_noted(const struct told *t)
{
	if (t->was == NULL)
		return json_object_size(t->now) == 0 && t->looked;
	return t->looked && json_equal(t->was, t->now);
}

void
told_end(struct told *t)
{
	struct err ignored;
	struct dir *d = NULL;
	json_t *j = NULL;

	if (t->day[0] != '\0' && !t->newer && !is_noted(t) &&
	    (d = open_state(t->st, json_object_size(t->now) > 0, &ignored)) != NULL &&
	    (j = json_pack("{s:i, s:s, s:O}", "format", DAMAGE_FORMAT, "looked", t->day, "told",
		 t->now)) != NULL)
		json_file_write_fast(d, TOLD_NAME, j, TOLD_MAX, STATE_MODE, &ignored);
	json_decref(j);
	dir_close(d);
	json_decref(t->was);
	json_decref(t->now);
	*t = (struct told){ .st = NULL };
}
