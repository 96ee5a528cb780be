/* SPDX-License-Identifier: ISC */
/* slipway history */
#include "updater/cmd/command.h"

#include <stdio.h>

#include "updater/state/notes.h"

/* Appends to list the members of a record that people ask for. */
static int
add_record(json_t *list, const struct record *r, bool applied, struct err *e)
{
	json_t *one;

	one = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b}", "time", r->time, "action",
	    r->damaged ? "damaged" : r->action, "release", (json_int_t)r->release, "from",
	    (json_int_t)r->from, "files", (json_int_t)r->changed_files, "settings",
	    (json_int_t)r->changed_settings, "applied", applied, "rollback",
	    !applied && (r->whole || r->passed));
	if (one != NULL && r->place[0] != '\0')
		json_object_set_new(one, "place", json_string(r->place));
	if (one != NULL && r->expired > 0)
		json_object_set_new(one, "expired_days", json_integer(r->expired));
	return json_array_append_new(list, one) == -1 ? err_nomem(e) : 0;
}

static int
add_old(void *arg, struct record *r, struct err *e)
{
	return add_record(arg, r, false, e);
}

/* The history of one part's state, which is closed; NULL: the error of opening it is in e. */
static json_t *
history(struct dir *state, struct err *e)
{
	json_t *list = json_array();
	struct record applied = RECORD_INIT;
	int rc = -1;

	if (state != NULL && record_applied(state, &applied, e) == 0) {
		rc = applied.serial == 0 ? 0 : add_record(list, &applied, true, e);
		if (rc == 0)
			rc = record_history(state, &applied, add_old, list, e);
	}
	record_free(&applied);
	dir_close(state);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* This user's part, where it has files: an empty list where there is none yet. */
static json_t *
history_of_user(const struct station *st, struct err *e)
{
	struct dir *state = st->app_of_user ? station_user_dir(st, false, e) : NULL;

	return state == NULL && (!st->app_of_user || e->code == ERR_NOENT) ? json_array()
									   : history(state, e);
}

static long long
member_number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

/* Where a release came from, if not from the servers. */
static void
print_place(const json_t *one)
{
	const char *place = json_string_value(json_object_get(one, "place"));

	if (place != NULL) {
		printf(", brought by ");
		cli_print(place);
	}
	if (member_number(one, "expired_days") > 0)
		printf(", its metadata had ended %lld day%s before",
		    member_number(one, "expired_days"),
		    cli_plural((size_t)member_number(one, "expired_days")));
}

static void
print_history(const json_t *list)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list) == 0) {
		puts("nothing was applied yet");
		return;
	}
	puts("TIME                  RELEASE  FILES  SETTINGS  WHAT");
	json_array_foreach (list, i, one) {
		const char *action = json_string_value(json_object_get(one, "action"));

		printf("%-20s  %7lld  %5lld  %8lld  %s",
		    json_string_value(json_object_get(one, "time")), member_number(one, "release"),
		    member_number(one, "files"), member_number(one, "settings"), action);
		if (member_number(one, "from") > 0)
			printf(" from release %lld", member_number(one, "from"));
		print_place(one);
		puts(json_is_true(json_object_get(one, "applied")) ? "; applied now"
			: json_is_true(json_object_get(one, "rollback"))
			? ""
			: "; too old to return to");
	}
}

/* What was brought last, also where it held nothing new. */
static void
print_last_brought(const struct station *st)
{
	struct brought b = { .expired = 0 };
	struct err ignored;
	struct dir *state = station_dir(st, "", false, &ignored);

	if (state != NULL)
		notes_brought(state, &b);
	dir_close(state);
	if (b.time[0] == '\0')
		return;
	printf("last brought at %s from ", b.time);
	cli_print(b.place[0] == '\0' ? "a server" : b.place);
	if (b.expired > 0)
		printf(", metadata that had ended %lld day%s before", (long long)b.expired,
		    cli_plural((size_t)b.expired));
	puts("");
}

static int
run_history(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct cmd_station c;
	json_t *list = NULL, *own = NULL;
	int rc = -1;

	if (cmd_station_open(call, 0, &c, e) == -1 ||
	    (list = history(station_dir(&c.station, "", false, e), e)) == NULL ||
	    (own = history_of_user(&c.station, e)) == NULL)
		goto out;
	if (o->json) {
		for (size_t i = 0; i < json_array_size(own); i++)
			json_object_set_new(json_array_get(own, i), "user", json_true());
		json_array_extend(list, own);
		rc = cli_json(json_incref(list), e);
	} else {
		print_history(list);
		print_last_brought(&c.station);
		if (json_array_size(own) > 0) {
			puts("\nThis user's part");
			print_history(own);
		}
		rc = 0;
	}
out:
	json_decref(own);
	json_decref(list);
	cmd_station_close(&c);
	return rc;
}

static const struct option options[] = { CMD_STATION_ROWS, CMD_JSON_ROW, OPTION_END };

const struct command cmd_history = { "history", run_history, "[options]", 0, 0,
	"show what was applied when", NULL, CMD_OPTIONS(options) };
