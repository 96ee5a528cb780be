/*
 * The part of a plan that runs the release's scripts.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/places.h"
#include "script/script.h"
#include "settings/application.h"

static int
get_setting(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	return settings_get(arg, key, name, v, e);
}

static void
script_log(void *arg, const char *script, const char *text)
{
	(void)arg;
	log_info("%s: %s", script, text);
}

static int
run_one(struct dir *staging, const struct plan_file *f, const struct script_facts *facts,
    struct changeset *out, struct err *e)
{
	struct buf source = BUF_INIT(SCRIPT_SIZE_MAX);
	const char *name = strchr(f->target, '/') + 1;
	int rc = -1;

	if (file_read(staging, f->sha256, &source, e) == 0)
		rc = script_run(name, source.data, source.len, facts, out, e);
	buf_free(&source);
	return rc;
}

int
plan_scripts(const struct station *st, struct settings *s, struct dir *staging, struct plan *p,
    struct err *e)
{
	struct buf computer = BUF_INIT(256), prefix[2] = { BUF_INIT(SETTING_KEY_MAX),
		BUF_INIT(SETTING_KEY_MAX) };
	const char **files = calloc(p->n + 1, sizeof *files), *prefixes[1];
	static const char *const roots[2] = { "HKLM", "HKCU" };
	int rc = -1;

	if (files == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < p->n; i++)
		files[i] = strchr(p->files[i].target, '/') + 1;
	if (place_known("ComputerName", strlen("ComputerName"), &computer, e) == -1)
		goto out;
	for (int i = 0; i < 2; i++)
		if (buf_addf(&prefix[i], e, "%s\\SOFTWARE\\" SETTINGS_VENDOR "\\%s", roots[i],
			st->installation) == -1)
			goto out;
	struct script_facts facts = { .station = buf_text(&computer), .os = "linux",
		.application = st->application, .installation = st->installation,
		.release = (uint64_t)p->release, .files = files, .nfiles = p->n,
		.names = { st->names, st->nnames, false }, .prefixes = prefixes, .nprefixes = 1,
		.get = get_setting, .log = script_log, .arg = s };

	for (int user = 0; user < 2; user++) {
		prefixes[0] = buf_text(&prefix[user]);
		for (size_t i = 0; i < p->n; i++)
			if (p->files[i].place == (user ? PLACE_SCRIPT_USER : PLACE_SCRIPT_MACHINE) &&
			    run_one(staging, &p->files[i], &facts, &p->settings, e) == -1)
				goto out;
	}
	rc = 0;
out:
	free(files);
	buf_free(&computer);
	buf_free(&prefix[0]);
	buf_free(&prefix[1]);
	return rc;
}
