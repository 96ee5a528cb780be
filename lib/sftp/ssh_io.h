/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_IO_H
#define LIB_SFTP_SSH_IO_H

/*
 * One SSH session below its handshake, login and channel: libssh2's memory and its way to the
 * network.  For ssh.c and ssh_login.c alone.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#include "lib/base/buf.h"
#include "lib/sftp/ssh.h"
#include "lib/sftp/ssh_alloc.h"
#include "lib/sftp/ssh_hello.h"

/* Bytes that are read from the channel at once, and taken from the network in one turn. */
#define SSH_READ_SIZE (64u * 1024)
#define SSH_TURN_MAX  (128u * 1024)

struct ssh {
	struct ssh_server server;
	struct ssh_pool pool;
	struct net *net;
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	struct buf out; /* encrypted bytes for the network, from sent on */
	size_t sent;
	char ours[SSH_KINDS][1024]; /* our algorithms that libssh2 has, with commas */
	size_t turn;		    /* bytes that libssh2 may still receive in this turn */
	struct buf hello;	    /* bytes that came in clear, up to the end of the handshake */
	size_t given;	 /* of them, to libssh2; what stands before the identification isn't */
	bool identified; /* the identification came */
	struct ssh_hello_times times;
	bool listed;	   /* the server's list of algorithms began to come */
	bool rsa;	   /* the server has an RSA host key */
	char parting[256]; /* what the server said when it disconnected, made safe */
	bool dead;	   /* no byte moves any more */
	bool peer_closed;
	/* the signature was made: the last request of the login is in out */
	bool signed_in;
	int64_t heard;	     /* when bytes came last */
	bool came;	     /* bytes came, since the caller cleared this */
	struct buf password; /* while it is sent */
	struct err fault;    /* the fault in a callback of libssh2's */
	uint8_t data[SSH_READ_SIZE];
};

/* Takes net over and makes the libssh2 session.  0, or -1 with ERR_NOMEM. */
int ssh_io_start(struct ssh *s, struct net *net, struct err *e);

/* Sends what waits, as far as the network takes it.  0 or -1; step is for messages. */
int ssh_flush(struct ssh *s, const char *step, struct err *e);

/* ssh_flush(), then waits until libssh2 can go on.  0 or -1. */
int ssh_turn(struct ssh *s, const char *step, int64_t deadline, struct err *e);

/* err_setx() with the server before the text. */
int ssh_err(const struct ssh *s, struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Forgets what came in clear. */
void ssh_io_greeted(struct ssh *s);

/* Adds the server's login banner to e, where libssh2 gives it (from 1.11 on).  Returns -1. */
int ssh_add_banner(struct ssh *s, struct err *e);

/* What the server said at last, or the text of libssh2's last error. */
const char *ssh_fault(struct ssh *s);

/*
 * libssh2 gave up at some step: reports a broken connection, or a peer that doesn't keep to the
 * protocol.  Returns -1.
 */
int ssh_broken(struct ssh *s, const char *step, struct err *e);

#endif
