/* SPDX-License-Identifier: ISC */
/*
 * lib/os frame: keys and passwords go through frames, and nothing of them is left in memory.  The
 * test takes the place of free() and OPENSSL_cleanse() for the library.
 */
#include "tests/unit/common/test.h"

#include <malloc.h>

#include "lib/os/clock.h"
#include "lib/os/frame.h"

#define SECRET "the login key of station 7"

static size_t freed, wiped;

void __real_free(void *memory);
void __wrap_free(void *memory);
void __real_OPENSSL_cleanse(void *memory, size_t len);
void __wrap_OPENSSL_cleanse(void *memory, size_t len);

static bool
has_secret(const void *memory, size_t len)
{
	return memory != NULL && memmem(memory, len, SECRET, strlen(SECRET)) != NULL;
}

void
__wrap_free(void *memory)
{
	freed += has_secret(memory, memory == NULL ? 0 : malloc_usable_size(memory));
	__real_free(memory);
}

void
__wrap_OPENSSL_cleanse(void *memory, size_t len)
{
	wiped += has_secret(memory, len);
	__real_OPENSSL_cleanse(memory, len);
}

struct two {
	struct frames *from, *to;
};

static struct two
connected(void)
{
	struct two t;
	pipe_end ends[2];
	struct err e;

	assert_int_equal(pipe_pair(ends, &e), 0);
	assert_non_null(t.from = frames_open(ends[0], 256, &e));
	assert_non_null(t.to = frames_open(ends[1], 256, &e));
	freed = wiped = 0;
	return t;
}

static void
send(struct frames *f, const char *text)
{
	struct err e;

	assert_int_equal(frame_send(f, 's', text, strlen(text), clock_mono_ms() + 5000, &e), 0);
}

static void
want(struct frames *f, const char *text)
{
	struct frame got;
	struct err e;

	assert_int_equal(frame_recv(f, &got, clock_mono_ms() + 5000, &e), 1);
	assert_int_equal(got.len, strlen(text));
	assert_memory_equal(got.data, text, got.len);
}

/* The copy behind the header of a small frame. */
static void
sender(void **unused)
{
	struct two t = connected();

	(void)unused;
	send(t.from, SECRET);
	assert_int_equal(wiped, 1);
	frames_close(t.from);
	frames_close(t.to);
	assert_int_equal(freed, 0);
}

static void
receiver(void **unused)
{
	struct two t = connected();

	(void)unused;
	send(t.from, SECRET);
	want(t.to, SECRET);
	frames_close(t.to);
	assert_int_equal(freed, 0);
	assert_int_equal(wiped, 2);
	frames_close(t.from);
}

/* A longer frame before a short one: the buffer is wiped as far as it was ever used. */
static void
earlier_frame(void **unused)
{
	struct two t = connected();
	const char *longer = "0123456789012345678901234567890123456789" SECRET;

	(void)unused;
	send(t.from, longer);
	want(t.to, longer);
	send(t.from, "short");
	want(t.to, "short");
	wiped = 0;
	frames_close(t.to);
	assert_int_equal(wiped, 1);
	assert_int_equal(freed, 0);
	frames_close(t.from);
}

/* What nobody received was read from the pipe while this side was sending. */
static void
not_received(void **unused)
{
	struct two t = connected();

	(void)unused;
	send(t.from, SECRET);
	send(t.from, SECRET);
	want(t.to, SECRET);
	wiped = 0;
	frames_close(t.to);
	assert_int_equal(wiped, 1);
	assert_int_equal(freed, 0);
	frames_close(t.from);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(sender),
		cmocka_unit_test(receiver), cmocka_unit_test(earlier_frame),
		cmocka_unit_test(not_received) };

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
