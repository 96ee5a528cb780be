/* SPDX-License-Identifier: ISC */
/*
 * lib/cli/command: command lines of a program with groups, and their results.
 */
#include "tests/unit/common/test.h"

#include "lib/cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 16

struct global {
	const char *repo;
};
struct values {
	const char *type;
	int64_t days;
	bool force;
};

static char complaint[1024];

static void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof complaint, fmt, ap);
	va_end(ap);
}

/* Prints its arguments; "fail", "misuse" and "attend" choose the exit status. */
static int
run(struct call *c, struct err *e)
{
	const struct global *g = c->global;
	const struct values *v = c->options;

	printf("ran %s", c->command->name);
	if (g->repo != NULL)
		printf(" repo=%s", g->repo);
	if (v != NULL)
		printf(" type=%s days=%d force=%d", v->type, (int)v->days, v->force);
	for (int i = 0; i < c->argc; i++)
		printf(" %s", c->argv[i]);
	putchar('\n');
	assert_null(c->argv[c->argc]);
	if (c->argc == 0)
		return CLI_OK;
	if (strcmp(c->argv[0], "fail") == 0)
		return err_setx(e, ERR_IO, "the disk is gone");
	if (strcmp(c->argv[0], "misuse") == 0)
		return err_setx(e, ERR_USAGE, "want another one");
	return strcmp(c->argv[0], "attend") == 0 ? CLI_ATTEND : CLI_OK;
}

static const struct option new_options[] = {
	{ "type", OPTION_CHOICE, OPTION_TO(struct values, type), "TYPE", "kind of key",
	    .words = "p256 p384 ed25519" },
	{ "days", OPTION_NUMBER, OPTION_TO(struct values, days), "N", "valid from now on", .min = 1,
	    .max = 3650 },
	{ "force", OPTION_FLAG, OPTION_TO(struct values, force), NULL, "replace files",
	    .letter = 'f' },
	OPTION_END,
};
static const struct option global_options[] = {
	{ "repo", OPTION_TEXT, OPTION_TO(struct global, repo), "DIR", "the repository",
	    .offers = OFFER_DIRECTORIES },
	OPTION_END,
};
static const struct command status = { "status", .run = run, "", 0, 0, "list roles" };
static const struct command publish = { "publish", .run = run, "APP [DIR]", 1, 2,
	"publish a release" };
static const struct command cert_new = { "cert new", .run = run, "[options] NAME...", 1, -1,
	"make a pair", "It is for one name.", new_options, sizeof(struct values),
	&(const struct values){ .type = "p256", .days = 7 } };
static const struct command cert_list = { "cert list", .run = run, "", 0, -1, "list certificates" };
static const struct command start = { "start", .run = run, "[--] PROGRAM [ARG...]", 1, -1,
	"start a program", .stop = true };
static const struct command *const commands[] = { &status, &publish, &cert_new, &cert_list, &start,
	&cli_help, &cli_version, NULL };
static void
explain(const struct command *c, struct err *e)
{
	if (e->code == ERR_IO && strcmp(c->name, "start") == 0)
		err_setx(e, ERR_IO, "%s needs a disk", c->name);
}

static const struct program program = { "prog", "[--repo DIR] ", "Does things.",
	"prog(1) tells more", commands, global_options, complain, explain };

/* out: the beginning of standard output; err: the beginning of the error, "" for none. */
static struct row {
	const char *line;
	int status;
	const char *out, *err;
} rows[] = {
	{ "status", 0, "ran status\n", "" },
	{ "--repo r status", 0, "ran status repo=r\n", "" },
	{ "status --repo=r", 0, "ran status repo=r\n", "" },
	{ "cert new a b", 0, "ran cert new type=p256 days=7 force=0 a b\n", "" },
	{ "cert --repo r new a -f --days 9", 0, "ran cert new repo=r type=p256 days=9 force=1 a\n",
	    "" },
	{ "cert new -- --help", 0, "ran cert new type=p256 days=7 force=0 --help\n", "" },
	{ "start -- prog --help", 0, "ran start prog --help\n", "" },
	{ "start prog -V --help", 0, "ran start prog -V --help\n", "" },
	{ "cert list attend", 3, "ran cert list attend\n", "" },
	{ "cert list fail", 1, "ran cert list fail\n", "the disk is gone" },
	{ "start fail", 1, "ran start fail\n", "start needs a disk" },
	{ "cert list misuse", 2, "ran cert list misuse\n", "want another one" },

	{ "--help", 0, "usage: prog [--repo DIR] COMMAND ...\n\nDoes things.\n\n  status ", "" },
	{ "-h", 0, "usage: prog [--repo DIR] COMMAND ...\n", "" },
	{ "help", 0, "usage: prog [--repo DIR] COMMAND ...\n", "" },
	{ "--repo r -h", 0, "usage: prog [--repo DIR] COMMAND ...\n", "" },
	{ "cert --help", 0,
	    "usage: prog [--repo DIR] cert COMMAND ...\n\n  cert new   make a pair\n", "" },
	{ "help cert", 0, "usage: prog [--repo DIR] cert COMMAND ...\n", "" },
	{ "--help cert", 0, "usage: prog [--repo DIR] cert COMMAND ...\n", "" },
	{ "-h status", 0, "usage: prog [--repo DIR] status\n", "" },
	{ "--help stauts", 2, "", "there is no command 'stauts'; did you mean 'status'?" },
	{ "status --help", 0, "usage: prog [--repo DIR] status\n\nlist roles\n\n  --repo DIR  the ",
	    "" },
	{ "status -h", 0, "usage: prog [--repo DIR] status\n", "" },
	{ "help status", 0, "usage: prog [--repo DIR] status\n", "" },
	{ "status --nope 1 2 --help", 0, "usage: prog [--repo DIR] status\n", "" },
	{ "help cert new", 0,
	    "usage: prog [--repo DIR] cert new [options] NAME...\n\nmake a pair\n\nIt is for one name.\n\n"
	    "  --type TYPE  kind of key: p256 (default), p384 or ed25519\n"
	    "  --days N     valid from now on\n"
	    "  --force, -f  replace files\n"
	    "  --repo DIR   the repository\n",
	    "" },
	{ "start --help prog", 0, "usage: prog [--repo DIR] start [--] PROGRAM [ARG...]\n", "" },
	{ "help help", 0, "usage: prog [--repo DIR] help [COMMAND]\n", "" },
	{ "--version", 0, "prog " SLIPWAY_VERSION "\n", "" },
	{ "-V", 0, "prog " SLIPWAY_VERSION "\n", "" },
	{ "version", 0, "prog " SLIPWAY_VERSION "\n", "" },
	{ "cert -V", 0, "prog " SLIPWAY_VERSION "\n", "" },
	{ "cert new x -V", 0, "prog " SLIPWAY_VERSION "\n", "" },
	{ "--completion bash", 0, "# bash completion for prog;", "" },
	{ "--completion zsh", 0, "#compdef prog\n", "" },
	{ "--completion fish", 0, "# fish completion for prog;", "" },

	{ "", 2, "", "" },
	{ "cert", 2, "", "" },
	{ "frobnicate", 2, "", "there is no command 'frobnicate'; 'prog help' lists them" },
	{ "staus", 2, "", "there is no command 'staus'; did you mean 'status'?" },
	{ "stat", 2, "", "there is no command 'stat'; did you mean 'status'?" },
	{ "crt new", 2, "", "there is no command 'crt'; did you mean 'cert'?" },
	{ "cert nwe", 2, "", "there is no command 'cert nwe'; did you mean 'cert new'?" },
	{ "list", 2, "", "there is no command 'list'; did you mean 'cert list'?" },
	{ "cert frobnicate", 2, "",
	    "there is no command 'cert frobnicate'; 'prog help' lists them" },
	{ "help cert x", 2, "", "there is no command 'cert x'; 'prog help' lists them" },
	{ "help stauts", 2, "", "there is no command 'stauts'; did you mean 'status'?" },
	{ "--frob status", 2, "", "unknown option --frob" },
	{ "--days 3 cert new x", 2, "", "unknown option --days" },
	{ "cert new --forc x", 2, "", "cert new: unknown option --forc; did you mean --force?" },
	{ "cert new x --days 0", 2, "", "cert new: --days: want a number from 1 to 3650, got '0'" },
	{ "cert new", 2, "", "cert new: an argument is missing" },
	{ "status x", 2, "", "status: want no arguments, got 'x'" },
	{ "publish", 2, "", "publish: an argument is missing" },
	{ "publish a b c d", 2, "", "publish: too many arguments, from 'c' on" },
	{ "start", 2, "", "start: an argument is missing" },
	{ "--completion csh", 2, "", "--completion: want bash, zsh or fish, got 'csh'" },
};

/* Runs a line with standard output and error in files, and reads these files. */
static int
call(const char *line, char *out, char *err, size_t size)
{
	char copy[128], *argv[WORDS_MAX + 2] = { copy };
	FILE *to[2] = { tmpfile(), tmpfile() };
	int saved[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) }, argc = 1, end;
	char *texts[2] = { out, err };
	struct global g = { NULL };

	snprintf(copy, sizeof copy, "prog %s", line);
	strtok(copy, " ");
	while ((argv[argc] = strtok(NULL, " ")) != NULL)
		argc++;
	for (int i = 0; i < 2; i++) {
		assert_non_null(to[i]);
		fflush(i == 0 ? stdout : stderr);
		dup2(fileno(to[i]), i + 1);
	}
	complaint[0] = '\0';
	end = cli_main(&program, &g, argc, argv);
	fflush(stderr);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
		rewind(to[i]);
		texts[i][fread(texts[i], 1, size - 1, to[i])] = '\0';
		fclose(to[i]);
	}
	return end;
}

static void
assert_begins(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)) != 0)
		fail_msg("want a text that begins with '%s', got '%s'", with, text);
}

static void
line(void **state)
{
	const struct row *r = *state;
	char out[8192], err[8192];

	assert_int_equal(call(r->line, out, err, sizeof out), r->status);
	assert_begins(out, r->out);
	assert_string_equal(complaint, r->err);
	if (r->status != CLI_MISUSE) {
		assert_string_equal(err, "");
	} else if (complaint[0] != '\0') {
		/* One line of usage follows the error. */
		assert_begins(err, "usage: prog ");
		assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
		assert_non_null(strstr(err, "tells more\n"));
	} else {
		assert_begins(err, "usage: prog ");
	}
	if (r->status == CLI_MISUSE && strstr(r->line, "misuse") == NULL)
		assert_string_equal(out, "");
}

static void
quote(void **state)
{
	static const struct {
		const char *text, *want;
	} words[] = {
#ifdef _WIN32
		{ "C:\\x\\y.req", "C:\\x\\y.req" },
		{ "a b", "\"a b\"" },
		{ "", "\"\"" },
#else
		{ "/srv/a-b_c.d/e:1,2@3%4+5=6", "/srv/a-b_c.d/e:1,2@3%4+5=6" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$(x)", "'$(x)'" },
		{ "a\\b", "'a\\b'" },
		{ "", "''" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < N(words); i++) {
		struct buf b = BUF_INIT(128);
		struct err e;

		assert_int_equal(cli_quote(&b, words[i].text, &e), 0);
		assert_string_equal(buf_text(&b), words[i].want);
		buf_free(&b);
	}
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1];

	for (size_t i = 0; i < N(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].line,
			.test_func = line,
			.initial_state = &rows[i] };
	tests[N(rows)] = (struct CMUnitTest)cmocka_unit_test(quote);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
