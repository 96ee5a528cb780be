/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_H
#define SERVER_REPO_AUDIT_H

/*
 * The record of the changes of a repository: audit.log, beside served/ and never below it.  The
 * record isn't in keys/ because that directory may be carried away while the repository stays and
 * is refreshed.
 *
 * One canonical JSON object a line; "prev" is the SHA-256 of the line before without its newline,
 * 64 zeros in the first, so that no line can be altered, removed or put in between without breaking
 * the chain:
 *
 *	{"action":"publish","cut":{...},"details":{...},"prev":"…","seq":7,
 *	 "state":{"root":{"sha256":"…","version":1},"snapshot":{...},"timestamp":{...}},
 *	 "time":"2026-03-01T12:00:00Z","who":{"host":"…","sudo":"…","user":"…"}}
 *
 * "state" is the metadata that is live after the change; a snapshot states the hashes of all other
 * roles.  "cut" is there when this line replaced an incomplete line of a power failure.
 *
 * The chain can't show that somebody who can write the file removed its last lines or wrote the
 * whole file anew.  Keep the hash of the last line (the head) somewhere else: audit_walk() looks
 * for it.
 */

#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/os/file.h"

#define AUDIT_FILE "audit.log"

/* Bytes of one line. */
#define AUDIT_LINE_MAX (256u * 1024)

/*
 * Reads the last line into *last (a new reference; NULL for an empty record).  Returns 0, or -1
 * with ERR_CONFLICT and others when no line can follow the last one.
 */
int audit_last(struct dir *top, json_t **last, struct err *e);

/*
 * Appends a line: entry with "prev", "seq" and perhaps "cut" added.  The caller holds the lock
 * AUDIT_FILE, which made the file.  Returns 0 once the line is durable, or -1.
 */
int audit_add(struct dir *top, json_t *entry, struct err *e);

struct audit_report {
	int64_t lines;
	char head[SHA256_HEX_SIZE]; /* hash of the last line, zeros if there is none */
	json_t *last;		    /* owned: the last line, or NULL */
	size_t cut;		    /* bytes of a line that a power failure cut, at the end */
};

/*
 * Checks the chain and calls each(arg, entry, hash, line) for every line, in order; a call that
 * returns -1 ends the walk.  Returns 0, or -1 with ERR_CONFLICT naming the line where the chain
 * breaks.  A missing file has no lines.  *out describes the lines before the break; release it with
 * audit_report_free().
 */
int audit_walk(struct dir *top,
    int (*each)(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e),
    void *arg, struct audit_report *out, struct err *e);
void audit_report_free(struct audit_report *report);

#endif
