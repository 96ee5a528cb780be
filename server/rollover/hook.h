/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_HOOK_H
#define SERVER_ROLLOVER_HOOK_H

/* Commands of the maintainer's own. */
#include <stddef.h>

#include "lib/base/err.h"

struct hook_variable {
	const char *name, *value;
};

/* Most seconds of a hook. */
#define HOOK_LIMIT_S 600

/*
 * Runs command by the system's shell with these environment variables added, and its output to our
 * standard error, for at most these seconds.  Returns 0, or -1 with ERR_CONFLICT (command ended
 * with another status than 0, or by a signal), ERR_TIMEOUT (killed at the limit with its process
 * group, on Windows with all its children) and others.
 */
int hook_run(unsigned seconds, const char *command, const struct hook_variable *variables, size_t n,
    struct err *e);

#endif
