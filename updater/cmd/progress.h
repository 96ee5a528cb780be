/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_PROGRESS_H
#define UPDATER_CMD_PROGRESS_H

/*
 * Progress for people and programs: a line on a terminal that rewrites itself, or in the window of
 * a program that has no terminal (window.h), or lines of JSON for programs that draw their own.
 */
#include <stdbool.h>
#include <stdio.h>

#include "updater/fetch/progress.h"

/* Fetching that takes less says nothing on a terminal. */
#define PROGRESS_QUIET_MS 500
#define PROGRESS_EVERY_MS 100

struct progress_view {
	struct progress progress; /* the first member: show() gets the view by it */
	bool json, window;
	int64_t begun, shown; /* clock_mono_ms() */
	bool drawn;	      /* a line stands on the terminal */
};

/* Bytes of a line, with the NUL. */
#define PROGRESS_LINE_SIZE 512

/* "COV_PB: 3 of 7 files, 1.2 MB of 4.0 MB, 600.0 kB/s, 5 s left", ms after the begin. */
void progress_line(const struct progress *p, uint64_t ms, char line[PROGRESS_LINE_SIZE]);

/* The same as it goes to a terminal.  Returns its bytes. */
size_t progress_rewrite(const char *line, char text[PROGRESS_LINE_SIZE]);

/*
 * With json lines on standard output; else a line in the window that was begun, or on standard
 * error where that is a terminal.  Returns the progress to tell, or NULL when nothing is to be
 * shown.
 */
struct progress *progress_view_start(struct progress_view *v, bool json);

#endif
