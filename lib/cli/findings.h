/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_FINDINGS_H
#define LIB_CLI_FINDINGS_H

/*
 * What an examination finds ("doctor"): a line for each subject, with its level and, where it isn't
 * well, the command that mends it; printed as it is found, or all at the end as a JSON array of
 * {"level", "subject", "text"}.
 */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/base/err.h"

enum finding_level { FINDING_OK, FINDING_WARNING, FINDING_FAILURE, FINDING_LEVELS };

struct findings {
	bool json;
	json_t *lines; /* owned */
	size_t n[FINDING_LEVELS];
};

/* Begins; findings_end() releases it. */
void findings_begin(struct findings *f, bool json);

/* Adds a line.  Texts from outside are made safe. */
void findings_add(struct findings *f, enum finding_level level, const char *subject,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Prints the array, or how many of each level there were.  Returns CLI_FAILED after a failure,
 * CLI_ATTEND after a warning, else CLI_OK; -1 with ERR_NOMEM.
 */
int findings_end(struct findings *f, struct err *e);

#endif
