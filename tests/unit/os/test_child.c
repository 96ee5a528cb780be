/* SPDX-License-Identifier: ISC */
/*
 * lib/os child, frame, pipe: the influence of children on their parent, on every platform.  This
 * program is its own children.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/children.h"

#include "lib/os/child.h"
#include "lib/os/clock.h"

/* Sends all frames back until the parent ends. */
static int
echo(struct frames *parent)
{
	struct frame f;
	struct err e;

	while (frame_recv(parent, &f, FRAME_FOREVER, &e) == 1)
		if (frame_send(parent, f.type, f.data, f.len, FRAME_FOREVER, &e) == -1)
			return 1;
	return 0;
}

/* Never reads, writes or ends. */
static int
hangs(struct frames *parent)
{
	(void)parent;
	for (;;)
		clock_sleep_ms(60000);
	return 0;
}

static int
closes_and_hangs(struct frames *parent)
{
	pipe_close(frames_pipe(parent));
	return hangs(parent);
}

/* Writes bytes that aren't frames; waits while the pipe is full. */
static bool
raw(struct frames *parent, const char *bytes, size_t len)
{
	size_t did;
	struct err e;

	for (; len > 0; bytes += did, len -= did)
		if (pipe_write(frames_pipe(parent), bytes, len, &did, &e) == -1 ||
		    pipe_wait(frames_pipe(parent), false, true, FRAME_FOREVER, &e) == -1)
			return false;
	return true;
}

static int
floods(struct frames *parent)
{
	while (raw(parent, "\0\0\0\1x?", 6))
		;
	return 0;
}

static int
floods_empty(struct frames *parent)
{
	while (raw(parent, "\0\0\0\0x", 5))
		;
	return 0;
}

static int
too_long(struct frames *parent)
{
	raw(parent, "\0\0\3\xe9x", 5);
	return hangs(parent);
}

static int
huge(struct frames *parent)
{
	raw(parent, "\xff\xff\xff\xffx", 5);
	return hangs(parent);
}

static int
half_header(struct frames *parent)
{
	raw(parent, "\0\0", 2);
	return 0;
}

static int
half_frame(struct frames *parent)
{
	raw(parent, "\0\0\0\4xab", 7);
	return 0;
}

static int
stalls_in_frame(struct frames *parent)
{
	raw(parent, "\0\0\0\4xab", 7);
	return hangs(parent);
}

static int
trickles(struct frames *parent)
{
	static const char frame[9] = "\0\0\0\4xabcd";

	for (size_t i = 0; i < sizeof frame; i++) {
		raw(parent, frame + i, 1);
		clock_sleep_ms(2);
	}
	return 0;
}

static const struct child_role roles[] = { { "echo", MAX, echo, NULL },
	{ "exits", MAX, exits, NULL }, { "hangs", MAX, hangs, NULL },
	{ "closes-and-hangs", MAX, closes_and_hangs, NULL }, { "floods", MAX, floods, NULL },
	{ "floods-empty", MAX, floods_empty, NULL }, { "too-long", MAX, too_long, NULL },
	{ "huge", MAX, huge, NULL }, { "half-header", MAX, half_header, NULL },
	{ "half-frame", MAX, half_frame, NULL }, { "stalls-in-frame", MAX, stalls_in_frame, NULL },
	{ "trickles", MAX, trickles, NULL } };

/* The first frame from a hostile child, and how the child ended. */
static struct row {
	const char *name, *role;
	int want; /* of frame_recv(); 2: frames until the deadline */
	enum err_code code;
	const char *how;
} rows[] = {
	{ "child: exits", "exits", 0, ERR_NONE, "ended with status 7" },
	{ "child: hangs", "hangs", -1, ERR_TIMEOUT, "was stopped" },
	{ "child: closes its pipe and hangs", "closes-and-hangs", 0, ERR_NONE, NULL },
	{ "child: floods with frames", "floods", 2, ERR_TIMEOUT, "was stopped" },
	{ "child: floods with empty frames", "floods-empty", 2, ERR_TIMEOUT, "was stopped" },
	{ "child: a frame one byte over the limit", "too-long", -1, ERR_PROTOCOL, "was stopped" },
	{ "child: a frame of four gigabytes", "huge", -1, ERR_PROTOCOL, "was stopped" },
	{ "child: half a header", "half-header", -1, ERR_PROTOCOL, "ended with status 0" },
	{ "child: half a frame", "half-frame", -1, ERR_PROTOCOL, "ended with status 0" },
	{ "child: stalls in a frame", "stalls-in-frame", -1, ERR_TIMEOUT, "was stopped" },
	{ "child: a frame byte by byte", "trickles", 1, ERR_NONE, "ended with status 0" },
};

static void
hostile(void **state)
{
	const struct row *r = *state;
	struct child *c = start(r->role);
	int64_t begun = clock_mono_ms(), deadline = begun + (r->code == ERR_TIMEOUT ? 200 : 20000);
	char how[CHILD_HOW_SIZE];
	struct frame f;
	struct err e;
	int rc;

	err_clear(&e);
	do
		rc = frame_recv(child_frames(c), &f, deadline, &e);
	while (rc == 1 && r->want == 2);
	assert_int_equal(rc, r->want == 2 ? -1 : r->want);
	assert_int_equal(e.code, r->code);
	child_end(c,
	    r->code == ERR_NONE || strstr(r->how, "status") != NULL
		? in(r->code == ERR_TIMEOUT ? 100 : 20000)
		: 0,
	    how);
	if (r->how != NULL)
		assert_string_equal(how, r->how);
	assert_true(clock_mono_ms() - begun < 15000);
}

static void
frames_of_every_size(void **state)
{
	struct child *c = start("echo");
	uint8_t data[MAX + 1];
	char how[CHILD_HOW_SIZE];
	struct frame f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= MAX; len++) {
		assert_ok(frame_send(child_frames(c), (uint8_t)len, data, len, in(20000), &e), &e);
		assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
		assert_int_equal(f.type, (uint8_t)len);
		assert_int_equal(f.len, len);
		assert_memory_equal(f.data, data, len);
	}
	assert_err(frame_send(child_frames(c), 1, data, MAX + 1, in(20000), &e), ERR_TOO_LARGE, &e);
	child_end(c, in(20000), how);
	assert_string_equal(how, "ended with status 0");
}

/* Both sides write at the same time: so many frames are in the pipes. */
#define IN_FLIGHT 50

static void
both_ways(void **state)
{
	struct child *c = start("echo");
	uint8_t data[MAX];
	char how[CHILD_HOW_SIZE];
	struct frame f;
	struct err e;

	(void)state;
	for (int i = 0; i < 3000 + IN_FLIGHT; i++) {
		if (i < 3000) {
			memset(data, i % 251, sizeof data);
			assert_ok(frame_send(child_frames(c), (uint8_t)i, data, MAX, in(20000), &e),
			    &e);
		}
		if (i < IN_FLIGHT)
			continue;
		assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
		assert_int_equal(f.type, (uint8_t)(i - IN_FLIGHT));
		assert_int_equal(f.len, MAX);
		memset(data, (i - IN_FLIGHT) % 251, sizeof data);
		assert_memory_equal(f.data, data, MAX);
	}
	child_end(c, in(20000), how);
	assert_string_equal(how, "ended with status 0");
}

/* A parent that only sends: the child can't send more than the pipe and both buffers hold. */
static void
one_way(void **state)
{
	struct child *c = start("echo");
	uint8_t data[MAX] = { 0 };
	struct err e;
	int sent = 0;

	(void)state;
	err_clear(&e);
	while (sent < 10000 && frame_send(child_frames(c), 1, data, MAX, in(200), &e) == 0)
		sent++;
	assert_true(sent > 0 && sent < 10000);
	assert_int_equal(e.code, ERR_TIMEOUT);
	child_end(c, 0, NULL);
}

static void
sending_to_the_dead(void **state)
{
	struct child *c = start("exits");
	uint8_t data[MAX] = { 0 };
	struct err e;
	int rc = 0;

	(void)state;
	assert_true(pipe_wait_gone(frames_pipe(child_frames(c)), in(20000)));
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = frame_send(child_frames(c), 1, data, MAX, in(20000), &e);
	assert_int_equal(rc, -1);
	assert_int_equal(e.code, ERR_PROTOCOL);
	child_end(c, 0, NULL);
}

/* A child that doesn't read holds its parent only until the deadline. */
static void
sending_to_the_deaf(void **state)
{
	struct child *c = start("hangs");
	uint8_t data[MAX] = { 0 };
	int64_t deadline = in(200);
	struct err e;
	int rc = 0;

	(void)state;
	while (rc == 0)
		rc = frame_send(child_frames(c), 1, data, MAX, deadline, &e);
	assert_int_equal(e.code, ERR_TIMEOUT);
	child_end(c, 0, NULL);
}

int
main(int argc, char **argv)
{
	static struct CMUnitTest tests[30] = { cmocka_unit_test(frames_of_every_size),
		cmocka_unit_test(both_ways), cmocka_unit_test(one_way),
		cmocka_unit_test(sending_to_the_dead), cmocka_unit_test(sending_to_the_deaf) };
	size_t n = 5;

	children_main(roles, N(roles), argc, argv);
	TEST_ROWS(tests, n, rows, hostile);
	return _cmocka_run_group_tests("child", tests, n, NULL, NULL);
}
