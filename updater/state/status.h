/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_STATUS_H
#define UPDATER_STATE_STATUS_H

/*
 * What a station says about itself: read once, for people (cmd_status) and for programs
 * (status_json()).
 */

#include "lib/os/schedule.h"
#include "updater/state/notes.h"
#include "updater/state/server_health.h"
#include "updater/state/trusted.h"

struct status {
	const struct station *st;
	const char *settings;	 /* where they are; owned by the settings */
	int64_t now;		 /* seconds since 1970 */
	int64_t release, newest; /* 0: none was applied yet */
	size_t files;		 /* of the applied release */
	int64_t user_release;	 /* of this user's part, where AppDir is each user's; 0: none */
	bool ended;		 /* the application was removed from the repository */
	bool interrupted;	 /* an update was interrupted */
	struct waiting waiting;	 /* release 0: none */
	struct brought brought;	 /* time empty: none since the last good refresh */
	struct strings in_use;	 /* paths of files whose old version is in use */
	int64_t refreshed;	 /* time of the last good refresh; 0: never */
	int64_t root_version;	 /* of the trusted metadata; 0: there is none */
	int64_t expires;	 /* when the first of it does; 0: unknown */
	struct server_health health;
	struct learned learned;
	const char *urls[LEARNED_ALL], *host_keys[LEARNED_ALL]; /* that count, in order */
	size_t nurls, nhost_keys;
	struct trusted trusted;
	struct strings strays; /* faults of TLS settings */
	struct schedule task;  /* that updates it, on Windows, for all users */
};

/*
 * Read everything, changing nothing; st must outlive *status.  Returns 0, or -1 with the error of a
 * state that is there and can't be read.  The caller calls status_free() in both cases.
 */
int status_load(struct settings *s, const struct station *st, struct status *status, struct err *e);
void status_free(struct status *status);

/*
 * Whether the station has what its servers publish, as far as it knows: a release is applied,
 * nothing waits, and the last good refresh is no older than WarnAfterDays, or a day.  Returns 1, 0
 * with the reason appended to why, or -1.
 */
int status_up_to_date(const struct status *status, struct buf *why, struct err *e);

/* As slipway(1) describes it.  The caller calls json_decref().  NULL with ERR_NOMEM. */
json_t *status_json(const struct status *status, struct err *e);

#endif
