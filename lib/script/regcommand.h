/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_REGCOMMAND_H
#define LIB_SCRIPT_REGCOMMAND_H

/*
 * The commands "reg add" and "reg delete" of Windows (reg.exe) as changes of settings.
 */
#include "lib/base/list.h"
#include "lib/settings/changeset.h"

/* Whether the first word of a command names reg.exe. */
bool regcommand_is(const char *program);

/*
 * Append the change that a command asks for, given as its words, the first of which names reg.exe.
 * Where texts have a '%', they are those of a batch file and of a script alike: "%NAME%", which
 * must be a name that scripts have, and "%%".  In texts of values both stay; keys and names of
 * values can't have the former.  0, or -1 with c unchanged and ERR_SYNTAX, ERR_TOO_LARGE or
 * ERR_NOMEM; the text says why it is no change of a setting.
 */
int regcommand_parse(const struct strings *words, struct changeset *c, struct err *e);

#endif
