/* SPDX-License-Identifier: ISC */
/* Shortcuts, written by the room and read back by the shell, in folders of this user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/os/wide_windows.h"
#include "updater/wrap/wrap.h"

#define COBJMACROS
#include <shlobj.h> /* after windows.h */

static char name[] = "slipway-test-hi", mark[] = "I/A/slipway-test-hi",
	    title[] = "Slipway's test HI", program[MAX_PATH], slipway[MAX_PATH],
	    argument[] = "/CCOV_PB", odd[] = "a \"b\" \\";
static char *arguments[] = { argument, odd };
static wchar_t menu[MAX_PATH], desktop[MAX_PATH];
static size_t told[WRAP_NOTE + 1];

static struct wrap hi = { name, mark, title, program, slipway, program, { arguments, 2 }, NULL,
	NULL, WRAP_MENU | WRAP_DESKTOP, false };

static void
note(void *arg, enum wrap_state state, const char *path)
{
	(void)arg;
	(void)path;
	told[state]++;
}
static const struct wrap_told telling = { note, NULL };

/* What the shell reads of a shortcut. */
struct seen {
	wchar_t target[MAX_PATH], arguments[1024], folder[MAX_PATH], icon[MAX_PATH];
};

static IShellLinkW *
begin(IPersistFile **file)
{
	IShellLinkW *link;

	assert_int_equal(CoCreateInstance(&CLSID_ShellLink, NULL, CLSCTX_INPROC_SERVER,
			     &IID_IShellLinkW, (void **)&link),
	    S_OK);
	assert_int_equal(IShellLinkW_QueryInterface(link, &IID_IPersistFile, (void **)file), S_OK);
	return link;
}

static void
see(const wchar_t *path, struct seen *s)
{
	IPersistFile *file;
	IShellLinkW *link = begin(&file);
	int index;

	memset(s, 0, sizeof *s);
	assert_int_equal(IPersistFile_Load(file, path, STGM_READ), S_OK);
	IShellLinkW_GetPath(link, s->target, MAX_PATH, NULL, SLGP_RAWPATH);
	IShellLinkW_GetArguments(link, s->arguments, 1024);
	IShellLinkW_GetWorkingDirectory(link, s->folder, MAX_PATH);
	IShellLinkW_GetIconLocation(link, s->icon, MAX_PATH, &index);
	IPersistFile_Release(file);
	IShellLinkW_Release(link);
}

/* A shortcut of somebody else. */
static void
make(const wchar_t *path, const char *target)
{
	IPersistFile *file;
	IShellLinkW *link = begin(&file);
	struct err e;
	wchar_t *w = wide_of(target, &e);

	assert_non_null(w);
	assert_int_equal(IShellLinkW_SetPath(link, w), S_OK);
	assert_int_equal(IShellLinkW_SetArguments(link, L"/CX \"y z\""), S_OK);
	assert_int_equal(IPersistFile_Save(file, path, TRUE), S_OK);
	IPersistFile_Release(file);
	IShellLinkW_Release(link);
	free(w);
}

static void
is(const wchar_t *got, const char *want)
{
	struct buf text = BUF_INIT(4096);
	struct err e;

	assert_int_equal(wide_add(&text, got, &e), 0);
	assert_string_equal(buf_text(&text), want);
	buf_free(&text);
}

static bool
there(const wchar_t *path)
{
	return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static void
run_it(int (*f)(const struct wrap *, const struct wrap_told *, struct err *), int want)
{
	struct err e = { 0 };

	memset(told, 0, sizeof told);
	if (f(&hi, &telling, &e) != want)
		fail_msg("want %d: %s", want, e.text);
}

static void
of_an_installation(void **state)
{
	static char installation[] = "I", application[] = "A";
	char want[2048];
	struct seen s;

	(void)state;
	hi.installation = installation;
	run_it(wrap_make, 0);
	see(menu, &s);
	snprintf(want, sizeof want, "run --installation I -- %s%s%s /CCOV_PB \"a \\\"b\\\" \\\\\"",
	    strchr(program, ' ') == NULL ? "" : "\"", program,
	    strchr(program, ' ') == NULL ? "" : "\"");
	is(s.arguments, want);
	hi.application = application;
	run_it(wrap_make, 0);
	see(menu, &s);
	snprintf(want, sizeof want,
	    "run --installation I --app A -- %s%s%s /CCOV_PB \"a \\\"b\\\" \\\\\"",
	    strchr(program, ' ') == NULL ? "" : "\"", program,
	    strchr(program, ' ') == NULL ? "" : "\"");
	is(s.arguments, want);
	hi.installation = hi.application = NULL;
	run_it(wrap_undo, 0);
}

static void
read_back(void **state)
{
	char want[2048], folder[MAX_PATH];
	struct seen s;

	(void)state;
	run_it(wrap_check, 0);
	run_it(wrap_make, 0);
	assert_int_equal(told[WRAP_MADE], 2);
	run_it(wrap_look, 0);
	assert_int_equal(told[WRAP_IS_THERE], 2);
	see(desktop, &s);
	see(menu, &s);
	is(s.target, slipway);
	snprintf(want, sizeof want, "run -- \"%s\" /CCOV_PB \"a \\\"b\\\" \\\\\"", program);
	if (strchr(program, ' ') == NULL)
		snprintf(want, sizeof want, "run -- %s /CCOV_PB \"a \\\"b\\\" \\\\\"", program);
	is(s.arguments, want);
	snprintf(folder, sizeof folder, "%s", program);
	*strrchr(folder, '\\') = '\0';
	is(s.folder, folder);
	is(s.icon, program);
	/* lost, and made again */
	assert_true(DeleteFileW(menu));
	run_it(wrap_look, 0);
	assert_int_equal(told[WRAP_MISSING], 1);
	run_it(wrap_make, 0);
	assert_int_equal(told[WRAP_MADE], 1);
	run_it(wrap_undo, 0);
	assert_false(there(menu) || there(desktop));
}

static void
foreign(void **state)
{
	struct seen s;

	(void)state;
	make(menu, slipway);
	run_it(wrap_check, -1);
	run_it(wrap_make, -1);
	run_it(wrap_undo, 0);
	see(menu, &s);
	is(s.arguments, "/CX \"y z\"");
	assert_false(there(desktop));
	assert_true(DeleteFileW(menu));
}

static void
take_over(void **state)
{
	struct err e = { 0 };
	wchar_t copy[MAX_PATH + 20];
	struct seen s;

	(void)state;
	make(desktop, program);
	swprintf(copy, N(copy), L"%ls.before-slipway", desktop);
	memset(told, 0, sizeof told);
	assert_int_equal(wrap_others(&hi, false, &telling, &e), 0);
	assert_int_equal(told[WRAP_BYPASS], 1);
	assert_int_equal(wrap_others(&hi, true, &telling, &e), 0);
	assert_int_equal(told[WRAP_TAKEN], 1);
	see(desktop, &s);
	is(s.target, slipway);
	assert_non_null(wcsstr(s.arguments, L"/CX \"y z\""));
	assert_true(wcsncmp(s.arguments, L"run -- ", 7) == 0 && there(copy));
	memset(told, 0, sizeof told);
	assert_int_equal(wrap_others(&hi, true, &telling, &e), 0);
	assert_int_equal(told[WRAP_TAKEN], 0);
	run_it(wrap_undo, 0);
	assert_int_equal(told[WRAP_RESTORED], 1);
	see(desktop, &s);
	is(s.target, program);
	assert_false(there(copy));
	assert_true(DeleteFileW(desktop));
}

static void
folder_file(const KNOWNFOLDERID *id, wchar_t out[MAX_PATH])
{
	PWSTR path = NULL;

	assert_int_equal(SHGetKnownFolderPath(id, KF_FLAG_CREATE, NULL, &path), S_OK);
	swprintf(out, MAX_PATH, L"%ls\\Slipway's test HI.lnk", path);
	CoTaskMemFree(path);
}

/* The program is this test, and slipwayw another file that is there. */
static int
begin_all(void **state)
{
	(void)state;
	CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	folder_file(&FOLDERID_Programs, menu);
	folder_file(&FOLDERID_Desktop, desktop);
	DeleteFileW(menu);
	DeleteFileW(desktop);
	GetModuleFileNameA(NULL, program, MAX_PATH);
	GetSystemDirectoryA(slipway, MAX_PATH);
	strcat(slipway, "\\cmd.exe");
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_back),
		cmocka_unit_test(of_an_installation),
		cmocka_unit_test(foreign),
		cmocka_unit_test(take_over),
	};

	return cmocka_run_group_tests(tests, begin_all, NULL);
}
