/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_FETCHING_H
#define TESTS_INTEGRATION_FETCHING_H

/*
 * What tests of the transport share: where files go, and a check of what arrived.
 */
#include "lib/base/digest.h"
#include "updater/fetch/fetch.h"

/* What arrives of a file: its digest, and what it does on the way. */
struct sink {
	struct digest *md;
	uint64_t bytes;
	uint64_t act_at;   /* after so many bytes … */
	void (*act)(void); /* … do this, once */
};

/* A file to fetch, of at most max bytes, into s. */
void file_init(struct sftp_file *f, struct sink *s, const char *path, uint64_t max);

/*
 * Fetch n files with a connection of their own.  As fetch_start() and fetch_files(); every file has
 * a result.
 */
int fetch_with(const struct fetch_config *config, struct sftp_file *files, size_t n, struct err *e);

/* What s got are the bytes of path below the directory repo, from offset on. */
void assert_arrived(struct sink *s, const char *repo, const char *path, uint64_t offset);

#endif
