/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_TLS_TLS_SIDES_H
#define TESTS_UNIT_TLS_TLS_SIDES_H

/*
 * Both sides of a TLS connection for tests: handles with settings in memory, and two connected
 * ends.  A fault in these functions fails the test.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "slipway/tls.h"
#include "tests/unit/x509/ids.h"

/* Replaces a file by renaming, as programs should; text ends with NUL. */
void put_text(const char *path, const char *text, mode_t mode);
void put_file(const char *path, const void *data, size_t len, mode_t mode);

/*
 * Changes the permissions of a file.  Returns whether this system (not wine) keeps others from a
 * file of mode 0600 and can tell such a file from others.
 */
void put_mode(const char *path, mode_t mode);
bool put_mode_counts(void);

/*
 * Make a place empty; make a directory; and, only on POSIX systems, a FIFO and an endless device.
 */
void put_nothing(const char *path);
void put_directory(const char *path);
#ifdef _WIN32
#define PUT_SPECIAL false
#else
#define PUT_SPECIAL true
#endif
void put_fifo(const char *path);
void put_endless(const char *path);

/*
 * An empty directory, and the names of a key, a certificate and settings in it, which are removed
 * with the directory.
 */
struct place {
	char dir[128], key[160], cert[160], conf[160];
};
void place_make(struct place *p);
void place_remove(struct place *p);

/* Sets one of the settings that name files. */
void pem(struct slipway_tls *t, const char *setting, const char *text);

/* A handle with this level, pair (or NULL) and trusted certificate (or NULL). */
struct slipway_tls *side_new(enum slipway_tls_side side, const char *level, const struct id *own,
    const struct id *trusted);

/*
 * Two connected sockets, non-blocking unless told otherwise; over TCP with tcp, on Windows always.
 * sockets_end() ends both directions for the other side.
 */
void sockets_pair(int fd[2], bool tcp, bool block);

/* Whether the library treats every socket as blocking, because the system doesn't tell. */
#ifdef _WIN32
#define SOCKETS_BLOCK true
#else
#define SOCKETS_BLOCK false
#endif
void sockets_end(int fd);
void sockets_close(int fd);

/*
 * Closes the socket with a reset, which the other side reports with these words (on Windows in the
 * user's language).  Returns false on a system (wine) that closes without a reset.
 */
bool sockets_reset(int fd);
#ifdef _WIN32
#define SOCKETS_RESET ""
#else
#define SOCKETS_RESET "reset by peer"
#endif

/* Sends one byte.  Returns false when the other side is gone. */
bool sockets_send(int fd, char byte);

/*
 * Waits until one of n sockets can be read, or written if write says so; ignores sockets that are
 * -1.
 */
#define SOCKETS_WAIT_MS 5000
void sockets_wait(const int *fd, const bool *write, size_t n, int ms);

/* Two connected ends that don't block. */
struct ends {
	int fd[2]; /* server, client */
	struct slipway_tls_conn *server, *client;
};

/* Over a socket pair; over TCP. */
void ends_open(struct ends *e, struct slipway_tls *server, struct slipway_tls *client);
void ends_open_tcp(struct ends *e, struct slipway_tls *server, struct slipway_tls *client);
void ends_close(struct ends *e);

/* Whether a result is WANT_*. */
bool waits(long rc);

/*
 * A handshake over a non-blocking socket with a peer that uses OpenSSL directly.  Returns our
 * result, or WANT_* when neither side goes on.
 */
int shake(struct slipway_tls_conn *ours, SSL *theirs);

/*
 * The client sends, the server answers.  Returns 0, or ERROR after one side failed and the other
 * saw the end.
 */
int talk(struct ends *e);

/*
 * Lets the two handles talk over a socket pair.  want is the client's code; OK: both sides talked.
 * says, unless NULL, is a part of the client's error.
 */
void meet(struct slipway_tls *server, struct slipway_tls *client, enum slipway_tls_code want,
    const char *says);

/* A connection at TLSNoPeerAuth for which s and c aren't needed any more, after talk(). */
void ends_talking(struct ends *e, const struct id *kernel);

#endif
