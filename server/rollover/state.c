/* SPDX-License-Identifier: ISC */
/*
 * What is remembered of a replacement, and what is really so.
 */
#include "server/rollover/state.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/json_file.h"
#include "lib/base/path.h"
#include "server/cert/probe.h"
#include "lib/x509/facts.h"
#include "server/rollover/pair.h"
#include "lib/tuf/sign.h"

#define FORMAT	       "slipway_replace"
#define FORMAT_VERSION 1
#define STATE_MODE     0600
#define STATE_MAX      (1024u * 1024)
#define LOCK_FILE      "replace.lock"
#define LOCK_WAIT_MS   10000
#define CERTS_MODE     0700
#define PATH_BYTES_MAX 4096

static const char *const fields[REPLACE_COUNT] = { "old", "new" };

int
replace_check_name(const char *name, struct err *e)
{
	if (path_check(name, strlen(name), e) == -1 || strchr(name, '/') != NULL ||
	    name[0] == '.' || strlen(name) > REPLACE_NAME_MAX)
		return err_setx(e, ERR_USAGE,
		    "cert replace: '%s' can't be the name of a pair in certs/", name);
	return 0;
}

/* An entry that somebody edited is told, not half believed. */
static int
check_entry(const char *name, const json_t *entry, struct err *e)
{
	static const char *const times[] = { "started", "confirmed", "after", "finished" };
	const json_t *kernels = json_object_get(entry, "kernels"), *kernel;
	uint8_t sha[SHA256_SIZE];
	int64_t t;
	size_t i;

	for (i = 0; i < REPLACE_COUNT; i++) {
		const json_t *j = json_object_get(entry, fields[i]);

		if ((j == NULL && i != REPLACE_OLD) ||
		    (json_is_string(j) &&
			hex_decode(json_string_value(j), json_string_length(j), sha, sizeof sha) ==
			    0))
			continue;
		return err_setx(e, ERR_SYNTAX, "%s: %s: want a SHA-256", name, fields[i]);
	}
	for (i = 0; i < sizeof times / sizeof times[0]; i++) {
		const json_t *j = json_object_get(entry, times[i]);

		if (j != NULL &&
		    (!json_is_string(j) ||
			date_parse(json_string_value(j), json_string_length(j), &t) == -1))
			return err_setx(e, ERR_SYNTAX, "%s: %s: want a time", name, times[i]);
	}
	if (!json_is_array(kernels) || json_array_size(kernels) > REPLACE_KERNELS_MAX)
		return err_setx(e, ERR_SYNTAX, "%s: want at most %d Kernels", name,
		    REPLACE_KERNELS_MAX);
	json_array_foreach ((json_t *)(uintptr_t)kernels, i, kernel)
		if (!json_is_string(kernel))
			return err_setx(e, ERR_SYNTAX, "%s: a Kernel that is no text", name);
	return 0;
}

static int
check_all(json_t *all, struct err *e)
{
	json_t *pairs = json_object_get(all, "pairs"), *entry;
	const char *name;

	if (json_integer_value(json_object_get(all, FORMAT)) != FORMAT_VERSION ||
	    !json_is_object(pairs))
		return err_setx(e, ERR_SYNTAX,
		    "want the state of replacements (\"" FORMAT "\": %d)", FORMAT_VERSION);
	json_object_foreach (pairs, name, entry)
		if (replace_check_name(name, e) == -1 || check_entry(name, entry, e) == -1)
			return -1;
	return 0;
}

json_t *
replace_read(struct dir *top, struct err *e)
{
	json_t *all = json_file_read(top, REPLACE_FILE, STATE_MAX, e);

	if (all == NULL && e->code == ERR_NOENT &&
	    (all = json_pack("{s:i,s:{}}", FORMAT, FORMAT_VERSION, "pairs")) == NULL)
		err_nomem(e);
	if (all == NULL || check_all(all, e) == 0)
		return all;
	err_context(e, "%s/" REPLACE_FILE, dir_path(top));
	json_decref(all);
	return NULL;
}

int
replace_open(struct replace *p, const char *repo, const char *name, bool lock, struct err *e)
{
	struct buf certs = BUF_INIT(PATH_BYTES_MAX);
	int rc = -1;

	memset(p, 0, sizeof *p);
	p->repo = repo;
	p->name = name;
	p->trust.where = (struct buf)BUF_INIT(STATE_MAX);
	for (int i = 0; i < REPLACE_COUNT; i++)
		p->pem[i] = (struct buf)BUF_INIT(CERT_FILE_MAX);
	if (replace_check_name(name, e) == 0 && (p->top = dir_open(repo, e)) != NULL &&
	    (!lock || (p->lock = file_lock(p->top, LOCK_FILE, LOCK_WAIT_MS, e)) != NULL) &&
	    (p->all = replace_read(p->top, e)) != NULL &&
	    repo_path(repo, "certs", &certs, e) == 0 &&
	    (p->certs = lock ? dir_make(buf_text(&certs), CERTS_MODE, e)
			     : dir_open(buf_text(&certs), e)) != NULL) {
		p->entry = json_object_get(json_object_get(p->all, "pairs"), name);
		rc = 0;
	}
	buf_free(&certs);
	return rc;
}

void
replace_close(struct replace *p)
{
	file_unlock(p->lock);
	dir_close(p->certs);
	dir_close(p->top);
	json_decref(p->all);
	for (int i = 0; i < REPLACE_COUNT; i++)
		buf_free(&p->pem[i]);
	buf_free(&p->trust.where);
	memset(p, 0, sizeof *p);
}

int
replace_save(struct replace *p, struct err *e)
{
	struct buf text = BUF_INIT(STATE_MAX);
	int rc = sign_write(p->all, &text, e);

	if (rc == 0)
		rc = file_replace(p->top, REPLACE_FILE, text.data, text.len, STATE_MODE, e);
	buf_free(&text);
	return rc;
}

const char *
replace_text(const struct replace *p, const char *field)
{
	return json_string_value(json_object_get(p->entry, field));
}

int
replace_set_text(struct replace *p, const char *field, const char *text, struct err *e)
{
	return json_object_set_new(p->entry, field, json_string(text)) == -1 ? err_nomem(e) : 0;
}

int
replace_set_now(struct replace *p, const char *field, struct err *e)
{
	char now[DATE_TEXT_SIZE];

	date_format(clock_wall(), now);
	return replace_set_text(p, field, now, e);
}

bool
replace_waited(const struct replace *p)
{
	const char *after = replace_text(p, "after");
	int64_t t;

	return replace_text(p, "confirmed") != NULL ||
	    (after != NULL && date_parse(after, strlen(after), &t) == 0 && clock_wall() >= t);
}

int
replace_path(const struct replace *p, const char *at, const char *suffix, struct buf *out,
    struct err *e)
{
	return buf_addf(out, e, "%s/%s%s.%s", dir_path(p->certs), p->name, at, suffix);
}

/* Where the two certificates are, and their keys. */
static int
look_pairs(struct replace *p, struct err *e)
{
	static const char *const places[] = { "", ".new", ".old" };

	for (int which = 0; which < REPLACE_COUNT; which++) {
		const char *hex = replace_text(p, fields[which]);

		p->at[which] = NULL;
		buf_reset(&p->pem[which]);
		memset(&p->cert[which], 0, sizeof p->cert[which]);
		p->cert[which].pem = &p->pem[which];
		if (hex == NULL)
			continue;
		hex_decode(hex, SHA256_HEX_SIZE - 1, p->cert[which].sha256, SHA256_SIZE);
		for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
			struct replace_pair pair;

			if (replace_pair_read(p, places[i], &pair, e) == -1)
				return -1;
			if (pair.cert &&
			    memcmp(pair.sha256, p->cert[which].sha256, SHA256_SIZE) == 0) {
				buf_reset(&p->pem[which]);
				if (buf_add(&p->pem[which], pair.pem.data, pair.pem.len, e) == -1) {
					replace_pair_free(&pair);
					return -1;
				}
				if (pair.key)
					p->at[which] = places[i];
			}
			replace_pair_free(&pair);
			if (p->at[which] != NULL)
				break;
		}
	}
	return 0;
}

static int
take_first(void *arg, const struct cert_facts *c, struct err *e)
{
	struct replace_kernel *k = arg;

	(void)e;
	if (!k->looked)
		hex_encode(c->sha256, SHA256_SIZE, k->hex);
	k->looked = true;
	return 0;
}

void
replace_look_kernel(struct replace *p, size_t i)
{
	struct replace_kernel *k = &p->kernels[i];
	struct buf pem = BUF_INIT(CERT_FILE_MAX);
	char version[CERT_LOOK_VERSION_SIZE];

	memset(k, 0, sizeof *k);
	k->server = json_string_value(json_array_get(json_object_get(p->entry, "kernels"), i));
	if (cert_look(k->server, CERT_LOOK_MS, &pem, version, &k->why) == 0 &&
	    cert_read(pem.data, pem.len, take_first, k, &k->why) == -1)
		k->looked = false;
	for (int which = 0; which < REPLACE_COUNT && k->looked; which++)
		k->serves[which] = replace_text(p, fields[which]) != NULL &&
		    strcmp(replace_text(p, fields[which]), k->hex) == 0;
	buf_free(&pem);
}

size_t
replace_serving(const struct replace *p, int which)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->kernels[i].serves[which];
	return n;
}

size_t
replace_unseen(const struct replace *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += !p->kernels[i].looked;
	return n;
}

static enum replace_step
next_step(const struct replace *p)
{
	const struct replace_trust *t = &p->trust;
	bool installed = p->n > 0 && replace_serving(p, REPLACE_NEW) == p->n;
	bool only = t->fresh > 0 && t->both == 0 && t->old == 0;

	if (replace_text(p, "moving") != NULL)
		return REPLACE_RETIRE;
	if (p->at[REPLACE_NEW] == NULL)
		return REPLACE_MAKE;
	if (only) {
		if (!installed)
			return REPLACE_INSTALL;
		return *p->at[REPLACE_NEW] != '\0' || replace_text(p, "finished") == NULL
		    ? REPLACE_RETIRE
		    : REPLACE_DONE;
	}
	if (t->both == 0 || t->old > 0 || t->fresh > 0)
		return REPLACE_BOTH;
	if (!replace_waited(p))
		return REPLACE_WAIT;
	return installed ? REPLACE_ONLY : REPLACE_INSTALL;
}

int
replace_look(struct replace *p, const struct repo *r, struct err *e)
{
	if (look_pairs(p, e) == -1 || replace_trust_look(p, r, e) == -1)
		return -1;
	p->n = json_array_size(json_object_get(p->entry, "kernels"));
	for (size_t i = 0; i < p->n; i++)
		replace_look_kernel(p, i);
	p->next = p->entry == NULL ? REPLACE_MAKE : next_step(p);
	return 0;
}
