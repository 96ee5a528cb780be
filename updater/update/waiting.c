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
static void
add_time(struct dir *d, const char *name, uint64_t *sum)
{
	struct file_info info;
	struct err ignored;

	if (file_stat(d, name, &info, &ignored) == 1)
		*sum = *sum * 31 + (uint64_t)info.mtime_ns;
}

/* A number that changes while a change goes on: it moves files out of its private directories. */
static uint64_t
look(const struct station *st, struct dir *state)
{
	struct transaction t;
	uint64_t sum = 0;
	char work[512];

	apply_transaction(st, state, NULL, false, NULL, CLOCK_NEVER, work, &t);
	add_time(state, ".", &sum);
	add_time(state, "kept", &sum);
	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		const char *root = plan_root(st, r);
		char path[4 * PATH_REL_MAX];

		if (root == NULL)
			continue;
		add_time(NULL, root, &sum);
		if ((size_t)snprintf(path, sizeof path, "%s/%s", root, work) < sizeof path)
			add_time(NULL, path, &sum);
	}
	return sum;
}

/* Go on waiting while a committed change moves.  NULL with ERR_BUSY when it doesn't. */
static struct file_lock *
wait_for_commit(const struct station *st, struct dir *state, int64_t end, struct err *e)
{
	int64_t moved = clock_mono_ms();
	uint64_t last = look(st, state), now;
	struct file_lock *l;

	do {
		if ((l = file_lock(state, "lock", LOOK_MS, e)) != NULL || e->code != ERR_BUSY ||
		    !state_pending(state))
			return l;
		if ((now = look(st, state)) != last)
			moved = clock_mono_ms();
		last = now;
	} while (clock_mono_ms() < end && clock_mono_ms() - moved < WAITING_STILL_MS);
	return NULL;
}

struct file_lock *
waiting_lock(const struct station *st, struct dir *state, int64_t deadline, struct err *e)
{
	int64_t end = waiting_end(deadline);
	struct file_lock *l = file_lock(state, "lock", clock_left_ms(deadline), e);

	if (l == NULL && e->code == ERR_BUSY && state_pending(state))
		l = wait_for_commit(st, state, end, e);
	if (l != NULL || e->code != ERR_BUSY)
		return l;
	if (state_pending(state))
		err_setx(e, ERR_TORN,
		    "another process changes the files of %s, and %s; what is there may be of two releases",
		    st->application,
		    clock_mono_ms() < end ? "stands still" : "wasn't done in time");
	else
		err_setx(e, ERR_BUSY, "another process is updating %s, and wasn't done in time",
		    st->application);
	return NULL;
}
