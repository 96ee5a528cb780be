/*
 * A real OpenSSH server for tests.
 */
#include "sshd.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES	500
#define PAUSE_NS	10000000
#define ARGUMENTS_MAX	7

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
	if (system(command) != 0)
		die(command);
}

static void
read_word(const char *command, char *out, size_t size)
{
	FILE *f = popen(command, "r");

	if (f == NULL || fgets(out, (int)size, f) == NULL || pclose(f) != 0)
		die(command);
	out[strcspn(out, "\n")] = '\0';
}

static int
loopback_socket(int port, bool listens)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		die("socket");
	if (listens ? bind(fd, (struct sockaddr *)&a, sizeof a) == -1 : connect(fd, (struct sockaddr *)&a, sizeof a) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
free_port(void)
{
	uint16_t random;
	int port, fd;

	/* None that an outgoing connection may get: a server that is started again must find its port free. */
	do {
		if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
			die("free port");
		port = 10000 + random % 10000;
	} while ((fd = loopback_socket(port, true)) == -1);
	close(fd);
	return port;
}

static void
fingerprint(const struct sshd *s, const char *kind, char *out, size_t size)
{
	char command[256];

	snprintf(command, sizeof command, "ssh-keygen -l -f %s/host_%s | cut -d' ' -f2", s->dir, kind);
	read_word(command, out, size);
}

void
sshd_make(struct sshd *s, const struct sshd *other)
{
	const struct passwd *pw = getpwuid(geteuid());

	memset(s, 0, sizeof *s);
	strcpy(s->dir, "/tmp/slipway-sshd-XXXXXX");
	if (pw == NULL || mkdtemp(s->dir) == NULL)
		die("make directory");
	/* The sessions of a server that is root become other users, who must be able to read. */
	chmod(s->dir, 0755);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(s->user, sizeof s->user, "%s", pw->pw_name);
	run("cd %s && ssh-keygen -q -t ed25519 -N '' -f host_ed25519 && "
	    "ssh-keygen -q -t ecdsa -b 256 -N '' -f host_ecdsa", s->dir);
	fingerprint(s, "ed25519", s->pin, sizeof s->pin);
	fingerprint(s, "ecdsa", s->pin_ecdsa, sizeof s->pin_ecdsa);
	if (other != NULL) {
		strcpy(s->repo, other->repo);
		strcpy(s->key, other->key);
	} else {
		snprintf(s->repo, sizeof s->repo, "%s/repo", s->dir);
		snprintf(s->key, sizeof s->key, "%s/login", s->dir);
		run("mkdir %s && ssh-keygen -q -t ed25519 -N '' -f %s", s->repo, s->key);
	}
	run("cp %s.pub %s/authorized_keys && chmod 644 %s/authorized_keys", s->key, s->dir, s->dir);
	if (geteuid() == 0)
		run("mkdir -p /run/sshd");
	s->port = free_port();
	snprintf(s->url, sizeof s->url, "sftp://%s@127.0.0.1:%d%s", s->user, s->port, s->repo);
}

static void
write_config(const struct sshd *s)
{
	char name[200];
	FILE *f;

	snprintf(name, sizeof name, "%s/config", s->dir);
	if ((f = fopen(name, "w")) == NULL)
		die(name);
	fprintf(f, "ListenAddress 127.0.0.1:%d\nHostKey %s/host_ed25519\nHostKey %s/host_ecdsa\n"
	    "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
	    "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
	    "AuthorizedKeysFile %s/authorized_keys\nSubsystem sftp internal-sftp\n"
	    "MaxStartups 100\nLogLevel ERROR\n", s->port, s->dir, s->dir, s->dir);
	if (fclose(f) != 0)
		die(name);
}

/* Start argv[0] as a child of this process, and wait until it takes connections. */
static void
start(struct sshd *s, const char *const argv[], unsigned descriptors)
{
	struct timespec pause = { 0, PAUSE_NS };
	char *copy[ARGUMENTS_MAX + 1] = { NULL };
	int fd = -1;

	fflush(NULL);
	if ((s->pid = fork()) == -1)
		die("fork");
	if (s->pid == 0) {
		struct rlimit r = { descriptors, descriptors };

		/* A test that is killed takes its server with it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (descriptors > 0)
			setrlimit(RLIMIT_NOFILE, &r);
		for (int i = 0; i < ARGUMENTS_MAX && argv[i] != NULL; i++)
			copy[i] = strdup(argv[i]);
		execv(copy[0], copy);
		_exit(127);
	}
	for (int i = 0; i < START_TRIES && fd == -1; i++) {
		nanosleep(&pause, NULL);
		fd = loopback_socket(s->port, false);
	}
	if (fd == -1)
		die(argv[0]);
	close(fd);
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
	/* rclone serves what it is given as its root. */
	snprintf(s->url, sizeof s->url, "sftp://station@127.0.0.1:%d%s", s->port,
	    strcmp(kind, "rclone") == 0 ? "/" : s->repo);
	start(s, argv, descriptors);
}

/* The parent of a process, or 0. */
static pid_t
parent_of(pid_t pid)
{
	char name[64], line[512], *end;
	int parent = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	if ((f = fopen(name, "r")) == NULL)
		return 0;
	if (fgets(line, sizeof line, f) != NULL && (end = strrchr(line, ')')) != NULL)
		sscanf(end + 1, " %*c %d", &parent);
	fclose(f);
	return parent;
}

static void
signal_below(pid_t top, int sig)
{
	const struct dirent *entry;
	DIR *d = opendir("/proc");

	if (d == NULL)
		die("/proc");
	while ((entry = readdir(d)) != NULL) {
		pid_t pid = (pid_t)atoi(entry->d_name);

		if (pid > 0 && parent_of(pid) == top) {
			signal_below(pid, sig);
			kill(pid, sig);
		}
	}
	closedir(d);
}

void
sshd_signal_sessions(struct sshd *s, int sig)
{
	signal_below(s->pid, sig);
}

void
sshd_signal(struct sshd *s, int sig)
{
	sshd_signal_sessions(s, sig);
	kill(s->pid, sig);
}

int
children(void)
{
	const struct dirent *entry;
	DIR *d = opendir("/proc");
	int n = 0;

	if (d == NULL)
		die("/proc");
	while ((entry = readdir(d)) != NULL)
		n += atoi(entry->d_name) > 0 && parent_of((pid_t)atoi(entry->d_name)) == getpid();
	closedir(d);
	return n;
}

void
sshd_stop(struct sshd *s)
{
	if (s->pid == 0)
		return;
	/* Its sessions become children of ours when it dies; they end with their connections. */
	sshd_signal(s, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void
sshd_remove(struct sshd *s)
{
	sshd_stop(s);
	if (s->dir[0] != '\0')
		run("rm -rf %s", s->dir);
}
