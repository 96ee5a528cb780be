/* SPDX-License-Identifier: ISC */
/*
 * The standard streams on Windows.
 *
 * A synchronous write to a full pipe, or to a console in which somebody marks text, can't be told
 * when to stop.  With a limit it is made by a thread, which is given up: then nothing more is
 * written to that stream, whose handle the thread may hold.
 */
#include "lib/os/output.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "lib/os/clock.h"

#define NO_LIMIT (-1)

/* Milliseconds that a line has when the limit is used up, and that a write has to be cancelled. */
#define LEAST_MS 10

static int64_t left_ms = NO_LIMIT;
static bool stuck[OUTPUT_STDERR + 1]; /* by stream */

/* What a thread writes; it frees the line. */
struct line {
	HANDLE to;
	size_t len;
	char text[];
};

void
output_limit(int64_t ms)
{
	left_ms = ms;
}

static DWORD WINAPI
write_output(void *arg)
{
	struct line *l = arg;
	DWORD n = 0;

	for (size_t at = 0; at < l->len; at += n)
		if (!WriteFile(l->to, l->text + at, (DWORD)(l->len - at), &n, NULL) || n == 0)
			break;
	free(l);
	return 0;
}

/* Returns whether the line was written, or the stream is broken, within the limit. */
static bool
write_within_limit(HANDLE to, const char *text, size_t len)
{
	struct line *l = malloc(sizeof *l + len);
	int64_t begun = clock_mono_ms();
	HANDLE thread;
	bool done;

	if (l == NULL)
		return true;
	l->to = to;
	l->len = len;
	memcpy(l->text, text, len);
	if ((thread = CreateThread(NULL, 0, write_output, l, 0, NULL)) == NULL) {
		free(l);
		return true;
	}
	done = WaitForSingleObject(thread, left_ms > LEAST_MS ? (DWORD)left_ms : LEAST_MS) ==
	    WAIT_OBJECT_0;
	if (!done) {
		CancelSynchronousIo(thread);
		WaitForSingleObject(thread, LEAST_MS);
	}
	CloseHandle(thread);
	left_ms -= clock_mono_ms() - begun;
	left_ms = left_ms > 0 ? left_ms : 0;
	return done;
}

void
output_write(enum output_stream stream, const char *text, size_t len)
{
	HANDLE to = GetStdHandle(stream == OUTPUT_STDOUT ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
	FILE *f = stream == OUTPUT_STDOUT ? stdout : stderr;

	if (stuck[stream])
		return;
	if (left_ms != NO_LIMIT && to != NULL && to != INVALID_HANDLE_VALUE &&
	    GetFileType(to) != FILE_TYPE_DISK) {
		stuck[stream] = !write_within_limit(to, text, len);
		return;
	}
	fwrite(text, 1, len, f);
	fflush(f);
}
