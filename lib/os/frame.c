/* SPDX-License-Identifier: ISC */
/* Frames over a pipe. */
#include "lib/os/frame.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/text.h"
#include "lib/os/clock.h"

/*
 * Content of a frame that is copied behind its header, so that the other side wakes up once for
 * both.
 */
#define SMALL_MAX 4096

struct frames {
	pipe_end pipe;
	size_t max;
	uint8_t *in;	    /* FRAME_HEADER_SIZE + max bytes: room for the largest frame */
	size_t high;	    /* bytes of it that were ever written to: secrets may be there */
	size_t start, used; /* what was read and not yet handed out: used bytes from start on */
	bool ended;
};

struct frames *
frames_open(pipe_end p, size_t max, struct err *e)
{
	struct frames *f = NULL;

	if (max > FRAME_SIZE_MAX)
		err_setx(e, ERR_TOO_LARGE, "frame: want a limit of at most %u bytes, got %zu",
		    FRAME_SIZE_MAX, max);
	else if ((f = calloc(1, sizeof *f)) == NULL ||
	    (f->in = malloc(FRAME_HEADER_SIZE + max)) == NULL)
		err_nomem(e);
	if (f == NULL || f->in == NULL) {
		free(f);
		pipe_close(p);
		return NULL;
	}
	f->pipe = p;
	f->max = max;
	return f;
}

void
frames_close(struct frames *f)
{
	if (f == NULL)
		return;
	pipe_close(f->pipe);
	OPENSSL_cleanse(f->in, f->high);
	free(f->in);
	free(f);
}

pipe_end
frames_pipe(const struct frames *f)
{
	return f->pipe;
}

static size_t
room(const struct frames *f)
{
	return FRAME_HEADER_SIZE + f->max - f->start - f->used;
}

/* Read what is there, as much as there is room for. */
static int
take_in(struct frames *f, struct err *e)
{
	size_t n;

	if (f->ended || room(f) == 0)
		return 0;
	if (pipe_read(f->pipe, f->in + f->start + f->used, room(f), &n, &f->ended, e) == -1)
		return -1;
	f->used += n;
	if (f->start + f->used > f->high)
		f->high = f->start + f->used;
	return 0;
}

static int
send_all(struct frames *f, const uint8_t *data, size_t len, int64_t deadline, struct err *e)
{
	while (len > 0) {
		size_t n;

		if (pipe_write(f->pipe, data, len, &n, e) == -1)
			return -1;
		data += n;
		len -= n;
		if (len == 0)
			return 0;
		if (pipe_wait(f->pipe, !f->ended && room(f) > 0, true, deadline, e) == -1 ||
		    take_in(f, e) == -1)
			return -1;
	}
	return 0;
}

int
frame_send(struct frames *f, uint8_t type, const void *data, size_t len, int64_t deadline,
    struct err *e)
{
	uint8_t head[FRAME_HEADER_SIZE + SMALL_MAX];
	size_t small = len <= SMALL_MAX ? len : 0;
	int rc;

	if (len > f->max)
		return err_setx(e, ERR_TOO_LARGE, "frame: want at most %zu bytes, got %zu", f->max,
		    len);
	head[0] = (uint8_t)(len >> 24);
	head[1] = (uint8_t)(len >> 16);
	head[2] = (uint8_t)(len >> 8);
	head[3] = (uint8_t)len;
	head[4] = type;
	if (small > 0)
		memcpy(head + FRAME_HEADER_SIZE, data, small);
	rc = send_all(f, head, FRAME_HEADER_SIZE + small, deadline, e);
	OPENSSL_cleanse(head, FRAME_HEADER_SIZE + small);
	return rc == -1 || small == len ? rc : send_all(f, data, len, deadline, e);
}

/*
 * Whether a whole frame is there: 1 with *out filled in, 0 not yet, -1 its length is over the
 * limit.
 */
static int
whole(struct frames *f, struct frame *out, struct err *e)
{
	const uint8_t *p = f->in + f->start;
	size_t len;

	if (f->used < FRAME_HEADER_SIZE)
		return 0;
	len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > f->max)
		return err_setx(e, ERR_PROTOCOL,
		    "frame: want at most %zu bytes, got a length of %zu", f->max, len);
	if (f->used - FRAME_HEADER_SIZE < len)
		return 0;
	*out = (struct frame){ p[4], p + FRAME_HEADER_SIZE, len };
	f->start += FRAME_HEADER_SIZE + len;
	f->used -= FRAME_HEADER_SIZE + len;
	return 1;
}

int
frame_recv(struct frames *f, struct frame *out, int64_t deadline, struct err *e)
{
	int rc;

	/* The deadline also ends a peer that sends frames without a pause. */
	if (clock_mono_ms() >= deadline)
		return err_setx(e, ERR_TIMEOUT, "no answer in time");
	while ((rc = whole(f, out, e)) == 0) {
		/* From the front of the buffer there is room for any frame. */
		if (f->start > 0) {
			memmove(f->in, f->in + f->start, f->used);
			f->start = 0;
		}
		if (take_in(f, e) == -1)
			return -1;
		if ((rc = whole(f, out, e)) != 0)
			break;
		if (f->ended && f->used == 0)
			return 0;
		if (f->ended)
			return err_setx(e, ERR_PROTOCOL,
			    "frame: the other side ended in the middle of one");
		if (pipe_wait(f->pipe, true, false, deadline, e) == -1)
			return -1;
	}
	return rc;
}

int
frame_put_name(struct buf *b, const char *text, struct err *e)
{
	return wire_put_string(b, text, strlen(text) + 1, e);
}

const char *
frame_name(struct wire *w, size_t max)
{
	size_t len;
	const char *text = (const char *)wire_string(w, &len);

	if (text != NULL && len > 0 && len - 1 <= max && memchr(text, '\0', len) == text + len - 1)
		return text;
	w->bad = true;
	return NULL;
}

int
frame_put_err(struct buf *b, const struct err *what, struct err *e)
{
	return wire_put_u8(b, (uint8_t)what->code, e) == -1 ? -1 : frame_put_name(b, what->text, e);
}

int
frame_err(struct wire *w, struct err *e)
{
	uint8_t code = wire_u8(w);
	const char *text = frame_name(w, ERR_TEXT_SIZE);

	if (text == NULL || !valid_utf8(text, strlen(text)))
		return err_setx(e, ERR_PROTOCOL,
		    "the other process sent a malformed text of an error");
	return err_setx(e,
	    code > ERR_NONE && code < ERR_CODE_COUNT ? (enum err_code)code : ERR_PROTOCOL, "%s",
	    text);
}
