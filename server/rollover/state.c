/* SPDX-License-Identifier: ISC */
/* The remembered part of a replacement. */
#include "server/rollover/state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "lib/os/path.h"
#include "lib/tuf/sign.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"

#define FORMAT	       "slipway_replace"
#define FORMAT_VERSION 1
#define STATE_MODE     (0600 | FILE_FOR_GROUP)
#define STATE_MAX      (1024u * 1024)
#define LOCK_FILE      "replace.lock"
#define LOCK_WAIT_MS   10000

const char *const replace_names[REPLACE_COUNT] = { "old", "new" };
static const char *const movings[] = { "", "on", "back" };

void
replacement_reset(struct replacement *m)
{
	strings_free(&m->kernels);
	strings_free(&m->retired);
	free(m->hook);
	*m = (struct replacement){ .started = REPLACE_NEVER,
		.confirmed = REPLACE_NEVER,
		.after = REPLACE_NEVER,
		.finished = REPLACE_NEVER,
		.going = -1 };
}

int
replacement_set_hook(struct replacement *m, const char *hook, struct err *e)
{
	char *copy = NULL;

	if (hook != NULL && !valid_utf8(hook, strlen(hook)))
		return err_setx(e, ERR_USAGE, "--hook: want UTF-8 text");
	if (hook != NULL && *hook != '\0' && (copy = strdup(hook)) == NULL)
		return err_nomem(e);
	free(m->hook);
	m->hook = copy;
	return 0;
}

static void
forget_retired(struct replacement *m, const char *hex)
{
	struct strings *r = &m->retired;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i], hex) == 0)
			free(r->v[i]);
		else
			r->v[n++] = r->v[i];
	r->n = n;
}

void
replacement_set_cert(struct replacement *m, int which, const uint8_t sha256[SHA256_SIZE])
{
	memcpy(m->sha256[which], sha256, SHA256_SIZE);
	hex_encode(sha256, SHA256_SIZE, m->hex[which]);
	forget_retired(m, m->hex[which]);
}

int
replacement_retire(struct replacement *m, struct err *e)
{
	if (*m->hex[REPLACE_OLD] == '\0')
		return 0;
	forget_retired(m, m->hex[REPLACE_OLD]);
	if (m->retired.n == REPLACE_RETIRED_MAX) {
		free(m->retired.v[0]);
		memmove(m->retired.v, m->retired.v + 1, --m->retired.n * sizeof *m->retired.v);
	}
	return strings_add(&m->retired, m->hex[REPLACE_OLD], e);
}

bool
replacement_waited(const struct replacement *m)
{
	return m->confirmed != REPLACE_NEVER ||
	    (m->after != REPLACE_NEVER && clock_wall() >= m->after);
}

int
replace_check_name(const char *name, struct err *e)
{
	if (path_check(name, strlen(name), e) == -1 || strchr(name, '/') != NULL ||
	    name[0] == '.' || strlen(name) > REPLACE_NAME_MAX)
		return err_setx(e, ERR_USAGE,
		    "cert replace: '%s' can't be the name of a pair in certs/", name);
	return 0;
}

static int
parse_certs(const char *name, const json_t *entry, struct replacement *m, struct err *e)
{
	for (int i = 0; i < REPLACE_COUNT; i++) {
		const char *hex = json_text_of(entry, replace_names[i]);
		uint8_t sha[SHA256_SIZE];

		if (json_object_get(entry, replace_names[i]) == NULL && i != REPLACE_OLD)
			continue;
		if (hex == NULL || hex_decode(hex, strlen(hex), sha, sizeof sha) == -1)
			return err_setx(e, ERR_SYNTAX, "%s: %s: want a SHA-256", name,
			    replace_names[i]);
		replacement_set_cert(m, i, sha);
	}
	return 0;
}

static int
parse_time(const char *name, const json_t *entry, const char *member, int64_t *out, struct err *e)
{
	const char *text = json_text_of(entry, member);

	if (json_object_get(entry, member) == NULL)
		return 0;
	if (text == NULL || date_parse(text, strlen(text), out) == -1)
		return err_setx(e, ERR_SYNTAX, "%s: %s: want a time", name, member);
	return 0;
}

static int
parse_kernels(const char *name, const json_t *entry, struct replacement *m, struct err *e)
{
	const json_t *kernels = json_object_get(entry, "kernels");

	if (!json_is_array(kernels) || json_array_size(kernels) > REPLACE_KERNELS_MAX)
		return err_setx(e, ERR_SYNTAX, "%s: want at most %d Kernels", name,
		    REPLACE_KERNELS_MAX);
	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const char *kernel = json_text(json_array_get(kernels, i));

		if (kernel == NULL)
			return err_setx(e, ERR_SYNTAX, "%s: a Kernel that is no text", name);
		if (strings_add(&m->kernels, kernel, e) == -1)
			return -1;
	}
	return 0;
}

static int
parse_retired(const char *name, const json_t *entry, struct replacement *m, struct err *e)
{
	const json_t *all = json_object_get(entry, "retired");

	if (all != NULL && (!json_is_array(all) || json_array_size(all) > REPLACE_RETIRED_MAX))
		return err_setx(e, ERR_SYNTAX, "%s: retired: want at most %d certificates", name,
		    REPLACE_RETIRED_MAX);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *hex = json_text(json_array_get(all, i));
		uint8_t sha[SHA256_SIZE];

		if (hex == NULL || hex_decode(hex, strlen(hex), sha, sizeof sha) == -1)
			return err_setx(e, ERR_SYNTAX, "%s: retired: want a SHA-256", name);
		if (strings_add(&m->retired, hex, e) == -1)
			return -1;
	}
	return 0;
}

/* Reads a member that is one of n words; a first word "" stands for a missing member. */
static int
parse_word(const char *name, const json_t *entry, const char *member, const char *const *words,
    size_t n, int *out, struct err *e)
{
	const char *text = json_text_of(entry, member);

	if (json_object_get(entry, member) == NULL)
		return 0;
	for (size_t i = 0; i < n && text != NULL; i++)
		if (*words[i] != '\0' && strcmp(text, words[i]) == 0) {
			*out = (int)i;
			return 0;
		}
	return err_setx(e, ERR_SYNTAX, "%s: %s: want %s or %s", name, member, words[n - 2],
	    words[n - 1]);
}

int
replacement_parse(const char *name, const json_t *entry, struct replacement *m, struct err *e)
{
	const char *hook = json_text_of(entry, "hook");
	int moving = REPLACE_STAYS;

	replacement_reset(m);
	if (parse_certs(name, entry, m, e) == -1 ||
	    parse_time(name, entry, "started", &m->started, e) == -1 ||
	    parse_time(name, entry, "confirmed", &m->confirmed, e) == -1 ||
	    parse_time(name, entry, "after", &m->after, e) == -1 ||
	    parse_time(name, entry, "finished", &m->finished, e) == -1 ||
	    parse_kernels(name, entry, m, e) == -1 || parse_retired(name, entry, m, e) == -1 ||
	    parse_word(name, entry, "going", replace_names, N(replace_names), &m->going, e) == -1 ||
	    parse_word(name, entry, "moving", movings, N(movings), &moving, e) == -1)
		return -1;
	if (hook == NULL && json_object_get(entry, "hook") != NULL)
		return err_setx(e, ERR_SYNTAX, "%s: hook: want a text", name);
	m->moving = (enum replace_moving)moving;
	m->exists = true;
	return replacement_set_hook(m, hook, e);
}

int
replace_check(const json_t *all, struct err *e)
{
	json_t *pairs = json_object_get(all, "pairs"), *entry;
	struct replacement m = { .exists = false };
	const char *name;
	int rc = 0;

	if (json_integer_value(json_object_get(all, FORMAT)) != FORMAT_VERSION ||
	    !json_is_object(pairs))
		return err_setx(e, ERR_SYNTAX,
		    "want the state of replacements (\"" FORMAT "\": %d)", FORMAT_VERSION);
	json_object_foreach (pairs, name, entry) {
		if (replace_check_name(name, e) == -1 ||
		    replacement_parse(name, entry, &m, e) == -1) {
			rc = -1;
			break;
		}
	}
	replacement_reset(&m);
	return rc;
}

json_t *
replace_read(struct dir *top, struct err *e)
{
	json_t *all = json_file_read(top, REPLACE_FILE, STATE_MAX, e);

	if (all == NULL && e->code == ERR_NOENT &&
	    (all = json_pack("{s:i,s:{}}", FORMAT, FORMAT_VERSION, "pairs")) == NULL)
		err_nomem(e);
	if (all == NULL || replace_check(all, e) == 0)
		return all;
	err_context(e, "%s/" REPLACE_FILE, dir_path(top));
	json_decref(all);
	return NULL;
}

int
replace_check_unknown(const char *repo, const char *name, struct err *e)
{
	static const char *const places[] = { "", ".new", ".old" };
	struct dir *top = repo_top(repo, false, e);
	json_t *all = top == NULL ? NULL : replace_read(top, e), *entry;
	char file[REPLACE_NAME_MAX + 8];
	const char *pair;
	int rc = all == NULL ? -1 : 0;

	json_object_foreach (json_object_get(all, "pairs"), pair, entry)
		for (size_t i = 0; i < N(places) && rc == 0; i++) {
			snprintf(file, sizeof file, "%s%s", pair, places[i]);
			if (path_casecmp(file, name) == 0)
				rc = err_setx(e, ERR_CONFLICT,
				    "%s: this is a pair of 'cert replace %s', whose keys Kernels "
				    "may use; make one of another name ('cert replace --with' "
				    "takes it), or begin with 'cert replace --start'",
				    name, pair);
		}
	json_decref(all);
	dir_close(top);
	return rc;
}

int
replace_open(struct replace *p, const char *repo, const char *name, bool lock, struct err *e)
{
	const json_t *entry;
	int rc = -1;

	memset(p, 0, sizeof *p);
	replacement_reset(&p->m);
	p->repo = repo;
	p->name = name;
	if (replace_check_name(name, e) == 0 && (p->top = repo_top(repo, lock, e)) != NULL &&
	    (!lock || (p->lock = file_lock_named(p->top, LOCK_FILE, LOCK_WAIT_MS, e)) != NULL) &&
	    (p->all = replace_read(p->top, e)) != NULL &&
	    (p->certs = repo_place(repo, p->top, "certs", lock, e)) != NULL) {
		entry = json_object_get(json_object_get(p->all, "pairs"), name);
		rc = entry == NULL ? 0 : replacement_parse(name, entry, &p->m, e);
	}
	return rc;
}

void
replace_close(struct replace *p)
{
	file_unlock(p->lock);
	dir_close(p->certs);
	dir_close(p->top);
	json_decref(p->all);
	replacement_reset(&p->m);
	*p = (struct replace){ .repo = NULL };
}

/* Sets a text member; text NULL: no such member.  Returns 0 or -1. */
static int
put_member(json_t *entry, const char *member, const char *text)
{
	if (text != NULL)
		return json_object_set_new(entry, member, json_string(text));
	json_object_del(entry, member);
	return 0;
}

static int
put_time(json_t *entry, const char *member, int64_t t)
{
	char text[DATE_TEXT_SIZE];

	date_format(t, text);
	return put_member(entry, member, t == REPLACE_NEVER ? NULL : text);
}

/* A new array, or NULL. */
static json_t *
array_of(const struct strings *texts)
{
	json_t *all = json_array();

	for (size_t i = 0; i < texts->n && all != NULL; i++)
		if (json_array_append_new(all, json_string(texts->v[i])) == -1) {
			json_decref(all);
			all = NULL;
		}
	return all;
}

/* Writes the members into entry, whose other members stay.  0 or -1. */
static int
fill_entry(const struct replacement *m, json_t *entry)
{
	json_t *kernels = array_of(&m->kernels);

	json_object_del(entry, "retired");
	if (m->retired.n > 0 &&
	    json_object_set_new(entry, "retired", array_of(&m->retired)) == -1) {
		json_decref(kernels);
		return -1;
	}
	for (int i = 0; i < REPLACE_COUNT; i++)
		if (put_member(entry, replace_names[i], *m->hex[i] == '\0' ? NULL : m->hex[i]) ==
		    -1) {
			json_decref(kernels);
			return -1;
		}
	return json_object_set_new(entry, "kernels", kernels) == -1 ||
		put_member(entry, "hook", m->hook) == -1 ||
		put_time(entry, "started", m->started) == -1 ||
		put_time(entry, "confirmed", m->confirmed) == -1 ||
		put_time(entry, "after", m->after) == -1 ||
		put_time(entry, "finished", m->finished) == -1 ||
		put_member(entry, "going", m->going == -1 ? NULL : replace_names[m->going]) == -1
	    ? -1
	    : put_member(entry, "moving", m->moving == REPLACE_STAYS ? NULL : movings[m->moving]);
}

int
replace_save(struct replace *p, struct err *e)
{
	json_t *pairs = json_object_get(p->all, "pairs"), *entry = json_object_get(pairs, p->name);
	struct buf text = BUF_INIT(STATE_MAX);
	int rc;

	if (!p->m.exists) {
		json_object_del(pairs, p->name);
	} else {
		if (entry == NULL && (entry = json_object()) != NULL &&
		    json_object_set_new(pairs, p->name, entry) == -1)
			entry = NULL;
		if (entry == NULL || fill_entry(&p->m, entry) == -1)
			return err_nomem(e);
	}
	if ((rc = sign_write(p->all, &text, e)) == 0)
		rc = file_replace(p->top, REPLACE_FILE, text.data, text.len, STATE_MODE, e);
	buf_free(&text);
	return rc;
}

int
replace_path(const struct replace *p, const char *at, const char *suffix, struct buf *out,
    struct err *e)
{
	return buf_addf(out, e, "%s/%s%s.%s", dir_path(p->certs), p->name, at, suffix);
}
