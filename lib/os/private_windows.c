/* SPDX-License-Identifier: ISC */
/* Owners and access lists of open files and directories. */
#include "lib/os/private_windows.h"

#include <stdio.h>
#include <stdlib.h>
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

/* Append the UTF-8 of a text of the system's, which is released. */
static DWORD
take_text(struct buf *out, wchar_t *text)
{
	struct err e;
	int rc = wide_add(out, text, &e);

	LocalFree(text);
	return rc == 0 ? 0 : ERROR_OUTOFMEMORY;
}

DWORD
windows_self(struct buf *out)
{
	wchar_t *sid = NULL;
	union user u;
	DWORD error = user_of_process(&u);

	if (error == 0 && !ConvertSidToStringSidW(u.token.User.Sid, &sid))
		error = GetLastError();
	return error == 0 ? take_text(out, sid) : error;
}

DWORD
windows_list(HANDLE h, struct buf *out)
{
	const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	PSECURITY_DESCRIPTOR sd = NULL;
	wchar_t *text = NULL;
	DWORD error = GetSecurityInfo(h, SE_FILE_OBJECT, what, NULL, NULL, NULL, NULL, &sd);

	if (error == 0 &&
	    !ConvertSecurityDescriptorToStringSecurityDescriptorW(sd, SDDL_REVISION_1, what, &text,
		NULL))
		error = GetLastError();
	LocalFree(sd);
	return error == 0 ? take_text(out, text) : error;
}

/* The descriptor of a text, to be freed with LocalFree(); NULL with GetLastError(). */
static PSECURITY_DESCRIPTOR
descriptor_of(const char *text)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	struct err e;
	wchar_t *w = wide_of(text, &e);
	DWORD error = 0;

	if (w == NULL)
		error = ERROR_OUTOFMEMORY;
	else if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(w, SDDL_REVISION_1, &sd,
		     NULL)) {
		error = GetLastError();
		sd = NULL;
	}
	free(w);
	SetLastError(error);
	return sd;
}

/* Whether an open file has the owner of a descriptor. */
static bool
has_owner(HANDLE h, PSID owner)
{
	PSECURITY_DESCRIPTOR now = NULL;
	PSID is = NULL;
	bool same = GetSecurityInfo(h, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &is, NULL, NULL,
			NULL, &now) == 0 &&
	    EqualSid(is, owner);

	LocalFree(now);
	return same;
}

/*
 * SetSecurityInfo() would add what the directory hands down in which the file is now, and that may
 * be the private one of an update.
 */
DWORD
windows_set_list(HANDLE h, const char *text, bool owner)
{
	PSECURITY_DESCRIPTOR sd = descriptor_of(text);
	SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION;
	SECURITY_DESCRIPTOR_CONTROL control = 0;
	DWORD revision, error = 0;
	BOOL defaulted;
	PSID sid = NULL;

	if (sd == NULL)
		return GetLastError();
	if (!GetSecurityDescriptorControl(sd, &control, &revision) ||
	    !GetSecurityDescriptorOwner(sd, &sid, &defaulted))
		error = GetLastError();
	what |= (control & SE_DACL_PROTECTED) != 0 ? PROTECTED_DACL_SECURITY_INFORMATION
						   : UNPROTECTED_DACL_SECURITY_INFORMATION;
	if (owner && sid != NULL && !has_owner(h, sid))
		what |= OWNER_SECURITY_INFORMATION;
	if (error == 0 && !SetKernelObjectSecurity(h, what, sd))
		error = GetLastError();
	LocalFree(sd);
	return error;
}

void
windows_use_any_file(bool on)
{
	static const wchar_t *const names[] = { SE_BACKUP_NAME, SE_RESTORE_NAME,
		SE_TAKE_OWNERSHIP_NAME };
	HANDLE token;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
		return;
	for (size_t i = 0; i < N(names); i++) {
		TOKEN_PRIVILEGES p = { .PrivilegeCount = 1,
			.Privileges[0].Attributes = on ? SE_PRIVILEGE_ENABLED : 0 };

		if (LookupPrivilegeValueW(NULL, names[i], &p.Privileges[0].Luid))
			AdjustTokenPrivileges(token, FALSE, &p, 0, NULL, NULL);
	}
	CloseHandle(token);
}

bool
windows_lists_made_up(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/* The text of a private list for what is made in parent. */
static DWORD
private_text(HANDLE parent, struct buf *out)
{
	struct buf self = BUF_INIT(ACL_TEXT_MAX), directory = BUF_INIT(ACL_TEXT_MAX);
	struct acl_file f = { .kind = ACL_PRIVATE, .privileged = place_privileged() };
	DWORD error = windows_self(&self);
	struct err e;

	/* A file system may have no lists. */
	if (parent != NULL && windows_list(parent, &directory) == 0)
		f.directory = buf_text(&directory);
	f.self = buf_text(&self);
	if (error == 0 && acl_choose(&f, out, &e) == -1)
		error = ERROR_OUTOFMEMORY;
	buf_free(&self);
	buf_free(&directory);
	return error;
}

PSECURITY_DESCRIPTOR
windows_private(HANDLE parent)
{
	struct buf text = BUF_INIT(ACL_TEXT_MAX);
	DWORD error = private_text(parent, &text);
	PSECURITY_DESCRIPTOR sd = NULL;

	if (error == 0 && (sd = descriptor_of(buf_text(&text))) == NULL)
		error = GetLastError();
	buf_free(&text);
	SetLastError(error);
	return sd;
}

PSECURITY_DESCRIPTOR
windows_shared(void)
{
	const struct acl_file f = { .kind = ACL_SHARED, .self = "" };
	struct buf text = BUF_INIT(ACL_TEXT_MAX);
	PSECURITY_DESCRIPTOR sd = NULL;
	DWORD error = 0;
	struct err e;

	if (acl_choose(&f, &text, &e) == -1)
		error = ERROR_OUTOFMEMORY;
	else if ((sd = descriptor_of(buf_text(&text))) == NULL)
		error = GetLastError();
	buf_free(&text);
	SetLastError(error);
	return sd;
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
windows_make_private(HANDLE h, HANDLE parent)
{
	struct buf text = BUF_INIT(ACL_TEXT_MAX);
	DWORD error = private_text(parent, &text);

	if (error == 0)
		error = windows_set_list(h, buf_text(&text), false);
	buf_free(&text);
	return error;
}

DWORD
windows_drop_accounts(HANDLE h)
{
	const struct acl_rule rule = { .secret = true };
	struct buf text = BUF_INIT(ACL_TEXT_MAX), mended = BUF_INIT(ACL_TEXT_MAX);
	DWORD error = windows_list(h, &text);
	struct err e;

	if (error == 0 && acl_judge(buf_text(&text), &rule) == ACL_ACCOUNT)
		error = acl_mend(buf_text(&text), &rule, &mended, &e) == -1
		    ? ERROR_OUTOFMEMORY
		    : windows_set_list(h, buf_text(&mended), true);
	buf_free(&text);
	buf_free(&mended);
	return error;
}

const char *
windows_pasted(const char *path, char out[FILE_SHOWN_MAX])
{
	snprintf(out, FILE_SHOWN_MAX, "%s", path);
	path_native(out);
	return out;
}

/* What a message says of a file that others can use, and how that is mended. */
static int
refuse_private(const char *where, enum acl_fault fault, const char *self, struct err *e)
{
	bool admin = place_privileged();
	char room[FILE_SHOWN_MAX], owner[FILE_SHOWN_MAX + 64] = "";
	const char *file = windows_pasted(where, room);
	char user[2 * SECURITY_MAX_SID_SIZE + 64] = "";

	if (admin && fault == ACL_OWNER)
		snprintf(owner, sizeof owner, "icacls \"%s\" /setowner \"*S-1-5-32-544\", ", file);
	if (!admin)
		snprintf(user, sizeof user, " \"*%s:F\"", self);
	return err_setx(e, ERR_ACCESS,
	    "%s: want one that only its owner, administrators and the system can use, got one %s; "
	    "one after the other: %sicacls \"%s\" /reset, icacls \"%s\" /inheritance:r /grant:r "
	    "\"*S-1-5-18:F\" \"*S-1-5-32-544:F\"%s",
	    where, fault == ACL_OWNER ? "of another owner" : "that others can use", owner, file,
	    file, user);
}

int
windows_check_private(HANDLE h, const char *where, struct err *e)
{
	struct buf text = BUF_INIT(ACL_TEXT_MAX), self = BUF_INIT(ACL_TEXT_MAX);
	struct acl_rule rule = { .secret = true };
	enum acl_fault fault;
	DWORD error = windows_self(&self);
	int rc = 0;

	if (error == 0)
		error = windows_list(h, &text);
	rule.self = buf_text(&self);
	if (error != 0)
		rc = err_windows(e, error, "%s: who may use it", where);
	else if ((fault = acl_judge(buf_text(&text), &rule)) != ACL_GOOD)
		rc = refuse_private(where, fault, rule.self, e);
	buf_free(&text);
	buf_free(&self);
	return rc;
}
