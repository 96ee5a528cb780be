/* SPDX-License-Identifier: ISC */
/* The jobs of a fetch child. */
#include "lib/sftp/child_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/clock.h"
#include "lib/sftp/sftp_writer.h"

struct work {
	struct sftp_job j;
	struct child_jobs *all;
	uint32_t number;
	char *path, *to;
	bool told; /* its result was sent */
};

struct child_jobs {
	struct frames *parent;
	struct sftp_writer *engine;
	struct buf out;	    /* the frame that is being made */
	struct work **work; /* of the T that comes */
	size_t n;
	bool gone; /* the parent is */
};

struct child_jobs *
child_jobs_new(struct frames *parent, const char *root, struct err *e)
{
	struct child_jobs *c = calloc(1, sizeof *c);

	if (c == NULL || (c->engine = sftp_writer_new(root, e)) == NULL) {
		free(c);
		err_nomem(e);
		return NULL;
	}
	c->parent = parent;
	c->out.max = SFTP_FRAME_MAX;
	return c;
}

static void
forget_jobs(struct child_jobs *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->work[i]->path);
		free(c->work[i]->to);
		free(c->work[i]);
	}
	free(c->work);
	c->work = NULL;
	c->n = 0;
}

void
child_jobs_free(struct child_jobs *c)
{
	if (c == NULL)
		return;
	sftp_writer_free(c->engine); /* it points into the jobs */
	forget_jobs(c);
	buf_free(&c->out);
	free(c);
}

static int
say_job(struct work *w, enum sftp_frame type, struct err *e)
{
	struct child_jobs *c = w->all;
	int rc = frame_send(c->parent, (uint8_t)type, c->out.data, c->out.len, FRAME_FOREVER, e);

	c->gone |= rc == -1;
	return rc;
}

/* Begins a frame with the number of a job. */
static int
begin_frame(struct work *w, struct err *e)
{
	buf_reset(&w->all->out);
	return wire_put_u32(&w->all->out, w->number, e);
}

/* Asks the parent for bytes of the file, and waits for them. */
static int
pull_bytes(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	struct work *w = arg;
	struct buf *out = &w->all->out;
	struct frame f;

	if (begin_frame(w, e) == -1 || wire_put_u64(out, offset, e) == -1 ||
	    wire_put_u32(out, (uint32_t)len, e) == -1 || say_job(w, SFTP_FRAME_WANT, e) == -1)
		return -1;
	if (frame_recv(w->all->parent, &f, FRAME_FOREVER, e) != 1 || f.type != SFTP_FRAME_BYTES) {
		w->all->gone = true;
		return err_setx(e, ERR_PROTOCOL, "want bytes");
	}
	if (f.len != len)
		return err_setx(e, ERR_IO, "%s: can't be read here", w->path);
	memcpy(bytes, f.data, len);
	return 0;
}

static int
tell_data(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct work *w = arg;

	return begin_frame(w, e) == -1 || buf_add(&w->all->out, bytes, len, e) == -1
	    ? -1
	    : say_job(w, SFTP_FRAME_DATA, e);
}

static int
tell_entry(void *arg, const struct sftp_listed *entry, struct err *e)
{
	struct work *w = arg;
	struct buf *out = &w->all->out;

	return begin_frame(w, e) == -1 || wire_put_u8(out, (uint8_t)entry->type, e) == -1 ||
		wire_put_u64(out, entry->size, e) == -1 || frame_put_name(out, entry->name, e) == -1
	    ? -1
	    : say_job(w, SFTP_FRAME_ENTRY, e);
}

static int
tell_job(struct work *w, struct err *e)
{
	struct buf *out = &w->all->out;

	w->told = true;
	if (begin_frame(w, e) == -1 || wire_put_u8(out, (uint8_t)w->j.result, e) == -1 ||
	    (w->j.result == SFTP_JOB_FAILED && frame_put_err(out, &w->j.err, e) == -1))
		return -1;
	return say_job(w, SFTP_FRAME_JOB, e);
}

/* Tells each result at once, so that the parent doesn't take a long flight for silence. */
static void
tell_ended(void *arg)
{
	struct work *w = arg;
	struct err ignored;

	if (!w->all->gone && tell_job(w, &ignored) == -1)
		w->all->gone = true;
}

static int
take_job(struct child_jobs *c, struct wire *in, struct err *e)
{
	struct work *w = calloc(1, sizeof *w);
	const char *path, *to;

	if (w == NULL)
		return err_nomem(e);
	if (list_grow(&c->work, c->n, sizeof *c->work, e) == -1) {
		free(w);
		return -1;
	}
	c->work[c->n++] = w;
	w->all = c;
	w->number = wire_u32(in);
	w->j = (struct sftp_job){ .kind = (enum sftp_job_kind)wire_u8(in),
		.pull = pull_bytes,
		.data = tell_data,
		.entry = tell_entry,
		.ended = tell_ended,
		.arg = w };
	path = frame_name(in, SFTP_FRAME_MAX);
	to = frame_name(in, SFTP_FRAME_MAX);
	w->j.size = wire_u64(in);
	w->j.exclusive = wire_u8(in) == 1;
	if (path == NULL || to == NULL || in->bad)
		return err_setx(e, ERR_PROTOCOL, "malformed job");
	if ((w->path = strdup(path)) == NULL || (w->to = strdup(to)) == NULL)
		return err_nomem(e);
	w->j.path = w->path;
	w->j.to = to[0] == '\0' ? NULL : w->to;
	return 0;
}

int
child_jobs_take(struct child_jobs *c, const struct frame *f, struct err *e)
{
	struct wire in = WIRE_INIT(f->data, f->len);

	while (in.p < in.end)
		if (c->n == SFTP_FILES_MAX || take_job(c, &in, e) == -1)
			return -1;
	return 0;
}

int
child_jobs_do(struct child_jobs *c, struct ssh *ssh, const struct frame *f, struct err *why,
    struct err *e)
{
	struct wire in = WIRE_INIT(f->data, f->len);
	int64_t deadline = clock_mono_ms() + (int64_t)(wire_u64(&in) & INT32_MAX),
		idle_ms = (int64_t)(wire_u64(&in) & INT32_MAX);
	const struct ssh_engine engine = ssh_writing(c->engine);
	int rc = 0;

	for (size_t i = 0; i < c->n && rc == 0; i++)
		rc = sftp_writer_add(c->engine, &c->work[i]->j, why);
	if (rc == 0)
		rc = ssh_run(ssh, &engine, deadline, idle_ms, why);
	for (size_t i = 0; i < c->n && !c->gone; i++)
		if (c->work[i]->j.result != SFTP_JOB_PENDING && !c->work[i]->told &&
		    tell_job(c->work[i], e) == -1)
			return -1;
	if (c->gone)
		return err_setx(e, ERR_PROTOCOL, "the parent is gone");
	if (rc == -1)
		return 1; /* the engine points into the jobs: they stay until the end */
	forget_jobs(c);
	return 0;
}
