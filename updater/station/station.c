/* SPDX-License-Identifier: ISC */
/* The station: this start's application and Slipway's own settings for it. */
#include "updater/station/station.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/file.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/settings/keyfile.h"
#include "updater/station/destination.h"
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

/* What one application's settings are read with. */
struct loading {
	const struct station_source *from;
	const char *key;
	struct station *st;
	struct err *first; /* the first fault; the others are left out */
	int rc;
};

static void
keep_fault(struct loading *l, const struct err *why)
{
	if (l->rc == 0)
		*l->first = *why;
	l->rc = -1;
}

/* Expands text where the value's type says so, else copies it. */
static int
expand_text(const struct station *st, const struct value *v, const char *text, struct buf *out,
    struct err *e)
{
	const struct expand_names names = { .own = st->names, .n = st->nnames };

	return v->type == VALUE_EXPAND ? expand(text, strlen(text), &names, out, e)
				       : buf_adds(out, text, e);
}

/* A setting that is a list: a multi value, or one text. */
static int
read_list_setting(struct loading *l, const char *name, struct strings *list, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = l->from->get(l->from->arg, l->key, name, &v, e);
	const char *p = (const char *)v.data, *end = p == NULL ? p : p + v.len;

	if (rc == 1)
		rc = v.type == VALUE_MULTI || v.type == VALUE_STRING || v.type == VALUE_EXPAND
		    ? 0
		    : err_setx(e, ERR_CONFIG, "%s: want a multi or string value, got a %s", name,
			  value_type_name(v.type));
	for (; rc == 0 && p < end; p += strlen(p) + 1) {
		struct buf text = BUF_INIT(EXPAND_MAX);

		if (list->n == STATION_SERVERS_MAX)
			rc = err_setx(e, ERR_CONFIG, "%s: over %d entries", name,
			    STATION_SERVERS_MAX);
		else if ((rc = expand_text(l->st, &v, p, &text, e)) == 0)
			rc = strings_add(list, buf_text(&text), e);
		else
			err_context(e, "%s", name);
		buf_free(&text);
	}
	value_free(&v);
	return rc;
}

/* InstallDir and AppDir are expanded later, whatever their type. */
static bool
is_dir(const struct station_setting *row)
{
	return row->member == offsetof(struct station, install_dir) ||
	    row->member == offsetof(struct station, app_dir);
}

/* The text of a value; numbers count as their digits where a number is wanted. */
static int
read_value(struct loading *l, const struct station_setting *row, const struct value *v,
    struct buf *text, struct err *e)
{
	bool number = v->type == VALUE_DWORD || v->type == VALUE_QWORD;
	bool wants_number = row->kind == STATION_SECONDS || row->kind == STATION_DAYS;

	if (number && wants_number)
		return buf_addf(text, e, "%llu", (unsigned long long)v->number);
	if (v->type != VALUE_STRING && v->type != VALUE_EXPAND)
		return err_setx(e, ERR_CONFIG, "%s: want a %s, got a %s", row->name,
		    wants_number ? "number" : "text", value_type_name(v->type));
	if (is_dir(row))
		return buf_adds(text, value_get_text(v), e);
	return expand_text(l->st, v, value_get_text(v), text, e) == -1
	    ? err_context(e, "%s", row->name)
	    : 0;
}

static int
read_text(struct loading *l, const struct station_setting *row, struct err *e)
{
	struct value v = VALUE_INIT;
	struct buf text = BUF_INIT(EXPAND_MAX);
	int rc = l->from->get(l->from->arg, l->key, row->name, &v, e);

	if (rc == 1 && (rc = read_value(l, row, &v, &text, e)) == 0)
		rc = station_setting_take(row->kind, row->name, buf_text(&text),
		    (char *)l->st + row->member, e);
	buf_free(&text);
	value_free(&v);
	return rc == -1 ? -1 : 0;
}

/* AllowWritable, yes or no. */
static int
read_allow_writable(struct loading *l, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = l->from->get(l->from->arg, l->key, STATION_ALLOW_WRITABLE, &v, e);
	const char *text = rc == 1 && v.type == VALUE_STRING ? value_get_text(&v) : "";

	l->st->allow_writable = ascii_same(text, "yes");
	if (rc == 1 && !l->st->allow_writable && !ascii_same(text, "no"))
		rc = err_setx(e, ERR_CONFIG, STATION_ALLOW_WRITABLE ": want the text yes or no");
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

const char *
station_default_app_dir(bool second)
{
	static const char *const texts[2][2] = {
		{ "%AppData%/%Application%", "%AppData%/%Installation%/%Application%" },
		{ "%ProgramData%/%Application%", "%ProgramData%/%Installation%/%Application%" },
	};

	return texts[place_stationwide()][second];
}

/* Whether a text has the %NAME% of a folder of a user's. */
static bool
names_user(const char *text)
{
	const char *first, *second;

	for (; (first = strchr(text, '%')) != NULL; text = second + 1) {
		if ((second = strchr(first + 1, '%')) == NULL)
			return false;
		if (place_of_user(first + 1, (size_t)(second - first) - 1))
			return true;
	}
	return false;
}

static int
expand_app_dir(struct station *st, const struct expand_names *names, struct err *e)
{
	int rc = expand_dir(st, &st->app_dir, &st->app_dir_native, names, "AppDir", e);

	if (rc == 0 || !st->app_of_user || e->code != ERR_CONFIG)
		return rc;
	/* A service may have no such folder; the machine's part needs none. */
	free(st->app_dir);
	st->app_dir = NULL;
	return 0;
}

static int
expand_dirs(struct station *st, struct err *e)
{
	struct expand_names names = { .own = st->names, .n = 2 };

	if (st->app_dir == NULL && (st->app_dir = strdup(station_default_app_dir(false))) == NULL)
		return err_nomem(e);
	if ((st->app_dir_text = strdup(st->app_dir)) == NULL)
		return err_nomem(e);
	st->app_of_user = place_stationwide() && names_user(st->app_dir_text);
	if (expand_app_dir(st, &names, e) == -1)
		return -1;
	return st->install_dir == NULL
	    ? 0
	    : expand_dir(st, &st->install_dir, &st->install_dir_native, &names, "InstallDir", e);
}

struct station
station_user_part(const struct station *st)
{
	struct station part = *st;

	part.user_part = true;
	return part;
}

/* A user without a home has no part of its own; the machine's is the same for all. */
static int
find_state(struct station *st, struct err *e)
{
	struct buf state = BUF_INIT(STATION_PATH_MAX), user = BUF_INIT(STATION_PATH_MAX);
	int rc = station_state_path(st->installation, st->application, &state, e);

	if (rc == 0 && (st->state_path = (char *)buf_steal(&state)) == NULL)
		rc = err_nomem(e);
	if (rc == 0 && (rc = place_path(PLACE_USER_STATE, &user, e)) == 0)
		rc = buf_addf(&user, e, "/%s/%s/user", st->installation, st->application);
	if (rc == 0)
		st->user_state_path = (char *)buf_steal(&user);
	else if (st->state_path != NULL && e->code == ERR_CONFIG)
		rc = 0;
	buf_free(&state);
	buf_free(&user);
	return rc;
}

/* What can be read of OnError; what can't be understood may be "block" with a fault in it. */
static enum on_error
strict_on_error(const struct station_source *from, const char *key, struct err *e)
{
	struct station st = { .on_error = ON_ERROR_LAUNCH };
	struct loading l = { .from = from, .key = key, .st = &st };

	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (row->kind == STATION_ON_ERROR && read_text(&l, row, e) == -1)
			return ON_ERROR_BLOCK;
	return st.on_error;
}

/* OnError first, then everything that can be read: the first fault is told. */
int
station_read(const struct station_source *from, const char *installation, const char *application,
    struct station *st, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct loading l = { .from = from, .st = st, .first = e };
	struct err why = { .code = ERR_NONE };

	memset(st, 0, sizeof *st);
	st->deadline = STATION_DEADLINE_S;
	st->installation = strdup(installation);
	st->application = strdup(application);
	if (st->installation == NULL || st->application == NULL)
		return err_nomem(e);
	st->names[0] = (struct expand_name){ "Application", st->application };
	st->names[1] = (struct expand_name){ "Installation", st->installation };
	st->nnames = 2;
	if (station_key(installation, application, &key, e) == -1) {
		buf_free(&key);
		return -1;
	}
	l.key = buf_text(&key);
	st->on_error = strict_on_error(from, l.key, &why);
	if (why.code != ERR_NONE)
		keep_fault(&l, &why);
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (row->kind != STATION_ON_ERROR && read_text(&l, row, &why) == -1)
			keep_fault(&l, &why);
	if (read_list_setting(&l, "Server", &st->servers, &why) == -1 ||
	    read_list_setting(&l, "TrustedHostKeysSHA256", &st->host_keys, &why) == -1)
		keep_fault(&l, &why);
	if (read_allow_writable(&l, &why) == -1)
		keep_fault(&l, &why);
	if (find_state(st, &why) == -1)
		keep_fault(&l, &why);
	if (expand_dirs(st, &why) == -1)
		keep_fault(&l, &why);
	if (l.rc == 0 && st->servers.n == 0)
		l.rc = err_setx(e, ERR_CONFIG, "%s: Server is not set", l.key);
	buf_free(&key);
	return l.rc;
}

static int
get_setting(void *s, const char *key, const char *name, struct value *v, struct err *e)
{
	return settings_get(s, key, name, v, e);
}

int
station_read_settings(struct settings *s, const char *installation, const char *application,
    struct station *st, struct err *e)
{
	const struct station_source from = { get_setting, s };

	return station_read(&from, installation, application, st, e);
}

/* Names of settings that are no text of one setting; the last one is of version 0.1.0. */
static const char *const other_names[] = { "Server", "TrustedHostKeysSHA256", "ScriptKeys",
	STATION_ALLOW_WRITABLE, "LoginPassphraseFile" };

/* Whether a text, or one of several, has a word, in whatever case. */
static bool
has_word(const struct value *v, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= v->len; i++)
		if (ascii_same_n((const char *)v->data + i, len, word, len))
			return true;
	return false;
}

static int
note_name(void *station, const char *name, const struct value *v, struct err *e)
{
	struct station *st = station;

	if (ascii_same(name, "ScriptKeys"))
		st->keys_of_view32 = has_word(v, "\\WOW6432Node");
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (ascii_same(row->name, name))
			return 0;
	for (size_t i = 0; i < N(other_names); i++)
		if (ascii_same(other_names[i], name))
			return 0;
	return strings_add(&st->unknown, name, e);
}

static int
load_station(struct settings *s, const char *installation, const char *application,
    struct station *st, struct err *e)
{
	const struct settings_walk walk = { note_name, NULL, st };
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = station_read_settings(s, installation, application, st, e);
	struct err ignored;

	if (station_key(installation, application, &key, &ignored) == 0)
		settings_list(s, buf_text(&key), &walk, &ignored);
	strings_sort(&st->unknown);
	buf_free(&key);
	return rc;
}

/* Whether a line of a key file, malformed as that may be, sets OnError to block. */
static bool
line_blocks(const char *line, size_t len)
{
	static const char name[] = "OnError", word[] = "block";

	text_trim(&line, &len);
	if (len < sizeof name || !ascii_same_n(line, sizeof name - 1, name, sizeof name - 1))
		return false;
	for (size_t i = sizeof name - 1; i + sizeof word - 1 <= len; i++)
		if (ascii_same_n(line + i, sizeof word - 1, word, sizeof word - 1))
			return true;
	return false;
}

/* The strict reading of a key file that can't be parsed, as of settings_place(). */
static enum on_error
strict_of_text(const char *file)
{
	struct buf text = BUF_INIT(KEYFILE_SIZE_MAX);
	bool block = false;
	struct err e;

	if (file_read(NULL, file, &text, &e) == 0)
		for (size_t at = 0; at < text.len && !block;) {
			size_t len = text_line(text.data + at, text.len - at);

			block = line_blocks((const char *)text.data + at, len);
			at += len + 1;
		}
	buf_free(&text);
	return block ? ON_ERROR_BLOCK : ON_ERROR_LAUNCH;
}

/* Of a damaged key file the copy tells what the site has decided, and the error how to mend it. */
static void
look_at_damage(struct settings *s, struct station *st, struct err *e)
{
	struct buf copy = BUF_INIT(STATION_PATH_MAX);
	struct err why, ignored;

	if (settings_damaged(s, STATION_KEY, &why)) {
		*e = why;
		if (st->on_error != ON_ERROR_BLOCK &&
		    settings_copy(s, STATION_KEY, &copy, &ignored) == 0)
			st->on_error = strict_of_text(buf_text(&copy));
	}
	buf_free(&copy);
}

/* The strict reading where it isn't known which application is meant. */
static enum on_error
strict_of_all(struct settings *s, const struct application_pairs *all, const char *installation,
    const char *application)
{
	const struct station_source from = { get_setting, s };
	bool block = false;
	size_t unused;
	struct err e;

	if (application_pairs_count(all, installation, application, &unused) == 0)
		installation = application = NULL;
	for (size_t i = 0; i < all->installations.n && !block; i++) {
		const char *one = all->installations.v[i], *its = all->applications.v[i];
		struct buf key = BUF_INIT(SETTING_KEY_MAX);

		block = (installation == NULL || ascii_same(installation, one)) &&
		    (application == NULL || ascii_same(application, its)) &&
		    station_key(one, its, &key, &e) == 0 &&
		    strict_on_error(&from, buf_text(&key), &e) == ON_ERROR_BLOCK;
		buf_free(&key);
	}
	return block ? ON_ERROR_BLOCK : ON_ERROR_LAUNCH;
}

int
station_load(struct settings *s, const char *installation, const char *application, int argc,
    char **argv, struct station *st, struct err *e)
{
	struct application_pairs all = APPLICATION_PAIRS_INIT;
	size_t which = 0;
	int rc = -1;

	memset(st, 0, sizeof *st);
	settings_hold(s); /* not half of an enrolment that is being written */
	if (enrolled_load(s, &all, e) == -1)
		st->on_error = strict_of_text(settings_place(s, STATION_KEY));
	else if (enrolled_choose(s, &all, installation, application, argc, argv, &which, e) == -1)
		st->on_error = strict_of_all(s, &all, installation, application);
	else
		rc = load_station(s, all.installations.v[which], all.applications.v[which], st, e);
	look_at_damage(s, st, rc == -1 ? e : &st->damage);
	if (rc == 0)
		rc = destination_others(s, &all, st, e);
	settings_release(s);
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
	strings_free(&st->others);
	strings_free(&st->other_states);
	strings_free(&st->unknown);
	free(st->install_dir_native);
	free(st->app_dir_native);
	free(st->app_dir_text);
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
	if ((*name == '\0' ? buf_adds(&path, st->state_path, e)
			   : path_join(&path, st->state_path, name, e)) == 0)
		d = make ? dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)
			 : dir_open(buf_text(&path), e);
	buf_free(&path);
	return d;
}

struct dir *
station_user_dir(const struct station *st, bool make, struct err *e)
{
	if (st->user_state_path == NULL) {
		err_setx(e, make ? ERR_CONFIG : ERR_NOENT,
		    "this user's settings: want a home directory, got none; set HOME");
		return NULL;
	}
	return make ? dir_make(st->user_state_path, 0700, e) : dir_open(st->user_state_path, e);
}
