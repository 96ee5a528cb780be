/* SPDX-License-Identifier: ISC */
/*
 * Running OpenSSH's sshd as a child, on POSIX systems.  Only on Linux a killed parent ends sshd.
 */
#include "server/sshd/sshd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/process.h"
#include "lib/os/clock.h"

#define START_MS   10000 /* time for sshd to accept connections */
#define STOP_MS	   3000	 /* time for sshd to end after SIGTERM */
#define POLL_MS	   20
#define PATH_BYTES 4096
/* Below the range of outgoing connections: from 32768 on Linux, 49152 elsewhere. */
#define PORT_FIRST 20000u
#define PORT_COUNT 10000u
#define PORT_TRIES 100
#define STAT_BYTES 1024
#define BACKLOG	   128

/* The first descriptor that systemd hands over (sd_listen_fds(3)). */
#define FIRST_SOCKET 3

static const char *const sshd_places[] = { "/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd",
	"/usr/bin/sshd" };

struct sshd {
	pid_t pid;	      /* 0 when it has ended */
	char dir[PATH_BYTES]; /* temporary, holds the configuration */
	char config[PATH_BYTES + 16];
	char number[PATH_BYTES + 16]; /* the file that sshd writes its process id to */
};

int
sshd_here(struct err *e)
{
	(void)e;
	return 0;
}

int
sshd_keygen(const char *file, struct err *e)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		return err_set(e, ERR_IO, "fork");
	if (pid == 0) {
		process_restore();
		execlp("ssh-keygen", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f",
		    file, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return err_set(e, ERR_IO, "wait for ssh-keygen");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_setx(e, ERR_NOENT, "ssh-keygen: not found; install OpenSSH");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_setx(e, ERR_CONFLICT, "ssh-keygen could not make %s", file);
	return 0;
}

static struct addrinfo *
numeric(const char *address, unsigned port, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *ai = NULL;
	char service[16];

	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &ai) != 0) {
		err_setx(e, ERR_USAGE, "--listen: want a numeric address, got '%s'", address);
		return NULL;
	}
	return ai;
}

/*
 * Returns a listening socket, or -1.  Without Nagle's algorithm, which its connections inherit: it
 * makes each station wait for two round trips, because sshd turns it off only in a session.
 */
static int
listen_at(const char *address, unsigned port, struct err *e)
{
	struct addrinfo *ai = numeric(address, port, e);
	int fd, on = 1;

	if (ai == NULL)
		return -1;
	if ((fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 ||
	    (ai->ai_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1) ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 || listen(fd, BACKLOG) == -1) {
		err_set(e, ERR_NETWORK, "listen at %s port %u", address, port);
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

static int
can_listen(const char *address, unsigned port, struct err *e)
{
	int fd = listen_at(address, port, e);

	return fd == -1 ? -1 : close(fd);
}

int
sshd_port(const char *address, unsigned *port, struct err *e)
{
	uint16_t random;

	if (*port != 0)
		return can_listen(address, *port, e);
	for (int i = 0; i < PORT_TRIES; i++) {
		if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
			return err_set(e, ERR_IO, "random number");
		if (can_listen(address, PORT_FIRST + random % PORT_COUNT, e) == 0) {
			*port = PORT_FIRST + random % PORT_COUNT;
			return 0;
		}
		if (e->code != ERR_NETWORK)
			break;
	}
	return -1;
}

static void
signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

int
sshd_hold_signals(struct err *e)
{
	sigset_t set;

	signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return err_set(e, ERR_IO, "block signals");
	return 0;
}

/*
 * Writes the configuration into a private directory, so that nobody can replace it before sshd
 * reads it.
 */
static int
write_config(struct sshd *s, const char *config, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	size_t len = strlen(config);
	int fd, rc = 0;

	if (tmp == NULL || *tmp != '/')
		tmp = "/tmp";
	if ((size_t)snprintf(s->dir, sizeof s->dir, "%s/slipway-repo.XXXXXX", tmp) >=
	    sizeof s->dir) {
		s->dir[0] = '\0';
		return err_setx(e, ERR_TOO_LARGE, "TMPDIR: path over %d bytes", PATH_BYTES);
	}
	if (mkdtemp(s->dir) == NULL) {
		err_set(e, ERR_IO, "%s", s->dir);
		s->dir[0] = '\0';
		return -1;
	}
	snprintf(s->config, sizeof s->config, "%s/sshd_config", s->dir);
	snprintf(s->number, sizeof s->number, "%s/pid", s->dir);
	if ((fd = open(s->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1)
		return err_set(e, ERR_IO, "%s", s->config);
	if (write(fd, config, len) != (ssize_t)len)
		rc = err_set(e, ERR_IO, "%s", s->config);
	if (close(fd) == -1 && rc == 0)
		rc = err_set(e, ERR_IO, "%s", s->config);
	return rc;
}

/*
 * Hands over the listening socket as systemd does.  An sshd that takes no sockets (only some
 * distributions' sshd does) closes it and listens by itself.
 */
static void
hand_over(int fd)
{
	char pid[16];

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	if ((fd == FIRST_SOCKET ? fcntl(fd, F_SETFD, 0) : dup2(fd, FIRST_SOCKET)) == -1 ||
	    setenv("LISTEN_PID", pid, 1) == -1 || setenv("LISTEN_FDS", "1", 1) == -1)
		_exit(127);
}

/* Whether this sshd, whose version nobody knows beforehand, takes an option. */
static bool
knows_option(const char *program, const char *config, const char *option)
{
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		if ((null = open("/dev/null", O_RDWR)) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
		    dup2(null, STDERR_FILENO) == -1)
			_exit(127);
		execl(program, program, "-t", "-f", config, "-o", option, (char *)NULL);
		_exit(127);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

/* extra: an option "-o" and its value, or NULL twice. */
static void
become_sshd(const char *program, const struct sshd *s, const char *const extra[2], pid_t parent,
    int fd)
{
	char number[PATH_BYTES + 32];
	sigset_t set;

	snprintf(number, sizeof number, "PidFile=\"%s\"", s->number);

	/* sshd must end when we are killed, also when that happened before this call. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
		_exit(127);
	signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	process_restore();
	hand_over(fd);
	execl(program, program, "-D", "-e", "-f", s->config, "-o", number, extra[0], extra[1],
	    (char *)NULL);
	_exit(127);
}

/* Collects children that ended.  -1 with ERR_CONFLICT when sshd is one of them. */
static int
reap(struct sshd *s, struct err *e)
{
	int status, rc = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != s->pid)
			continue;
		s->pid = 0;
		rc = err_setx(e, ERR_CONFLICT, "sshd ended by itself (%s %d)",
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return rc;
}

/* sshd writes its number once it listens.  Nobody connects, so its log has no line of ours. */
static int
wait_until_ready(struct sshd *s, struct err *e)
{
	int64_t end = clock_mono_ms() + START_MS;

	while (access(s->number, F_OK) == -1) {
		if (reap(s, e) == -1)
			return -1;
		if (clock_mono_ms() > end)
			return err_setx(e, ERR_TIMEOUT,
			    "sshd does not accept connections after %d ms", START_MS);
		clock_sleep_ms(POLL_MS);
	}
	return reap(s, e);
}

static const char *
find_sshd(struct err *e)
{
	for (size_t i = 0; i < sizeof sshd_places / sizeof sshd_places[0]; i++)
		if (access(sshd_places[i], X_OK) == 0)
			return sshd_places[i];
	err_setx(e, ERR_NOENT,
	    "sshd: not found in /usr/sbin and the like; install OpenSSH's server");
	return NULL;
}

struct sshd *
sshd_start(const char *config, const char *listening, unsigned port, struct err *e)
{
	/* One station with a wrong key would shut out all others behind its address for a while. */
	static const char no_penalties[] = "PerSourcePenalties=no"; /* OpenSSH 9.8 and later */
	const char *program = find_sshd(e), *extra[2] = { NULL, NULL };
	pid_t parent = getpid();
	struct sshd *s;
	int fd = -1;

	if (program == NULL)
		return NULL;
	if ((s = calloc(1, sizeof *s)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	/*
	 * As root, sshd needs this directory for separating privileges; the system's service would
	 * make it.
	 */
	if (geteuid() == 0 && mkdir("/run/sshd", 0755) == -1 && errno != EEXIST) {
		err_set(e, ERR_IO, "/run/sshd");
		goto fail;
	}
	/* Sessions outlive sshd.  Here they become our children, so that sshd_stop() finds them. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1) {
		err_set(e, ERR_IO, "adopt sshd's sessions");
		goto fail;
	}
	if (write_config(s, config, e) == -1)
		goto fail;
	if (knows_option(program, s->config, no_penalties)) {
		extra[0] = "-o";
		extra[1] = no_penalties;
	}
	if ((fd = listen_at(listening, port, e)) == -1)
		goto fail;
	if ((s->pid = fork()) == 0)
		become_sshd(program, s, extra, parent, fd);
	close(fd);
	if (s->pid == -1) {
		s->pid = 0;
		err_set(e, ERR_IO, "fork");
		goto fail;
	}
	if (wait_until_ready(s, e) == 0)
		return s;
fail:
	sshd_stop(s);
	return NULL;
}

int
sshd_wait(struct sshd *s, struct err *e)
{
	sigset_t set;
	int number;

	signals(&set);
	for (;;) {
		if ((number = sigwaitinfo(&set, NULL)) == -1 && errno != EINTR)
			return err_set(e, ERR_IO, "wait for signals");
		if (number == SIGCHLD && reap(s, e) == -1)
			return -1;
		if (number != -1 && number != SIGCHLD)
			return 0;
	}
}

/* The parent of a process, or 0. */
static pid_t
parent_of(const char *pid)
{
	char path[64], text[STAT_BYTES];
	const char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* "pid (name) state ppid": the name can hold anything, so look from its end */
	if ((p = strrchr(text, ')')) == NULL || strlen(p) < 4)
		return 0;
	return (pid_t)strtol(p + 4, NULL, 10);
}

/* Sends a signal to all our children, which are sshd and its sessions. */
static void
signal_children(int number)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0' &&
		    parent_of(entry->d_name) == getpid())
			kill((pid_t)strtol(entry->d_name, NULL, 10), number);
	closedir(d);
}

/*
 * Ends all children.  The children of an ended process become ours, so look again until none is
 * left.
 */
static void
end_children(void)
{
	int64_t nice = clock_mono_ms() + STOP_MS, end = nice + STOP_MS;

	while (clock_mono_ms() < end) {
		pid_t pid;

		signal_children(clock_mono_ms() < nice ? SIGTERM : SIGKILL);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid == -1 && errno == ECHILD)
			return;
		clock_sleep_ms(POLL_MS);
	}
}

void
sshd_stop(struct sshd *s)
{
	if (s == NULL)
		return;
	end_children();
	if (s->config[0] != '\0')
		unlink(s->config);
	if (s->number[0] != '\0')
		unlink(s->number); /* sshd does so, unless it was killed */
	if (s->dir[0] != '\0')
		rmdir(s->dir);
	free(s);
}
