/* SPDX-License-Identifier: ISC */
/*
 * The contents of files, on Windows: reading, replacing durably, locks.
 *
 * A file is replaced through a temporary file beside it, ".NAME.new", as on POSIX systems: written,
 * flushed, renamed over the name, and flushed once more so that the rename is on the disk, too.
 */
#include "lib/os/file_windows.h"

#include <aclapi.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/base/digest.h"

#define LOCK_POLL_MS 20
#define READ_CHUNK   65536
#define ASIDE_MAX    10 /* old ones of one file that are still running */

struct file_in {
	HANDLE h;
	char *name; /* for messages */
};

struct file_out {
	HANDLE h;
	char *name; /* for messages */
};

struct file_lock {
	HANDLE h;
};

/*
 * Whether one entry of an access list lets somebody in who is not us, an administrator or the
 * system.
 */
static bool
lets_others_in(ACE_HEADER *ace, PSID self)
{
	ACCESS_ALLOWED_ACE *allowed = (ACCESS_ALLOWED_ACE *)(void *)ace;
	PSID sid = &allowed->SidStart;

	if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE || (ace->AceFlags & INHERIT_ONLY_ACE) != 0)
		return false;
	if ((allowed->Mask &
		(FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | WRITE_DAC | WRITE_OWNER |
		    GENERIC_READ | GENERIC_WRITE | GENERIC_ALL)) == 0)
		return false;
	return !EqualSid(sid, self) && !IsWellKnownSid(sid, WinBuiltinAdministratorsSid) &&
	    !IsWellKnownSid(sid, WinLocalSystemSid) &&
	    !IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

int
file_check_private(HANDLE h, const char *where, struct err *e)
{
	union {
		TOKEN_USER user;
		uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} u;
	PSECURITY_DESCRIPTOR sd = NULL;
	PSID owner, self;
	HANDLE token;
	PACL acl;
	DWORD n, error;
	int rc = 0;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return err_windows(e, GetLastError(), "who this process is");
	error = GetTokenInformation(token, TokenUser, &u, sizeof u, &n) ? 0 : GetLastError();
	CloseHandle(token);
	if (error == 0)
		error = GetSecurityInfo(h, SE_FILE_OBJECT,
		    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &acl,
		    NULL, &sd);
	if (error != 0)
		return err_windows(e, error, "%s: who may use it", where);
	self = u.user.User.Sid;
	if (!EqualSid(owner, self) && !IsWellKnownSid(owner, WinBuiltinAdministratorsSid) &&
	    !IsWellKnownSid(owner, WinLocalSystemSid))
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want one of this user or of administrators, got another owner", where);
	else if (acl == NULL)
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want one for its owner alone, got one for everybody", where);
	for (DWORD i = 0; rc == 0 && i < acl->AceCount; i++) {
		void *ace;

		if (!GetAce(acl, i, &ace) || lets_others_in(ace, self))
			rc = err_setx(e, ERR_ACCESS,
			    "%s: want one that only its owner and administrators can use (icacls FILE /inheritance:r "
			    "/grant:r %%USERNAME%%:F), got one that others can use",
			    where);
	}
	LocalFree(sd);
	return rc;
}

int
file_open_regular(struct dir *d, const char *name, ACCESS_MASK access, HANDLE *out,
    struct file_info *info, struct err *e)
{
	struct file_how how = { access | FILE_READ_ATTRIBUTES, FILE_OPEN, 0, false };
	char where[FILE_SHOWN_MAX];
	DWORD error = file_open_at(d, name, &how, out);

	if (error != 0)
		return file_fail(d, name, error, e);
	if ((error = file_info_open(*out, info)) != 0) {
		file_fail(d, name, error, e);
	} else if (info->type != FILE_REGULAR) {
		err_setx(e, ERR_UNSAFE, "%s: want a regular file, got something else",
		    file_shown(d, name, where));
	} else
		return 0;
	CloseHandle(*out);
	return -1;
}

static int
read_all(HANDLE h, const struct file_info *info, struct buf *out, struct err *e)
{
	size_t start = out->len;
	DWORD n;

	if (info->size > 0 && info->size <= out->max - out->len &&
	    buf_reserve(out, (size_t)info->size, e) == -1)
		return -1;
	for (;;) {
		uint8_t chunk[READ_CHUNK];

		if (!ReadFile(h, chunk, sizeof chunk, &n, NULL)) {
			out->len = start;
			return err_windows(e, GetLastError(), "read");
		}
		if (n == 0)
			return 0;
		if (buf_add(out, chunk, n, e) == -1) {
			out->len = start;
			return -1;
		}
	}
}

static int
read_file(struct dir *d, const char *name, bool secret, struct buf *out, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct file_info info;
	int rc = -1;
	HANDLE h;

	if (file_open_regular(d, name, GENERIC_READ, &h, &info, e) == -1)
		return -1;
	file_shown(d, name, where);
	if ((!secret || file_check_private(h, where, e) == 0) &&
	    (rc = read_all(h, &info, out, e)) == -1)
		err_context(e, "%s", where);
	CloseHandle(h);
	return rc;
}

int
file_read(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	return read_file(d, name, false, out, e);
}

int
file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	return read_file(d, name, true, out, e);
}

static DWORD
write_all(HANDLE h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		DWORD n, piece = len > READ_CHUNK * 16 ? READ_CHUNK * 16 : (DWORD)len;

		if (!WriteFile(h, p, piece, &n, NULL))
			return GetLastError();
		p += n;
		len -= n;
	}
	return 0;
}

static DWORD
flush(HANDLE h)
{
	return FlushFileBuffers(h) ? 0 : GetLastError();
}

/* The name of the new content of at, in the same directory. */
static DWORD
beside(const struct file_at *at, const wchar_t *suffix, struct file_at *out)
{
	size_t room = wcslen(at->leaf) + wcslen(suffix) + 2;

	out->parent = at->parent;
	if ((out->leaf = malloc(room * sizeof *out->leaf)) == NULL)
		return ERROR_OUTOFMEMORY;
	swprintf(out->leaf, room, L".%ls%ls", at->leaf, suffix);
	return 0;
}

static DWORD
remove_in(HANDLE parent, const wchar_t *leaf, ULONG options)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN,
		options, false };
	HANDLE h;
	DWORD error = file_open_in(parent, leaf, &how, &h);

	if (error == ERROR_ACCESS_DENIED) {
		how.access &= ~(ACCESS_MASK)FILE_WRITE_ATTRIBUTES;
		error = file_open_in(parent, leaf, &how, &h);
	}
	if (error != 0)
		return error;
	error = file_remove_open(h);
	CloseHandle(h);
	return error;
}

DWORD
file_put_open(HANDLE file, const struct file_at *to)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_NON_DIRECTORY_FILE,
		false };
	struct file_at aside = { NULL, NULL };
	DWORD error = file_rename_open(file, to, true), moved = 0;
	HANDLE old;

	if (error != ERROR_SHARING_VIOLATION)
		return error;
	if (file_open_in(to->parent, to->leaf, &how, &old) != 0)
		return error;
	for (int i = 0; i < ASIDE_MAX; i++) {
		wchar_t suffix[16];

		swprintf(suffix, sizeof suffix / sizeof *suffix, i == 0 ? L".old" : L".old%d", i);
		free(aside.leaf);
		if ((moved = beside(to, suffix, &aside)) != 0)
			break;
		remove_in(aside.parent, aside.leaf, FILE_NON_DIRECTORY_FILE);
		if ((moved = file_rename_open(old, &aside, false)) != ERROR_ALREADY_EXISTS)
			break;
	}
	if (moved == 0 && (error = file_rename_open(file, to, false)) != 0)
		file_rename_open(old, to, false);
	else if (moved == 0)
		/* refused while it runs: the next replacement tries again */
		file_remove_open(old);
	CloseHandle(old);
	free(aside.leaf);
	return error;
}

/* Make a new, empty file in the place of whatever has its name. */
static DWORD
create_temporary(const struct file_at *temp, unsigned mode, HANDLE *out)
{
	struct file_how how = { GENERIC_WRITE | DELETE | FILE_READ_ATTRIBUTES | WRITE_DAC,
		FILE_CREATE, FILE_NON_DIRECTORY_FILE, (mode & 077) == 0 };
	DWORD error = remove_in(temp->parent, temp->leaf, FILE_NON_DIRECTORY_FILE);

	if (error != 0 && error != ERROR_FILE_NOT_FOUND)
		return error;
	return file_open_in(temp->parent, temp->leaf, &how, out);
}

/* Give the owner and access list of the file at to the open file h. */
static DWORD
take_after(HANDLE h, const struct file_at *at)
{
	struct file_how how = { READ_CONTROL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, false };
	PSECURITY_DESCRIPTOR sd = NULL;
	HANDLE old;
	PACL acl;
	DWORD error = file_open_in(at->parent, at->leaf, &how, &old);

	if (error == ERROR_FILE_NOT_FOUND)
		return 0;
	if (error != 0)
		return error;
	error = GetSecurityInfo(old, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &acl,
	    NULL, &sd);
	if (error == 0)
		error = SetSecurityInfo(h, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL,
		    acl, NULL);
	LocalFree(sd);
	CloseHandle(old);
	return error;
}

enum replace_how { REPLACE_DURABLY, REPLACE_FAST, REPLACE_KEEP, REPLACE_NEVER };

/* Give the new content its name, durably. */
static DWORD
put(HANDLE h, const struct file_at *at, enum replace_how how)
{
	DWORD error = 0;

	if (how == REPLACE_KEEP)
		error = take_after(h, at);
	if (error == 0 && how != REPLACE_FAST)
		error = flush(h);
	if (error == 0)
		error =
		    how == REPLACE_NEVER ? file_rename_open(h, at, false) : file_put_open(h, at);
	if (error == 0 && how != REPLACE_FAST)
		return flush(h);
	if (error != 0)
		file_remove_open(h);
	return error;
}

static int
replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    enum replace_how how, struct err *e)
{
	struct file_at at, temp = { NULL, NULL };
	HANDLE h;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == -1)
		return file_fail(d, name, error, e);
	if ((error = beside(&at, L".new", &temp)) == 0 &&
	    (error = create_temporary(&temp, mode, &h)) == 0) {
		if ((error = write_all(h, data, len)) != 0)
			file_remove_open(h);
		else
			error = put(h, &at, how);
		CloseHandle(h);
	}
	free(temp.leaf);
	file_at_close(&at);
	return error == 0 ? 0 : file_fail(d, name, error, e);
}

int
file_replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_DURABLY, e);
}

int
file_replace_fast(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_FAST, e);
}

int
file_replace_keep(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_KEEP, e);
}

int
file_create(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_NEVER, e);
}

static DWORD
cut(HANDLE h, uint64_t at)
{
	LARGE_INTEGER to = { .QuadPart = (LONGLONG)at };

	return SetFilePointerEx(h, to, NULL, FILE_BEGIN) && SetEndOfFile(h) ? 0 : GetLastError();
}

int
file_append(struct dir *d, const char *name, uint64_t at, const void *data, size_t len,
    struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct file_info info;
	int rc = -1;
	DWORD error;
	HANDLE h;

	if (file_open_regular(d, name, GENERIC_WRITE, &h, &info, e) == -1)
		return -1;
	if (at > info.size) {
		err_setx(e, ERR_UNSAFE, "%s: want a regular file of at least %" PRIu64 " bytes",
		    file_shown(d, name, where), at);
	} else if ((error = cut(h, at)) != 0 || (error = write_all(h, data, len)) != 0 ||
	    (error = flush(h)) != 0) {
		file_fail(d, name, error, e);
		if (cut(h, at) != 0)
			err_context(e, "cannot take back a part that was written");
	} else
		rc = 0;
	CloseHandle(h);
	return rc;
}

/* The bytes of from into the open file to. */
static DWORD
copy_bytes(HANDLE from, HANDLE to)
{
	uint8_t chunk[READ_CHUNK];
	DWORD n, error = 0;

	while (error == 0) {
		if (!ReadFile(from, chunk, sizeof chunk, &n, NULL))
			return GetLastError();
		if (n == 0)
			break;
		error = write_all(to, chunk, n);
	}
	return error;
}

int
file_copy(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    struct err *e)
{
	struct file_at at, temp = { NULL, NULL };
	struct file_info info;
	HANDLE source, h;
	DWORD error;

	if (file_open_regular(from, name, GENERIC_READ, &source, &info, e) == -1)
		return -1;
	if (file_at_open(&at, to, newname, &error) == 0) {
		if ((error = beside(&at, L".new", &temp)) == 0 &&
		    (error = create_temporary(&temp, mode, &h)) == 0) {
			if ((error = copy_bytes(source, h)) != 0)
				file_remove_open(h);
			else
				error = put(h, &at, REPLACE_DURABLY);
			CloseHandle(h);
		}
		free(temp.leaf);
		file_at_close(&at);
	}
	CloseHandle(source);
	return error == 0 ? 0 : file_fail(to, newname, error, e);
}

static int
remove_at(struct dir *d, const char *name, ULONG options, struct err *e)
{
	struct file_at at;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == 0) {
		error = remove_in(at.parent, at.leaf, options);
		file_at_close(&at);
	}
	if (error == 0)
		return 1;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		return 0;
	if (options == FILE_DIRECTORY_FILE &&
	    (error == ERROR_DIRECTORY || error == ERROR_DIR_NOT_EMPTY))
		return 0;
	return file_fail(d, name, error, e);
}

int
file_remove(struct dir *d, const char *name, struct err *e)
{
	return remove_at(d, name, FILE_NON_DIRECTORY_FILE, e);
}

int
dir_remove(struct dir *d, const char *name, struct err *e)
{
	return remove_at(d, name, FILE_DIRECTORY_FILE, e);
}

struct file_in *
file_in_open(struct dir *d, const char *name, uint64_t offset, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct file_in *f;
	struct file_info info;
	LARGE_INTEGER to = { .QuadPart = (LONGLONG)offset };
	HANDLE h;

	if (file_open_regular(d, name, GENERIC_READ, &h, &info, e) == -1)
		return NULL;
	if (offset > INT64_MAX || !SetFilePointerEx(h, to, NULL, FILE_BEGIN)) {
		file_fail(d, name, GetLastError(), e);
		CloseHandle(h);
		return NULL;
	}
	if ((f = malloc(sizeof *f)) == NULL ||
	    (f->name = strdup(file_shown(d, name, where))) == NULL) {
		free(f);
		CloseHandle(h);
		err_nomem(e);
		return NULL;
	}
	f->h = h;
	return f;
}

int
file_in_read(struct file_in *f, void *data, size_t len, size_t *got, struct err *e)
{
	DWORD n;

	if (!ReadFile(f->h, data, len > INT32_MAX ? INT32_MAX : (DWORD)len, &n, NULL))
		return err_windows(e, GetLastError(), "read %s", f->name);
	*got = n;
	return 0;
}

void
file_in_close(struct file_in *f)
{
	if (f == NULL)
		return;
	CloseHandle(f->h);
	free(f->name);
	free(f);
}

/* h is taken over in any case. */
static struct file_out *
out_of(HANDLE h, struct dir *d, const char *name, struct err *e)
{
	struct file_out *f = malloc(sizeof *f);
	char where[FILE_SHOWN_MAX];

	if (f == NULL || (f->name = strdup(file_shown(d, name, where))) == NULL) {
		free(f);
		CloseHandle(h);
		err_nomem(e);
		return NULL;
	}
	f->h = h;
	return f;
}

struct file_out *
file_out_open(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	struct file_at at;
	HANDLE h;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == 0) {
		error = create_temporary(&at, mode, &h);
		file_at_close(&at);
	}
	if (error != 0) {
		file_fail(d, name, error, e);
		return NULL;
	}
	return out_of(h, d, name, e);
}

struct file_out *
file_out_continue(struct dir *d, const char *name, uint64_t at, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct file_info info;
	DWORD error;
	HANDLE h;

	if (file_open_regular(d, name, GENERIC_WRITE, &h, &info, e) == -1)
		return NULL;
	if (at > info.size)
		err_setx(e, ERR_UNSAFE, "%s: want a regular file of at least %" PRIu64 " bytes",
		    file_shown(d, name, where), at);
	else if ((error = cut(h, at)) != 0)
		file_fail(d, name, error, e);
	else
		return out_of(h, d, name, e);
	CloseHandle(h);
	return NULL;
}

int
file_out_write(struct file_out *f, const void *data, size_t len, struct err *e)
{
	DWORD error = write_all(f->h, data, len);

	return error == 0 ? 0 : err_windows(e, error, "write %s", f->name);
}

int
file_out_close(struct file_out *f, bool sync, struct err *e)
{
	DWORD error = 0;

	if (f == NULL)
		return 0;
	if (sync)
		error = flush(f->h);
	if (error != 0)
		err_windows(e, error, "sync %s", f->name);
	CloseHandle(f->h);
	free(f->name);
	free(f);
	return error == 0 ? 0 : -1;
}

int
file_sha256(struct dir *d, const char *name, uint8_t out[32], uint64_t *size, struct err *e)
{
	uint8_t chunk[READ_CHUNK], full[DIGEST_MAX];
	struct file_info info;
	struct digest *md = NULL;
	int rc = -1;
	DWORD n;
	HANDLE h;

	if (file_open_regular(d, name, GENERIC_READ, &h, &info, e) == -1)
		return -1;
	if ((md = digest_new(DIGEST_SHA256, e)) == NULL)
		goto out;
	for (*size = 0;; *size += n) {
		if (!ReadFile(h, chunk, sizeof chunk, &n, NULL)) {
			file_fail(d, name, GetLastError(), e);
			goto out;
		}
		if (n == 0)
			break;
		if (digest_add(md, chunk, n, e) == -1)
			goto out;
	}
	if (digest_end(md, full, e) == -1)
		goto out;
	memcpy(out, full, SHA256_SIZE);
	rc = 0;
out:
	digest_free(md);
	CloseHandle(h);
	return rc;
}

struct file_lock *
file_lock(struct dir *d, const char *name, int64_t wait_ms, struct err *e)
{
	struct file_how how = { GENERIC_READ | GENERIC_WRITE, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE,
		false };
	int64_t end = clock_mono_ms() + wait_ms;
	char where[FILE_SHOWN_MAX];
	struct file_lock *l;
	HANDLE h;
	DWORD error = file_open_at(d, name, &how, &h);

	if (error != 0) {
		file_fail(d, name, error, e);
		return NULL;
	}
	for (;;) {
		OVERLAPPED whole = { 0 };

		if (LockFileEx(h, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD,
			MAXDWORD, &whole))
			break;
		if ((error = GetLastError()) != ERROR_LOCK_VIOLATION && error != ERROR_IO_PENDING) {
			file_fail(d, name, error, e);
			goto fail;
		}
		if (clock_mono_ms() >= end) {
			err_setx(e, ERR_BUSY, "%s: locked by another process",
			    file_shown(d, name, where));
			goto fail;
		}
		clock_sleep_ms(LOCK_POLL_MS);
	}
	if ((l = malloc(sizeof *l)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	l->h = h;
	return l;
fail:
	CloseHandle(h);
	return NULL;
}

void
file_unlock(struct file_lock *l)
{
	if (l == NULL)
		return;
	CloseHandle(l->h);
	free(l);
}
