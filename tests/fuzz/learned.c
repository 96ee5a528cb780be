/* SPDX-License-Identifier: ISC */
/*
 * Servers that a station learned.  An accepted file stays the same when it is written and read
 * again, and the enrolment's servers are asked whatever it says.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "updater/state/learned.h"

static char old[] = "sftp://u@old/r";
static char *enrolled[] = { old };

static bool
has_text(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static void
must_be_usable(const struct learned *l)
{
	struct station st = { .servers = { enrolled, 1 },
		.host_keys = { enrolled, 1 },
		.login_key = old };
	const char *texts[LEARNED_ALL];
	size_t n;

	for (int starts = 0; starts < 2; starts++) {
		n = learned_order(l, &st, starts == 1, "2026-03-01", texts);
		must(n <= LEARNED_ALL && has_text(texts, n, enrolled[0]));
	}
	n = learned_host_keys(l, &st, texts);
	must(n <= LEARNED_ALL && has_text(texts, n, enrolled[0]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct learned l, again;
	struct err e = { 0 };
	json_t *j = json_text_parse(data, size, &e), *written, *twice;

	if (j == NULL)
		return 0;
	if (learned_read(j, &l, &e) == -1) {
		must(e.code != ERR_NONE && !l.there && l.now.addresses.n == 0);
	} else {
		must(l.there);
		must_be_usable(&l);
		must((written = learned_json(&l, &e)) != NULL);
		must(learned_read(written, &again, &e) == 0);
		must((twice = learned_json(&again, &e)) != NULL && json_equal(written, twice));
		json_decref(written);
		json_decref(twice);
		learned_free(&again);
		learned_free(&l);
	}
	json_decref(j);
	return 0;
}
