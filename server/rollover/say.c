/* SPDX-License-Identifier: ISC */
/*
 * Where a replacement stands, in words.
 */
#include <stdio.h>
#include <string.h>

#include "server/rollover/state.h"

/* Characters of a SHA-256 that people compare at a glance; `cert show` has all of them. */
#define SHORT 16

static const char *
serves(const struct replace_kernel *k)
{
	if (!k->looked)
		return k->why.text;
	if (k->serves[REPLACE_NEW])
		return "serves the new one";
	return k->serves[REPLACE_OLD] ? "serves the old one" : "serves another certificate";
}

static void
say_step(const struct replace *p, enum replace_step step, const char *what, const char *detail)
{
	const char *mark = step < p->next ? "done" : step == p->next ? "NEXT" : "";

	if (*mark == '\0')
		printf("  %d. %s\n", (int)step, what);
	else
		printf("  %d. %-47s %s%s%s\n", (int)step, what, mark, *detail == '\0' ? "" : " ",
		    detail);
}

static void
say_steps(const struct replace *p)
{
	const char *after = replace_text(p, "after"), *confirmed = replace_text(p, "confirmed");
	char detail[256] = "";
	bool only = p->trust.fresh > 0 && p->trust.both == 0 && p->trust.old == 0;

	if (p->at[REPLACE_NEW] != NULL)
		snprintf(detail, sizeof detail, "certs/%s%s.pem, .crt", p->name,
		    p->at[REPLACE_NEW]);
	say_step(p, REPLACE_MAKE, "make the new pair", detail);
	say_step(p, REPLACE_BOTH, "publish: stations trust the old and the new",
	    p->next > REPLACE_BOTH && !only ? buf_text(&p->trust.where) : "");
	snprintf(detail, sizeof detail, "%s%s",
	    confirmed != NULL	? "confirmed "
		: after != NULL ? "until "
				: "",
	    confirmed != NULL	? confirmed
		: after != NULL ? after
				: "");
	say_step(p, REPLACE_WAIT, "wait until every station has that release", detail);
	say_step(p, REPLACE_INSTALL, "install the new pair on the Kernels", "");
	for (size_t i = 0; i < p->n; i++)
		printf("       %s: %s\n", p->kernels[i].server, serves(&p->kernels[i]));
	say_step(p, REPLACE_ONLY, "publish: stations trust the new one only",
	    only ? buf_text(&p->trust.where) : "");
	say_step(p, REPLACE_RETIRE, "retire the old pair", "");
}

static void
say_next(const struct replace *p)
{
	const char *again = "", *hint = "";

	switch (p->next) {
	case REPLACE_WAIT:
		if (replace_text(p, "after") != NULL) {
			printf("next: after %s, or with --confirm: slipway-repo cert replace %s\n",
			    replace_text(p, "after"), p->name);
			return;
		}
		again = " --confirm";
		hint =
		    "\n      when every station has the release ('slipway status' there); or --after DATE";
		break;
	case REPLACE_INSTALL:
		if (p->n == 0) {
			again = " --connect HOST:PORT";
			hint =
			    "\n      with --connect for each Kernel; with --hook COMMAND it copies the pair itself";
		}
		break;
	case REPLACE_DONE:
		printf("finished %s\nundo: slipway-repo cert replace %s --undo\n",
		    replace_text(p, "finished"), p->name);
		return;
	default:
		break;
	}
	printf("next: slipway-repo cert replace %s%s%s\n", p->name, again, hint);
	if (p->next > REPLACE_MAKE)
		printf("undo: slipway-repo cert replace %s --undo\n", p->name);
}

void
replace_say(const struct replace *p)
{
	const char *old = replace_text(p, "old"), *new = replace_text(p, "new");

	if (p->entry == NULL) {
		printf("%s: no replacement under way\nnext: slipway-repo cert replace %s\n",
		    p->name, p->name);
		return;
	}
	printf("%s: SHA-256 %.*s... is replaced by %.*s%s\n", p->name, SHORT, old, SHORT,
	    new == NULL ? "a new one" : new, new == NULL ? "" : "...");
	say_steps(p);
	if (p->next < REPLACE_INSTALL && replace_serving(p, REPLACE_NEW) > 0)
		printf(
		    "  WARNING: a Kernel serves the new certificate before every station is known to trust it\n");
	if (p->trust.fresh > 0 && replace_serving(p, REPLACE_NEW) < p->n)
		printf(
		    "  WARNING: stations with the present release refuse a Kernel that doesn't serve the new certificate\n");
	say_next(p);
}
