/* SPDX-License-Identifier: ISC */
/* The way to a directory on Windows, where who may make links is the system's affair. */
#include "lib/os/way_windows.h"

#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>

#include "lib/base/list.h"
#include "lib/os/open_windows.h"
#include "lib/os/path.h"
#include "lib/os/private_windows.h"

#define WHO_MAX 4096 /* bytes */

/* Rights of who can change a file or directory, or what is in it. */
#define WRITING \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | \
	    WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)

/* Rights of who can put another directory in its place, or in that of one that is in it. */
#define MOVING (FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL)

/* NT SERVICE\TrustedInstaller */
#define INSTALLER L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

/* Users for everybody, who keep the right to read. */
#define USERS "S-1-5-32-545"

struct dir *
way_open(const char *path, struct err *e)
{
	return dir_open(path, e);
}

struct dir *
way_make(const char *path, unsigned mode, struct err *e)
{
	return dir_make(path, mode, e);
}

static bool
is_installer(PSID sid)
{
	PSID installer = NULL;
	bool is = ConvertStringSidToSidW(INSTALLER, &installer) && EqualSid(sid, installer);

	LocalFree(installer);
	return is;
}

/* The last two stand for the owner, who is looked at anyway. */
static bool
is_trusted(PSID sid, PSID self)
{
	return (self != NULL && EqualSid(sid, self)) ||
	    IsWellKnownSid(sid, WinBuiltinAdministratorsSid) ||
	    IsWellKnownSid(sid, WinLocalSystemSid) || is_installer(sid) ||
	    IsWellKnownSid(sid, WinCreatorOwnerSid) ||
	    IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

/* Names that Windows translates; others would have to be asked for, maybe of a domain. */
static const char *
known_name(PSID sid)
{
	static const struct {
		WELL_KNOWN_SID_TYPE type;
		const char *name;
	} names[] = {
		{ WinWorldSid, "everybody" },
		{ WinAuthenticatedUserSid, "everybody who logs in" },
		{ WinInteractiveSid, "everybody at this computer" },
		{ WinBuiltinUsersSid, "the users of this computer" },
	};

	for (size_t i = 0; i < N(names); i++)
		if (IsWellKnownSid(sid, names[i].type))
			return names[i].name;
	return "user or group";
}

static int
sid_text(PSID sid, struct buf *out, struct err *e)
{
	wchar_t *text = NULL;
	int rc;

	if (!ConvertSidToStringSidW(sid, &text))
		return err_windows(e, GetLastError(), "a user of an access list");
	rc = wide_add(out, text, e);
	LocalFree(text);
	return rc;
}

/* Name a user, unless who has it, and take its entry away in mend. */
static int
add_writer(PSID sid, bool owner, struct buf *who, struct buf *mend, struct err *e)
{
	struct buf text = BUF_INIT(WHO_MAX);
	int rc = sid_text(sid, &text, e);

	if (rc == 0 && (who->len == 0 || strstr(buf_text(who), buf_text(&text)) == NULL))
		rc = buf_addf(who, e, "%s%s %s", who->len > 0 ? ", " : "", known_name(sid),
		    buf_text(&text));
	if (rc == 0 && !owner && mend != NULL && strcmp(buf_text(&text), USERS) != 0 &&
	    (mend->len == 0 || strstr(buf_text(mend), buf_text(&text)) == NULL))
		rc = buf_addf(mend, e, " /remove:g \"*%s\"", buf_text(&text));
	buf_free(&text);
	return rc;
}

enum entries { OF_ITSELF, INHERITED, TO_MOVE };

/* The user whom an entry lets write, or move; NULL: it lets nobody. */
static PSID
lets_change(ACE_HEADER *ace, enum entries which)
{
	ACCESS_ALLOWED_ACE *allowed = (ACCESS_ALLOWED_ACE *)(void *)ace;
	BYTE down = ace->AceFlags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);

	if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE &&
	    ace->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE)
		return NULL;
	if ((down == 0 && which == INHERITED) ||
	    ((down == 0 || which == TO_MOVE) && (ace->AceFlags & INHERIT_ONLY_ACE) != 0))
		return NULL;
	return (allowed->Mask & (which == TO_MOVE ? MOVING : WRITING)) != 0
	    ? (PSID)&allowed->SidStart
	    : NULL;
}

static int
add_users(PSECURITY_DESCRIPTOR sd, PSID self, enum entries which, struct buf *who, struct buf *mend,
    struct err *e)
{
	BOOL defaulted, present = FALSE;
	PSID owner = NULL, sid;
	PACL acl = NULL;
	void *ace;
	int rc = 0;

	if (!GetSecurityDescriptorOwner(sd, &owner, &defaulted) ||
	    !GetSecurityDescriptorDacl(sd, &present, &acl, &defaulted))
		return err_windows(e, GetLastError(), "an access list");
	if (which != INHERITED && owner != NULL && !is_trusted(owner, self))
		rc = add_writer(owner, true, who, mend, e);
	if (rc == 0 && (!present || acl == NULL))
		return buf_addf(who, e, "%severybody", who->len > 0 ? ", " : "");
	for (DWORD i = 0; rc == 0 && i < acl->AceCount; i++)
		if (GetAce(acl, i, &ace) && (sid = lets_change(ace, which)) != NULL &&
		    !is_trusted(sid, self))
			rc = add_writer(sid, false, who, mend, e);
	return rc;
}

int
windows_writers(PSECURITY_DESCRIPTOR sd, PSID self, bool inherited, struct buf *who,
    struct buf *mend, struct err *e)
{
	return add_users(sd, self, inherited ? INHERITED : OF_ITSELF, who, mend, e);
}

int
windows_movers(PSECURITY_DESCRIPTOR sd, PSID self, struct buf *who, struct buf *mend, struct err *e)
{
	return add_users(sd, self, TO_MOVE, who, mend, e);
}

enum way_others
windows_others(PSECURITY_DESCRIPTOR sd, PSID self)
{
	struct buf who = BUF_INIT(WHO_MAX);
	BOOL defaulted;
	PSID owner = NULL;
	enum way_others others = WAY_NOBODY;
	struct err e;

	if (!GetSecurityDescriptorOwner(sd, &owner, &defaulted) || owner == NULL ||
	    !is_trusted(owner, self))
		others = WAY_OWNS;
	else if (windows_writers(sd, self, false, &who, NULL, &e) == -1 || who.len > 0)
		others = WAY_MAY_WRITE;
	buf_free(&who);
	return others;
}

/* The descriptor of what is open, for LocalFree(), and this process's user, for free(); or NULL. */
static PSECURITY_DESCRIPTOR
look_at(HANDLE h, TOKEN_USER **self)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	HANDLE token;
	DWORD n = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE;

	if ((*self = malloc(n)) == NULL)
		return NULL;
	if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
		if (!GetTokenInformation(token, TokenUser, *self, n, &n) ||
		    GetSecurityInfo(h, SE_FILE_OBJECT,
			OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL, NULL,
			NULL, &sd) != 0)
			sd = NULL;
		CloseHandle(token);
	}
	if (sd == NULL)
		free(*self);
	return sd;
}

static HANDLE
open_directory(const char *path)
{
	struct err ignored;
	wchar_t *w = wide_path(path, &ignored);
	HANDLE h = w == NULL ? INVALID_HANDLE_VALUE : file_open_path(w);

	free(w);
	return h;
}

/* Open a directory, or where it isn't there the nearest one above it, to which path is cut then. */
static HANDLE
open_nearest(char *path, bool *missing)
{
	HANDLE h = open_directory(path);

	while (h == INVALID_HANDLE_VALUE && path[path_root(path)] != '\0') {
		*missing = true;
		if (path_cut(path) == NULL)
			path[path_root(path)] = '\0';
		h = open_directory(path);
	}
	return h;
}

static int
add_remedy(const char *path, bool missing, bool owned, const struct buf *entries, struct buf *out,
    struct err *e)
{
	struct buf native = BUF_INIT(WHO_MAX);
	int rc = buf_adds(&native, path, e);

	if (rc == 0)
		path_native((char *)native.data);
	if (rc == 0 && missing)
		rc = buf_addf(out, e, "mkdir \"%s\", and ", buf_text(&native));
	if (rc == 0 && owned)
		rc = buf_addf(out, e, "icacls \"%s\" /setowner \"*S-1-5-32-544\", and ",
		    buf_text(&native));
	if (rc == 0)
		rc = buf_addf(out, e,
		    "icacls \"%s\" /inheritance:r /grant:r \"*S-1-5-18:(OI)(CI)F\" "
		    "\"*S-1-5-32-544:(OI)(CI)F\" \"*" USERS ":(OI)(CI)RX\"%s",
		    buf_text(&native), entries->len == 0 ? "" : buf_text(entries));
	buf_free(&native);
	return rc;
}

int
way_writers(const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	struct buf entries = BUF_INIT(WHO_MAX);
	char *at = strdup(path);
	bool missing = false;
	TOKEN_USER *self;
	PSECURITY_DESCRIPTOR sd;
	HANDLE h;
	int rc = 0;

	if (at == NULL)
		return err_nomem(e);
	h = open_nearest(at, &missing);
	free(at);
	if (h == INVALID_HANDLE_VALUE)
		return 0;
	if ((sd = look_at(h, &self)) != NULL) {
		rc = windows_writers(sd, self->User.Sid, missing, who, &entries, e);
		if (rc == 0 && who->len > 0 && mend != NULL)
			rc = add_remedy(path, missing,
			    !missing && windows_others(sd, self->User.Sid) == WAY_OWNS, &entries,
			    mend, e);
		LocalFree(sd);
		free(self);
	}
	CloseHandle(h);
	buf_free(&entries);
	return rc;
}

/* way_movers() of one directory. */
static int
movers_of(const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	struct buf entries = BUF_INIT(WHO_MAX);
	HANDLE h = open_directory(path);
	PSECURITY_DESCRIPTOR sd;
	TOKEN_USER *self;
	int rc = 0;

	if (h == INVALID_HANDLE_VALUE)
		return 0;
	if ((sd = look_at(h, &self)) != NULL) {
		rc = windows_movers(sd, self->User.Sid, who, &entries, e);
		if (rc == 0 && who->len > 0)
			rc = add_remedy(path, false, windows_others(sd, self->User.Sid) == WAY_OWNS,
			    &entries, mend, e);
		LocalFree(sd);
		free(self);
	}
	CloseHandle(h);
	buf_free(&entries);
	return rc;
}

int
way_movers(const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	char *at = strdup(path);
	int rc = 0;

	if (at == NULL)
		return err_nomem(e);
	/* Where lists are made of modes, /tmp isn't sticky. */
	while (rc == 0 && who->len == 0 && !windows_lists_made_up() && path_cut(at) != NULL)
		rc = movers_of(at, who, mend, e);
	free(at);
	return rc;
}

enum way_others
way_others(struct dir *d, const char *name)
{
	struct file_how how = { READ_CONTROL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, false };
	enum way_others others = WAY_NOBODY;
	PSECURITY_DESCRIPTOR sd;
	TOKEN_USER *self;
	HANDLE h;

	if (file_open_at(d, name, &how, &h) != 0)
		return WAY_NOBODY;
	if ((sd = look_at(h, &self)) != NULL) {
		others = windows_others(sd, self->User.Sid);
		LocalFree(sd);
		free(self);
	}
	CloseHandle(h);
	return others;
}
