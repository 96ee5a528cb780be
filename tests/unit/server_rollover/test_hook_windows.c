/* SPDX-License-Identifier: ISC */
/*
 * server/rollover/hook on Windows: the end of a hook and of its processes.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "server/rollover/hook.h"

#define PATIENCE_S 60

static const struct end_row {
	const char *name, *command;
	unsigned seconds;
	enum err_code code;
	const char *says;
} ends[] = {
	{ "end: well", "if \"%SLIPWAY_ONE% %SLIPWAY_TWO%\" == \"1 a b\" (exit 0) else exit 4",
	    PATIENCE_S, ERR_NONE, "" },
	{ "end: with a status", "exit 7", PATIENCE_S, ERR_CONFLICT,
	    "the hook ended with status 7" },
	{ "end: no such command", "\"C:\\nowhere\\scp.exe\" \"a b\"", PATIENCE_S, ERR_CONFLICT,
	    "the hook ended with status " },
	{ "end: late", "for /l %i in (0,0,1) do @rem", 1, ERR_TIMEOUT,
	    "the hook was not done within 1 s and was ended, with what it had started" },
};

static void
end(void **state)
{
	const struct end_row *r = *state;
	const struct hook_variable variables[] = { { "SLIPWAY_ONE", "1" },
		{ "SLIPWAY_TWO", "a b" } };
	struct err e = { 0 };
	int rc = hook_run(r->seconds, r->command, variables, N(variables), &e);

	assert_int_equal(rc, r->code == ERR_NONE ? 0 : -1);
	if (rc == -1 && (e.code != r->code || strstr(e.text, r->says) == NULL))
		fail_msg("want '%s', got '%s'", r->says, e.text);
}

/* A grandchild that keeps writing stops when the hook is ended. */
static void
with_children(void **state)
{
	struct dir *d = *state;
	const struct hook_variable place = { "PLACE", dir_path(d) };
	int64_t until = clock_mono_ms() + PATIENCE_S * 1000;
	struct file_info info;
	uint64_t size;
	struct err e;

	assert_err(hook_run(6, "cd /d \"%PLACE%\" && cmd /c for /l %i in (0,0,1) do @echo x>>grows",
		       &place, 1, &e),
	    ERR_TIMEOUT, &e);
	assert_int_equal(file_stat(d, "grows", &info, &e), 1);
	/* A write that was under way at the end may arrive a moment later. */
	do {
		size = info.size;
		clock_sleep_ms(500);
		assert_int_equal(file_stat(d, "grows", &info, &e), 1);
	} while (info.size != size && clock_mono_ms() < until);
	assert_true(size > 0);
	assert_int_equal(info.size, size);
}

int
main(void)
{
	static struct CMUnitTest tests[N(ends) + 1] = {
		cmocka_unit_test_setup_teardown(with_children, temp_make, temp_remove),
	};
	size_t n = 1;

	TEST_ROWS(tests, n, ends, end);
	return _cmocka_run_group_tests("hook", tests, n, NULL, NULL);
}
