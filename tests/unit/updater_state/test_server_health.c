/* SPDX-License-Identifier: ISC */
/*
 * updater/state/server_health: the order of the servers, by their earlier answers.
 */
#include "tests/unit/common/test.h"

#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/state/server_health.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

static struct dir *state;
static char a[] = "sftp://a", b[] = "sftp://b", c[] = "sftp://c";
static char *urls[] = { a, b, c };
static struct station station = { .servers = { urls, N(urls) } };

static int
setup(void **unused)
{
	void *d;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	state = d;
	return 0;
}

static int
teardown(void **unused)
{
	void *d = state;

	(void)unused;
	return temp_remove(&d);
}

static void
load(struct server_health *s, int64_t now)
{
	struct err e;

	assert_ok(server_health_load(state, (const char *const *)station.servers.v,
		      station.servers.n, now, s, &e),
	    &e);
	assert_int_equal(s->n, station.servers.n);
}

/* The order in which servers are asked, by the last letters of their addresses. */
static void
want_order(int64_t now, const char *order)
{
	struct server_health s;

	load(&s, now);
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.urls[i][strlen("sftp://")], order[i]);
	server_health_end(&s, state);
}

static const struct row {
	const char *name, *text, *order; /* of servers.json; NULL: there is none */
} rows[] = {
	{ "nothing known", NULL, "abc" },
	{ "no JSON", "{", "abc" },
	{ "answered", "{\"sftp://a\": {\"time\": \"2027-01-15T07:59:59Z\"}}", "abc" },
	{ "failed now", "{\"sftp://a\": {\"time\": \"2027-01-15T08:00:00Z\", \"said\": \"x\"}}",
	    "bca" },
	{ "two failed",
	    "{\"sftp://b\": {\"time\": \"2027-01-15T07:55:00Z\", \"said\": \"x\"},"
	    " \"sftp://a\": {\"time\": \"2027-01-15T07:58:00Z\", \"said\": \"x\"}}",
	    "cab" },
	{ "failed a second less than ten minutes ago",
	    "{\"sftp://a\": {\"time\": \"2027-01-15T07:50:01Z\", \"said\": \"x\"}}", "bca" },
	{ "failed ten minutes ago",
	    "{\"sftp://a\": {\"time\": \"2027-01-15T07:50:00Z\", \"said\": \"x\"}}", "abc" },
	{ "failed in the future",
	    "{\"sftp://a\": {\"time\": \"2027-01-15T08:00:01Z\", \"said\": \"x\"}}", "abc" },
	{ "no time", "{\"sftp://a\": {\"said\": \"x\"}}", "abc" },
	{ "a bad time", "{\"sftp://a\": {\"time\": \"yesterday\", \"said\": \"x\"}}", "abc" },
	{ "of another type", "{\"sftp://a\": 1, \"sftp://b\": {\"time\": 5, \"said\": []}}",
	    "abc" },
	{ "another server", "{\"sftp://d\": {\"time\": \"2027-01-15T08:00:00Z\", \"said\": \"x\"}}",
	    "abc" },
};

static void
order(void **row)
{
	const struct row *r = *row;
	struct err e;

	setup(NULL);
	if (r->text != NULL)
		assert_ok(
		    file_replace_fast(state, "servers.json", r->text, strlen(r->text), 0644, &e),
		    &e);
	want_order(NOW, r->order);
	teardown(NULL);
}

/* A note is found again, and only a changed note is written. */
static void
noting(void **unused)
{
	struct server_health s;
	struct server_said said;
	struct file_info info;
	struct err e, why;

	(void)unused;
	load(&s, NOW);
	assert_false(server_health_said(&s, "sftp://a").known);
	err_setx(&why, ERR_NETWORK, "no route");
	server_health_note(&s, "sftp://a", &why, NULL);
	server_health_note(&s, "sftp://b", NULL, "seccomp");
	server_health_end(&s, state);
	want_order(NOW + 1, "bca");

	load(&s, NOW + 60);
	said = server_health_said(&s, "sftp://a");
	assert_true(said.known);
	assert_string_equal(said.fault, "no route");
	assert_string_equal(said.time, "2027-01-15T08:00:00Z");
	assert_null(said.confined);
	said = server_health_said(&s, "sftp://b");
	assert_true(said.known);
	assert_null(said.fault);
	assert_string_equal(said.confined, "seccomp");

	/* The server answered before and answers now. */
	server_health_note(&s, "sftp://b", NULL, "seccomp");
	server_health_note(&s, "sftp://b", NULL, NULL);
	assert_false(s.changed);
	/* A failure keeps the note about the child's confinement. */
	server_health_note(&s, "sftp://b", &why, NULL);
	assert_true(s.changed);
	assert_string_equal(server_health_said(&s, "sftp://b").confined, "seccomp");
	/* Whether it has TCP_NODELAY is kept beside that. */
	assert_int_equal(server_health_said(&s, "sftp://b").nodelay, -1);
	server_health_note_nodelay(&s, "sftp://b", true);
	server_health_note(&s, "sftp://b", &why, NULL);
	assert_int_equal(server_health_said(&s, "sftp://b").nodelay, 1);
	server_health_note_nodelay(&s, "sftp://b", false);
	assert_int_equal(server_health_said(&s, "sftp://b").nodelay, 0);
	server_health_note_nodelay(&s, "sftp://nobody", true);
	assert_false(server_health_said(&s, "sftp://nobody").known);
	server_health_note(&s, "sftp://a", NULL, NULL);
	assert_int_equal(file_remove(state, "servers.json", &e), 1);
	server_health_end(&s, NULL); /* no directory to write to */
	assert_int_equal(file_stat(state, "servers.json", &info, &e), 0);
}

int
main(void)
{
	struct CMUnitTest tests[1 + N(rows)] = { cmocka_unit_test_setup_teardown(noting, setup,
	    teardown) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, order);
	return cmocka_run_group_tests_name("server_health", tests, NULL, NULL);
}
