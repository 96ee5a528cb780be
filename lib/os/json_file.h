/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_JSON_FILE_H
#define LIB_OS_JSON_FILE_H

/* Files that hold one JSON object. */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Read a file of at most max bytes.  Returns the object, which the caller releases by
 * json_decref(), or NULL with the errors of file_read() and json_text_parse(); the text names the
 * file.
 */
json_t *json_file_read(struct dir *d, const char *name, size_t max, struct err *e);

/*
 * Replace a file by j as file_replace() does: indented, members sorted, of at most max bytes
 * (ERR_TOO_LARGE).  json_file_write_fast() does it as file_replace_fast().  0 or -1.
 */
int json_file_write(struct dir *d, const char *name, const json_t *j, size_t max, unsigned mode,
    struct err *e);
int json_file_write_fast(struct dir *d, const char *name, const json_t *j, size_t max,
    unsigned mode, struct err *e);

#endif
