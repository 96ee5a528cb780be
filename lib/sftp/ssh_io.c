/* SPDX-License-Identifier: ISC */
/* libssh2's memory and its way to the network. */
#include "lib/sftp/ssh_io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/sftp/ssh_hello.h"

/* Most bytes that wait for the socket. */
#define OUT_MAX (1024u * 1024)

/* Bytes that are read at once of what comes before the identification. */
#define HELLO_PIECE 2048

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

/* What comes behind the server's identification is its list of algorithms. */
static void
note_times(struct ssh *s)
{
	const uint8_t *line = s->hello.data + s->given;

	if (!s->identified || s->listed)
		return;
	if (s->times.identified == 0)
		s->times.identified = s->heard;
	s->times.listed = s->heard;
	line = memchr(line, '\n', s->hello.len - s->given);
	s->listed = line != NULL && line + 1 < s->hello.data + s->hello.len;
}

/*
 * Reads into hello, and finds the identification, in front of which a server may send lines
 * (RFC 4253, section 4.2) that libssh2 doesn't take when they are empty.  1, or what on_recv()
 * returns.
 */
static ssize_t
read_hello(struct ssh *s)
{
	uint8_t bytes[HELLO_PIECE];
	ptrdiff_t n = net_recv(s->net, bytes, sizeof bytes);
	int found;

	if (n == NET_AGAIN) {
		s->times.waited = true;
		return -EAGAIN;
	}
	if (n <= 0) {
		s->peer_closed = true;
		return n == 0 ? 0 : -ECONNRESET;
	}
	s->heard = clock_mono_ms();
	if (buf_add(&s->hello, bytes, (size_t)n, &s->fault) == -1)
		return -ECONNRESET;
	found = ssh_hello_find(s->hello.data, s->hello.len, &s->given, &s->fault);
	s->identified = found == 1;
	note_times(s);
	return found == 1 ? 1 : found == 0 ? -EAGAIN : -ECONNRESET;
}

static ssize_t
on_recv(libssh2_socket_t fd, void *data, size_t len, int flags, void **abstract)
{
	struct ssh *s = self(abstract);
	size_t before = s->hello.len;
	struct err ignored;
	ptrdiff_t n;

	(void)fd;
	(void)flags;
	if (s->dead)
		return -ECONNRESET;
	if (s->turn == 0)
		return -EAGAIN;
	while (!s->identified) {
		ssize_t rc = read_hello(s);

		if (rc != 1 && (rc != -EAGAIN || s->hello.len == before))
			return rc;
		before = s->hello.len;
	}
	if (s->given < s->hello.len) {
		if (len > s->hello.len - s->given)
			len = s->hello.len - s->given;
		memcpy(data, s->hello.data + s->given, len);
		s->given += len;
		return (ssize_t)len;
	}
	n = net_recv(s->net, data, len < s->turn ? len : s->turn);
	if (n == NET_AGAIN)
		return -EAGAIN;
	if (n <= 0) {
		s->peer_closed = true;
		return n == 0 ? 0 : -ECONNRESET;
	}
	s->heard = clock_mono_ms();
	if (!s->listed) {
		s->times.listed = s->heard;
		s->listed = true;
	}
	/* The server's algorithms, for messages: as much as there is room for. */
	if (s->hello.len > 0 && buf_add(&s->hello, data, (size_t)n, &ignored) == 0)
		s->given = s->hello.len;
	s->turn -= (size_t)n;
	s->came = true;
	return n;
}

/* The server ends the connection, with a reason. */
static LIBSSH2_DISCONNECT_FUNC(on_disconnect)
{
	struct ssh *s = *abstract;

	(void)session;
	(void)reason;
	(void)language;
	(void)language_len;
	if (message_len > 0)
		text_safe(s->parting, sizeof s->parting, message, (size_t)message_len, false);
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
	s->hello.max = SSH_HELLO_MAX + HELLO_PIECE;
	s->turn = SSH_TURN_MAX;
	s->session = libssh2_session_init_ex(on_alloc, on_free, on_realloc, s);
	if (s->session == NULL)
		return err_nomem(e);
	libssh2_session_set_blocking(s->session, 0);
	SET_CALLBACK(s->session, LIBSSH2_CALLBACK_SEND, on_send);
	SET_CALLBACK(s->session, LIBSSH2_CALLBACK_RECV, on_recv);
	SET_CALLBACK(s->session, LIBSSH2_CALLBACK_DISCONNECT, on_disconnect);
	return 0;
}

void
ssh_io_greeted(struct ssh *s)
{
	if (s->given == s->hello.len) {
		buf_free(&s->hello);
		s->given = 0;
	}
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

#if LIBSSH2_VERSION_NUM >= 0x010b00
#define GET_BANNER(session, text) libssh2_userauth_banner((session), (text))
#else
#define GET_BANNER(session, text) ((void)(session), (void)(text), -1)
#endif

int
ssh_add_banner(struct ssh *s, struct err *e)
{
	struct buf said = BUF_INIT(ERR_TEXT_SIZE);
	struct err ignored;
	char *text = NULL;

	if (GET_BANNER(s->session, &text) == 0 && text != NULL &&
	    ssh_hello_said((const uint8_t *)text, strlen(text), &said, &ignored) == 0 &&
	    said.len > 0) {
		const struct err why = *e;

		err_setx(e, why.code, "%.700s; the server's login banner: '%s'", why.text,
		    buf_text(&said));
	}
	buf_free(&said);
	return -1;
}

const char *
ssh_fault(struct ssh *s)
{
	char *text = NULL;

	if (s->parting[0] != '\0')
		return s->parting;
	if (s->peer_closed)
		return net_fault(s->net);
	if (libssh2_session_last_error(s->session, &text, NULL, 0) == 0 || text == NULL)
		return "no reason given";
	return text;
}

/* A server that ends the connection, or goes on for ever, before it said who it is. */
static int
no_server(struct ssh *s, const char *step, struct err *e)
{
	struct buf said = BUF_INIT(ERR_TEXT_SIZE);
	const char *why = s->fault.code != ERR_NONE ? s->fault.text
	    : s->peer_closed			    ? net_fault(s->net)
						    : ssh_fault(s);
	struct err ignored;

	ssh_hello_said(s->hello.data, s->hello.len, &said, &ignored);
	if (said.len == 0)
		ssh_err(s, e, ERR_NETWORK, "connection broke while %s: %s", step, why);
	else
		ssh_err(s, e, ERR_NETWORK, "connection broke while %s: the server said '%s' (%s)",
		    step, buf_text(&said), why);
	if (s->fault.code != ERR_NONE)
		e->code = s->fault.code;
	buf_free(&said);
	return -1;
}

int
ssh_broken(struct ssh *s, const char *step, struct err *e)
{
	if (!s->identified)
		return no_server(s, step, e);
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
