/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_FOREIGN_H
#define LIB_SCRIPT_FOREIGN_H

/*
 * Scripts that are no Lua because they are batch files or registry export files.
 */
#include <stddef.h>

#include "lib/base/err.h"

/* The line in the text of an error of Lua, "name:LINE: ..."; 1 where there is none. */
size_t foreign_error_line(const char *name, const struct err *e);

/*
 * Where the script's line, at which Lua's compiler gave up, is one of a batch file or a registry
 * export file, or the whole file is one: replaces the error by ERR_SCRIPT and a text that says so,
 * with the first change from there on in Lua.  Else e stays as it is.
 */
void foreign_explain(const char *name, const void *source, size_t len, size_t line, struct err *e);

#endif
