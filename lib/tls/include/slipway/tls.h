#ifndef SLIPWAY_TLS_H
#define SLIPWAY_TLS_H

/*
 * The TLS connection library: TLS with the settings that Slipway applies.
 *
 * Handles are opaque and belong to one thread at a time; nothing is global, nothing prints.  Descriptors belong to
 * the caller and may block or not.  Calls return 0 or more on success, SLIPWAY_TLS_ERROR with a message in the
 * handle, or SLIPWAY_TLS_WANT_READ / SLIPWAY_TLS_WANT_WRITE on a descriptor that doesn't block: wait for it
 * and call again with the same arguments.
 *
 * Settings, below HKLM\SOFTWARE\<vendor>\<installation>\cfg_<application>:
 *   TLS_Server  TLS_KeyFile, TLS_CertFile, TLS_RequiredLevel, TLS_TrustedCerts
 *   TLS_Client  TLS_TrustedCerts, TLS_RequiredLevel
 * They are read again for every connection, so that keys are replaced without a restart.
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
 * Read the settings and files now.  0 when a connection could be made with them, SLIPWAY_TLS_ERROR otherwise.  A server
 * that had a good pair keeps it: then 0, and slipway_tls_warning() says why the new one was refused.
 */
SLIPWAY_TLS_API int slipway_tls_check(struct slipway_tls *t);

/* The last error, and what was noticed at the last check or connection ("" if nothing).  Owned by t. */
SLIPWAY_TLS_API const char *slipway_tls_error(const struct slipway_tls *t);
SLIPWAY_TLS_API const char *slipway_tls_warning(const struct slipway_tls *t);

/* A connection over a connected descriptor, which stays the caller's.  NULL with slipway_tls_error(). */
SLIPWAY_TLS_API struct slipway_tls_conn *slipway_tls_conn_new(struct slipway_tls *t, int fd);

/* Agree on TLS or none, as the level asks.  0 done, WANT_*, or ERROR.  read and write do it when it wasn't done. */
SLIPWAY_TLS_API int slipway_tls_handshake(struct slipway_tls_conn *c);

/* Bytes read (0: the peer ended the connection properly; a cut is an error), or written, WANT_* or ERROR. */
SLIPWAY_TLS_API long slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len);
SLIPWAY_TLS_API long slipway_tls_write(struct slipway_tls_conn *c, const void *buf, size_t len);

/* Bytes that read() gives without looking at the descriptor. */
SLIPWAY_TLS_API size_t slipway_tls_pending(const struct slipway_tls_conn *c);

/* Tell the peer that nothing more comes.  0, WANT_* or ERROR. */
SLIPWAY_TLS_API int slipway_tls_shutdown(struct slipway_tls_conn *c);

/* "TCP/IP", "TCP/IP][TLSv1.3" or "TCP/IP][TLSv1.3 VERIFIED", for "[%s]" in logs. */
SLIPWAY_TLS_API const char *slipway_tls_conn_text(const struct slipway_tls_conn *c);
SLIPWAY_TLS_API const char *slipway_tls_conn_error(const struct slipway_tls_conn *c);
SLIPWAY_TLS_API void slipway_tls_conn_free(struct slipway_tls_conn *c);

#ifdef __cplusplus
}
#endif
#endif
