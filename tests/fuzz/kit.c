/* SPDX-License-Identifier: ISC */
/* An enrolment kit.  An accepted one stays the same when it is written and read again. */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/kit.h"

static void
must_be_equal_lists(const struct strings *a, const struct strings *b)
{
	must(a->n == b->n);
	for (size_t i = 0; i < a->n; i++)
		must(strcmp(a->v[i], b->v[i]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT(8 * KIT_MAX);
	struct kit k, again;
	struct err e = { 0 };

	if (kit_parse(data, size, &k, &e) == -1) {
		must(e.code != ERR_NONE);
		must(k.root == NULL && k.servers.n == 0 && k.names.n == 0);
		return 0;
	}
	must(k.servers.n > 0 && k.servers.n <= KIT_LIST_MAX && k.host_keys.n <= KIT_LIST_MAX);
	must(k.names.n == k.values.n && *k.root != '\0' && *k.application != '\0');
	if (kit_format(&k, &text, &e) == 0) {
		must(kit_parse(text.data, text.len, &again, &e) == 0);
		must(strcmp(k.root, again.root) == 0);
		must(strcmp(k.installation, again.installation) == 0);
		must((k.login_key == NULL) == (again.login_key == NULL));
		must_be_equal_lists(&k.servers, &again.servers);
		must_be_equal_lists(&k.host_keys, &again.host_keys);
		for (size_t i = 0; i < k.names.n; i++)
			must(strcmp(kit_option(&again, k.names.v[i]), k.values.v[i]) == 0);
		kit_free(&again);
	} else {
		must(e.code == ERR_TOO_LARGE); /* escapes take more bytes */
	}
	buf_free(&text);
	kit_free(&k);
	return 0;
}
