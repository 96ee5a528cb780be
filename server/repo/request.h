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
 * "before" and "signers" are for the signer's eyes and prove nothing: the repository checks the
 * signatures against its own metadata.
 */

#include "server/repo/change.h"

/* Bytes of a request. */
#define REQUEST_MAX REPO_METADATA_MAX

/* Write a sealed change to a new file.  ERR_EXISTS when path is there. */
int request_write(const struct change *c, const char *path, struct err *e);

/* Whether request has the form above.  0, or -1 with ERR_SYNTAX and others. */
int request_check(const json_t *request, struct err *e);

/* Reads and checks the form of a request.  NULL with ERR_NOENT, ERR_SYNTAX and others. */
json_t *request_read(const char *path, struct err *e);

/* Replace the file by a request that has been signed. */
int request_save(const json_t *request, const char *path, struct err *e);

/*
 * Add the signatures of other, a copy of the same request that somebody else signed.  ERR_CONFLICT
 * if it isn't.
 */
int request_merge(json_t *request, const json_t *other, struct err *e);

/* Put what it holds into an empty change and seal that. */
int request_load(const json_t *request, struct change *c, struct err *e);

/* Its files, and a file's role. */
size_t request_count(const json_t *request);
json_t *request_file(const json_t *request, size_t i);
const char *request_role(const json_t *file);

/* One set of keys that is to sign a file: who may, and how many signatures of theirs count now. */
struct request_signers {
	const char *who;
	bool required;
	size_t n; /* keys */
	unsigned threshold, have;
};

/* How many sets there are, and one of them. */
size_t request_signers_count(const json_t *file);
int request_signers(const json_t *file, size_t i, struct request_signers *out, struct err *e);

/* Whether metadata (may be JSON's null) holds a valid signature by this key.  1, 0 or -1. */
int request_signed_by(const json_t *metadata, const char *keyid, json_t *key, struct err *e);

/* Whether the key with this id is among those that are to sign the file. */
bool request_wants(const json_t *file, const char *keyid);

#endif
