/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_CA_DB_H
#define SERVER_CERT_CA_DB_H

/*
 * The certificates that a CA has issued: issued.json beside its key, one JSON object, replaced as a
 * whole and durably.
 *
 *	{"slipway_ca":1, "crl":3,
 *	 "issued":[{"serial":"4f…", "sha256":"…", "name":"kernel", "subject":"CN=kernel", "usage":"server",
 *	            "from":"2026-03-01T12:00:00Z", "to":"…", "revoked":{"time":"…", "reason":"superseded"}}]}
 *
 * "crl" is the number of the last list of revocations.  Each certificate is entered before it is
 * handed out, so that each can be revoked.
 */

#include <jansson.h>

#include "lib/os/file.h"
#include "server/cert/issue.h"

#define CA_DB_FILE    "issued.json"
#define CA_DB_MAX     (64u * 1024 * 1024)
#define CA_ISSUED_MAX 100000
#define CA_CRL_MAX    1000000000 /* number of a list of revocations */

/* The number of a reason (RFC 5280, 5.3.1), or -1 for an unknown text. */
int ca_reason(const char *text);

json_t *ca_db_new(struct err *e);
/* Whether db has the form above.  0, or -1 with ERR_SYNTAX or ERR_TOO_LARGE. */
int ca_db_check(const json_t *db, struct err *e);

/* Reads and checks the database.  NULL with the errors of ca_db_check() and others. */
json_t *ca_db_read(struct dir *d, struct err *e);
int ca_db_write(struct dir *d, const json_t *db, struct err *e);

/* Enters a certificate, whose name will be name. */
int ca_db_add(json_t *db, X509 *x, const char *name, enum cert_usage usage, struct err *e);

/* Returns a member of an entry, or "" when the entry lacks the member. */
const char *ca_db_text(const json_t *entry, const char *member);

/*
 * Returns the only entry whose member equals text (serial: begins with text), or NULL with
 * ERR_NOENT or ERR_CONFLICT.  Revoked entries count only if no other entry matches.
 */
json_t *ca_db_find(const json_t *db, const char *member, const char *text, struct err *e);

/* Marks the entry as revoked.  Returns 1, 0 when it was revoked before, or -1 with ERR_USAGE. */
int ca_db_revoke(json_t *entry, const char *reason, struct err *e);

#endif
