/* SPDX-License-Identifier: ISC */
/*
 * %NAME% in texts.  A failure appends nothing; a text without '%' stays the same; the values of
 * names aren't expanded again.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/settings/expand.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct expand_name own[] = {
		{ "InstallDir", "/opt/%AppDir%" },
		{ "AppDir", "" },
		{ "Application", "COV_PB" },
	};
	const struct expand_names names = { .own = own, .n = sizeof own / sizeof own[0] };
	struct buf out = BUF_INIT(EXPAND_MAX + 1);
	struct err e = { 0 };
	char *text = feed_text(data, size);

	must(buf_addc(&out, '<', &e) == 0);
	if (expand(text, size, &names, &out, &e) == -1) {
		must(out.len == 1 && e.code != ERR_NONE);
	} else {
		must(out.len <= EXPAND_MAX + 1 && out.data[0] == '<');
		if (size > 0 && memchr(data, '%', size) == NULL)
			must(out.len == size + 1 && memcmp(out.data + 1, data, size) == 0);
	}
	free(text);
	buf_free(&out);
	return 0;
}
