/* SPDX-License-Identifier: ISC */
/*
 * Taking a step of a replacement back.
 *
 * The rule of the forward steps holds here, too: no Kernel gets a pair that a station may not trust
 * yet, and no release drops a certificate that a Kernel may serve.
 */
#include "server/rollover/steps.h"

#include <stdio.h>

#include "lib/os/move.h"

/* Checks that every Kernel answered, and that none serves the new pair. */
static int
check_none_serves_new(const struct look *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->kernels[i].looked)
			return err_setx(e, ERR_CONFLICT,
			    "want to see that no Kernel serves the new certificate, but %s; nothing changed",
			    l->kernels[i].why.text);
		if (l->kernels[i].serves[REPLACE_NEW])
			return err_setx(e, ERR_CONFLICT,
			    "%s serves the new certificate; nothing changed", l->kernels[i].server);
	}
	return 0;
}

static int
undo_only(struct steps *s, struct err *e)
{
	static const bool both[REPLACE_COUNT] = { true, true };

	/*
	 * By now stations may trust only the new certificate: an earlier confirmation says nothing
	 * about the old one.
	 */
	s->p.m.confirmed = REPLACE_NEVER;
	s->p.m.after = REPLACE_NEVER;
	return steps_publish(s, both, -1, e);
}

static int
undo_install(struct steps *s, struct err *e)
{
	if (!replacement_waited(&s->p.m))
		return err_setx(e, ERR_CONFLICT,
		    "stations that have a release without the old certificate would refuse it: give --confirm when every "
		    "station has the present one (%s), then --undo again",
		    buf_text(&s->l.trust.where));
	return steps_install(s, REPLACE_OLD, e);
}

static int
undo_wait(struct steps *s, struct err *e)
{
	if (check_none_serves_new(&s->l, e) == -1)
		return -1;
	s->p.m.confirmed = REPLACE_NEVER;
	s->p.m.after = REPLACE_NEVER;
	return steps_record(s, "undo wait", e);
}

static int
undo_both(struct steps *s, struct err *e)
{
	static const bool old[REPLACE_COUNT] = { true, false };

	if (check_none_serves_new(&s->l, e) == -1)
		return -1;
	return steps_publish(s, old, REPLACE_NEW, e);
}

/* Removes the files first: a remaining entry without files can be completed or removed. */
static int
undo_make(struct steps *s, struct err *e)
{
	struct replace *p = &s->p;
	static const char *const suffixes[] = { "pem", "crt" };

	if (check_none_serves_new(&s->l, e) == -1 || steps_record(s, "undo make", e) == -1)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		char file[REPLACE_NAME_MAX + 16];

		snprintf(file, sizeof file, "%s.new.%s", p->name, suffixes[i]);
		if (file_remove(p->certs, file, e) == -1)
			return -1;
	}
	if (dir_sync(p->certs, e) == -1)
		return -1;
	replacement_reset(&p->m);
	return replace_save(p, e);
}

int
undo_step(struct steps *s, struct err *e)
{
	struct replace *p = &s->p;
	const struct look *l = &s->l;
	const struct replace_trust *t = &l->trust;

	if (p->m.finished != REPLACE_NEVER)
		return steps_move(s, REPLACE_BACK, e);
	if (t->fresh > 0)
		return undo_only(s, e);
	if (look_serving(l, REPLACE_NEW) > 0)
		return undo_install(s, e);
	if (p->m.confirmed != REPLACE_NEVER || p->m.after != REPLACE_NEVER)
		return undo_wait(s, e);
	if (t->both > 0)
		return undo_both(s, e);
	return undo_make(s, e);
}
