/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CHILD_H
#define LIB_OS_CHILD_H

/*
 * Duties that run in a child process of the same executable, because they parse untrusted data.
 * The child has one pipe and nothing else and confines itself (confine.h); the parent believes
 * nothing that the child says.  On Windows a process can't give up everything by itself: there the
 * parent confines the child before its first instruction.
 *
 * Each program's main() begins with child_main().  A child dies with the thread that started it
 * (Windows: the process), at the latest; it is always reaped by child_end().  Start and end
 * children from one thread.
 */

#include "lib/os/confine.h"
#include "lib/os/frame.h"

/* A duty: run() does it in the child, with the pipe to the parent, and returns the exit status. */
struct child_role {
	const char *name;
	size_t frame_max; /* most bytes of one frame, either way */
	int (*run)(struct frames *parent);
	const struct confine_want *want; /* for confine(); NULL: run() doesn't call it */
};

/*
 * main() calls this first.  In a child, which the arguments name, it does the duty and ends the
 * process; in every other process it returns.  roles ends in NULL.
 */
void child_main(const struct child_role *const *roles, int argc, char **argv);

struct child;

/*
 * Start this executable again, by its file and not by its name, which may belong to another version
 * by now.  The child gets the pipe, three standard streams that lead nowhere and no other
 * descriptor, no signal blocked or ignored, and of the environment only the variables of the
 * run-time linker and the sanitizers.
 * NULL with ERR_IO and its relatives, ERR_CONFIG (no /proc).
 */
struct child *child_start(const struct child_role *role, struct err *e);

struct frames *child_frames(struct child *c);

/*
 * Tell the child that no more will come, wait until it ends or the deadline (of clock_mono_ms(); 0:
 * at once) passes, then kill it and the processes that it started, and reap it.  how, unless NULL,
 * receives in words how the child ended: "ended with status 1", "was ended by signal 31 (Bad system
 * call)", on Windows "was ended by exception 0xc0000005", "was stopped".  c may be NULL.
 */
#define CHILD_HOW_SIZE 80

void child_end(struct child *c, int64_t deadline, char how[CHILD_HOW_SIZE]);

/*
 * The first frame from a child that confines itself.  In the child, child_hello() calls confine()
 * and sends a frame of this type that tells what holds: 0, or -1 as of frame_send().  In the
 * parent, child_take_hello() reads its content: true with *taken set and *out filled in, false when
 * it is malformed or *taken was set before.
 */
int
child_hello(struct frames *parent, uint8_t type, const struct confine_want *want, struct err *e);
bool child_take_hello(struct wire *w, bool *taken, struct confined *out);

#endif
