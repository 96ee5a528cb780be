/* SPDX-License-Identifier: ISC */
/* Before main() on Windows: where libraries are loaded from, arguments, the console. */
#include "lib/os/start_windows.h"

#include <fcntl.h>
#include <io.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/os/wide_windows.h"

#include <shellapi.h> /* after windows.h */

/*
 * The console's code page from before start_console(); 0: nothing to restore.  Ctrl-C comes in a
 * thread of its own.
 */
static _Atomic UINT page_before;

void
start_harden(void)
{
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
}

/* The UTF-8 of the words, one after the other behind the array of pointers to them. */
static char **
utf8_words(wchar_t **words, int n, struct err *e)
{
	size_t size = ((size_t)n + 1) * sizeof(char *);
	char **argv, *p;

	for (int i = 0; i < n; i++) {
		int len = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, words[i], -1, NULL, 0,
		    NULL, NULL);

		if (len <= 0) {
			err_setx(e, ERR_SYNTAX, "argument %d holds half a surrogate pair", i);
			return NULL;
		}
		size += (size_t)len;
	}
	if ((argv = malloc(size)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	p = (char *)(argv + n + 1);
	for (int i = 0; i < n; i++) {
		argv[i] = p;
		p += WideCharToMultiByte(CP_UTF8, 0, words[i], -1, p,
		    (int)(size - (size_t)(p - (char *)argv)), NULL, NULL);
	}
	argv[n] = NULL;
	return argv;
}

char **
start_arguments(const wchar_t *line, int *argc, struct err *e)
{
	wchar_t **words = CommandLineToArgvW(line, argc);
	char **argv;

	if (words == NULL) {
		err_windows(e, GetLastError(), "the command line");
		return NULL;
	}
	argv = utf8_words(words, *argc, e);
	LocalFree(words);
	return argv;
}

void
start_console_restore(void)
{
	UINT page = atomic_exchange(&page_before, 0);

	if (page != 0)
		SetConsoleOutputCP(page);
}

/* Ctrl-C and others end this process without the functions of atexit(). */
static BOOL WINAPI
restore_at_break(DWORD event)
{
	(void)event;
	start_console_restore();
	return FALSE;
}

void
start_console(void)
{
	static bool ends; /* at each end the page is given back */
	UINT page;

	_setmode(_fileno(stdout), _O_BINARY);
	_setmode(_fileno(stderr), _O_BINARY);
	page = GetConsoleOutputCP();
	if (page == 0 || page == CP_UTF8)
		return;
	ends = ends ||
	    (SetConsoleCtrlHandler(restore_at_break, TRUE) && atexit(start_console_restore) == 0);
	if (ends && SetConsoleOutputCP(CP_UTF8))
		atomic_store(&page_before, page);
}

bool
start_is_heard(void)
{
	HANDLE h = GetStdHandle(STD_ERROR_HANDLE);

	return h != NULL && h != INVALID_HANDLE_VALUE;
}

bool
start_desktop_is_seen(void)
{
	USEROBJECTFLAGS flags = { 0 };

	return GetUserObjectInformationW(GetProcessWindowStation(), UOI_FLAGS, &flags, sizeof flags,
		   NULL) &&
	    (flags.dwFlags & WSF_VISIBLE) != 0;
}

void
start_show(const char *title, const char *text)
{
	struct err e;
	wchar_t *t = wide_of(title, &e), *w = wide_of(text, &e);

	if (t != NULL && w != NULL && start_desktop_is_seen())
		MessageBoxW(NULL, w, t, MB_OK | MB_ICONERROR | MB_SETFOREGROUND);
	free(t);
	free(w);
}
