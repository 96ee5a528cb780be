/* SPDX-License-Identifier: ISC */
/* The difference between two releases. */
#include "server/review/changes.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/sftp/servers.h"

/* Bytes of a value that are shown. */
#define SHOWN_MAX 200

static json_t *
mode_of(const json_t *target)
{
	return json_object_get(json_object_get(target, "custom"), "mode");
}

/* Adds a file to the list; was or is is NULL. */
static int
add_file(json_t *list, const char *path, const json_t *was, const json_t *is)
{
	const char *change = was == NULL ? "+" : is == NULL ? "-" : "~";
	const json_t *shown = is != NULL ? is : was;
	json_t *j = json_pack("{s:s,s:s,s:O*,s:O*}", "change", change, "path", path, "length",
	    json_object_get(shown, "length"), "mode", mode_of(shown));

	if (j != NULL && was != NULL && is != NULL &&
	    (json_object_set(j, "length_before", json_object_get(was, "length")) == -1 ||
		(mode_of(was) != NULL && json_object_set(j, "mode_before", mode_of(was)) == -1))) {
		json_decref(j);
		return -1;
	}
	return json_array_append_new(list, j);
}

static int
compare_files(json_t *list, const struct content *before, const struct content *after,
    json_int_t *same)
{
	const char *target;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)after->targets, target, one) {
		const json_t *was = json_object_get(before->targets, target);

		if (was != NULL && json_equal(was, one))
			++*same;
		else if (add_file(list, content_path(after, target), was, one) == -1)
			return -1;
	}
	json_object_foreach ((json_t *)(uintptr_t)before->targets, target, one)
		if (json_object_get(after->targets, target) == NULL &&
		    add_file(list, content_path(before, target), one, NULL) == -1)
			return -1;
	return 0;
}

json_t *
changes_of_files(const struct content *before, const struct content *after, struct err *e)
{
	json_t *list = json_array(), *j;
	json_int_t same = 0;

	if (list == NULL || compare_files(list, before, after, &same) == -1) {
		json_decref(list);
		err_nomem(e);
		return NULL;
	}
	if ((j = json_pack("{s:I,s:o}", "same", same, "files", list)) == NULL)
		err_nomem(e);
	return j;
}

/* Adds a setting to the list; was or is is NULL. */
static int
add_setting(json_t *list, const json_t *was, const json_t *is)
{
	const json_t *shown = is != NULL ? is : was;
	json_t *j = json_pack("{s:s,s:O,s:O*}", "change",
	    was == NULL	     ? "+"
		: is == NULL ? "-"
			     : "~",
	    "key", json_object_get(shown, "key"), "name", json_object_get(shown, "name"));

	if (j != NULL &&
	    ((is != NULL && json_object_set(j, "value", json_object_get(is, "value")) == -1) ||
		(was != NULL &&
		    json_object_set(j, "value_before", json_object_get(was, "value")) == -1))) {
		json_decref(j);
		return -1;
	}
	return json_array_append_new(list, j);
}

static int
compare_settings(json_t *list, const json_t *before, const json_t *after)
{
	const char *place;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)after, place, one) {
		const json_t *was = json_object_get(before, place);

		if (!json_equal(json_object_get(was, "value"), json_object_get(one, "value")) &&
		    add_setting(list, was, one) == -1)
			return -1;
	}
	json_object_foreach ((json_t *)(uintptr_t)before, place, one)
		if (json_object_get(after, place) == NULL && add_setting(list, one, NULL) == -1)
			return -1;
	return 0;
}

json_t *
changes_of_settings(const struct outcome *before, const struct outcome *after, struct err *e)
{
	json_t *all = json_object();
	bool bad = all == NULL;

	for (int i = 0; i < OUTCOME_SYSTEMS && !bad; i++) {
		json_t *list = json_array();

		bad = list == NULL ||
		    compare_settings(list, before->settings[i], after->settings[i]) == -1 ||
		    json_object_set(all, outcome_systems[i], list) == -1;
		json_decref(list);
	}
	if (!bad)
		return all;
	json_decref(all);
	err_nomem(e);
	return NULL;
}

static int
add_safe(struct buf *out, const char *text, struct err *e)
{
	char shown[SHOWN_MAX];

	text_safe(shown, sizeof shown, text, strlen(text), false);
	return buf_adds(out, shown, e);
}

static int
say_file(const json_t *f, struct buf *out, struct err *e)
{
	const json_t *was = json_object_get(f, "length_before"), *mode = json_object_get(f, "mode"),
		     *mode_was = json_object_get(f, "mode_before");
	const char *path = json_text_of(f, "path");

	if (buf_addf(out, e, "  %s ", json_text_of(f, "change")) == -1 ||
	    text_add_safe(out, path, strlen(path), e) == -1 || buf_adds(out, "  ", e) == -1)
		return -1;
	if (was != NULL &&
	    buf_addf(out, e, "%" PRId64 " -> ", (int64_t)json_integer_value(was)) == -1)
		return -1;
	if (buf_addf(out, e, "%" PRId64 " bytes",
		(int64_t)json_integer_value(json_object_get(f, "length"))) == -1)
		return -1;
	if (mode_was != NULL && mode != NULL && !json_equal(mode, mode_was) &&
	    (buf_adds(out, ", mode ", e) == -1 ||
		add_safe(out, json_string_value(mode_was), e) == -1 ||
		buf_adds(out, " -> ", e) == -1 || add_safe(out, json_string_value(mode), e) == -1))
		return -1;
	return buf_addc(out, '\n', e);
}

static int
say_value(const json_t *value, struct buf *out, struct err *e)
{
	return json_is_string(value) ? add_safe(out, json_string_value(value), e)
				     : buf_adds(out, "(deleted)", e);
}

static int
say_setting(const json_t *s, struct buf *out, struct err *e)
{
	const json_t *is = json_object_get(s, "value"), *was = json_object_get(s, "value_before");
	const char *name = json_text_of(s, "name");

	if (buf_addf(out, e, "  %s ", json_text_of(s, "change")) == -1 ||
	    add_safe(out, json_text_of(s, "key"), e) == -1 ||
	    buf_adds(out, name == NULL ? "\\*" : " ", e) == -1 ||
	    (name != NULL && add_safe(out, name, e) == -1) || buf_adds(out, " = ", e) == -1)
		return -1;
	if (was != NULL && say_value(was, out, e) == -1)
		return -1;
	if (was != NULL &&
	    buf_adds(out, is == NULL ? ", no longer in the scripts" : " -> ", e) == -1)
		return -1;
	if (is != NULL && say_value(is, out, e) == -1)
		return -1;
	return buf_addc(out, '\n', e);
}

static int
say_list(const json_t *list, size_t lines,
    int (*say)(const json_t *one, struct buf *out, struct err *e), const char *what,
    struct buf *out, struct err *e)
{
	size_t n = json_array_size(list), shown = lines > 0 && n > lines ? lines : n;

	for (size_t i = 0; i < shown; i++)
		if (say(json_array_get(list, i), out, e) == -1)
			return -1;
	return shown == n ? 0
			  : buf_addf(out, e, "  ... and %zu more changed %s\n", n - shown, what);
}

int
changes_say_files(const json_t *files, size_t lines, struct buf *out, struct err *e)
{
	int64_t same = json_integer_value(json_object_get(files, "same"));

	if (say_list(json_object_get(files, "files"), lines, say_file, "files", out, e) == -1)
		return -1;
	return same == 0
	    ? 0
	    : buf_addf(out, e, "  %" PRId64 " file%s as before\n", same, same == 1 ? "" : "s");
}

/* The settings of one system. */
static int
say_system(const json_t *list, size_t lines, const char *system, struct buf *out, struct err *e)
{
	if (buf_addf(out, e, "settings on %s:%s\n", system,
		json_array_size(list) == 0 ? " as before" : "") == -1)
		return -1;
	return say_list(list, lines, say_setting, "settings", out, e);
}

int
changes_say_settings(const json_t *settings, size_t lines, struct buf *out, struct err *e)
{
	const json_t *linux_list = json_object_get(settings, outcome_systems[0]),
		     *windows_list = json_object_get(settings, outcome_systems[1]);

	if (json_array_size(linux_list) + json_array_size(windows_list) == 0)
		return buf_adds(out, "settings: as before\n", e);
	if (json_equal(linux_list, windows_list))
		return buf_adds(out, "settings:\n", e) == -1
		    ? -1
		    : say_list(linux_list, lines, say_setting, "settings", out, e);
	return say_system(linux_list, lines, outcome_systems[0], out, e) == -1
	    ? -1
	    : say_system(windows_list, lines, outcome_systems[1], out, e);
}

static int
say_texts(const char *what, const struct strings *was, const struct strings *is, struct buf *out,
    struct err *e)
{
	for (size_t i = 0; i < is->n; i++)
		if (!servers_have(was, is->v[i]) &&
		    buf_addf(out, e, "  + %s %s\n", what, is->v[i]) == -1)
			return -1;
	for (size_t i = 0; i < was->n; i++)
		if (!servers_have(is, was->v[i]) &&
		    buf_addf(out, e, "  - %s %s\n", what, was->v[i]) == -1)
			return -1;
	return 0;
}

int
changes_say_servers(const json_t *before, const json_t *after, struct buf *out, struct err *e)
{
	const json_t *was_json = json_object_get(before, SERVERS_NAME),
		     *is_json = json_object_get(after, SERVERS_NAME);
	struct servers was, is = SERVERS_INIT;
	int rc = -1;

	if (was_json == is_json || (was_json != NULL && json_equal(was_json, is_json)))
		return 0;
	if (servers_read(was_json, &was, e) == 0 && servers_read(is_json, &is, e) == 0 &&
	    buf_adds(out, "servers that stations learn of:\n", e) == 0 &&
	    say_texts("address", &was.addresses, &is.addresses, out, e) == 0)
		rc = say_texts("host key", &was.host_keys, &is.host_keys, out, e);
	servers_free(&was);
	servers_free(&is);
	return rc;
}
