#ifndef UPDATER_PLAN_H
#define UPDATER_PLAN_H

/*
 * What a release changes on this station: its verified targets against what is installed, by hash, and
 * the setting changes that its scripts ask for.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/err.h"
#include "fetch.h"
#include "refresh.h"
#include "settings/changeset.h"
#include "station.h"

/* Components of a target's path below the application's name. */
#define PLAN_DEPTH_MAX	8

enum plan_place { PLACE_INSTALL, PLACE_APP, PLACE_SCRIPT_MACHINE, PLACE_SCRIPT_USER };

struct plan_file {
	char *target;		/* "COV_PB/app/tls/server.crt" */
	const char *rest;	/* within target: below its place, "tls/server.crt" */
	enum plan_place place;
	struct tuf_target want;	/* custom is borrowed from the role's metadata */
	char sha256[SHA256_HEX_SIZE];
	unsigned mode;
	bool needed;		/* its content is not where it belongs */
};

struct plan {
	int64_t release;		/* number of the release */
	int64_t version;		/* of the role's metadata */
	struct plan_file *files;	/* owned, by path */
	size_t n;
	struct changeset settings;	/* what the scripts ask for; filled in by plan_scripts() */
	size_t fetched;			/* files that plan_fetch() downloaded */
};

/*
 * Read a role's targets into a plan.  A path that is unsafe, in no known place, deeper than PLAN_DEPTH_MAX or not
 * covered by the delegation refuses the whole release: ERR_UNSAFE, ERR_SYNTAX.
 */
int plan_make(const struct station *st, struct refresh *r, struct plan *p, struct err *e);
void plan_free(struct plan *p);

/* Whether exactly this release is what applied (store_applied()) says is installed. */
bool plan_is_applied(const struct plan *p, const json_t *applied);

/* Mark what is needed, by the hash of what is on disk. */
int plan_compare(const struct station *st, struct plan *p, struct err *e);

/*
 * Download what is needed, and the scripts, into staging, each file under its hash once its length and SHA-256
 * are right.  A file that is staged already is checked and not fetched again.
 */
int plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *staging,
    struct err *e);

/*
 * Run the release's scripts in name order, in a child process that is stopped at the deadline (clock_mono_ms()), and
 * collect what they ask for.
 */
int plan_scripts(const struct station *st, struct settings *s, struct dir *staging, int64_t deadline,
    struct plan *p, struct err *e);

/* The directory that a file is installed in; NULL for scripts and for install/ without InstallDir. */
const char *plan_root(const struct station *st, enum plan_place place);

#endif
