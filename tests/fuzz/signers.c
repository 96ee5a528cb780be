/* SPDX-License-Identifier: ISC */
/* Fixed keys for harnesses, and files signed by them. */
#include "tests/fuzz/signers.h"

#include <openssl/evp.h>

#include "lib/tuf/sign.h"
#include "tests/fuzz/fuzz.h"

const char *const signers_roles[K_COUNT] = { "root", "timestamp", "snapshot", "targets", "A" };

static struct privkey *keys[K_COUNT];

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

void
signers_root(bool consistent, struct buf *out)
{
	json_t *ring = json_object(), *roles = json_object(), *j;
	struct err e = { 0 };

	make_keys();
	for (int i = K_ROOT; i <= K_TARGETS; i++) {
		json_object_set_new(ring, privkey_id(keys[i]), privkey_public(keys[i], &e));
		json_object_set_new(roles, signers_roles[i],
		    json_pack("{s:[s], s:i}", "keyids", privkey_id(keys[i]), "threshold", 1));
	}
	j = json_pack("{s:s, s:s, s:i, s:s, s:b, s:o, s:o}", "_type", "root", "spec_version",
	    "1.0.31", "version", 1, "expires", "2030-01-01T00:00:00Z", "consistent_snapshot",
	    consistent, "keys", ring, "roles", roles);
	must(j != NULL && sign_metadata(j, &keys[K_ROOT], 1, out, &e) == 0);
	json_decref(j);
}

bool
signers_sign(const uint8_t *bytes, size_t len, int key, struct buf *out)
{
	struct err e = { 0 };
	json_t *j =
	    json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	bool good;

	make_keys();
	good = json_is_object(j) && sign_metadata(j, &keys[key], 1, out, &e) == 0;
	json_decref(j);
	return good;
}
