/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_START_WINDOWS_H
#define LIB_OS_START_WINDOWS_H

/*
 * Before main() on Windows.  main_windows.c, which every program has, calls these; what becomes
 * another program, and what has windows, some of them.
 */
#include <stdbool.h>
#include <wchar.h>

#include "lib/base/err.h"

/*
 * Load libraries from Windows' own directory alone from now on: not from the program's, not from
 * the current one, not from PATH.  Programs that are started don't inherit this.
 */
void start_harden(void);

/*
 * The arguments of a command line in UTF-8, as CommandLineToArgvW() takes it apart, ended by NULL;
 * *argc of them. In one block, to be freed with free().  NULL with ERR_SYNTAX (an argument that
 * isn't valid UTF-16), ERR_NOMEM, ERR_IO.
 */
char **start_arguments(const wchar_t *line, int *argc, struct err *e);

/*
 * Write the same bytes as on other platforms: UTF-8 on a console, and no added "\r".  The end of
 * the process, Ctrl-C too, or start_console_restore(), gives the console back as it was, since
 * another program shares it; after that it can begin again.
 */
void start_console(void);
void start_console_restore(void);

/* Whether standard error is visible; a program without a console has none. */
bool start_is_heard(void);

/*
 * Whether a person sees the windows of this process.  A service, and a task without a user, have a
 * desktop that nobody sees: a question there waits forever.
 */
bool start_desktop_is_seen(void);

/*
 * Show the text of a program that failed before it could start anything in a window, where there is
 * a visible desktop.  Returns when the user has closed the window.
 */
void start_show(const char *title, const char *text);

#endif
