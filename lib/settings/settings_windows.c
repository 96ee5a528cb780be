/* SPDX-License-Identifier: ISC */
/*
 * The settings store over the registry.
 *
 * The differences that a change set makes are found on models, as for key files: a model holds the
 * values and trees of the registry that the set names.
 */
#include "lib/base/text.h"
#include "lib/settings/settings_store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/settings/difference.h"
#include "lib/settings/rawvalue.h"
#include "lib/settings/registry_windows.h"
#include "lib/settings/watch_windows.h"

static const char *const roots[] = { "HKLM", "HKCU" };
#define ROOTS (sizeof roots / sizeof roots[0])

struct settings {
	struct watch watch; /* for store_stamp() */
};

struct settings *
settings_open_files(const char *machine, const char *user, struct err *e)
{
	(void)machine;
	(void)user;
	err_setx(e, ERR_CONFIG, "settings are in the registry on Windows, not in key files");
	return NULL;
}

struct settings *
settings_open(struct err *e)
{
	struct settings *s = calloc(1, sizeof *s);

	if (s == NULL)
		err_nomem(e);
	return s;
}

void
settings_close(struct settings *s)
{
	if (s == NULL)
		return;
	watch_end(&s->watch);
	free(s);
}

void
settings_hold(struct settings *s)
{
	(void)s;
}

void
settings_release(struct settings *s)
{
	(void)s;
}

/* How the bytes of the registry become a value. */
typedef int (
    *reading)(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e);

/* One value of an open key, any size within the limit.  1, 0, -1. */
static int
get_open(HKEY h, const wchar_t *name, reading parse, struct value *v, struct err *e)
{
	uint8_t *data = malloc(RAW_SIZE_MAX);
	DWORD type = REG_NONE, len = RAW_SIZE_MAX;
	LSTATUS status;
	int rc = -1;

	if (data == NULL)
		return err_nomem(e);
	status = RegQueryValueExW(h, name, NULL, &type, data, &len);
	if (status == ERROR_FILE_NOT_FOUND || status == ERROR_KEY_DELETED)
		rc = 0;
	else if (status == ERROR_MORE_DATA)
		err_setx(e, ERR_TOO_LARGE, "want at most %u bytes, got %lu", RAW_SIZE_MAX,
		    (unsigned long)len);
	else if (status != ERROR_SUCCESS)
		err_windows(e, (DWORD)status, "it can't be read");
	else
		rc = parse(type, data, len, v, e) == -1 ? -1 : 1;
	/* It may have been a password. */
	SecureZeroMemory(data, len < RAW_SIZE_MAX ? len : RAW_SIZE_MAX);
	free(data);
	return rc;
}

static int
get_value(HKEY h, const char *key, const char *name, reading parse, struct value *v, struct err *e)
{
	wchar_t *w = wide_of(name, e);
	int rc = w == NULL ? -1 : get_open(h, w, parse, v, e);

	free(w);
	return rc == -1 ? err_context(e, "%s: value %s", key, name) : rc;
}

static int
get_at(const char *key, const char *name, reading parse, struct value *v, struct err *e)
{
	HKEY h;
	int rc = registry_open(key, KEY_QUERY_VALUE, &h, e);

	if (rc != 1)
		return rc;
	rc = get_value(h, key, name, parse, v, e);
	RegCloseKey(h);
	return rc;
}

int
store_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	(void)s;
	return get_at(key, name, raw_read, v, e);
}

/*
 * A walk over the values of an open key; with strict, a value without a counterpart here is an
 * error.
 */
struct values {
	const char *key;
	bool strict;
	int (*each)(void *arg, const char *name, const struct value *v, struct err *e);
	void *arg;
};

static int
list_value(HKEY h, const wchar_t *wide, const struct values *w, struct err *e)
{
	struct buf name = BUF_INIT(64u * 1024);
	struct value v = VALUE_INIT;
	int rc = -1;

	if (wide_add(&name, wide, e) == -1 ||
	    (*wide != L'\0' && setting_name_check(buf_text(&name), name.len, e) == -1))
		goto out;
	if (*wide == L'\0')
		err_setx(e, ERR_SYNTAX, "a key's default value has no counterpart in settings");
	else
		rc = get_open(h, wide, w->strict ? raw_keep : raw_read, &v, e);
out:
	if (rc == 1)
		rc = w->each(w->arg, buf_text(&name), &v, e);
	else if (rc == -1 && !w->strict && (e->code == ERR_SYNTAX || e->code == ERR_TOO_LARGE))
		rc = 0;
	else if (rc == -1)
		err_context(e, "%s: value %s", w->key,
		    name.len > 0 ? buf_text(&name) : "(default)");
	value_free(&v);
	buf_free(&name);
	return rc;
}

static int
list_values(HKEY h, const struct values *w, struct err *e)
{
	enum { NAME_ROOM = 16384 }; /* the longest name, and its NUL */
	wchar_t *name = malloc(NAME_ROOM * sizeof *name);
	int rc = 0;

	if (name == NULL)
		return err_nomem(e);
	for (DWORD i = 0; rc == 0; i++) {
		DWORD len = NAME_ROOM;
		LSTATUS status = RegEnumValueW(h, i, name, &len, NULL, NULL, NULL, NULL);

		if (status == ERROR_NO_MORE_ITEMS || status == ERROR_KEY_DELETED)
			break;
		if (status != ERROR_SUCCESS)
			rc = err_windows(e, (DWORD)status, "%s", w->key);
		else
			rc = list_value(h, name, w, e);
	}
	free(name);
	return rc;
}

/* Whether a key's name can be a part of our paths: '/' separates there. */
static int
check_part(const char *name, struct err *e)
{
	struct buf path = BUF_INIT(4 * SETTING_PART_MAX), normal = BUF_INIT(4 * SETTING_PART_MAX);
	int rc = -1;

	if (strchr(name, '/') != NULL)
		err_setx(e, ERR_SYNTAX, "a key's name with '/' has no counterpart in settings");
	else if (buf_addf(&path, e, "HKLM\\%s", name) == 0)
		rc = setting_key_normal(buf_text(&path), path.len, &normal, e);
	buf_free(&path);
	buf_free(&normal);
	return rc;
}

static int
list_subkeys(HKEY h, const char *key, const struct settings_walk *walk, struct err *e)
{
	int rc = 1;

	for (DWORD i = 0; rc == 1; i++) {
		struct buf name = BUF_INIT(3 * SETTING_PART_MAX);
		struct err unfit;

		if ((rc = registry_below(h, key, i, 0, NULL, &name, e)) == 1 &&
		    check_part(buf_text(&name), &unfit) == 0)
			rc = walk->subkey(walk->arg, buf_text(&name), e) == -1 ? -1 : 1;
		else if (rc == -1 && e->code == ERR_SYNTAX)
			rc = 1; /* half a character in its name: another program's */
		buf_free(&name);
	}
	return rc;
}

int
store_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	HKEY h;
	int rc = registry_open(key, KEY_READ, &h, e);

	(void)s;
	if (rc != 1)
		return rc;
	if (walk->value != NULL) {
		const struct values w = { key, false, walk->value, walk->arg };

		rc = list_values(h, &w, e) == -1 ? -1 : 1;
	}
	if (rc == 1 && walk->subkey != NULL)
		rc = list_subkeys(h, key, walk, e) == -1 ? -1 : 1;
	RegCloseKey(h);
	return rc;
}

/* The registry's state of a change set's values, in two models that hold the same. */
struct models {
	struct keyfile *before, *after;
	const char *key; /* of the values that come */
};

static int
model_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	struct models *m = arg;

	return keyfile_set(m->before, m->key, name, v, e) == -1 ||
		keyfile_set(m->after, m->key, name, v, e) == -1
	    ? -1
	    : 0;
}

static int
model_tree(struct models *m, HKEY h, const char *key, struct err *e)
{
	const struct values w = { key, true, model_value, m };
	int rc;

	m->key = key;
	if (list_values(h, &w, e) == -1)
		return -1;
	rc = 1;
	for (DWORD i = 0; rc == 1; i++) {
		struct buf name = BUF_INIT(3 * SETTING_PART_MAX),
			   path = BUF_INIT(4 * SETTING_KEY_MAX),
			   normal = BUF_INIT(2 * SETTING_KEY_MAX);
		HKEY below;

		if ((rc = registry_below(h, key, i, KEY_READ, &below, &name, e)) == 1) {
			if (buf_addf(&path, e, "%s\\%s", key, buf_text(&name)) == -1 ||
			    (check_part(buf_text(&name), e) == -1 &&
				err_context(e, "%s", buf_text(&path)) == -1) ||
			    setting_key_normal(buf_text(&path), path.len, &normal, e) == -1 ||
			    model_tree(m, below, buf_text(&normal), e) == -1)
				rc = -1;
			RegCloseKey(below);
		}
		buf_free(&name);
		buf_free(&path);
		buf_free(&normal);
	}
	return rc;
}

static int
model_change(struct models *m, const struct change *x, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (x->op == CHANGE_DELETE_TREE) {
		char *key = strdup(x->key);
		HKEY h;

		if (key == NULL)
			return err_nomem(e);
		if ((rc = registry_open(key, KEY_READ, &h, e)) == 1) {
			registry_spelling(h, key);
			rc = model_tree(m, h, key, e);
			RegCloseKey(h);
		}
		free(key);
		return rc;
	}
	m->key = x->key;
	if ((rc = get_at(x->key, x->name, raw_keep, &v, e)) == 1)
		rc = model_value(m, x->name, &v, e);
	value_free(&v);
	return rc;
}

static int
plan_root(const char *root, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	struct models m = { NULL, NULL, NULL };
	int rc = -1;

	if ((m.before = keyfile_parse("", 0, root, e)) == NULL ||
	    (m.after = keyfile_parse("", 0, root, e)) == NULL)
		goto out;
	for (size_t i = 0; i < c->n; i++)
		if (setting_key_within(c->changes[i].key, root) &&
		    model_change(&m, &c->changes[i], e) == -1)
			goto out;
	if (difference_edit(m.after, c, root, e) == 0)
		rc = difference_compare(m.before, m.after, c, root, effective, undo, e);
out:
	keyfile_free(m.before);
	keyfile_free(m.after);
	return rc;
}

/* Values that the registry can't hold are found before the first is written. */
static int
check_values(const struct changeset *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];
		struct buf raw = BUF_INIT(RAW_SIZE_MAX);
		uint32_t type;
		int rc = x->op == CHANGE_SET ? raw_format(&x->value, &type, &raw, e) : 0;

		buf_free(&raw);
		if (rc == -1)
			return err_context(e, "%s: value %s", x->key, x->name);
	}
	return 0;
}

int
store_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	int rc = check_values(c, e);

	(void)s;
	for (size_t i = 0; i < ROOTS && rc == 0; i++)
		rc = plan_root(roots[i], c, effective, undo, e);
	return rc;
}

static int
write_value(const struct change *x, struct err *e)
{
	/* Behind a text without its end Windows would take a NUL for the end, and write it. */
	static const wchar_t no_nul = L'x';
	struct buf raw = BUF_INIT(RAW_SIZE_MAX + sizeof no_nul);
	wchar_t *name = NULL;
	uint32_t type = 0;
	size_t len;
	LSTATUS status;
	int rc = -1;
	HKEY h;

	if (raw_format(&x->value, &type, &raw, e) == -1)
		goto out;
	len = raw.len;
	if (buf_add(&raw, &no_nul, sizeof no_nul, e) == -1 ||
	    (name = wide_of(x->name, e)) == NULL || registry_make(x->key, &h, e) == -1)
		goto out;
	status = RegSetValueExW(h, name, 0, type, (const BYTE *)buf_text(&raw), (DWORD)len);
	RegCloseKey(h);
	rc = status == ERROR_SUCCESS
	    ? 0
	    : err_windows(e, (DWORD)status, "%s: value %s", x->key, x->name);
out:
	free(name);
	buf_free(&raw);
	return rc;
}

static int
delete_value(const struct change *x, struct err *e)
{
	wchar_t *name = wide_of(x->name, e);
	LSTATUS status = ERROR_SUCCESS;
	HKEY h;
	int rc = name == NULL ? -1 : registry_open(x->key, KEY_SET_VALUE, &h, e);

	if (rc == 1) {
		status = RegDeleteValueW(h, name);
		RegCloseKey(h);
		rc = status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND
		    ? 0
		    : err_windows(e, (DWORD)status, "%s: value %s", x->key, x->name);
	}
	free(name);
	if (rc == 0)
		registry_tidy(x->key);
	return rc;
}

static int
delete_tree(const struct change *x, struct err *e)
{
	struct buf parent = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = registry_delete_tree(x->key, e);

	if (rc == 0 &&
	    (rc = buf_add(&parent, x->key, (size_t)(strrchr(x->key, '\\') - x->key), e)) == 0)
		registry_tidy(buf_text(&parent));
	buf_free(&parent);
	return rc;
}

/* Write all of c, and flush the hives that it wrote to. */
static int
carry_out(const struct changeset *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];
		int rc = x->op == CHANGE_SET ? write_value(x, e)
		    : x->op == CHANGE_DELETE ? delete_value(x, e)
					     : delete_tree(x, e);

		if (rc == -1)
			return -1;
	}
	/* Sets are grouped by root; a hive is flushed once for a run of changes in it. */
	for (size_t i = 0; i < c->n; i++) {
		const char *key = c->changes[i].key, *part = strchr(key, '\\') + 1;
		size_t len = (size_t)(part - key) + strcspn(part, "\\");

		if ((i == 0 ||
			!ascii_same_n(key, len, c->changes[i - 1].key,
			    strnlen(c->changes[i - 1].key, len))) &&
		    registry_flush(key, e) == -1)
			return -1;
	}
	return 0;
}

int
settings_lock(struct settings *s, const struct changeset *c, long long wait_ms, struct err *e)
{
	(void)s;
	(void)c;
	(void)wait_ms;
	(void)e;
	return 0;
}

void
settings_unlock(struct settings *s)
{
	(void)s;
}

int
settings_apply(struct settings *s, const struct changeset *c, struct err *e)
{
	struct changeset effective = CHANGESET_INIT, undo = CHANGESET_INIT, back = CHANGESET_INIT;
	struct err second;
	int rc = settings_plan(s, c, &effective, &undo, e);

	/* Put back only the values that were written: the others still can't be written. */
	if (rc == 0 && (rc = carry_out(&effective, e)) == -1 &&
	    (settings_plan(s, &undo, &back, NULL, &second) == -1 ||
		carry_out(&back, &second) == -1))
		err_context(e, "what was changed before can't be put back (%.200s)", second.text);
	changeset_free(&back);
	changeset_free(&effective);
	changeset_free(&undo);
	return rc;
}

/* A value that can't be written is found when it is, and settings_apply() puts the others back. */
int
settings_check(struct settings *s, struct err *e)
{
	(void)s;
	(void)e;
	return 0;
}

void
store_stamp(struct settings *s, const char *key, struct settings_stamp *out)
{
	out->notices = watch_stamp(&s->watch, key);
}

bool
settings_stamp_same(const struct settings_stamp *a, const struct settings_stamp *b)
{
	return a->notices == b->notices;
}

const char *
store_place(struct settings *s, const char *key)
{
	(void)s;
	(void)key;
	return "the registry";
}

/* The registry is no file that could be cut, and Windows itself keeps copies of it. */
bool
settings_damaged(struct settings *s, const char *key, struct err *why)
{
	(void)s, (void)key, (void)why;
	return false;
}

int
settings_restore(struct settings *s, const char *key, const struct settings_aside *to,
    struct err *e)
{
	(void)s, (void)key, (void)to, (void)e;
	return 0;
}

void
settings_keep(struct settings *s)
{
	(void)s;
}

int
settings_copy(struct settings *s, const char *key, struct buf *out, struct err *e)
{
	(void)s, (void)key, (void)out;
	return err_setx(e, ERR_NOENT, "the registry has no copy");
}
