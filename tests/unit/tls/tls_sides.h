/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_TLS_TLS_SIDES_H
#define TESTS_UNIT_TLS_TLS_SIDES_H

/*
 * Both sides of a TLS connection for tests: handles with settings in memory, and two connected
 * ends.  A fault in here fails the test.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "slipway/tls.h"
#include "tests/unit/x509/ids.h"

/* Put a file in its place at once, as whoever replaces one should do it; text ends with NUL. */
void put_text(const char *path, const char *text, mode_t mode);
void put_file(const char *path, const void *data, size_t len, mode_t mode);

/*
 * Change who may read a file.  Whether this system (not wine) keeps others from a file of mode 0600
 * and tells it from others.
 */
void put_mode(const char *path, mode_t mode);
bool put_mode_counts(void);

/*
 * No file, directory or anything else in a place; a directory; and what only POSIX systems have
 * among files: a FIFO, a device without an end.
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
 * An empty directory, and the names of a key, a certificate and settings in it; they go with it,
 * whatever they are.
 */
struct place {
	char dir[128], key[160], cert[160], conf[160];
};
void place_make(struct place *p);
void place_remove(struct place *p);

/* Set one of the settings that are files. */
void pem(struct slipway_tls *t, const char *setting, const char *text);

/* A handle with this level, pair (or NULL) and trusted certificate (or NULL). */
struct slipway_tls *side_new(enum slipway_tls_side side, const char *level, const struct id *own,
    const struct id *trusted);

/*
 * Two connected sockets, which don't block unless told to; over TCP with tcp, on Windows always.
 * sockets_end() tells the other side, both ways, that nothing comes any more.
 */
void sockets_pair(int fd[2], bool tcp, bool block);

/* Whether the library takes every socket for one that blocks, because the system doesn't tell. */
#ifdef _WIN32
#define SOCKETS_BLOCK true
#else
#define SOCKETS_BLOCK false
#endif
void sockets_end(int fd);
void sockets_close(int fd);

/*
 * Close, so that the other side sees a reset; the system says so with these words (Windows in the
 * user's language).  False: closed, but this system (wine) makes no reset of it.
 */
bool sockets_reset(int fd);
#ifdef _WIN32
#define SOCKETS_RESET ""
#else
#define SOCKETS_RESET "reset by peer"
#endif

/* Send one byte.  False: the other side is gone. */
bool sockets_send(int fd, char byte);

/*
 * Wait until one of n is ready to be read, or written where write says so; -1 in place of one: not
 * that.
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
 * A handshake of ours, over a socket that doesn't block, with OpenSSL's own at its other end: our
 * result, WANT_* where neither goes on.
 */
int shake(struct slipway_tls_conn *ours, SSL *theirs);

/*
 * The client says something, the server answers: 0 done, or ERROR as soon as one side has it and
 * the other saw its end.
 */
int talk(struct ends *e);

/*
 * Let the two handles talk over a socket pair.  want is the client's code; OK: both sides talked.
 * says, unless NULL, stands in the client's error.
 */
void meet(struct slipway_tls *server, struct slipway_tls *client, enum slipway_tls_code want,
    const char *says);

/* A connection at TLSNoPeerAuth for which s and c aren't needed any more, after talk(). */
void ends_talking(struct ends *e, const struct id *kernel);

#endif
