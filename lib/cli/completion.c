/* SPDX-License-Identifier: ISC */
/*
 * Prints a script for a shell that completes commands, options and their values.  The tables become
 * two functions of the script; the rest of it, in completion_shells.c, reads the line.
 */
#include "lib/cli/completion.h"

#include <string.h>

#include "lib/cli/help.h"

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

/* Prints text with '@' as the program's name, '~' as one that shells take for functions. */
static void
print_script(const struct program *p, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '@')
			fputs(p->name, stdout);
		else if (*text == '~')
			for (const char *c = p->name; *c != '\0'; c++)
				putchar(*c == '-' ? '_' : *c);
		else
			putchar(*text);
}

/* A command may be the first word of others, too: "deploy" and "deploy set". */
static void
print_command(const struct completion_shell *sh, const struct program *p, const struct command *c)
{
	printf("%s%s%s%snext%s", sh->label, c->name, sh->label_end, sh->set, sh->to);
	print_next(p, c->name);
	printf("%s%snames%s", sh->set_end, sh->set, sh->to);
	print_names(c->options, false);
	printf("%s%stakes%s", sh->set_end, sh->set, sh->to);
	print_names(c->options, true);
	printf("%s%sargs%s%s%s%s", sh->set_end, sh->set, sh->to,
	    c->stop ? "program" : offer_word(c->most == 0 ? OFFER_NOTHING : c->offers), sh->set_end,
	    sh->close);
}

static void
print_group(const struct completion_shell *sh, const struct program *p, const char *group)
{
	printf("%s%s%s%snext%s", sh->label, group, sh->label_end, sh->set, sh->to);
	print_next(p, group);
	printf("%s%s", sh->set_end, sh->close);
}

static bool
is_command(const struct program *p, const char *name)
{
	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (strcmp(p->commands[i]->name, name) == 0)
			return true;
	return false;
}

static void
print_groups(const struct completion_shell *sh, const struct program *p)
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
		if (!is_command(p, group))
			print_group(sh, p, group);
	}
}

/* Prints the values of options.  command NULL: of the options of all commands. */
static void
print_values(const struct completion_shell *sh, const char *command, const struct option *rows)
{
	for (const struct option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->kind == OPTION_FLAG)
			continue;
		printf("%s%s --%s%s%s", command == NULL ? sh->any : sh->label,
		    command == NULL ? "" : command, o->name, sh->label_end, sh->set);
		if (o->kind == OPTION_CHOICE)
			printf("values%s %s", sh->to, o->words);
		else
			printf("args%s%s", sh->to,
			    offer_word(o->kind == OPTION_NUMBER ? OFFER_NOTHING : o->offers));
		printf("%s%s", sh->set_end, sh->close);
	}
}

/* The options of all commands are added to the command's own. */
static void
print_global(const struct completion_shell *sh, const struct program *p, const char *list,
    bool with_value)
{
	printf("%s%s%s", sh->append, list, sh->append_to);
	print_names(p->options, with_value);
	print_names(help_options, with_value);
	fputs(sh->set_end, stdout);
}

void
help_completion(const struct program *p, const char *shell)
{
	const struct completion_shell *sh = completion_shells;

	while (strcmp(sh->name, shell) != 0) /* one of the option's words */
		sh++;
	print_script(p, sh->begin);
	print_group(sh, p, "");
	print_groups(sh, p);
	for (size_t i = 0; p->commands[i] != NULL; i++)
		print_command(sh, p, p->commands[i]);
	fputs(sh->chosen, stdout);
	print_global(sh, p, "names", false);
	print_global(sh, p, "takes", true);
	print_script(p, sh->values);
	for (size_t i = 0; p->commands[i] != NULL; i++)
		print_values(sh, p->commands[i]->name, p->commands[i]->options);
	print_values(sh, NULL, p->options);
	print_values(sh, NULL, help_options);
	fputs(sh->chosen, stdout);
	print_script(p, sh->reader);
}
