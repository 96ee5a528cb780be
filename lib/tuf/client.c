/* SPDX-License-Identifier: ISC */
/*
 * The client's workflow.  Numbers in comments are sections of the TUF specification 1.0.
 */
#include "lib/tuf/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"

/* A delegated role that was verified under one delegator. */
struct loaded {
	char *name, *delegator;
	struct tuf_targets *targets;
};

struct tuf_client {
	struct tuf_io io;
	int64_t now;
	bool check_expiry, unchanged, offline;
	struct tuf_root *root;
	struct tuf_timestamp *timestamp;
	struct tuf_snapshot *snapshot;
	struct tuf_targets *targets;
	struct loaded *roles;
	size_t n;
};

struct tuf_client *
tuf_client_new(const struct tuf_io *io, int64_t now, struct err *e)
{
	struct tuf_client *c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->io = *io;
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

int
tuf_role_filename(const char *role, struct buf *out, struct err *e)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";

	for (; *role != '\0'; role++)
		if ((strchr(plain, *role) != NULL
			    ? buf_addc(out, *role, e)
			    : buf_addf(out, e, "%%%02X", (unsigned)(unsigned char)*role)) == -1)
			return -1;
	return 0;
}

/* "7.targets.json", or "targets.json" without consistent snapshots; version 0: never a number. */
static int
remote_name(const char *role, int64_t version, struct buf *out, struct err *e)
{
	if ((version > 0 && buf_addf(out, e, "%" PRId64 ".", version) == -1) ||
	    tuf_role_filename(role, out, e) == -1)
		return -1;
	return buf_adds(out, ".json", e);
}

static int
expired(const struct tuf_client *c, const struct tuf_common *common, const char *what,
    struct err *e)
{
	char when[DATE_TEXT_SIZE], now[DATE_TEXT_SIZE];

	if (!c->check_expiry || common->expires > c->now)
		return 0;
	date_format(common->expires, when);
	date_format(c->now, now);
	return err_setx(e, ERR_EXPIRED, "%s version %" PRId64 ": expired on %s, now is %s", what,
	    common->version, when, now);
}

/* A root that vouches for itself, from bytes. */
static struct tuf_root *
root_from(const uint8_t *data, size_t len, struct err *e)
{
	struct tuf_root *r = NULL;
	struct envelope v = { 0 };

	if (envelope_parse(data, len, &v, e) == 0 && (r = root_parse(&v, e)) != NULL &&
	    envelope_verify(&v, &r->ring, &r->roles[TUF_ROOT], "root", e) == -1) {
		root_free(r);
		r = NULL;
	}
	envelope_free(&v);
	return r;
}

int
tuf_root_check(const uint8_t *data, size_t len, int64_t *version, struct err *e)
{
	struct tuf_root *r;

	if (len > TUF_ROOT_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "root: over %u bytes", TUF_ROOT_SIZE_MAX);
	if ((r = root_from(data, len, e)) == NULL)
		return -1;
	*version = r->c.version;
	root_free(r);
	return 0;
}

static int
load_root(struct tuf_client *c, struct err *e)
{
	struct buf b = BUF_INIT(TUF_ROOT_SIZE_MAX);
	int rc = c->io.load(c->io.arg, "root", &b, e);

	if (rc == 0)
		rc = err_setx(e, ERR_NOENT, "there is no trusted root metadata");
	else if (rc == 1)
		rc = (c->root = root_from(b.data, b.len, e)) == NULL
		    ? err_context(e, "trusted root metadata")
		    : 0;
	buf_free(&b);
	return rc;
}

static bool
same_role(const struct tuf_role *a, const struct tuf_role *b)
{
	if (a->n != b->n || a->threshold != b->threshold)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n; k++)
			found |= strcmp(a->keyids[i], b->keyids[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/*
 * 5.3.4 to 5.3.8 and 5.3.11: one new root.  Where timestamp or snapshot keys changed, the local
 * files go before the root is saved, so that a crash in between can't leave a fast-forwarded
 * version number in force.
 */
static int
accept_root(struct tuf_client *c, const struct buf *b, struct err *e)
{
	struct envelope v = { 0 };
	struct tuf_root *new = NULL;
	int rc = -1;

	if (envelope_parse(b->data, b->len, &v, e) == -1 ||
	    envelope_verify(&v, &c->root->ring, &c->root->roles[TUF_ROOT],
		"root (by the keys trusted so far)", e) == -1 ||
	    (new = root_parse(&v, e)) == NULL ||
	    envelope_verify(&v, &new->ring, &new->roles[TUF_ROOT], "root (by its own keys)", e) ==
		-1)
		goto out;
	if (new->c.version != c->root->c.version + 1) {
		err_setx(e, ERR_VERSION, "root: want version %" PRId64 ", got %" PRId64,
		    c->root->c.version + 1, new->c.version);
		goto out;
	}
	if ((!same_role(&c->root->roles[TUF_TIMESTAMP], &new->roles[TUF_TIMESTAMP]) ||
		!same_role(&c->root->roles[TUF_SNAPSHOT], &new->roles[TUF_SNAPSHOT])) &&
	    (c->io.forget(c->io.arg, "timestamp", e) == -1 ||
		c->io.forget(c->io.arg, "snapshot", e) == -1))
		goto out;
	if (c->io.save(c->io.arg, "root", b->data, b->len, e) == -1)
		goto out;
	root_free(c->root);
	c->root = new;
	new = NULL;
	rc = 0;
out:
	root_free(new);
	envelope_free(&v);
	return rc;
}

static int
update_root(struct tuf_client *c, struct err *e)
{
	for (int i = 0; i <= TUF_ROOTS_MAX; i++) {
		struct buf name = BUF_INIT(64), b = BUF_INIT(TUF_ROOT_SIZE_MAX);
		int rc = remote_name("root", c->root->c.version + 1, &name, e);

		if (rc == 0) {
			if (c->io.hint != NULL)
				c->io.hint(c->io.arg, "timestamp.json", TUF_TIMESTAMP_SIZE_MAX);
			rc = c->io.fetch(c->io.arg, buf_text(&name), &b, e);
		}
		if (rc == 1 && i == TUF_ROOTS_MAX)
			rc = err_setx(e, ERR_TOO_LARGE, "over %d new roots; refresh again to go on",
			    TUF_ROOTS_MAX);
		if (rc == 1 && (rc = accept_root(c, &b, e)) == -1)
			err_context(e, "%s", buf_text(&name));
		else if (rc == 0 && b.len == 0) {
			buf_free(&name);
			buf_free(&b);
			return expired(c, &c->root->c, "root", e);
		}
		buf_free(&name);
		buf_free(&b);
		if (rc == -1)
			return -1;
	}
	return 0;
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
 * One that no longer verifies is as good as none; one that can't be read is a fault, because what
 * it says about versions still binds.
 */
static int
load_top(struct tuf_client *c, enum tuf_top which, struct buf *b, struct envelope *v, struct err *e)
{
	int got = c->io.load(c->io.arg, tuf_top_name(which), b, e);

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
	if ((got = c->io.fetch(c->io.arg, "timestamp.json", &b, e)) == 0)
		err_setx(e, ERR_NOENT, "timestamp.json: the repository has no such file");
	if (got != 1 || open_top(c, TUF_TIMESTAMP, &b, &v, e) == -1 ||
	    (new = timestamp_parse(&v, e)) == NULL)
		goto out;
	if (old != NULL && new->c.version < old->c.version) {
		err_setx(e, ERR_ROLLBACK, "timestamp: want version >= %" PRId64 ", got %" PRId64,
		    old->c.version, new->c.version);
		goto out;
	}
	if (old != NULL && new->c.version == old->c.version) {
		c->unchanged = true; /* keep the old bytes and go on */
		rc = expired(c, &old->c, "timestamp", e);
		goto out;
	}
	if (old != NULL && new->snapshot.version < old->snapshot.version) {
		err_setx(e, ERR_ROLLBACK,
		    "timestamp: want a snapshot version >= %" PRId64 ", got %" PRId64,
		    old->snapshot.version, new->snapshot.version);
		goto out;
	}
	if (expired(c, &new->c, "timestamp", e) == -1 ||
	    c->io.save(c->io.arg, "timestamp", b.data, b.len, e) == -1)
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
limit_of(const struct tuf_meta *m, size_t usual)
{
	if (!m->has_length)
		return usual;
	return m->length < TUF_METADATA_SIZE_MAX ? (size_t)m->length : TUF_METADATA_SIZE_MAX;
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
check_version(const struct tuf_common *common, const struct tuf_meta *m, const char *what,
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
	struct buf name = BUF_INIT(4 * TUF_ROLE_NAME_MAX);
	int rc = -1, got;

	if (c->offline)
		return err_setx(e, ERR_NOENT, "%s: no local copy of version %" PRId64, role,
		    m->version);
	if (remote_name(role, c->root->consistent ? m->version : 0, &name, e) == 0) {
		got = c->io.fetch(c->io.arg, buf_text(&name), b, e);
		if (got == 0)
			err_setx(e, ERR_NOENT, "%s: the repository has no such file",
			    buf_text(&name));
		if (got == 1)
			rc = check_meta(m, b, buf_text(&name), e);
	}
	buf_free(&name);
	return rc;
}

/* 5.5: from these bytes, when all checks pass.  old may be NULL. */
static struct tuf_snapshot *
snapshot_from(struct tuf_client *c, const struct buf *b, const struct tuf_snapshot *old,
    struct err *e)
{
	struct tuf_snapshot *s = NULL;
	struct envelope v = { 0 };

	if (open_top(c, TUF_SNAPSHOT, b, &v, e) == 0 && (s = snapshot_parse(&v, e)) != NULL &&
	    (check_version(&s->c, &c->timestamp->snapshot, "snapshot", e) == -1 ||
		(old != NULL && snapshot_check_rollback(old, s, e) == -1) ||
		expired(c, &s->c, "snapshot", e) == -1)) {
		snapshot_free(s);
		s = NULL;
	}
	envelope_free(&v);
	return s;
}

/*
 * The local snapshot by its signature alone: what rollback is measured against.  1, 0 there is
 * none, -1.
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
	struct buf local = BUF_INIT(TUF_METADATA_SIZE_MAX),
		   b = BUF_INIT(limit_of(m, TUF_SNAPSHOT_SIZE));
	struct tuf_snapshot *old = NULL;
	int rc = -1;

	if (local_snapshot(c, &local, &old, e) == -1)
		goto out;
	if (old != NULL && check_meta(m, &local, "snapshot", e) == 0 &&
	    (c->snapshot = snapshot_from(c, &local, NULL, e)) != NULL) {
		rc = 0;
		goto out;
	}
	c->unchanged = false;
	if (fetch_role(c, "snapshot", m, &b, e) == 0 &&
	    (c->snapshot = snapshot_from(c, &b, old, e)) != NULL)
		rc = c->io.save(c->io.arg, "snapshot", b.data, b.len, e);
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
	if (envelope_verify(&v, ring, keys, role, e) == 0 && (t = targets_parse(&v, e)) != NULL &&
	    (check_version(&t->c, m, role, e) == -1 || expired(c, &t->c, role, e) == -1)) {
		targets_free(t);
		t = NULL;
	}
	envelope_free(&v);
	return t;
}

/*
 * The targets role called role: the local copy where it is the one that the snapshot names, else
 * fetched.
 */
static struct tuf_targets *
obtain_targets(struct tuf_client *c, const char *role, const struct tuf_keyring *ring,
    const struct tuf_role *keys, struct err *e)
{
	struct tuf_targets *t = NULL;
	struct tuf_meta m;

	if (!snapshot_meta(c->snapshot, role, &m)) {
		err_setx(e, ERR_NOENT, "snapshot: want an entry for %s.json, got none", role);
		return NULL;
	}
	struct buf b = BUF_INIT(limit_of(&m, TUF_TARGETS_SIZE));

	if (c->io.load(c->io.arg, role, &b, e) == 1 && check_meta(&m, &b, role, e) == 0 &&
	    (t = targets_from(c, role, &b, &m, ring, keys, e)) != NULL)
		goto out;
	c->unchanged = false;
	buf_reset(&b);
	if (fetch_role(c, role, &m, &b, e) == 0 &&
	    (t = targets_from(c, role, &b, &m, ring, keys, e)) != NULL &&
	    c->io.save(c->io.arg, role, b.data, b.len, e) == -1) {
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
	struct buf name = BUF_INIT(4 * TUF_ROLE_NAME_MAX);
	struct tuf_meta m;
	struct err e;

	if (c->io.hint != NULL && role != NULL && snapshot_meta(c->snapshot, role, &m) &&
	    remote_name(role, c->root->consistent ? m.version : 0, &name, &e) == 0)
		c->io.hint(c->io.arg, buf_text(&name), limit_of(&m, TUF_TARGETS_SIZE));
	buf_free(&name);
}

static int
update_targets(struct tuf_client *c, struct err *e)
{
	c->targets = obtain_targets(c, "targets", &c->root->ring, &c->root->roles[TUF_TARGETS], e);
	return c->targets == NULL ? -1 : 0;
}

int
tuf_client_refresh(struct tuf_client *c, const char *wanted, struct err *e)
{
	if (load_root(c, e) == -1 || update_root(c, e) == -1 || update_timestamp(c, e) == -1 ||
	    update_snapshot(c, e) == -1)
		return -1;
	hint_role(c, wanted);
	return update_targets(c, e);
}

int
tuf_client_load(struct tuf_client *c, struct err *e)
{
	c->check_expiry = false;
	c->offline = true;
	if (load_root(c, e) == -1)
		return -1;
	switch (local_timestamp(c, e)) {
	case -1:
		return -1;
	case 0:
		return err_setx(e, ERR_NOENT, "there is no trusted timestamp metadata yet");
	}
	return update_snapshot(c, e) == -1 ? -1 : update_targets(c, e);
}

bool
tuf_client_unchanged(const struct tuf_client *c)
{
	return c->unchanged;
}

static const struct tuf_targets *
find_loaded(const struct tuf_client *c, const char *name, const char *delegator)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->roles[i].name, name) == 0 &&
		    strcmp(c->roles[i].delegator, delegator) == 0)
			return c->roles[i].targets;
	return NULL;
}

/* A delegated role, verified under this delegator and kept. */
static const struct tuf_targets *
delegated(struct tuf_client *c, const struct tuf_targets *by, const char *delegator,
    const struct tuf_delegation *d, struct err *e)
{
	const struct tuf_targets *have = find_loaded(c, d->name, delegator);
	struct tuf_targets *t = NULL;
	struct loaded *more, *l;

	if (have != NULL)
		return have;
	if ((more = realloc(c->roles, (c->n + 1) * sizeof *more)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->roles = more;
	if ((t = obtain_targets(c, d->name, &by->ring, &d->role, e)) == NULL)
		return NULL;
	l = &c->roles[c->n];
	l->name = strdup(d->name);
	l->delegator = strdup(delegator);
	l->targets = t;
	if (l->name == NULL || l->delegator == NULL) {
		free(l->name);
		free(l->delegator);
		targets_free(t);
		err_nomem(e);
		return NULL;
	}
	c->n++;
	return t;
}

const struct tuf_delegation *
tuf_client_delegation(const struct tuf_client *c, const char *name)
{
	for (size_t i = 0; c->targets != NULL && i < c->targets->n; i++)
		if (strcmp(c->targets->delegations[i].name, name) == 0)
			return &c->targets->delegations[i];
	return NULL;
}

const struct tuf_targets *
tuf_client_role(struct tuf_client *c, const char *name, struct err *e)
{
	const struct tuf_delegation *d = tuf_client_delegation(c, name);

	if (d == NULL) {
		err_setx(e, ERR_NOENT, "the repository has no application %s", name);
		return NULL;
	}
	return delegated(c, c->targets, "targets", d, e);
}

/* One role of the walk that is still to be visited. */
struct visit {
	const struct tuf_targets *by;
	const char *delegator;
	const struct tuf_delegation *d;
};

/*
 * Put the delegations of t that cover path on the stack, the first on top.  5.6.7.2: a terminating
 * one leaves nothing to those that come after it, here and below on the stack.
 */
static void
push_delegations(const struct tuf_targets *t, const char *name, const char *path,
    struct visit *stack, size_t *depth)
{
	struct visit fresh[TUF_VISITS_MAX];
	size_t n = 0;
	bool terminating = false;

	for (size_t i = 0; i < t->n && n < TUF_VISITS_MAX && !terminating; i++)
		if (delegation_covers(&t->delegations[i], path)) {
			fresh[n++] = (struct visit){ t, name, &t->delegations[i] };
			terminating = t->delegations[i].terminating;
		}
	if (terminating)
		*depth = 0;
	/* What doesn't fit lies so deep that it would not be visited any more. */
	if (*depth + n > TUF_VISITS_MAX) {
		size_t drop = *depth + n - TUF_VISITS_MAX;

		memmove(stack, stack + drop, (*depth - drop) * sizeof *stack);
		*depth -= drop;
	}
	while (n > 0)
		stack[(*depth)++] = fresh[--n];
}

int
tuf_client_find(struct tuf_client *c, const char *path, struct tuf_target *out, struct err *e)
{
	struct visit stack[TUF_VISITS_MAX];
	const char *visited[TUF_VISITS_MAX];
	size_t depth = 0, nvisited = 0;
	int rc = targets_get(c->targets, path, out, e);

	if (rc != 0)
		return rc;
	push_delegations(c->targets, "targets", path, stack, &depth);
	while (depth > 0 && nvisited < TUF_VISITS_MAX) {
		struct visit v = stack[--depth];
		const struct tuf_targets *t;
		bool again = false;

		for (size_t i = 0; i < nvisited; i++)
			again |= strcmp(visited[i], v.d->name) == 0;
		if (again)
			continue;
		visited[nvisited++] = v.d->name;
		if ((t = delegated(c, v.by, v.delegator, v.d, e)) == NULL)
			return -1;
		if ((rc = targets_get(t, path, out, e)) != 0)
			return rc;
		push_delegations(t, v.d->name, path, stack, &depth);
	}
	return 0;
}

const struct tuf_root *
tuf_client_root(const struct tuf_client *c)
{
	return c->root;
}

const struct tuf_timestamp *
tuf_client_timestamp(const struct tuf_client *c)
{
	return c->timestamp;
}

const struct tuf_snapshot *
tuf_client_snapshot(const struct tuf_client *c)
{
	return c->snapshot;
}

const struct tuf_targets *
tuf_client_targets(const struct tuf_client *c)
{
	return c->targets;
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
	const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
	char hex[2 * DIGEST_MAX + 1];

	if (!c->root->consistent)
		return buf_adds(out, path, e);
	if (t->hashes.has_sha256)
		hex_encode(t->hashes.sha256, SHA256_SIZE, hex);
	else
		hex_encode(t->hashes.sha512, SHA512_SIZE, hex);
	if (buf_add(out, path, (size_t)(base - path), e) == -1)
		return -1;
	return buf_addf(out, e, "%s.%s", hex, base);
}
