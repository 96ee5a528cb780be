/* SPDX-License-Identifier: ISC */
/*
 * Hosts and ports as text.
 */
#include "tests/unit/common/test.h"

#include "lib/os/net.h"

#define LONGEST \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct split_row {
	const char *name, *text, *host; /* NULL: refused */
	uint16_t port;
} split_rows[] = {
	{ "split: name", "kernel.example:5010", "kernel.example", 5010 },
	{ "split: IPv4", "192.0.2.1:1", "192.0.2.1", 1 },
	{ "split: IPv6", "[2001:db8::1]:65535", "2001:db8::1", 65535 },
	{ "split: longest host", LONGEST ":1", LONGEST, 1 },
	{ "split: host too long", LONGEST "a:1", NULL, 0 },
	{ "split: empty", "", NULL, 0 },
	{ "split: no port", "kernel", NULL, 0 },
	{ "split: empty port", "kernel:", NULL, 0 },
	{ "split: no host", ":443", NULL, 0 },
	{ "split: no address", "[]:443", NULL, 0 },
	{ "split: IPv6 without brackets", "2001:db8::1", NULL, 0 },
	{ "split: bracket left open", "[2001:db8::1:443", NULL, 0 },
	{ "split: no port behind brackets", "[2001:db8::1]", NULL, 0 },
	{ "split: port 0", "kernel:0", NULL, 0 },
	{ "split: port over 16 bits", "kernel:65536", NULL, 0 },
	{ "split: port with a sign", "kernel:+443", NULL, 0 },
	{ "split: port with a blank", "kernel: 443", NULL, 0 },
	{ "split: something behind the port", "kernel:443x", NULL, 0 },
};

static void
split(void **state)
{
	struct split_row *r = *state;
	char host[NET_HOST_SIZE] = "untouched";
	uint16_t port = 4711;
	struct err e;

	if (r->host == NULL) {
		assert_err(net_split(r->text, host, &port, &e), ERR_CONFIG, &e);
		assert_string_equal(host, "untouched");
		assert_int_equal(port, 4711);
		return;
	}
	assert_ok(net_split(r->text, host, &port, &e), &e);
	assert_string_equal(host, r->host);
	assert_int_equal(port, r->port);
}

static void
host_too_long(void **state)
{
	char host[2000];
	struct err e;

	(void)state;
	memset(host, 'a', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	assert_null(net_dial(host, 443, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
}

int
main(void)
{
	static struct CMUnitTest tests[N(split_rows) + 1] = {
		cmocka_unit_test(host_too_long),
	};
	size_t n = 1;

	TEST_ROWS(tests, n, split_rows, split);
	return _cmocka_run_group_tests("net", tests, n, NULL, NULL);
}
