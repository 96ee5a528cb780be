/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_PLAN_PLAN_H
#define UPDATER_PLAN_PLAN_H

/*
 * What a release changes on this station: its verified targets against what is installed, by hash,
 * and the setting changes that its scripts ask for.
 */

#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/os/log.h"
#include "updater/fetch/fetch.h"
#include "updater/fetch/progress.h"
#include "updater/plan/refresh.h"
#include "lib/settings/settings.h"
#include "updater/state/record.h"
#include "updater/station/station.h"

/*
 * PLAN_OWNER: the content is right, but another user owns the file or may change it, so that this
 * process makes it anew.
 */
/*
 * The place of a file of app/ in the machine's plan where AppDir is each user's: it is kept with
 * users' scripts, and installed by users' parts.
 */
#define PLAN_FOR_USERS LAYOUT_PLACES

enum plan_op { PLAN_KEEP, PLAN_ADD, PLAN_REPLACE, PLAN_MODE, PLAN_OWNER, PLAN_REMOVE };

struct plan_file {
	char *target;	  /* "COV_PB/app/tls/server.crt" */
	const char *rest; /* within target: below its place, "tls/server.crt" */
	enum layout_place place;
	struct tuf_target want; /* custom is borrowed from the role's metadata */
	char sha256[SHA256_HEX_SIZE];
	unsigned mode;
	enum plan_op op;       /* PLAN_KEEP for scripts */
	struct file_state old; /* of the file that is there now */
	/* name beside it under which a file that a person changed is kept, or NULL */
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
	int64_t deadline;	   /* clock_mono_ms() at which work on it ends with ERR_TIMEOUT */
	/* where plan_fetch() failed: bytes that were to be fetched, and that are here now */
	uint64_t of_bytes, got_bytes;
	/* of each root, when plan_compare() looked: its last change; 0: it wasn't there */
	int64_t looked[LAYOUT_ROOTS];
};

/*
 * Read a role's targets into a plan.  A target that layout_target() refuses, that the delegation
 * doesn't cover, or that path_portable() refuses refuses the whole release, and so do two that are
 * one name for lib/base/fold.h; the last two rules not where applied, the record of this station,
 * has the targets.  Returns 0, or -1 with *p empty: ERR_UNSAFE, ERR_SYNTAX, ERR_TOO_LARGE.
 */
int plan_make(const struct station *st, struct refresh *r, const struct record *applied,
    int64_t deadline, struct plan *p, struct err *e);

/* The same from a record of this station: of the applied release, or of one to return to. */
int plan_of_record(const struct station *st, const struct record *r, int64_t deadline,
    struct plan *p, struct err *e);

/*
 * The same of a user's part of a station: the files of app/ alone, none where AppDir is the
 * machine's.
 */
int plan_of_user(const struct station *user_part, const struct record *machine, int64_t deadline,
    struct plan *p, struct err *e);

/* Whether users' parts take a target from what the machine's part keeps. */
bool plan_is_for_users(const struct station *st, const char *target);

void plan_free(struct plan *p);

/* The release's file of a target, or NULL; removals aren't looked at. */
struct plan_file *plan_find(const struct plan *p, const char *target);

/*
 * Whether this release is applied, or a person returned from it to an earlier one: there is nothing
 * to do.
 */
bool plan_is_applied(const struct plan *p, const struct record *applied);

/*
 * Compare with the files on disk, by size and hash, and with the applied record: fills in op, old
 * and aside of each file, and adds the files that applied has and the release lacks.  ERR_UNSAFE
 * where something other than a file has a file's name, or, for a privileged process, where another
 * user can write in a directory below a destination that nobody else can write in.
 */
int
plan_compare(const struct station *st, const struct record *applied, struct plan *p, struct err *e);

/*
 * Where InstallDir and AppDir aren't apart, as on stations that were enrolled earlier: a file with
 * two names that differ in content or mode refuses the release, and what is removed under one name
 * stays where the other has it.  Returns 0, or -1 with ERR_UNSAFE.
 */
int plan_places(const struct station *st, struct plan *p, struct err *e);

/*
 * Where another application's files go to the same directories, as on stations that were enrolled
 * earlier: the release changes no file that the other one's release installed, whose key is
 * another.  Returns 0, or -1 with ERR_UNSAFE, or what reading the other's record gives.
 */
int plan_others(const struct station *st, const struct plan *p, struct err *e);

/*
 * Choose a free name beside the file at path below root, under which a version of it that a person
 * changed is kept, such as server.crt.changed-by-hand-2026-11-24; when: a time of date_format().
 * Returns 0, or -1 with ERR_EXISTS where there are many such names, or ERR_TOO_LARGE.
 */
int plan_aside(struct dir *root, const char *path, const char *when,
    char name[static PATH_COMPONENT_MAX + 1], struct err *e);

/* The number of files that are replaced, added or removed, or get another mode. */
size_t plan_changes(const struct plan *p);

/* Whether the file's content has to come from the release. */
bool plan_needs(const struct plan_file *f);

/*
 * Check that there is room for twice the files of the plan: in the state's file system, for its
 * scripts too, and in each destination's.  Returns 0, or -1 with ERR_NOSPC.
 */
int plan_room(const struct station *st, struct dir *state, const struct plan *p, struct err *e);

/*
 * Shorten an absolute path to its nearest parent that exists, and count the parts that it lost (not
 * the first one below its root).  Returns 0, or -1 with what file_stat() gives.
 */
int plan_existing(char *path, unsigned *missing, struct err *e);

/*
 * Download the needed files, the scripts, or both into dir, each under its hash once its length and
 * SHA-256 are right.  A file that is there already is checked and not fetched again.
 */
enum plan_which {
	PLAN_FILES = 1,
	PLAN_MACHINE_SCRIPTS = 2,
	PLAN_USER_SCRIPTS = 4,
	PLAN_SCRIPTS = PLAN_MACHINE_SCRIPTS | PLAN_USER_SCRIPTS
};
int plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *dir, unsigned which,
    struct progress *progress, struct err *e);

/* What scripts need besides the plan. */
struct plan_scripts {
	struct settings *settings;
	struct dir *source; /* has the scripts under their hashes */
	int64_t deadline;   /* clock_mono_ms() at which the child that runs them is stopped */
	/* Called with a script's own lines, and with how the child was confined; may be NULL. */
	void (*log)(void *arg, enum log_level level, const char *subject, const char *text);
	void *arg;
};

/*
 * Run the scripts of one place in the order of their names, in one child process, and append the
 * changes that they ask for to out.  Returns 0 or -1.
 */
int plan_scripts(const struct station *st, const struct plan_scripts *run, enum layout_place place,
    const struct plan *p, struct changeset *out, struct err *e);

/*
 * The directory that a file is installed in; NULL for scripts and for install/ without InstallDir.
 */
const char *plan_root(const struct station *st, enum layout_place place);

/*
 * Append the path of a file that has such a directory, as people there write it.  0, or -1 as
 * buf_adds().
 */
int plan_shown_path(const struct station *st, const struct plan_file *f, struct buf *out,
    struct err *e);

#endif
