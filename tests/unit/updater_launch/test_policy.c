/* SPDX-License-Identifier: ISC */
/*
 * Whether a program may start, and the message: a row for each case.
 */
#include "tests/unit/common/test.h"

#include "updater/launch/policy.h"

#define DAY 86400
#define NOW (1000 * (int64_t)DAY)

static struct row {
	const char *name;
	enum on_error on_error;
	int64_t warn, block; /* days */
	enum err_code why;   /* ERR_NONE: the update didn't fail */
	bool fresh;
	int64_t age; /* days since the last good refresh; -1: never */
	int64_t release;
	bool start;
	const char *text; /* NULL: nothing is said */
	enum log_level level;
	enum {
		READ,
		UNREAD,
		BUSY
	} state; /* unread: it couldn't be; busy: another process updates */
} rows[] = {
	{ "good", ON_ERROR_LAUNCH, 0, 0, ERR_NONE, true, 0, 3, true, NULL, 0, READ },
	{ "good, block", ON_ERROR_BLOCK, 1, 1, ERR_NONE, true, 0, 3, true, NULL, 0, READ },
	{ "server down", ON_ERROR_LAUNCH, 0, 0, ERR_NETWORK, false, 5, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_WARN, READ },
	{ "server down, nothing applied", ON_ERROR_LAUNCH, 0, 0, ERR_NETWORK, false, -1, 0, true,
	    "why; starting hi although no release was ever applied", LOG_LEVEL_WARN, READ },
	{ "server down, block", ON_ERROR_BLOCK, 0, 0, ERR_NETWORK, false, 5, 3, false,
	    "why; hi is not started, because this site set OnError to block", LOG_LEVEL_ERROR,
	    READ },
	{ "server down, not for long", ON_ERROR_LAUNCH, 7, 0, ERR_NETWORK, false, 6, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_INFO, READ },
	{ "another start updates", ON_ERROR_LAUNCH, 7, 0, ERR_BUSY, false, 6, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_INFO, READ },
	{ "work in progress, block", ON_ERROR_BLOCK, 0, 30, ERR_BUSY, false, 6, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_INFO, BUSY },
	{ "work in progress, too old", ON_ERROR_BLOCK, 0, 6, ERR_BUSY, false, 6, 3, false,
	    "why; this station was last up to date 6 days ago; hi is not started, because this site set BlockAfterDays to 6; tell the station's administrator ('slipway update' says what is wrong)",
	    LOG_LEVEL_ERROR, BUSY },
	{ "work in progress, and no release to start on", ON_ERROR_BLOCK, 0, 0, ERR_BUSY, false, -1,
	    0, false, "why; hi is not started, because this site set OnError to block",
	    LOG_LEVEL_ERROR, BUSY },
	{ "a file in use is a failure", ON_ERROR_BLOCK, 0, 0, ERR_BUSY, false, 6, 3, false,
	    "why; hi is not started, because this site set OnError to block", LOG_LEVEL_ERROR,
	    READ },
	{ "server down, too long", ON_ERROR_LAUNCH, 7, 0, ERR_NETWORK, false, 7, 3, true,
	    "why; this station was last up to date 7 days ago; starting hi with release 3, applied earlier",
	    LOG_LEVEL_WARN, READ },
	{ "a bad signature is always told", ON_ERROR_LAUNCH, 7, 0, ERR_SIGNATURE, false, 0, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_WARN, READ },
	{ "a torn state is always told", ON_ERROR_LAUNCH, 7, 0, ERR_TORN, false, 0, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_WARN, READ },
	{ "still allowed", ON_ERROR_LAUNCH, 0, 30, ERR_NETWORK, false, 29, 3, true,
	    "why; starting hi with release 3, applied earlier", LOG_LEVEL_WARN, READ },
	{ "too old", ON_ERROR_LAUNCH, 7, 30, ERR_NETWORK, false, 30, 3, false,
	    "why; this station was last up to date 30 days ago; hi is not started, because this site set BlockAfterDays to 30; tell the station's administrator ('slipway update' says what is wrong)",
	    LOG_LEVEL_ERROR, READ },
	{ "never up to date", ON_ERROR_LAUNCH, 0, 30, ERR_NETWORK, false, -1, 0, false,
	    "why; this station was never up to date; hi is not started, because this site set BlockAfterDays to 30; tell the station's administrator ('slipway update' says what is wrong)",
	    LOG_LEVEL_ERROR, READ },
	{ "offline", ON_ERROR_LAUNCH, 7, 30, ERR_NONE, false, 1, 3, true, NULL, 0, READ },
	{ "offline, old", ON_ERROR_LAUNCH, 1, 30, ERR_NONE, false, 1, 3, true,
	    "this station was last up to date 1 day ago; starting hi with release 3, applied earlier",
	    LOG_LEVEL_WARN, READ },
	{ "offline, too old", ON_ERROR_LAUNCH, 0, 30, ERR_NONE, false, 31, 3, false,
	    "this station was last up to date 31 days ago; hi is not started, because this site set BlockAfterDays to 30; tell the station's administrator ('slipway update' says what is wrong)",
	    LOG_LEVEL_ERROR, READ },
	{ "nothing is known", ON_ERROR_LAUNCH, 0, 0, ERR_CONFIG, false, -1, 0, true,
	    "why; starting hi; it isn't known which release is applied", LOG_LEVEL_WARN, UNREAD },
	{ "nothing is known, block", ON_ERROR_BLOCK, 0, 0, ERR_CONFIG, false, -1, 0, false,
	    "why; hi is not started, because this site set OnError to block", LOG_LEVEL_ERROR,
	    UNREAD },
	{ "nothing is known, too old", ON_ERROR_LAUNCH, 0, 30, ERR_CONFIG, false, -1, 0, false,
	    "why; it isn't known when this station was last up to date; hi is not started, because this site set BlockAfterDays to 30; tell the station's administrator ('slipway update' says what is wrong)",
	    LOG_LEVEL_ERROR, UNREAD },
	{ "the clock stands before the last refresh", ON_ERROR_LAUNCH, 7, 30, ERR_NETWORK, false,
	    -10, 3, true, "why; starting hi with release 3, applied earlier", LOG_LEVEL_INFO,
	    READ },
};

static void
decide(void **state)
{
	const struct row *r = *state;
	struct station st = { .on_error = r->on_error,
		.warn_after_days = r->warn,
		.block_after_days = r->block };
	struct update_result result = { .unknown = r->state == UNREAD,
		.fresh = r->fresh,
		.busy = r->state == BUSY,
		.release = r->release,
		.refreshed = r->age == -1 ? 0 : NOW - r->age * DAY };
	struct buf text = BUF_INIT(4096);
	struct err why;
	struct verdict v;

	err_setx(&why, r->why, "why");
	v = policy(&st, &result, r->why == ERR_NONE ? NULL : &why, "hi", NOW, &text);
	assert_int_equal(v.start, r->start);
	assert_int_equal(v.tell, r->text != NULL);
	if (r->text != NULL) {
		assert_string_equal(buf_text(&text), r->text);
		assert_int_equal(v.level, r->level);
	}
	buf_free(&text);
}

int
main(void)
{
	static struct CMUnitTest tests[60];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, decide);
	return _cmocka_run_group_tests("policy", tests, n, NULL, NULL);
}
