/* SPDX-License-Identifier: ISC */
/*
 * Keys of the registry: opening without following links, making and removing.
 *
 * A key that we make gets a class of our own, a text that the registry keeps with each key and
 * shows in exports.  The class tells our keys from those that were there before.
 */
#include "lib/settings/registry_windows.h"

#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#include "lib/base/text.h"
#include "lib/os/places.h"
#include "lib/settings/changeset.h"

#define VIEW	   KEY_WOW64_64KEY
#define OUR_CLASS  L"Slipway"
#define MAKE_TRIES 8 /* somebody else may remove a key between two looks */

/*
 * The documented ZwDeleteKey(): by handle, so that the key that was checked is the one that is
 * removed.
 */
NTSTATUS NTAPI NtDeleteKey(HANDLE key);

/* The documented ZwQueryKey(), which tells a key's name. */
NTSTATUS NTAPI NtQueryKey(HANDLE key, int what, void *info, ULONG room, ULONG *len);
#define KEY_NAME_INFORMATION 3
#define NAME_UNITS_MAX	     32767

/* A normalised path as its root and the parts below, each ended by a NUL, then an empty one. */
struct parts {
	HKEY root;
	wchar_t *first;
};

static int
parts_of(const char *key, struct parts *p, struct err *e)
{
	wchar_t *w = wide_of(key, e);
	size_t len;

	if (w == NULL)
		return -1;
	len = wcslen(w);
	p->root = setting_key_within(key, "HKCU") ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
	if ((p->first = calloc(len + 2, sizeof *w)) == NULL) {
		free(w);
		return err_nomem(e);
	}
	/* "HKLM\" or "HKCU\" goes. */
	if (len > 5)
		memcpy(p->first, w + 5, (len - 5) * sizeof *w);
	for (size_t i = 0; i < len; i++)
		if (p->first[i] == L'\\')
			p->first[i] = L'\0';
	free(w);
	return 0;
}

static const wchar_t *
next_part(const wchar_t *part)
{
	return part + wcslen(part) + 1;
}

static bool
is_key_link(HKEY key)
{
	DWORD type = REG_NONE;

	return RegQueryValueExW(key, L"SymbolicLinkValue", NULL, &type, NULL, NULL) ==
	    ERROR_SUCCESS &&
	    type == REG_LINK;
}

/* Windows' own link: a user who can change it can change everything. */
static bool
own_link(const struct parts *p, const wchar_t *part)
{
	return p->root == HKEY_LOCAL_MACHINE && part == next_part(p->first) &&
	    _wcsicmp(p->first, L"SYSTEM") == 0 && _wcsicmp(part, L"CurrentControlSet") == 0;
}

/* Open one part itself.  A Windows error; ERROR_REPARSE_TAG_MISMATCH for a link. */
static LSTATUS
open_itself(HKEY parent, const wchar_t *part, REGSAM access, HKEY *out)
{
	LSTATUS rc =
	    RegOpenKeyExW(parent, part, REG_OPTION_OPEN_LINK, access | KEY_QUERY_VALUE | VIEW, out);

	if (rc == ERROR_SUCCESS && is_key_link(*out)) {
		RegCloseKey(*out);
		rc = ERROR_REPARSE_TAG_MISMATCH;
	}
	return rc;
}

static LSTATUS
open_part(const struct parts *p, HKEY parent, const wchar_t *part, REGSAM access, HKEY *out)
{
	if (place_privileged() && !own_link(p, part))
		return open_itself(parent, part, access, out);
	return RegOpenKeyExW(parent, part, 0, access | VIEW, out);
}

/* Fill in e for a key. */
static int
key_fault(LSTATUS rc, const char *key, struct err *e)
{
	if (rc == ERROR_REPARSE_TAG_MISMATCH)
		return err_setx(e, ERR_UNSAFE, "%s: a link of the registry stands in the way", key);
	return err_windows(e, (DWORD)rc, "%s", key);
}

static void
close_below(const struct parts *p, HKEY h)
{
	if (h != p->root)
		RegCloseKey(h);
}

static LSTATUS
open_parts(const struct parts *p, REGSAM access, HKEY *out)
{
	HKEY h = p->root;

	if (*p->first == L'\0')
		return RegOpenKeyExW(h, NULL, 0, access | VIEW, out);
	for (const wchar_t *part = p->first; *part != L'\0'; part = next_part(part)) {
		bool last = *next_part(part) == L'\0';
		HKEY below;
		LSTATUS rc = open_part(p, h, part, last ? access : MAXIMUM_ALLOWED, &below);

		close_below(p, h);
		if (rc != ERROR_SUCCESS)
			return rc;
		h = below;
	}
	*out = h;
	return ERROR_SUCCESS;
}

static bool
is_absent(LSTATUS rc)
{
	return rc == ERROR_FILE_NOT_FOUND || rc == ERROR_PATH_NOT_FOUND || rc == ERROR_KEY_DELETED;
}

int
registry_open(const char *key, REGSAM access, HKEY *out, struct err *e)
{
	struct parts p;
	LSTATUS rc;

	if (parts_of(key, &p, e) == -1)
		return -1;
	rc = open_parts(&p, access, out);
	free(p.first);
	if (rc == ERROR_SUCCESS)
		return 1;
	return is_absent(rc) ? 0 : key_fault(rc, key, e);
}

void
registry_spelling(HKEY h, char *key)
{
	struct {
		ULONG bytes;
		wchar_t name[NAME_UNITS_MAX + 1];
	} *info = calloc(1, sizeof *info);
	struct buf name = BUF_INIT(4 * NAME_UNITS_MAX);
	size_t len = strlen(key) - strlen("HKLM");
	struct err ignored;
	ULONG got;

	if (info != NULL &&
	    NtQueryKey(h, KEY_NAME_INFORMATION, info, sizeof *info - sizeof info->name[0], &got) ==
		0 &&
	    wide_add(&name, info->name, &ignored) == 0 && name.len >= len &&
	    ascii_same(buf_text(&name) + name.len - len, key + strlen("HKLM")))
		memcpy(key + strlen("HKLM"), buf_text(&name) + name.len - len, len);
	free(info);
	buf_free(&name);
}

/* Open a part, or make it. */
static LSTATUS
make_part(const struct parts *p, HKEY parent, const wchar_t *part, REGSAM access, HKEY *out)
{
	wchar_t class[] = OUR_CLASS;
	LSTATUS rc = ERROR_KEY_DELETED;

	for (int i = 0; i < MAKE_TRIES; i++) {
		DWORD how = 0;

		if (!is_absent(rc = open_part(p, parent, part, access, out)))
			return rc;
		rc = RegCreateKeyExW(parent, part, 0, class, REG_OPTION_NON_VOLATILE, access | VIEW,
		    NULL, out, &how);
		if (rc == ERROR_SUCCESS && how == REG_CREATED_NEW_KEY)
			return rc;
		/*
		 * Another process made the key meanwhile.  The key may be a link: check it like any
		 * other.
		 */
		if (rc == ERROR_SUCCESS)
			RegCloseKey(*out);
		else if (rc != ERROR_KEY_DELETED)
			return rc;
	}
	return rc == ERROR_SUCCESS ? ERROR_BUSY : rc;
}

int
registry_make(const char *key, HKEY *out, struct err *e)
{
	struct parts p;
	LSTATUS rc = ERROR_SUCCESS;
	HKEY h;

	if (parts_of(key, &p, e) == -1)
		return -1;
	h = p.root;
	for (const wchar_t *part = p.first; *part != L'\0' && rc == ERROR_SUCCESS;
	     part = next_part(part)) {
		bool last = *next_part(part) == L'\0';
		HKEY below;

		rc = make_part(&p, h, part, last ? KEY_SET_VALUE : MAXIMUM_ALLOWED, &below);
		close_below(&p, h);
		h = rc == ERROR_SUCCESS ? below : p.root;
	}
	free(p.first);
	if (rc != ERROR_SUCCESS)
		return key_fault(rc, key, e);
	*out = h;
	return 0;
}

/* Whether an open key is marked as ours and holds nothing. */
static bool
ours_and_empty(HKEY h)
{
	wchar_t class[sizeof OUR_CLASS / sizeof(wchar_t) + 1];
	DWORD len = sizeof class / sizeof *class, keys = 1, values = 1;

	return RegQueryInfoKeyW(h, class, &len, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL,
		   NULL) == ERROR_SUCCESS &&
	    keys == 0 && values == 0 && wcscmp(class, OUR_CLASS) == 0;
}

void
registry_tidy(const char *key)
{
	struct err ignored;
	char *path = strdup(key), *cut = path;
	bool gone = true;
	HKEY h;

	while (path != NULL && gone && cut != NULL) {
		if (registry_open(path, KEY_READ | DELETE, &h, &ignored) == 1) {
			gone = ours_and_empty(h) && NtDeleteKey(h) == 0;
			RegCloseKey(h);
		}
		if ((cut = strrchr(path, '\\')) != NULL)
			*cut = '\0';
	}
	free(path);
}

int
registry_below(HKEY parent, const char *shown, DWORD i, REGSAM access, HKEY *out, struct buf *name,
    struct err *e)
{
	wchar_t part[SETTING_PART_MAX + 1];
	DWORD len = sizeof part / sizeof *part;
	LSTATUS rc = RegEnumKeyExW(parent, i, part, &len, NULL, NULL, NULL, NULL);

	if (rc == ERROR_NO_MORE_ITEMS || is_absent(rc))
		return 0;
	if (rc != ERROR_SUCCESS)
		return key_fault(rc, shown, e);
	if (wide_add(name, part, e) == -1)
		return err_context(e, "a key below %s", shown);
	if (out == NULL || (rc = open_itself(parent, part, access, out)) == ERROR_SUCCESS)
		return 1;
	if (rc == ERROR_REPARSE_TAG_MISMATCH)
		return err_setx(e, ERR_UNSAFE, "%s\\%s: want a key, got a link of the registry",
		    shown, buf_text(name));
	return err_windows(e, (DWORD)rc, "%s\\%s", shown, buf_text(name));
}

/*
 * The depth is bounded: a key's path has at most SETTING_KEY_MAX bytes, the registry's at most 512
 * parts.
 */
static int
delete_open(HKEY h, const char *shown, struct err *e)
{
	NTSTATUS status;
	HKEY below;
	int rc;

	do {
		struct buf name = BUF_INIT(3 * SETTING_PART_MAX), path = BUF_INIT(64u * 1024);

		if ((rc = registry_below(h, shown, 0, KEY_READ | DELETE, &below, &name, e)) == 1) {
			rc = buf_addf(&path, e, "%s\\%s", shown, buf_text(&name)) == -1 ||
				delete_open(below, buf_text(&path), e) == -1
			    ? -1
			    : 1;
			RegCloseKey(below);
		}
		buf_free(&name);
		buf_free(&path);
	} while (rc == 1);
	if (rc == -1)
		return -1;
	if ((status = NtDeleteKey(h)) != 0)
		return err_windows(e, RtlNtStatusToDosError(status), "%s", shown);
	return 0;
}

int
registry_delete_tree(const char *key, struct err *e)
{
	HKEY h;
	int rc = registry_open(key, KEY_READ | DELETE, &h, e);

	if (rc != 1)
		return rc;
	rc = delete_open(h, key, e);
	RegCloseKey(h);
	return rc;
}

int
registry_flush(const char *key, struct err *e)
{
	bool user = setting_key_within(key, "HKCU");
	char *hive = strdup(key), *end;
	LSTATUS status;
	int rc;
	HKEY h;

	if (hive == NULL)
		return err_nomem(e);
	/* HKCU is one; those of HKLM are like HKLM\SOFTWARE. */
	if ((end = strchr(hive, '\\')) != NULL && !user)
		end = strchr(end + 1, '\\');
	if (end != NULL)
		*end = '\0';
	if ((rc = registry_open(hive, KEY_QUERY_VALUE, &h, e)) == 1) {
		status = RegFlushKey(h);
		RegCloseKey(h);
		rc = status == ERROR_SUCCESS ? 0 : key_fault(status, hive, e);
	}
	free(hive);
	return rc;
}
