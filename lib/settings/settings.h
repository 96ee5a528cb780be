/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_SETTINGS_H
#define LIB_SETTINGS_SETTINGS_H

/*
 * The settings store of this computer: the Windows registry, or the two key files elsewhere
 * (lib/os/places.h says where they are).  Reading gives the state on disk at that moment, except
 * between settings_hold() and settings_release().  One thread at a time may use a handle.
 */

#include "lib/os/file.h"
#include "lib/settings/changeset.h"

struct settings;

/*
 * Open the store at its usual places, or (settings_open_files; not on Windows) at two key files
 * named by the caller, either of which may be NULL: that root then holds no settings and can't be
 * written (ERR_CONFIG).  Opening reads nothing: a file that doesn't exist holds no settings.
 */
struct settings *settings_open(struct err *e);
struct settings *settings_open_files(const char *machine, const char *user, struct err *e);
void settings_close(struct settings *s);

/*
 * Between the two, all reading is of one state of each key file, that of the first look, and costs
 * no look at the disk.  The pair may be nested; settings_list() is such a pair for what it calls.
 * settings_apply() must not be called in between (ERR_USAGE).  The registry has no such state:
 * there the two do nothing.
 */
void settings_hold(struct settings *s);
void settings_release(struct settings *s);

/*
 * Read one value into *v, which the caller frees.  1 found, 0 not there, -1 with ERR_SYNTAX (a
 * malformed key file, with its line number; a value of the registry that has no counterpart here),
 * ERR_ACCESS, ERR_TOO_LARGE, ERR_UNSAFE (a link in the registry), ERR_IO or ERR_NOMEM.  A fault
 * never counts as "not there".
 */
int
settings_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e);

/*
 * Call value() for each value directly in key and subkey() for each key directly below it (either
 * may be NULL), in the store's order; a call that returns -1 ends the walk.  1 the key exists, 0 it
 * doesn't, -1 error.  Values and keys of the registry that have no counterpart here (a default
 * value, other types) are left out.
 */
struct settings_walk {
	int (*value)(void *arg, const char *name, const struct value *v, struct err *e);
	int (*subkey)(void *arg, const char *subkey, struct err *e); /* its last part only */
	void *arg;
};
int
settings_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e);

/*
 * Fill *effective (empty before) with how the store would differ after all of c, and *undo (empty
 * before) with the changes that lead back.  Either may be NULL; on failure both are empty.  Changes
 * nothing on disk.
 *
 * A change that c takes back again is no difference: a tree that c deletes and then sets to the
 * same values gives nothing.  Each value is named at most once.  A key that holds no values isn't
 * brought back by undo.  A value of the registry that has no counterpart here is neither
 * overwritten nor deleted (-1), because undo couldn't bring it back.
 */
int settings_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e);

/*
 * Apply all of c.  Each key file is locked, read, changed and replaced atomically and durably, its
 * comments, order, permissions and owner kept; a file that would not change is neither locked nor
 * written.  A malformed file is refused and nothing is written.  HKLM is written before HKCU; a
 * crash can leave the first written and the second not.
 *
 * The registry is written value by value, and is on the disk when this returns 0.  When a value
 * can't be written, the values before it are put back.  A crash can leave some values written and
 * others not: a caller that must avoid this keeps a journal.  A key that was made for a value is
 * removed with its last value; a key that was there before stays.
 *
 * 0, or -1 with ERR_BUSY (another process held the lock for SETTINGS_LOCK_MS), or as
 * settings_get().
 */
#define SETTINGS_LOCK_MS 5000

int settings_apply(struct settings *s, const struct changeset *c, struct err *e);

/*
 * Lock the key files that c would change, so that settings_apply() waits for nobody until
 * settings_unlock(), which settings_close() includes.  Waits at most wait_ms.  Returns 0, or -1 as
 * settings_apply() with nothing locked by this call.  The registry has no locks: returns 0.
 */
int settings_lock(struct settings *s, const struct changeset *c, long long wait_ms, struct err *e);
void settings_unlock(struct settings *s);

/*
 * Looks whether the key files that settings_lock() locked can be replaced.  Returns 0, or -1 with
 * the command that mends it.  Of the registry nothing is known: returns 0.
 */
int settings_check(struct settings *s, struct err *e);

/*
 * Damaged key files: no key file, or empty, cut or missing where their copy, which settings_apply()
 * and settings_keep() write, isn't.  The registry is never damaged in this sense.
 *
 * settings_damaged() tells it of the file that key is in, with the reason and the command that
 * mends it in *why (ERR_NOENT: the file is missing).  Once its file was read it costs two looks at
 * sizes.
 */
bool settings_damaged(struct settings *s, const char *key, struct err *why);

/*
 * Puts the copy in the place of the damaged file that key is in.  aside() renames the damaged one
 * within d, if it is there.  Returns 1 done, 0 it isn't damaged, or -1: the reason, where there is
 * no copy; ERR_UNSAFE for a privileged process, where somebody else could have written the copy.
 */
struct settings_aside {
	int (*aside)(void *arg, struct dir *d, const char *name, const struct err *why,
	    struct err *e);
	void *arg;
};
int settings_restore(struct settings *s, const char *key, const struct settings_aside *to,
    struct err *e);

/*
 * Copies key files that have no copy, or were changed by hand since; a longer copy stays, as
 * PATH.copy.old.  Failures are ignored.
 */
void settings_keep(struct settings *s);

/* Appends the path of the copy of the file that key is in to out.  0 or -1. */
int settings_copy(struct settings *s, const char *key, struct buf *out, struct err *e);

/*
 * Tells whether settings below key may have changed: equal stamps before reading and later mean
 * that nothing has changed.  Costs one look at a file or at an event of the registry, no reading.
 * Compare stamps of the same s and key.
 */
struct settings_stamp {
	struct file_stamp file; /* of the key file */
	uint64_t notices;	/* changes that the registry reported */
};
void settings_stamp(struct settings *s, const char *key, struct settings_stamp *out);
bool settings_stamp_same(const struct settings_stamp *a, const struct settings_stamp *b);

/*
 * Returns the name of the store for messages: "/home/x/.config/slipway/machine.conf" or "the
 * registry".
 */
const char *settings_place(struct settings *s, const char *key);

#endif
