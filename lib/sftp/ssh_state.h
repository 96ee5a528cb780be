/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_STATE_H
#define LIB_SFTP_SSH_STATE_H

/*
 * What ssh.c and ssh_login.c share.  Nobody else includes this.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#include "lib/base/buf.h"
#include "lib/sftp/ssh.h"
#include "lib/sftp/ssh_alloc.h"

/* Bytes that are read from the channel at once. */
#define SSH_READ_SIZE (64u * 1024)

struct ssh {
	struct ssh_server server;
	struct ssh_pool pool;
	struct net *net;
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	struct buf out; /* encrypted bytes for the network, from sent on */
	size_t sent;
	size_t turn; /* bytes that libssh2 may still receive in this turn */
	bool dead;   /* no byte moves any more */
	bool peer_closed;
	/* the signature was made: the last request of the login is in out */
	bool signed_in;
	int64_t heard;	      /* when bytes came last */
	struct buf password;  /* while it is sent */
	struct err login_err; /* what went wrong in a callback of libssh2's */
	uint8_t data[SSH_READ_SIZE];
};

/* Send what waits, then wait until libssh2 can go on; step is for messages.  0 or -1. */
int ssh_turn(struct ssh *s, const char *step, int64_t deadline, struct err *e);

/*
 * libssh2 gave up at some step: a broken connection, or a peer that does not keep to the protocol.
 * Always -1.
 */
int ssh_broken(struct ssh *s, const char *step, struct err *e);

/* Log in and open the channel.  0, or -1 as ssh_open(). */
int ssh_log_in(struct ssh *s, int64_t deadline, struct err *e);

#endif
