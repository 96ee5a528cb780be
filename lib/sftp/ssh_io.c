/* SPDX-License-Identifier: ISC */
/* libssh2's memory and its way to the network. */
#include "lib/sftp/ssh_io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/os/clock.h"

/* Most bytes that wait for the socket. */
#define OUT_MAX (1024u * 1024)

static struct ssh *
self(void **abstract)
{
	return *abstract;
}

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	return ssh_pool_alloc(&self(abstract)->pool, count);
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	return ssh_pool_realloc(&self(abstract)->pool, ptr, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	ssh_pool_free(&self(abstract)->pool, ptr);
}

/* Takes every packet whole: libssh2 can do nothing else while a packet is half sent. */
static ssize_t
on_send(libssh2_socket_t fd, const void *data, size_t len, int flags, void **abstract)
{
	struct ssh *s = self(abstract);
	struct err ignored;

	(void)fd;
	(void)flags;
	if (s->dead || buf_add(&s->out, data, len, &ignored) == -1)
		return -ECONNRESET;
	return (ssize_t)len;
}

static ssize_t
on_recv(libssh2_socket_t fd, void *data, size_t len, int flags, void **abstract)
{
	struct ssh *s = self(abstract);
	ptrdiff_t n;

	(void)fd;
	(void)flags;
	if (s->dead)
		return -ECONNRESET;
	if (s->turn == 0)
		return -EAGAIN;
	n = net_recv(s->net, data, len < s->turn ? len : s->turn);
	if (n == NET_AGAIN)
		return -EAGAIN;
	if (n <= 0) {
		s->peer_closed = true;
		return n == 0 ? 0 : -ECONNRESET;
	}
	s->turn -= (size_t)n;
	s->heard = clock_mono_ms();
	return n;
}

/*
 * libssh2 1.11.1 takes callbacks as pointers to functions; before it they were pointers to objects,
 * which C has no conversion to.
 */
#if LIBSSH2_VERSION_NUM >= 0x010b01
#define SET_CALLBACK(session, which, on) \
	libssh2_session_callback_set2((session), (which), (libssh2_cb_generic *)(on))
#else
union callback {
	void (*function)(void);
	void *object;
};
#define SET_CALLBACK(session, which, on) \
	libssh2_session_callback_set((session), (which), \
	    (union callback){ (void (*)(void))(on) }.object)
#endif

int
ssh_io_start(struct ssh *s, struct net *net, struct err *e)
{
	s->net = net;
	s->out.max = OUT_MAX;
	s->turn = SSH_TURN_MAX;
	s->session = libssh2_session_init_ex(on_alloc, on_free, on_realloc, s);
	if (s->session == NULL)
		return err_nomem(e);
	libssh2_session_set_blocking(s->session, 0);
	SET_CALLBACK(s->session, LIBSSH2_CALLBACK_SEND, on_send);
	SET_CALLBACK(s->session, LIBSSH2_CALLBACK_RECV, on_recv);
	return 0;
}

int
ssh_err(const struct ssh *s, struct err *e, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_setx(e, code, "%s:%u: %s", s->server.host, (unsigned)s->server.port, text);
}

const char *
ssh_fault(struct ssh *s)
{
	char *text = NULL;

	if (s->peer_closed)
		return net_fault(s->net);
	if (libssh2_session_last_error(s->session, &text, NULL, 0) == 0 || text == NULL)
		return "no reason given";
	return text;
}

int
ssh_broken(struct ssh *s, const char *step, struct err *e)
{
	switch (libssh2_session_last_errno(s->session)) {
	case LIBSSH2_ERROR_ALLOC:
		return ssh_err(s, e, ERR_NOMEM,
		    "%s: out of memory, or over %u bytes for one connection", step, SSH_MEMORY_MAX);
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_TIMEOUT:
	case LIBSSH2_ERROR_BANNER_RECV:
	case LIBSSH2_ERROR_CHANNEL_CLOSED:
		return ssh_err(s, e, ERR_NETWORK, "connection broke while %s: %s", step,
		    ssh_fault(s));
	default:
		if (s->peer_closed)
			return ssh_err(s, e, ERR_NETWORK, "connection broke while %s: %s", step,
			    net_fault(s->net));
		return ssh_err(s, e, ERR_PROTOCOL, "%s failed: %s", step, ssh_fault(s));
	}
}

int
ssh_flush(struct ssh *s, const char *step, struct err *e)
{
	while (s->sent < s->out.len) {
		ptrdiff_t n = net_send(s->net, s->out.data + s->sent, s->out.len - s->sent);

		if (n == NET_AGAIN)
			return 0;
		if (n == NET_BROKEN)
			return ssh_err(s, e, ERR_NETWORK, "connection broke while %s: %s", step,
			    net_fault(s->net));
		s->sent += (size_t)n;
	}
	buf_reset(&s->out);
	s->sent = 0;
	return 0;
}

int
ssh_turn(struct ssh *s, const char *step, int64_t deadline, struct err *e)
{
	int rc;

	if (ssh_flush(s, step, e) == -1)
		return -1;
	rc = net_wait(s->net, s->sent < s->out.len, deadline, e);
	if (rc == 0)
		return ssh_err(s, e, ERR_TIMEOUT, "no answer in time while %s", step);
	s->turn = SSH_TURN_MAX;
	return rc == -1 ? -1 : 0;
}
