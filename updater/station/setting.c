/* SPDX-License-Identifier: ISC */
/* Slipway's own settings that are one text each. */
#include "updater/station/setting.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "updater/station/enrol.h"
#include "updater/station/station.h"

#define ROW(option, setting, kind, member, arg, offers, words, help) \
	{ option, setting, STATION_##kind, offsetof(struct station, member), \
		offsetof(struct enrolment, member) },

const struct station_setting station_settings[] = { STATION_SETTINGS(ROW){ .name = NULL } };

static int
take_number(const char *called, const char *text, uint64_t max, const char *unit, int64_t *to,
    struct err *e)
{
	uint64_t n;

	if (number_parse(text, strlen(text), 1, max, &n) == -1)
		return err_setx(e, ERR_CONFIG, "%s: want 1 to %d %s, got '%.40s'", called, (int)max,
		    unit, text);
	*to = (int64_t)n;
	return 0;
}

static int
take_text(const char *text, char **to, struct err *e)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return err_nomem(e);
	*to = copy;
	return 0;
}

static int
take_log(const char *called, const char *text, enum log_system_when *to, struct err *e)
{
	static const char *const words[] = { [LOG_SYSTEM_AUTO] = "auto",
		[LOG_SYSTEM_ALWAYS] = "always",
		[LOG_SYSTEM_NEVER] = "never" };

	for (size_t i = 0; i < N(words); i++)
		if (ascii_same(text, words[i])) {
			*to = (enum log_system_when)i;
			return 0;
		}
	return err_setx(e, ERR_CONFIG, "%s: want 'auto', 'always' or 'never', got '%.40s'", called,
	    text);
}

int
station_setting_take(enum station_kind kind, const char *called, const char *text, void *to,
    struct err *e)
{
	bool block = ascii_same(text, "block"), both = ascii_same(text, "both");

	switch (kind) {
	case STATION_SECONDS:
		return take_number(called, text, STATION_DEADLINE_MAX_S, "seconds", to, e);
	case STATION_DAYS:
		return take_number(called, text, STATION_DAYS_MAX, "days", to, e);
	case STATION_ON_ERROR:
		if (!block && !ascii_same(text, "launch"))
			return err_setx(e, ERR_CONFIG, "%s: want 'launch' or 'block', got '%.40s'",
			    called, text);
		*(enum on_error *)to = block ? ON_ERROR_BLOCK : ON_ERROR_LAUNCH;
		return 0;
	case STATION_REGISTRY_VIEW:
		if (!both && !ascii_same(text, "64"))
			return err_setx(e, ERR_CONFIG, "%s: want '64' or 'both', got '%.40s'",
			    called, text);
		*(enum registry_view *)to = both ? REGISTRY_VIEW_BOTH : REGISTRY_VIEW_64;
		return 0;
	case STATION_LOG:
		return take_log(called, text, to, e);
	default:
		return take_text(text, to, e);
	}
}
