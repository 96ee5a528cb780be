/*
 * Commands of the maintainer's own, by cmd.exe.
 */
#include "hook.h"

#include <stdlib.h>

#include "base/windows.h"

/* The environment is this process's, which whatever it starts gets a copy of. */
static int
set_variable(const struct hook_variable *v, struct err *e)
{
	wchar_t *name = wide_of(v->name, e), *value = name == NULL ? NULL : wide_of(v->value, e);
	int rc = -1;

	if (value != NULL)
		rc = SetEnvironmentVariableW(name, value) ? 0 : err_windows(e, GetLastError(), "hook: can't set %s", v->name);
	free(name);
	free(value);
	return rc;
}

int
hook_run(const char *command, const struct hook_variable *variables, size_t n, struct err *e)
{
	wchar_t *w;
	int status;

	for (size_t i = 0; i < n; i++)
		if (set_variable(&variables[i], e) == -1)
			return -1;
	if ((w = wide_of(command, e)) == NULL)
		return -1;
	status = _wsystem(w);
	free(w);
	if (status == -1)
		return err_set(e, ERR_IO, "hook: start cmd.exe");
	return status == 0 ? 0 : err_setx(e, ERR_CONFLICT, "the hook ended with status %d", status);
}
