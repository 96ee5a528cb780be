/* SPDX-License-Identifier: ISC */
/* The 32-bit view of the registry. */
#include "lib/settings/view.h"

#include <string.h>

#include "lib/settings/application.h"

#define SOFTWARE "HKLM\\SOFTWARE"

bool
view32_has(const char *key)
{
	return setting_key_within(key, SETTINGS_VIEW32);
}

int
view32_of(const char *key, struct buf *out, struct err *e)
{
	if (!setting_key_within(key, SOFTWARE) || view32_has(key))
		return 0;
	return buf_addf(out, e, SETTINGS_VIEW32 "%s", key + strlen(SOFTWARE)) == -1 ? -1 : 1;
}

int
view64_of(const char *key, struct buf *out, struct err *e)
{
	if (!view32_has(key))
		return buf_adds(out, key, e);
	return buf_addf(out, e, SOFTWARE "%s", key + strlen(SETTINGS_VIEW32));
}

int
view32_refuse(const char *key, struct err *e)
{
	if (!view32_has(key))
		return 0;
	return err_setx(e, ERR_SYNTAX,
	    "key '%.200s' is the 32-bit view: write it as " SOFTWARE
	    "%.200s; a station whose setting RegistryView is both writes the 32-bit view, too",
	    key, key + strlen(SETTINGS_VIEW32));
}

/* Appends the change of the other view. */
static int
mirror_one(struct changeset *to, const struct change *x, struct err *e)
{
	struct buf key = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = view32_of(x->key, &key, e);

	if (rc == 1)
		switch (x->op) {
		case CHANGE_SET:
			rc = changeset_set(to, buf_text(&key), x->name, &x->value, e);
			break;
		case CHANGE_DELETE:
			rc = changeset_delete(to, buf_text(&key), x->name, e);
			break;
		case CHANGE_DELETE_TREE:
			rc = changeset_delete_tree(to, buf_text(&key), e);
			break;
		}
	buf_free(&key);
	return rc;
}

bool
view32_lacks(const struct changeset *c)
{
	bool vendor = false;

	for (size_t i = 0; i < c->n; i++) {
		if (setting_key_within(c->changes[i].key, SETTINGS_VIEW32 "\\" SETTINGS_VENDOR))
			return false;
		vendor |= setting_key_within(c->changes[i].key, SETTINGS_VENDOR_KEY);
	}
	return vendor;
}

int
view32_mirror(struct changeset *c, struct err *e)
{
	struct changeset other = CHANGESET_INIT;
	int rc = 0;

	if (!view32_lacks(c))
		return 0;
	for (size_t i = 0; i < c->n && rc == 0; i++)
		if (setting_key_within(c->changes[i].key, SETTINGS_VENDOR_KEY))
			rc = mirror_one(&other, &c->changes[i], e);
	if (rc == 0)
		rc = changeset_take(c, &other, e);
	changeset_free(&other);
	return rc;
}
