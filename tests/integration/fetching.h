/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_FETCHING_H
#define TESTS_INTEGRATION_FETCHING_H

/*
 * Shared by the tests of the transport: a sink for files, and a check of the received bytes.
 */
#include "lib/base/digest.h"
#include "updater/fetch/fetch.h"

/* The sink of a file: the digest of its bytes, and an action on the way. */
struct sink {
	struct digest *md;
	uint64_t bytes;
	uint64_t act_at;   /* after so many bytes … */
	void (*act)(void); /* … do this, once */
};

/* Returns a file to fetch, of at most max bytes, into s. */
void file_init(struct sftp_file *f, struct sink *s, const char *path, uint64_t max);

/*
 * Fetches n files over a new connection, as fetch_start() and fetch_files() do; every file gets a
 * result.
 */
int fetch_with(const struct fetch_config *config, struct sftp_file *files, size_t n, struct err *e);

/* Asserts that s got the bytes of path below the directory repo, from offset on. */
void assert_arrived(struct sink *s, const char *repo, const char *path, uint64_t offset);

#endif
