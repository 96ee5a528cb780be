/* SPDX-License-Identifier: ISC */
/* Reading many files over one SFTP session: the replies. */
#include "lib/sftp/sftp_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

/* Most bytes of requests that are kept; the windows and the backlog stay far below it. */
#define OUT_MAX (4u * 1024 * 1024)

#define SHOWN_MAX 200 /* bytes of a server's message that a text shows */

#define MODE_TYPE    0170000u
#define MODE_REGULAR 0100000u

static void
entry_free(struct sftp_entry *n)
{
	free(n->handle);
	free(n);
}

static void
list_free(struct sftp_list *l)
{
	struct sftp_entry *n, *next;

	for (n = l->first; n != NULL; n = next) {
		next = n->next;
		entry_free(n);
	}
}

struct sftp *
sftp_new(const char *root, const struct sftp_limits *limits, struct err *e)
{
	struct sftp *s = calloc(1, sizeof *s);

	if (s == NULL || (s->root = strdup(root)) == NULL) {
		free(s);
		err_nomem(e);
		return NULL;
	}
	s->limits = limits != NULL ? *limits
				   : (struct sftp_limits){ SFTP_READ_MAX, SFTP_WINDOW_BYTES,
					     SFTP_WINDOW_REQUESTS, SFTP_OPEN_MAX };
	s->out.max = OUT_MAX;
	return s;
}

void
sftp_free(struct sftp *s)
{
	if (s == NULL)
		return;
	list_free(&s->waiting);
	list_free(&s->asking);
	list_free(&s->idle);
	for (size_t i = 0; i < SFTP_SLOTS; i++)
		free(s->slots[i].early);
	buf_free(&s->out);
	free(s->root);
	free(s);
}

int
sftp_add(struct sftp *s, struct sftp_file *files, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct sftp_file *f = &files[i];
		struct sftp_entry *new;

		if (f->result != SFTP_FILE_PENDING)
			continue;
		if (path_check(f->path, strlen(f->path), &f->err) == -1) {
			f->result = SFTP_FILE_FAILED;
			continue;
		}
		if (f->offset > f->max) {
			err_setx(&f->err, ERR_TOO_LARGE,
			    "%s: want at most %" PRIu64 " bytes, got %" PRIu64 " already", f->path,
			    f->max, f->offset);
			f->result = SFTP_FILE_FAILED;
			continue;
		}
		if ((new = calloc(1, sizeof *new)) == NULL)
			return err_nomem(e);
		new->file = f;
		new->start = new->asked = f->offset;
		sftp_list_last(&s->waiting, new);
		s->pending++;
	}
	return 0;
}

int
sftp_output(struct sftp *s, const uint8_t **bytes, size_t *len, struct err *e)
{
	if (sftp_ask(s, e) == -1)
		return -1;
	*bytes = s->out.data + s->sent;
	*len = s->out.len - s->sent;
	return 0;
}

void
sftp_sent(struct sftp *s, size_t len)
{
	s->sent += len;
	if (s->sent == s->out.len) {
		buf_reset(&s->out);
		s->sent = 0;
	}
}

bool
sftp_done(const struct sftp *s)
{
	return s->pending == 0;
}

/* Forgets a file's READs; replies that are under way will be dropped. */
static void
drop_reads(struct sftp *s, struct sftp_entry *n)
{
	for (struct sftp_request *r = n->reads, *next; r != NULL; r = next) {
		next = r->next;
		r->entry = NULL;
		if (r->done) {
			sftp_request_free(s, r);
		} else {
			free(r->early);
			r->early = NULL;
		}
	}
	n->reads = n->last_read = NULL;
}

static int
finish_entry(struct sftp *s, struct sftp_entry *n, enum sftp_result result, struct err *e)
{
	int rc = sftp_ask_close(s, n, e);

	drop_reads(s, n);
	if (n->stat != NULL)
		n->stat->entry = NULL;
	sftp_list_last(NULL, n);
	s->exclusive = false; /* where it was set, this was the only file that was open */
	n->file->result = result;
	s->pending--;
	entry_free(n);
	return rc;
}

/* Sets the error of a file that the server refuses. */
static void
refusal(struct sftp_entry *n, const struct sftp_reply *r)
{
	enum err_code code = r->code == SFTP_PERMISSION_DENIED		    ? ERR_ACCESS
	    : r->code == SFTP_BAD_MESSAGE || r->code == SFTP_OP_UNSUPPORTED ? ERR_PROTOCOL
									    : ERR_IO;
	int len = r->message == NULL ? 0 : (int)text_cut(r->message, r->messagelen, SHOWN_MAX);

	err_setx(&n->file->err, code, "%s: the server refuses it: %.*s (SFTP status %" PRIu32 ")",
	    n->file->path, len, r->message == NULL ? "" : r->message, r->code);
}

static int
too_large(struct sftp *s, struct sftp_entry *n, struct err *e)
{
	err_setx(&n->file->err, ERR_TOO_LARGE,
	    "%s: want at most %" PRIu64 " bytes, the server has more", n->file->path, n->file->max);
	return finish_entry(s, n, SFTP_FILE_FAILED, e);
}

/*
 * Bytes follow a READ that was cut short, so the cut wasn't the end of the file: the server never
 * gives more at once.
 */
static void
learn_size(struct sftp *s, struct sftp_entry *n)
{
	if (n->cut > 0 && n->cut < SFTP_READ_LEAST)
		s->single = true;
	else if (n->cut > 0 && n->cut < s->limits.read)
		s->limits.read = n->cut;
	n->cut = 0;
}

int
sftp_deliver(struct sftp *s, struct sftp_entry *n, const uint8_t *bytes, size_t len, struct err *e)
{
	struct sftp_file *f = n->file;

	learn_size(s, n);
	if (len > f->max - f->offset)
		return too_large(s, n, e);
	if (f->data(f->arg, bytes, len, &f->err) == -1)
		return finish_entry(s, n, SFTP_FILE_FAILED, e);
	f->offset += len;
	return 1;
}

/*
 * A READ gave less than asked before the end of the file.  Asks again from there: the READs under
 * way behind it would each leave a hole, because a server that cuts one READ short cuts them all.
 */
static void
ask_again(struct sftp *s, struct sftp_entry *n)
{
	drop_reads(s, n);
	n->asked = n->file->offset;
	/* With the size still to come, it may be that there is nothing left to ask for. */
	sftp_list_first(n->stat != NULL ? &s->idle : &s->asking, n);
}

int
sftp_advance(struct sftp *s, struct sftp_entry *n, struct err *e)
{
	struct sftp_file *f = n->file;
	struct sftp_request *r;
	int rc;

	while ((r = n->reads) != NULL && r->done) {
		if (r->eof)
			return finish_entry(s, n, SFTP_FILE_OK, e);
		if (r->early != NULL && (rc = sftp_deliver(s, n, r->early, r->got, e)) != 1)
			return rc;
		n->reads = r->next;
		if (n->reads == NULL)
			n->last_read = NULL;
		rc = r->got < r->len;
		n->cut = rc ? r->got : 0;
		sftp_request_free(s, r);
		/* One byte more than is wanted was asked for, and there was none. */
		if (!n->size_known && f->exact && rc && f->offset == f->max)
			return finish_entry(s, n, SFTP_FILE_OK, e);
		if (n->size_known && f->offset >= n->size)
			break;
		if (rc) {
			if (n->size_known)
				learn_size(s, n);
			ask_again(s, n);
		}
	}
	if (n->size_known && f->offset >= n->size)
		return finish_entry(s, n, SFTP_FILE_OK, e);
	if (n->reads == NULL && n->stat == NULL)
		sftp_list_first(&s->asking, n);
	return 0;
}

struct sftp_request *
sftp_find(struct sftp *s, uint32_t id, struct err *e)
{
	struct sftp_request *r = &s->slots[id % SFTP_SLOTS];

	if (r->type == 0 || r->id != id || r->done) {
		err_setx(e, ERR_PROTOCOL,
		    "SFTP: the server answered request %" PRIu32
		    ", which was not asked or is answered already",
		    id);
		return NULL;
	}
	return r;
}

static int
unexpected(const struct sftp_reply *reply, const char *to, struct err *e)
{
	return err_setx(e, ERR_PROTOCOL,
	    "SFTP: the server answered %s with a packet of type %u (status %" PRIu32 ")", to,
	    reply->type, reply->code);
}

/*
 * Tries again when at most open files are open.  Of a whole flight that failed, the first failure
 * sets the limit.
 */
static void
open_later(struct sftp *s, uint32_t id, struct sftp_entry *n, uint32_t open)
{
	if ((int32_t)(id - s->shrunk_id) >= 0) {
		s->limits.open = open > 0 ? open : 1;
		s->shrunk_id = s->next_id;
	}
	n->tries++;
	sftp_list_first(&s->waiting, n);
}

static int
open_failed(struct sftp *s, struct sftp_request *r, struct sftp_entry *n,
    const struct sftp_reply *reply, struct err *e)
{
	if (reply->code == SFTP_NO_SUCH_FILE)
		return finish_entry(s, n, SFTP_FILE_ABSENT, e);
	/* A server that can't open so many files at once also says "failure". */
	if (reply->code != SFTP_FAILURE || n->alone) {
		if (n->file->optional)
			return finish_entry(s, n, SFTP_FILE_ABSENT, e);
		refusal(n, reply);
		return finish_entry(s, n, SFTP_FILE_FAILED, e);
	}
	open_later(s, r->id, n, s->handles);
	return 0;
}

/* Closes a file, and opens it again later when at most open files are open. */
static int
open_again(struct sftp *s, uint32_t id, struct sftp_entry *n, uint32_t open, struct err *e)
{
	int rc = sftp_ask_close(s, n, e);

	drop_reads(s, n);
	free(n->handle);
	n->handle = NULL;
	if (n->stat != NULL)
		n->stat->entry = NULL;
	n->stat = NULL;
	n->size_known = false;
	n->asked = n->start;
	open_later(s, id, n, open);
	return rc;
}

/* Returns an open file of the list with this handle, or NULL. */
static struct sftp_entry *
with_handle(const struct sftp_list *l, const struct sftp_entry *but)
{
	for (struct sftp_entry *n = l->first; n != NULL; n = n->next)
		if (n != but && n->handle != NULL && n->handlelen == but->handlelen &&
		    memcmp(n->handle, but->handle, n->handlelen) == 0)
			return n;
	return NULL;
}

/*
 * Erlang's server may give the same handle to several open files, and then reads from one of them.
 * It can't be told from which, so from then on one file is open at a time; what came of a file that
 * had begun may be of another.
 */
static int
check_handle(struct sftp *s, uint32_t id, struct sftp_entry *n, struct err *e)
{
	struct sftp_entry *other;
	int rc = 0;

	if ((other = with_handle(&s->asking, n)) == NULL)
		other = with_handle(&s->idle, n);
	s->mixed |= other != NULL;
	if (!s->mixed || n->alone)
		return 0;
	if (other != NULL && other->file->offset == other->start) {
		rc = open_again(s, id, other, 1, e);
	} else if (other != NULL) {
		err_setx(&other->file->err, ERR_PROTOCOL,
		    "%s: the server gave one handle to several open files", other->file->path);
		rc = finish_entry(s, other, SFTP_FILE_FAILED, e);
	}
	return rc == -1 ? -1 : open_again(s, id, n, 1, e);
}

static int
opened(struct sftp *s, struct sftp_request *r, const struct sftp_reply *reply, struct err *e)
{
	struct sftp_entry *n = r->entry;

	s->opening--;
	if (reply->type == SFTP_STATUS && reply->code != SFTP_OK)
		return open_failed(s, r, n, reply, e);
	if (reply->type != SFTP_HANDLE)
		return unexpected(reply, "OPEN", e);
	if ((n->handle = malloc(reply->handlelen)) == NULL)
		return err_nomem(e);
	memcpy(n->handle, reply->handle, reply->handlelen);
	n->handlelen = reply->handlelen;
	s->handles++;
	sftp_list_last(&s->asking, n);
	return check_handle(s, r->id, n, e);
}

static int
sized(struct sftp *s, struct sftp_entry *n, const struct sftp_reply *reply, struct err *e)
{
	struct sftp_file *f = n->file;

	n->stat = NULL;
	if (reply->has_mode && (reply->mode & MODE_TYPE) != 0 &&
	    (reply->mode & MODE_TYPE) != MODE_REGULAR) {
		err_setx(&f->err, ERR_IO, "%s: want a regular file, the server has something else",
		    f->path);
		return finish_entry(s, n, SFTP_FILE_FAILED, e);
	}
	if (reply->has_size) {
		if (reply->size > f->max)
			return too_large(s, n, e);
		if (reply->size < n->start) {
			err_setx(&f->err, ERR_CONFLICT,
			    "%s: %" PRIu64 " bytes are here already, the server has %" PRIu64
			    "; it is not the same file",
			    f->path, n->start, reply->size);
			return finish_entry(s, n, SFTP_FILE_FAILED, e);
		}
		n->size = reply->size;
		n->size_known = true;
		if (f->offset >= n->size)
			return finish_entry(s, n, SFTP_FILE_OK, e);
		learn_size(s, n);
	}
	if (n->asked < UINT64_MAX)
		sftp_list_first(&s->asking, n);
	return 0;
}

static int
read_failed(struct sftp *s, struct sftp_request *r, const struct sftp_reply *reply, struct err *e)
{
	struct sftp_entry *n;
	uint32_t id;

	if (r->entry == NULL) {
		sftp_request_free(s, r);
		return 0;
	}
	if (reply->code == SFTP_FAILURE && !(r->entry->alone && r->entry->turn == s->opens) &&
	    r->entry->file->offset == r->entry->start) {
		/*
		 * Some servers open a file at its first READ, which fails when too many are open.
		 */
		n = r->entry;
		id = r->id;
		r->done = true;
		return open_again(s, id, n, s->handles / 2, e);
	}
	if (reply->code == SFTP_EOF) {
		r->done = r->eof = true;
		return sftp_advance(s, r->entry, e);
	}
	r->done = true;
	if (r->entry->file->optional && r->entry->file->offset == r->entry->start)
		return finish_entry(s, r->entry, SFTP_FILE_ABSENT, e);
	refusal(r->entry, reply);
	return finish_entry(s, r->entry, SFTP_FILE_FAILED, e);
}

int
sftp_reply(struct sftp *s, const uint8_t *packet, size_t len, struct err *e)
{
	struct sftp_reply p;
	struct sftp_request *r;
	struct sftp_entry *n;
	bool status;
	int rc = 0;

	if (sftp_reply_parse(packet, len, &p, e) == -1)
		return -1;
	if ((p.type == SFTP_VERSION) == s->version)
		return unexpected(&p, s->version ? "nothing" : "INIT", e);
	if (!s->version) {
		s->version = true;
		return p.id == 3 ? 0
				 : err_setx(e, ERR_PROTOCOL,
				       "SFTP: want version 3, the server speaks %" PRIu32, p.id);
	}
	if ((r = sftp_find(s, p.id, e)) == NULL)
		return -1;
	status = p.type == SFTP_STATUS;
	if (status && (p.code == SFTP_NO_CONNECTION || p.code == SFTP_CONNECTION_LOST))
		return err_setx(e, ERR_NETWORK,
		    "SFTP: the server lost its connection (status %" PRIu32 ")", p.code);
	switch (r->type) {
	case SFTP_OPEN:
		rc = opened(s, r, &p, e);
		break;
	case SFTP_READ:
		/* read_failed() frees the request, whose bytes may have to wait for others. */
		return status && p.code != SFTP_OK ? read_failed(s, r, &p, e)
						   : unexpected(&p, "READ", e);
	case SFTP_FSTAT:
		if (p.type != SFTP_ATTRS && (!status || p.code == SFTP_OK))
			return unexpected(&p, "FSTAT", e);
		n = r->entry;
		rc = n == NULL ? 0 : sized(s, n, &p, e);
		break;
	case SFTP_CLOSE:
		if (!status)
			return unexpected(&p, "CLOSE", e);
		s->closing--;
		break;
	}
	sftp_request_free(s, r);
	return rc;
}
