/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_CONTENT_H
#define SERVER_REVIEW_CONTENT_H

/* The files of a release, in the directory that it is made of or stored in a repository. */
#include "lib/os/file.h"
#include "lib/tuf/layout.h"
#include "server/repo/repo.h"

struct content {
	const char *app;       /* the caller's */
	const json_t *targets; /* the caller's, as the role's metadata has it; NULL: no release */
	struct dir *dir;       /* the caller's: of the release; NULL: the files are in r */
	const struct repo *r;
};

/* The path of a target in its release: "app/server.crt" of "COV_PB/app/server.crt". */
const char *content_path(const struct content *c, const char *target);

/* The target of a file "app/server.crt"; a name too long for one is cut, and no target. */
#define CONTENT_TARGET_SIZE (PATH_REL_MAX + 2)
void content_target(const struct content *c, const char *path, char out[CONTENT_TARGET_SIZE]);

/* Whether the release has the file "app/server.crt". */
bool content_has(const struct content *c, const char *path);

/* The length that the metadata states, in bytes. */
uint64_t content_length(const struct content *c, const char *target);

/*
 * Append the content of a target to out, which is empty and whose max is the limit; or open it, to
 * be closed with file_in_close().  Only the first compares hashes of a stored file.  Return 0 or
 * the file, or -1 or NULL with ERR_NOENT, ERR_TOO_LARGE, ERR_HASH and others.
 */
int content_read(const struct content *c, const char *target, struct buf *out, struct err *e);
struct file_in *content_open(const struct content *c, const char *target, struct err *e);

/*
 * Append the content of a file that holds a block of this label ("CERTIFICATE") to out.  Returns 1,
 * 0 when the file holds none or is larger than out may be, or -1.
 */
int content_read_block(const struct content *c, const char *target, const char *label,
    struct buf *out, struct err *e);

#endif
