/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_TRIAL_H
#define UPDATER_UPDATE_TRIAL_H

/* Trying a station's servers without a station: nothing is written. */
#include "lib/os/confine.h"
#include "lib/sftp/sftp_session.h"
#include "updater/station/station.h"

/* How far one server went: each step includes those before it. */
enum trial_step {
	TRIAL_NOTHING,	 /* it can't be reached, or its host key isn't pinned */
	TRIAL_CONNECTED, /* it can, but doesn't take the login */
	TRIAL_LOGGED_IN, /* but doesn't have metadata that the root vouches for */
	TRIAL_TRUSTED,	 /* but its repository doesn't have the application, or a release of it */
	TRIAL_RELEASE	 /* it has a release */
};

struct trial {
	enum trial_step step;
	struct err why; /* of what came after step; ERR_NONE where the application has no release */
	int64_t root_version, release; /* release 0: unknown */
	int64_t expires;	       /* of the metadata that ends first; 0: unknown */
	bool child;		       /* a child spoke with the server, confined as follows */
	struct confined confined;
};

/*
 * Ask one of the station's servers, url, from this root on, for at most until, a time of
 * clock_mono_ms(). child: as in struct fetch_config.
 */
void trial_run(const struct station *st, const char *url, const uint8_t *root, size_t len,
    struct sftp_session_child *child, int64_t until, struct trial *out);

#endif
