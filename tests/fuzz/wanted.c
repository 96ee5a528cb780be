/* SPDX-License-Identifier: ISC */
/*
 * What the last update found.  An accepted file stays the same when it is written and read again.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "updater/state/wanted.h"

static void
must_be_whole(const struct wanted *w)
{
	must(w->slipway != NULL && w->application != NULL && w->record != NULL && w->json != NULL);
	must(w->serial > 0 && w->release > 0 && w->newest > 0 && w->role.version > 0);
	must(w->role.expires >= 0);
}

static void
must_be_equal(const struct wanted *a, const struct wanted *b)
{
	must(strcmp(a->slipway, b->slipway) == 0 && strcmp(a->application, b->application) == 0);
	must(a->serial == b->serial && a->release == b->release && a->newest == b->newest);
	must(a->user == b->user && strcmp(a->record, b->record) == 0);
	must(a->role.version == b->role.version && a->role.expires == b->role.expires);
	must(memcmp(a->role.role, b->role.role, sizeof a->role.role) == 0);
	must(memcmp(a->role.targets, b->role.targets, sizeof a->role.targets) == 0);
	for (int root = 0; root < LAYOUT_ROOTS; root++)
		must((a->roots[root] == NULL) == (b->roots[root] == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wanted w, again;
	json_t *j, *written;
	struct err e = { 0 };

	if ((j = json_text_parse(data, size, &e)) == NULL)
		return 0;
	if (wanted_read(j, &w, &e) == -1) {
		must(e.code != ERR_NONE);
		must(w.json == NULL && w.slipway == NULL && w.serial == 0);
	} else {
		must_be_whole(&w);
		must((written = wanted_json(&w, &e)) != NULL);
		must(wanted_read(written, &again, &e) == 0);
		must_be_equal(&w, &again);
		json_decref(written);
		wanted_free(&again);
		wanted_free(&w);
	}
	json_decref(j);
	return 0;
}
