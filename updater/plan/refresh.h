/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_PLAN_REFRESH_H
#define UPDATER_PLAN_REFRESH_H

/*
 * A TUF refresh over a fetch handle and the station's store: joins lib/tuf with transport and disk.
 */

#include "lib/os/file.h"
#include "updater/fetch/fetch.h"
#include "lib/tuf/known.h"

struct refresh;

/*
 * Bring the metadata up to date for one application.  now is the time for expiry checks; accept as
 * tuf_client_accept().  Where the
 * application's role is still the one of known, which may be NULL, and local is the SHA-256 of the
 * copy in metadata, the role isn't read.  metadata and f must outlive the handle.  NULL on error,
 * with what tuf_client_refresh() and fetch_files() list.
 */
struct refresh *
refresh_run(struct fetch *f, struct dir *metadata, const char *application, int64_t now,
    int64_t accept, const struct tuf_known *known, const uint8_t *local, struct err *e);
void refresh_free(struct refresh *r);

struct tuf_client *refresh_client(struct refresh *r);
/* Whether the role is still the one of known. */
bool refresh_is_known(const struct refresh *r);
/* The application's verified role; NULL where it is known. */
const struct tuf_targets *refresh_role(struct refresh *r);

#endif
