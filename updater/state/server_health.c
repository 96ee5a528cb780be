/* SPDX-License-Identifier: ISC */
/* What each update server last said. */
#include "updater/state/server_health.h"

#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/os/json_file.h"
#include "updater/state/damage.h"
#include "updater/state/state.h"

#define NAME	 "servers.json"
#define FILE_MAX (64u * 1024)

struct server_said
server_health_said(const struct server_health *s, const char *url)
{
	const json_t *one = json_object_get(s->known, url);
	const char *time = json_text_of(one, "time");
	const json_t *nodelay = json_object_get(one, "nodelay");

	return (struct server_said){ .known = one != NULL,
		.time = time == NULL ? "" : time,
		.fault = json_text_of(one, "said"),
		.confined = json_text_of(one, "confined"),
		.nodelay = json_is_true(nodelay) ? 1
		    : json_is_false(nodelay)	 ? 0
						 : -1 };
}

/* Whether it failed not long ago.  A time in the future is none. */
static bool
failed_lately(const struct server_health *s, const char *url)
{
	struct server_said said = server_health_said(s, url);
	int64_t t;

	return said.fault != NULL && date_parse(said.time, strlen(said.time), &t) == 0 &&
	    t <= s->now && s->now - t < SERVER_HEALTH_LAST_S;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
server_health_load(struct dir *state, const char *const *urls, size_t n, int64_t now,
    struct server_health *s, struct err *e)
{
	struct err ignored;

	*s = (struct server_health){ .now = now };
	s->known = json_file_read(state, NAME, FILE_MAX, &ignored);
	s->newer = s->known != NULL && damage_format(s->known, &ignored) == -1 &&
	    ignored.code == ERR_VERSION;
	if (s->known == NULL && (s->known = json_object()) == NULL)
		return err_nomem(e);
	json_object_del(s->known, "format");
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < n; i++)
			if (failed_lately(s, urls[i]) == (last == 1))
				s->urls[s->n++] = urls[i];
	return 0;
}

void
server_health_note(struct server_health *s, const char *url, const struct err *why,
    const char *confined)
{
	struct server_said was = server_health_said(s, url);
	char when[DATE_TEXT_SIZE];
	json_t *one;

	/* A server that answered before and answers now changes nothing. */
	if (why == NULL && was.known && was.fault == NULL &&
	    (confined == NULL || same_text(was.confined, confined)))
		return;
	date_format(s->now, when);
	one = json_pack("{s:s, s:s*, s:s*}", "time", when, "said", why == NULL ? NULL : why->text,
	    "confined", confined == NULL ? was.confined : confined);
	if (one != NULL && was.nodelay != -1)
		json_object_set_new(one, "nodelay", json_boolean(was.nodelay));
	if (one != NULL && json_object_set_new(s->known, url, one) == 0)
		s->changed = true;
}

void
server_health_note_nodelay(struct server_health *s, const char *url, bool nodelay)
{
	struct server_said was = server_health_said(s, url);
	json_t *one = json_object_get(s->known, url);

	if (was.nodelay != (int)nodelay && one != NULL &&
	    json_object_set_new(one, "nodelay", json_boolean(nodelay)) == 0)
		s->changed = true;
}

void
server_health_end(struct server_health *s, struct dir *state)
{
	struct err ignored;

	if (s->changed && !s->newer && state != NULL &&
	    json_object_set_new(s->known, "format", json_integer(DAMAGE_FORMAT)) == 0)
		json_file_write_fast(state, NAME, s->known, FILE_MAX, STATE_MODE, &ignored);
	json_decref(s->known);
	*s = (struct server_health){ 0 };
}
