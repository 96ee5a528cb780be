/* SPDX-License-Identifier: ISC */
/*
 * Host keys from known_hosts files.
 */
#include <unistd.h>

#include "lib/sftp/knownhosts.h"
#include "tests/unit/common/test.h"

#define KEY_A	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK70K/VMnUiUnWzyGl3P37w2KtTVi1ypM3eRvCYO9KC3"
#define PRINT_A "SHA256:KuUcp0dC7aq3kX0XCRHrZ7DkE0tf3bWgrgX6PtqQyjw"
#define KEY_B	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
#define PRINT_B "SHA256:xjro6BiNW+NunbVdOuMUAio71FjtAgW58tW7pHI3peg"
/* Of updates.example, made with ssh-keygen -H. */
#define HASHED	"|1|3gg/n0qvIbsfhqIfE3/1UDIcvJ0=|koLjJAeThmlfwxJH8Y6X/GGKUmM="

static struct row {
	const char *name, *text, *host;
	uint16_t port;
	size_t want; /* keys, first of A, then of B; 0: ERR_HOSTKEY */
} rows[] = {
	{ "plain", "updates.example " KEY_A "\n", "updates.example", 22, 1 },
	{ "no line end", "updates.example " KEY_A, "updates.example", 22, 1 },
	{ "comment after the key", "updates.example " KEY_A " somebody@somewhere\n",
	    "updates.example", 22, 1 },
	{ "several names", "updates.example,192.0.2.1 " KEY_A "\n", "192.0.2.1", 22, 1 },
	{ "another host", "other.example " KEY_A "\n", "updates.example", 22, 0 },
	{ "prefix of the host", "updates.examp " KEY_A "\n", "updates.example", 22, 0 },
	{ "port", "[updates.example]:2222 " KEY_A "\n", "updates.example", 2222, 1 },
	{ "another port", "[updates.example]:2222 " KEY_A "\n", "updates.example", 2223, 0 },
	{ "usual port only, as ssh has it", "updates.example " KEY_A "\n", "updates.example", 2222,
	    1 },
	{ "usual port only, another host", "updates.example " KEY_A "\n", "updates.examples", 2222,
	    0 },
	{ "the port's own key goes first",
	    "updates.example " KEY_A "\nupdates.example " KEY_B "\n[updates.example]:2222 " KEY_A
	    "\n",
	    "updates.example", 2222, 1 },
	{ "port, but not the usual one", "[updates.example]:2222 " KEY_A "\n", "updates.example",
	    22, 0 },
	{ "capitals in the file", "Updates.EXAMPLE " KEY_A "\n", "updates.example", 22, 1 },
	{ "capitals in the address", "updates.example " KEY_A "\n", "UPDATES.Example", 22, 1 },
	{ "capitals and a port", "[Updates.example]:2222 " KEY_A "\n", "updates.Example", 2222, 1 },
	{ "capitals in the second name", "192.0.2.1,UPDATES.example " KEY_A "\n", "updates.example",
	    22, 1 },
	{ "capitals of IPv6", "[2001:DB8::A]:2222 " KEY_A "\n", "2001:db8::a", 2222, 1 },
	{ "hashed, capitals in the address", HASHED " " KEY_A "\n", "Updates.example", 22, 1 },
	{ "revoked, in capitals", "updates.example " KEY_A "\n@revoked OTHER.example " KEY_A "\n",
	    "updates.example", 22, 0 },
	{ "IPv6", "[2001:db8::1]:2222 " KEY_A "\n", "2001:db8::1", 2222, 1 },
	{ "hashed", HASHED " " KEY_A "\n", "updates.example", 22, 1 },
	{ "hashed, another host", HASHED " " KEY_A "\n", "other.example", 22, 0 },
	{ "comments and blank lines", "# a comment\n\n   \nupdates.example " KEY_A "\n",
	    "updates.example", 22, 1 },
	{ "CR LF", "other.example " KEY_B "\r\nupdates.example " KEY_A "\r\n", "updates.example",
	    22, 1 },
	{ "two keys", "updates.example " KEY_A "\nupdates.example " KEY_B "\n", "updates.example",
	    22, 2 },
	{ "one key twice", "updates.example " KEY_A "\nupdates.example " KEY_A "\n",
	    "updates.example", 22, 1 },
	{ "revoked", "updates.example " KEY_A "\n@revoked * " KEY_A "\n", "updates.example", 22,
	    0 },
	{ "revoked before", "@revoked * " KEY_A "\nupdates.example " KEY_A "\n", "updates.example",
	    22, 0 },
	{ "another one revoked", "updates.example " KEY_A "\n@revoked * " KEY_B "\n",
	    "updates.example", 22, 1 },
	{ "authority", "@cert-authority updates.example " KEY_A "\n", "updates.example", 22, 0 },
	{ "wildcard", "*.example " KEY_A "\n", "updates.example", 22, 0 },
	{ "commented out", "#updates.example " KEY_A "\n", "updates.example", 22, 0 },
	{ "no key", "updates.example\n", "updates.example", 22, 0 },
	{ "cut key", "updates.example ssh-ed25519 AAA\n", "updates.example", 22, 0 },
	{ "byte order mark", "\xef\xbb\xbfupdates.example " KEY_A "\n", "updates.example", 22, 1 },
	{ "byte order mark before a revoked key",
	    "\xef\xbb\xbf@revoked * " KEY_A "\nupdates.example " KEY_A "\n", "updates.example", 22,
	    0 },
	{ "empty file", "", "updates.example", 22, 0 },
};

static void
run_row(void **state)
{
	const struct row *r = *state;
	char name[] = "/tmp/slipway-knownhosts-XXXXXX";
	struct knownhosts k;
	struct err e = { 0 };
	int fd = mkstemp(name), rc;

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, r->text, strlen(r->text)), strlen(r->text));
	close(fd);
	rc = knownhosts_find(name, r->host, r->port, &k, &e);
	unlink(name);
	if (r->want == 0) {
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_HOSTKEY);
		assert_non_null(strstr(e.text, r->host));
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(k.n, r->want);
	assert_string_equal(k.print[0], PRINT_A);
	if (r->want == 2)
		assert_string_equal(k.print[1], PRINT_B);
}

static void
absent_file(void **state)
{
	struct knownhosts k;
	struct err e;

	(void)state;
	assert_err(knownhosts_find("/nonexistent/known_hosts", "h", 22, &k, &e), ERR_NOENT, &e);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1] = { cmocka_unit_test(absent_file) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, run_row);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
