/* SPDX-License-Identifier: ISC */
/* Which keys a script may touch. */
#include "lib/script/keyguard.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/settings/application.h"
#include "lib/settings/view.h"

/* 32-bit programs find the first key at the second.  A user's has what that user wrapped. */
static const char *const own_keys[] = { "HKLM\\SOFTWARE\\Slipway", SETTINGS_VIEW32 "\\Slipway",
	"HKCU\\SOFTWARE\\Slipway" };

/*
 * Letters outside ASCII whose upper case is a letter of our keys (long s, dotless and dotted i)
 * become that letter, in case a registry compares that way.
 */
static void
fold(const char *key, char out[SETTING_KEY_MAX + 1])
{
	static const struct {
		const char *from, to;
	} odd[] = { { "\xc5\xbf", 's' }, { "\xc4\xb0", 'i' }, { "\xc4\xb1", 'i' } };
	size_t n = 0;

	while (*key != '\0' && n < SETTING_KEY_MAX) {
		size_t i = 0;

		while (i < sizeof odd / sizeof odd[0] && strncmp(key, odd[i].from, 2) != 0)
			i++;
		if (i < sizeof odd / sizeof odd[0]) {
			out[n++] = odd[i].to;
			key += 2;
		} else {
			out[n++] = *key++;
		}
	}
	out[n] = '\0';
}

static bool
touches_own(const char *key, bool tree)
{
	char folded[SETTING_KEY_MAX + 1];

	fold(key, folded);
	for (size_t i = 0; i < sizeof own_keys / sizeof own_keys[0]; i++)
		if (setting_key_within(folded, own_keys[i]) ||
		    (tree && setting_key_within(own_keys[i], folded)))
			return true;
	return false;
}

int
keyguard_check(const char *key, bool tree, const char *const *prefixes, size_t n, struct err *e)
{
	struct buf other = BUF_INIT(2 * SETTING_KEY_MAX);
	bool within = false;

	for (size_t i = 0; i < n; i++)
		within |= setting_key_within(key, prefixes[i]);
	if (within && touches_own(key, tree))
		return err_setx(e, ERR_SCRIPT,
		    "key %s is not allowed: no script can touch Slipway's own settings", key);
	if (within)
		return 0;
	if (view32_has(key) && view64_of(key, &other, e) == 0) {
		err_setx(e, ERR_SCRIPT,
		    "key %s is not allowed: write %s; where the station's setting RegistryView is both, "
		    "32-bit programs get it, too",
		    key, buf_text(&other));
		buf_free(&other);
		return -1;
	}
	err_setx(e, ERR_SCRIPT, "key %s is not allowed: this script may touch what is below %s",
	    key, n > 0 ? prefixes[0] : "nothing");
	for (size_t i = 1; i < n; i++) {
		size_t len = strlen(e->text);

		snprintf(e->text + len, sizeof e->text - len, ", %s", prefixes[i]);
	}
	return -1;
}

const struct keyguard_single *
keyguard_single(const char *installation, const char *key, const char *name)
{
	static const struct keyguard_single singles[] = {
		{ "", SETTINGS_DEFAULT_APPLICATION, NULL },
		{ "\\" SETTINGS_D2UPDATE, SETTINGS_D2UPDATE_PROTOCOL, SETTINGS_D2UPDATE_OFF },
	};
	const struct keyguard_single *found = NULL;

	for (size_t i = 0; i < N(singles) && name != NULL && installation != NULL; i++) {
		struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
		struct err ignored;

		if (ascii_same(name, singles[i].name) &&
		    buf_addf(&b, &ignored, SETTINGS_VENDOR_KEY "\\%s%s", installation,
			singles[i].below) == 0 &&
		    ascii_same(buf_text(&b), key))
			found = &singles[i];
		buf_free(&b);
	}
	return found;
}

int
keyguard_touch(const struct script_facts *facts, const char *key, bool tree, const char *name,
    const struct value *to, struct err *e)
{
	const struct keyguard_single *single = keyguard_single(facts->installation, key, name);
	const char *application = facts->application == NULL ? "" : facts->application;
	size_t len;

	if (single != NULL && facts->is_default &&
	    (to == NULL ||
		ascii_same(value_get_text(to), single->to == NULL ? application : single->to)))
		return 0;
	if (keyguard_check(key, tree, facts->prefixes, facts->nprefixes, e) == 0)
		return 0;
	len = strlen(e->text);
	if (single != NULL)
		snprintf(e->text + len, sizeof e->text - len,
		    "; %s is for the application that the station has as its default, to %s", name,
		    single->to == NULL ? "its own name" : single->to);
	else if (strstr(e->text, "may touch") != NULL)
		snprintf(e->text + len, sizeof e->text - len,
		    "; the setting ScriptKeys of HKLM\\SOFTWARE\\Slipway\\%s\\%s can allow more",
		    facts->installation == NULL ? "" : facts->installation, application);
	return -1;
}
