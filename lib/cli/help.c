/* SPDX-License-Identifier: ISC */
/* Help and usage, printed from the tables. */
#include "lib/cli/help.h"

#include <string.h>

/* Columns of a line, and the last column at which the texts of a list may begin. */
#define LINE_COLUMNS 79
#define TEXT_COLUMN  26

const struct option help_options[] = {
	{ "help", OPTION_FLAG, OPTION_TO(struct help_asked, help), NULL,
	    "show this text; after a command, that command's options", .letter = 'h' },
	{ "version", OPTION_FLAG, OPTION_TO(struct help_asked, version), NULL, "show the version",
	    .letter = 'V' },
	{ "completion", OPTION_CHOICE, OPTION_TO(struct help_asked, completion), "SHELL",
	    "print a shell's completion script", .words = "bash zsh fish" },
	OPTION_END,
};

/* Writes text from column on, with later lines indented.  Returns the column after the text. */
static size_t
wrap_text(FILE *out, const char *text, size_t indent, size_t column)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > LINE_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			putc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		text += len;
		text += *text == ' ';
	}
	return column;
}

/* Goes on to column after a name of so many characters, on the next line where it is too long. */
static void
entry(FILE *out, int printed, size_t column)
{
	if ((size_t)printed + 2 > column)
		fprintf(out, "\n%*s", (int)column, "");
	else
		fprintf(out, "%*s", (int)column - printed, "");
}

/* Prints the words of a choice: ": p256 (default), p384 or ed25519". */
static size_t
print_words(FILE *out, const struct option *o, const void *defaults, size_t indent, size_t column)
{
	const char *usual = defaults == NULL
	    ? NULL
	    : *(const char *const *)(const void *)((const char *)defaults + o->to);
	char text[128];

	putc(':', out);
	column++;
	for (const char *w = o->words; *w != '\0';) {
		size_t len = strcspn(w, " ");
		bool last = w[len] == '\0';

		snprintf(text, sizeof text, "%s%.*s%s%s", last ? "or " : "", (int)len, w,
		    usual != NULL && strlen(usual) == len && memcmp(usual, w, len) == 0
			? " (default)"
			: "",
		    last || strchr(w + len + 1, ' ') == NULL ? "" : ",");
		column = wrap_text(out, text, indent, column);
		w += len + !last;
	}
	return column;
}

static size_t
names_width(const struct option *o)
{
	return 4 + strlen(o->name) + (o->letter != '\0' ? 4 : 0) +
	    (o->arg != NULL ? 1 + strlen(o->arg) : 0);
}

static void
print_options(FILE *out, const struct option *rows, const void *defaults, size_t column)
{
	for (const struct option *o = rows; o != NULL && o->name != NULL; o++) {
		int printed = fprintf(out, "  --%s", o->name);
		size_t at;

		if (o->letter != '\0')
			printed += fprintf(out, ", -%c", o->letter);
		if (o->arg != NULL)
			printed += fprintf(out, " %s", o->arg);
		entry(out, printed, column);
		at = wrap_text(out, o->help, column, column);
		if (o->kind == OPTION_CHOICE && strchr(o->words, ' ') != NULL)
			print_words(out, o, defaults, column, at);
		putc('\n', out);
	}
}

/* Returns the column for the texts of options; column: the least. */
static size_t
options_column(const struct option *rows, size_t column)
{
	for (const struct option *o = rows; o != NULL && o->name != NULL; o++) {
		size_t want = names_width(o) + 2;

		if (want > column && want <= TEXT_COLUMN)
			column = want;
	}
	return column;
}

static bool
in_group(const struct command *c, const char *group, size_t len)
{
	return len == 0 || (strncmp(c->name, group, len) == 0 && c->name[len] == ' ');
}

/* Prints the commands of a group, a line each.  Returns how many. */
static size_t
print_commands(const struct program *p, const char *group, FILE *out)
{
	size_t len = strlen(group), column = 0, n = 0;

	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (in_group(p->commands[i], group, len) &&
		    strlen(p->commands[i]->name) + 4 > column)
			column = strlen(p->commands[i]->name) + 4;
	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (in_group(p->commands[i], group, len)) {
			entry(out, fprintf(out, "  %s", p->commands[i]->name), column);
			wrap_text(out, p->commands[i]->help, column, column);
			putc('\n', out);
			n++;
		}
	return n;
}

void
help_list(const struct program *p, const char *group, FILE *out)
{
	size_t len = strlen(group), column;

	fprintf(out, "usage: %s %s%s%sCOMMAND ...\n\n", p->name, p->args, group,
	    len > 0 ? " " : "");
	if (len == 0) {
		wrap_text(out, p->about, 0, 0);
		fputs("\n\n", out);
	}
	print_commands(p, group, out);
	putc('\n', out);
	if (len == 0) {
		column = options_column(help_options, options_column(p->options, 0));
		print_options(out, p->options, NULL, column);
		print_options(out, help_options, NULL, column);
		putc('\n', out);
	}
	fprintf(out, "'%s help%s%s COMMAND' shows a command's options; %s\n", p->name,
	    len > 0 ? " " : "", group, p->tail);
}

/* Whether a command's name begins those of others: "deploy" and "deploy set". */
static bool
is_first_word(const struct program *p, const char *name)
{
	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (in_group(p->commands[i], name, strlen(name)))
			return true;
	return false;
}

void
help_command(const struct program *p, const struct command *c)
{
	size_t column = options_column(c->options, options_column(p->options, 0));

	printf("usage: %s %s%s%s%s\n\n", p->name, p->args, c->name, c->args[0] != '\0' ? " " : "",
	    c->args);
	wrap_text(stdout, c->help, 0, 0);
	if (c->more != NULL) {
		fputs("\n\n", stdout);
		wrap_text(stdout, c->more, 0, 0);
	}
	fputs(column > 0 || is_first_word(p, c->name) ? "\n\n" : "\n", stdout);
	if (print_commands(p, c->name, stdout) > 0 && column > 0)
		putchar('\n');
	print_options(stdout, c->options, c->defaults, column);
	print_options(stdout, p->options, NULL, column);
}

void
help_usage(const struct program *p, const struct command *c, FILE *out)
{
	fprintf(out, "usage: %s ", p->name);
	if (c == NULL)
		fprintf(out, "%sCOMMAND ...; '%s help' tells more\n", p->args, p->name);
	else
		fprintf(out, "%s%s%s; '%s %s --help' tells more\n", c->name,
		    c->args[0] != '\0' ? " " : "", c->args, p->name, c->name);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Counts letters added, left out, exchanged, or swapped (optimal string alignment). */
static size_t
distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][NEAR_SIZE + 1], *before = rows[0], *above = rows[1], *now = rows[2], *spare;

	for (size_t k = 0; k <= nb; k++)
		above[k] = k;
	for (size_t i = 1; i <= na; i++) {
		now[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			now[k] = least(least(above[k], now[k - 1]) + 1,
			    above[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
		spare = before;
		before = above;
		above = now;
		now = spare;
	}
	return above[nb];
}

void
near_try(struct near *n, const char *name, size_t len)
{
	size_t d;

	if (n->len < 2 || n->len > NEAR_SIZE || len > NEAR_SIZE)
		return;
	/* The beginning of a name counts as one wrong letter. */
	d = len > n->len && memcmp(name, n->word, n->len) == 0
	    ? 1
	    : distance(n->word, n->len, name, len);
	if (d > (n->len < 6 ? 1 : n->len / 3) || d >= len || (n->best != NULL && d >= n->distance))
		return;
	n->best = name;
	n->best_len = len;
	n->distance = d;
}
