/* SPDX-License-Identifier: ISC */
/*
 * server/cert/ca_db: the database of a CA.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "server/cert/ca_db.h"

#define SHA   "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define TIMES "\"from\":\"2026-03-01T12:00:00Z\",\"to\":\"2027-03-01T12:00:00Z\""
#define ENTRY(serial, name) \
	"{\"serial\":\"" serial "\",\"sha256\":\"" SHA "\",\"name\":\"" name \
	"\",\"subject\":\"CN=x\",\"usage\":\"server\"," TIMES "}"
#define DB(entries) "{\"slipway_ca\":1,\"crl\":3,\"issued\":[" entries "]}"

static struct row {
	const char *name, *text;
	enum err_code want;
} rows[] = {
	{ "empty", DB(""), ERR_NONE },
	{ "two", DB(ENTRY("4f01", "a") "," ENTRY("4f02", "b")), ERR_NONE },
	{ "another format", "{\"slipway_ca\":2,\"crl\":0,\"issued\":[]}", ERR_SYNTAX },
	{ "no number of a list", "{\"slipway_ca\":1,\"issued\":[]}", ERR_SYNTAX },
	{ "a list below 0", "{\"slipway_ca\":1,\"crl\":-1,\"issued\":[]}", ERR_SYNTAX },
	{ "a list over the limit", "{\"slipway_ca\":1,\"crl\":1000000001,\"issued\":[]}",
	    ERR_SYNTAX },
	{ "no certificates", "{\"slipway_ca\":1,\"crl\":0}", ERR_SYNTAX },
	{ "half a byte of a serial number", DB(ENTRY("4f0", "a")), ERR_SYNTAX },
	{ "a serial number in capitals", DB(ENTRY("4F01", "a")), ERR_SYNTAX },
	{ "a serial number of 21 bytes",
	    DB(ENTRY("000102030405060708090a0b0c0d0e0f1011121314", "a")), ERR_SYNTAX },
	{ "an entry that is a text", DB("\"4f01\""), ERR_SYNTAX },
	{ "revoked without a time",
	    "{\"slipway_ca\":1,\"crl\":0,\"issued\":[{\"serial\":\"4f01\",\"sha256\":\"" SHA
	    "\",\"name\":\"a\",\"subject\":\"\",\"usage\":\"\"," TIMES
	    ",\"revoked\":{\"reason\":\"superseded\"}}]}",
	    ERR_SYNTAX },
};

static json_t *
db_of(const char *text)
{
	struct err e;
	json_t *db = json_text_parse((const uint8_t *)text, strlen(text), &e);

	assert_non_null(db);
	return db;
}

static void
check(void **state)
{
	const struct row *r = *state;
	struct err e = { 0 };
	json_t *db = db_of(r->text);

	if (r->want == ERR_NONE)
		assert_ok(ca_db_check(db, &e), &e);
	else
		assert_err(ca_db_check(db, &e), r->want, &e);
	json_decref(db);
}

static void
find_and_revoke(void **state)
{
	json_t *db = db_of(DB(ENTRY("4f01", "a") "," ENTRY("4f02", "a") "," ENTRY("5f03", "c")));
	struct err e = { 0 };
	json_t *first;

	(void)state;
	assert_null(ca_db_find(db, "name", "b", &e));
	assert_int_equal(e.code, ERR_NOENT);
	assert_null(ca_db_find(db, "name", "a", &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(first = ca_db_find(db, "serial", "4f01", &e));
	assert_non_null(ca_db_find(db, "serial", "5", &e));
	assert_err(ca_db_revoke(first, "removeFromCRL", &e), ERR_USAGE, &e);
	assert_int_equal(ca_db_revoke(first, "superseded", &e), 1);
	assert_int_equal(ca_db_revoke(first, "superseded", &e), 0);
	/* A revoked entry counts only when no other entry matches. */
	assert_string_equal(ca_db_text(ca_db_find(db, "name", "a", &e), "serial"), "4f02");
	assert_ptr_equal(ca_db_find(db, "serial", "4f01", &e), first);
	assert_ok(ca_db_check(db, &e), &e);
	json_decref(db);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, check);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(find_and_revoke);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
