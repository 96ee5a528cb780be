/* SPDX-License-Identifier: ISC */
/*
 * Where things are on Windows: the known folders.  Settings are in the registry, so there are no
 * key files.
 */
#include "lib/os/places_system.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/path.h"
#include "lib/os/path.h"
#include "lib/os/private_windows.h"
#include "lib/os/wide_windows.h"

/* after windows.h */
#include <lmcons.h>
#include <shlobj.h>

bool
place_privileged(void)
{
	TOKEN_ELEVATION elevation = { 0 };
	HANDLE token;
	DWORD n;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return true; /* the safe answer */
	if (!GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &n))
		elevation.TokenIsElevated = 1;
	CloseHandle(token);
	return elevation.TokenIsElevated != 0;
}

bool
place_settings_roam(void)
{
	return true;
}

bool
place_is_system(void)
{
	struct buf self = BUF_INIT(ACL_TEXT_MAX);
	bool is = windows_self(&self) == 0 && strcmp(buf_text(&self), "S-1-5-18") == 0;

	buf_free(&self);
	return is;
}

/* Append SLIPWAY_HOME.  1, 0 where it isn't set or is ignored, -1. */
static int
slipway_home(struct buf *out, struct err *e)
{
	struct buf value = BUF_INIT(PATH_REL_MAX);
	int rc = 0;

	if (!place_privileged() && (rc = windows_env(L"SLIPWAY_HOME", &value, e)) == 1)
		rc = !path_absolute(buf_text(&value))	       ? 0
		    : buf_adds(out, buf_text(&value), e) == -1 ? -1
							       : 1;
	buf_free(&value);
	return rc;
}

bool
place_home_ignored(void)
{
	struct buf value = BUF_INIT(PATH_REL_MAX);
	struct err e;
	bool set = windows_env(L"SLIPWAY_HOME", &value, &e) == 1;

	buf_free(&value);
	return set && place_privileged();
}

/* Append a known folder, as Windows spells it. */
static int
folder(const KNOWNFOLDERID *id, struct buf *out, struct err *e)
{
	wchar_t *w = NULL;
	HRESULT result = SHGetKnownFolderPath(id, KF_FLAG_DEFAULT, NULL, &w);
	int rc = -1;

	if (result != S_OK)
		err_setx(e, ERR_CONFIG, "Windows doesn't tell a known folder: error 0x%08lx",
		    (unsigned long)result);
	else
		rc = wide_add(out, w, e);
	CoTaskMemFree(w);
	return rc;
}

void
place_use_own(void)
{
}

int
place_hidden(struct buf *out, bool *own, struct err *e)
{
	(void)out;
	(void)own;
	(void)e;
	return 0;
}

int
place_prepared(const char *const *dirs, size_t n, struct buf *why, struct err *e)
{
	(void)dirs;
	(void)n;
	(void)why;
	(void)e;
	return 0;
}

bool
place_stationwide(void)
{
	struct buf home = BUF_INIT(PATH_REL_MAX);
	struct err e;
	int rc = slipway_home(&home, &e);

	buf_free(&home);
	if (rc == 1)
		return false;
	if (place_privileged())
		return true;
	home = (struct buf)BUF_INIT(PATH_REL_MAX);
	rc = folder(&FOLDERID_ProgramData, &home, &e);
	if (rc == 0)
		rc = buf_adds(&home, "/Slipway", &e);
	if (rc == 0) {
		wchar_t *w = wide_path(buf_text(&home), &e);

		rc = w != NULL && GetFileAttributesW(w) != INVALID_FILE_ATTRIBUTES ? 1 : 0;
		free(w);
	}
	buf_free(&home);
	return rc == 1;
}

int
place_path(enum place which, struct buf *out, struct err *e)
{
	size_t before = out->len;
	int own;

	if (which == PLACE_MACHINE_CONF || which == PLACE_USER_CONF)
		return err_setx(e, ERR_CONFIG,
		    "settings are in the registry here, not in a key file");
	if ((own = slipway_home(out, e)) == -1 ||
	    (own == 0 &&
		folder(which == PLACE_STATE && place_stationwide() ? &FOLDERID_ProgramData
								   : &FOLDERID_LocalAppData,
		    out, e) == -1) ||
	    buf_adds(out, own == 1 ? "/state" : "/Slipway", e) == -1)
		return -1;
	path_slashes((char *)out->data + before);
	return 0;
}

int
place_own(size_t i, struct buf *out, struct err *e)
{
	static const enum place all[] = { PLACE_STATE, PLACE_USER_STATE };

	return i >= N(all) ? 0 : place_path(all[i], out, e) == -1 ? -1 : 1;
}

/* The folder rest of SLIPWAY_HOME, else a known folder. */
static int
own_folder(const char *rest, const KNOWNFOLDERID *id, struct buf *out, struct err *e)
{
	int own = slipway_home(out, e);

	return own == 0 ? folder(id, out, e) : own == 1 ? buf_addf(out, e, "\\%s", rest) : -1;
}

static int
known_appdata(struct buf *out, struct err *e)
{
	return own_folder("config", &FOLDERID_RoamingAppData, out, e);
}

static int
known_localappdata(struct buf *out, struct err *e)
{
	return own_folder("data", &FOLDERID_LocalAppData, out, e);
}

static int
known_programdata(struct buf *out, struct err *e)
{
	return own_folder("programdata", &FOLDERID_ProgramData, out, e);
}

/*
 * The folder of 64-bit programs, of which a 32-bit process isn't told: what a setting names is one
 * place for all.
 */
static int
program_files_64(struct buf *out, struct err *e)
{
	wchar_t w[MAX_PATH + 1];
	DWORD bytes = sizeof w;
	LSTATUS rc =
	    RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion",
		L"ProgramFilesDir", RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, w, &bytes);

	return rc == ERROR_SUCCESS ? wide_add(out, w, e)
				   : err_windows(e, (DWORD)rc, "ProgramFilesDir");
}

static int
known_programfiles(struct buf *out, struct err *e)
{
	struct buf home = BUF_INIT(PATH_REL_MAX);
	int own = sizeof(void *) < 8 ? slipway_home(&home, e) : 1;

	buf_free(&home);
	return own == 0 ? program_files_64(out, e)
	    : own == -1 ? -1
			: own_folder("programs", &FOLDERID_ProgramFiles, out, e);
}

static int
known_programfiles_x86(struct buf *out, struct err *e)
{
	return own_folder("programs", &FOLDERID_ProgramFilesX86, out, e);
}

static int
known_userprofile(struct buf *out, struct err *e)
{
	return folder(&FOLDERID_Profile, out, e);
}

static int
known_temp(struct buf *out, struct err *e)
{
	wchar_t w[MAX_PATH + 1];
	DWORD n = GetTempPathW(N(w), w);

	if (n == 0 || n > MAX_PATH)
		return err_windows(e, GetLastError(), "directory for temporary files");
	if (w[n - 1] == L'\\')
		w[n - 1] = L'\0';
	return wide_add(out, w, e);
}

static int
known_computername(struct buf *out, struct err *e)
{
	wchar_t w[256];
	DWORD n = N(w);

	if (!GetComputerNameExW(ComputerNameDnsHostname, w, &n))
		return err_windows(e, GetLastError(), "computer name");
	return wide_add(out, w, e);
}

const struct place_known place_known_folders[] = {
	{ "AppData", known_appdata },
	{ "LocalAppData", known_localappdata },
	{ "ProgramData", known_programdata },
	{ "ProgramFiles", known_programfiles },
	{ "ProgramFiles(x86)", known_programfiles_x86 },
	{ "UserProfile", known_userprofile },
	{ "Temp", known_temp },
	{ "ComputerName", known_computername },
	{ NULL, NULL },
};

const char *
place_system(void)
{
	return "windows";
}

char
place_quote(void)
{
	return '"';
}

int
place_variable(const char *name, struct buf *out, struct err *e)
{
	wchar_t *w = wide_of(name, e);
	int rc = w == NULL ? -1 : windows_env(w, out, e);

	free(w);
	return rc;
}

int
place_user(struct buf *out, struct err *e)
{
	wchar_t name[UNLEN + 1];
	DWORD n = N(name);

	if (!GetUserNameW(name, &n))
		return err_windows(e, GetLastError(), "name of this user");
	return wide_add(out, name, e);
}

int
place_user_shown(struct buf *out, struct err *e)
{
	return place_user(out, e);
}
