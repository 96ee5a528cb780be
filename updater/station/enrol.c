/* SPDX-License-Identifier: ISC */
/* Making this computer a station. */
#include "updater/station/enrol.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "updater/station/checks.h"
#include "updater/station/destination.h"

/* An enrolment on its way. */
struct enrolling {
	struct settings *s;
	const struct enrolment *en;
	struct application_pairs all; /* what is enrolled already */
	struct station was;	      /* this application, where it is enrolled */
	bool found;		      /* it is */
	struct station will_be;	      /* as a later start reads it */
	const char *app_dir;	      /* text of AppDir; NULL: the default */
	struct buf key;
	struct changeset changes;
};

static const char *
given_text(const struct enrolling *x, const struct station_setting *row)
{
	if (row->member == offsetof(struct station, app_dir))
		return x->app_dir;
	return *(const char *const *)((const char *)x->en + row->given);
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
	return rc == -1 ? err_context(e, "%s", name) : 0;
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

/* Whether a person gave one of the two ways to log in, which takes the place of the other. */
static bool
is_other_login(const struct enrolment *en, const struct station_setting *row)
{
	return (en->login_key != NULL && row->member == offsetof(struct station, password_file)) ||
	    (en->password_file != NULL && row->member == offsetof(struct station, login_key));
}

/* What is given, and nothing else. */
static int
make_some_changes(struct enrolling *x, struct err *e)
{
	const struct enrolment *en = x->en;
	const char *key = buf_text(&x->key);
	struct changeset *c = &x->changes;
	int rc = 0;

	if (en->nservers > 0)
		rc = set_list(c, key, "Server", en->servers, en->nservers, e);
	if (rc == 0 && en->nhost_keys > 0)
		rc = set_list(c, key, "TrustedHostKeysSHA256", en->host_keys, en->nhost_keys, e);
	if (rc == 0 && en->allow_writable)
		rc = set_text(c, key, STATION_ALLOW_WRITABLE, "yes", e);
	for (const struct station_setting *row = station_settings; row->name != NULL && rc == 0;
	     row++)
		if (given_text(x, row) != NULL || is_other_login(en, row))
			rc = set_text(c, key, row->name, given_text(x, row), e);
	if (rc == 0 && c->n == 0)
		rc = err_setx(e, ERR_USAGE,
		    "--change: want what is to change: an option, or the addresses of servers");
	return rc;
}

static int
make_changes(struct enrolling *x, struct err *e)
{
	const struct enrolment *en = x->en;
	const char *key = buf_text(&x->key);
	struct changeset *c = &x->changes;

	if (en->change)
		return make_some_changes(x, e);
	if (set_list(c, key, "Server", en->servers, en->nservers, e) == -1 ||
	    set_list(c, key, "TrustedHostKeysSHA256", en->host_keys, en->nhost_keys, e) == -1 ||
	    /* of Slipway 0.1.0, for a key that was encrypted */
	    set_text(c, key, "LoginPassphraseFile", NULL, e) == -1 ||
	    set_text(c, key, STATION_ALLOW_WRITABLE, en->allow_writable ? "yes" : NULL, e) == -1)
		return -1;
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (set_text(c, key, row->name, given_text(x, row), e) == -1)
			return -1;
	return 0;
}

/* Read each setting as a later start does, but name it as the person did. */
static int
check_given(const struct enrolling *x, struct err *e)
{
	struct station st = { .installation = NULL };
	int rc = 0;

	for (const struct station_setting *row = station_settings; row->name != NULL; row++) {
		char called[64];

		snprintf(called, sizeof called, "--%s", row->option);
		if (rc == 0 && given_text(x, row) != NULL)
			rc = station_setting_take(row->kind, called, given_text(x, row),
			    (char *)&st + row->member, e);
	}
	station_free(&st);
	return rc;
}

/*
 * Whether an application that is enrolled leaves room for this one.  Settings have no case, and
 * directories have: another spelling would get a trust anchor that no start reads.
 */
static int
check_beside(struct enrolling *x, const char *installation, const char *application, struct err *e)
{
	const struct enrolment *en = x->en;
	bool both = ascii_same(application, en->application);
	struct err unread;

	if (!ascii_same(installation, en->installation))
		return 0;
	if (strcmp(installation, en->installation) != 0 ||
	    (both && strcmp(application, en->application) != 0))
		return err_setx(e, ERR_EXISTS,
		    "%s/%s: want the spelling %s/%s, which is enrolled already; a wrong one is taken "
		    "away by: slipway settings delete %c" STATION_KEY "\\%s\\%s%c",
		    en->installation, en->application, installation,
		    both ? application : en->application, place_quote(), installation, application,
		    place_quote());
	if (!both)
		return 0;
	x->found = true;
	if (!en->force && !en->change)
		return err_setx(e, ERR_EXISTS,
		    "%s/%s is enrolled already; --change changes single values, --force replaces the "
		    "enrolment and its trust anchor",
		    installation, application);
	station_read_settings(x->s, installation, application, &x->was, &unread);
	return 0;
}

static int
check_enrolled(struct enrolling *x, struct err *e)
{
	/* Only a person who wants to begin anew removes the file and enrols. */
	if ((settings_damaged(x->s, STATION_KEY, e) && e->code != ERR_NOENT) ||
	    enrolled_load(x->s, &x->all, e) == -1)
		return -1;
	for (size_t i = 0; i < x->all.installations.n; i++)
		if (check_beside(x, x->all.installations.v[i], x->all.applications.v[i], e) == -1)
			return -1;
	if (x->en->change && !x->found)
		return err_setx(e, ERR_NOENT, "%s/%s isn't enrolled; leave --change out",
		    x->en->installation, x->en->application);
	return 0;
}

/* Whether another installation has this application. */
static bool
is_second(const struct enrolling *x)
{
	size_t unused, own, all;

	own = application_pairs_count(&x->all, x->en->installation, x->en->application, &unused);
	all = application_pairs_count(&x->all, NULL, x->en->application, &unused);
	return all > own;
}

/* The path of a default of AppDir, and whether it is the directory that was enrolled. */
static int
default_path(const struct enrolling *x, bool second, struct buf *out, bool *was, struct err *e)
{
	const struct expand_name own[] = { { "Application", x->en->application },
		{ "Installation", x->en->installation } };
	const struct expand_names names = { .own = own, .n = N(own) };
	const char *text = station_default_app_dir(second);

	if (expand(text, strlen(text), &names, out, e) == -1)
		return -1;
	path_slashes((char *)out->data);
	*was = x->was.app_dir != NULL && strcmp(x->was.app_dir, buf_text(out)) == 0;
	return 0;
}

/*
 * The default of AppDir: where it was, else one that no other installation has.  What is there on a
 * station for all users may be another program's (/var/lib/dpkg).
 */
static int
choose_app_dir(struct enrolling *x, struct err *e)
{
	struct buf plain = BUF_INIT(STATION_PATH_MAX), second = BUF_INIT(STATION_PATH_MAX);
	bool was_plain, was_second, is;
	const struct buf *path;
	struct file_info info;
	int rc = -1;

	x->app_dir = x->en->app_dir;
	if (x->app_dir != NULL || x->en->change)
		return 0;
	if (default_path(x, false, &plain, &was_plain, e) == -1 ||
	    default_path(x, true, &second, &was_second, e) == -1)
		goto out;
	is = was_second || (!was_plain && is_second(x));
	path = is ? &second : &plain;
	if (is)
		x->app_dir = station_default_app_dir(true);
	if (place_stationwide() && !was_plain && !was_second &&
	    file_stat(NULL, buf_text(path), &info, e) == 1)
		err_setx(e, ERR_EXISTS,
		    "%s: this is the default of AppDir, and no enrolment made it; name a directory for "
		    "the files of app/ with --app-dir, this one if an enrolment that has ended used it",
		    buf_text(path));
	else
		rc = 0;
out:
	buf_free(&plain);
	buf_free(&second);
	return rc;
}

static int
get_new(void *enrolling, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct enrolling *x = enrolling;

	/* All changes are of one key. */
	for (size_t i = 0; i < x->changes.n; i++) {
		const struct change *c = &x->changes.changes[i];

		if (ascii_same(c->name, name))
			return c->op != CHANGE_SET ? 0 : value_copy(v, &c->value, e) == -1 ? -1 : 1;
	}
	return x->en->change ? settings_get(x->s, key, name, v, e) : 0;
}

/* The whole enrolment as a later start reads it: what a start would refuse is refused now. */
static int
check_start(struct enrolling *x, struct err *e)
{
	const struct station_source from = { get_new, x };
	struct station *st = &x->will_be;
	int rc = station_read(&from, x->en->installation, x->en->application, st, e);

	if (rc == 0)
		rc = destination_others(x->s, &x->all, st, e);
	for (const struct station_check *c = station_checks; rc == 0 && c->name != NULL; c++)
		rc = c->run(st, e);
	return rc;
}

/* What is to be written, once all of it is known to be good. */
static int
prepare(struct enrolling *x, struct err *e)
{
	const struct enrolment *en = x->en;

	return installation_check(en->installation, e) == -1 ||
		application_check(en->application, e) == -1 ||
		station_key(en->installation, en->application, &x->key, e) == -1 ||
		check_enrolled(x, e) == -1 || choose_app_dir(x, e) == -1 ||
		check_given(x, e) == -1 || make_changes(x, e) == -1 || check_start(x, e) == -1
	    ? -1
	    : 0;
}

static void
end(struct enrolling *x)
{
	application_pairs_free(&x->all);
	station_free(&x->was);
	station_free(&x->will_be);
	changeset_free(&x->changes);
	buf_free(&x->key);
}

int
station_enroll_check(struct settings *s, const struct enrolment *en, struct station *st,
    struct err *e)
{
	struct enrolling x = { .s = s, .en = en, .key = BUF_INIT(SETTING_KEY_MAX) };
	int rc = prepare(&x, e);

	if (st != NULL) {
		*st = x.will_be;
		x.will_be = (struct station){ .installation = NULL };
	}
	end(&x);
	return rc;
}

/* Removes a file of the state; metadata: the path of the state's directory of this name. */
static int
forget(const char *metadata, const char *name, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	int rc = buf_addf(&path, e, "%s/../%s", metadata, name);

	if (rc == 0 && file_remove(NULL, buf_text(&path), e) == -1)
		rc = -1;
	buf_free(&path);
	return rc;
}

int
station_enroll(struct settings *s, const struct enrolment *en, const uint8_t *root, size_t len,
    struct err *e)
{
	struct enrolling x = { .s = s, .en = en, .key = BUF_INIT(SETTING_KEY_MAX) };
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	struct dir *d = NULL;
	int rc = -1;

	if (prepare(&x, e) == -1)
		goto out;
	if (en->change) {
		rc = settings_apply(s, &x.changes, e);
		goto out;
	}
	if (station_state_path(en->installation, en->application, &path, e) == -1 ||
	    buf_adds(&path, "/metadata", e) == -1 ||
	    (d = dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)) == NULL)
		goto out;
	/* A new anchor starts over: nothing that the old one vouched for counts any more. */
	if (forget(buf_text(&path), STATION_ROOT_COPY, e) == -1 ||
	    forget(buf_text(&path), STATION_LEARNED, e) == -1 ||
	    file_remove(d, "timestamp.json", e) == -1 || file_remove(d, "snapshot.json", e) == -1 ||
	    file_replace(d, "root.json", root, len, 0644, e) == -1)
		goto out;
	rc = settings_apply(s, &x.changes, e);
out:
	dir_close(d);
	buf_free(&path);
	end(&x);
	return rc;
}
