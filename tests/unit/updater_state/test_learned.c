/* SPDX-License-Identifier: ISC */
/*
 * updater/state/learned: servers of signed metadata beside those of the enrolment.
 */
#include "tests/unit/common/test.h"

#include <stdio.h>

#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/state/learned.h"

#define KEY(c) "SHA256:" c "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define DAY1   "2026-03-01"
#define DAY2   "2026-03-02"

static struct dir *state;
static char first[] = "sftp://u@e/r", second[] = "sftp://u@f/r", key[] = KEY("e");
static char *servers[] = { first, second }, *keys[] = { key };
static const struct station station = { .servers = { servers, N(servers) },
	.host_keys = { keys, N(keys) },
	.login_key = key };
static size_t told;

static int
setup(void **unused)
{
	void *d;

	(void)unused;
	told = 0;
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
count(void *arg, const char *text)
{
	(void)arg;
	(void)text;
	told++;
}

/* The hosts of the addresses that metadata names: a letter each; and the first letters of keys. */
static void
take(struct learned *l, const char *hosts, const char *letters)
{
	struct servers says = SERVERS_INIT;
	struct err e = { 0 };
	char text[100];

	for (; *hosts != '\0'; hosts++) {
		snprintf(text, sizeof text, "sftp://u@%c/r", *hosts);
		assert_ok(strings_add(&says.addresses, text, &e), &e);
	}
	for (; *letters != '\0'; letters++) {
		snprintf(text, sizeof text, KEY("%c"), *letters);
		assert_ok(strings_add(&says.host_keys, text, &e), &e);
	}
	assert_ok(learned_take(l, &station, &says, count, NULL, &e), &e);
	servers_free(&says);
}

static void
want_order(const struct learned *l, bool starts, const char *day, const char *hosts)
{
	const char *urls[LEARNED_ALL];
	size_t n = learned_order(l, &station, starts, day, urls);
	char got[LEARNED_ALL + 1] = "";

	for (size_t i = 0; i < n; i++)
		got[i] = urls[i][strlen("sftp://u@")];
	assert_string_equal(got, hosts);
}

static void
reload(struct learned *l)
{
	struct err e = { 0 };

	assert_ok(learned_save(state, l, &e), &e);
	learned_free(l);
	learned_load(state, l);
}

static void
joins_after_a_refresh(void **unused)
{
	struct learned l = LEARNED_INIT;

	(void)unused;
	want_order(&l, true, DAY1, "ef");
	assert_false(l.changed);
	take(&l, "xy", "");
	assert_int_equal(told, 2);
	want_order(&l, true, DAY1, "efxy"); /* a program waits */
	want_order(&l, false, DAY1, "xyef");
	learned_checked(&l, &station, "sftp://u@y/r");
	reload(&l);
	learned_begins(&l, &station, "sftp://u@e/r", DAY1);
	want_order(&l, true, DAY1, "yefx");
	want_order(&l, false, DAY1, "xyef");
	/* What is named still has joined; what isn't named goes. */
	take(&l, "zy", "");
	want_order(&l, true, DAY1, "yefz");
	take(&l, "", "");
	want_order(&l, true, DAY1, "ef");
	learned_free(&l);
}

/* A station of directories has no login, and learns for later. */
static void
without_login(void **unused)
{
	struct station st = station;
	struct learned l = LEARNED_INIT;
	const char *urls[LEARNED_ALL];

	(void)unused;
	take(&l, "x", "y");
	st.login_key = NULL;
	assert_int_equal(learned_order(&l, &st, false, DAY1, urls), 2);
	st.login_key = key;
	st.host_keys.n = 0;
	assert_int_equal(learned_order(&l, &st, false, DAY1, urls), 3);
	st.login_key = NULL;
	st.password_file = key; /* no host key is left */
	assert_int_equal(learned_order(&l, &st, false, DAY1, urls), 2);
	learned_free(&l);
}

/* Metadata orders the servers of the enrolment, and takes none away. */
static void
orders_the_enrolled(void **unused)
{
	struct learned l = LEARNED_INIT;

	(void)unused;
	take(&l, "f", "");
	assert_int_equal(told, 0);
	learned_begins(&l, &station, "sftp://u@f/r", DAY1);
	want_order(&l, true, DAY1, "fe");
	learned_free(&l);
}

/* Once a day, and in each fourth check that fails, the servers of the enrolment come first. */
static void
enrolled_first_at_times(void **unused)
{
	struct learned l = LEARNED_INIT;

	(void)unused;
	take(&l, "x", "");
	learned_checked(&l, &station, "sftp://u@x/r");
	want_order(&l, true, DAY1, "efx");
	learned_begins(&l, &station, "sftp://u@x/r", DAY1); /* they weren't */
	want_order(&l, true, DAY1, "efx");
	learned_begins(&l, &station, "sftp://u@e/r", DAY1);
	reload(&l);
	want_order(&l, true, DAY1, "xef");
	want_order(&l, true, DAY2, "efx");
	for (int i = 1; i <= 8; i++) {
		learned_checked(&l, &station, NULL);
		reload(&l);
		want_order(&l, true, DAY1, i % 4 == 3 ? "efx" : "xef");
	}
	learned_checked(&l, &station, "sftp://u@x/r");
	assert_int_equal(l.failed, 0);
	learned_free(&l);
}

static void
want_keys(const struct learned *l, const struct station *st, const char *letters)
{
	const char *got[LEARNED_ALL];
	size_t n = learned_host_keys(l, st, got);

	assert_int_equal(n, strlen(letters));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i][strlen("SHA256:")], letters[i]);
}

static void
host_keys(void **unused)
{
	struct station with_password = station;
	struct learned l = LEARNED_INIT;
	struct err e;

	(void)unused;
	take(&l, "", "xe");
	take(&l, "", "y"); /* x stays */
	assert_int_equal(told, 2);
	reload(&l);
	want_keys(&l, &station, "exy");
	with_password.password_file = keys[0];
	want_keys(&l, &with_password, "e"); /* another server must not be told it */
	assert_true(learned_drop(&l, KEY("x"), &e));
	assert_false(learned_drop(&l, KEY("x"), &e));
	assert_false(learned_drop(&l, KEY("e"), &e)); /* of the enrolment */
	reload(&l);
	take(&l, "", "xy");
	want_keys(&l, &station, "ey");
	take(&l, "", "abcdefghijklmno"); /* y, and 14 without e */
	want_keys(&l, &station, "eyabcdfghijklmno");
	told = 0;
	take(&l, "", "pq"); /* room for one */
	assert_int_equal(told, 2);
	want_keys(&l, &station, "eyabcdfghijklmnop");
	learned_free(&l);
}

/* A file that can't be used counts as none; one of a newer Slipway stays. */
static void
bad_files(void **unused)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "{\"format\":1}",
		"{\"format\":1,\"addresses\":[{\"url\":\"file:///r\"}],\"host_keys\":[],\"dropped\":[],"
		"\"failed\":0,\"asked\":\"\"}",
		"{\"format\":1,\"addresses\":[],\"host_keys\":[],\"dropped\":[],\"failed\":-1,"
		"\"asked\":\"\"}",
		"{\"format\":1,\"addresses\":[],\"host_keys\":[],\"dropped\":[],\"failed\":0,"
		"\"asked\":\"2026-03-01T00\"}",
		"{\"format\":2}" };
	struct buf b = BUF_INIT(1000);
	struct learned l;
	struct err e = { 0 };

	(void)unused;
	for (size_t i = 0; i < N(texts); i++) {
		assert_ok(
		    file_replace(state, STATION_LEARNED, texts[i], strlen(texts[i]), 0644, &e), &e);
		learned_load(state, &l);
		assert_false(l.there);
		assert_int_equal(l.newer, i == N(texts) - 1);
		want_order(&l, true, DAY1, "ef");
		if (i == N(texts) - 1) {
			take(&l, "x", "");
			assert_ok(learned_save(state, &l, &e), &e);
		}
		learned_free(&l);
	}
	assert_ok(file_read(state, STATION_LEARNED, &b, &e), &e);
	assert_string_equal(buf_text(&b), texts[N(texts) - 1]);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins_after_a_refresh, setup, teardown),
		cmocka_unit_test_setup_teardown(without_login, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_the_enrolled, setup, teardown),
		cmocka_unit_test_setup_teardown(enrolled_first_at_times, setup, teardown),
		cmocka_unit_test_setup_teardown(host_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_files, setup, teardown),
	};

	return cmocka_run_group_tests_name("learned", tests, NULL, NULL);
}
