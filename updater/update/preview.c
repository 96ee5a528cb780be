/* SPDX-License-Identifier: ISC */
/* What an update would do. */
#include "updater/update/preview.h"

#include <stdlib.h>

#include "lib/base/path.h"
#include "updater/update/attempt.h"
#include "updater/update/user_part.h"

static int
by_setting(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = path_casecmp(x->key, y->key);

	if (order == 0 && (x->name == NULL || y->name == NULL))
		return (x->name != NULL) - (y->name != NULL);
	return order != 0 ? order : path_casecmp(x->name, y->name);
}

const struct change *
preview_now(const struct preview *p, const struct change *c)
{
	const struct change *now = c->name == NULL || p->undo.n == 0
	    ? NULL
	    : bsearch(c, p->undo.changes, p->undo.n, sizeof *c, by_setting);

	return now != NULL && now->op == CHANGE_SET ? now : NULL;
}

/* Compare the plan, with all settings that the scripts of both parts ask for. */
static int
compare_plan(struct attempt *u, struct preview *p, struct err *e)
{
	struct changeset *asked = &u->plan.settings;

	if (attempt_compare(u, e) == -1 || attempt_fetch(u, u->staging, PLAN_SCRIPTS, e) == -1 ||
	    attempt_scripts(u, u->staging, LAYOUT_SCRIPTS_MACHINE, asked, e) == -1 ||
	    (user_part_is_due(u->o) &&
		attempt_scripts(u, u->staging, LAYOUT_SCRIPTS_USER, asked, e) == -1))
		return -1;
	if (settings_plan(u->s, asked, &p->settings, &p->undo, e) == -1)
		return -1;
	if (p->undo.n > 1)
		qsort(p->undo.changes, p->undo.n, sizeof *p->undo.changes, by_setting);
	return 0;
}

int
preview_run(const struct station *st, struct settings *s, const struct update_options *o,
    int (*show)(void *arg, const struct preview *p, struct err *e), void *arg, struct err *e)
{
	struct preview p = { .settings = CHANGESET_INIT, .undo = CHANGESET_INIT };
	struct update_result r;
	struct attempt u;
	int rc = attempt_begin(&u, st, s, o, true, &r, e);

	if (rc == 0 && r.read_only)
		rc = err_setx(e, ERR_ACCESS, "%s: this user may not change it", st->state_path);
	if (rc == 0 && attempt_plan(&u, attempt_time(&u), e) == -1) {
		/* An ended application is signed, and no failure where a release is applied. */
		p.ended = e->code == ERR_ENDED && r.release > 0;
		rc = p.ended ? 0 : -1;
	} else if (rc == 0 && !attempt_is_applied(&u)) {
		rc = compare_plan(&u, &p, e);
	}
	if (rc == 0) {
		p.plan = &u.plan;
		p.from = r.release;
		p.held = r.held;
		rc = show(arg, &p, e);
	}
	changeset_free(&p.settings);
	changeset_free(&p.undo);
	attempt_end(&u);
	return rc;
}
