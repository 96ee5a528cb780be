/* SPDX-License-Identifier: ISC */
/* Which keys this station lets a release's scripts touch. */
#include "updater/station/script_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/script/keyguard.h"
#include "lib/settings/view.h"
#include "updater/station/enrolled.h"

void
script_keys_free(struct script_keys *k)
{
	for (int user = 0; user < 2; user++)
		for (size_t i = 0; i < k->n[user]; i++)
			free(k->keys[user][i]);
	memset(k, 0, sizeof *k);
}

static int
add_script_key(struct script_keys *k, const char *key, size_t len, struct err *e)
{
	struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
	int user;

	if (setting_key_normal(key, len, &b, e) == -1) {
		buf_free(&b);
		e->code = ERR_CONFIG;
		return err_context(e, "ScriptKeys");
	}
	user = strncmp(buf_text(&b), "HKCU", 4) == 0;
	if (k->n[user] == SCRIPT_KEYS_MAX) {
		buf_free(&b);
		return err_setx(e, ERR_CONFIG, "ScriptKeys: over %d keys", SCRIPT_KEYS_MAX);
	}
	k->keys[user][k->n[user]++] = (char *)buf_steal(&b);
	return 0;
}

/* The default: the application's own tree below its installation's key, of each root. */
static int
add_default(const struct station *st, struct script_keys *k, struct err *e)
{
	static const char *const roots[] = { "HKLM", "HKCU" };

	for (int i = 0; i < 2; i++) {
		struct buf b = BUF_INIT(SETTING_KEY_MAX);
		int rc = buf_addf(&b, e, "%s\\SOFTWARE\\" SETTINGS_VENDOR "\\%s\\cfg_%s", roots[i],
		    st->installation, st->application);

		if (rc == 0)
			rc = add_script_key(k, buf_text(&b), b.len, e);
		buf_free(&b);
		if (rc == -1) {
			script_keys_free(k);
			return -1;
		}
	}
	return 0;
}

/*
 * Whether the application is its installation's default: the administrator or an earlier release
 * made it so, or no other application of the installation is enrolled.  An application that is
 * enrolled beside others can't make itself the default, under which OnError of another wouldn't
 * count.
 */
static int
find_default(const struct station *st, struct settings *s, bool *is, struct err *e)
{
	struct buf def = BUF_INIT(SETTING_PART_MAX);
	struct application_pairs all;
	size_t unused;
	int rc = application_default(s, st->installation, &def, e);

	if (rc == 0 && (*is = ascii_same(buf_text(&def), st->application)) == false &&
	    (rc = enrolled_load(s, &all, e)) == 0) {
		*is = application_pairs_count(&all, st->installation, NULL, &unused) == 1;
		application_pairs_free(&all);
	}
	buf_free(&def);
	return rc;
}

/* Texts with a separator behind each, or behind all but the last. */
static int
add_all(struct script_keys *k, const char *p, size_t len, char separator, struct err *e)
{
	const char *end = len == 0 ? p : p + len;

	while (p < end) {
		const char *stop = memchr(p, separator, (size_t)(end - p));

		if (stop == NULL)
			stop = end;
		if (stop > p && add_script_key(k, p, (size_t)(stop - p), e) == -1) {
			script_keys_free(k);
			return -1;
		}
		p = stop + 1;
	}
	return 0;
}

int
script_keys_load(const struct station *st, struct settings *s, struct script_keys *k, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct value v = VALUE_INIT;
	int rc = -1;

	memset(k, 0, sizeof *k);
	if (station_key(st->installation, st->application, &key, e) == 0)
		rc = settings_get(s, buf_text(&key), "ScriptKeys", &v, e);
	buf_free(&key);
	if (rc == 0)
		return find_default(st, s, &k->is_default, e) == -1 ? -1 : add_default(st, k, e);
	if (rc == 1 && v.type != VALUE_MULTI && v.type != VALUE_STRING)
		rc = err_setx(e, ERR_CONFIG, "ScriptKeys: want a multi or string value, got a %s",
		    value_type_name(v.type));
	if (rc == 1)
		rc = add_all(k, (const char *)v.data, v.len, v.type == VALUE_MULTI ? '\0' : ';', e);
	value_free(&v);
	return rc;
}

int
script_keys_check(const struct station *st, const struct script_keys *k, bool user,
    const struct changeset *c, bool back, struct err *e)
{
	const struct script_facts facts = { .application = st->application,
		.installation = st->installation,
		.prefixes = (const char *const *)k->keys[user],
		.nprefixes = k->n[user],
		.is_default = k->is_default && !user };

	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];
		bool tree = x->op == CHANGE_DELETE_TREE;
		/* The value before may be another's name, or none. */
		bool set = x->op == CHANGE_SET, any = back && !tree;
		const char *name = set || any ? x->name : NULL;
		const struct value *to = any ? NULL : &x->value;

		struct buf key = BUF_INIT(2 * SETTING_KEY_MAX);
		int rc = keyguard_touch(&facts, x->key, tree, name, to, e);

		/* What RegistryView writes for 32-bit programs is a script's key, too. */
		if (rc == -1 && view32_has(x->key) && view64_of(x->key, &key, e) == 0)
			rc = keyguard_touch(&facts, buf_text(&key), tree, name, to, e);
		buf_free(&key);
		if (rc == -1)
			return -1;
	}
	return 0;
}
