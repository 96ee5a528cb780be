/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_OPEN_WINDOWS_H
#define LIB_OS_OPEN_WINDOWS_H

/*
 * What the Windows files of dir.h, file.h and move.h share.
 *
 * Names below a struct dir are opened relative to a directory's handle, one component after the
 * other.  Each component is opened as itself (FILE_OPEN_REPARSE_POINT) and refused when it is a
 * reparse point that stands for another name, so that no junction or symbolic link can get in
 * between looking and opening.  Other reparse points (deduplicated files, OneDrive) are files and
 * directories, whose content a second open shows that is checked to be of the same file.  This
 * needs NtCreateFile(), the only call of Windows that takes a directory's handle; it also takes
 * names of any length.
 */
#include "lib/os/file_system.h"
#include "lib/os/wide_windows.h"

#include <winternl.h>

struct dir {
	HANDLE handle;
	char *path; /* for messages */
};

/*
 * Tries, and milliseconds between them, for a file that another program has open just now: 1
 * second.
 */
#define FILE_BUSY_TRIES	  50
#define FILE_BUSY_WAIT_MS 20

#define FILE_SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* Where something is: an open directory, and one name in it. */
struct file_at {
	HANDLE parent;
	wchar_t *leaf;
};

/*
 * Find the directory that holds name below d (any path where d is NULL).  0, or -1 with at empty
 * and *error a Windows error: ERROR_REPARSE_TAG_MISMATCH when a link stands in the way.
 */
int file_at_open(struct file_at *at, struct dir *d, const char *name, DWORD *error);
void file_at_close(struct file_at *at);

/*
 * How to open: what to do with it, FILE_OPEN, FILE_CREATE…, FILE_NON_DIRECTORY_FILE…, and who may
 * use a new one.
 */
struct file_how {
	ACCESS_MASK access;
	ULONG disposition, options;
	bool secret; /* a new one is for its owner, administrators and the system alone */
};

/* Open one name in parent, and a link as itself.  0 with *out, or a Windows error. */
DWORD file_open_in(HANDLE parent, const wchar_t *leaf, const struct file_how *how, HANDLE *out);

/* file_at_open() and file_open_in(). */
DWORD file_open_at(struct dir *d, const char *name, const struct file_how *how, HANDLE *out);

/*
 * The ways to rename a file, the best one first: over files that others have open and over
 * read-only ones (NTFS, Windows 10 1809 and later); over files that others have open (NTFS, 1709
 * and later); over a file that nobody has open (everywhere).
 */
enum rename_way { RENAME_WAY_READ_ONLY, RENAME_WAY_POSIX, RENAME_WAY_OLD };

/*
 * Whether a status says that the system, the file system, a filter or the server of a share doesn't
 * know the call or one of its flags.
 */
bool file_status_unsupported(NTSTATUS status);

/* The way to try after status was the outcome of way; way itself where the outcome stands. */
enum rename_way file_rename_way(enum rename_way way, NTSTATUS status);

/*
 * Give an open file (opened with DELETE) another name; with over, in the place of what has it.  0
 * or a Windows error: ERROR_SHARING_VIOLATION when a program runs what has the name, or has it open
 * or mapped.
 */
DWORD file_rename_open(HANDLE file, const struct file_at *to, bool over);

/*
 * The same over a file that a program runs or has open.  A file that can't be replaced is moved
 * aside, to ".NAME.old", and removed at once, or by a later replacement when it can't be removed
 * yet. Between the two moves the name is absent.
 */
DWORD file_put_open(HANDLE file, const struct file_at *to);

/* Set or take away the read-only attribute of an open file or directory.  0 or a Windows error. */
DWORD file_set_read_only(HANDLE file, bool read_only);

/*
 * Remove an open file or directory (opened with DELETE; one that is read-only with
 * FILE_WRITE_ATTRIBUTES, too), though others have it open.  0 or a Windows error:
 * ERROR_SHARING_VIOLATION when a program runs it or has it mapped.
 */
DWORD file_remove_open(HANDLE file);

/* Fill in e from a Windows error, naming d/name.  -1. */
int file_fail(const struct dir *d, const char *name, DWORD error, struct err *e);

/*
 * Open a directory directly in parent, and no link to one; secret as in struct file_how.  0 with
 * *out, or a Windows error.
 */
DWORD
file_step(HANDLE parent, const wchar_t *leaf, bool secret, ULONG disposition, HANDLE *out);

/* Open any directory by its path, links followed: the caller vouches for it. */
HANDLE file_open_path(const wchar_t *path);

/* Another handle of what h is; NULL when there is none to be had. */
HANDLE file_duplicate(HANDLE h);

/* ".NAMEsuffix" beside at, whose leaf is to be freed.  0 or a Windows error. */
DWORD file_beside(const struct file_at *at, const wchar_t *suffix, struct file_at *out);

/* Remove one name in parent; options as in struct file_how.  0 or a Windows error. */
DWORD file_remove_in(HANDLE parent, const wchar_t *leaf, ULONG options);

/* What a file is, by its attributes and, of a reparse point, its tag; and fill in elsewhere. */
enum file_type file_type_of(DWORD attributes, DWORD tag, bool *elsewhere);

/* What an open file is.  0 or a Windows error. */
DWORD file_info_open(HANDLE file, struct file_info *info);

/*
 * Give an open file (READ_CONTROL, WRITE_DAC, WRITE_OWNER) the owner and list of an installed file
 * whose place is missing directories below the open directory; replaced: open file that it
 * replaces, whose list it keeps, or NULL.  0 or a Windows error.
 */
DWORD file_give_list(HANDLE file, HANDLE directory, unsigned missing, HANDLE replaced);

/*
 * The attributes of a file that replaces another: hidden, system and not content-indexed are those
 * of the replaced one, for which a person may have set them; the others are its own (read-only is
 * the release's, archive says that it changed).
 */
DWORD file_attributes_kept(DWORD replaced, DWORD now);

/* Whether a list that was given to a file wasn't there afterwards. */
bool file_lists_lost(void);

/* Open an existing regular file; its info.  0, or -1 with e filled in. */
int file_open_regular(struct dir *d, const char *name, ACCESS_MASK access, HANDLE *out,
    struct file_info *info, struct err *e);

#endif
