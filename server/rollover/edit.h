/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_EDIT_H
#define SERVER_ROLLOVER_EDIT_H

/* Publishing releases with other trusted certificates. */
#include "server/repo/session.h"
#include "server/rollover/look.h"

/*
 * Publishes releases in which each file with the old or the new certificate holds exactly the
 * wanted certificates; all other files are those of the present release.  With s->request writes a
 * signing request instead.  Appends the result in words to said.  Returns 0 or -1.
 */
int edit_publish(const struct replace *p, const struct look *l, struct session *s,
    const bool want[REPLACE_COUNT], struct buf *said, struct err *e);

#endif
