/* SPDX-License-Identifier: ISC */
/*
 * Places on POSIX systems, by user and environment.  Each row runs in a child, as an ordinary user
 * when the test runs as root.
 */
#include "tests/unit/common/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/places.h"

#define NOBODY 65534

static struct place_row {
	const char *name;
	bool root; /* stays root; skipped where the test isn't */
	const char *slipway_home, *home, *config, *state;
	const char *want[4]; /* by enum place; NULL: refused */
	/* AppData, LocalAppData, ProgramData, ProgramFiles, ProgramFiles(x86), Temp */
	const char *folders[6];
} place_rows[] = {
	{ "place: user", false, NULL, "/home/u", NULL, NULL,
	    { "/home/u/.config/slipway/machine.conf", "/home/u/.config/slipway/user.conf",
		"/home/u/.local/state/slipway", "/home/u/.local/state/slipway" },
	    { "/home/u/.config", "/home/u/.local/share", "/var/lib", "/opt", "/opt", "/t" } },
	{ "place: user with XDG variables", false, NULL, "/home/u", "/c", "/s",
	    { "/c/slipway/machine.conf", "/c/slipway/user.conf", "/s/slipway", "/s/slipway" },
	    { "/c", "/home/u/.local/share", "/var/lib", "/opt", "/opt", "/t" } },
	{ "place: relative XDG variables don't count", false, NULL, "/home/u", "c", "s",
	    { "/home/u/.config/slipway/machine.conf", "/home/u/.config/slipway/user.conf",
		"/home/u/.local/state/slipway", "/home/u/.local/state/slipway" },
	    { "/home/u/.config", "/home/u/.local/share", "/var/lib", "/opt", "/opt", "/t" } },
	{ "place: SLIPWAY_HOME", false, "/x", "/home/u", "/c", "/s",
	    { "/x/machine.conf", "/x/user.conf", "/x/state", "/x/state" },
	    { "/x/config", "/x/data", "/x/programdata", "/x/programs", "/x/programs", "/t" } },
	{ "place: another SLIPWAY_HOME", false, "/y/", "/home/u", NULL, NULL,
	    { "/y/machine.conf", "/y/user.conf", "/y/state", "/y/state" },
	    { "/y/config", "/y/data", "/y/programdata", "/y/programs", "/y/programs", "/t" } },
	{ "place: relative SLIPWAY_HOME doesn't count", false, "x", "/home/u", NULL, NULL,
	    { "/home/u/.config/slipway/machine.conf", "/home/u/.config/slipway/user.conf",
		"/home/u/.local/state/slipway", "/home/u/.local/state/slipway" },
	    { "/home/u/.config", "/home/u/.local/share", "/var/lib", "/opt", "/opt", "/t" } },
	{ "place: root", true, NULL, "/root", NULL, NULL,
	    { "/etc/slipway/machine.conf", "/root/.config/slipway/user.conf", "/var/lib/slipway",
		"/root/.local/state/slipway" },
	    { "/root/.config", "/root/.local/share", "/var/lib", "/opt", "/opt", "/tmp" } },
	{ "place: root ignores SLIPWAY_HOME", true, "/x", "/root", NULL, NULL,
	    { "/etc/slipway/machine.conf", "/root/.config/slipway/user.conf", "/var/lib/slipway",
		"/root/.local/state/slipway" },
	    { "/root/.config", "/root/.local/share", "/var/lib", "/opt", "/opt", "/tmp" } },
	{ "place: root ignores a caller's HOME", true, NULL, "/home/u", NULL, NULL,
	    { "/etc/slipway/machine.conf", "/root/.config/slipway/user.conf", "/var/lib/slipway",
		"/root/.local/state/slipway" },
	    { "/root/.config", "/root/.local/share", "/var/lib", "/opt", "/opt", "/tmp" } },
	{ "place: root ignores XDG variables", true, NULL, NULL, "/c", "/s",
	    { "/etc/slipway/machine.conf", "/root/.config/slipway/user.conf", "/var/lib/slipway",
		"/root/.local/state/slipway" },
	    { "/root/.config", "/root/.local/share", "/var/lib", "/opt", "/opt", "/tmp" } },
};

static const char *const folder_names[] = { "AppData", "LocalAppData", "ProgramData",
	"ProgramFiles", "ProgramFiles(x86)", "Temp" };

static void
set(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

/* In the child: returns 0, or the number of a wrong place. */
static int
look(const struct place_row *r)
{
	if (!r->root && geteuid() == 0 && (setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
		return 10;
	set("SLIPWAY_HOME", r->slipway_home);
	set("HOME", r->home);
	set("XDG_CONFIG_HOME", r->config);
	set("XDG_STATE_HOME", r->state);
	set("XDG_DATA_HOME", NULL);
	set("TMPDIR", "/t");
	if (place_stationwide() != r->root || place_privileged() != r->root)
		return 11;
	for (int i = 0; i < 4; i++) {
		struct buf b = BUF_INIT(4096);
		struct err e;

		if (place_path((enum place)i, &b, &e) == -1 ||
		    strcmp(buf_text(&b), r->want[i]) != 0)
			return 1 + i;
		buf_free(&b);
	}
	for (int i = 0; i < 6; i++) {
		struct buf b = BUF_INIT(4096);
		struct err e;

		if (place_known(folder_names[i], strlen(folder_names[i]), &b, &e) != 1 ||
		    strcmp(buf_text(&b), r->folders[i]) != 0)
			return 20 + i;
		buf_free(&b);
	}
	return place_home_ignored() == (r->root && r->slipway_home != NULL) ? 0 : 30;
}

static void
place(void **state)
{
	const struct place_row *r = *state;
	int status;
	pid_t pid;

	/* A station that is set up belongs to root, and to other users, too. */
	if ((r->root && geteuid() != 0) || access("/etc/slipway/machine.conf", F_OK) == 0) {
		print_message("%s: skipped: %s\n", r->name,
		    r->root ? "not root" : "this computer is a station");
		skip();
	}
	assert_true((pid = fork()) != -1);
	if (pid == 0)
		_exit(look(r));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	static struct CMUnitTest tests[N(place_rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, place_rows, place);
	return _cmocka_run_group_tests("places_posix", tests, n, NULL, NULL);
}
