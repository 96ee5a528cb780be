/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_DIRECTORY_H
#define LIB_SFTP_DIRECTORY_H

/*
 * A repository in a directory of this computer: a USB key, a network share.  It is read through the
 * same interface as a server, and trusted as little.
 */
#include "lib/os/file.h"
#include "lib/sftp/file.h"

/*
 * Reads the files that are SFTP_FILE_PENDING, one after the other, and sets their results.  Links
 * in the repository aren't followed.  0 when every file has a result; -1 with ERR_TIMEOUT at the
 * deadline (clock_mono_ms()), which is checked between pieces: a call that hangs on a share ends
 * with the child, which its parent kills.
 */
int
directory_run(struct dir *d, struct sftp_file *files, size_t n, int64_t deadline, struct err *e);

#endif
