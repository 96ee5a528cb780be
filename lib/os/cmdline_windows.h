/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CMDLINE_WINDOWS_H
#define LIB_OS_CMDLINE_WINDOWS_H

/* A program on Windows gets one text, its command line, and takes it apart by itself. */
#include <wchar.h>

#include "lib/base/err.h"

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
 * cmd.exe reads its command line by other rules.  This isn't for it, nor for .bat and .cmd files,
 * which it reads.
 */
wchar_t *cmdline_of(char *const *argv, struct err *e);

#endif
