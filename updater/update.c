/*
 * One whole update of one application, in the order of the way of a launch.
 */
#include "update.h"

#include <string.h>

#include "apply.h"
#include "base/clock.h"
#include "plan.h"
#include "refresh.h"
#include "store.h"

struct update {
	const struct station *st;
	struct settings *s;
	struct dir *state, *metadata, *staging;
	struct fetch *fetch;
	struct refresh *refresh;
	struct plan plan;
	json_t *applied;
	int64_t deadline;
};

static int
begin(struct update *u, int64_t deadline, void (*failed)(void *, const char *, const struct err *),
    struct err *e)
{
	struct fetch_config config = { .urls = u->st->servers, .nurls = u->st->nservers,
		.host_keys = u->st->host_keys, .nhost_keys = u->st->nhost_keys,
		.key_file = u->st->login_key, .passphrase_file = u->st->passphrase_file,
		.connect_ms = STATION_CONNECT_MS, .deadline = deadline, .failed = failed };

	if ((u->metadata = station_dir(u->st, "metadata", e)) == NULL ||
	    (u->staging = station_dir(u->st, "staging", e)) == NULL ||
	    (u->fetch = fetch_start(&config, e)) == NULL)
		return -1;
	return 0;
}

static int
bring_up_to_date(struct update *u, struct update_result *r, struct err *e)
{
	int64_t now = clock_wall(), floor = store_refreshed(u->state);

	/* A clock that fell back must not make expired metadata good again. */
	r->stood_still = now < floor;
	if (r->stood_still)
		now = floor;
	if ((u->refresh = refresh_run(u->fetch, u->metadata, u->st->application, now, e)) == NULL ||
	    plan_make(u->st, u->refresh, &u->plan, e) == -1)
		return -1;
	if (!plan_is_applied(&u->plan, u->applied)) {
		if (plan_compare(u->st, &u->plan, e) == -1 ||
		    plan_fetch(&u->plan, u->refresh, u->fetch, u->staging, e) == -1 ||
		    plan_scripts(u->st, u->s, u->staging, u->deadline, &u->plan, e) == -1 ||
		    apply(u->st, u->s, u->state, u->staging, &u->plan, u->applied, e) == -1)
			return -1;
		r->changed = true;
		r->release = u->plan.release;
		r->fetched = u->plan.fetched;
		r->settings = u->plan.settings.n;
		for (size_t i = 0; i < u->plan.n; i++)
			r->files += u->plan.files[i].needed && u->plan.files[i].place <= PLACE_APP;
	}
	return store_set_refreshed(u->state, now, e);
}

int
update_run(const struct station *st, struct settings *s, int64_t deadline,
    void (*failed)(void *arg, const char *url, const struct err *why), struct update_result *r,
    struct err *e)
{
	struct update u = { .st = st, .s = s, .deadline = deadline };
	struct file_lock *lock = NULL;
	int64_t left = deadline - clock_mono_ms();
	int rc = -1;

	memset(r, 0, sizeof *r);
	if ((u.state = station_dir(st, "", e)) == NULL ||
	    (lock = file_lock(u.state, "lock", left > 0 ? left : 0, e)) == NULL ||
	    (u.applied = store_applied(u.state, e)) == NULL)
		goto out;
	r->release = json_integer_value(json_object_get(u.applied, "release"));
	if (begin(&u, deadline, failed, e) == 0)
		rc = bring_up_to_date(&u, r, e);
out:
	refresh_free(u.refresh);
	fetch_end(u.fetch);
	plan_free(&u.plan);
	json_decref(u.applied);
	file_unlock(lock);
	dir_close(u.staging);
	dir_close(u.metadata);
	dir_close(u.state);
	return rc;
}
