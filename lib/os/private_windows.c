/* SPDX-License-Identifier: ISC */
/* What this user, administrators and the system alone may use. */
#include "lib/os/private_windows.h"

#include <stdio.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>

#include "lib/base/list.h"
#include "lib/os/path.h"
#include "lib/os/places.h"

/* This process's user. */
union user {
	TOKEN_USER token;
	uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};

/* 0 or a Windows error. */
static DWORD
user_of_process(union user *u)
{
	HANDLE token;
	DWORD n, error = 0;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return GetLastError();
	if (!GetTokenInformation(token, TokenUser, u, sizeof *u, &n))
		error = GetLastError();
	CloseHandle(token);
	return error;
}

void
windows_sddl(bool shared, const wchar_t *user, wchar_t out[WINDOWS_SDDL_SIZE])
{
	if (shared)
		swprintf(out, WINDOWS_SDDL_SIZE,
		    L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)");
	else
		swprintf(out, WINDOWS_SDDL_SIZE,
		    L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%ls)", user);
}

static PSECURITY_DESCRIPTOR
descriptor(bool shared)
{
	wchar_t text[WINDOWS_SDDL_SIZE], *sid = NULL;
	PSECURITY_DESCRIPTOR sd = NULL;
	union user u;
	DWORD error = user_of_process(&u);

	if (error == 0 && ConvertSidToStringSidW(u.token.User.Sid, &sid)) {
		windows_sddl(shared, sid, text);
		if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1,
			&sd, NULL))
			sd = NULL;
	}
	if (error == 0)
		error = GetLastError();
	LocalFree(sid);
	SetLastError(error);
	return sd;
}

PSECURITY_DESCRIPTOR
windows_private(void)
{
	return descriptor(false);
}

PSECURITY_DESCRIPTOR
windows_shared(void)
{
	return descriptor(true);
}

bool
windows_in_programdata(const char *path)
{
	struct buf b = BUF_INIT(4 * MAX_PATH);
	struct err ignored;
	bool in = false;

	if (place_known("ProgramData", strlen("ProgramData"), &b, &ignored) == 1) {
		path_slashes((char *)b.data);
		in = strlen(path) > b.len + 1 && _strnicmp(path, buf_text(&b), b.len) == 0 &&
		    path[b.len] == '/';
	}
	buf_free(&b);
	return in;
}

DWORD
windows_make_private(HANDLE h)
{
	PSECURITY_DESCRIPTOR sd = windows_private();
	BOOL present, defaulted;
	PACL acl = NULL;
	DWORD error;

	if (sd == NULL || !GetSecurityDescriptorDacl(sd, &present, &acl, &defaulted))
		error = GetLastError();
	else
		error = SetSecurityInfo(h, SE_FILE_OBJECT,
		    DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL,
		    acl, NULL);
	LocalFree(sd);
	return error;
}

/* Rights of who can change something, or read it. */
#define CHANGING \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | \
	    WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)
#define READING (FILE_READ_DATA | GENERIC_READ)

/*
 * Whether an entry of an access list gives some of these rights to somebody other than us,
 * administrators and the system.
 */
static bool
lets_others_in(ACE_HEADER *ace, PSID self, DWORD rights)
{
	ACCESS_ALLOWED_ACE *allowed = (ACCESS_ALLOWED_ACE *)(void *)ace;
	PSID sid = &allowed->SidStart;

	if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE || (ace->AceFlags & INHERIT_ONLY_ACE) != 0)
		return false;
	if ((allowed->Mask & rights) == 0)
		return false;
	return !EqualSid(sid, self) && !IsWellKnownSid(sid, WinBuiltinAdministratorsSid) &&
	    !IsWellKnownSid(sid, WinLocalSystemSid) &&
	    !IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

int
windows_check_private(HANDLE h, const char *where, struct err *e)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	PSID owner, self;
	union user u;
	PACL acl;
	DWORD error = user_of_process(&u);
	int rc = 0;

	if (error != 0)
		return err_windows(e, error, "who this process is");
	error = GetSecurityInfo(h, SE_FILE_OBJECT,
	    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &acl, NULL, &sd);
	if (error != 0)
		return err_windows(e, error, "%s: who may use it", where);
	self = u.token.User.Sid;
	if (!EqualSid(owner, self) && !IsWellKnownSid(owner, WinBuiltinAdministratorsSid) &&
	    !IsWellKnownSid(owner, WinLocalSystemSid))
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want one of this user or of administrators, got another owner", where);
	else if (acl == NULL)
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want one for its owner alone, got one for everybody", where);
	for (DWORD i = 0; rc == 0 && i < acl->AceCount; i++) {
		void *ace;

		if (!GetAce(acl, i, &ace) || lets_others_in(ace, self, CHANGING | READING))
			rc = err_setx(e, ERR_ACCESS,
			    "%s: want one that only its owner and administrators can use (icacls FILE /inheritance:r "
			    "/grant:r %%USERNAME%%:F), got one that others can use",
			    where);
	}
	LocalFree(sd);
	return rc;
}

/* Services of Windows that install themselves own what they install. */
static bool
is_trusted_installer(PSID owner)
{
	PSID installer = NULL;
	bool is =
	    ConvertStringSidToSidW(
		L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", &installer) &&
	    EqualSid(owner, installer);

	LocalFree(installer);
	return is;
}

int
windows_check_owned(HANDLE h, const char *where, struct err *e)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	PSID owner, self;
	union user u;
	PACL acl;
	DWORD error = user_of_process(&u);
	bool good;

	if (error == 0)
		error = GetSecurityInfo(h, SE_FILE_OBJECT,
		    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &acl,
		    NULL, &sd);
	if (error != 0)
		return err_windows(e, error, "%s: who may change it", where);
	self = u.token.User.Sid;
	good = EqualSid(owner, self) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
	    IsWellKnownSid(owner, WinLocalSystemSid) || is_trusted_installer(owner);
	if (!good)
		err_setx(e, ERR_UNSAFE,
		    "%s: want one of administrators or the system, got another owner; look at what it "
		    "holds, then: icacls \"%s\" /setowner *S-1-5-32-544 /T",
		    where, where);
	for (DWORD i = 0; good && (acl == NULL || i < acl->AceCount); i++) {
		void *ace;

		if (acl != NULL && GetAce(acl, i, &ace) && !lets_others_in(ace, self, CHANGING))
			continue;
		good = false;
		err_setx(e, ERR_UNSAFE,
		    "%s: want one that only administrators can change, got one that others can; look "
		    "at what it holds, then: icacls \"%s\" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F "
		    "*S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX",
		    where, where);
	}
	LocalFree(sd);
	return good ? 0 : -1;
}
