/* SPDX-License-Identifier: ISC */
/* Whose directory it is, and the lock of a deployment. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "server/deploy/carry.h"

#define FORMAT 1

/* Bytes of the marker and of a lock, and of a name of its owner. */
#define MARK_MAX  4096
#define OWNER_MAX 300

/* Milliseconds until a lock without content is read again: its maker may be about to write it. */
#define EMPTY_WAIT_MS 1500

static int
take_bytes(void *arg, const void *bytes, size_t len, struct err *e)
{
	return buf_add(arg, bytes, len, e);
}

static int
give_bytes(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	const struct buf *b = arg;

	(void)e;
	memcpy(bytes, b->data + offset, len);
	return 0;
}

int
mark_get(struct carry *c, const char *path, struct buf *out, struct err *e)
{
	struct sftp_job j = { .kind = SFTP_JOB_GET,
		.path = path,
		.size = out->max,
		.data = take_bytes,
		.arg = out };

	if (dest_must(c->d, &j, 1, e) == -1)
		return -1;
	return j.result == SFTP_JOB_OK;
}

struct root_look {
	char first[PATH_COMPONENT_MAX + 1]; /* a name that isn't ours */
	bool metadata, targets;
};

static int
look_at_root(void *arg, const struct sftp_listed *entry, struct err *e)
{
	struct root_look *l = arg;

	(void)e;
	if (strcmp(entry->name, "metadata") == 0 && entry->type == SFTP_LISTED_DIRECTORY)
		l->metadata = true;
	else if (strcmp(entry->name, "targets") == 0 && entry->type == SFTP_LISTED_DIRECTORY)
		l->targets = true;
	else
		snprintf(l->first, sizeof l->first, "%s", entry->name);
	return 0;
}

static int
look_below(void *arg, const struct sftp_listed *entry, struct err *e)
{
	(void)e;
	/* An interrupted first deployment leaves no more than these. */
	if (strcmp(entry->name, path_base(CARRY_LOCK)) != 0 &&
	    strncmp(entry->name, CARRY_NEW, strlen(CARRY_NEW)) != 0)
		snprintf(arg, PATH_COMPONENT_MAX + 1, "%s", entry->name);
	return 0;
}

/* A directory without a marker is taken when there is nothing in it. */
static int
check_empty(struct carry *c, const struct root_look *l, struct err *e)
{
	char below[PATH_COMPONENT_MAX + 1] = "";
	struct sftp_job jobs[] = {
		{ .kind = SFTP_JOB_LIST, .path = "metadata", .entry = look_below, .arg = below },
		{ .kind = SFTP_JOB_LIST, .path = "targets", .entry = look_below, .arg = below }
	};

	if (dest_must(c->d, jobs, 2, e) == -1)
		return -1;
	if (l->first[0] == '\0' && below[0] == '\0' && c->note.carried && !c->o->take_over)
		return err_setx(e, ERR_CONFLICT,
		    "%s: want what was deployed there before, got an empty directory; nothing "
		    "changed: is its disk mounted there? To fill an empty one: --take-over",
		    c->o->place);
	if (l->first[0] == '\0' && below[0] == '\0')
		return 0;
	return err_setx(e, ERR_CONFLICT,
	    "%s: want an empty directory, or one that 'slipway-repo deploy' made, got one with '%s'; "
	    "nothing changed: give the right path, or empty the directory",
	    c->o->place, l->first[0] != '\0' ? l->first : below);
}

/* 0 the marker is of this repository, -1. */
static int
check_marker(struct carry *c, const struct buf *text, struct err *e)
{
	json_t *j = json_text_parse(text->data, text->len, e);
	const char *id = json_string_value(json_object_get(j, "repository"));
	int rc = 0;

	c->ours = id != NULL && strcmp(id, c->id) == 0 &&
	    json_integer_value(json_object_get(j, "format")) == FORMAT;
	if (!c->ours && !c->o->take_over)
		rc = err_setx(e, ERR_CONFLICT,
		    "%s: another repository was deployed there (its first root is %.16s..., here "
		    "%.16s...); nothing changed: give the right path, or --take-over",
		    c->o->place, id == NULL ? "unreadable" : id, c->id);
	json_decref(j);
	return rc;
}

int
mark_check(struct carry *c, struct err *e)
{
	struct buf text = BUF_INIT(MARK_MAX);
	struct root_look l = { "", false, false };
	struct sftp_job list = { .kind = SFTP_JOB_LIST,
		.path = "",
		.entry = look_at_root,
		.arg = &l };
	int rc;

	if (dest_must(c->d, &list, 1, e) == -1)
		return -1;
	if (list.result == SFTP_JOB_ABSENT)
		return err_setx(e, ERR_NOENT, "%s: there is no such directory; make it first",
		    c->o->place);
	if ((rc = mark_get(c, CARRY_MARKER, &text, e)) != -1)
		rc = rc == 1 ? check_marker(c, &text, e) : check_empty(c, &l, e);
	buf_free(&text);
	if (rc == -1 || c->o->dry)
		return rc;
	struct sftp_job make[] = { { .kind = SFTP_JOB_MKDIR, .path = "metadata" },
		{ .kind = SFTP_JOB_MKDIR, .path = "targets" } };

	make[0].result = l.metadata ? SFTP_JOB_OK : SFTP_JOB_PENDING;
	make[1].result = l.targets ? SFTP_JOB_OK : SFTP_JOB_PENDING;
	return dest_must(c->d, make, 2, e);
}

static int
put_mark(struct carry *c, const char *path, const char *as, json_t *j, bool exclusive,
    struct sftp_job *put, struct err *e)
{
	char *text = j == NULL ? NULL : json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS);
	struct buf b = BUF_INIT(MARK_MAX);
	int rc = text == NULL ? err_nomem(e) : buf_addf(&b, e, "%s\n", text);

	*put = (struct sftp_job){ .kind = SFTP_JOB_PUT,
		.path = path,
		.to = as,
		.size = b.len,
		.exclusive = exclusive,
		.pull = give_bytes,
		.arg = &b };
	if (rc == 0)
		rc = dest_run(c->d, put, 1, e);
	free(text);
	json_decref(j);
	buf_free(&b);
	return rc;
}

int
mark_write(struct carry *c, struct err *e)
{
	struct sftp_job put;

	if (c->ours)
		return 0;
	if (put_mark(c, LAYOUT_METADATA CARRY_NEW "mark", CARRY_MARKER,
		json_pack("{s:i,s:s,s:s}", "format", FORMAT, "made by", "slipway-repo deploy",
		    "repository", c->id),
		false, &put, e) == -1)
		return -1;
	if (put.result != SFTP_JOB_OK) {
		*e = put.err;
		return -1;
	}
	c->ours = true;
	return 0;
}

/*
 * A new id in the note, before the lock is there: a lock that this repository left is known by it.
 */
static int
note_new_lock(struct carry *c, struct err *e)
{
	uint8_t random[(NOTE_ID_SIZE - 1) / 2];

	if (RAND_bytes(random, sizeof random) != 1)
		return err_openssl(e, "random number");
	hex_encode(random, sizeof random, c->note.lock);
	return note_write(c->r->top, c->config.place, &c->note, e);
}

static json_t *
lock_content(const struct carry *c, struct err *e)
{
	struct buf owner = BUF_INIT(OWNER_MAX);
	char since[DATE_TEXT_SIZE];
	json_t *j = NULL;

	date_format(clock_wall(), since);
	if (place_user_shown(&owner, e) == 0 && buf_addc(&owner, '@', e) == 0 &&
	    place_known("ComputerName", 12, &owner, e) != -1)
		j = json_pack("{s:s,s:s,s:s,s:I}", "id", c->note.lock, "owner", buf_text(&owner),
		    "since", since, "time", (json_int_t)clock_wall());
	buf_free(&owner);
	return j;
}

/* A lock of somebody else: says whose, and the way out.  Returns -1. */
static int
tell_lock(const struct carry *c, const json_t *j, struct err *e)
{
	const char *owner = json_string_value(json_object_get(j, "owner")),
		   *since = json_string_value(json_object_get(j, "since"));
	int64_t now = clock_wall(), begun = json_integer_value(json_object_get(j, "time")),
		age = begun > 0 && begun < now ? now - begun : 0;

	if (owner == NULL || since == NULL)
		return err_setx(e, ERR_BUSY,
		    "%s: another deployment began there, and left a lock without its owner; when "
		    "none is under way, 'slipway-repo deploy --break-lock' goes on",
		    c->o->place);
	return err_setx(e, ERR_BUSY,
	    "%s: a deployment of '%.100s' is under way there since %.40s (%" PRId64
	    " minutes); when it is no more, 'slipway-repo deploy --break-lock' goes on",
	    c->o->place, owner, since, age / 60);
}

/* Whether the lock there may be removed.  0; 1 there is none; -1. */
static int
judge_lock(struct carry *c, const char *left, struct err *e)
{
	struct buf text = BUF_INIT(MARK_MAX);
	struct err ignored;
	const char *id;
	json_t *j;
	int rc = mark_get(c, CARRY_LOCK, &text, e);

	if (rc == 1 && text.len == 0) {
		clock_sleep_ms(EMPTY_WAIT_MS);
		rc = mark_get(c, CARRY_LOCK, &text, e);
	}
	if (rc != 1) {
		buf_free(&text);
		return rc == -1 ? -1 : 1;
	}
	j = json_text_parse(text.data, text.len, &ignored);
	id = json_string_value(json_object_get(j, "id"));
	/* Of this repository's deployments only one is under way: this one. */
	rc = c->o->break_lock ||
		(left[0] != '\0' && (text.len == 0 || (id != NULL && strcmp(id, left) == 0)))
	    ? 0
	    : tell_lock(c, j, e);
	json_decref(j);
	buf_free(&text);
	return rc;
}

/* Whether the lock there is the one that this deployment made.  1, 0 or -1. */
static int
is_own_lock(struct carry *c, struct err *e)
{
	struct buf text = BUF_INIT(MARK_MAX);
	struct err ignored;
	int rc = mark_get(c, CARRY_LOCK, &text, e);

	if (rc == 1) {
		json_t *j = json_text_parse(text.data, text.len, &ignored);
		const char *id = json_string_value(json_object_get(j, "id"));

		rc = id != NULL && strcmp(id, c->note.lock) == 0;
		json_decref(j);
	}
	buf_free(&text);
	return rc;
}

int
mark_unlock(struct carry *c, struct err *e)
{
	struct sftp_job j = { .kind = SFTP_JOB_REMOVE, .path = CARRY_LOCK };
	int own = is_own_lock(c, e);

	if (own == 0)
		return err_setx(e, ERR_CONFLICT,
		    "%s: somebody broke the lock of this deployment, and may have deployed "
		    "meanwhile; 'slipway-repo deploy' says what is there now",
		    c->o->place);
	if (own == -1 || dest_must(c->d, &j, 1, e) == -1)
		return -1;
	c->note.lock[0] = '\0';
	return note_write(c->r->top, c->config.place, &c->note, e);
}

/*
 * The server made the lock and took not all of its bytes, as on a full disk: what is left there
 * would look like somebody else's.
 */
static void
drop_empty_lock(struct carry *c)
{
	struct sftp_job remove = { .kind = SFTP_JOB_REMOVE, .path = CARRY_LOCK };
	struct buf text = BUF_INIT(MARK_MAX);
	struct err ignored;

	if (mark_get(c, CARRY_LOCK, &text, &ignored) == 1 && text.len == 0)
		dest_run(c->d, &remove, 1, &ignored);
	buf_free(&text);
}

int
mark_lock(struct carry *c, struct err *e)
{
	struct buf text = BUF_INIT(ERR_TEXT_SIZE);
	char left[NOTE_ID_SIZE];
	struct sftp_job put, gone = { .kind = SFTP_JOB_REMOVE, .path = CARRY_LOCK };
	int rc;

	memcpy(left, c->note.lock, sizeof left);
	if ((rc = judge_lock(c, left, e)) == -1)
		return -1;
	if (rc == 0)
		c->o->say(c->o->arg, "going on after a deployment that was interrupted");
	if ((rc == 0 && dest_must(c->d, &gone, 1, e) == -1) || note_new_lock(c, e) == -1 ||
	    put_mark(c, CARRY_LOCK, NULL, lock_content(c, e), true, &put, e) == -1)
		return -1;
	if (put.result == SFTP_JOB_OK)
		return 0;
	/* Somebody else was faster, or nothing can be written there. */
	*e = put.err;
	if (put.offset > 0) {
		drop_empty_lock(c);
		return -1;
	}
	if (judge_lock(c, "", &put.err) == -1 && put.err.code == ERR_BUSY)
		*e = put.err;
	else if (e->code == ERR_ACCESS && buf_adds(&text, e->text, &put.err) == 0)
		err_setx(e, ERR_ACCESS,
		    "%.700s: want metadata and targets there to be this account's, or writable for "
		    "it; nothing changed",
		    buf_text(&text));
	buf_free(&text);
	return -1;
}
