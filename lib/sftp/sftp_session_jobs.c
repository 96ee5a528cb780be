/* SPDX-License-Identifier: ISC */
/* The parent of a fetch child that does jobs. */
#include <string.h>

#include "lib/os/clock.h"
#include "lib/sftp/sftp_session_state.h"

/* Returns the job of a frame, of this kind and without a result; NULL when there is none. */
static struct sftp_job *
frame_job(struct sftp_session_work *r, struct wire *w, enum sftp_job_kind kind)
{
	uint32_t number = wire_u32(w);
	struct sftp_job *j = w->bad || number >= r->n ? NULL : &r->jobs[number];

	return j == NULL || j->kind != kind || j->result != SFTP_JOB_PENDING ? NULL : j;
}

/* Bytes are asked for in order, and each once.  A file that can't be read is its job's fault. */
static int
on_want(struct sftp_session_work *r, struct wire *w, struct buf *answer, struct err *e)
{
	struct sftp_job *j = frame_job(r, w, SFTP_JOB_PUT);
	uint64_t offset = wire_u64(w);
	uint32_t len = wire_u32(w);

	if (j == NULL || w->bad || w->p != w->end || offset != j->offset || len == 0 ||
	    len > SFTP_WRITE_MAX || len > j->size - offset)
		return sftp_session_lied(r->c, "a wish for bytes that are not to be sent", e);
	r->reply = SFTP_FRAME_BYTES;
	if (buf_reserve(answer, len, e) == -1)
		return -1;
	if (j->err.code != ERR_NONE || j->pull(j->arg, offset, answer->data, len, &j->err) == -1)
		return 0; /* the answer is empty; the child reports the job as failed */
	answer->len = len;
	j->offset += len;
	return 0;
}

static int
on_entry(struct sftp_session_work *r, struct wire *w, struct err *e)
{
	struct sftp_job *j = frame_job(r, w, SFTP_JOB_LIST);
	uint8_t type = wire_u8(w);
	struct sftp_listed listed = { .size = wire_u64(w) };

	listed.name = frame_name(w, SFTP_FRAME_MAX);
	if (j == NULL || listed.name == NULL || w->bad || w->p != w->end ||
	    type > SFTP_LISTED_OTHER || !sftp_job_name(listed.name, strlen(listed.name)) ||
	    ++j->listed > SFTP_LIST_MAX)
		return sftp_session_lied(r->c, "a malformed entry", e);
	listed.type = (enum sftp_listed_type)type;
	if (j->err.code == ERR_NONE)
		j->entry(j->arg, &listed, &j->err);
	return 0;
}

static int
on_data(struct sftp_session_work *r, struct wire *w, struct err *e)
{
	struct sftp_job *j = frame_job(r, w, SFTP_JOB_GET);
	size_t len = (size_t)(w->end - w->p);

	if (j == NULL || len > j->size - j->offset)
		return sftp_session_lied(r->c, "bytes that nobody asked for", e);
	j->offset += len;
	if (j->err.code == ERR_NONE && len > 0)
		j->data(j->arg, w->p, len, &j->err);
	return 0;
}

/* A fault of this side, in j->err already, is the result, whatever the child says. */
static int
on_job(struct sftp_session_work *r, struct wire *w, struct err *e)
{
	uint32_t number = wire_u32(w);
	uint8_t result = wire_u8(w);
	char name[SFTP_SESSION_NAME_SIZE];
	struct sftp_job *j;
	struct err why;

	if (w->bad || number >= r->n || result <= SFTP_JOB_PENDING || result > SFTP_JOB_FAILED ||
	    (result != SFTP_JOB_FAILED && w->p != w->end) ||
	    r->jobs[number].result != SFTP_JOB_PENDING)
		return sftp_session_lied(r->c, "a malformed result", e);
	j = &r->jobs[number];
	if (j->kind == SFTP_JOB_PUT && result == SFTP_JOB_OK && j->offset != j->size)
		return sftp_session_lied(r->c, "a result before it had the whole file", e);
	if (result == SFTP_JOB_FAILED && j->err.code == ERR_NONE) {
		frame_err(w, &why);
		err_context(&why, "%s", sftp_session_name(r->c, name));
		j->err = why;
	}
	j->result = j->err.code != ERR_NONE ? SFTP_JOB_FAILED : (enum sftp_job_result)result;
	return 0;
}

int
sftp_session_take_job(struct sftp_session_work *r, const struct frame *f, struct buf *answer,
    struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);

	switch (f->type) {
	case SFTP_FRAME_WANT:
		return on_want(r, &w, answer, e);
	case SFTP_FRAME_ENTRY:
		return on_entry(r, &w, e);
	case SFTP_FRAME_DATA:
		return on_data(r, &w, e);
	case SFTP_FRAME_JOB:
		return on_job(r, &w, e);
	default:
		return sftp_session_lied(r->c, "a frame that doesn't belong there", e);
	}
}

static int
put_job(struct buf *b, uint32_t number, const struct sftp_job *j, struct err *e)
{
	return wire_put_u32(b, number, e) == -1 || wire_put_u8(b, (uint8_t)j->kind, e) == -1 ||
		frame_put_name(b, j->path, e) == -1 ||
		frame_put_name(b, j->to == NULL ? "" : j->to, e) == -1 ||
		wire_put_u64(b, j->size, e) == -1 || wire_put_u8(b, j->exclusive, e) == -1
	    ? -1
	    : 0;
}

static int
tell_jobs(struct sftp_session_work *r, struct err *e)
{
	struct frames *frames = child_frames(r->c->child);
	int64_t until = r->c->config.deadline;
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		if (r->jobs[i].result != SFTP_JOB_PENDING)
			continue;
		rc = put_job(&b, (uint32_t)i, &r->jobs[i], e);
		if (rc == 0 && b.len > SFTP_FRAME_MAX / 2) {
			rc = frame_send(frames, SFTP_FRAME_JOBS, b.data, b.len, until, e);
			buf_reset(&b);
		}
	}
	/* The first one makes the connection one for jobs, also where none is left. */
	if (rc == 0)
		rc = frame_send(frames, SFTP_FRAME_JOBS, b.data, b.len, until, e);
	buf_free(&b);
	return rc == -1 ? -1 : sftp_session_tell_go(r->c, SFTP_FRAME_DO, e);
}

/* Begins the jobs: those that mustn't be sent fail. */
static void
begin_jobs(struct sftp_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sftp_job *j = &jobs[i];

		if (j->result != SFTP_JOB_PENDING)
			continue;
		j->offset = 0;
		j->listed = 0;
		err_clear(&j->err);
		if (sftp_job_check(j, &j->err) == -1)
			j->result = SFTP_JOB_FAILED;
	}
}

int
sftp_session_do(struct sftp_session *c, struct sftp_job *jobs, size_t n, struct err *e)
{
	struct sftp_session_work r = { .c = c, .jobs = jobs, .n = n };
	char name[SFTP_SESSION_NAME_SIZE];
	int rc = 0;

	if (c->child == NULL || n > SFTP_FILES_MAX)
		return err_setx(e, n > SFTP_FILES_MAX ? ERR_TOO_LARGE : ERR_CONFLICT,
		    "%s: can't do so much at once", sftp_session_name(c, name));
	c->writing = true;
	begin_jobs(jobs, n);
	if (!c->connected)
		rc = sftp_session_listen(&r, e);
	c->paced_from = clock_mono_ms();
	c->paced = 0;
	if (rc == 0 && (rc = tell_jobs(&r, e)) == 0)
		rc = sftp_session_listen(&r, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (jobs[i].result == SFTP_JOB_PENDING)
			rc = sftp_session_lied(c, "an end before all jobs had a result", e);
	return rc;
}
