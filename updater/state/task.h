/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TASK_H
#define UPDATER_STATE_TASK_H

/* What "status" says of the task that updates a station for all users (lib/os/schedule.h). */
#include "lib/base/buf.h"
#include "lib/os/schedule.h"

/* Its name, as docs/windows.md makes it. */
#define TASK_NAME "Slipway"

/*
 * Append what the task is, without its name: "for the system, also on battery, last result 0".
 * Nothing where it isn't known.  0, or -1 as buf_add().
 */
int task_line(const struct schedule *t, struct buf *out, struct err *e);

/*
 * Append the first thing that keeps the task from updating the station, and the command that mends
 * it.  1, 0 there is none, -1 as buf_add().
 */
int task_fault(const struct schedule *t, struct buf *out, struct err *e);

#endif
