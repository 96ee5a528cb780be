/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TUF_STORE_H
#define UPDATER_STATE_TUF_STORE_H

/*
 * The trusted metadata of a TUF client, in a directory of this computer: one file ROLE.json for
 * each role, byte for byte as it was verified, and the note of a refused one in "refused".
 */
#include "lib/os/file.h"
#include "lib/tuf/client.h"

/* The SHA-256 of a role's file, of at most TUF_TARGETS_SIZE_MAX bytes.  Returns 0 or -1. */
int tuf_store_sum(struct dir *metadata, const char *role, uint8_t out[SHA256_SIZE], struct err *e);

/* The store in this directory, which must outlive the store. */
struct tuf_store tuf_store_in(struct dir *metadata);

#endif
