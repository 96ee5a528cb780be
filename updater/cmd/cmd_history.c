/* SPDX-License-Identifier: ISC */
/*
 * slipway history
 */
#include "updater/cmd/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updater/state/record.h"

/* The part of a record that people ask for. */
static json_t *
summary(const json_t *record, bool applied)
{
	const json_t *changed = json_object_get(record, "changed");

	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:b, s:b}", "time",
	    json_object_get(record, "time"), "action", json_object_get(record, "action"), "release",
	    json_object_get(record, "release"), "from", json_object_get(record, "from"), "files",
	    json_object_get(changed, "files"), "settings", json_object_get(changed, "settings"),
	    "applied", applied, "rollback", !applied && store_is_whole(record));
}

static int
add(json_t *list, const json_t *record, bool applied, struct err *e)
{
	json_t *one = summary(record, applied);

	if (one == NULL)
		return err_setx(e, ERR_SYNTAX, "a record of the history is malformed");
	return json_array_append_new(list, one) == -1 ? err_nomem(e) : 0;
}

static int
add_old(void *arg, json_t *record, struct err *e)
{
	return add(arg, record, false, e);
}

static json_t *
history(const struct station *st, struct err *e)
{
	struct dir *state = dir_open(st->state_path, e);
	json_t *list = json_array(), *applied = NULL;
	int rc = -1;

	if (state != NULL && (applied = store_applied(state, e)) != NULL) {
		rc = store_serial(applied) == 0 ? 0 : add(list, applied, true, e);
		if (rc == 0)
			rc = store_history(state, add_old, list, e);
	}
	json_decref(applied);
	dir_close(state);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static long long
number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static void
print_text(const json_t *list)
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

		printf("%s  %7lld  %5lld  %8lld  %s",
		    json_string_value(json_object_get(one, "time")), number(one, "release"),
		    number(one, "files"), number(one, "settings"), action);
		if (number(one, "from") > 0)
			printf(" from release %lld", number(one, "from"));
		puts(json_is_true(json_object_get(one, "applied")) ? "; applied now"
			: json_is_true(json_object_get(one, "rollback"))
			? ""
			: "; too old to return to");
	}
}

int
cmd_history(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_station c;
	json_t *list = NULL;
	struct err e;
	int status;

	if ((status = cmd_options(argc, argv, "iaj", &o)) != 0)
		return status;
	if (optind < argc)
		return cmd_usage("history");
	if (cmd_station_open(&o, 0, NULL, &c, &e) == -1 || (list = history(&c.station, &e)) == NULL)
		status = cmd_fail(&e);
	else if (o.json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_text(list);
	}
	json_decref(list);
	cmd_station_close(&c);
	return status;
}
