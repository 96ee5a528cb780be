/* SPDX-License-Identifier: ISC */
/*
 * lib/sftp/servers: update servers in signed metadata.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/sftp/servers.h"

#define KEY  "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY2 "SHA256:BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct row {
	const char *name, *text;
	enum err_code want;
	size_t addresses, host_keys;
} rows[] = {
	{ "both",
	    "{\"addresses\":[\"sftp://u@a/r\",\"sftp://u@b:2/r\"],\"host_keys\":[\"" KEY "\"]}",
	    ERR_NONE, 2, 1 },
	{ "nothing", "{}", ERR_NONE, 0, 0 },
	{ "a member of later", "{\"x\":1,\"host_keys\":[\"" KEY "\",\"" KEY2 "\"]}", ERR_NONE, 0,
	    2 },
	{ "no list", "{\"addresses\":\"sftp://u@a/r\"}", ERR_SYNTAX, 0, 0 },
	{ "no text", "{\"addresses\":[1]}", ERR_SYNTAX, 0, 0 },
	{ "a NUL", "{\"addresses\":[\"sftp://u@a/r\\u0000x\"]}", ERR_SYNTAX, 0, 0 },
	{ "a directory", "{\"addresses\":[\"file:///media/stick\"]}", ERR_SYNTAX, 0, 0 },
	{ "a path", "{\"addresses\":[\"/etc\"]}", ERR_SYNTAX, 0, 0 },
	{ "a password", "{\"addresses\":[\"sftp://u:p@a/r\"]}", ERR_SYNTAX, 0, 0 },
	{ "an option as host", "{\"addresses\":[\"sftp://u@-oProxyCommand=x/r\"]}", ERR_SYNTAX, 0,
	    0 },
	{ "twice", "{\"addresses\":[\"sftp://u@a/r\",\"sftp://u@a/r\"]}", ERR_SYNTAX, 0, 0 },
	{ "a cut fingerprint", "{\"host_keys\":[\"SHA256:AAAA\"]}", ERR_SYNTAX, 0, 0 },
	{ "MD5", "{\"host_keys\":[\"MD5:00:11\"]}", ERR_SYNTAX, 0, 0 },
};

static void
read_row(void **state)
{
	const struct row *r = *state;
	struct servers s, again;
	struct err e = { 0 };
	json_t *j = json_text_parse((const uint8_t *)r->text, strlen(r->text), &e), *written;

	assert_non_null(j);
	if (r->want == ERR_NONE) {
		assert_ok(servers_read(j, &s, &e), &e);
		assert_non_null(written = servers_json(&s, &e));
		assert_ok(servers_read(written, &again, &e), &e);
		assert_int_equal(again.host_keys.n, r->host_keys);
		servers_free(&again);
		json_decref(written);
	} else {
		assert_err(servers_read(j, &s, &e), r->want, &e);
		assert_non_null(strstr(e.text, "servers: "));
	}
	assert_int_equal(s.addresses.n, r->addresses);
	assert_int_equal(s.host_keys.n, r->host_keys);
	servers_free(&s);
	json_decref(j);
}

static void
limits(void **state)
{
	json_t *list = json_array(), *j = json_pack("{s:O}", "addresses", list), *no = json_array();
	struct servers s;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < SERVERS_MAX; i++)
		json_array_append_new(list, json_sprintf("sftp://u@a/%d", i));
	assert_ok(servers_read(j, &s, &e), &e);
	assert_int_equal(s.addresses.n, SERVERS_MAX);
	servers_free(&s);
	json_array_append_new(list, json_string("sftp://u@a/r"));
	assert_err(servers_read(j, &s, &e), ERR_TOO_LARGE, &e);
	assert_err(servers_read(no, &s, &e), ERR_SYNTAX, &e);
	assert_ok(servers_read(NULL, &s, &e), &e);
	assert_int_equal(s.addresses.n, 0);
	json_decref(no);
	json_decref(j);
	json_decref(list);
}

int
main(void)
{
	static struct CMUnitTest tests[40] = { cmocka_unit_test(limits) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, read_row);
	return _cmocka_run_group_tests("role_servers", tests, n, NULL, NULL);
}
