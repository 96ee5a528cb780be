/* SPDX-License-Identifier: ISC */
/* What a drive's letter stands for on Windows: a share that is mapped, or a folder ("subst"). */
#include "lib/os/letter.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/wide_windows.h"

#include <winnetwk.h> /* after windows.h */

#define NAME_ROOM 1024 /* characters */

/* The folder or share of a letter that "subst" made; "" for other letters. */
static const wchar_t *
substituted(const wchar_t *device, wchar_t room[NAME_ROOM])
{
	if (QueryDosDeviceW(device, room, NAME_ROOM) == 0 || wcsncmp(room, L"\\??\\", 4) != 0)
		return L"";
	if (wcsncmp(room + 4, L"UNC\\", 4) == 0) {
		room[6] = L'\\';
		return room + 6;
	}
	return room[4] != L'\0' && room[5] == L':' ? room + 4 : L"";
}

static int
look_at_letter(char letter, struct drive *d, struct err *e)
{
	wchar_t device[] = { (wchar_t)letter, L':', L'\0' }, root[] = L"X:\\";
	wchar_t room[NAME_ROOM];
	DWORD n = N(room);
	const wchar_t *name = L"";
	UINT type;

	*d = (struct drive){ DRIVE_IS_THERE, "" };
	root[0] = device[0];
	/* A share whose server doesn't answer may have the type "no root directory". */
	type = GetDriveTypeW(root);
	if (WNetGetConnectionW(device, room, &n) == NO_ERROR) {
		d->kind = DRIVE_IS_REMOTE;
		name = room;
	} else {
		if (type == DRIVE_NO_ROOT_DIR)
			d->kind = DRIVE_IS_MISSING;
		else if (type == DRIVE_REMOTE)
			d->kind = DRIVE_IS_REMOTE;
		name = substituted(device, room);
	}
	if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, name, -1, d->name, sizeof d->name,
		NULL, NULL) == 0)
		return err_windows(e, GetLastError(), "what drive %c: stands for", letter);
	return 0;
}

int
letter_replace(const char *text, struct buf *out, struct err *e)
{
	char letter = drive_letter(text);
	struct drive d;

	if (letter == '\0')
		return 0;
	return look_at_letter(letter, &d, e) == -1 ? -1 : drive_replace(text, &d, out, e);
}
