#ifndef SLIPWAY_TLS_H
#define SLIPWAY_TLS_H

/*
 * The TLS connection library: TLS with the settings that Slipway applies.
 *
 * Handles are opaque; nothing is global, nothing prints.  A struct slipway_tls belongs to one thread at a time, and so does
 * a struct slipway_tls_conn, which may live in another thread and longer than the handle that it came from.  Calls
 * return 0 or more on success, SLIPWAY_TLS_ERROR with a message in the handle, or, where waiting would be needed on a
 * descriptor that doesn't block, SLIPWAY_TLS_WANT_READ / SLIPWAY_TLS_WANT_WRITE: wait for it and call again with the same
 * arguments.
 *
 * Settings, below HKLM\SOFTWARE\<vendor>\<installation>\cfg_<application>\TLS_Server or \TLS_Client:
 *   TLS_RequiredLevel   None, TLSNoPeerAuth or TLSPeerAuth; absent means None and is warned of
 *   TLS_KeyFile         private key (PEM, not encrypted); a server's, or a client's that has a certificate
 *   TLS_CertFile        its certificate, then those of its issuers (PEM)
 *   TLS_TrustedCerts    files separated by ';': certificates that are trusted themselves, and CA certificates
 *   TLS_CRLFile         certificates that were revoked by these CAs (PEM)
 *   TLS_MinVersion      TLSv1.3 (default) or TLSv1.2
 *   TLS_ExpiryWarnDays  days before the end of a certificate that it is warned of, 0 to 3650 (default 30)
 * Settings and files are looked at again for every connection (unchanged: one stat() each), so that keys and certificates
 * are replaced without a restart.
 */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SLIPWAY_TLS_API	__attribute__((visibility("default")))
#else
#define SLIPWAY_TLS_API
#endif

#define SLIPWAY_TLS_ERROR	(-1)
#define SLIPWAY_TLS_WANT_READ	(-2)
#define SLIPWAY_TLS_WANT_WRITE	(-3)

/* Milliseconds that a handshake may take unless slipway_tls_set_handshake_limit() says otherwise. */
#define SLIPWAY_TLS_HANDSHAKE_MS	10000

enum slipway_tls_side { SLIPWAY_TLS_SERVER, SLIPWAY_TLS_CLIENT };

struct slipway_tls;		/* one side's configuration */
struct slipway_tls_conn;	/* one connection */

/*
 * A configuration that reads the settings of an application; either name may be NULL where DefaultApplication or the
 * only installation decides.  NULL when memory runs out; otherwise look at slipway_tls_check().
 */
SLIPWAY_TLS_API struct slipway_tls *slipway_tls_new(
    enum slipway_tls_side side, const char *installation, const char *application);
SLIPWAY_TLS_API void slipway_tls_free(struct slipway_tls *t);

/*
 * Settings from the caller: after the first of these calls the store isn't read.  setting is a name from the list above; value
 * NULL unsets it.  slipway_tls_set_pem() gives the content in place of a file's name, for TLS_KeyFile, TLS_CertFile,
 * TLS_TrustedCerts and TLS_CRLFile.  Everything is copied.  0, or SLIPWAY_TLS_ERROR for an unknown setting or no memory.
 */
SLIPWAY_TLS_API int slipway_tls_set(struct slipway_tls *t, const char *setting, const char *value);
SLIPWAY_TLS_API int slipway_tls_set_pem(
    struct slipway_tls *t, const char *setting, const void *pem, size_t len);

/* Milliseconds that a handshake may take, for connections made from now on; 0: no limit. */
SLIPWAY_TLS_API void slipway_tls_set_handshake_limit(struct slipway_tls *t, unsigned ms);

/*
 * Read what changed among settings and files now.  0 when a connection could be made with them, SLIPWAY_TLS_ERROR otherwise.
 * One that had a good pair keeps it when the new one isn't good: then 0, and slipway_tls_warning() says once why.
 */
SLIPWAY_TLS_API int slipway_tls_check(struct slipway_tls *t);

/* The last error, and what was noticed at the last check or connection ("" if nothing).  Owned by t. */
SLIPWAY_TLS_API const char *slipway_tls_error(const struct slipway_tls *t);
SLIPWAY_TLS_API const char *slipway_tls_warning(const struct slipway_tls *t);

/* A connection over a connected descriptor, which stays the caller's.  NULL with slipway_tls_error(). */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_conn_new(struct slipway_tls *t, int fd);

/*
 * The same over anything: read and write return a number of bytes (read: 0 at the end), WANT_* or ERROR.  arg is theirs.
 */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_conn_new_io(struct slipway_tls *t,
    long (*read)(void *arg, void *buf, size_t len),
    long (*write)(void *arg, const void *buf, size_t len), void *arg);

/*
 * Connect to the first of n servers, "HOST:PORT" or "[ADDRESS]:PORT", that accepts us at the level of the settings: each is
 * given ms milliseconds in all; IPv6 and IPv4 addresses are tried staggered.  The connection has a descriptor of its
 * own, which blocks.  *which (may be NULL) is the one that answered.  NULL with slipway_tls_error(), which says what each said.
 */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_connect(struct slipway_tls *t,
    const char *const *servers, size_t n, unsigned ms, size_t *which);

/* Agree on TLS or none, as the level asks.  0 done, WANT_*, or ERROR.  read and write do it when it wasn't done. */
SLIPWAY_TLS_API int slipway_tls_handshake(struct slipway_tls_conn *c);

/*
 * Bytes read, 0 when the peer ended its side properly (without TLS: at the end of data), or written, WANT_* or ERROR.
 * A connection that was cut is an error under TLS.
 */
SLIPWAY_TLS_API long slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len);
SLIPWAY_TLS_API long slipway_tls_write(struct slipway_tls_conn *c, const void *buf, size_t len);

/* Bytes that read() gives without looking at the descriptor. */
SLIPWAY_TLS_API size_t slipway_tls_pending(const struct slipway_tls_conn *c);

/* Tell the peer that nothing more comes; reading goes on until it says the same.  0, WANT_* or ERROR. */
SLIPWAY_TLS_API int slipway_tls_shutdown(struct slipway_tls_conn *c);

/* The descriptor; -1 where there is none. */
SLIPWAY_TLS_API int slipway_tls_conn_fd(const struct slipway_tls_conn *c);

/* "TCP/IP", "TCP/IP][TLSv1.3" or "TCP/IP][TLSv1.3 VERIFIED", for "[%s]" in logs. */
SLIPWAY_TLS_API const char *slipway_tls_conn_text(const struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_error(const struct slipway_tls_conn *c);
/* What was noticed at the handshake, such as a peer's certificate that ends soon; "" if nothing. */
SLIPWAY_TLS_API const char *slipway_tls_conn_warning(const struct slipway_tls_conn *c);
/* Release; a descriptor of slipway_tls_connect() is closed. */
SLIPWAY_TLS_API void slipway_tls_conn_free(struct slipway_tls_conn *c);

#ifdef __cplusplus
}
#endif
#endif
