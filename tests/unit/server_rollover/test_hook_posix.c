/* SPDX-License-Identifier: ISC */
/*
 * server/rollover/hook: the end of a hook and of its processes, and a hook that asks at the
 * terminal.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "server/rollover/hook.h"

#define PATIENCE_MS 20000

static const struct end_row {
	const char *name, *command;
	enum err_code code;
	const char *says;
} ends[] = {
	{ "end: well", "[ \"$SLIPWAY_ONE\" = 1 ] && [ \"$SLIPWAY_TWO\" = 'a b' ]", ERR_NONE, "" },
	{ "end: with a status", "exit 7", ERR_CONFLICT, "the hook ended with status 7" },
	{ "end: no such command", "/nonexistent/scp", ERR_CONFLICT,
	    "the hook ended with status 127" },
	{ "end: by a signal", "kill -9 $$", ERR_CONFLICT, "the hook was ended by signal 9" },
	{ "end: late", "exec sleep 1000", ERR_TIMEOUT,
	    "the hook was not done within 1 s and was ended, with what it had started" },
	{ "end: late, with children", "sleep 1000 & (sleep 1000; :) & sleep 1000; :", ERR_TIMEOUT,
	    "not done within 1 s" },
	{ "end: late, and won't", "trap '' TERM; sleep 1000 & while :; do sleep 1000; done",
	    ERR_TIMEOUT, "not done within 1 s" },
	{ "end: late, and stopped", "kill -STOP $$; exit 0", ERR_TIMEOUT, "not done within 1 s" },
	{ "end: late, leaving one that won't",
	    "(trap '' TERM; while :; do sleep 1000; done) & exec sleep 1000", ERR_TIMEOUT,
	    "not done within 1 s" },
};

/* No process holds the other end of the pipe any more. */
static void
wants_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
}

static void
end(void **state)
{
	const struct end_row *r = *state;
	const struct hook_variable variables[] = { { "SLIPWAY_ONE", "1" },
		{ "SLIPWAY_TWO", "a b" } };
	int held[2], rc; /* the hook and all its processes hold held[1] open */
	struct err e = { 0 };

	assert_int_equal(pipe(held), 0);
	assert_int_equal(fcntl(held[0], F_SETFD, FD_CLOEXEC), 0);
	rc = hook_run(r->code == ERR_TIMEOUT ? 1 : PATIENCE_MS / 1000, r->command, variables,
	    N(variables), &e);
	assert_int_equal(rc, r->code == ERR_NONE ? 0 : -1);
	if (rc == -1 && (e.code != r->code || strstr(e.text, r->says) == NULL))
		fail_msg("want '%s', got '%s'", r->says, e.text);
	close(held[1]);
	wants_end(held[0]);
	close(held[0]);
}

static void
wait_for_file(struct dir *d, const char *name)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct file_info info;
	struct err e;

	while (file_stat(d, name, &info, &e) == 0 && clock_mono_ms() < until)
		clock_sleep_ms(10);
	assert_int_equal(file_stat(d, name, &info, &e), 1);
}

/* At the limit the hook may tidy up; after a good end its background processes go on. */
static void
in_good_order(void **state)
{
	struct dir *d = *state;
	const struct hook_variable place = { "PLACE", dir_path(d) };
	struct err e;

	assert_err(hook_run(1, "trap 'touch \"$PLACE/tidy\"; exit 0' TERM; sleep 1000 & wait",
		       &place, 1, &e),
	    ERR_TIMEOUT, &e);
	wait_for_file(d, "tidy");
	assert_ok(hook_run(20, "(sleep 0.3; touch \"$PLACE/later\") & exit 0", &place, 1, &e), &e);
	wait_for_file(d, "later");
}

/* A hook at a terminal reads a line, and gets Control-C. */
static const struct typed_row {
	const char *name, *typed;
	int status; /* as waitpid() has it */
} typed[] = {
	{ "typed: a passphrase", "secret\n", 0 },
	{ "typed: another", "wrong\n", 1 << 8 },
	{ "typed: Control-C", "\003", SIGINT },
};

static int
at_terminal(void)
{
	struct err e;
	int rc = hook_run(20,
	    "echo ready > /dev/tty; read -r word < /dev/tty; [ \"$word\" = secret ]", NULL, 0, &e);

	/* The terminal is ours again. */
	if (tcgetpgrp(STDIN_FILENO) != getpgrp())
		return 3;
	return rc == 0 ? 0 : 1;
}

static void
asks(void **state)
{
	const struct typed_row *r = *state;
	char buf[256];
	size_t have = 0;
	int master, status = -1;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	if (pid == 0)
		_exit(at_terminal());
	assert_true(pid > 0);
	buf[0] = '\0';
	while (strstr(buf, "ready") == NULL && have < sizeof buf - 1 &&
	    (n = read(master, buf + have, sizeof buf - 1 - have)) > 0)
		buf[have += (size_t)n] = '\0';
	assert_non_null(strstr(buf, "ready"));
	assert_int_equal(write(master, r->typed, strlen(r->typed)), strlen(r->typed));
	while (read(master, buf, sizeof buf) > 0)
		;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, r->status);
	close(master);
}

int
main(void)
{
	static struct CMUnitTest tests[N(ends) + N(typed) + 1] = {
		cmocka_unit_test_setup_teardown(in_good_order, temp_make, temp_remove),
	};
	size_t n = 1;

	TEST_ROWS(tests, n, ends, end);
	TEST_ROWS(tests, n, typed, asks);
	return _cmocka_run_group_tests("hook", tests, n, NULL, NULL);
}
