/* SPDX-License-Identifier: ISC */
#ifndef SLIPWAY_TLS_H
#define SLIPWAY_TLS_H

/*
 * The TLS connection library: TLS with the settings that Slipway applies.
 *
 * struct slipway_tls is one side's settings, struct slipway_tls_conn is one connection.  Both are
 * opaque; nothing is global, nothing prints, nothing raises a signal.
 *
 * Results: 0 or a number of bytes; SLIPWAY_TLS_ERROR, with a code and one line of text in the
 * handle; or, where the descriptor doesn't block (or the program's own functions said so),
 * SLIPWAY_TLS_WANT_READ or SLIPWAY_TLS_WANT_WRITE: nothing was moved; wait until the descriptor can
 * be read or written, and call again.  A connection that failed stays failed, with its first text.
 * Misuse (SLIPWAY_TLS_E_USAGE) is an error that changes nothing, and is forgotten by the next call;
 * so is the end of a wait by the program (SLIPWAY_TLS_E_CANCELLED).
 * A call may change errno, which says nothing.
 *
 * Signals: no signal ends a call, whether its handler was installed with SA_RESTART or not.  A
 * handler, or another thread, that wants to end a call which waits makes a descriptor readable:
 * slipway_tls_set_cancel(), slipway_tls_conn_set_cancel().
 *
 * Threads: a handle belongs to one thread at a time.  Several threads may have handles of their
 * own, a connection may be used in another thread than the settings that it was made from, and it
 * may outlive them.
 *
 * Texts are one line without a full stop, never NULL, and belong to the handle: they are valid
 * until its next call.
 *
 * Settings, below HKLM\SOFTWARE\<vendor>\<installation>\cfg_<application>\TLS_Server or
 * \TLS_Client:
 *   TLS_RequiredLevel   None, TLSNoPeerAuth or TLSPeerAuth; absent means None and is warned of
 *   TLS_KeyFile         private key (PEM, not encrypted); a client may do without
 *   TLS_CertFile        its certificate, then those of its issuers (PEM)
 *   TLS_TrustedCerts    files separated by ';': trusted certificates, and CA certificates
 *   TLS_CRLFile         certificates that were revoked by these CAs (PEM)
 *   TLS_MinVersion      TLSv1.3 (default) or TLSv1.2
 *   TLS_ExpiryWarnDays  days before a certificate's end that warnings begin, 0 to 3650 (default 30)
 *   TLS_AskClientCert   yes or no (default): at TLSNoPeerAuth a server judges the certificate of a
 *                       client that shows one, and refuses nobody
 * Settings and files are checked for every connection (unchanged: one stat() each, nothing is
 * parsed), so that keys and certificates can be replaced without a restart.
 *
 * OpenSSL's configuration file, its default directories and the environment variables that name
 * them are never used.  The first slipway_tls_new() of a process therefore initialises OpenSSL
 * without that file; a program that wants the file calls OPENSSL_init_crypto() before, or
 * CONF_modules_load_file() after it.  A thread's OpenSSL error queue is empty after each call.
 */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
/* C90 and C++98, when they are pedantic, take long long only so. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wlong-long"
#define SLIPWAY_TLS_API __attribute__((visibility("default")))
#else
#define SLIPWAY_TLS_API
#endif

#define SLIPWAY_TLS_ERROR      (-1)
#define SLIPWAY_TLS_WANT_READ  (-2)
#define SLIPWAY_TLS_WANT_WRITE (-3)

/* Of these declarations; slipway_tls_version() is that of the library that runs. */
#define SLIPWAY_TLS_VERSION "0.2.0"

/*
 * Milliseconds that a handshake may take unless slipway_tls_set_handshake_limit() says otherwise.
 */
#define SLIPWAY_TLS_HANDSHAKE_MS 10000

/* Milliseconds that slipway_tls_drain() waits in all for the peer's end. */
#define SLIPWAY_TLS_DRAIN_MS 2000

enum slipway_tls_side { SLIPWAY_TLS_SERVER, SLIPWAY_TLS_CLIENT };

/* Codes of errors, for programs; texts are for people.  More may follow. */
enum slipway_tls_code {
	SLIPWAY_TLS_OK = 0,
	SLIPWAY_TLS_E_NOMEM, /* out of memory */
	SLIPWAY_TLS_E_USAGE, /* a wrong argument, or a call at the wrong moment */
	/* settings, or the files that they name, can't be read or used */
	SLIPWAY_TLS_E_SETTINGS,
	SLIPWAY_TLS_E_NETWORK, /* connecting, sending or receiving failed */
	/* the connection ended before the peer said that it would */
	SLIPWAY_TLS_E_CUT,
	SLIPWAY_TLS_E_TIMEOUT,	 /* not connected, or not agreed on TLS, in time */
	SLIPWAY_TLS_E_PROTOCOL,	 /* the peer doesn't speak TLS, or none that is allowed */
	SLIPWAY_TLS_E_UNTRUSTED, /* the peer has no certificate, or one that isn't trusted */
	SLIPWAY_TLS_E_EXPIRED, /* the peer's certificate is trusted, but not valid yet or expired */
	SLIPWAY_TLS_E_REVOKED, /* the peer's certificate, or an issuer's, was revoked */
	SLIPWAY_TLS_E_REFUSED, /* the peer refused us, or our certificate */
	SLIPWAY_TLS_E_CANCELLED /* the program ended the wait */
};

struct slipway_tls;	 /* one side's settings */
struct slipway_tls_conn; /* one connection */

/* The version of the library that runs, as SLIPWAY_TLS_VERSION states it. */
SLIPWAY_TLS_API const char *slipway_tls_version(void);

/*
 * The <application> of the first argument /C<application>, or NULL, which slipway_tls_new() takes
 * for DefaultApplication. It points into argv.
 */
SLIPWAY_TLS_API const char *slipway_tls_application(int argc, char *const *argv);

/*
 * A handle that reads the settings of an application; either name may be NULL where
 * DefaultApplication or the only installation decides.  Both are copied.  NULL when memory runs
 * out; nothing is read before slipway_tls_check() or a connection.  t may be NULL for
 * slipway_tls_free().
 */
SLIPWAY_TLS_API struct slipway_tls *
slipway_tls_new(enum slipway_tls_side side, const char *installation, const char *application);
SLIPWAY_TLS_API void slipway_tls_free(struct slipway_tls *t);

/*
 * Settings from the program: after the first of these calls the store isn't read, and settings that
 * the program doesn't set are absent.  setting is a name from the list above; value NULL unsets it;
 * names of files are taken as they are.  slipway_tls_set_pem() gives the content in place of a
 * file's name, for TLS_KeyFile, TLS_CertFile, TLS_TrustedCerts and TLS_CRLFile.  Everything is
 * copied, and used for connections made from then on.  0, or SLIPWAY_TLS_ERROR and nothing changed:
 * an unknown setting, over 1 MiB (lists of revocations: 8 MiB), or no memory.
 */
SLIPWAY_TLS_API int slipway_tls_set(struct slipway_tls *t, const char *setting, const char *value);
SLIPWAY_TLS_API int
slipway_tls_set_pem(struct slipway_tls *t, const char *setting, const void *pem, size_t len);

/*
 * Milliseconds that a handshake may take, for connections made from now on; 0: no limit.  At level
 * None it is the time until a client's first byte.
 */
SLIPWAY_TLS_API void slipway_tls_set_handshake_limit(struct slipway_tls *t, unsigned ms);

/*
 * Whether a TLS_KeyFile that others can read, or that belongs to another user, is warned of (1) or
 * refused (0, the default).
 */
SLIPWAY_TLS_API void slipway_tls_set_open_key(struct slipway_tls *t, int allowed);

/*
 * Read settings and files that changed, as each connection does.  0 when a connection could be made
 * with them, SLIPWAY_TLS_ERROR otherwise.  When a good pair was read before and the new pair isn't
 * good, the old pair stays: 0, and slipway_tls_warning() says why.
 */
SLIPWAY_TLS_API int slipway_tls_check(struct slipway_tls *t);

/* The last error: OK and "" if there was none.  For t NULL, that memory ran out. */
SLIPWAY_TLS_API enum slipway_tls_code slipway_tls_error_code(const struct slipway_tls *t);
SLIPWAY_TLS_API const char *slipway_tls_error(const struct slipway_tls *t);

/*
 * The warning of the last check or connection, "" if none: a new pair that was refused, a
 * certificate that ends soon, an absent TLS_RequiredLevel.  Each is reported once, not for each
 * connection.
 */
SLIPWAY_TLS_API const char *slipway_tls_warning(const struct slipway_tls *t);

/*
 * A notice of the last check or connection, "" if none: since the handle's first use another level,
 * or another pair of ours, came into use.  It names the level before, or the certificate with its
 * SHA-256 and its end; it is reported once.
 */
SLIPWAY_TLS_API const char *slipway_tls_notice(const struct slipway_tls *t);

/*
 * Our certificate of the last check or connection: its SHA-256 as 64 lower-case hexadecimal digits,
 * and the time that it ends, in seconds since 1970; "" and 0: none.
 */
SLIPWAY_TLS_API const char *slipway_tls_own_sha256(struct slipway_tls *t);
SLIPWAY_TLS_API long long slipway_tls_own_to(const struct slipway_tls *t);

/*
 * A connection over a connected stream socket, which stays the caller's and is closed by the
 * caller, after slipway_tls_conn_free(). Whether it blocks is looked at here.  The handshake's time
 * begins here.  NULL with slipway_tls_error().
 */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_conn_new(struct slipway_tls *t, int fd);

/*
 * The same over anything: read and write return a number of bytes (read: 0 at the end), WANT_* or
 * ERROR, and don't call back into the connection.  arg is theirs.
 */
SLIPWAY_TLS_API struct slipway_tls_conn *
slipway_tls_conn_new_io(struct slipway_tls *t, long (*read)(void *arg, void *buf, size_t len),
    long (*write)(void *arg, const void *buf, size_t len), void *arg);

/*
 * Connect to the first of n servers (1 to 64), "HOST:PORT" or "[ADDRESS]:PORT", with which the
 * handshake succeeds.  Each is given ms milliseconds in all; its IPv6 and IPv4 addresses are tried
 * staggered.  This call blocks.  The connection has a socket of its own, which blocks until the
 * program makes it otherwise.  *which (may be NULL) is the one that answered.  NULL with
 * slipway_tls_error(): settings and files that can't be used, before the first server is asked; or
 * the error of each server, with the code of the last that was refused or refused us, else of the
 * last.
 */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_connect(struct slipway_tls *t,
    const char *const *servers, size_t n, unsigned ms, size_t *which);

/*
 * The SHA-256 of the certificate that the last slipway_tls_connect() refused, of the server whose
 * code slipway_tls_error_code() returns, as 64 lower-case hexadecimal digits; "" if none.
 */
SLIPWAY_TLS_API const char *slipway_tls_refused_sha256(const struct slipway_tls *t);

/*
 * A descriptor of the program's that cancels calls which wait: when it can be read, or its other
 * end is closed.  It is only looked at: the program writes to it, from another thread or a signal
 * handler, and makes it unreadable again.  A pipe or an eventfd; on Windows a SOCKET.  Negative:
 * none, the default.  It is looked at only when a call would have to wait, so that a call which
 * finds its bytes there goes on, and a call on a socket that doesn't block is never cancelled.
 *
 * slipway_tls_set_cancel(): for slipway_tls_connect(), also while a name is resolved, and for the
 * connections that it makes from now on.  NULL then, with SLIPWAY_TLS_E_CANCELLED; no further
 * server is asked.
 *
 * slipway_tls_conn_set_cancel(): for the calls of one connection, over a socket that blocks.  They
 * return SLIPWAY_TLS_ERROR with SLIPWAY_TLS_E_CANCELLED, and slipway_tls_drain() returns 0.  The
 * connection is as good as before: call again once the descriptor isn't readable any more (after a
 * write with the same bytes, as after WANT_*), or free it.  The time of a handshake goes on.
 * Windows doesn't tell whether a socket blocks: take the descriptor away before making it one that
 * doesn't.
 */
SLIPWAY_TLS_API void slipway_tls_set_cancel(struct slipway_tls *t, int fd);
SLIPWAY_TLS_API void slipway_tls_conn_set_cancel(struct slipway_tls_conn *c, int fd);

/* Release; nothing is sent.  The socket of slipway_tls_connect() is closed.  c may be NULL. */
SLIPWAY_TLS_API void slipway_tls_conn_free(struct slipway_tls_conn *c);

/* The descriptor; -1 where there is none. */
SLIPWAY_TLS_API int slipway_tls_conn_fd(const struct slipway_tls_conn *c);

/*
 * Agree on TLS or none, as the level asks.  0 done, WANT_*, or ERROR.  The first read or write does
 * the same.
 */
SLIPWAY_TLS_API int slipway_tls_handshake(struct slipway_tls_conn *c);

/*
 * Milliseconds until the handshake's time is over, for poll(): -1 when it is done or has no limit.
 * Call slipway_tls_handshake(), read or write then: it returns SLIPWAY_TLS_ERROR.
 */
SLIPWAY_TLS_API int slipway_tls_conn_timeout(const struct slipway_tls_conn *c);

/*
 * Bytes read, at most len and possibly fewer; 0 when the peer ended its side properly (without TLS:
 * at the end of data), or when len is 0; WANT_* or ERROR.  Under TLS a connection that was cut is
 * SLIPWAY_TLS_E_CUT, never 0.
 */
SLIPWAY_TLS_API long slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len);

/*
 * Bytes written, possibly fewer than len: go on with the rest.  0 when len is 0; WANT_* or ERROR.
 * After WANT_* call again with the same bytes; more may follow them, and they may lie elsewhere.
 * Fewer are misuse.
 *
 * With TLS 1.3 a read or a write changes the keys of both directions after 2^24 records or 24 h.
 */
SLIPWAY_TLS_API long slipway_tls_write(struct slipway_tls_conn *c, const void *buf, size_t len);

/*
 * Bytes that slipway_tls_read() gives without looking at the descriptor: read them before waiting
 * for it.
 */
SLIPWAY_TLS_API size_t slipway_tls_pending(const struct slipway_tls_conn *c);

/*
 * Tell the peer that nothing more comes; reading goes on until it says the same.  0 when that is
 * sent (again: 0), WANT_* or ERROR.  The bytes of a write that waits are sent first, up to one
 * record. Without TLS the socket's sending side is shut; over the
 * program's own functions that is left to the program.
 */
SLIPWAY_TLS_API int slipway_tls_shutdown(struct slipway_tls_conn *c);

/*
 * For a program that closes the descriptor itself, before it does: end our direction, then take and
 * drop what the peer still sends, until it ends its direction too, 1 MiB in a call or
 * SLIPWAY_TLS_DRAIN_MS in all.  A socket that is closed with bytes unread resets the connection,
 * and the peer may then never read our last words, such as the alert that says why it is refused.
 * After it only slipway_tls_conn_free() is of use.  0: free and close now.  WANT_*: wait for the
 * descriptor, at most slipway_tls_conn_timeout(), and call again.  On a socket that blocks the call
 * waits itself.
 */
SLIPWAY_TLS_API int slipway_tls_drain(struct slipway_tls_conn *c);

/* "TCP/IP", "TCP/IP][TLSv1.3" or "TCP/IP][TLSv1.3 VERIFIED", for "[%s]" in logs. */
SLIPWAY_TLS_API const char *slipway_tls_conn_text(const struct slipway_tls_conn *c);

/*
 * The same for programs: "TLSv1.3", "TLSv1.2", or "" without TLS or before the handshake; 1 when
 * the peer's certificate was verified.
 */
SLIPWAY_TLS_API const char *slipway_tls_conn_version(const struct slipway_tls_conn *c);
SLIPWAY_TLS_API int slipway_tls_conn_verified(const struct slipway_tls_conn *c);

/*
 * The certificate that the peer showed, "" if none, also when it was refused or not verified:
 * "subject "...", SHA-256 ..., valid ... to ...", the subject as RFC 4514 writes it; and its
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
SLIPWAY_TLS_API const char *slipway_tls_conn_peer(struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_peer_sha256(struct slipway_tls_conn *c);

/*
 * The same certificate as values, for programs: subject and issuer as RFC 4514 writes them, control
 * characters escaped, cut to 511 bytes; the serial number in hexadecimal digits; the times that it
 * is valid from and to, in seconds since 1970.  "" and 0: the peer showed none.
 */
SLIPWAY_TLS_API const char *slipway_tls_conn_peer_subject(struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_peer_issuer(struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_peer_serial(struct slipway_tls_conn *c);
SLIPWAY_TLS_API long long slipway_tls_conn_peer_from(struct slipway_tls_conn *c);
SLIPWAY_TLS_API long long slipway_tls_conn_peer_to(struct slipway_tls_conn *c);

/*
 * Certificate i of those that the peer sent, in DER, with its length in *len: 0 is the peer's own,
 * its issuers follow as far as the peer sent them.  NULL behind the last one.  Valid until the next
 * such call.
 */
SLIPWAY_TLS_API const unsigned char *
slipway_tls_conn_peer_der(struct slipway_tls_conn *c, size_t i, size_t *len);

/* The name of the cipher suite, such as "TLS_AES_256_GCM_SHA384"; "" as of the version. */
SLIPWAY_TLS_API const char *slipway_tls_conn_cipher(const struct slipway_tls_conn *c);

/* A pointer of the program's, which the library only keeps; NULL at first. */
SLIPWAY_TLS_API void slipway_tls_conn_set_data(struct slipway_tls_conn *c, void *data);
SLIPWAY_TLS_API void *slipway_tls_conn_data(const struct slipway_tls_conn *c);

/*
 * Bytes that both ends of this connection have and nobody else, for a login that is bound to it:
 * tls-exporter of RFC 9266.  0, or SLIPWAY_TLS_ERROR: misuse before the handshake, without TLS, and
 * with TLS 1.2 without the extended master secret.
 */
#define SLIPWAY_TLS_BINDING_SIZE 32
SLIPWAY_TLS_API int
slipway_tls_conn_binding(struct slipway_tls_conn *c, unsigned char out[SLIPWAY_TLS_BINDING_SIZE]);

/*
 * Whether a connection that lasts would still be made with the settings and files of now, read as
 * slipway_tls_check() reads them: the level, the version of TLS, and trust, dates and revocations
 * of the peer's certificate.  0, or SLIPWAY_TLS_ERROR with the error in t; the connection goes on,
 * and the program decides.  With SLIPWAY_TLS_E_SETTINGS nothing is known of it.  t and c belong to
 * the calling thread meanwhile.
 */
SLIPWAY_TLS_API int slipway_tls_conn_check(struct slipway_tls *t, const struct slipway_tls_conn *c);

/* The connection's error: OK and "" if there was none. */
SLIPWAY_TLS_API enum slipway_tls_code slipway_tls_conn_error_code(const struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_error(const struct slipway_tls_conn *c);

/* The warning of the handshake, such as a peer's certificate that ends soon; "" if none. */
SLIPWAY_TLS_API const char *slipway_tls_conn_warning(const struct slipway_tls_conn *c);

#ifdef __cplusplus
}
#endif
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
