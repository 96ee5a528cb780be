/* SPDX-License-Identifier: ISC */
/* updater/cmd: the window of a program without a console, as others see it. */
#include "tests/unit/common/test.h"

#include <stdbool.h>

#include <windows.h>

#include "updater/cmd/window.h"

#define CLASS L"" WINDOW_CLASS

/* Wait for a window of this class to be there, or to be gone. */
static HWND
find_until(bool there)
{
	HWND w = NULL;

	for (int i = 0; i < 400; i++) {
		w = FindWindowW(CLASS, NULL);
		if ((w != NULL && IsWindowVisible(w)) == there)
			break;
		Sleep(25);
	}
	return w;
}

static bool
says(HWND w, const wchar_t *want)
{
	wchar_t got[WINDOW_LINE_SIZE];

	for (int i = 0; i < 200; i++) {
		if (GetWindowTextW(w, got, N(got)) > 0 && wcscmp(got, want) == 0)
			return true;
		Sleep(25);
	}
	return false;
}

/* A desktop that can't show windows: wine without a display, unless its null driver is set. */
static bool
has_windows(void)
{
	HWND w = CreateWindowExW(0, L"STATIC", L"", WS_POPUP, 0, 0, 10, 10, NULL, NULL, NULL, NULL);

	if (w != NULL)
		DestroyWindow(w);
	return w != NULL;
}

static HANDLE heard;

static int
close_error(void **state)
{
	(void)state;
	heard = GetStdHandle(STD_ERROR_HANDLE);
	return SetStdHandle(STD_ERROR_HANDLE, NULL) ? 0 : -1;
}

static int
open_error(void **state)
{
	(void)state;
	window_end();
	return SetStdHandle(STD_ERROR_HANDLE, heard) ? 0 : -1;
}

static void
shown_and_gone(void **state)
{
	HWND w;

	(void)state;
	if (!has_windows()) {
		print_message("%s: skipped: no window can be made here\n", __func__);
		skip();
	}
	assert_null(FindWindowW(CLASS, NULL));
	window_begin("\xc5\xbelt\xc3\xbd", 50, false);
	assert_true(window_is_begun());
	assert_non_null(w = find_until(true));
	assert_true(says(w, L"\u017elt\u00fd"));
	window_say("3 of 7 files");
	assert_true(says(w, L"3 of 7 files"));
	/* No button on the task bar or in the window, and the focus stays where it is. */
	assert_int_equal(GetWindowLongPtrW(w, GWL_STYLE) & (WS_SYSMENU | WS_MINIMIZEBOX), 0);
	assert_int_equal(GetWindowLongPtrW(w, GWL_EXSTYLE) & (WS_EX_TOOLWINDOW | WS_EX_APPWINDOW),
	    WS_EX_TOOLWINDOW);
	assert_ptr_not_equal(GetForegroundWindow(), w);
	SendMessageW(w, WM_CLOSE, 0, 0);
	assert_true(IsWindow(w));
	window_end();
	assert_null(find_until(false));
	window_end();
}

/* A start that takes less than the time has none, and isn't held. */
static void
quick(void **state)
{
	DWORD begun = GetTickCount();

	(void)state;
	window_begin("line", 60000, false);
	assert_true(window_is_begun());
	window_say("another");
	window_end();
	assert_false(window_is_begun());
	assert_true(GetTickCount() - begun < 5000);
	assert_null(FindWindowW(CLASS, NULL));
}

static void
none(void **state)
{
	HANDLE h = GetStdHandle(STD_OUTPUT_HANDLE);

	(void)state;
	window_begin("line", 0, true);
	assert_false(window_is_begun());
	assert_true(SetStdHandle(STD_ERROR_HANDLE, h));
	window_begin("line", 0, false);
	assert_false(window_is_begun());
}

/* Wait for the window of another program, and print its text; 1: there is none. */
static int
find(void)
{
	wchar_t text[WINDOW_LINE_SIZE] = L"";
	HWND w = find_until(true);

	if (w == NULL || GetWindowTextW(w, text, N(text)) == 0)
		return 1;
	printf("%ls\n", text);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shown_and_gone, close_error, open_error),
		cmocka_unit_test_setup_teardown(quick, close_error, open_error),
		cmocka_unit_test_setup_teardown(none, close_error, open_error),
	};

	if (argc > 1 && strcmp(argv[1], "--find") == 0)
		return find();
	if (argc > 1 && strcmp(argv[1], "--none") == 0)
		return FindWindowW(CLASS, NULL) == NULL ? 0 : 1;
	return cmocka_run_group_tests_name("window_windows", tests, NULL, NULL);
}
