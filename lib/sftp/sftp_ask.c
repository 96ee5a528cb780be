/* SPDX-License-Identifier: ISC */
/* The requests of an SFTP session: which file is asked for next, and for how many bytes. */
#include "lib/sftp/sftp_state.h"

#include <stdlib.h>
#include <string.h>

/*
 * No more requests are made while so many bytes wait to be sent.  Few, because READs of open files
 * don't overtake OPENs that wait here.
 */
#define BACKLOG_ENOUGH (4u * 1024)

/*
 * After so many failed OPENs a file is opened with nothing else open, which shows whether the file
 * is at fault.
 */
#define SHARED_TRIES 2

static void
list_remove(struct sftp_entry *n)
{
	if (n->in == NULL)
		return;
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		n->in->first = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	else
		n->in->last = n->prev;
	n->prev = n->next = NULL;
	n->in = NULL;
}

void
sftp_list_last(struct sftp_list *l, struct sftp_entry *n)
{
	list_remove(n);
	if (l == NULL)
		return;
	n->prev = l->last;
	if (l->last != NULL)
		l->last->next = n;
	else
		l->first = n;
	l->last = n;
	n->in = l;
}

void
sftp_list_first(struct sftp_list *l, struct sftp_entry *n)
{
	list_remove(n);
	n->next = l->first;
	if (l->first != NULL)
		l->first->prev = n;
	else
		l->last = n;
	l->first = n;
	n->in = l;
}

/* Returns a free slot for a new request; NULL when there is none, which the windows prevent. */
static struct sftp_request *
request_new(struct sftp *s, enum sftp_type type, struct sftp_entry *n)
{
	struct sftp_request *r;

	if (s->used >= SFTP_SLOTS)
		return NULL;
	/* Ids only grow; an id whose slot is still in use is left out. */
	do
		r = &s->slots[s->next_id++ % SFTP_SLOTS];
	while (r->type != 0);
	memset(r, 0, sizeof *r);
	r->type = (uint8_t)type;
	r->id = s->next_id - 1;
	r->entry = n;
	s->used++;
	return r;
}

void
sftp_request_free(struct sftp *s, struct sftp_request *r)
{
	if (r->type == SFTP_READ)
		s->held -= r->len;
	free(r->early);
	r->early = NULL;
	r->type = 0;
	s->used--;
}

static int
no_slot(struct err *e)
{
	return err_setx(e, ERR_PROTOCOL, "SFTP: over %u requests without reply", SFTP_SLOTS);
}

int
sftp_ask_close(struct sftp *s, struct sftp_entry *n, struct err *e)
{
	struct sftp_request *r;

	if (n->handle == NULL)
		return 0;
	s->handles--;
	if ((r = request_new(s, SFTP_CLOSE, NULL)) == NULL)
		return no_slot(e);
	s->closing++;
	return sftp_put_handle(&s->out, SFTP_CLOSE, r->id, n->handle, n->handlelen, e);
}

/*
 * Returns where reading ends: at the size, or one byte behind the allowed ones, which shows that
 * there are too many.
 */
static uint64_t
end_of(const struct sftp_entry *n)
{
	if (n->size_known)
		return n->size;
	return n->file->max == UINT64_MAX ? UINT64_MAX : n->file->max + 1;
}

static int
ask_stat(struct sftp *s, struct sftp_entry *n, struct err *e)
{
	if ((n->stat = request_new(s, SFTP_FSTAT, n)) == NULL)
		return no_slot(e);
	return sftp_put_handle(&s->out, SFTP_FSTAT, n->stat->id, n->handle, n->handlelen, e);
}

static int
ask_read(struct sftp *s, struct sftp_entry *n, uint32_t len, struct err *e)
{
	struct sftp_request *r = request_new(s, SFTP_READ, n);

	if (r == NULL)
		return no_slot(e);
	r->offset = n->asked;
	r->len = len;
	s->held += len;
	n->asked += len;
	if (n->reads == NULL)
		n->reads = r;
	else
		n->last_read->next = r;
	n->last_read = r;
	return sftp_put_read(&s->out, r->id, n->handle, n->handlelen, r->offset, len, e);
}

/*
 * Asks for one READ of the first file that has bytes to ask for.  1; 0 when there is none, or no
 * room; -1.
 */
static int
ask_next_read(struct sftp *s, struct err *e)
{
	struct sftp_entry *n;
	uint64_t left;
	uint32_t len;

	/*
	 * One READ is enough until the size is known: it is more than TCP's first flights carry,
	 * and the file may be far smaller than is allowed.
	 */
	while ((n = s->asking.first) != NULL &&
	    (n->asked >= end_of(n) || (n->stat != NULL && n->asked > n->start) ||
		(s->single && n->reads != NULL)))
		sftp_list_last(&s->idle, n);
	if (n == NULL || s->used >= s->limits.requests)
		return 0;
	left = end_of(n) - n->asked;
	len = left < s->limits.read ? (uint32_t)left : s->limits.read;
	if (s->held > 0 && s->held + len > s->limits.bytes)
		return 0;
	/* Before the READ, so that the size is known when its bytes come. */
	if (n->asked == n->start && n->stat == NULL && !n->size_known && !n->file->exact &&
	    ask_stat(s, n, e) == -1)
		return -1;
	return ask_read(s, n, len, e) == -1 ? -1 : 1;
}

/* Asks for one OPEN.  1; 0 when there is none to ask for, or no room; -1. */
static int
ask_next_open(struct sftp *s, struct err *e)
{
	struct sftp_entry *n = s->waiting.first;
	struct sftp_request *r;
	uint32_t busy = s->opening + s->handles;
	bool alone;

	if (n == NULL || s->used >= s->limits.requests || busy >= s->limits.open || s->exclusive)
		return 0;
	alone = s->mixed || n->tries >= SHARED_TRIES;
	/* One that is opened alone waits for all others, and keeps them waiting. */
	if (alone && busy + s->closing > 0)
		return 0;
	s->exclusive = alone;
	if ((r = request_new(s, SFTP_OPEN, n)) == NULL)
		return no_slot(e);
	n->alone = busy + s->closing == 0;
	n->turn = ++s->opens;
	s->opening++;
	sftp_list_last(&s->idle, n);
	return sftp_put_open(&s->out, r->id, s->root, n->file->path, e) == -1 ? -1 : 1;
}

int
sftp_ask(struct sftp *s, struct err *e)
{
	int rc;

	if (!s->greeted && s->waiting.first != NULL) {
		if (sftp_put_init(&s->out, e) == -1)
			return -1;
		s->greeted = true;
	}
	do {
		if (s->out.len - s->sent >= BACKLOG_ENOUGH)
			return 0;
		if ((rc = ask_next_read(s, e)) == 0)
			rc = ask_next_open(s, e);
	} while (rc > 0);
	return rc;
}
