/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_WAITING_H
#define UPDATER_UPDATE_WAITING_H

/* Waiting for another process's work on a station, and for the end of what a crash left. */
#include "lib/os/file.h"
#include "lib/os/log.h"
#include "updater/station/station.h"

/*
 * Lock a state, of the machine's part or of a user's.  Other processes are waited for until the
 * deadline, a time of clock_mono_ms(); one whose change is committed until waiting_end(), because a
 * program must not start in the middle of that, but no longer than WAITING_STILL_MS when nothing
 * moves.  NULL with ERR_TORN: such a change isn't done; with ERR_BUSY: another process prepares
 * one, and what is applied is whole; with what file_lock() gives otherwise.  told: or NULL.
 */
struct waiting_told {
	/* Told once, after WAITING_TOLD_MS, that there is a wait, and for which process. */
	void (*log)(void *arg, enum log_level level, const char *subject, const char *text);
	void *arg;
};
struct file_lock *waiting_lock(const struct station *st, struct dir *state, int64_t deadline,
    const struct waiting_told *told, struct err *e);

/*
 * The same for who can't lock: wait until no committed change is under way.  Returns 0, or -1 with
 * ERR_TORN.
 */
int waiting_settled(const struct station *st, struct dir *state, int64_t deadline, struct err *e);

/*
 * Wait while another station, which shares InstallDir or AppDir, changes the files there: until the
 * deadline, but no longer than WAITING_STILL_MS when nothing moves.  Returns whether none does.
 */
bool waiting_others(const struct station *st, struct dir *state, int64_t deadline);

#define WAITING_STILL_MS 5000
#define WAITING_TOLD_MS	 1000

/* When waiting for a change that was committed ends, and recovery; not before the deadline. */
int64_t waiting_end(int64_t deadline);

#endif
