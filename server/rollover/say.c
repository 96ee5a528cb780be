/* SPDX-License-Identifier: ISC */
/* The step of a replacement, in words. */
#include "server/rollover/look.h"

#include <stdio.h>

#include "lib/base/date.h"

/* Characters of a shortened SHA-256, which people can compare; `cert show` prints all. */
#define SHORT 16

static const char *
serves(const struct look_kernel *k)
{
	if (!k->looked)
		return k->why.text;
	if (k->serves[REPLACE_NEW])
		return "serves the new one";
	return k->serves[REPLACE_OLD] ? "serves the old one" : "serves another certificate";
}

static int
say_step(const struct look *l, enum replace_step step, const char *what, const char *detail,
    struct buf *out, struct err *e)
{
	if (step > l->next)
		return buf_addf(out, e, "  %d. %s\n", (int)step, what);
	return buf_addf(out, e, "  %d. %-47s %s%s%s\n", (int)step, what,
	    step < l->next ? "done" : "NEXT", *detail == '\0' ? "" : " ", detail);
}

static int
say_steps(const struct replace *p, const struct look *l, struct buf *out, struct err *e)
{
	const struct replacement *m = &p->m;
	char pair[REPLACE_NAME_MAX + 40] = "", wait[DATE_TEXT_SIZE + 16] = "", time[DATE_TEXT_SIZE];
	bool only = l->trust.fresh > 0 && l->trust.both == 0 && l->trust.old == 0;
	const char *where = buf_text(&l->trust.where);

	if (l->at[REPLACE_NEW] != NULL)
		snprintf(pair, sizeof pair, "certs/%s%s.pem, .crt", p->name, l->at[REPLACE_NEW]);
	date_format(m->confirmed != REPLACE_NEVER ? m->confirmed : m->after, time);
	if (m->confirmed != REPLACE_NEVER || m->after != REPLACE_NEVER)
		snprintf(wait, sizeof wait, "%s %s",
		    m->confirmed != REPLACE_NEVER ? "confirmed" : "until", time);
	if (say_step(l, REPLACE_MAKE, "make the new pair", pair, out, e) == -1 ||
	    say_step(l, REPLACE_BOTH, "publish: stations trust the old and the new",
		l->next > REPLACE_BOTH && !only ? where : "", out, e) == -1 ||
	    say_step(l, REPLACE_WAIT, "wait until every station has that release", wait, out, e) ==
		-1 ||
	    say_step(l, REPLACE_INSTALL, "install the new pair on the Kernels", "", out, e) == -1)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (buf_addf(out, e, "       %s: %s\n", l->kernels[i].server,
			serves(&l->kernels[i])) == -1)
			return -1;
	return say_step(l, REPLACE_ONLY, "publish: stations trust the new one only",
		   only ? where : "", out, e) == -1
	    ? -1
	    : say_step(l, REPLACE_RETIRE, "retire the old pair", "", out, e);
}

static int
say_next(const struct replace *p, const struct look *l, struct buf *out, struct err *e)
{
	const char *again = "", *hint = "";
	char time[DATE_TEXT_SIZE];

	if (l->next == REPLACE_WAIT && p->m.after != REPLACE_NEVER) {
		date_format(p->m.after, time);
		return buf_addf(out, e,
		    "next: after %s, or with --confirm: slipway-repo cert replace %s\n", time,
		    p->name);
	}
	if (l->next == REPLACE_DONE) {
		date_format(p->m.finished, time);
		return buf_addf(out, e, "finished %s\nundo: slipway-repo cert replace %s --undo\n",
		    time, p->name);
	}
	if (l->next == REPLACE_WAIT) {
		again = " --confirm";
		hint =
		    "\n      when every station has the release ('slipway status' there); or --after DATE";
	} else if (l->next == REPLACE_INSTALL && l->n == 0) {
		again = " --connect HOST:PORT";
		hint =
		    "\n      with --connect for each Kernel; with --hook COMMAND it copies the pair itself";
	}
	if (buf_addf(out, e, "next: slipway-repo cert replace %s%s%s\n", p->name, again, hint) ==
	    -1)
		return -1;
	return l->next == REPLACE_MAKE
	    ? 0
	    : buf_addf(out, e, "undo: slipway-repo cert replace %s --undo\n", p->name);
}

int
say_standing(const struct replace *p, const struct look *l, struct buf *out, struct err *e)
{
	const char *new = p->m.hex[REPLACE_NEW];
	size_t serving = look_serving(l, REPLACE_NEW);

	if (!p->m.exists)
		return buf_addf(out, e,
		    "%s: no replacement under way\nnext: slipway-repo cert replace %s\n", p->name,
		    p->name);
	if (buf_addf(out, e, "%s: SHA-256 %.*s... is replaced by %.*s%s\n", p->name, SHORT,
		p->m.hex[REPLACE_OLD], SHORT, *new == '\0' ? "a new one" : new,
		*new == '\0' ? "" : "...") == -1 ||
	    say_steps(p, l, out, e) == -1)
		return -1;
	if (l->next < REPLACE_INSTALL && serving > 0 &&
	    buf_adds(out,
		"  WARNING: a Kernel serves the new certificate before every station is known to trust it\n",
		e) == -1)
		return -1;
	if (l->trust.fresh > 0 && serving < l->n &&
	    buf_adds(out,
		"  WARNING: stations with the present release refuse a Kernel that doesn't serve the new certificate\n",
		e) == -1)
		return -1;
	return say_next(p, l, out, e);
}

static const char *const step_words[] = { [REPLACE_MAKE] = "make",
	[REPLACE_BOTH] = "trust-both",
	[REPLACE_WAIT] = "wait",
	[REPLACE_INSTALL] = "install",
	[REPLACE_ONLY] = "trust-new",
	[REPLACE_RETIRE] = "retire",
	[REPLACE_DONE] = "done" };

/* {"server", "serves": "old", "new", "other" or absent, "sha256", "error"} */
static json_t *
kernel_json(const struct look_kernel *k)
{
	const char *serves = k->serves[REPLACE_NEW] ? "new"
	    : k->serves[REPLACE_OLD]		    ? "old"
						    : "other";

	return k->looked
	    ? json_pack("{s:s,s:s,s:s}", "server", k->server, "serves", serves, "sha256", k->hex)
	    : json_pack("{s:s,s:s}", "server", k->server, "error", k->why.text);
}

static int
set_time(json_t *j, const char *name, int64_t time)
{
	char text[DATE_TEXT_SIZE];

	if (time == REPLACE_NEVER)
		return 0;
	date_format(time, text);
	return json_object_set_new(j, name, json_string(text));
}

json_t *
say_json(const struct replace *p, const struct look *l)
{
	json_t *kernels = json_array(),
	       *j = json_pack("{s:s,s:b,s:o}", "name", p->name, "under_way",
		   p->m.exists && l->next != REPLACE_DONE, "kernels", kernels);
	bool whole = j != NULL;

	if (whole && p->m.exists)
		whole = json_object_set_new(j, "step",
			    json_integer(l->next < REPLACE_DONE ? (int)l->next : 0)) == 0 &&
		    json_object_set_new(j, "next", json_string(step_words[l->next])) == 0 &&
		    json_object_set_new(j, "old", json_string(p->m.hex[REPLACE_OLD])) == 0 &&
		    json_object_set_new(j, "new", json_string(p->m.hex[REPLACE_NEW])) == 0 &&
		    set_time(j, "started", p->m.started) == 0 &&
		    set_time(j, "confirmed", p->m.confirmed) == 0 &&
		    set_time(j, "after", p->m.after) == 0 &&
		    set_time(j, "finished", p->m.finished) == 0;
	for (size_t i = 0; i < l->n && whole; i++)
		whole = json_array_append_new(kernels, kernel_json(&l->kernels[i])) == 0;
	if (whole)
		return j;
	json_decref(j);
	return NULL;
}
