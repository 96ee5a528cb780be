/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TLS_STRAYS_H
#define UPDATER_STATE_TLS_STRAYS_H

/*
 * Settings of the TLS library that count for nothing where they stand, as its warnings tell them:
 * names that it doesn't know, and a level in a wrong key.
 */
#include "lib/base/list.h"
#include "updater/station/station.h"

/*
 * Append a line for each fault of the application's TLS_Client, and of its TLS_Server where that is
 * there.  A key that can't be read has none.  Returns 0, or -1 with ERR_NOMEM.
 */
int tls_strays(struct settings *s, const struct station *st, struct strings *out, struct err *e);

#endif
