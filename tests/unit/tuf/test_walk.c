/* SPDX-License-Identifier: ISC */
/*
 * Finding a target by the pre-order walk of delegations (specification 5.6.7).
 */
#include "tests/unit/tuf/shelf.h"
#include "tests/unit/common/test.h"

#include "lib/tuf/layout.h"
#include "lib/tuf/sign.h"

#define NOW	  1800000000
#define GOOD	  "2030-01-01T00:00:00Z"
#define ROLES_MAX 64

/* With one role before them, these fill the walk. */
#define THIRTY_ONE \
	"targets>T1 targets>T2 targets>T3 targets>T4 targets>T5 targets>T6 targets>T7 " \
	"targets>T8 targets>T9 targets>T10 targets>T11 targets>T12 targets>T13 targets>T14 " \
	"targets>T15 targets>T16 targets>T17 targets>T18 targets>T19 targets>T20 targets>T21 " \
	"targets>T22 targets>T23 targets>T24 targets>T25 targets>T26 targets>T27 targets>T28 " \
	"targets>T29 targets>T30 targets>T31"
#define THIRTY \
	"T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T21 T22 T23 " \
	"T24 T25 T26 T27 T28 T29 T30 "

/* The keys of all roles, and of a delegation with "%". */
enum { KEY, SECOND };

static struct world world;

/*
 * edges: "DELEGATOR>ROLE", each with "!" for a terminating one, "%" for one that trusts the second
 * key, ":PATTERN" or "#PREFIX" (of the hash of the path) in place of "*".  The first key signs every
 * role.  owners: the roles that have the target.
 */
struct row {
	const char *name, *edges, *owners, *path;
	int found;	   /* the result of tuf_client_find(): 1, 0 or -1 */
	const char *asked; /* the delegated roles that were fetched, in this order */
	enum err_code want;
};

static const struct row rows[] = {
	{ "walk: in the top-level role", "targets>A", "targets", "f", 1, "", 0 },
	{ "walk: nowhere", "targets>A", "", "f", 0, "A ", 0 },
	{ "walk: one role", "targets>A", "A", "f", 1, "A ", 0 },
	{ "walk: in order", "targets>A targets>B", "B", "f", 1, "A B ", 0 },
	{ "walk: the first that has it", "targets>A targets>B", "A B", "f", 1, "A ", 0 },
	{ "walk: depth first", "targets>A targets>B A>C A>D", "", "f", 0, "A C D B ", 0 },
	{ "walk: three deep", "targets>A targets>B A>C C>D", "", "f", 0, "A C D B ", 0 },
	{ "walk: terminating ends the rest", "targets>A! targets>B", "B", "f", 0, "A ", 0 },
	{ "walk: terminating ends what comes after, at every depth", "targets>A targets>B A>C! A>D",
	    "B D", "f", 0, "A C ", 0 },
	{ "walk: terminating goes on below", "targets>A targets>B A>C! C>D", "D", "f", 1, "A C D ",
	    0 },
	{ "walk: terminating for another path ends nothing", "targets>A!:g targets>B", "B", "f", 1,
	    "B ", 0 },
	{ "walk: only roles that cover the path", "targets>A:*.doc targets>B", "A B", "f", 1, "B ",
	    0 },
	{ "walk: every delegation on the way must cover it", "targets>A:x/* A>B", "B", "f", 0, "",
	    0 },
	{ "walk: a role may not widen what it was given", "targets>A:x/* A>B:*", "B", "f", 0, "",
	    0 },
	{ "walk: star doesn't cross a slash", "targets>A:*", "A", "d/f", 0, "", 0 },
	{ "walk: a star for each depth", "targets>A:*/*", "A", "d/f", 1, "A ", 0 },
	{ "walk: prefix of the path's hash", "targets>A#252f", "A", "f", 1, "A ", 0 },
	{ "walk: another prefix", "targets>A#252e", "A", "f", 0, "", 0 },
	{ "walk: cycle", "targets>A A>B B>A", "", "f", 0, "A B ", 0 },
	{ "walk: role that delegates to itself", "targets>A A>A", "", "f", 0, "A ", 0 },
	{ "walk: two ways to a role, visited once", "targets>A targets>B A>C B>C", "", "f", 0,
	    "A C B ", 0 },
	{ "walk: two ways, one doesn't cover", "targets>A targets>B A>C:g B>C", "C", "f", 1,
	    "A B C ", 0 },
	{ "walk: key of one delegator doesn't count for another", "targets>A targets>B A>C:g B>C%",
	    "C", "f", -1, "A B C ", ERR_SIGNATURE },
	{ "walk: a role visited once isn't verified again", "targets>A targets>B A>C B>C%", "", "f",
	    0, "A C B ", 0 },
	{ "walk: terminating counts even where the role was visited before",
	    "targets>A targets>B targets>E A>C B>C! B>D", "D E", "f", 0, "A C B ", 0 },
	{ "walk: those before a terminating one are visited", "targets>A targets>B! targets>E", "E",
	    "f", 0, "A B ", 0 },
	{ "walk: a full stack keeps the order", "targets>A " THIRTY_ONE " A>B A>C A>D", "C T1", "f",
	    1, "A B C ", 0 },
	{ "walk: a full stack keeps what ends the walk", "targets>A " THIRTY_ONE " A>B A>C! A>D",
	    "D T1", "f", 0, "A B C ", 0 },
	{ "walk: more roles than may be visited", "targets>A targets>B " THIRTY_ONE, "T31", "f", 0,
	    "A B " THIRTY, 0 },
	{ "walk: as many roles as may be visited", "targets>A " THIRTY_ONE, "T31", "f", 1,
	    "A " THIRTY "T31 ", 0 },
	{ "walk: role names are escaped in names of files", "targets>../x", "../x", "f", 1,
	    "..%2Fx ", 0 },
	{ "walk: and others", "targets>/?&\xc3\xa9", "/?&\xc3\xa9", "f", 1, "%2F%3F%26%C3%A9 ", 0 },
};

struct node {
	char name[64];
	json_t *body;
};

static struct node nodes[ROLES_MAX];
static size_t nnodes;

static struct node *
node(const char *name)
{
	for (size_t i = 0; i < nnodes; i++)
		if (strcmp(nodes[i].name, name) == 0)
			return &nodes[i];
	assert_true(nnodes < ROLES_MAX);
	snprintf(nodes[nnodes].name, sizeof nodes[0].name, "%s", name);
	nodes[nnodes].body = shelf_body("targets", 1, GOOD);
	json_object_set_new(nodes[nnodes].body, "targets", json_object());
	json_object_set_new(nodes[nnodes].body, "delegations",
	    json_pack("{s:o, s:[]}", "keys", shelf_ring(KEY, SECOND), "roles"));
	return &nodes[nnodes++];
}

static void
add_edge(char *edge)
{
	char *role = strchr(edge, '>'), *options;
	json_t *d;

	*role++ = '\0';
	node(edge);
	d = json_pack("{s:b}", "terminating", 0);
	options = role + strcspn(role, "!%:#");
	json_object_update_new(d, shelf_role(strchr(options, '%') != NULL ? SECOND : KEY));
	json_object_set_new(d, "terminating", json_boolean(strchr(options, '!') != NULL));
	if (strchr(options, '#') != NULL)
		json_object_set_new(d, "path_hash_prefixes",
		    json_pack("[s]", strchr(options, '#') + 1));
	else
		json_object_set_new(d, "paths",
		    json_pack("[s]",
			strchr(options, ':') != NULL ? strchr(options, ':') + 1 : "*"));
	*options = '\0';
	json_object_set_new(d, "name", json_string(role));
	node(role);
	json_array_append_new(
	    json_object_get(json_object_get(node(edge)->body, "delegations"), "roles"), d);
}

static void
build(const char *edges, const char *owners, const char *path)
{
	char text[4096], *save = NULL, name[256];
	json_t *j, *meta = json_object();
	char file[LAYOUT_METADATA_SIZE];
	struct err e;

	nnodes = 0;
	world_clear(&world);
	node("targets");
	snprintf(text, sizeof text, "%s", edges);
	for (char *t = strtok_r(text, " ", &save); t != NULL; t = strtok_r(NULL, " ", &save))
		add_edge(t);
	snprintf(text, sizeof text, "%s", owners);
	for (char *t = strtok_r(text, " ", &save); t != NULL; t = strtok_r(NULL, " ", &save))
		json_object_set_new(json_object_get(node(t)->body, "targets"), path,
		    json_pack("{s:i, s:{s:s}, s:{s:s}}", "length", 3, "hashes", "sha256",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"custom", "owner", t));
	for (size_t i = 0; i < nnodes; i++) {
		assert_ok(layout_metadata(1, nodes[i].name, file, &e), &e);
		json_decref(shelf_sign(&world, nodes[i].body, KEY, file, 1));
		snprintf(name, sizeof name, "%.63s.json", nodes[i].name);
		json_object_set_new(meta, name, json_pack("{s:i}", "version", 1));
	}
	j = shelf_body("snapshot", 1, GOOD);
	json_object_set_new(j, "meta", meta);
	json_decref(shelf_sign(&world, j, KEY, "1.snapshot.json", 1));
	j = shelf_body("timestamp", 1, GOOD);
	json_object_set_new(j, "meta", json_pack("{s:{s:i}}", "snapshot.json", "version", 1));
	json_decref(shelf_sign(&world, j, KEY, "timestamp.json", 1));
	j = shelf_body("root", 1, GOOD);
	json_object_set_new(j, "consistent_snapshot", json_true());
	json_object_set_new(j, "keys", shelf_ring(KEY, SECOND));
	json_object_set_new(j, "roles",
	    json_pack("{s:o, s:o, s:o, s:o}", "root", shelf_role(KEY), "timestamp", shelf_role(KEY),
		"snapshot", shelf_role(KEY), "targets", shelf_role(KEY)));
	json_decref(shelf_sign(&world, j, KEY, "1.root.json", 1));
	shelf_trust_root(&world);
}

static struct tuf_client *
refreshed(void)
{
	struct tuf_client *c = world_client(&world, NOW);
	struct err e;

	assert_ok(tuf_client_refresh(c, NULL, &e), &e);
	world.asked[0] = '\0';
	return c;
}

/* "1.A.json 1.B.json " as "A B ". */
static void
short_names(char *out, size_t size)
{
	char *save = NULL;

	out[0] = '\0';
	for (char *t = strtok_r(world.asked, " ", &save); t != NULL;
	     t = strtok_r(NULL, " ", &save)) {
		size_t used = strlen(out);

		assert_true(strncmp(t, "1.", 2) == 0);
		snprintf(out + used, size - used, "%.*s ", (int)(strlen(t) - 7), t + 2);
	}
}

static void
walk(void **state)
{
	const struct row *r = *state;
	char asked[4096];
	struct tuf_target t;
	struct err e = { 0 };
	struct tuf_client *c;

	build(r->edges, r->owners, r->path);
	c = refreshed();
	assert_int_equal(tuf_client_find(c, r->path, &t, &e), r->found);
	assert_int_equal(e.code, r->want);
	short_names(asked, sizeof asked);
	assert_string_equal(asked, r->asked);
	tuf_client_free(c);
}

/*
 * Role number n of a chain has the target, which is found while n is within the limit of visited
 * roles.
 */
static void
long_chain(void **state)
{
	char edges[4096] = "targets>R0", owner[16];
	struct tuf_target t;
	struct err e;

	(void)state;
	for (int i = 0; i < TUF_VISITS_MAX + 4; i++)
		snprintf(edges + strlen(edges), sizeof edges - strlen(edges), " R%d>R%d", i, i + 1);
	for (int n = TUF_VISITS_MAX - 1; n <= TUF_VISITS_MAX; n++) {
		struct tuf_client *c;

		snprintf(owner, sizeof owner, "R%d", n);
		build(edges, owner, "f");
		c = refreshed();
		assert_int_equal(tuf_client_find(c, "f", &t, &e), n < TUF_VISITS_MAX);
		tuf_client_free(c);
	}
}

/* A role that was verified under one delegator is verified again under another. */
static void
again_under_another(void **state)
{
	struct tuf_target t;
	struct tuf_client *c;
	struct err e;

	(void)state;
	build("targets>A:a targets>B:b A>C:a B>C%:b", "C", "a");
	c = refreshed();
	assert_int_equal(tuf_client_find(c, "a", &t, &e), 1);
	assert_int_equal(tuf_client_find(c, "b", &t, &e), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	/* The local copy of the first search doesn't bypass the second verification. */
	tuf_client_free(c);
	c = refreshed();
	assert_int_equal(tuf_client_find(c, "b", &t, &e), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	tuf_client_free(c);
}

static void
where_it_is(void **state)
{
	struct buf path = BUF_INIT(1024);
	struct tuf_target t;
	struct tuf_client *c;
	struct err e;

	(void)state;
	build("targets>A:d/*", "A", "d/f");
	c = refreshed();
	assert_int_equal(tuf_client_find(c, "d/f", &t, &e), 1);
	assert_string_equal(json_string_value(json_object_get(t.custom, "owner")), "A");
	assert_ok(tuf_client_target_path(c, "d/f", &t, &path, &e), &e);
	assert_string_equal(buf_text(&path),
	    "d/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.f");
	buf_free(&path);
	tuf_client_free(c);
}

static int
tear_down(void **state)
{
	world_clear(&world);
	return shelf_drop_keys(state);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 3] = {
		cmocka_unit_test(long_chain),
		cmocka_unit_test(again_under_another),
		cmocka_unit_test(where_it_is),
	};
	size_t n = 3;

	for (size_t i = 0; i < N(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = walk,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	return _cmocka_run_group_tests("walk", tests, n, shelf_make_keys, tear_down);
}
