/* SPDX-License-Identifier: ISC */
/* Trying the servers of a station, and what is told of it. */
#include "updater/cmd/trying.h"

#include <stdio.h>

#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/sftp/child.h"
#include "updater/cmd/command.h"

#define WHOLE_MS 30000 /* for all servers */

bool
trying_is_well(const struct trial *t)
{
	return t->why.code == ERR_NONE;
}

int
trying_words(const struct station *st, const struct trial *t, bool new_key, struct buf *out,
    struct err *e)
{
	if (t->step == TRIAL_RELEASE)
		return buf_addf(out, e, " has release %lld, root version %lld",
		    (long long)t->release, (long long)t->root_version);
	if (t->step == TRIAL_TRUSTED && trying_is_well(t))
		return buf_addf(out, e, " has no release of %s yet", st->application);
	if (t->step == TRIAL_CONNECTED && new_key)
		return buf_adds(out, " answers, and doesn't know the new login key yet", e);
	if (t->step == TRIAL_LOGGED_IN && t->why.code == ERR_NOENT)
		return buf_addf(out, e,
		    " takes the login, and has no repository there (%.300s); the address ends where "
		    "metadata/ begins",
		    t->why.text);
	if (t->step == TRIAL_TRUSTED && t->why.code == ERR_NOENT)
		return buf_addf(out, e, " has a repository without the application %s (%.300s)",
		    st->application, t->why.text);
	return buf_addf(out, e, ": %.600s", t->why.text);
}

/* Whether what a server answers stops an enrolment by itself. */
static bool
is_another_server(const struct trial *t)
{
	return t->why.code == ERR_HOSTKEY || t->why.code == ERR_SIGNATURE;
}

int
trying_all(const struct station *st, const uint8_t *root, size_t len, bool new_key, struct err *e)
{
	struct sftp_session_child child = { .role = &sftp_child_role };
	int64_t until = clock_mono_ms() + WHOLE_MS;
	bool well = false, other = false;
	struct err first = { .code = ERR_NONE };

	for (size_t i = 0; i < st->servers.n; i++) {
		struct buf words = BUF_INIT(ERR_TEXT_SIZE * 2);
		struct trial t;

		trial_run(st, st->servers.v[i], root, len, &child, until, &t);
		if (new_key && t.step == TRIAL_CONNECTED)
			err_clear(&t.why);
		if (trying_words(st, &t, new_key, &words, e) == -1) {
			buf_free(&words);
			return -1;
		}
		if (trying_is_well(&t))
			printf("%s%s\n", st->servers.v[i], buf_text(&words));
		else if (first.code == ERR_NONE || is_another_server(&t))
			err_setx(&first, t.why.code, "%.300s%.600s", st->servers.v[i],
			    buf_text(&words));
		if (!trying_is_well(&t) && st->servers.n > 1)
			log_warn("%s%s", st->servers.v[i], buf_text(&words));
		well |= trying_is_well(&t);
		other |= is_another_server(&t);
		buf_free(&words);
	}
	if (well && !other)
		return 0;
	*e = first;
	return -1;
}
