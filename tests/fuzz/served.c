/* SPDX-License-Identifier: ISC */
/*
 * A repository whose files the input chooses, as `slipway-repo verify` checks it.  Records as in
 * client.c, each a byte of flags, two of length, that many bytes: 2.root.json, timestamp.json,
 * 1.snapshot.json, 1.targets.json, 1.A.json, and one target's content.
 *
 *   flags & 3   0 there is no such file, 1 the bytes are the file, 2 the role's key signs the bytes
 *
 * A target's file has the name of its content, or with flags & 4 that of another.  Where verify
 * finds no fault, a station finds none either.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/digest.h"
#include "lib/tuf/client.h"
#include "server/repo/served.h"
#include "tests/fuzz/place.h"
#include "tests/fuzz/signers.h"

#define METADATA "served/metadata/"
#define TARGET	 "A/app/x"

static const char *const files[] = { METADATA "2.root.json", METADATA "timestamp.json",
	METADATA "1.snapshot.json", METADATA "1.targets.json", METADATA "1.A.json" };

static void
put_record(struct feed *f, size_t i)
{
	struct buf text = BUF_INIT(FILE_MAX);
	uint8_t flags = feed_u8(f);
	size_t len = (size_t)feed_u8(f) << 8;
	const uint8_t *bytes;

	len |= feed_u8(f);
	bytes = feed_bytes(f, &len);
	if (i == K_COUNT && (flags & 3) != 0) {
		char hex[SHA256_HEX_SIZE], name[SHA256_HEX_SIZE + 64];
		struct err e;

		must(digest_hex(bytes, (flags & 4) != 0 ? 0 : len, hex, &e) == 0);
		snprintf(name, sizeof name, "served/targets/A/app/%s.x", hex);
		place_put(name, bytes, len);
	} else if (i < K_COUNT && (flags & 3) == 1) {
		place_put(files[i], bytes, len);
	} else if (i < K_COUNT && (flags & 3) != 0 && signers_sign(bytes, len, (int)i, &text)) {
		place_put(files[i], text.data, text.len);
	}
	buf_free(&text);
}

static void
make_repository(const uint8_t *data, size_t size)
{
	struct buf root = BUF_INIT(FILE_MAX);
	struct feed f = { data, size };

	dir_close(place_make("served/metadata"));
	dir_close(place_make("served/targets/A/app"));
	signers_root(true, &root);
	place_put(METADATA "1.root.json", root.data, root.len);
	for (size_t i = 0; i <= K_COUNT; i++)
		put_record(&f, i);
	buf_free(&root);
}

static void
count_fault(void *arg, const struct err *what)
{
	size_t *n = arg;

	must(what->code != ERR_NONE && what->text[0] != '\0');
	++*n;
}

static int
is_file(void *arg, const char *path, struct err *e)
{
	const struct served *t = arg;

	(void)e;
	must(json_object_get(t->files, path) != NULL);
	return 0;
}

/* Returns the number of faults. */
static size_t
verify(struct repo *r)
{
	size_t n = 0;
	struct served t = { .r = r, .fault = count_fault, .arg = &n, .content = true, .now = NOW };
	struct err e = { 0 };

	must(served_open(&t, &e) == 0 && served_roots(&t, &e) == 0 && served_current(&t, &e) == 0);
	must(served_snapshot(&t, 1, &e) == 0);
	must(served_extra(&t, is_file, &t, &e) == 0);
	must(t.faults == n);
	served_close(&t);
	return n;
}

static int
fetch(void *arg, const char *name, struct buf *out, struct err *e)
{
	const struct repo *r = arg;
	struct file_info info;

	if (file_stat(r->metadata, name, &info, e) != 1)
		return 0;
	return file_read(r->metadata, name, out, e) == -1 ? -1 : 1;
}

/* A station that has the first root and nothing else. */
static int
load(void *arg, const char *role, struct buf *out, struct err *e)
{
	return strcmp(role, "root") == 0 ? fetch(arg, "1.root.json", out, e) : 0;
}

static int
save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	(void)arg;
	(void)role;
	(void)data;
	(void)len;
	(void)e;
	return 0;
}

static int
forget(void *arg, const char *role, struct err *e)
{
	(void)arg;
	(void)role;
	(void)e;
	return 0;
}

static void
use(struct repo *r)
{
	const struct tuf_source source = { fetch, NULL, r };
	const struct tuf_store store = { .load = load, .save = save, .forget = forget, .arg = r };
	struct err e = { 0 };
	struct tuf_client *c = tuf_client_new(&source, &store, NOW, &e);
	struct tuf_target t;

	must(c != NULL);
	/* An application without a release has no entry in the snapshot. */
	if (tuf_client_refresh(c, "A", &e) == -1 ||
	    (tuf_client_find(c, TARGET, &t, &e) == -1 && e.code != ERR_NOENT)) {
		fprintf(stderr, "%s\n", e.text);
		must(!"a station takes what verify takes");
	}
	tuf_client_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PLACE_PATH];
	struct err e = { 0 };
	struct repo *r;

	place_below("", path);
	make_repository(data, size);
	if ((r = repo_open_unread(path, false, &e)) != NULL) {
		if (verify(r) == 0)
			use(r);
		repo_close(r);
	}
	place_empty();
	return 0;
}
