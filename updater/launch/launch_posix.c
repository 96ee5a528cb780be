/* SPDX-License-Identifier: ISC */
/*
 * Becoming the program, on POSIX systems: the same process, so that its exit status, signals and
 * standard streams are its own.
 */
#include "updater/launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/output.h"
#include "lib/os/process.h"

static struct sigaction pipe_before;

void
launch_begin(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, &pipe_before);
	output_limit(LAUNCH_OUTPUT_MS);
}

/* Whether path is a file, which a search of PATH ends at; links are followed. */
static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * The file that a name without '/' stands for, as shells look for it: directories, and entries of
 * PATH that are files or can't be searched, are passed over.  One that may be executed goes first.
 */
static bool
search(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH"), *end;
	char one[PATH_MAX];
	bool found = false;

	for (path = path == NULL ? "/bin:/usr/bin" : path;; path = end + 1) {
		size_t len;

		end = strchrnul(path, ':');
		len = (size_t)(end - path);
		if ((size_t)snprintf(one, sizeof one, "%.*s%s%s", (int)len, path,
			len == 0 ? "" : "/", name) < sizeof one &&
		    is_file(one) && (!found || access(one, X_OK) == 0)) {
			memcpy(out, one, sizeof one);
			found = true;
			if (access(one, X_OK) == 0)
				return true;
		}
		if (*end == '\0')
			return found;
	}
}

/* The first line of a script behind "#!", without blanks; empty for other files. */
static void
read_interpreter(const char *path, char out[256])
{
	char line[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd == -1 ? -1 : read(fd, line, sizeof line - 1);

	if (fd != -1)
		close(fd);
	out[0] = '\0';
	if (n < 3 || memcmp(line, "#!", 2) != 0)
		return;
	line[n] = '\0';
	n = (ssize_t)(2 + strspn(line + 2, " \t"));
	snprintf(out, 256, "%.*s", (int)strcspn(line + n, " \t\r\n"), line + n);
	if (line[(size_t)n + strlen(out)] == '\r')
		strncat(out, "\\r", 255 - strlen(out));
}

/* Why a program couldn't be started, in words and as a status. */
static int
explain(const char *name, int why, struct err *e)
{
	char path[PATH_MAX], interpreter[256];
	struct stat st;

	if (strchr(name, '/') == NULL) {
		if (!search(name, path)) {
			err_setx(e, ERR_NOENT,
			    "%s: no such program; give its path, or put its directory into PATH",
			    name);
			return LAUNCH_NOT_FOUND;
		}
	} else if ((size_t)snprintf(path, sizeof path, "%s", name) >= sizeof path ||
	    (stat(path, &st) == -1 && errno == ENOENT)) {
		err_setx(e, ERR_NOENT,
		    "%s: no such program; give its path, or put its directory into PATH", name);
		return LAUNCH_NOT_FOUND;
	}
	read_interpreter(path, interpreter);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		err_setx(e, ERR_ACCESS, "%s can't be started: want a program, got a directory",
		    path);
	else if ((why == ENOENT || why == ENOTDIR) && interpreter[0] != '\0')
		err_setx(e, ERR_ACCESS,
		    "%s can't be started: its first line names the interpreter '%s', which isn't there%s",
		    path, interpreter,
		    strstr(interpreter, "\\r") != NULL ? "; write the file with line ends of Linux"
						       : "");
	else if (why == ENOENT && is_file(path))
		err_setx(e, ERR_ACCESS,
		    "%s can't be started: the loader that it needs isn't there; is it for another system?",
		    path);
	else {
		errno = strchr(name, '/') == NULL && access(path, X_OK) == -1 ? EACCES : why;
		err_set(e, ERR_ACCESS, "%s can't be started", path);
	}
	return LAUNCH_NOT_RUNNABLE;
}

int
launch_check(char *const *argv, struct err *e)
{
	(void)argv;
	(void)e;
	return 0;
}

int
launch_find(const char *name, struct err *e)
{
	char path[PATH_MAX], interpreter[256];

	if (strchr(name, '/') != NULL)
		snprintf(path, sizeof path, "%s", name); /* explain() tells of one that is cut */
	else if (!search(name, path))
		return explain(name, ENOENT, e);
	if (access(path, X_OK) == -1)
		return explain(name, errno, e);
	if (!is_file(path))
		return explain(name, EACCES, e);
	read_interpreter(path, interpreter);
	return interpreter[0] != '\0' && access(interpreter, X_OK) == -1 ? explain(name, errno, e)
									 : 0;
}

int
launch(char **argv, void (*note)(const char *text), struct err *e)
{
	(void)note;
	fflush(stdout);
	fflush(stderr);
	sigaction(SIGPIPE, &pipe_before, NULL);
	process_restore();
	execvp(argv[0], argv);
	return explain(argv[0], errno, e);
}
