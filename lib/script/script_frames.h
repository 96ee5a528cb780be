/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_SCRIPT_FRAMES_H
#define LIB_SCRIPT_SCRIPT_FRAMES_H

/*
 * The frames between a program and its script child, in the data types of
 * lib/base/wire.h.  Texts are strings whose last byte is their only NUL.
 *
 *   to the child                                  from the child
 *   FACTS    once, then any number of             HELLO    once: how it is confined
 *   SCRIPT   name, source                         GET, EXISTS, LOG, CHANGES any number of times,
 * then
 *   VALUE, NONE, YES, REFUSED: to GET and EXISTS  DONE or FAILED: to each SCRIPT
 *
 * What is decoded here comes from a process that may have been taken over: everything is checked,
 * and a malformed frame (ERR_PROTOCOL) changes nothing but the reader's position.
 */

#include "lib/os/frame.h"
#include "lib/script/script.h"

/* Bytes of one frame, either way: the largest script and its name. */
#define SCRIPT_FRAME_MAX (SCRIPT_SIZE_MAX + 16u * 1024)

#define SCRIPT_FRAME_NAMES_MAX 64u /* of %NAME%, and of prefixes */

enum script_frame {
	SCRIPT_FRAME_FACTS = 'F',
	SCRIPT_FRAME_SCRIPT = 'S',
	SCRIPT_FRAME_VALUE = 'V',
	SCRIPT_FRAME_NONE = 'N',
	SCRIPT_FRAME_YES = 'Y',
	SCRIPT_FRAME_REFUSED = 'R', /* code, text */

	SCRIPT_FRAME_HELLO = 'H',
	SCRIPT_FRAME_GET = 'G',
	SCRIPT_FRAME_EXISTS = 'X',
	SCRIPT_FRAME_LOG = 'L',
	SCRIPT_FRAME_CHANGES = 'C',
	SCRIPT_FRAME_DONE = 'D',
	SCRIPT_FRAME_FAILED = 'E' /* code, text */
};

int script_frames_put_value(struct buf *b, const struct value *v, struct err *e);
/* *v is freed by the caller. */
int script_frames_value(struct wire *w, struct value *v, struct err *e);

/*
 * Facts, all but the functions.  script_frames_facts() allocates arrays and keeps pointers into
 * what w reads.
 */
int script_frames_put_facts(struct buf *b, const struct script_facts *facts, struct err *e);
int script_frames_facts(struct wire *w, struct script_facts *facts, struct err *e);
void script_frames_facts_free(struct script_facts *facts);

int script_frames_put_change(struct buf *b, const struct change *c, struct err *e);

/*
 * Whether a key is normalised as the child must have done it, so that what is checked is what is
 * used.  0, or -1 with ERR_PROTOCOL.
 */
int script_frames_key(const char *key, struct err *e);

/*
 * Read changes to the end of a frame and append them to c, of which *size bytes are taken
 * (SCRIPT_CHANGES_MAX).  Each must be well formed by the rules of change sets, its key normalised
 * and one that keyguard_touch() lets through.
 */
int script_frames_changes(struct wire *w, const struct script_facts *facts, struct changeset *c,
    size_t *size, struct err *e);

#endif
