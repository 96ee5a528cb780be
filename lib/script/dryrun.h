/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_DRYRUN_H
#define LIB_SCRIPT_DRYRUN_H

/*
 * Running a script where there is no station, to see what it would do: before it is published, or
 * while it is written.
 *
 * Facts that nobody gave are made up: names of %NAME% stand for "<NAME>", no setting exists, and
 * keys of every installation below the vendor's are allowed.
 */

#include "lib/script/script.h"

/* Bytes of a file of facts. */
#define DRYRUN_FACTS_MAX (1024u * 1024)

struct dryrun;

struct dryrun_options {
	const uint8_t *json; /* facts, the format of docs/scripts.md; NULL: none */
	size_t len;
	const char *application; /* where the facts don't say; NULL: "APPLICATION" */
	/* As in script_facts; exists NULL: what the facts list. */
	int (*exists)(void *arg, const char *target, struct err *e);
	int (*log)(void *arg, const char *script, const char *text, struct err *e);
	void *arg;
};

/*
 * What json and application point to must live as long.  NULL with ERR_SYNTAX (the text says where)
 * and others.
 */
struct dryrun *dryrun_new(const struct dryrun_options *o, struct err *e);
void dryrun_free(struct dryrun *c);

/*
 * Run one script in a script child and append what it would do to out, a line a change: "+ KEY NAME
 * = VALUE" (with "- KEY NAME = OLD" before it where the facts have another value, and "  KEY NAME =
 * VALUE" where they have the same), "- KEY NAME", "- KEY\*".  Scripts in a directory "machine" may
 * touch HKLM, in "user" HKCU, elsewhere both.
 *
 * Where the facts name no operating system it runs as on each; where that makes a difference out
 * says so. 0, or -1 with what runner_run() gave.
 */
int dryrun_run(struct dryrun *c, const char *name, const uint8_t *source, size_t len,
    struct buf *out, struct err *e);

#endif
