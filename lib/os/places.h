/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PLACES_H
#define LIB_OS_PLACES_H

/*
 * Where things are on this computer: key files, state, and the folders that %NAME% can name.
 *
 *                    the whole station                  an ordinary user
 *  HKLM (key file)   /etc/slipway/machine.conf          $XDG_CONFIG_HOME/slipway/machine.conf
 *  HKCU (key file)   $XDG_CONFIG_HOME/slipway/user.conf the same
 *  state             /var/lib/slipway                   $XDG_STATE_HOME/slipway
 *  the user's state  $XDG_STATE_HOME/slipway            the same
 *
 * root always works on the whole station.  So does an ordinary user (who can only read it) where
 * /etc/slipway/machine.conf exists, so that no user's machine.conf replaces the administrator's;
 * elsewhere everything is the user's own.  SLIPWAY_HOME=DIR
 * puts all of it below DIR: DIR/machine.conf, DIR/user.conf, DIR/state, and the folders DIR/config,
 * DIR/data, DIR/programdata and DIR/programs of %NAME%, so that two stations of one user share
 * none. A privileged process (root, set-uid, file capabilities) believes no environment: it ignores
 * SLIPWAY_HOME, TMPDIR, the XDG variables and HOME, and asks the user database for its home.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

enum place {
	PLACE_MACHINE_CONF, /* the key file of HKLM */
	PLACE_USER_CONF,    /* the key file of HKCU */
	PLACE_STATE,	    /* the directory of trust, journals, history and staging */
	/* the same for one user; may be the directory of PLACE_STATE */
	PLACE_USER_STATE
};

/* Append the absolute path.  0, or -1 with ERR_CONFIG (no home directory) or ERR_NOMEM. */
int place_path(enum place which, struct buf *out, struct err *e);

/*
 * Append the i-th place that is Slipway's alone, a directory or a key file: 1, 0 after the last, -1
 * with an error of place_path() (the next may be there).
 */
int place_own(size_t i, struct buf *out, struct err *e);

/* Whether the places above are those of the whole station. */
bool place_stationwide(void);

/*
 * From now on the places are this user's own, also on a station for all users.  For one thread, of
 * a process that isn't privileged; SLIPWAY_HOME goes before.
 */
void place_use_own(void);

/*
 * Append the path of another key file of HKLM that is there and doesn't count for this process: the
 * user's own on a station for all users, or the station's where SLIPWAY_HOME counts.  1 with *own,
 * whether it is the user's; 0 there is none, or settings aren't in key files; -1 ERR_NOMEM.
 */
int place_hidden(struct buf *out, bool *own, struct err *e);

/*
 * Append to why what says that this computer is to be a station for all users, though it isn't one
 * yet and this process makes it its user's own: what the package or an installation of the
 * programs left, or one of the n directories (NULL: none) in which this user may not write.  1, 0
 * nothing does, or the process enrols for all users; -1 ERR_NOMEM.  On Windows 0: settings are in
 * HKLM, so nobody enrols for himself alone.
 */
int place_prepared(const char *const *dirs, size_t n, struct buf *why, struct err *e);

/* Whether this process has more rights than the user who started it, or is root. */
bool place_privileged(void);

/*
 * Whether this process has an account that is no person's: on Windows the system's (S-1-5-18).
 * root may be a person's.
 */
bool place_is_system(void);

/*
 * Whether a user's settings may come from another computer, without the user's state: on Windows,
 * where profiles roam.
 */
bool place_settings_roam(void);

/* Whether SLIPWAY_HOME is set and ignored. */
bool place_home_ignored(void);

/*
 * Append the folder that a fixed name of %NAME% stands for: AppData, LocalAppData, ProgramData,
 * ProgramFiles, ProgramFiles(x86), UserProfile, Temp, or the text for ComputerName.  Without regard
 * to case.  1 known, 0 no such name, -1 error.
 */
int place_known(const char *name, size_t len, struct buf *out, struct err *e);

/*
 * Append an environment variable, in UTF-8.  1 set, 0 not set (on Windows an empty one isn't), -1
 * error.
 */
int place_variable(const char *name, struct buf *out, struct err *e);

/* Append the name of the user that this process runs as.  0, or -1 with ERR_CONFIG or ERR_IO. */
int place_user(struct buf *out, struct err *e);

/* The same, with the user's number where the user has no name (containers). */
int place_user_shown(struct buf *out, struct err *e);

/* What scripts know this system as: "linux" or "windows". */
const char *place_system(void);

/*
 * What keeps a word together in commands that messages show: a quote of the shell, or on Windows
 * the one that cmd.exe and PowerShell both take, where cmd.exe hands others on as letters.
 */
char place_quote(void);

/* Whether a fixed name stands for a folder of this user's, not of the computer. */
bool place_of_user(const char *name, size_t len);

/* The i-th of these names; NULL after the last. */
const char *place_known_name(size_t i);

#endif
