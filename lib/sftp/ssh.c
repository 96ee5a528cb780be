/* SPDX-License-Identifier: ISC */
/* One SSH connection with its "sftp" subsystem, through libssh2. */
#include "lib/sftp/ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/clock.h"
#include "lib/sftp/fingerprint.h"
#include "lib/sftp/sftp.h"
#include "lib/sftp/sftp_writer.h"
#include "lib/sftp/ssh_hello.h"
#include "lib/sftp/ssh_io.h"
#include "lib/sftp/ssh_login.h"

/*
 * The algorithms that may be negotiated, best first; supported() leaves out names that the
 * installed libssh2 lacks.  GCM and chacha20 came to libssh2 together with strict key exchange,
 * which they need.
 */
#define KEX "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256"
#define CIPHERS \
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr,aes192-ctr," \
	"chacha20-poly1305@openssh.com"
#define MACS \
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
#define HOSTKEY_ECDSA "ecdsa-sha2-nistp256"
#define HOSTKEYS      "ssh-ed25519," HOSTKEY_ECDSA

/* Bytes that wait for the socket before no more are made; few, as in sftp_ask.c. */
#define OUT_ENOUGH (4u * 1024)

/*
 * Writes those of names (a comma list) that the installed libssh2 has to out, in the same order.
 * Other names must not reach libssh2_session_method_pref(): 1.10 removes them with a memcpy() whose
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
		int kind;
	} rows[] = {
		{ LIBSSH2_METHOD_KEX, KEX, SSH_KIND_KEX },
		{ LIBSSH2_METHOD_HOSTKEY, hostkeys, SSH_KIND_HOSTKEY },
		{ LIBSSH2_METHOD_CRYPT_CS, CIPHERS, SSH_KIND_CIPHER },
		{ LIBSSH2_METHOD_CRYPT_SC, CIPHERS, SSH_KIND_CIPHER },
		{ LIBSSH2_METHOD_MAC_CS, MACS, SSH_KIND_MAC },
		{ LIBSSH2_METHOD_MAC_SC, MACS, SSH_KIND_MAC },
	};

	for (size_t i = 0; i < N(rows); i++) {
		char *names = s->ours[rows[i].kind];

		supported(s, rows[i].method, rows[i].names, names, sizeof s->ours[0]);
		if (libssh2_session_method_pref(s->session, rows[i].method, names) != 0)
			return err_setx(e, ERR_CRYPTO, "libssh2 has none of these algorithms: %s",
			    rows[i].names);
	}
	return 0;
}

/* 0 the key is pinned, 1 it isn't (e says so, with both fingerprints), -1 error. */
static int
check_hostkey(struct ssh *s, int *type, struct err *e)
{
	const struct ssh_server *v = &s->server;
	char found[FINGERPRINT_SIZE], wanted[512] = "";
	const char *key;
	size_t len;

	if ((key = libssh2_session_hostkey(s->session, &len, type)) == NULL)
		return ssh_err(s, e, ERR_PROTOCOL, "no host key");
	if (fingerprint_of((const uint8_t *)key, len, found, e) == -1)
		return -1;
	for (size_t i = 0; i < v->nhost_keys; i++) {
		size_t used = strlen(wanted);

		if (strcmp(found, v->host_keys[i]) == 0)
			return 0;
		if (used + strlen(v->host_keys[i]) + 5 < sizeof wanted) {
			strcat(wanted, i > 0 ? " or " : "");
			strcat(wanted, v->host_keys[i]);
		}
	}
	ssh_err(s, e, ERR_HOSTKEY,
	    "want host key %s, got %s; if the server's key was changed on purpose, "
	    "add the new fingerprint to the trusted ones, else somebody is in its place%s",
	    wanted, found,
	    s->rsa ? "; the server has an RSA host key, too, which can't be used: where that is "
		     "pinned, pin the ED25519 or ECDSA key that 'ssh-keygen -l' shows there"
		   : "");
	return 1;
}

/* libssh2 says no more than that it failed. */
static int
nothing_in_common(struct ssh *s, struct err *e)
{
	const char *ours[SSH_KINDS];
	struct buf text = BUF_INIT(ERR_TEXT_SIZE);
	struct err ignored;
	size_t at;

	for (int i = 0; i < SSH_KINDS; i++)
		ours[i] = s->ours[i];
	if (ssh_hello_find(s->hello.data, s->hello.len, &at, &ignored) == 1)
		ssh_hello_compare(s->hello.data + at, s->hello.len - at, ours, &text, &ignored);
	if (text.len > 0)
		ssh_err(s, e, ERR_PROTOCOL, "no algorithms in common: %s", buf_text(&text));
	else
		ssh_err(s, e, ERR_PROTOCOL, "the key exchange failed (%s)", ssh_fault(s));
	buf_free(&text);
	return -1;
}

static int
handshake(struct ssh *s, int64_t deadline, struct err *e)
{
	static const char step[] = "shaking hands";
	int rc;

	s->times.rtt = net_rtt_ms(s->net);
	s->times.sent = clock_mono_ms();
	while ((rc = libssh2_session_handshake(s->session, net_fd(s->net))) == LIBSSH2_ERROR_EAGAIN)
		if (ssh_turn(s, step, deadline, e) == -1)
			return -1;
	if (s->identified && (rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_METHOD_NONE))
		return nothing_in_common(s, e);
	/* In clear, so only a hint for a message. */
	s->rsa = bytes_find(s->hello.data, s->hello.len, "rsa-sha2-") != NULL ||
	    bytes_find(s->hello.data, s->hello.len, "ssh-rsa") != NULL;
	ssh_io_greeted(s);
	return rc == 0 ? 0 : ssh_broken(s, step, e);
}

static int
connect_pinned(struct ssh *s, struct net *net, enum ssh_hostkey hostkey, bool *other_key,
    int64_t deadline, struct err *e)
{
	int type = 0, rc;

	if (ssh_io_start(s, net, e) == -1 ||
	    set_methods(s, hostkey == SSH_HOSTKEY_ANY ? HOSTKEYS : HOSTKEY_ECDSA, e) == -1 ||
	    handshake(s, deadline, e) == -1)
		return -1;
	if ((rc = check_hostkey(s, &type, e)) == 1)
		*other_key = type == LIBSSH2_HOSTKEY_TYPE_ED25519;
	return rc == 0 ? 0 : -1;
}

/* Waits for nothing. */
static void
disconnect(struct ssh *s)
{
	struct err ignored;

	if (s->session != NULL) {
		if (!s->peer_closed && s->channel != NULL &&
		    libssh2_session_disconnect(s->session, "done") == 0)
			ssh_flush(s, "closing", &ignored);
		s->dead = true;
		/* Both callbacks fail now, so libssh2 should not ask for more calls; a few are
		 * made. */
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

	/* The server's other stream is ignored, so that it can't pile up. */
	libssh2_channel_handle_extended_data2(s->channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	while ((rc = libssh2_channel_process_startup(s->channel, "subsystem", 9, "sftp", 4)) ==
	    LIBSSH2_ERROR_EAGAIN)
		if (ssh_turn(s, step, deadline, e) == -1)
			return -1;
	if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
		return ssh_err(s, e, ERR_PROTOCOL, "the server has no sftp subsystem");
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
	s->password.max = SFTP_PASSWORD_MAX;
	if (connect_pinned(s, net, hostkey, other_key, deadline, e) == -1 ||
	    ssh_log_in(s, deadline, e) == -1 || subsystem(s, deadline, e) == -1) {
		ssh_close(s);
		return NULL;
	}
	s->heard = clock_mono_ms();
	return s;
}

enum sftp_nagle
ssh_nagle(const struct ssh *s)
{
	return s->listed ? ssh_hello_nagle(&s->times) : SFTP_NAGLE_UNKNOWN;
}

static int
read_output(void *arg, const uint8_t **bytes, size_t *len, struct err *e)
{
	return sftp_output(arg, bytes, len, e);
}

static void
read_sent(void *arg, size_t len)
{
	sftp_sent(arg, len);
}

static int
read_input(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
	return sftp_input(arg, bytes, len, e);
}

static bool
read_done(const void *arg)
{
	return sftp_done(arg);
}

struct ssh_engine
ssh_reading(struct sftp *s)
{
	return (struct ssh_engine){ read_output, read_sent, read_input, read_done, s,
		"fetching files" };
}

static int
write_output(void *arg, const uint8_t **bytes, size_t *len, struct err *e)
{
	return sftp_writer_output(arg, bytes, len, e);
}

static void
write_sent(void *arg, size_t len)
{
	sftp_writer_sent(arg, len);
}

static int
write_input(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
	return sftp_writer_input(arg, bytes, len, e);
}

static bool
write_done(const void *arg)
{
	return sftp_writer_done(arg);
}

struct ssh_engine
ssh_writing(struct sftp_writer *w)
{
	return (struct ssh_engine){ write_output, write_sent, write_input, write_done, w,
		"writing files" };
}

enum pumped { PUMPED_ALL, PUMPED_ENOUGH, PUMPED_HELD };

/*
 * Encrypts the engine's output: all that there is for now, or enough to be sent first, or as far as
 * libssh2 takes it (the server's window, an exchange of keys).  0 with *how, or -1.
 */
static int
pump_out(struct ssh *s, const struct ssh_engine *engine, enum pumped *how, struct err *e)
{
	*how = PUMPED_ALL;
	while (s->out.len - s->sent < OUT_ENOUGH) {
		const uint8_t *bytes;
		size_t len;
		ssize_t n;

		if (engine->output(engine->arg, &bytes, &len, e) == -1)
			return -1;
		if (len == 0)
			return 0;
		n = libssh2_channel_write(s->channel, (const char *)bytes, len);
		if (n == 0 || n == LIBSSH2_ERROR_EAGAIN)
			break;
		if (n < 0)
			return ssh_broken(s, "sending requests", e);
		engine->sent(engine->arg, (size_t)n);
	}
	*how = s->out.len - s->sent < OUT_ENOUGH ? PUMPED_HELD : PUMPED_ENOUGH;
	return 0;
}

/*
 * Returns whether there is more to send at once, so that nothing may come before: all of what was
 * enough is sent, or what came may have been a wider window.
 */
static bool
may_go_on(const struct ssh *s, enum pumped how)
{
	return (how == PUMPED_ENOUGH && s->sent == s->out.len) || (how == PUMPED_HELD && s->came);
}

/*
 * Returns whether libssh2 holds bytes for the engine.  They are handed on before more is received,
 * so that they neither pile up nor are lost when the connection breaks.
 */
static bool
queued(struct ssh *s)
{
	unsigned long bytes = 0;

	libssh2_channel_window_read_ex(s->channel, &bytes, NULL);
	return bytes > 0;
}

/* Hands received bytes on.  1; 0 when there are none for now; -1. */
static int
pump_in(struct ssh *s, const struct ssh_engine *engine, struct err *e)
{
	ssize_t n = libssh2_channel_read(s->channel, (char *)s->data, sizeof s->data);

	if (n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (n < 0)
		return ssh_broken(s, "receiving", e);
	if (n == 0)
		return ssh_err(s, e, ERR_NETWORK, "the server ended the sftp session");
	if (engine->input(engine->arg, s->data, (size_t)n, e) == -1)
		return err_context(e, "%s:%u", s->server.host, (unsigned)s->server.port);
	return 1;
}

int
ssh_run(struct ssh *s, const struct ssh_engine *engine, int64_t deadline, int64_t idle_ms,
    struct err *e)
{
	enum pumped how;
	int rc = 1;

	s->heard = clock_mono_ms();
	while (!engine->done(engine->arg)) {
		int64_t until = s->heard + idle_ms < deadline ? s->heard + idle_ms : deadline;

		/*
		 * While keys are exchanged anew libssh2 gives no bytes, though it holds some, until
		 * it received the rest of the exchange.
		 */
		s->turn = rc == 1 && queued(s) ? 0 : SSH_TURN_MAX;
		if (pump_out(s, engine, &how, e) == -1 || ssh_flush(s, "sending requests", e) == -1)
			return -1;
		s->came = false;
		if ((rc = pump_in(s, engine, e)) == -1)
			return -1;
		if (clock_mono_ms() >= deadline)
			return ssh_err(s, e, ERR_TIMEOUT, "the deadline passed while %s",
			    engine->doing);
		if (rc == 0 && !may_go_on(s, how) && ssh_turn(s, engine->doing, until, e) == -1)
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
	buf_free(&s->hello);
	free(s);
}
