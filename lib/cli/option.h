/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_OPTION_H
#define LIB_CLI_OPTION_H

/*
 * The options of a command, as a table.  "--name value", "--name=value", "--flag" and "-x" may
 * stand before, between and after the other arguments; "--" ends them.  Names are never
 * abbreviated.
 *
 * A table ends with a row whose name is NULL.  Help and completion are made from the same rows.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* How often an option of kind OPTION_LIST may be given. */
#define OPTION_LIST_MAX 1024

enum option_kind {
	OPTION_FLAG,   /* bool, set to true */
	OPTION_TEXT,   /* const char *, points into argv */
	OPTION_CHOICE, /* const char *, equals one of words */
	OPTION_NUMBER, /* int64_t, decimal, between min and max */
	OPTION_LIST    /* struct option_list, each value is appended */
};

/* The values that completion offers. */
enum offer { OFFER_FILES, OFFER_NOTHING, OFFER_DIRECTORIES, OFFER_COMMANDS };

struct option_list {
	const char *values[OPTION_LIST_MAX]; /* point into argv */
	size_t n;
};

struct option {
	const char *name; /* without the dashes */
	enum option_kind kind;
	size_t to;	   /* OPTION_TO(): where the value goes */
	const char *arg;   /* the value's word in the help; NULL for a flag */
	const char *help;  /* wrapped and indented when it is printed */
	char letter;	   /* of "-x", or 0 */
	const char *words; /* OPTION_CHOICE: "p256 p384 ed25519" */
	int64_t min, max;  /* OPTION_NUMBER; OPTION_LIST: max values, 0: OPTION_LIST_MAX */
	enum offer offers;
};

/* Members of a row: the value goes to this member of the struct that option_set names. */
#define OPTION_TO(type, member) .to = offsetof(type, member)

/* A row that is the content of a macro, and the last row of a table. */
#define OPTION_ROW(...) \
	{ \
		__VA_ARGS__ \
	}
#define OPTION_END OPTION_ROW(.name = NULL)

/* A table (rows NULL: an empty one) and the struct that takes its values. */
struct option_set {
	const struct option *rows;
	void *to;
};

/*
 * Reads argv[0] to argv[*argc - 1].  Arguments that are no options are moved to the front, in
 * order; *argc becomes their number and argv[*argc] NULL.  With stop, reading ends at the first of
 * them.
 * Returns 0, or -1 with ERR_USAGE and the first fault; the options after a fault are still read, so
 * that --help works.
 */
int option_parse(const struct option_set *sets, size_t n, bool stop, int *argc, char **argv,
    struct err *e);

#endif
