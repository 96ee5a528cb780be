/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_SOURCE_H
#define LIB_X509_SOURCE_H

/*
 * Where keys, certificates and revocation lists come from: a file, a list of files, or bytes in
 * memory, with the word that messages use for it.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

#define SOURCES_MAX	128  /* files in a list */
#define SOURCE_PATH_MAX 4095 /* bytes of a file's name in a list */

struct source {
	const char *label; /* "TLS_CertFile" */
	const char *text;  /* a file's name, files separated by ';', or the bytes */
	size_t len;	   /* of text */
	bool content;	   /* text is the bytes */
};

/* Returns what messages call a source: the file's name, or "(given by the program)". */
const char *source_name(const struct source *s);

/*
 * Append the bytes of a source; secret refuses a file that others can read (ERR_ACCESS).  Returns
 * 0, or -1 with the error of file_read() or ERR_TOO_LARGE.
 */
int source_read(const struct source *s, bool secret, struct buf *out, struct err *e);

/*
 * Call each() for every file of a list, without the blanks around its name and skipping empty
 * names, or once for bytes.  Of a name over
 * SOURCE_PATH_MAX bytes the text has the beginning only; source_read() refuses it.  Returns 0, or
 * -1 with ERR_TOO_LARGE after SOURCES_MAX files.
 */
int sources_each(const struct source *s, void (*each)(void *arg, const struct source *one),
    void *arg, struct err *e);

/*
 * Whether a file's name, or with list each of a list, is whole: which file a relative name means is
 * up to the working directory.  Returns 0, or -1 with ERR_CONFIG and words of what to write.
 */
int source_whole(const struct source *s, bool list, struct err *e);

#endif
