/* SPDX-License-Identifier: ISC */
/*
 * Raw values of the registry: the first byte is the type, the rest the data.  A value that is read,
 * written and read again stays the same.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/settings/rawvalue.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct value v = VALUE_INIT, again = VALUE_INIT;
	struct buf raw = BUF_INIT(RAW_SIZE_MAX);
	struct err e = { 0 };
	uint32_t type;

	if (size == 0)
		return 0;
	if (raw_parse(data[0], data + 1, size - 1, &v, &e) == -1) {
		must(e.code != ERR_NONE && v.data == NULL);
		return 0;
	}
	must(value_check(&v, &e) == 0);
	must(raw_format(&v, &type, &raw, &e) == 0 && type == data[0]);
	must(raw_parse(type, raw.data, raw.len, &again, &e) == 0 && value_equal(&v, &again));
	value_free(&v);
	value_free(&again);
	buf_free(&raw);
	return 0;
}
