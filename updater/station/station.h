/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_STATION_H
#define UPDATER_STATION_STATION_H

/*
 * The station: the installation and application of this start, and Slipway's own settings for it,
 * HKLM\SOFTWARE\Slipway\<installation>\<application>.
 */

#include "lib/base/list.h"
#include "lib/os/log.h"
#include "lib/settings/expand.h"
#include "lib/settings/settings.h"

#define STATION_KEY	       "HKLM\\SOFTWARE\\Slipway"
#define STATION_SERVERS_MAX    16    /* servers, and pinned host keys */
#define STATION_DEADLINE_S     10    /* default of Deadline */
#define STATION_DEADLINE_MAX_S 3600  /* largest Deadline */
#define STATION_DAYS_MAX       36500 /* largest WarnAfterDays and BlockAfterDays */
#define STATION_CONNECT_MS     5000  /* limit for one server */
#define STATION_PATH_MAX       4096  /* bytes */
#define STATION_NAMES	       4     /* %NAME% of its own */
#define STATION_ALLOW_WRITABLE "AllowWritable"

/* In the state, the copy of the trusted root metadata; an enrolment removes it. */
#define STATION_ROOT_COPY "root.copy.json"

/* In the state, servers that signed metadata named; an enrolment removes it, too. */
#define STATION_LEARNED "learned.json"

/* In the state, downloads: a cache, of which each file is verified before it is used. */
#define STATION_STAGING "staging"

enum on_error { ON_ERROR_LAUNCH, ON_ERROR_BLOCK };

/* The views of the registry that scripts for the machine write (lib/settings/view.h). */
enum registry_view { REGISTRY_VIEW_64, REGISTRY_VIEW_BOTH };

/* The members that setting.h names are filled by its table. */
struct station {
	char *installation, *application;
	struct strings servers, host_keys; /* SHA-256 fingerprints */
	char *login_key, *password_file;   /* NULL where not set */
	/* expanded; install_dir NULL where not set, app_dir where this user has no such folder */
	char *install_dir, *app_dir;
	char *app_dir_text; /* as it was enrolled */
	/*
	 * On a station for all users AppDir names a folder of a user's, such as %AppData%: files of
	 * app/ belong to each user's part.
	 */
	bool app_of_user;
	bool user_part; /* station_user_part() */
	/* the same as other programs write them: path_native() */
	char *install_dir_native, *app_dir_native;
	int64_t deadline; /* seconds */
	enum on_error on_error;
	enum registry_view registry_view;
	enum log_system_when system_log;
	int64_t warn_after_days, block_after_days; /* age of the last good refresh; 0: not set */
	bool allow_writable;			   /* others may write in InstallDir and AppDir */
	struct expand_name names[STATION_NAMES]; /* InstallDir, AppDir, Application, Installation */
	size_t nnames;
	char *state_path;      /* directory of this application's state */
	char *user_state_path; /* and of this user's part of it; NULL: this user has no place */
	struct strings others; /* InstallDir and AppDir of the other applications here */
	struct strings other_states; /* directories of their states */
	struct strings unknown;	     /* names in its key that no setting of Slipway has */
	bool keys_of_view32;	     /* ScriptKeys has a key of the 32-bit view */
	struct err damage; /* of settings that can be read, as settings_damaged(), or ERR_NONE */
};

/*
 * Find the application of this start (enrolled_choose()) and load its settings.  Returns 0 with
 * *st, or -1 with ERR_CONFIG, ERR_NOENT (not enrolled; the text lists what is) or what reading the
 * settings gives.  The caller calls station_free() in both cases.
 *
 * After -1 *st holds what could be read, and on_error by the strict reading: ON_ERROR_BLOCK where
 * OnError says so or says nothing that can be understood; of several enrolments that may be meant
 * one is enough, and so is one line of a key file that is malformed elsewhere, or of the copy of a
 * damaged one.
 */
int station_load(struct settings *s, const char *installation, const char *application, int argc,
    char **argv, struct station *st, struct err *e);

/* Where values come from: 1 found, 0 not there, -1; key is that of station_key(). */
struct station_source {
	int (*get)(void *arg, const char *key, const char *name, struct value *v, struct err *e);
	void *arg;
};

/*
 * The settings of one application, from a source, as station_load() reads them: enrolment and start
 * have one reading.  Returns 0, or -1 with ERR_CONFIG or ERR_NOMEM; *st as above.
 */
int station_read(const struct station_source *from, const char *installation,
    const char *application, struct station *st, struct err *e);
int station_read_settings(struct settings *s, const char *installation, const char *application,
    struct station *st, struct err *e);
void station_free(struct station *st);

/*
 * The station as a user's part of it sees it: its only destination is AppDir, where app_of_user.
 * Borrows all of st; don't free it.
 */
struct station station_user_part(const struct station *st);

/*
 * The text of AppDir where none is set; second: for a second installation with its application.
 */
const char *station_default_app_dir(bool second);

/* Append the key of an application's settings, and the path of its state.  Return 0 or -1. */
int station_key(const char *installation, const char *application, struct buf *out, struct err *e);
int station_state_path(const char *installation, const char *application, struct buf *out,
    struct err *e);

/*
 * Open the state of this application (name "") or a directory below it; with make, a missing
 * directory is made.  NULL with what dir_make() and dir_open() give.
 */
struct dir *station_dir(const struct station *st, const char *name, bool make, struct err *e);

/*
 * The same for this user's part of the state.  A user who has no place for it has none: ERR_NOENT,
 * or with make ERR_CONFIG.
 */
struct dir *station_user_dir(const struct station *st, bool make, struct err *e);

#endif
