/* SPDX-License-Identifier: ISC */
/* Waiting for another process's work on a station. */
#include "updater/update/waiting.h"

#include <stdio.h>

#include "lib/os/clock.h"
#include "updater/apply/apply.h"
#include "updater/state/state.h"

/* Milliseconds that a committed change has beyond the deadline, and between two looks at it. */
#define COMMIT_MS 60000
#define LOOK_MS	  100

int64_t
waiting_end(int64_t deadline)
{
	int64_t now = clock_mono_ms();

	return (deadline > now ? deadline : now) + COMMIT_MS;
}

/* Add to sum the time of a directory's last change. */
static bool
add_time(struct dir *d, const char *name, uint64_t *sum)
{
	struct file_info info;
	struct err ignored;

	if (file_stat(d, name, &info, &ignored) != 1)
		return false;
	*sum = *sum * 31 + (uint64_t)info.mtime_ns;
	return true;
}

/*
 * A number that changes while a change goes on: it moves files out of its private directories.
 * *working: whether there is one; may be NULL.
 */
static uint64_t
change_stamp(const struct station *st, struct dir *state, bool *working)
{
	bool found = false;
	struct transaction t;
	uint64_t sum = 0;
	char work[512];

	apply_transaction(st, state, NULL, false, NULL, CLOCK_NEVER, work, &t);
	sum = (uint64_t)dir_changed(state);
	add_time(state, "kept", &sum);
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		const char *root = plan_root(st, r);
		char path[4 * PATH_REL_MAX];

		if (root == NULL)
			continue;
		add_time(NULL, root, &sum);
		if ((size_t)snprintf(path, sizeof path, "%s/%s", root, work) < sizeof path)
			found |= add_time(NULL, path, &sum);
	}
	if (working != NULL)
		*working = found;
	return sum;
}

/* Say for whom this process waits. */
static void
tell_wait(const struct station *st, struct dir *state, const struct waiting_told *told)
{
	long pid = file_lock_holder(state, "lock");
	char text[64] = "waiting for another update";

	if (pid > 0)
		snprintf(text, sizeof text, "waiting for another update, process %ld", pid);
	told->log(told->arg, LOG_LEVEL_INFO, st->application, text);
}

/*
 * Wait as the header says.  Sets *l where locking is set, and the lock is free; else waits only
 * for the end of a committed change.  Returns 0, or -1 with ERR_BUSY or ERR_TORN or what
 * file_lock() gives.
 */
static int
wait_for_change(const struct station *st, struct dir *state, int64_t deadline, bool locking,
    const struct waiting_told *told, struct file_lock **l, struct err *e)
{
	int64_t end = waiting_end(deadline), now = clock_mono_ms(), moved = now, begun = now;
	uint64_t last = change_stamp(st, state, NULL), seen;
	bool pending = state_pending(state);

	*l = NULL;
	while (pending || locking) {
		int left = pending ? LOOK_MS : clock_left_ms(deadline);

		if (locking &&
		    ((*l = file_lock(state, "lock", left < LOOK_MS ? left : LOOK_MS, e)) != NULL ||
			e->code != ERR_BUSY))
			return *l == NULL ? -1 : 0;
		if (!locking)
			clock_sleep_ms(LOOK_MS);
		now = clock_mono_ms();
		if (told != NULL && told->log != NULL && now - begun >= WAITING_TOLD_MS) {
			tell_wait(st, state, told);
			told = NULL;
		}
		pending = state_pending(state);
		if ((seen = change_stamp(st, state, NULL)) != last || !pending)
			moved = now;
		last = seen;
		if (pending && (now >= end || now - moved >= WAITING_STILL_MS))
			return err_setx(e, ERR_TORN,
			    "another process changes the files of %s, and %s; what is there may be of two releases",
			    st->application, now < end ? "stands still" : "wasn't done in time");
		if (locking && !pending && now >= deadline)
			return err_setx(e, ERR_BUSY,
			    "another process is updating %s, and wasn't done in time",
			    st->application);
	}
	return 0;
}

struct file_lock *
waiting_lock(const struct station *st, struct dir *state, int64_t deadline,
    const struct waiting_told *told, struct err *e)
{
	struct file_lock *l;

	return wait_for_change(st, state, deadline, true, told, &l, e) == 0 ? l : NULL;
}

int
waiting_settled(const struct station *st, struct dir *state, int64_t deadline, struct err *e)
{
	struct file_lock *none;

	return wait_for_change(st, state, deadline, false, NULL, &none, e);
}

bool
waiting_others(const struct station *st, struct dir *state, int64_t deadline)
{
	int64_t moved = clock_mono_ms();
	bool working;
	uint64_t last = change_stamp(st, state, &working), seen;

	while (
	    working && clock_left_ms(deadline) > 0 && clock_mono_ms() - moved < WAITING_STILL_MS) {
		clock_sleep_ms(LOOK_MS);
		if ((seen = change_stamp(st, state, &working)) != last)
			moved = clock_mono_ms();
		last = seen;
	}
	return !working;
}
