/* SPDX-License-Identifier: ISC */
/*
 * What a release changes on this station.
 */
#include "updater/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/path.h"
#include "updater/fetch/download.h"
#include "updater/state/record.h"

static const struct place {
	const char *prefix;
	enum plan_place place;
} places[] = {
	{ "install/", PLACE_INSTALL },
	{ "app/", PLACE_APP },
	{ "scripts/machine/", PLACE_SCRIPT_MACHINE },
	{ "scripts/user/", PLACE_SCRIPT_USER },
};

const char *
plan_root(const struct station *st, enum plan_place place)
{
	return place == PLACE_INSTALL ? st->install_dir : place == PLACE_APP ? st->app_dir : NULL;
}

int
plan_shown_path(const struct station *st, const struct plan_file *f, struct buf *out, struct err *e)
{
	size_t before = out->len;

	if (path_join(out, plan_root(st, f->place), f->rest, e) == -1)
		return -1;
	path_native((char *)out->data + before);
	return 0;
}

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n + p->nremoved; i++) {
		free(p->files[i].target);
		free(p->files[i].aside);
	}
	free(p->files);
	changeset_free(&p->settings);
	memset(p, 0, sizeof *p);
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/* Where below the application a target belongs; sets place and rest. */
static int
find_place(struct plan_file *f, const char *below, struct err *e)
{
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		size_t len = strlen(places[i].prefix);

		if (strncmp(below, places[i].prefix, len) != 0)
			continue;
		f->place = places[i].place;
		f->rest = below + len;
		if (f->place >= PLACE_SCRIPT_MACHINE &&
		    (strchr(f->rest, '/') != NULL || !ends_in(f->rest, ".lua")))
			return err_setx(e, ERR_UNSAFE, "target %s: want NAME.lua below %s",
			    f->target, places[i].prefix);
		return 0;
	}
	return err_setx(e, ERR_UNSAFE,
	    "target %s: want install/, app/, scripts/machine/ or scripts/user/", f->target);
}

static int
outside(const struct station *st, const char *path, struct err *e)
{
	return err_setx(e, ERR_UNSAFE, "target %s: outside of what application %s may publish",
	    path, st->application);
}

static int
mode_of(struct plan_file *f, const char *mode, struct err *e)
{
	f->mode = 0644;
	if (mode == NULL || strcmp(mode, "0644") == 0)
		return 0;
	if (strcmp(mode, "0755") != 0)
		return err_setx(e, ERR_SYNTAX, "target %s: want mode 0644 or 0755, got '%.20s'",
		    f->target, mode);
	f->mode = 0755;
	return 0;
}

/* Sets where the file belongs, from its target; what every source of a plan has to hold to. */
static int
add_target(const struct station *st, struct plan *p, const char *path, struct plan_file **out,
    struct err *e)
{
	size_t app = strlen(st->application), depth = 0;
	struct plan_file *f = &p->files[p->n];

	if (path_check(path, strlen(path), e) == -1)
		return -1;
	for (const char *s = path; *s != '\0'; s++)
		depth += *s == '/';
	if (strncmp(path, st->application, app) != 0 || path[app] != '/' || depth > PLAN_DEPTH_MAX)
		return outside(st, path, e);
	if ((f->target = strdup(path)) == NULL)
		return err_nomem(e);
	p->n++;
	*out = f;
	return find_place(f, f->target + app + 1, e);
}

static int
add_file(const struct station *st, const struct tuf_delegation *d, const struct tuf_targets *role,
    const char *path, struct plan *p, struct err *e)
{
	struct plan_file *f;

	if (add_target(st, p, path, &f, e) == -1)
		return -1;
	if (!delegation_covers(d, path))
		return outside(st, path, e);
	if (targets_get(role, path, &f->want, e) == -1)
		return -1;
	if (!f->want.hashes.has_sha256)
		return err_setx(e, ERR_SYNTAX, "target %s: want a sha256 hash", path);
	hex_encode(f->want.hashes.sha256, SHA256_SIZE, f->sha256);
	return mode_of(f, json_string_value(json_object_get(f->want.custom, "mode")), e);
}

static int
by_target(const void *a, const void *b)
{
	return strcmp(((const struct plan_file *)a)->target, ((const struct plan_file *)b)->target);
}

static int
by_target_case(const void *a, const void *b)
{
	return path_casecmp(((const struct plan_file *)a)->target,
	    ((const struct plan_file *)b)->target);
}

/* Two names that are one file where case doesn't count. */
static int
check_case(struct plan *p, struct err *e)
{
	qsort(p->files, p->n, sizeof *p->files, by_target_case);
	for (size_t i = 1; i < p->n; i++)
		if (by_target_case(&p->files[i - 1], &p->files[i]) == 0)
			return err_setx(e, ERR_UNSAFE, "targets %s and %s differ only in case",
			    p->files[i - 1].target, p->files[i].target);
	qsort(p->files, p->n, sizeof *p->files, by_target);
	return 0;
}

int
plan_make(const struct station *st, struct refresh *r, struct plan *p, struct err *e)
{
	const struct tuf_targets *role = refresh_role(r);
	const struct tuf_delegation *d = tuf_client_delegation(refresh_client(r), st->application);
	const json_t *release = json_object_get(role->c.json, "release");
	const char *path;
	json_t *entry;

	memset(p, 0, sizeof *p);
	p->application = st->application;
	if (!json_is_integer(release) || json_integer_value(release) < 1)
		return err_setx(e, ERR_SYNTAX, "%s: want a release number", st->application);
	p->release = json_integer_value(release);
	p->version = role->c.version;
	p->files = calloc(json_object_size(role->targets) + 1, sizeof *p->files);
	if (p->files == NULL)
		return err_nomem(e);
	json_object_foreach ((json_t *)(uintptr_t)role->targets, path, entry)
		if (add_file(st, d, role, path, p, e) == -1)
			goto fail;
	if (check_case(p, e) == 0)
		return 0;
fail:
	plan_free(p);
	return -1;
}

static int
add_recorded(const struct station *st, const char *target, const json_t *file, struct plan *p,
    struct err *e)
{
	const char *sha256 = json_string_value(json_object_get(file, "sha256"));
	struct plan_file *f;

	if (add_target(st, p, target, &f, e) == -1)
		return -1;
	if (sha256 == NULL ||
	    hex_decode(sha256, strlen(sha256), f->want.hashes.sha256, SHA256_SIZE) == -1)
		return err_setx(e, ERR_SYNTAX, "record: want a sha256 hash of %s", target);
	hex_encode(f->want.hashes.sha256, SHA256_SIZE, f->sha256);
	f->want.hashes.has_sha256 = true;
	f->want.length = (uint64_t)json_integer_value(json_object_get(file, "length"));
	return mode_of(f, json_string_value(json_object_get(file, "mode")), e);
}

int
plan_of_record(const struct station *st, const json_t *record, struct plan *p, struct err *e)
{
	json_t *files = json_object_get(record, "files"), *file;
	const char *target;

	memset(p, 0, sizeof *p);
	p->application = st->application;
	p->release = store_release(record);
	p->version = json_integer_value(json_object_get(record, "version"));
	p->files = calloc(json_object_size(files) + 1, sizeof *p->files);
	if (p->files == NULL)
		return err_nomem(e);
	json_object_foreach (files, target, file)
		if (add_recorded(st, target, file, p, e) == -1)
			goto fail;
	if (check_case(p, e) == 0)
		return 0;
fail:
	plan_free(p);
	return -1;
}

bool
plan_is_applied(const struct plan *p, const json_t *applied)
{
	int64_t newest = store_newest(applied), release = store_release(applied);

	/*
	 * That versions don't go back is TUF's concern, and with it the way out when a thief used
	 * up the numbers.
	 */
	return p->release == newest &&
	    (release != newest ||
		json_integer_value(json_object_get(applied, "version")) == p->version);
}

size_t
plan_changes(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n + p->nremoved; i++)
		n += p->files[i].op != PLAN_KEEP;
	return n;
}

bool
plan_needs(const struct plan_file *f)
{
	return f->op == PLAN_ADD || f->op == PLAN_REPLACE;
}

static int
by_hash(const void *a, const void *b)
{
	return strcmp(((const struct download *)a)->name, ((const struct download *)b)->name);
}

/* Where the server has a target.  Owned by the caller. */
static char *
remote_path(const struct plan_file *f, struct refresh *r, struct err *e)
{
	struct buf remote = BUF_INIT(2 * PATH_REL_MAX);

	if (buf_adds(&remote, "targets/", e) == 0 &&
	    tuf_client_target_path(refresh_client(r), f->target, &f->want, &remote, e) == 0)
		return (char *)buf_steal(&remote);
	buf_free(&remote);
	return NULL;
}

int
plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *dir, unsigned which,
    struct progress *progress, struct err *e)
{
	struct download *d = calloc(p->n + 1, sizeof *d);
	char **remote = calloc(p->n + 1, sizeof *remote);
	size_t n = 0, unique = 0, files = 0;
	uint64_t bytes = 0;
	int rc = -1;

	if (d == NULL || remote == NULL) {
		err_nomem(e);
		goto out;
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_file *file = &p->files[i];

		if ((which & (file->place >= PLACE_SCRIPT_MACHINE ? PLAN_SCRIPTS : PLAN_FILES)) ==
			0 ||
		    (file->place <= PLACE_APP && !plan_needs(file)) ||
		    download_is_there(dir, file->sha256, &file->want))
			continue;
		if ((remote[n] = remote_path(file, r, e)) == NULL)
			goto out;
		d[n] = (struct download){ file->target, remote[n], file->sha256, &file->want };
		n++;
	}
	/* The same content under several names is fetched once. */
	qsort(d, n, sizeof *d, by_hash);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || by_hash(&d[unique - 1], &d[i]) != 0)
			d[unique++] = d[i];
	for (size_t i = 0; i < unique; i++) {
		bytes += d[i].want->length;
		files += d[i].want->length > 0; /* nothing is heard of an empty one */
	}
	if (unique > 0)
		progress_begin(progress, p->application, files, bytes);
	if ((rc = download_files(f, dir, d, unique, true, progress, e)) == 0)
		p->fetched = unique;
	if (unique > 0)
		progress_end(progress);
out:
	for (size_t i = 0; i < n; i++)
		free(remote[i]);
	free(remote);
	free(d);
	return rc;
}
