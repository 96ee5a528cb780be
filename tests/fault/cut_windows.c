/* SPDX-License-Identifier: ISC */
/*
 * Linked into slipway for a test, to break it at a call that changes the disk or the registry
 * (--wrap of the linker; all else is the code that ships).  Nothing depends on time.
 *
 *   CUT_AT=N         end it before its N-th such call, as the task manager would; of a write half
 *                    of the bytes are written
 *   FAIL_AT=N        its N-th such call does nothing and fails once ...
 *   FAIL_STATUS=0xN  ... with this NTSTATUS, or the Windows error that it stands for
 *   HOLD_AT=N        from its N-th such call on keep, like another program, ...
 *   HOLD=FILE        ... this file open for reading, shared with readers
 *   CUT_COUNT=FILE   write the number of such calls there when the program ends
 */
#include "lib/os/wide_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <winternl.h>

#define KILLED 137 /* the exit code of the wanted end */

/* The real functions: "__imp_NAME" holds the address of a function of another library. */
typedef BOOL WINAPI flush_fn(HANDLE);
typedef BOOL WINAPI write_fn(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED);
typedef BOOL WINAPI make_dir_fn(LPCWSTR, LPSECURITY_ATTRIBUTES);
typedef BOOL WINAPI set_info_fn(HANDLE, FILE_INFO_BY_HANDLE_CLASS, LPVOID, DWORD);
typedef BOOL WINAPI set_security_fn(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
typedef LSTATUS WINAPI make_key_fn(HKEY, LPCWSTR, DWORD, LPWSTR, DWORD, REGSAM,
    LPSECURITY_ATTRIBUTES, PHKEY, LPDWORD);
typedef LSTATUS WINAPI set_value_fn(HKEY, LPCWSTR, DWORD, DWORD, const BYTE *, DWORD);
typedef LSTATUS WINAPI delete_value_fn(HKEY, LPCWSTR);
typedef LSTATUS WINAPI flush_key_fn(HKEY);

#define WRAPPED(type, name) \
	extern type *__real___imp_##name; \
	static type my_##name; \
	extern type *const __wrap___imp_##name; \
	type *const __wrap___imp_##name = my_##name

WRAPPED(flush_fn, FlushFileBuffers);
WRAPPED(flush_fn, SetEndOfFile);
WRAPPED(write_fn, WriteFile);
WRAPPED(make_dir_fn, CreateDirectoryW);
WRAPPED(set_info_fn, SetFileInformationByHandle);
WRAPPED(set_security_fn, SetKernelObjectSecurity);
WRAPPED(make_key_fn, RegCreateKeyExW);
WRAPPED(set_value_fn, RegSetValueExW);
WRAPPED(delete_value_fn, RegDeleteValueW);
WRAPPED(flush_key_fn, RegFlushKey);

NTSTATUS NTAPI __real_NtCreateFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK,
    PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);
NTSTATUS NTAPI __wrap_NtCreateFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK,
    PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);
NTSTATUS NTAPI __real_NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG,
    FILE_INFORMATION_CLASS);
NTSTATUS NTAPI __wrap_NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG,
    FILE_INFORMATION_CLASS);
NTSTATUS NTAPI __real_NtDeleteKey(HANDLE);
NTSTATUS NTAPI __wrap_NtDeleteKey(HANDLE);

static long calls;

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

__attribute__((destructor)) static void
count(void)
{
	const char *name = getenv("CUT_COUNT");
	FILE *f = name == NULL || calls == 0 ? NULL : fopen(name, "w");

	if (f != NULL) {
		fprintf(f, "%ld\n", calls);
		fclose(f);
	}
}

/* Called before a call that changes something.  Returns the status of a failure, or 0. */
static NTSTATUS
point(void)
{
	calls++;
	if (calls == number("CUT_AT"))
		TerminateProcess(GetCurrentProcess(), KILLED);
	if (calls == number("HOLD_AT"))
		CreateFileA(getenv("HOLD"), GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
		    NULL);
	return calls == number("FAIL_AT") ? (NTSTATUS)strtoul(getenv("FAIL_STATUS"), NULL, 16) : 0;
}

/* The same for a call that returns a Windows error. */
static DWORD
point_error(void)
{
	NTSTATUS status = point();

	return status == 0 ? 0 : RtlNtStatusToDosError(status);
}

/* The same for a call that sets GetLastError(); returns whether the call may be made. */
static BOOL
point_last(void)
{
	DWORD error = point_error();

	if (error != 0)
		SetLastError(error);
	return error == 0;
}

static BOOL WINAPI
my_FlushFileBuffers(HANDLE h)
{
	return point_last() && __real___imp_FlushFileBuffers(h);
}

static BOOL WINAPI
my_SetEndOfFile(HANDLE h)
{
	return point_last() && __real___imp_SetEndOfFile(h);
}

static BOOL WINAPI
my_WriteFile(HANDLE h, LPCVOID data, DWORD len, LPDWORD n, LPOVERLAPPED o)
{
	if (GetFileType(h) != FILE_TYPE_DISK)
		return __real___imp_WriteFile(h, data, len, n, o);
	if (calls + 1 == number("CUT_AT"))
		__real___imp_WriteFile(h, data, len / 2, n, o);
	return point_last() && __real___imp_WriteFile(h, data, len, n, o);
}

static BOOL WINAPI
my_CreateDirectoryW(LPCWSTR name, LPSECURITY_ATTRIBUTES security)
{
	return point_last() && __real___imp_CreateDirectoryW(name, security);
}

static BOOL WINAPI
my_SetFileInformationByHandle(HANDLE h, FILE_INFO_BY_HANDLE_CLASS what, LPVOID info, DWORD len)
{
	return point_last() && __real___imp_SetFileInformationByHandle(h, what, info, len);
}

static BOOL WINAPI
my_SetKernelObjectSecurity(HANDLE h, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR sd)
{
	return point_last() ? __real___imp_SetKernelObjectSecurity(h, what, sd) : FALSE;
}

static LSTATUS WINAPI
my_RegCreateKeyExW(HKEY key, LPCWSTR name, DWORD reserved, LPWSTR class, DWORD options,
    REGSAM access, LPSECURITY_ATTRIBUTES security, PHKEY out, LPDWORD how)
{
	LSTATUS error = (LSTATUS)point_error();

	return error != 0 ? error
			  : __real___imp_RegCreateKeyExW(key, name, reserved, class, options,
				access, security, out, how);
}

static LSTATUS WINAPI
my_RegSetValueExW(HKEY key, LPCWSTR name, DWORD reserved, DWORD type, const BYTE *data, DWORD len)
{
	LSTATUS error = (LSTATUS)point_error();

	return error != 0 ? error
			  : __real___imp_RegSetValueExW(key, name, reserved, type, data, len);
}

static LSTATUS WINAPI
my_RegDeleteValueW(HKEY key, LPCWSTR name)
{
	LSTATUS error = (LSTATUS)point_error();

	return error != 0 ? error : __real___imp_RegDeleteValueW(key, name);
}

static LSTATUS WINAPI
my_RegFlushKey(HKEY key)
{
	LSTATUS error = (LSTATUS)point_error();

	return error != 0 ? error : __real___imp_RegFlushKey(key);
}

NTSTATUS NTAPI
__wrap_NtCreateFile(PHANDLE out, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
    PIO_STATUS_BLOCK io, PLARGE_INTEGER size, ULONG how, ULONG share, ULONG disposition,
    ULONG options, PVOID ea, ULONG len)
{
	NTSTATUS status = disposition == FILE_OPEN ? 0 : point();

	return status != 0 ? status
			   : __real_NtCreateFile(out, access, attributes, io, size, how, share,
				 disposition, options, ea, len);
}

/* Names, second names and removals. */
NTSTATUS NTAPI
__wrap_NtSetInformationFile(HANDLE h, PIO_STATUS_BLOCK io, PVOID info, ULONG len,
    FILE_INFORMATION_CLASS what)
{
	NTSTATUS status = point();

	return status != 0 ? status : __real_NtSetInformationFile(h, io, info, len, what);
}

NTSTATUS NTAPI
__wrap_NtDeleteKey(HANDLE key)
{
	NTSTATUS status = point();

	return status != 0 ? status : __real_NtDeleteKey(key);
}
