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

/*
 * Append a line for each setting of both sides whose names of files aren't whole, for which the
 * TLS library makes no connection at a level but None. trusted: also for the client's
 * TLS_TrustedCerts, of which struct trusted says it, too; must: only where it makes none.  Returns
 * 0, or -1 with ERR_NOMEM.
 */
int tls_relative(struct settings *s, const struct station *st, bool trusted, bool must,
    struct strings *out, struct err *e);

#endif
