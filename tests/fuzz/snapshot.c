/* SPDX-License-Identifier: ISC */
/*
 * Snapshot metadata: envelope, contents, and the comparison of two: the input is one file, or two
 * with a NUL between.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/metadata.h"

static struct tuf_snapshot *
parse(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct envelope v;
	struct tuf_snapshot *s;
	struct tuf_meta m;

	if (envelope_parse(data, size, &v, &e) == -1) {
		must(e.code != ERR_NONE && v.json == NULL);
		return NULL;
	}
	if ((s = snapshot_parse(&v, &e)) != NULL) {
		must(s->c.version >= 1);
		if (snapshot_meta(s, "targets", &m))
			must(m.version >= 1);
		must(!snapshot_meta(s, "", &m) || m.version >= 1);
		must(snapshot_check_rollback(s, s, &e) == 0);
	}
	envelope_free(&v);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = cut == NULL ? size : (size_t)(cut - data);
	struct tuf_snapshot *old = parse(data, len), *new = NULL;
	struct tuf_meta a, b;
	struct err e = { 0 };

	if (cut != NULL)
		new = parse(cut + 1, size - len - 1);
	if (old != NULL && new != NULL) {
		if (snapshot_check_rollback(old, new, &e) == -1)
			must(e.code == ERR_ROLLBACK);
		else if (snapshot_meta(old, "targets", &a))
			must(snapshot_meta(new, "targets", &b) && b.version >= a.version);
	}
	snapshot_free(old);
	snapshot_free(new);
	return 0;
}
