/* SPDX-License-Identifier: ISC */
/*
 * Wraps on Windows: shortcuts to slipwayw.exe in the start menu, on the desktop and in the folder
 * of what starts with a session.  The shell reads and writes them; no bytes of theirs are known
 * here.
 */
#include "updater/wrap/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/cmdline_windows.h"
#include "lib/os/wide_windows.h"

#define COBJMACROS
#include <shlobj.h> /* after windows.h */

#define PATH_ROOM  1024 /* characters of a path of the shell */
#define ARGS_ROOM  8192 /* and of the arguments of a shortcut */
#define WAIT_DEPTH 2	/* folders below the start menu that are looked at */
#define LINK_END   L".lnk"
#define COPY_END   L".before-slipway"
/* Begins the description of a shortcut of ours, which the wrap's mark ends. */
#define MARK	   "Updated by Slipway: "

const unsigned wrap_default_places = WRAP_MENU | WRAP_DESKTOP;

/* A shortcut, as the shell tells of it. */
struct shortcut {
	wchar_t target[PATH_ROOM], arguments[ARGS_ROOM], folder[PATH_ROOM], icon[PATH_ROOM],
	    mark[PATH_ROOM];
	int icon_index;
};

static int
fail(struct err *e, HRESULT result, const char *what)
{
	return err_windows(e, (DWORD)(result & 0xffff), "%s", what);
}

static const KNOWNFOLDERID *
folder_id(bool all_users, unsigned place)
{
	switch (place) {
	case WRAP_MENU:
		return all_users ? &FOLDERID_CommonPrograms : &FOLDERID_Programs;
	case WRAP_DESKTOP:
		return all_users ? &FOLDERID_PublicDesktop : &FOLDERID_Desktop;
	case WRAP_AUTOSTART:
		return all_users ? &FOLDERID_CommonStartup : &FOLDERID_Startup;
	default:
		return NULL;
	}
}

/* The folder of a place, made where it is missing. */
static int
folder_of(bool all_users, unsigned place, wchar_t out[PATH_ROOM], struct err *e)
{
	const KNOWNFOLDERID *id = folder_id(all_users, place);
	PWSTR path = NULL;
	HRESULT result;
	int rc = 0;

	if (id == NULL)
		return err_setx(e, ERR_USAGE,
		    "command: want menu, desktop or autostart, because Windows has no directory that "
		    "comes first for all programs");
	result = SHGetKnownFolderPath(id, KF_FLAG_CREATE, NULL, &path);
	if (result != S_OK)
		rc = fail(e, result, wrap_place_name(place));
	else if (wcslen(path) >= PATH_ROOM)
		rc = err_setx(e, ERR_TOO_LARGE, "%s: its folder's path is too long",
		    wrap_place_name(place));
	else
		wcscpy(out, path);
	CoTaskMemFree(path);
	return rc;
}

/* The path of the shortcut of a place. */
static int
link_path(const struct wrap *w, unsigned place, wchar_t out[PATH_ROOM], struct err *e)
{
	wchar_t folder[PATH_ROOM], *title;
	int rc = folder_of(w->all_users, place, folder, e);

	if (rc == -1 || (title = wide_of(w->title, e)) == NULL)
		return -1;
	if (wcslen(folder) + wcslen(title) + 2 + wcslen(LINK_END COPY_END) > PATH_ROOM)
		rc = err_setx(e, ERR_TOO_LARGE, "%s: the path of its shortcut is too long",
		    w->title);
	else
		swprintf(out, PATH_ROOM, L"%ls\\%ls" LINK_END, folder, title);
	free(title);
	return rc;
}

static HRESULT
open_link(IShellLinkW **link, IPersistFile **file)
{
	HRESULT result = CoCreateInstance(&CLSID_ShellLink, NULL, CLSCTX_INPROC_SERVER,
	    &IID_IShellLinkW, (void **)link);

	*file = NULL;
	if (result != S_OK)
		return result;
	result = IShellLinkW_QueryInterface(*link, &IID_IPersistFile, (void **)file);
	if (result != S_OK)
		IShellLinkW_Release(*link);
	return result;
}

static void
close_link(IShellLinkW *link, IPersistFile *file)
{
	IPersistFile_Release(file);
	IShellLinkW_Release(link);
}

/* Reads what is known of a loaded shortcut; nothing is resolved. */
static void
ask_link(IShellLinkW *link, struct shortcut *out)
{
	memset(out, 0, sizeof *out);
	IShellLinkW_GetPath(link, out->target, PATH_ROOM, NULL, SLGP_RAWPATH);
	IShellLinkW_GetArguments(link, out->arguments, ARGS_ROOM);
	IShellLinkW_GetWorkingDirectory(link, out->folder, PATH_ROOM);
	IShellLinkW_GetIconLocation(link, out->icon, PATH_ROOM, &out->icon_index);
	IShellLinkW_GetDescription(link, out->mark, PATH_ROOM);
}

/* 1 read, 0 there is no such file, -1 it is no shortcut. */
static int
read_link(const wchar_t *path, struct shortcut *out)
{
	IShellLinkW *link;
	IPersistFile *file;
	int rc = -1;

	if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
		return 0;
	if (open_link(&link, &file) != S_OK)
		return -1;
	if (IPersistFile_Load(file, path, STGM_READ) == S_OK) {
		ask_link(link, out);
		rc = 1;
	}
	close_link(link, file);
	return rc;
}

/* Whether the shell can keep it: a longer text would come back cut. */
static int
check_room(const struct shortcut *s, struct err *e)
{
	size_t n = wcslen(s->arguments);

	return n + 1 >= ARGS_ROOM
	    ? err_setx(e, ERR_TOO_LARGE, "want arguments of at most %d characters", ARGS_ROOM - 2)
	    : 0;
}

/* Writes the members of s over those of the shortcut at path, or a new one; whole or not at all. */
static int
write_link(const wchar_t *path, bool keep, const struct shortcut *s, struct err *e)
{
	wchar_t aside[PATH_ROOM];
	IShellLinkW *link;
	IPersistFile *file;
	HRESULT result = open_link(&link, &file);
	bool moved;

	if (result != S_OK)
		return fail(e, result, "the shell's shortcuts");
	swprintf(aside, PATH_ROOM, L"%ls.new", path);
	if (keep)
		result = IPersistFile_Load(file, path, STGM_READ);
	if (result == S_OK && (result = IShellLinkW_SetPath(link, s->target)) == S_OK &&
	    (result = IShellLinkW_SetArguments(link, s->arguments)) == S_OK &&
	    (result = IShellLinkW_SetWorkingDirectory(link, s->folder)) == S_OK &&
	    (result = IShellLinkW_SetIconLocation(link, s->icon, s->icon_index)) == S_OK &&
	    (result = IShellLinkW_SetDescription(link, s->mark)) == S_OK)
		result = IPersistFile_Save(file, aside, FALSE);
	close_link(link, file);
	if (result != S_OK) {
		DeleteFileW(aside); /* a disk that is full leaves a part */
		return fail(e, result, "the shortcut");
	}
	moved = MoveFileExW(aside, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
	if (!moved) {
		err_windows(e, GetLastError(), "the shortcut");
		DeleteFileW(aside);
	}
	return moved ? 0 : -1;
}

/* Copies UTF-8 into a text of a shortcut. */
static int
put(wchar_t *to, size_t room, const char *text, struct err *e)
{
	wchar_t *w = wide_of(text, e);
	int rc = 0;

	if (w == NULL)
		return -1;
	if (wcslen(w) >= room)
		rc = err_setx(e, ERR_TOO_LARGE, "'%.100s': too long for a shortcut", text);
	else
		wcscpy(to, w);
	free(w);
	return rc;
}

/* "run ... -- PROGRAM ARG...": as a program takes it apart, behind the name of slipwayw. */
static int
put_arguments(const struct wrap *w, bool all, wchar_t *to, struct err *e)
{
	char **argv = calloc(w->args.n + 9, sizeof *argv);
	wchar_t *line = NULL;
	static char own[] = "x", run[] = "run", installation[] = "--installation", app[] = "--app",
		    end[] = "--";
	size_t n = 0;
	int rc = -1;

	if (argv == NULL)
		return err_nomem(e);
	argv[n++] = own;
	argv[n++] = run;
	if (w->installation != NULL) {
		argv[n++] = installation;
		argv[n++] = w->installation;
	}
	if (w->application != NULL) {
		argv[n++] = app;
		argv[n++] = w->application;
	}
	argv[n++] = end;
	argv[n++] = w->program;
	for (size_t i = 0; all && i < w->args.n; i++)
		argv[n++] = w->args.v[i];
	if ((line = cmdline_of(argv, e)) != NULL) {
		const wchar_t *rest = wcsstr(line, L"run");

		if (wcslen(rest) + 1 >= ARGS_ROOM)
			err_setx(e, ERR_TOO_LARGE, "want arguments of at most %d characters",
			    ARGS_ROOM - 2);
		else {
			wcscpy(to, rest);
			rc = 0;
		}
	}
	free(line);
	free(argv);
	return rc;
}

/* The mark of a program's shortcuts. */
static int
put_mark(const struct wrap *w, wchar_t *to, struct err *e)
{
	struct buf text = BUF_INIT(PATH_ROOM);
	int rc = buf_addf(&text, e, MARK "%s", w->mark) == -1
	    ? -1
	    : put(to, PATH_ROOM, buf_text(&text), e);

	buf_free(&text);
	return rc;
}

/* What a shortcut of w is to be. */
static int
shortcut_of(const struct wrap *w, struct shortcut *s, struct err *e)
{
	wchar_t *slash;

	memset(s, 0, sizeof *s);
	if (put(s->target, PATH_ROOM, w->slipway, e) == -1 ||
	    put_arguments(w, true, s->arguments, e) == -1 ||
	    put(s->folder, PATH_ROOM, w->program, e) == -1 ||
	    put(s->icon, PATH_ROOM, w->icon, e) == -1 || put_mark(w, s->mark, e) == -1)
		return -1;
	if ((slash = wcsrchr(s->folder, L'\\')) != NULL)
		slash[slash > s->folder && slash[-1] == L':' ? 1 : 0] = L'\0';
	return check_room(s, e);
}

static bool
same_shortcut(const struct shortcut *a, const struct shortcut *b)
{
	return _wcsicmp(a->target, b->target) == 0 && wcscmp(a->arguments, b->arguments) == 0 &&
	    _wcsicmp(a->folder, b->folder) == 0 && _wcsicmp(a->icon, b->icon) == 0 &&
	    wcscmp(a->mark, b->mark) == 0;
}

static void
tell_path(const struct wrap_told *t, enum wrap_state state, const wchar_t *path)
{
	struct buf text = BUF_INIT(4 * PATH_ROOM);
	struct err ignored;

	if (wide_add(&text, path, &ignored) == 0)
		t->tell(t->arg, state, buf_text(&text));
	buf_free(&text);
}

/* Compares the shortcut at path with want. */
static enum wrap_state
compare(const wchar_t *path, const struct shortcut *want, struct shortcut *found)
{
	switch (read_link(path, found)) {
	case 0:
		return WRAP_MISSING;
	case 1:
		return wcscmp(found->mark, want->mark) != 0 ? WRAP_FOREIGN
		    : same_shortcut(found, want)	    ? WRAP_IS_THERE
							    : WRAP_CHANGED;
	default:
		return WRAP_FOREIGN;
	}
}

enum work { WORK_CHECK, WORK_MAKE, WORK_LOOK };

/* For one place.  found and want are large. */
static int
work_at(const struct wrap *w, unsigned place, enum work work, struct shortcut *two,
    const struct wrap_told *t, struct err *e)
{
	struct shortcut *want = &two[0], *found = &two[1];
	wchar_t path[PATH_ROOM];
	enum wrap_state state;
	struct buf text = BUF_INIT(4 * PATH_ROOM);
	int rc = -1;

	if (link_path(w, place, path, e) == -1 || shortcut_of(w, want, e) == -1)
		return -1;
	state = compare(path, want, found);
	if (state == WRAP_FOREIGN && work != WORK_LOOK) {
		if (wide_add(&text, path, e) == 0)
			err_setx(e, ERR_EXISTS,
			    "%s isn't of this wrap; move it away, give another --name, or leave "
			    "this place out with --places",
			    buf_text(&text));
		buf_free(&text);
		return -1;
	}
	if (work == WORK_MAKE && state != WRAP_IS_THERE) {
		rc = write_link(path, false, want, e);
		state = WRAP_MADE;
	} else {
		rc = 0;
	}
	if (rc == 0 && work != WORK_CHECK)
		tell_path(t, state, path);
	return rc;
}

static int
work_on(const struct wrap *w, enum work work, const struct wrap_told *t, struct err *e)
{
	HRESULT begun = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	struct shortcut *two = calloc(2, sizeof *two);
	int rc = two == NULL ? err_nomem(e) : 0;

	for (unsigned place = WRAP_MENU; place <= WRAP_AUTOSTART && rc == 0; place <<= 1)
		if ((w->places & place) != 0)
			rc = work_at(w, place, work, two, t, e);
	free(two);
	if (SUCCEEDED(begun))
		CoUninitialize();
	return rc;
}

int
wrap_check(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return work_on(w, WORK_CHECK, t, e);
}

int
wrap_make(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return work_on(w, WORK_MAKE, t, e);
}

int
wrap_look(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return work_on(w, WORK_LOOK, t, e);
}

/* A walk over the shortcuts of the places that a wrap can have. */
struct walk {
	const struct wrap *w;
	const struct wrap_told *told;
	struct shortcut *found, want;
	wchar_t program[PATH_ROOM], run[ARGS_ROOM];
	bool take;
	int (*each)(struct walk *, const wchar_t *path, struct err *e);
};

static bool
ends_in(const wchar_t *name, const wchar_t *end)
{
	size_t n = wcslen(name), m = wcslen(end);

	return n > m && _wcsicmp(name + n - m, end) == 0;
}

/* Links to other places (junctions) aren't entered. */
static int
walk_folder(struct walk *x, const wchar_t *folder, int depth, struct err *e)
{
	wchar_t path[PATH_ROOM];
	WIN32_FIND_DATAW f;
	HANDLE h;
	int rc = 0;

	if (wcslen(folder) + 3 > PATH_ROOM)
		return 0;
	swprintf(path, PATH_ROOM, L"%ls\\*", folder);
	if ((h = FindFirstFileW(path, &f)) == INVALID_HANDLE_VALUE)
		return 0;
	do {
		bool dir = (f.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

		if ((f.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ||
		    wcscmp(f.cFileName, L".") == 0 || wcscmp(f.cFileName, L"..") == 0 ||
		    wcslen(folder) + wcslen(f.cFileName) + 2 + wcslen(COPY_END) > PATH_ROOM)
			continue;
		swprintf(path, PATH_ROOM, L"%ls\\%ls", folder, f.cFileName);
		if (dir && depth < WAIT_DEPTH)
			rc = walk_folder(x, path, depth + 1, e);
		else if (!dir && ends_in(f.cFileName, LINK_END))
			rc = x->each(x, path, e);
	} while (rc == 0 && FindNextFileW(h, &f));
	FindClose(h);
	return rc;
}

static int
walk_all(const struct wrap *w, bool take, const struct wrap_told *t,
    int (*each)(struct walk *, const wchar_t *, struct err *), struct err *e)
{
	/* The folder of the autostart is below that of the menu. */
	static const unsigned roots[] = { WRAP_MENU, WRAP_DESKTOP };
	HRESULT begun = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	struct walk *x = calloc(1, sizeof *x);
	wchar_t folder[PATH_ROOM];
	int rc = -1;

	if (x == NULL || (x->found = calloc(1, sizeof *x->found)) == NULL) {
		err_nomem(e);
	} else if (shortcut_of(w, &x->want, e) == 0 &&
	    put(x->program, PATH_ROOM, w->program, e) == 0 &&
	    put_arguments(w, false, x->run, e) == 0) {
		x->w = w;
		x->told = t;
		x->take = take;
		x->each = each;
		rc = 0;
		for (size_t i = 0; i < N(roots) && rc == 0; i++)
			if ((rc = folder_of(w->all_users, roots[i], folder, e)) == 0)
				rc = walk_folder(x, folder, 0, e);
	}
	if (x != NULL)
		free(x->found);
	free(x);
	if (SUCCEEDED(begun))
		CoUninitialize();
	return rc;
}

static int
undo_link(struct walk *x, const wchar_t *path, struct err *e)
{
	wchar_t copy[PATH_ROOM];
	bool back;

	if (read_link(path, x->found) != 1 || wcscmp(x->found->mark, x->want.mark) != 0)
		return 0;
	swprintf(copy, PATH_ROOM, L"%ls" COPY_END, path);
	back = GetFileAttributesW(copy) != INVALID_FILE_ATTRIBUTES;
	if (back ? !MoveFileExW(copy, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)
		 : !DeleteFileW(path))
		return err_windows(e, GetLastError(), "a shortcut of %s", x->w->name);
	tell_path(x->told, back ? WRAP_RESTORED : WRAP_REMOVED, path);
	return 0;
}

int
wrap_undo(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return walk_all(w, false, t, undo_link, e);
}

/* "run ... -- PROGRAM", and the arguments that the shortcut has. */
static int
take_link(struct walk *x, const wchar_t *path, struct err *e)
{
	struct shortcut *s = x->found;
	wchar_t copy[PATH_ROOM], *rest;

	if (wcslen(x->run) + wcslen(s->arguments) + 2 > ARGS_ROOM)
		return err_setx(e, ERR_TOO_LARGE, "a shortcut of %s has too many arguments",
		    x->w->name);
	swprintf(copy, PATH_ROOM, L"%ls" COPY_END, path);
	if (!CopyFileW(path, copy, FALSE))
		return err_windows(e, GetLastError(), "the copy of a shortcut of %s", x->w->name);
	if ((rest = _wcsdup(s->arguments)) == NULL)
		return err_nomem(e);
	swprintf(s->arguments, ARGS_ROOM, L"%ls%ls%ls", x->run, *rest == L'\0' ? L"" : L" ", rest);
	free(rest);
	wcscpy(s->target, x->want.target);
	wcscpy(s->mark, x->want.mark);
	if (s->icon[0] == L'\0') {
		wcscpy(s->icon, x->want.icon);
		s->icon_index = 0;
	}
	return write_link(path, true, s, e);
}

static int
look_at_link(struct walk *x, const wchar_t *path, struct err *e)
{
	if (read_link(path, x->found) != 1 || _wcsicmp(x->found->target, x->program) != 0)
		return 0;
	if (x->take && take_link(x, path, e) == -1)
		return -1;
	tell_path(x->told, x->take ? WRAP_TAKEN : WRAP_BYPASS, path);
	return 0;
}

int
wrap_others(const struct wrap *w, bool take, const struct wrap_told *t, struct err *e)
{
	return walk_all(w, take, t, look_at_link, e);
}

/* slipwayw.exe beside this program. */
static int
own_program(struct buf *out, struct err *e)
{
	static const wchar_t name[] = L"slipwayw.exe";
	wchar_t path[PATH_ROOM], *slash;
	DWORD n = GetModuleFileNameW(NULL, path, PATH_ROOM);

	if (n == 0 || n >= PATH_ROOM || (slash = wcsrchr(path, L'\\')) == NULL ||
	    (size_t)(slash + 1 - path) + N(name) > PATH_ROOM)
		return err_setx(e, ERR_TOO_LARGE, "the path of this program is too long");
	memcpy(slash + 1, name, sizeof name);
	if (wide_add(out, path, e) == -1)
		return -1;
	if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
		return err_setx(e, ERR_NOENT,
		    "%s: want it beside this program, for shortcuts without a console",
		    buf_text(out));
	return 0;
}

/* The program that the shell would find, with ".exe" where that is left out. */
static int
find_program(const char *program, struct buf *out, struct err *e)
{
	wchar_t path[PATH_ROOM], *w = wide_of(program, e), *part;
	bool place = strpbrk(program, "/\\:") != NULL;
	DWORD n = 0, attributes;

	if (w == NULL)
		return -1;
	if (place) {
		n = GetFullPathNameW(w, PATH_ROOM, path, &part);
		if (n > 0 && n + 5 < PATH_ROOM &&
		    GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) {
			wcscat(path, L".exe");
			n += 4;
		}
	} else {
		/* Not the current directory, in which anybody may have put a file. */
		SetSearchPathMode(BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE);
		wchar_t *dirs = _wgetenv(L"PATH");

		n = dirs == NULL ? 0 : SearchPathW(dirs, w, L".exe", PATH_ROOM, path, &part);
	}
	free(w);
	attributes = n == 0 || n >= PATH_ROOM ? INVALID_FILE_ATTRIBUTES : GetFileAttributesW(path);
	if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
		return err_setx(e, ERR_NOENT,
		    "%s: no such program; give its path, or put its directory into PATH", program);
	return wide_add(out, path, e);
}

int
wrap_find(struct wrap *w, const char *program, struct err *e)
{
	struct buf path = BUF_INIT(4 * PATH_ROOM), own = BUF_INIT(4 * PATH_ROOM);
	const char *base, *dot;
	int rc = -1;

	if (own_program(&own, e) == -1 || find_program(program, &path, e) == -1)
		goto out;
	base = strrchr(buf_text(&path), '\\');
	base = base == NULL ? buf_text(&path) : base + 1;
	if (ascii_same(base, "slipway.exe") || ascii_same(base, "slipwayw.exe")) {
		err_setx(e, ERR_CONFLICT,
		    "%s is Slipway itself; name the program that it is to start", buf_text(&path));
		goto out;
	}
	dot = strrchr(base, '.');
	free(w->program);
	free(w->name);
	free(w->slipway);
	free(w->icon);
	w->program = strdup(buf_text(&path));
	w->icon = strdup(buf_text(&path));
	w->slipway = strdup(buf_text(&own));
	w->name = strdup(base);
	if (w->program == NULL || w->name == NULL || w->slipway == NULL || w->icon == NULL) {
		err_nomem(e);
		goto out;
	}
	if (dot != NULL && dot != base)
		w->name[dot - base] = '\0';
	rc = 0;
out:
	buf_free(&path);
	buf_free(&own);
	return rc;
}
