/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_COMPLETION_H
#define LIB_CLI_COMPLETION_H

/*
 * The parts of the scripts that complete a line, for each shell.  In begin, values and reader '@'
 * is the program's name, and '~' the same with '_' for '-'.
 *
 * The two functions of a script set lists for the words before the cursor: next (words that may
 * follow), names (options), takes (options with a value), values, and args, one of files, nothing,
 * directories, commands and program.
 */
struct completion_shell {
	const char *name;		     /* of --completion */
	const char *begin;		     /* up to the choice by words */
	const char *label, *any, *label_end; /* around words; any: whatever the command is */
	const char *set, *to, *set_end;	     /* around a list and its words */
	const char *append, *append_to;	     /* the same, for words that are added to a list */
	const char *close;		     /* ends what a label begins */
	const char *chosen;		     /* ends the choice */
	const char *values; /* ends the function, up to the choice of the other one */
	const char *reader; /* ends that function, and the script */
};

/* bash, zsh and fish; the last row has no name. */
extern const struct completion_shell completion_shells[];

#endif
