/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SERVERS_H
#define LIB_SFTP_SERVERS_H

/*
 * Addresses and host keys of update servers in signed metadata: the member "servers" of an
 * application's role, {"addresses": ["sftp://…"…], "host_keys": ["SHA256:…"…]}.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/base/list.h"

#define SERVERS_NAME "servers"
#define SERVERS_MAX  16 /* of each list */

struct servers {
	struct strings addresses, host_keys;
};

#define SERVERS_INIT \
	{ \
		STRINGS_INIT, STRINGS_INIT \
	}

/* Check one of either list.  Return 0, or -1 with ERR_CONFIG. */
int servers_check_address(const char *text, struct err *e);
int servers_check_host_key(const char *text, struct err *e);

/*
 * Read the member; j may be NULL, for a role that has none.  A list may be missing, and other
 * members are ignored.  Returns 0, or -1 with ERR_SYNTAX (no such object, an entry that is none or
 * is there twice, an address that isn't sftp:), ERR_TOO_LARGE or ERR_NOMEM and *s empty.
 */
int servers_read(const json_t *j, struct servers *s, struct err *e);

/* The same as JSON.  The caller calls json_decref().  NULL with ERR_NOMEM. */
json_t *servers_json(const struct servers *s, struct err *e);

/* Whether a list has this text. */
bool servers_have(const struct strings *list, const char *text);

void servers_free(struct servers *s);

#endif
