/* SPDX-License-Identifier: ISC */
/*
 * Servers for tests as children of this process.
 */
#include "tests/integration/sshd_side.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 300

void
sshd_limit(void)
{
	alarm(LIMIT_S);
}

bool
side_run(const char *command, char *word, size_t size)
{
	FILE *f;
	bool got;

	if (word == NULL)
		return system(command) == 0;
	if ((f = popen(command, "r")) == NULL)
		return false;
	got = fgets(word, (int)size, f) != NULL;
	word[got ? strcspn(word, "\n") : 0] = '\0';
	return pclose(f) == 0;
}

const char *
side_file_url(void)
{
	return "file://";
}

bool
side_shows_links(void)
{
	return true;
}

int
side_start(const char *const argv[], unsigned descriptors)
{
	char *copy[SIDE_ARGUMENTS_MAX + 1] = { NULL };
	pid_t pid;

	fflush(NULL);
	/* Sessions whose server was killed become children of ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if ((pid = fork()) == -1)
		return 0;
	if (pid == 0) {
		struct rlimit r = { descriptors, descriptors };

		/* The server ends when the test is killed. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (descriptors > 0)
			setrlimit(RLIMIT_NOFILE, &r);
		for (int i = 0; i < SIDE_ARGUMENTS_MAX && argv[i] != NULL; i++)
			copy[i] = strdup(argv[i]);
		execv(copy[0], copy);
		_exit(127);
	}
	return pid;
}

/* The parent of a process, or 0. */
static pid_t
parent_of(pid_t pid)
{
	char name[64], line[512], *end;
	int parent = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	if ((f = fopen(name, "r")) == NULL)
		return 0;
	if (fgets(line, sizeof line, f) != NULL && (end = strrchr(line, ')')) != NULL)
		sscanf(end + 1, " %*c %d", &parent);
	fclose(f);
	return parent;
}

/* Acts on each process whose parent is top, and returns their number. */
static int
below(pid_t top, int sig)
{
	const struct dirent *entry;
	DIR *d = opendir("/proc");
	int n = 0;

	if (d == NULL) {
		perror("/proc");
		exit(1);
	}
	while ((entry = readdir(d)) != NULL) {
		pid_t pid = (pid_t)atoi(entry->d_name);

		if (pid <= 0 || parent_of(pid) != top)
			continue;
		n++;
		if (sig != 0) {
			below(pid, sig);
			kill(pid, sig);
		}
	}
	closedir(d);
	return n;
}

void
side_signal(int pid, enum sshd_signal sig, bool only_below)
{
	static const int
	    signals[] = { [SSHD_KILL] = SIGKILL, [SSHD_PAUSE] = SIGSTOP, [SSHD_GO_ON] = SIGCONT };

	/*
	 * A session may have been stopped whose parent then ended: it is ours now, and not the
	 * server's.
	 */
	if (sig != SSHD_PAUSE)
		below(getpid(), SIGCONT);
	below(pid, signals[sig]);
	if (!only_below)
		kill(pid, signals[sig]);
}

/* Its sessions, ours now, end with their connections. */
void
side_wait(int pid)
{
	waitpid(pid, NULL, 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

bool
side_busy(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return below(getpid(), 0) > 0;
}
