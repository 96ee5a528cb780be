/* SPDX-License-Identifier: ISC */
/* updater/state/task: the task that updates a station, in words. */
#include "tests/unit/common/test.h"

#include "updater/state/task.h"

#define FILE_PATH "C:\\Program Files\\Slipway\\slipway-update.xml"
#define AGAIN	  "schtasks /create /f /tn Slipway /xml \"" FILE_PATH "\""
#define THERE	  .found = SCHEDULE_FOUND, .file = FILE_PATH

static const struct row {
	const char *name;
	struct schedule task;
	const char *line, *fault, *command; /* fault NULL: there is none */
} rows[] = {
	{ "good",
	    { THERE, .enabled = true, .on_battery = true, .as_system = true, .who = "SYSTEM",
		.ended = true },
	    "for the system, also on battery, last result 0", NULL, NULL },
	{ "good, and new",
	    { THERE, .enabled = true, .on_battery = true, .as_system = true, .who = "S-1-5-18" },
	    "for the system, also on battery, no result yet", NULL, NULL },
	{ "not known", { .found = SCHEDULE_UNKNOWN, .file = FILE_PATH }, "", NULL, NULL },
	{ "missing", { .found = SCHEDULE_MISSING, .file = FILE_PATH }, "none", "there is no task",
	    AGAIN },
	{ "missing, without its file", { .found = SCHEDULE_MISSING }, "none", "there is no task",
	    "take it from Slipway's zip" },
	{ "disabled", { THERE, .on_battery = true, .as_system = true, .ended = true, .result = 1 },
	    "disabled, for the system, also on battery, last result 1", "is disabled",
	    "schtasks /change /tn Slipway /enable" },
	{ "for a person", { THERE, .enabled = true, .on_battery = true, .who = "PC\\anna" },
	    "for PC\\anna, also on battery, no result yet", "runs for PC\\anna", AGAIN },
	{ "for nobody knows whom", { THERE, .enabled = true, .on_battery = true },
	    "for an unknown account, also on battery, no result yet", "runs for an unknown account",
	    AGAIN },
	{ "not on battery", { THERE, .enabled = true, .as_system = true },
	    "for the system, not on battery, no result yet", "doesn't run on battery", AGAIN },
	{ "failed",
	    { THERE, .enabled = true, .on_battery = true, .as_system = true, .ended = true,
		.result = 1 },
	    "for the system, also on battery, last result 1", "ended last with 1, want 0",
	    "event log (Application, source slipway)" },
	{ "the program isn't there",
	    { THERE, .enabled = true, .on_battery = true, .as_system = true, .ended = true,
		.result = 0x80070002 },
	    "for the system, also on battery, last result 0x80070002", "ended last with 0x80070002",
	    "event log" },
};

static void
words(void **state)
{
	const struct row *r = *state;
	struct buf line = BUF_INIT(2000), fault = BUF_INIT(2000);
	struct err e;

	assert_ok(task_line(&r->task, &line, &e), &e);
	assert_string_equal(buf_text(&line), r->line);
	assert_is(task_fault(&r->task, &fault, &e), r->fault != NULL, &e);
	if (r->fault != NULL) {
		assert_non_null(strstr(buf_text(&fault), r->fault));
		assert_non_null(strstr(buf_text(&fault), r->command));
	} else {
		assert_int_equal(fault.len, 0);
	}
	buf_free(&line);
	buf_free(&fault);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, words);
	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
