/* SPDX-License-Identifier: ISC */
/*
 * One SSH connection with its "sftp" subsystem, through libssh2.
 */
#include "lib/sftp/ssh_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/os/clock.h"
#include "lib/base/digest.h"

/* Bytes of a list of algorithms. */
#define METHODS_SIZE 1024

/*
 * What may be negotiated, best first; names that the installed libssh2 doesn't have are left out by
 * it.  GCM and chacha20 came to it together with strict key exchange, which they need.
 */
#define KEX "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256"
#define CIPHERS \
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr,aes192-ctr," \
	"chacha20-poly1305@openssh.com"
#define MACS \
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
#define HOSTKEY_ECDSA "ecdsa-sha2-nistp256"
#define HOSTKEYS      "ssh-ed25519," HOSTKEY_ECDSA

/* Bytes that are taken from the network in one turn. */
#define TURN_MAX (128u * 1024)

/*
 * Bytes that wait for the socket before no more are made (few, as in sftp_ask.c), and the most
 * there can be.
 */
#define OUT_ENOUGH (4u * 1024)
#define OUT_MAX	   (1024u * 1024)

/* "SHA256:", 43 digits, the NUL. */
#define FINGERPRINT_SIZE 51

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

/*
 * libssh2 can't go on with something else while a packet is half sent, so every packet is taken
 * whole.
 */
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

/* libssh2 takes these two as pointers to objects, which C has no conversion to. */
static const union {
	ssize_t (*function)(libssh2_socket_t, const void *, size_t, int, void **);
	void *object;
} send_callback = { on_send };

static const union {
	ssize_t (*function)(libssh2_socket_t, void *, size_t, int, void **);
	void *object;
} recv_callback = { on_recv };

/* Text of libssh2's last error, for messages. */
static const char *
fault(struct ssh *s)
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
		return err_setx(e, ERR_NOMEM,
		    "%s:%u: %s: out of memory, or over %u bytes for one connection", s->server.host,
		    (unsigned)s->server.port, step, SSH_MEMORY_MAX);
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_TIMEOUT:
	case LIBSSH2_ERROR_BANNER_RECV:
	case LIBSSH2_ERROR_CHANNEL_CLOSED:
		return err_setx(e, ERR_NETWORK, "%s:%u: connection broke while %s: %s",
		    s->server.host, (unsigned)s->server.port, step, fault(s));
	default:
		if (s->peer_closed)
			return err_setx(e, ERR_NETWORK, "%s:%u: connection broke while %s: %s",
			    s->server.host, (unsigned)s->server.port, step, net_fault(s->net));
		return err_setx(e, ERR_PROTOCOL, "%s:%u: %s failed: %s", s->server.host,
		    (unsigned)s->server.port, step, fault(s));
	}
}

/* Send what waits.  0 or -1. */
static int
flush(struct ssh *s, const char *step, struct err *e)
{
	while (s->sent < s->out.len) {
		ptrdiff_t n = net_send(s->net, s->out.data + s->sent, s->out.len - s->sent);

		if (n == NET_AGAIN)
			return 0;
		if (n == NET_BROKEN)
			return err_setx(e, ERR_NETWORK, "%s:%u: connection broke while %s: %s",
			    s->server.host, (unsigned)s->server.port, step, net_fault(s->net));
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

	if (flush(s, step, e) == -1)
		return -1;
	rc = net_wait(s->net, s->sent < s->out.len, deadline, e);
	if (rc == 0)
		return err_setx(e, ERR_TIMEOUT, "%s:%u: no answer in time while %s", s->server.host,
		    (unsigned)s->server.port, step);
	s->turn = TURN_MAX;
	return rc == -1 ? -1 : 0;
}

/*
 * Those of names (a comma list) that the installed libssh2 has, in our order, into out.  Names that
 * it lacks must not reach libssh2_session_method_pref(): 1.10 removes them with a memcpy() whose
 * areas overlap.
 */
static void
supported(struct ssh *s, int method, const char *names, char *out, size_t size)
{
	const char **have = NULL;
	int n = libssh2_session_supported_algs(s->session, method, &have);
	size_t used = 0;

	out[0] = '\0';
	for (size_t len; *names != '\0'; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		for (int i = 0; i < n; i++)
			if (strlen(have[i]) == len && memcmp(have[i], names, len) == 0 &&
			    used + len + 2 < size)
				used += (size_t)snprintf(out + used, size - used, "%s%.*s",
				    used > 0 ? "," : "", (int)len, names);
	}
	if (n > 0)
		libssh2_free(s->session, have);
}

static int
set_methods(struct ssh *s, const char *hostkeys, struct err *e)
{
	const struct {
		int method;
		const char *names;
	} rows[] = {
		{ LIBSSH2_METHOD_KEX, KEX },
		{ LIBSSH2_METHOD_HOSTKEY, hostkeys },
		{ LIBSSH2_METHOD_CRYPT_CS, CIPHERS },
		{ LIBSSH2_METHOD_CRYPT_SC, CIPHERS },
		{ LIBSSH2_METHOD_MAC_CS, MACS },
		{ LIBSSH2_METHOD_MAC_SC, MACS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char names[METHODS_SIZE];

		supported(s, rows[i].method, rows[i].names, names, sizeof names);
		if (libssh2_session_method_pref(s->session, rows[i].method, names) != 0)
			return err_setx(e, ERR_CRYPTO, "libssh2 has none of these algorithms: %s",
			    rows[i].names);
	}
	return 0;
}

bool
valid_fingerprint(const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(text) == FINGERPRINT_SIZE - 1 && strncmp(text, "SHA256:", 7) == 0 &&
	    strspn(text + 7, digits) == FINGERPRINT_SIZE - 1 - 7;
}

/* 0 the key is pinned, 1 it isn't (e says so, with both fingerprints), -1 error. */
static int
check_hostkey(struct ssh *s, int *type, struct err *e)
{
	const struct ssh_server *v = &s->server;
	char found[FINGERPRINT_SIZE + 4] = "SHA256:", wanted[512] = "";
	uint8_t digest[DIGEST_MAX];
	const char *key;
	size_t len;

	if ((key = libssh2_session_hostkey(s->session, &len, type)) == NULL)
		return err_setx(e, ERR_PROTOCOL, "%s:%u: no host key", v->host, (unsigned)v->port);
	if (digest_of(DIGEST_SHA256, key, len, digest, e) == -1)
		return -1;
	EVP_EncodeBlock((uint8_t *)found + 7, digest, SHA256_SIZE);
	found[FINGERPRINT_SIZE - 1] = '\0'; /* ssh-keygen leaves the '=' out */
	for (size_t i = 0; i < v->nhost_keys; i++) {
		size_t used = strlen(wanted);

		if (strcmp(found, v->host_keys[i]) == 0)
			return 0;
		if (used + strlen(v->host_keys[i]) + 5 < sizeof wanted) {
			strcat(wanted, i > 0 ? " or " : "");
			strcat(wanted, v->host_keys[i]);
		}
	}
	err_setx(e, ERR_HOSTKEY,
	    "%s:%u: want host key %s, got %s; if the server's key was changed on purpose, "
	    "add the new fingerprint to the trusted ones, else somebody is in its place",
	    v->host, (unsigned)v->port, wanted, found);
	return 1;
}

static int
handshake(struct ssh *s, int64_t deadline, struct err *e)
{
	static const char step[] = "shaking hands";
	int rc;

	while ((rc = libssh2_session_handshake(s->session, net_fd(s->net))) == LIBSSH2_ERROR_EAGAIN)
		if (ssh_turn(s, step, deadline, e) == -1)
			return -1;
	if (rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_METHOD_NONE)
		return err_setx(e, ERR_PROTOCOL,
		    "%s:%u: no algorithms in common (%s); want key exchange %s, host key " HOSTKEYS
		    ", a cipher of " CIPHERS,
		    s->server.host, (unsigned)s->server.port, fault(s), KEX);
	return rc == 0 ? 0 : ssh_broken(s, step, e);
}

static int
connect_pinned(struct ssh *s, enum ssh_hostkey hostkey, bool *other_key, int64_t deadline,
    struct err *e)
{
	int type = 0, rc;

	s->session = libssh2_session_init_ex(on_alloc, on_free, on_realloc, s);
	if (s->session == NULL)
		return err_nomem(e);
	libssh2_session_set_blocking(s->session, 0);
	libssh2_session_callback_set(s->session, LIBSSH2_CALLBACK_SEND, send_callback.object);
	libssh2_session_callback_set(s->session, LIBSSH2_CALLBACK_RECV, recv_callback.object);
	s->turn = TURN_MAX;
	if (set_methods(s, hostkey == SSH_HOSTKEY_ANY ? HOSTKEYS : HOSTKEY_ECDSA, e) == -1 ||
	    handshake(s, deadline, e) == -1)
		return -1;
	if ((rc = check_hostkey(s, &type, e)) == 1)
		*other_key = type == LIBSSH2_HOSTKEY_TYPE_ED25519;
	return rc == 0 ? 0 : -1;
}

/* Nothing waits for the peer. */
static void
disconnect(struct ssh *s)
{
	struct err ignored;

	if (s->session != NULL) {
		if (!s->peer_closed && s->channel != NULL &&
		    libssh2_session_disconnect(s->session, "done") == 0)
			flush(s, "closing", &ignored);
		s->dead = true;
		/*
		 * Both callbacks fail now, so that nothing in here can ask to be called again; but
		 * who knows.
		 */
		for (int i = 0; i < 8 && libssh2_session_free(s->session) == LIBSSH2_ERROR_EAGAIN;
		     i++)
			;
	}
	ssh_pool_end(&s->pool);
	buf_free(&s->password);
	net_close(s->net);
}

static int
subsystem(struct ssh *s, int64_t deadline, struct err *e)
{
	static const char step[] = "starting the sftp subsystem";
	int rc;

	/* What a server writes to the other stream is of no use, and must not pile up. */
	libssh2_channel_handle_extended_data2(s->channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	while ((rc = libssh2_channel_process_startup(s->channel, "subsystem", 9, "sftp", 4)) ==
	    LIBSSH2_ERROR_EAGAIN)
		if (ssh_turn(s, step, deadline, e) == -1)
			return -1;
	if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
		return err_setx(e, ERR_PROTOCOL, "%s:%u: the server has no sftp subsystem",
		    s->server.host, (unsigned)s->server.port);
	return rc == 0 ? 0 : ssh_broken(s, step, e);
}

struct ssh *
ssh_open(const struct ssh_server *server, struct net *net, enum ssh_hostkey hostkey,
    bool *other_key, int64_t deadline, struct err *e)
{
	struct ssh *s = calloc(1, sizeof *s);

	*other_key = false;
	if (s == NULL) {
		net_close(net);
		err_nomem(e);
		return NULL;
	}
	s->server = *server;
	s->net = net;
	s->out.max = OUT_MAX;
	s->password.max = SSH_PASSWORD_MAX;
	if (connect_pinned(s, hostkey, other_key, deadline, e) == -1 ||
	    ssh_log_in(s, deadline, e) == -1 || subsystem(s, deadline, e) == -1) {
		ssh_close(s);
		return NULL;
	}
	s->heard = clock_mono_ms();
	return s;
}

/* Encrypt what the engine wants to send, as far as the server's window allows.  0 or -1. */
static int
pump_out(struct ssh *s, struct sftp *engine, struct err *e)
{
	while (s->out.len - s->sent < OUT_ENOUGH) {
		const uint8_t *bytes;
		size_t len;
		ssize_t n;

		if (sftp_output(engine, &bytes, &len, e) == -1)
			return -1;
		if (len == 0)
			return 0;
		n = libssh2_channel_write(s->channel, (const char *)bytes, len);
		if (n == 0 || n == LIBSSH2_ERROR_EAGAIN)
			return 0;
		if (n < 0)
			return ssh_broken(s, "sending requests", e);
		sftp_sent(engine, (size_t)n);
	}
	return 0;
}

/*
 * Whether libssh2 holds bytes that weren't handed on.  They are before more is received: else they
 * pile up, and are lost when the connection breaks.
 */
static bool
queued(struct ssh *s)
{
	unsigned long bytes = 0;

	libssh2_channel_window_read_ex(s->channel, &bytes, NULL);
	return bytes > 0;
}

/* Hand on what came.  1 something did, 0 nothing more for now, -1. */
static int
pump_in(struct ssh *s, struct sftp *engine, struct err *e)
{
	ssize_t n = libssh2_channel_read(s->channel, (char *)s->data, sizeof s->data);

	if (n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (n < 0)
		return ssh_broken(s, "receiving", e);
	if (n == 0)
		return err_setx(e, ERR_NETWORK, "%s:%u: the server ended the sftp session",
		    s->server.host, (unsigned)s->server.port);
	return sftp_input(engine, s->data, (size_t)n, e) == -1 ? -1 : 1;
}

int
ssh_run(struct ssh *s, struct sftp *engine, int64_t deadline, int64_t idle_ms, struct err *e)
{
	s->heard = clock_mono_ms();
	while (!sftp_done(engine)) {
		int64_t until = s->heard + idle_ms < deadline ? s->heard + idle_ms : deadline;
		int rc;

		s->turn = queued(s) ? 0 : TURN_MAX;
		if (pump_out(s, engine, e) == -1 || flush(s, "sending requests", e) == -1)
			return -1;
		if ((rc = pump_in(s, engine, e)) == -1)
			return -1;
		if (clock_mono_ms() >= deadline)
			return err_setx(e, ERR_TIMEOUT,
			    "%s:%u: the deadline passed while files were fetched", s->server.host,
			    (unsigned)s->server.port);
		if (rc == 0 && ssh_turn(s, "fetching files", until, e) == -1)
			return -1;
	}
	return 0;
}

void
ssh_close(struct ssh *s)
{
	if (s == NULL)
		return;
	disconnect(s);
	buf_free(&s->out);
	free(s);
}
