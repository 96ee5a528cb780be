/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_WANTED_H
#define UPDATER_STATE_WANTED_H

/*
 * What the last update found that had nothing more to do, in wanted.json: which bytes of metadata
 * it compared with which applied.json.  While both are the same there is nothing to do, and neither
 * the role nor the record, which have an entry for each file, is parsed again.
 *
 * The file vouches for nothing.  Who can write it can write the trusted root beside it; it is used
 * only where its owner alone can, and only for bytes that the metadata of this very refresh names.
 * In every doubt the full way is taken.
 */
#include <jansson.h>

#include "lib/os/file.h"
#include "lib/tuf/known.h"
#include "lib/tuf/layout.h"

#define WANTED_MAX (64u * 1024) /* bytes */

/* Start with all zero; release with wanted_free().  The texts belong to json, or to the caller. */
struct wanted {
	const char *slipway, *application;
	const char *roots[LAYOUT_ROOTS]; /* InstallDir and AppDir, or NULL */
	int64_t serial, release;	 /* of the applied record */
	int64_t newest;			 /* the newest release that was ever applied */
	int64_t machine;		 /* of the applied record; 0, also where it isn't there */
	bool user;			 /* the applied release has scripts for users */
	bool view32;			 /* its settings are of both views of the registry */
	bool servers;			 /* the role names servers (learned.h) */
	struct tuf_known role;		 /* that names the newest release */
	const char *record;		 /* which file applied.json is: its stamp as a text */
	json_t *json;
};

/*
 * Read one.  Returns 0, or -1 with ERR_SYNTAX, ERR_VERSION or ERR_NOMEM and *w all zero.  Every
 * member but "machine", "view32" and "servers" has to be there.
 */
int wanted_read(const json_t *j, struct wanted *w, struct err *e);

/* The same as JSON.  The caller calls json_decref().  NULL with ERR_NOMEM. */
json_t *wanted_json(const struct wanted *w, struct err *e);

void wanted_free(struct wanted *w);

/*
 * Load what counts still: written by this version of Slipway for this application and these roots,
 * about the applied.json that is there.  The role is the caller's to compare (known_still()).
 * Returns whether there is such a file; *w is all zero where there is none.
 */
bool wanted_load(struct dir *state, const char *application, const char *const roots[LAYOUT_ROOTS],
    struct wanted *w);

/*
 * Save it, for the applied.json that is there; w->slipway and w->record are set here.  A file that
 * a newer Slipway wrote stays.  Failures are ignored: they cost time only.
 */
void wanted_save(struct dir *state, struct wanted *w);

#endif
