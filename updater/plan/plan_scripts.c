/* SPDX-License-Identifier: ISC */
/* The part of a plan that runs the release's scripts. */
#include "updater/plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/script/runner.h"
#include "lib/script/userfile.h"
#include "lib/settings/view.h"
#include "updater/station/script_keys.h"

/* What the scripts of a release may ask about. */
struct asked {
	const struct station *st;
	const struct plan *plan;
	const struct plan_scripts *run;
};

static int
ask_setting(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct asked *a = arg;

	return settings_get(a->run->settings, key, name, v, e);
}

/* key: below the application's directory, as scripts name targets. */
static int
compare_script_target(const void *key, const void *file)
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
		   compare_script_target) != NULL;
}

static int
forward_log(void *arg, const char *script, const char *text, struct err *e)
{
	const struct plan_scripts *run = ((const struct asked *)arg)->run;

	(void)e;
	if (run->log != NULL)
		run->log(run->arg, LOG_LEVEL_INFO, script, text);
	return 0;
}

/* The station's own names, and those of a user's folders. */
#define NAMES_MAX (STATION_NAMES + 4)

/*
 * The names that scripts of a part can use.  Folders of the user who happens to run the machine's
 * scripts would be stored for everybody.
 */
static size_t
names_for(const struct station *st, bool user, struct expand_name names[static NAMES_MAX])
{
	const char *fixed;
	size_t n = 0;

	for (size_t i = 0; i < st->nnames; i++) {
		names[n++] = st->names[i];
		if (!user && st->app_of_user && ascii_same(st->names[i].name, "AppDir"))
			names[n - 1].text = NULL;
	}
	if (user || !place_stationwide())
		return n;
	for (size_t i = 0; (fixed = place_known_name(i)) != NULL; i++)
		if (place_of_user(fixed, strlen(fixed)))
			names[n++] = (struct expand_name){ fixed, NULL };
	return n;
}

/* Appends to an error of a machine's script what to write instead of a name without a value. */
static void
tell_names(const struct station *st, struct err *e)
{
	size_t len = strlen(e->text);
	const char *name = strstr(e->text, "% has no value here");

	if (name == NULL)
		return;
	if (strstr(e->text, "%AppDir%") != NULL)
		snprintf(e->text + len, sizeof e->text - len,
		    "; AppDir is each user's on this station: write %s with each %% doubled, which "
		    "programs expand for their users",
		    st->app_dir_text);
	else
		snprintf(e->text + len, sizeof e->text - len,
		    "; it would be the folder of the account that runs this update: write %%%%NAME%%%%, "
		    "which programs expand for their users, or %%AppDir%%");
}

static int
run_script(struct runner *r, struct dir *source, const struct plan_file *f, struct changeset *out,
    struct err *e)
{
	struct buf text = BUF_INIT(SCRIPT_SIZE_MAX);
	const char *name = strchr(f->target, '/') + 1;
	uint8_t sum[DIGEST_MAX];
	int rc = -1;

	if (file_read(source, f->sha256, &text, e) == -1 ||
	    digest_of(DIGEST_SHA256, text.data, text.len, sum, e) == -1)
		err_context(e, "%s", name);
	else if (memcmp(sum, f->want.hashes.sha256, SHA256_SIZE) != 0)
		err_setx(e, ERR_HASH, "%s: not the script that was signed", name);
	else
		rc = runner_run(r, name, text.data, text.len, out, e);
	buf_free(&text);
	return rc;
}

/* A station whose kernel can't confine the child runs scripts nevertheless, and says so. */
static void
tell_confinement(const struct plan_scripts *run, const struct runner *r)
{
	const struct confined *c = runner_confined(r);
	struct buf text = BUF_INIT(256);
	struct err e;

	if (c != NULL && run->log != NULL && confined_format(c, &text, &e) == 0)
		run->log(run->arg, confined_fully(c) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		    "script child", buf_text(&text));
	buf_free(&text);
}

static const char *
app_file(void *arg, size_t i)
{
	const struct plan *p = ((const struct asked *)arg)->plan;

	if (i == p->n)
		return NULL;
	return p->files[i].place == LAYOUT_APP && p->files[i].op != PLAN_REMOVE ? p->files[i].rest
										: "";
}

/* Whether an entry is the installed file for this user, on a station that is this user's alone. */
static bool
is_installed_file(void *arg, const char *entry, const char *file)
{
	const struct asked *a = arg;
	struct buf path = BUF_INIT(EXPAND_MAX), installed = BUF_INIT(STATION_PATH_MAX);
	struct err ignored;
	bool is;

	if (place_stationwide())
		return false;
	is = expand(entry, strlen(entry), NULL, &path, &ignored) == 0 &&
	    path_join(&installed, a->st->app_dir, file, &ignored) == 0;
	/* The TLS library takes either separator. */
	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] == '\\')
			path.data[i] = '/';
	is = is && path_casecmp(buf_text(&path), buf_text(&installed)) == 0;
	buf_free(&path);
	buf_free(&installed);
	return is;
}

/* Warns of TLS settings that name files in other places than the release's are. */
static void
tell_user_files(struct asked *a, const struct changeset *c)
{
	const struct userfile_release r = { app_file, is_installed_file, a, NULL };
	struct err why;

	if (a->st->app_of_user || a->st->app_dir == NULL || a->run->log == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (userfile_find(&c->changes[i], &r, &why))
			a->run->log(a->run->arg, LOG_LEVEL_WARN, a->st->app_dir_native, why.text);
}

int
plan_scripts(const struct station *st, const struct plan_scripts *run, enum layout_place place,
    const struct plan *p, struct changeset *out, struct err *e)
{
	const bool user = place == LAYOUT_SCRIPTS_USER;
	struct buf computer = BUF_INIT(256);
	struct asked asked = { st, p, run };
	struct expand_name names[NAMES_MAX];
	struct script_facts facts = { .os = place_system(),
		.application = st->application,
		.installation = st->installation,
		.release = (uint64_t)p->release,
		.names = { .own = names, .n = names_for(st, user, names) },
		.get = ask_setting,
		.exists = target_exists,
		.log = forward_log,
		.arg = &asked };
	struct script_keys keys = { .n = { 0, 0 } };
	struct runner *r = NULL;
	int rc = -1;

	settings_hold(run->settings); /* all scripts see one state, which is read once */
	if (place_known("ComputerName", strlen("ComputerName"), &computer, e) == -1 ||
	    script_keys_load(st, run->settings, &keys, e) == -1)
		goto out;
	facts.station = buf_text(&computer);
	facts.prefixes = (const char *const *)keys.keys[user];
	facts.nprefixes = keys.n[user];
	facts.is_default = keys.is_default && !user;
	rc = 0;
	/* One child for all; nothing is started where there are none. */
	for (size_t i = 0; i < p->n && rc == 0; i++) {
		if (p->files[i].place != place)
			continue;
		if ((rc = clock_check(run->deadline, "scripts were run", e)) == -1)
			break;
		rc = r == NULL &&
			(r = runner_start(&facts, SCRIPT_TIME_MAX_MS, run->deadline, e)) == NULL
		    ? -1
		    : run_script(r, run->source, &p->files[i], out, e);
	}
	if (rc == -1 && !user)
		tell_names(st, e);
	if (rc == 0 && !user)
		tell_user_files(&asked, out);
	if (rc == 0 && !user && st->registry_view == REGISTRY_VIEW_BOTH)
		rc = view32_mirror(out, e);
	if (r != NULL)
		tell_confinement(run, r);
	runner_end(r);
out:
	settings_release(run->settings);
	script_keys_free(&keys);
	buf_free(&computer);
	return rc;
}
