/* SPDX-License-Identifier: ISC */
/*
 * server/repo/describe: a signer sees the whole contents of a role, or the role isn't signed.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "server/repo/describe.h"

#define SHA  "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define FILE "{\"length\":4,\"hashes\":{\"sha256\":\"" SHA "\"},\"custom\":{\"mode\":\"0644\"}}"
#define HEAD \
	"\"_type\":\"targets\",\"spec_version\":\"1.0.31\",\"version\":2,\"expires\":\"2030-01-01T00:00:00Z\""
#define APP(targets) "{" HEAD ",\"release\":2,\"targets\":{" targets "}}"

static struct row {
	const char *name, *body, *before;
	enum err_code want;
	const char *text; /* in what is shown, or in the error */
} rows[] = {
	{ "new file", APP("\"A/app/x\":" FILE), NULL, ERR_NONE,
	    "new     A/app/x  4 bytes, SHA-256 " SHA },
	{ "as before", APP("\"A/app/x\":" FILE), APP("\"A/app/x\":" FILE), ERR_NONE,
	    "1 file as before" },
	{ "removed", APP(""), APP("\"A/app/x\":" FILE), ERR_NONE, "removed A/app/x" },
	{ "a place that no station takes", APP("\"A/other/x\":" FILE), NULL, ERR_UNSAFE,
	    "not signed" },
	{ "a script that no station runs", APP("\"A/scripts/machine/x.sh\":" FILE), NULL,
	    ERR_UNSAFE, "not signed" },
	{ "of another application", APP("\"B/app/x\":" FILE), NULL, ERR_UNSAFE, "not signed" },
	{ "parent directory", APP("\"A/app/../../x\":" FILE), NULL, ERR_UNSAFE, "'..'" },
	{ "control character", APP("\"A/app/\\u001b[2J\":" FILE), NULL, ERR_UNSAFE, "not signed" },
	{ "another spelling of the direction", APP("\"A/app/\\u202ex\":" FILE), NULL, ERR_NONE,
	    "new     A/app/\\u{202e}x  4" },
	{ "control character of the second set", APP("\"A/app/\\u009b31mx\":" FILE), NULL, ERR_NONE,
	    "new     A/app/\\u{9b}31mx  4" },
	{ "servers",
	    "{" HEAD
	    ",\"release\":2,\"targets\":{},\"servers\":{\"addresses\":[\"sftp://u@h/r\"]}}",
	    APP(""), ERR_NONE, "address  sftp://u@h/r  NEW" },
	{ "servers no more", APP(""),
	    "{" HEAD
	    ",\"release\":2,\"targets\":{},\"servers\":{\"addresses\":[\"sftp://u@h/r\"]}}",
	    ERR_NONE, "address  sftp://u@h/r  NO LONGER" },
	{ "a directory as a server",
	    "{" HEAD ",\"release\":2,\"targets\":{},\"servers\":{\"addresses\":[\"file:///r\"]}}",
	    NULL, ERR_SYNTAX, "not signed" },
	{ "a member of servers that has no words",
	    "{" HEAD ",\"release\":2,\"targets\":{},\"servers\":{\"x\":1}}", NULL, ERR_UNSAFE,
	    "'x'" },
	{ "a member that has no words", "{" HEAD ",\"release\":2,\"targets\":{},\"stage\":1}", NULL,
	    ERR_UNSAFE, "stage" },
};

static void
describe(void **state)
{
	const struct row *r = *state;
	struct buf out = BUF_INIT(65536);
	struct err e = { 0 };
	json_t *body = json_text_parse((const uint8_t *)r->body, strlen(r->body), &e);
	json_t *before = r->before == NULL
	    ? NULL
	    : json_text_parse((const uint8_t *)r->before, strlen(r->before), &e);

	assert_non_null(body);
	if (r->want == ERR_NONE)
		assert_ok(describe_role("A", body, before, &out, &e), &e);
	else
		assert_err(describe_role("A", body, before, &out, &e), r->want, &e);
	if (strstr(r->want == ERR_NONE ? buf_text(&out) : e.text, r->text) == NULL) {
		print_error("want '%s' in\n%s\n%s\n", r->text, buf_text(&out), e.text);
		fail();
	}
	buf_free(&out);
	json_decref(body);
	json_decref(before);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, describe);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
