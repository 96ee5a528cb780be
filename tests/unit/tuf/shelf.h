/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_TUF_SHELF_H
#define TESTS_UNIT_TUF_SHELF_H

/*
 * Files by name in memory: a repository, or what a station keeps.  Joined to lib/tuf as a
 * struct tuf_source and a struct tuf_store.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/tuf/client.h"

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

/* Whether both have the file with the same bytes, or neither has it. */
bool shelf_same(const struct shelf *a, const struct shelf *b, const char *name);

/* A client's surroundings: what it asks for is noted, and a call can be made to fail. */
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

#endif
