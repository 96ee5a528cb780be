/* SPDX-License-Identifier: ISC */
/* Where things are, on POSIX systems: the XDG base directories and /etc, /var. */
#include "lib/os/places_system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "lib/base/list.h"
#include "lib/os/account_posix.h"
#include "lib/os/path.h"

#define STATION_CONF  "/etc/slipway/machine.conf"
#define STATION_STATE "/var/lib/slipway"

static bool
elevated(void)
{
	return getauxval(AT_SECURE) != 0;
}

bool
place_privileged(void)
{
	return geteuid() == 0 || elevated();
}

bool
place_settings_roam(void)
{
	return false;
}

bool
place_is_system(void)
{
	return false;
}

/*
 * An environment variable that holds an absolute path, as the XDG specification asks.  A privileged
 * process believes none: "sudo -E" and "su -m" bring those of the caller, whose directories are not
 * root's.
 */
static const char *
env_path(const char *name)
{
	const char *v = place_privileged() ? NULL : getenv(name);

	return v != NULL && v[0] == '/' ? v : NULL;
}

static const char *
slipway_home(void)
{
	return env_path("SLIPWAY_HOME");
}

bool
place_home_ignored(void)
{
	return place_privileged() && getenv("SLIPWAY_HOME") != NULL;
}

static bool own_places; /* place_use_own() */

void
place_use_own(void)
{
	own_places = true;
}

bool
place_stationwide(void)
{
	if (geteuid() == 0)
		return true;
	return slipway_home() == NULL && !own_places && access(STATION_CONF, F_OK) == 0;
}

static int
home(struct buf *out, struct err *e)
{
	const char *h = env_path("HOME");
	size_t before = out->len;

	if (h != NULL)
		return buf_adds(out, h, e);
	if (account_home(geteuid(), out, e) == -1)
		return -1;
	if (out->len > before && out->data[before] == '/')
		return 0;
	buf_cut(out, before);
	if (geteuid() == 0)
		return buf_adds(out, "/root", e);
	return err_setx(e, ERR_CONFIG, "want a home directory, got none; set HOME");
}

/* $variable, or the home directory and rest. */
static int
xdg(const char *variable, const char *rest, struct buf *out, struct err *e)
{
	const char *v = env_path(variable);

	if (v != NULL)
		return buf_adds(out, v, e);
	return home(out, e) == -1 || buf_adds(out, rest, e) == -1 ? -1 : 0;
}

int
place_path(enum place which, struct buf *out, struct err *e)
{
	static const char *const below[] = {
		[PLACE_MACHINE_CONF] = "/machine.conf",
		[PLACE_USER_CONF] = "/user.conf",
		[PLACE_STATE] = "/state",
		[PLACE_USER_STATE] = "/state",
	};
	const char *own = slipway_home();
	bool station = place_stationwide();

	if (own != NULL)
		return path_join(out, own, below[which] + 1, e);
	if (which == PLACE_MACHINE_CONF && station)
		return buf_adds(out, STATION_CONF, e);
	if (which == PLACE_STATE && station)
		return buf_adds(out, STATION_STATE, e);
	if (which == PLACE_STATE || which == PLACE_USER_STATE)
		return xdg("XDG_STATE_HOME", "/.local/state", out, e) == -1 ||
			buf_adds(out, "/slipway", e) == -1
		    ? -1
		    : 0;
	if (xdg("XDG_CONFIG_HOME", "/.config", out, e) == -1)
		return -1;
	return buf_addf(out, e, "/slipway%s", below[which]);
}

/* Append the user's own key file, as it is without SLIPWAY_HOME. */
static int
own_conf(struct buf *out, struct err *e)
{
	return xdg("XDG_CONFIG_HOME", "/.config", out, e) == -1 ||
		buf_adds(out, "/slipway/machine.conf", e) == -1
	    ? -1
	    : 0;
}

int
place_hidden(struct buf *out, bool *own, struct err *e)
{
	size_t before = out->len;
	int rc = 0;

	if (place_privileged())
		return 0;
	if ((*own = slipway_home() == NULL) && !place_stationwide())
		return 0;
	rc = *own ? own_conf(out, e) : buf_adds(out, STATION_CONF, e);
	if (rc == 0 && access(buf_text(out) + before, F_OK) == 0)
		return 1;
	buf_cut(out, before);
	return rc == -1 && e->code == ERR_NOMEM ? -1 : 0;
}

/* Whether a directory, or the next one above it, lets this user make names.  1, 0, -1. */
static int
may_write(const char *path, struct err *e)
{
	char *dir = strdup(path);
	const char *at = dir;
	int rc;

	if (dir == NULL)
		return err_nomem(e);
	while ((rc = access(at, W_OK)) == -1 && errno == ENOENT && at[1] != '\0')
		if (path_cut(dir) == NULL)
			at = "/";
	/* What else is wrong with it, the enrolment says. */
	rc = rc == 0 || (errno != EACCES && errno != EROFS);
	free(dir);
	return rc;
}

int
place_prepared(const char *const *dirs, size_t n, struct buf *why, struct err *e)
{
	static const char *const left[] = { "/etc/slipway",
		"/etc/systemd/system/slipway-update.timer",
		"/usr/local/lib/systemd/system/slipway-update.timer",
		"/usr/lib/systemd/system/slipway-update.timer" };
	int may = 1;

	if (place_privileged() || place_stationwide() || slipway_home() != NULL)
		return 0;
	for (size_t i = 0; i < N(left); i++)
		if (access(left[i], F_OK) == 0)
			return buf_addf(why, e, "%s is there", left[i]) == -1 ? -1 : 1;
	for (size_t i = 0; i < n && may == 1; i++)
		if (dirs[i] != NULL && (may = may_write(dirs[i], e)) == 0 &&
		    buf_addf(why, e, "this user may not write in %s", dirs[i]) == -1)
			return -1;
	return may == -1 ? -1 : !may;
}

int
place_own(size_t i, struct buf *out, struct err *e)
{
	static const enum place all[] = { PLACE_STATE, PLACE_USER_STATE, PLACE_MACHINE_CONF,
		PLACE_USER_CONF };

	if (i >= N(all))
		return 0;
	if (place_path(all[i], out, e) == -1)
		return -1;
	/* The directory of the key files is Slipway's, too, but SLIPWAY_HOME has other folders. */
	if (slipway_home() == NULL && i >= 2)
		buf_cut(out, (size_t)(path_base(buf_text(out)) - buf_text(out)) - 1);
	return 1;
}

/* SLIPWAY_HOME and rest: 1, 0 where it doesn't count, -1. */
static int
own_folder(const char *rest, struct buf *out, struct err *e)
{
	const char *own = slipway_home();

	return own == NULL ? 0 : path_join(out, own, rest, e) == -1 ? -1 : 1;
}

static int
known_appdata(struct buf *out, struct err *e)
{
	int own = own_folder("config", out, e);

	return own != 0 ? own : xdg("XDG_CONFIG_HOME", "/.config", out, e);
}

static int
known_localappdata(struct buf *out, struct err *e)
{
	int own = own_folder("data", out, e);

	return own != 0 ? own : xdg("XDG_DATA_HOME", "/.local/share", out, e);
}

static int
known_programdata(struct buf *out, struct err *e)
{
	int own = own_folder("programdata", out, e);

	return own != 0 ? own : buf_adds(out, "/var/lib", e);
}

static int
known_programfiles(struct buf *out, struct err *e)
{
	int own = own_folder("programs", out, e);

	return own != 0 ? own : buf_adds(out, "/opt", e);
}

static int
known_temp(struct buf *out, struct err *e)
{
	const char *t = env_path("TMPDIR");

	return buf_adds(out, t != NULL ? t : "/tmp", e);
}

static int
known_computername(struct buf *out, struct err *e)
{
	char name[256];

	if (gethostname(name, sizeof name - 1) == -1)
		return err_set(e, ERR_IO, "host name");
	name[sizeof name - 1] = '\0';
	return buf_adds(out, name, e);
}

const struct place_known place_known_folders[] = {
	{ "AppData", known_appdata },
	{ "LocalAppData", known_localappdata },
	{ "ProgramData", known_programdata },
	{ "ProgramFiles", known_programfiles },
	{ "ProgramFiles(x86)", known_programfiles },
	{ "UserProfile", home },
	{ "Temp", known_temp },
	{ "ComputerName", known_computername },
	{ NULL, NULL },
};

const char *
place_system(void)
{
	return "linux";
}

char
place_quote(void)
{
	return '\'';
}

int
place_variable(const char *name, struct buf *out, struct err *e)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : buf_adds(out, text, e) == -1 ? -1 : 1;
}

int
place_user(struct buf *out, struct err *e)
{
	int rc = account_name(geteuid(), out, e);

	if (rc == 0)
		return err_setx(e, ERR_CONFIG, "user %u has no name in the user database",
		    (unsigned)geteuid());
	return rc == -1 ? -1 : 0;
}

int
place_user_shown(struct buf *out, struct err *e)
{
	if (place_user(out, e) == 0)
		return 0;
	return e->code != ERR_CONFIG ? -1 : buf_addf(out, e, "%u", (unsigned)geteuid());
}
