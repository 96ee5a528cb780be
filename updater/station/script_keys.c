/* SPDX-License-Identifier: ISC */
/* Which keys this station lets a release's scripts touch. */
#include "updater/station/script_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/settings/application.h"

void
script_keys_free(struct script_keys *k)
{
	for (int user = 0; user < 2; user++)
		for (size_t i = 0; i < k->n[user]; i++)
			free(k->keys[user][i]);
	memset(k, 0, sizeof *k);
}

static int
add(struct script_keys *k, const char *key, size_t len, struct err *e)
{
	struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
	int user;

	if (setting_key_normal(key, len, &b, e) == -1) {
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

/* The default for an installation: its tree below the vendor's key, of each root. */
static int
add_default(const char *installation, struct script_keys *k, struct err *e)
{
	static const char *const roots[] = { "HKLM", "HKCU" };

	for (int i = 0; i < 2; i++) {
		struct buf b = BUF_INIT(SETTING_KEY_MAX);
		int rc = buf_addf(&b, e, "%s\\SOFTWARE\\" SETTINGS_VENDOR "\\%s", roots[i],
		    installation);

		if (rc == 0)
			rc = add(k, buf_text(&b), b.len, e);
		buf_free(&b);
		if (rc == -1) {
			script_keys_free(k);
			return -1;
		}
	}
	return 0;
}

/* Texts with a separator behind each, or behind all but the last. */
static int
add_all(struct script_keys *k, const char *p, size_t len, char separator, struct err *e)
{
	const char *end = p + len;

	while (p < end) {
		const char *stop = memchr(p, separator, (size_t)(end - p));

		if (stop == NULL)
			stop = end;
		if (stop > p && add(k, p, (size_t)(stop - p), e) == -1) {
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
		return add_default(st->installation, k, e);
	if (rc == 1 && v.type != VALUE_MULTI && v.type != VALUE_STRING)
		rc = err_setx(e, ERR_CONFIG, "ScriptKeys: want a multi or string value, got a %s",
		    value_type_name(v.type));
	if (rc == 1)
		rc = add_all(k, (const char *)v.data, v.len, v.type == VALUE_MULTI ? '\0' : ';', e);
	value_free(&v);
	return rc;
}
