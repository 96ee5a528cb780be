/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_FETCH_PROGRESS_H
#define UPDATER_FETCH_PROGRESS_H

/* How far fetching is: counts, and a function that is told of them. */
#include <stddef.h>
#include <stdint.h>

enum progress_step { PROGRESS_BEGIN, PROGRESS_GO_ON, PROGRESS_END };

struct progress {
	void (*show)(struct progress *p, enum progress_step step);
	const char *what; /* the application */
	size_t files, of_files;
	uint64_t bytes, of_bytes;
};

/* Each changes the counts and calls show().  p may be NULL in all of these. */
void progress_begin(struct progress *p, const char *what, size_t files, uint64_t bytes);
void progress_bytes(struct progress *p, size_t bytes);
void progress_file(struct progress *p);
void progress_end(struct progress *p);

#endif
