/* SPDX-License-Identifier: ISC */
/*
 * lib/os: files on Windows.  Tests that wine can't pass are skipped there, by name.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include "lib/base/buf.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "lib/os/open_windows.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

/* after windows.h */
#include <aclapi.h>
#include <sddl.h>

static bool
under_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/*
 * Ends the test as skipped under wine; docs/windows.md lists these tests for a real machine.
 */
#define NOT_UNDER_WINE(why) \
	do { \
		if (under_wine()) { \
			print_message("%s: skipped under wine: %s; see docs/windows.md\n", \
			    __func__, (why)); \
			skip(); \
		} \
	} while (0)

/* The system's words are in its language: their number stands beside, or alone. */
static void
errors_have_their_number(void **state)
{
	struct err e;

	(void)state;
	assert_err(err_windows(&e, ERROR_PATH_NOT_FOUND, "%s", "x"), ERR_NOENT, &e);
	assert_memory_equal(e.text, "x: ", 3);
	assert_non_null(strstr(e.text, " (Windows error 3)"));
	assert_err(err_windows(&e, 0x2ffffff, "x"), ERR_IO, &e);
	assert_string_equal(e.text, "x: Windows error 50331647");
}

static wchar_t *
wide_in(struct dir *d, const char *name)
{
	char path[4096];
	struct err e;
	wchar_t *w;

	snprintf(path, sizeof path, "%s/%s", dir_path(d), name);
	assert_non_null(w = wide_path(path, &e));
	return w;
}

/* What systems, file systems, filters and servers of shares say of a call that they don't know. */
static void
ways_to_rename(void **state)
{
	static const struct {
		const char *said;
		ULONG status;
		bool unsupported;
	} rows[] = {
		{ "STATUS_NOT_IMPLEMENTED", 0xC0000002, true },
		{ "STATUS_INVALID_INFO_CLASS", 0xC0000003, true },
		{ "STATUS_INVALID_PARAMETER", 0xC000000D, true },
		{ "STATUS_INVALID_DEVICE_REQUEST", 0xC0000010, true },
		{ "STATUS_ILLEGAL_FUNCTION", 0xC00000AF, true },
		{ "STATUS_NOT_SUPPORTED", 0xC00000BB, true },
		{ "STATUS_INVALID_LEVEL", 0xC0000148, true },
		{ "STATUS_SUCCESS", 0, false },
		{ "STATUS_PENDING", 0x103, false },
		{ "STATUS_ACCESS_DENIED", 0xC0000022, false },
		{ "STATUS_OBJECT_NAME_NOT_FOUND", 0xC0000034, false },
		{ "STATUS_OBJECT_NAME_COLLISION", 0xC0000035, false },
		{ "STATUS_SHARING_VIOLATION", 0xC0000043, false },
		{ "STATUS_DELETE_PENDING", 0xC0000056, false },
		{ "STATUS_DISK_FULL", 0xC000007F, false },
		{ "STATUS_MEDIA_WRITE_PROTECTED", 0xC00000A2, false },
		{ "STATUS_NOT_SAME_DEVICE", 0xC00000D4, false },
		{ "STATUS_DIRECTORY_NOT_EMPTY", 0xC0000101, false },
		{ "STATUS_CANNOT_DELETE", 0xC0000121, false },
		{ "STATUS_USER_MAPPED_FILE", 0xC0000243, false },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		NTSTATUS status = (NTSTATUS)rows[i].status;
		bool next = rows[i].unsupported;

		print_message("%s\n", rows[i].said);
		assert_int_equal(file_status_unsupported(status), next);
		assert_int_equal(file_rename_way(RENAME_WAY_READ_ONLY, status),
		    next ? RENAME_WAY_POSIX : RENAME_WAY_READ_ONLY);
		assert_int_equal(file_rename_way(RENAME_WAY_POSIX, status),
		    next ? RENAME_WAY_OLD : RENAME_WAY_POSIX);
		assert_int_equal(file_rename_way(RENAME_WAY_OLD, status), RENAME_WAY_OLD);
	}
}

/* Attributes and tags of files as they stand in the file system. */
static void
reparse_points(void **state)
{
	static const struct {
		const char *name;
		DWORD attributes, tag;
		enum file_type type;
		bool elsewhere;
	} rows[] = {
		{ "file", FILE_ATTRIBUTE_ARCHIVE, 0, FILE_REGULAR, false },
		{ "directory", FILE_ATTRIBUTE_DIRECTORY, 0, FILE_DIRECTORY, false },
		{ "device", FILE_ATTRIBUTE_DEVICE, 0, FILE_OTHER, false },
		{ "symbolic link", 0x420, 0xA000000C, FILE_LINK, false },
		{ "symbolic link to a directory", 0x410, 0xA000000C, FILE_LINK, false },
		{ "junction", 0x410, 0xA0000003, FILE_LINK, false },
		{ "link of WSL", 0x420, 0xA000001D, FILE_LINK, false },
		{ "deduplicated", 0x620, 0x80000013, FILE_REGULAR, false },
		{ "compressed (WOF)", 0x420, 0x80000017, FILE_REGULAR, false },
		{ "OneDrive, here", 0x420, 0x9000601A, FILE_REGULAR, false },
		{ "OneDrive, elsewhere", 0x400420 | 0x1000, 0x9000601A, FILE_REGULAR, true },
		{ "elsewhere, disguised", 0x400020, 0, FILE_REGULAR, true },
		{ "elsewhere until it is opened", 0x40420, 0x9000101A, FILE_REGULAR, true },
		{ "a directory of OneDrive", 0x410, 0x9000701A, FILE_DIRECTORY, false },
		{ "pinned", 0x80020, 0, FILE_REGULAR, false },
		{ "a tag without the attribute", 0x20, 0xA000000C, FILE_REGULAR, false },
	};
	bool elsewhere;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		print_message("%s\n", rows[i].name);
		assert_int_equal(file_type_of(rows[i].attributes, rows[i].tag, &elsewhere),
		    rows[i].type);
		assert_int_equal(elsewhere, rows[i].elsewhere);
	}
}

static void
unsafe_names(void **state)
{
	static const char *const names[] = { "../x", "a/../x", "x:stream", "x::$DATA", "a\\x",
		"C:/x", "/x", "a//x", ".", "..", "x?", "" };
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct file_info info;
	struct err e;

	assert_non_null(*state);
	dir_close(dir_below(d, "a", true, &e));
	for (size_t i = 0; i < N(names); i++) {
		assert_err(file_replace(d, names[i], "x", 1, 0644, &e), ERR_UNSAFE, &e);
		assert_err(file_read(d, names[i], &b, &e), ERR_UNSAFE, &e);
	}
	assert_int_equal(file_stat(d, "x", &info, &e), 0);
	assert_null(dir_below(d, "..", true, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
}

static void
long_and_unicode_names(void **state)
{
	char name[1000] = "";
	struct dir *d = *state, *below;
	struct buf b = BUF_INIT(100);
	struct err e;

	/* 900 characters: over MAX_PATH, which is 260. */
	for (int i = 0; i < 9; i++) {
		memset(name + strlen(name), 'a' + i, 99);
		strcat(name, i < 8 ? "/" : "");
	}
	assert_non_null(below = dir_below(d, name, true, &e));
	dir_close(below);
	strcat(name, "/\xc5\xbeltou\xc4\x8dk\xc3\xbd \xe2\x82\xac \xf0\x9f\x94\x91.crt");
	assert_ok(file_replace(d, name, "deep", 4, 0644, &e), &e);
	assert_ok(file_replace(d, name, "deeper", 6, 0644, &e), &e);
	assert_ok(file_read(d, name, &b, &e), &e);
	assert_string_equal(buf_text(&b), "deeper");
	assert_int_equal(file_move(d, name, d, "\xc5\xbe", &e), 1);
	assert_int_equal(file_link(d, "\xc5\xbe", d, "second", &e), 1);
	buf_reset(&b);
	assert_ok(file_read(d, "second", &b, &e), &e);
	assert_string_equal(buf_text(&b), "deeper");
	assert_err(file_link(d, "\xc5\xbe", d, "second", &e), ERR_EXISTS, &e);
	buf_free(&b);
}

static void
case_is_the_same_file(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	assert_ok(file_replace(d, "Server.crt", "one", 3, 0644, &e), &e);
	assert_ok(file_replace(d, "SERVER.CRT", "two", 3, 0644, &e), &e);
	assert_ok(file_read(d, "server.crt", &b, &e), &e);
	assert_string_equal(buf_text(&b), "two");
	buf_free(&b);
}

/*
 * Another program has the file open without sharing: the call fails as busy, the old content stays.
 */
static void
open_without_sharing(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;
	wchar_t *w;
	HANDLE h;

	assert_ok(file_replace(d, "f", "old", 3, 0644, &e), &e);
	w = wide_in(d, "f");
	h = CreateFileW(w, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	assert_err(file_read(d, "f", &b, &e), ERR_BUSY, &e);
	CloseHandle(h);
	assert_ok(file_read(d, "f", &b, &e), &e);
	assert_string_equal(buf_text(&b), "old");
	buf_free(&b);
	free(w);
}

/*
 * Another program reads the file and shares it only for reading: the program keeps the old file,
 * and the name means the new file.
 */
static void
replaced_while_open(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;
	wchar_t *w;
	HANDLE h;

	assert_ok(file_replace(d, "f", "old", 3, 0644, &e), &e);
	w = wide_in(d, "f");
	h = CreateFileW(w, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
	    0, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	assert_ok(file_replace(d, "f", "new", 3, 0644, &e), &e);
	CloseHandle(h);
	assert_ok(file_read(d, "f", &b, &e), &e);
	assert_string_equal(buf_text(&b), "new");
	buf_free(&b);
	free(w);
}

/* A running program can be renamed but not replaced: the file is moved aside. */
static void
replaced_while_running(void **state)
{
	struct dir *d = *state;
	wchar_t self[MAX_PATH], *w, command[] = L"running.exe --wait";
	STARTUPINFOW start = { .cb = sizeof start };
	PROCESS_INFORMATION p;
	struct buf b = BUF_INIT(100);
	struct err e;

	assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
	w = wide_in(d, "running.exe");
	assert_true(CopyFileW(self, w, TRUE));
	/* CreateProcessW() wants no "\\?\". */
	assert_true(CreateProcessW(w + 4, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &p));
	assert_ok(file_replace(d, "running.exe", "new", 3, 0644, &e), &e);
	assert_ok(file_read(d, "running.exe", &b, &e), &e);
	assert_string_equal(buf_text(&b), "new");
	assert_true(TerminateProcess(p.hProcess, 0));
	WaitForSingleObject(p.hProcess, INFINITE);
	CloseHandle(p.hThread);
	CloseHandle(p.hProcess);
	assert_ok(file_replace(d, "running.exe", "newer", 5, 0644, &e), &e);
	buf_free(&b);
	free(w);
}

static void
read_only_is_replaced(void **state)
{
	struct dir *d = *state;
	struct file_info info;
	struct err e;

	assert_ok(file_replace(d, "f", "old", 3, 0644, &e), &e);
	assert_ok(file_set_mode(d, "f", 0444, &e), &e);
	assert_int_equal(file_stat(d, "f", &info, &e), 1);
	assert_int_equal(info.mode, 0444);
	assert_ok(file_replace(d, "f", "new!", 4, 0644, &e), &e);
	assert_int_equal(file_stat(d, "f", &info, &e), 1);
	assert_int_equal(info.size, 4);
	assert_int_equal(info.mode, 0644);
}

static void
links_are_refused(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	char path[4096];
	struct err e;
	wchar_t *w;

	NOT_UNDER_WINE("CreateSymbolicLinkW() makes no reparse point there");
	w = wide_in(d, "link");
	assert_true(CreateSymbolicLinkW(w, L"C:\\Windows",
	    SYMBOLIC_LINK_FLAG_DIRECTORY | SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE));
	assert_err(file_replace(d, "link/x", "x", 1, 0644, &e), ERR_UNSAFE, &e);
	assert_null(dir_below(d, "link", true, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	free(w);
	/* By its path, which its owner vouches for, a link to a certificate is followed. */
	assert_ok(file_replace(d, "there", "crt", 3, 0644, &e), &e);
	w = wide_in(d, "crt");
	assert_true(CreateSymbolicLinkW(w, L"there", SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE));
	assert_err(file_read(d, "crt", &b, &e), ERR_UNSAFE, &e);
	snprintf(path, sizeof path, "%s/crt", dir_path(d));
	assert_ok(file_read(NULL, path, &b, &e), &e);
	assert_string_equal(buf_text(&b), "crt");
	buf_free(&b);
	free(w);
}

/* A file by its path, in a name of any form, and not a directory or a stream. */
static void
files_by_path(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	char path[4096];
	struct err e;

	assert_ok(file_replace(d, "x", "1", 1, 0644, &e), &e);
	snprintf(path, sizeof path, "%s/x", dir_path(d));
	assert_ok(file_read(NULL, path, &b, &e), &e);
	path_native(path);
	assert_ok(file_read(NULL, path, &b, &e), &e);
	assert_string_equal(buf_text(&b), "11");
	strcat(path, ":stream");
	assert_int_equal(file_read(NULL, path, &b, &e), -1);
	assert_err(file_read(NULL, dir_path(d), &b, &e), ERR_UNSAFE, &e);
	snprintf(path, sizeof path, "%s/none", dir_path(d));
	assert_err(file_read(NULL, path, &b, &e), ERR_NOENT, &e);
	buf_free(&b);
}

static void
secrets_have_an_access_list(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	PSECURITY_DESCRIPTOR everybody;
	struct err e;
	wchar_t *w;

	NOT_UNDER_WINE("access lists don't come back as they were set");
	assert_ok(file_replace(d, "key", "k", 1, 0600, &e), &e);
	assert_ok(file_read_secret(d, "key", &b, &e), &e);
	w = wide_in(d, "key");
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;;FA;;;WD)",
	    SDDL_REVISION_1, &everybody, NULL));
	assert_true(SetFileSecurityW(w, DACL_SECURITY_INFORMATION, everybody));
	assert_err(file_read_secret(d, "key", &b, &e), ERR_ACCESS, &e);
	LocalFree(everybody);
	free(w);
	buf_free(&b);
}

/* The system takes the lists that lib/base/acl.c writes. */
static void
lists_are_taken(void **state)
{
	struct dir *d = *state;
	PSECURITY_DESCRIPTOR all[] = { windows_private(NULL), windows_private(d->handle),
		windows_shared() };

	for (size_t i = 0; i < N(all); i++) {
		assert_non_null(all[i]);
		assert_true(IsValidSecurityDescriptor(all[i]));
		LocalFree(all[i]);
	}
}

/* The owner and list of a file by its name, as GetNamedSecurityInfo() tells them. */
static void
named_list(struct dir *d, const char *name, struct buf *out)
{
	wchar_t *w = wide_in(d, name), *text;
	PSECURITY_DESCRIPTOR sd;
	struct err e;

	assert_int_equal(GetNamedSecurityInfoW(w, SE_FILE_OBJECT,
			     OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
			     NULL, NULL, &sd),
	    0);
	assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(sd, SDDL_REVISION_1,
	    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text, NULL));
	buf_reset(out);
	assert_ok(wide_add(out, text, &e), &e);
	LocalFree(text);
	LocalFree(sd);
	free(w);
}

static void
set_list(struct dir *d, const char *name, const char *list)
{
	struct file_how how = { READ_CONTROL | WRITE_DAC | WRITE_OWNER, FILE_OPEN, 0, false };
	HANDLE h;

	assert_int_equal(file_open_at(d, name, &how, &h), 0);
	assert_int_equal(windows_set_list(h, list, false), 0);
	CloseHandle(h);
}

/* Stage a file for its place as a transaction does, and move it there. */
static void
install(struct dir *d, const char *path, bool keep)
{
	struct err e;
	struct dir *work = dir_make_private(d, ".work", &e);

	assert_non_null(work);
	assert_ok(file_replace(work, "n0", "new", 3, 0600, &e), &e);
	assert_ok(file_set_list(work, "n0", d, path, keep, &e), &e);
	assert_int_equal(file_move(work, "n0", d, path, &e), 1);
	dir_close(work);
}

/* A person hid a file: its replacement is hidden, too, and as writable as the release says. */
static void
replaced_files_keep_attributes(void **state)
{
	static const struct {
		DWORD replaced, now, want;
	} table[] = {
		{ FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_NORMAL },
		{ FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_ARCHIVE, FILE_ATTRIBUTE_ARCHIVE },
		{ FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_HIDDEN },
		{ FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM, FILE_ATTRIBUTE_ARCHIVE,
		    FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE },
		{ FILE_ATTRIBUTE_NOT_CONTENT_INDEXED | FILE_ATTRIBUTE_COMPRESSED,
		    FILE_ATTRIBUTE_READONLY,
		    FILE_ATTRIBUTE_NOT_CONTENT_INDEXED | FILE_ATTRIBUTE_READONLY },
		{ FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE, FILE_ATTRIBUTE_NORMAL,
		    FILE_ATTRIBUTE_NORMAL },
		{ FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_NORMAL },
	};
	struct dir *d = *state;
	wchar_t *w;
	struct err e;

	for (size_t i = 0; i < N(table); i++)
		assert_int_equal(file_attributes_kept(table[i].replaced, table[i].now),
		    table[i].want);
	assert_ok(file_replace(d, "f", "old", 3, 0644, &e), &e);
	w = wide_in(d, "f");
	assert_true(SetFileAttributesW(w, FILE_ATTRIBUTE_HIDDEN));
	if ((GetFileAttributesW(w) & FILE_ATTRIBUTE_HIDDEN) == 0) {
		free(w);
		NOT_UNDER_WINE("no file is hidden on this file system");
		fail();
	}
	install(d, "f", true);
	assert_int_equal(GetFileAttributesW(w) & FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_HIDDEN);
	/* Replaced for what others may do to it. */
	install(d, "f", false);
	assert_int_equal(GetFileAttributesW(w) & FILE_ATTRIBUTE_HIDDEN, 0);
	free(w);
}

/* The entries of a directory; everybody reads what is in it. */
#define PLACE_LIST \
	"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;GA;;;CO)(A;OI;FA;;;%s)"

/*
 * What is staged in a private directory and moved to its place has the list that Windows gives a
 * file which is made there; one that replaces another has that one's list and owner.  Run it as an
 * administrator and as a user.
 */
static void
installed_files_have_their_places_list(void **state)
{
	struct buf self = BUF_INIT(256), text = BUF_INIT(ACL_TEXT_MAX),
		   made = BUF_INIT(ACL_TEXT_MAX), got = BUF_INIT(ACL_TEXT_MAX);
	struct dir *d = *state, *place;
	struct err e;

	NOT_UNDER_WINE("access lists don't come back as they were set");
	assert_int_equal(windows_self(&self), 0);
	assert_ok(buf_addf(&text, &e, PLACE_LIST, buf_text(&self)), &e);
	assert_non_null(place = dir_below(d, "place", true, &e));
	dir_close(place);
	set_list(d, "place", buf_text(&text));
	assert_non_null(place = dir_below(d, "place/below", true, &e));
	dir_close(place);
	for (int i = 0; i < 2; i++) {
		const char *there = i == 0 ? "place/made" : "place/below/made";
		const char *path = i == 0 ? "place/f" : "place/below/f";

		assert_ok(file_replace(d, there, "x", 1, 0644, &e), &e);
		named_list(d, there, &made);
		install(d, path, true);
		named_list(d, path, &got);
		assert_true(acl_same(buf_text(&got), buf_text(&made)));
		assert_non_null(strstr(buf_text(&got), ";;;BU)"));
	}
	/* An administrator granted something. */
	buf_reset(&text);
	assert_ok(buf_addf(&text, &e, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;AU)(A;;FA;;;%s)",
		      buf_text(&self)),
	    &e);
	set_list(d, "place/f", buf_text(&text));
	named_list(d, "place/f", &made);
	install(d, "place/f", true);
	named_list(d, "place/f", &got);
	assert_string_equal(buf_text(&got), buf_text(&made));
	/* Kept, or replaced for its list. */
	install(d, "place/f", false);
	named_list(d, "place/f", &got);
	named_list(d, "place/made", &made);
	assert_true(acl_same(buf_text(&got), buf_text(&made)));
	assert_false(file_modes_lost());
	buf_free(&self);
	buf_free(&text);
	buf_free(&made);
	buf_free(&got);
}

/* Whether everybody can read a file, by the list that its name has. */
static bool
everybody_reads(struct dir *d, const char *name)
{
	struct buf got = BUF_INIT(ACL_TEXT_MAX);
	bool reads;

	named_list(d, name, &got);
	reads = strstr(buf_text(&got), ";0x1200a9;;;WD)") != NULL;
	buf_free(&got);
	return reads;
}

/*
 * The same as far as wine can tell, whose lists are modes: what everybody may read in a directory
 * everybody may read when it was staged for nobody else; what replaces a file that others can't
 * read others can't read either.
 */
static void
others_read_what_is_installed(void **state)
{
	struct buf self = BUF_INIT(256), text = BUF_INIT(ACL_TEXT_MAX);
	struct dir *d = *state, *work;
	struct err e;

	assert_int_equal(windows_self(&self), 0);
	assert_ok(buf_addf(&text, &e,
		      "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)(A;OICI;0x1200a9;;;WD)",
		      buf_text(&self)),
	    &e);
	dir_close(dir_below(d, "place", true, &e));
	set_list(d, "place", buf_text(&text));
	assert_non_null(work = dir_make_private(d, ".work", &e));
	assert_ok(file_replace(work, "n0", "new", 3, 0600, &e), &e);
	assert_int_equal(file_move(work, "n0", d, "place/f", &e), 1);
	dir_close(work);
	assert_false(everybody_reads(d, "place/f"));
	assert_int_equal(file_remove(d, "place/f", &e), 1);
	install(d, "place/f", true);
	assert_true(everybody_reads(d, "place/f"));
	install(d, "place/f", true);
	assert_true(everybody_reads(d, "place/f"));
	buf_reset(&text);
	assert_ok(buf_addf(&text, &e, "D:P(A;;FA;;;SY)(A;;FA;;;%s)", buf_text(&self)), &e);
	set_list(d, "place/f", buf_text(&text));
	install(d, "place/f", true);
	assert_false(everybody_reads(d, "place/f"));
	install(d, "place/f", false);
	assert_true(everybody_reads(d, "place/f"));
	buf_free(&self);
	buf_free(&text);
}

/* What a private file lets in: this user besides only without an administrator's rights. */
static void
private_files_are_administrators(void **state)
{
	const struct acl_rule rule = { .secret = true };
	struct buf got = BUF_INIT(ACL_TEXT_MAX);
	struct dir *d = *state;
	struct err e;

	NOT_UNDER_WINE("access lists don't come back as they were set");
	if (!place_privileged()) {
		print_message("%s: skipped: not an administrator\n", __func__);
		skip();
	}
	dir_close(dir_below(d, "station", true, &e));
	set_list(d, "station", "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)");
	assert_ok(file_replace(d, "station/login", "k", 1, 0600, &e), &e);
	named_list(d, "station/login", &got);
	assert_int_equal(acl_judge(buf_text(&got), &rule), ACL_GOOD);
	buf_free(&got);
}

static void
programdata(void **state)
{
	struct buf b = BUF_INIT(4096);
	size_t len;
	struct err e;

	(void)state;
	assert_int_equal(place_known("ProgramData", 11, &b, &e), 1);
	path_slashes((char *)b.data);
	assert_false(windows_in_programdata(buf_text(&b)));
	len = b.len;
	assert_ok(buf_adds(&b, "2/x", &e), &e);
	assert_false(windows_in_programdata(buf_text(&b)));
	buf_cut(&b, len);
	assert_ok(buf_adds(&b, "/Slipway", &e), &e);
	assert_true(windows_in_programdata(buf_text(&b)));
	assert_false(windows_in_programdata("C:/Windows/x"));
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(programdata),
		cmocka_unit_test(ways_to_rename),
		cmocka_unit_test(reparse_points),
		cmocka_unit_test_setup_teardown(unsafe_names, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(long_and_unicode_names, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(case_is_the_same_file, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(open_without_sharing, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(replaced_while_open, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(replaced_while_running, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(read_only_is_replaced, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(files_by_path, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(links_are_refused, temp_make, temp_remove),
		cmocka_unit_test(errors_have_their_number),
		cmocka_unit_test_setup_teardown(replaced_files_keep_attributes, temp_make,
		    temp_remove),
		cmocka_unit_test_setup_teardown(secrets_have_an_access_list, temp_make,
		    temp_remove),
		cmocka_unit_test_setup_teardown(lists_are_taken, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(others_read_what_is_installed, temp_make,
		    temp_remove),
		cmocka_unit_test_setup_teardown(installed_files_have_their_places_list, temp_make,
		    temp_remove),
		cmocka_unit_test_setup_teardown(private_files_are_administrators, temp_make,
		    temp_remove),
	};

	if (argc > 1 && strcmp(argv[1], "--wait") == 0) {
		Sleep(60000); /* the running program of a test, which ends it */
		return 0;
	}
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
