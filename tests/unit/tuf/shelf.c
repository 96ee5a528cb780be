/* SPDX-License-Identifier: ISC */
/*
 * Files by name in memory.
 */
#include "tests/unit/tuf/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/tuf/sign.h"

struct shelf_file *
shelf_find(const struct shelf *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return &s->files[i];
	return NULL;
}

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void
shelf_put(struct shelf *s, const char *name, const void *data, size_t len)
{
	struct shelf_file *f = shelf_find(s, name);

	if (f == NULL) {
		s->files = must(realloc(s->files, (s->n + 1) * sizeof *s->files));
		f = &s->files[s->n++];
		snprintf(f->name, sizeof f->name, "%s", name);
		f->data = NULL;
	}
	free(f->data);
	f->data = must(malloc(len + 1));
	memcpy(f->data, data, len);
	f->len = len;
}

void
shelf_drop(struct shelf *s, const char *name)
{
	struct shelf_file *f = shelf_find(s, name);

	if (f == NULL)
		return;
	free(f->data);
	*f = s->files[--s->n];
}

void
shelf_clear(struct shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->files[i].data);
	free(s->files);
	*s = (struct shelf){ NULL, 0 };
}

void
shelf_copy(struct shelf *to, const struct shelf *from)
{
	shelf_clear(to);
	for (size_t i = 0; i < from->n; i++)
		shelf_put(to, from->files[i].name, from->files[i].data, from->files[i].len);
}

bool
shelf_same(const struct shelf *a, const struct shelf *b, const char *name)
{
	const struct shelf_file *fa = shelf_find(a, name), *fb = shelf_find(b, name);

	if (fa == NULL || fb == NULL)
		return fa == fb;
	return fa->len == fb->len && memcmp(fa->data, fb->data, fa->len) == 0;
}

static int
get(const struct shelf *s, const char *name, struct buf *out, struct err *e)
{
	const struct shelf_file *f = shelf_find(s, name);

	if (f == NULL)
		return 0;
	return buf_add(out, f->data, f->len, e) == -1 ? -1 : 1;
}

static int
io_fetch(void *arg, const char *name, struct buf *out, struct err *e)
{
	struct world *w = arg;
	size_t used = strlen(w->asked);

	snprintf(w->asked + used, sizeof w->asked - used, "%s ", name);
	return get(&w->remote, name, out, e);
}

static int
io_load(void *arg, const char *role, struct buf *out, struct err *e)
{
	const struct world *w = arg;

	if (w->unreadable != NULL && strcmp(w->unreadable, role) == 0)
		return err_setx(e, ERR_IO, "the disk is broken");
	return get(&w->local, role, out, e);
}

static bool
fails(struct world *w, struct err *e)
{
	if (++w->calls != w->fail_at)
		return false;
	err_setx(e, ERR_NOSPC, "the disk is full");
	return true;
}

static int
io_save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	struct world *w = arg;

	if (fails(w, e))
		return -1;
	w->saves++;
	shelf_put(&w->local, role, data, len);
	return 0;
}

static int
io_forget(void *arg, const char *role, struct err *e)
{
	struct world *w = arg;

	if (fails(w, e))
		return -1;
	shelf_drop(&w->local, role);
	return 0;
}

static int
io_recall(void *arg, struct buf *out, struct err *e)
{
	const struct world *w = arg;

	return get(&w->notes, "note", out, e);
}

static int
io_remember(void *arg, const uint8_t *data, size_t len, struct err *e)
{
	struct world *w = arg;

	(void)e;
	shelf_put(&w->notes, "note", data, len);
	return 0;
}

struct tuf_client *
world_client(struct world *w, int64_t now)
{
	const struct tuf_source source = { io_fetch, NULL, w };
	const struct tuf_store store = { .load = io_load,
		.save = io_save,
		.forget = io_forget,
		.arg = w,
		.recall = io_recall,
		.remember = io_remember };
	struct err e;

	return must(tuf_client_new(&source, &store, now, &e));
}

void
world_clear(struct world *w)
{
	shelf_clear(&w->remote);
	shelf_clear(&w->local);
	shelf_clear(&w->notes);
	*w = (struct world){ .saves = 0 };
}

struct privkey *shelf_keys[SHELF_KEYS];

int
shelf_make_keys(void **state)
{
	struct err e;

	(void)state;
	for (int i = 0; i < SHELF_KEYS; i++)
		shelf_keys[i] = must(privkey_generate(TUF_ED25519, &e));
	return 0;
}

int
shelf_drop_keys(void **state)
{
	(void)state;
	for (int i = 0; i < SHELF_KEYS; i++)
		privkey_free(shelf_keys[i]);
	return 0;
}

json_t *
shelf_ring(int first, int last)
{
	json_t *ring = json_object();
	struct err e;

	for (int i = first; i <= last; i++)
		json_object_set_new(ring, privkey_id(shelf_keys[i]),
		    must(privkey_public(shelf_keys[i], &e)));
	return ring;
}

json_t *
shelf_role(int key)
{
	return json_pack("{s:[s], s:i}", "keyids", privkey_id(shelf_keys[key]), "threshold", 1);
}

json_t *
shelf_body(const char *type, int version, const char *expires)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "_type", type, "spec_version", "1.0.31", "version",
	    version, "expires", expires);
}

json_t *
shelf_meta(int version, const struct buf *bytes)
{
	char hex[SHA256_HEX_SIZE];
	struct err e;

	if (digest_hex(bytes->data, bytes->len, hex, &e) == -1)
		abort();
	return json_pack("{s:i, s:I, s:{s:s}}", "version", version, "length",
	    (json_int_t)bytes->len, "hashes", "sha256", hex);
}

json_t *
shelf_sign(struct world *w, json_t *signed_part, int key, const char *name, int version)
{
	struct buf b = BUF_INIT(1 << 20);
	json_t *meta;
	struct err e;

	if (sign_metadata(signed_part, &shelf_keys[key], 1, &b, &e) == -1)
		abort();
	shelf_put(&w->remote, name, b.data, b.len);
	meta = shelf_meta(version, &b);
	json_decref(signed_part);
	buf_free(&b);
	return meta;
}

void
shelf_trust_root(struct world *w)
{
	const struct shelf_file *root = must(shelf_find(&w->remote, "1.root.json"));

	shelf_clear(&w->local);
	shelf_put(&w->local, "root", root->data, root->len);
}
