/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_START_WINDOWS_H
#define LIB_OS_START_WINDOWS_H

/*
 * What comes before main() on Windows; main_windows.c, which every program has, is the one caller.
 */
#include <stdbool.h>
#include <wchar.h>

#include "lib/base/err.h"

/*
 * Libraries that are loaded while the program runs come from Windows' own directory and from
 * nowhere else: not from the program's, not from the current one, not from PATH.  Nothing of it is
 * handed on to programs that are started.
 */
void start_harden(void);

/*
 * The arguments of a command line in UTF-8, as CommandLineToArgvW() takes it apart, ended by NULL;
 * *argc of them. In one block, to be freed with free().  NULL with ERR_SYNTAX (an argument that
 * isn't valid UTF-16), ERR_NOMEM, ERR_IO.
 */
char **start_arguments(const wchar_t *line, int *argc, struct err *e);

/*
 * The same bytes come out as on other platforms: UTF-8 on a console, no "\r" put into what is
 * written.  The console is the caller's again at the end of the process, or after
 * start_console_restore(): another program shares it.
 */
void start_console(void);
void start_console_restore(void);

/*
 * Whether somebody could see what is written to standard error: a program without a console has
 * none.
 */
bool start_is_heard(void);

/*
 * A program of its own window failed before it could start anything: show the text to the user,
 * when there is a desktop to show it on.  Comes back when the user has read it.
 */
void start_show(const char *title, const char *text);

#endif
