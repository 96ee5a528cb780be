/* SPDX-License-Identifier: ISC */
/*
 * Who am I and what is configured.
 */
#include "updater/station/station.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/path.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/settings/application.h"

#define PATH_BUF 4096

/* The enrolled pairs, as "installation\0application\0" texts. */
struct enrolled {
	char *installation[64], *application[64];
	size_t n;
	struct settings *s;
	const char *current; /* installation that is being walked */
};

static int
add_application(void *arg, const char *name, struct err *e)
{
	struct enrolled *all = arg;

	if (all->n == 64)
		return err_setx(e, ERR_TOO_LARGE, "over 64 enrolled applications");
	all->installation[all->n] = strdup(all->current);
	all->application[all->n] = strdup(name);
	if (all->installation[all->n] == NULL || all->application[all->n] == NULL) {
		free(all->installation[all->n]);
		free(all->application[all->n]);
		return err_nomem(e);
	}
	all->n++;
	return 0;
}

static int
add_installation(void *arg, const char *name, struct err *e)
{
	struct settings_walk walk = { NULL, add_application, arg };
	struct enrolled *all = arg;
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = -1;

	all->current = name;
	if (buf_addf(&key, e, "%s\\%s", STATION_KEY, name) == 0 &&
	    settings_list(all->s, buf_text(&key), &walk, e) != -1)
		rc = 0;
	buf_free(&key);
	return rc;
}

static int
enrolled_load(struct settings *s, struct enrolled *all, struct err *e)
{
	struct settings_walk walk = { NULL, add_installation, all };

	memset(all, 0, sizeof *all);
	all->s = s;
	return settings_list(s, STATION_KEY, &walk, e) == -1 ? -1 : 0;
}

static void
enrolled_free(struct enrolled *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->installation[i]);
		free(all->application[i]);
	}
}

static bool
same(const char *want, const char *got)
{
	return want == NULL || strcasecmp(want, got) == 0;
}

/* How many enrolled pairs fit; *which is one of them. */
static size_t
count(const struct enrolled *all, const char *installation, const char *application, size_t *which)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (same(installation, all->installation[i]) &&
		    same(application, all->application[i])) {
			*which = i;
			n++;
		}
	return n;
}

static int
not_one(const struct enrolled *all, const char *installation, const char *application, size_t n,
    struct err *e)
{
	struct buf list = BUF_INIT(512);
	struct err ignored;

	for (size_t i = 0; i < all->n; i++)
		if (buf_addf(&list, &ignored, "%s%s/%s", i == 0 ? "" : ", ", all->installation[i],
			all->application[i]) == -1)
			break;
	if (all->n == 0)
		err_setx(e, ERR_NOENT, "this station is not enrolled; run 'slipway enroll' first");
	else
		err_setx(e, ERR_NOENT,
		    "want %s application %s of installation %s, got %zu; enrolled here: %s; name one "
		    "with --installation and --app",
		    n == 0 ? "an enrolled" : "one", application == NULL ? "(any)" : application,
		    installation == NULL ? "(any)" : installation, n, buf_text(&list));
	buf_free(&list);
	return -1;
}

/* DefaultApplication of an installation, where it is enrolled; into out, or left empty. */
static int
default_application(struct settings *s, const struct enrolled *all, const char *installation,
    struct buf *out, struct err *e)
{
	for (size_t i = 0; i < all->n && out->len == 0; i++) {
		struct buf key = BUF_INIT(SETTING_KEY_MAX);
		struct value v = VALUE_INIT;
		size_t unused;
		int rc;

		if (!same(installation, all->installation[i]))
			continue;
		rc = buf_addf(&key, e, "HKLM\\SOFTWARE\\" SETTINGS_VENDOR "\\%s",
			 all->installation[i]) == -1
		    ? -1
		    : settings_get(s, buf_text(&key), "DefaultApplication", &v, e);
		if (rc == 1 && count(all, all->installation[i], value_get_text(&v), &unused) > 0)
			rc = buf_adds(out, value_get_text(&v), e);
		value_free(&v);
		buf_free(&key);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
choose(struct settings *s, const struct enrolled *all, const char *installation,
    const char *application, int argc, char **argv, size_t *which, struct err *e)
{
	const char *argument = application == NULL ? application_argument(argc, argv) : NULL;
	struct buf def = BUF_INIT(SETTING_PART_MAX);
	size_t n;
	int rc = -1;

	/* "cmd /C x" is no application of ours: /C counts only with an enrolled name. */
	if (argument != NULL && count(all, installation, argument, which) > 0)
		application = argument;
	if (application == NULL && count(all, installation, NULL, which) > 1) {
		if (default_application(s, all, installation, &def, e) == -1)
			goto out;
		application = def.len > 0 ? buf_text(&def) : NULL;
	}
	if ((n = count(all, installation, application, which)) != 1)
		not_one(all, installation, application, n, e);
	else
		rc = 0;
out:
	buf_free(&def);
	return rc;
}

/* A text setting of ours; *out stays NULL where it isn't set. */
static int
text_setting(struct settings *s, const char *key, const char *name, char **out, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = settings_get(s, key, name, &v, e);

	if (rc == 1) {
		if (v.type != VALUE_STRING && v.type != VALUE_EXPAND)
			rc = err_setx(e, ERR_CONFIG, "%s: want a text, got a %s", name,
			    value_type_name(v.type));
		else if ((*out = strdup(value_get_text(&v))) == NULL)
			rc = err_nomem(e);
	}
	value_free(&v);
	return rc == -1 ? -1 : 0;
}

/* A list of texts: a multi value, or one string. */
static int
list_setting(struct settings *s, const char *key, const char *name, struct value *data,
    const char **list, size_t *n, struct err *e)
{
	const char *p, *end;

	if (settings_get(s, key, name, data, e) == -1)
		return -1;
	p = (const char *)data->data;
	if (p == NULL)
		return 0;
	end = p + data->len;
	for (*n = 0; p < end; p += strlen(p) + 1) {
		if (*n == STATION_SERVERS_MAX)
			return err_setx(e, ERR_CONFIG, "%s: over %d entries", name,
			    STATION_SERVERS_MAX);
		list[(*n)++] = p;
	}
	return 0;
}

static int
parse_deadline(const char *text, int64_t *ms, struct err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > STATION_DEADLINE_MAX_S)
		return err_setx(e, ERR_CONFIG, "Deadline: want 1 to %d seconds, got '%.40s'",
		    STATION_DEADLINE_MAX_S, text);
	*ms = (int64_t)n * 1000;
	return 0;
}

static int
parse_on_error(const char *text, enum on_error *out, struct err *e)
{
	if (strcasecmp(text, "launch") != 0 && strcasecmp(text, "block") != 0)
		return err_setx(e, ERR_CONFIG, "OnError: want 'launch' or 'block', got '%.40s'",
		    text);
	*out = strcasecmp(text, "block") == 0 ? ON_ERROR_BLOCK : ON_ERROR_LAUNCH;
	return 0;
}

static int
parse_days(const char *name, const char *text, int64_t *days, struct err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > STATION_DAYS_MAX)
		return err_setx(e, ERR_CONFIG, "%s: want 1 to %d days, got '%.40s'", name,
		    STATION_DAYS_MAX, text);
	*days = n;
	return 0;
}

static int
days_setting(struct settings *s, const char *key, const char *name, int64_t *days, struct err *e)
{
	char *text = NULL;
	int rc = text_setting(s, key, name, &text, e);

	if (rc == 0 && text != NULL)
		rc = parse_days(name, text, days, e);
	free(text);
	return rc;
}

/* Expand *dir, and give it to scripts under the name what. */
static int
expand_dir(struct station *st, char **dir, char **native, const struct expand_names *names,
    const char *what, struct err *e)
{
	struct buf b = BUF_INIT(PATH_BUF);

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
load_dirs(struct station *st, struct settings *s, const char *key, struct err *e)
{
	struct expand_names names = { .own = st->names, .n = 2 };
	struct buf state = BUF_INIT(PATH_BUF), user = BUF_INIT(PATH_BUF), app = BUF_INIT(PATH_BUF);
	int rc = -1;

	st->names[0] = (struct expand_name){ "Application", st->application };
	st->names[1] = (struct expand_name){ "Installation", st->installation };
	if (text_setting(s, key, "InstallDir", &st->install_dir, e) == -1 ||
	    text_setting(s, key, "AppDir", &st->app_dir, e) == -1)
		goto out;
	if (st->app_dir == NULL) {
		if (buf_adds(&app,
			place_stationwide() ? "%ProgramData%/%Application%"
					    : "%AppData%/%Application%",
			e) == -1)
			goto out;
		st->app_dir = (char *)buf_steal(&app);
	}
	st->nnames = 2;
	if (expand_dir(st, &st->app_dir, &st->app_dir_native, &names, "AppDir", e) == -1 ||
	    (st->install_dir != NULL &&
		expand_dir(st, &st->install_dir, &st->install_dir_native, &names, "InstallDir",
		    e) == -1))
		goto out;
	if (place_path(PLACE_STATE, &state, e) == -1 ||
	    buf_addf(&state, e, "/%s/%s", st->installation, st->application) == -1)
		goto out;
	if (place_path(PLACE_USER_STATE, &user, e) == -1 ||
	    buf_addf(&user, e, "/%s/%s/user", st->installation, st->application) == -1)
		goto out;
	st->state_path = (char *)buf_steal(&state);
	st->user_state_path = (char *)buf_steal(&user);
	rc = 0;
out:
	buf_free(&state);
	buf_free(&user);
	buf_free(&app);
	return rc;
}

static int
load_settings(struct station *st, struct settings *s, const char *key, struct err *e)
{
	char *deadline = NULL, *on_error = NULL;
	int rc = -1;

	st->deadline_ms = STATION_DEADLINE_MS;
	if (list_setting(s, key, "Server", &st->server_data, st->servers, &st->nservers, e) == -1 ||
	    list_setting(s, key, "TrustedHostKeysSHA256", &st->host_key_data, st->host_keys,
		&st->nhost_keys, e) == -1 ||
	    text_setting(s, key, "LoginKey", &st->login_key, e) == -1 ||
	    text_setting(s, key, "LoginPasswordFile", &st->password_file, e) == -1 ||
	    text_setting(s, key, "Deadline", &deadline, e) == -1 ||
	    text_setting(s, key, "OnError", &on_error, e) == -1 ||
	    (deadline != NULL && parse_deadline(deadline, &st->deadline_ms, e) == -1) ||
	    (on_error != NULL && parse_on_error(on_error, &st->on_error, e) == -1) ||
	    days_setting(s, key, "WarnAfterDays", &st->warn_after_days, e) == -1 ||
	    days_setting(s, key, "BlockAfterDays", &st->block_after_days, e) == -1 ||
	    load_dirs(st, s, key, e) == -1)
		goto out;
	if (st->nservers == 0)
		err_setx(e, ERR_CONFIG, "%s: Server is not set", key);
	else
		rc = 0;
out:
	free(deadline);
	free(on_error);
	return rc;
}

int
station_load(struct settings *s, const char *installation, const char *application, int argc,
    char **argv, struct station *st, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct enrolled all;
	size_t which = 0;
	int rc = -1;

	memset(st, 0, sizeof *st);
	settings_hold(s); /* not half of an enrolment that is being written */
	if (enrolled_load(s, &all, e) == -1 ||
	    choose(s, &all, installation, application, argc, argv, &which, e) == -1)
		goto out;
	st->installation = strdup(all.installation[which]);
	st->application = strdup(all.application[which]);
	if (st->installation == NULL || st->application == NULL) {
		err_nomem(e);
		goto out;
	}
	if (buf_addf(&key, e, "%s\\%s\\%s", STATION_KEY, st->installation, st->application) == 0)
		rc = load_settings(st, s, buf_text(&key), e);
out:
	settings_release(s);
	if (rc == -1)
		station_free(st);
	buf_free(&key);
	enrolled_free(&all);
	return rc;
}

void
station_free(struct station *st)
{
	free(st->installation);
	free(st->application);
	value_free(&st->server_data);
	value_free(&st->host_key_data);
	free(st->login_key);
	free(st->password_file);
	free(st->install_dir);
	free(st->app_dir);
	free(st->install_dir_native);
	free(st->app_dir_native);
	free(st->state_path);
	free(st->user_state_path);
	memset(st, 0, sizeof *st);
}

struct dir *
station_dir(const struct station *st, const char *name, bool make, struct err *e)
{
	struct buf path = BUF_INIT(PATH_BUF);
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

static int
set_text(struct changeset *c, const char *key, const char *name, const char *text, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (text == NULL)
		return changeset_delete(c, key, name, e);
	rc = value_text(&v, VALUE_STRING, text, strlen(text), e) == -1
	    ? -1
	    : changeset_set(c, key, name, &v, e);
	value_free(&v);
	return rc;
}

static int
set_list(struct changeset *c, const char *key, const char *name, const char *const *list, size_t n,
    struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = value_multi(&v, list, n, e) == -1 ? -1 : changeset_set(c, key, name, &v, e);

	value_free(&v);
	return rc;
}

static int
enrolment_changes(const struct enrolment *en, const char *key, struct changeset *c, struct err *e)
{
	if (set_list(c, key, "Server", en->servers, en->nservers, e) == -1 ||
	    set_list(c, key, "TrustedHostKeysSHA256", en->host_keys, en->nhost_keys, e) == -1 ||
	    set_text(c, key, "LoginKey", en->login_key, e) == -1 ||
	    /* of Slipway 0.1.0, for a key that was encrypted */
	    set_text(c, key, "LoginPassphraseFile", NULL, e) == -1 ||
	    set_text(c, key, "LoginPasswordFile", en->password_file, e) == -1 ||
	    set_text(c, key, "InstallDir", en->install_dir, e) == -1 ||
	    set_text(c, key, "AppDir", en->app_dir, e) == -1 ||
	    set_text(c, key, "Deadline", en->deadline, e) == -1 ||
	    set_text(c, key, "OnError", en->on_error, e) == -1 ||
	    set_text(c, key, "WarnAfterDays", en->warn_after_days, e) == -1 ||
	    set_text(c, key, "BlockAfterDays", en->block_after_days, e) == -1)
		return -1;
	return 0;
}

static int
enrolment_check(struct settings *s, const struct enrolment *en, const char *key, struct err *e)
{
	struct value v = VALUE_INIT;
	enum on_error unused;
	int64_t ms, days;
	int rc;

	if (!valid_application_name(en->application) || !valid_application_name(en->installation))
		return err_setx(e, ERR_USAGE,
		    "want letters, digits, '_', '-' and '.' in --installation and --app");
	if ((en->deadline != NULL && parse_deadline(en->deadline, &ms, e) == -1) ||
	    (en->on_error != NULL && parse_on_error(en->on_error, &unused, e) == -1) ||
	    (en->warn_after_days != NULL &&
		parse_days("--warn-after-days", en->warn_after_days, &days, e) == -1) ||
	    (en->block_after_days != NULL &&
		parse_days("--block-after-days", en->block_after_days, &days, e) == -1))
		return -1;
	if ((rc = settings_get(s, key, "Server", &v, e)) == -1)
		return -1;
	value_free(&v);
	if (rc == 1 && !en->force)
		return err_setx(e, ERR_EXISTS,
		    "%s/%s is enrolled already; --force replaces the enrolment and its trust anchor",
		    en->installation, en->application);
	return 0;
}

int
station_enroll(struct settings *s, const struct enrolment *en, const uint8_t *root, size_t len,
    struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX), path = BUF_INIT(PATH_BUF);
	struct changeset c = CHANGESET_INIT;
	struct dir *d = NULL;
	int rc = -1;

	if (buf_addf(&key, e, "%s\\%s\\%s", STATION_KEY, en->installation, en->application) == -1 ||
	    enrolment_check(s, en, buf_text(&key), e) == -1 ||
	    enrolment_changes(en, buf_text(&key), &c, e) == -1 ||
	    place_path(PLACE_STATE, &path, e) == -1 ||
	    buf_addf(&path, e, "/%s/%s/metadata", en->installation, en->application) == -1 ||
	    (d = dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)) == NULL)
		goto out;
	/* A new anchor starts over: nothing that the old one vouched for counts any more. */
	if (file_remove(d, "timestamp.json", e) == -1 || file_remove(d, "snapshot.json", e) == -1 ||
	    file_replace(d, "root.json", root, len, 0644, e) == -1)
		goto out;
	rc = settings_apply(s, &c, e);
out:
	dir_close(d);
	changeset_free(&c);
	buf_free(&path);
	buf_free(&key);
	return rc;
}
