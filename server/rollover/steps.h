/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_STEPS_H
#define SERVER_ROLLOVER_STEPS_H

/*
 * Taking a step of a replacement, and taking one back.
 */
#include "server/rollover/state.h"

struct replacing {
	struct replace p;
	struct session
	    s; /* for a step that publishes; its passphrases and request are the caller's */
	struct buf said; /* what the step did and what people have to do, for the terminal */
};

/* What the command line asks for. */
struct replacing_asked {
	const char *const *kernels; /* "HOST:PORT" */
	size_t nkernels;	    /* 0: those that are known already */
	struct replace_wish wish;
	const char *hook, *after; /* or NULL; an empty hook: none from now on */
	bool confirm, undo, start;
};

/*
 * Looks at everything and takes the step that comes next, or the one that is asked for.  Returns
 * REPLACING_DONE, REPLACING_ATTEND, or -1.
 */
int replacing_run(struct replacing *s, const struct replacing_asked *a, struct err *e);

/* What a step came to: done, or there is something for people to do first. */
#define REPLACING_DONE	 0
#define REPLACING_ATTEND 1

/* Look at everything anew; the repository is locked meanwhile. */
int replacing_look(struct replacing *s, struct err *e);

/* Give every Kernel that pair, by the hook, or say what to copy. */
int replacing_install(struct replacing *s, int which, struct err *e);

/* Publish; the certificate "going" may be missing from now on (NULL: none). */
int replacing_publish(struct replacing *s, const bool want[REPLACE_COUNT], const char *going,
    struct err *e);

/*
 * Bring the files of certs/ to where they belong after ("on") or before ("back") the old pair is
 * retired.
 */
int replacing_move(struct replacing *s, const char *way, struct err *e);

/* Record a step that isn't a publication, and make the state durable. */
int replacing_record(struct replacing *s, const char *step, struct err *e);

/* replace_undo.c: take the last step back. */
int replacing_undo(struct replacing *s, struct err *e);

#endif
