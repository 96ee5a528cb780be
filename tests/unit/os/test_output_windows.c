/* SPDX-License-Identifier: ISC */
/* lib/os/output on Windows: a pipe that nobody reads delays a program by no more than the limit. */
#include "tests/unit/common/test.h"

#include <windows.h>

#include "lib/os/clock.h"
#include "lib/os/output.h"

#define LIMIT_MS 300
#define LINES	 2000
#define LINE	 "0123456789012345678901234567890123456789012345678901234567890123\n"

static HANDLE reader, writer, before;

static int
setup(void **unused)
{
	(void)unused;
	before = GetStdHandle(STD_ERROR_HANDLE);
	if (!CreatePipe(&reader, &writer, NULL, 4096))
		return -1;
	SetStdHandle(STD_ERROR_HANDLE, writer);
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	SetStdHandle(STD_ERROR_HANDLE, before);
	CloseHandle(reader);
	if (writer != NULL)
		CloseHandle(writer);
	return 0;
}

/* Reads to the end of the pipe; *total is the number of bytes. */
static DWORD WINAPI
read_all(void *total)
{
	char data[4096];
	DWORD n;

	while (ReadFile(reader, data, sizeof data, &n, NULL) && n > 0)
		*(size_t *)total += n;
	return 0;
}

static void
close_writer(void)
{
	CloseHandle(writer);
	writer = NULL;
}

/* Runs first: a stream that stood still is given up for good. */
static void
read_lines(void **unused)
{
	size_t total = 0;
	HANDLE thread = CreateThread(NULL, 0, read_all, &total, 0, NULL);

	(void)unused;
	assert_non_null(thread);
	output_limit(60000);
	for (int i = 0; i < LINES / 10; i++)
		output_write(OUTPUT_STDERR, LINE, strlen(LINE));
	close_writer();
	assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
	CloseHandle(thread);
	assert_int_equal(total, LINES / 10 * strlen(LINE));
}

static void
nobody_reads(void **unused)
{
	int64_t begun = clock_mono_ms();
	size_t total = 0;

	(void)unused;
	output_limit(LIMIT_MS);
	for (int i = 0; i < LINES; i++)
		output_write(OUTPUT_STDERR, LINE, strlen(LINE));
	assert_in_range(clock_mono_ms() - begun, LIMIT_MS / 2, 20 * LIMIT_MS);
	close_writer();
	read_all(&total);
	assert_in_range(total, 1, LINES / 2 * strlen(LINE));
}

static void
reader_gone(void **unused)
{
	int64_t begun = clock_mono_ms();

	(void)unused;
	CloseHandle(reader);
	reader = NULL;
	output_limit(60000);
	for (int i = 0; i < 3; i++)
		output_write(OUTPUT_STDERR, LINE, strlen(LINE));
	assert_in_range(clock_mono_ms() - begun, 0, 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(read_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(reader_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_reads, setup, teardown),
	};

	return cmocka_run_group_tests_name("output_windows", tests, NULL, NULL);
}
