/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TUF_STORE_H
#define UPDATER_STATE_TUF_STORE_H

/*
 * The trusted metadata of a TUF client, in a directory of this computer: one file ROLE.json for
 * each role, byte for byte as it was verified, and the note of a refused one in "refused".
 */
#include "lib/os/file.h"
#include "lib/tuf/client.h"

/* The store in this directory, which must outlive the store. */
struct tuf_store tuf_store_in(struct dir *metadata);

#endif
