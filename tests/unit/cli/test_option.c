/* SPDX-License-Identifier: ISC */
/*
 * lib/cli/option: command lines and the values that are read from them.
 */
#include "tests/unit/common/test.h"

#include "lib/cli/option.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16

struct values {
	bool quiet, json;
	const char *out, *type;
	int64_t days;
	struct option_list keys;
	const char *repo;
};

static const struct option of_command[] = {
	{ "quiet", OPTION_FLAG, OPTION_TO(struct values, quiet), NULL, "", .letter = 'q' },
	{ "json", OPTION_FLAG, OPTION_TO(struct values, json), NULL, "" },
	{ "out", OPTION_TEXT, OPTION_TO(struct values, out), "DIR", "", .letter = 'o' },
	{ "type", OPTION_CHOICE, OPTION_TO(struct values, type), "TYPE", "",
	    .words = "p256 p384 ed25519" },
	{ "days", OPTION_NUMBER, OPTION_TO(struct values, days), "N", "", .min = 1, .max = 3650 },
	{ "key", OPTION_LIST, OPTION_TO(struct values, keys), "FILE", "", .max = 2 },
	OPTION_END,
};
static const struct option of_program[] = {
	{ "repo", OPTION_TEXT, OPTION_TO(struct values, repo), "DIR", "" },
	OPTION_END,
};

/* want: the values and arguments as text, or the error.  '!' before a line: read with stop. */
static struct row {
	const char *line, *want;
} rows[] = {
	{ "", "" }, { "a b", " a b" }, { "--quiet", "quiet" }, { "-q", "quiet" },
	{ "a --quiet b --json", "quiet json a b" }, { "--out=x", "out=x" },
	{ "--out x y", "out=x y" }, { "-o x", "out=x" }, { "--out=", "out=" },
	{ "--out a=b", "out=a=b" }, { "--out --quiet", "out=--quiet" },
	{ "--out a --out b", "out=b" }, { "--type p384", "type=p384" }, { "--days 1", "days=1" },
	{ "--days 3650", "days=3650" }, { "--days 007", "days=7" },
	{ "--key a b --key c", "key=a key=c b" }, { "--repo r a", "repo=r a" },
	{ "-- --quiet", " --quiet" }, { "a -- b -- c", " a b -- c" }, { "-", " -" },
	{ "! --quiet a --json", "quiet a --json" }, { "! -- -q", " -q" },
	{ "! --out a b --out c", "out=a b --out c" },

	{ "--jso", "unknown option --jso; did you mean --json?" },
	{ "--jsno=1", "unknown option --jsno; did you mean --json?" },
	{ "--rep x", "unknown option --rep; did you mean --repo?" },
	{ "--dsys 1", "unknown option --dsys; did you mean --days?" },
	{ "--frobnicate", "unknown option --frobnicate" }, { "--=x", "unknown option --" },
	{ "-x", "unknown option -x" }, { "-qo", "unknown option -qo" },
	{ "-q=1", "unknown option -q=1" }, { "--JSON", "unknown option --JSON" },
	{ "--quiet=1", "--quiet takes no value" }, { "--quiet=", "--quiet takes no value" },
	{ "--out", "--out needs a value: DIR" }, { "a -o", "--out needs a value: DIR" },
	{ "--type", "--type needs a value: TYPE" },
	{ "--type p25", "--type: want p256, p384 or ed25519, got 'p25'" },
	{ "--type p2566", "--type: want p256, p384 or ed25519, got 'p2566'" },
	{ "--type=", "--type: want p256, p384 or ed25519, got ''" },
	{ "--days 0", "--days: want a number from 1 to 3650, got '0'" },
	{ "--days 3651", "--days: want a number from 1 to 3650, got '3651'" },
	{ "--days +5", "--days: want a number from 1 to 3650, got '+5'" },
	{ "--days 5d", "--days: want a number from 1 to 3650, got '5d'" },
	{ "--days=", "--days: want a number from 1 to 3650, got ''" },
	{ "--days 99999999999999999999",
	    "--days: want a number from 1 to 3650, got '99999999999999999999'" },
	{ "--key a --key b --key c", "--key: given more than 2 times" },
	{ "--nope --days x", "unknown option --nope" }, /* only the first fault is reported */
};

static void
add(char *out, size_t size, const char *name, const char *value)
{
	size_t len = strlen(out);

	if (value != NULL)
		snprintf(out + len, size - len, "%s%s%s", len > 0 && name[0] != ' ' ? " " : "",
		    name, value);
}

static void
print(const struct values *v, int argc, char **argv, char *out, size_t size)
{
	char days[32];

	snprintf(days, sizeof days, "%d", (int)v->days);
	add(out, size, "quiet", v->quiet ? "" : NULL);
	add(out, size, "json", v->json ? "" : NULL);
	add(out, size, "out=", v->out);
	add(out, size, "type=", v->type);
	add(out, size, "days=", v->days != 0 ? days : NULL);
	for (size_t i = 0; i < v->keys.n; i++)
		add(out, size, "key=", v->keys.values[i]);
	add(out, size, "repo=", v->repo);
	for (int i = 0; i < argc; i++)
		add(out, size, " ", argv[i]);
}

static int
split(char *line, char **argv)
{
	int argc = 0;

	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return argc;
}

static void
parse(void **state)
{
	const struct row *r = *state;
	struct values v = { 0 };
	const struct option_set sets[] = { { of_command, &v }, { of_program, &v }, { NULL, NULL } };
	char line[128], got[128] = "", *argv[WORDS_MAX + 1];
	bool stop = r->line[0] == '!';
	struct err e;
	int argc;

	snprintf(line, sizeof line, "%s", r->line + stop);
	argc = split(line, argv);
	if (option_parse(sets, N(sets), stop, &argc, argv, &e) == -1) {
		assert_int_equal(e.code, ERR_USAGE);
		assert_string_equal(e.text, r->want);
		return;
	}
	print(&v, argc, argv, got, sizeof got);
	assert_string_equal(got, r->want);
	assert_null(argv[argc]);
}

/* The options after a fault are read, so that --help is seen. */
static void
fault_then_flag(void **state)
{
	struct values v = { 0 };
	const struct option_set sets[] = { { of_command, &v } };
	char nope[] = "--nope", days[] = "--days", x[] = "x", quiet[] = "-q";
	char *argv[] = { nope, days, x, quiet, NULL };
	struct err e;
	int argc = 4;

	(void)state;
	assert_int_equal(option_parse(sets, N(sets), false, &argc, argv, &e), -1);
	assert_string_equal(e.text, "unknown option --nope");
	assert_true(v.quiet);
	assert_int_equal(v.days, 0);
	assert_int_equal(argc, 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1];

	for (size_t i = 0; i < N(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].line,
			.test_func = parse,
			.initial_state = &rows[i] };
	tests[N(rows)] = (struct CMUnitTest)cmocka_unit_test(fault_then_flag);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
