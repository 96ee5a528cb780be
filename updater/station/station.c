/* SPDX-License-Identifier: ISC */
/* The station: this start's application and Slipway's own settings for it. */
#include "updater/station/station.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/path.h"
#include "lib/os/places.h"
#include "updater/station/enrolled.h"
#include "updater/station/setting.h"

int
station_key(const char *installation, const char *application, struct buf *out, struct err *e)
{
	return buf_addf(out, e, STATION_KEY "\\%s\\%s", installation, application);
}

int
station_state_path(const char *installation, const char *application, struct buf *out,
    struct err *e)
{
	if (place_path(PLACE_STATE, out, e) == -1)
		return -1;
	return buf_addf(out, e, "/%s/%s", installation, application);
}

/* A setting that is a list: a multi value, or one text. */
static int
load_list(struct settings *s, const char *key, const char *name, struct strings *list,
    struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = settings_get(s, key, name, &v, e);
	const char *p = (const char *)v.data, *end = p == NULL ? p : p + v.len;

	if (rc == 1)
		rc = v.type == VALUE_MULTI || v.type == VALUE_STRING || v.type == VALUE_EXPAND
		    ? 0
		    : err_setx(e, ERR_CONFIG, "%s: want a multi or string value, got a %s", name,
			  value_type_name(v.type));
	for (; rc == 0 && p < end; p += strlen(p) + 1)
		rc = list->n == STATION_SERVERS_MAX
		    ? err_setx(e, ERR_CONFIG, "%s: over %d entries", name, STATION_SERVERS_MAX)
		    : strings_add(list, p, e);
	value_free(&v);
	return rc;
}

static int
load_text(struct settings *s, const char *key, const struct station_setting *row,
    struct station *st, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = settings_get(s, key, row->name, &v, e);

	if (rc == 1 && v.type != VALUE_STRING && v.type != VALUE_EXPAND)
		rc = err_setx(e, ERR_CONFIG, "%s: want a text, got a %s", row->name,
		    value_type_name(v.type));
	else if (rc == 1)
		rc = station_setting_take(row->kind, row->name, value_get_text(&v),
		    (char *)st + row->member, e);
	value_free(&v);
	return rc == -1 ? -1 : 0;
}

/* Expand *dir, and give it to scripts under the name what. */
static int
expand_dir(struct station *st, char **dir, char **native, const struct expand_names *names,
    const char *what, struct err *e)
{
	struct buf b = BUF_INIT(STATION_PATH_MAX);

	if (expand(*dir, strlen(*dir), names, &b, e) == -1) {
		buf_free(&b);
		return err_context(e, "%s", what);
	}
	if (!path_absolute(buf_text(&b))) {
		err_setx(e, ERR_CONFIG, "%s: want an absolute path, got '%.200s'", what,
		    buf_text(&b));
		buf_free(&b);
		return -1;
	}
	free(*dir);
	*dir = (char *)buf_steal(&b);
	if ((*native = strdup(*dir)) == NULL)
		return err_nomem(e);
	path_slashes(*dir);
	path_native(*native);
	st->names[st->nnames++] = (struct expand_name){ what, *native };
	return 0;
}

static int
load_dirs(struct station *st, struct err *e)
{
	struct expand_names names = { .own = st->names, .n = 2 };

	st->names[0] = (struct expand_name){ "Application", st->application };
	st->names[1] = (struct expand_name){ "Installation", st->installation };
	st->nnames = 2;
	if (st->app_dir == NULL &&
	    (st->app_dir = strdup(place_stationwide() ? "%ProgramData%/%Application%"
						      : "%AppData%/%Application%")) == NULL)
		return err_nomem(e);
	if (expand_dir(st, &st->app_dir, &st->app_dir_native, &names, "AppDir", e) == -1)
		return -1;
	return st->install_dir == NULL
	    ? 0
	    : expand_dir(st, &st->install_dir, &st->install_dir_native, &names, "InstallDir", e);
}

static int
load_state_paths(struct station *st, struct err *e)
{
	struct buf state = BUF_INIT(STATION_PATH_MAX), user = BUF_INIT(STATION_PATH_MAX);

	if (station_state_path(st->installation, st->application, &state, e) == -1 ||
	    place_path(PLACE_USER_STATE, &user, e) == -1 ||
	    buf_addf(&user, e, "/%s/%s/user", st->installation, st->application) == -1) {
		buf_free(&state);
		buf_free(&user);
		return -1;
	}
	st->state_path = (char *)buf_steal(&state);
	st->user_state_path = (char *)buf_steal(&user);
	return 0;
}

static int
load_settings(struct station *st, struct settings *s, const char *key, struct err *e)
{
	st->deadline = STATION_DEADLINE_S;
	if (load_list(s, key, "Server", &st->servers, e) == -1 ||
	    load_list(s, key, "TrustedHostKeysSHA256", &st->host_keys, e) == -1)
		return -1;
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (load_text(s, key, row, st, e) == -1)
			return -1;
	if (load_dirs(st, e) == -1 || load_state_paths(st, e) == -1)
		return -1;
	return st->servers.n > 0 ? 0 : err_setx(e, ERR_CONFIG, "%s: Server is not set", key);
}

int
station_load(struct settings *s, const char *installation, const char *application, int argc,
    char **argv, struct station *st, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct application_pairs all;
	size_t which = 0;
	int rc = -1;

	memset(st, 0, sizeof *st);
	settings_hold(s); /* not half of an enrolment that is being written */
	if (enrolled_load(s, &all, e) == -1 ||
	    enrolled_choose(s, &all, installation, application, argc, argv, &which, e) == -1)
		goto out;
	st->installation = strdup(all.installations.v[which]);
	st->application = strdup(all.applications.v[which]);
	if (st->installation == NULL || st->application == NULL) {
		err_nomem(e);
		goto out;
	}
	if (station_key(st->installation, st->application, &key, e) == 0)
		rc = load_settings(st, s, buf_text(&key), e);
out:
	settings_release(s);
	if (rc == -1)
		station_free(st);
	buf_free(&key);
	application_pairs_free(&all);
	return rc;
}

void
station_free(struct station *st)
{
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (row->kind == STATION_TEXT)
			free(*(char **)((char *)st + row->member));
	free(st->installation);
	free(st->application);
	strings_free(&st->servers);
	strings_free(&st->host_keys);
	free(st->install_dir_native);
	free(st->app_dir_native);
	free(st->state_path);
	free(st->user_state_path);
	memset(st, 0, sizeof *st);
}

struct dir *
station_dir(const struct station *st, const char *name, bool make, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct dir *d = NULL;

	/*
	 * The state was published: every user of a station reads what is applied, and the scripts
	 * for users.
	 */
	if (path_join(&path, st->state_path, name, e) == 0)
		d = make ? dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)
			 : dir_open(buf_text(&path), e);
	buf_free(&path);
	return d;
}

struct dir *
station_user_dir(const struct station *st, bool make, struct err *e)
{
	return make ? dir_make(st->user_state_path, 0700, e) : dir_open(st->user_state_path, e);
}
