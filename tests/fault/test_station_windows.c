/* SPDX-License-Identifier: ISC */
/*
 * slipway update on Windows, broken at calls that change the disk or the registry, and with files
 * that programs have in use.
 *
 * After each fault the next start without a repository must leave exactly the old state or exactly
 * the new state, settings included, and nothing else in the destinations; a start with the
 * repository must lead to the new state.
 *
 * usage: test_station_windows SLIPWAY SLIPWAY-CUT SLIPWAY-REPO HOLD EVERY
 *   SLIPWAY-CUT  slipway with cut_windows.c
 *   HOLD         hold_windows.c, which the releases bring
 *   EVERY        break only each EVERY-th call; 1: each
 *
 * Runs on Windows, too, as an administrator (it changes settings below HKLM, in its own keys).
 */
#include "tests/unit/common/test.h"

#include "tests/fault/site_windows.h"

#define KILLED	 137 /* cut_windows.c */
#define TEXT_MAX (1024u * 1024)

static unsigned every;

/* Programs that run from installed files. */
struct running {
	PROCESS_INFORMATION p[2];
};

static void
start_programs(struct running *r)
{
	static const char *const names[] = { "hi.exe", "gone.exe" };
	STARTUPINFOW start = { .cb = sizeof start };

	for (int i = 0; i < 2; i++) {
		char path[2 * SITE_PATH_SIZE];
		struct err e;
		wchar_t *w;

		snprintf(path, sizeof path, "%s/bin/%s", site.install_dir, names[i]);
		assert_non_null(w = wide_path(path, &e));
		/* CreateProcessW() wants no "\\?\". */
		assert_true(CreateProcessW(w + 4, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start,
		    &r->p[i]));
		free(w);
	}
}

static void
end_programs(struct running *r)
{
	for (int i = 0; i < 2; i++) {
		assert_true(TerminateProcess(r->p[i].hProcess, 0));
		WaitForSingleObject(r->p[i].hProcess, INFINITE);
		CloseHandle(r->p[i].hThread);
		CloseHandle(r->p[i].hProcess);
	}
}

/* A fault: the program is ended, or ... */
struct way {
	const char *name;
	const char *status; /* the call fails with this NTSTATUS */
	/* below the directory of app/: a program has it open from then on */
	const char *held;
	bool running;	 /* while programs run from installed files */
	unsigned rarely; /* times as rarely as EVERY says */
};

static struct way ways[] = {
	{ "ended", NULL, NULL, false, 1 },
	{ "ended while programs run", NULL, NULL, true, 4 },
	{ "access denied", "0xC0000022", NULL, false, 6 },
	{ "disk full", "0xC000007F", NULL, false, 6 },
	{ "sharing violation", "0xC0000043", NULL, false, 6 },
	{ "what is replaced is opened", NULL, "tls/server.crt", false, 6 },
	{ "what is removed is opened", NULL, "old/deep/only.txt", false, 6 },
};

/* Breaks one call, and checks the result.  Returns whether the station is in the new state. */
static bool
broken_at(const struct way *way, unsigned long n)
{
	const char *without = way->running ? ".slipway-" : NULL;
	struct buf said = BUF_INIT(TEXT_MAX);
	bool ends = way->status == NULL && way->held == NULL;
	struct running programs;
	char what[100], held[2 * SITE_PATH_SIZE];
	uint32_t code;
	bool new;

	snprintf(what, sizeof what, "%s at call %lu", way->name, n);
	snapshot_restore(site.old);
	if (way->running)
		start_programs(&programs);
	snprintf(held, sizeof held, "%s/%s", site.app_dir, way->held != NULL ? way->held : "");
	site_env("HOLD", held);
	site_env("FAIL_STATUS", way->status);
	site_env_number(ends ? "CUT_AT" : way->status != NULL ? "FAIL_AT" : "HOLD_AT", n);
	code = SITE_RUN(&said, SITE_ARG(site.cut), SITE_ARG("update"), SITE_ARG("--installation"),
	    site.installation);
	site_env("CUT_AT", NULL);
	site_env("FAIL_AT", NULL);
	site_env("HOLD_AT", NULL);
	if (ends ? code != KILLED : code > 1)
		fail_msg("%s: got status %lu\n%s", what, (unsigned long)code, buf_text(&said));
	new = site_next_start(what, without);
	if (way->running)
		end_programs(&programs);
	site_slipway(0, what, "update", NULL, NULL);
	site_want_new(what);
	site_slipway(0, what, "verify", NULL, NULL);
	buf_free(&said);
	return new;
}

static void
broken(void **state)
{
	const struct way *way = *state;
	unsigned long tried = 0, new = 0,
		      step = (unsigned long)every *(every == 1 ? 1 : way->rarely);

	for (unsigned long n = 1 + step / 2; n <= site.points; n += step, tried++)
		new += broken_at(way, n);
	print_message("%s: %lu points: %lu ended in the old state, %lu in the new one\n", way->name,
	    tried, tried - new, new);
	if (tried > 5 && (new == 0 || new == tried))
		fail_msg("%s: want both states to be seen", way->name);
}

/* In use. */

/* The text of status. */
static void
want_status(const char *what, const char *text, bool there)
{
	struct buf said;

	site_slipway(0, what, "status", NULL, &said);
	if ((strstr(buf_text(&said), text) != NULL) != there)
		fail_msg("%s: want %s'%s' in\n%s", what, there ? "" : "no ", text, buf_text(&said));
	buf_free(&said);
}

/* Running programs are replaced and removed; their old files are removed after their end. */
static void
replaced_while_they_run(void **state)
{
	struct running programs;
	struct buf said;

	(void)state;
	snapshot_restore(site.old);
	start_programs(&programs);
	site_slipway(0, "running", "update", NULL, NULL);
	if (!site_want_either("running", ".slipway-"))
		fail_msg("want the new state while they run");
	site_no_journal("running");
	want_status("running", "in use        the old version of ", true);
	site_slipway(0, "running", "status", "--json", &said);
	assert_non_null(strstr(buf_text(&said), "hi.exe\""));
	assert_non_null(strstr(buf_text(&said), "gone.exe\""));
	buf_free(&said);
	/* Through an update and a rollback the running programs go on. */
	site_slipway(0, "running", "rollback", NULL, NULL);
	site_slipway(0, "running", "rollback", "2", NULL);
	want_status("running", "in use ", true);
	end_programs(&programs);
	site_slipway(0, "ended", "update", NULL, NULL);
	site_want_new("ended");
	want_status("ended", "in use ", false);
}

static HANDLE
open_in_app(const char *name)
{
	char path[2 * SITE_PATH_SIZE];
	struct err e;
	wchar_t *w;
	HANDLE h;

	snprintf(path, sizeof path, "%s/%s", site.app_dir, name);
	assert_non_null(w = wide_path(path, &e));
	h = CreateFileW(w, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	free(w);
	return h;
}

/*
 * An open file that can't be moved: the release isn't applied, the message says so, and the next
 * start applies it.
 */
static void
waits_for_a_file(void **state)
{
	static const char *const names[] = { "tls/server.crt", "old/deep/only.txt" };

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		struct buf said;
		HANDLE h;

		snapshot_restore(site.old);
		h = open_in_app(names[i]);
		site_slipway(1, names[i], "update", NULL, &said);
		assert_non_null(strstr(buf_text(&said), "a program runs it or has it open"));
		buf_free(&said);
		if (site_want_either(names[i], NULL))
			fail_msg("%s: want the old state while it is open", names[i]);
		site_no_journal(names[i]);
		want_status(names[i], "waiting       release 2, ", true);
		want_status(names[i], names[i], true);
		CloseHandle(h);
		site_slipway(0, names[i], "update", NULL, NULL);
		site_want_new(names[i]);
		want_status(names[i], "waiting ", false);
	}
}

static DWORD WINAPI
close_soon(void *h)
{
	Sleep(700);
	CloseHandle(h);
	return 0;
}

/* An update waits for a file that another program has open for a moment. */
static void
open_for_a_moment(void **state)
{
	HANDLE thread;

	(void)state;
	snapshot_restore(site.old);
	assert_non_null(
	    thread = CreateThread(NULL, 0, close_soon, open_in_app("tls/server.crt"), 0, NULL));
	site_slipway(0, "open for a moment", "update", NULL, NULL);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	site_want_new("open for a moment");
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[12] = { cmocka_unit_test(replaced_while_they_run),
		cmocka_unit_test(waits_for_a_file), cmocka_unit_test(open_for_a_moment) };
	size_t n = 3;

	if (argc != 6 || (every = (unsigned)strtoul(argv[5], NULL, 10)) == 0) {
		fprintf(stderr,
		    "usage: test_station_windows SLIPWAY SLIPWAY-CUT SLIPWAY-REPO HOLD EVERY\n");
		return 2;
	}
	site.slipway = argv[1];
	site.cut = argv[2];
	site.repo_program = argv[3];
	site.hold = argv[4];
	TEST_ROWS(tests, n, ways, broken);
	return _cmocka_run_group_tests("station", tests, n, site_make, site_remove);
}
