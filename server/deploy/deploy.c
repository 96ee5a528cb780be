/* SPDX-License-Identifier: ISC */
/* The order of a deployment. */
#include "server/deploy/deploy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/process.h"
#include "server/deploy/carry.h"
#include "server/repo/session.h"
#include "server/repo/share.h"

/* Below the repository: held by the deployment that is under way. */
#define DEPLOY_LOCK_FILE "deploy.lock"

/* Milliseconds to wait for another deployment of this repository. */
#define LOCK_WAIT_MS 10000

static void
ignore_fault(void *arg, const struct err *what)
{
	(void)arg;
	(void)what;
}

static int
read_place(struct deploy *o, struct dir *top, struct deploy_config *config, struct err *e)
{
	int rc = deploy_config_read(top, config, e);

	if (rc == 1)
		text_safe(o->place, sizeof o->place, config->place, strlen(config->place), false);
	return rc;
}

/* Reads what is published here, under the repository's lock; with read, checks the metadata. */
static int
read_listed(struct carry *c, bool read, struct err *e)
{
	uint8_t id[SHA256_SIZE];
	uint64_t size;
	int64_t snapshot;

	if ((c->r = session_lock(c->path, read, e)) == NULL ||
	    (c->served = dir_below(c->r->top, "served", false, e)) == NULL)
		return -1;
	c->here = (struct served){ .r = c->r, .fault = ignore_fault };
	if (served_open(&c->here, e) == -1 ||
	    file_read(c->r->metadata, "timestamp.json", &c->timestamp, e) == -1 ||
	    compare_versions(&c->timestamp, &c->o->version, &snapshot, e) == -1 ||
	    file_sha256(c->r->metadata, "1.root.json", id, &size, e) == -1)
		return -1;
	hex_encode(id, sizeof id, c->id);
	return 0;
}

/* The same, and gives the lock back. */
static int
read_here(struct carry *c, struct err *e)
{
	if (read_listed(c, true, e) == -1)
		return -1;
	file_unlock(c->r->lock);
	c->r->lock = NULL;
	return 0;
}

static void
say_files(struct carry *c, const struct strings *list)
{
	char line[SERVED_PATH_SIZE + 32];

	for (size_t i = 0; i < list->n; i++) {
		snprintf(line, sizeof line, "would carry %s", list->v[i]);
		c->o->say(c->o->arg, line);
	}
}

static int
say_plan(struct carry *c, struct err *e)
{
	say_files(c, &c->targets);
	say_files(c, &c->metadata);
	say_files(c, &c->roots);
	if (c->fresh)
		c->o->say(c->o->arg, "would carry " CARRY_TIMESTAMP);
	return carry_removals(c, e);
}

/* All that is done under the lock there. */
static int
carry_locked(struct carry *c, struct err *e)
{
	if (compare_list(c, e) == -1 || compare_all(c, e) == -1 || mark_write(c, e) == -1 ||
	    carry_all(c, e) == -1)
		return -1;
	c->note.carried = true;
	return carry_removals(c, e);
}

/* Under the lock there. */
static int
deploy_locked(struct carry *c, struct err *e)
{
	struct err later;
	int rc;

	if (mark_lock(c, e) == -1)
		return -1;
	rc = carry_locked(c, e);
	dest_ending(c->d);
	/* Of a connection that broke the lock stays; the next deployment knows it by the note. */
	if (mark_unlock(c, rc == 0 ? e : &later) == -1)
		rc = -1;
	return rc;
}

static int
deploy_there(struct carry *c, struct err *e)
{
	int rc;

	if (note_read(c->r->top, c->config.place, &c->note, e) == -1 ||
	    (c->d = dest_open(&c->config, c->o->child, e)) == NULL || mark_check(c, e) == -1)
		return -1;
	if (c->o->dry)
		return compare_list(c, e) == -1 || compare_all(c, e) == -1 ? -1 : say_plan(c, e);
	process_hold_interrupt("\ninterrupted: the lock there is removed first; once more ends at "
			       "once\n");
	rc = deploy_locked(c, e);
	c->o->interrupted = process_release_interrupt();
	return rc == -1 && e->code == ERR_CANCELLED
	    ? err_setx(e, ERR_CANCELLED, "%s: interrupted; 'slipway-repo deploy' goes on",
		  c->o->place)
	    : rc;
}

static void
carry_close(struct carry *c)
{
	dest_close(c->d);
	note_free(&c->note);
	served_close(&c->here);
	json_decref(c->there);
	json_decref(c->dirs);
	strings_free(&c->temps);
	strings_free(&c->targets);
	strings_free(&c->metadata);
	strings_free(&c->roots);
	buf_free(&c->timestamp);
	dir_close(c->served);
	repo_close(c->r);
	deploy_config_free(&c->config);
}

/* Keeps two deployments of one repository apart, and the notes of them.  NULL with ERR_BUSY. */
static struct file_lock *
lock_here(struct dir *top, struct err *e)
{
	struct file_lock *lock = file_lock_named(top, DEPLOY_LOCK_FILE, LOCK_WAIT_MS, e);

	if (lock == NULL && e->code == ERR_BUSY && !dir_is_shared(top, NULL))
		err_setx(e, ERR_BUSY,
		    "%s: another deployment of this repository is under way; repeat the command "
		    "when it has ended",
		    dir_path(top));
	return lock;
}

int
deploy_run(struct deploy *o, const char *path, struct err *e)
{
	struct carry c = { .o = o, .path = path, .timestamp = BUF_INIT(REPO_METADATA_MAX) };
	struct dir *top = repo_top(path, true, e);
	struct file_lock *lock = NULL;
	int rc = top == NULL ? -1 : read_place(o, top, &c.config, e);

	if (rc == 0)
		rc = err_setx(e, ERR_CONFIG,
		    "no place to deploy to is set: slipway-repo deploy set sftp://USER@HOST/PATH "
		    "--key FILE --host-key SHA256:…, or deploy set DIR");
	else if (rc == 1)
		rc = (lock = lock_here(top, e)) == NULL || read_here(&c, e) == -1
		    ? -1
		    : deploy_there(&c, e);
	carry_close(&c);
	file_unlock(lock);
	dir_close(top);
	return rc;
}

/* Reads the timestamps of both sides. */
static int
look_there(struct carry *c, struct deploy_seen *out, struct err *e)
{
	struct buf there = BUF_INIT(REPO_METADATA_MAX);
	int64_t version, snapshot;
	struct err ignored;
	int rc;

	if ((c->d = dest_open(&c->config, c->o->child, e)) == NULL ||
	    (rc = mark_get(c, CARRY_TIMESTAMP, &there, e)) == -1)
		return -1;
	out->there =
	    rc == 1 && compare_versions(&there, &out->timestamp, &out->snapshot, &ignored) == 0;
	out->newer = out->there &&
	    compare_versions(&c->timestamp, &version, &snapshot, &ignored) == 0 &&
	    (out->timestamp > version || out->snapshot > snapshot);
	out->same = out->there && there.len == c->timestamp.len &&
	    memcmp(there.data, c->timestamp.data, there.len) == 0;
	buf_free(&there);
	return 1;
}

/* Counts what the server lost of the files that the present metadata names. */
static int
count_missing(struct carry *c, size_t *missing, struct err *e)
{
	const char *path;
	json_t *size;

	c->here = (struct served){ .r = c->r, .fault = ignore_fault };
	if (served_open(&c->here, e) == -1 || served_roots(&c->here, e) == -1 ||
	    (c->here.nroots > 0 && served_current(&c->here, e) == -1) || compare_list(c, e) == -1)
		return -1;
	json_object_foreach (c->here.named, path, size)
		*missing += json_object_get(c->here.files, path) != NULL &&
		    json_integer_value(json_object_get(c->there, path)) !=
			json_integer_value(json_object_get(c->here.files, path));
	return 0;
}

/* As deploy_look(); files: looks for lost files, too. */
static int
look(struct deploy *o, const char *path, bool files, struct deploy_seen *out, struct err *e)
{
	struct carry c = { .o = o, .path = path, .timestamp = BUF_INIT(REPO_METADATA_MAX) };
	struct dir *top = repo_top(path, false, e);
	int rc = top == NULL ? -1 : read_place(o, top, &c.config, e);

	*out = (struct deploy_seen){ .there = false };
	if (rc == 1)
		rc = (c.r = repo_open(path, e)) == NULL ||
			file_read(c.r->metadata, "timestamp.json", &c.timestamp, e) == -1
		    ? -1
		    : look_there(&c, out, e);
	if (rc == 1 && files && out->same && count_missing(&c, &out->missing, e) == -1)
		rc = -1;
	carry_close(&c);
	dir_close(top);
	return rc;
}

int
deploy_look(struct deploy *o, const char *path, struct deploy_seen *out, struct err *e)
{
	return look(o, path, true, out, e);
}

int
deploy_check_newer(struct deploy *o, const char *path, struct err *e)
{
	struct deploy_seen seen;
	struct err ignored;

	if (look(o, path, false, &seen, &ignored) != 1 || !seen.newer)
		return 0;
	return err_setx(e, ERR_CONFLICT,
	    "%s serves timestamp version %" PRId64 " and snapshot version %" PRId64
	    ", which are newer than what is here: was an old copy restored? The next change would "
	    "give numbers again that stations have seen. 'slipway-repo deploy fetch' takes over what "
	    "is there (--no-deploy changes what is here nevertheless)",
	    o->place, seen.timestamp, seen.snapshot);
}

int
deploy_fetch(struct deploy *o, const char *path, struct err *e)
{
	struct carry c = { .o = o, .path = path, .timestamp = BUF_INIT(REPO_METADATA_MAX) };
	struct dir *top = repo_top(path, true, e);
	struct file_lock *lock = NULL;
	int rc = top == NULL ? -1 : read_place(o, top, &c.config, e);

	if (rc == 0)
		rc = err_setx(e, ERR_CONFIG,
		    "no place to deploy to is set, so there is none to fetch from: slipway-repo "
		    "deploy set ...");
	else if (rc == 1)
		rc = (lock = lock_here(top, e)) == NULL || read_listed(&c, false, e) == -1 ||
			(c.d = dest_open(&c.config, o->child, e)) == NULL
		    ? -1
		    : fetch_there(&c, e);
	carry_close(&c);
	file_unlock(lock);
	dir_close(top);
	return rc;
}

int
deploy_note_now(const char *path, struct err *e)
{
	struct deploy_config config;
	struct dir *top = repo_top(path, true, e);
	struct note note = { .gone = NULL };
	struct file_lock *lock = NULL;
	int rc = top == NULL ? -1 : deploy_config_read(top, &config, e);

	if (rc == 1) {
		/* A deployment that is under way writes the note at its end. */
		rc = (lock = lock_here(top, e)) == NULL ? -1 : 0;
		if (rc == 0 && (rc = note_read(top, config.place, &note, e)) == 0) {
			note.now = true;
			rc = note_write(top, config.place, &note, e);
		}
		deploy_config_free(&config);
	}
	note_free(&note);
	file_unlock(lock);
	dir_close(top);
	return rc;
}
