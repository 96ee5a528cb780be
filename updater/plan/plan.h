/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_PLAN_PLAN_H
#define UPDATER_PLAN_PLAN_H

/*
 * What a release changes on this station: its verified targets against what is installed, by hash,
 * and the setting changes that its scripts ask for.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "updater/fetch/fetch.h"
#include "updater/apply/journal.h"
#include "updater/fetch/progress.h"
#include "updater/plan/refresh.h"
#include "lib/settings/changeset.h"
#include "updater/station/station.h"

/* Components of a target's path below the application's name. */
#define PLAN_DEPTH_MAX 8

enum plan_place { PLACE_INSTALL, PLACE_APP, PLACE_SCRIPT_MACHINE, PLACE_SCRIPT_USER };

enum plan_op { PLAN_KEEP, PLAN_ADD, PLAN_REPLACE, PLAN_MODE, PLAN_REMOVE };

struct plan_file {
	char *target;	  /* "COV_PB/app/tls/server.crt" */
	const char *rest; /* within target: below its place, "tls/server.crt" */
	enum plan_place place;
	struct tuf_target want; /* custom is borrowed from the role's metadata */
	char sha256[SHA256_HEX_SIZE];
	unsigned mode;
	enum plan_op op;	  /* PLAN_KEEP for scripts */
	struct journal_state old; /* what is there now */
	uint64_t old_length;
	/* name beside it under which what a person changed is kept, or NULL */
	char *aside;
};

struct plan {
	const char *application; /* borrowed from the station */
	int64_t release;	 /* number of the release */
	int64_t version;	 /* of the role's metadata */
	struct plan_file *files; /* owned: the release's by path, then removals */
	size_t n, nremoved;
	struct changeset settings; /* what the scripts ask for */
	size_t fetched;		   /* files that plan_fetch() downloaded */
};

/*
 * Read a role's targets into a plan.  A path that is unsafe, in no known place, deeper than
 * PLAN_DEPTH_MAX or not covered by the delegation refuses the whole release: ERR_UNSAFE,
 * ERR_SYNTAX.
 */
int plan_make(const struct station *st, struct refresh *r, struct plan *p, struct err *e);

/* The same from a record of this station (store.h): what is applied, or a release to return to. */
int plan_of_record(const struct station *st, const json_t *record, struct plan *p, struct err *e);

void plan_free(struct plan *p);

/*
 * Whether applied (store_applied()) is this release, or one to which a person returned from it:
 * nothing is to be done.
 */
bool plan_is_applied(const struct plan *p, const json_t *applied);

/*
 * Compare with what is on disk, by hash, and with what is applied: fills in what happens to each
 * file, and adds those that applied has and the release lacks.  ERR_UNSAFE when something that is
 * no file has a file's name.
 */
int plan_compare(const struct station *st, const json_t *applied, struct plan *p, struct err *e);

/* How many files are replaced, added or removed. */
size_t plan_changes(const struct plan *p);

/* Whether its content has to come from the release. */
bool plan_needs(const struct plan_file *f);

/*
 * Whether there is room for twice of what is needed: in the state's file system and in each
 * destination's.  ERR_NOSPC.
 */
int plan_room(const struct station *st, struct dir *state, const struct plan *p, struct err *e);

/*
 * Download into dir what is needed of the files, the scripts, or both, each under its hash once its
 * length and SHA-256 are right.  What is there already is checked and not fetched again.
 */
enum plan_which { PLAN_FILES = 1, PLAN_SCRIPTS = 2 };
int plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *dir, unsigned which,
    struct progress *progress, struct err *e);

/*
 * Run the scripts of one place in name order, in a child process that is stopped at the deadline
 * (clock_mono_ms()), and append what they ask for to out.  source has the scripts under their
 * hashes.
 */
int plan_scripts(const struct station *st, struct settings *s, struct dir *source,
    enum plan_place place, int64_t deadline, const struct plan *p, struct changeset *out,
    struct err *e);

/*
 * The directory that a file is installed in; NULL for scripts and for install/ without InstallDir.
 */
const char *plan_root(const struct station *st, enum plan_place place);

/*
 * Append the path of a file that has such a directory, as people there write it.  0, or -1 as
 * buf_adds().
 */
int plan_shown_path(const struct station *st, const struct plan_file *f, struct buf *out,
    struct err *e);

#endif
