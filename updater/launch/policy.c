/* SPDX-License-Identifier: ISC */
/* Whether the program may start. */
#include "updater/launch/policy.h"

#define DAY 86400

/* Days since the last good refresh; a station that never had one is older than any limit. */
static int64_t
age(const struct update_result *r, int64_t now)
{
	if (r->refreshed == 0)
		return INT64_MAX;
	return now > r->refreshed ? (now - r->refreshed) / DAY : 0;
}

static void
add_age(const struct update_result *r, int64_t now, struct buf *text, struct err *e)
{
	int64_t days = age(r, now);

	if (r->unknown)
		buf_adds(text, "it isn't known when this station was last up to date", e);
	else if (r->refreshed == 0)
		buf_adds(text, "this station was never up to date", e);
	else
		buf_addf(text, e, "this station was last up to date %lld day%s ago",
		    (long long)days, days == 1 ? "" : "s");
}

/* Temporary faults: a server or the network is down, or another start is updating. */
static bool
passes_by_itself(const struct err *why)
{
	return why->code == ERR_NETWORK || why->code == ERR_TIMEOUT || why->code == ERR_BUSY;
}

struct verdict
policy(const struct station *st, const struct update_result *r, const struct err *why,
    const char *program, int64_t now, struct buf *text)
{
	bool old = st->warn_after_days > 0 && age(r, now) >= st->warn_after_days;
	/* Another process at work is no failure where there is a release to start on. */
	bool busy = r->busy && r->release > 0;
	struct verdict v = { .start = true, .tell = why != NULL, .level = LOG_LEVEL_WARN };
	struct err e;

	if (why != NULL)
		buf_addf(text, &e, "%s; ", why->text);
	if (why != NULL && !busy && st->on_error == ON_ERROR_BLOCK) {
		buf_addf(text, &e, "%s is not started, because this site set OnError to block",
		    program);
		return (struct verdict){ false, true, LOG_LEVEL_ERROR };
	}
	if (!r->fresh && st->block_after_days > 0 && age(r, now) >= st->block_after_days) {
		add_age(r, now, text, &e);
		buf_addf(text, &e,
		    "; %s is not started, because this site set BlockAfterDays to %lld; tell the station's administrator ('slipway update' says what is wrong)",
		    program, (long long)st->block_after_days);
		return (struct verdict){ false, true, LOG_LEVEL_ERROR };
	}
	if (!r->fresh && old) {
		v.tell = true;
		add_age(r, now, text, &e);
		buf_adds(text, "; ", &e);
	} else if (busy || (why != NULL && st->warn_after_days > 0 && passes_by_itself(why))) {
		v.level = LOG_LEVEL_INFO;
	}
	if (r->release > 0)
		buf_addf(text, &e, "starting %s with release %lld, applied earlier", program,
		    (long long)r->release);
	else if (r->unknown)
		buf_addf(text, &e, "starting %s; it isn't known which release is applied", program);
	else
		buf_addf(text, &e, "starting %s although no release was ever applied", program);
	return v;
}
