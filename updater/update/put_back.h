/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_PUT_BACK_H
#define UPDATER_UPDATE_PUT_BACK_H

/*
 * Files and settings that were applied and were lost are put back, in a transaction like any other:
 * from the content that is kept here, before a server is asked, and then from the server.  What a
 * person changed stays.  A fault of this is told, and is none of the update: the program starts as
 * it would have without a look.  Only a change that is torn (b->why.code is ERR_TORN) is a fault.
 */
#include "updater/plan/lost.h"
#include "updater/plan/plan.h"
#include "updater/state/losses.h"
#include "updater/update/update.h"

/* The first members are the caller's. */
struct put_back {
	const struct station *st;
	struct settings *s;
	struct dir *state;
	struct record *applied; /* of this part; read anew when something was put back */
	const struct update_options *o;
	bool user;	  /* the part of a user */
	struct dir *kept; /* has content that was applied; NULL: that of state */
	struct lost lost;
	struct losses losses;
	struct strings again; /* what was put back before today, and stays lost */
	struct err unseen;    /* why nothing could be looked at, or ERR_NONE */
	struct err why;	      /* the last fault of putting back, or ERR_NONE */
};

/*
 * Whether the lines of watch.h that are next are as they were applied, so that the record, of which
 * b->applied has the numbers, needn't be read.
 */
bool put_back_needless(const struct put_back *b, bool may_write);

/* Look, and put back what needs no server.  The caller calls put_back_end() in the end. */
void put_back_here(struct put_back *b);

/* Put back the rest, which the servers of this refresh have. */
void put_back_fetch(struct put_back *b, struct refresh *r, struct fetch *f, struct dir *staging);

/* Look only, for who may not write. */
void put_back_look(struct put_back *b);

/*
 * Tell what is still missing, and why, and once a day how much was changed.  may_write: not this
 * user's rights are the reason.  Releases what b owns.
 */
void put_back_end(struct put_back *b, bool may_write);

/*
 * Append for people what is missing, of the machine's part and of this user's, changing nothing.
 * Returns 0, or -1 with what reading the state and the settings gives.
 */
int
put_back_missing(const struct station *st, struct settings *s, struct strings *out, struct err *e);

#endif
