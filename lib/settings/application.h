/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_APPLICATION_H
#define LIB_SETTINGS_APPLICATION_H

/*
 * Which installation and application a program's settings are under:
 * HKLM\SOFTWARE\<vendor>\<installation>\cfg_<application>.
 */

#include "lib/base/list.h"
#include "lib/settings/settings.h"

/* The vendor part of the keys, and the key of all installations. */
#define SETTINGS_VENDOR		     "Ipesoft"
#define SETTINGS_DEFAULT_APPLICATION "DefaultApplication"
#define SETTINGS_VENDOR_KEY	     "HKLM\\SOFTWARE\\" SETTINGS_VENDOR

/* D2Update's key below that of its installation, and what switches it off.  Absent: FTP. */
#define SETTINGS_D2UPDATE	   "Update"
#define SETTINGS_D2UPDATE_PROTOCOL "Protocol"
#define SETTINGS_D2UPDATE_OFF	   "disabled"

/* The <name> of the first argument /C<name>, or NULL; points into argv. */
const char *application_argument(int argc, char *const *argv);

/* Append the key of an application's settings. */
int
application_key(struct buf *out, const char *installation, const char *application, struct err *e);

/*
 * Append the installation's DefaultApplication, or nothing where the setting is missing or no valid
 * name. Returns 0 or -1.
 */
int
application_default(struct settings *s, const char *installation, struct buf *out, struct err *e);

/* Pairs of an installation and an application.  Start with APPLICATION_PAIRS_INIT. */
struct application_pairs {
	struct strings installations, applications; /* as many of both */
};

#define APPLICATION_PAIRS_INIT \
	{ \
		STRINGS_INIT, STRINGS_INIT \
	}

/* Append copies.  Returns 0, or -1 with ERR_NOMEM. */
int application_pairs_add(struct application_pairs *p, const char *installation,
    const char *application, struct err *e);

/*
 * The number of pairs with these names, without regard to case; NULL fits any.  *which becomes the
 * index of the last of them.
 */
size_t application_pairs_count(const struct application_pairs *p, const char *installation,
    const char *application, size_t *which);

void application_pairs_free(struct application_pairs *p);

/*
 * Find the names that the caller leaves NULL: the application by DefaultApplication of the
 * installation, the installation as the only one with such an application.  Appends both names.
 * Other programs make keys beside these: beside a named installation no key is read, and else a
 * key that can't be read counts for nothing.  0, or -1 with ERR_NOENT (the text lists the
 * installations) or the error of reading the settings.
 */
int application_find(struct settings *s, const char *installation, const char *application,
    struct buf *installation_out, struct buf *application_out, struct err *e);

#endif
