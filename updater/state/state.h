/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_STATE_H
#define UPDATER_STATE_STATE_H

/*
 * The directory in which a station keeps its state of one application: one for the machine and one
 * for each user.
 *
 *   metadata/ROLE.json    trusted metadata, byte for byte (tuf_store.h)
 *   staging/<sha256>      verified downloads that are not applied yet
 *   applied.json          the record of the applied release (record.h)
 *   history/SERIAL.json   the records before it
 *   kept/<sha256>         content that those records need and that is installed nowhere, and users'
 *                         scripts
 *   journal...            a transaction that is under way (apply/transaction.h)
 *   wanted.json           which bytes need no second look (wanted.h)
 *   refreshed, waiting.json, leftovers.json, brought.json   notes (notes.h)
 *   told.json             warnings that were told today (told.h)
 *   servers.json          what each server last said (server_health.h)
 *   learned.json          servers and host keys that signed metadata named (learned.h)
 *   losses.json           what was put back today (losses.h)
 *   watch                 what a start with nothing new looks for (watch.h)
 *   lock                  held by the process that updates
 */

#include "lib/os/file.h"

/* The permissions of these files: what is applied is no secret. */
#define STATE_MODE 0644

#define STATE_APPLIED "applied.json"
#define STATE_WANTED  "wanted.json"

/* Names of a journal: before it is decided, once it is, and while it is taken back. */
#define STATE_JOURNAL_PREPARED	"journal.new"
#define STATE_JOURNAL_COMMITTED "journal"
#define STATE_JOURNAL_UNDOING	"journal.undo"

/*
 * Whether a transaction is committed and not ended, or is being taken back: files and settings may
 * be of two releases.
 */
bool state_pending(struct dir *state);

#endif
