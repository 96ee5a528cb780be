/* SPDX-License-Identifier: ISC */
/*
 * Taking a step of a replacement back.
 *
 * The same rule as on the way there: no Kernel is given a pair that a station may not trust yet,
 * and no release drops a certificate that a Kernel may serve.
 */
#include <stdio.h>

#include "lib/os/move.h"

#include "server/rollover/steps.h"

/* Every Kernel was seen, and none serves the new pair. */
static int
check_none_serves_new(const struct replace *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		if (!p->kernels[i].looked)
			return err_setx(e, ERR_CONFLICT,
			    "want to see that no Kernel serves the new certificate, but %s; nothing changed",
			    p->kernels[i].why.text);
		if (p->kernels[i].serves[REPLACE_NEW])
			return err_setx(e, ERR_CONFLICT,
			    "%s serves the new certificate; nothing changed", p->kernels[i].server);
	}
	return 0;
}

static int
undo_only(struct replacing *s, struct err *e)
{
	static const bool both[REPLACE_COUNT] = { true, true };

	/*
	 * Stations may trust the new one alone by now: what was confirmed before says nothing about
	 * the old one.
	 */
	json_object_del(s->p.entry, "confirmed");
	json_object_del(s->p.entry, "after");
	return replacing_publish(s, both, NULL, e);
}

static int
undo_install(struct replacing *s, struct err *e)
{
	if (!replace_waited(&s->p))
		return err_setx(e, ERR_CONFLICT,
		    "stations that have a release without the old certificate would refuse it: give --confirm when every "
		    "station has the present one (%s), then --undo again",
		    buf_text(&s->p.trust.where));
	return replacing_install(s, REPLACE_OLD, e);
}

static int
undo_wait(struct replacing *s, struct err *e)
{
	if (check_none_serves_new(&s->p, e) == -1)
		return -1;
	json_object_del(s->p.entry, "confirmed");
	json_object_del(s->p.entry, "after");
	return replacing_record(s, "undo wait", e);
}

static int
undo_both(struct replacing *s, struct err *e)
{
	static const bool old[REPLACE_COUNT] = { true, false };

	if (check_none_serves_new(&s->p, e) == -1)
		return -1;
	return replacing_publish(s, old, "new", e);
}

/* The files first: without them the entry can be made again or removed. */
static int
undo_make(struct replacing *s, struct err *e)
{
	struct replace *p = &s->p;
	static const char *const suffixes[] = { "pem", "crt" };

	if (check_none_serves_new(p, e) == -1)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		char file[REPLACE_NAME_MAX + 16];

		snprintf(file, sizeof file, "%s.new.%s", p->name, suffixes[i]);
		if (file_remove(p->certs, file, e) == -1)
			return -1;
	}
	if (dir_sync(p->certs, e) == -1)
		return -1;
	json_object_del(json_object_get(p->all, "pairs"), p->name);
	p->entry = NULL;
	return replacing_record(s, "undo make", e);
}

int
replacing_undo(struct replacing *s, struct err *e)
{
	struct replace *p = &s->p;
	const struct replace_trust *t = &p->trust;

	if (replace_text(p, "finished") != NULL)
		return replacing_move(s, "back", e);
	if (t->fresh > 0)
		return undo_only(s, e);
	if (replace_serving(p, REPLACE_NEW) > 0)
		return undo_install(s, e);
	if (replace_text(p, "confirmed") != NULL || replace_text(p, "after") != NULL)
		return undo_wait(s, e);
	if (t->both > 0)
		return undo_both(s, e);
	return undo_make(s, e);
}
