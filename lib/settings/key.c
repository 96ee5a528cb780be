/* SPDX-License-Identifier: ISC */
/* Rules for key paths and names of values. */
#include "lib/settings/key.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"

uint64_t
setting_hash(const char *text, size_t len, uint64_t seed)
{
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)ascii_lower(text[i])) * 0x100000001b3u;
	return h ^ h >> 32;
}

/* regedit's address bar and "Copy Key Name" write it before the root. */
#define COMPUTER "Computer\\"

/* The short name of the root that key begins with, or NULL. */
static const char *
root_of(const char *key, size_t len)
{
	static const char *const roots[][2] = {
		{ "HKLM", "HKLM" },
		{ "HKCU", "HKCU" },
		{ "HKEY_LOCAL_MACHINE", "HKLM" },
		{ "HKEY_CURRENT_USER", "HKCU" },
	};

	for (size_t i = 0; i < N(roots); i++)
		if (ascii_same_n(key, len, roots[i][0], strlen(roots[i][0])))
			return roots[i][1];
	return NULL;
}

static size_t
part_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] != '\\' && p[n] != '/')
		n++;
	return n;
}

static int
add_key_parts(const char *key, size_t len, struct buf *out, struct err *e)
{
	const char *p = key, *end = key + len, *root;
	const size_t computer = sizeof COMPUTER - 1;
	int shown = len > 200 ? 200 : (int)len;
	size_t n;

	if (len > computer && ascii_same_n(key, computer, COMPUTER, computer))
		p += computer;
	n = part_length(p, end);
	if ((root = root_of(p, n)) == NULL)
		return err_setx(e, ERR_SYNTAX, "key '%.*s': want HKLM\\... or HKCU\\...", shown,
		    key);
	if (buf_adds(out, root, e) == -1)
		return -1;
	for (p += n; p < end; p += n) {
		n = part_length(++p, end);
		if (n == 0)
			return err_setx(e, ERR_SYNTAX, "key '%.*s': has an empty part", shown, key);
		if (n > SETTING_PART_MAX)
			return err_setx(e, ERR_TOO_LARGE, "key '%.*s': has a part over %d bytes",
			    shown, key, SETTING_PART_MAX);
		if (buf_addc(out, '\\', e) == -1 || buf_add(out, p, n, e) == -1)
			return -1;
	}
	return 0;
}

int
setting_key_normal(const char *key, size_t len, struct buf *out, struct err *e)
{
	size_t start = out->len;
	int shown = len > 200 ? 200 : (int)len;

	/* With a long name of its root a key may be longer than SETTING_KEY_MAX. */
	if (len > SETTING_KEY_MAX + sizeof COMPUTER "HKEY_LOCAL_MACHINE")
		return err_setx(e, ERR_TOO_LARGE, "key '%.*s...': over %d bytes", shown, key,
		    SETTING_KEY_MAX);
	if (!valid_utf8(key, len) || text_control(key, len, false) < len)
		return err_setx(e, ERR_SYNTAX,
		    "key '%.*s': want UTF-8 without control characters, got other bytes", shown,
		    key);
	if (add_key_parts(key, len, out, e) == -1)
		goto fail;
	if (out->len - start > SETTING_KEY_MAX) {
		err_setx(e, ERR_TOO_LARGE, "key '%.*s...': over %d bytes", shown, key,
		    SETTING_KEY_MAX);
		goto fail;
	}
	return 0;
fail:
	buf_cut(out, start);
	return -1;
}

int
setting_name_check(const char *name, size_t len, struct err *e)
{
	int shown = len > 200 ? 200 : (int)len;

	if (len == 0)
		return err_setx(e, ERR_SYNTAX, "want a value's name, got an empty one");
	if (len > SETTING_NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "name '%.*s...': over %d bytes", shown, name,
		    SETTING_NAME_MAX);
	if (!valid_utf8(name, len) || text_control(name, len, false) < len)
		return err_setx(e, ERR_SYNTAX,
		    "name '%.*s': want UTF-8 without control characters, got other bytes", shown,
		    name);
	if (name[0] == '=')
		return err_setx(e, ERR_SYNTAX, "name '%.*s': begins with '='", shown, name);
	return 0;
}

bool
setting_key_within(const char *key, const char *prefix)
{
	size_t len = strlen(prefix);

	return strlen(key) >= len && ascii_same_n(key, len, prefix, len) &&
	    (key[len] == '\0' || key[len] == '\\');
}
