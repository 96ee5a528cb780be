/* SPDX-License-Identifier: ISC */
/*
 * Names: their keys, and the rules for names in a release.  The input is a name.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/fold.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = (const char *)data;
	struct buf key = BUF_INIT(FOLD_GROWTH * size), again = BUF_INIT(FOLD_GROWTH * size);
	struct err e;

	if (size == 0)
		return 0;
	must(fold(name, size, &key, &e) == 0);
	if (valid_utf8(data, size)) {
		must(valid_utf8(key.data, key.len));
		must(fold((const char *)key.data, key.len, &again, &e) == 0);
		must(key.len == again.len && memcmp(key.data, again.data, key.len) == 0);
	}
	if (path_portable(name, size, &e) == 0)
		must(path_check(name, size, &e) == 0 && text_is_safe(name, size));
	buf_free(&key);
	buf_free(&again);
	return 0;
}
