/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_RELEASE_H
#define SERVER_REPO_RELEASE_H

/*
 * The directory of a release, for publish: install/, app/, scripts/machine/NAME.lua and
 * scripts/user/NAME.lua, regular files only, with names that mean the same file on every platform.
 */
#include "lib/base/list.h"
#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/os/file.h"

#define RELEASE_FILES_MAX 100000

/* Bytes of one file. */
#define RELEASE_FILE_MAX ((uint64_t)1 << 30)

struct release_file {
	char *path; /* owned; below the release's directory */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size; /* bytes */
};

struct release {
	struct dir *dir;	    /* owned */
	struct release_file *files; /* owned */
	size_t n;
	uint64_t bytes;
	json_t *targets; /* owned: {"APP/path": {"length", "hashes", "custom"}} */
};

/*
 * Reads and checks the directory.  Returns 0, or -1 with ERR_UNSAFE, ERR_TOO_LARGE and others; free
 * *r with release_free() in both cases.
 */
int release_scan(struct release *r, const char *app, const char *path, struct err *e);
void release_free(struct release *r);

/*
 * How many installed files have a path, below install/ or app/, of over PATH_HOPEFUL_MAX characters
 * (lib/base/path.h): programs of Windows may not open these.  *first: one of them, of r, or NULL.
 */
size_t release_long_paths(const struct release *r, const char **first);

/*
 * Runs each script in a script child, as lib/script/dryrun.h does without facts of a station, once
 * for each operating system.  Notes, which are for people, are appended, each once: of TLS settings
 * in folders of each user's (lib/script/userfile.h).  A script that was checked before without
 * notes, with the same bytes beside files of the same names, isn't run again: the repository at top
 * (NULL: none) remembers it.  Returns 0, or -1; the text names script and line.
 */
int release_check_scripts(const struct release *r, const char *app, struct dir *top,
    struct strings *notes, struct err *e);

/*
 * Returns the patterns of the targets of app: APP and 2 to LAYOUT_DEPTH_MAX components.  NULL: no
 * memory.
 */
json_t *release_patterns(const char *app);

#endif
