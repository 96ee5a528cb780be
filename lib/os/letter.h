/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LETTER_H
#define LIB_OS_LETTER_H

/* Letters of drives, which POSIX systems don't have. */
#include "lib/base/drive.h"

/*
 * Append a path or address that names a drive as this process alone may have it, so that everybody
 * on this computer understands it: the share that the letter stands for.  Returns 1, 0 with nothing
 * appended where the text is good as it is (on POSIX systems always), or -1 as drive_replace().
 */
int letter_replace(const char *text, struct buf *out, struct err *e);

#endif
