/*
 * Commands of the maintainer's own, by cmd.exe.
 */
#include "hook.h"

#include <stdlib.h>

int
hook_run(const char *command, const struct hook_variable *variables, size_t n, struct err *e)
{
	int status;

	for (size_t i = 0; i < n; i++)
		if (_putenv_s(variables[i].name, variables[i].value) != 0)
			return err_setx(e, ERR_IO, "hook: can't set %s", variables[i].name);
	if ((status = system(command)) == -1)
		return err_set(e, ERR_IO, "hook: start cmd.exe");
	return status == 0 ? 0 : err_setx(e, ERR_CONFLICT, "the hook ended with status %d", status);
}
