/*
 * slipway update on Windows, broken at calls that change the disk or the registry, and with files that programs have in
 * use.
 *
 * After each the next start, with no repository to ask, must leave exactly the old state or exactly the new one, settings
 * included, and nothing else in the destinations; one with the repository must lead to the new one.
 *
 * usage: test_station_windows SLIPWAY SLIPWAY-CUT SLIPWAY-REPO HOLD EVERY
 *   SLIPWAY-CUT  slipway with cut_windows.c
 *   HOLD         hold_windows.c, which the releases bring
 *   EVERY        every so manieth call; 1: each
 *
 * Runs on Windows too, as an administrator (settings below HKLM are changed, in keys of its own).
 */
#include "test.h"

#include <openssl/rand.h>
#include <stdbool.h>

#include "base/cmdline_windows.h"
#include "base/file.h"
#include "base/places.h"
#include "base/windows.h"
#include "snapshot_windows.h"
#include "spawn_windows.h"
#include "temp.h"

#define KILLED		137	/* cut_windows.c */
#define TEXT_MAX	(1024u * 1024)
#define PATH_SIZE	1024

static const char *slipway, *cut, *repo_program, *hold;
static unsigned every;

/* The place of it all, and what tells this run from others on this computer. */
static struct dir *work;
static char installation[64];
static char repo[PATH_SIZE], away[PATH_SIZE], install_dir[PATH_SIZE], app_dir[PATH_SIZE];
static char state_dir[PATH_SIZE], user_state_dir[PATH_SIZE];
static wchar_t key[128];

/* The station with release 1, and with release 2; the text of what a program sees of each. */
static struct snapshot *old;
static struct buf old_text = BUF_INIT(TEXT_MAX), new_text = BUF_INIT(TEXT_MAX);
static unsigned long points;

/* NULL: HOLD itself; "+" before a text: HOLD and that text after it. */
static const struct content {
	const char *path, *text;
} releases[2][12] = {
	{
	    { "install/bin/hi.exe", NULL },
	    { "install/bin/gone.exe", NULL },
	    { "install/bin/run.txt", "its mode changes" },
	    { "install/doc", "a file where a directory comes" },
	    { "app/tls/server.crt", "certificate one" },
	    { "app/tls/ca.crt", "stays" },
	    { "app/old/deep/only.txt", "goes with its directories" },
	    { "app/place/a.txt", "a directory where a file comes" },
	    { "scripts/machine/10.lua",
		"local k = [[HKLM\\SOFTWARE\\Ipesoft\\]] .. station.installation .. [[\\cfg_COV_PB]]\n"
		"set(k, 'Changed', 'one') set(k, 'Same', 5) set(k, 'Gone', 'x') set(k .. [[\\Tree]], 'In', 'it')\n" },
	    { "scripts/user/10.lua", "set([[HKCU\\SOFTWARE\\Ipesoft\\]] .. station.installation, 'User', 'one')\n" },
	},
	{
	    { "install/bin/hi.exe", "+two" },
	    { "install/bin/run.txt", "its mode changes" },
	    { "install/doc/read.me", "below it" },
	    { "app/tls/server.crt", "certificate two" },
	    { "app/tls/ca.crt", "stays" },
	    { "app/new/dir/file.txt", "new" },
	    { "app/new/copy.txt", "new" },
	    { "app/place", "the file" },
	    { "scripts/machine/10.lua",
		"local k = [[HKLM\\SOFTWARE\\Ipesoft\\]] .. station.installation .. [[\\cfg_COV_PB]]\n"
		"set(k, 'Changed', 'two') set(k, 'Same', 5) delete(k, 'Gone') delete(k .. [[\\Tree]])\n"
		"set(k, 'New', '%%AppData%%\\\\x')\n" },
	    { "scripts/user/10.lua", "set([[HKCU\\SOFTWARE\\Ipesoft\\]] .. station.installation, 'User', 'two')\n" },
	},
};

static void
set_env(const char *name, const char *value)
{
	assert_true(SetEnvironmentVariableA(name, value) || value == NULL);
}

static void
set_env_number(const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof text, "%lu", value);
	set_env(name, text);
}

/* Run a program; its exit code, and what it said. */
static uint32_t
run_any(struct buf *said, char *const *argv)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	struct err e;
	wchar_t *line = cmdline_of(argv, &e);
	uint32_t code;

	assert_non_null(line);
	buf_reset(said);
	code = spawn(line, "", said, &out);
	assert_ok(buf_adds(said, buf_text(&out), &e), &e);
	buf_free(&out);
	free(line);
	return code;
}

#define RUN(...)	run_any(&said, (char *[]){ __VA_ARGS__, NULL })
#define P(text)		((char *)(uintptr_t)(text))

/* Run slipway and want an exit code.  What it said is the caller's to free, where it asks for it. */
static void
want_slipway(uint32_t want, const char *what, const char *command, const char *option, struct buf *keep)
{
	struct buf said = BUF_INIT(TEXT_MAX);
	uint32_t got = RUN(P(slipway), P(command), P("--installation"), installation, P(option));

	if (got != want)
		fail_msg("%s: slipway %s: want status %lu, got %lu\n%s", what, command, (unsigned long)want,
		    (unsigned long)got, buf_text(&said));
	if (keep != NULL)
		*keep = said;
	else
		buf_free(&said);
}

static void
want_repo(char *const *argv)
{
	struct buf said = BUF_INIT(TEXT_MAX);

	if (run_any(&said, argv) != 0)
		fail_msg("%s %s: %s", argv[0], argv[1], buf_text(&said));
	buf_free(&said);
}

/* Making releases. */

static void
write_content(const char *release, const struct content *c)
{
	char path[PATH_SIZE], *slash;
	struct buf data = BUF_INIT(16u * 1024 * 1024);
	struct dir *d;
	struct err e;

	snprintf(path, sizeof path, "%s/%s", release, c->path);
	assert_non_null(slash = strrchr(path, '/'));
	*slash = '\0';
	assert_non_null(d = dir_below(work, path, true, &e));
	if (c->text == NULL || c->text[0] == '+')
		assert_ok(file_read(NULL, hold, &data, &e), &e);
	if (c->text != NULL)
		assert_ok(buf_adds(&data, c->text + (c->text[0] == '+'), &e), &e);
	assert_ok(file_replace_fast(d, slash + 1, buf_text(&data), data.len, 0644, &e), &e);
	if (strcmp(release, "release2") == 0 && strcmp(slash + 1, "run.txt") == 0)
		assert_ok(file_set_mode(d, slash + 1, 0444, &e), &e);
	dir_close(d);
	buf_free(&data);
}

static void
publish(int n)
{
	char name[32], path[PATH_SIZE];

	snprintf(name, sizeof name, "release%d", n);
	snprintf(path, sizeof path, "%s/%s", dir_path(work), name);
	for (const struct content *c = releases[n - 1]; c->path != NULL; c++)
		write_content(name, c);
	want_repo((char *[]){ P(repo_program), P("--repo"), repo, P("publish"), P("--app"), P("COV_PB"), path, NULL });
}

static void
enroll(void)
{
	struct buf said = BUF_INIT(TEXT_MAX);
	char url[PATH_SIZE + 32], root[PATH_SIZE + 64];

	snprintf(url, sizeof url, "file:///%s/served", repo);
	for (char *c = url; *c != '\0'; c++)
		*c = *c == '\\' ? '/' : *c;
	snprintf(root, sizeof root, "%s/served/metadata/1.root.json", repo);
	if (RUN(P(slipway), P("enroll"), url, P("--root"), root, P("--installation"), installation, P("--app"), P("COV_PB"),
		P("--install-dir"), install_dir, P("--app-dir"), app_dir) != 0)
		fail_msg("enroll: %s", buf_text(&said));
	buf_free(&said);
}

/* What an update changes; with all, also what slipway knows itself. */
static struct snapshot *
look(bool all)
{
	struct snapshot *s = snapshot_new();

	snapshot_add_dir(s, install_dir);
	snapshot_add_dir(s, app_dir);
	if (all) {
		snapshot_add_dir(s, state_dir);
		if (strcmp(state_dir, user_state_dir) != 0)
			snapshot_add_dir(s, user_state_dir);
	}
	snapshot_add_key(s, HKEY_LOCAL_MACHINE, key);
	snapshot_add_key(s, HKEY_CURRENT_USER, key);
	return s;
}

static void
state_text(const char *without, struct buf *out)
{
	struct snapshot *s = look(false);

	buf_reset(out);
	snapshot_text(s, without, out);
	snapshot_free(s);
}

static void
find_places(void)
{
	struct buf path = BUF_INIT(PATH_SIZE);
	unsigned char raw[4];
	struct err e;

	assert_int_equal(RAND_bytes(raw, sizeof raw), 1);
	snprintf(installation, sizeof installation, "slipway-fault-%02x%02x%02x%02x", raw[0], raw[1], raw[2], raw[3]);
	swprintf(key, sizeof key / sizeof *key, L"SOFTWARE\\Ipesoft\\%hs", installation);
	snprintf(repo, sizeof repo, "%s/repo", dir_path(work));
	snprintf(away, sizeof away, "%s/repo-away", dir_path(work));
	snprintf(install_dir, sizeof install_dir, "%s/install", dir_path(work));
	snprintf(app_dir, sizeof app_dir, "%s/app", dir_path(work));
	/* For an ordinary user; an administrator's state is where it always is, below the installation's name. */
	assert_ok(buf_addf(&path, &e, "%s/home", dir_path(work)), &e);
	set_env("SLIPWAY_HOME", buf_text(&path));
	buf_reset(&path);
	assert_ok(place_path(PLACE_STATE, &path, &e), &e);
	snprintf(state_dir, sizeof state_dir, "%s/%s", buf_text(&path), installation);
	buf_reset(&path);
	assert_ok(place_path(PLACE_USER_STATE, &path, &e), &e);
	snprintf(user_state_dir, sizeof user_state_dir, "%s/%s", buf_text(&path), installation);
	buf_free(&path);
}

/* How many calls there are, and the state that they lead to. */
static void
count_points(void)
{
	struct buf said = BUF_INIT(TEXT_MAX), text = BUF_INIT(64);
	char path[PATH_SIZE];
	struct err e;

	snprintf(path, sizeof path, "%s/count", dir_path(work));
	set_env("CUT_COUNT", path);
	if (RUN(P(cut), P("update"), P("--installation"), installation) != 0)
		fail_msg("update: %s", buf_text(&said));
	set_env("CUT_COUNT", NULL);
	assert_ok(file_read(work, "count", &text, &e), &e);
	points = strtoul(buf_text(&text), NULL, 10);
	state_text(NULL, &new_text);
	assert_string_not_equal(buf_text(&old_text), buf_text(&new_text));
	assert_true(points > 100);
	print_message("slipway update makes %lu calls that change the disk or the registry\n", points);
	buf_free(&text);
	buf_free(&said);
}

static int
make_station(void **state)
{
	void *d;

	(void)state;	/* rows bring their own */
	if (temp_make(&d) == -1)
		return -1;
	work = d;
	find_places();
	want_repo((char *[]){ P(repo_program), P("init"), repo, P("--no-passphrase"), NULL });
	want_repo((char *[]){ P(repo_program), P("--repo"), repo, P("app"), P("add"), P("COV_PB"), P("--no-passphrase"), NULL });
	publish(1);
	enroll();
	want_slipway(0, "release 1", "update", NULL, NULL);
	old = look(true);
	state_text(NULL, &old_text);
	publish(2);
	count_points();
	return 0;
}

static int
remove_station(void **state)
{
	wchar_t own[128];
	void *d = work;

	(void)state;
	if (old != NULL)
		snapshot_clear(old);
	snapshot_free(old);
	buf_free(&old_text);
	buf_free(&new_text);
	swprintf(own, sizeof own / sizeof *own, L"SOFTWARE\\Slipway\\%hs", installation);
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, own);
	return temp_remove(&d);
}

/* Breaking it. */

/* The first line in which two texts differ. */
static void
say_difference(const char *name, const char *got, const char *want)
{
	size_t line = 0;

	for (size_t i = 0; got[i] != '\0' && got[i] == want[i]; i++)
		if (got[i] == '\n')
			line = i + 1;
	print_error("from the %s state: want '%.*s', got '%.*s'\n", name, (int)strcspn(want + line, "\n"), want + line,
	    (int)strcspn(got + line, "\n"), got + line);
}

static int
find_journal(void *arg, const char *name, struct err *e)
{
	(void)e;
	if (strncmp(name, "journal", 7) == 0)
		*(bool *)arg = true;
	return 0;
}

static void
want_no_journal(const char *what)
{
	static const char *const parts[] = { "COV_PB", "COV_PB/user" };
	const char *const dirs[] = { state_dir, user_state_dir };
	bool found = false;
	char path[2 * PATH_SIZE];
	struct dir *d;
	struct err e;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dirs[i], parts[i]);
		if ((d = dir_open(path, &e)) == NULL)
			continue;
		assert_ok(dir_list(d, find_journal, &found, &e), &e);
		dir_close(d);
	}
	if (found)
		fail_msg("%s: a journal is left", what);
}

/* Whether the station is in the new state; it must be in that or in the old one. */
static bool
want_either(const char *what, const char *without)
{
	struct buf got = BUF_INIT(TEXT_MAX);
	bool new;

	state_text(without, &got);
	new = strcmp(buf_text(&got), buf_text(&new_text)) == 0;
	if (!new && strcmp(buf_text(&got), buf_text(&old_text)) != 0) {
		say_difference("old", buf_text(&got), buf_text(&old_text));
		say_difference("new", buf_text(&got), buf_text(&new_text));
		fail_msg("%s: neither old nor new", what);
	}
	buf_free(&got);
	return new;
}

static void
want_new(const char *what)
{
	if (!want_either(what, NULL))
		fail_msg("%s: want the new state", what);
}

static void
move_repo(const char *from, const char *to)
{
	struct err e;

	assert_ok(file_rename(NULL, from, NULL, to, &e), &e);
}

/* Which state the next start leaves, without a repository. */
static bool
next_start(const char *what, const char *without)
{
	bool new;

	move_repo(repo, away);
	want_slipway(1, what, "update", NULL, NULL);
	move_repo(away, repo);
	new = want_either(what, without);
	want_no_journal(what);
	return new;
}

/* Programs that run from what is installed. */
struct running {
	PROCESS_INFORMATION p[2];
};

static void
start_programs(struct running *r)
{
	static const char *const names[] = { "hi.exe", "gone.exe" };
	STARTUPINFOW start = { .cb = sizeof start };

	for (int i = 0; i < 2; i++) {
		char path[2 * PATH_SIZE];
		struct err e;
		wchar_t *w;

		snprintf(path, sizeof path, "%s/bin/%s", install_dir, names[i]);
		assert_non_null(w = wide_path(path, &e));
		/* CreateProcessW() wants no "\\?\". */
		assert_true(CreateProcessW(w + 4, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &r->p[i]));
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

/* A way to break it: the program is ended, or ... */
struct way {
	const char *name;
	const char *status;	/* the call fails with this NTSTATUS */
	const char *held;	/* below the directory of app/: a program has it open from then on */
	bool running;		/* while programs run from what is installed */
	unsigned rarely;	/* times as rarely as EVERY says */
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

/* Break one call, and judge.  Whether it ended in the new state. */
static bool
broken_at(const struct way *way, unsigned long n)
{
	const char *without = way->running ? ".slipway-" : NULL;
	struct buf said = BUF_INIT(TEXT_MAX);
	bool ends = way->status == NULL && way->held == NULL;
	struct running programs;
	char what[100], held[2 * PATH_SIZE];
	uint32_t code;
	bool new;

	snprintf(what, sizeof what, "%s at call %lu", way->name, n);
	snapshot_restore(old);
	if (way->running)
		start_programs(&programs);
	snprintf(held, sizeof held, "%s/%s", app_dir, way->held != NULL ? way->held : "");
	set_env("HOLD", held);
	set_env("FAIL_STATUS", way->status);
	set_env_number(ends ? "CUT_AT" : way->status != NULL ? "FAIL_AT" : "HOLD_AT", n);
	code = RUN(P(cut), P("update"), P("--installation"), installation);
	set_env("CUT_AT", NULL);
	set_env("FAIL_AT", NULL);
	set_env("HOLD_AT", NULL);
	if (ends ? code != KILLED : code > 1)
		fail_msg("%s: got status %lu\n%s", what, (unsigned long)code, buf_text(&said));
	new = next_start(what, without);
	if (way->running)
		end_programs(&programs);
	want_slipway(0, what, "update", NULL, NULL);
	want_new(what);
	want_slipway(0, what, "verify", NULL, NULL);
	buf_free(&said);
	return new;
}

static void
broken(void **state)
{
	const struct way *way = *state;
	unsigned long tried = 0, new = 0, step = (unsigned long)every * (every == 1 ? 1 : way->rarely);

	for (unsigned long n = 1 + step / 2; n <= points; n += step, tried++)
		new += broken_at(way, n);
	print_message("%s: %lu points: %lu ended in the old state, %lu in the new one\n", way->name, tried, tried - new, new);
	if (tried > 8 && (new == 0 || new == tried))
		fail_msg("%s: want both states to be seen", way->name);
}

/* In use. */

/* What status says. */
static void
want_status(const char *what, const char *text, bool there)
{
	struct buf said;

	want_slipway(0, what, "status", NULL, &said);
	if ((strstr(buf_text(&said), text) != NULL) != there)
		fail_msg("%s: want %s'%s' in\n%s", what, there ? "" : "no ", text, buf_text(&said));
	buf_free(&said);
}

/* Programs that run are replaced and removed; what remains of them goes when they have ended. */
static void
replaced_while_they_run(void **state)
{
	struct running programs;
	struct buf said;

	(void)state;
	snapshot_restore(old);
	start_programs(&programs);
	want_slipway(0, "running", "update", NULL, NULL);
	if (!want_either("running", ".slipway-"))
		fail_msg("want the new state while they run");
	want_no_journal("running");
	want_status("running", "in use        the old version of ", true);
	want_slipway(0, "running", "status", "--json", &said);
	assert_non_null(strstr(buf_text(&said), "hi.exe\""));
	assert_non_null(strstr(buf_text(&said), "gone.exe\""));
	buf_free(&said);
	/* Back and forth, the running ones stay. */
	want_slipway(0, "running", "rollback", NULL, NULL);
	want_slipway(0, "running", "rollback", "2", NULL);
	want_status("running", "in use ", true);
	end_programs(&programs);
	want_slipway(0, "ended", "update", NULL, NULL);
	want_new("ended");
	want_status("ended", "in use ", false);
}

static HANDLE
open_in_app(const char *name)
{
	char path[2 * PATH_SIZE];
	struct err e;
	wchar_t *w;
	HANDLE h;

	snprintf(path, sizeof path, "%s/%s", app_dir, name);
	assert_non_null(w = wide_path(path, &e));
	h = CreateFileW(w, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	free(w);
	return h;
}

/* A file that is open and can't be moved: nothing of the release is applied, which is told, and the next start does it. */
static void
waits_for_a_file(void **state)
{
	static const char *const names[] = { "tls/server.crt", "old/deep/only.txt" };

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		struct buf said;
		HANDLE h;

		snapshot_restore(old);
		h = open_in_app(names[i]);
		want_slipway(1, names[i], "update", NULL, &said);
		assert_non_null(strstr(buf_text(&said), "a program runs it or has it open"));
		buf_free(&said);
		if (want_either(names[i], NULL))
			fail_msg("%s: want the old state while it is open", names[i]);
		want_no_journal(names[i]);
		want_status(names[i], "waiting       release 2, ", true);
		want_status(names[i], names[i], true);
		CloseHandle(h);
		want_slipway(0, names[i], "update", NULL, NULL);
		want_new(names[i]);
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

/* One that another program looks at for a moment is waited for. */
static void
open_for_a_moment(void **state)
{
	HANDLE thread;

	(void)state;
	snapshot_restore(old);
	assert_non_null(thread = CreateThread(NULL, 0, close_soon, open_in_app("tls/server.crt"), 0, NULL));
	want_slipway(0, "open for a moment", "update", NULL, NULL);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	want_new("open for a moment");
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[12] = { cmocka_unit_test(replaced_while_they_run), cmocka_unit_test(waits_for_a_file),
		cmocka_unit_test(open_for_a_moment) };
	size_t n = 3;

	if (argc != 6 || (every = (unsigned)strtoul(argv[5], NULL, 10)) == 0) {
		fprintf(stderr, "usage: test_station_windows SLIPWAY SLIPWAY-CUT SLIPWAY-REPO HOLD EVERY\n");
		return 2;
	}
	slipway = argv[1];
	cut = argv[2];
	repo_program = argv[3];
	hold = argv[4];
	TEST_ROWS(tests, n, ways, broken);
	return _cmocka_run_group_tests("station", tests, n, make_station, remove_station);
}
