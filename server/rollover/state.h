/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_STATE_H
#define SERVER_ROLLOVER_STATE_H

/*
 * Replacing a pair of key and certificate: what is remembered (replace.json of the repository), and
 * what is really so.
 *
 *	{"slipway_replace": 1, "pairs": {"kernel": {"old": SHA256, "new": SHA256, "started": TIME, "confirmed": TIME,
 *	    "after": TIME, "kernels": ["HOST:PORT"], "hook": COMMAND, "going": "old" or "new", "moving": "on" or "back",
 *	    "finished": TIME}}}
 *
 * "going" is the certificate that releases may do without from now on; "moving" is there while
 * files are moved.
 *
 * The file holds what nothing else can tell.  How far a replacement has come is read from the pairs
 * on disk, from the present releases and from what the Kernels serve, each time anew.
 *
 *	certs/NAME.pem, .crt		the pair in use
 *	certs/NAME.new.pem, .crt	the one that takes its place, until then
 *	certs/NAME.old.pem, .crt	the one that was in use before
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/os/file.h"
#include "server/rollover/bundle.h"
#include "server/repo/repo.h"
#include "server/repo/session.h"

#define REPLACE_FILE	    "replace.json"
#define REPLACE_KERNELS_MAX 64

/* Bytes of the pair's name: the suffixes must fit as well. */
#define REPLACE_NAME_MAX 100

/* Indices of the two certificates. */
enum { REPLACE_OLD, REPLACE_NEW, REPLACE_COUNT };

enum replace_step {
	REPLACE_MAKE = 1,
	REPLACE_BOTH,
	REPLACE_WAIT,
	REPLACE_INSTALL,
	REPLACE_ONLY,
	REPLACE_RETIRE,
	REPLACE_DONE
};

/* What stations that have the present releases trust. */
struct replace_trust {
	/* files that hold the old one alone, both, the new one alone */
	size_t old, both, fresh;
	struct buf where; /* "COV_PB release 7" */
};

struct replace_kernel {
	const char *server; /* belongs to the entry */
	/* whether it could be looked at; else why says the reason */
	bool looked;
	bool serves[REPLACE_COUNT];
	char hex[SHA256_HEX_SIZE]; /* what it serves */
	struct err why;
};

struct replace {
	const char *repo, *name; /* the caller's */
	struct dir *top, *certs;
	struct file_lock *lock; /* or NULL */
	json_t *all, *entry;	/* entry belongs to all, NULL: none */
	/* What replace_look() saw. */
	struct bundle_cert cert[REPLACE_COUNT];
	struct buf pem[REPLACE_COUNT];
	const char *at[REPLACE_COUNT]; /* "", ".new" or ".old": where a whole pair is, or NULL */
	struct replace_trust trust;
	struct replace_kernel kernels[REPLACE_KERNELS_MAX];
	size_t n;
	enum replace_step next;
};

/* Whether name can be that of a pair to be replaced.  0, or -1 with ERR_USAGE. */
int replace_check_name(const char *name, struct err *e);

/* The whole state, checked; without a file, an empty one.  NULL with ERR_SYNTAX and others. */
json_t *replace_read(struct dir *top, struct err *e);

/*
 * Read the state; with lock keep others out until replace_close(), ERR_BUSY after a while.  0 or
 * -1.
 */
int replace_open(struct replace *p, const char *repo, const char *name, bool lock, struct err *e);
void replace_close(struct replace *p);

/* Make the entry (or what became of it) durable.  0 or -1. */
int replace_save(struct replace *p, struct err *e);

/* A text of the entry, or NULL. */
const char *replace_text(const struct replace *p, const char *field);
int replace_set_text(struct replace *p, const char *field, const char *text, struct err *e);
/* Put the time of now into field. */
int replace_set_now(struct replace *p, const char *field, struct err *e);

/* Whether the wait has ended: confirmed, or the date has passed. */
bool replace_waited(const struct replace *p);

/* Find out what is so, with the repository r; the Kernels are connected to.  0 or -1. */
int replace_look(struct replace *p, const struct repo *r, struct err *e);
void replace_look_kernel(struct replace *p, size_t i);

/* How many of the Kernels were seen to serve that one, and how many couldn't be looked at. */
size_t replace_serving(const struct replace *p, int which);
size_t replace_unseen(const struct replace *p);

/* "certs/NAME.new.pem" with the repository's path before it. */
int replace_path(const struct replace *p, const char *at, const char *suffix, struct buf *out,
    struct err *e);

/*
 * Make the new pair, like the old one but for what is given, or copy the pair with the name with.
 * 0 or -1.
 */
struct replace_wish {
	const char *type, *with; /* or NULL */
	int64_t days;
};
int replace_make(struct replace *p, const struct replace_wish *wish, struct err *e);

/*
 * Move the pair of that certificate within certs/, whatever a crash left of such a move.  0 or -1.
 */
int replace_move(struct replace *p, int which, const char *from, const char *to, struct err *e);

/* replace_say.c: print where it stands and what comes next. */
void replace_say(const struct replace *p);

/* replace_trust.c: in the releases. */

/* What all present releases of r trust, of the certificates in p. */
int replace_trust_look(struct replace *p, const struct repo *r, struct err *e);

/*
 * Publish releases in which each file that holds the old or the new certificate holds exactly those
 * wanted; the rest of each release is the present one.  With s->request it is written there.  The
 * result in words is appended to said.  0 or -1.
 */
int replace_publish(struct replace *p, struct session *s, const bool want[REPLACE_COUNT],
    struct buf *said, struct err *e);

/*
 * Whether a change may be put live: where the present release of an application trusts a
 * certificate of a replacement that still counts, the next one must too.  Its files are in the
 * repository.  0, or -1 with ERR_CONFLICT.
 */
int replace_guard(const struct change *c, struct err *e);

#endif
