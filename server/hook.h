#ifndef SERVER_HOOK_H
#define SERVER_HOOK_H

/*
 * Commands of the maintainer's own.
 */
#include <stddef.h>

#include "base/err.h"

struct hook_variable {
	const char *name, *value;
};

/*
 * Run command by the system's shell with these environment variables added, its output to our standard error.  0, or -1 with
 * ERR_CONFLICT (it ended with another status than 0, or by a signal) and others.
 */
int hook_run(const char *command, const struct hook_variable *variables, size_t n, struct err *e);

#endif
