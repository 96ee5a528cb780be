/* SPDX-License-Identifier: ISC */
/* slipway-repo publish. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/path.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "server/cmd/cmd_change.h"
#include "server/cmd/publish_review.h"
#include "server/repo/change_commit.h"
#include "server/repo/publish.h"
#include "server/repo/request.h"
#include "server/review/guard.h"

/*
 * Warns of expired root and targets: stations refuse a release below them, and this command
 * renews neither.
 */
static void
warn_expired(const struct repo *r)
{
	if (r->root->c.expires <= clock_wall())
		log_warn(
		    "publish: root has expired; stations refuse everything until it is renewed");
	if (r->roles->c.expires <= clock_wall())
		log_warn(
		    "publish: targets have expired; stations refuse them until they are renewed");
}

/* InstallDir isn't known here: "slipway plan" tells of each station's own paths. */
static void
warn_long_names(const struct release *rel)
{
	const char *first;
	size_t n = release_long_paths(rel, &first);

	if (n > 0)
		log_warn(
		    "publish: %zu file%s with a path of over %d characters, such as %s; on "
		    "Windows most programs open no path of over %d, that of InstallDir or AppDir "
		    "included; give shorter names",
		    n, n == 1 ? "" : "s", PATH_HOPEFUL_MAX, first, PATH_PROGRAMS_MAX);
}

static int
check_scripts_of(const struct session *s, const struct release *rel, const char *app, bool dry,
    struct err *e)
{
	struct strings notes = STRINGS_INIT;
	int rc = release_check_scripts(rel, app, dry ? NULL : s->r->top, &notes, e);

	for (size_t i = 0; i < notes.n && rc == 0; i++)
		log_warn("publish: %s", notes.v[i]);
	if (rc == -1)
		err_context(e, "nothing published (--no-script-check publishes nevertheless)");
	strings_free(&notes);
	return rc;
}

struct options {
	struct session s;
	struct option_list from; /* --signed */
	const char *app;
	struct publish_review review;
};

static int
put_new(struct options *o, const struct release *rel, int64_t number, struct err *e)
{
	struct session *s = &o->s;
	bool live = s->request == NULL;
	size_t stored = 0;

	if (session_sign(s, e) == -1 ||
	    (live && publish_store(s->r, o->app, rel, &stored, e) == -1) ||
	    session_write(s, e) == -1)
		return -1;
	if (!live)
		return cmd_change_report(s, "", e);
	printf("published %s release %" PRId64 ": %zu file%s, %" PRIu64 " bytes, %zu file%s new\n",
	    o->app, number, rel->n, cli_plural(rel->n), rel->bytes, stored, cli_plural(stored));
	return 0;
}

static int
publish_new(struct options *o, const char *path, struct err *e)
{
	struct session *s = &o->s;
	struct release rel;
	int64_t number = 0;
	int rc = -1;

	if (release_scan(&rel, o->app, path, e) == -1)
		goto out;
	if (!o->review.no_check && check_scripts_of(s, &rel, o->app, o->review.dry, e) == -1)
		goto out;
	warn_long_names(&rel);
	if (publish_draft(s->c, o->app, &rel, &number, e) == -1 ||
	    publish_review(&o->review, s, o->app,
		json_object_get(s->c->files[0].metadata, "signed"), rel.dir, e) == -1 ||
	    (s->request == NULL && publish_review_trust(&o->review, s, rel.dir, e) == -1) ||
	    publish_review_ask(&o->review, s, e) == -1)
		goto out;
	if (!o->review.dry)
		rc = put_new(o, &rel, number, e);
	else
		rc = printf("nothing published (--dry-run)\n") < 0 ? -1 : 0;
out:
	release_free(&rel);
	return rc;
}

/* Merges all copies of a request into one. */
static json_t *
read_requests(const struct option_list *paths, struct err *e)
{
	json_t *all = request_read(paths->values[0], e);

	for (size_t i = 1; all != NULL && i < paths->n; i++) {
		json_t *other = request_read(paths->values[i], e);
		int rc = other == NULL ? -1 : request_merge(all, other, e);

		json_decref(other);
		if (rc == -1) {
			err_context(e, "%s", paths->values[i]);
			json_decref(all);
			all = NULL;
		}
	}
	return all;
}

/* Shows a signed release, and stores its files from the directory that it was made of. */
static int
store_signed(struct options *o, const char *path, struct err *e)
{
	struct session *s = &o->s;
	const char *app = s->c->files[0].name;
	const json_t *body = json_object_get(s->c->files[0].metadata, "signed");
	struct release rel;
	size_t stored;
	int rc = -1;

	if (s->c->n != 1 || application_check(app, e) == -1)
		return err_setx(e, ERR_USAGE, "%s: the request is about no release", path);
	if (release_scan(&rel, app, path, e) == -1)
		goto out;
	if (!json_equal(rel.targets, json_object_get(body, "targets")))
		err_setx(e, ERR_CONFLICT, "%s: want the files that were signed, got others", path);
	else if (publish_review(&o->review, s, app, body, rel.dir, e) == 0 &&
	    publish_review_ask(&o->review, s, e) == 0)
		rc = publish_store(s->r, app, &rel, &stored, e);
out:
	release_free(&rel);
	return rc;
}

/* Checks that the repository has all files that the change names; with show, shows releases. */
static int
check_all_stored(struct options *o, bool show, struct err *e)
{
	struct session *s = &o->s;

	for (size_t i = 0; i < s->c->n; i++) {
		const struct change_file *f = &s->c->files[i];
		const json_t *body = json_object_get(f->metadata, "signed");

		if (publish_check(s->r, json_object_get(body, "targets"), e) == -1)
			return err_context(e, "%s", f->name);
		if (show && repo_delegation(s->r, f->name) != NULL &&
		    (publish_review(&o->review, s, f->name, body, NULL, e) == -1 ||
			publish_review_ask(&o->review, s, e) == -1))
			return -1;
	}
	return 0;
}

static int
publish_signed(struct options *o, const char *release, struct err *e)
{
	struct session *s = &o->s;
	json_t *request = read_requests(&o->from, e);
	int rc = -1;

	if (request == NULL)
		return -1;
	if (request_load(request, s->c, e) == 0 && change_ready(s->c, s->ks, &s->p, e) == 0 &&
	    (release == NULL || store_signed(o, release, e) == 0) &&
	    check_all_stored(o, release == NULL, e) == 0 &&
	    publish_review_trust(&o->review, s, NULL, e) == 0 && session_write(s, e) == 0)
		rc = cmd_change_report(s, "published", e);
	json_decref(request);
	return rc;
}

static int
check_publish_options(const struct options *o, const char *release, struct err *e)
{
	if (o->from.n > 0 && (o->app != NULL || o->s.request != NULL))
		return err_setx(e, ERR_USAGE,
		    "publish: --signed goes with neither --app nor --unsigned: the request says what it is");
	if (o->from.n > 0 && o->review.dry)
		return err_setx(e, ERR_USAGE,
		    "publish: --signed doesn't go with --dry-run; 'slipway-repo sign --show FILE' shows a request");
	if (o->review.dry && o->s.request != NULL)
		return err_setx(e, ERR_USAGE,
		    "publish: want one of --dry-run and --unsigned: one writes nothing, the other a request");
	if (o->from.n == 0 && o->app == NULL)
		return err_setx(e, ERR_USAGE, "publish: --app APP is missing");
	if (o->from.n == 0 && release == NULL)
		return err_setx(e, ERR_USAGE, "publish: the directory of the release is missing");
	if (publish_review_check(&o->review, e) == -1)
		return -1;
	return o->app == NULL ? 0 : application_check(o->app, e);
}

static int
run_publish(struct call *call, struct err *e)
{
	struct options *o = call->options;
	struct session *s = &o->s;
	const char *release = call->argv[0];
	int rc = -1;

	if (check_publish_options(o, release, e) == -1)
		return -1;
	if (cmd_change_begin(call, s, e) == 0)
		rc = o->from.n > 0 ? publish_signed(o, release, e) : publish_new(o, release, e);
	if (rc == 0)
		warn_expired(s->r);
	return cmd_change_end(call, s, rc, "published", e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "app", OPTION_TEXT, TO(app), "APP", "the application", .offers = OFFER_NOTHING },
	PUBLISH_REVIEW_ROWS(TO(review.allow), TO(review.kernels), TO(review.yes), TO(review.dry)),
	{ "no-script-check", OPTION_FLAG, TO(review.no_check), NULL,
	    "don't run the release's scripts first" },
	{ "no-certificate-check", OPTION_FLAG, TO(review.no_guard), NULL,
	    "the same as --allow replacement" },
	{ "signed", OPTION_LIST, TO(from), "FILE",
	    "put the signed request FILE live; may be repeated for copies that several people "
	    "signed" },
	CMD_CHANGE_ROWS(struct options, s),
	OPTION_END,
};

const struct command cmd_publish = { "publish", run_publish,
	"[options] --app APP RELEASE_DIR | --signed FILE [RELEASE_DIR]", 0, 1,
	"sign and publish a release of an application", GUARD_WORDS_HELP, COMMAND_OPTIONS(options),
	.offers = OFFER_DIRECTORIES };
