/* SPDX-License-Identifier: ISC */
#ifndef SERVER_DEPLOY_CARRY_H
#define SERVER_DEPLOY_CARRY_H

/* A deployment under way: for the files of this room. */
#include "server/deploy/deploy.h"
#include "server/deploy/dest.h"
#include "server/deploy/note.h"
#include "server/repo/served.h"

#define CARRY_TIMESTAMP LAYOUT_METADATA "timestamp.json"
#define CARRY_MARKER	LAYOUT_METADATA "slipway-served"
#define CARRY_LOCK	LAYOUT_METADATA "slipway-deploy.lock"

/* Temporary files begin like this. */
#define CARRY_NEW ".slipway-new."

struct carry {
	struct deploy *o;
	const char *path; /* the repository's */
	struct deploy_config config;
	struct repo *r;
	struct dir *served;
	struct served here;	  /* its files: "metadata/1.root.json": size */
	struct buf timestamp;	  /* its bytes */
	char id[SHA256_HEX_SIZE]; /* of the repository: of its first root */
	struct note note;
	struct dest *d;
	bool ours;	      /* the marker is there, and it is this repository's */
	json_t *there, *dirs; /* owned: files with their sizes; directories */
	struct strings temps; /* files there that aren't whole */
	/* What is to be carried, in the order in which it becomes visible. */
	struct strings targets, metadata, roots;
	bool roots_first; /* the timestamp isn't good by the newest root there */
	bool fresh;	  /* the timestamp is to be carried */
};

/* mark.c: whose directory it is, and the lock, of which only our own is removed.  0 or -1. */
int mark_check(struct carry *c, struct err *e);
int mark_write(struct carry *c, struct err *e);
int mark_lock(struct carry *c, struct err *e);
int mark_unlock(struct carry *c, struct err *e);

/* Reads a small file there.  1 with its bytes in out, 0 it isn't there, -1. */
int mark_get(struct carry *c, const char *path, struct buf *out, struct err *e);

/* compare.c: lists what is there, and what is to be carried.  0 or -1. */
int compare_list(struct carry *c, struct err *e);
int compare_all(struct carry *c, struct err *e);

/* The versions that timestamp.json states, without looking at signatures.  0 or -1. */
int
compare_versions(const struct buf *timestamp, int64_t *version, int64_t *snapshot, struct err *e);

/* Whether path is of a file that slipway-repo publishes. */
bool compare_is_published(const char *path);

/* fetch.c: takes over what is served there.  1, 0: it is the same as here, -1. */
int fetch_there(struct carry *c, struct err *e);

/* carry.c: does it.  0 or -1. */
int carry_all(struct carry *c, struct err *e);
int carry_removals(struct carry *c, struct err *e);

#endif
