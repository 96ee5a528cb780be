/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TUF_STORE_H
#define UPDATER_STATE_TUF_STORE_H

/*
 * The trusted metadata of a TUF client, in a directory of this computer: one file ROLE.json for
 * each role, byte for byte as it was verified.
 */
#include "lib/os/file.h"
#include "lib/tuf/client.h"

/* Fill in load, save, forget and arg of io for this directory, which must outlive io. */
void tuf_store_io(struct dir *metadata, struct tuf_io *io);

#endif
