/* SPDX-License-Identifier: ISC */
/*
 * The trusted root and its successors.  Numbers in comments are sections of the TUF specification
 * 1.0.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/tuf/client_state.h"
#include "lib/tuf/layout.h"

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

int
roots_load(struct tuf_client *c, struct err *e)
{
	struct buf b = BUF_INIT(TUF_ROOT_SIZE_MAX);
	int rc = c->store.load(c->store.arg, "root", &b, e);

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
 * 5.3.4 to 5.3.8 and 5.3.11: one new root.  When timestamp or snapshot keys changed, removes the
 * local files before the root is saved, so that a crash in between can't leave a fast-forwarded
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
	    (c->store.forget(c->store.arg, "timestamp", e) == -1 ||
		c->store.forget(c->store.arg, "snapshot", e) == -1))
		goto out;
	if (c->store.save(c->store.arg, "root", b->data, b->len, e) == -1)
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

/* Fetch the next root and accept it, when more may follow.  1, 0 there is none, or -1. */
static int
next_root(struct tuf_client *c, bool more, struct err *e)
{
	struct buf b = BUF_INIT(TUF_ROOT_SIZE_MAX);
	char name[LAYOUT_METADATA_SIZE];
	int rc = layout_metadata(c->root->c.version + 1, "root", name, e);

	if (rc == 0) {
		if (c->source.hint != NULL)
			c->source.hint(c->source.arg, "timestamp.json", TUF_TIMESTAMP_SIZE_MAX);
		rc = c->source.fetch(c->source.arg, name, &b, e);
	}
	if (rc == 1 && !more)
		rc = err_setx(e, ERR_TOO_LARGE, "over %d new roots; refresh again to go on",
		    TUF_ROOTS_MAX);
	if (rc == 1 && accept_root(c, &b, e) == -1)
		rc = err_context(e, "%s", name);
	buf_free(&b);
	return rc;
}

int
roots_update(struct tuf_client *c, struct err *e)
{
	int rc = 1;

	for (int i = 0; rc == 1; i++)
		rc = next_root(c, i < TUF_ROOTS_MAX, e);
	return rc == -1 ? -1 : client_expired(c, &c->root->c, "root", e);
}
