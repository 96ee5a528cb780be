/* SPDX-License-Identifier: ISC */
/*
 * What each update server last said.
 */
#include "updater/state/server_health.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"

#define NAME	 "servers.json"
#define FILE_MAX (64u * 1024)

/* Whether it failed not long ago.  A time in the future is none. */
static bool
failed_lately(const struct servers *s, const char *url)
{
	const json_t *one = json_object_get(s->known, url), *when = json_object_get(one, "time");
	int64_t t;

	return json_object_get(one, "said") != NULL && json_is_string(when) &&
	    date_parse(json_string_value(when), json_string_length(when), &t) == 0 && t <= s->now &&
	    s->now - t < SERVERS_LAST_FOR_S;
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
servers_load(struct dir *state, const struct station *st, int64_t now, struct servers *s,
    struct err *e)
{
	struct buf b = BUF_INIT(FILE_MAX);
	struct err ignored;

	*s = (struct servers){ .now = now };
	if (file_read(state, NAME, &b, &ignored) == 0)
		s->known = json_text_parse(b.data, b.len, &ignored);
	buf_free(&b);
	if (s->known == NULL && (s->known = json_object()) == NULL)
		return err_nomem(e);
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < st->nservers; i++)
			if (failed_lately(s, st->servers[i]) == (last == 1))
				s->urls[s->n++] = st->servers[i];
	return 0;
}

void
servers_note(struct servers *s, const char *url, const struct err *why, const char *confined)
{
	const json_t *was = json_object_get(s->known, url);
	const char *confined_before = json_string_value(json_object_get(was, "confined"));
	char when[DATE_TEXT_SIZE];
	json_t *one;

	/*
	 * That one goes on answering is nothing new: the time of the last good refresh is kept
	 * elsewhere.
	 */
	if (why == NULL && was != NULL && json_object_get(was, "said") == NULL &&
	    (confined == NULL || same(confined_before, confined)))
		return;
	date_format(s->now, when);
	one = json_pack("{s:s, s:s*, s:s*}", "time", when, "said", why == NULL ? NULL : why->text,
	    "confined", confined == NULL ? confined_before : confined);
	if (one != NULL && json_object_set_new(s->known, url, one) == 0)
		s->changed = true;
}

void
servers_end(struct servers *s, struct dir *state)
{
	struct err ignored;
	char *text;

	if (s->changed && (text = json_dumps(s->known, JSON_INDENT(1) | JSON_SORT_KEYS)) != NULL) {
		file_replace_fast(state, NAME, text, strlen(text), 0644, &ignored);
		free(text);
	}
	json_decref(s->known);
	*s = (struct servers){ 0 };
}
