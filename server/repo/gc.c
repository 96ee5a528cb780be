/* SPDX-License-Identifier: ISC */
/* Removing files that stations don't ask for any more. */
#include "server/repo/gc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "server/repo/audit_change.h"
#include "server/repo/audit_state.h"
#include "server/repo/served.h"

/* Names are the tree's. */
struct list {
	const char **names; /* owned */
	size_t n;
};

struct collecting {
	struct gc *g;
	struct served t;
	int64_t *versions; /* owned: of the existing snapshots, newest first */
	size_t n;
	struct list snapshots, others;
};

static int
newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x > y ? -1 : x < y;
}

/*
 * Lists published snapshots only: a crash may have left a snapshot that is newer than
 * timestamp.json says.
 */
static int
find_snapshots(struct collecting *w, struct err *e)
{
	const char *path;
	json_t *size;

	w->versions = calloc(json_object_size(w->t.files) + 1, sizeof *w->versions);
	if (w->versions == NULL)
		return err_nomem(e);
	json_object_foreach (w->t.files, path, size) {
		int64_t version = served_version(path, tuf_top_name(TUF_SNAPSHOT));

		/* A crash leaves at most one snapshot too many. */
		if (version > w->t.snapshot + 1 && w->t.snapshot != 0)
			return err_setx(e, ERR_CONFLICT,
			    "gc: timestamp.json names %" PRId64
			    ".snapshot.json, and there is %" PRId64
			    ".snapshot.json: was an old file restored? nothing removed",
			    w->t.snapshot, version);
		if (version != 0 && version <= w->t.snapshot)
			w->versions[w->n++] = version;
	}
	qsort(w->versions, w->n, sizeof *w->versions, newest_first);
	return 0;
}

/*
 * Whether the snapshot at index i was current within the days to keep, that is, until the next
 * snapshot was written.  A wrong time of a file (of a copy, or in the future) only keeps more.
 * Returns 1, 0 or -1.
 */
static int
was_current(const struct collecting *w, size_t i, struct err *e)
{
	char file[LAYOUT_METADATA_SIZE];
	struct file_info info;
	int found;

	if (layout_metadata(w->versions[i - 1], "snapshot", file, e) == -1)
		return -1;
	if ((found = file_stat(w->t.r->metadata, file, &info, e)) != 1)
		return found;
	return info.mtime_ns / 1000000000 > clock_wall() - w->g->days * DATE_DAY_SECONDS;
}

/* Names all files that stay. */
static int
name_kept(struct collecting *w, struct err *e)
{
	if (served_open(&w->t, e) == -1 || served_roots(&w->t, e) == -1 ||
	    served_current(&w->t, e) == -1 || find_snapshots(w, e) == -1)
		return -1;
	for (size_t i = 1; i < w->n; i++) {
		int keep = (int64_t)i < w->g->keep ? 1 : was_current(w, i, e);

		if (keep == -1 || (keep == 1 && served_snapshot(&w->t, w->versions[i], e) == -1))
			return -1;
	}
	if (w->t.faults > 0)
		return err_setx(e, ERR_CONFLICT,
		    "gc: %zu fault%s in what is to stay; nothing removed ('slipway-repo verify' checks all of it)",
		    w->t.faults, w->t.faults == 1 ? "" : "s");
	return 0;
}

static int
list_path(struct list *l, const char *name, struct err *e)
{
	if (list_grow(&l->names, l->n, sizeof *l->names, e) == -1)
		return -1;
	l->names[l->n++] = name;
	return 0;
}

/* ".NAME.new": a crash leaves such a file when it interrupts the replacement of NAME. */
static bool
is_temporary(const char *base)
{
	size_t len = strlen(base);

	return base[0] == '.' && len > 5 && strcmp(base + len - 4, ".new") == 0;
}

static bool
in_metadata(const char *path)
{
	return strncmp(path, LAYOUT_METADATA, strlen(LAYOUT_METADATA)) == 0;
}

/* Whether path is a target's file or a metadata file; roots always stay. */
static bool
may_go(const char *path, const char *base)
{
	return in_metadata(path)
	    ? layout_version(base, NULL) != 0 && layout_version(base, "root") == 0
	    : layout_stored_name(path) != NULL;
}

static int
sort_out(void *arg, const char *path, struct err *e)
{
	struct collecting *w = arg;
	const char *base = path_base(path);

	if (served_version(path, tuf_top_name(TUF_SNAPSHOT)) != 0)
		return list_path(&w->snapshots, path, e);
	if (is_temporary(base) || may_go(path, base))
		return list_path(&w->others, path, e);
	w->g->each(w->g->arg, path, false);
	return 0;
}

static int
by_file_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Removes the directories of targets that the removal of this file leaves empty. */
static int
remove_empty(struct repo *r, const char *name, struct err *e)
{
	char *dir = strdup(name), *slash;
	int rc = 1;

	if (dir == NULL)
		return err_nomem(e);
	while (rc == 1 && (slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		rc = dir_remove(r->targets, dir, e);
	}
	free(dir);
	return rc == -1 ? -1 : 0;
}

static int
remove_list(struct collecting *w, struct list *l, struct err *e)
{
	struct repo *r = w->t.r;

	for (size_t i = 0; i < l->n; i++) {
		const char *path = l->names[i], *name = strchr(path, '/') + 1;

		if (file_remove(in_metadata(path) ? r->metadata : r->targets, name, e) == -1 ||
		    (!in_metadata(path) && remove_empty(r, name, e) == -1))
			return -1;
	}
	return 0;
}

static void
count(struct collecting *w, struct list *l)
{
	struct gc *g = w->g;

	if (l->n > 0)
		qsort(l->names, l->n, sizeof *l->names, by_file_name);
	for (size_t i = 0; i < l->n; i++) {
		const char *path = l->names[i];

		if (in_metadata(path))
			g->metadata++;
		else
			g->targets++;
		g->bytes += (uint64_t)json_integer_value(json_object_get(w->t.files, path));
		g->each(g->arg, path, true);
	}
}

/*
 * Records the removal in top, then removes what was sorted out; copy is the path of the copy, or
 * NULL.
 */
static int
remove_all(struct collecting *w, struct dir *top, const char *copy, struct err *e)
{
	struct gc *g = w->g;

	count(w, &w->snapshots);
	count(w, &w->others);
	g->snapshots = w->snapshots.n;
	if (g->dry || w->snapshots.n + w->others.n == 0)
		return 0;
	if (audit_before(top, "gc",
		json_pack("{s:I,s:I,s:I,s:I,s:I,s:s*}", "keep", (json_int_t)g->keep, "keep-days",
		    (json_int_t)g->days, "metadata", (json_int_t)g->metadata, "targets",
		    (json_int_t)g->targets, "bytes", (json_int_t)g->bytes, "copy", copy),
		NULL, e) == -1 ||
	    remove_list(w, &w->snapshots, e) == -1 || dir_sync(w->t.r->metadata, e) == -1)
		return -1;
	return remove_list(w, &w->others, e);
}

int
gc_run(struct gc *g, struct repo *r, struct err *e)
{
	struct collecting w = { .g = g, .t = { .r = r, .fault = g->fault, .arg = g->arg } };
	int rc = -1;

	if (name_kept(&w, e) == 0 && audit_change_check(r->top, e) == 0 &&
	    served_extra(&w.t, sort_out, &w, e) == 0)
		rc = remove_all(&w, r->top, NULL, e);
	free(w.versions);
	free(w.snapshots.names);
	free(w.others.names);
	served_close(&w.t);
	return rc;
}

/* Checks that the copy has the present timestamp: the files that an older one needs are unknown. */
static int
check_copy(const struct repo *r, const struct repo *copy, struct err *e)
{
	uint8_t ours[SHA256_SIZE], theirs[SHA256_SIZE];
	uint64_t size;

	if (file_sha256(r->metadata, "timestamp.json", ours, &size, e) == -1 ||
	    file_sha256(copy->metadata, "timestamp.json", theirs, &size, e) == -1)
		return -1;
	return memcmp(ours, theirs, sizeof ours) == 0
	    ? 0
	    : err_setx(e, ERR_CONFLICT,
		  "gc: %s: want a copy of the present served/, got another timestamp.json: copy "
		  "served/ there first; nothing removed there",
		  copy->path);
}

/* Lists the files of slipway-repo that the copy has and the tree hasn't. */
static int
compare_copy(struct collecting *w, struct served *here, struct err *e)
{
	const char *path;
	json_t *size;

	if (served_open(here, e) == -1 || served_open(&w->t, e) == -1)
		return -1;
	if (here->faults + w->t.faults > 0)
		return err_setx(e, ERR_CONFLICT, "gc: faults in the files; nothing removed in %s",
		    w->t.r->path);
	json_object_foreach (w->t.files, path, size)
		if (json_object_get(here->files, path) == NULL && sort_out(w, path, e) == -1)
			return -1;
	return 0;
}

int
gc_copy(struct gc *g, struct repo *r, const char *path, struct err *e)
{
	struct repo copy = { .path = path };
	struct collecting w = { .g = g, .t = { .r = &copy, .fault = g->fault, .arg = g->arg } };
	struct served here = { .r = r, .fault = g->fault, .arg = g->arg };
	int rc = -1;

	if ((copy.top = dir_open(path, e)) != NULL &&
	    (copy.metadata = dir_below(copy.top, "metadata", false, e)) != NULL &&
	    (copy.targets = dir_below(copy.top, "targets", false, e)) != NULL &&
	    check_copy(r, &copy, e) == 0 && compare_copy(&w, &here, e) == 0)
		rc = remove_all(&w, r->top, path, e);
	free(w.snapshots.names);
	free(w.others.names);
	served_close(&w.t);
	served_close(&here);
	dir_close(copy.targets);
	dir_close(copy.metadata);
	dir_close(copy.top);
	return rc;
}
