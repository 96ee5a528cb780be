/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_DRIVE_H
#define LIB_BASE_DRIVE_H

/*
 * Letters of drives in paths and addresses of Windows.  A person's letters (a mapped share, "subst")
 * aren't there for the system, nor for other people.
 *
 * Pure: lib/os/letter.h asks the system about a letter.
 */
#include "lib/base/buf.h"

/* What a letter is for this process. */
struct drive {
	enum { DRIVE_IS_MISSING, DRIVE_IS_THERE, DRIVE_IS_REMOTE } kind;
	char name[1024]; /* what it was given for, "\\server\share" or "C:\dir", in UTF-8; or "" */
};

/*
 * The letter of the drive that an absolute path ("X:\dir") or an address ("file:///X:/dir") names,
 * or '\0'.
 */
char drive_letter(const char *text);

/*
 * Append the text with the drive's name instead of its letter; d is what drive_letter() of the text
 * is.  Returns 1, 0 with nothing appended where the letter is the same for everybody, or -1:
 * ERR_CONFIG with what to do (there is no such drive, or a remote one without a name), or as
 * buf_add().
 */
int drive_replace(const char *text, const struct drive *d, struct buf *out, struct err *e);

#endif
