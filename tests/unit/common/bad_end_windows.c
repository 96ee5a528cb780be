/* SPDX-License-Identifier: ISC */
/*
 * Children that end in a wrong way, on Windows.
 */
#include "tests/unit/common/bad_end.h"

#include "lib/os/wide_windows.h"

#include <tlhelp32.h> /* after windows.h */

void
crash(void)
{
	RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

void
hang(void)
{
	Sleep(INFINITE);
}

/* An ended process stays in the list while others have a handle of it. */
static bool
runs(DWORD pid)
{
	HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
	bool yes = process != NULL && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;

	if (process != NULL)
		CloseHandle(process);
	return yes;
}

bool
has_children(void)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W one = { .dwSize = sizeof one };
	bool found = false;

	if (all == INVALID_HANDLE_VALUE)
		return true;
	for (BOOL more = Process32FirstW(all, &one); more && !found;
	     more = Process32NextW(all, &one))
		found = one.th32ParentProcessID == GetCurrentProcessId() && runs(one.th32ProcessID);
	CloseHandle(all);
	return found;
}
