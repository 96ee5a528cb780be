/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_SSHD_H
#define TESTS_INTEGRATION_SSHD_H

/*
 * A real OpenSSH server for tests: an ordinary process on a free port of 127.0.0.1, with keys of
 * its own in a directory of its own, that serves files with internal-sftp.  Works as root (who logs
 * in as root) and as any other user.  A test for Windows has it on the Linux side, where
 * sshd_side.h lets it run commands.
 *
 * These functions end the test program when something can't be set up.
 */
#include <stdbool.h>

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
	const char *more; /* settings that count before the others; DIR is dir; or NULL */
	int pid;	  /* 0: stopped */
};

/*
 * Make the directory, keys and an empty repository.  other: another server whose repository and
 * login key are used as well, or NULL.
 */
void sshd_make(struct sshd *s, const struct sshd *other);

/* Start it; it takes connections when this returns.  descriptors: RLIMIT_NOFILE, or 0. */
void sshd_start(struct sshd *s, unsigned descriptors);

/*
 * The same with a server of another make, as tests/servers/serve.sh knows them: "proftpd",
 * "rclone", "asyncssh" or "paramiko".  The user is "station"; user and url say so afterwards.
 */
void other_start(struct sshd *s, const char *kind, unsigned descriptors);

/* Kill, stop or continue the server and all its sessions, or the sessions alone. */
enum sshd_signal { SSHD_KILL, SSHD_PAUSE, SSHD_GO_ON };

void sshd_signal(const struct sshd *s, enum sshd_signal sig);
void sshd_signal_sessions(const struct sshd *s, enum sshd_signal sig);

/* Kill all of it and wait until nothing is left. */
void sshd_stop(struct sshd *s);

/* Stop it and remove its directory. */
void sshd_remove(struct sshd *s);

/*
 * Whether, in a moment, nothing is left of a server that was removed, nor a child of this process.
 */
bool sshd_gone(const struct sshd *s);

/* End this process when it takes longer than a test may. */
void sshd_limit(void);

/* system() of a formatted command that must succeed. */
void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A port that nothing listens on, and that no outgoing connection may get: a server that is started
 * again must find it free.
 */
int free_port(void);

#endif
