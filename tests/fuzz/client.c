/* SPDX-License-Identifier: ISC */
/*
 * The client's whole workflow against a repository of the input, signed with the keys that the
 * input chooses.
 *
 * The first byte: bit 0, whether the station's root says consistent_snapshot.  Then one record for
 * each of 2.root.json, 3.root.json, timestamp, snapshot, targets and the delegated role A: a byte
 * of flags, two of length, that many bytes.
 *
 *   flags & 3   0 there is no such file, 1 the bytes are the file, 2 the role's key signs the
 *               bytes, 3 key number flags >> 2 signs the bytes
 *
 * A file may be saved only if a key of its role signed it, unless the input used the key of the
 * role that names the keys.  A second refresh changes nothing.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/client.h"
#include "tests/fuzz/signers.h"

enum { F_ROOT2, F_ROOT3, F_TIMESTAMP, F_SNAPSHOT, F_TARGETS, F_A, F_COUNT };

static const char *const file_names[F_COUNT] = { "2.root.json", "3.root.json", "timestamp.json",
	"snapshot.json", "targets.json", "A.json" };
static const int file_keys[F_COUNT] = { K_ROOT, K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_A };

#define LOCAL_MAX 16

struct local {
	char role[TUF_ROLE_NAME_MAX + 1];
	struct buf data;
};

struct world {
	struct buf files[F_COUNT];
	bool there[F_COUNT];
	struct buf bodies[F_COUNT]; /* canonical forms of the signed bodies, and their keys */
	int signers[F_COUNT];	    /* -1: unsigned */
	bool used[K_COUNT];
	struct local local[LOCAL_MAX];
	size_t nlocal;
	unsigned saves;
};

static struct local *
find_local(struct world *w, const char *role)
{
	for (size_t i = 0; i < w->nlocal; i++)
		if (strcmp(w->local[i].role, role) == 0)
			return &w->local[i];
	return NULL;
}

static void
put_local(struct world *w, const char *role, const uint8_t *data, size_t len)
{
	struct local *l = find_local(w, role);
	struct err e;

	if (l == NULL) {
		must(w->nlocal < LOCAL_MAX);
		l = &w->local[w->nlocal++];
		snprintf(l->role, sizeof l->role, "%s", role);
		l->data = (struct buf)BUF_INIT(FILE_MAX);
	}
	buf_reset(&l->data);
	must(buf_add(&l->data, data, len, &e) == 0);
}

static int
io_fetch(void *arg, const char *name, struct buf *out, struct err *e)
{
	struct world *w = arg;
	size_t digits = strspn(name, "0123456789");
	const char *plain = digits > 0 && name[digits] == '.' ? name + digits + 1 : name;

	must(strchr(name, '/') == NULL && name[0] != '\0');
	for (int i = 0; i < F_COUNT; i++)
		if (strcmp(file_names[i], i <= F_ROOT3 ? name : plain) == 0 && w->there[i])
			return buf_add(out, w->files[i].data, w->files[i].len, e) == -1 ? -1 : 1;
	return 0;
}

static int
io_load(void *arg, const char *role, struct buf *out, struct err *e)
{
	const struct local *l = find_local(arg, role);

	if (l == NULL)
		return 0;
	return buf_add(out, l->data.data, l->data.len, e) == -1 ? -1 : 1;
}

static bool
is_signed(const struct world *w, const struct envelope *v, int key)
{
	for (int i = 0; i < F_COUNT; i++)
		if (w->signers[i] != -1 && (key == -1 || w->signers[i] == key) &&
		    w->bodies[i].len == v->len &&
		    memcmp(w->bodies[i].data, v->canonical, v->len) == 0)
			return true;
	return false;
}

static int
io_save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	struct world *w = arg;
	struct envelope v;
	int key = -1;

	for (int i = 0; i < K_COUNT; i++)
		if (strcmp(role, signers_roles[i]) == 0)
			key = i;
	if (w->used[K_ROOT] || ((key == -1 || key == K_A) && w->used[K_TARGETS]))
		key = -1; /* the input may have named the keys itself */
	else
		must(key != -1);
	must(envelope_parse(data, len, &v, e) == 0);
	must(is_signed(w, &v, key));
	envelope_free(&v);
	w->saves++;
	put_local(w, role, data, len);
	return 0;
}

static int
io_forget(void *arg, const char *role, struct err *e)
{
	struct world *w = arg;
	struct local *l = find_local(w, role);

	(void)e;
	must(strcmp(role, "root") != 0);
	if (l != NULL) {
		buf_free(&l->data);
		*l = w->local[--w->nlocal];
	}
	return 0;
}

static void
first_root(struct world *w, bool consistent)
{
	struct buf root = BUF_INIT(FILE_MAX);

	signers_root(consistent, &root);
	put_local(w, "root", root.data, root.len);
	buf_free(&root);
}

static void
sign_file(struct world *w, int file, int key, const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	struct envelope v;

	if (signers_sign(bytes, len, key, &w->files[file]) &&
	    envelope_parse(w->files[file].data, w->files[file].len, &v, &e) == 0) {
		must(buf_add(&w->bodies[file], v.canonical, v.len, &e) == 0);
		w->signers[file] = key;
		w->used[key] = true;
		envelope_free(&v);
	}
}

static void
build(struct world *w, struct feed *f)
{
	struct err e;

	for (int i = 0; i < F_COUNT; i++) {
		uint8_t flags = feed_u8(f);
		size_t len = (size_t)feed_u8(f) << 8;
		const uint8_t *bytes;

		len |= feed_u8(f);
		bytes = feed_bytes(f, &len);
		w->files[i] = w->bodies[i] = (struct buf)BUF_INIT(FILE_MAX);
		w->signers[i] = -1;
		w->there[i] = (flags & 3) != 0;
		if ((flags & 3) == 1)
			must(buf_add(&w->files[i], bytes, len, &e) == 0);
		else if ((flags & 3) >= 2)
			sign_file(w, i, (flags & 3) == 2 ? file_keys[i] : (flags >> 2) % K_COUNT,
			    bytes, len);
	}
}

static struct tuf_client *
client(struct world *w)
{
	const struct tuf_source source = { io_fetch, NULL, w };
	const struct tuf_store store = { .load = io_load,
		.save = io_save,
		.forget = io_forget,
		.arg = w };
	struct err e;

	return tuf_client_new(&source, &store, NOW, &e);
}

/* Runs the client once.  Returns whether the refresh succeeded. */
static bool
run(struct world *w)
{
	struct err e = { 0 };
	struct tuf_client *c = client(w);
	struct tuf_target t;
	bool rc;

	must(c != NULL);
	rc = tuf_client_refresh(c, "A", &e) == 0;
	if (rc) {
		struct buf path = BUF_INIT(FILE_MAX);

		must(tuf_client_expires(c) > NOW);
		if (tuf_client_role(c, "A", &e) != NULL)
			must(w->used[K_TARGETS] || w->used[K_ROOT]);
		if (tuf_client_find(c, "A/file", &t, &e) == 1) {
			must(w->used[K_TARGETS] || w->used[K_ROOT]);
			must(tuf_client_target_path(c, "A/file", &t, &path, &e) == 0);
		}
		buf_free(&path);
	} else {
		must(e.code != ERR_NONE && e.code != ERR_NOMEM);
	}
	tuf_client_free(c);
	return rc;
}

static void
run_again(struct world *w)
{
	unsigned saves = w->saves;
	struct err e = { 0 };
	struct tuf_client *c = client(w);

	must(run(w));
	must(w->saves == saves);
	must(c != NULL && tuf_client_load(c, &e) == 0);
	tuf_client_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof *w);
	struct feed f = { data, size };
	bool consistent;

	must(w != NULL);
	consistent = feed_u8(&f) & 1;
	first_root(w, consistent);
	build(w, &f);
	if (run(w))
		run_again(w);
	for (int i = 0; i < F_COUNT; i++) {
		buf_free(&w->files[i]);
		buf_free(&w->bodies[i]);
	}
	for (size_t i = 0; i < w->nlocal; i++)
		buf_free(&w->local[i].data);
	free(w);
	return 0;
}
