/* SPDX-License-Identifier: ISC */
#ifndef SERVER_SSHD_SSHD_H
#define SERVER_SSHD_SSHD_H

/* Running OpenSSH's sshd as a child with a configuration of our own. */
#include "lib/base/buf.h"

struct sshd;

/* Checks that this platform has OpenSSH's sshd, as Linux has.  Returns 0, or -1 with ERR_CONFIG. */
int sshd_here(struct err *e);

/* Make an ed25519 host key (file, file.pub) with ssh-keygen. */
int sshd_keygen(const char *file, struct err *e);

/*
 * Checks that sshd can listen at port.  Port 0 becomes a free port outside of the range for
 * outgoing connections, so that the port is still free when the server is started again.  Returns
 * 0, or -1 with ERR_NETWORK or ERR_USAGE.
 */
int sshd_port(const char *address, unsigned *port, struct err *e);

/*
 * Blocks SIGINT, SIGTERM and SIGHUP until sshd_wait().  Call it before there is anything to clean
 * up.
 */
int sshd_hold_signals(struct err *e);

/*
 * Starts sshd, which listens at the address listening and at port, and waits until it does.  sshd
 * ends with this process.  NULL with ERR_NOENT (not installed),
 * ERR_TIMEOUT, ERR_CONFLICT (sshd ended) and others.
 */
struct sshd *sshd_start(const char *config, const char *listening, unsigned port, struct err *e);

/* Waits for a signal to stop.  Returns 0, or -1 with ERR_CONFLICT when sshd ended by itself. */
int sshd_wait(struct sshd *s, struct err *e);

/* Ends sshd and its sessions, removes its configuration, and frees s, which may be NULL. */
void sshd_stop(struct sshd *s);

#endif
