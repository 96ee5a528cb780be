/*
 * The settings store where there is no registry: two key files.
 */
#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/path.h"
#include "base/places.h"
#include "settings/keyfile.h"

/* How long to wait for another process that writes. */
#define LOCK_WAIT_MS	5000

enum { MACHINE, USER, FILES };

struct settings {
	char *path[FILES];	/* NULL: there is none */
};

static const unsigned modes[FILES] = { 0644, 0600 };
static const char *const roots[FILES] = { "HKLM", "HKCU" };

void
settings_close(struct settings *s)
{
	if (s == NULL)
		return;
	free(s->path[MACHINE]);
	free(s->path[USER]);
	free(s);
}

struct settings *
settings_open_files(const char *machine, const char *user, struct err *e)
{
	struct settings *s = calloc(1, sizeof *s);

	if (s == NULL || (machine != NULL && (s->path[MACHINE] = strdup(machine)) == NULL) ||
	    (user != NULL && (s->path[USER] = strdup(user)) == NULL)) {
		settings_close(s);
		err_nomem(e);
		return NULL;
	}
	return s;
}

struct settings *
settings_open(struct err *e)
{
	struct buf machine = BUF_INIT(4096), user = BUF_INIT(4096);
	struct settings *s = NULL;

	if (place_path(PLACE_MACHINE_CONF, &machine, e) == 0 &&
	    place_path(PLACE_USER_CONF, &user, e) == 0)
		s = settings_open_files(buf_text(&machine), buf_text(&user), e);
	buf_free(&machine);
	buf_free(&user);
	return s;
}

static int
which(const char *key)
{
	return strncasecmp(key, "HKCU", 4) == 0 || strncasecmp(key, "HKEY_CURRENT_USER", 17) == 0 ?
	    USER : MACHINE;
}

const char *
settings_place(struct settings *s, const char *key)
{
	const char *path = s->path[which(key)];

	return path == NULL ? "(none)" : path;
}

/* A file that isn't there is an empty one. */
static struct keyfile *
read_keyfile(struct settings *s, int i, struct err *e)
{
	struct buf b = BUF_INIT(KEYFILE_SIZE_MAX);
	struct keyfile *k = NULL;

	if (s->path[i] == NULL || file_read(NULL, s->path[i], &b, e) == 0 || e->code == ERR_NOENT)
		if ((k = keyfile_parse(b.data, b.len, e)) == NULL)
			err_context(e, "%s", s->path[i]);
	buf_free(&b);
	return k;
}

int
settings_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	struct buf normal = BUF_INIT(SETTING_KEY_MAX);
	const struct value *found = NULL;
	struct keyfile *k = NULL;
	int rc = -1;

	if (setting_key_normal(key, strlen(key), &normal, e) == 0 &&
	    (k = read_keyfile(s, which(key), e)) != NULL) {
		found = keyfile_get(k, buf_text(&normal), name);
		rc = found == NULL ? 0 : value_copy(v, found, e) == -1 ? -1 : 1;
	}
	keyfile_free(k);
	buf_free(&normal);
	return rc;
}

int
settings_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	struct buf normal = BUF_INIT(SETTING_KEY_MAX);
	struct keyfile *k = NULL;
	int rc = -1;

	if (setting_key_normal(key, strlen(key), &normal, e) == 0 &&
	    (k = read_keyfile(s, which(key), e)) != NULL)
		rc = keyfile_list(k, buf_text(&normal), walk, e);
	keyfile_free(k);
	buf_free(&normal);
	return rc;
}

static int
plan_one(struct keyfile *k, const struct change *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	const struct value *old = c->op == CHANGE_DELETE_TREE ? NULL : keyfile_get(k, c->key, c->name);
	struct changeset one = { (struct change *)(uintptr_t)c, 1, 1 };
	struct value before = VALUE_INIT;
	int rc = -1, changed;

	if (old != NULL && value_copy(&before, old, e) == -1)
		return -1;
	if ((changed = keyfile_change(k, c, e)) == 1) {
		if (effective != NULL && changeset_append(effective, &one, e) == -1)
			goto out;
		if (undo != NULL && c->op != CHANGE_DELETE_TREE &&
		    (old != NULL ? changeset_set(undo, c->key, c->name, &before, e) :
			    changeset_delete(undo, c->key, c->name, e)) == -1)
			goto out;
	}
	rc = changed == -1 ? -1 : 0;
out:
	value_free(&before);
	return rc;
}

int
settings_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	struct keyfile *k[FILES] = { NULL, NULL };
	int rc = -1;

	for (int i = 0; i < FILES; i++)
		if ((k[i] = read_keyfile(s, i, e)) == NULL)
			goto out;
	for (size_t i = 0; i < c->n; i++)
		if (plan_one(k[which(c->changes[i].key)], &c->changes[i], effective, undo, e) == -1)
			goto out;
	rc = 0;
out:
	keyfile_free(k[MACHINE]);
	keyfile_free(k[USER]);
	return rc;
}

/* Make the changes of one root in memory; *changed says whether the file must be written. */
static int
change_keyfile(struct keyfile *k, const struct changeset *c, int i, bool *changed, struct err *e)
{
	for (size_t n = 0; n < c->n; n++) {
		int rc = which(c->changes[n].key) == i ? keyfile_change(k, &c->changes[n], e) : 0;

		if (rc == -1)
			return -1;
		*changed |= rc == 1;
	}
	return 0;
}

static struct dir *
parent_of(const char *path, struct err *e)
{
	struct buf b = BUF_INIT(4096);
	struct dir *d = NULL;
	size_t len = (size_t)(path_base(path) - path);

	if (buf_add(&b, len == 0 ? "." : path, len == 0 ? 1 : len, e) == 0)
		d = dir_make(buf_text(&b), 0755, e);
	buf_free(&b);
	return d;
}

static int
apply_file(struct settings *s, const struct changeset *c, int i, struct err *e)
{
	struct buf out = BUF_INIT(KEYFILE_SIZE_MAX), lock_name = BUF_INIT(4096);
	struct keyfile *k = NULL;
	struct file_lock *lock = NULL;
	struct file_info info;
	struct dir *d = NULL;
	bool changed = false;
	const char *base;
	int rc = -1;

	if (s->path[i] == NULL)
		return err_setx(e, ERR_CONFIG, "there is no key file for %s", roots[i]);
	base = path_base(s->path[i]);
	if ((d = parent_of(s->path[i], e)) == NULL ||
	    buf_addf(&lock_name, e, ".%s.lock", base) == -1 ||
	    (lock = file_lock(d, buf_text(&lock_name), LOCK_WAIT_MS, e)) == NULL ||
	    (k = read_keyfile(s, i, e)) == NULL || change_keyfile(k, c, i, &changed, e) == -1)
		goto out;
	if (changed) {
		int found = file_stat(d, base, &info, e);

		if (found == -1 || keyfile_write(k, &out, e) == -1 ||
		    file_replace(d, base, out.data, out.len, found ? info.mode : modes[i], e) == -1)
			goto out;
	}
	rc = 0;
out:
	keyfile_free(k);
	file_unlock(lock);
	dir_close(d);
	buf_free(&lock_name);
	buf_free(&out);
	return rc;
}

int
settings_apply(struct settings *s, const struct changeset *c, struct err *e)
{
	/* Everything is tried in memory first, so that a malformed file is found before anything is written. */
	if (settings_plan(s, c, NULL, NULL, e) == -1)
		return -1;
	for (int i = 0; i < FILES; i++)
		for (size_t n = 0; n < c->n; n++)
			if (which(c->changes[n].key) == i) {
				if (apply_file(s, c, i, e) == -1)
					return -1;
				break;
			}
	return 0;
}
