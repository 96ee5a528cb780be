/* SPDX-License-Identifier: ISC */
/*
 * Replacing the Kernels' pair: each call finds the present step and takes at most one step.
 */
#include "server/rollover/steps.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/x509/facts.h"
#include "lib/x509/key.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/os/net.h"
#include "server/repo/audit_state.h"
#include "server/rollover/edit.h"
#include "lib/os/share.h"
#include "server/rollover/hook.h"

/* Milliseconds until a Kernel must serve the pair after the hook, and between connections. */
#define INSTALL_MS	10000
#define INSTALL_LOOK_MS 200

/* Finds the present step under the repository's lock.  Returns 0 or -1. */
static int
look_at_step(struct steps *s, struct err *e)
{
	struct repo *r = session_lock(s->p.repo, true, e);
	int rc = r == NULL ? -1 : look_all(&s->l, &s->p, r, e);

	repo_close(r);
	return rc;
}

int
steps_record(struct steps *s, const char *step, struct err *e)
{
	const struct replacement *m = &s->p.m;
	const char *new = m->exists && * m->hex[REPLACE_NEW] != '\0' ? m->hex[REPLACE_NEW] : NULL;

	return audit_before(s->p.top, "cert replace",
		   json_pack("{s:s,s:s,s:s*,s:s*}", "name", s->p.name, "step", step, "old",
		       m->exists ? m->hex[REPLACE_OLD] : NULL, "new", new),
		   NULL, e) == -1
	    ? -1
	    : replace_save(&s->p, e);
}

int
steps_publish(struct steps *s, const bool want[REPLACE_COUNT], int going, struct err *e)
{
	s->p.m.going = going;
	if (replace_save(&s->p, e) == -1 ||
	    edit_publish(&s->p, &s->l, &s->s, want, &s->said, e) == -1)
		return -1;
	return s->s.request == NULL ? STEPS_DONE : STEPS_ATTEND;
}

int
steps_move(struct steps *s, enum replace_moving way, struct err *e)
{
	struct replace *p = &s->p;
	bool on = way == REPLACE_ON;

	p->m.finished = REPLACE_NEVER;
	if (p->m.moving != way) {
		p->m.moving = way;
		if (steps_record(s, on ? "retire" : "undo retire", e) == -1)
			return -1;
	}
	if (on ? replace_pair_move(p, REPLACE_OLD, "", ".old", e) == -1 ||
		    replace_pair_move(p, REPLACE_NEW, ".new", "", e) == -1
	       : replace_pair_move(p, REPLACE_NEW, "", ".new", e) == -1 ||
		    replace_pair_move(p, REPLACE_OLD, ".old", "", e) == -1)
		return -1;
	p->m.moving = REPLACE_STAYS;
	if (on)
		p->m.finished = clock_wall();
	return replace_save(p, e);
}

/*
 * A hook is a command that runs as this person: one that a colleague wrote into the state of a
 * shared repository isn't run before this person gave it, too.  0 or -1.
 */
static int
check_hook(const struct replace *p, struct err *e)
{
	if (p->own_hook || !dir_is_shared(p->top, NULL))
		return 0;
	return err_setx(e, ERR_CONFLICT,
	    "in a shared repository a hook runs only when you give it yourself; the one that is "
	    "remembered may be a colleague's: look at it, and repeat the command with --hook: "
	    "%.300s",
	    p->m.hook);
}

static int
run_hook(const struct replace *p, size_t i, const char *key, const char *crt, struct err *e)
{
	char host[NET_HOST_SIZE], port[8];
	uint16_t number;
	const char *server = p->m.kernels.v[i];

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

		return hook_run(HOOK_LIMIT_S, p->m.hook, variables, N(variables), e);
	}
}

/* Runs the hook and waits until the Kernel serves the pair.  0 or -1. */
static int
install_one(struct steps *s, size_t i, int which, const char *key, const char *crt, struct err *e)
{
	const struct replace *p = &s->p;
	struct look *l = &s->l;
	int64_t deadline;

	if (check_hook(p, e) == -1 || run_hook(p, i, key, crt, e) == -1)
		return -1;
	deadline = clock_mono_ms() + INSTALL_MS;
	for (;;) {
		look_kernel(l, p, i);
		if (l->kernels[i].serves[which])
			return 0;
		if (clock_mono_ms() >= deadline)
			break;
		clock_sleep_ms(INSTALL_LOOK_MS);
	}
	if (!l->kernels[i].looked) {
		*e = l->kernels[i].why;
		return -1;
	}
	return err_setx(e, ERR_CONFLICT,
	    "the hook succeeded, but the Kernel still serves SHA-256 %s instead of %s; its log says why",
	    l->kernels[i].hex, p->m.hex[which]);
}

int
steps_install(struct steps *s, int which, struct err *e)
{
	struct buf key = BUF_INIT(REPO_PATH_MAX), crt = BUF_INIT(REPO_PATH_MAX);
	const struct replace *p = &s->p;
	struct look *l = &s->l;
	size_t failed = 0;
	struct err why;
	int rc = -1;

	if (l->n == 0)
		return err_setx(e, ERR_USAGE,
		    "want the Kernels that use the pair, to see what they serve: give --connect HOST:PORT for each");
	if (l->at[which] == NULL)
		return err_setx(e, ERR_NOENT,
		    "want the pair with SHA-256 %s in %s, found no such or not its private key",
		    p->m.hex[which], dir_path(p->certs));
	if (replace_path(p, l->at[which], "pem", &key, e) == -1 ||
	    replace_path(p, l->at[which], "crt", &crt, e) == -1)
		goto out;
	if (p->m.hook == NULL) {
		if (buf_addf(&s->said, e,
			"copy to each Kernel that doesn't serve it yet, in the place of the files that TLS_KeyFile and "
			"TLS_CertFile name:\n  %s\n  %s\nThe Kernel is not restarted. Then give the same command again.\n",
			buf_text(&key), buf_text(&crt)) == 0)
			rc = STEPS_ATTEND;
		goto out;
	}
	if (steps_record(s, which == REPLACE_OLD ? "undo install" : "install", e) == -1)
		goto out;
	for (size_t i = 0; i < l->n; i++) {
		if (l->kernels[i].serves[which])
			continue;
		if (install_one(s, i, which, buf_text(&key), buf_text(&crt), &why) == -1) {
			log_error("%s: %s", l->kernels[i].server, why.text);
			failed++;
		}
	}
	if (failed > 0)
		err_setx(e, ERR_CONFLICT,
		    "%zu of %zu Kernels don't serve the %s certificate; stations accept old and new meanwhile; mend it and give "
		    "the same command again, or --undo",
		    failed, l->n, replace_names[which]);
	else
		rc = STEPS_DONE;
out:
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

static int
check_no_leftover(const struct replace *p, struct err *e)
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

/* Begins a replacement, after checking that the pair exists and that stations trust it. */
static int
begin_replacement(struct steps *s, struct err *e)
{
	struct replace *p = &s->p;
	struct replacement *m = &p->m;
	struct replace_pair pair;
	bool there;

	if (check_no_leftover(p, e) == -1 || replace_pair_read(p, "", &pair, e) == -1)
		return -1;
	there = pair.cert;
	if (there && m->exists && replacement_retire(m, e) == -1) {
		replace_pair_free(&pair);
		return -1;
	}
	replacement_set_cert(m, REPLACE_OLD, pair.sha256);
	replace_pair_free(&pair);
	if (!there)
		return err_setx(e, ERR_NOENT,
		    "%s/%s.crt: want the certificate that the Kernels serve now, found none",
		    dir_path(p->certs), p->name);
	/* Keeps Kernels and hook of the replacement before. */
	memset(m->sha256[REPLACE_NEW], 0, SHA256_SIZE);
	*m->hex[REPLACE_NEW] = '\0';
	m->started = clock_wall();
	m->confirmed = m->after = m->finished = REPLACE_NEVER;
	m->going = -1;
	m->moving = REPLACE_STAYS;
	m->exists = true;
	if (look_at_step(s, e) == -1)
		return -1;
	if (s->l.trust.old == 0)
		return err_setx(e, ERR_CONFLICT,
		    "no present release has a file with %s/%s.crt (SHA-256 %s): want one that stations trust; publish it first",
		    dir_path(p->certs), p->name, m->hex[REPLACE_OLD]);
	return 0;
}

/* Takes over the Kernels and the hook of the command line. */
static int
take_asked(struct steps *s, const struct steps_asked *a, struct err *e)
{
	struct replacement *m = &s->p.m;
	char host[NET_HOST_SIZE];
	uint16_t port;

	for (size_t i = 0; i < a->nkernels; i++)
		if (net_split(a->kernels[i], host, &port, e) == -1)
			return err_context(e, "--connect");
	if (a->nkernels > 0)
		strings_free(&m->kernels);
	for (size_t i = 0; i < a->nkernels; i++)
		if (strings_add(&m->kernels, a->kernels[i], e) == -1)
			return -1;
	s->p.own_hook = a->hook != NULL;
	if (a->hook != NULL && replacement_set_hook(m, a->hook, e) == -1)
		return -1;
	return a->nkernels > 0 || a->hook != NULL ? replace_save(&s->p, e) : 0;
}

static int
confirm(struct steps *s, const struct steps_asked *a, struct err *e)
{
	char date[DATE_TEXT_SIZE + 1];
	struct replace *p = &s->p;
	const struct look *l = &s->l;

	if (l->next < REPLACE_WAIT)
		return err_setx(e, ERR_CONFLICT,
		    "nothing to wait for: the release in which stations trust old and new isn't published yet; "
		    "'slipway-repo cert replace %s' takes the next step",
		    p->name);
	if (l->next > REPLACE_INSTALL)
		return STEPS_DONE;
	p->m.after = p->m.confirmed = REPLACE_NEVER;
	if (a->after == NULL) {
		p->m.confirmed = clock_wall();
		return steps_record(s, "confirm", e);
	}
	snprintf(date, sizeof date, "%s%s", a->after, strlen(a->after) == 10 ? "T00:00:00Z" : "");
	if (date_parse(date, strlen(date), &p->m.after) == -1)
		return err_setx(e, ERR_USAGE,
		    "--after: want a date like 2026-12-01 or 2026-12-01T06:00:00Z, got '%s'",
		    a->after);
	if (p->m.after <= clock_wall())
		return err_setx(e, ERR_USAGE,
		    "--after: want a date to come, got '%s', which is over; --confirm goes on now",
		    a->after);
	return steps_record(s, "after", e);
}

static int
make_fresh(struct steps *s, const struct steps_asked *a, struct err *e)
{
	struct buf key = BUF_INIT(CERT_PEM_MAX), crt = BUF_INIT(CERT_FILE_MAX);
	struct replace *p = &s->p;
	const struct look *l = &s->l;
	int rc = -1;

	if (l->trust.both + l->trust.fresh > 0 || look_serving(l, REPLACE_NEW) > 0)
		return err_setx(e, ERR_NOENT,
		    "want the pair with SHA-256 %s in %s, which is published or served already, found no such or not its "
		    "private key; bring it back there from a backup",
		    p->m.hex[REPLACE_NEW], dir_path(p->certs));
	if (replace_pair_make(p, &a->wish, &key, &crt, e) == 0 && steps_record(s, "make", e) == 0 &&
	    replace_pair_write(p, &key, &crt, e) == 0)
		rc = STEPS_DONE;
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

static int
step(struct steps *s, const struct steps_asked *a, struct err *e)
{
	static const bool both[REPLACE_COUNT] = { true, true },
			  only[REPLACE_COUNT] = { false, true };

	switch (s->l.next) {
	case REPLACE_MAKE:
		return make_fresh(s, a, e);
	case REPLACE_BOTH:
		s->p.m.confirmed = s->p.m.after = REPLACE_NEVER;
		return steps_publish(s, both, -1, e);
	case REPLACE_WAIT:
		return STEPS_ATTEND;
	case REPLACE_INSTALL:
		return steps_install(s, REPLACE_NEW, e);
	case REPLACE_ONLY:
		return steps_publish(s, only, REPLACE_OLD, e);
	case REPLACE_RETIRE:
		return steps_move(s, REPLACE_ON, e);
	case REPLACE_DONE:
		break;
	}
	return STEPS_DONE;
}

int
steps_run(struct steps *s, const struct steps_asked *a, struct err *e)
{
	struct replace *p = &s->p;
	bool begun = !p->m.exists || (a->start && p->m.finished != REPLACE_NEVER);
	int rc;

	if (begun && (a->undo || a->confirm || a->after != NULL))
		return err_setx(e, ERR_CONFLICT, "%s: no replacement is under way", p->name);
	if (a->start && !begun)
		return err_setx(e, ERR_CONFLICT,
		    "%s: a replacement is under way; 'slipway-repo cert status' says what is next",
		    p->name);
	if (begun && begin_replacement(s, e) == -1)
		return -1;
	if (take_asked(s, a, e) == -1 || look_at_step(s, e) == -1)
		return -1;
	/* Completes interrupted renames first, in whichever direction. */
	if (p->m.moving != REPLACE_STAYS &&
	    (steps_move(s, p->m.moving, e) == -1 || look_at_step(s, e) == -1))
		return -1;
	rc = a->undo			     ? undo_step(s, e)
	    : a->confirm || a->after != NULL ? confirm(s, a, e)
					     : step(s, a, e);
	if (rc == -1)
		return -1;
	return p->m.exists && look_at_step(s, e) == -1 ? -1 : rc;
}
