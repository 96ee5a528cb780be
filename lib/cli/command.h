/* SPDX-License-Identifier: ISC */
#ifndef LIB_CLI_COMMAND_H
#define LIB_CLI_COMMAND_H

/*
 * The command line of a program, as a table of commands.
 *
 * cli_main() finds the command, reads the options, counts the arguments, runs the command, and
 * checks standard output at the end.  --help, -h, --version and -V work at each place of the line
 * up to a "--"; "help" explains a command or a group.  Completion is made from the same rows.
 */
#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/cli/option.h"

/* Exit statuses. */
#define CLI_OK	   0
#define CLI_FAILED 1 /* the command failed; standard error says why */
#define CLI_MISUSE 2 /* the line is wrong; nothing was tried */
#define CLI_ATTEND 3 /* done, but something needs attention; where a command documents it */

struct program;
struct command;

/* What a command runs with. */
struct call {
	const struct program *program;
	const struct command *command;
	void *global;  /* values of the program's options */
	void *options; /* values of the command's options; NULL where it has none */
	int argc;
	char **argv; /* the arguments, without options; argv[argc] is NULL */
	char **line; /* as it was typed, the program's name first; ends with NULL */
	/* Set by the command: standard output that can't be written is no failure. */
	bool output_ignored;
};

struct command {
	const char *name; /* one word, or of a group two: "cert new" */
	/* Returns CLI_OK, CLI_FAILED, CLI_ATTEND or another exit status, or -1 with e. */
	int (*run)(struct call *c, struct err *e);
	const char *args;	      /* for the usage line: "[options] FILE..." */
	int least, most;	      /* arguments that are no options; most -1: any number */
	const char *help;	      /* one line */
	const char *more;	      /* a paragraph that follows it, or NULL */
	const struct option *options; /* or NULL */
	size_t size;		      /* of the struct of the options' values */
	const void *defaults;	      /* its initial content, or NULL: all zero */
	bool stop;	   /* options end at the first argument: the rest is another program's */
	enum offer offers; /* completion of arguments */
};

struct program {
	const char *name;
	const char *args;  /* of the usage line before a command: "[--repo DIR] ", or "" */
	const char *about; /* a sentence or two; wrapped */
	const char *tail;  /* ends the help */
	const struct command *const *commands; /* ends with NULL; cli_help and cli_version last */
	const struct option *options; /* of each command, before or after its name; or NULL */
	void (*complain)(const char *fmt, ...) /* log_error() */
	    __attribute__((format(printf, 1, 2)));
	/* May say a command's fault in other words, before it is complained of; or NULL. */
	void (*explain)(const struct command *c, struct err *e);
};

/* "help" and "version", for the end of each program's table. */
extern const struct command cli_help, cli_version;

/* A whole program but for main().  global takes the program's options.  Returns the exit status. */
int cli_main(const struct program *p, void *global, int argc, char **argv);

/* Returns "" or "s", for the end of a word for n things. */
const char *cli_plural(uint64_t n);

/* Prints a text from outside, made safe (lib/base/text.h). */
void cli_print(const char *text);

/* Prints a result as JSON on standard output and releases j.  Returns 0, or -1 where j is NULL. */
int cli_json(json_t *j, struct err *e);

/*
 * Appends text as one word for the shell, for commands that are printed to be pasted: bare where it
 * holds nothing special, else quoted.  Returns 0, or -1 as buf_add().
 */
int cli_quote(struct buf *out, const char *text, struct err *e);

/* Appends the line of a call, for the shell.  Returns 0, or -1 as cli_quote(). */
int cli_line(const struct call *call, struct buf *out, struct err *e);

#endif
