/* SPDX-License-Identifier: ISC */
/* What publish shows, asks and refuses before a release goes live. */
#include "server/cmd/publish_review.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/log.h"
#include "server/review/guard.h"
#include "server/review/guard_kernel.h"
#include "server/rollover/trust.h"

/* Bytes of the difference to the release before. */
#define SHOWN_MAX (1024u * 1024)

int
publish_review_check(const struct publish_review *o, struct err *e)
{
	for (size_t i = 0; i < o->allow.n; i++)
		if (guard_of_word(o->allow.values[i]) == -1)
			return err_setx(e, ERR_USAGE,
			    "publish: --allow: want one of the words that 'slipway-repo publish --help' lists, got '%s'",
			    o->allow.values[i]);
	return 0;
}

static bool
allows(const struct publish_review *o, enum guard g)
{
	if (g == GUARD_REPLACEMENT && o->no_guard)
		return true;
	for (size_t i = 0; i < o->allow.n; i++)
		if (strcmp(o->allow.values[i], guard_word(g)) == 0)
			return true;
	return false;
}

/* Notes a word for the log, once. */
static int
note_allowed(struct session *s, const char *word, struct err *e)
{
	size_t i = 0;

	if (s->allowed == NULL && (s->allowed = json_array()) == NULL)
		return err_nomem(e);
	while (i < json_array_size(s->allowed) &&
	    strcmp(json_string_value(json_array_get(s->allowed, i)), word) != 0)
		i++;
	return i < json_array_size(s->allowed) ||
		json_array_append_new(s->allowed, json_string(word)) == 0
	    ? 0
	    : err_nomem(e);
}

/* Warns of what is let through, and notes its word for the log. */
static int
let_through(struct session *s, enum guard g, const struct err *why, struct err *e)
{
	log_warn("publish: allowed (%s): %s", guard_word(g), why->text);
	return note_allowed(s, guard_word(g), e);
}

/* Warns of TLS settings that would count for nothing. */
static int
warn_strays(const struct review *v, struct err *e)
{
	struct strings notes = STRINGS_INIT;
	int rc = review_strays(v, &notes, e);

	for (size_t i = 0; i < notes.n; i++)
		log_warn("publish: %s", notes.v[i]);
	strings_free(&notes);
	return rc;
}

/* Logs what is refused; the error names the words that would let it through. */
static int
refuse(const struct guard_findings *f, const struct publish_review *o, const char *app,
    struct err *e)
{
	struct buf words = BUF_INIT(1024);
	struct err ignored;
	size_t refused = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!allows(o, f->v[i].which))
			log_error("publish: %s", f->v[i].why.text);
	for (int g = 0; g < GUARDS; g++) {
		if (f->count[g] == 0 || allows(o, (enum guard)g))
			continue;
		if (f->count[g] > GUARD_FINDINGS_MAX)
			log_error("publish: and %zu more like these",
			    f->count[g] - GUARD_FINDINGS_MAX);
		refused += f->count[g];
		(void)buf_addf(&words, &ignored, " --allow %s", guard_word((enum guard)g));
	}
	if (refused > 0)
		err_setx(e, ERR_CONFLICT,
		    "%s: nothing published: %zu mistake%s; mend %s, or publish nevertheless with%s",
		    app, refused, refused == 1 ? "" : "s", refused == 1 ? "it" : "them",
		    buf_text(&words));
	buf_free(&words);
	return refused == 0 ? 0 : -1;
}

static int
guard(const struct publish_review *o, struct session *s, const struct review *v, struct err *e)
{
	struct guard_findings f = { .n = 0 };
	int rc = guard_look(&f, v, !o->older, e);

	if (rc == 0)
		rc = guard_kernels(&f, v, o->kernels.values, o->kernels.n, e);
	if (rc == 0 && (rc = refuse(&f, o, v->after.app, e)) == 0)
		for (size_t i = 0; i < f.n && rc == 0; i++)
			rc = let_through(s, f.v[i].which, &f.v[i].why, e);
	guard_free(&f);
	return rc;
}

static int
show(const struct review *v, struct err *e)
{
	struct buf text = BUF_INIT(SHOWN_MAX);
	int rc = review_say(v, CHANGES_LINES, &text, e);

	if (rc == 0) {
		fputs(buf_text(&text), stdout);
		rc = fflush(stdout) == EOF ? err_set(e, ERR_IO, "standard output") : 0;
	}
	buf_free(&text);
	return rc;
}

/* Whether somebody sees the difference and can answer. */
static bool
person_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int
publish_review(const struct publish_review *o, struct session *s, const char *app,
    const json_t *body, struct dir *dir, struct err *e)
{
	struct review v;
	int rc = review_begin(&v, s->r, app, body, dir, !o->no_check, e);

	if (rc == 0 && (rc = show(&v, e)) == 0 && (rc = warn_strays(&v, e)) == 0)
		rc = guard(o, s, &v, e);
	/* What needs a run of the scripts is let through by this, whatever it is. */
	if (rc == 0 && o->no_check)
		rc = note_allowed(s, "no-script-check", e);
	review_end(&v);
	return rc;
}

int
publish_review_ask(const struct publish_review *o, const struct session *s, struct err *e)
{
	return o->yes || o->dry || s->request != NULL || !person_is_there()
	    ? 0
	    : cmd_go_on("Publish this?", "publish", "nothing published", e);
}

int
publish_review_trust(const struct publish_review *o, struct session *s, struct dir *dir,
    struct err *e)
{
	struct err why;

	if (replace_trust_guard(s->c, dir, &why) == 0)
		return 0;
	if (allows(o, GUARD_REPLACEMENT) && why.code != ERR_NOMEM)
		return let_through(s, GUARD_REPLACEMENT, &why, e);
	*e = why;
	return -1;
}
