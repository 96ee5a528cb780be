/* SPDX-License-Identifier: ISC */
/* Where a release's files go. */
#include "updater/station/destination.h"

#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/way.h"

int
destination_others(struct settings *s, const struct application_pairs *all, struct station *st,
    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < all->installations.n && rc == 0; i++) {
		const char *installation = all->installations.v[i],
			   *application = all->applications.v[i];
		struct station other;
		struct err unread;

		if (ascii_same(installation, st->installation) &&
		    ascii_same(application, st->application))
			continue;
		station_read_settings(s, installation, application, &other, &unread);
		if (other.state_path != NULL)
			rc = strings_add(&st->other_states, other.state_path, e);
		if (rc == 0 && other.app_dir != NULL)
			rc = strings_add(&st->others, other.app_dir, e);
		if (rc == 0 && other.install_dir != NULL)
			rc = strings_add(&st->others, other.install_dir, e);
		station_free(&other);
	}
	return rc;
}

/* A destination: what messages call it, and its path, also with links resolved. */
struct destination {
	const char *called, *path;
	struct buf real;
};

/* Whether a place that isn't the release's has anything in common with a destination. */
static int
check_apart(const struct destination *d, const char *place, const char *whose, struct err *e)
{
	struct buf real = BUF_INIT(STATION_PATH_MAX);
	bool meet = false;
	int rc = place == NULL ? 0 : path_resolve(&real, place, e);

	if (rc == 0 && place != NULL)
		/* The names may meet where their links don't, and are mostly the same. */
		meet = path_overlap(buf_text(&d->real), buf_text(&real)) ||
		    ((strcmp(buf_text(&d->real), d->path) != 0 ||
			 strcmp(buf_text(&real), place) != 0) &&
			path_overlap(d->path, place));
	if (meet)
		rc = err_setx(e, ERR_UNSAFE,
		    "%s %s: want a directory apart from %s, which %s; enrol again with another one "
		    "(--force)",
		    d->called, d->path, place, whose);
	buf_free(&real);
	return rc;
}

static int
check_own_places(const struct destination *d, struct err *e)
{
	int rc = 0, found = 1;

	for (size_t i = 0; rc == 0 && found != 0; i++) {
		struct buf own = BUF_INIT(STATION_PATH_MAX);
		struct err none;

		if ((found = place_own(i, &own, &none)) == 1)
			rc = check_apart(d, buf_text(&own), "is Slipway's own", e);
		buf_free(&own);
	}
	return rc;
}

static int
check_destination(const struct station *st, const struct destination *d, struct err *e)
{
	struct dir *way;
	struct err why;

	if (check_own_places(d, e) == -1 ||
	    check_apart(d, st->login_key, "is the login", e) == -1 ||
	    check_apart(d, st->password_file, "is the login", e) == -1)
		return -1;
	if ((way = way_open(d->path, &why)) == NULL && why.code == ERR_UNSAFE) {
		*e = why;
		return err_context(e, "%s", d->called);
	}
	dir_close(way);
	return 0;
}

/* Call check() for each destination that the station has, its links resolved. */
static int
each_destination(const struct station *st,
    int (*check)(const struct station *, const struct destination *, struct err *), struct err *e)
{
	struct destination all[] = { { "AppDir", st->app_dir, BUF_INIT(STATION_PATH_MAX) },
		{ "InstallDir", st->install_dir, BUF_INIT(STATION_PATH_MAX) } };
	int rc = 0;

	for (size_t i = 0; i < N(all); i++) {
		if (rc == 0 && all[i].path != NULL &&
		    (rc = path_resolve(&all[i].real, all[i].path, e)) == 0)
			rc = check(st, &all[i], e);
		buf_free(&all[i].real);
	}
	return rc;
}

int
destination_check(const struct station *st, struct err *e)
{
	return each_destination(st, check_destination, e);
}

static int
check_others(const struct station *st, const struct destination *d, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < st->others.n && rc == 0; i++)
		rc = check_apart(d, st->others.v[i], "another application's files go to", e);
	return rc;
}

int
destination_shared(const struct station *st, struct err *e)
{
	return st->others.n == 0 ? 0 : each_destination(st, check_others, e);
}

static int
check_closed(const char *called, const char *path, struct err *e)
{
	struct buf who = BUF_INIT(STATION_PATH_MAX), mend = BUF_INIT(4 * STATION_PATH_MAX);
	int rc = path == NULL ? 0 : way_writers(path, &who, &mend, e);

	if (rc == 0 && who.len > 0)
		rc = err_setx(e, ERR_UNSAFE,
		    "%s %s: want a directory that only its administrator can change, got one where "
		    "%s can replace files, the trusted certificates too; look at what it holds, then: "
		    "%s; or enrol with --allow-writable",
		    called, path, buf_text(&who), buf_text(&mend));
	if (rc == 0 && path != NULL && (rc = way_movers(path, &who, &mend, e)) == 0 && who.len > 0)
		rc = err_setx(e, ERR_UNSAFE,
		    "%s %s: want directories on the way to it that only its administrator can change, "
		    "got one that %s can replace by another; look at what it holds, then: %s; or enrol "
		    "with --allow-writable",
		    called, path, buf_text(&who), buf_text(&mend));
	buf_free(&who);
	buf_free(&mend);
	return rc;
}

int
destination_closed(const struct station *st, struct err *e)
{
	if (!place_privileged() || st->allow_writable)
		return 0;
	return check_closed("AppDir", st->app_of_user ? NULL : st->app_dir, e) == -1 ||
		check_closed("InstallDir", st->install_dir, e) == -1
	    ? -1
	    : 0;
}

static int
check_for_all(const char *called, const char *path, const char *home, struct err *e)
{
	if (path == NULL || !path_overlap(path, home) || strlen(path) < strlen(home))
		return 0;
	return err_setx(e, ERR_CONFIG,
	    "%s %s: want a directory for all users, got one in the home of this account; enrol again "
	    "with another one (--force), such as %%ProgramData%%/NAME%s",
	    called, path,
	    strcmp(called, "AppDir") == 0 ? ", or with %AppData%/NAME as it stands here for a "
					    "directory of each user's own"
					  : "");
}

int
destination_for_all(const struct station *st, struct err *e)
{
	struct buf home = BUF_INIT(STATION_PATH_MAX);
	struct err none;
	int rc = 0;

	if (place_privileged() && place_stationwide() &&
	    place_known("UserProfile", strlen("UserProfile"), &home, &none) == 1) {
		path_slashes((char *)home.data);
		if (check_for_all("AppDir", st->app_of_user ? NULL : st->app_dir, buf_text(&home),
			e) == -1 ||
		    check_for_all("InstallDir", st->install_dir, buf_text(&home), e) == -1)
			rc = -1;
	}
	buf_free(&home);
	return rc;
}

static int
check_form(const char *called, const char *path, struct err *e)
{
	struct err why;

	if (strcmp(place_system(), "windows") != 0 || path_windows(path, &why) == 0)
		return 0;
	return err_setx(e, ERR_CONFIG, "%s: %s; enrol again with another one (--force)", called,
	    why.text);
}

static int
check_spelling(const char *called, const char *path, struct err *e)
{
	size_t len = path == NULL ? 0 : strlen(path);

	if (len == 0)
		return 0;
	if (valid_utf8(path, len) && text_control(path, len, false) == len &&
	    strpbrk(path, ";\\") == NULL)
		return check_form(called, path, e);
	return err_setx(e, ERR_CONFIG,
	    "%s %s: want a path in UTF-8 without ';', '\\' and control characters, which settings "
	    "that name files can't hold; enrol again with another one (--force)",
	    called, path);
}

int
destination_named(const struct station *st, struct err *e)
{
	return check_spelling("AppDir", st->app_dir, e) == -1 ||
		check_spelling("InstallDir", st->install_dir, e) == -1
	    ? -1
	    : 0;
}

int
destination_apart(const struct station *st, struct err *e)
{
	struct buf app = BUF_INIT(STATION_PATH_MAX), install = BUF_INIT(STATION_PATH_MAX);
	int rc = 0;

	if (st->install_dir == NULL || st->app_dir == NULL)
		return 0;
	if (path_resolve(&app, st->app_dir, e) == -1 ||
	    path_resolve(&install, st->install_dir, e) == -1)
		rc = -1;
	else if (path_overlap(buf_text(&app), buf_text(&install)))
		rc = err_setx(e, ERR_CONFIG,
		    "InstallDir %s and AppDir %s: want two directories, neither in the other, because "
		    "one file of a release would replace another; enrol again with others (--force)",
		    st->install_dir, st->app_dir);
	buf_free(&app);
	buf_free(&install);
	return rc;
}
