/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_FILE_H
#define LIB_SFTP_FILE_H

/* A file that is asked for, and its result. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum sftp_result {
	SFTP_FILE_PENDING, /* not answered yet */
	SFTP_FILE_OK,	   /* all bytes were handed to data() */
	SFTP_FILE_ABSENT,  /* the server says that there is no such file, and only that */
	SFTP_FILE_FAILED   /* anything else; err says what */
};

/*
 * Whether a server sends small packets at once (TCP_NODELAY), or holds them back until the ones
 * before are acknowledged (Nagle's algorithm), which costs each start two round trips.
 */
enum sftp_nagle { SFTP_NAGLE_UNKNOWN, SFTP_NAGLE_OFF, SFTP_NAGLE_ON };

struct sftp_file {
	/* below the repository: "metadata/2.root.json"; path_check() must take it */
	const char *path;
	/* most bytes of the whole file; a server that has more is cut off: ERR_TOO_LARGE */
	uint64_t max;
	/*
	 * the file should have max bytes: it is whole with the last of them, and its size isn't
	 * asked for
	 */
	bool exact;
	/*
	 * it may be missing, and a server that refuses it says the same: some answer "permission
	 * denied" or "failure" for what isn't there
	 */
	bool optional;
	/* begin at this byte (the bytes before it are here already); moved on as bytes arrive */
	uint64_t offset;
	/* Takes bytes in order, from offset on.  -1 with e filled in: SFTP_FILE_FAILED. */
	int (*data)(void *arg, const void *bytes, size_t len, struct err *e);
	/*
	 * Forgets the bytes that came: another connection begins at the first byte again, because
	 * the file may be another by then.  NULL for a file that is named after its hash: the next
	 * connection, or server, goes on where this one broke.
	 */
	void (*again)(void *arg);
	void *arg;
	enum sftp_result result; /* SFTP_FILE_PENDING (0) before */
	struct err err;		 /* set when result is SFTP_FILE_FAILED */
};

#endif
