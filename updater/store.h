#ifndef UPDATER_STORE_H
#define UPDATER_STORE_H

/*
 * What a station keeps on disk about one application: trusted metadata as received, and what is applied.
 *
 *   metadata/ROLE.json   trusted metadata, byte for byte
 *   staging/<sha256>     verified downloads that are not applied yet
 *   applied.json         the release that is applied, its files with hashes
 *   refreshed            time of the last good refresh
 *   lock                 held by whoever updates
 */
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/file.h"
#include "tuf/client.h"

#define STORE_APPLIED_MAX	(64u * 1024 * 1024)	/* bytes of applied.json */

/* Fill in load, save, forget and arg of io, for this metadata directory. */
void store_io(struct dir *metadata, struct tuf_io *io);

/* applied.json: {"release", "version", "files": {path: {"sha256", "mode"}}}.  An empty record when there is none. */
json_t *store_applied(struct dir *state, struct err *e);
int store_set_applied(struct dir *state, const json_t *applied, struct err *e);

/* Seconds since 1970 of the last good refresh; 0 when there was none or it can't be read. */
int64_t store_refreshed(struct dir *state);
int store_set_refreshed(struct dir *state, int64_t now, struct err *e);

#endif
