/*
 * What a release changes on this station.
 */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

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

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->files[i].target);
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
			return err_setx(e, ERR_UNSAFE, "target %s: want NAME.lua below %s", f->target,
			    places[i].prefix);
		return 0;
	}
	return err_setx(e, ERR_UNSAFE,
	    "target %s: want install/, app/, scripts/machine/ or scripts/user/", f->target);
}

static int
mode_of(const struct tuf_target *t, struct plan_file *f, struct err *e)
{
	const char *mode = json_string_value(json_object_get(t->custom, "mode"));

	f->mode = 0644;
	if (mode == NULL || strcmp(mode, "0644") == 0)
		return 0;
	if (strcmp(mode, "0755") != 0)
		return err_setx(e, ERR_SYNTAX, "target %s: want mode 0644 or 0755, got '%.20s'",
		    f->target, mode);
	f->mode = 0755;
	return 0;
}

static int
add_file(const struct station *st, const struct tuf_delegation *d, const struct tuf_targets *role,
    const char *path, struct plan *p, struct err *e)
{
	size_t app = strlen(st->application), depth = 0;
	struct plan_file *f = &p->files[p->n];
	struct tuf_target t;

	if (path_check(path, strlen(path), e) == -1)
		return -1;
	for (const char *s = path; *s != '\0'; s++)
		depth += *s == '/';
	if (!delegation_covers(d, path) || strncmp(path, st->application, app) != 0 ||
	    path[app] != '/' || depth > PLAN_DEPTH_MAX)
		return err_setx(e, ERR_UNSAFE, "target %s: outside of what application %s may publish",
		    path, st->application);
	if (targets_get(role, path, &t, e) == -1)
		return -1;
	if (!t.hashes.has_sha256)
		return err_setx(e, ERR_SYNTAX, "target %s: want a sha256 hash", path);
	if ((f->target = strdup(path)) == NULL)
		return err_nomem(e);
	p->n++;
	f->length = t.length;
	hex_encode(t.hashes.sha256, SHA256_SIZE, f->sha256);
	return find_place(f, f->target + app + 1, e) == -1 ? -1 : mode_of(&t, f, e);
}

static int
by_target(const void *a, const void *b)
{
	return strcmp(((const struct plan_file *)a)->target, ((const struct plan_file *)b)->target);
}

static int
by_target_case(const void *a, const void *b)
{
	return path_casecmp(
	    ((const struct plan_file *)a)->target, ((const struct plan_file *)b)->target);
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
	if (!json_is_integer(release) || json_integer_value(release) < 1)
		return err_setx(e, ERR_SYNTAX, "%s: want a release number", st->application);
	p->release = json_integer_value(release);
	p->version = role->c.version;
	p->files = calloc(json_object_size(role->targets) + 1, sizeof *p->files);
	if (p->files == NULL)
		return err_nomem(e);
	json_object_foreach((json_t *)(uintptr_t)role->targets, path, entry)
		if (add_file(st, d, role, path, p, e) == -1)
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
	return json_integer_value(json_object_get(applied, "release")) == p->release &&
	    json_integer_value(json_object_get(applied, "version")) == p->version;
}

static bool
has_content(struct dir *d, const char *name, const struct plan_file *f)
{
	uint8_t sum[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	uint64_t size;
	struct err e;

	if (file_sha256(d, name, sum, &size, &e) == -1 || size != f->length)
		return false;
	hex_encode(sum, SHA256_SIZE, hex);
	return strcmp(hex, f->sha256) == 0;
}

int
plan_compare(const struct station *st, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct plan_file *f = &p->files[i];
		const char *root = plan_root(st, f->place);
		struct file_info info;
		struct err none;
		struct dir *d;

		f->needed = true;
		if (f->place >= PLACE_SCRIPT_MACHINE)
			continue;
		if (root == NULL)
			return err_setx(e, ERR_CONFIG,
			    "target %s belongs below InstallDir, which is not set; enroll again with "
			    "--install-dir", f->target);
		if ((d = dir_open(root, &none)) == NULL)
			continue;
		f->needed = !has_content(d, f->rest, f) || file_stat(d, f->rest, &info, &none) != 1 ||
		    info.mode != f->mode;
		dir_close(d);
	}
	return 0;
}

/* One download: written to staging and hashed as it arrives. */
struct download {
	const struct plan_file *file;
	struct file_out *out;
	struct digest *sum;
	uint64_t got;
	char path[2 * PATH_REL_MAX], temp[SHA256_HEX_SIZE + 8];
};

static int
download_data(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct download *dl = arg;

	if (digest_add(dl->sum, bytes, len, e) == -1 || file_out_write(dl->out, bytes, len, e) == -1)
		return -1;
	dl->got += len;
	return 0;
}

static int
download_begin(struct download *dl, struct fetch_file *ff, const struct plan_file *f,
    struct refresh *r, struct dir *staging, struct err *e)
{
	const struct tuf_targets *role = refresh_role(r);
	struct buf remote = BUF_INIT(sizeof dl->path);
	struct tuf_target t;
	int rc = -1;

	dl->file = f;
	snprintf(dl->temp, sizeof dl->temp, "%s.part", f->sha256);
	if (targets_get(role, f->target, &t, e) == 1 &&
	    tuf_client_target_path(refresh_client(r), f->target, &t, &remote, e) == 0 &&
	    (dl->sum = digest_new(DIGEST_SHA256, e)) != NULL &&
	    (dl->out = file_out_open(staging, dl->temp, 0600, e)) != NULL)
		rc = 0;
	snprintf(dl->path, sizeof dl->path, "targets/%s", buf_text(&remote));
	*ff = (struct fetch_file){ .path = dl->path, .max = f->length, .data = download_data, .arg = dl };
	buf_free(&remote);
	return rc;
}

/* Only what is right gets its name; anything else leaves staging. */
static int
download_end(struct download *dl, const struct fetch_file *ff, struct dir *staging, struct err *e)
{
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	struct err ignored;
	int rc = -1;

	if (file_out_close(dl->out, false, e) == -1 || digest_end(dl->sum, sum, e) == -1)
		goto out;
	hex_encode(sum, SHA256_SIZE, hex);
	if (ff->result == FETCH_ABSENT)
		err_setx(e, ERR_NOENT, "target %s: the server has no such file", dl->file->target);
	else if (ff->result != FETCH_OK) {
		*e = ff->err;
		err_context(e, "target %s", dl->file->target);
	} else if (dl->got != dl->file->length || strcmp(hex, dl->file->sha256) != 0)
		err_setx(e, ERR_HASH,
		    "target %s: want %" PRIu64 " bytes with SHA-256 %s, got %" PRIu64
		    " bytes with SHA-256 %s", dl->file->target, dl->file->length, dl->file->sha256,
		    dl->got, hex);
	else
		rc = file_rename(staging, dl->temp, staging, dl->file->sha256, e);
out:
	dl->out = NULL;
	digest_free(dl->sum);
	if (rc == -1)
		file_remove(staging, dl->temp, &ignored);
	return rc;
}

/* How many files are open at once. */
#define BATCH	64

static int
fetch_batch(struct plan_file **files, size_t n, struct refresh *r, struct fetch *f,
    struct dir *staging, struct err *e)
{
	struct download *dl = calloc(n, sizeof *dl);
	struct fetch_file *ff = calloc(n, sizeof *ff);
	struct err first = { 0 }, one;
	size_t begun = 0;
	int rc = -1;

	if (dl == NULL || ff == NULL) {
		err_nomem(e);
		goto out;
	}
	for (; begun < n; begun++)
		if (download_begin(&dl[begun], &ff[begun], files[begun], r, staging, e) == -1) {
			begun++;
			first = *e;
			break;
		}
	if (first.code == ERR_NONE)
		fetch_files(f, ff, n, e);	/* each file's result says more */
	for (size_t i = 0; i < begun; i++)
		if (dl[i].sum == NULL || download_end(&dl[i], &ff[i], staging, &one) == -1)
			if (first.code == ERR_NONE)
				first = one;
	rc = first.code == ERR_NONE ? 0 : -1;
	if (rc == -1)
		*e = first;
out:
	free(dl);
	free(ff);
	return rc;
}

int
plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *staging, struct err *e)
{
	struct plan_file *batch[BATCH];
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		bool twin = false;

		if (!p->files[i].needed || has_content(staging, p->files[i].sha256, &p->files[i]))
			continue;
		for (size_t k = 0; k < n; k++)
			twin |= strcmp(batch[k]->sha256, p->files[i].sha256) == 0;
		if (!twin)
			batch[n++] = &p->files[i];
		if (n == BATCH) {
			if (fetch_batch(batch, n, r, f, staging, e) == -1)
				return -1;
			p->fetched += n;
			n = 0;
		}
	}
	if (n > 0 && fetch_batch(batch, n, r, f, staging, e) == -1)
		return -1;
	p->fetched += n;
	return 0;
}
