/* SPDX-License-Identifier: ISC */
/*
 * The window of a program without a console that waits.  Its thread looks at two events: the line
 * changed, and the end.
 */
#include "updater/cmd/window.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

#define WIDE(text)    WIDE_OF(text)
#define WIDE_OF(text) L##text

/* Milliseconds that the end waits, so that the window is mostly gone before the program comes. */
#define END_MS 100

/* Characters in a line, and their heights around it. */
#define COLUMNS 70
#define LINES	3

static struct {
	SRWLOCK lock; /* of the line */
	wchar_t line[WINDOW_LINE_SIZE];
	HANDLE changed, ended, thread; /* NULL: there is no window */
	DWORD after;		       /* milliseconds */
} window = { .lock = SRWLOCK_INIT };

/* It can't be closed: the program comes anyway. */
static LRESULT CALLBACK
window_procedure(HWND w, UINT message, WPARAM a, LPARAM b)
{
	return message == WM_CLOSE ? 0 : DefWindowProcW(w, message, a, b);
}

/* The font of messages, as a person set it; NULL: the old one. */
static HFONT
message_font(void)
{
	NONCLIENTMETRICSW m = { .cbSize = sizeof m };

	return SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, sizeof m, &m, 0)
	    ? CreateFontIndirectW(&m.lfMessageFont)
	    : NULL;
}

/* The size of a character: half of its height, where no screen tells it. */
static void
character_size(HFONT font, LONG *width, LONG *height)
{
	HDC dc = GetDC(NULL);
	TEXTMETRICW m = { .tmAveCharWidth = 8, .tmHeight = 16 };

	if (dc != NULL) {
		HGDIOBJ before = font == NULL ? NULL : SelectObject(dc, font);

		GetTextMetricsW(dc, &m);
		if (before != NULL)
			SelectObject(dc, before);
		ReleaseDC(NULL, dc);
	}
	*width = m.tmAveCharWidth;
	*height = m.tmHeight;
}

/* A window in the middle of the screen, not yet shown, with a text; NULL: there can be none. */
static HWND
make_window(HFONT font, HWND *text)
{
	static const wchar_t class[] = WIDE(WINDOW_CLASS);
	const WNDCLASSW c = { .lpfnWndProc = window_procedure,
		.hInstance = GetModuleHandleW(NULL),
		.hCursor = LoadCursorW(NULL, (const wchar_t *)IDC_APPSTARTING),
		.hbrBackground = (HBRUSH)(INT_PTR)(COLOR_BTNFACE + 1),
		.lpszClassName = class };
	RECT r = { 0 };
	LONG width, height;
	HWND w;

	character_size(font, &width, &height);
	r.right = COLUMNS * width;
	r.bottom = LINES * height;
	AdjustWindowRectEx(&r, WS_POPUP | WS_DLGFRAME, FALSE, WS_EX_TOOLWINDOW);
	RegisterClassW(&c);
	w = CreateWindowExW(WS_EX_TOOLWINDOW | WS_EX_NOACTIVATE | WS_EX_TOPMOST, class, L"Slipway",
	    WS_POPUP | WS_DLGFRAME, (GetSystemMetrics(SM_CXSCREEN) - (r.right - r.left)) / 2,
	    (GetSystemMetrics(SM_CYSCREEN) - (r.bottom - r.top)) / 2, r.right - r.left,
	    r.bottom - r.top, NULL, NULL, c.hInstance, NULL);
	if (w == NULL)
		return NULL;
	*text = CreateWindowExW(0, L"STATIC", L"",
	    WS_CHILD | WS_VISIBLE | SS_NOPREFIX | SS_CENTERIMAGE | SS_ENDELLIPSIS, width, 0,
	    (COLUMNS - 2) * width, LINES * height, w, NULL, c.hInstance, NULL);
	if (font != NULL)
		SendMessageW(*text, WM_SETFONT, (WPARAM)font, FALSE);
	return w;
}

static void
set_line(HWND w, HWND text)
{
	wchar_t line[N(window.line)];

	AcquireSRWLockShared(&window.lock);
	memcpy(line, window.line, sizeof line);
	ReleaseSRWLockShared(&window.lock);
	SetWindowTextW(text, line);
	/* What reads windows to people who don't see them reads their titles. */
	SetWindowTextW(w, line);
}

static DWORD WINAPI
show_window(void *unused)
{
	HANDLE events[] = { window.ended, window.changed };
	HFONT font;
	HWND w, text = NULL;
	DWORD what;
	MSG m;

	(void)unused;
	if (WaitForSingleObject(window.ended, window.after) != WAIT_TIMEOUT)
		return 0;
	font = message_font();
	if ((w = make_window(font, &text)) != NULL) {
		set_line(w, text);
		/* ShowWindow() would show it as the shortcut says for the program. */
		SetWindowPos(w, HWND_TOPMOST, 0, 0, 0, 0,
		    SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE | SWP_SHOWWINDOW);
		while ((what = MsgWaitForMultipleObjects(N(events), events, FALSE, INFINITE,
			    QS_ALLINPUT)) != WAIT_OBJECT_0 &&
		    what != WAIT_FAILED) {
			if (what == WAIT_OBJECT_0 + 1)
				set_line(w, text);
			while (PeekMessageW(&m, NULL, 0, 0, PM_REMOVE))
				DispatchMessageW(&m);
		}
		DestroyWindow(w);
	}
	if (font != NULL)
		DeleteObject(font);
	return 0;
}

void
window_say(const char *line)
{
	AcquireSRWLockExclusive(&window.lock);
	if (MultiByteToWideChar(CP_UTF8, 0, line, -1, window.line, N(window.line)) == 0)
		window.line[N(window.line) - 1] = L'\0';
	ReleaseSRWLockExclusive(&window.lock);
	if (window.changed != NULL)
		SetEvent(window.changed);
}

void
window_begin(const char *line, int after_ms, bool silent)
{
	if (window.thread != NULL ||
	    !window_is_due(start_is_heard(), start_desktop_is_seen(), silent))
		return;
	window_say(line);
	window.after = (DWORD)after_ms;
	if ((window.ended = CreateEventW(NULL, TRUE, FALSE, NULL)) != NULL &&
	    (window.changed = CreateEventW(NULL, FALSE, FALSE, NULL)) != NULL)
		window.thread = CreateThread(NULL, 0, show_window, NULL, 0, NULL);
}

bool
window_is_begun(void)
{
	return window.thread != NULL;
}

/* The events stay open: a thread that is late may still look at them. */
void
window_end(void)
{
	if (window.thread == NULL)
		return;
	SetEvent(window.ended);
	WaitForSingleObject(window.thread, END_MS);
	CloseHandle(window.thread);
	window.thread = NULL;
}
