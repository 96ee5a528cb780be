/* SPDX-License-Identifier: ISC */
/*
 * Child processes of the same executable, on POSIX systems with /proc.
 *
 * The child is started by posix_spawn(), which neither copies page tables nor runs code of ours
 * between fork and exec.
 */
#include "lib/os/child_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/list.h"
#include "lib/base/number.h"
#include "lib/os/clock.h"

/* The same inode, even after the file was replaced by another version. */
#define OURSELVES "/proc/self/exe"

/* The argument is the process ID of the parent. */
const int child_arguments = 1;

/* Milliseconds that a killed child is waited for. */
#define UNKILLABLE_MS 1000

/* The child's descriptor of the pipe. */
#define CHILD_PIPE 3

/*
 * SIGCHLD may be ignored at our start ("trap '' CHLD" in a shell).  While a child lives SIGCHLD has
 * its default, so that waitpid() finds the child.
 */
static struct {
	unsigned children;
	struct sigaction before;
} sigchld;

static void
keep_zombies(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	if (sigchld.children++ > 0)
		return;
	sigaction(SIGCHLD, NULL, &sigchld.before);
	if (sigchld.before.sa_handler == SIG_IGN || (sigchld.before.sa_flags & SA_NOCLDWAIT) != 0)
		sigaction(SIGCHLD, &sa, NULL);
}

static void
keep_zombies_no_more(void)
{
	if (--sigchld.children == 0)
		sigaction(SIGCHLD, &sigchld.before, NULL);
}

int
child_run(const struct child_role *role, char **argv)
{
	uint64_t parent;
	struct frames *f;
	struct stat st;
	struct err e;

	/* Refuse a call by hand: want the pipe, and the parent that the argument names. */
	if (fstat(CHILD_PIPE, &st) == -1 || !S_ISSOCK(st.st_mode) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
	    number_parse(argv[0], strlen(argv[0]), 1, INT_MAX, &parent) == -1 ||
	    (pid_t)parent != getppid() || fcntl(CHILD_PIPE, F_SETFD, FD_CLOEXEC) == -1)
		return CHILD_STATUS_BAD;
	if ((f = frames_open(CHILD_PIPE, role->frame_max, &e)) == NULL)
		return EXIT_FAILURE;
	return role->run(f);
}

void
child_remember(void)
{
}

void
child_exit(int status)
{
	_exit(status);
}

/* The child gets these variables and no others. */
static void
choose_environment(char **out, size_t room)
{
	static const char *const keep[] = { "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	size_t n = 0;

	for (char **v = environ; v != NULL && *v != NULL; v++)
		for (size_t i = 0; i < N(keep) && n + 1 < room; i++)
			if (strncmp(*v, keep[i], strlen(keep[i])) == 0)
				out[n++] = *v;
	out[n] = NULL;
}

/* The standard streams lead nowhere, the pipe is in its place, and everything else is closed. */
static int
describe_files(posix_spawn_file_actions_t *files, pipe_end theirs)
{
	int rc = 0;

	for (int fd = 0; fd <= STDERR_FILENO && rc == 0; fd++)
		/* Reports of the sanitizers must be seen. */
		if (fd != STDERR_FILENO || !confine_sanitized())
			rc = posix_spawn_file_actions_addopen(files, fd, "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(files, (int)theirs, CHILD_PIPE);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(files, CHILD_PIPE + 1);
	return rc;
}

static int
describe_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	/* A group of its own, so that its own children are killed with it. */
	rc = posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	return rc;
}

int
child_spawn(struct child *c, const struct child_role *role, pipe_end theirs, struct err *e)
{
	char self[] = "slipway", hidden[] = CHILD_ARGUMENT, name[32], parent[32];
	char *argv[] = { self, hidden, name, parent, NULL }, *env[4];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int rc;

	snprintf(name, sizeof name, "%s", role->name);
	snprintf(parent, sizeof parent, "%ld", (long)getpid());
	choose_environment(env, N(env));
	if ((rc = posix_spawn_file_actions_init(&files)) != 0) {
		errno = rc;
		return err_set(e, ERR_IO, OURSELVES);
	}
	keep_zombies();
	if ((rc = posix_spawnattr_init(&attr)) == 0) {
		if ((rc = describe_files(&files, theirs)) == 0 &&
		    (rc = describe_signals(&attr)) == 0 &&
		    (rc = posix_spawn(&pid, OURSELVES, &files, &attr, argv, env)) == 0)
			c->process = pid;
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	if (rc == 0)
		return 0;
	keep_zombies_no_more();
	errno = rc;
	return rc == ENOENT ? err_setx(e, ERR_CONFIG, "want " OURSELVES "; is /proc mounted?")
			    : err_set(e, ERR_IO, OURSELVES);
}

static void
say_how(int status, bool gone, char how[CHILD_HOW_SIZE])
{
	if (WIFEXITED(status))
		snprintf(how, CHILD_HOW_SIZE, "ended with status %d", WEXITSTATUS(status));
	else if (!gone)
		snprintf(how, CHILD_HOW_SIZE, "was stopped");
	else
		snprintf(how, CHILD_HOW_SIZE, "was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
}

void
child_reap(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE])
{
	bool gone = pipe_wait_gone(frames_pipe(c->frames), deadline);
	pid_t pid = (pid_t)c->process;
	int status = 0, flags = 0;

	/*
	 * The kernel closes the descriptors of a process that ends after it has noted why, so this
	 * kill changes nothing for a child that ended by itself.  A child that closed its pipe and
	 * stayed is ended by it.
	 */
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	/* One that can't be ended, in a call of the kernel that hangs, is left behind. */
	if (!gone && !pipe_wait_gone(frames_pipe(c->frames), clock_mono_ms() + UNKILLABLE_MS))
		flags = WNOHANG;
	while (waitpid(pid, &status, flags) == -1 && errno == EINTR)
		;
	keep_zombies_no_more();
	if (how != NULL)
		say_how(status, gone, how);
}

void
child_release(struct child *c)
{
	(void)c;
}
