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
	const char *application; /* where the facts name none; NULL: "APPLICATION" */
	/* As in script_facts; exists NULL: the files that the facts list. */
	int (*exists)(void *arg, const char *target, struct err *e);
	int (*log)(void *arg, const char *script, const char *text, struct err *e);
	/* each change that a script asks for; NULL: nobody wants to know */
	int (*change)(void *arg, const struct change *x, struct err *e);
	void *arg;
};

/*
 * json and application must live as long as the result.  NULL with ERR_SYNTAX (the text says where)
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
 * The scripts of one place run in one child, one after the other, as at a station.
 *
 * When the facts name no operating system, the script runs once for each; out says when the changes
 * differ.  0, or -1 with the errors of runner_run().
 */
int dryrun_run(struct dryrun *c, const char *name, const uint8_t *source, size_t len,
    struct buf *out, struct err *e);

/* The systems of stations: "linux", "windows". */
#define DRYRUN_SYSTEMS 2
extern const char *const dryrun_systems[DRYRUN_SYSTEMS];

/*
 * Run one script as on one system, by its index, and append what it would do to out.  The facts
 * name no other system.  0, or -1 with the errors of runner_run() and out as before.
 */
int dryrun_changes(struct dryrun *c, int system, const char *name, const uint8_t *source,
    size_t len, struct changeset *out, struct err *e);

#endif
