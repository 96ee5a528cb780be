/* SPDX-License-Identifier: ISC */
/*
 * A station on Windows and a release that changes it, for tests that disturb the update.
 */
#include "tests/fault/site_windows.h"

#include <openssl/rand.h>

#include "lib/os/cmdline_windows.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "lib/os/places.h"
#include "tests/unit/common/spawn_windows.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/common/test.h"

#define TEXT_MAX (1024u * 1024)

struct site site;

/* Places. */
static struct dir *work;
static char repo[SITE_PATH_SIZE], away[SITE_PATH_SIZE], state_dir[SITE_PATH_SIZE],
    user_state_dir[SITE_PATH_SIZE];
static wchar_t key[128];

/* The states of the station before and after. */
static struct buf old_text = BUF_INIT(TEXT_MAX), new_text = BUF_INIT(TEXT_MAX);

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
	    { "scripts/user/10.lua",
		"set([[HKCU\\SOFTWARE\\Ipesoft\\]] .. station.installation .. [[\\cfg_COV_PB]], 'User', 'one')\n" },
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
	    { "scripts/user/10.lua",
		"set([[HKCU\\SOFTWARE\\Ipesoft\\]] .. station.installation .. [[\\cfg_COV_PB]], 'User', 'two')\n" },
	},
};

void
site_env(const char *name, const char *value)
{
	assert_true(SetEnvironmentVariableA(name, value) || value == NULL);
}

void
site_env_number(const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof text, "%lu", value);
	site_env(name, text);
}

uint32_t
site_run(struct buf *said, char *const *argv)
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

void
site_slipway(uint32_t want, const char *what, const char *command, const char *option,
    struct buf *keep)
{
	struct buf said = BUF_INIT(TEXT_MAX);
	uint32_t got = SITE_RUN(&said, SITE_ARG(site.slipway), SITE_ARG(command),
	    SITE_ARG("--installation"), site.installation, SITE_ARG(option));

	if (got != want)
		fail_msg("%s: slipway %s: want status %lu, got %lu\n%s", what, command,
		    (unsigned long)want, (unsigned long)got, buf_text(&said));
	if (keep != NULL)
		*keep = said;
	else
		buf_free(&said);
}

static void
want_repo(char *const *argv)
{
	struct buf said = BUF_INIT(TEXT_MAX);

	if (site_run(&said, argv) != 0)
		fail_msg("%s %s: %s", argv[0], argv[1], buf_text(&said));
	buf_free(&said);
}

/* Making releases. */

static void
write_content(const char *release, const struct content *c)
{
	char path[SITE_PATH_SIZE], *slash;
	struct buf data = BUF_INIT(16u * 1024 * 1024);
	struct dir *d;
	struct err e;

	snprintf(path, sizeof path, "%s/%s", release, c->path);
	assert_non_null(slash = strrchr(path, '/'));
	*slash = '\0';
	assert_non_null(d = dir_below(work, path, true, &e));
	if (c->text == NULL || c->text[0] == '+')
		assert_ok(file_read(NULL, site.hold, &data, &e), &e);
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
	char name[32], path[SITE_PATH_SIZE];

	snprintf(name, sizeof name, "release%d", n);
	snprintf(path, sizeof path, "%s/%s", dir_path(work), name);
	for (const struct content *c = releases[n - 1]; c->path != NULL; c++)
		write_content(name, c);
	want_repo((char *[]){ SITE_ARG(site.repo_program), SITE_ARG("--repo"), repo,
	    SITE_ARG("publish"), SITE_ARG("--app"), SITE_ARG("COV_PB"), path, NULL });
}

static void
enroll(void)
{
	struct buf said = BUF_INIT(TEXT_MAX);
	char url[SITE_PATH_SIZE + 32], root[SITE_PATH_SIZE + 64];

	snprintf(url, sizeof url, "file:///%s/served", repo);
	for (char *c = url; *c != '\0'; c++)
		*c = *c == '\\' ? '/' : *c;
	snprintf(root, sizeof root, "%s/served/metadata/1.root.json", repo);
	if (SITE_RUN(&said, SITE_ARG(site.slipway), SITE_ARG("enroll"), url, SITE_ARG("--root"),
		root, SITE_ARG("--installation"), site.installation, SITE_ARG("--app"),
		SITE_ARG("COV_PB"), SITE_ARG("--install-dir"), site.install_dir,
		SITE_ARG("--app-dir"), site.app_dir, SITE_ARG("--allow-writable")) != 0)
		fail_msg("enroll: %s", buf_text(&said));
	buf_free(&said);
}

/* Everything that an update changes; with all, also slipway's own state. */
static struct snapshot *
look(bool all)
{
	struct snapshot *s = snapshot_new();

	snapshot_add_dir(s, site.install_dir);
	snapshot_add_dir(s, site.app_dir);
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
	struct buf path = BUF_INIT(SITE_PATH_SIZE);
	unsigned char raw[4];
	struct err e;

	assert_int_equal(RAND_bytes(raw, sizeof raw), 1);
	snprintf(site.installation, sizeof site.installation, "slipway-fault-%02x%02x%02x%02x",
	    raw[0], raw[1], raw[2], raw[3]);
	swprintf(key, sizeof key / sizeof *key, L"SOFTWARE\\Ipesoft\\%hs", site.installation);
	snprintf(repo, sizeof repo, "%s/repo", dir_path(work));
	snprintf(away, sizeof away, "%s/repo-away", dir_path(work));
	snprintf(site.install_dir, sizeof site.install_dir, "%s/install", dir_path(work));
	snprintf(site.app_dir, sizeof site.app_dir, "%s/app", dir_path(work));
	/*
	 * For an ordinary user.  An administrator's state is in its fixed place, below the
	 * installation's name.
	 */
	assert_ok(buf_addf(&path, &e, "%s/home", dir_path(work)), &e);
	site_env("SLIPWAY_HOME", buf_text(&path));
	buf_reset(&path);
	assert_ok(place_path(PLACE_STATE, &path, &e), &e);
	snprintf(state_dir, sizeof state_dir, "%s/%s", buf_text(&path), site.installation);
	buf_reset(&path);
	assert_ok(place_path(PLACE_USER_STATE, &path, &e), &e);
	snprintf(user_state_dir, sizeof user_state_dir, "%s/%s", buf_text(&path),
	    site.installation);
	buf_free(&path);
}

/* Finds the number of calls, and the new state. */
static void
count_points(void)
{
	struct buf said = BUF_INIT(TEXT_MAX), text = BUF_INIT(64);
	char path[SITE_PATH_SIZE];
	struct err e;

	snprintf(path, sizeof path, "%s/count", dir_path(work));
	site_env("CUT_COUNT", path);
	if (SITE_RUN(&said, SITE_ARG(site.cut), SITE_ARG("update"), SITE_ARG("--installation"),
		site.installation) != 0)
		fail_msg("update: %s", buf_text(&said));
	site_env("CUT_COUNT", NULL);
	assert_ok(file_read(work, "count", &text, &e), &e);
	site.points = strtoul(buf_text(&text), NULL, 10);
	state_text(NULL, &new_text);
	assert_string_not_equal(buf_text(&old_text), buf_text(&new_text));
	assert_true(site.points > 100);
	print_message("slipway update makes %lu calls that change the disk or the registry\n",
	    site.points);
	buf_free(&text);
	buf_free(&said);
}

int
site_make(void **state)
{
	void *d;

	(void)state; /* rows bring their own */
	/* Not in the home of this account, where a station for all users installs nothing. */
	SetEnvironmentVariableW(L"TMP", L"C:\\");
	if (temp_make(&d) == -1)
		return -1;
	work = d;
	find_places();
	want_repo((char *[]){ SITE_ARG(site.repo_program), SITE_ARG("init"), repo,
	    SITE_ARG("--no-passphrase"), NULL });
	want_repo(
	    (char *[]){ SITE_ARG(site.repo_program), SITE_ARG("--repo"), repo, SITE_ARG("app"),
		SITE_ARG("add"), SITE_ARG("COV_PB"), SITE_ARG("--no-passphrase"), NULL });
	publish(1);
	enroll();
	site_slipway(0, "release 1", "update", NULL, NULL);
	site.old = look(true);
	state_text(NULL, &old_text);
	publish(2);
	count_points();
	return 0;
}

int
site_remove(void **state)
{
	wchar_t own[128];
	void *d = work;

	(void)state;
	if (site.old != NULL)
		snapshot_clear(site.old);
	snapshot_free(site.old);
	buf_free(&old_text);
	buf_free(&new_text);
	swprintf(own, sizeof own / sizeof *own, L"SOFTWARE\\Slipway\\%hs", site.installation);
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, own);
	return temp_remove(&d);
}

/* Judging. */

/* The first line in which two texts differ. */
static void
say_difference(const char *name, const char *got, const char *want)
{
	size_t line = 0;

	for (size_t i = 0; got[i] != '\0' && got[i] == want[i]; i++)
		if (got[i] == '\n')
			line = i + 1;
	print_error("from the %s state: want '%.*s', got '%.*s'\n", name,
	    (int)strcspn(want + line, "\n"), want + line, (int)strcspn(got + line, "\n"),
	    got + line);
}

static int
find_journal(void *arg, const char *name, struct err *e)
{
	(void)e;
	if (strncmp(name, "journal", 7) == 0)
		*(bool *)arg = true;
	return 0;
}

void
site_no_journal(const char *what)
{
	static const char *const parts[] = { "COV_PB", "COV_PB/user" };
	const char *const dirs[] = { state_dir, user_state_dir };
	bool found = false;
	char path[2 * SITE_PATH_SIZE];
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

bool
site_want_either(const char *what, const char *without)
{
	struct buf got = BUF_INIT(TEXT_MAX);
	bool new;

	state_text(without, &got);
	new = strcmp(buf_text(&got), buf_text(&new_text)) == 0;
	if (!new &&strcmp(buf_text(&got), buf_text(&old_text)) != 0) {
		say_difference("old", buf_text(&got), buf_text(&old_text));
		say_difference("new", buf_text(&got), buf_text(&new_text));
		fail_msg("%s: neither old nor new", what);
	}
	buf_free(&got);
	return new;
}

void
site_want_new(const char *what)
{
	if (!site_want_either(what, NULL))
		fail_msg("%s: want the new state", what);
}

static void
move_repo(const char *from, const char *to)
{
	struct err e;

	assert_ok(file_rename(NULL, from, NULL, to, &e), &e);
}

bool
site_next_start(const char *what, const char *without)
{
	bool new;

	move_repo(repo, away);
	site_slipway(1, what, "update", NULL, NULL);
	move_repo(away, repo);
	new = site_want_either(what, without);
	site_no_journal(what);
	return new;
}
