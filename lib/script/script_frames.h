/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_SCRIPT_FRAMES_H
#define LIB_SCRIPT_SCRIPT_FRAMES_H

/*
 * What a program and its script child say to each other, one frame each, in the data types of
 * base/wire.h.  Texts are strings whose last byte is their only NUL.
 *
 *   to the child                                  from the child
 *   FACTS    once, then any number of             HELLO    once: how it is confined
 *   SCRIPT   name, source                         GET, EXISTS, LOG, CHANGES any number of times,
 * then
 *   VALUE, NONE, YES, REFUSED: to GET and EXISTS  DONE or FAILED: to each SCRIPT
 *
 * What is decoded here comes from a process that may have been taken over: everything is checked,
 * and nothing but the reader's position changes where it isn't as it should be (ERR_PROTOCOL).
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/os/frame.h"
#include "lib/base/wire.h"
#include "lib/script/script.h"

/* Bytes of one frame, either way: the largest script and its name. */
#define EXCHANGE_FRAME_MAX (SCRIPT_SIZE_MAX + 16u * 1024)

#define EXCHANGE_NAMES_MAX 64u /* of %NAME%, and of prefixes */

enum exchange {
	EXCHANGE_FACTS = 'F',
	EXCHANGE_SCRIPT = 'S',
	EXCHANGE_VALUE = 'V',
	EXCHANGE_NONE = 'N',
	EXCHANGE_YES = 'Y',
	EXCHANGE_REFUSED = 'R', /* code, text */

	EXCHANGE_HELLO = 'H',
	EXCHANGE_GET = 'G',
	EXCHANGE_EXISTS = 'X',
	EXCHANGE_LOG = 'L',
	EXCHANGE_CHANGES = 'C',
	EXCHANGE_DONE = 'D',
	EXCHANGE_FAILED = 'E' /* code, text */
};

int exchange_put_value(struct buf *b, const struct value *v, struct err *e);
/* *v is freed by the caller. */
int exchange_value(struct wire *w, struct value *v, struct err *e);

/*
 * Facts, all but the functions.  exchange_facts() allocates arrays and keeps pointers into what w
 * reads.
 */
int exchange_put_facts(struct buf *b, const struct script_facts *facts, struct err *e);
int exchange_facts(struct wire *w, struct script_facts *facts, struct err *e);
void exchange_facts_free(struct script_facts *facts);

int exchange_put_change(struct buf *b, const struct change *c, struct err *e);

/*
 * Read changes to the end of a frame and append them to c, of which *size bytes are taken
 * (SCRIPT_CHANGES_MAX).  Each must be well formed by the rules of change sets, its key normalised
 * and one that guard_key() lets through.
 */
int exchange_changes(struct wire *w, const struct script_facts *facts, struct changeset *c,
    size_t *size, struct err *e);

#endif
