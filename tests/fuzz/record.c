/* SPDX-License-Identifier: ISC */
/*
 * The record of the applied release.  An accepted record is in order, and stays the same when it is
 * written and read again.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "updater/state/record.h"

static void
must_be_in_order(const struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		must(i == 0 || strcmp(r->files[i - 1].target, r->files[i].target) < 0);
		must(record_file(r, r->files[i].target) == &r->files[i]);
		must(strlen(r->files[i].state.sha256) == SHA256_HEX_SIZE - 1);
		must(r->files[i].state.mode == 0644 || r->files[i].state.mode == 0755);
	}
	for (int root = 0; root < LAYOUT_ROOTS; root++)
		for (size_t i = 0; i < r->dirs[root].n; i++) {
			must(i == 0 || strcmp(r->dirs[root].v[i - 1], r->dirs[root].v[i]) < 0);
			must(record_has_dir(r, root, r->dirs[root].v[i]));
		}
	must(r->serial >= 0 && r->release >= 0 && r->newest >= 0);
}

static void
must_be_empty(const struct record *r)
{
	must(r->serial == 0 && !r->whole && r->n == 0 && r->files == NULL && r->set.n == 0 &&
	    r->undo.n == 0);
	for (int root = 0; root < LAYOUT_ROOTS; root++)
		must(r->dirs[root].n == 0 && r->roots[root] == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r, again;
	json_t *j, *written, *second;
	struct err e = { 0 };

	if ((j = json_text_parse(data, size, &e)) == NULL)
		return 0;
	if (record_read(j, &r, &e) == -1) {
		must(e.code != ERR_NONE);
		must_be_empty(&r);
	} else {
		must_be_in_order(&r);
		must((written = record_json(&r, &e)) != NULL);
		must(record_read(written, &again, &e) == 0);
		must((second = record_json(&again, &e)) != NULL);
		must(json_equal(written, second));
		json_decref(written);
		json_decref(second);
		record_free(&again);
		record_free(&r);
	}
	json_decref(j);
	return 0;
}
