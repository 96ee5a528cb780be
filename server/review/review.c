/* SPDX-License-Identifier: ISC */
/* A release beside the one before it. */
#include "server/review/review.h"

#include <inttypes.h>
#include <string.h>

#include "server/review/tls_use.h"

static int
run_scripts(struct review *v, struct err *e)
{
	if (outcome_of(&v->after, &v->is, e) == -1)
		return -1;
	/* The release before may be one that --no-script-check published. */
	if (outcome_of(&v->before, &v->was, &v->was_fault) == -1 && v->was_fault.code == ERR_NOMEM)
		return err_nomem(e);
	return 0;
}

int
review_begin(struct review *v, const struct repo *r, const char *app, const json_t *body,
    struct dir *dir, bool run, struct err *e)
{
	memset(v, 0, sizeof *v);
	v->before = (struct content){ .app = app, .r = r };
	v->after = (struct content){ .app = app,
		.r = r,
		.dir = dir,
		.targets = json_object_get(body, "targets") };
	v->body = body;
	v->number = json_integer_value(json_object_get(body, "release"));
	if (repo_read_app(r, app, &v->present, e) == -1)
		return -1;
	if (v->present != NULL) {
		v->before.targets = v->present->targets;
		v->number_before =
		    json_integer_value(json_object_get(v->present->c.json, "release"));
	}
	return run ? run_scripts(v, e) : 0;
}

void
review_end(struct review *v)
{
	outcome_free(&v->was);
	outcome_free(&v->is);
	targets_free(v->present);
}

static int
say_settings(const struct review *v, size_t lines, struct buf *out, struct err *e)
{
	json_t *settings;
	int rc;

	if (v->is.settings[0] == NULL)
		return buf_adds(out, "settings: not looked at\n", e);
	if (v->was.settings[0] == NULL)
		return buf_addf(out, e,
		    "settings: not compared, a script of release %" PRId64 " fails: %s\n",
		    v->number_before, v->was_fault.text);
	if ((settings = changes_of_settings(&v->was, &v->is, e)) == NULL)
		return -1;
	rc = changes_say_settings(settings, lines, out, e);
	json_decref(settings);
	return rc;
}

int
review_say(const struct review *v, size_t lines, struct buf *out, struct err *e)
{
	json_t *files = changes_of_files(&v->before, &v->after, e);
	int rc = files == NULL ? -1
	    : v->number_before == 0
	    ? buf_addf(out, e, "%s release %" PRId64 ", the first:\n", v->after.app, v->number)
	    : buf_addf(out, e, "%s release %" PRId64 " instead of %" PRId64 ":\n", v->after.app,
		  v->number, v->number_before);

	if (rc == 0 && (rc = changes_say_files(files, lines, out, e)) == 0 &&
	    (rc = say_settings(v, lines, out, e)) == 0)
		rc = changes_say_servers(v->present == NULL ? NULL : v->present->c.json, v->body,
		    out, e);
	json_decref(files);
	return rc;
}

int
review_strays(const struct review *v, struct strings *notes, struct err *e)
{
	return tls_use_strays(&v->is, notes, e);
}
