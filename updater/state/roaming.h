/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_ROAMING_H
#define UPDATER_STATE_ROAMING_H

/*
 * Settings of a user that go with the user to other computers (a roaming profile of Windows), which
 * the records of a station don't: beside the settings is noted whose they are, as the text
 * "COMPUTER SERIAL" of HKCU\SOFTWARE\Slipway\<installation>\<application>, value "Applied".  A note
 * of another station, or of an earlier record, means that the settings are of another release, and
 * not changed by a person.  On Linux settings and records are in one home, and there is no note.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "updater/state/record.h"
#include "updater/station/station.h"

#define ROAMING_KEY   "HKCU\\SOFTWARE\\Slipway"
#define ROAMING_VALUE "Applied"

/*
 * Whether the note tells of other settings than those of this user's record.  Without a note, or
 * where it can't be read, it doesn't.
 */
bool roaming_is_other(struct settings *s, const struct station *st, const struct record *user);

/*
 * Note whose they are now, where the record has settings or the note would be wrong.  Failures are
 * ignored: the next start brings the settings again, and notes it again.
 */
void roaming_note(struct settings *s, const struct station *st, const struct record *user);

/* Take this user's note away, at the end of an enrolment.  Failures are ignored. */
void roaming_forget(struct settings *s, const struct station *st);

#endif
