/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_EDIT_H
#define SERVER_ROLLOVER_EDIT_H

/* Publishing releases in which stations trust other certificates. */
#include "server/repo/session.h"
#include "server/rollover/look.h"

/*
 * Publishes releases in which each file that holds the old or the new certificate holds exactly
 * those wanted; the rest of each release is the present one.  With s->request it writes a signing
 * request instead.  The result in words is appended to said.  0 or -1.
 */
int edit_publish(const struct replace *p, const struct look *l, struct session *s,
    const bool want[REPLACE_COUNT], struct buf *said, struct err *e);

#endif
