/* SPDX-License-Identifier: ISC */
/* The command line of a program: finding the command, running it, checking its output. */
#include "lib/cli/command.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli/help.h"

/* Bytes of a command's name, and of what is typed in its place. */
#define NAME_SIZE 64

static const struct command *
find_command(const struct program *p, const char *name)
{
	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (strcmp(p->commands[i]->name, name) == 0)
			return p->commands[i];
	return NULL;
}

/* Returns whether word is the first of two words of commands. */
static bool
is_group(const struct program *p, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (strncmp(p->commands[i]->name, word, len) == 0 &&
		    p->commands[i]->name[len] == ' ')
			return true;
	return false;
}

/* Returns a command of a group whose second word is word: "rotate" may mean "key rotate". */
static const char *
in_a_group(const struct program *p, const char *word)
{
	for (size_t i = 0; p->commands[i] != NULL; i++) {
		const char *space = strchr(p->commands[i]->name, ' ');

		if (space != NULL && strcmp(space + 1, word) == 0)
			return p->commands[i]->name;
	}
	return NULL;
}

static int
unknown_command(const struct program *p, const char *name, struct err *e)
{
	const char *space = strchr(name, ' '), *elsewhere;
	int skip = space == NULL ? 0 : (int)(space - name) + 1;
	struct near near = { .word = name + skip, .len = strlen(name + skip) };

	if (skip == 0 && (elsewhere = in_a_group(p, name)) != NULL)
		return err_setx(e, ERR_USAGE, "there is no command '%s'; did you mean '%s'?", name,
		    elsewhere);
	for (size_t i = 0; p->commands[i] != NULL; i++) {
		const char *other = p->commands[i]->name;

		if (strncmp(other, name, (size_t)skip) == 0)
			near_try(&near, other + skip, strcspn(other + skip, " "));
	}
	if (near.best == NULL)
		return err_setx(e, ERR_USAGE, "there is no command '%s'; '%s help' lists them",
		    name, p->name);
	return err_setx(e, ERR_USAGE, "there is no command '%s'; did you mean '%.*s%.*s'?", name,
	    skip, name, (int)near.best_len, near.best);
}

/* Reports the fault of the line, then in one line the usage. */
static int
misuse(const struct program *p, const struct command *c, const struct err *e)
{
	p->complain("%s%s%s", c == NULL ? "" : c->name, c == NULL ? "" : ": ", e->text);
	help_usage(p, c, stderr);
	return CLI_MISUSE;
}

/*
 * Prints what --help or the like asks for.  c NULL: for the group, or ("") for the program.
 * Returns 1 if it printed something.
 */
static int
answer_help(const struct program *p, const struct help_asked *a, const struct command *c,
    const char *group)
{
	if (a->help && c != NULL)
		help_command(p, c);
	else if (a->help)
		help_list(p, group, stdout);
	else if (a->version)
		printf("%s %s\n", p->name, SLIPWAY_VERSION);
	else if (a->completion != NULL)
		help_completion(p, a->completion);
	else
		return 0;
	return 1;
}

static int
check_count(const struct call *call, struct err *e)
{
	const struct command *c = call->command;

	if (call->argc < c->least)
		return err_setx(e, ERR_USAGE, "an argument is missing");
	if (c->most == -1 || call->argc <= c->most)
		return 0;
	if (c->most == 0)
		return err_setx(e, ERR_USAGE, "want no arguments, got '%s'", call->argv[0]);
	return err_setx(e, ERR_USAGE, "too many arguments, from '%s' on", call->argv[c->most]);
}

/* Reads the options of the command and runs it. */
static int
run_command(struct call *call, struct help_asked *asked)
{
	const struct program *p = call->program;
	const struct command *c = call->command;
	const struct option_set sets[] = { { help_options, asked }, { p->options, call->global },
		{ c->options, call->options } };
	struct err e;
	int rc = option_parse(sets, 3, c->stop, &call->argc, call->argv, &e);

	if (answer_help(p, asked, c, "") == 1)
		return CLI_OK;
	if (rc == -1 || check_count(call, &e) == -1)
		return misuse(p, c, &e);
	if ((rc = c->run(call, &e)) != -1)
		return rc;
	fflush(stdout); /* the results stand before the error */
	if (p->explain != NULL)
		p->explain(c, &e);
	p->complain("%s", e.text);
	if (e.code != ERR_USAGE)
		return CLI_FAILED;
	help_usage(p, c, stderr);
	return CLI_MISUSE;
}

static int
call_command(struct call *call, struct help_asked *asked)
{
	const struct command *c = call->command;
	int status;

	if (c->size > 0 && (call->options = calloc(1, c->size)) == NULL) {
		call->program->complain("out of memory");
		return CLI_FAILED;
	}
	if (c->size > 0 && c->defaults != NULL)
		memcpy(call->options, c->defaults, c->size);
	status = run_command(call, asked);
	free(call->options);
	return status;
}

/* Whether the next word makes another command of this one: "deploy" and "deploy set". */
static bool
goes_on(const struct call *call, const char *name)
{
	char longer[NAME_SIZE];

	if (call->argc == 0 || call->command->most != 0 || !is_group(call->program, name))
		return false;
	snprintf(longer, sizeof longer, "%s %s", name, call->argv[0]);
	return find_command(call->program, longer) != NULL;
}

/* Reads the words of the command's name, and options of the program between them. */
static int
dispatch(struct call *call)
{
	const struct program *p = call->program;
	struct help_asked asked = { .help = false };
	const struct option_set sets[] = { { help_options, &asked }, { p->options, call->global } };
	char name[NAME_SIZE] = "";
	struct err e;

	do {
		size_t len = strlen(name);
		int rc = option_parse(sets, 2, true, &call->argc, call->argv, &e);

		/* "--help run" explains run. */
		if ((!asked.help || call->argc == 0) && answer_help(p, &asked, NULL, name) == 1)
			return CLI_OK;
		if (rc == -1 && !asked.help)
			return misuse(p, NULL, &e);
		if (call->argc == 0) {
			help_list(p, name, stderr);
			return CLI_MISUSE;
		}
		snprintf(name + len, sizeof name - len, "%s%s", len > 0 ? " " : "", call->argv[0]);
		call->argc--;
		call->argv++;
		if ((call->command = find_command(p, name)) != NULL && !goes_on(call, name))
			return call_command(call, &asked);
	} while (is_group(p, name));
	unknown_command(p, name, &e);
	return misuse(p, NULL, &e);
}

/* Reading options moves the arguments, so the line that was typed is kept in a list of its own. */
static int
dispatch_line(struct call *call, int argc, char **argv)
{
	char **line = calloc((size_t)argc + 1, sizeof *line);
	int status;

	if (line == NULL) {
		call->program->complain("out of memory");
		return CLI_FAILED;
	}
	for (int i = 0; i < argc; i++)
		line[i] = argv[i];
	call->line = line;
	status = dispatch(call);
	free(line);
	return status;
}

/*
 * Why standard output lacks something, or NULL.  Where an earlier write failed, nobody knows the
 * reason any more; the next one has it again.
 */
static const char *
output_fault(void)
{
	errno = 0;
	if (fflush(stdout) == EOF)
		return strerror(errno);
	if (!ferror(stdout))
		return NULL;
	clearerr(stdout);
	errno = 0;
	if ((putchar('\n') == EOF || fflush(stdout) == EOF) && errno != 0)
		return strerror(errno);
	return "not everything could be written";
}

int
cli_main(const struct program *p, void *global, int argc, char **argv)
{
	struct call call = { .program = p,
		.global = global,
		.argc = argc > 0 ? argc - 1 : 0,
		.argv = argc > 0 ? argv + 1 : argv };
	int status = dispatch_line(&call, argc, argv);
	const char *fault;

	if (call.output_ignored)
		fflush(stdout);
	else if ((fault = output_fault()) != NULL) {
		p->complain("standard output: %s", fault);
		if (status == CLI_OK || status == CLI_ATTEND)
			status = CLI_FAILED;
	}
	return status;
}

static int
run_help(struct call *c, struct err *e)
{
	char name[NAME_SIZE] = "";
	const struct command *about;

	for (int i = 0; i < c->argc; i++)
		snprintf(name + strlen(name), sizeof name - strlen(name), "%s%s", i > 0 ? " " : "",
		    c->argv[i]);
	if ((about = find_command(c->program, name)) != NULL)
		help_command(c->program, about);
	else if (c->argc == 0 || is_group(c->program, name))
		help_list(c->program, name, stdout);
	else
		return unknown_command(c->program, name, e);
	return CLI_OK;
}

const struct command cli_help = { "help", run_help, "[COMMAND]", 0, 2,
	"explain a command; without one, list all", .offers = OFFER_NOTHING };

static int
run_version(struct call *c, struct err *e)
{
	(void)e;
	printf("%s %s\n", c->program->name, SLIPWAY_VERSION);
	return CLI_OK;
}

const struct command cli_version = { "version", run_version, "", 0, 0, "print the version",
	.offers = OFFER_NOTHING };

const char *
cli_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void
cli_print(const char *text)
{
	char next[TEXT_SAFE_NEXT];
	size_t len = text == NULL ? 0 : strlen(text);

	while (len > 0)
		fwrite(next, 1, text_safe_next(&text, &len, next), stdout);
}

int
cli_json(json_t *j, struct err *e)
{
	if (j == NULL)
		return err_nomem(e);
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII); /* safe on terminals */
	putchar('\n');
	json_decref(j);
	return 0;
}

int
cli_line(const struct call *call, struct buf *out, struct err *e)
{
	for (size_t i = 0; call->line[i] != NULL; i++)
		if ((i > 0 && buf_adds(out, " ", e) == -1) ||
		    cli_quote(out, call->line[i], e) == -1)
			return -1;
	return 0;
}
