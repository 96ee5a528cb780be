/* SPDX-License-Identifier: ISC */
/* Notes beside the record of what is applied. */
#include "updater/state/notes.h"

#include <stdio.h>

#include "lib/base/json.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "updater/state/state.h"

#define REFRESHED  "refreshed"
#define WAITING	   "waiting.json"
#define LEFTOVERS  "leftovers.json"
/*
 * 2026-01-01T00:00:00Z, in seconds since 1970: no right clock has shown an earlier time to Slipway.
 */
#define FIRST_TIME 1767225600

#define NOTE_MAX (64u * 1024 * 1024) /* bytes */

void
notes_set_waiting(struct dir *state, int64_t serial, int64_t release, const struct err *why)
{
	char when[DATE_TEXT_SIZE];
	struct err ignored;
	json_t *j;

	date_format(clock_wall(), when);
	j = json_pack("{s:I, s:I, s:s, s:{s:s, s:s}}", "serial", (json_int_t)serial, "release",
	    (json_int_t)release, "time", when, "error", "code", err_name(why->code), "text",
	    why->text);
	if (j != NULL)
		json_file_write(state, WAITING, j, NOTE_MAX, STATE_MODE, &ignored);
	json_decref(j);
}

/* Texts that are missing are empty. */
static void
take_text(const json_t *j, const char *name, char *out, size_t size)
{
	const char *text = json_text_of(j, name);

	snprintf(out, size, "%s", text == NULL ? "" : text);
}

void
notes_waiting(struct dir *state, int64_t serial, struct waiting *w)
{
	struct err ignored;
	json_t *j = json_file_read(state, WAITING, NOTE_MAX, &ignored);
	const json_t *why = json_object_get(j, "error");
	int64_t of;

	*w = (struct waiting){ .release = 0 };
	if (json_number_of(j, "serial", serial, serial, &of) == 0 &&
	    json_number_of(j, "release", 1, INT64_MAX, &w->release) == 0) {
		take_text(j, "time", w->time, sizeof w->time);
		take_text(why, "code", w->code, sizeof w->code);
		take_text(why, "text", w->text, sizeof w->text);
	}
	json_decref(j);
}

json_t *
notes_leftovers(struct dir *state)
{
	struct err ignored;
	json_t *j = json_file_read(state, LEFTOVERS, NOTE_MAX, &ignored),
	       *list = json_incref(json_object_get(j, "leftovers"));

	json_decref(j);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return json_array();
}

int
notes_set_leftovers(struct dir *state, const json_t *list, struct err *e)
{
	json_t *j;
	int rc;

	if (json_array_size(list) == 0)
		return file_remove(state, LEFTOVERS, e) == -1 ? -1 : 0;
	if ((j = json_pack("{s:O}", "leftovers", list)) == NULL)
		return err_nomem(e);
	rc = json_file_write(state, LEFTOVERS, j, NOTE_MAX, STATE_MODE, e);
	json_decref(j);
	return rc;
}

int64_t
notes_refreshed(struct dir *state)
{
	struct buf b = BUF_INIT(64);
	int64_t t = 0, now;
	struct err e;

	if (file_read(state, REFRESHED, &b, &e) == 0 && b.len >= DATE_TEXT_SIZE - 1)
		date_parse(buf_text(&b), DATE_TEXT_SIZE - 1, &t);
	buf_free(&b);
	/* That refresh is as old as the first right time after it. */
	if (t > 0 && t < FIRST_TIME && (now = clock_wall()) >= FIRST_TIME) {
		t = now;
		(void)notes_set_refreshed(state, t, &e);
	}
	return t;
}

int
notes_set_refreshed(struct dir *state, int64_t now, struct err *e)
{
	char text[DATE_TEXT_SIZE];

	date_format(now, text);
	text[DATE_TEXT_SIZE - 1] = '\n';
	return file_replace_fast(state, REFRESHED, text, sizeof text, 0644, e);
}
