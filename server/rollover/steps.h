/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_STEPS_H
#define SERVER_ROLLOVER_STEPS_H

/* Taking a step of a replacement, and taking one back. */
#include "server/repo/session.h"
#include "server/rollover/look.h"
#include "server/rollover/pair.h"

struct steps {
	struct replace p;
	struct look l;
	struct session s; /* of a step that publishes; the caller sets passphrases and request */
	struct buf said;  /* the result of the step, and the work for people, for the terminal */
};

/* The wishes of the command line. */
struct steps_asked {
	const char *const *kernels; /* "HOST:PORT" */
	size_t nkernels;	    /* 0: keep the known Kernels */
	struct replace_wish wish;
	const char *hook, *after; /* or NULL; an empty hook removes the known hook */
	bool confirm, undo, start;
};

/*
 * Finds the present step, and takes the next step or the wanted step.  Returns STEPS_DONE,
 * STEPS_ATTEND, or -1.
 */
int steps_run(struct steps *s, const struct steps_asked *a, struct err *e);

/* The result of a step: done, or people have to act first. */
#define STEPS_DONE   0
#define STEPS_ATTEND 1

/* Installs that pair on every Kernel by the hook, or says which files to copy. */
int steps_install(struct steps *s, int which, struct err *e);

/* Publishes; from now on releases may leave out the certificate going (-1: none). */
int steps_publish(struct steps *s, const bool want[REPLACE_COUNT], int going, struct err *e);

/*
 * Renames the files of certs/ to their names after (REPLACE_ON) or before (REPLACE_BACK) the old
 * pair is retired.
 */
int steps_move(struct steps *s, enum replace_moving way, struct err *e);

/* Records a step that isn't a publication, and then saves the state, before the step is taken. */
int steps_record(struct steps *s, const char *step, struct err *e);

/* Takes the last step of a replacement back.  Returns STEPS_DONE, STEPS_ATTEND, or -1. */
int undo_step(struct steps *s, struct err *e);

#endif
