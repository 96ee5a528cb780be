/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_DELEGATION_H
#define LIB_TUF_DELEGATION_H

/* Delegated roles, and the paths that they cover (specification 4.5). */

#include "lib/tuf/envelope.h"

struct tuf_delegation {
	const char *name;
	struct tuf_role role;
	bool terminating;
	const json_t *paths, *prefixes; /* exactly one of them is an array */
};

/* Whether a delegation covers path (specification 4.5): `*` and `?` never match '/'. */
bool delegation_covers(const struct tuf_delegation *d, const char *path);

/* Whether the pattern matches the path: `*` and `?` are the only wildcards and never match '/'. */
bool tuf_glob(const char *pattern, const char *path);

#endif
