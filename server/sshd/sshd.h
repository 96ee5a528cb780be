/* SPDX-License-Identifier: ISC */
#ifndef SERVER_SSHD_SSHD_H
#define SERVER_SSHD_SSHD_H

/* Running OpenSSH's sshd as a child with a configuration of our own. */
#include "lib/base/buf.h"

struct sshd;

/* Whether this platform has an sshd for us: OpenSSH on Linux.  0, or -1 with ERR_CONFIG. */
int sshd_here(struct err *e);

/* Make an ed25519 host key (file, file.pub) with ssh-keygen. */
int sshd_keygen(const char *file, struct err *e);

/*
 * Whether port can be listened at.  0: a free one, which *port becomes, of those that the system
 * gives no outgoing connection, so that a server that is started again finds it free.  0, or -1
 * with ERR_NETWORK or ERR_USAGE.
 */
int sshd_port(const char *address, unsigned *port, struct err *e);

/*
 * From now on SIGINT, SIGTERM and SIGHUP wait for sshd_wait().  Call it before there is anything to
 * clean up.
 */
int sshd_hold_signals(struct err *e);

/*
 * Start sshd and wait until it accepts connections at address and port.  It ends when this process
 * does. NULL with ERR_NOENT (not installed), ERR_TIMEOUT, ERR_CONFLICT (it ended) and others.
 */
struct sshd *sshd_start(const char *config, const char *address, unsigned port, struct err *e);

/* Wait until a signal asks us to stop.  0, or -1 with ERR_CONFLICT when sshd ended by itself. */
int sshd_wait(struct sshd *s, struct err *e);

/* End sshd and the sessions it started, remove its configuration, and free s, which may be NULL. */
void sshd_stop(struct sshd *s);

#endif
