/*
 * The part of a plan that runs the release's scripts.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/places.h"
#include "script/runner.h"
#include "script_keys.h"

/* What the scripts of a release may ask about. */
struct asked {
	const struct plan *plan;
	struct settings *settings;
};

static int
get_setting(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct asked *a = arg;

	return settings_get(a->settings, key, name, v, e);
}

/* key: below the application's directory, as scripts name targets. */
static int
compare_target(const void *key, const void *file)
{
	return strcmp(key, strchr(((const struct plan_file *)file)->target, '/') + 1);
}

/* Files are in order of their targets, which all begin with the same application. */
static int
target_exists(void *arg, const char *target, struct err *e)
{
	const struct asked *a = arg;

	(void)e;
	return bsearch(target, a->plan->files, a->plan->n, sizeof *a->plan->files,
		   compare_target) != NULL;
}

static int
script_log(void *arg, const char *script, const char *text, struct err *e)
{
	(void)arg;
	(void)e;
	log_info("%s: %s", script, text);
	return 0;
}

static int
run_one(struct runner *r, struct dir *staging, const struct plan_file *f, struct changeset *out,
    struct err *e)
{
	struct buf source = BUF_INIT(SCRIPT_SIZE_MAX);
	const char *name = strchr(f->target, '/') + 1;
	int rc = -1;

	if (file_read(staging, f->sha256, &source, e) == 0)
		rc = runner_run(r, name, source.data, source.len, out, e);
	else
		err_context(e, "%s", name);
	buf_free(&source);
	return rc;
}

/* A station whose kernel can't confine the child runs scripts nevertheless, and says so. */
static void
tell_confinement(const struct runner *r)
{
	const struct confined *c = runner_confined(r);
	struct buf text = BUF_INIT(256);
	struct err e;

	if (c != NULL && confined_format(c, &text, &e) == 0)
		log_line(confined_fully(c) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "script child: %s",
		    buf_text(&text));
	buf_free(&text);
}

/* The scripts of one place, in one child; nothing is started where there are none. */
static int
run_place(const struct script_facts *facts, struct dir *staging, struct plan *p,
    enum plan_place place, int64_t deadline, struct err *e)
{
	struct runner *r = NULL;
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		if (p->files[i].place != place)
			continue;
		if (r == NULL && (r = runner_start(facts, deadline, e)) == NULL)
			return -1;
		rc = run_one(r, staging, &p->files[i], &p->settings, e);
	}
	if (r != NULL)
		tell_confinement(r);
	runner_end(r);
	return rc;
}

int
plan_scripts(const struct station *st, struct settings *s, struct dir *staging, int64_t deadline,
    struct plan *p, struct err *e)
{
	struct buf computer = BUF_INIT(256);
	struct asked asked = { p, s };
	struct script_facts facts = { .os = "linux",
		.application = st->application,
		.installation = st->installation,
		.release = (uint64_t)p->release,
		.names = { .own = st->names, .n = st->nnames },
		.get = get_setting,
		.exists = target_exists,
		.log = script_log,
		.arg = &asked };
	struct script_keys keys = { .n = { 0, 0 } };
	int rc = -1;

	if (place_known("ComputerName", strlen("ComputerName"), &computer, e) == -1 ||
	    script_keys_load(st, s, &keys, e) == -1)
		goto out;
	facts.station = buf_text(&computer);
	for (int user = 0; user < 2; user++) {
		facts.prefixes = (const char *const *)keys.keys[user];
		facts.nprefixes = keys.n[user];
		if (run_place(&facts, staging, p, user ? PLACE_SCRIPT_USER : PLACE_SCRIPT_MACHINE,
			deadline, e) == -1)
			goto out;
	}
	rc = 0;
out:
	script_keys_free(&keys);
	buf_free(&computer);
	return rc;
}
