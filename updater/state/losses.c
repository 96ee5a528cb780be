/* SPDX-License-Identifier: ISC */
/* What was put back today. */
#include "updater/state/losses.h"

#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "updater/state/damage.h"
#include "updater/state/record.h"
#include "updater/state/state.h"

#define NAME	 "losses.json"
#define FILE_MAX RECORD_MAX /* it names what a record has */

/* The members that count for one day only: "day", "told", "back". */
static void
begin_day(json_t *known, const char *day)
{
	const char *was = json_text_of(known, "day");

	if (was != NULL && strcmp(was, day) == 0 && json_is_object(json_object_get(known, "back")))
		return;
	json_object_set_new(known, "day", json_string(day));
	json_object_set_new(known, "told", json_false());
	json_object_set_new(known, "back", json_object());
}

void
losses_load(struct dir *state, struct losses *l)
{
	char day[DATE_TEXT_SIZE];
	struct err ignored;

	*l = (struct losses){ .known = json_file_read(state, NAME, FILE_MAX, &ignored) };
	l->newer = l->known != NULL && damage_format(l->known, &ignored) == -1 &&
	    ignored.code == ERR_VERSION;
	if (l->known == NULL)
		l->known = json_object();
	date_format(clock_wall(), day);
	day[DATE_DAY_LENGTH] = '\0';
	begin_day(l->known, day);
}

unsigned
losses_count(const struct losses *l, const char *name)
{
	int64_t n = 0;

	json_number_of(json_object_get(l->known, "back"), name, 0, LOSSES_MAX, &n);
	return (unsigned)n;
}

void
losses_add(struct losses *l, const char *name)
{
	unsigned n = losses_count(l, name);

	if (n < LOSSES_MAX &&
	    json_object_set_new(json_object_get(l->known, "back"), name,
		json_integer((json_int_t)n + 1)) == 0)
		l->changed = true;
}

int
losses_setting(const char *key, const char *name, struct buf *out, struct err *e)
{
	return buf_addf(out, e, "%s %s", key, name);
}

uint64_t
losses_turn(const struct losses *l)
{
	int64_t turn = 0;

	json_number_of(l->known, "turn", 0, INT64_MAX, &turn);
	return (uint64_t)turn;
}

void
losses_set_turn(struct losses *l, uint64_t turn)
{
	if (turn != losses_turn(l) &&
	    json_object_set_new(l->known, "turn", json_integer((json_int_t)turn)) == 0)
		l->changed = true;
}

bool
losses_told(const struct losses *l)
{
	return json_is_true(json_object_get(l->known, "told"));
}

void
losses_set_told(struct losses *l)
{
	if (json_object_set_new(l->known, "told", json_true()) == 0)
		l->changed = true;
}

void
losses_end(struct losses *l, struct dir *state)
{
	struct err ignored;

	if (state != NULL && l->changed && !l->newer &&
	    json_object_set_new(l->known, "format", json_integer(DAMAGE_FORMAT)) == 0)
		json_file_write_fast(state, NAME, l->known, FILE_MAX, STATE_MODE, &ignored);
	json_decref(l->known);
	*l = (struct losses){ 0 };
}
