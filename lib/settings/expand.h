/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_EXPAND_H
#define LIB_SETTINGS_EXPAND_H

/*
 * %NAME% in settings and scripts.  "%%" is one literal '%'.  A lone '%' or an unknown name is an
 * error that names it, never an empty string.  Expanded once: a '%' in the text of a name stays,
 * or is doubled where the caller says that another reader expands the result again.
 *
 * Names, without regard to case: first the caller's own table, then the fixed list
 * (lib/os/places.h: AppData, LocalAppData, ProgramData, ProgramFiles, ProgramFiles(x86),
 * UserProfile, Temp, ComputerName), then, only if the caller says so and the process isn't
 * privileged, the environment.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

struct expand_name {
	const char *name, *text;
};

struct expand_names {
	const struct expand_name *own; /* such as InstallDir, AppDir, Application, Installation */
	size_t n;
	/* also look into the environment; never for privileged paths */
	bool environment;
	/* the fixed list isn't searched: own holds its names, with NULL for those without a text */
	bool only_own;
	/* the result is expanded once more: a '%' in the text of a name becomes "%%" */
	bool again;
};

/* The i-th of the names that only scripts and enrolments have; NULL: no more. */
const char *expand_script_name(size_t i);

/* Most bytes of a result. */
#define EXPAND_MAX (64u * 1024)

/*
 * Append text, expanded, to out; names may be NULL for the fixed list alone.  0, or -1 with out
 * unchanged and ERR_SYNTAX (text names the fault), ERR_CONFIG (no home directory), ERR_TOO_LARGE or
 * ERR_NOMEM.
 */
int expand(const char *text, size_t len, const struct expand_names *names, struct buf *out,
    struct err *e);

#endif
