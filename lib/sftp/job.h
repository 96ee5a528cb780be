/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_JOB_H
#define LIB_SFTP_JOB_H

/* One thing that is done in a directory of a server, and its result. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum sftp_job_kind {
	SFTP_JOB_LIST = 1, /* the entries of the directory path */
	SFTP_JOB_GET,	   /* the content of a file of at most size bytes */
	SFTP_JOB_PUT,	   /* write the file path; then rename it to to, unless to is NULL */
	SFTP_JOB_MKDIR,	   /* make a directory (mode 0755) */
	SFTP_JOB_RENAME,   /* give the file path the name to, replacing what is there */
	SFTP_JOB_REMOVE	   /* remove a file */
};

enum sftp_job_result {
	SFTP_JOB_PENDING, /* not done yet */
	SFTP_JOB_OK,
	SFTP_JOB_ABSENT, /* LIST, GET, REMOVE: the server says that there is no such file */
	SFTP_JOB_FAILED	 /* anything else; err says what */
};

/* An entry of a directory.  The name is one that path_check() takes, without '/'. */
struct sftp_listed {
	const char *name;
	enum sftp_listed_type { SFTP_LISTED_FILE, SFTP_LISTED_DIRECTORY, SFTP_LISTED_OTHER } type;
	uint64_t size;
};

/* Entries that one LIST takes: ERR_TOO_LARGE. */
#define SFTP_LIST_MAX 1000000u

/* Bytes that are written at once. */
#define SFTP_WRITE_MAX 32768u

struct sftp_job {
	enum sftp_job_kind kind;
	/* below the root; path_check() must take it; LIST: "" is the root itself */
	const char *path;
	const char *to;	 /* PUT, RENAME: or NULL (PUT) */
	uint64_t size;	 /* PUT: bytes of the file; GET: most bytes, else ERR_TOO_LARGE */
	bool exclusive;	 /* PUT: fails where path is there; else path is replaced */
	uint64_t offset; /* PUT, GET: bytes that were given or taken so far; 0 before */
	uint32_t listed; /* LIST: entries so far; 0 before */
	/* PUT: fills in exactly len bytes from offset on.  -1 with e: SFTP_JOB_FAILED. */
	int (*pull)(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e);
	/* GET: takes bytes in order.  -1 as of pull(). */
	int (*data)(void *arg, const void *bytes, size_t len, struct err *e);
	/* LIST: takes an entry.  -1 as of pull(). */
	int (*entry)(void *arg, const struct sftp_listed *entry, struct err *e);
	/* In the child: called once the result is set; may be NULL. */
	void (*ended)(void *arg);
	void *arg;
	enum sftp_job_result result; /* SFTP_JOB_PENDING (0) before */
	struct err err;		     /* set when result is SFTP_JOB_FAILED */
};

/*
 * Whether the paths may be sent, for parent and child.  0, or -1 with ERR_UNSAFE, ERR_TOO_LARGE or
 * ERR_USAGE.
 */
int sftp_job_check(const struct sftp_job *j, struct err *e);

/* Whether a name of len bytes that a server lists may be handed on; others are ignored. */
bool sftp_job_name(const char *name, size_t len);

#endif
