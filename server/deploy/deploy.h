/* SPDX-License-Identifier: ISC */
#ifndef SERVER_DEPLOY_DEPLOY_H
#define SERVER_DEPLOY_DEPLOY_H

/*
 * Carrying the published files of a repository to the directory that deploy.json names: targets,
 * then metadata, the timestamp last, and of them only what is missing or different there.  Each
 * file is written under a temporary name in its directory and renamed.  Wherever that ends,
 * stations find the state before or the state after.
 *
 * There, in metadata/, beside the published files:
 *	slipway-served		whose directory this is: the SHA-256 of the first root
 *	slipway-deploy.lock	while a deployment is under way: by whom, and since when
 *	.slipway-new.*		files that aren't whole; the next deployment removes them
 *
 * A directory without the first file is taken only when it holds nothing but empty directories
 * metadata and targets.  Files that served/ has no longer are removed when they have been missing
 * in it for DEPLOY_KEEP_S, for stations that are in the middle of an update.
 */
#include "lib/sftp/sftp_session.h"
#include "server/deploy/config.h"

/* Seconds. */
#define DEPLOY_KEEP_S (24 * 3600)

struct deploy {
	bool dry;	 /* change nothing; say what would be done */
	bool take_over;	 /* take a directory of another repository, too */
	bool break_lock; /* another deployment's lock is left over */
	bool now;	 /* remove without the delay */
	struct sftp_session_child *child;
	/* A line for people: what would be done, and what was found.  It is safe for a terminal. */
	void (*say)(void *arg, const char *line);
	/* Called as files are carried, and with the last of them; may be NULL. */
	void (*progress)(void *arg, const struct deploy *d);
	void *arg;

	/* Out: */
	char place[512];   /* as it was set, cut */
	int64_t version;   /* of the timestamp */
	size_t files, all; /* carried so far, and all that are to be */
	uint64_t bytes, all_bytes;
	size_t removed, waiting; /* files; waiting for the delay */
	bool interrupted;	 /* also when all was carried nevertheless */
};

/*
 * Deploys; path is the repository's.  0, or -1 with ERR_CONFIG (no place was set), ERR_BUSY
 * (another deployment is under way), ERR_CONFLICT (the directory isn't ours, or has something
 * newer), ERR_CANCELLED (Ctrl-C or a request to end, which are held while the lock is there: it is
 * removed, and the temporary files) and others.
 */
int deploy_run(struct deploy *o, const char *path, struct err *e);

/* What is served there. */
struct deploy_seen {
	bool there; /* it has a timestamp that can be read */
	int64_t timestamp, snapshot;
	bool newer; /* one of these is higher than here */
	bool same;  /* the timestamp is the one here */
	/* where it is: of the files that stations are given now, those that aren't there, or have
	 * another length */
	size_t missing;
};

/*
 * Looks there.  1, 0 where no place was set, or -1.  What is seen isn't verified: the server may
 * say anything.
 */
int deploy_look(struct deploy *o, const char *path, struct deploy_seen *out, struct err *e);

/*
 * Takes over what is served there, for a repository that was restored from an older backup.  All of
 * it is verified, from this repository's first root on, before anything here changes; d->version is
 * then that of the timestamp.  1, 0 where the same is here already, or -1 with ERR_CONFIG (no place
 * was set), ERR_CONFLICT (what is here isn't older, or is of another repository) and others.
 */
int deploy_fetch(struct deploy *o, const char *path, struct err *e);

/*
 * Whether stations have seen something newer than what is here, as far as the server tells: the
 * next change would give numbers again.  0 also where no place is set or it can't be looked at, or
 * -1 with ERR_CONFLICT.
 */
int deploy_check_newer(struct deploy *o, const char *path, struct err *e);

/*
 * Notes that the files that served/ has no longer go with the next deployment.  0, or -1 with
 * ERR_BUSY (a deployment is under way) and others.
 */
int deploy_note_now(const char *path, struct err *e);

#endif
