/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_DESCRIBE_H
#define SERVER_REPO_DESCRIBE_H

/*
 * What a role's next version says, in words, for whoever is asked to sign it.  What can't be put
 * into words is refused: nobody should sign what isn't shown.
 */
#include <jansson.h>

#include "lib/base/buf.h"

/*
 * Append the text about body, the "signed" part of a role.  before is the present one and is
 * believed; NULL when there is none, or none that the signer can believe.  0, or -1 with ERR_SYNTAX
 * or ERR_UNSAFE.
 */
int describe_role(const char *role, const json_t *body, const json_t *before, struct buf *out,
    struct err *e);

#endif
