/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CMDLINE_WINDOWS_H
#define LIB_OS_CMDLINE_WINDOWS_H

/* A program on Windows gets one text, its command line, and takes it apart by itself. */
#include <wchar.h>

#include "lib/base/err.h"

/* Bytes that cmd.exe takes in one line, its end included. */
#define CMDLINE_BATCH_MAX 8191

/* UTF-16 units of a command line, its end included: a limit of CreateProcessW(). */
#define CMDLINE_MAX 32767

/*
 * The command line that CommandLineToArgvW() and Microsoft's C runtime take apart into exactly
 * these arguments (UTF-8, ended by NULL; the first is the program's name), to be freed with free().
 * An argument that needs no quotes is written as it is, so that a program that searches the text
 * itself finds "/CNAME".
 *
 * NULL with ERR_SYNTAX (not UTF-8; a quote in the program's name, for which there is no spelling),
 * ERR_TOO_LARGE, ERR_NOMEM.
 *
 * cmd.exe reads its command line by other rules: cmdline_batch().
 */
wchar_t *cmdline_of(char *const *argv, struct err *e);

/*
 * Whether the arguments (behind the first, ended by NULL) can be given to a batch file: cmd.exe
 * reads them again each time that the file names them, so that no quoting holds " % ! & | < > ^ and
 * control characters together.  Returns 0, or -1 with ERR_SYNTAX and the argument.
 */
int cmdline_batch_check(char *const *argv, struct err *e);

/*
 * The command line by which cmd.exe runs the batch file (an absolute path) with arguments that
 * cmdline_batch_check() accepts, and without AutoRun of the registry, to be freed with free().
 * NULL with ERR_SYNTAX (a path with " % or ^), ERR_TOO_LARGE, ERR_NOMEM.
 */
wchar_t *cmdline_batch(const char *file, char *const *argv, struct err *e);

/*
 * The path of cmd.exe in the system's folder, whatever COMSPEC and PATH say, to be freed with
 * free().  NULL with e filled in.
 */
wchar_t *cmdline_shell(struct err *e);

#endif
