/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_FETCH_DOWNLOAD_H
#define UPDATER_FETCH_DOWNLOAD_H

/*
 * Fetching targets into files that bear their name only when length and hashes are the signed ones.
 */

#include "lib/os/file.h"
#include "updater/fetch/fetch.h"
#include "updater/fetch/progress.h"
#include "lib/tuf/metadata.h"

struct download {
	const char *target; /* for messages */
	const char *remote; /* path that fetch_files() is asked for */
	const char *name;   /* file to make in the directory; NAME.part while it isn't whole */
	const struct tuf_target *want; /* length, and one hash or more */
};

/*
 * Fetches n files into dir and hashes their bytes as they arrive.  Content that differs from want
 * never gets its name.  With resume, the bytes of a large file that had come when the network
 * failed stay as NAME.part, and the next call goes on after them; the hash of the whole file shows
 * whether they were right, and if they weren't, the file is fetched anew.  progress, which may be
 * NULL, is told of each file and its bytes.  0 when all files are there; -1 with the first fault:
 * ERR_NOENT, ERR_HASH, ERR_TOO_LARGE, or an error of fetch_files() or of writing.
 */
int download_files(struct fetch *f, struct dir *dir, const struct download *files, size_t n,
    bool resume, struct progress *progress, struct err *e);

/*
 * Returns whether dir/name has this length and these hashes; false when the deadline, a time of
 * clock_mono_ms(), passed meanwhile.
 */
bool download_is_there(struct dir *dir, const char *name, const struct tuf_target *want,
    int64_t deadline);

#endif
