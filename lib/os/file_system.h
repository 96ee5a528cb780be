/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_FILE_SYSTEM_H
#define LIB_OS_FILE_SYSTEM_H

/*
 * What dir.c and file.c want of the operating system.
 *
 * An open file is a descriptor, or a handle of Windows, as an intptr_t; -1 is none.  A function
 * without a struct err returns -1 with the reason in errno or GetLastError(), for file_fault().
 */
#include "lib/base/list.h"
#include "lib/os/file.h"

/* "directory/name" for messages: out. */
#define FILE_SHOWN_MAX 4096
const char *file_shown(const struct dir *d, const char *name, char out[FILE_SHOWN_MAX]);

/* Fill in e with "verb where: reason".  Returns -1. */
int file_fault(struct err *e, const char *verb, const char *where);

/* Append the names in d, but "." and "..".  0 or -1. */
int dir_names(struct dir *d, struct strings *names, struct err *e);

/* Open an existing regular file for reading or writing, and say what it is. */
intptr_t
file_open(struct dir *d, const char *name, bool write, struct file_info *info, struct err *e);

/* Create a file, and remove the file that had its name. */
intptr_t file_open_new(struct dir *d, const char *name, unsigned mode, struct err *e);

/* Open a file for locks, and create it where it is missing. */
intptr_t file_open_lock(struct dir *d, const char *name, struct err *e);

/* Take the lock.  1, 0 another process has it, -1. */
int file_try_lock(intptr_t f);

/* As file_read_secret() wants it; where is for the message.  0, or -1 with ERR_ACCESS. */
int file_check_secret(intptr_t f, const struct file_info *info, const char *where, struct err *e);

/* *got: 0 at the end. */
int file_read_some(intptr_t f, void *data, size_t len, size_t *got);
int file_write_all(intptr_t f, const void *data, size_t len);

/* Go to an offset; file_cut() ends the file there, too. */
int file_seek(intptr_t f, uint64_t at);
int file_cut(intptr_t f, uint64_t at);

int file_flush(intptr_t f);
int file_close(intptr_t f);

/*
 * Replace a file through a temporary one beside it, ".NAME.new", which fill writes: it returns 0,
 * or -1 as the functions above.
 */
enum file_put { FILE_PUT_DURABLY, FILE_PUT_FAST, FILE_PUT_KEEP, FILE_PUT_NEW };
int file_put(struct dir *d, const char *name, unsigned mode, enum file_put how,
    int (*fill)(intptr_t f, void *arg), void *arg, struct err *e);

#endif
