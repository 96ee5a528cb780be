/* SPDX-License-Identifier: ISC */
/* The TLS settings that the scripts of a release leave. */
#include "server/review/tls_use.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/settings/application.h"

/* Bytes of the name of a setting with its key, in small letters. */
#define PLACE_MAX (SETTING_KEY_MAX + SETTING_NAME_MAX + 4)

static const char *const hives[] = { "hklm", "hkcu" };

static bool
is_vendor(const char *key)
{
	return setting_key_within(key, SETTINGS_VENDOR_KEY) ||
	    setting_key_within(key, "HKCU\\SOFTWARE\\" SETTINGS_VENDOR);
}

static bool
is_side(const char *key)
{
	return tls_setting_is_side(key) && is_vendor(key);
}

static bool
is_set(const json_t *entry, const char *name)
{
	const char *its = json_text_of(entry, "name");

	return its != NULL && ascii_same(its, name) && json_text_of(entry, "value") != NULL &&
	    is_side(json_text_of(entry, "key"));
}

/* What a system has for a setting in the key, or, with the other hive's name, in that one. */
static const json_t *
entry_in(const json_t *settings, const char *hive, const char *key, enum tls_setting which)
{
	struct buf place = BUF_INIT(PLACE_MAX);
	const json_t *entry = NULL;
	struct err ignored;

	if (buf_addf(&place, &ignored, "%s%s\n%s", hive, key + strlen(hive),
		tls_setting_name(which)) == 0) {
		for (size_t k = 0; k < place.len; k++)
			place.data[k] = (uint8_t)ascii_lower((char)place.data[k]);
		entry = json_object_get(settings, buf_text(&place));
	}
	buf_free(&place);
	return entry;
}

/* Whether the systems have the same TLS settings in the key and in that of the other hive. */
static bool
systems_agree(const struct outcome *o, const char *key)
{
	for (size_t i = 0; i < N(hives); i++)
		for (int k = 0; k < TLS_SETTING_COUNT; k++) {
			enum tls_setting which = (enum tls_setting)k;
			const json_t *a = json_object_get(
			    entry_in(o->settings[0], hives[i], key, which), "value");
			const json_t *b = json_object_get(
			    entry_in(o->settings[1], hives[i], key, which), "value");

			if (a != b && !json_equal(a, b))
				return false;
		}
	return true;
}

int
tls_uses(const struct outcome *o, enum tls_setting which,
    int (*each)(void *arg, const struct tls_use *u, struct err *e), void *arg, struct err *e)
{
	const char *place;
	json_t *one;

	for (int i = 0; i < OUTCOME_SYSTEMS; i++)
		json_object_foreach (o->settings[i], place, one) {
			const char *key = json_text_of(one, "key");
			bool same;

			if (!is_set(one, tls_setting_name(which)))
				continue;
			same = systems_agree(o, key);
			if ((i == 0 || !same) &&
			    each(arg,
				&(const struct tls_use){ key, json_text_of(one, "text"),
				    same ? NULL : outcome_systems[i], o->settings[i],
				    json_text_of(one, "value") },
				e) == -1)
				return -1;
		}
	return 0;
}

bool
tls_use_has(const struct tls_use *u, enum tls_setting other)
{
	for (size_t i = 0; i < N(hives); i++) {
		const char *text =
		    json_text_of(entry_in(u->settings, hives[i], u->key, other), "text");

		/* A list without a name of a file is empty, too. */
		if (text != NULL && text[strspn(text, tls_setting_is_file(other) ? " \t;" : "")])
			return true;
	}
	return false;
}

/*
 * Writes the path in the release that a name stands for.  False: it stands for none.  A name
 * without a separator behind the folder ("<AppDir>x") stands for a path that no release has
 * ("appx").
 */
static bool
release_path(const char *name, size_t len, char *out, size_t size)
{
	static const struct {
		const char *stands, *place;
	} roots[] = { { OUTCOME_APP_DIR, "app" }, { OUTCOME_INSTALL_DIR, "install" } };

	text_trim(&name, &len);
	for (size_t i = 0; i < N(roots); i++) {
		size_t n = strlen(roots[i].stands), at = strlen(roots[i].place);

		if (len < n || memcmp(name, roots[i].stands, n) != 0 || at + len - n >= size)
			continue;
		memcpy(out, roots[i].place, at);
		for (; n < len; n++)
			out[at++] = name[n] == '\\' ? '/' : name[n];
		out[at] = '\0';
		return true;
	}
	return false;
}

int
tls_use_files(const struct tls_use *u,
    int (*each)(void *arg, const struct tls_use *u, const char *path, struct err *e), void *arg,
    struct err *e)
{
	const char *text = u->text == NULL ? "" : u->text;
	char path[PATH_REL_MAX + 1];

	for (size_t n; *text != '\0'; text += n + (text[n] == ';')) {
		n = strcspn(text, ";");
		if (release_path(text, n, path, sizeof path) && each(arg, u, path, e) == -1)
			return -1;
	}
	return 0;
}

/* A note of a setting that counts for nothing; NULL: it does, or is none of TLS. */
static const char *
stray_of(const json_t *entry)
{
	const char *key = json_text_of(entry, "key"), *name = json_text_of(entry, "name");

	if (name == NULL || json_text_of(entry, "value") == NULL || !is_vendor(key))
		return NULL;
	if (!tls_setting_is_side(key))
		return ascii_same(name, tls_setting_name(TLS_LEVEL))
		    ? "counts for nothing in this key: want it in ...\\TLS_Client or "
		      "...\\TLS_Server"
		    : NULL;
	if (ascii_same(name, tls_setting_name(TLS_LEVEL)) && ascii_same_n(key, 5, "HKCU\\", 5))
		return "counts for nothing in HKCU: want it in HKLM, which the scripts in "
		       "scripts/machine set";
	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		if (ascii_same(name, tls_setting_name((enum tls_setting)i)))
			return NULL;
	return "no TLS setting is called so: it counts for nothing";
}

/* Appends a text that the list doesn't have, up to the limit. */
static int
add_once(struct strings *list, const char *text, struct err *e)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return 0;
	return list->n == TLS_STRAYS_MAX ? 0 : strings_add(list, text, e);
}

int
tls_use_strays(const struct outcome *o, struct strings *notes, struct err *e)
{
	char note[PLACE_MAX + 200];
	const char *place, *what;
	json_t *one;

	for (int i = 0; i < OUTCOME_SYSTEMS; i++)
		json_object_foreach (o->settings[i], place, one) {
			if ((what = stray_of(one)) == NULL)
				continue;
			snprintf(note, sizeof note, "%s: %s: %s; mend the script",
			    json_text_of(one, "key"), json_text_of(one, "name"), what);
			if (add_once(notes, note, e) == -1)
				return -1;
		}
	return 0;
}
