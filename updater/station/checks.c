/* SPDX-License-Identifier: ISC */
/* What can be wrong with a station. */
#include "updater/station/checks.h"

#include "lib/os/owned.h"
#include "lib/os/places.h"
#include "updater/station/destination.h"

/* A key file; where settings are elsewhere (in the registry), there is none. */
static int
check_place(enum place which, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct err none;
	int rc = place_path(which, &path, &none) == -1 ? 0 : owned_check(buf_text(&path), false, e);

	buf_free(&path);
	return rc;
}

/*
 * A privileged process believes the settings, the state and the login of the station, and acts on
 * them with rights that who could change them may lack.
 */
static int
check_owners(const struct station *st, struct err *e)
{
	if (!place_privileged())
		return 0;
	if (check_place(PLACE_MACHINE_CONF, e) == -1 || check_place(PLACE_USER_CONF, e) == -1)
		return -1;
	if ((st->state_path != NULL && owned_check(st->state_path, true, e) == -1) ||
	    (st->user_state_path != NULL && owned_check(st->user_state_path, true, e) == -1) ||
	    (st->login_key != NULL && owned_check(st->login_key, false, e) == -1) ||
	    (st->password_file != NULL && owned_check(st->password_file, false, e) == -1))
		return -1;
	return 0;
}

const struct station_check station_checks[] = { { "owners", check_owners, STOPS_UPDATES },
	{ "destinations", destination_check, STOPS_CHANGES },
	{ "shared", destination_shared, STOPS_NOTHING },
	{ "apart", destination_apart, STOPS_NOTHING },
	{ "names", destination_named, STOPS_NOTHING }, { NULL, NULL, STOPS_NOTHING } };

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
