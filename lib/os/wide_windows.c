/* SPDX-License-Identifier: ISC */
/* UTF-8 and UTF-16, and Windows' errors as ours. */
#include "lib/os/wide_windows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"

#define EPOCH_1601 116444736000000000ull /* 100 ns units from 1601 to 1970 */

wchar_t *
wide_of(const char *text, struct err *e)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *w;

	if (n <= 0) {
		err_setx(e, ERR_SYNTAX, "%.200s: want UTF-8", text);
		return NULL;
	}
	if ((w = malloc((size_t)n * sizeof *w)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, w, n);
	return w;
}

int
wide_add(struct buf *out, const wchar_t *text, struct err *e)
{
	int n = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, NULL, 0, NULL, NULL),
	    rc;
	char *utf8;

	if (n <= 0)
		return err_setx(e, ERR_SYNTAX, "a text from Windows holds half a surrogate pair");
	if ((utf8 = malloc((size_t)n)) == NULL)
		return err_nomem(e);
	WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, utf8, n, NULL, NULL);
	rc = buf_adds(out, utf8, e);
	free(utf8);
	return rc;
}

wchar_t *
wide_path(const char *path, struct err *e)
{
	wchar_t *w = wide_of(path, e), *full = NULL;
	const wchar_t *prefix = L"\\\\?\\", *rest;
	DWORD room, len;

	if (w == NULL)
		return NULL;
	for (wchar_t *p = w; *p != L'\0'; p++)
		if (*p == L'/')
			*p = L'\\';
	if (wcsncmp(w, prefix, 4) == 0)
		return w;
	if ((room = GetFullPathNameW(w, 0, NULL, NULL)) == 0) {
		err_windows(e, GetLastError(), "%s", path);
		goto out;
	}
	if ((full = malloc((room + 8) * sizeof *full)) == NULL) {
		err_nomem(e);
		goto out;
	}
	len = GetFullPathNameW(w, room, full + 8, NULL);
	if (len == 0 || len >= room) {
		err_windows(e, GetLastError(), "%s", path);
		free(full);
		full = NULL;
		goto out;
	}
	/* A share's \\server\share becomes \\?\UNC\server\share. */
	rest = full + 8;
	if (rest[0] == L'\\' && rest[1] == L'\\') {
		prefix = L"\\\\?\\UNC\\";
		rest += 2;
	}
	memmove(full + wcslen(prefix), rest, (wcslen(rest) + 1) * sizeof *full);
	memcpy(full, prefix, wcslen(prefix) * sizeof *full);
out:
	free(w);
	return full;
}

static enum err_code
code_of(DWORD error)
{
	switch (error) {
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
		return ERR_NOMEM;
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return ERR_NOENT;
	case ERROR_ACCESS_DENIED:
	case ERROR_WRITE_PROTECT:
	case ERROR_PRIVILEGE_NOT_HELD:
		return ERR_ACCESS;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
		return ERR_NOSPC;
	case ERROR_ALREADY_EXISTS:
	case ERROR_FILE_EXISTS:
		return ERR_EXISTS;
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
		return ERR_BUSY;
	default:
		return ERR_IO;
	}
}

int
err_windows(struct err *e, DWORD error, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	wchar_t words[256];
	char utf8[3 * N(words)];
	va_list ap;
	DWORD n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
	    0, words, N(words), NULL);
	while (n > 0 && (words[n - 1] < L' ' || words[n - 1] == L'.' || words[n - 1] == L' '))
		n--;
	words[n < 256 ? n : 255] = L'\0';
	if (n == 0 ||
	    WideCharToMultiByte(CP_UTF8, 0, words, -1, utf8, sizeof utf8, NULL, NULL) == 0)
		return err_setx(e, code_of(error), "%s: Windows error %lu", text,
		    (unsigned long)error);
	/* The words are in the system's language; the number is the same everywhere. */
	return err_setx(e, code_of(error), "%s: %s (Windows error %lu)", text, utf8,
	    (unsigned long)error);
}

int
windows_env(const wchar_t *name, struct buf *out, struct err *e)
{
	DWORD room = GetEnvironmentVariableW(name, NULL, 0), n;
	wchar_t *w;
	int rc;

	if (room <= 1)
		return 0;
	if ((w = malloc(room * sizeof *w)) == NULL)
		return err_nomem(e);
	n = GetEnvironmentVariableW(name, w, room);
	rc = n == 0 || n >= room ? 0 : wide_add(out, w, e) == -1 ? -1 : 1;
	free(w);
	return rc;
}

int64_t
windows_time_ns(uint64_t units)
{
	return ((int64_t)units - (int64_t)EPOCH_1601) * 100;
}
