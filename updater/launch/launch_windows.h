/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_LAUNCH_LAUNCH_WINDOWS_H
#define UPDATER_LAUNCH_LAUNCH_WINDOWS_H

/* Programs whose manifest wants the rights of an administrator. */
#include <stdbool.h>

#include "lib/os/wide_windows.h"

enum launch_way {
	LAUNCH_FAILS,	 /* the error stands */
	LAUNCH_ASKS,	 /* Windows asks the person at the desktop */
	LAUNCH_CANT_ASK, /* the question would wait forever, because nobody sees it */
};

/* The way on after CreateProcessW() failed with error; seen: start_desktop_is_seen(). */
enum launch_way launch_way(DWORD error, bool seen);

/*
 * Start the program file (its full path) with the rights that it wants; Windows asks the person
 * first.  line: its command line, of cmdline_of(); name: for messages.  Returns its process, or
 * NULL with e filled in, also where the person refuses.
 */
HANDLE launch_elevated(const wchar_t *file, const wchar_t *line, const char *name, struct err *e);

#endif
