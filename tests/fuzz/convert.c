/* SPDX-License-Identifier: ISC */
/*
 * Batch files and registry export files as scripts: each script runs, and makes as many changes as
 * were turned; the script of a registry export file makes those of the file.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/script/convert.h"
#include "lib/script/script.h"
#include "lib/settings/regfile.h"

static int
on_told(void *lost, size_t line, const char *why, struct err *e)
{
	(void)e;
	must(line > 0 && why[0] != '\0');
	++*(size_t *)lost;
	return 0;
}

/* The same names as convert.c knows. */
static const struct expand_name names[] = { { "AppData", "<1>" }, { "LocalAppData", "<2>" },
	{ "ProgramData", "<3>" }, { "ProgramFiles", "<4>" }, { "ProgramFiles(x86)", "<5>" },
	{ "UserProfile", "<6>" }, { "Temp", "<7>" }, { "ComputerName", "<8>" },
	{ "InstallDir", "<9>" }, { "AppDir", "<10>" }, { "Application", "<11>" },
	{ "Installation", "<12>" } };

/* What the script changes must be what the file says. */
static void
compare(const uint8_t *data, size_t size, const struct changeset *got)
{
	struct changeset want = CHANGESET_INIT;
	struct err e;

	if (!reg_is_file(data, size) || reg_parse(data, size, &want, &e) == -1)
		return;
	must(want.n == got->n);
	for (size_t i = 0; i < want.n; i++) {
		const struct change *a = &want.changes[i], *b = &got->changes[i];

		must(a->op == b->op && strcmp(a->key, b->key) == 0);
		must(a->name == NULL || strcmp(a->name, b->name) == 0);
		must(a->op != CHANGE_SET || value_equal(&a->value, &b->value));
	}
	changeset_free(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "HKLM", "HKCU" };
	const struct script_facts facts = { .station = "S",
		.os = "linux",
		.application = "A",
		.installation = "I",
		.release = 1,
		.names = { .own = names, .n = sizeof names / sizeof names[0], .only_own = true },
		.prefixes = keys,
		.nprefixes = 2 };
	struct buf script = BUF_INIT(SCRIPT_SIZE_MAX), one = BUF_INIT(SCRIPT_SIZE_MAX);
	struct changeset c = CHANGESET_INIT;
	struct convert_count n = { 0, 0 };
	size_t lost = 0, line = 0;
	const struct convert_told told = { on_told, on_told, &lost };
	struct err e = { 0 };

	if (convert(data, size, &told, &script, &n, &e) == -1) {
		must(script.len == 0 && (e.code == ERR_SYNTAX || e.code == ERR_TOO_LARGE));
	} else {
		const uint8_t *source = script.data == NULL ? (const uint8_t *)"" : script.data;

		must(script_run("script", source, script.len, &facts, &c, &e) == 0);
		must(c.n == n.machine + n.user);
		if (lost == 0)
			compare(data, size, &c);
		must(convert_first(data, size, &line, &one, &e) == (c.n > 0));
		must((line > 0) == (c.n > 0));
	}
	changeset_free(&c);
	buf_free(&script);
	buf_free(&one);
	return 0;
}
