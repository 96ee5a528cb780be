/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_STATE_H
#define SERVER_ROLLOVER_STATE_H

/*
 * Replacing the pair (key and certificate) of Kernels without a refused connection: the remembered
 * part, in REPLACE_FILE of the repository.
 *
 *	{"slipway_replace":1, "pairs":{"kernel":{"old":"SHA-256", "new":"SHA-256",
 *	 "kernels":["HOST:PORT"], "hook":"...", "started":"...", "confirmed":"...", "after":"...",
 *	 "finished":"...", "going":"old", "moving":"on", "retired":["SHA-256"]}}}
 *
 * "going" is the certificate that releases need no longer contain; "moving" says that files of
 * certs/ are being renamed to their names after ("on") or before ("back") the replacement;
 * "retired" are the old certificates of earlier replacements, which no release may bring back.
 * All else is found anew each time (look.h), which includes interrupted steps and steps that people
 * took themselves.
 */

#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/base/list.h"
#include "lib/os/file.h"

#define REPLACE_FILE	    "replace.json"
#define REPLACE_KERNELS_MAX 64

/* Most remembered certificates of earlier replacements; the oldest are forgotten. */
#define REPLACE_RETIRED_MAX 256

/* Bytes of the pair's name: the suffixes must fit as well. */
#define REPLACE_NAME_MAX 100

/* Indices of the two certificates, and their names in the state and in messages. */
enum { REPLACE_OLD, REPLACE_NEW, REPLACE_COUNT };
extern const char *const replace_names[REPLACE_COUNT];

enum replace_moving { REPLACE_STAYS, REPLACE_ON, REPLACE_BACK };

/* A missing time. */
#define REPLACE_NEVER (-1)

/* One replacement.  Start with replacement_reset(). */
struct replacement {
	bool exists; /* false: none is under way or finished, and the other members are empty */
	uint8_t sha256[REPLACE_COUNT][SHA256_SIZE];
	char hex[REPLACE_COUNT][SHA256_HEX_SIZE];    /* the same as text; "": not known yet */
	struct strings kernels;			     /* "HOST:PORT" */
	struct strings retired;			     /* certificates, as hex has them */
	char *hook;				     /* owned, or NULL */
	int64_t started, confirmed, after, finished; /* seconds since 1970, or REPLACE_NEVER */
	int going;				     /* REPLACE_OLD, REPLACE_NEW, or -1: none */
	enum replace_moving moving;
};

void replacement_reset(struct replacement *m);

/* Replaces the hook by a copy; NULL or "": none.  Returns 0, or -1 with ERR_USAGE or ERR_NOMEM. */
int replacement_set_hook(struct replacement *m, const char *hook, struct err *e);
/* Sets a certificate, and removes it from the retired ones. */
void replacement_set_cert(struct replacement *m, int which, const uint8_t sha256[SHA256_SIZE]);

/* Retires the old certificate, when another replacement begins.  0, or -1 with ERR_NOMEM. */
int replacement_retire(struct replacement *m, struct err *e);

/* Whether the wait for the stations has ended: by a confirmation or at the date. */
bool replacement_waited(const struct replacement *m);

/*
 * Resets m and reads an entry of the state into m.  Returns 0, or -1 with ERR_SYNTAX (the text
 * names the pair) or ERR_NOMEM.
 */
int replacement_parse(const char *name, const json_t *entry, struct replacement *m, struct err *e);

/* The pair that is being replaced, in one repository. */
struct replace {
	const char *repo, *name; /* the caller's */
	struct dir *top, *certs;
	struct file_lock *lock; /* or NULL */
	json_t *all;		/* the whole state */
	bool own_hook;		/* this person gave the hook, now */
	struct replacement m;
};

/* Checks that name can be the name of a pair to be replaced.  Returns 0, or -1 with ERR_USAGE. */
int replace_check_name(const char *name, struct err *e);

/* Checks that all is a whole state.  Returns 0, or -1 with ERR_SYNTAX and others. */
int replace_check(const json_t *all, struct err *e);

/*
 * Checks that name, of a pair in certs/, isn't and won't be the name of a pair of a replacement in
 * the repository.  Returns 0, or -1 with ERR_CONFLICT and others.
 */
int replace_check_unknown(const char *repo, const char *name, struct err *e);

/* Reads and checks the whole state; without a file returns an empty one.  NULL with e filled in. */
json_t *replace_read(struct dir *top, struct err *e);

/*
 * Opens certs/ and reads the state; with lock keeps other replacements out until replace_close(),
 * or fails with ERR_BUSY.  Returns 0 or -1; call replace_close() in both cases.
 */
int replace_open(struct replace *p, const char *repo, const char *name, bool lock, struct err *e);
void replace_close(struct replace *p);

/* Writes the replacement, or its absence, durably.  Returns 0 or -1. */
int replace_save(struct replace *p, struct err *e);

/* Appends the path of "certs/NAME<at>.<suffix>" in the repository. */
int replace_path(const struct replace *p, const char *at, const char *suffix, struct buf *out,
    struct err *e);

#endif
