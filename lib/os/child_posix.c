/* SPDX-License-Identifier: ISC */
/*
 * Child processes of the same executable, on POSIX systems with /proc.
 *
 * The child is started by posix_spawn(), which neither copies page tables nor runs code of ours
 * between fork and exec.
 */
#include "lib/os/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/confine.h"

/* The same inode, even after the file was replaced by another version. */
#define OURSELVES "/proc/self/exe"

/* Hidden first argument: --child ROLE PARENT. */
#define CHILD_ARGUMENT "--child"

/* The child's descriptor of the pipe. */
#define CHILD_PIPE 3

#define STATUS_NOT_A_CHILD 2

struct child {
	pid_t pid;
	struct frames *frames;
	const char *name;
};

/*
 * Where children that end are not kept for waitpid(), as after "trap '' CHLD" in the shell that
 * started us, they are while one of ours lives.
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

static int
run_child(const struct child_role *role, const char *parent)
{
	struct frames *f;
	struct stat st;
	struct err e;

	/* Nobody gets here by hand: the pipe is there, and the parent is the one that said so. */
	if (fstat(CHILD_PIPE, &st) == -1 || !S_ISSOCK(st.st_mode) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || strtol(parent, NULL, 10) != (long)getppid() ||
	    fcntl(CHILD_PIPE, F_SETFD, FD_CLOEXEC) == -1)
		return STATUS_NOT_A_CHILD;
	if ((f = frames_open(CHILD_PIPE, role->frame_max, &e)) == NULL)
		return EXIT_FAILURE;
	return role->run(f);
}

void
child_main(const struct child_role *const *roles, int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[1], CHILD_ARGUMENT) != 0)
		return;
	for (; *roles != NULL; roles++)
		if (strcmp((*roles)->name, argv[2]) == 0)
			/*
			 * Without the exit handlers of libraries, which a confined process may not
			 * be able to run.
			 */
			_exit(run_child(*roles, argv[3]));
	_exit(STATUS_NOT_A_CHILD);
}

/* Variables that the child keeps; nothing else of our environment is its business. */
static void
choose_environment(char **out, size_t room)
{
	static const char *const keep[] = { "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	size_t n = 0;

	for (char **v = environ; v != NULL && *v != NULL; v++)
		for (size_t i = 0; i < sizeof keep / sizeof keep[0] && n + 1 < room; i++)
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
	/* A group of its own, so that what it might have started can be killed with it. */
	rc = posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	return rc;
}

static int
spawn(const struct child_role *role, pipe_end theirs, pid_t *pid, struct err *e)
{
	char self[] = "slipway", hidden[] = CHILD_ARGUMENT, name[32], parent[32];
	char *argv[] = { self, hidden, name, parent, NULL }, *env[4];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	snprintf(name, sizeof name, "%s", role->name);
	snprintf(parent, sizeof parent, "%ld", (long)getpid());
	choose_environment(env, sizeof env / sizeof env[0]);
	if ((rc = posix_spawn_file_actions_init(&files)) != 0) {
		errno = rc;
		return err_set(e, ERR_IO, "%s child", role->name);
	}
	if ((rc = posix_spawnattr_init(&attr)) != 0)
		goto out;
	if ((rc = describe_files(&files, theirs)) == 0 && (rc = describe_signals(&attr)) == 0)
		rc = posix_spawn(pid, OURSELVES, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	errno = rc;
	if (rc == ENOENT)
		return err_setx(e, ERR_CONFIG, "%s child: want " OURSELVES "; is /proc mounted?",
		    role->name);
	return rc == 0 ? 0 : err_set(e, ERR_IO, "%s child", role->name);
}

struct child *
child_start(const struct child_role *role, struct err *e)
{
	struct child *c = calloc(1, sizeof *c);
	pipe_end ends[2];
	int rc;

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (pipe_pair(ends, e) == -1) {
		free(c);
		return NULL;
	}
	c->name = role->name;
	if ((c->frames = frames_open(ends[0], role->frame_max, e)) == NULL) {
		pipe_close(ends[1]);
		free(c);
		return NULL;
	}
	keep_zombies();
	rc = spawn(role, ends[1], &c->pid, e);
	pipe_close(ends[1]);
	if (rc == 0)
		return c;
	keep_zombies_no_more();
	frames_close(c->frames);
	free(c);
	return NULL;
}

struct frames *
child_frames(struct child *c)
{
	return c->frames;
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
child_end(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE])
{
	int status = 0;
	bool gone;

	if (c == NULL)
		return;
	pipe_finish(frames_pipe(c->frames));
	gone = pipe_wait_gone(frames_pipe(c->frames), deadline);
	/*
	 * The kernel closes the descriptors of a process that ends after it has noted why, so this
	 * kill changes nothing for one that ended by itself; one that closed its pipe and stayed is
	 * ended by it.
	 */
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) == -1 && errno == EINTR)
		;
	keep_zombies_no_more();
	if (how != NULL)
		say_how(status, gone, how);
	frames_close(c->frames);
	free(c);
}
