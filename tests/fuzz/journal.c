/* SPDX-License-Identifier: ISC */
/*
 * A transaction after a crash, or on a disk that lies.  The first byte chooses the name of the
 * journal and the existing staged files; the rest is the text of the journal, whose length and
 * checksum are corrected.  Recovery fails or leaves no file of the transaction, changes nothing
 * outside the two roots, and finds nothing to do when repeated.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/digest.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "lib/os/clock.h"
#include "tests/fuzz/place.h"
#include "updater/apply/journal.h"
#include "updater/apply/transaction.h"

static const char *const names[] = { "journal.new", "journal", "journal.undo" };
static const char outside[] = "nobody may change this";

/* Makes two roots with some files, and the staged files. */
static void
make_place(unsigned what)
{
	static const char *const dirs[] = { "state", "install/bin", "install/.work", "app/tls",
		"app/.work" };
	static const char *const files[] = { "install/bin/hi", "install/old",
		"app/tls/server.crt" };

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		if ((what & 0x40) == 0 || strstr(dirs[i], ".work") == NULL)
			dir_close(place_make(dirs[i]));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		place_put(files[i], "one", 3);
	for (unsigned i = 0; i < 4 && (what & 0x40) == 0; i++) {
		char name[32];

		if ((what >> (2 + i) & 1) == 0)
			continue;
		snprintf(name, sizeof name, "install/.work/%c%u", i < 2 ? 'n' : 'o', i % 2);
		place_put(name, "two", 3);
	}
	place_put("outside", outside, sizeof outside);
}

/* The journal of the input, with our roots. */
static int
read_journal(const uint8_t *data, size_t size, struct journal *j)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE], path[PLACE_PATH];
	struct err e = { 0 };
	int rc;

	must(digest_of(DIGEST_SHA256, data, size, sum, &e) == 0);
	hex_encode(sum, SHA256_SIZE, hex);
	must(buf_addf(&text, &e, "slipway-journal 1 %zu %s\n", size, hex) == 0 &&
	    buf_add(&text, data, size, &e) == 0);
	rc = journal_read(text.data, text.len, j, &e);
	must(rc == 0 || e.code != ERR_NONE);
	buf_free(&text);
	for (int r = 0; r < LAYOUT_ROOTS && rc == 0; r++)
		if (j->roots[r] != NULL) {
			free(j->roots[r]);
			must((j->roots[r] = strdup(place_below(layout_place_names[r], path))) !=
			    NULL);
			j->made[r] %= 2; /* more would be the place itself */
		}
	return rc;
}

static void
recover(const struct journal *j, unsigned what)
{
	char installation[] = "I", application[] = "A", install[PLACE_PATH], app[PLACE_PATH];
	/* The station of the journal: a journal of another station isn't carried out. */
	const struct station st = { .installation = installation,
		.application = application,
		.install_dir = (char *)(uintptr_t)place_below("install", install),
		.app_dir = (char *)(uintptr_t)place_below("app", app) };
	struct transaction t = { .st = &st,
		.source_is_ours = true,
		.work = ".work",
		.deadline = CLOCK_NEVER };
	char machine[PLACE_PATH], user[PLACE_PATH];
	struct buf text = BUF_INIT(2 * JOURNAL_MAX), after = BUF_INIT(1024);
	enum transaction_end end;
	struct file_info info;
	struct err e = { 0 };

	t.state = place_make("state");
	must((t.settings = settings_open_files(place_below("machine.conf", machine),
		  place_below("user.conf", user), &e)) != NULL);
	must(journal_write(j, &text, &e) == 0);
	must(file_replace_fast(t.state, names[what % 3], text.data, text.len, 0600, &e) == 0);
	if (transaction_recover(&t, &end, &e) == 0) {
		/* A prepared journal that names places beyond the station is dropped. */
		must(end != TRANSACTION_NONE || strcmp(names[what % 3], "journal.new") == 0);
		for (size_t i = 0; i < 3; i++)
			must(file_stat(t.state, names[i], &info, &e) == 0);
		must(transaction_recover(&t, &end, &e) == 0 && end == TRANSACTION_NONE);
	} else {
		must(e.code != ERR_NONE);
	}
	must(file_read(NULL, place_below("outside", machine), &after, &e) == 0);
	must(after.len == sizeof outside && memcmp(after.data, outside, sizeof outside) == 0);
	settings_close(t.settings);
	dir_close(t.state);
	buf_free(&text);
	buf_free(&after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal j;
	struct err e;

	/* The unchanged input: without the right first line it is refused. */
	if (journal_read(data, size, &j, &e) == 0)
		journal_free(&j);
	if (size < 2 || read_journal(data + 1, size - 1, &j) == -1)
		return 0;
	make_place(data[0]);
	recover(&j, data[0]);
	journal_free(&j);
	place_empty();
	return 0;
}
