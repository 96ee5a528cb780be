/*
 * The settings store over the Windows registry.
 *
 * Plans are made in memory, as on other platforms: what a change set touches is read into the model of a key file.  The
 * registry can't change several values at once: a change that fails in the middle is taken back value by value, and one
 * that a crash cuts is finished or taken back by whoever keeps a journal (updater/transaction.c).
 */
#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>

#include "settings/model.h"
#include "settings/registry_windows.h"

/* What settings_stamp() watches: changes anywhere below these. */
static const char *const watched[] = { "HKLM\\SOFTWARE", "HKCU\\SOFTWARE" };

#define WATCHED	(sizeof watched / sizeof watched[0])

static const char *const roots[] = { "HKLM", "HKCU" };

#define ROOTS	(sizeof roots / sizeof roots[0])

struct watch {
	HKEY key;
	HANDLE changed;		/* signalled when something below key has changed since the last look */
	uint64_t changes;
};

struct settings {
	struct watch watches[WATCHED];
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
	for (size_t i = 0; i < WATCHED; i++) {
		if (s->watches[i].key != NULL)
			RegCloseKey(s->watches[i].key);
		if (s->watches[i].changed != NULL)
			CloseHandle(s->watches[i].changed);
	}
	free(s);
}

int
settings_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	(void)s;
	if (setting_key_normal(key, strlen(key), &normal, e) == 0 && setting_name_check(name, strlen(name), e) == 0)
		rc = registry_get(buf_text(&normal), name, v, e);
	buf_free(&normal);
	return rc;
}

int
settings_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	struct registry_walk w = { walk->value, walk->subkey, walk->arg };
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	(void)s;
	if (setting_key_normal(key, strlen(key), &normal, e) == 0)
		rc = registry_list(buf_text(&normal), &w, e);
	buf_free(&normal);
	return rc;
}

/* Ask to be told of the next change.  Whether that works. */
static bool
watch_again(struct watch *w)
{
	return RegNotifyChangeKeyValue(w->key, TRUE,
		   REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_THREAD_AGNOSTIC, w->changed,
		   TRUE) == ERROR_SUCCESS;
}

static bool
watch_open(struct watch *w, const char *key)
{
	struct err e;

	if (w->key == NULL && registry_open(key, KEY_NOTIFY, &w->key, &e) != 1)
		w->key = NULL;
	if (w->key != NULL && w->changed == NULL && (w->changed = CreateEventW(NULL, FALSE, FALSE, NULL)) != NULL &&
	    watch_again(w))
		return true;
	return w->changed != NULL;
}

void
settings_stamp(struct settings *s, const char *key, struct settings_stamp *out)
{
	size_t i = setting_key_within(key, "HKCU") ? 1 : 0;
	struct watch *w = &s->watches[i];

	*out = (struct settings_stamp){ .file = { .there = true, .settled = false } };
	if (!watch_open(w, watched[i]))
		return;
	/* Told of a change: count it, and listen again before anybody reads. */
	if (WaitForSingleObject(w->changed, 0) == WAIT_OBJECT_0) {
		w->changes++;
		if (!watch_again(w))
			return;
	}
	out->file.settled = true;
	out->file.inode = w->changes;
	out->file.device = i + 1;
}

bool
settings_stamp_same(const struct settings_stamp *a, const struct settings_stamp *b)
{
	return a->file.settled && b->file.settled && a->file.inode == b->file.inode && a->file.device == b->file.device;
}

/* Reading a tree into a model. */
struct load {
	struct keyfile *to;
	const char *key;
};

static int load_tree(struct keyfile *to, const char *key, struct err *e);

static int
load_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	struct load *l = arg;

	return setting_name_check(name, strlen(name), e) == -1 ? -1 : keyfile_set(l->to, l->key, name, v, e) == -1 ? -1 : 0;
}

static int
load_subkey(void *arg, const char *subkey, struct err *e)
{
	struct buf below = BUF_INIT(2 * SETTING_KEY_MAX), normal = BUF_INIT(2 * SETTING_KEY_MAX);
	struct load *l = arg;
	int rc = -1;

	if (buf_addf(&below, e, "%s\\%s", l->key, subkey) == 0 &&
	    setting_key_normal(buf_text(&below), below.len, &normal, e) == 0)
		rc = load_tree(l->to, buf_text(&normal), e);
	buf_free(&below);
	buf_free(&normal);
	return rc;
}

static int
load_tree(struct keyfile *to, const char *key, struct err *e)
{
	struct load l = { to, key };
	struct registry_walk walk = { load_value, load_subkey, &l };
	struct value v = VALUE_INIT;
	int rc = registry_get(key, "", &v, e);

	value_free(&v);
	if (rc == 1)
		return err_setx(e, ERR_SYNTAX, "%s: want no default value in a tree that goes; it couldn't be brought back", key);
	return rc == -1 || registry_list(key, &walk, e) == -1 ? -1 : 0;
}

/* What the registry holds of all that c touches below root. */
static struct keyfile *
load(const struct changeset *c, const char *root, struct err *e)
{
	struct keyfile *f = keyfile_parse("", 0, root, e);
	int rc = f == NULL ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < c->n; i++) {
		const struct change *x = &c->changes[i];
		struct value v = VALUE_INIT;

		if (!setting_key_within(x->key, root))
			continue;
		if (x->op == CHANGE_DELETE_TREE)
			rc = load_tree(f, x->key, e);
		else if ((rc = registry_get(x->key, x->name, &v, e)) == 1)
			rc = keyfile_set(f, x->key, x->name, &v, e) == -1 ? -1 : 0;
		value_free(&v);
	}
	if (rc == 0)
		return f;
	keyfile_free(f);
	return NULL;
}

static int
plan_root(const struct changeset *c, const char *root, struct changeset *effective, struct changeset *undo, struct err *e)
{
	struct keyfile *before = load(c, root, e), *after = before == NULL ? NULL : load(c, root, e);
	int rc = -1;

	if (after != NULL && model_edit(after, c, root, e) == 0)
		rc = model_compare(before, after, c, root, effective, undo, e);
	keyfile_free(before);
	keyfile_free(after);
	return rc;
}

int
settings_plan(struct settings *s, const struct changeset *c, struct changeset *effective, struct changeset *undo,
    struct err *e)
{
	int rc = 0;

	(void)s;
	for (size_t i = 0; i < ROOTS && rc == 0; i++)
		rc = plan_root(c, roots[i], effective, undo, e);
	if (rc == -1 && effective != NULL)
		changeset_free(effective);
	if (rc == -1 && undo != NULL)
		changeset_free(undo);
	return rc;
}

static int
write_one(const struct change *x, struct err *e)
{
	switch (x->op) {
	case CHANGE_SET:
		return registry_set(x->key, x->name, &x->value, e);
	case CHANGE_DELETE:
		return registry_delete(x->key, x->name, e);
	default:
		return registry_delete_tree(x->key, e);
	}
}

/* On the disk, key by key; changes of one key follow each other. */
static int
flush(const struct changeset *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++)
		if ((i == 0 || !setting_same(c->changes[i].key, c->changes[i - 1].key)) &&
		    registry_flush(c->changes[i].key, e) == -1)
			return -1;
	return 0;
}

int
settings_apply(struct settings *s, const struct changeset *c, struct err *e)
{
	struct changeset effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct err ignored;
	int rc = settings_plan(s, c, &effective, &undo, e);

	for (size_t i = 0; rc == 0 && i < effective.n; i++)
		rc = write_one(&effective.changes[i], e);
	/* As it was, as far as that goes: what wasn't written yet is so already. */
	for (size_t i = 0; rc == -1 && i < undo.n; i++)
		write_one(&undo.changes[i], &ignored);
	if (rc == 0)
		rc = flush(&effective, e);
	changeset_free(&effective);
	changeset_free(&undo);
	return rc;
}

const char *
settings_place(struct settings *s, const char *key)
{
	(void)s;
	(void)key;
	return "the registry";
}
