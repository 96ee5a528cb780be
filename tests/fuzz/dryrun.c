/* SPDX-License-Identifier: ISC */
/*
 * Facts for a dry run, JSON that a person writes: accepted, or refused with a text.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/script/dryrun.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dryrun_options o = { .json = data, .len = size };
	struct err e = { 0 };
	struct dryrun *d = dryrun_new(&o, &e);

	if (d == NULL)
		must(e.code != ERR_NONE && e.text[0] != '\0');
	dryrun_free(d);
	return 0;
}
