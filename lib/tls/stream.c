/* SPDX-License-Identifier: ISC */
/*
 * Moving bytes: one way for descriptors and for the caller's functions, and the BIO that joins it
 * to OpenSSL.
 */
#include "lib/tls/stream.h"

/* Most bytes of one call, which every long can hold; the next call moves the rest. */
#define STREAM_MAX (1u << 30)

/*
 * Check a result of the program's function: more bytes than were asked for are an error, and so is
 * each negative number but WANT_*.
 */
static long
checked(struct stream *s, long n, size_t len)
{
	s->waits = n == SLIPWAY_TLS_WANT_READ || n == SLIPWAY_TLS_WANT_WRITE;
	return s->waits || (n >= 0 && (size_t)n <= len) ? n : SLIPWAY_TLS_ERROR;
}

long
stream_read(struct stream *s, void *buf, size_t len)
{
	long n;

	/* Return the first byte alone: a read for more could wait for bytes that never come. */
	if (s->started && len > 0) {
		s->started = s->waits = false;
		*(unsigned char *)buf = s->first;
		return 1;
	}
	if (len > STREAM_MAX)
		len = STREAM_MAX;
	n = checked(s, s->read != NULL ? s->read(s->arg, buf, len) : stream_fd_read(s, buf, len),
	    len);
	s->ended |= n == 0 && len > 0;
	if (n > 0 && !s->begun) {
		s->begun = true;
		s->head = *(unsigned char *)buf;
	}
	return n;
}

long
stream_write(struct stream *s, const void *buf, size_t len)
{
	long n;

	if (len > STREAM_MAX)
		len = STREAM_MAX;
	n = s->write != NULL ? s->write(s->arg, buf, len) : stream_fd_write(s, buf, len);
	return checked(s, n, len);
}

void
stream_begin(struct stream *s)
{
	s->since = 0;
	s->cancelled = false;
	s->limit_ms[0] = s->limit_ms[1] = -1;
}

long
stream_drop(struct stream *s, size_t max)
{
	unsigned char bytes[4096];
	long n;

	for (size_t sum = 0; sum < max; sum += (size_t)n)
		if ((n = stream_read(s, bytes, sizeof bytes)) <= 0)
			return n == SLIPWAY_TLS_ERROR ? 0 : n;
	return 1;
}

long
stream_peek(struct stream *s, unsigned char *first)
{
	long n = stream_read(s, &s->first, 1);

	if (n == 1) {
		s->started = true;
		*first = s->first;
	}
	return n;
}

static int
bio_read(BIO *b, char *buf, int len)
{
	long n = stream_read(BIO_get_data(b), buf, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == SLIPWAY_TLS_WANT_READ)
		BIO_set_retry_read(b);
	else if (n == SLIPWAY_TLS_WANT_WRITE)
		BIO_set_retry_write(b);
	return n < 0 ? -1 : (int)n;
}

static int
bio_write(BIO *b, const char *buf, int len)
{
	long n = stream_write(BIO_get_data(b), buf, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == SLIPWAY_TLS_WANT_WRITE)
		BIO_set_retry_write(b);
	else if (n == SLIPWAY_TLS_WANT_READ)
		BIO_set_retry_read(b);
	return n < 0 ? -1 : (int)n;
}

static long
bio_ctrl(BIO *b, int command, long number, void *pointer)
{
	const struct stream *s = BIO_get_data(b);

	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return s->ended;
	return command == BIO_CTRL_FLUSH;
}

static int
bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

BIO_METHOD *
stream_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");

	if (m != NULL &&
	    (!BIO_meth_set_read(m, bio_read) || !BIO_meth_set_write(m, bio_write) ||
		!BIO_meth_set_ctrl(m, bio_ctrl) || !BIO_meth_set_create(m, bio_create))) {
		BIO_meth_free(m);
		return NULL;
	}
	return m;
}
