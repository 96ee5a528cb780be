/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_SSHD_H
#define TESTS_INTEGRATION_SSHD_H

/*
 * A real OpenSSH server for tests: an ordinary process on a free port of 127.0.0.1, with its own
 * keys and directory, that serves files with internal-sftp.  Works as root (then root logs in) and
 * as any other user.  For a test on Windows the server runs on the Linux side, by the functions of
 * sshd_side.h.
 *
 * These functions end the test program when the set-up fails.
 */
#include <stdbool.h>
#include <stddef.h>

struct sshd {
	char dir[128];		     /* keys and configuration; repository below it */
	char repo[160];		     /* files that are served */
	char url[400];		     /* sftp://USER@127.0.0.1:PORT/…/repo */
	char file_url[200];	     /* file:///…/repo, as this program reaches it */
	char key[160];		     /* private login key, ed25519 */
	char pin[64], pin_ecdsa[64]; /* fingerprints of its host keys */
	char user[64];		     /* who logs in */
	bool root;		     /* that is root */
	int port;
	const char *more; /* settings before the others, in which DIR stands for dir; or NULL */
	int pid;	  /* 0: stopped */
};

/*
 * Makes the directory, keys and an empty repository.  other: another server whose repository and
 * login key this server uses, too, or NULL.
 */
void sshd_make(struct sshd *s, const struct sshd *other);

/* The fingerprint of its host key DIR/host_KIND. */
void sshd_fingerprint(const struct sshd *s, const char *kind, char *out, size_t size);

/* Starts the server, and returns when it accepts connections.  descriptors: RLIMIT_NOFILE, or 0. */
void sshd_start(struct sshd *s, unsigned descriptors);

/*
 * The same with another server of tests/servers/serve.sh: "proftpd", "rclone", "asyncssh" or
 * "paramiko".  The user is "station", also in user and url afterwards.
 */
void other_start(struct sshd *s, const char *kind, unsigned descriptors);

/* Kills, stops or continues the server and all its sessions, or only the sessions. */
enum sshd_signal { SSHD_KILL, SSHD_PAUSE, SSHD_GO_ON };

void sshd_signal(const struct sshd *s, enum sshd_signal sig);
void sshd_signal_sessions(const struct sshd *s, enum sshd_signal sig);

/* Kills the server with its sessions and waits until no process is left. */
void sshd_stop(struct sshd *s);

/* Stops the server and removes its directory. */
void sshd_remove(struct sshd *s);

/*
 * Whether, within a moment, no process of a removed server and no child of this process is left.
 */
bool sshd_gone(const struct sshd *s);

/* Ends this process when it takes longer than a test may. */
void sshd_limit(void);

/* system() of a formatted command that must succeed. */
void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Returns a free port outside of the range for outgoing connections: a server that is started again
 * must find the port free.
 */
int free_port(void);

#endif
