/* SPDX-License-Identifier: ISC */
/* Asking the person at the console, on Windows. */
#include "server/keys/terminal.h"

#include <stdlib.h>

#include "lib/os/wide_windows.h"

#define LINE_MAX_CHARS 4096

/* The console's settings, for an event that ends the program while the echo is off. */
static HANDLE console_in;
static DWORD mode_before;

static BOOL WINAPI
on_console_end(DWORD event)
{
	(void)event;
	SetConsoleMode(console_in, mode_before);
	return FALSE; /* the program ends as it would have */
}

static HANDLE
console(const wchar_t *name)
{
	return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
	    NULL, OPEN_EXISTING, 0, NULL);
}

static int
read_line(HANDLE in, struct buf *out, struct err *e)
{
	wchar_t line[LINE_MAX_CHARS + 1];
	int rc = -1;
	DWORD n;

	if (!ReadConsoleW(in, line, LINE_MAX_CHARS, &n, NULL)) {
		err_windows(e, GetLastError(), "read from the console");
		goto out;
	}
	line[n] = L'\0';
	if (n == 0 || line[0] == 0x1a) /* Ctrl-Z */
		err_setx(e, ERR_USAGE, "end of file at the console");
	else if (wcspbrk(line, L"\r\n") == NULL)
		err_setx(e, ERR_TOO_LARGE, "the console: want a line of at most %d characters",
		    LINE_MAX_CHARS - 2);
	else {
		line[wcscspn(line, L"\r\n")] = L'\0';
		rc = wide_add(out, line, e);
	}
out:
	SecureZeroMemory(line, sizeof line);
	return rc;
}

int
terminal_ask(const char *prompt, bool echo, struct buf *out, struct err *e)
{
	HANDLE in = console(L"CONIN$"), to = console(L"CONOUT$");
	wchar_t *w = NULL;
	int rc = 0;
	DWORD n;

	if (in == INVALID_HANDLE_VALUE || to == INVALID_HANDLE_VALUE ||
	    !GetConsoleMode(in, &mode_before))
		goto out;
	rc = -1;
	if ((w = wide_of(prompt, e)) == NULL)
		goto out;
	console_in = in;
	SetConsoleCtrlHandler(on_console_end, TRUE);
	FlushConsoleInputBuffer(in);
	if (!SetConsoleMode(in,
		ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | (echo ? ENABLE_ECHO_INPUT : 0)) ||
	    !WriteConsoleW(to, w, (DWORD)wcslen(w), &n, NULL))
		err_windows(e, GetLastError(), "the console");
	else if (read_line(in, out, e) == 0)
		rc = 1;
	SetConsoleMode(in, mode_before);
	SetConsoleCtrlHandler(on_console_end, FALSE);
	if (!echo)
		WriteConsoleW(to, L"\r\n", 2, &n, NULL);
out:
	free(w);
	if (in != INVALID_HANDLE_VALUE)
		CloseHandle(in);
	if (to != INVALID_HANDLE_VALUE)
		CloseHandle(to);
	return rc;
}
