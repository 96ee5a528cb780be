/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_HELP_H
#define LIB_CLI_HELP_H

/* Help, usage and completion, printed from the tables. */
#include <stdio.h>

#include "lib/cli/command.h"

/* The options that each program has. */
extern const struct option help_options[];

/* The values of help_options. */
struct help_asked {
	bool help, version;
	const char *completion;
};

/* Prints the commands of a program, or (group not "") of a group. */
void help_list(const struct program *p, const char *group, FILE *out);

/* Prints a command and its options on standard output. */
void help_command(const struct program *p, const struct command *c);

/*
 * Prints one line: "usage: PROGRAM COMMAND ARGS; 'PROGRAM COMMAND --help' tells more".  c NULL: the
 * usage of the program.
 */
void help_usage(const struct program *p, const struct command *c, FILE *out);

/* Prints the completion script for a shell, a word of --completion, on standard output. */
void help_completion(const struct program *p, const char *shell);

/* Bytes of a word or name that are compared; longer ones are never near. */
#define NEAR_SIZE 64

/* "Did you mean": the name that is nearest to a mistyped word. */
struct near {
	const char *word; /* len bytes */
	size_t len;
	const char *best; /* best_len bytes; NULL: no name was near enough */
	size_t best_len;
	size_t distance; /* of best */
};

/* Makes name (len bytes) the best one if it is nearer than the names before. */
void near_try(struct near *n, const char *name, size_t len);

#endif
