/* SPDX-License-Identifier: ISC */
/*
 * server/repo/served: a repository with one application and one file, and one fault at a time, all
 * of it under real signatures.
 */
#include "tests/unit/common/test.h"

#include "lib/base/digest.h"
#include "server/repo/served.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/tuf/shelf.h"

enum { K_ROOT, K_TIMESTAMP, K_SNAPSHOT, K_TARGETS, K_APP, K_OTHER };

#define NOW	 INT64_C(1772323200) /* 2026-03-01 */
#define GOOD	 "2030-01-01T00:00:00Z"
#define PAST	 "2026-02-01T00:00:00Z"
#define CONTENT	 "text"
#define STORED	 "served/targets/A/app/"
#define METADATA "served/metadata/"
#define HEX32	 "0123456789abcdef0123456789abcdef"

static struct row {
	const char *name;
	const char *target;  /* that A names; NULL: A/app/x */
	const char *hashes;  /* its JSON; NULL: those of CONTENT */
	long long length;    /* that A states beyond that of CONTENT */
	const char *content; /* of its file; NULL: CONTENT */
	const char *expires; /* of A */
	int version;	     /* of A, beyond that of its name */
	int signer;	     /* of A; 0: its own key */
	bool no_file, no_entry, no_delegation, to_itself, fickle;
	const char *extra; /* another file */
	enum err_code want;
	const char *says;
	size_t unnamed; /* files that no metadata names */
} rows[] = {
	{ .name = "whole" },
	{ "outside of its delegation", .target = "B/app/x", .want = ERR_UNSAFE,
	    .says = "1.A.json: B/app/x: outside of what is delegated to it", .unnamed = 1 },
	{ "outside by a component", .target = "A/x", .want = ERR_UNSAFE,
	    .says = "outside of what is delegated to it", .unnamed = 1 },
	{ "parent directory", .target = "A/../x", .want = ERR_UNSAFE, .says = "'..'",
	    .unnamed = 1 },
	{ "without SHA-256", .hashes = "{\"sha512\":\"" HEX32 HEX32 HEX32 HEX32 "\"}",
	    .want = ERR_SYNTAX, .says = "1.A.json: A/app/x: want a SHA-256", .unnamed = 1 },
	{ "another length", .length = 1, .want = ERR_HASH, .says = "want 5 bytes, got 4" },
	{ "another content", .content = "texT", .want = ERR_HASH,
	    .says = "its content has another hash" },
	{ "no file", .no_file = true, .want = ERR_NOENT, .says = "missing, 1.A.json names it",
	    .unnamed = 1 },
	{ "expired", .expires = PAST, .want = ERR_EXPIRED, .says = "1.A.json: expired at " PAST },
	{ "another version", .version = 1, .want = ERR_VERSION,
	    .says = "1.A.json: want version 1, got 2" },
	{ "signed by a stranger", .signer = K_OTHER, .want = ERR_SIGNATURE,
	    .says = "below 1.targets.json: 1.A.json: want valid signatures", .unnamed = 1 },
	{ "no entry for targets", .no_entry = true, .want = ERR_SYNTAX,
	    .says = "1.snapshot.json: no entry for targets.json", .unnamed = 2 },
	{ "a removed application's entry", .no_delegation = true, .unnamed = 1 },
	{ "a role that delegates to itself", .to_itself = true },
	{ "not consistent", .fickle = true, .want = ERR_SYNTAX,
	    .says = "1.root.json: want consistent snapshots" },
	{ "another file", .extra = METADATA "2.A.json", .unnamed = 1 },
	{ "another target", .extra = STORED "notes", .unnamed = 1 },
	{ "a root beyond the chain", .extra = METADATA "3.root.json", .want = ERR_NOENT,
	    .says = "2.root.json: missing", .unnamed = 1 },
};

static json_t *
root(bool consistent)
{
	json_t *body = shelf_body("root", 1, GOOD), *roles = json_object();

	for (int i = K_ROOT; i <= K_TARGETS; i++)
		json_object_set_new(roles, tuf_top_name((enum tuf_top)i), shelf_role(i));
	json_object_set_new(body, "consistent_snapshot", json_boolean(consistent));
	json_object_set_new(body, "keys", shelf_ring(K_ROOT, K_TARGETS));
	json_object_set_new(body, "roles", roles);
	return body;
}

static void
delegate(json_t *body)
{
	json_t *role = shelf_role(K_APP);

	json_object_update_new(role,
	    json_pack("{s:s, s:b, s:[s]}", "name", "A", "terminating", 1, "paths", "A/*/*"));
	json_object_set_new(body, "delegations",
	    json_pack("{s:o, s:[o]}", "keys", shelf_ring(K_APP, K_APP), "roles", role));
}

static json_t *
application(const struct row *r, const char *hex)
{
	json_t *body =
	    shelf_body("targets", 1 + r->version, r->expires == NULL ? GOOD : r->expires);
	json_t *hashes =
	    r->hashes == NULL ? json_pack("{s:s}", "sha256", hex) : json_loads(r->hashes, 0, NULL);

	json_object_set_new(body, "targets",
	    json_pack("{s:{s:I, s:o}}", r->target == NULL ? "A/app/x" : r->target, "length",
		(json_int_t)strlen(CONTENT) + r->length, "hashes", hashes));
	if (r->to_itself)
		delegate(body);
	return body;
}

static void
put(struct dir *d, const char *path, const void *data, size_t len)
{
	char parent[256];
	struct dir *below;
	struct err e;

	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_non_null(below = dir_below(d, parent, true, &e));
	assert_ok(file_replace_fast(below, strrchr(path, '/') + 1, data, len, 0644, &e), &e);
	dir_close(below);
}

static void
make_metadata(const struct row *r, const char *hex, struct dir *d)
{
	struct world w = { .saves = 0 };
	json_t *roles = shelf_body("targets", 1, GOOD), *snapshot = shelf_body("snapshot", 1, GOOD);
	json_t *timestamp = shelf_body("timestamp", 1, GOOD), *meta = json_object();
	char path[SHELF_NAME + sizeof METADATA];

	json_object_set_new(roles, "targets", json_object());
	if (!r->no_delegation)
		delegate(roles);
	json_decref(shelf_sign(&w, root(!r->fickle), K_ROOT, "1.root.json", 1));
	json_object_set_new(meta, "A.json",
	    shelf_sign(&w, application(r, hex), r->signer == 0 ? K_APP : r->signer, "1.A.json", 1));
	json_object_set_new(meta, r->no_entry ? "B.json" : "targets.json",
	    shelf_sign(&w, roles, K_TARGETS, "1.targets.json", 1));
	json_object_set_new(snapshot, "meta", meta);
	json_object_set_new(timestamp, "meta",
	    json_pack("{s:o}", "snapshot.json",
		shelf_sign(&w, snapshot, K_SNAPSHOT, "1.snapshot.json", 1)));
	json_decref(shelf_sign(&w, timestamp, K_TIMESTAMP, "timestamp.json", 1));
	for (size_t i = 0; i < w.remote.n; i++) {
		snprintf(path, sizeof path, METADATA "%s", w.remote.files[i].name);
		put(d, path, w.remote.files[i].data, w.remote.files[i].len);
	}
	world_clear(&w);
}

static void
make_tree(const struct row *r, struct dir *d)
{
	const char *content = r->content == NULL ? CONTENT : r->content;
	char hex[SHA256_HEX_SIZE], path[256];
	struct err e;

	assert_ok(digest_hex(CONTENT, strlen(CONTENT), hex, &e), &e);
	make_metadata(r, hex, d);
	snprintf(path, sizeof path, STORED "%s.x", hex);
	put(d, r->no_file ? STORED "notes" : path, content, strlen(content));
	if (r->extra != NULL)
		put(d, r->extra, "x", 1);
}

struct seen {
	const struct row *r;
	struct buf text; /* of all faults */
	size_t faults, unnamed;
	bool right;
};

static void
fault(void *arg, const struct err *what)
{
	struct seen *s = arg;
	struct err e;

	assert_ok(buf_addf(&s->text, &e, "%s: %s\n", err_name(what->code), what->text), &e);
	s->right |= s->r->says != NULL && what->code == s->r->want &&
	    strstr(what->text, s->r->says) != NULL;
	s->faults++;
}

static int
unnamed(void *arg, const char *path, struct err *e)
{
	struct seen *s = arg;

	s->unnamed++;
	return buf_addf(&s->text, e, "%s: nothing names it\n", path);
}

static void
verify(void **state)
{
	struct seen s = { .r = *state, .text = BUF_INIT(65536) };
	struct served t = { .fault = fault, .arg = &s, .content = true, .now = NOW };
	struct dir *d;
	struct err e = { 0 };

	assert_int_equal(temp_make((void **)&d), 0);
	make_tree(s.r, d);
	assert_non_null(t.r = repo_open_unread(dir_path(d), false, &e));
	assert_ok(served_open(&t, &e), &e);
	assert_ok(served_roots(&t, &e), &e);
	assert_ok(served_current(&t, &e), &e);
	assert_ok(served_extra(&t, unnamed, &s, &e), &e);
	assert_int_equal(s.faults, t.faults);
	if (s.faults != (s.r->says != NULL) || s.right != (s.r->says != NULL) ||
	    s.unnamed != s.r->unnamed)
		fail_msg("want '%s' and %zu files that nothing names, got\n%s",
		    s.r->says == NULL ? "no fault" : s.r->says, s.r->unnamed, buf_text(&s.text));
	served_close(&t);
	repo_close(t.r);
	buf_free(&s.text);
	assert_int_equal(temp_remove((void **)&d), 0);
}

static void
versions(void **state)
{
	(void)state;
	assert_int_equal(served_version("metadata/7.snapshot.json", "snapshot"), 7);
	assert_int_equal(served_version("metadata/7.snapshot.json", "root"), 0);
	assert_int_equal(served_version("targets/7.snapshot.json", "snapshot"), 0);
	assert_int_equal(served_version("metadata/07.snapshot.json", "snapshot"), 0);
	assert_int_equal(served_version("metadata/x/7.snapshot.json", "snapshot"), 0);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 1] = { cmocka_unit_test(versions) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, verify);
	return _cmocka_run_group_tests("served", tests, n, shelf_make_keys, shelf_drop_keys);
}
