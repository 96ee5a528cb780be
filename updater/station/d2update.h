/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_D2UPDATE_H
#define UPDATER_STATION_D2UPDATE_H

/*
 * D2Update, D2000's own updater: a program of D2000 that Slipway starts would still fetch by
 * itself, into the same folders, unless Protocol of HKLM\SOFTWARE\Ipesoft\<installation>\Update is
 * "disabled".  Absent it is FTP.
 */
#include "lib/settings/settings.h"

/*
 * Whether D2Update is switched off, or there is no such key: 0.  -1 with ERR_CONFIG and the command
 * that switches it off, or what reading the settings gives.  32-bit programs have a key of their
 * own (lib/settings/view.h), which is looked at, too.
 */
int d2update_check(struct settings *s, const char *installation, struct err *e);

#endif
