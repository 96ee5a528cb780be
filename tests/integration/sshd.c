/* SPDX-License-Identifier: ISC */
/*
 * A real OpenSSH server for tests.
 */
#include "tests/integration/sshd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "tests/integration/sshd_side.h"

#define START_TRIES 500
#define PAUSE_MS    10
#define GONE_MS	    5000

static void
die(const char *what)
{
	fprintf(stderr, "sshd for tests: %s: %s\n", what, strerror(errno));
	exit(1);
}

void
run(const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	if (!side_run(command, NULL, 0))
		die(command);
}

static void
read_word(const char *command, char *out, size_t size)
{
	if (!side_run(command, out, size) || *out == '\0')
		die(command);
}

/* Whether something listens on a port. */
static bool
answers(int port)
{
	struct err e;
	struct net_dial *d = net_dial("127.0.0.1", (uint16_t)port, &e);
	struct net *n = d == NULL ? NULL : net_dial_wait(d, clock_mono_ms() + 1000, &e);

	net_close(n);
	return n != NULL;
}

int
free_port(void)
{
	char word[16];
	int port;

	do {
		read_word("shuf -n 1 -i 10000-19999", word, sizeof word);
		port = atoi(word);
	} while (answers(port));
	return port;
}

void
sshd_fingerprint(const struct sshd *s, const char *kind, char *out, size_t size)
{
	char command[256];

	snprintf(command, sizeof command, "ssh-keygen -l -f %s/host_%s | cut -d' ' -f2", s->dir,
	    kind);
	read_word(command, out, size);
}

void
sshd_make(struct sshd *s, const struct sshd *other)
{
	memset(s, 0, sizeof *s);
	read_word("mktemp -d /tmp/slipway-sshd-XXXXXX", s->dir, sizeof s->dir);
	read_word("id -un", s->user, sizeof s->user);
	s->root = side_run("[ $(id -u) -eq 0 ]", NULL, 0);
	/* Sessions of root's server become other users, who must be able to read the files. */
	run("chmod 755 %s", s->dir);
	run("cd %s && ssh-keygen -q -t ed25519 -N '' -f host_ed25519 && "
	    "ssh-keygen -q -t ecdsa -b 256 -N '' -f host_ecdsa",
	    s->dir);
	sshd_fingerprint(s, "ed25519", s->pin, sizeof s->pin);
	sshd_fingerprint(s, "ecdsa", s->pin_ecdsa, sizeof s->pin_ecdsa);
	if (other != NULL) {
		strcpy(s->repo, other->repo);
		strcpy(s->key, other->key);
	} else {
		snprintf(s->repo, sizeof s->repo, "%s/repo", s->dir);
		snprintf(s->key, sizeof s->key, "%s/login", s->dir);
		run("mkdir %s && ssh-keygen -q -t ed25519 -N '' -f %s", s->repo, s->key);
	}
	run("cp %s.pub %s/authorized_keys && chmod 644 %s/authorized_keys", s->key, s->dir, s->dir);
	if (s->root)
		run("mkdir -p /run/sshd");
	s->port = free_port();
	snprintf(s->url, sizeof s->url, "sftp://%s@127.0.0.1:%d%s", s->user, s->port, s->repo);
	snprintf(s->file_url, sizeof s->file_url, "%s%s", side_file_url(), s->repo);
}

static void
write_config(const struct sshd *s)
{
	char name[200];
	FILE *f;

	snprintf(name, sizeof name, "%s/config", s->dir);
	if ((f = fopen(name, "wb")) == NULL)
		die(name);
	for (const char *p = s->more == NULL ? "" : s->more; *p != '\0'; p++)
		if (strncmp(p, "DIR", 3) == 0) {
			fputs(s->dir, f);
			p += 2;
		} else
			putc(*p, f);
	fprintf(f,
	    "\nListenAddress 127.0.0.1:%d\nHostKey %s/host_ed25519\nHostKey %s/host_ecdsa\n"
	    "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
	    "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
	    "AuthorizedKeysFile %s/authorized_keys\n%s"
	    "MaxStartups 100\nLogLevel ERROR\n",
	    s->port, s->dir, s->dir, s->dir,
	    s->more != NULL && strstr(s->more, "Subsystem") != NULL
		? ""
		: "Subsystem sftp internal-sftp\n");
	if (fclose(f) != 0)
		die(name);
}

/* Starts argv[0], and waits until it accepts connections. */
static void
start(struct sshd *s, const char *const argv[], unsigned descriptors)
{
	bool ready = false;

	if ((s->pid = side_start(argv, descriptors)) == 0)
		die(argv[0]);
	for (int i = 0; i < START_TRIES && !ready; i++) {
		clock_sleep_ms(PAUSE_MS);
		ready = answers(s->port);
	}
	if (!ready)
		die(argv[0]);
}

void
sshd_start(struct sshd *s, unsigned descriptors)
{
	char config[200], log[200];
	const char *const argv[] = { "/usr/sbin/sshd", "-D", "-E", log, "-f", config, NULL };

	write_config(s);
	snprintf(config, sizeof config, "%s/config", s->dir);
	snprintf(log, sizeof log, "%s/log", s->dir);
	start(s, argv, descriptors);
}

void
other_start(struct sshd *s, const char *kind, unsigned descriptors)
{
	char port[16];
	const char *const argv[] = { SERVE_SH, kind, s->dir, port, s->repo, NULL };

	snprintf(port, sizeof port, "%d", s->port);
	snprintf(s->user, sizeof s->user, "station");
	/* rclone serves its directory as "/". */
	snprintf(s->url, sizeof s->url, "sftp://station@127.0.0.1:%d%s", s->port,
	    strcmp(kind, "rclone") == 0 ? "/" : s->repo);
	start(s, argv, descriptors);
}

void
sshd_signal_sessions(const struct sshd *s, enum sshd_signal sig)
{
	side_signal(s->pid, sig, true);
}

void
sshd_signal(const struct sshd *s, enum sshd_signal sig)
{
	side_signal(s->pid, sig, false);
}

void
sshd_stop(struct sshd *s)
{
	if (s->pid == 0)
		return;
	sshd_signal(s, SSHD_KILL);
	side_wait(s->pid);
	s->pid = 0;
}

void
sshd_remove(struct sshd *s)
{
	sshd_stop(s);
	if (s->dir[0] != '\0')
		run("rm -rf %s", s->dir);
}

bool
sshd_gone(const struct sshd *s)
{
	int64_t end = clock_mono_ms() + GONE_MS;
	char command[200];
	bool busy;

	while ((busy = side_busy()) && clock_mono_ms() < end)
		clock_sleep_ms(2 * PAUSE_MS);
	snprintf(command, sizeof command, "[ ! -e %s ]", s->dir);
	return !busy && side_run(command, NULL, 0);
}
