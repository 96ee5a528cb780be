/* SPDX-License-Identifier: ISC */
/* The table of hostile repositories, and the edits of its rows. */
#include "tests/unit/tuf/hostile.h"
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/tuf/sign.h"

static void
no_signatures(json_t *m)
{
	json_object_set_new(m, "signatures", json_array());
}

static void
signatures_gone(json_t *m)
{
	json_object_del(m, "signatures");
}

static void
signatures_object(json_t *m)
{
	json_object_set_new(m, "signatures", json_object());
}

static void
signed_gone(json_t *m)
{
	json_object_del(m, "signed");
}

static void
signed_array(json_t *m)
{
	json_object_set_new(m, "signed", json_array());
}

static json_t *
first_signature(json_t *m)
{
	return json_array_get(json_object_get(m, "signatures"), 0);
}

static void
signature_twice(json_t *m)
{
	json_array_append(json_object_get(m, "signatures"), first_signature(m));
}

static void
signature_broken(json_t *m)
{
	char hex[4096];

	snprintf(hex, sizeof hex, "%s",
	    json_string_value(json_object_get(first_signature(m), "sig")));
	hex[10] = hex[10] == '0' ? '1' : '0';
	json_object_set_new(first_signature(m), "sig", json_string(hex));
}

static void
signature_short(json_t *m)
{
	json_object_set_new(first_signature(m), "sig", json_string("00"));
}

static void
signature_no_hex(json_t *m)
{
	json_object_set_new(first_signature(m), "sig", json_string("not hexadecimal"));
}

static void
signature_number(json_t *m)
{
	json_object_set_new(first_signature(m), "sig", json_integer(1));
}

static void
signature_without_id(json_t *m)
{
	json_object_del(first_signature(m), "keyid");
}

static void
stranger_too(json_t *m)
{
	json_array_append_new(json_object_get(m, "signatures"),
	    json_pack("{s:s, s:s}", "keyid", "stranger", "sig", "not even hexadecimal"));
}

static void
field_outside(json_t *m)
{
	json_object_set_new(m, "unsigned", json_pack("{s:[i]}", "x", 1));
}

static void
after_signing(json_t *m)
{
	json_object_set_new(json_object_get(m, "signed"), "extra", json_integer(1));
}

static void
many_signatures(json_t *m)
{
	char id[32];

	for (int i = 0; i < TUF_SIGNATURES_MAX; i++) {
		snprintf(id, sizeof id, "stranger %d", i);
		json_array_append_new(json_object_get(m, "signatures"),
		    json_pack("{s:s, s:s}", "keyid", id, "sig", "00"));
	}
}

static void
empty_file(struct buf *b)
{
	buf_reset(b);
}

static void
cut_file(struct buf *b)
{
	b->len--;
}

static void
half_file(struct buf *b)
{
	b->len /= 2;
}

static void
add_text(struct buf *b, const char *text)
{
	struct err e;

	assert_ok(buf_adds(b, text, &e), &e);
}

static void
white_space(struct buf *b)
{
	add_text(b, "\n\t \r\n");
}

static void
trailing(struct buf *b)
{
	add_text(b, "{}");
}

static void
trailing_nul(struct buf *b)
{
	struct err e;

	assert_ok(buf_add(b, "", 1, &e), &e);
}

/* Put text before the first occurrence of where. */
static void
insert(struct buf *b, const char *where, const char *text)
{
	struct buf out = BUF_INIT(FILE_MAX);
	const char *at = strstr(buf_text(b), where);
	struct err e;

	assert_non_null(at);
	assert_ok(buf_add(&out, b->data, (size_t)(at - buf_text(b)), &e), &e);
	assert_ok(buf_adds(&out, text, &e), &e);
	assert_ok(buf_adds(&out, at, &e), &e);
	buf_free(b);
	*b = out;
}

static void
twice_named(struct buf *b)
{
	insert(b, "\"version\":2", "\"version\":7,");
}

static void
bad_utf8(struct buf *b)
{
	insert(b, "\"version\":2", "\"x\":\"\xff\",");
}

static void
lone_surrogate(struct buf *b)
{
	insert(b, "\"version\":2", "\"x\":\"\\ud800\",");
}

static void
comment(struct buf *b)
{
	insert(b, "\"version\":2", "/* */");
}

static void
byte_order_mark(struct buf *b)
{
	insert(b, "{", "\xef\xbb\xbf");
}

static void
nested(json_t *j)
{
	json_t *deep = json_array();

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		deep = json_pack("[o]", deep);
	json_object_set_new(j, "x", deep);
}

/* The array sits two deep in the file and is one deep itself. */
static void
nested_just(json_t *j)
{
	json_t *deep = json_array();

	for (int i = 0; i < JSON_DEPTH_MAX - 3; i++)
		deep = json_pack("[o]", deep);
	json_object_set_new(j, "x", deep);
}

static void
pad_to(struct buf *b, size_t len)
{
	struct err e;

	while (b->len < len)
		assert_ok(buf_addc(b, ' ', &e), &e);
}

static void
root_full(struct buf *b)
{
	pad_to(b, TUF_ROOT_SIZE_MAX);
}

void
hostile_root_over(struct buf *b)
{
	pad_to(b, TUF_ROOT_SIZE_MAX + 1);
}

static void
timestamp_full(struct buf *b)
{
	pad_to(b, TUF_TIMESTAMP_SIZE_MAX);
}

static void
timestamp_over(struct buf *b)
{
	pad_to(b, TUF_TIMESTAMP_SIZE_MAX + 1);
}

static void
new_root_key(json_t *j)
{
	json_t *r = shelf_ring(K_OTHER, K_OTHER);

	json_object_update(json_object_get(j, "keys"), r);
	json_decref(r);
	json_object_set_new(json_object_get(j, "roles"), "root", shelf_role(K_OTHER));
}

static void
two_of_two(json_t *j)
{
	json_t *r = shelf_ring(K_OTHER, K_OTHER);

	json_object_update(json_object_get(j, "keys"), r);
	json_decref(r);
	json_object_set_new(json_object_get(j, "roles"), "root",
	    json_pack("{s:[s,s], s:i}", "keyids", privkey_id(shelf_keys[K_ROOT]),
		privkey_id(shelf_keys[K_OTHER]), "threshold", 2));
}

/* The same public key under a second id: an unknown field makes another canonical form. */
static void
one_key_two_ids(json_t *j)
{
	struct err e;
	json_t *twin = privkey_public(shelf_keys[K_ROOT], &e);
	char id[SHA256_HEX_SIZE];

	json_object_set_new(twin, "x", json_integer(1));
	assert_ok(tuf_key_id(twin, id, &e), &e);
	json_object_set_new(json_object_get(j, "keys"), id, twin);
	json_object_set_new(json_object_get(j, "roles"), "root",
	    json_pack("{s:[s,s], s:i}", "keyids", privkey_id(shelf_keys[K_ROOT]), id, "threshold",
		2));
}

/* ... and its signature under that id. */
static void
sign_as_twin(json_t *m)
{
	const char *id;
	json_t *key;

	json_object_foreach (json_object_get(json_object_get(m, "signed"), "keys"), id, key)
		if (json_object_get(key, "x") != NULL)
			json_array_append_new(json_object_get(m, "signatures"),
			    json_pack("{s:s, s:s}", "keyid", id, "sig",
				json_string_value(json_object_get(first_signature(m), "sig"))));
}

/* The key has the id of another key. */
static void
false_id(json_t *j)
{
	json_t *all = json_object_get(j, "keys"),
	       *key = json_object_get(all, privkey_id(shelf_keys[K_ROOT]));

	json_object_set(all, "0000000000000000000000000000000000000000000000000000000000000000",
	    key);
	json_object_del(all, privkey_id(shelf_keys[K_ROOT]));
	json_object_set_new(json_object_get(j, "roles"), "root",
	    json_pack("{s:[s], s:i}", "keyids",
		"0000000000000000000000000000000000000000000000000000000000000000", "threshold",
		1));
}

static void
under_false_id(json_t *m)
{
	json_object_set_new(first_signature(m), "keyid",
	    json_string("0000000000000000000000000000000000000000000000000000000000000000"));
}

static void
strange_keys(json_t *j)
{
	json_t *all = json_object_get(j, "keys");

	json_object_set_new(all, "post-quantum",
	    json_pack("{s:s, s:s, s:{s:s}}", "keytype", "sphincs", "scheme", "shake", "keyval",
		"public", "x"));
	json_object_set_new(all, "broken",
	    json_pack("{s:s, s:s, s:{s:s}}", "keytype", "ed25519", "scheme", "ed25519", "keyval",
		"public", "not hexadecimal"));
}

static void
app_delegation(json_t *j, const char *field, json_t *value)
{
	json_t *d = json_array_get(json_object_get(json_object_get(j, "delegations"), "roles"), 0);

	json_object_set_new(d, field, value);
}

static void
app_two_keys(json_t *j)
{
	json_t *r = shelf_ring(K_SECOND, K_SECOND);

	json_object_update(json_object_get(json_object_get(j, "delegations"), "keys"), r);
	json_decref(r);
	app_delegation(j, "keyids",
	    json_pack("[s,s]", privkey_id(shelf_keys[K_APP]), privkey_id(shelf_keys[K_SECOND])));
	app_delegation(j, "threshold", json_integer(2));
}

static void
app_other_key(json_t *j)
{
	json_t *r = shelf_ring(K_SECOND, K_SECOND);

	json_object_update(json_object_get(json_object_get(j, "delegations"), "keys"), r);
	json_decref(r);
	app_delegation(j, "keyids", json_pack("[s]", privkey_id(shelf_keys[K_SECOND])));
}

static void
twin_delegation(json_t *j)
{
	json_t *roles = json_object_get(json_object_get(j, "delegations"), "roles");

	json_array_append_new(roles, json_deep_copy(json_array_get(roles, 0)));
}

static void
long_name(json_t *j)
{
	char name[TUF_ROLE_NAME_MAX + 2];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	app_delegation(j, "name", json_string(name));
}

static void
key_id_twice(json_t *j)
{
	json_t *role = json_object_get(json_object_get(j, "roles"), "root");

	json_array_append(json_object_get(role, "keyids"),
	    json_array_get(json_object_get(role, "keyids"), 0));
}

static void
many_keys(json_t *j)
{
	json_t *all = json_object_get(j, "keys");
	char id[32];

	for (int i = 0; i < TUF_KEYS_MAX; i++) {
		snprintf(id, sizeof id, "key %d", i);
		json_object_set_new(all, id,
		    json_pack("{s:s, s:s, s:{s:s}}", "keytype", "x", "scheme", "x", "keyval",
			"public", "x"));
	}
}

/* In every role; doc and fails are filled in. */
const struct change hostile_common[] = {
	{ .name = "as it should be", .want = ERR_NONE },
	{ .name = "unknown fields",
	    .at = "x-unknown",
	    .value = "{\"a\": [1, null, true, \"\\u00e9\"]}",
	    .want = ERR_NONE },
	{ .name = "NUL and surrogate pair in an unknown field",
	    .at = "x",
	    .value = "\"a\\u0000b\\ud83d\\ude00\"",
	    .want = ERR_NONE },
	{ .name = "specification 1.2", .at = "spec_version", .value = "\"1.2\"", .want = ERR_NONE },
	{ .name = "a stranger's signature too", .envelope = stranger_too, .want = ERR_NONE },
	{ .name = "a field outside of signed", .envelope = field_outside, .want = ERR_NONE },
	{ .name = "white space at the end", .raw = white_space, .want = ERR_NONE },
	{ .name = "nests just as deep as it may", .edit = nested_just, .want = ERR_NONE },
	{ .name = "expires a second from now",
	    .at = "expires",
	    .value = "\"2027-01-15T08:00:01Z\"",
	    .want = ERR_NONE },
	{ .name = "expires now",
	    .at = "expires",
	    .value = "\"2027-01-15T08:00:00Z\"",
	    .want = ERR_EXPIRED },
	{ .name = "expired",
	    .at = "expires",
	    .value = "\"2020-01-01T00:00:00Z\"",
	    .want = ERR_EXPIRED },
	{ .name = "expires missing", .at = "expires", .want = ERR_SYNTAX },
	{ .name = "expires is a number",
	    .at = "expires",
	    .value = "1900000000",
	    .want = ERR_SYNTAX },
	{ .name = "expires without zone",
	    .at = "expires",
	    .value = "\"2030-01-01T00:00:00\"",
	    .want = ERR_SYNTAX },
	{ .name = "expires on no day",
	    .at = "expires",
	    .value = "\"2030-02-30T00:00:00Z\"",
	    .want = ERR_SYNTAX },
	{ .name = "type missing", .at = "_type", .want = ERR_SYNTAX },
	{ .name = "type of another role",
	    .at = "_type",
	    .value = "\"mirrors\"",
	    .want = ERR_SYNTAX },
	{ .name = "specification missing", .at = "spec_version", .want = ERR_SYNTAX },
	{ .name = "specification 2",
	    .at = "spec_version",
	    .value = "\"2.0.0\"",
	    .want = ERR_SYNTAX },
	{ .name = "specification 10",
	    .at = "spec_version",
	    .value = "\"10.0.0\"",
	    .want = ERR_SYNTAX },
	{ .name = "specification is a number",
	    .at = "spec_version",
	    .value = "1",
	    .want = ERR_SYNTAX },
	{ .name = "version missing", .at = "version", .want = ERR_SYNTAX },
	{ .name = "version 0", .at = "version", .value = "0", .want = ERR_SYNTAX },
	{ .name = "version below 0", .at = "version", .value = "-2", .want = ERR_SYNTAX },
	{ .name = "version that has no next one",
	    .at = "version",
	    .value = "9223372036854775807",
	    .want = ERR_TOO_LARGE },
	{ .name = "version is a text", .at = "version", .value = "\"2\"", .want = ERR_SYNTAX },
	{ .name = "version is true", .at = "version", .value = "true", .want = ERR_SYNTAX },
	{ .name = "a real number", .at = "x", .value = "1.5", .want = ERR_SYNTAX },
	{ .name = "signed by a stranger", .sign = 1u << K_OTHER, .want = ERR_SIGNATURE },
	{ .name = "not signed", .envelope = no_signatures, .want = ERR_SIGNATURE },
	{ .name = "changed after signing", .envelope = after_signing, .want = ERR_SIGNATURE },
	{ .name = "signature broken", .envelope = signature_broken, .want = ERR_SIGNATURE },
	{ .name = "signature short", .envelope = signature_short, .want = ERR_SIGNATURE },
	{ .name = "signature no hexadecimal", .envelope = signature_no_hex, .want = ERR_SIGNATURE },
	{ .name = "signature a number", .envelope = signature_number, .want = ERR_SYNTAX },
	{ .name = "signature without key id",
	    .envelope = signature_without_id,
	    .want = ERR_SYNTAX },
	{ .name = "one key id twice in signatures",
	    .envelope = signature_twice,
	    .want = ERR_SYNTAX },
	{ .name = "signatures missing", .envelope = signatures_gone, .want = ERR_SYNTAX },
	{ .name = "signatures no array", .envelope = signatures_object, .want = ERR_SYNTAX },
	{ .name = "too many signatures", .envelope = many_signatures, .want = ERR_TOO_LARGE },
	{ .name = "signed missing", .envelope = signed_gone, .want = ERR_SYNTAX },
	{ .name = "signed no object", .envelope = signed_array, .want = ERR_SYNTAX },
	{ .name = "empty file", .raw = empty_file, .want = ERR_SYNTAX },
	{ .name = "last byte missing", .raw = cut_file, .want = ERR_SYNTAX },
	{ .name = "half of it", .raw = half_file, .want = ERR_SYNTAX },
	{ .name = "more after the end", .raw = trailing, .want = ERR_SYNTAX },
	{ .name = "a NUL after the end", .raw = trailing_nul, .want = ERR_SYNTAX },
	{ .name = "a name twice", .raw = twice_named, .want = ERR_SYNTAX },
	{ .name = "not UTF-8", .raw = bad_utf8, .want = ERR_SYNTAX },
	{ .name = "half a surrogate pair", .raw = lone_surrogate, .want = ERR_SYNTAX },
	{ .name = "a comment", .raw = comment, .want = ERR_SYNTAX },
	{ .name = "byte order mark", .raw = byte_order_mark, .want = ERR_SYNTAX },
	{ .name = "nests too deep", .edit = nested, .want = ERR_TOO_LARGE },
};

#define OLD_AND_NEW (1u << K_ROOT | 1u << K_OTHER)

const struct change hostile_special[] = {
	{ .name = "root: as large as it may be", .doc = ROOT, .raw = root_full, .want = ERR_NONE },
	{ .name = "root: too large", .doc = ROOT, .raw = hostile_root_over, .want = ERR_TOO_LARGE },
	{ .name = "root: version skipped",
	    .doc = ROOT,
	    .at = "version",
	    .value = "3",
	    .want = ERR_VERSION },
	{ .name = "root: version again",
	    .doc = ROOT,
	    .at = "version",
	    .value = "1",
	    .want = ERR_VERSION },
	{ .name = "root: new key, signed by old and new",
	    .doc = ROOT,
	    .edit = new_root_key,
	    .sign = OLD_AND_NEW,
	    .want = ERR_NONE },
	{ .name = "root: new key, signed by the new alone",
	    .doc = ROOT,
	    .edit = new_root_key,
	    .sign = 1u << K_OTHER,
	    .want = ERR_SIGNATURE },
	{ .name = "root: new key, signed by the old alone",
	    .doc = ROOT,
	    .edit = new_root_key,
	    .want = ERR_SIGNATURE },
	{ .name = "root: two of two",
	    .doc = ROOT,
	    .edit = two_of_two,
	    .sign = OLD_AND_NEW,
	    .want = ERR_NONE },
	{ .name = "root: one of two", .doc = ROOT, .edit = two_of_two, .want = ERR_SIGNATURE },
	{ .name = "root: one key under two ids",
	    .doc = ROOT,
	    .edit = one_key_two_ids,
	    .envelope = sign_as_twin,
	    .want = ERR_SIGNATURE },
	{ .name = "root: key under a false id",
	    .doc = ROOT,
	    .edit = false_id,
	    .envelope = under_false_id,
	    .want = ERR_SIGNATURE },
	{ .name = "root: keys that can't count",
	    .doc = ROOT,
	    .edit = strange_keys,
	    .want = ERR_NONE },
	{ .name = "root: too many keys", .doc = ROOT, .edit = many_keys, .want = ERR_TOO_LARGE },
	{ .name = "root: keys missing", .doc = ROOT, .at = "keys", .want = ERR_SYNTAX },
	{ .name = "root: keys no object",
	    .doc = ROOT,
	    .at = "keys",
	    .value = "[]",
	    .want = ERR_SYNTAX },
	{ .name = "root: roles missing", .doc = ROOT, .at = "roles", .want = ERR_SYNTAX },
	{ .name = "root: role timestamp missing",
	    .doc = ROOT,
	    .at = "roles>timestamp",
	    .want = ERR_SYNTAX },
	{ .name = "root: role snapshot missing",
	    .doc = ROOT,
	    .at = "roles>snapshot",
	    .want = ERR_SYNTAX },
	{ .name = "root: role targets missing",
	    .doc = ROOT,
	    .at = "roles>targets",
	    .want = ERR_SYNTAX },
	{ .name = "root: role root missing", .doc = ROOT, .at = "roles>root", .want = ERR_SYNTAX },
	{ .name = "root: threshold 0",
	    .doc = ROOT,
	    .at = "roles>targets>threshold",
	    .value = "0",
	    .want = ERR_SYNTAX },
	{ .name = "root: threshold below 0",
	    .doc = ROOT,
	    .at = "roles>targets>threshold",
	    .value = "-1",
	    .want = ERR_SYNTAX },
	{ .name = "root: threshold missing",
	    .doc = ROOT,
	    .at = "roles>targets>threshold",
	    .want = ERR_SYNTAX },
	{ .name = "root: threshold a text",
	    .doc = ROOT,
	    .at = "roles>targets>threshold",
	    .value = "\"1\"",
	    .want = ERR_SYNTAX },
	{ .name = "root: threshold over all bounds",
	    .doc = ROOT,
	    .at = "roles>targets>threshold",
	    .value = "4294967297",
	    .want = ERR_SYNTAX },
	{ .name = "root: key ids missing",
	    .doc = ROOT,
	    .at = "roles>targets>keyids",
	    .want = ERR_SYNTAX },
	{ .name = "root: a key id no text",
	    .doc = ROOT,
	    .at = "roles>targets>keyids",
	    .value = "[1]",
	    .want = ERR_SYNTAX },
	{ .name = "root: a key id with a NUL",
	    .doc = ROOT,
	    .at = "roles>targets>keyids",
	    .value = "[\"a\\u0000b\"]",
	    .want = ERR_SYNTAX },
	{ .name = "root: a key id twice in a role",
	    .doc = ROOT,
	    .edit = key_id_twice,
	    .want = ERR_SYNTAX },
	{ .name = "root: consistent_snapshot a number",
	    .doc = ROOT,
	    .at = "consistent_snapshot",
	    .value = "1",
	    .want = ERR_SYNTAX },
	{ .name = "root: no key for timestamp",
	    .doc = ROOT,
	    .fails = TIMESTAMP,
	    .forgets = true,
	    .at = "roles>timestamp>keyids",
	    .value = "[]",
	    .want = ERR_SIGNATURE },
	{ .name = "root: no key for targets",
	    .doc = ROOT,
	    .fails = TARGETS,
	    .at = "roles>targets>keyids",
	    .value = "[]",
	    .want = ERR_SIGNATURE },
	{ .name = "root: two keys wanted for snapshot",
	    .doc = ROOT,
	    .fails = SNAPSHOT,
	    .forgets = true,
	    .at = "roles>snapshot>threshold",
	    .value = "2",
	    .want = ERR_SIGNATURE },

	{ .name = "timestamp: as large as it may be",
	    .doc = TIMESTAMP,
	    .raw = timestamp_full,
	    .want = ERR_NONE },
	{ .name = "timestamp: too large",
	    .doc = TIMESTAMP,
	    .raw = timestamp_over,
	    .want = ERR_TOO_LARGE },
	{ .name = "timestamp: the highest version there is",
	    .doc = TIMESTAMP,
	    .at = "version",
	    .value = "9223372036854775806",
	    .want = ERR_NONE },
	{ .name = "timestamp: not there", .doc = TIMESTAMP, .gone = true, .want = ERR_NOENT },
	{ .name = "timestamp: meta missing", .doc = TIMESTAMP, .at = "meta", .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot missing",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot version 0",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json>version",
	    .value = "0",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot version a text",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json>version",
	    .value = "\"2\"",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot length below 0",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json>length",
	    .value = "-1",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot hash malformed",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json>hashes>sha256",
	    .value = "\"00\"",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: snapshot hash of an unknown kind only",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json>hashes",
	    .value = "{\"md5\": \"00\"}",
	    .want = ERR_SYNTAX },
	{ .name = "timestamp: no hashes and length, which are optional",
	    .doc = TIMESTAMP,
	    .at = "meta>snapshot.json",
	    .value = "{\"version\": 2}",
	    .want = ERR_NONE },
	{ .name = "timestamp: another snapshot version",
	    .doc = TIMESTAMP,
	    .fails = SNAPSHOT,
	    .at = "meta>snapshot.json",
	    .value = "{\"version\": 3}",
	    .want = ERR_NOENT },
	{ .name = "timestamp: another snapshot hash",
	    .doc = TIMESTAMP,
	    .fails = SNAPSHOT,
	    .at = "meta>snapshot.json>hashes>sha256",
	    .value = "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
	    .want = ERR_HASH },
	{ .name = "timestamp: snapshot length too small",
	    .doc = TIMESTAMP,
	    .fails = SNAPSHOT,
	    .at = "meta>snapshot.json>length",
	    .value = "100",
	    .want = ERR_TOO_LARGE },
	{ .name = "timestamp: snapshot length too large",
	    .doc = TIMESTAMP,
	    .fails = SNAPSHOT,
	    .at = "meta>snapshot.json>length",
	    .value = "100000",
	    .want = ERR_HASH },

	{ .name = "snapshot: not there", .doc = SNAPSHOT, .gone = true, .want = ERR_NOENT },
	{ .name = "snapshot: version over what the timestamp says",
	    .doc = SNAPSHOT,
	    .at = "version",
	    .value = "3",
	    .want = ERR_VERSION },
	{ .name = "snapshot: version below what the timestamp says",
	    .doc = SNAPSHOT,
	    .at = "version",
	    .value = "1",
	    .want = ERR_VERSION },
	{ .name = "snapshot: meta missing", .doc = SNAPSHOT, .at = "meta", .want = ERR_SYNTAX },
	{ .name = "snapshot: meta no object",
	    .doc = SNAPSHOT,
	    .at = "meta",
	    .value = "[]",
	    .want = ERR_SYNTAX },
	{ .name = "snapshot: targets dropped",
	    .doc = SNAPSHOT,
	    .at = "meta>targets.json",
	    .want = ERR_ROLLBACK },
	{ .name = "snapshot: application dropped",
	    .doc = SNAPSHOT,
	    .at = "meta>" APP ".json",
	    .want = ERR_ROLLBACK },
	{ .name = "snapshot: an entry's version missing",
	    .doc = SNAPSHOT,
	    .at = "meta>targets.json>version",
	    .want = ERR_SYNTAX },
	{ .name = "snapshot: a malformed entry that nobody asks for",
	    .doc = SNAPSHOT,
	    .at = "meta>other.json",
	    .value = "{\"version\": \"x\"}",
	    .want = ERR_SYNTAX },
	{ .name = "snapshot: a new entry",
	    .doc = SNAPSHOT,
	    .at = "meta>other.json",
	    .value = "{\"version\": 1}",
	    .want = ERR_NONE },
	{ .name = "snapshot: no hashes and length, which are optional",
	    .doc = SNAPSHOT,
	    .at = "meta>targets.json",
	    .value = "{\"version\": 2}",
	    .want = ERR_NONE },
	{ .name = "snapshot: another targets hash",
	    .doc = SNAPSHOT,
	    .fails = TARGETS,
	    .at = "meta>targets.json>hashes>sha256",
	    .value = "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
	    .want = ERR_HASH },
	{ .name = "snapshot: targets length too small",
	    .doc = SNAPSHOT,
	    .fails = TARGETS,
	    .at = "meta>targets.json>length",
	    .value = "100",
	    .want = ERR_TOO_LARGE },
	{ .name = "snapshot: targets length too large",
	    .doc = SNAPSHOT,
	    .fails = TARGETS,
	    .at = "meta>targets.json>length",
	    .value = "100000",
	    .want = ERR_HASH },
	{ .name = "snapshot: another application hash",
	    .doc = SNAPSHOT,
	    .fails = APPLICATION,
	    .at = "meta>" APP ".json>hashes>sha256",
	    .value = "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
	    .want = ERR_HASH },
	{ .name = "snapshot: another application version",
	    .doc = SNAPSHOT,
	    .fails = APPLICATION,
	    .at = "meta>" APP ".json",
	    .value = "{\"version\": 3}",
	    .want = ERR_NOENT },

	{ .name = "targets: not there", .doc = TARGETS, .gone = true, .want = ERR_NOENT },
	{ .name = "targets: version over what the snapshot says",
	    .doc = TARGETS,
	    .at = "version",
	    .value = "3",
	    .want = ERR_VERSION },
	{ .name = "targets: version below what the snapshot says",
	    .doc = TARGETS,
	    .at = "version",
	    .value = "1",
	    .want = ERR_VERSION },
	{ .name = "targets: targets missing", .doc = TARGETS, .at = "targets", .want = ERR_SYNTAX },
	{ .name = "targets: targets no object",
	    .doc = TARGETS,
	    .at = "targets",
	    .value = "[]",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegations no object",
	    .doc = TARGETS,
	    .at = "delegations",
	    .value = "[]",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegations without keys",
	    .doc = TARGETS,
	    .at = "delegations>keys",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegations without roles",
	    .doc = TARGETS,
	    .at = "delegations>roles",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation without name",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>name",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation with an empty name",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>name",
	    .value = "\"\"",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation with a long name",
	    .doc = TARGETS,
	    .edit = long_name,
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation named like a top-level role",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>name",
	    .value = "\"snapshot\"",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation without terminating",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>terminating",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation without paths",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>paths",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation with paths and prefixes",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>path_hash_prefixes",
	    .value = "[\"00\"]",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation with a path that is no text",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>paths",
	    .value = "[1]",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation with threshold 0",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>threshold",
	    .value = "0",
	    .want = ERR_SYNTAX },
	{ .name = "targets: delegation without key ids",
	    .doc = TARGETS,
	    .at = "delegations>roles>0>keyids",
	    .want = ERR_SYNTAX },
	{ .name = "targets: two delegations to one role",
	    .doc = TARGETS,
	    .edit = twin_delegation,
	    .want = ERR_SYNTAX },
	{ .name = "targets: application needs two keys and has one",
	    .doc = TARGETS,
	    .fails = APPLICATION,
	    .edit = app_two_keys,
	    .want = ERR_SIGNATURE },
	{ .name = "targets: application delegated to another key",
	    .doc = TARGETS,
	    .fails = APPLICATION,
	    .edit = app_other_key,
	    .want = ERR_SIGNATURE },

	{ .name = APP ": not there", .doc = APPLICATION, .gone = true, .want = ERR_NOENT },
	{ .name = APP ": version over what the snapshot says",
	    .doc = APPLICATION,
	    .at = "version",
	    .value = "3",
	    .want = ERR_VERSION },
	{ .name = APP ": version below what the snapshot says",
	    .doc = APPLICATION,
	    .at = "version",
	    .value = "1",
	    .want = ERR_VERSION },
	{ .name = APP ": signed by the targets key",
	    .doc = APPLICATION,
	    .sign = 1u << K_TARGETS,
	    .want = ERR_SIGNATURE },
	{ .name = APP ": signed by the snapshot key",
	    .doc = APPLICATION,
	    .sign = 1u << K_SNAPSHOT,
	    .want = ERR_SIGNATURE },
	{ .name = APP ": a target without length",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">length",
	    .want = ERR_SYNTAX },
	{ .name = APP ": a target with a length below 0",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">length",
	    .value = "-1",
	    .want = ERR_SYNTAX },
	{ .name = APP ": a target over all bounds",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">length",
	    .value = "1099511627777",
	    .want = ERR_SYNTAX },
	{ .name = APP ": a target as large as it may be",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">length",
	    .value = "1099511627776",
	    .want = ERR_NONE },
	{ .name = APP ": a target without hashes",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">hashes",
	    .want = ERR_SYNTAX },
	{ .name = APP ": a target with a short hash",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">hashes>sha256",
	    .value = "\"ba78\"",
	    .want = ERR_SYNTAX },
	{ .name = APP ": a target with a hash of an unknown kind only",
	    .doc = APPLICATION,
	    .at = "targets>" TARGET ">hashes",
	    .value = "{\"md5\": \"00\"}",
	    .want = ERR_SYNTAX },
	{ .name = "snapshot: signed by the timestamp key",
	    .doc = SNAPSHOT,
	    .sign = 1u << K_TIMESTAMP,
	    .want = ERR_SIGNATURE },
	{ .name = "timestamp: signed by the snapshot key",
	    .doc = TIMESTAMP,
	    .sign = 1u << K_SNAPSHOT,
	    .want = ERR_SIGNATURE },
	{ .name = "targets: signed by the snapshot key",
	    .doc = TARGETS,
	    .sign = 1u << K_SNAPSHOT,
	    .want = ERR_SIGNATURE },
	{ .name = "root: signed by the targets key",
	    .doc = ROOT,
	    .sign = 1u << K_TARGETS,
	    .want = ERR_SIGNATURE },
};

const size_t hostile_ncommon = N(hostile_common), hostile_nspecial = N(hostile_special);
