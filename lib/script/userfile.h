/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_USERFILE_H
#define LIB_SCRIPT_USERFILE_H

/*
 * TLS settings of the machine that name a file in each user's own folder, such as
 * %AppData%\COV_PB\server.crt, although the release has such a file in app/: it goes to AppDir,
 * which is another folder unless AppDir is each user's, too.
 */
#include <stdbool.h>

#include "lib/settings/changeset.h"

struct userfile_release {
	/* the i-th file: its path below app/, "" of one elsewhere; NULL after the last */
	const char *(*file)(void *arg, size_t i);
	/* whether an entry of a setting means that file here nevertheless; NULL: none does */
	bool (*meant)(void *arg, const char *entry, const char *file);
	void *arg;
	const char *where; /* more words on AppDir, ", ..."; NULL: none */
};

/*
 * Whether a change sets such a setting: true with ERR_CONFIG in *why and a text that says so, and
 * the line of a script that is right.  Running out of memory is false.
 */
bool userfile_find(const struct change *x, const struct userfile_release *r, struct err *why);

#endif
