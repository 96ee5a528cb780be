/* SPDX-License-Identifier: ISC */
#ifndef SERVER_DEPLOY_NOTE_H
#define SERVER_DEPLOY_NOTE_H

/*
 * What a repository remembers of its deployments: deployed.json, in the repository.
 *
 *	{"format": 1, "place": PLACE, "lock": ID, "now": BOOL, "carried": BOOL,
 *	 "gone": {PATH: SECONDS}}
 *
 * lock: of the deployment that is, or was, under way.  gone: files there that served/ has no
 * longer, and since when that is known.  now: they are to go without a delay.  carried: a
 * deployment there came to its end once.
 */
#include <jansson.h>

#include "lib/os/file.h"

#define NOTE_FILE "deployed.json"

/* Bytes of a lock's id, with the NUL: hexadecimal digits. */
#define NOTE_ID_SIZE 33

struct note {
	json_t *gone;		 /* owned */
	char lock[NOTE_ID_SIZE]; /* "": none */
	bool now, carried;
};

/*
 * Reads the note about a place; a missing or damaged one, or one about another place, is empty:
 * files are then removed later.  0, or -1 with ERR_NOMEM and errors of reading.
 */
int note_read(struct dir *top, const char *place, struct note *out, struct err *e);
int note_write(struct dir *top, const char *place, const struct note *n, struct err *e);
void note_free(struct note *n);

#endif
