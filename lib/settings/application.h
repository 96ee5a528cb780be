/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_APPLICATION_H
#define LIB_SETTINGS_APPLICATION_H

/*
 * Which installation and application a program's settings are under:
 * HKLM\SOFTWARE\<vendor>\<installation>\cfg_<application>.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"

/* The vendor part of the keys, and the key of all installations. */
#define SETTINGS_VENDOR	    "Ipesoft"
#define SETTINGS_VENDOR_KEY "HKLM\\SOFTWARE\\" SETTINGS_VENDOR

/* The <name> of the first argument /C<name>, or NULL; points into argv. */
const char *application_argument(int argc, char *const *argv);

/* Append the key of an application's settings. */
int
application_key(struct buf *out, const char *installation, const char *application, struct err *e);

/*
 * Find what the caller leaves NULL: the application by DefaultApplication of the installation, the
 * installation as the only one with such an application.  Appends both names.  0, or -1 with
 * ERR_NOENT (the text lists what there is) or what reading the settings gave.
 */
int application_find(struct settings *s, const char *installation, const char *application,
    struct buf *installation_out, struct buf *application_out, struct err *e);

#endif
