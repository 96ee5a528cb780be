/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_BATCH_H
#define LIB_SCRIPT_BATCH_H

/*
 * A batch file (.cmd, .bat) as the commands that cmd.exe would start, each as the words that its
 * program gets.  Nothing is run: conditions, loops and variables aren't followed, and the commands
 * within are given with in_block set.
 *
 * '%' stays as it is written, "%%" too.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"

/* Bytes of a line with the lines that a '^' joins to it; cmd.exe takes 8,191 characters. */
#define BATCH_LINE_MAX 8191u

struct batch {
	const char *p, *end; /* the rest of the file */
	size_t number;	     /* of the line that was read last */
	size_t line;	     /* where the command begins that was given last */
	struct buf text;     /* the line, and where its next command begins */
	size_t at;
	unsigned depth; /* of blocks in parentheses that are open */
	bool in_block;	/* the command runs only sometimes, or several times */
	bool if_well;	/* ... only where the one before in its line succeeds: "&&" */
	bool next_if_well;
	size_t labels; /* that were read so far */
};

/* For text of any encoding that has ASCII in it, without a mark; it must live as long as b. */
void batch_begin(struct batch *b, const char *text, size_t len);
void batch_end(struct batch *b);

/*
 * The next command.  1 with its words appended (a comment: "rem" and its text), 0 at the end, -1
 * with ERR_SYNTAX or ERR_TOO_LARGE where a command can't be read, behind which the caller may go
 * on, or ERR_NOMEM.
 */
int batch_next(struct batch *b, struct strings *words, struct err *e);

#endif
