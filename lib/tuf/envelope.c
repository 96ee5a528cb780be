/* SPDX-License-Identifier: ISC */
/*
 * The envelope of a metadata file, {"signatures": [...], "signed": {...}}, and counting signatures.
 */
#include "lib/tuf/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/tuf/canonical.h"

/* Most bytes of one signature: RSA with TUF_RSA_BITS_MAX. */
#define SIGNATURE_MAX (TUF_RSA_BITS_MAX / 8)

void
envelope_free(struct envelope *v)
{
	json_decref(v->json);
	free(v->canonical);
	*v = (struct envelope){ 0 };
}

/* Each signature has a key id and bytes as texts, and no key id stands there twice. */
static int
check_signatures(const json_t *sigs, struct err *e)
{
	size_t n = json_array_size(sigs);

	if (!json_is_array(sigs))
		return err_setx(e, ERR_SYNTAX, "want an array \"signatures\"");
	if (n > TUF_SIGNATURES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d signatures", TUF_SIGNATURES_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *sig = json_array_get(sigs, i);
		const char *id = json_string_value(json_object_get(sig, "keyid"));

		if (id == NULL || !json_is_string(json_object_get(sig, "sig")))
			return err_setx(e, ERR_SYNTAX,
			    "want \"keyid\" and \"sig\" in each signature");
		for (size_t k = 0; k < i; k++)
			if (strcmp(id,
				json_string_value(
				    json_object_get(json_array_get(sigs, k), "keyid"))) == 0)
				return err_setx(e, ERR_SYNTAX, "two signatures with key id %.70s",
				    id);
	}
	return 0;
}

int
envelope_parse(const uint8_t *data, size_t len, struct envelope *v, struct err *e)
{
	struct buf b = BUF_INIT(CANONICAL_MAX);

	*v = (struct envelope){ 0 };
	if ((v->json = json_text_parse(data, len, e)) == NULL)
		return -1;
	v->body = json_object_get(v->json, "signed");
	if (!json_is_object(v->body)) {
		err_setx(e, ERR_SYNTAX, "want an object \"signed\"");
		goto fail;
	}
	if (check_signatures(json_object_get(v->json, "signatures"), e) == -1 ||
	    canonical_json(v->body, &b, e) == -1)
		goto fail;
	v->len = b.len;
	v->canonical = buf_steal(&b);
	return 0;
fail:
	buf_free(&b);
	envelope_free(v);
	return -1;
}

/* Decodes the signature that the envelope holds for a key id.  Returns its length, or 0. */
static size_t
find_signature(const struct envelope *v, const char *id, uint8_t out[SIGNATURE_MAX])
{
	const json_t *sigs = json_object_get(v->json, "signatures");

	for (size_t i = 0; i < json_array_size(sigs); i++) {
		const json_t *sig = json_array_get(sigs, i), *hex = json_object_get(sig, "sig");
		size_t len = json_string_length(hex);

		if (strcmp(json_string_value(json_object_get(sig, "keyid")), id) != 0)
			continue;
		if (len / 2 > SIGNATURE_MAX ||
		    hex_decode(json_string_value(hex), len, out, len / 2) == -1)
			return 0;
		return len / 2;
	}
	return 0;
}

/* A key that can't count at all is told: no signature helps then. */
static int
too_few(const struct tuf_keyring *ring, const struct tuf_role *role, const char *what, unsigned n,
    struct err *e)
{
	char text[ERR_TEXT_SIZE / 2];
	const char *why = NULL;
	size_t i;

	snprintf(text, sizeof text, "%s: want valid signatures of %u of its %zu keys, got %u", what,
	    role->threshold, role->n, n);
	for (i = 0; i < role->n; i++) {
		const struct tuf_key *k = tuf_keyring_find(ring, role->keyids[i]);

		if (k == NULL)
			why = "it is not among the keys";
		else if (tuf_key_counts(k, &why))
			why = NULL;
		if (why != NULL)
			break;
	}
	return why == NULL ? err_setx(e, ERR_SIGNATURE, "%s", text)
			   : err_setx(e, ERR_SIGNATURE, "%s; key %.70s doesn't count: %s", text,
				 role->keyids[i], why);
}

int
envelope_verify(const struct envelope *v, const struct tuf_keyring *ring,
    const struct tuf_role *role, const char *what, struct err *e)
{
	const struct tuf_key *good[TUF_KEYS_MAX];
	uint8_t sig[SIGNATURE_MAX];
	unsigned n = 0;

	for (size_t i = 0; i < role->n && n < role->threshold; i++) {
		const struct tuf_key *k = tuf_keyring_find(ring, role->keyids[i]);
		size_t len = k == NULL ? 0 : find_signature(v, role->keyids[i], sig);
		bool again = false;

		if (len == 0 || !tuf_key_counts(k, NULL))
			continue;
		/* One key under two ids (two spellings of its type) is still one key. */
		for (unsigned g = 0; g < n; g++)
			again |= tuf_key_same(good[g], k);
		if (!again && tuf_key_verify(k, sig, len, v->canonical, v->len))
			good[n++] = k;
	}
	return n < role->threshold ? too_few(ring, role, what, n, e) : 0;
}
