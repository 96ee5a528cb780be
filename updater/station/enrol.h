/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_ENROL_H
#define UPDATER_STATION_ENROL_H

/* Making this computer a station: its settings and its trust anchor. */

#include "lib/settings/settings.h"
#include "updater/station/setting.h"
#include "updater/station/station.h"

#define ENROLMENT_MEMBER(option, setting, kind, member, arg, offers, words, help) \
	const char *member;

/* What a person gave. */
struct enrolment {
	const char *installation, *application;
	const char *const *servers, *const *host_keys;
	size_t nservers, nhost_keys;
	STATION_SETTINGS(ENROLMENT_MEMBER) /* the settings as text, or NULL */
	bool allow_writable;		   /* others may write in the destinations */
	bool force;			   /* replace an enrolment that is there */
	bool change; /* of the enrolment that is there, what is given here, and nothing else */
};

/*
 * Whether station_enroll() will take an enrolment, and in *st (or NULL) the station that it makes,
 * as a later start reads it; the caller calls station_free() in both cases.  Returns 0, or -1:
 * ERR_USAGE (a name), ERR_CONFIG (a setting), ERR_EXISTS (enrolled already, or a default of AppDir
 * that is there), ERR_NOENT (with change: not enrolled), ERR_UNSAFE (checks.h).
 */
int station_enroll_check(struct settings *s, const struct enrolment *en, struct station *st,
    struct err *e);

/*
 * Check and write an enrolment and its trust anchor (the bytes of a root metadata file).  Returns
 * 0, or -1, nothing changed, as station_enroll_check(), or what writing gives.  With change the
 * trust anchor stays, and root is NULL.
 */
int station_enroll(struct settings *s, const struct enrolment *en, const uint8_t *root, size_t len,
    struct err *e);

#endif
