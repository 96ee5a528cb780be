/* SPDX-License-Identifier: ISC */
/*
 * A signing request as a signer gets it.  The description has no control characters except line
 * ends, whatever the request holds.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "server/repo/describe.h"
#include "server/repo/request.h"

static void
show(const json_t *file)
{
	const json_t *body = json_object_get(json_object_get(file, "metadata"), "signed");
	const json_t *before = json_object_get(json_object_get(file, "before"), "signed");
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct request_signers who;
	struct err e = { 0 };

	must(request_role(file) != NULL);
	for (int old = 0; old < 2; old++) {
		buf_reset(&text);
		if (describe_role(request_role(file), body, old == 0 ? NULL : before, &text, &e) ==
		    -1)
			must(e.code != ERR_NONE);
		for (size_t i = 0; i < text.len; i++)
			must(
			    (text.data[i] >= 0x20 && text.data[i] != 0x7f) || text.data[i] == '\n');
	}
	for (size_t i = 0; i < request_signers_count(file); i++)
		if (request_signers(file, i, &who, &e) == 0)
			must(who.threshold >= 1 && who.have <= who.n);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *request = json_text_parse(data, size, &e), *copy;

	if (request == NULL)
		return 0;
	if (request_check(request, &e) == -1) {
		must(e.code != ERR_NONE);
	} else {
		must(request_count(request) > 0);
		for (size_t i = 0; i < request_count(request); i++)
			show(request_file(request, i));
		must((copy = json_deep_copy(request)) != NULL);
		if (request_merge(request, copy, &e) == 0)
			must(request_check(request, &e) == 0);
		json_decref(copy);
	}
	json_decref(request);
	return 0;
}
