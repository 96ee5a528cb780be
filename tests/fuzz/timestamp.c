/* SPDX-License-Identifier: ISC */
/*
 * Timestamp metadata: envelope and contents.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/metadata.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct envelope v;
	struct tuf_timestamp *t;

	if (envelope_parse(data, size, &v, &e) == -1) {
		must(e.code != ERR_NONE && v.json == NULL);
		return 0;
	}
	if ((t = timestamp_parse(&v, &e)) != NULL) {
		must(t->c.version >= 1 && t->snapshot.version >= 1);
		if (t->snapshot.has_hashes)
			must(t->snapshot.hashes.has_sha256 || t->snapshot.hashes.has_sha512);
		if (tuf_hashes_check(&t->snapshot.hashes, data, size, "timestamp", &e) == -1)
			must(e.code == ERR_HASH);
	}
	timestamp_free(t);
	envelope_free(&v);
	return 0;
}
