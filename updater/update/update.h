/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_UPDATE_H
#define UPDATER_UPDATE_UPDATE_H

/*
 * One whole update of one application: lock, recover, refresh, plan, fetch, scripts, apply; then
 * this user's part.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "updater/plan/plan.h"
#include "lib/settings/settings.h"
#include "updater/station/station.h"
#include "updater/apply/transaction.h"

struct update_options {
	int64_t deadline; /* clock_mono_ms() at which waiting, fetching and scripts end */
	int64_t seconds;  /* from the beginning to the deadline, for messages */
	bool offline;	  /* ask no server: only what a crash left, and the user's part */
	/* look at every file even when the release is applied, and abandon a torn transaction */
	bool repair;
	const char *from; /* the address to ask this once, instead of the servers; or NULL */
	int64_t accept;	  /* take metadata so many seconds past its end */
	const char *drop_host_key; /* forget it, if it was learned (learned.h); or NULL */
	bool starts;		   /* a program of this account is started afterwards */
	struct progress *progress; /* or NULL */
	struct sftp_session_child
	    *child; /* for the server that is asked; may be NULL with offline */
	/* Told of each server that failed before another was tried. */
	void (*failed)(void *arg, const char *url, const struct err *why);
	/* Told of each line of a script, and how its child was confined; may be NULL. */
	void (*log)(void *arg, enum log_level level, const char *subject, const char *text);
};

struct update_result {
	bool changed;	  /* a release was applied */
	bool fresh;	  /* a server was asked, and everything is as it says */
	bool stood_still; /* the clock stands before the last good refresh */
	/* this user can't change the machine's part, which was left as it is */
	bool read_only;
	/* another process prepares a change: nothing failed, and what is applied is whole */
	bool busy;
	bool ended; /* the application was removed from the repository; the release stays */
	/* a person returned to this release; the newest is not taken again */
	bool held;
	enum transaction_end recovered; /* how an interrupted change ended */
	char given_up[ERR_TEXT_SIZE]; /* what a change that was abandoned leaves; empty: none was */
	bool unknown;		      /* the state couldn't be read: nothing is known of it */
	int64_t release;	      /* the applied release; 0: none */
	int64_t newest;		      /* newest release that was ever applied */
	int64_t refreshed; /* time of the last good refresh, seconds since 1970; 0: never */
	int64_t
	    expired; /* days that metadata had ended before it was taken (accept); 0: it hadn't */
	size_t fetched;		/* files downloaded */
	size_t files, settings; /* files replaced, added or removed; settings changed */
	size_t user_settings;	/* of this user */
	size_t user_files;	/* of this user, where AppDir is each user's */
};

/*
 * Update the machine's part, then this user's.  Returns 0, or -1: the station is in the state
 * before or, with ERR_TORN, between; ERR_BUSY means that another process updates.  *r says in all
 * cases what is applied.
 */
int update_run(const struct station *st, struct settings *s, const struct update_options *o,
    struct update_result *r, struct err *e);

/*
 * Look at what is applied, for a start that can't update: fills in *r as far as the state can be
 * read; a station that wasn't loaded has none.
 */
void update_look(const struct station *st, struct update_result *r);

/*
 * The two parts of update_run(), in an attempt (attempt.h) that update_run() begins and ends: a
 * process that updates for others does the first, and a user for whom it was done the second.
 */
struct attempt;
int update_machine(struct attempt *u, struct err *e);
int update_user(struct attempt *u, struct err *e);

/*
 * Return to a release that was applied here before; release 0: the one with the next lower number.
 * Errors are those of update_run(), and ERR_NOENT: that release, or the content of one of its
 * files, isn't kept here.
 */
int update_rollback(const struct station *st, struct settings *s, const struct update_options *o,
    int64_t release, struct update_result *r, struct err *e);

#endif
