/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FAULT_SITE_WINDOWS_H
#define TESTS_FAULT_SITE_WINDOWS_H

/*
 * A station on Windows with release 1 applied and release 2 published, in separate places, for
 * tests that disturb its update.  A failure of these functions fails the test.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "tests/fault/snapshot_windows.h"

#define SITE_PATH_SIZE 1024

/* The only station. */
extern struct site {
	/*
	 * Programs, for the caller to fill in: slipway, the same with cut_windows.c, slipway-repo,
	 * hold_windows.c.
	 */
	const char *slipway, *cut, *repo_program, *hold;
	char installation[64]; /* tells this run from others on this computer */
	char install_dir[SITE_PATH_SIZE], app_dir[SITE_PATH_SIZE];
	struct snapshot *old; /* with release 1 */
	/* calls of an update that change the disk or the registry */
	unsigned long points;
} site;

/* Setup and teardown for cmocka, of a group. */
int site_make(void **state);
int site_remove(void **state);

/* Sets an environment variable for the programs; NULL removes the variable. */
void site_env(const char *name, const char *value);
void site_env_number(const char *name, unsigned long value);

/* Runs a program with these arguments.  Returns its exit code, and its output in said. */
uint32_t site_run(struct buf *said, char *const *argv);
#define SITE_RUN(said, ...) site_run((said), (char *[]){ __VA_ARGS__, NULL })
#define SITE_ARG(text)	    ((char *)(uintptr_t)(text))

/*
 * Runs a command of slipway, with an option or NULL, and asserts its exit code.  what is for
 * messages.  *keep becomes the output, which the caller frees, unless keep is NULL.
 */
void site_slipway(uint32_t want, const char *what, const char *command, const char *option,
    struct buf *keep);

/*
 * Whether the station is in the new state; asserts that it is in the old or the new state.  Ignores
 * names in its directories that begin with without, unless without is NULL.
 */
bool site_want_either(const char *what, const char *without);
void site_want_new(const char *what);

/* Asserts that no unfinished transaction is left. */
void site_no_journal(const char *what);

/* Whether the next start without a repository leaves the new state; as site_want_either(). */
bool site_next_start(const char *what, const char *without);

#endif
