/*
 * Commands of the maintainer's own, by /bin/sh.
 */
#include "hook.h"

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int
start(const char *command, pid_t *pid)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)(uintptr_t)command, NULL };
	posix_spawn_file_actions_t files;
	int rc = posix_spawn_file_actions_init(&files);

	if (rc != 0)
		return rc;
	if ((rc = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO)) == 0)
		rc = posix_spawn(pid, "/bin/sh", &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

int
hook_run(const char *command, const struct hook_variable *variables, size_t n, struct err *e)
{
	pid_t pid, ended;
	int status, rc;

	for (size_t i = 0; i < n; i++)
		if (setenv(variables[i].name, variables[i].value, 1) == -1)
			return err_set(e, ERR_IO, "hook");
	if ((rc = start(command, &pid)) != 0) {
		errno = rc;
		return err_set(e, ERR_IO, "hook: start /bin/sh");
	}
	while ((ended = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
		;
	if (ended == -1)
		return err_set(e, ERR_IO, "hook: wait");
	if (WIFSIGNALED(status))
		return err_setx(e, ERR_CONFLICT, "the hook was ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) == 0 ? 0
		: err_setx(e, ERR_CONFLICT, "the hook ended with status %d", WEXITSTATUS(status));
}
