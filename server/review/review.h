/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_REVIEW_H
#define SERVER_REVIEW_REVIEW_H

/* A release beside the one before it. */
#include "lib/base/list.h"
#include "server/review/changes.h"

struct review {
	struct content before, after;
	int64_t number_before, number; /* of the releases; number_before 0: there is none */
	/* what their scripts do; settings NULL: not known, and was_fault has the reason */
	struct outcome was, is;
	struct err was_fault;
	struct tuf_targets *present; /* owned: the metadata that before belongs to */
	const json_t *body;	     /* the next release's metadata */
};

/*
 * Compare the next release, its metadata body ("release", "targets") and its files in dir (NULL: in
 * r), with the present one of r.  All must outlive v.  With run, run the scripts of both: a fault
 * of the next one's is an error.  Returns 0 or -1; call review_end() in both cases.
 */
int review_begin(struct review *v, const struct repo *r, const char *app, const json_t *body,
    struct dir *dir, bool run, struct err *e);
void review_end(struct review *v);

/* Append the difference in words, at most so many lines of each list (0: all).  Returns 0 or -1. */
int review_say(const struct review *v, size_t lines, struct buf *out, struct err *e);

/*
 * Append notes for people, each once and at most TLS_STRAYS_MAX: of the next release's TLS settings
 * that count for nothing (tls_use.h).  Returns 0 or -1.
 */
int review_strays(const struct review *v, struct strings *notes, struct err *e);

#endif
