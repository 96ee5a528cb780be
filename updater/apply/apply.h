/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_APPLY_H
#define UPDATER_APPLY_APPLY_H

/*
 * From a plan to a transaction: the files that change, the directories around them, the settings,
 * and the record.
 */
#include "lib/base/err.h"
#include "updater/plan/plan.h"
#include "lib/settings/settings.h"
#include "updater/station/station.h"
#include "updater/apply/transaction.h"

/* What is to be applied. */
struct apply {
	const struct plan *plan;
	const struct changeset *set;  /* settings to change */
	const struct record *applied; /* the record before */
	const char *action;	      /* as in a record */
	/* for a rollback: the settings that the scripts of that release asked for; else NULL */
	const struct changeset *asked;
	int64_t newest;	   /* release number */
	int64_t machine;   /* for a user: serial of the machine's record; else 0 */
	const char *place; /* where it came from, if not from the servers; or NULL */
	int64_t expired;   /* days that its metadata had ended before */
};

/* Fill in *t, which uses all of this; its directory's name is written to work. */
void apply_transaction(const struct station *st, struct dir *state, struct dir *source,
    bool source_is_ours, struct settings *s, int64_t deadline, char work[static 512],
    struct transaction *t);

/*
 * Apply it.  Returns 0 with the new record, which record_free() releases, or -1 with what
 * transaction_run() gives and *now unchanged.
 */
int apply(const struct station *st, const struct transaction *t, const struct apply *a,
    struct record *now, struct err *e);

#endif
