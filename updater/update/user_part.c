/* SPDX-License-Identifier: ISC */
/*
 * A user's part of what is applied.
 */
#include "updater/update/user_part.h"

#include <string.h>

#include "updater/apply/apply.h"
#include "lib/os/clock.h"
#include "updater/apply/rollback.h"
#include "updater/state/record.h"

struct user_part {
	const struct station *st;
	struct settings *s;
	struct dir *machine_state, *state;
	const json_t *machine;
	json_t *applied;
	int64_t deadline;
};

static bool
has_scripts(const json_t *record)
{
	const char *target;
	json_t *unused;

	json_object_foreach (json_object_get(record, "files"), target, unused)
		if (strstr(target, "/scripts/user/") != NULL)
			return true;
	return false;
}

/*
 * The machine went back to a release that this user had: their settings go back as well.  1, or 0
 * where they can't.
 */
static int
go_back(struct user_part *u, struct changeset *set, json_t **was, struct err *e)
{
	const char *action = json_string_value(json_object_get(u->machine, "action"));

	if (action == NULL || strcmp(action, "rollback") != 0 ||
	    store_release(u->machine) == store_release(u->applied))
		return 0;
	if ((*was = rollback_find(u->state, u->applied, store_release(u->machine), set, e)) != NULL)
		return 1;
	return e->code == ERR_NOENT ? 0 : -1;
}

static int
run_scripts(struct user_part *u, const struct plan *p, struct changeset *set, struct err *e)
{
	struct dir *kept;
	int rc;

	if (!has_scripts(u->machine))
		return 0;
	if ((kept = dir_below(u->machine_state, "kept", false, e)) == NULL)
		return -1;
	rc = plan_scripts(u->st, u->s, kept, PLACE_SCRIPT_USER, u->deadline, p, set, e);
	dir_close(kept);
	return rc;
}

static int
bring(struct user_part *u, const struct transaction *t, size_t *nsettings, struct err *e)
{
	struct changeset set = CHANGESET_INIT;
	struct plan files = { 0 }, none = { 0 };
	struct apply a = { .plan = &none,
		.set = &set,
		.applied = u->applied,
		.action = "update",
		.newest = store_newest(u->machine),
		.machine = store_serial(u->machine) };
	json_t *was = NULL;
	int back = go_back(u, &set, &was, e), rc = -1;

	if (back == -1 || plan_of_record(u->st, u->machine, &files, e) == -1)
		goto out;
	if (back == 1) {
		a.action = "rollback";
		a.asked = json_object_get(was, "set");
	} else if (run_scripts(u, &files, &set, e) == -1)
		goto out;
	none.release = files.release;
	none.version = files.version;
	rc = apply(u->st, t, &a, nsettings, e);
out:
	json_decref(was);
	plan_free(&files);
	changeset_free(&set);
	return rc;
}

int
user_part_run(const struct station *st, struct settings *s, struct dir *machine_state,
    const json_t *machine, int64_t deadline, size_t *nsettings, struct err *e)
{
	struct user_part u = { .st = st,
		.s = s,
		.machine_state = machine_state,
		.machine = machine,
		.deadline = deadline };
	struct file_lock *lock = NULL;
	struct transaction t;
	enum transaction_end ended;
	char work[512];
	int64_t left = deadline - clock_mono_ms();
	int rc = -1;

	*nsettings = 0;
	if (store_serial(machine) == 0)
		return 0;
	if ((u.state = station_user_dir(st, false, e)) == NULL) {
		if (e->code != ERR_NOENT)
			return -1;
		if (!has_scripts(machine))
			return 0;
		if ((u.state = station_user_dir(st, true, e)) == NULL)
			return -1;
	}
	apply_transaction(st, u.state, NULL, false, s, work, &t);
	if ((lock = file_lock(u.state, "lock", left > 0 ? left : 0, e)) == NULL ||
	    transaction_recover(&t, &ended, e) == -1 ||
	    (u.applied = store_applied(u.state, e)) == NULL)
		goto out;
	rc = json_integer_value(json_object_get(u.applied, "machine")) == store_serial(machine)
	    ? 0
	    : bring(&u, &t, nsettings, e);
out:
	json_decref(u.applied);
	file_unlock(lock);
	dir_close(u.state);
	return rc;
}
