/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_DESCRIBE_H
#define SERVER_REPO_DESCRIBE_H

/*
 * Describes a role's next version in words for the person who is asked to sign it.  Refuses
 * contents that it can't describe: nobody should sign contents that aren't shown.
 */
#include <jansson.h>

#include "lib/base/buf.h"

/*
 * Appends the description of body, the "signed" part of a role.  before is the present version,
 * which the signer trusts, or NULL when there is none.  Returns 0, or -1 with ERR_SYNTAX or
 * ERR_UNSAFE.
 */
int describe_role(const char *role, const json_t *body, const json_t *before, struct buf *out,
    struct err *e);

#endif
