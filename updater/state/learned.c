/* SPDX-License-Identifier: ISC */
/* Update servers that a station learned from signed metadata. */
#include "updater/state/learned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/os/json_file.h"
#include "updater/state/damage.h"
#include "updater/state/state.h"

/* Of checks that fail in a row, how often the servers of the enrolment are asked first. */
#define EACH_FAILED 4

bool
learned_enrolled(const struct strings *enrolled, const char *text)
{
	return servers_have(enrolled, text);
}

/* Reading. */

static int
malformed_learned(const char *what, struct err *e)
{
	return err_setx(e, ERR_SYNTAX, "learned: %s is malformed", what);
}

static int
read_addresses(const json_t *list, struct learned *l, struct err *e)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > SERVERS_MAX)
		return malformed_learned("addresses", e);
	json_array_foreach (list, i, one) {
		const char *url = json_text_of(one, "url");

		if (url == NULL || servers_check_address(url, e) == -1 ||
		    servers_have(&l->now.addresses, url))
			return malformed_learned("addresses", e);
		if (strings_add(&l->now.addresses, url, e) == -1)
			return -1;
		l->joined[i] = json_is_true(json_object_get(one, "joined"));
	}
	return 0;
}

static int
read_keys(const json_t *j, const char *name, struct strings *to, struct err *e)
{
	const json_t *list = json_object_get(j, name), *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > SERVERS_MAX)
		return malformed_learned(name, e);
	json_array_foreach (list, i, one) {
		const char *text = json_text(one);

		if (text == NULL || servers_check_host_key(text, e) == -1 || servers_have(to, text))
			return malformed_learned(name, e);
		if (strings_add(to, text, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_members(const json_t *j, struct learned *l, struct err *e)
{
	const char *asked = json_text_of(j, "asked");

	if (json_object_get(j, "format") == NULL)
		return malformed_learned("format", e);
	if (damage_format(j, e) == -1 ||
	    read_addresses(json_object_get(j, "addresses"), l, e) == -1 ||
	    read_keys(j, "host_keys", &l->now.host_keys, e) == -1 ||
	    read_keys(j, "dropped", &l->dropped, e) == -1)
		return -1;
	if (asked == NULL || strlen(asked) >= sizeof l->asked ||
	    json_number_of(j, "failed", 0, INT64_MAX, &l->failed) == -1)
		return malformed_learned("asked or failed", e);
	snprintf(l->asked, sizeof l->asked, "%s", asked);
	l->there = true;
	return 0;
}

int
learned_read(const json_t *j, struct learned *l, struct err *e)
{
	*l = (struct learned)LEARNED_INIT;
	if (read_members(j, l, e) == 0)
		return 0;
	learned_free(l);
	return -1;
}

void
learned_load(struct dir *state, struct learned *l)
{
	struct err e;
	json_t *j = json_file_read(state, STATION_LEARNED, LEARNED_MAX, &e);
	bool newer = j != NULL && learned_read(j, l, &e) == -1 && e.code == ERR_VERSION;

	if (j == NULL)
		*l = (struct learned)LEARNED_INIT;
	l->newer = newer;
	json_decref(j);
}

/* Writing. */

static json_t *
keys_json(const struct strings *keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < keys->n; i++)
		json_array_append_new(list, json_string(keys->v[i]));
	return list;
}

json_t *
learned_json(const struct learned *l, struct err *e)
{
	json_t *list = json_array(), *j;

	for (size_t i = 0; i < l->now.addresses.n; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:b}", "url", l->now.addresses.v[i], "joined",
			(int)l->joined[i]));
	j = json_pack("{s:i, s:o, s:o, s:o, s:I, s:s}", "format", DAMAGE_FORMAT, "addresses", list,
	    "host_keys", keys_json(&l->now.host_keys), "dropped", keys_json(&l->dropped), "failed",
	    (json_int_t)l->failed, "asked", l->asked);
	if (j == NULL)
		err_nomem(e);
	return j;
}

int
learned_save(struct dir *state, struct learned *l, struct err *e)
{
	json_t *j;
	int rc;

	if (!l->changed || l->newer)
		return 0;
	if ((j = learned_json(l, e)) == NULL)
		return -1;
	rc = json_file_write(state, STATION_LEARNED, j, LEARNED_MAX, STATE_MODE, e);
	json_decref(j);
	if (rc == 0) {
		l->there = true;
		l->changed = false;
	}
	return rc;
}

void
learned_free(struct learned *l)
{
	servers_free(&l->now);
	strings_free(&l->dropped);
	*l = (struct learned)LEARNED_INIT;
}

/* Learning. */

struct telling {
	void (*told)(void *arg, const char *text);
	void *arg;
};

static void
tell(const struct telling *t, const char *format, const char *what)
{
	char text[ERR_TEXT_SIZE];

	snprintf(text, sizeof text, "%s %.400s", format, what);
	if (t->told != NULL)
		t->told(t->arg, text);
}

bool
learned_joined(const struct learned *l, const char *url)
{
	for (size_t i = 0; i < l->now.addresses.n; i++)
		if (strcmp(l->now.addresses.v[i], url) == 0)
			return l->joined[i];
	return false;
}

static bool
same_list(const struct strings *a, const struct strings *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->n == b->n;
}

static int
take_addresses(struct learned *l, const struct station *st, const struct strings *says,
    const struct telling *t, struct err *e)
{
	struct strings new = STRINGS_INIT;
	bool joined[SERVERS_MAX] = { false };

	if (same_list(&l->now.addresses, says))
		return 0;
	for (size_t i = 0; i < says->n; i++) {
		const char *url = says->v[i];

		if (strings_add(&new, url, e) == -1) {
			strings_free(&new);
			return -1;
		}
		joined[i] = learned_joined(l, url) || learned_enrolled(&st->servers, url);
		if (!servers_have(&l->now.addresses, url) && !joined[i])
			tell(t, "learned from the signed metadata: server", url);
	}
	for (size_t i = 0; i < l->now.addresses.n; i++)
		if (!servers_have(says, l->now.addresses.v[i]))
			tell(t, "named no more by the signed metadata: server",
			    l->now.addresses.v[i]);
	strings_free(&l->now.addresses);
	l->now.addresses = new;
	memcpy(l->joined, joined, sizeof joined);
	l->changed = true;
	return 0;
}

static int
take_keys(struct learned *l, const struct station *st, const struct strings *says,
    const struct telling *t, struct err *e)
{
	for (size_t i = 0; i < says->n; i++) {
		const char *key = says->v[i];

		if (servers_have(&l->now.host_keys, key) || servers_have(&l->dropped, key) ||
		    learned_enrolled(&st->host_keys, key))
			continue;
		if (l->now.host_keys.n == SERVERS_MAX) {
			tell(t,
			    "there are 16 learned host keys, so one more isn't learned; an "
			    "administrator drops one with 'slipway update "
			    "--drop-host-key': host key",
			    key);
			continue;
		}
		if (strings_add(&l->now.host_keys, key, e) == -1)
			return -1;
		l->changed = true;
		tell(t, "learned from the signed metadata: host key", key);
	}
	return 0;
}

int
learned_take(struct learned *l, const struct station *st, const struct servers *says,
    void (*told)(void *arg, const char *text), void *arg, struct err *e)
{
	const struct telling t = { told, arg };

	return take_addresses(l, st, &says->addresses, &t, e) == -1 ||
		take_keys(l, st, &says->host_keys, &t, e) == -1
	    ? -1
	    : 0;
}

void
learned_checked(struct learned *l, const struct station *st, const char *url)
{
	if (url == NULL) {
		/* Counted only where there is a choice. */
		if (l->now.addresses.n > 0 && l->failed < INT64_MAX) {
			l->failed++;
			l->changed = true;
		}
		return;
	}
	if (l->failed > 0)
		l->changed = true;
	l->failed = 0;
	for (size_t i = 0; i < l->now.addresses.n; i++)
		if (!l->joined[i] && strcmp(l->now.addresses.v[i], url) == 0 &&
		    !learned_enrolled(&st->servers, url)) {
			l->joined[i] = true;
			l->changed = true;
		}
}

/* Order. */

struct order {
	const char **urls;
	size_t n;
};

static void
add_once(struct order *o, const char *url)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->urls[i], url) == 0)
			return;
	o->urls[o->n++] = url;
}

static void
add_learned(struct order *o, const struct learned *l, bool joined)
{
	for (size_t i = 0; i < l->now.addresses.n; i++)
		if (l->joined[i] == joined)
			add_once(o, l->now.addresses.v[i]);
}

static void
add_enrolled(struct order *o, const struct station *st)
{
	for (size_t i = 0; i < st->servers.n; i++)
		add_once(o, st->servers.v[i]);
}

/* Whether the station can log in to a server: one of directories alone may have no login. */
static bool
can_log_in(const struct learned *l, const struct station *st)
{
	const char *keys[LEARNED_ALL];

	return (st->login_key != NULL || st->password_file != NULL) &&
	    learned_host_keys(l, st, keys) > 0;
}

static bool
has_any_joined(const struct learned *l)
{
	for (size_t i = 0; i < l->now.addresses.n; i++)
		if (l->joined[i])
			return true;
	return false;
}

size_t
learned_order(const struct learned *l, const struct station *st, bool starts, const char *day,
    const char *urls[LEARNED_ALL])
{
	struct order o = { urls, 0 };
	bool can = can_log_in(l, st);
	bool due = has_any_joined(l) &&
	    (strcmp(l->asked, day) != 0 || l->failed % EACH_FAILED == EACH_FAILED - 1);

	if (due)
		add_enrolled(&o, st);
	if (!starts && can)
		add_learned(&o, l, false);
	if (can)
		add_learned(&o, l, true);
	add_enrolled(&o, st);
	if (can)
		add_learned(&o, l, false);
	return o.n;
}

void
learned_begins(struct learned *l, const struct station *st, const char *url, const char *day)
{
	if (!has_any_joined(l) || !learned_enrolled(&st->servers, url) ||
	    strcmp(l->asked, day) == 0)
		return;
	snprintf(l->asked, sizeof l->asked, "%.10s", day);
	l->changed = true;
}

size_t
learned_host_keys(const struct learned *l, const struct station *st, const char *keys[LEARNED_ALL])
{
	struct order o = { keys, 0 };

	for (size_t i = 0; i < st->host_keys.n; i++)
		add_once(&o, st->host_keys.v[i]);
	for (size_t i = 0; i < l->now.host_keys.n && st->password_file == NULL; i++)
		add_once(&o, l->now.host_keys.v[i]);
	return o.n;
}

bool
learned_drop(struct learned *l, const char *host_key, struct err *e)
{
	struct strings *keys = &l->now.host_keys;

	for (size_t i = 0; i < keys->n; i++) {
		if (strcmp(keys->v[i], host_key) != 0)
			continue;
		if (l->dropped.n == SERVERS_MAX) { /* the oldest gives way */
			free(l->dropped.v[0]);
			memmove(l->dropped.v, l->dropped.v + 1,
			    --l->dropped.n * sizeof *l->dropped.v);
		}
		if (strings_add(&l->dropped, host_key, e) == -1)
			return false;
		free(keys->v[i]);
		memmove(keys->v + i, keys->v + i + 1, (--keys->n - i) * sizeof *keys->v);
		l->changed = true;
		return true;
	}
	return false;
}
