/* SPDX-License-Identifier: ISC */
/*
 * Confinement on Windows: a restricted token of low integrity and a job, both from the parent, and
 * the measures that a process takes by itself.  struct confined is filled in with what the system
 * says of this process, not with what was asked for.
 */
#include "lib/os/confine_windows.h"

#include <aclapi.h>
#include <stdlib.h>

#include "lib/base/list.h"

/* Memory of a program at its start: its image, the system's libraries, heaps. */
#define START_MEMORY (32u * 1024 * 1024)

/* Groups of one token that are looked at, and privileges. */
#define GROUPS_MAX  1000u
#define GROUPS_ROOM 65536u

/* The LUID of SE_CHANGE_NOTIFY_NAME. */
#define CHANGE_NOTIFY 23u

#define UI_ALL \
	(JOB_OBJECT_UILIMIT_DESKTOP | JOB_OBJECT_UILIMIT_DISPLAYSETTINGS | \
	    JOB_OBJECT_UILIMIT_EXITWINDOWS | JOB_OBJECT_UILIMIT_GLOBALATOMS | \
	    JOB_OBJECT_UILIMIT_HANDLES | JOB_OBJECT_UILIMIT_READCLIPBOARD | \
	    JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS | JOB_OBJECT_UILIMIT_WRITECLIPBOARD)

struct sid {
	union {
		SID sid;
		uint8_t room[SECURITY_MAX_SID_SIZE];
	} u;
};

bool
confine_sanitized(void)
{
	return false;
}

static bool
well_known(WELL_KNOWN_SID_TYPE type, struct sid *out)
{
	DWORD size = sizeof out->u;

	return CreateWellKnownSid(type, NULL, &out->u.sid, &size);
}

/* Information about a token, of any length, to be freed; NULL on failure. */
static void *
token_information(HANDLE token, TOKEN_INFORMATION_CLASS what)
{
	void *info = malloc(GROUPS_ROOM);
	DWORD n;

	if (info == NULL || GetTokenInformation(token, what, info, GROUPS_ROOM, &n))
		return info;
	free(info);
	return NULL;
}

static bool
is_logon(const SID_AND_ATTRIBUTES *group)
{
	return (group->Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID;
}

/* The groups that keep their rights: those of the whole session. */
static bool
is_common(const SID_AND_ATTRIBUTES *group)
{
	return is_logon(group) || (group->Attributes & SE_GROUP_INTEGRITY) != 0 ||
	    IsWellKnownSid(group->Sid, WinWorldSid) ||
	    IsWellKnownSid(group->Sid, WinBuiltinUsersSid);
}

/*
 * Windows checks access twice: by the groups that are left, and again by these groups alone, which
 * don't include this user.  So the child can open the system's libraries, but no file of a user's
 * profile.
 */
static bool
restrict_token(HANDLE own, HANDLE *out)
{
	static const WELL_KNOWN_SID_TYPE types[] = { WinWorldSid, WinBuiltinUsersSid,
		WinRestrictedCodeSid };
	enum { TYPES = N(types) };
	TOKEN_GROUPS *groups = token_information(own, TokenGroups);
	SID_AND_ATTRIBUTES *off, allowed[TYPES + 1] = { { NULL, 0 } };
	struct sid sids[TYPES];
	DWORD noff = 0, nallowed = 0;
	bool ok = groups != NULL && groups->GroupCount <= GROUPS_MAX;

	if ((off = calloc(GROUPS_MAX, sizeof *off)) == NULL)
		ok = false;
	for (DWORD i = 0; i < TYPES && ok; i++) {
		ok = well_known(types[i], &sids[i]);
		allowed[nallowed++].Sid = &sids[i].u.sid;
	}
	for (DWORD i = 0; ok && i < groups->GroupCount; i++)
		if (!is_common(&groups->Groups[i]))
			off[noff++].Sid = groups->Groups[i].Sid;
		else if (is_logon(&groups->Groups[i]) && nallowed == TYPES)
			allowed[nallowed++].Sid = groups->Groups[i].Sid;
	ok = ok &&
	    CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, noff, off, 0, NULL, nallowed, allowed,
		out);
	free(off);
	free(groups);
	return ok;
}

/* The child must pass the second check for objects that it makes itself. */
static bool
let_own_objects(HANDLE token)
{
	TOKEN_DEFAULT_DACL *was = token_information(token, TokenDefaultDacl), now = { NULL };
	EXPLICIT_ACCESSW access = { GENERIC_ALL, GRANT_ACCESS, NO_INHERITANCE,
		{ NULL, NO_MULTIPLE_TRUSTEE, TRUSTEE_IS_SID, TRUSTEE_IS_UNKNOWN, NULL } };
	struct sid restricted;
	bool ok = was != NULL && well_known(WinRestrictedCodeSid, &restricted);

	access.Trustee.ptstrName = (wchar_t *)&restricted.u.sid;
	ok = ok &&
	    SetEntriesInAclW(1, &access, was->DefaultDacl, &now.DefaultDacl) == ERROR_SUCCESS &&
	    SetTokenInformation(token, TokenDefaultDacl, &now, sizeof now);
	LocalFree(now.DefaultDacl);
	free(was);
	return ok;
}

static bool
lower_integrity(HANDLE token)
{
	struct sid low;
	TOKEN_MANDATORY_LABEL label = { { &low.u.sid, SE_GROUP_INTEGRITY } };

	return well_known(WinLowLabelSid, &low) &&
	    SetTokenInformation(token, TokenIntegrityLevel, &label,
		(DWORD)sizeof label + GetLengthSid(&low.u.sid));
}

HANDLE
confine_token(void)
{
	HANDLE own, token = NULL;

	if (!OpenProcessToken(GetCurrentProcess(),
		TOKEN_DUPLICATE | TOKEN_QUERY | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT, &own))
		return NULL;
	if (restrict_token(own, &token) && (!let_own_objects(token) || !lower_integrity(token))) {
		CloseHandle(token);
		token = NULL;
	}
	CloseHandle(own);
	return token;
}

HANDLE
confine_job(const struct confine_want *want, struct err *e)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION l = {
		.BasicLimitInformation = { .LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
			JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |
			JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
		    .ActiveProcessLimit = 1 }
	};
	HANDLE job = CreateJobObjectW(NULL, NULL);

	if (want != NULL && want->memory > 0) {
		l.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
		l.ProcessMemoryLimit = (SIZE_T)(START_MEMORY + want->memory);
	}
	if (want != NULL && want->cpu_seconds > 0) {
		l.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_TIME;
		l.BasicLimitInformation.PerProcessUserTimeLimit.QuadPart =
		    (LONGLONG)want->cpu_seconds * 10000000;
	}
	if (job != NULL &&
	    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &l, sizeof l))
		return job;
	err_windows(e, GetLastError(), "job");
	if (job != NULL)
		CloseHandle(job);
	return NULL;
}

void
confine_desktop(HANDLE job)
{
	JOBOBJECT_BASIC_UI_RESTRICTIONS ui = { UI_ALL };

	SetInformationJobObject(job, JobObjectBasicUIRestrictions, &ui, sizeof ui);
}

/* The token that this process has can't be restricted any more. */
int
confine_drop_user(struct err *e)
{
	(void)e;
	return IsTokenRestricted(GetCurrentProcessToken()) ? 1 : 0;
}

/* Give up privileges of this process, in case the parent got no restricted token. */
static void
lower_self(void)
{
	TOKEN_PRIVILEGES *held;
	HANDLE token;

	if (!OpenProcessToken(GetCurrentProcess(),
		TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES | TOKEN_ADJUST_DEFAULT, &token))
		return;
	if ((held = token_information(token, TokenPrivileges)) != NULL) {
		for (DWORD i = 0; i < held->PrivilegeCount; i++)
			held->Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
		AdjustTokenPrivileges(token, FALSE, held, 0, NULL, NULL);
	}
	free(held);
	lower_integrity(token);
	CloseHandle(token);
}

static void
refuse_code(void)
{
	PROCESS_MITIGATION_DYNAMIC_CODE_POLICY dynamic = { .ProhibitDynamicCode = 1 };
	PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY extensions = { .DisableExtensionPoints =
									     1 };
	PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = { .NoRemoteImages = 1,
		.NoLowMandatoryLabelImages = 1,
		.PreferSystem32Images = 1 };

	SetProcessMitigationPolicy(ProcessExtensionPointDisablePolicy, &extensions,
	    sizeof extensions);
	SetProcessMitigationPolicy(ProcessImageLoadPolicy, &images, sizeof images);
	SetProcessMitigationPolicy(ProcessDynamicCodePolicy, &dynamic, sizeof dynamic);
}

static bool
has_no_privileges(void)
{
	TOKEN_PRIVILEGES *held = token_information(GetCurrentProcessToken(), TokenPrivileges);
	bool none = held != NULL;

	/* All programs have the right to walk through directories that they can't list. */
	for (DWORD i = 0; none && i < held->PrivilegeCount; i++)
		none = held->Privileges[i].Luid.LowPart == CHANGE_NOTIFY &&
		    held->Privileges[i].Luid.HighPart == 0;
	free(held);
	return none;
}

static bool
has_low_integrity(void)
{
	TOKEN_MANDATORY_LABEL *label =
	    token_information(GetCurrentProcessToken(), TokenIntegrityLevel);
	bool low =
	    label != NULL && *GetSidSubAuthority(label->Label.Sid, 0) <= SECURITY_MANDATORY_LOW_RID;

	free(label);
	return low;
}

/* Read the limits of the job that this process is in. */
static void
look_at_job(const struct confine_want *want, struct confined *out)
{
	const DWORD needed = JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
	    (want->cpu_seconds > 0 ? JOB_OBJECT_LIMIT_PROCESS_TIME : 0);
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION l = { .ProcessMemoryLimit = 0 };
	JOBOBJECT_BASIC_UI_RESTRICTIONS ui = { 0 };
	DWORD flags;

	if (QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &l, sizeof l,
		NULL)) {
		flags = l.BasicLimitInformation.LimitFlags;
		out->limits =
		    (flags & needed) == needed && l.BasicLimitInformation.ActiveProcessLimit == 1;
		out->memory = want->memory > 0 && (flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) != 0 &&
		    l.ProcessMemoryLimit <= START_MEMORY + want->memory;
	}
	if (QueryInformationJobObject(NULL, JobObjectBasicUIRestrictions, &ui, sizeof ui, NULL))
		out->desktop = (ui.UIRestrictionsClass & UI_ALL) == UI_ALL;
}

static bool
refuses_code(void)
{
	PROCESS_MITIGATION_DYNAMIC_CODE_POLICY dynamic = { .Flags = 0 };
	PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY extensions = { .Flags = 0 };
	PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = { .Flags = 0 };
	HANDLE self = GetCurrentProcess();

	return GetProcessMitigationPolicy(self, ProcessDynamicCodePolicy, &dynamic,
		   sizeof dynamic) &&
	    GetProcessMitigationPolicy(self, ProcessExtensionPointDisablePolicy, &extensions,
		sizeof extensions) &&
	    GetProcessMitigationPolicy(self, ProcessImageLoadPolicy, &images, sizeof images) &&
	    dynamic.ProhibitDynamicCode && extensions.DisableExtensionPoints &&
	    images.NoRemoteImages && images.NoLowMandatoryLabelImages;
}

void
confine(const struct confine_want *want, struct confined *out)
{
	*out = (struct confined){ .limits = false };
	lower_self();
	refuse_code();
	out->token = IsTokenRestricted(GetCurrentProcessToken());
	out->integrity = has_low_integrity();
	out->privileges = has_no_privileges();
	out->code = refuses_code();
	look_at_job(want, out);
}

bool
confined_fully(const struct confined *c)
{
	return c->token && c->integrity && c->privileges && c->memory && c->limits && c->desktop &&
	    c->code;
}

int
confined_format(const struct confined *c, struct buf *out, struct err *e)
{
	return buf_addf(out, e, "%s, %s, %s, %s, %s, %s, %s",
	    c->token ? "restricted token" : "no restricted token",
	    c->integrity ? "low integrity" : "integrity as it was",
	    c->privileges ? "no privileges" : "privileges as they were",
	    c->memory ? "memory limit" : "no memory limit", c->limits ? "limits" : "no limits",
	    c->desktop ? "no desktop" : "the desktop as it was",
	    c->code ? "no new code" : "new code possible");
}
