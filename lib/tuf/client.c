/* SPDX-License-Identifier: ISC */
/* The client's workflow.  Numbers in comments are sections of the TUF specification 1.0. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/tuf/layout.h"
#include "lib/tuf/refused.h"

struct tuf_client *
tuf_client_new(const struct tuf_source *source, const struct tuf_store *store, int64_t now,
    struct err *e)
{
	struct tuf_client *c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (source != NULL)
		c->source = *source;
	c->store = *store;
	c->now = now;
	c->check_expiry = true;
	return c;
}

void
tuf_client_free(struct tuf_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++) {
		free(c->roles[i].name);
		free(c->roles[i].delegator);
		targets_free(c->roles[i].targets);
	}
	free(c->roles);
	root_free(c->root);
	timestamp_free(c->timestamp);
	snapshot_free(c->snapshot);
	targets_free(c->targets);
	free(c);
}

void
tuf_client_accept(struct tuf_client *c, int64_t seconds)
{
	c->accept = seconds;
}

int64_t
tuf_client_accepted(const struct tuf_client *c)
{
	return c->accepted;
}

/* Whether metadata that has ended is taken all the same. */
static bool
is_accepted(struct tuf_client *c, const struct tuf_common *common, const char *what)
{
	int64_t past = c->now - common->expires;

	if (past > c->accept || c->accept == 0 || strcmp(what, tuf_top_name(TUF_ROOT)) == 0)
		return false;
	if (past < 1)
		past = 1;
	if (c->accepted < past)
		c->accepted = past;
	return true;
}

int
client_expired(struct tuf_client *c, const struct tuf_common *common, const char *what,
    struct err *e)
{
	char when[DATE_TEXT_SIZE], now[DATE_TEXT_SIZE];
	bool timed = strcmp(what, "timestamp") == 0 || strcmp(what, "snapshot") == 0;

	if (!c->check_expiry || common->expires > c->now || is_accepted(c, common, what))
		return 0;
	date_format(common->expires, when);
	date_format(c->now, now);
	return err_setx(e, ERR_EXPIRED,
	    "%s version %" PRId64
	    ": expired on %s, now is %s; if this clock is right, tell the administrator of the "
	    "update server, who has to sign it anew ('slipway-repo %s%s')",
	    what, common->version, when, now, timed ? "refresh" : "renew ", timed ? "" : what);
}

/* Parse and check the signatures of a top-level role's file. */
static int
open_top(struct tuf_client *c, enum tuf_top which, const struct buf *b, struct envelope *v,
    struct err *e)
{
	if (envelope_parse(b->data, b->len, v, e) == -1)
		return err_context(e, "%s", tuf_top_name(which));
	if (envelope_verify(v, &c->root->ring, &c->root->roles[which], tuf_top_name(which), e) == 0)
		return 0;
	envelope_free(v);
	return -1;
}

/*
 * A local file of a top-level role: 1 read and signed by the keys trusted now, 0 there is none.
 * A file that no longer verifies is ignored.  A file that can't be read is an error, because its
 * version still forbids a rollback.
 */
static int
load_top(struct tuf_client *c, enum tuf_top which, struct buf *b, struct envelope *v, struct err *e)
{
	int got = c->store.load(c->store.arg, tuf_top_name(which), b, e);

	if (got == -1 && e->code != ERR_TOO_LARGE)
		return err_context(e, "trusted %s metadata", tuf_top_name(which));
	return got == 1 && open_top(c, which, b, v, e) == 0;
}

/* 1, 0 there is none, -1. */
static int
local_timestamp(struct tuf_client *c, struct err *e)
{
	struct buf b = BUF_INIT(TUF_TIMESTAMP_SIZE_MAX);
	struct envelope v = { 0 };
	int rc = load_top(c, TUF_TIMESTAMP, &b, &v, e);

	if (rc == 1 && (c->timestamp = timestamp_parse(&v, e)) == NULL)
		rc = 0;
	envelope_free(&v);
	buf_free(&b);
	return rc;
}

/* 5.4 */
static int
update_timestamp(struct tuf_client *c, struct err *e)
{
	struct buf b = BUF_INIT(TUF_TIMESTAMP_SIZE_MAX);
	struct tuf_timestamp *new = NULL, *old;
	struct envelope v = { 0 };
	int rc = -1, got;

	if (local_timestamp(c, e) == -1)
		return -1;
	old = c->timestamp;
	if ((got = c->source.fetch(c->source.arg, "timestamp.json", &b, e)) == 0)
		err_setx(e, ERR_NOENT, "timestamp.json: the repository has no such file");
	if (got != 1 || open_top(c, TUF_TIMESTAMP, &b, &v, e) == -1)
		goto out;
	if ((new = timestamp_parse(&v, e)) == NULL) {
		err_context(e, "timestamp");
		goto out;
	}
	if (old != NULL && new->c.version < old->c.version) {
		err_setx(e, ERR_ROLLBACK, "timestamp: want version >= %" PRId64 ", got %" PRId64,
		    old->c.version, new->c.version);
		goto out;
	}
	if (old != NULL && new->c.version == old->c.version) { /* keep the old bytes and go on */
		rc = client_expired(c, &old->c, "timestamp", e);
		goto out;
	}
	if (old != NULL && new->snapshot.version < old->snapshot.version) {
		err_setx(e, ERR_ROLLBACK,
		    "timestamp: want a snapshot version >= %" PRId64 ", got %" PRId64,
		    old->snapshot.version, new->snapshot.version);
		goto out;
	}
	if (client_expired(c, &new->c, "timestamp", e) == -1 ||
	    c->store.save(c->store.arg, "timestamp", b.data, b.len, e) == -1)
		goto out;
	timestamp_free(old);
	c->timestamp = new;
	new = NULL;
	rc = 0;
out:
	timestamp_free(new);
	envelope_free(&v);
	buf_free(&b);
	return rc;
}

static size_t
limit_of(const struct tuf_meta *m, size_t usual, size_t most)
{
	if (!m->has_length)
		return usual;
	return m->length < most ? (size_t)m->length : most;
}

/* Length and hashes that the parent states, where it states them. */
static int
check_meta(const struct tuf_meta *m, const struct buf *b, const char *what, struct err *e)
{
	if (m->has_length && b->len != m->length)
		return err_setx(e, ERR_HASH, "%s: want %" PRIu64 " bytes, got %zu", what, m->length,
		    b->len);
	return m->has_hashes ? tuf_hashes_check(&m->hashes, b->data, b->len, what, e) : 0;
}

static int
check_meta_version(const struct tuf_common *common, const struct tuf_meta *m, const char *what,
    struct err *e)
{
	if (common->version != m->version)
		return err_setx(e, ERR_VERSION, "%s: want version %" PRId64 ", got %" PRId64, what,
		    m->version, common->version);
	return 0;
}

/*
 * Fetch the file of a role, "N.ROLE.json" under consistent snapshots, and check its length and
 * hashes.
 */
static int
fetch_role(struct tuf_client *c, const char *role, const struct tuf_meta *m, struct buf *b,
    struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];
	int got;

	if (c->source.fetch == NULL)
		return err_setx(e, ERR_NOENT, "%s: no local copy of version %" PRId64, role,
		    m->version);
	/* The limit of b is the stated length, but at most the role's own limit. */
	if (m->has_length && m->length > b->max)
		return err_setx(e, ERR_TOO_LARGE,
		    "%s: want at most %zu bytes, got a stated length of %" PRIu64, role, b->max,
		    m->length);
	if (layout_metadata(c->root->consistent ? m->version : 0, role, name, e) == -1 ||
	    (got = c->source.fetch(c->source.arg, name, b, e)) == -1)
		return -1;
	if (got == 0)
		return err_setx(e, ERR_NOENT, "%s: the repository has no such file", name);
	return check_meta(m, b, name, e);
}

/* 5.5: from these bytes, when all checks pass.  old may be NULL. */
static struct tuf_snapshot *
snapshot_from(struct tuf_client *c, const struct buf *b, const struct tuf_snapshot *old,
    struct err *e)
{
	struct tuf_snapshot *s = NULL;
	struct envelope v = { 0 };

	if (open_top(c, TUF_SNAPSHOT, b, &v, e) == 0 && (s = snapshot_parse(&v, e)) == NULL)
		err_context(e, "snapshot");
	else if (s != NULL &&
	    (check_meta_version(&s->c, &c->timestamp->snapshot, "snapshot", e) == -1 ||
		(old != NULL && snapshot_check_rollback(old, s, e) == -1) ||
		client_expired(c, &s->c, "snapshot", e) == -1)) {
		snapshot_free(s);
		s = NULL;
	}
	envelope_free(&v);
	return s;
}

/*
 * The local snapshot, by its signature alone: rollback is measured against it.  1, 0 there is none,
 * -1.
 */
static int
local_snapshot(struct tuf_client *c, struct buf *b, struct tuf_snapshot **s, struct err *e)
{
	struct envelope v = { 0 };
	int rc = load_top(c, TUF_SNAPSHOT, b, &v, e);

	if (rc == 1 && (*s = snapshot_parse(&v, e)) == NULL)
		rc = 0;
	envelope_free(&v);
	return rc;
}

static int
update_snapshot(struct tuf_client *c, struct err *e)
{
	const struct tuf_meta *m = &c->timestamp->snapshot;
	struct buf local = BUF_INIT(TUF_SNAPSHOT_SIZE_MAX),
		   b = BUF_INIT(limit_of(m, TUF_SNAPSHOT_SIZE, TUF_SNAPSHOT_SIZE_MAX));
	struct tuf_snapshot *old = NULL;
	int rc = -1;

	if (local_snapshot(c, &local, &old, e) == -1)
		goto out;
	if (old != NULL && check_meta(m, &local, "snapshot", e) == 0 &&
	    (c->snapshot = snapshot_from(c, &local, NULL, e)) != NULL) {
		rc = 0;
		goto out;
	}
	if (refused_before(c, "snapshot", m, e) || fetch_role(c, "snapshot", m, &b, e) == -1)
		goto out;
	if ((c->snapshot = snapshot_from(c, &b, old, e)) != NULL)
		rc = c->store.save(c->store.arg, "snapshot", b.data, b.len, e);
	else
		refused_note(c, "snapshot", m, e);
out:
	snapshot_free(old);
	buf_free(&local);
	buf_free(&b);
	return rc;
}

/* 5.6: a targets role from these bytes, under these keys. */
static struct tuf_targets *
targets_from(struct tuf_client *c, const char *role, const struct buf *b, const struct tuf_meta *m,
    const struct tuf_keyring *ring, const struct tuf_role *keys, struct err *e)
{
	struct tuf_targets *t = NULL;
	struct envelope v = { 0 };

	if (envelope_parse(b->data, b->len, &v, e) == -1) {
		err_context(e, "%s", role);
		return NULL;
	}
	if (envelope_verify(&v, ring, keys, role, e) == 0 && (t = targets_parse(&v, e)) == NULL)
		err_context(e, "%s", role);
	else if (t != NULL &&
	    (check_meta_version(&t->c, m, role, e) == -1 ||
		client_expired(c, &t->c, role, e) == -1)) {
		targets_free(t);
		t = NULL;
	}
	envelope_free(&v);
	return t;
}

/*
 * The targets role called role: the local copy where the snapshot names that version, else the
 * fetched file.
 */
struct tuf_targets *
client_obtain(struct tuf_client *c, const char *role, const struct tuf_keyring *ring,
    const struct tuf_role *keys, struct err *e)
{
	struct tuf_targets *t = NULL;
	struct tuf_meta m;

	if (!snapshot_meta(c->snapshot, role, &m)) {
		/* ansible/roles/station looks for "is published yet". */
		err_setx(e, ERR_NOENT,
		    "nothing of %s is published yet: the snapshot has no entry for %s.json", role,
		    role);
		return NULL;
	}
	struct buf b = BUF_INIT(limit_of(&m, TUF_TARGETS_SIZE, TUF_TARGETS_SIZE_MAX));

	if (c->store.load(c->store.arg, role, &b, e) == 1 && check_meta(&m, &b, role, e) == 0 &&
	    (t = targets_from(c, role, &b, &m, ring, keys, e)) != NULL)
		goto out;
	buf_reset(&b);
	if (refused_before(c, role, &m, e) || fetch_role(c, role, &m, &b, e) == -1)
		goto out;
	if ((t = targets_from(c, role, &b, &m, ring, keys, e)) == NULL) {
		refused_note(c, role, &m, e);
	} else if (c->store.save(c->store.arg, role, b.data, b.len, e) == -1) {
		targets_free(t);
		t = NULL;
	}
out:
	buf_free(&b);
	return t;
}

static void
hint_role(struct tuf_client *c, const char *role)
{
	char name[LAYOUT_METADATA_SIZE];
	struct tuf_meta m;
	struct err e;

	/* A file that would be refused isn't fetched. */
	if (c->source.hint != NULL && role != NULL && snapshot_meta(c->snapshot, role, &m) &&
	    (!m.has_length || m.length <= TUF_TARGETS_SIZE_MAX) &&
	    !refused_before(c, role, &m, &e) &&
	    layout_metadata(c->root->consistent ? m.version : 0, role, name, &e) == 0)
		c->source.hint(c->source.arg, name,
		    limit_of(&m, TUF_TARGETS_SIZE, TUF_TARGETS_SIZE_MAX));
}

static int
update_targets(struct tuf_client *c, struct err *e)
{
	c->targets = client_obtain(c, "targets", &c->root->ring, &c->root->roles[TUF_TARGETS], e);
	return c->targets == NULL ? -1 : 0;
}

int
tuf_client_refresh(struct tuf_client *c, const char *wanted, struct err *e)
{
	if (roots_load(c, e) == -1 || roots_update(c, e) == -1 || update_timestamp(c, e) == -1 ||
	    update_snapshot(c, e) == -1)
		return -1;
	hint_role(c, wanted);
	return update_targets(c, e);
}

int
tuf_client_load(struct tuf_client *c, struct err *e)
{
	c->check_expiry = false;
	c->source = (struct tuf_source){ NULL, NULL, NULL };
	if (roots_load(c, e) == -1)
		return -1;
	switch (local_timestamp(c, e)) {
	case -1:
		return -1;
	case 0:
		return err_setx(e, ERR_NOENT, "there is no trusted timestamp metadata yet");
	}
	return update_snapshot(c, e) == -1 ? -1 : update_targets(c, e);
}

struct tuf_trusted
tuf_client_trusted(const struct tuf_client *c)
{
	return (struct tuf_trusted){ c->root, c->timestamp, c->snapshot, c->targets };
}

int64_t
tuf_client_expires(const struct tuf_client *c)
{
	int64_t first = INT64_MAX;
	const struct tuf_common *all[] = { c->root != NULL ? &c->root->c : NULL,
		c->timestamp != NULL ? &c->timestamp->c : NULL,
		c->snapshot != NULL ? &c->snapshot->c : NULL,
		c->targets != NULL ? &c->targets->c : NULL };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i] != NULL && all[i]->expires < first)
			first = all[i]->expires;
	for (size_t i = 0; i < c->n; i++)
		if (c->roles[i].targets->c.expires < first)
			first = c->roles[i].targets->c.expires;
	return first;
}

int
tuf_client_target_path(const struct tuf_client *c, const char *path, const struct tuf_target *t,
    struct buf *out, struct err *e)
{
	char hex[2 * DIGEST_MAX + 1], stored[LAYOUT_STORED_SIZE];

	if (!c->root->consistent)
		return buf_adds(out, path, e);
	if (t->hashes.has_sha256)
		hex_encode(t->hashes.sha256, SHA256_SIZE, hex);
	else
		hex_encode(t->hashes.sha512, SHA512_SIZE, hex);
	return layout_stored(path, hex, stored, e) == -1 ? -1 : buf_adds(out, stored, e);
}
