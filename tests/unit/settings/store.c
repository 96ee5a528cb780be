/* SPDX-License-Identifier: ISC */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"

void
add_set(struct changeset *c, const char *key, const char *name, const char *text)
{
	struct value v = VALUE_INIT;
	struct err e;

	assert_ok(value_parse(text, strlen(text), &v, &e), &e);
	assert_ok(changeset_set(c, key, name, &v, &e), &e);
	value_free(&v);
}
