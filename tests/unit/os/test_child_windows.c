/* SPDX-License-Identifier: ISC */
/*
 * lib/os child, confine on Windows: handles, jobs, tokens, and the limits of a confined child.
 * This program is its own children.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/children.h"

#include "lib/os/child.h"
#include "lib/os/clock.h"
#include "lib/os/confine.h"
#include "lib/os/wide_windows.h"

static int
crashes(struct frames *parent)
{
	(void)parent;
	RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
	return 0;
}

static int
aborts(struct frames *parent)
{
	(void)parent;
	abort();
}

static int
hangs(struct frames *parent)
{
	(void)parent;
	for (;;)
		clock_sleep_ms(60000);
	return 0;
}

static int
tells_who(struct frames *parent)
{
	DWORD pid = GetCurrentProcessId();
	struct err e;

	return frame_send(parent, 'w', &pid, sizeof pid, FRAME_FOREVER, &e) == -1 ? 1
										  : hangs(parent);
}

/*
 * Starts this program again, as a child with foreign code would, and reports the id of the new
 * process, or 0 when the start fails.
 */
static int
starts(struct frames *parent)
{
	wchar_t self[MAX_PATH], line[] = L"test hang";
	STARTUPINFOW si = { .cb = sizeof si };
	PROCESS_INFORMATION pi = { .dwProcessId = 0 };
	struct err e;

	GetModuleFileNameW(NULL, self, MAX_PATH);
	CreateProcessW(self, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &si, &pi);
	return frame_send(parent, 's', &pi.dwProcessId, sizeof pi.dwProcessId, FRAME_FOREVER, &e) ==
	    -1;
}

/*
 * Reports whether the handle that its parent names works here, and whether this process has a
 * variable and standard streams.
 */
static int
tells(struct frames *parent)
{
	struct frame f;
	uint8_t has[3];
	uint64_t h;
	struct err e;

	if (frame_recv(parent, &f, FRAME_FOREVER, &e) != 1)
		return 1;
	memcpy(&h, f.data, sizeof h);
	has[0] = SetEvent((HANDLE)(uintptr_t)h) != 0;
	has[1] = GetEnvironmentVariableW(L"SECRET_TOKEN", NULL, 0) > 0 ||
	    GetEnvironmentVariableW(L"PATH", NULL, 0) > 0;
	has[2] = GetStdHandle(STD_INPUT_HANDLE) != NULL ||
	    GetStdHandle(STD_OUTPUT_HANDLE) != NULL || GetStdHandle(STD_ERROR_HANDLE) != NULL;
	return frame_send(parent, 't', has, sizeof has, FRAME_FOREVER, &e) == -1;
}

static const struct confine_want want = { .memory = 32u << 20, .cpu_seconds = 5 };

/* Forbidden actions of a confined process: status 20 when one fails, 21 when one succeeds. */
static int
confined(struct frames *parent)
{
	wchar_t path[MAX_PATH + 32];
	struct confined c;
	struct frame f;
	uint32_t packed;
	struct err e;
	DWORD n;

	confine(&want, &c);
	packed = confined_pack(&c);
	if (frame_send(parent, 'c', &packed, sizeof packed, FRAME_FOREVER, &e) == -1 ||
	    frame_recv(parent, &f, FRAME_FOREVER, &e) != 1)
		return 1;
	switch (f.type) {
	case 'o':
		n = GetTempPathW(MAX_PATH, path);
		swprintf(path + n, 32, L"slipway-confined-%lu", GetCurrentProcessId());
		return CreateFileW(path, GENERIC_WRITE | DELETE, 0, NULL, CREATE_ALWAYS,
			   FILE_FLAG_DELETE_ON_CLOSE, NULL) == INVALID_HANDLE_VALUE
		    ? 20
		    : 21;
	case 'p':
		memcpy(&n, f.data, sizeof n);
		return OpenProcess(PROCESS_TERMINATE, FALSE, n) == NULL ? 20 : 21;
	case 'e':
		n = GetModuleFileNameW(NULL, path, MAX_PATH);
		return !CreateProcessW(path, NULL, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL,
			   &(STARTUPINFOW){ .cb = sizeof(STARTUPINFOW) },
			   &(PROCESS_INFORMATION){ .dwProcessId = 0 })
		    ? 20
		    : 21;
	case 'x':
		return VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE) ==
			NULL
		    ? 20
		    : 21;
	case 'm':
		return VirtualAlloc(NULL, 256u << 20, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) ==
			NULL
		    ? 20
		    : 21;
	default:
		return 22;
	}
}

static const struct child_role roles[] = { { "exits", MAX, exits, NULL },
	{ "crashes", MAX, crashes, NULL }, { "aborts", MAX, aborts, NULL },
	{ "hangs", MAX, hangs, NULL }, { "starts", MAX, starts, NULL },
	{ "tells", MAX, tells, NULL }, { "tells_who", MAX, tells_who, NULL },
	{ "confined", MAX, confined, &want } };

static DWORD
handles(void)
{
	DWORD n = 0;

	assert_true(GetProcessHandleCount(GetCurrentProcess(), &n));
	return n;
}

static struct row {
	const char *name, *role, *how;
} rows[] = {
	{ "child: crashes", "crashes", "was ended by exception 0xc0000005" },
	{ "child: aborts", "aborts", "was ended by exception 0xc0000420" },
	{ "child: exits", "exits", "ended with status 7" },
};

static void
ends(void **state)
{
	const struct row *r = *state;
	struct child *c = start(r->role);
	char how[CHILD_HOW_SIZE];
	struct frame f;
	struct err e;

	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 0);
	child_end(c, in(20000), how);
	assert_string_equal(how, r->how);
}

static void
inherits_nothing(void **state)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	HANDLE event = CreateEventW(&inherited, TRUE, FALSE, NULL);
	uint64_t number = (uint64_t)(uintptr_t)event;
	struct child *c;
	struct frame f;
	struct err e;

	(void)state;
	assert_non_null(event);
	SetEnvironmentVariableW(L"SECRET_TOKEN", L"x");
	c = start("tells");
	assert_ok(frame_send(child_frames(c), 'h', &number, sizeof number, in(20000), &e), &e);
	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	assert_memory_equal(f.data, "\0\0\0", 3);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	child_end(c, in(20000), NULL);
	SetEnvironmentVariableW(L"SECRET_TOKEN", NULL);
	CloseHandle(event);
}

/*
 * Ending a child leaves no process of it, whether the system lets a child start processes or not.
 */
static void
leaves_nothing(void **state)
{
	struct child *c = start("starts");
	HANDLE grandchild = NULL;
	struct frame f;
	struct err e;
	DWORD pid;

	(void)state;
	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	memcpy(&pid, f.data, sizeof pid);
	if (pid != 0)
		assert_non_null(grandchild = OpenProcess(SYNCHRONIZE, FALSE, pid));
	child_end(c, in(20000), NULL);
	if (pid == 0)
		return;
	print_message("the limit of processes in a job isn't kept here\n");
	assert_int_equal(WaitForSingleObject(grandchild, 10000), WAIT_OBJECT_0);
	CloseHandle(grandchild);
}

/*
 * A parent that ends without ending its child: its exit status is the id of the child.
 */
static int
be_a_parent(void)
{
	struct child *c = start("tells_who");
	struct frame f;
	struct err e;
	DWORD pid;

	if (frame_recv(child_frames(c), &f, in(20000), &e) != 1)
		return 0;
	memcpy(&pid, f.data, sizeof pid);
	TerminateProcess(GetCurrentProcess(), pid);
	return 0;
}

static void
dies_with_its_parent(void **state)
{
	wchar_t self[MAX_PATH], line[] = L"test parent";
	STARTUPINFOW si = { .cb = sizeof si };
	PROCESS_INFORMATION pi;
	HANDLE orphan;
	DWORD pid;

	(void)state;
	GetModuleFileNameW(NULL, self, MAX_PATH);
	assert_true(CreateProcessW(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi));
	assert_int_equal(WaitForSingleObject(pi.hProcess, 20000), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(pi.hProcess, &pid));
	assert_int_not_equal(pid, 0);
	if ((orphan = OpenProcess(SYNCHRONIZE, FALSE, pid)) != NULL) {
		assert_int_equal(WaitForSingleObject(orphan, 10000), WAIT_OBJECT_0);
		CloseHandle(orphan);
	}
	CloseHandle(pi.hProcess);
	CloseHandle(pi.hThread);
}

static void
many_starts(void **state)
{
	DWORD before;

	(void)state;
	child_end(start("exits"), 0, NULL);
	before = handles();
	for (int i = 0; i < 40; i++)
		child_end(start(i % 2 == 0 ? "exits" : "hangs"), 0, NULL);
	assert_int_equal(handles(), before);
}

static struct deed {
	const char *name;
	uint8_t type;
} deeds[] = {
	{ "confined: makes a file", 'o' },
	{ "confined: opens its parent", 'p' },
	{ "confined: starts a program", 'e' },
	{ "confined: makes memory to execute", 'x' },
	{ "confined: takes too much memory", 'm' },
};

/* Whether the system reported this means of confinement. */
static bool
kept_from(const struct confined *c, uint8_t type)
{
	switch (type) {
	case 'e':
		return c->limits;
	case 'm':
		return c->memory;
	case 'x':
		return c->code;
	default:
		return c->token && c->integrity;
	}
}

static void
tries(void **state)
{
	const struct deed *d = *state;
	struct child *c = start("confined");
	struct buf text = BUF_INIT(500);
	char how[CHILD_HOW_SIZE];
	DWORD pid = GetCurrentProcessId();
	struct confined got;
	uint32_t packed;
	struct frame f;
	struct err e;

	assert_int_equal(frame_recv(child_frames(c), &f, in(20000), &e), 1);
	memcpy(&packed, f.data, sizeof packed);
	confined_unpack(packed, &got);
	assert_ok(confined_format(&got, &text, &e), &e);
	assert_ok(frame_send(child_frames(c), d->type, &pid, sizeof pid, in(20000), &e), &e);
	child_end(c, in(20000), how);
	if (!kept_from(&got, d->type)) {
		print_message("%s: not proven here, because the system gave: %s\n", d->name,
		    buf_text(&text));
		buf_free(&text);
		assert_string_equal(how, "ended with status 21");
		skip();
	}
	buf_free(&text);
	assert_string_equal(how, "ended with status 20");
}

static void
words(void **state)
{
	struct confined c = { .limits = true,
		.memory = true,
		.privileges = true,
		.token = true,
		.integrity = true,
		.desktop = true,
		.code = true };
	struct buf b = BUF_INIT(1000);
	struct err e;

	(void)state;
	assert_true(confined_fully(&c));
	confined_unpack(confined_pack(&c), &c);
	assert_true(confined_fully(&c));
	assert_ok(confined_format(&c, &b, &e), &e);
	assert_string_equal(buf_text(&b),
	    "restricted token, low integrity, no privileges, memory limit, limits, no desktop, no new code");
	confined_unpack(0, &c);
	assert_false(confined_fully(&c));
	buf_reset(&b);
	assert_ok(confined_format(&c, &b, &e), &e);
	assert_string_equal(buf_text(&b),
	    "no restricted token, integrity as it was, privileges as they were, no memory limit, no limits, "
	    "the desktop as it was, new code possible");
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	static struct CMUnitTest tests[30] = { cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(leaves_nothing), cmocka_unit_test(dies_with_its_parent),
		cmocka_unit_test(many_starts), cmocka_unit_test(words) };
	size_t n = 5;

	children_main(roles, N(roles), argc, argv);
	if (argc == 2 && strcmp(argv[1], "hang") == 0)
		return hangs(NULL);
	if (argc == 2 && strcmp(argv[1], "parent") == 0)
		return be_a_parent();
	TEST_ROWS(tests, n, rows, ends);
	TEST_ROWS(tests, n, deeds, tries);
	return _cmocka_run_group_tests("child_windows", tests, n, NULL, NULL);
}
