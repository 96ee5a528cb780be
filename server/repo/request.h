/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_REQUEST_H
#define SERVER_REPO_REQUEST_H

/*
 * A signing request: a file that carries a change to the people who hold the keys and back.
 *
 *	{"slipway_signing_request": 1, "files": [
 *	    {"role": "targets",
 *	     "metadata": {"signatures": [...], "signed": {...}},
 *	     "before": the present file of the role, or null,
 *	     "signers": [{"who", "required", "keys": {ID: key}, "keyids": [...], "threshold": 2}]}]}
 *
 * "before" and "signers" are only shown to the signer and prove nothing: the repository checks the
 * signatures against its own metadata.
 */

#include "server/repo/change.h"

/* Bytes of a request. */
#define REQUEST_MAX REPO_METADATA_MAX

/* Writes a sealed change to a new file.  ERR_EXISTS when path exists. */
int request_write(const struct change *c, const char *path, struct err *e);

/* Checks that request has the form above.  Returns 0, or -1 with ERR_SYNTAX and others. */
int request_check(const json_t *request, struct err *e);

/* Reads and checks the form of a request.  NULL with ERR_NOENT, ERR_SYNTAX and others. */
json_t *request_read(const char *path, struct err *e);

/* Replaces the file by a signed request. */
int request_save(const json_t *request, const char *path, struct err *e);

/*
 * Adds the signatures of other, a copy of the same request that somebody else signed.  ERR_CONFLICT
 * if other is another request.
 */
int request_merge(json_t *request, const json_t *other, struct err *e);

/* Adds the contents of the request to an empty change, and seals the change. */
int request_load(const json_t *request, struct change *c, struct err *e);

/* The files of a request, and a file's role. */
size_t request_count(const json_t *request);
json_t *request_file(const json_t *request, size_t i);
const char *request_role(const json_t *file);

/* One set of keys that is to sign a file, and the number of their valid signatures so far. */
struct request_signers {
	const char *who;
	bool required;
	size_t n; /* keys */
	unsigned threshold, have;
};

/* The number of sets, and one of them. */
size_t request_signers_count(const json_t *file);
int request_signers(const json_t *file, size_t i, struct request_signers *out, struct err *e);

/* Whether metadata (may be JSON's null) holds a valid signature by this key.  1, 0 or -1. */
int request_signed_by(const json_t *metadata, const char *keyid, json_t *key, struct err *e);

/* Whether the key with this id is among those that are to sign the file. */
bool request_wants(const json_t *file, const char *keyid);

#endif
