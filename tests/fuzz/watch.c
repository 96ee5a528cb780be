/* SPDX-License-Identifier: ISC */
/* What a start looks for: parts of it follow each other, and none is longer than it may be. */
#include "tests/fuzz/fuzz.h"

#include "updater/state/watch.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record part;
	struct err e = { 0 };
	uint64_t turn = 0, before;

	do {
		before = turn;
		if (watch_parse((const char *)data, size, 1, &turn, &part, &e) == -1) {
			must(e.code != ERR_NONE);
			must(part.files == NULL && part.n == 0 && part.set.n == 0);
			break;
		}
		must(part.n + part.set.n <= WATCH_LINES);
		must(turn == 0 || (turn > before && turn < size));
		for (size_t i = 0; i < part.n; i++)
			must(part.files[i].target[0] != '\0');
		record_free(&part);
	} while (turn != 0);
	return 0;
}
