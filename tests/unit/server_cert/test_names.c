/* SPDX-License-Identifier: ISC */
/*
 * server/cert/names: DNS names.
 */
#include "tests/unit/common/test.h"

#include "server/cert/names.h"

#define S(text) (text), sizeof(text) - 1
#define L63	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	const char *text;
	size_t len;
	bool valid;
} rows[] = {
	{ S("kernel"), true },
	{ S("kernel.example"), true },
	{ S("K-1_a.Example"), true },
	{ S("1.2.3.4"), true },
	{ S("*.site.example"), true },
	{ S(L63 ".example"), true },
	{ S(""), false },
	{ S("."), false },
	{ S(".example"), false },
	{ S("example."), false },
	{ S("a..b"), false },
	{ S("-a.example"), false },
	{ S("a-.example"), false },
	{ S("*"), false },
	{ S("*."), false },
	{ S("*.example"), false },
	{ S("a.*.example"), false },
	{ S("k*.site.example"), false },
	{ S("**.site.example"), false },
	{ S("ok.example, DNS:kernel.example"), false },
	{ S("ok.example,kernel.example"), false },
	{ S("ok.example\0.evil"), false },
	{ S("ok.example\0"), false },
	{ S("a\033[2J.example"), false },
	{ S("ok.example\n"), false },
	{ S("ok.example\r\n"), false },
	{ S(" ok.example"), false },
	{ S("\303\204.example"), false },
	{ S("a/b"), false },
	{ S("a:1"), false },
	{ S(L63 "l.example"), false },
	{ S(L63 "." L63 "." L63 "." L63), false },
};

static void
dns(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		if (valid_dns(rows[i].text, rows[i].len) != rows[i].valid)
			fail_msg("%s: want %s", rows[i].text, rows[i].valid ? "valid" : "refused");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(dns) };

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
