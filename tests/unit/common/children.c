/* SPDX-License-Identifier: ISC */
/*
 * Tests that are their own children.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/children.h"

#include "lib/os/clock.h"

#define ROLES_MAX 30

static const struct child_role *all[ROLES_MAX + 1];

int64_t
in(int64_t ms)
{
	return clock_mono_ms() + ms;
}

void
children_main(const struct child_role *roles, size_t n, int argc, char **argv)
{
	if (n > ROLES_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		all[i] = &roles[i];
	child_main(all, argc, argv);
}

const struct child_role *
role(const char *name)
{
	for (size_t i = 0; all[i] != NULL; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	fail_msg("no role %s", name);
	return NULL;
}

struct child *
start(const char *name)
{
	struct err e;
	struct child *c = child_start(role(name), &e);

	if (c == NULL)
		fail_msg("%s", e.text);
	return c;
}

int
exits(struct frames *parent)
{
	(void)parent;
	return 7;
}
