/* SPDX-License-Identifier: ISC */
/*
 * Raw values of the registry: the first byte is the type, the rest the data.  A value that is read,
 * written and read again stays the same; one that is kept is brought back, byte for byte where
 * settings can't hold it.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/settings/rawvalue.h"

/* Also through its text form, in which a journal has it. */
static void
keep(uint32_t type, const uint8_t *data, size_t size)
{
	struct value v = VALUE_INIT, again = VALUE_INIT, read = VALUE_INIT;
	struct buf raw = BUF_INIT(RAW_SIZE_MAX), text = BUF_INIT(4 * VALUE_SIZE_MAX);
	struct err e = { 0 };
	uint32_t got;

	if (raw_keep(type, data, size, &v, &e) == 0) {
		must(value_format(&v, &text, &e) == 0);
		must(value_parse(buf_text(&text), text.len, &again, &e) == 0);
		must(value_equal(&v, &again));
		must(raw_format(&again, &got, &raw, &e) == 0 && got == type);
		must(v.type != VALUE_RAW ||
		    (raw.len == size && (size == 0 || memcmp(raw.data, data, size) == 0)));
	} else {
		must(e.code == ERR_TOO_LARGE || e.code == ERR_NOMEM);
	}
	if (raw_read(type, data, size, &read, &e) == 0)
		must(value_check(&read, &e) == 0 && read.type != VALUE_RAW);
	value_free(&v);
	value_free(&again);
	value_free(&read);
	buf_free(&raw);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct value v = VALUE_INIT, again = VALUE_INIT;
	struct buf raw = BUF_INIT(RAW_SIZE_MAX);
	struct err e = { 0 };
	uint32_t type;

	if (size == 0)
		return 0;
	keep(data[0], data + 1, size - 1);
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
