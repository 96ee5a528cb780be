/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SERVED_CHECK_H
#define SERVER_REPO_SERVED_CHECK_H

/*
 * Checking what the served tree holds, from roots to targets.  Each function notes the files that
 * the metadata names (served_extra()), and reports faults of the tree to its fault().
 */
#include "server/repo/served.h"

/* The chain of roots. */
int served_roots(struct served *t, struct err *e);

/* timestamp.json and all that hangs on it, as a station sees it now. */
int served_current(struct served *t, struct err *e);

/*
 * An older snapshot and all that hangs on it; signed by keys of any root of the chain, and no
 * matter whether it expired.
 */
int served_snapshot(struct served *t, int64_t version, struct err *e);

#endif
