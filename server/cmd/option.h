/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_OPTION_H
#define SERVER_CMD_OPTION_H

/*
 * Long options of a command, as a table.  "--name value", "--name=value" and "--flag" may stand
 * before, between and after the other arguments; "--" ends them.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* How often an option of kind OPTION_LIST may be given. */
#define OPTION_LIST_MAX 64

enum option_kind {
	OPTION_FLAG,   /* to: bool *, set to true */
	OPTION_TEXT,   /* to: const char **, points into argv */
	OPTION_NUMBER, /* to: int64_t *, decimal, between min and max */
	OPTION_LIST    /* to: struct option_list *, each value is appended */
};

struct option_list {
	const char *values[OPTION_LIST_MAX]; /* point into argv */
	size_t n;
};

struct option {
	const char *name; /* without the dashes */
	enum option_kind kind;
	void *to;
	int64_t min, max; /* OPTION_NUMBER */
};

/*
 * Read argv[1] to argv[*argc - 1].  What is no option is moved to the front, in order, and *argc
 * becomes its count plus one.  With stop, reading ends at the first argument that is no option (it
 * and all after it stay).  0, or -1 with ERR_USAGE.
 */
int option_parse(const struct option *options, size_t n, int stop, int *argc, char **argv,
    struct err *e);

#endif
