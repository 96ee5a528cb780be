/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_WINDOW_H
#define UPDATER_CMD_WINDOW_H

/*
 * On Windows, a small window with one line for a person who started a program by a shortcut, and
 * who would see nothing while it is waited for.  It has no button, takes no focus, and a thread of
 * its own: nothing waits for it.  On POSIX systems all of this does nothing.
 */
#include <stdbool.h>

/* Milliseconds of waiting after which there is a window. */
#define WINDOW_AFTER_MS 2000

/* Bytes of its line, with the NUL. */
#define WINDOW_LINE_SIZE 512

/* The window's class, by which a test finds it. */
#define WINDOW_CLASS "SlipwayWaiting"

/*
 * Whether there is to be one.  heard: standard error is visible; seen: the desktop is; silent: the
 * call asked for no messages, or another program shows them.
 */
bool window_is_due(bool heard, bool seen, bool silent);

/*
 * Show a line (UTF-8) from after_ms on, unless silent or nobody sees it.  A window that can't be
 * made isn't there.
 */
void window_begin(const char *line, int after_ms, bool silent);

/* Whether a window is shown, or will be. */
bool window_is_begun(void);

/* Another line. */
void window_say(const char *line);

/* The window goes; one that wasn't begun is none. */
void window_end(void);

#endif
