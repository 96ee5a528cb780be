/* SPDX-License-Identifier: ISC */
/* Configuration scripts in a child process: the child's side. */
#include <stdlib.h>
#include <string.h>

#include "lib/script/script_frames.h"
#include "lib/script/runner.h"

/* Address space besides Lua's: the frames, the change set, the C library's heap. */
#define OTHER_MEMORY (32u * 1024 * 1024)

/* Processor time of one child in all, in case its parent hangs and can't stop it. */
#define CPU_SECONDS 60

/* Changes are sent in frames of about this many bytes. */
#define CHANGES_SIZE (64u * 1024)

struct duty {
	struct frames *parent;
	struct buf out; /* the frame that is being made */
	struct script_facts facts;
	struct buf facts_text; /* owns the memory of the facts */
};

static int
tell(struct duty *d, enum script_frame type, struct err *e)
{
	int rc = frame_send(d->parent, (uint8_t)type, d->out.data, d->out.len, FRAME_FOREVER, e);

	buf_reset(&d->out);
	return rc;
}

/* Sends a question and waits for the answer. */
static int
ask_parent(struct duty *d, enum script_frame type, struct frame *f, struct err *e)
{
	if (tell(d, type, e) == -1)
		return -1;
	if (frame_recv(d->parent, f, FRAME_FOREVER, e) != 1)
		return err_setx(e, ERR_PROTOCOL, "the program that runs this script is gone");
	return 0;
}

static int
ask_get(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	struct duty *d = arg;
	struct frame f;
	struct wire w;

	buf_reset(&d->out);
	if (frame_put_name(&d->out, key, e) == -1 || frame_put_name(&d->out, name, e) == -1 ||
	    ask_parent(d, SCRIPT_FRAME_GET, &f, e) == -1)
		return -1;
	w = (struct wire)WIRE_INIT(f.data, f.len);
	if (f.type == SCRIPT_FRAME_VALUE)
		return script_frames_value(&w, v, e) == -1 ? -1 : 1;
	return f.type == SCRIPT_FRAME_NONE ? 0 : frame_err(&w, e);
}

static int
ask_exists(void *arg, const char *target, struct err *e)
{
	struct duty *d = arg;
	struct frame f;
	struct wire w;

	buf_reset(&d->out);
	if (frame_put_name(&d->out, target, e) == -1 ||
	    ask_parent(d, SCRIPT_FRAME_EXISTS, &f, e) == -1)
		return -1;
	w = (struct wire)WIRE_INIT(f.data, f.len);
	return f.type == SCRIPT_FRAME_YES ? 1 : f.type == SCRIPT_FRAME_NONE ? 0 : frame_err(&w, e);
}

static int
tell_log(void *arg, const char *script, const char *text, struct err *e)
{
	struct duty *d = arg;

	(void)script;
	buf_reset(&d->out);
	return frame_put_name(&d->out, text, e) == -1 ? -1 : tell(d, SCRIPT_FRAME_LOG, e);
}

static const struct confine_want want = { .memory = SCRIPT_MEMORY_MAX + OTHER_MEMORY,
	.cpu_seconds = CPU_SECONDS };

static int
take_facts(struct duty *d, const struct frame *f, struct err *e)
{
	struct wire w;

	if (d->facts_text.len > 0)
		return err_setx(e, ERR_PROTOCOL, "facts come once");
	if (buf_add(&d->facts_text, f->data, f->len, e) == -1)
		return -1;
	w = (struct wire)WIRE_INIT(d->facts_text.data, d->facts_text.len);
	if (script_frames_facts(&w, &d->facts, e) == -1)
		return -1;
	d->facts.get = ask_get;
	d->facts.exists = ask_exists;
	d->facts.log = tell_log;
	d->facts.arg = d;
	return 0;
}

static int
tell_changes(struct duty *d, const struct changeset *c, struct err *e)
{
	buf_reset(&d->out);
	for (size_t i = 0; i < c->n; i++)
		if (script_frames_put_change(&d->out, &c->changes[i], e) == -1 ||
		    (d->out.len > CHANGES_SIZE && tell(d, SCRIPT_FRAME_CHANGES, e) == -1))
			return -1;
	if (d->out.len > 0 && tell(d, SCRIPT_FRAME_CHANGES, e) == -1)
		return -1;
	return tell(d, SCRIPT_FRAME_DONE, e);
}

static int
run_one(struct duty *d, const struct frame *f, struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);
	const char *sent = frame_name(&w, SCRIPT_NAME_MAX);
	struct changeset c = CHANGESET_INIT;
	char name[SCRIPT_NAME_MAX + 1];
	const uint8_t *source;
	uint8_t *copy;
	struct err why;
	size_t len;
	int rc;

	/* The next answer to a question overwrites the frame. */
	if ((source = wire_string(&w, &len)) == NULL || sent == NULL)
		return err_setx(e, ERR_PROTOCOL, "want a script");
	if ((copy = malloc(len + 1)) == NULL)
		return err_nomem(e);
	memcpy(copy, source, len);
	memcpy(name, sent, strlen(sent) + 1);
	if (script_run(name, copy, len, &d->facts, &c, &why) == 0) {
		rc = tell_changes(d, &c, e);
	} else {
		buf_reset(&d->out);
		rc = frame_put_err(&d->out, &why, e) == -1 ? -1 : tell(d, SCRIPT_FRAME_FAILED, e);
	}
	free(copy);
	changeset_free(&c);
	return rc;
}

static int
serve_scripts(struct frames *parent)
{
	struct duty d = { .parent = parent,
		.out = BUF_INIT(SCRIPT_FRAME_MAX),
		.facts_text = BUF_INIT(SCRIPT_FRAME_MAX) };
	struct frame f;
	struct err e;
	int rc = child_hello(parent, SCRIPT_FRAME_HELLO, &want, &e);

	while (rc == 0 && (rc = frame_recv(parent, &f, FRAME_FOREVER, &e)) == 1)
		if (f.type == SCRIPT_FRAME_FACTS)
			rc = take_facts(&d, &f, &e);
		else
			rc = f.type == SCRIPT_FRAME_SCRIPT && d.facts_text.len > 0
			    ? run_one(&d, &f, &e)
			    : -1;
	script_frames_facts_free(&d.facts);
	buf_free(&d.out);
	buf_free(&d.facts_text);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct child_role script_child_role = { "script", SCRIPT_FRAME_MAX, serve_scripts, &want };
