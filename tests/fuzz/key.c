/* SPDX-License-Identifier: ISC */
/*
 * Public keys of each type, first under the ids that the input gives and then under their right
 * ids, so that they count; and a signature by each.  The input is a JSON object as "keys" in
 * metadata, then a NUL and the bytes of a signature.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "lib/tuf/key.h"

static void
use(const struct tuf_keyring *ring, const uint8_t *sig, size_t siglen)
{
	static const uint8_t text[] = "{}";

	for (size_t i = 0; i < ring->n; i++) {
		const struct tuf_key *k = ring->keys[i];
		const char *why = NULL;
		bool counts = tuf_key_counts(k, &why);

		must(counts || why != NULL);
		if (counts)
			must(tuf_key_same(k, k));
		if (tuf_key_verify(k, sig, siglen, text, sizeof text - 1))
			must(counts && siglen > 0);
		for (size_t j = 0; j < i; j++)
			must(tuf_key_same(k, ring->keys[j]) == tuf_key_same(ring->keys[j], k));
	}
}

static json_t *
with_right_ids(json_t *keys)
{
	json_t *out = json_object(), *value;
	char id[SHA256_HEX_SIZE];
	const char *name;
	struct err e;

	json_object_foreach (keys, name, value)
		if (json_is_object(value) && tuf_key_id(value, id, &e) == 0)
			json_object_set(out, id, value);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = cut == NULL ? size : (size_t)(cut - data);
	const uint8_t *sig = cut == NULL ? data : cut + 1;
	size_t siglen = cut == NULL ? 0 : size - len - 1;
	struct tuf_keyring ring = { NULL, 0 };
	struct err e = { 0 };
	json_t *keys = json_text_parse(data, len, &e), *right;

	if (keys == NULL)
		return 0;
	if (tuf_keyring_parse(keys, &ring, &e) == 0)
		use(&ring, sig, siglen);
	else
		must(ring.keys == NULL && e.code != ERR_NONE);
	tuf_keyring_free(&ring);
	ring = (struct tuf_keyring){ NULL, 0 };
	right = with_right_ids(keys);
	if (tuf_keyring_parse(right, &ring, &e) == 0)
		use(&ring, sig, siglen);
	tuf_keyring_free(&ring);
	json_decref(right);
	json_decref(keys);
	return 0;
}
