/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_LEARNED_H
#define UPDATER_STATE_LEARNED_H

/*
 * Update servers and host keys that a station learned from its application's signed metadata
 * (lib/sftp/servers.h), in the state's learned.json:
 *   format     1 (damage.h)
 *   addresses  [{"url", "joined"}...]: those of the newest metadata in its order; one joins when
 *              signed metadata was verified through it
 *   host_keys  ["SHA256:..."...]: they stay when metadata names them no more
 *   dropped    host keys that an administrator dropped, which aren't learned again
 *   failed     checks of all servers in a row that failed
 *   asked      the day (UTC) of the last check that began with the servers of the enrolment
 *
 * They add to the enrolment and take nothing from it.  Whoever signs an application's metadata
 * could send its stations to a server that hides later metadata from them: so the servers of the
 * enrolment are asked first once a day, and in each fourth check in a row that fails.
 */

#include "lib/sftp/servers.h"
#include "updater/station/station.h"

#define LEARNED_MAX (128u * 1024) /* bytes */
#define LEARNED_DAY 11		  /* "2026-03-01" with its NUL */

/* The most addresses and host keys of a station, both sorts together. */
#define LEARNED_ALL (STATION_SERVERS_MAX + SERVERS_MAX)

struct learned {
	struct servers now;	  /* addresses and host keys */
	bool joined[SERVERS_MAX]; /* of the addresses */
	struct strings dropped;	  /* host keys */
	int64_t failed;
	char asked[LEARNED_DAY];
	bool there;   /* there is a good file */
	bool changed; /* it has to be written */
	bool newer;   /* a newer Slipway wrote it: it stays, and counts for nothing */
};

#define LEARNED_INIT \
	{ \
		.now = SERVERS_INIT \
	}

/* Read what learned_json() gave.  Returns 0, or -1 with ERR_SYNTAX, ERR_VERSION and others. */
int learned_read(const json_t *j, struct learned *l, struct err *e);
json_t *learned_json(const struct learned *l, struct err *e);

/* Load it; a file that is missing or can't be used counts as empty. */
void learned_load(struct dir *state, struct learned *l);

/* Write it durably, if it changed.  Returns 0 or -1. */
int learned_save(struct dir *state, struct learned *l, struct err *e);
void learned_free(struct learned *l);

/*
 * Take over what verified metadata says; told of each new address and host key, and of those that
 * find no room.  Returns 0, or -1 with ERR_NOMEM.
 */
int learned_take(struct learned *l, const struct station *st, const struct servers *says,
    void (*told)(void *arg, const char *text), void *arg, struct err *e);

/* A check ended: through url (or NULL: none of the servers had good metadata). */
void learned_checked(struct learned *l, const struct station *st, const char *url);

/* Whether this address was learned and joined. */
bool learned_joined(const struct learned *l, const char *url);

/* Whether the station was enrolled with this address or host key. */
bool learned_enrolled(const struct strings *enrolled, const char *text);

/*
 * The addresses in the order to ask them; owned by l and st.  starts: a program waits, so that
 * addresses that haven't joined come last; day: today.  A station that can't log in to servers has
 * those of its enrolment alone.  Returns how many.
 */
size_t learned_order(const struct learned *l, const struct station *st, bool starts,
    const char *day, const char *urls[LEARNED_ALL]);

/* A check begins with url. */
void learned_begins(struct learned *l, const struct station *st, const char *url, const char *day);

/*
 * The host keys that count; owned by l and st.  With a password only those of the enrolment:
 * another server must not be told it.  Returns how many.
 */
size_t
learned_host_keys(const struct learned *l, const struct station *st, const char *keys[LEARNED_ALL]);

/* Drop a host key.  Returns whether it was learned; *e is filled in only where memory ends. */
bool learned_drop(struct learned *l, const char *host_key, struct err *e);

#endif
