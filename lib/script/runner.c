/* SPDX-License-Identifier: ISC */
/* Configuration scripts in a child process: the parent's side. */
#include "lib/script/runner.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/script/script_frames.h"
#include "lib/script/keyguard.h"

/* Milliseconds that a failed child gets to exit, so that its exit status can be reported. */
#define LAST_WORDS_MS 1000

struct runner {
	struct child *child; /* NULL after it failed */
	const struct script_facts *facts;
	int each_ms;
	int64_t deadline;
	struct confined confined;
	bool hello; /* the child reported how it is confined */
};

/* One script that is being run. */
struct running {
	struct runner *r;
	const char *name;
	int64_t deadline;
	struct changeset changes;
	size_t size; /* of the changes */
	unsigned calls, lines;
};

struct runner *
runner_start(const struct script_facts *facts, int each_ms, int64_t deadline, struct err *e)
{
	struct runner *r = calloc(1, sizeof *r);
	struct buf b = BUF_INIT(SCRIPT_FRAME_MAX);
	int rc = -1;

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	r->facts = facts;
	r->each_ms = each_ms;
	r->deadline = deadline;
	if (script_frames_put_facts(&b, facts, e) == 0 &&
	    (r->child = child_start(&script_child_role, e)) != NULL)
		rc = frame_send(child_frames(r->child), SCRIPT_FRAME_FACTS, b.data, b.len, deadline,
		    e);
	buf_free(&b);
	if (rc == 0)
		return r;
	runner_end(r);
	return NULL;
}

void
runner_end(struct runner *r)
{
	if (r == NULL)
		return;
	child_end(r->child, 0, NULL);
	free(r);
}

const struct confined *
runner_confined(const struct runner *r)
{
	return r->hello ? &r->confined : NULL;
}

static int
send_answer(struct running *s, enum script_frame type, const struct buf *b, struct err *e)
{
	return frame_send(child_frames(s->r->child), (uint8_t)type, b->data, b->len, s->deadline,
	    e);
}

/* Passes an error on to the script, which then fails with it. */
static int
send_refusal(struct running *s, const struct err *why, struct err *e)
{
	struct buf b = BUF_INIT(2 * ERR_TEXT_SIZE);
	int rc = frame_put_err(&b, why, e) == -1 ? -1 : send_answer(s, SCRIPT_FRAME_REFUSED, &b, e);

	buf_free(&b);
	return rc;
}

static int
count_call(struct running *s, struct err *e)
{
	if (++s->calls > SCRIPT_CALLS_MAX)
		return err_setx(e, ERR_PROTOCOL, "the script child asked over %u times",
		    SCRIPT_CALLS_MAX);
	return 0;
}

static int
on_get(struct running *s, struct wire *w, struct err *e)
{
	const struct script_facts *facts = s->r->facts;
	const char *key = frame_name(w, SETTING_KEY_MAX), *name = frame_name(w, SETTING_NAME_MAX);
	struct buf b = BUF_INIT(VALUE_SIZE_MAX + 64);
	struct value v = VALUE_INIT;
	struct err why;
	int found = 0, rc;

	if (name == NULL || key == NULL || w->p != w->end)
		return err_setx(e, ERR_PROTOCOL, "the script child sent a malformed question");
	if (script_frames_key(key, e) == -1)
		return -1;
	if (keyguard_touch(facts, key, false, name, NULL, &why) == -1)
		found = -1;
	else if (facts->get != NULL)
		found = facts->get(facts->arg, key, name, &v, &why);
	if (found == 1 && script_frames_put_value(&b, &v, &why) == -1)
		found = -1;
	rc = found == -1 ? send_refusal(s, &why, e)
			 : send_answer(s, found ? SCRIPT_FRAME_VALUE : SCRIPT_FRAME_NONE, &b, e);
	value_free(&v);
	buf_free(&b);
	return rc;
}

static int
on_exists(struct running *s, struct wire *w, struct err *e)
{
	const struct script_facts *facts = s->r->facts;
	const char *target = frame_name(w, SCRIPT_FRAME_MAX);
	struct buf none = BUF_INIT(0);
	struct err why;
	int rc = 0;

	if (target == NULL || w->p != w->end)
		return err_setx(e, ERR_PROTOCOL, "the script child sent a malformed question");
	if (facts->exists != NULL)
		rc = facts->exists(facts->arg, target, &why);
	return rc == -1 ? send_refusal(s, &why, e)
			: send_answer(s, rc ? SCRIPT_FRAME_YES : SCRIPT_FRAME_NONE, &none, e);
}

static int
on_log(struct running *s, struct wire *w, struct err *e)
{
	const struct script_facts *facts = s->r->facts;
	const char *text = frame_name(w, SCRIPT_LOG_LINE_MAX);

	if (text == NULL || w->p != w->end || !valid_script_log(text, strlen(text)) ||
	    ++s->lines > SCRIPT_LOG_MAX)
		return err_setx(e, ERR_PROTOCOL,
		    "the script child sent a malformed line, or too many");
	return facts->log == NULL ? 0 : facts->log(facts->arg, s->name, text, e);
}

/*
 * Returns 1: the script is done; 0: go on; -1: the child must be killed; -2: the script failed, and
 * the child goes on.
 */
static int
on_frame(struct running *s, const struct frame *f, struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);

	if (f->type != SCRIPT_FRAME_HELLO && !s->r->hello)
		return err_setx(e, ERR_PROTOCOL, "the script child didn't say how it is confined");
	switch (f->type) {
	case SCRIPT_FRAME_HELLO:
		return child_take_hello(&w, &s->r->hello, &s->r->confined)
		    ? 0
		    : err_setx(e, ERR_PROTOCOL, "the script child sent a malformed greeting");
	case SCRIPT_FRAME_GET:
		return count_call(s, e) == -1 ? -1 : on_get(s, &w, e);
	case SCRIPT_FRAME_EXISTS:
		return count_call(s, e) == -1 ? -1 : on_exists(s, &w, e);
	case SCRIPT_FRAME_LOG:
		return on_log(s, &w, e);
	case SCRIPT_FRAME_CHANGES:
		return script_frames_changes(&w, s->r->facts, &s->changes, &s->size, e);
	case SCRIPT_FRAME_DONE:
		return f->len == 0
		    ? 1
		    : err_setx(e, ERR_PROTOCOL, "the script child sent a malformed end");
	case SCRIPT_FRAME_FAILED:
		frame_err(&w, e);
		return e->code == ERR_PROTOCOL ? -1 : -2;
	default:
		return err_setx(e, ERR_PROTOCOL, "the script child sent an unknown frame 0x%02x",
		    f->type);
	}
}

/* Kills the child and reports its end. */
static int
give_up(struct running *s, bool ended, struct err *e)
{
	struct runner *r = s->r;
	char how[CHILD_HOW_SIZE];

	child_end(r->child, ended ? clock_mono_ms() + LAST_WORDS_MS : 0, how);
	r->child = NULL;
	if (ended)
		return err_setx(e, ERR_PROTOCOL, "%s: the script child %s", s->name, how);
	if (e->code != ERR_TIMEOUT)
		return err_context(e, "%s", s->name);
	if (clock_mono_ms() >= r->deadline)
		return err_setx(e, ERR_TIMEOUT, "%s: stopped, because the update's deadline passed",
		    s->name);
	return err_setx(e, ERR_LIMIT, "%s: stopped after %d seconds (an endless loop?)", s->name,
	    r->each_ms / 1000);
}

static int
converse(struct running *s, struct changeset *out, struct err *e)
{
	struct frames *frames = child_frames(s->r->child);
	struct frame f;
	int rc;

	do {
		if ((rc = frame_recv(frames, &f, s->deadline, e)) == 1)
			rc = on_frame(s, &f, e);
		else
			return give_up(s, rc == 0, e);
	} while (rc == 0);
	if (rc == -1)
		return give_up(s, false, e);
	return rc == 1 ? changeset_take(out, &s->changes, e) : -1;
}

int
runner_run(struct runner *r, const char *name, const uint8_t *source, size_t len,
    struct changeset *out, struct err *e)
{
	struct running s = { r, name, clock_mono_ms() + r->each_ms, CHANGESET_INIT, 0, 0, 0 };
	struct buf b = BUF_INIT(SCRIPT_FRAME_MAX);
	int rc = -1;

	if (r->child == NULL)
		return err_setx(e, ERR_CONFLICT, "%s: not run, because the script child is gone",
		    name);
	if (s.deadline > r->deadline)
		s.deadline = r->deadline;
	if (len > SCRIPT_SIZE_MAX || strlen(name) > SCRIPT_NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%.200s: over %u bytes", name, SCRIPT_SIZE_MAX);
	if (frame_put_name(&b, name, e) == 0 && wire_put_string(&b, source, len, e) == 0)
		rc = frame_send(child_frames(r->child), SCRIPT_FRAME_SCRIPT, b.data, b.len,
			 s.deadline, e) == -1
		    ? give_up(&s, e->code == ERR_PROTOCOL, e)
		    : converse(&s, out, e);
	buf_free(&b);
	changeset_free(&s.changes);
	return rc;
}
