/* SPDX-License-Identifier: ISC */
/* Changing the files of a directory over one SFTP session. */
#include "lib/sftp/sftp_writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/base/wire.h"
#include "lib/sftp/sftp_packet.h"

/* Bytes of requests that wait for the connection before no more are made; and most of them. */
#define BACKLOG_ENOUGH (64u * 1024)
#define OUT_MAX	       (4u * 1024 * 1024)

/* Open requests; more than all jobs and their writes have. */
#define SLOTS 1024u

#define SHOWN_MAX      200 /* bytes of a server's message that a text shows */
#define FILE_MODE      0644u
#define DIRECTORY_MODE 0755u

#define MODE_TYPE      0170000u
#define MODE_REGULAR   0100000u
#define MODE_DIRECTORY 0040000u

/* A job under way. */
struct task {
	struct sftp_job *job; /* NULL: this place is free */
	uint8_t handle[SFTP_HANDLE_MAX];
	size_t handlelen;	     /* 0: nothing is open */
	uint32_t waiting;	     /* requests without an answer */
	bool end;		     /* LIST, GET: the end came */
	bool renamed;		     /* PUT: it has its last name */
	enum sftp_job_result result; /* so far; PENDING: no fault yet */
};

struct request {
	struct task *task;
	uint8_t type; /* 0: free; SFTP_EXTENDED: fsync */
	uint32_t id;
};

struct sftp_writer {
	char *root;
	struct sftp_job **jobs; /* owned list: the ones that haven't begun, from next on */
	size_t n, next;
	struct task tasks[SFTP_WRITER_JOBS];
	uint32_t running, writes; /* tasks; writes without an answer */
	uint32_t turn;		  /* the task that may write next */
	struct request slots[SLOTS];
	uint32_t next_id;
	bool greeted, version; /* INIT is in out; VERSION came */
	struct sftp_extensions has;
	struct buf out; /* packets to be sent, from sent on */
	size_t sent;
	struct buf in; /* the packet that is being collected, with its length */
};

struct sftp_writer *
sftp_writer_new(const char *root, struct err *e)
{
	struct sftp_writer *w = calloc(1, sizeof *w);

	if (w == NULL || (w->root = strdup(root)) == NULL) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	w->out.max = OUT_MAX;
	w->in.max = 4 + SFTP_WRITER_PACKET_MAX;
	return w;
}

void
sftp_writer_free(struct sftp_writer *w)
{
	if (w == NULL)
		return;
	buf_free(&w->out);
	buf_free(&w->in);
	free(w->jobs);
	free(w->root);
	free(w);
}

int
sftp_writer_add(struct sftp_writer *w, struct sftp_job *j, struct err *e)
{
	if (j->result != SFTP_JOB_PENDING)
		return 0;
	if (sftp_job_check(j, &j->err) == -1) {
		j->result = SFTP_JOB_FAILED;
		return 0;
	}
	if (sftp_writer_done(w))
		w->n = w->next = 0;
	if (w->n == 0) {
		free(w->jobs);
		w->jobs = NULL;
	}
	if (list_grow(&w->jobs, w->n, sizeof *w->jobs, e) == -1)
		return -1;
	w->jobs[w->n++] = j;
	return 0;
}

bool
sftp_writer_done(const struct sftp_writer *w)
{
	return w->next == w->n && w->running == 0;
}

void
sftp_writer_sent(struct sftp_writer *w, size_t len)
{
	size_t left;

	w->sent += len;
	left = w->out.len - w->sent;
	/* A server that keeps up never takes the last byte: what it took has to go before that. */
	if (left > 0 && w->sent < BACKLOG_ENOUGH)
		return;
	if (left > 0)
		memmove(w->out.data, w->out.data + w->sent, left);
	buf_cut(&w->out, left);
	w->sent = 0;
}

/* Returns a slot for a new request of t; there is always one. */
static uint32_t
new_id(struct sftp_writer *w, struct task *t, uint8_t type)
{
	struct request *r;

	do
		r = &w->slots[w->next_id++ % SLOTS];
	while (r->type != 0);
	*r = (struct request){ t, type, w->next_id - 1 };
	t->waiting++;
	return r->id;
}

static int
send_handle(struct sftp_writer *w, struct task *t, enum sftp_type type, struct err *e)
{
	return sftp_put_handle(&w->out, type, new_id(w, t, (uint8_t)type), t->handle, t->handlelen,
	    e);
}

static int
send_close(struct sftp_writer *w, struct task *t, struct err *e)
{
	int rc = send_handle(w, t, SFTP_CLOSE, e);

	t->handlelen = 0;
	return rc;
}

/* The job failed; its error is set.  What is open is closed before it ends. */
static void
fail(struct task *t)
{
	t->result = SFTP_JOB_FAILED;
}

static void
refused(struct task *t, const struct sftp_reply *r, const char *hint)
{
	struct sftp_job *j = t->job;
	int len = r->message == NULL ? 0 : (int)text_cut(r->message, r->messagelen, SHOWN_MAX);
	enum err_code code = r->code == SFTP_PERMISSION_DENIED ? ERR_ACCESS
	    : r->code == SFTP_NO_SUCH_FILE		       ? ERR_NOENT
							       : ERR_IO;

	if (t->result == SFTP_JOB_FAILED)
		return;
	err_setx(&j->err, code, "%s: the server refuses it: %.*s (SFTP status %" PRIu32 ")%s",
	    j->path, len, r->message == NULL ? "" : r->message, r->code,
	    r->code == SFTP_FAILURE ? hint : "");
	fail(t);
}

static int
begin(struct sftp_writer *w, struct task *t, struct err *e)
{
	const struct sftp_job *j = t->job;

	switch (j->kind) {
	case SFTP_JOB_LIST:
		return sftp_put_path(&w->out, SFTP_OPENDIR, new_id(w, t, SFTP_OPENDIR), w->root,
		    j->path, e);
	case SFTP_JOB_GET:
		return sftp_put_open(&w->out, new_id(w, t, SFTP_OPEN), w->root, j->path, e);
	case SFTP_JOB_PUT:
		return sftp_put_create(&w->out, new_id(w, t, SFTP_OPEN), w->root, j->path,
		    j->exclusive, FILE_MODE, e);
	case SFTP_JOB_MKDIR:
		return sftp_put_path_mode(&w->out, SFTP_MKDIR, new_id(w, t, SFTP_MKDIR), w->root,
		    j->path, DIRECTORY_MODE, e);
	case SFTP_JOB_RENAME:
		return sftp_put_rename(&w->out, new_id(w, t, SFTP_RENAME), w->root, j->path, j->to,
		    w->has.posix_rename, e);
	case SFTP_JOB_REMOVE:
		break;
	}
	return sftp_put_path(&w->out, SFTP_REMOVE, new_id(w, t, SFTP_REMOVE), w->root, j->path, e);
}

/* Makes the next job a task, when there is a free place.  1, 0 or -1. */
static int
begin_next(struct sftp_writer *w, struct err *e)
{
	/* What a VERSION says about renaming has to be known. */
	if (w->next == w->n || w->running == SFTP_WRITER_JOBS || !w->version)
		return 0;
	for (size_t i = 0; i < SFTP_WRITER_JOBS; i++)
		if (w->tasks[i].job == NULL) {
			w->tasks[i] = (struct task){ .job = w->jobs[w->next++] };
			w->running++;
			return begin(w, &w->tasks[i], e) == -1 ? -1 : 1;
		}
	return 0;
}

static bool
may_write(const struct task *t)
{
	return t->job != NULL && t->job->kind == SFTP_JOB_PUT && t->handlelen > 0 &&
	    t->result == SFTP_JOB_PENDING && t->job->offset < t->job->size;
}

/* Sends the last requests for a file that was written whole. */
static int
end_put(struct sftp_writer *w, struct task *t, struct err *e)
{
	if (w->has.fsync &&
	    sftp_put_fsync(&w->out, new_id(w, t, SFTP_EXTENDED), t->handle, t->handlelen, e) == -1)
		return -1;
	return send_close(w, t, e);
}

static int
write_piece(struct sftp_writer *w, struct task *t, struct err *e)
{
	struct sftp_job *j = t->job;
	uint64_t left = j->size - j->offset;
	size_t n = left < SFTP_WRITE_MAX ? (size_t)left : SFTP_WRITE_MAX;
	uint8_t bytes[SFTP_WRITE_MAX];

	if (j->pull(j->arg, j->offset, bytes, n, &j->err) == -1) {
		fail(t);
		return t->waiting > 0 ? 0 : send_close(w, t, e);
	}
	w->writes++;
	if (sftp_put_write(&w->out, new_id(w, t, SFTP_WRITE), t->handle, t->handlelen, j->offset,
		bytes, n, e) == -1)
		return -1;
	j->offset += n;
	return 0;
}

/* Writes a piece of one of the files.  1; 0 when there is nothing to write, or no room; -1. */
static int
write_next(struct sftp_writer *w, struct err *e)
{
	if (w->writes >= SFTP_WRITER_WRITES)
		return 0;
	for (uint32_t i = 0; i < SFTP_WRITER_JOBS; i++) {
		struct task *t = &w->tasks[(w->turn + i) % SFTP_WRITER_JOBS];

		if (may_write(t)) {
			w->turn += i + 1;
			return write_piece(w, t, e) == -1 ? -1 : 1;
		}
	}
	return 0;
}

int
sftp_writer_output(struct sftp_writer *w, const uint8_t **bytes, size_t *len, struct err *e)
{
	int rc = 1;

	if (!w->greeted && w->n > 0) {
		if (sftp_put_init(&w->out, e) == -1)
			return -1;
		w->greeted = true;
	}
	while (rc > 0 && w->out.len - w->sent < BACKLOG_ENOUGH)
		if ((rc = write_next(w, e)) == 0)
			rc = begin_next(w, e);
	*bytes = w->out.data + w->sent;
	*len = w->out.len - w->sent;
	return rc == -1 ? -1 : 0;
}

static void
finish(struct sftp_writer *w, struct task *t)
{
	struct sftp_job *j = t->job;

	t->job = NULL;
	w->running--;
	j->result = t->result == SFTP_JOB_PENDING ? SFTP_JOB_OK : t->result;
	if (j->ended != NULL)
		j->ended(j->arg);
}

/* Goes on with a job after an answer.  0 or -1. */
static int
go_on(struct sftp_writer *w, struct task *t, struct err *e)
{
	const struct sftp_job *j = t->job;

	if (t->waiting > 0)
		return 0;
	if (t->result == SFTP_JOB_PENDING && may_write(t))
		return 0; /* sftp_writer_output() goes on */
	if (t->handlelen > 0 && (t->result != SFTP_JOB_PENDING || t->end))
		return send_close(w, t, e);
	if (t->handlelen > 0 && j->kind == SFTP_JOB_PUT)
		return end_put(w, t, e);
	if (t->handlelen > 0)
		return j->kind == SFTP_JOB_LIST
		    ? send_handle(w, t, SFTP_READDIR, e)
		    : sftp_put_read(&w->out, new_id(w, t, SFTP_READ), t->handle, t->handlelen,
			  j->offset, SFTP_WRITE_MAX, e);
	if (t->result == SFTP_JOB_PENDING && j->kind == SFTP_JOB_PUT && j->to != NULL &&
	    !t->renamed) {
		t->renamed = true;
		return sftp_put_rename(&w->out, new_id(w, t, SFTP_RENAME), w->root, j->path, j->to,
		    w->has.posix_rename, e);
	}
	finish(w, t);
	return 0;
}

static int
unexpected(const struct request *r, uint8_t got, struct err *e)
{
	return err_setx(e, ERR_PROTOCOL,
	    "SFTP: the server answered a request of type %u with a packet of type %u", r->type,
	    got);
}

static int
on_handle(struct sftp_writer *w, struct task *t, const struct sftp_reply *p, struct err *e)
{
	memcpy(t->handle, p->handle, p->handlelen);
	t->handlelen = p->handlelen;
	if (t->job->kind != SFTP_JOB_PUT)
		return 0;
	/* The mode that OPEN asked for is less the server's umask; not every server takes this. */
	return sftp_put_fsetstat(&w->out, new_id(w, t, SFTP_FSETSTAT), t->handle, t->handlelen,
	    FILE_MODE, e);
}

/* A STATUS other than OK. */
static void
on_failure(struct task *t, uint8_t type, const struct sftp_reply *p)
{
	switch (type) {
	case SFTP_OPEN:
	case SFTP_OPENDIR:
	case SFTP_REMOVE:
		if (p->code == SFTP_NO_SUCH_FILE && t->job->kind != SFTP_JOB_PUT)
			t->result = SFTP_JOB_ABSENT;
		else
			refused(t, p, t->job->exclusive ? "; it may be there already" : "");
		return;
	case SFTP_READDIR:
	case SFTP_READ:
		t->end = true;
		if (p->code != SFTP_EOF)
			refused(t, p, "");
		return;
	case SFTP_RENAME:
		refused(t, p,
		    "; it may be that the server can't replace a file in one step: OpenSSH can");
		return;
	case SFTP_SETSTAT:
	case SFTP_FSETSTAT:
		return; /* some servers, or file systems, have no modes */
	case SFTP_CLOSE:
		if (t->job->kind != SFTP_JOB_PUT)
			return;
		break;
	case SFTP_EXTENDED:
		if (p->code == SFTP_OP_UNSUPPORTED)
			return;
		break;
	}
	refused(t, p, "; the server's disk or quota may be full");
}

static int
on_reply(struct sftp_writer *w, struct request *r, const struct sftp_reply *p, struct err *e)
{
	struct task *t = r->task;
	bool opens = r->type == SFTP_OPEN || r->type == SFTP_OPENDIR;
	uint8_t type = r->type;

	if (p->type == SFTP_HANDLE ? !opens : p->type != SFTP_STATUS)
		return unexpected(r, p->type, e);
	if (p->type == SFTP_STATUS && p->code == SFTP_OK &&
	    (opens || type == SFTP_READ || type == SFTP_READDIR))
		return unexpected(r, p->type, e);
	r->type = 0;
	t->waiting--;
	if (type == SFTP_WRITE)
		w->writes--;
	if (p->type == SFTP_HANDLE && on_handle(w, t, p, e) == -1)
		return -1;
	if (p->type == SFTP_STATUS && p->code != SFTP_OK)
		on_failure(t, type, p);
	else if (type == SFTP_MKDIR &&
	    sftp_put_path_mode(&w->out, SFTP_SETSTAT, new_id(w, t, SFTP_SETSTAT), w->root,
		t->job->path, DIRECTORY_MODE, e) == -1)
		return -1;
	return go_on(w, t, e);
}

static void
count_entry(struct task *t)
{
	if (++t->job->listed <= SFTP_LIST_MAX || t->result != SFTP_JOB_PENDING)
		return;
	err_setx(&t->job->err, ERR_TOO_LARGE, "%s: over %u entries there", t->job->path,
	    SFTP_LIST_MAX);
	fail(t);
}

static int
on_name(void *arg, const struct sftp_name *name, struct err *e)
{
	struct task *t = arg;
	struct sftp_job *j = t->job;
	char text[PATH_COMPONENT_MAX + 1];
	uint32_t type = name->mode & MODE_TYPE;
	struct sftp_listed listed = { text, SFTP_LISTED_OTHER, name->has_size ? name->size : 0 };

	(void)e;
	count_entry(t);
	if (t->result != SFTP_JOB_PENDING || name->len >= sizeof text ||
	    !sftp_job_name(name->name, name->len))
		return 0;
	memcpy(text, name->name, name->len);
	text[name->len] = '\0';
	if (name->has_mode && type == MODE_REGULAR && name->has_size)
		listed.type = SFTP_LISTED_FILE;
	if (name->has_mode && type == MODE_DIRECTORY)
		listed.type = SFTP_LISTED_DIRECTORY;
	if (j->entry(j->arg, &listed, &j->err) == -1)
		fail(t);
	return 0;
}

/* The answer to a READDIR. */
static int
on_names(struct sftp_writer *w, struct request *r, const uint8_t *packet, size_t len, struct err *e)
{
	struct task *t = r->task;

	if (r->type != SFTP_READDIR)
		return unexpected(r, SFTP_NAME, e);
	if (sftp_names_parse(packet, len, on_name, t, e) == -1)
		return -1;
	r->type = 0;
	t->waiting--;
	count_entry(t); /* an answer as well, so that empty ones come to an end */
	return go_on(w, t, e);
}

/* The answer to a READ. */
static int
on_data(struct sftp_writer *w, struct request *r, const uint8_t *packet, size_t len, struct err *e)
{
	struct wire in = WIRE_INIT(packet + 5, len - 5);
	struct task *t = r->task;
	struct sftp_job *j = t->job;
	const uint8_t *bytes;
	size_t n;

	if (r->type != SFTP_READ)
		return unexpected(r, SFTP_DATA, e);
	if ((bytes = wire_string(&in, &n)) == NULL || in.p != in.end || n > SFTP_WRITE_MAX)
		return err_setx(e, ERR_PROTOCOL, "SFTP: the server sent malformed data");
	r->type = 0;
	t->waiting--;
	t->end = n == 0;
	if (n > j->size - j->offset) {
		err_setx(&j->err, ERR_TOO_LARGE,
		    "%s: want at most %" PRIu64 " bytes, the server has more", j->path, j->size);
		fail(t);
	} else if (n > 0 && j->data(j->arg, bytes, n, &j->err) == -1) {
		fail(t);
	} else {
		j->offset += n;
	}
	return go_on(w, t, e);
}

static int
on_version(struct sftp_writer *w, const uint8_t *packet, size_t len, struct err *e)
{
	struct sftp_reply p;

	if (sftp_reply_parse(packet, len, &p, e) == -1)
		return -1;
	if (p.type != SFTP_VERSION || p.id != 3)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: want version 3, the server answered with a packet of type %u and %" PRIu32,
		    p.type, p.id);
	w->version = true;
	sftp_extensions_parse(packet, len, &w->has);
	return 0;
}

/* Takes a whole packet of at least 5 bytes, without its length. */
static int
on_packet(struct sftp_writer *w, const uint8_t *packet, size_t len, struct err *e)
{
	struct wire in = WIRE_INIT(packet, len);
	uint8_t type = wire_u8(&in);
	uint32_t id = wire_u32(&in);
	struct request *r = &w->slots[id % SLOTS];
	struct sftp_reply p;

	if (!w->version)
		return on_version(w, packet, len, e);
	if (r->type == 0 || r->id != id)
		return err_setx(e, ERR_PROTOCOL,
		    "SFTP: the server answered request %" PRIu32
		    ", which was not asked or is answered already",
		    id);
	if (type == SFTP_NAME)
		return on_names(w, r, packet, len, e);
	if (type == SFTP_DATA)
		return on_data(w, r, packet, len, e);
	if (sftp_reply_parse(packet, len, &p, e) == -1)
		return -1;
	if (p.type == SFTP_STATUS &&
	    (p.code == SFTP_NO_CONNECTION || p.code == SFTP_CONNECTION_LOST))
		return err_setx(e, ERR_NETWORK,
		    "SFTP: the server lost its connection (status %" PRIu32 ")", p.code);
	return on_reply(w, r, &p, e);
}

int
sftp_writer_input(struct sftp_writer *w, const uint8_t *bytes, size_t len, struct err *e)
{
	while (len > 0) {
		size_t want = 4, n;

		if (w->in.len >= 4) {
			struct wire head = WIRE_INIT(w->in.data, 4);
			uint32_t size = wire_u32(&head);

			if (size < 5 || size > SFTP_WRITER_PACKET_MAX)
				return err_setx(e, ERR_PROTOCOL,
				    "SFTP: the server sent a packet of %" PRIu32
				    " bytes, want 5 to %u",
				    size, SFTP_WRITER_PACKET_MAX);
			want = 4 + size;
		}
		n = want - w->in.len < len ? want - w->in.len : len;
		if (buf_add(&w->in, bytes, n, e) == -1)
			return -1;
		bytes += n;
		len -= n;
		if (want == 4 || w->in.len < want)
			continue;
		if (on_packet(w, w->in.data + 4, w->in.len - 4, e) == -1)
			return -1;
		buf_reset(&w->in);
	}
	return 0;
}
