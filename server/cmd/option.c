/* SPDX-License-Identifier: ISC */
/*
 * Long options of a command, as a table.
 */
#include "server/cmd/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct option *
find(const struct option *options, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static int
number(const struct option *o, const char *text, struct err *e)
{
	size_t digits = strspn(text, "0123456789");
	int64_t value;

	errno = 0;
	value = strtoll(text, NULL, 10);
	if (digits == 0 || text[digits] != '\0' || errno != 0 || value < o->min || value > o->max)
		return err_setx(e, ERR_USAGE,
		    "--%s: want a number from %" PRId64 " to %" PRId64 ", got '%s'", o->name,
		    o->min, o->max, text);
	*(int64_t *)o->to = value;
	return 0;
}

static int
take(const struct option *o, const char *value, struct err *e)
{
	struct option_list *list;

	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)o->to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)o->to = value;
		return 0;
	case OPTION_NUMBER:
		return number(o, value, e);
	case OPTION_LIST:
		list = o->to;
		if (list->n == OPTION_LIST_MAX)
			return err_setx(e, ERR_USAGE, "--%s: given more than %d times", o->name,
			    OPTION_LIST_MAX);
		list->values[list->n++] = value;
		return 0;
	}
	return err_setx(e, ERR_USAGE, "--%s: unknown kind of option", o->name);
}

/* The option at argv[*i], with its value, which may be the next argument. */
static int
one(const struct option *options, size_t n, int argc, char **argv, int *i, struct err *e)
{
	const char *text = argv[*i] + 2, *equals = strchr(text, '=');
	size_t len = equals == NULL ? strlen(text) : (size_t)(equals - text);
	const struct option *o = find(options, n, text, len);
	const char *value = equals == NULL ? NULL : equals + 1;

	if (o == NULL)
		return err_setx(e, ERR_USAGE, "unknown option --%.*s", (int)len, text);
	if (o->kind == OPTION_FLAG && value != NULL)
		return err_setx(e, ERR_USAGE, "--%s takes no value", o->name);
	if (o->kind != OPTION_FLAG && value == NULL) {
		if (*i + 1 == argc)
			return err_setx(e, ERR_USAGE, "--%s needs a value", o->name);
		value = argv[++*i];
	}
	return take(o, value, e);
}

int
option_parse(const struct option *options, size_t n, int stop, int *argc, char **argv,
    struct err *e)
{
	int kept = 1, i;

	for (i = 1; i < *argc; i++) {
		const char *arg = argv[i];

		if (strcmp(arg, "--") == 0) {
			i++;
			break;
		}
		if (strncmp(arg, "--", 2) == 0) {
			if (one(options, n, *argc, argv, &i, e) == -1)
				return -1;
		} else if (arg[0] == '-' && arg[1] != '\0') {
			return err_setx(e, ERR_USAGE, "unknown option %s", arg);
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
	return 0;
}
