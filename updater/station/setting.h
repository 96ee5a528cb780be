/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_SETTING_H
#define UPDATER_STATION_SETTING_H

/* Slipway's own settings that are one text each. */
#include <stddef.h>

#include "lib/base/err.h"

/*
 * A row for each: X(option, setting, kind, member, arg, offers, words, help).  option is the one of
 * enroll, with what lib/cli/option.h needs of it; setting is its name in the registry; member is
 * the one of struct station, and of struct enrolment, which has the text.
 */
#define STATION_SETTINGS(X) \
	X("key", "LoginKey", TEXT, login_key, "FILE", OFFER_FILES, NULL, \
	    "private login key (ed25519 or ECDSA, not encrypted)") \
	X("password-file", "LoginPasswordFile", TEXT, password_file, "FILE", OFFER_FILES, NULL, \
	    "instead of a key: file with the login password, that only its owner can read") \
	X("install-dir", "InstallDir", TEXT, install_dir, "DIR", OFFER_DIRECTORIES, NULL, \
	    "where files of install/ go") \
	X("app-dir", "AppDir", TEXT, app_dir, "DIR", OFFER_DIRECTORIES, NULL, \
	    "where files of app/ go (default %AppData%/NAME; as root, for all users, %ProgramData%/NAME)") \
	X("deadline", "Deadline", SECONDS, deadline, "SECONDS", OFFER_NOTHING, NULL, \
	    "longest time that a start waits for an update (default 10)") \
	X("on-error", "OnError", ON_ERROR, on_error, "WHAT", OFFER_NOTHING, "launch block", \
	    "when an update fails (default launch)") \
	X("warn-after-days", "WarnAfterDays", DAYS, warn_after_days, "N", OFFER_NOTHING, NULL, \
	    "warn of a server that can't be reached only when the last good refresh is so old") \
	X("block-after-days", "BlockAfterDays", DAYS, block_after_days, "N", OFFER_NOTHING, NULL, \
	    "start nothing when the last good refresh is so old") \
	X("registry-view", "RegistryView", REGISTRY_VIEW, registry_view, "VIEW", OFFER_NOTHING, \
	    "64 both", "Windows: both writes settings for 32-bit programs, too (default 64)") \
	X("system-log", "Log", LOG, system_log, "WHEN", OFFER_NOTHING, "auto always never", \
	    "whether errors and warnings of starts and updates go to the system's log, too (default auto: without a terminal)")

enum station_kind {
	STATION_TEXT,	       /* char *, owned */
	STATION_SECONDS,       /* int64_t, 1 to STATION_DEADLINE_MAX_S */
	STATION_DAYS,	       /* int64_t, 1 to STATION_DAYS_MAX */
	STATION_ON_ERROR,      /* enum on_error, by its word */
	STATION_REGISTRY_VIEW, /* enum registry_view, by its word */
	STATION_LOG	       /* enum log_system_when, by its word */
};

struct station_setting {
	const char *option, *name;
	enum station_kind kind;
	size_t member, given; /* their places in struct station and struct enrolment */
};

/* The table; its last row has no name. */
extern const struct station_setting station_settings[];

/*
 * Check a text and put what it says into *to, of the type that kind says.  called: what messages
 * call the setting.  Returns 0, or -1 with ERR_CONFIG or ERR_NOMEM and *to unchanged.
 */
int station_setting_take(enum station_kind kind, const char *called, const char *text, void *to,
    struct err *e);

#endif
