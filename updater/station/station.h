/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_STATION_H
#define UPDATER_STATION_STATION_H

/*
 * Who am I and what is configured: the installation and application of this start, and Slipway's
 * own settings for it, HKLM\SOFTWARE\Slipway\<installation>\<application>.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "lib/settings/expand.h"
#include "lib/settings/settings.h"

#define STATION_KEY	       "HKLM\\SOFTWARE\\Slipway"
#define STATION_SERVERS_MAX    16    /* servers, and pinned host keys */
#define STATION_DEADLINE_MS    10000 /* default of Deadline */
#define STATION_DEADLINE_MAX_S 3600  /* largest Deadline, seconds */
#define STATION_DAYS_MAX       36500 /* largest WarnAfterDays and BlockAfterDays */
#define STATION_CONNECT_MS     5000  /* limit for one server */

enum on_error { ON_ERROR_LAUNCH, ON_ERROR_BLOCK };

struct station {
	char *installation, *application;
	const char *servers[STATION_SERVERS_MAX];   /* point into server_data */
	const char *host_keys[STATION_SERVERS_MAX]; /* point into host_key_data */
	size_t nservers, nhost_keys;
	struct value server_data, host_key_data;
	char *login_key, *password_file; /* NULL where not set */
	/* expanded; install_dir NULL where not set */
	char *install_dir, *app_dir;
	/* the same as other programs write them: path_native() */
	char *install_dir_native, *app_dir_native;
	int64_t deadline_ms;
	enum on_error on_error;
	/* age of the last good refresh; 0: not set */
	int64_t warn_after_days, block_after_days;
	/* InstallDir, AppDir, Application, Installation */
	struct expand_name names[4];
	size_t nnames;
	char *state_path;      /* directory of this application's state */
	char *user_state_path; /* and of this user's part of it */
};

/* What a person gave at enrolment; texts may be NULL where optional. */
struct enrolment {
	const char *installation, *application;
	const char *const *servers, *const *host_keys;
	size_t nservers, nhost_keys;
	/* absolute paths, or NULL */
	const char *login_key, *password_file;
	const char *install_dir, *app_dir;
	const char *deadline, *on_error; /* as text */
	const char *warn_after_days, *block_after_days;
	bool force; /* replace an enrolment that is there */
};

/*
 * Find installation and application as docs say: named by the caller (or NULL), else /C<name> among
 * the program's arguments if it is enrolled, else DefaultApplication; the only installation that
 * has it.  Loads the settings. 0 with *st filled in, which station_free() releases; -1 with
 * ERR_CONFIG, ERR_NOENT (not enrolled; the text lists what is) or what reading the settings gave.
 */
int station_load(struct settings *s, const char *installation, const char *application, int argc,
    char **argv, struct station *st, struct err *e);
void station_free(struct station *st);

/*
 * Check and write an enrolment and its trust anchor (the bytes of a root metadata file).  0 or -1,
 * nothing changed.
 */
int station_enroll(struct settings *s, const struct enrolment *en, const uint8_t *root, size_t len,
    struct err *e);

/*
 * Open the state of this application (name "") or a directory below it; with make, one that is
 * missing is made.  NULL with ERR_NOENT where there is none, or what dir_make() and dir_open() give.
 */
struct dir *station_dir(const struct station *st, const char *name, bool make, struct err *e);

/* The same for this user's part of the state. */
struct dir *station_user_dir(const struct station *st, bool make, struct err *e);

#endif
