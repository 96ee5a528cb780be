/* SPDX-License-Identifier: ISC */
/*
 * Delegated roles, and the search for a target through them.  Numbers in comments are sections of
 * the TUF specification 1.0.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/tuf/client_state.h"

static const struct tuf_targets *
find_loaded(const struct tuf_client *c, const char *name, const char *delegator)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->roles[i].name, name) == 0 &&
		    strcmp(c->roles[i].delegator, delegator) == 0)
			return c->roles[i].targets;
	return NULL;
}

/* A delegated role, verified under this delegator and kept. */
static const struct tuf_targets *
delegated(struct tuf_client *c, const struct tuf_targets *by, const char *delegator,
    const struct tuf_delegation *d, struct err *e)
{
	const struct tuf_targets *have = find_loaded(c, d->name, delegator);
	struct tuf_targets *t = NULL;
	struct loaded *more, *l;

	if (have != NULL)
		return have;
	if ((more = realloc(c->roles, (c->n + 1) * sizeof *more)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->roles = more;
	if ((t = client_obtain(c, d->name, &by->ring, &d->role, e)) == NULL)
		return NULL;
	l = &c->roles[c->n];
	l->name = strdup(d->name);
	l->delegator = strdup(delegator);
	l->targets = t;
	if (l->name == NULL || l->delegator == NULL) {
		free(l->name);
		free(l->delegator);
		targets_free(t);
		err_nomem(e);
		return NULL;
	}
	c->n++;
	return t;
}

const struct tuf_delegation *
tuf_client_delegation(const struct tuf_client *c, const char *name)
{
	for (size_t i = 0; c->targets != NULL && i < c->targets->n; i++)
		if (strcmp(c->targets->delegations[i].name, name) == 0)
			return &c->targets->delegations[i];
	return NULL;
}

bool
tuf_client_ended(const struct tuf_client *c, const char *name)
{
	struct tuf_meta meta;

	return c->targets != NULL && c->snapshot != NULL &&
	    tuf_client_delegation(c, name) == NULL && snapshot_meta(c->snapshot, name, &meta);
}

const struct tuf_targets *
tuf_client_role(struct tuf_client *c, const char *name, struct err *e)
{
	const struct tuf_delegation *d = tuf_client_delegation(c, name);

	if (d == NULL) {
		if (tuf_client_ended(c, name))
			err_setx(e, ERR_ENDED,
			    "the application %s has ended: it was removed from the repository",
			    name);
		else
			err_setx(e, ERR_NOENT, "the repository has no application %s", name);
		return NULL;
	}
	return delegated(c, c->targets, "targets", d, e);
}

/* One role of the walk that is still to be visited. */
struct visit {
	const struct tuf_targets *by;
	const char *delegator;
	const struct tuf_delegation *d;
};

/*
 * Put the delegations of t that cover path on the stack, the first on top.  5.6.7.2: a terminating
 * delegation removes those after it, here and below on the stack.
 */
static void
push_delegations(const struct tuf_targets *t, const char *name, const char *path,
    struct visit *stack, size_t *depth)
{
	struct visit fresh[TUF_VISITS_MAX];
	size_t n = 0;
	bool terminating = false;

	for (size_t i = 0; i < t->n && n < TUF_VISITS_MAX && !terminating; i++)
		if (delegation_covers(&t->delegations[i], path)) {
			fresh[n++] = (struct visit){ t, name, &t->delegations[i] };
			terminating = t->delegations[i].terminating;
		}
	if (terminating)
		*depth = 0;
	/* Drops delegations that lie too deep to be visited. */
	if (*depth + n > TUF_VISITS_MAX) {
		size_t drop = *depth + n - TUF_VISITS_MAX;

		memmove(stack, stack + drop, (*depth - drop) * sizeof *stack);
		*depth -= drop;
	}
	while (n > 0)
		stack[(*depth)++] = fresh[--n];
}

int
tuf_client_find(struct tuf_client *c, const char *path, struct tuf_target *out, struct err *e)
{
	struct visit stack[TUF_VISITS_MAX];
	const char *visited[TUF_VISITS_MAX];
	size_t depth = 0, nvisited = 0;
	int rc = targets_get(c->targets, path, out, e);

	if (rc != 0)
		return rc;
	push_delegations(c->targets, "targets", path, stack, &depth);
	while (depth > 0 && nvisited < TUF_VISITS_MAX) {
		struct visit v = stack[--depth];
		const struct tuf_targets *t;
		bool again = false;

		for (size_t i = 0; i < nvisited; i++)
			again |= strcmp(visited[i], v.d->name) == 0;
		if (again)
			continue;
		visited[nvisited++] = v.d->name;
		if ((t = delegated(c, v.by, v.delegator, v.d, e)) == NULL)
			return -1;
		if ((rc = targets_get(t, path, out, e)) != 0)
			return rc;
		push_delegations(t, v.d->name, path, stack, &depth);
	}
	return 0;
}
