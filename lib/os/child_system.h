/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CHILD_SYSTEM_H
#define LIB_OS_CHILD_SYSTEM_H

/* What child.c wants of the operating system. */
#include "lib/os/child.h"

/* Hidden first argument; the role and the system's own arguments follow. */
#define CHILD_ARGUMENT "--child"

/* Exit status of a process that has this argument but no parent of ours. */
#define CHILD_STATUS_BAD 2

struct child {
	struct frames *frames;
	intptr_t process; /* a process ID, or a handle of Windows; 0: none */
	void *job;	  /* Windows: a handle */
};

/* Arguments behind the role. */
extern const int child_arguments;

/* Start c->process with the role and this end of the pipe.  0, or -1 with c to be freed. */
int child_spawn(struct child *c, const struct child_role *role, pipe_end theirs, struct err *e);

/* In a process that is no child: keep what child_spawn() needs to find this executable again. */
void child_remember(void);

/* In the child: do the duty with these arguments.  Returns its exit status. */
int child_run(const struct child_role *role, char **argv);

/*
 * End this process without the exit handlers of libraries, which a confined process may not be able
 * to run.
 */
_Noreturn void child_exit(int status);

/* Wait until the process ends or the deadline, end it, and reap it; how as of child_end(). */
void child_reap(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE]);

/* Release the handles of c. */
void child_release(struct child *c);

#endif
