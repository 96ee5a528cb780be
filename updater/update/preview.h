/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_PREVIEW_H
#define UPDATER_UPDATE_PREVIEW_H

/* What an update would do. */
#include <stdbool.h>
#include <stdint.h>

#include "updater/plan/plan.h"
#include "updater/update/update.h"

struct preview {
	const struct plan *plan;   /* compared; with nothing to do its files are all PLAN_KEEP */
	int64_t from;		   /* the applied release */
	bool held;		   /* as in update_result */
	bool ended;		   /* as in update_result; the plan is empty then */
	struct changeset settings; /* how they would differ */
	struct changeset undo;	   /* the values that are there now, in the order of their names */
};

/* The present value of the setting that c changes, or NULL.  Owned by p. */
const struct change *preview_now(const struct preview *p, const struct change *c);

/*
 * Find out, changing only the trusted metadata and the staged files, and call show() once.  Returns
 * 0, or -1: errors as update_run(), or -1 from show().
 */
int preview_run(const struct station *st, struct settings *s, const struct update_options *o,
    int (*show)(void *arg, const struct preview *p, struct err *e), void *arg, struct err *e);

#endif
