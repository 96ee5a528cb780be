/* SPDX-License-Identifier: ISC */
/* Carrying files, and removing those that served/ has no longer. */
#include "server/deploy/carry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/process.h"

/* Files of one flight: so many that its round trips cost little. */
#define FLIGHT 1000

/* A file that is carried: open from its first byte to its last. */
struct carrying {
	struct carry *c;
	const char *path;
	char *temp; /* owned */
	struct file_in *in;
};

static void
moved_on(struct carry *c)
{
	if (c->o->progress != NULL)
		c->o->progress(c->o->arg, c->o);
}

static int
give_file(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	struct carrying *f = arg;
	struct carry *c = f->c;
	size_t got = 0;

	if (process_interrupted())
		return err_setx(e, ERR_CANCELLED, "interrupted");
	if (offset == 0 && f->in == NULL &&
	    (f->in = file_in_open(c->served, f->path, 0, e)) == NULL)
		return -1;
	for (size_t at = 0; at < len; at += got) {
		if (file_in_read(f->in, (uint8_t *)bytes + at, len - at, &got, e) == -1)
			return -1;
		if (got == 0)
			return err_setx(e, ERR_CONFLICT,
			    "%s: the file became shorter while it was deployed", f->path);
	}
	c->o->bytes += len;
	moved_on(c);
	return 0;
}

/* The timestamp as it was when the deployment began. */
static int
give_timestamp(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	struct carry *c = ((struct carrying *)arg)->c;

	(void)e;
	memcpy(bytes, c->timestamp.data + offset, len);
	c->o->bytes += len;
	return 0;
}

/* The name of a file until it is whole: in its directory, by its number. */
static char *
temp_name(const char *path, size_t number)
{
	size_t dir = (size_t)(path_base(path) - path), size = dir + sizeof CARRY_NEW + 24;
	char *temp = malloc(size);

	if (temp != NULL)
		snprintf(temp, size, "%.*s" CARRY_NEW "%zu", (int)dir, path, number);
	return temp;
}

static int
prepare_put(struct carrying *f, struct sftp_job *j, struct carry *c, const char *path,
    size_t number, bool rename, struct err *e)
{
	bool timestamp = strcmp(path, CARRY_TIMESTAMP) == 0;

	*f = (struct carrying){ .c = c, .path = path, .temp = temp_name(path, number) };
	if (f->temp == NULL)
		return err_nomem(e);
	*j = (struct sftp_job){ .kind = SFTP_JOB_PUT,
		.path = f->temp,
		.to = rename ? path : NULL,
		.size = timestamp
		    ? c->timestamp.len
		    : (uint64_t)json_integer_value(json_object_get(c->here.files, path)),
		.pull = timestamp ? give_timestamp : give_file,
		.arg = f };
	return 0;
}

/*
 * After a fault: removes what wasn't renamed, so that it doesn't keep a full disk full.  jobs are
 * those that failed, of the temporary files.
 */
static void
drop_temps(struct carry *c, struct sftp_job *jobs, size_t n)
{
	struct err ignored;

	dest_ending(c->d);
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct sftp_job){ .kind = SFTP_JOB_REMOVE, .path = jobs[i].path };
	dest_run(c->d, jobs, n, &ignored);
}

/* Sends the files; with rename they get their names at once, else they keep temporary ones. */
static int
carry_flight(struct carry *c, char *const *paths, size_t n, bool rename, struct err *e)
{
	struct sftp_job *jobs = calloc(n, sizeof *jobs);
	struct carrying *f = calloc(n, sizeof *f);
	int rc = jobs == NULL || f == NULL ? err_nomem(e) : 0;
	bool connected = true;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = prepare_put(&f[i], &jobs[i], c, paths[i], i, rename, e);
	if (rc == 0 && (rc = dest_run(c->d, jobs, n, e)) == -1)
		connected = false;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (jobs[i].result == SFTP_JOB_FAILED) {
			*e = jobs[i].err;
			rc = -1;
		}
	if (rc == 0)
		c->o->files += n;
	else if (connected && f != NULL && n > 0 && f[n - 1].temp != NULL)
		drop_temps(c, jobs, n);
	for (size_t i = 0; i < n && f != NULL; i++) {
		file_in_close(f[i].in);
		free(f[i].temp);
	}
	free(jobs);
	free(f);
	moved_on(c);
	return rc;
}

static int
carry_list(struct carry *c, const struct strings *list, struct err *e)
{
	int rc = 0;

	for (size_t at = 0; at < list->n && rc == 0; at += FLIGHT)
		rc = carry_flight(c, list->v + at, list->n - at < FLIGHT ? list->n - at : FLIGHT,
		    true, e);
	return rc;
}

/* Makes one directory and those above it, which are missing there. */
static int
make_dir(struct carry *c, const char *path, struct err *e)
{
	char part[SERVED_PATH_SIZE];

	for (const char *p = strchr(path + strlen(LAYOUT_TARGETS), '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		struct sftp_job j = { .kind = SFTP_JOB_MKDIR, .path = part };

		snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
		if (json_object_get(c->dirs, part) != NULL)
			continue;
		if (dest_must(c->d, &j, 1, e) == -1)
			return -1;
		if (json_object_set_new(c->dirs, part, json_true()) == -1)
			return err_nomem(e);
	}
	return 0;
}

/* Removes the files of a list.  0 or -1. */
static int
remove_list(struct carry *c, const struct strings *list, struct err *e)
{
	int rc = 0;

	for (size_t at = 0; at < list->n && rc == 0; at += FLIGHT) {
		size_t n = list->n - at < FLIGHT ? list->n - at : FLIGHT;
		struct sftp_job *jobs = calloc(n, sizeof *jobs);

		for (size_t i = 0; i < n && jobs != NULL; i++)
			jobs[i] =
			    (struct sftp_job){ .kind = SFTP_JOB_REMOVE, .path = list->v[at + i] };
		rc = jobs == NULL ? err_nomem(e) : dest_must(c->d, jobs, n, e);
		free(jobs);
	}
	return rc;
}

/* Roots of a repository that was there before: stations would read them after ours. */
static int
remove_foreign_roots(struct carry *c, struct err *e)
{
	struct strings list = STRINGS_INIT;
	const char *path;
	json_t *size;
	int rc = 0;

	json_object_foreach (c->there, path, size)
		if (rc == 0 && served_version(path, "root") != 0 &&
		    json_object_get(c->here.files, path) == NULL)
			rc = strings_add(&list, path, e);
	if (rc == 0)
		rc = remove_list(c, &list, e);
	strings_free(&list);
	return rc;
}

/* The last files are all there before the first of them becomes visible. */
static int
show_last(struct carry *c, const struct strings *last, struct err *e)
{
	struct sftp_job *jobs = calloc(last->n, sizeof *jobs);
	char **temps = calloc(last->n, sizeof *temps);
	int rc = jobs == NULL || temps == NULL ? err_nomem(e) : 0;

	for (size_t i = 0; i < last->n && rc == 0; i++) {
		if ((temps[i] = temp_name(last->v[i], i)) == NULL)
			rc = err_nomem(e);
		else
			jobs[i] = (struct sftp_job){ .kind = SFTP_JOB_RENAME,
				.path = temps[i],
				.to = last->v[i] };
	}
	if (rc == 0 && (rc = dest_must(c->d, jobs, last->n, e)) == -1)
		drop_temps(c, jobs, last->n);
	for (size_t i = 0; i < last->n && temps != NULL; i++)
		free(temps[i]);
	free(temps);
	free(jobs);
	return rc;
}

static int
carry_last(struct carry *c, struct err *e)
{
	struct strings last = STRINGS_INIT;
	int rc = 0;

	if (c->fresh && !c->roots_first)
		rc = strings_add(&last, CARRY_TIMESTAMP, e);
	for (size_t i = 0; i < c->roots.n && rc == 0; i++)
		rc = strings_add(&last, c->roots.v[i], e);
	if (rc == 0 && c->fresh && c->roots_first)
		rc = strings_add(&last, CARRY_TIMESTAMP, e);
	if (rc == 0 && last.n > 0)
		rc = carry_flight(c, last.v, last.n, false, e) == -1 ? -1 : show_last(c, &last, e);
	strings_free(&last);
	return rc;
}

int
carry_all(struct carry *c, struct err *e)
{
	if (remove_list(c, &c->temps, e) == -1)
		return -1;
	for (size_t i = 0; i < c->targets.n; i++)
		if (make_dir(c, c->targets.v[i], e) == -1)
			return -1;
	if (carry_list(c, &c->targets, e) == -1 || carry_list(c, &c->metadata, e) == -1 ||
	    (c->o->take_over && remove_foreign_roots(c, e) == -1))
		return -1;
	return carry_last(c, e);
}

/* Whether a file there, which served/ hasn't, is to go now. */
static bool
is_due(struct carry *c, const char *path, int64_t now)
{
	const json_t *since = json_object_get(c->note.gone, path);

	return c->o->now || c->note.now ||
	    (since != NULL && json_integer_value(since) <= now - DEPLOY_KEEP_S);
}

/* Sorts the files that served/ hasn't: those that go, snapshots first, and those that wait. */
static int
find_removals(struct carry *c, struct strings *snapshots, struct strings *others, json_t *wait,
    struct err *e)
{
	int64_t now = clock_wall();
	const char *path;
	json_t *size;

	json_object_foreach (c->there, path, size) {
		json_t *since = json_object_get(c->note.gone, path);
		bool snapshot = served_version(path, "snapshot") != 0;

		if (json_object_get(c->here.files, path) != NULL || !compare_is_published(path) ||
		    strcmp(path, CARRY_TIMESTAMP) == 0 || served_version(path, "root") != 0)
			continue;
		if (is_due(c, path, now)) {
			if (strings_add(snapshot ? snapshots : others, path, e) == -1)
				return -1;
			continue;
		}
		/* A clock that was wrong must not keep a file for ever. */
		if (since != NULL && json_integer_value(since) <= now
			? json_object_set(wait, path, since) == -1
			: json_object_set_new(wait, path, json_integer((json_int_t)now)) == -1)
			return err_nomem(e);
	}
	return 0;
}

int
carry_removals(struct carry *c, struct err *e)
{
	struct strings snapshots = STRINGS_INIT, others = STRINGS_INIT;
	json_t *wait = json_object();
	int rc = wait == NULL ? err_nomem(e) : find_removals(c, &snapshots, &others, wait, e);

	if (rc == 0 && !c->o->dry &&
	    (remove_list(c, &snapshots, e) == -1 || remove_list(c, &others, e) == -1))
		rc = -1;
	if (rc == 0) {
		c->o->removed = snapshots.n + others.n;
		c->o->waiting = json_object_size(wait);
	}
	if (rc == 0 && c->o->dry) {
		char line[SERVED_PATH_SIZE + 32];

		for (size_t i = 0; i < snapshots.n + others.n; i++) {
			snprintf(line, sizeof line, "would remove %s",
			    i < snapshots.n ? snapshots.v[i] : others.v[i - snapshots.n]);
			c->o->say(c->o->arg, line);
		}
	} else if (rc == 0) {
		json_decref(c->note.gone);
		c->note.gone = json_incref(wait);
		c->note.now = false;
	}
	json_decref(wait);
	strings_free(&snapshots);
	strings_free(&others);
	return rc;
}
