/* SPDX-License-Identifier: ISC */
/*
 * Prints a script for bash that completes commands, options and their values.  The tables become
 * two functions of the script; the rest of it reads the line.  For another shell, print another
 * script from the same rows.
 */
#include "lib/cli/help.h"

#include <string.h>

static void
print_names(const struct option *rows, bool with_value)
{
	for (const struct option *o = rows; o != NULL && o->name != NULL; o++)
		if (!with_value || o->kind != OPTION_FLAG)
			printf(" --%s", o->name);
}

/* Prints the words that may follow a group's name, or (group "") begin a line; each once. */
static void
print_next(const struct program *p, const char *group)
{
	size_t len = strlen(group), before = 0;
	const char *last = "";

	for (size_t i = 0; p->commands[i] != NULL; i++) {
		const char *word = p->commands[i]->name;

		if (len > 0) {
			if (strncmp(word, group, len) != 0 || word[len] != ' ')
				continue;
			word += len + 1;
		}
		/* The commands of a group stand together. */
		if (strcspn(word, " ") == before && strncmp(word, last, before) == 0)
			continue;
		last = word;
		before = strcspn(word, " ");
		printf(" %.*s", (int)before, word);
	}
}

static const char *
offer_word(enum offer offer)
{
	static const char *const words[] = { "files", "nothing", "directories", "commands" };

	return words[offer];
}

static void
print_command(const struct command *c)
{
	printf("\t'%s')\n\t\toptions='", c->name);
	print_names(c->options, false);
	printf("' takes='");
	print_names(c->options, true);
	printf("' args=%s\n\t\t;;\n",
	    c->stop ? "program" : offer_word(c->most == 0 ? OFFER_NOTHING : c->offers));
}

static void
print_groups(const struct program *p)
{
	char group[32], last[32] = "";

	for (size_t i = 0; p->commands[i] != NULL; i++) {
		const char *name = p->commands[i]->name, *space = strchr(name, ' ');

		if (space == NULL)
			continue;
		snprintf(group, sizeof group, "%.*s", (int)(space - name), name);
		if (strcmp(group, last) == 0)
			continue;
		memcpy(last, group, sizeof last);
		printf("\t%s)\n\t\tnext='", group);
		print_next(p, group);
		printf("'\n\t\t;;\n");
	}
}

/* Prints the values of options.  command "": of the options of all commands. */
static void
print_values(const char *command, const struct option *rows)
{
	for (const struct option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->kind == OPTION_FLAG)
			continue;
		printf("\t%s%s --%s') ", command[0] == '\0' ? "*'" : "'", command, o->name);
		if (o->kind == OPTION_CHOICE)
			printf("words='%s' ;;\n", o->words);
		else
			printf("args=%s ;;\n",
			    offer_word(o->kind == OPTION_NUMBER ? OFFER_NOTHING : o->offers));
	}
}

/* How the script reads a line; @ is the program's name as a name of the shell. */
static const char reader[] =
    "_@() {\n"
    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\tlocal path='' help='' next options takes args words='' i w\n"
    "\tCOMPREPLY=()\n"
    "\t# bash splits words at '='.\n"
    "\t[ \"$word\" != = ] || word=''\n"
    "\t[ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "\t_@_table ''\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tw=${COMP_WORDS[i]}\n"
    "\t\tcase $w in\n"
    "\t\t--) return ;;\n"
    "\t\t-*)\n"
    "\t\t\t[[ \" $takes \" == *\" $w \"* ]] || continue\n"
    "\t\t\ti=$((i + 1))\n"
    "\t\t\t[ \"${COMP_WORDS[i]}\" != = ] || i=$((i + 1))\n"
    "\t\t\t;;\n"
    "\t\t*)\n"
    "\t\t\tif [ \"$path$help$w\" = help ]; then\n"
    "\t\t\t\thelp=1\n"
    "\t\t\telif [ -n \"$next\" ]; then\n"
    "\t\t\t\t[[ \" $next \" == *\" $w \"* ]] || return 0\n"
    "\t\t\t\tpath+=${path:+ }$w\n"
    "\t\t\t\t_@_table \"$path\"\n"
    "\t\t\telif [ \"$args\" = program ]; then\n"
    "\t\t\t\treturn\n"
    "\t\t\tfi\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\tif [[ $before == -* && \" $takes \" == *\" $before \"* ]]; then\n"
    "\t\targs=nothing\n"
    "\t\t_@_value \"$path $before\"\n"
    "\telif [[ $word == -* ]]; then\n"
    "\t\twords=$options args=files\n"
    "\telif [ -n \"$next\" ]; then\n"
    "\t\twords=$next args=nothing\n"
    "\telif [ -n \"$help\" ]; then\n"
    "\t\targs=nothing\n"
    "\tfi\n"
    "\tcase $args in\n"
    "\tdirectories) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "\tprogram | commands) mapfile -t COMPREPLY < <(compgen -c -- \"$word\") ;;\n"
    "\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
    "\tesac\n"
    "\t# Files are the shell's own.\n"
    "\t[ \"$args\" != nothing ] || compopt +o default 2>/dev/null || :\n"
    "}\n\n"
    "complete -o default -F _@ ";

static void
print_reader(const char *name)
{
	for (const char *p = reader; *p != '\0'; p++)
		if (*p == '@')
			fputs(name, stdout);
		else
			putchar(*p);
}

void
help_completion(const struct program *p)
{
	char name[32];

	snprintf(name, sizeof name, "%s", p->name);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
	printf("# bash completion for %s; printed by '%s --completion bash'\n"
	       "# shellcheck shell=bash\n\n"
	       "# _%s_table COMMAND: the words and options that may follow.\n"
	       "_%s_table() {\n\tnext='' options='' takes='' args=nothing\n"
	       "\tcase $1 in\n\t'')\n\t\tnext='",
	    p->name, p->name, name, name);
	print_next(p, "");
	printf("'\n\t\t;;\n");
	print_groups(p);
	for (size_t i = 0; p->commands[i] != NULL; i++)
		print_command(p->commands[i]);
	printf("\tesac\n\toptions+='");
	print_names(p->options, false);
	print_names(help_options, false);
	printf("' takes+='");
	print_names(p->options, true);
	print_names(help_options, true);
	printf("'\n}\n\n# _%s_value 'COMMAND OPTION': the values that an option may have.\n"
	       "_%s_value() {\n\tcase $1 in\n",
	    name, name);
	for (size_t i = 0; p->commands[i] != NULL; i++)
		print_values(p->commands[i]->name, p->commands[i]->options);
	print_values("", p->options);
	print_values("", help_options);
	printf("\tesac\n}\n\n");
	print_reader(name);
	printf("%s\n", p->name);
}
