/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_PAIR_FILES_H
#define SERVER_CERT_PAIR_FILES_H

/*
 * The files of a key and its certificate (NAME.pem, NAME.crt), or of a key and a request for one
 * (NAME.pem, NAME.csr), in one directory.
 */

#include "lib/os/file.h"
#include "server/cert/request.h"

/*
 * Checks that name can be the name of a file, without a directory, and leaves room for an ending.
 * Returns 0, or -1 with ERR_USAGE.
 */
int pair_files_check_name(const char *name, struct err *e);

/*
 * Checks that neither NAME.pem nor NAME.suffix exists.  Returns 0, or -1 with ERR_EXISTS and
 * others.
 */
int pair_files_check_free(struct dir *d, const char *name, const char *suffix, struct err *e);

/*
 * Copies NAME.suffix, if it exists, to the first free NAME.old-N.suffix, before NAME.suffix is
 * replaced.  Returns 0 or -1.
 */
int pair_files_keep(struct dir *d, const char *name, const char *suffix, struct err *e);

/*
 * Writes NAME.pem and then NAME.suffix: a program that reloads the pair between the two writes sees
 * a mismatch and keeps the old pair.  Without force, both names must be free, and a failure leaves
 * neither file.  With force, replaced files are kept (pair_files_keep()).  Returns 0, or -1 with
 * ERR_EXISTS and others.
 */
int pair_files_write(struct dir *d, const char *name, const char *suffix, const struct buf *key,
    const struct buf *crt, bool force, struct err *e);

#endif
