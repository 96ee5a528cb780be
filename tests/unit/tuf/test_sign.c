/* SPDX-License-Identifier: ISC */
/*
 * lib/tuf: canonical JSON, keys and signatures, both directions.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/tuf/canonical.h"
#include "lib/tuf/key.h"
#include "lib/tuf/sign.h"

static struct canonical_row {
	const char *name, *in, *want;
} canonical_rows[] = {
	{ "canonical: order and white space", "{ \"b\" : 1 , \"a\" : [ 2 , 3 ] }",
	    "{\"a\":[2,3],\"b\":1}" },
	{ "canonical: empty", "{\"a\":{},\"b\":[],\"c\":\"\"}", "{\"a\":{},\"b\":[],\"c\":\"\"}" },
	{ "canonical: words", "{\"a\":true,\"b\":false,\"c\":null}",
	    "{\"a\":true,\"b\":false,\"c\":null}" },
	{ "canonical: integers", "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":-0}",
	    "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0}" },
	{ "canonical: only quote and backslash are escaped",
	    "{\"a\":\"q\\\" b\\\\ s\\/ n\\n t\\t\"}", "{\"a\":\"q\\\" b\\\\ s/ n\n t\t\"}" },
	{ "canonical: escapes become raw UTF-8", "{\"a\":\"\\u00e9\\u20ac\"}",
	    "{\"a\":\"\xc3\xa9\xe2\x82\xac\"}" },
	{ "canonical: surrogate pair", "{\"a\":\"\\ud83d\\ude00\"}",
	    "{\"a\":\"\xf0\x9f\x98\x80\"}" },
	{ "canonical: names by code point, not by UTF-16",
	    "{\"\\ud83d\\ude00\":1,\"\xef\xbc\xa1\":2,\"a\":3,\"B\":4}",
	    "{\"B\":4,\"a\":3,\"\xef\xbc\xa1\":2,\"\xf0\x9f\x98\x80\":1}" },
	{ "canonical: quote in a name", "{\"a\\\"b\":1}", "{\"a\\\"b\":1}" },
};

static void
canonical(void **state)
{
	struct canonical_row *r = *state;
	struct buf b = BUF_INIT(CANONICAL_MAX);
	struct err e;
	json_t *j = json_text_parse((const uint8_t *)r->in, strlen(r->in), &e);

	assert_non_null(j);
	assert_ok(canonical_json(j, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->want);
	json_decref(j);
	buf_free(&b);
}

static void
canonical_nul(void **state)
{
	static const char in[] = "{\"a\":\"x\\u0000y\"}", want[] = "{\"a\":\"x\0y\"}";
	struct buf b = BUF_INIT(CANONICAL_MAX);
	struct err e;
	json_t *j = json_text_parse((const uint8_t *)in, sizeof in - 1, &e);

	(void)state;
	assert_ok(canonical_json(j, &b, &e), &e);
	assert_int_equal(b.len, sizeof want - 1);
	assert_memory_equal(b.data, want, sizeof want - 1);
	json_decref(j);
	buf_free(&b);
}

static void
canonical_real(void **state)
{
	struct buf b = BUF_INIT(CANONICAL_MAX);
	struct err e;
	json_t *j = json_text_parse((const uint8_t *)"{\"a\":1.0}", 9, &e);

	(void)state;
	assert_err(canonical_json(j, &b, &e), ERR_SYNTAX, &e);
	json_decref(j);
	buf_free(&b);
}

static struct kind_row {
	const char *name;
	enum tuf_kind kind;
} kind_rows[] = {
	{ "sign: ed25519", TUF_ED25519 },
	{ "sign: ecdsa", TUF_ECDSA },
	{ "sign: rsa", TUF_RSA },
};

/*
 * The parts of a signed file: the key as a ring of one, the signature, and the signed bytes.
 */
struct signed_file {
	json_t *file;
	struct tuf_keyring ring;
	struct buf body;
	uint8_t sig[1024];
	size_t siglen;
};

static void
sign_one(struct privkey *k, struct signed_file *s)
{
	json_t *body = json_pack("{s:s, s:i}", "text", "\xc3\xa9 \"\\", "n", 42), *keys;
	struct buf file = BUF_INIT(1 << 16);
	const char *hex;
	struct err e;

	s->body = (struct buf)BUF_INIT(1 << 16);
	assert_ok(sign_metadata(body, &k, 1, &file, &e), &e);
	json_decref(body);
	s->file = json_text_parse(file.data, file.len, &e);
	assert_non_null(s->file);
	assert_ok(canonical_json(json_object_get(s->file, "signed"), &s->body, &e), &e);
	keys = json_pack("{s:o}", privkey_id(k), privkey_public(k, &e));
	assert_ok(tuf_keyring_parse(keys, &s->ring, &e), &e);
	json_decref(keys);
	hex = json_string_value(
	    json_object_get(json_array_get(json_object_get(s->file, "signatures"), 0), "sig"));
	s->siglen = strlen(hex) / 2;
	assert_int_equal(hex_decode(hex, strlen(hex), s->sig, s->siglen), 0);
	buf_free(&file);
}

static void
sign_and_verify(void **state)
{
	struct kind_row *r = *state;
	struct err e;
	struct privkey *k = privkey_generate(r->kind, &e), *again;
	struct buf pem = BUF_INIT(1 << 16);
	struct signed_file s;
	const struct tuf_key *pub;

	assert_non_null(k);
	sign_one(k, &s);
	pub = tuf_keyring_find(&s.ring, privkey_id(k));
	assert_true(tuf_key_counts(pub, NULL));
	assert_true(tuf_key_verify(pub, s.sig, s.siglen, s.body.data, s.body.len));
	for (size_t i = 0; i < s.body.len; i++) {
		s.body.data[i] ^= 1;
		assert_false(tuf_key_verify(pub, s.sig, s.siglen, s.body.data, s.body.len));
		s.body.data[i] ^= 1;
	}
	s.sig[s.siglen / 2] ^= 1;
	assert_false(tuf_key_verify(pub, s.sig, s.siglen, s.body.data, s.body.len));
	assert_false(tuf_key_verify(pub, s.sig, 0, s.body.data, s.body.len));

	/* Signing again with the same key replaces its signature. */
	assert_ok(sign_add(s.file, k, &e), &e);
	assert_int_equal(json_array_size(json_object_get(s.file, "signatures")), 1);

	/* Through an encrypted file and back. */
	assert_ok(privkey_write(k, "correct horse", &pem, &e), &e);
	assert_true(privkey_is_encrypted(pem.data, pem.len));
	assert_null(privkey_read(pem.data, pem.len, NULL, &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_null(privkey_read(pem.data, pem.len, "wrong", &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_non_null(again = privkey_read(pem.data, pem.len, "correct horse", &e));
	assert_string_equal(privkey_id(again), privkey_id(k));
	privkey_free(again);
	buf_reset(&pem);
	assert_ok(privkey_write(k, NULL, &pem, &e), &e);
	assert_false(privkey_is_encrypted(pem.data, pem.len));
	assert_non_null(again = privkey_read(pem.data, pem.len, NULL, &e));
	assert_string_equal(privkey_id(again), privkey_id(k));
	privkey_free(again);

	buf_free(&pem);
	buf_free(&s.body);
	tuf_keyring_free(&s.ring);
	json_decref(s.file);
	privkey_free(k);
}

/*
 * A good key with an unknown scheme counts for nothing, whatever its signatures are.
 */
static void
other_scheme(void **state)
{
	static const struct {
		enum tuf_kind kind;
		const char *scheme;
	} pairs[] = {
		{ TUF_ED25519, "ed25519ph" },
		{ TUF_ECDSA, "ecdsa-sha2-nistp384" },
		{ TUF_RSA, "rsa-pkcs1v15-sha256" },
	};
	char id[SHA256_HEX_SIZE];
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(pairs); i++) {
		struct privkey *k = privkey_generate(pairs[i].kind, &e);
		struct tuf_keyring ring;
		json_t *object, *keys;
		const char *why;

		assert_non_null(k);
		assert_non_null(object = privkey_public(k, &e));
		json_object_set_new(object, "scheme", json_string(pairs[i].scheme));
		assert_ok(tuf_key_id(object, id, &e), &e);
		keys = json_pack("{s:o}", id, object);
		assert_ok(tuf_keyring_parse(keys, &ring, &e), &e);
		assert_false(tuf_key_counts(tuf_keyring_find(&ring, id), &why));
		assert_string_equal(why, "its type or scheme is not supported");
		tuf_keyring_free(&ring);
		json_decref(keys);
		privkey_free(k);
	}
}

static void
not_a_key(void **state)
{
	static const char text[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
	struct err e;

	(void)state;
	assert_null(privkey_read((const uint8_t *)text, sizeof text - 1, NULL, &e));
	assert_int_equal(e.code, ERR_SYNTAX);
}

#define ED "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum id { ID_WHOLE, ID_DEFINED, ID_WRONG };

static struct key_row {
	const char *name, *key;
	enum id id;
	bool counts;
	enum err_code want;
} key_rows[] = {
	{ "key: ed25519",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WHOLE, true, ERR_NONE },
	{ "key: extra fields belong to the id",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"x\":[1],\"keyval\":{\"public\":\"" ED
	    "\",\"y\":2}}",
	    ID_WHOLE, true, ERR_NONE },
	{ "key: or need not",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"x\":[1],\"keyval\":{\"public\":\"" ED
	    "\"}}",
	    ID_DEFINED, true, ERR_NONE },
	{ "key: extra fields of keyval always do",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" ED
	    "\",\"y\":2}}",
	    ID_WRONG, false, ERR_NONE },
	{ "key: id is not the hash",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WRONG, false, ERR_NONE },
	{ "key: unknown type",
	    "{\"keytype\":\"xmss\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: unknown scheme",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519ph\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: type and scheme don't fit",
	    "{\"keytype\":\"rsa\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: short",
	    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"aa\"}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: no PEM",
	    "{\"keytype\":\"rsa\",\"scheme\":\"rsassa-pss-sha256\",\"keyval\":{\"public\":\"x\"}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: no public", "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{}}",
	    ID_WHOLE, false, ERR_NONE },
	{ "key: no keyval", "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\"}", ID_WHOLE, false,
	    ERR_SYNTAX },
	{ "key: no scheme", "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"" ED "\"}}",
	    ID_WHOLE, false, ERR_SYNTAX },
	{ "key: type is no text", "{\"keytype\":1,\"scheme\":\"ed25519\",\"keyval\":{}}", ID_WHOLE,
	    false, ERR_SYNTAX },
};

static void
key(void **state)
{
	struct key_row *r = *state;
	struct tuf_keyring ring = { NULL, 0 };
	char id[SHA256_HEX_SIZE];
	struct err e;
	json_t *object = json_text_parse((const uint8_t *)r->key, strlen(r->key), &e), *keys;

	assert_non_null(object);
	assert_ok(tuf_key_id(object, id, &e), &e);
	if (r->id == ID_DEFINED) {
		json_t *defined = json_copy(object);

		json_object_del(defined, "x");
		assert_ok(tuf_key_id(defined, id, &e), &e);
		json_decref(defined);
	}
	if (r->id == ID_WRONG)
		id[0] = id[0] == '0' ? '1' : '0';
	keys = json_pack("{s:o}", id, object);
	if (r->want != ERR_NONE) {
		assert_err(tuf_keyring_parse(keys, &ring, &e), r->want, &e);
		assert_int_equal(ring.n, 0);
	} else {
		assert_ok(tuf_keyring_parse(keys, &ring, &e), &e);
		assert_int_equal(tuf_key_counts(tuf_keyring_find(&ring, id), NULL), r->counts);
	}
	tuf_keyring_free(&ring);
	json_decref(keys);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(canonical_nul),
		cmocka_unit_test(canonical_real),
		cmocka_unit_test(not_a_key),
		cmocka_unit_test(other_scheme),
	};
	size_t n = 4;

	TEST_ROWS(tests, n, canonical_rows, canonical);
	TEST_ROWS(tests, n, kind_rows, sign_and_verify);
	TEST_ROWS(tests, n, key_rows, key);
	return _cmocka_run_group_tests("sign", tests, n, NULL, NULL);
}
