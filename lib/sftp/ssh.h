/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_H
#define LIB_SFTP_SSH_H

/*
 * One SSH connection to a server, with its "sftp" subsystem, through libssh2: modern algorithms
 * only, the host key pinned by its SHA-256 fingerprint, login by public key or password.  Nothing
 * waits longer than a deadline (clock_mono_ms()).
 *
 * libssh2 touches no socket: its output is collected and goes out in as few segments as possible,
 * and its input is handed to it in measured pieces.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/os/net.h"
#include "lib/sftp/file.h"
#include "lib/sftp/sftp_frames.h"

/*
 * The login.  sign() and password() may ask another process, which keeps the private key or the
 * password; password() is called after the host key was found good.
 */
struct ssh_login {
	const uint8_t *blob; /* public key as SSH writes it */
	size_t bloblen;	     /* 0: by password */
	/* Append the signature over data, as login_sign() does. */
	int (*sign)(void *arg, const uint8_t *data, size_t len, struct buf *out, struct err *e);
	/* Append the password, at most SFTP_PASSWORD_MAX bytes, no NUL. */
	int (*password)(void *arg, struct buf *out, struct err *e);
	void *arg;
	const char *name; /* the file of the key or password, for messages */
};

struct ssh_server {
	const char *host;
	uint16_t port;
	const char *user;
	const char *const *host_keys; /* fingerprints, "SHA256:" and 43 base64 digits */
	size_t nhost_keys;
	struct ssh_login login;
};

struct ssh;
struct sftp;
struct sftp_writer;

/* Host key algorithms: ed25519 preferred, or ECDSA only. */
enum ssh_hostkey { SSH_HOSTKEY_ANY, SSH_HOSTKEY_ECDSA };

/*
 * Checks the host key, logs in and opens the subsystem, over the connection net, which is taken
 * over in any case.  What server points to must outlive the handle.  NULL with ERR_NETWORK,
 * ERR_TIMEOUT, ERR_HOSTKEY (both fingerprints; *other_key says that the server's ECDSA key may be
 * the one that is pinned), ERR_AUTH (user and key file), ERR_PROTOCOL, ERR_IO or ERR_NOMEM.
 */
struct ssh *ssh_open(const struct ssh_server *server, struct net *net, enum ssh_hostkey hostkey,
    bool *other_key, int64_t deadline, struct err *e);

/* What speaks SFTP over the connection: sftp.h, or sftp_writer.h. */
struct ssh_engine {
	int (*output)(void *arg, const uint8_t **bytes, size_t *len, struct err *e);
	void (*sent)(void *arg, size_t len);
	int (*input)(void *arg, const uint8_t *bytes, size_t len, struct err *e);
	bool (*done)(const void *arg);
	void *arg;
	const char *doing; /* for messages: "fetching files" */
};

/* Each of both as an engine; it must outlive the result. */
struct ssh_engine ssh_reading(struct sftp *s);
struct ssh_engine ssh_writing(struct sftp_writer *w);

/*
 * Moves bytes between the server and the engine until done().  0, or -1 with ERR_TIMEOUT at
 * the deadline, or when the server was silent for idle_ms; ERR_NETWORK when the connection breaks;
 * or as sftp_input().
 */
int ssh_run(struct ssh *s, const struct ssh_engine *engine, int64_t deadline, int64_t idle_ms,
    struct err *e);

/* Whether the server uses Nagle's algorithm, as far as the beginning of the connection tells. */
enum sftp_nagle ssh_nagle(const struct ssh *s);

/* Closes; says goodbye where that needs no waiting.  s may be NULL. */
void ssh_close(struct ssh *s);

#endif
