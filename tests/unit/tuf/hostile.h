/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_TUF_HOSTILE_H
#define TESTS_UNIT_TUF_HOSTILE_H

/* Hostile repositories: the change of each in a good repository, and the client's error. */
#include <stdbool.h>

#include "tests/unit/tuf/shelf.h"

#define APP	 "COV_PB"
#define TARGET	 APP "/app/x"
#define FILE_MAX (1u << 20)

enum role { ROOT, TIMESTAMP, SNAPSHOT, TARGETS, APPLICATION, NROLES };

/* One key for each role, another for two roles, and a stranger's. */
enum { K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_APP, K_OTHER, K_SECOND };

/*
 * The change in the file of doc, the role with the fault, and the error; ERR_NONE: must be
 * accepted.
 */
struct change {
	const char *name;
	enum role doc, fails;
	enum err_code want;
	const char *at,
	    *value; /* put the JSON value at this place ("meta>snapshot.json>version"), or remove it (NULL) */
	void (*edit)(json_t *signed_part);
	unsigned sign; /* bits of the keys that sign; 0: the role's own */
	void (*envelope)(json_t *metadata);
	void (*raw)(struct buf *text);
	bool gone;    /* the file isn't there */
	bool forgets; /* keys of timestamp or snapshot changed */
};

/* Changes for every role, with doc and fails to be filled in, and changes for one role. */
extern const struct change hostile_common[], hostile_special[];
extern const size_t hostile_ncommon, hostile_nspecial;

/* Makes a root one byte longer than it may be. */
void hostile_root_over(struct buf *b);

#endif
