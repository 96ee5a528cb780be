/* SPDX-License-Identifier: ISC */
/*
 * Root metadata: envelope, contents and its own signatures.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/metadata.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct envelope v;
	struct tuf_root *r;
	const char *why;

	if (envelope_parse(data, size, &v, &e) == -1) {
		must(e.code != ERR_NONE && v.json == NULL);
		return 0;
	}
	if ((r = root_parse(&v, &e)) != NULL) {
		must(r->c.version >= 1);
		must(r->ring.n <= TUF_KEYS_MAX);
		for (int i = 0; i < TUF_TOP_COUNT; i++) {
			const struct tuf_role *role = &r->roles[i];

			must(role->threshold >= 1 && role->threshold <= TUF_THRESHOLD_MAX);
			for (size_t j = 0; j < role->n; j++)
				for (size_t k = 0; k < j; k++)
					must(strcmp(role->keyids[j], role->keyids[k]) != 0);
			if (envelope_verify(&v, &r->ring, role, "root", &e) == 0)
				must(role->n >= role->threshold);
			else
				must(e.code == ERR_SIGNATURE);
		}
		for (size_t i = 0; i < r->ring.n; i++)
			if (!tuf_key_counts(r->ring.keys[i], &why))
				must(why != NULL);
	}
	root_free(r);
	envelope_free(&v);
	return 0;
}
