/* SPDX-License-Identifier: ISC */
/*
 * The state of replacements.  An accepted state has all members on which the steps rely.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "server/rollover/state.h"

static void
use(const char *name, const json_t *entry)
{
	struct replacement m = { .exists = false };
	uint8_t sha[SHA256_SIZE];
	struct err e = { 0 };

	must(replacement_parse(name, entry, &m, &e) == 0);
	must(m.exists && m.kernels.n <= REPLACE_KERNELS_MAX);
	must(hex_decode(m.hex[REPLACE_OLD], strlen(m.hex[REPLACE_OLD]), sha, sizeof sha) == 0);
	must(m.hex[REPLACE_NEW][0] == '\0' || strlen(m.hex[REPLACE_NEW]) == SHA256_HEX_SIZE - 1);
	must(m.going >= -1 && m.going < REPLACE_COUNT);
	must(m.hook == NULL || *m.hook != '\0');
	must(m.after >= REPLACE_NEVER && m.confirmed >= REPLACE_NEVER);
	(void)replacement_waited(&m);
	replacement_reset(&m);
	must(!m.exists && m.kernels.n == 0 && m.hook == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *all = json_text_parse(data, size, &e), *entry;
	const char *name;

	if (all == NULL)
		return 0;
	if (replace_check(all, &e) == -1) {
		must(e.code != ERR_NONE);
	} else {
		json_object_foreach (json_object_get(all, "pairs"), name, entry) {
			must(replace_check_name(name, &e) == 0);
			use(name, entry);
		}
	}
	json_decref(all);
	return 0;
}
