/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_ATTEMPT_H
#define UPDATER_UPDATE_ATTEMPT_H

/*
 * An attempt to change what is applied, or to look at it: the lock on an application's state,
 * recovery after a crash, the connection to a server, and the plan.
 */
#include <stdint.h>

#include "updater/apply/transaction.h"
#include "updater/fetch/fetch.h"
#include "updater/plan/plan.h"
#include "updater/plan/refresh.h"
#include "updater/state/learned.h"
#include "updater/state/record.h"
#include "updater/state/server_health.h"
#include "updater/state/wanted.h"
#include "updater/update/put_back.h"
#include "updater/update/update.h"

/* All members are the attempt's own but the first four. */
struct attempt {
	const struct station *st;
	struct settings *s;
	const struct update_options *o;
	struct update_result *r;
	struct file_lock *lock; /* NULL for a user who may not update */
	struct dir *state, *metadata, *staging;
	struct server_health health;
	struct learned learned;
	bool names_servers;		    /* the role does */
	const char *host_keys[LEARNED_ALL]; /* that count */
	struct fetch *fetch;
	struct refresh *refresh;
	struct plan plan;
	/*
	 * What is applied; where known is set, only the numbers of it, as wanted tells them
	 * (attempt_whole()).
	 */
	struct record applied;
	struct wanted wanted;
	bool known;
	enum transaction_others others; /* of the last transaction */
	const int64_t *looked;		/* as in struct transaction */
	struct put_back back;		/* of the machine's part, between its begin and its end */
};

/*
 * Lock the machine's part and bring it into a known state; what the pointers point to must outlive
 * the attempt.  Fills in *r.  Returns 0, also (with r->read_only) for a user who may not change the
 * machine's part, or -1: ERR_BUSY when another process is updating, ERR_TORN, or what reading the
 * state gives.  The caller calls attempt_end() in all cases.
 *
 * whole: read the whole record of what is applied in any case; else the caller calls
 * attempt_whole() before it uses more of the record than its numbers.
 */
int attempt_begin(struct attempt *u, const struct station *st, struct settings *s,
    const struct update_options *o, bool whole, struct update_result *r, struct err *e);
void attempt_end(struct attempt *u);

/*
 * Read what is applied from u->state into u->applied and *u->r; whole as above.  Returns 0 or -1.
 */
int attempt_look(struct attempt *u, bool whole, struct err *e);

/* Read the whole record, unless u->applied is that already.  Returns 0 or -1. */
int attempt_whole(struct attempt *u, struct err *e);

/*
 * For a user who may not update: whether the metadata that was trusted last is still good.  Returns
 * 0 (also where there is none yet), or -1 with ERR_EXPIRED.
 */
int attempt_trusted(struct attempt *u, int64_t now, struct err *e);

/*
 * Connect to the station's servers, and bring the trusted metadata up to date from the first whose
 * metadata is good.  now: the time for expiry checks.  Returns 0 or -1; with several faults, the
 * error is the first.
 */
int attempt_refresh(struct attempt *u, int64_t now, struct err *e);

/* The time for expiry checks: a clock that fell back doesn't make expired metadata good again. */
int64_t attempt_time(struct attempt *u);

/*
 * attempt_refresh(), and the plan of the release that the metadata names; no plan where that
 * release is known to be applied (refresh_is_known()).
 */
int attempt_plan(struct attempt *u, int64_t now, struct err *e);

/*
 * Compare the plan with what is on the disk and with what may be changed, and look whether there is
 * room for it.
 */
int attempt_compare(struct attempt *u, struct err *e);

/* Download content of the plan into dir; which as plan_fetch(). */
int attempt_fetch(struct attempt *u, struct dir *dir, unsigned which, struct err *e);

/* Run the scripts of one place, which source has, and append what they ask for to out. */
int attempt_scripts(struct attempt *u, struct dir *source, enum layout_place place,
    struct changeset *out, struct err *e);

/*
 * Whether nothing is to be done; sets r->held, with which the applied release is meant, not the
 * plan's.
 */
bool attempt_is_applied(struct attempt *u);

/* Whether the applied release has scripts for users. */
bool attempt_for_users(const struct attempt *u);

/*
 * At the end of an update: if nothing is left to do by the plan, remember of which bytes that is
 * so.  Failures are ignored.
 */
void attempt_remember(struct attempt *u);

#endif
