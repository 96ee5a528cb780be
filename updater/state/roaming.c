/* SPDX-License-Identifier: ISC */
/* Whose the settings of a user are. */
#include "updater/state/roaming.h"

#include <inttypes.h>
#include <string.h>

#include "lib/os/places.h"

#define NOTE_MAX 512 /* bytes */

enum note { NOTE_NONE, NOTE_OURS, NOTE_OTHER };

/* The key of the note, and what it says of this record. */
static int
make_note(const struct station *st, const struct record *user, struct buf *key, struct buf *text,
    struct err *e)
{
	if (buf_addf(key, e, ROAMING_KEY "\\%s\\%s", st->installation, st->application) == -1 ||
	    place_known("ComputerName", strlen("ComputerName"), text, e) == -1)
		return -1;
	return buf_addf(text, e, " %" PRId64, user->serial);
}

static enum note
look_at_note(struct settings *s, const char *key, const char *text)
{
	struct value v = VALUE_INIT;
	enum note note = NOTE_NONE;
	struct err ignored;

	if (settings_get(s, key, ROAMING_VALUE, &v, &ignored) == 1)
		note = v.type == VALUE_STRING && strcmp(value_get_text(&v), text) == 0 ? NOTE_OURS
										       : NOTE_OTHER;
	value_free(&v);
	return note;
}

bool
roaming_is_other(struct settings *s, const struct station *st, const struct record *user)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX), text = BUF_INIT(NOTE_MAX);
	struct err ignored;
	bool other = place_settings_roam() && make_note(st, user, &key, &text, &ignored) == 0 &&
	    look_at_note(s, buf_text(&key), buf_text(&text)) == NOTE_OTHER;

	buf_free(&key);
	buf_free(&text);
	return other;
}

static void
write_note(struct settings *s, const char *key, const char *text)
{
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err ignored;

	if (value_text(&v, VALUE_STRING, text, strlen(text), &ignored) == 0 &&
	    changeset_set(&c, key, ROAMING_VALUE, &v, &ignored) == 0)
		(void)settings_apply(s, &c, &ignored);
	value_free(&v);
	changeset_free(&c);
}

void
roaming_note(struct settings *s, const struct station *st, const struct record *user)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX), text = BUF_INIT(NOTE_MAX);
	struct err ignored;

	if (place_settings_roam() && make_note(st, user, &key, &text, &ignored) == 0) {
		enum note note = look_at_note(s, buf_text(&key), buf_text(&text));

		if (note == NOTE_OTHER || (note == NOTE_NONE && user->set.n > 0))
			write_note(s, buf_text(&key), buf_text(&text));
	}
	buf_free(&key);
	buf_free(&text);
}

void
roaming_forget(struct settings *s, const struct station *st)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct changeset c = CHANGESET_INIT;
	struct err ignored;

	if (place_settings_roam() &&
	    buf_addf(&key, &ignored, ROAMING_KEY "\\%s\\%s", st->installation, st->application) ==
		0 &&
	    changeset_delete_tree(&c, buf_text(&key), &ignored) == 0)
		(void)settings_apply(s, &c, &ignored);
	changeset_free(&c);
	buf_free(&key);
}
