/* SPDX-License-Identifier: ISC */
/* The settings store: the same of key files and of the registry. */
#include "lib/settings/settings.h"

#include <string.h>

#include "lib/settings/settings_store.h"

int
settings_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	if (setting_key_normal(key, strlen(key), &normal, e) == 0 &&
	    setting_name_check(name, strlen(name), e) == 0)
		rc = store_get(s, buf_text(&normal), name, v, e);
	if (rc == 1 && v->type == VALUE_RAW) {
		value_free(v);
		rc = err_setx(e, ERR_SYNTAX,
		    "%s: value %s: want a type that settings have, got another program's value",
		    key, name);
	}
	buf_free(&normal);
	return rc;
}

int
settings_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = -1;

	settings_hold(s);
	if (setting_key_normal(key, strlen(key), &normal, e) == 0)
		rc = store_list(s, buf_text(&normal), walk, e);
	settings_release(s);
	buf_free(&normal);
	return rc;
}

int
settings_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e)
{
	int rc = store_plan(s, c, effective, undo, e);

	if (rc == -1 && effective != NULL)
		changeset_free(effective);
	if (rc == -1 && undo != NULL)
		changeset_free(undo);
	return rc;
}

void
settings_stamp(struct settings *s, const char *key, struct settings_stamp *out)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	struct err ignored;

	memset(out, 0, sizeof *out);
	if (setting_key_normal(key, strlen(key), &normal, &ignored) == 0)
		store_stamp(s, buf_text(&normal), out);
	buf_free(&normal);
}

const char *
settings_place(struct settings *s, const char *key)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
	struct err ignored;
	bool known = setting_key_normal(key, strlen(key), &normal, &ignored) == 0;
	const char *place = store_place(s, known ? buf_text(&normal) : "HKLM");

	buf_free(&normal);
	return place;
}
