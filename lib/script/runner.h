/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_RUNNER_H
#define LIB_SCRIPT_RUNNER_H

/*
 * Configuration scripts in a child process: no files, no network, a limit on memory, instructions
 * and time; the parent checks each change as if an attacker had written it.
 *
 * One child runs any number of scripts one after the other, each in a Lua state of its own. Scripts
 * of one release are signed together: a script that takes over the child can change only what its
 * release could change anyway.  A child for each script would cost a start each time.
 */

#include "lib/os/child.h"
#include "lib/script/script.h"

/* For the table of child_main(): each program that runs scripts has it. */
extern const struct child_role script_child_role;

struct runner;

/*
 * Start the child and send it the facts, which must live as long as the runner, with all they point
 * to. each_ms is the most wall time of one script, usually SCRIPT_TIME_MAX_MS.  deadline is of
 * clock_mono_ms(): when it has passed every script is stopped.  NULL with what child_start() gave.
 */
struct runner *
runner_start(const struct script_facts *facts, int each_ms, int64_t deadline, struct err *e);

/*
 * Run one script, as script_run() does.  Besides its errors ERR_LIMIT (it took each_ms),
 * ERR_TIMEOUT (the deadline) and ERR_PROTOCOL (the child died or sent a frame that isn't allowed);
 * after these three the child is gone.
 */
int runner_run(struct runner *r, const char *name, const uint8_t *source, size_t len,
    struct changeset *out, struct err *e);

/* Returns how the child is confined, by its own report; NULL before the first runner_run(). */
const struct confined *runner_confined(const struct runner *r);

/* End the child and reap it.  r may be NULL. */
void runner_end(struct runner *r);

#endif
