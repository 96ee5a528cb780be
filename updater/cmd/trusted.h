/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_TRUSTED_H
#define UPDATER_CMD_TRUSTED_H

/*
 * For people: which certificates the program of a station trusts, as its TLS_TrustedCerts says.
 * Only shown; the TLS library decides.
 */
#include <jansson.h>

#include "lib/settings/settings.h"
#include "updater/station/station.h"

/*
 * [{"file", "subject", "sha256", "not_after", "days_left"}], with "error" in the place of the last
 * four for a file that can't be read. Empty where nothing is set.  NULL with e.
 */
json_t *trusted_json(struct settings *s, const struct station *st, struct err *e);

#endif
