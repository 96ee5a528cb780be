/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_TUF_SHELF_H
#define TESTS_UNIT_TUF_SHELF_H

/*
 * Files by name in memory: a repository, or the files of a station.  lib/tuf uses them as a struct
 * tuf_source and a struct tuf_store.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/tuf/client.h"
#include "lib/tuf/privkey.h"

#define SHELF_NAME 256

struct shelf_file {
	char name[SHELF_NAME];
	uint8_t *data;
	size_t len;
};

struct shelf {
	struct shelf_file *files;
	size_t n;
};

struct shelf_file *shelf_find(const struct shelf *s, const char *name);
void shelf_put(struct shelf *s, const char *name, const void *data, size_t len);
void shelf_drop(struct shelf *s, const char *name);
void shelf_clear(struct shelf *s);
void shelf_copy(struct shelf *to, const struct shelf *from);

/* Whether both have the same file, or neither has the file. */
bool shelf_same(const struct shelf *a, const struct shelf *b, const char *name);

/* A client's repository and store, which note the requests and can make one call fail. */
struct world {
	struct shelf remote, local;
	int saves;
	char asked[4096]; /* names that were fetched, each followed by a space */
	int fail_at;	  /* the call of save() or forget() that fails, from 1; 0: none */
	int calls;
	struct shelf notes;	/* the note of a refused file */
	const char *unreadable; /* the role that load() fails for with ERR_IO, or NULL */
};

/* A client of w, without hints.  Never NULL. */
struct tuf_client *world_client(struct world *w, int64_t now);
void world_clear(struct world *w);

/* Keys of a group of tests, all ed25519: its set-up and its teardown make and release them. */
#define SHELF_KEYS 7
extern struct privkey *shelf_keys[SHELF_KEYS];
int shelf_make_keys(void **state);
int shelf_drop_keys(void **state);

/* The entry of a root or of delegations for the keys from first to last. */
json_t *shelf_ring(int first, int last);

/* A role with one key and the threshold 1. */
json_t *shelf_role(int key);

/* Returns the members that the signed part of each role has. */
json_t *shelf_body(const char *type, int version, const char *expires);

/*
 * Signs by the key and puts the file into w's repository.  Returns a parent's entry of that file.
 */
json_t *shelf_sign(struct world *w, json_t *signed_part, int key, const char *name, int version);

/* Returns a parent's entry for these bytes. */
json_t *shelf_meta(int version, const struct buf *bytes);

/* The station trusts the repository's first root, and has no other file. */
void shelf_trust_root(struct world *w);

#endif
