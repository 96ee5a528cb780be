/* SPDX-License-Identifier: ISC */
/* What can be wrong with a station. */
#include "updater/station/checks.h"

#include <stddef.h>
#include <string.h>

#include "lib/os/owned.h"
#include "lib/os/places.h"
#include "lib/settings/view.h"
#include "updater/station/destination.h"

/* What a privileged process believes, and acts on with rights that who changed it may lack. */
struct believed {
	enum { PLACE_OF, PATH_OF, METADATA_OF } kind;
	enum place place;
	size_t member; /* of struct station: a path, or NULL */
	unsigned what;
	const char *except;
	bool login; /* and whoever updates this station next has to be able to read it */
};

#define MEMBER(name) offsetof(struct station, name)
static const struct believed all[] = {
	{ PLACE_OF, PLACE_MACHINE_CONF, 0, 0, NULL, false },
	{ PLACE_OF, PLACE_USER_CONF, 0, 0, NULL, false },
	{ PATH_OF, 0, MEMBER(state_path), OWNED_ENTRIES, STATION_STAGING, false },
	{ METADATA_OF, 0, MEMBER(state_path), OWNED_ENTRIES, NULL, false },
	{ PATH_OF, 0, MEMBER(user_state_path), OWNED_ENTRIES | OWNED_USERS, NULL, false },
	{ PATH_OF, 0, MEMBER(login_key), OWNED_USERS, NULL, true },
	{ PATH_OF, 0, MEMBER(password_file), OWNED_USERS, NULL, true },
};

/* Append its path.  1, 0 the station has none (key files, where settings are elsewhere), -1. */
static int
believed_path(const struct station *st, const struct believed *b, struct buf *out, struct err *e)
{
	const char *path = *(char *const *)((const char *)st + b->member);
	struct err none;

	if (b->kind == PLACE_OF)
		return place_path(b->place, out, &none) == -1 ? 0 : 1;
	if (path == NULL)
		return 0;
	return buf_addf(out, e, "%s%s", path, b->kind == METADATA_OF ? "/metadata" : "") == -1 ? -1
											       : 1;
}

/* Call act() for each path of the station.  0, or -1 of the first call that fails. */
static int
each_believed(const struct station *st,
    int (*act)(void *arg, const char *path, const struct believed *b, struct err *e), void *arg,
    struct err *e)
{
	int rc = 0;

	if (!place_privileged())
		return 0;
	for (size_t i = 0; i < N(all) && rc == 0; i++) {
		struct buf path = BUF_INIT(STATION_PATH_MAX);

		if ((rc = believed_path(st, &all[i], &path, e)) == 1)
			rc = act(arg, buf_text(&path), &all[i], e);
		buf_free(&path);
	}
	return rc;
}

static int
check_one(void *arg, const char *path, const struct believed *b, struct err *e)
{
	(void)arg;
	return owned_check(path, b->what, b->except, e);
}

static int
check_owners(const struct station *st, struct err *e)
{
	return each_believed(st, check_one, NULL, e);
}

/* The login as the next update looks at it, which may be the system's: nobody's own file. */
static unsigned
next_rule(const struct believed *b)
{
	return b->login ? OWNED_SECRET : b->what;
}

static int
check_login_of(void *arg, const char *path, const struct believed *b, struct err *e)
{
	struct err told; /* by check_owners() */

	(void)arg;
	return b->login && owned_check(path, b->what, b->except, &told) == 0
	    ? owned_check(path, next_rule(b), b->except, e)
	    : 0;
}

static int
check_login(const struct station *st, struct err *e)
{
	return each_believed(st, check_login_of, NULL, e);
}

static int
mend_one(void *arg, const char *path, const struct believed *b, struct err *e)
{
	struct err why;

	/* The others are mended all the same; what couldn't be is told by the check. */
	if (owned_mend(path, next_rule(b), b->except, arg != NULL, &why) == 0 || arg == NULL)
		return 0;
	*e = why;
	return -1;
}

void
station_mend_owners(const struct station *st)
{
	struct err ignored;

	each_believed(st, mend_one, NULL, &ignored);
}

int
station_adopt(const struct station *st, struct err *e)
{
	bool adopt = true;

	return each_believed(st, mend_one, &adopt, e);
}

static int
show_one(void *arg, const char *path, const struct believed *b, struct err *e)
{
	return owned_show(path, next_rule(b), b->except, arg, e);
}

int
station_strangers(const struct station *st, struct buf *out, struct err *e)
{
	return each_believed(st, show_one, out, e);
}

bool
station_staging_is_ours(const struct station *st)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct err e;
	bool ours;

	if (!place_privileged())
		return true;
	ours = buf_addf(&path, &e, "%s/" STATION_STAGING, st->state_path) == 0 &&
	    owned_check(buf_text(&path), OWNED_ENTRIES | OWNED_SECRET, NULL, &e) == 0;
	buf_free(&path);
	return ours;
}

/* Without its other half, files could go to other places. */
static int
check_cut_settings(const struct station *st, struct err *e)
{
	if (st->damage.code == ERR_NONE)
		return 0;
	*e = st->damage;
	return -1;
}

static int
check_views(const struct station *st, struct err *e)
{
	if (st->registry_view == REGISTRY_VIEW_BOTH && strcmp(place_system(), "windows") != 0)
		return err_setx(e, ERR_CONFIG,
		    "RegistryView: want 64, as this system's programs have one view, got both; mend it "
		    "by: slipway settings set %c" STATION_KEY "\\%s\\%s%c RegistryView 64",
		    place_quote(), st->installation, st->application, place_quote());
	return 0;
}

static int
check_script_keys(const struct station *st, struct err *e)
{
	if (st->keys_of_view32)
		return err_setx(e, ERR_CONFIG,
		    "ScriptKeys: want keys as 64-bit programs name them, got one below " SETTINGS_VIEW32
		    "; let scripts write HKLM\\SOFTWARE\\..., name that in ScriptKeys, and for 32-bit "
		    "programs: slipway settings set %c" STATION_KEY "\\%s\\%s%c RegistryView both",
		    place_quote(), st->installation, st->application, place_quote());
	return 0;
}

const struct station_check station_checks[] = { { "owners", check_owners, STOPS_UPDATES },
	{ "cut settings", check_cut_settings, STOPS_UPDATES },
	{ "login", check_login, STOPS_NOTHING },
	{ "destinations", destination_check, STOPS_CHANGES },
	{ "shared", destination_shared, STOPS_NOTHING },
	{ "closed", destination_closed, STOPS_NOTHING },
	{ "apart", destination_apart, STOPS_NOTHING },
	{ "homes", destination_for_all, STOPS_NOTHING },
	{ "names", destination_named, STOPS_NOTHING }, { "views", check_views, STOPS_NOTHING },
	{ "script keys", check_script_keys, STOPS_NOTHING }, { NULL, NULL, STOPS_NOTHING } };

static int
run_checks(const struct station *st, int stops, struct err *e)
{
	for (const struct station_check *c = station_checks; c->name != NULL; c++)
		if ((int)c->stops == stops && c->run(st, e) == -1)
			return err_context(e, "this station isn't updated");
	return 0;
}

int
station_check_update(const struct station *st, struct err *e)
{
	return run_checks(st, STOPS_UPDATES, e);
}

int
station_check_change(const struct station *st, struct err *e)
{
	return run_checks(st, STOPS_CHANGES, e);
}
