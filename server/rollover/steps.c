/* SPDX-License-Identifier: ISC */
/*
 * Replacing the Kernels' pair: one call takes one step at most, after looking at what is really so.
 */
#include "server/rollover/steps.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "lib/os/log.h"
#include "lib/os/net.h"
#include "server/cert/probe.h"
#include "server/repo/audit_state.h"
#include "server/rollover/hook.h"
#include "server/rollover/pair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define PATH_BYTES_MAX 4096

/* Milliseconds that a Kernel may take to serve the pair from the hook, and between looks. */
#define INSTALL_MS	10000
#define INSTALL_LOOK_MS 200

int
replacing_look(struct replacing *s, struct err *e)
{
	struct repo *r = session_lock(s->p.repo, true, e);
	int rc = r == NULL ? -1 : replace_look(&s->p, r, e);

	repo_close(r);
	return rc;
}

int
replacing_record(struct replacing *s, const char *step, struct err *e)
{
	if (replace_save(&s->p, e) == -1)
		return -1;
	return audit_append(s->p.top, "cert replace",
	    json_pack("{s:s,s:s,s:s*,s:s*}", "name", s->p.name, "step", step, "old",
		replace_text(&s->p, "old"), "new", replace_text(&s->p, "new")),
	    e);
}

int
replacing_publish(struct replacing *s, const bool want[REPLACE_COUNT], const char *going,
    struct err *e)
{
	if (going == NULL)
		json_object_del(s->p.entry, "going");
	else if (replace_set_text(&s->p, "going", going, e) == -1)
		return -1;
	if (replace_save(&s->p, e) == -1 || replace_publish(&s->p, &s->s, want, &s->said, e) == -1)
		return -1;
	return s->s.request == NULL ? REPLACING_DONE : REPLACING_ATTEND;
}

int
replacing_move(struct replacing *s, const char *way, struct err *e)
{
	struct replace *p = &s->p;
	bool on = strcmp(way, "on") == 0;

	if (replace_set_text(p, "moving", way, e) == -1)
		return -1;
	json_object_del(p->entry, "finished");
	if (replace_save(p, e) == -1)
		return -1;
	if (on ? replace_move(p, REPLACE_OLD, "", ".old", e) == -1 ||
		    replace_move(p, REPLACE_NEW, ".new", "", e) == -1
	       : replace_move(p, REPLACE_NEW, "", ".new", e) == -1 ||
		    replace_move(p, REPLACE_OLD, ".old", "", e) == -1)
		return -1;
	json_object_del(p->entry, "moving");
	if (on && replace_set_now(p, "finished", e) == -1)
		return -1;
	return replacing_record(s, on ? "retire" : "undo retire", e);
}

static int
run_hook(struct replace *p, size_t i, const char *key, const char *crt, struct err *e)
{
	char host[NET_HOST_SIZE], port[8];
	uint16_t number;
	const char *server = p->kernels[i].server;

	if (net_split(server, host, &number, e) == -1)
		return -1;
	snprintf(port, sizeof port, "%u", (unsigned)number);
	{
		const struct hook_variable variables[] = {
			{ "SLIPWAY_KERNEL", server },
			{ "SLIPWAY_KERNEL_HOST", host },
			{ "SLIPWAY_KERNEL_PORT", port },
			{ "SLIPWAY_KEY_FILE", key },
			{ "SLIPWAY_CERT_FILE", crt },
		};

		return hook_run(replace_text(p, "hook"), variables, N(variables), e);
	}
}

/* By the hook, and seen to be served. */
static int
install_one(struct replace *p, size_t i, int which, const char *key, const char *crt, struct err *e)
{
	int64_t deadline;

	if (run_hook(p, i, key, crt, e) == -1)
		return -1;
	deadline = clock_mono_ms() + INSTALL_MS;
	for (;;) {
		replace_look_kernel(p, i);
		if (p->kernels[i].serves[which])
			return 0;
		if (clock_mono_ms() >= deadline)
			break;
		clock_sleep_ms(INSTALL_LOOK_MS);
	}
	if (!p->kernels[i].looked) {
		*e = p->kernels[i].why;
		return -1;
	}
	return err_setx(e, ERR_CONFLICT,
	    "the hook succeeded, but the Kernel still serves SHA-256 %s instead of %s; its log says why",
	    p->kernels[i].hex, replace_text(p, which == REPLACE_OLD ? "old" : "new"));
}

int
replacing_install(struct replacing *s, int which, struct err *e)
{
	struct buf key = BUF_INIT(PATH_BYTES_MAX), crt = BUF_INIT(PATH_BYTES_MAX);
	struct replace *p = &s->p;
	size_t failed = 0;
	struct err why;
	int rc = -1;

	if (p->n == 0)
		return err_setx(e, ERR_USAGE,
		    "want the Kernels that use the pair, to see what they serve: give --connect HOST:PORT for each");
	if (p->at[which] == NULL)
		return err_setx(e, ERR_NOENT,
		    "want the pair with SHA-256 %s in %s, found no such or not its private key",
		    replace_text(p, which == REPLACE_OLD ? "old" : "new"), dir_path(p->certs));
	if (replace_path(p, p->at[which], "pem", &key, e) == -1 ||
	    replace_path(p, p->at[which], "crt", &crt, e) == -1)
		goto out;
	if (replace_text(p, "hook") == NULL) {
		if (buf_addf(&s->said, e,
			"copy to each Kernel that doesn't serve it yet, in the place of the files that TLS_KeyFile and "
			"TLS_CertFile name:\n  %s\n  %s\nThe Kernel is not restarted. Then give the same command again.\n",
			buf_text(&key), buf_text(&crt)) == 0)
			rc = REPLACING_ATTEND;
		goto out;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (p->kernels[i].serves[which])
			continue;
		if (install_one(p, i, which, buf_text(&key), buf_text(&crt), &why) == -1) {
			log_error("%s: %s", p->kernels[i].server, why.text);
			failed++;
		}
	}
	if (failed > 0)
		err_setx(e, ERR_CONFLICT,
		    "%zu of %zu Kernels don't serve the %s certificate; stations accept old and new meanwhile; mend it and give "
		    "the same command again, or --undo",
		    failed, p->n, which == REPLACE_OLD ? "old" : "new");
	else
		rc = replacing_record(s, which == REPLACE_OLD ? "undo install" : "install", e);
out:
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

static int
check_no_leftover(struct replace *p, struct err *e)
{
	struct replace_pair pair;
	bool there;

	if (replace_pair_read(p, ".new", &pair, e) == -1)
		return -1;
	there = pair.cert || pair.keyfile;
	replace_pair_free(&pair);
	return there
	    ? err_setx(e, ERR_EXISTS,
		  "%s/%s.new.pem or .crt is there, and no replacement is under way: take it with --with %s.new after "
		  "renaming it, or remove it",
		  dir_path(p->certs), p->name, p->name)
	    : 0;
}

/* A new entry, after making sure that the pair is there and that stations trust it. */
static int
begin(struct replacing *s, struct err *e)
{
	struct replace *p = &s->p;
	struct replace_pair pair;
	char hex[SHA256_HEX_SIZE];
	json_t *entry;

	if (check_no_leftover(p, e) == -1 || replace_pair_read(p, "", &pair, e) == -1)
		return -1;
	hex_encode(pair.sha256, SHA256_SIZE, hex);
	if (!pair.cert) {
		replace_pair_free(&pair);
		return err_setx(e, ERR_NOENT,
		    "%s/%s.crt: want the certificate that the Kernels serve now, found none",
		    dir_path(p->certs), p->name);
	}
	replace_pair_free(&pair);
	entry = json_pack("{s:s,s:O*,s:O*}", "old", hex, "kernels",
	    json_object_get(p->entry, "kernels"), "hook", json_object_get(p->entry, "hook"));
	if (entry == NULL ||
	    json_object_set_new(json_object_get(p->all, "pairs"), p->name, entry) == -1)
		return err_nomem(e);
	p->entry = entry;
	if (json_object_get(entry, "kernels") == NULL &&
	    json_object_set_new(entry, "kernels", json_array()) == -1)
		return err_nomem(e);
	if (replace_set_now(p, "started", e) == -1 || replacing_look(s, e) == -1)
		return -1;
	if (p->trust.old == 0)
		return err_setx(e, ERR_CONFLICT,
		    "no present release has a file with %s/%s.crt (SHA-256 %s): want one that stations trust; publish it first",
		    dir_path(p->certs), p->name, hex);
	return 0;
}

/* Kernels, hook, and what is confirmed. */
static int
take_asked(struct replacing *s, const struct replacing_asked *a, struct err *e)
{
	struct replace *p = &s->p;
	char host[NET_HOST_SIZE];
	uint16_t port;

	if (a->nkernels > 0) {
		json_t *list = json_array();

		for (size_t i = 0; i < a->nkernels; i++)
			if (net_split(a->kernels[i], host, &port, e) == -1 ||
			    json_array_append_new(list, json_string(a->kernels[i])) == -1) {
				json_decref(list);
				return err_context(e, "--connect");
			}
		if (json_object_set_new(p->entry, "kernels", list) == -1)
			return err_nomem(e);
	}
	if (a->hook != NULL && *a->hook == '\0')
		json_object_del(p->entry, "hook");
	else if (a->hook != NULL && replace_set_text(p, "hook", a->hook, e) == -1)
		return err_setx(e, ERR_USAGE, "--hook: want UTF-8 text");
	return a->nkernels > 0 || a->hook != NULL ? replace_save(p, e) : 0;
}

static int
confirm(struct replacing *s, const struct replacing_asked *a, struct err *e)
{
	char date[DATE_TEXT_SIZE + 1];
	struct replace *p = &s->p;
	int64_t t;

	if (p->next < REPLACE_WAIT)
		return err_setx(e, ERR_CONFLICT,
		    "nothing to wait for: the release in which stations trust old and new isn't published yet; "
		    "'slipway-repo cert replace %s' takes the next step",
		    p->name);
	if (p->next > REPLACE_INSTALL)
		return REPLACING_DONE;
	json_object_del(p->entry, "after");
	if (a->after == NULL)
		return replace_set_now(p, "confirmed", e) == -1 ? -1
								: replacing_record(s, "confirm", e);
	snprintf(date, sizeof date, "%s%s", a->after, strlen(a->after) == 10 ? "T00:00:00Z" : "");
	if (date_parse(date, strlen(date), &t) == -1)
		return err_setx(e, ERR_USAGE,
		    "--after: want a date like 2026-12-01 or 2026-12-01T06:00:00Z, got '%s'",
		    a->after);
	json_object_del(p->entry, "confirmed");
	return replace_set_text(p, "after", date, e) == -1 ? -1 : replacing_record(s, "after", e);
}

static int
make(struct replacing *s, const struct replacing_asked *a, struct err *e)
{
	struct replace *p = &s->p;

	if (p->trust.both + p->trust.fresh > 0 || replace_serving(p, REPLACE_NEW) > 0)
		return err_setx(e, ERR_NOENT,
		    "want the pair with SHA-256 %s in %s, which is published or served already, found no such or not its "
		    "private key; bring it back there from a backup",
		    replace_text(p, "new"), dir_path(p->certs));
	if (replace_save(p, e) == -1 || replace_make(p, &a->wish, e) == -1)
		return -1;
	return replacing_record(s, "make", e);
}

static int
step(struct replacing *s, const struct replacing_asked *a, struct err *e)
{
	static const bool both[REPLACE_COUNT] = { true, true },
			  only[REPLACE_COUNT] = { false, true };
	struct replace *p = &s->p;

	switch (p->next) {
	case REPLACE_MAKE:
		return make(s, a, e);
	case REPLACE_BOTH:
		json_object_del(p->entry, "confirmed");
		json_object_del(p->entry, "after");
		return replacing_publish(s, both, NULL, e);
	case REPLACE_WAIT:
		return REPLACING_ATTEND;
	case REPLACE_INSTALL:
		return replacing_install(s, REPLACE_NEW, e);
	case REPLACE_ONLY:
		return replacing_publish(s, only, "old", e);
	case REPLACE_RETIRE:
		return replacing_move(s, "on", e);
	case REPLACE_DONE:
		break;
	}
	return REPLACING_DONE;
}

int
replacing_run(struct replacing *s, const struct replacing_asked *a, struct err *e)
{
	struct replace *p = &s->p;
	bool begun = p->entry == NULL || (a->start && replace_text(p, "finished") != NULL);
	int rc;

	if (begun && (a->undo || a->confirm || a->after != NULL))
		return err_setx(e, ERR_CONFLICT, "%s: no replacement is under way", p->name);
	if (a->start && !begun)
		return err_setx(e, ERR_CONFLICT,
		    "%s: a replacement is under way; 'slipway-repo cert status' says what is next",
		    p->name);
	if (begun && begin(s, e) == -1)
		return -1;
	if (take_asked(s, a, e) == -1 || replacing_look(s, e) == -1)
		return -1;
	/* What a crash left half moved is ended first, whichever way comes then. */
	if (replace_text(p, "moving") != NULL &&
	    (replacing_move(s, replace_text(p, "moving")[0] == 'o' ? "on" : "back", e) == -1 ||
		replacing_look(s, e) == -1))
		return -1;
	rc = a->undo			     ? replacing_undo(s, e)
	    : a->confirm || a->after != NULL ? confirm(s, a, e)
					     : step(s, a, e);
	if (rc == -1)
		return -1;
	return p->entry != NULL && replacing_look(s, e) == -1 ? -1 : rc;
}
