/* SPDX-License-Identifier: ISC */
/*
 * The database of a CA.  Each entry of an accepted database can be found, revoked and put into a
 * list.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "server/cert/ca_db.h"

static void
use(json_t *db, json_t *entry)
{
	struct err e = { 0 };
	json_t *found = ca_db_find(db, "serial", ca_db_text(entry, "serial"), &e);
	int rc;

	must(found != NULL || e.code == ERR_CONFLICT);
	must(ca_reason("superseded") != -1);
	rc = ca_db_revoke(entry, "superseded", &e);
	must(rc == 0 || rc == 1);
	must(ca_db_revoke(entry, "superseded", &e) == 0);
	must(ca_db_check(db, &e) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *db = json_text_parse(data, size, &e), *entry;
	size_t i;

	if (db == NULL)
		return 0;
	if (ca_db_check(db, &e) == -1) {
		must(e.code != ERR_NONE);
	} else {
		json_array_foreach (json_object_get(db, "issued"), i, entry)
			if (i < 8)
				use(db, entry);
	}
	json_decref(db);
	return 0;
}
