/* SPDX-License-Identifier: ISC */
/*
 * server/repo/request: a file from another computer.  Nothing in it is believed but its form.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/tuf/sign.h"
#include "server/repo/request.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/tuf/shelf.h"

#define HEAD \
	"\"_type\":\"targets\",\"spec_version\":\"1.0.31\",\"version\":2,\"expires\":\"2030-01-01T00:00:00Z\""
#define SIGNED	"{" HEAD ",\"release\":2,\"targets\":{}}"
#define META	"{\"signatures\":[],\"signed\":" SIGNED "}"
#define SIGNERS "{\"who\":\"present keys\",\"keys\":{},\"keyids\":[],\"threshold\":1}"
#define FILE_OF(role, metadata, before, signers) \
	"{\"role\":" role ",\"metadata\":" metadata ",\"before\":" before ",\"signers\":" signers \
	"}"
#define GOOD_FILE      FILE_OF("\"A\"", META, "null", "[" SIGNERS "]")
#define REQUEST(files) "{\"slipway_signing_request\":1,\"files\":[" files "]}"
#define TEN(x)	       x x x x x x x x x x

static struct row {
	const char *name, *text;
	enum err_code want;
	const char *says;
} rows[] = {
	{ "good", REQUEST(GOOD_FILE), ERR_NONE, NULL },
	{ "with the file before", REQUEST(FILE_OF("\"A\"", META, META, "[]")), ERR_NONE, NULL },
	{ "another file", "{}", ERR_SYNTAX, "want a signing request" },
	{ "a list", "[]", ERR_SYNTAX, "want a JSON object" },
	{ "another version", "{\"slipway_signing_request\":2,\"files\":[" GOOD_FILE "]}",
	    ERR_SYNTAX, "want a signing request" },
	{ "version as text", "{\"slipway_signing_request\":\"1\",\"files\":[" GOOD_FILE "]}",
	    ERR_SYNTAX, "want a signing request" },
	{ "no files", REQUEST(""), ERR_SYNTAX, "want 1 to 64 files" },
	{ "files that are no list", "{\"slipway_signing_request\":1,\"files\":{}}", ERR_SYNTAX,
	    "want 1 to 64 files" },
	{ "too many files", REQUEST(TEN(TEN("7,")) "7"), ERR_SYNTAX, "want 1 to 64 files" },
	{ "a file that is none", REQUEST("7"), ERR_SYNTAX, "without a role" },
	{ "role as a number", REQUEST(FILE_OF("7", META, "null", "[]")), ERR_SYNTAX,
	    "without a role" },
	{ "a role of online keys", REQUEST(FILE_OF("\"snapshot\"", META, "null", "[]")), ERR_SYNTAX,
	    "nobody signs by request" },
	{ "a role that is a path", REQUEST(FILE_OF("\"../A\"", META, "null", "[]")), ERR_SYNTAX,
	    "nobody signs by request" },
	{ "no metadata", REQUEST(FILE_OF("\"A\"", "null", "null", "[]")), ERR_SYNTAX,
	    "A: want metadata" },
	{ "metadata of another role", REQUEST(FILE_OF("\"root\"", META, "null", "[]")), ERR_SYNTAX,
	    "root: " },
	{ "metadata without signatures",
	    REQUEST(FILE_OF("\"A\"", "{\"signed\":" SIGNED "}", "null", "[]")), ERR_SYNTAX, "A: " },
	{ "signature that is a number",
	    REQUEST(FILE_OF("\"A\"",
		"{\"signatures\":[{\"keyid\":7,\"sig\":\"00\"}],\"signed\":" SIGNED "}", "null",
		"[]")),
	    ERR_SYNTAX, "A: " },
	{ "before that is no metadata", REQUEST(FILE_OF("\"A\"", META, "7", "[]")), ERR_SYNTAX,
	    "A: want metadata" },
	{ "signers that are no list", REQUEST(FILE_OF("\"A\"", META, "null", "{}")), ERR_SYNTAX,
	    "A: want its signers" },
	{ "too many signers",
	    REQUEST(FILE_OF("\"A\"", META, "null", "[" SIGNERS "," SIGNERS "," SIGNERS "]")),
	    ERR_SYNTAX, "A: want its signers" },
	{ "signers without a name",
	    REQUEST(
		FILE_OF("\"A\"", META, "null", "[{\"keys\":{},\"keyids\":[],\"threshold\":1}]")),
	    ERR_SYNTAX, "A: want who, keys" },
	{ "threshold 0",
	    REQUEST(FILE_OF("\"A\"", META, "null",
		"[{\"who\":\"x\",\"keys\":{},\"keyids\":[],\"threshold\":0}]")),
	    ERR_SYNTAX, "A: want who, keys" },
	{ "threshold over all bounds",
	    REQUEST(FILE_OF("\"A\"", META, "null",
		"[{\"who\":\"x\",\"keys\":{},\"keyids\":[],\"threshold\":4294967297}]")),
	    ERR_SYNTAX, "A: want who, keys" },
	{ "key id that is a number",
	    REQUEST(FILE_OF("\"A\"", META, "null",
		"[{\"who\":\"x\",\"keys\":{},\"keyids\":[7],\"threshold\":1}]")),
	    ERR_SYNTAX, "A: a key id that is no text" },
	{ "cut", "{\"slipway_signing_request\":1,", ERR_SYNTAX, "request" },
	{ "a name twice", "{\"slipway_signing_request\":1,\"slipway_signing_request\":1}",
	    ERR_SYNTAX, "request" },
};

static const char *
file_of(struct dir *d, const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", dir_path(d), name);
	return path;
}

static void
form(void **state)
{
	const struct row *r = *state;
	char path[4096];
	struct dir *d;
	json_t *request;
	struct err e = { 0 };

	assert_int_equal(temp_make((void **)&d), 0);
	assert_ok(file_replace_fast(d, "request", r->text, strlen(r->text), 0644, &e), &e);
	request = request_read(file_of(d, "request", path), &e);
	if (r->want == ERR_NONE) {
		assert_non_null(request);
		assert_int_equal(request_count(request), 1);
		assert_string_equal(request_role(request_file(request, 0)), "A");
	} else {
		assert_null(request);
		assert_int_equal(e.code, r->want);
		if (strstr(e.text, r->says) == NULL)
			fail_msg("want '%s' in '%s'", r->says, e.text);
	}
	json_decref(request);
	assert_int_equal(temp_remove((void **)&d), 0);
}

/* A request of one file of A in this version, which two of the three keys 0 to 2 are to sign. */
static json_t *
make(int version, int signer)
{
	json_t *body = shelf_body("targets", version, "2030-01-01T00:00:00Z"), *ids = json_array();
	struct buf text = BUF_INIT(REQUEST_MAX);
	json_t *metadata, *request;
	struct err e = { 0 };

	json_object_set_new(body, "targets", json_object());
	for (int i = 0; i < 3; i++)
		json_array_append_new(ids, json_string(privkey_id(shelf_keys[i])));
	assert_ok(sign_metadata(body, &shelf_keys[signer], 1, &text, &e), &e);
	assert_non_null(metadata = json_text_parse(text.data, text.len, &e));
	request = json_pack("{s:i, s:[{s:s, s:o, s:n, s:[{s:s, s:b, s:o, s:o, s:i}]}]}",
	    "slipway_signing_request", 1, "files", "role", "A", "metadata", metadata, "before",
	    "signers", "who", "present keys", "required", 1, "keys", shelf_ring(0, 2), "keyids",
	    ids, "threshold", 2);
	assert_ok(request_check(request, &e), &e);
	json_decref(body);
	buf_free(&text);
	return request;
}

static unsigned
signatures(const json_t *request)
{
	struct request_signers who;
	struct err e = { 0 };

	assert_int_equal(request_signers_count(request_file(request, 0)), 1);
	assert_ok(request_signers(request_file(request, 0), 0, &who, &e), &e);
	assert_string_equal(who.who, "present keys");
	assert_true(who.required);
	assert_int_equal(who.n, 3);
	assert_int_equal(who.threshold, 2);
	return who.have;
}

/* Two people sign copies; a stranger's signature counts for nothing. */
static void
merged(void **state)
{
	json_t *mine = make(2, 0), *theirs = make(2, 1), *stranger = make(2, 3);
	json_t *metadata = json_object_get(request_file(mine, 0), "metadata");
	struct err e = { 0 };

	(void)state;
	assert_int_equal(signatures(mine), 1);
	assert_int_equal(signatures(stranger), 0);
	assert_ok(request_merge(mine, stranger, &e), &e);
	assert_int_equal(signatures(mine), 1);
	assert_ok(request_merge(mine, theirs, &e), &e);
	assert_int_equal(signatures(mine), 2);
	/* Again: nothing doubles. */
	assert_ok(request_merge(mine, theirs, &e), &e);
	assert_int_equal(json_array_size(json_object_get(metadata, "signatures")), 3);
	json_decref(mine);
	json_decref(theirs);
	json_decref(stranger);
}

/* Copies of another request add nothing. */
static void
not_merged(void **state)
{
	json_t *mine = make(2, 0), *later = make(3, 1), *longer = make(2, 1), *other = make(2, 1);
	json_t *before = json_deep_copy(mine);
	struct err e = { 0 };

	(void)state;
	json_array_append(json_object_get(longer, "files"), request_file(longer, 0));
	json_object_set_new(request_file(other, 0), "role", json_string("B"));
	assert_err(request_merge(mine, later, &e), ERR_CONFLICT, &e);
	assert_err(request_merge(mine, longer, &e), ERR_CONFLICT, &e);
	assert_err(request_merge(mine, other, &e), ERR_CONFLICT, &e);
	assert_true(json_equal(mine, before));
	json_decref(mine);
	json_decref(later);
	json_decref(longer);
	json_decref(other);
	json_decref(before);
}

static void
keys(void **state)
{
	json_t *request = make(2, 0), *ring = shelf_ring(0, 3);
	const json_t *file = request_file(request, 0);
	const json_t *metadata = json_object_get(file, "metadata");
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		const char *id = privkey_id(shelf_keys[i]);
		json_t *key = json_object_get(ring, id);

		assert_int_equal(request_wants(file, id), i < 3);
		assert_int_equal(request_signed_by(metadata, id, key, &e), i == 0);
	}
	/* Another's key by this id. */
	assert_int_equal(request_signed_by(metadata, privkey_id(shelf_keys[0]),
			     json_object_get(ring, privkey_id(shelf_keys[1])), &e),
	    0);
	assert_int_equal(request_signed_by(json_null(), privkey_id(shelf_keys[0]), NULL, &e), 0);
	json_decref(request);
	json_decref(ring);
}

/* What is saved is read again as the same. */
static void
saved(void **state)
{
	json_t *request = make(2, 0), *again;
	char path[4096];
	struct err e = { 0 };

	file_of(*state, "request", path);
	assert_ok(request_save(request, path, &e), &e);
	assert_non_null(again = request_read(path, &e));
	assert_true(json_equal(request, again));
	json_decref(request);
	json_decref(again);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 4] = { cmocka_unit_test(merged),
		cmocka_unit_test(not_merged), cmocka_unit_test(keys),
		cmocka_unit_test_setup_teardown(saved, temp_make, temp_remove) };
	size_t n = 4;

	TEST_ROWS(tests, n, rows, form);
	return _cmocka_run_group_tests("request", tests, n, shelf_make_keys, shelf_drop_keys);
}
