/* SPDX-License-Identifier: ISC */
/* Notes beside the record of what is applied. */
#include "updater/state/notes.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "updater/state/damage.h"
#include "updater/state/state.h"

#define REFRESHED     "refreshed"
#define WAITING	      "waiting.json"
#define LEFTOVERS     "leftovers.json"
#define BROUGHT	      "brought.json"
#define FORMAT_LINE   "format 1\n"
#define REFRESHED_MAX 256 /* bytes */

#define NOTE_MAX (64u * 1024 * 1024) /* bytes */

/* Whether a newer Slipway wrote a note, which stays as it is then. */
static bool
is_newer_note(struct dir *state, const char *name)
{
	struct err e;
	json_t *j = json_file_read(state, name, NOTE_MAX, &e);
	bool newer = j != NULL && damage_format(j, &e) == -1 && e.code == ERR_VERSION;

	json_decref(j);
	return newer;
}

void
notes_set_waiting(struct dir *state, int64_t serial, int64_t release, const struct err *why)
{
	char when[DATE_TEXT_SIZE];
	struct err ignored;
	json_t *j;

	if (is_newer_note(state, WAITING))
		return;
	date_format(clock_wall(), when);
	j = json_pack("{s:i, s:I, s:I, s:s, s:{s:s, s:s}}", "format", DAMAGE_FORMAT, "serial",
	    (json_int_t)serial, "release", (json_int_t)release, "time", when, "error", "code",
	    err_name(why->code), "text", why->text);
	if (j != NULL)
		json_file_write(state, WAITING, j, NOTE_MAX, STATE_MODE, &ignored);
	json_decref(j);
}

/* Texts that are missing are empty. */
static void
copy_text(const json_t *j, const char *name, char *out, size_t size)
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
		copy_text(j, "time", w->time, sizeof w->time);
		copy_text(why, "code", w->code, sizeof w->code);
		copy_text(why, "text", w->text, sizeof w->text);
	}
	json_decref(j);
}

void
notes_set_brought(struct dir *state, const char *place, int64_t expired)
{
	char when[DATE_TEXT_SIZE];
	struct brought b = { .place = "" };
	struct err ignored;
	json_t *j;

	if (is_newer_note(state, BROUGHT))
		return;
	if (place != NULL)
		snprintf(b.place, sizeof b.place, "%.*s",
		    (int)text_cut(place, strlen(place), sizeof b.place - 1), place);
	date_format(clock_wall(), when);
	j = json_pack("{s:i, s:s, s:s, s:I}", "format", DAMAGE_FORMAT, "time", when, "place",
	    b.place, "expired", (json_int_t)expired);
	if (j != NULL)
		json_file_write(state, BROUGHT, j, NOTE_MAX, STATE_MODE, &ignored);
	json_decref(j);
}

void
notes_brought(struct dir *state, struct brought *b)
{
	struct err ignored;
	json_t *j = json_file_read(state, BROUGHT, NOTE_MAX, &ignored);
	const char *when = json_text_of(j, "time");
	int64_t t;

	*b = (struct brought){ .expired = 0 };
	if (when != NULL && damage_format(j, &ignored) == 0 &&
	    date_parse(when, strlen(when), &t) == 0) {
		copy_text(j, "time", b->time, sizeof b->time);
		copy_text(j, "place", b->place, sizeof b->place);
		(void)json_number_of(j, "expired", 0, INT64_MAX, &b->expired);
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
	if (is_newer_note(state, LEFTOVERS))
		return 0;
	if ((j = json_pack("{s:i, s:O}", "format", DAMAGE_FORMAT, "leftovers", list)) == NULL)
		return err_nomem(e);
	rc = json_file_write(state, LEFTOVERS, j, NOTE_MAX, STATE_MODE, e);
	json_decref(j);
	return rc;
}

/* What a line says after the time, in a file that states its format; 0.1.0 stated none. */
static bool
is_newer_time(const struct buf *b)
{
	return b->len > DATE_TEXT_SIZE &&
	    memcmp(b->data + DATE_TEXT_SIZE, FORMAT_LINE, sizeof FORMAT_LINE - 1) != 0;
}

/* Where that note is lost: the metadata of the last refresh is at least as old. */
static int64_t
refreshed_at_least(struct dir *state, int64_t now)
{
	struct file_info info;
	struct err e;
	int64_t t = 0;

	if (file_stat(state, "metadata/timestamp.json", &info, &e) == 1)
		t = info.mtime_ns / 1000000000;
	return t <= now ? t : 0;
}

int64_t
notes_refreshed(struct dir *state)
{
	struct buf b = BUF_INIT(REFRESHED_MAX);
	int64_t t = 0, now = clock_wall();
	struct err e;

	if (file_read(state, REFRESHED, &b, &e) == 0 && b.len >= DATE_TEXT_SIZE - 1)
		date_parse(buf_text(&b), DATE_TEXT_SIZE - 1, &t);
	buf_free(&b);
	if (t == 0)
		return refreshed_at_least(state, now);
	/* That refresh is as old as the first right time after it. */
	if (t < NOTES_FIRST_TIME && now >= NOTES_FIRST_TIME) {
		t = now;
		(void)notes_set_refreshed(state, t, &e);
	}
	return t;
}

int
notes_set_refreshed(struct dir *state, int64_t now, struct err *e)
{
	char text[DATE_TEXT_SIZE + sizeof FORMAT_LINE];
	struct buf old = BUF_INIT(REFRESHED_MAX);
	struct err ignored;
	bool newer = file_read(state, REFRESHED, &old, &ignored) == 0 && is_newer_time(&old);

	buf_free(&old);
	date_format(now, text);
	text[DATE_TEXT_SIZE - 1] = '\n';
	memcpy(text + DATE_TEXT_SIZE, FORMAT_LINE, sizeof FORMAT_LINE);
	return newer ? 0 : file_replace_fast(state, REFRESHED, text, strlen(text), 0644, e);
}

int
notes_check_refreshed(struct dir *state, struct err *e)
{
	struct buf b = BUF_INIT(REFRESHED_MAX);
	int rc = file_read(state, REFRESHED, &b, e);
	int64_t t;

	if (rc == 0 &&
	    (b.len < DATE_TEXT_SIZE - 1 || date_parse(buf_text(&b), DATE_TEXT_SIZE - 1, &t) == -1))
		rc = err_setx(e, ERR_SYNTAX, "want a time, got something else");
	else if (rc == 0 && is_newer_time(&b))
		rc = err_setx(e, ERR_VERSION, "a newer Slipway wrote it; install that one here");
	buf_free(&b);
	return rc;
}
