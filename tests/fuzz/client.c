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

#include <openssl/evp.h>

#include "lib/tuf/client.h"
#include "lib/tuf/sign.h"

#define NOW	 INT64_C(1772323200) /* 2026-03-01 */
#define FILE_MAX (1u << 20)

enum { K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_A, K_COUNT };
enum { F_ROOT2, F_ROOT3, F_TIMESTAMP, F_SNAPSHOT, F_TARGETS, F_A, F_COUNT };

static const char *const role_names[K_COUNT] = { "root", "timestamp", "snapshot", "targets", "A" };
static const char *const file_names[F_COUNT] = { "2.root.json", "3.root.json", "timestamp.json",
	"snapshot.json", "targets.json", "A.json" };
static const int file_keys[F_COUNT] = { K_ROOT, K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_A };

static struct privkey *keys[K_COUNT];

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

/* Key number i: ed25519, made of 32 bytes i + 1, so that inputs can name its id. */
static void
make_keys(void)
{
	static const uint8_t head[16] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03,
		0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
	struct err e = { 0 };

	for (int i = 0; i < K_COUNT && keys[i] == NULL; i++) {
		uint8_t der[sizeof head + 32];
		unsigned char text[100];
		char pem[200];

		memcpy(der, head, sizeof head);
		memset(der + sizeof head, i + 1, 32);
		EVP_EncodeBlock(text, der, (int)sizeof der);
		snprintf(pem, sizeof pem,
		    "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n",
		    (const char *)text);
		keys[i] = privkey_read((const uint8_t *)pem, strlen(pem), NULL, &e);
		must(keys[i] != NULL);
	}
}

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
		if (strcmp(role, role_names[i]) == 0)
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

/* The root that the station has: version 1, one key for each role. */
static void
first_root(struct world *w, bool consistent)
{
	json_t *ring = json_object(), *roles = json_object(), *j;
	struct buf out = BUF_INIT(FILE_MAX);
	struct err e = { 0 };

	for (int i = K_ROOT; i <= K_TARGETS; i++) {
		json_object_set_new(ring, privkey_id(keys[i]), privkey_public(keys[i], &e));
		json_object_set_new(roles, role_names[i],
		    json_pack("{s:[s], s:i}", "keyids", privkey_id(keys[i]), "threshold", 1));
	}
	j = json_pack("{s:s, s:s, s:i, s:s, s:b, s:o, s:o}", "_type", "root", "spec_version",
	    "1.0.31", "version", 1, "expires", "2030-01-01T00:00:00Z", "consistent_snapshot",
	    consistent, "keys", ring, "roles", roles);
	must(j != NULL && sign_metadata(j, &keys[K_ROOT], 1, &out, &e) == 0);
	put_local(w, "root", out.data, out.len);
	json_decref(j);
	buf_free(&out);
}

static void
sign_file(struct world *w, int file, int key, const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	struct envelope v;
	json_t *j =
	    json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (json_is_object(j) && sign_metadata(j, &keys[key], 1, &w->files[file], &e) == 0 &&
	    envelope_parse(w->files[file].data, w->files[file].len, &v, &e) == 0) {
		must(buf_add(&w->bodies[file], v.canonical, v.len, &e) == 0);
		w->signers[file] = key;
		w->used[key] = true;
		envelope_free(&v);
	}
	json_decref(j);
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
	make_keys();
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
