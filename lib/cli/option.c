/* SPDX-License-Identifier: ISC */
/* The options of a command, as a table. */
#include "lib/cli/option.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/cli/help.h"

/* Bytes of the words of a choice in an error. */
#define WORDS_TEXT_MAX 512

/* An option in the line: its row, the member that takes its value, and the value after "=". */
struct given {
	const struct option *o;
	char *to;
	const char *value;
};

static bool
is_named(const struct option *o, const char *arg, size_t len)
{
	if (arg[1] != '-')
		return o->letter != '\0' && arg[1] == o->letter && len == 2;
	return strlen(o->name) == len - 2 && memcmp(o->name, arg + 2, len - 2) == 0;
}

static int
unknown_option(const struct option_set *sets, size_t n, const char *arg, size_t len, struct err *e)
{
	struct near near = { .word = arg + 2, .len = len - 2 };

	for (size_t i = 0; i < n && arg[1] == '-'; i++)
		for (const struct option *o = sets[i].rows; o != NULL && o->name != NULL; o++)
			near_try(&near, o->name, strlen(o->name));
	if (near.best == NULL)
		return err_setx(e, ERR_USAGE, "unknown option %.*s", (int)len, arg);
	return err_setx(e, ERR_USAGE, "unknown option %.*s; did you mean --%s?", (int)len, arg,
	    near.best);
}

static int
find_option(const struct option_set *sets, size_t n, const char *arg, struct given *g,
    struct err *e)
{
	size_t len = arg[1] == '-' ? strcspn(arg, "=") : strlen(arg);

	g->value = arg[len] == '=' ? arg + len + 1 : NULL;
	for (size_t i = 0; i < n; i++)
		for (g->o = sets[i].rows; g->o != NULL && g->o->name != NULL; g->o++)
			if (is_named(g->o, arg, len)) {
				g->to = (char *)sets[i].to + g->o->to;
				return 0;
			}
	return unknown_option(sets, n, arg, len, e);
}

static int
take_integer(const struct given *g, struct err *e)
{
	const struct option *o = g->o;
	uint64_t value;

	if (number_parse(g->value, strlen(g->value), (uint64_t)o->min, (uint64_t)o->max, &value) ==
	    -1)
		return err_setx(e, ERR_USAGE,
		    "--%s: want a number from %" PRId64 " to %" PRId64 ", got '%s'", o->name,
		    o->min, o->max, g->value);
	*(int64_t *)(void *)g->to = (int64_t)value;
	return 0;
}

/* Appends "p256, p384 or ed25519". */
static int
words_text(const char *words, struct buf *out, struct err *e)
{
	for (const char *w = words; *w != '\0';) {
		size_t len = strcspn(w, " ");
		const char *before = w == words ? "" : w[len] == '\0' ? " or " : ", ";

		if (buf_adds(out, before, e) == -1 || buf_add(out, w, len, e) == -1)
			return -1;
		w += len + (w[len] == ' ');
	}
	return 0;
}

static int
choice(const struct given *g, struct err *e)
{
	struct buf text = BUF_INIT(WORDS_TEXT_MAX);
	size_t want = strlen(g->value), len;
	int rc = -1;

	for (const char *w = g->o->words; *w != '\0'; w += len + (w[len] == ' ')) {
		len = strcspn(w, " ");
		if (len == want && memcmp(w, g->value, len) == 0) {
			*(const char **)(void *)g->to = g->value;
			return 0;
		}
	}
	if (words_text(g->o->words, &text, e) == 0)
		rc = err_setx(e, ERR_USAGE, "--%s: want %s, got '%s'", g->o->name, buf_text(&text),
		    g->value);
	buf_free(&text);
	return rc;
}

static int
take_list(const struct given *g, struct err *e)
{
	struct option_list *l = (void *)g->to;
	size_t max = g->o->max != 0 ? (size_t)g->o->max : OPTION_LIST_MAX;

	if (l->n == max)
		return err_setx(e, ERR_USAGE, "--%s: given more than %zu times", g->o->name, max);
	l->values[l->n++] = g->value;
	return 0;
}

static int
take_value(const struct given *g, struct err *e)
{
	switch (g->o->kind) {
	case OPTION_FLAG:
		*(bool *)g->to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)(void *)g->to = g->value;
		return 0;
	case OPTION_CHOICE:
		return choice(g, e);
	case OPTION_NUMBER:
		return take_integer(g, e);
	case OPTION_LIST:
		return take_list(g, e);
	}
	return err_setx(e, ERR_USAGE, "--%s: unknown kind of option", g->o->name);
}

/* Takes the option at argv[*i]; its value may be the next argument. */
static int
one(const struct option_set *sets, size_t n, int argc, char **argv, int *i, struct err *e)
{
	struct given g = { NULL, NULL, NULL };

	if (find_option(sets, n, argv[*i], &g, e) == -1)
		return -1;
	if (g.o->kind == OPTION_FLAG && g.value != NULL)
		return err_setx(e, ERR_USAGE, "--%s takes no value", g.o->name);
	if (g.o->kind != OPTION_FLAG && g.value == NULL) {
		if (*i + 1 == argc)
			return err_setx(e, ERR_USAGE, "--%s needs a value: %s", g.o->name,
			    g.o->arg);
		g.value = argv[++*i];
	}
	return take_value(&g, e);
}

int
option_parse(const struct option_set *sets, size_t n, bool stop, int *argc, char **argv,
    struct err *e)
{
	struct err later;
	int kept = 0, i, rc = 0;

	for (i = 0; i < *argc; i++) {
		const char *arg = argv[i];

		if (strcmp(arg, "--") == 0) {
			i++;
			break;
		}
		if (arg[0] == '-' && arg[1] != '\0') {
			if (one(sets, n, *argc, argv, &i, rc == 0 ? e : &later) == -1)
				rc = -1;
		} else if (stop) {
			break;
		} else {
			argv[kept++] = argv[i];
		}
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	*argc = kept;
	return rc;
}
