/* SPDX-License-Identifier: ISC */
/*
 * The audit log.  When its chain holds, a line can be appended and the chain still holds; when its
 * end is damaged, nothing is appended.
 */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "lib/os/move.h"
#include "server/repo/audit.h"

static char path[64];

static void
remove_all(void)
{
	struct err e;
	struct dir *d = dir_open(path, &e);

	if (d != NULL)
		file_remove(d, AUDIT_FILE, &e);
	dir_close(d);
	rmdir(path);
}

static struct dir *
place(void)
{
	struct err e;
	struct dir *d;

	if (path[0] == '\0') {
		snprintf(path, sizeof path, "%s/slipway-fuzz-XXXXXX",
		    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		must(mkdtemp(path) != NULL);
		atexit(remove_all);
	}
	must((d = dir_open(path, &e)) != NULL);
	return d;
}

static int
count(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e)
{
	int64_t *n = arg;

	(void)e;
	must(json_is_object(entry) && strlen(hash) == SHA256_HEX_SIZE - 1 && *line == '{');
	++*n;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_report before, after;
	int64_t lines = 0;
	struct dir *d = place();
	struct err e = { 0 };
	json_t *entry, *last;
	int whole, ready;

	must(file_replace_fast(d, AUDIT_FILE, data, size, 0600, &e) == 0);
	whole = audit_walk(d, count, &lines, &before, &e);
	must(before.lines == lines);
	must(whole == 0 || e.code != ERR_NONE);
	ready = audit_last(d, &last, &e);
	must(ready == 0 || last == NULL);
	json_decref(last);
	must((entry = json_pack("{s:s,s:s}", "action", "fuzz", "time", "2026-01-01T00:00:00Z")) !=
	    NULL);
	must((audit_add(d, entry, &e) == 0) == (ready == 0));
	if (whole == 0 && ready == 0) {
		must(audit_walk(d, NULL, NULL, &after, &e) == 0);
		must(after.lines == lines + 1 && after.cut == 0);
		must((json_object_get(after.last, "cut") != NULL) == (before.cut > 0));
		audit_report_free(&after);
	}
	json_decref(entry);
	audit_report_free(&before);
	dir_close(d);
	return 0;
}
