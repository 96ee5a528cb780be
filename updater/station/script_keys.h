/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_SCRIPT_KEYS_H
#define UPDATER_STATION_SCRIPT_KEYS_H

/*
 * Which keys this station lets a release's scripts touch: its setting ScriptKeys, else the
 * application's own tree cfg_<application> below the installation's key, and DefaultApplication for
 * the application that is the default.  Scripts of machine/ get those below HKLM, scripts of user/
 * those below HKCU.
 */

#include "updater/station/station.h"

#define SCRIPT_KEYS_MAX 32 /* of each kind */

struct script_keys {
	char *keys[2][SCRIPT_KEYS_MAX]; /* owned, normalised; [0] HKLM, [1] HKCU */
	size_t n[2];
	bool is_default; /* DefaultApplication may be set, too: script_facts.is_default */
};

/*
 * Read ScriptKeys: a multi value, or a text with ';' between the keys.  0, or -1 with ERR_CONFIG (a
 * key that is none, too many) or what reading the settings gave; *k is empty then.
 */
int script_keys_load(const struct station *st, struct settings *s, struct script_keys *k,
    struct err *e);

/*
 * Whether changes stay within the keys of machine or user; back: they restore what scripts
 * changed.  0, or -1 with ERR_SCRIPT and the first key that doesn't.
 */
int script_keys_check(const struct station *st, const struct script_keys *k, bool user,
    const struct changeset *c, bool back, struct err *e);

void script_keys_free(struct script_keys *k);

#endif
