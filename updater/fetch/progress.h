/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_FETCH_PROGRESS_H
#define UPDATER_FETCH_PROGRESS_H

/*
 * How far fetching is: a line on a terminal that rewrites itself, or lines of JSON for programs
 * that draw their own window.  What takes less than PROGRESS_QUIET_MS says nothing on a terminal.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_QUIET_MS 500
#define PROGRESS_EVERY_MS 100

enum progress_kind { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_JSON };

struct progress {
	enum progress_kind kind;
	FILE *out;
	const char *what; /* the application */
	size_t files, of_files;
	uint64_t bytes, of_bytes;
	int64_t begun, shown; /* clock_mono_ms() */
	bool drawn;	      /* a line stands on the terminal */
};

/*
 * A line on standard error where that is a terminal, else nothing; json: lines on standard output.
 */
struct progress progress_new(bool json);

/* p may be NULL in all of these. */
void progress_begin(struct progress *p, const char *what, size_t files, uint64_t bytes);
void progress_bytes(struct progress *p, size_t bytes);
void progress_file(struct progress *p);
void progress_end(struct progress *p);

#endif
