/* SPDX-License-Identifier: ISC */
/* Warnings of lasting faults of a station. */
#include "updater/cmd/reminders.h"

#include <string.h>

#include "lib/os/log.h"
#include "lib/os/places.h"
#include "updater/state/tls_strays.h"
#include "updater/state/told.h"
#include "updater/station/checks.h"
#include "updater/station/hidden.h"

#define TLS_NAME "names of files in TLS settings"

void
reminders_log(const struct reminders *w, const char *name, const char *text)
{
	if (w->told == NULL || told_is_due(w->told, name, text))
		log_warn("%s", text);
}

/* A misspelt OnError or Deadline would count for nothing, silently. */
static void
tell_unknown(const struct reminders *w, const char *setting)
{
	const struct station *st = w->st;
	struct buf text = BUF_INIT(LOG_LINE_MAX), name = BUF_INIT(LOG_LINE_MAX);
	struct err ignored;

	if (buf_addf(&name, &ignored, "unknown setting %s", setting) == 0 &&
	    buf_addf(&text, &ignored,
		STATION_KEY
		"\\%s\\%s: no setting of Slipway is called '%s', so it counts for nothing; remove it, or mend its name",
		st->installation, st->application, setting) == 0)
		reminders_log(w, buf_text(&name), buf_text(&text));
	buf_free(&name);
	buf_free(&text);
}

void
reminders_tell_settings(const struct reminders *w)
{
	if (place_home_ignored())
		reminders_log(w, "SLIPWAY_HOME", CMD_HOME_IGNORED);
	for (size_t i = 0; i < w->st->unknown.n; i++)
		tell_unknown(w, w->st->unknown.v[i]);
}

void
reminders_tell_hidden(void)
{
	struct hidden h;
	struct err ignored;

	if (hidden_load(&h, &ignored) == 0 && h.text != NULL)
		log_warn("%s", h.text);
	hidden_free(&h);
}

static void
tell_check(const struct reminders *w, const struct station_check *c, const struct err *why)
{
	struct buf text = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct err found, ignored;

	if (c->run(w->st, &found) == 0)
		return;
	if (why != NULL && strstr(why->text, found.text) != NULL)
		return;
	if (buf_addf(&text, &ignored, "%s: %s", w->st->application, found.text) == 0)
		reminders_log(w, c->name, buf_text(&text));
	buf_free(&text);
}

/* At the day's first start: TLS settings for which the program connects to nothing. */
static void
tell_relative(const struct reminders *w)
{
	struct strings lines = STRINGS_INIT;
	struct err ignored;

	if (w->settings == NULL || w->st->application == NULL)
		return;
	if (w->told != NULL && !told_look_is_due(w->told)) {
		told_keep(w->told, TLS_NAME);
		return;
	}
	(void)tls_relative(w->settings, w->st, true, true, &lines, &ignored);
	if (lines.n > 0) /* one is as bad as all */
		reminders_log(w, TLS_NAME, lines.v[0]);
	strings_free(&lines);
}

void
reminders_tell(const struct reminders *w, const struct update_result *r, const struct err *why)
{
	reminders_tell_settings(w);
	reminders_tell_hidden(); /* each time: another station may be meant */
	if (r->stood_still)
		reminders_log(w, "clock",
		    "the clock stands before the last good refresh, whose time is taken instead; set the clock");
	for (const struct station_check *c = station_checks; c->name != NULL; c++) {
		if (c->stops == STOPS_UPDATES)
			continue; /* the update's fault, at each start */
		/* An update that changes files looks at these itself. */
		if (c->stops == STOPS_CHANGES && w->told != NULL && !told_look_is_due(w->told))
			told_keep(w->told, c->name);
		else
			tell_check(w, c, why);
	}
	tell_relative(w);
}
