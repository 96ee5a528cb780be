/* SPDX-License-Identifier: ISC */
/* Own files that can't be used. */
#include "updater/state/damage.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "updater/state/notes.h"

#define NAME_SIZE 512
#define NAMES_MAX 20 /* of one file on one day; then the last one is replaced */
#define NOTE_MAX  (64u * 1024 * 1024)
#define TUF_MAX	  (64u * 1024 * 1024)

int
damage_format(const json_t *j, struct err *e)
{
	const json_t *format = json_object_get(j, "format");

	if (format == NULL)
		return 0;
	if (!json_is_integer(format) || json_integer_value(format) < 1)
		return err_setx(e, ERR_SYNTAX, "its format is malformed");
	if (json_integer_value(format) > DAMAGE_FORMAT)
		return err_setx(e, ERR_VERSION,
		    "want format %d, got %lld: a newer Slipway wrote it; install that one here",
		    DAMAGE_FORMAT, (long long)json_integer_value(format));
	return 0;
}

bool
damage_is(const struct err *why)
{
	return why->code == ERR_SYNTAX || why->code == ERR_TOO_LARGE || why->code == ERR_UNSAFE ||
	    why->code == ERR_HASH;
}

static void
tell_damage(const struct damage_told *told, struct dir *d, const char *name, const char *text)
{
	char path[NAME_SIZE];

	snprintf(path, sizeof path, "%.300s/%.200s", d == NULL ? "" : dir_path(d), name);
	if (told->log != NULL)
		told->log(told->arg, LOG_LEVEL_WARN, d == NULL ? name : path, text);
}

int
damage_set_aside(struct dir *d, const char *name, struct dir *to, const struct err *why,
    const struct damage_told *told, struct err *e)
{
	const char *leaf = to == NULL ? name : path_base(name);
	char when[DATE_TEXT_SIZE], new[NAME_SIZE], count[8] = "";
	struct buf text = BUF_INIT(2 * ERR_TEXT_SIZE);
	struct file_info info;
	int found = file_stat(d, name, &info, e);

	if (found != 1)
		return found;
	date_format(clock_wall(), when);
	for (int i = 1; found == 1 && i <= NAMES_MAX; i++) {
		if (i > 1)
			snprintf(count, sizeof count, "-%d", i);
		snprintf(new, sizeof new, "%.400s.damaged-%.10s%s", leaf, when, count);
		if ((found = file_stat(to == NULL ? d : to, new, &info, e)) == -1)
			return -1;
	}
	if (file_rename(d, name, to == NULL ? d : to, new, e) == -1)
		return -1;
	if (why != NULL &&
	    buf_addf(&text, e, "was damaged (%.800s); kept as %s", why->text, new) == 0)
		tell_damage(told, d, name, buf_text(&text));
	buf_free(&text);
	return 1;
}

enum kind { DIRECTORY, ANY_FILE, TIME, JSON, METADATA };

static const struct own {
	const char *name;
	enum kind kind;
} own[] = {
	{ "history", DIRECTORY },
	{ "kept", DIRECTORY },
	{ "staging", DIRECTORY },
	{ "metadata", DIRECTORY },
	{ "metadata/refused", JSON },
	{ "refreshed", TIME },
	{ "waiting.json", JSON },
	{ "wanted.json", JSON },
	{ "leftovers.json", JSON },
	{ "losses.json", JSON },
	{ "watch", ANY_FILE },
	{ "servers.json", JSON },
	{ "learned.json", JSON },
	{ "brought.json", JSON },
	{ "told.json", JSON },
};

/* Metadata is looked at from outside; who verifies it reads the rest. */
static int
check_metadata(struct dir *d, const char *name, uint64_t size, struct err *e)
{
	struct file_in *in = size == 0 ? NULL : file_in_open(d, name, size < 2 ? 0 : size - 2, e);
	char end[3] = "";
	size_t got = 0;
	int rc = 0;

	if (size > TUF_MAX)
		rc = err_setx(e, ERR_TOO_LARGE, "over %u bytes", TUF_MAX);
	else if (in != NULL)
		rc = file_in_read(in, end, 2, &got, e);
	if (rc == 0 && strchr(end, '}') == NULL)
		rc = err_setx(e, ERR_SYNTAX, size == 0 ? "it is empty" : "it is cut, or garbage");
	file_in_close(in);
	return rc;
}

static int
check_json(struct dir *d, const char *name, struct err *e)
{
	json_t *j = json_file_read(d, name, NOTE_MAX, e);
	int rc = j == NULL ? -1 : damage_format(j, e);

	json_decref(j);
	return rc;
}

/* 0 where nothing is wrong, or nothing is there; -1 with e. */
static int
check_kind(struct dir *d, const char *name, enum kind kind, struct err *e)
{
	enum file_type want = kind == DIRECTORY ? FILE_DIRECTORY : FILE_REGULAR;
	struct file_info info;
	int found = file_stat(d, name, &info, e);

	if (found != 1)
		return found;
	if (info.type != want)
		return err_setx(e, ERR_UNSAFE, "want a %s, got something else",
		    kind == DIRECTORY ? "directory" : "file");
	switch (kind) {
	case TIME:
		return notes_check_refreshed(d, e);
	case JSON:
		return check_json(d, name, e);
	case METADATA:
		return check_metadata(d, name, info.size, e);
	default:
		return 0;
	}
}

static void
look_at(struct dir *d, const char *name, enum kind kind, struct dir *to,
    const struct damage_told *told)
{
	struct err why, ignored;

	if (check_kind(d, name, kind, &why) == 0)
		return;
	if (damage_is(&why))
		(void)damage_set_aside(d, name, to, &why, told, &ignored);
	else if (why.code == ERR_VERSION)
		tell_damage(told, d, name, why.text);
}

/* While the files of a directory are looked at. */
struct looking {
	struct dir *d, *state;
	const struct damage_told *told;
};

static bool
is_json(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static int
look_at_metadata(void *arg, const char *name, struct err *e)
{
	const struct looking *l = arg;

	(void)e;
	if (is_json(name))
		look_at(l->d, name, METADATA, NULL, l->told);
	return 0;
}

static int
look_at_record(void *arg, const char *name, struct err *e)
{
	const struct looking *l = arg;

	(void)e;
	if (is_json(name))
		look_at(l->d, name, JSON, NULL, l->told);
	return 0;
}

/* Content is checked by its hash where it is used; what isn't a file would stay in the way. */
static int
look_at_kept(void *arg, const char *name, struct err *e)
{
	const struct looking *l = arg;

	(void)e;
	look_at(l->d, name, ANY_FILE, l->state, l->told);
	return 0;
}

static void
look_into(struct dir *state, const char *name, int (*each)(void *, const char *, struct err *),
    const struct damage_told *told)
{
	struct err ignored;
	struct looking l = { dir_below(state, name, false, &ignored), state, told };

	if (l.d != NULL)
		dir_list(l.d, each, &l, &ignored);
	dir_close(l.d);
}

void
damage_look(struct dir *state, bool all, const struct damage_told *told)
{
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		look_at(state, own[i].name, own[i].kind, NULL, told);
	look_into(state, "metadata", look_at_metadata, told);
	look_into(state, "staging", look_at_kept, told);
	if (!all)
		return;
	look_into(state, "kept", look_at_kept, told);
	look_into(state, "history", look_at_record, told);
}

void
damage_look_lock(struct dir *state, const struct damage_told *told)
{
	look_at(state, "lock", ANY_FILE, NULL, told);
}
