/* SPDX-License-Identifier: ISC */
/* What this user, administrators and the system alone may use. */
#include "lib/os/private_windows.h"

#include <stdbool.h>
#include <stdio.h>

#include <aclapi.h>
#include <sddl.h>

#include "lib/base/list.h"

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

PSECURITY_DESCRIPTOR
windows_private(void)
{
	wchar_t text[256], *sid = NULL;
	PSECURITY_DESCRIPTOR sd = NULL;
	union user u;
	DWORD error = user_of_process(&u);

	if (error == 0 && ConvertSidToStringSidW(u.token.User.Sid, &sid)) {
		swprintf(text, N(text), L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%ls)",
		    sid);
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

/*
 * Whether an entry of an access list gives rights to somebody other than us, administrators and the
 * system.
 */
static bool
lets_others_in(ACE_HEADER *ace, PSID self)
{
	ACCESS_ALLOWED_ACE *allowed = (ACCESS_ALLOWED_ACE *)(void *)ace;
	PSID sid = &allowed->SidStart;

	if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE || (ace->AceFlags & INHERIT_ONLY_ACE) != 0)
		return false;
	if ((allowed->Mask &
		(FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | WRITE_DAC | WRITE_OWNER |
		    GENERIC_READ | GENERIC_WRITE | GENERIC_ALL)) == 0)
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

		if (!GetAce(acl, i, &ace) || lets_others_in(ace, self))
			rc = err_setx(e, ERR_ACCESS,
			    "%s: want one that only its owner and administrators can use (icacls FILE /inheritance:r "
			    "/grant:r %%USERNAME%%:F), got one that others can use",
			    where);
	}
	LocalFree(sd);
	return rc;
}
