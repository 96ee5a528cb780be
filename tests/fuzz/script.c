/* SPDX-License-Identifier: ISC */
/*
 * Script texts in the sandbox: they stay within its memory and instructions, and give only well
 * formed changes below the allowed prefix.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/script/script.h"

#define PREFIX "HKLM\\SOFTWARE\\HI"

static int
get(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	(void)arg;
	(void)key;
	if (name[0] == 'n')
		return value_number(v, VALUE_DWORD, 7, e) == -1 ? -1 : 1;
	if (name[0] == 't')
		return value_text(v, VALUE_STRING, "text", 4, e) == -1 ? -1 : 1;
	return 0;
}

static int
exists(void *arg, const char *target, struct err *e)
{
	(void)arg;
	(void)e;
	return strcmp(target, "app/COV_PB/server.crt") == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const prefixes[] = { PREFIX };
	static const struct expand_name own[] = { { "AppDir", "/srv/app" } };
	const struct script_facts facts = {
		.station = "ST1",
		.os = "linux",
		.application = "COV_PB",
		.installation = "HI",
		.release = 7,
		.names = { .own = own, .n = 1 },
		.prefixes = prefixes,
		.nprefixes = 1,
		.get = get,
		.exists = exists,
	};
	struct changeset out = CHANGESET_INIT;
	struct err e = { 0 };

	if (script_run("fuzz.lua", data, size, &facts, &out, &e) == -1) {
		must(out.n == 0 && e.code != ERR_NONE && e.text[0] != '\0');
	} else {
		for (size_t i = 0; i < out.n; i++) {
			must(setting_key_within(out.changes[i].key, PREFIX));
			if (out.changes[i].op == CHANGE_SET)
				must(value_check(&out.changes[i].value, &e) == 0);
		}
	}
	changeset_free(&out);
	return 0;
}
