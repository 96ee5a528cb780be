/* SPDX-License-Identifier: ISC */
/*
 * One end of the measurements of run.sh tls, over tls_side.h:
 *
 *   server DIR                      listen on loopback, print the port, serve until standard input
 *                                   ends
 *   client DIR PORT handshakes N K  N handshakes by K processes, one after the other; both ends
 *                                   announce their end
 *   client DIR PORT send BYTES      over one connection
 *   client DIR PORT idle N          make N connections, print a line, keep them until standard
 *                                   input ends
 *   check DIR N                     look N times for changed files
 *   new DIR N                       make N connections on a socket and release them, without a
 *                                   handshake
 *
 * handshakes, send, check and new print the nanoseconds of time and the nanoseconds of CPU.
 *
 * The server is one thread with epoll and sockets that don't block; a client's block.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/tls_side.h"

#define SOURCES 32    /* loopback addresses that clients come from, so that ports don't run out */
#define CHUNK	16384 /* bytes of one read or write */

struct client {
	int fd;
	struct link *link;
	unsigned events;
};

static void
die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void *
must(void *p)
{
	if (p == NULL)
		die("out of memory");
	return p;
}

static long long
nanoseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long long
children_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000ll +
	    (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000ll;
}

static void
tell(long long wall, long long cpu)
{
	printf("%lld %lld\n", nanoseconds(CLOCK_MONOTONIC) - wall,
	    nanoseconds(CLOCK_PROCESS_CPUTIME_ID) + children_cpu() - cpu);
	fflush(stdout);
}

/* The server. */

static void
drop(struct client *c)
{
	link_free(c->link);
	close(c->fd);
	free(c);
}

static void
serve(int epoll, struct client *c)
{
	char buf[CHUNK];
	unsigned events;
	long rc;

	if ((rc = link_handshake(c->link)) == 0)
		while ((rc = link_read(c->link, buf, sizeof buf)) > 0)
			;
	if (rc == SIDE_WANT_READ || rc == SIDE_WANT_WRITE) {
		events = rc == SIDE_WANT_READ ? EPOLLIN : EPOLLOUT;
		if (events != c->events) {
			struct epoll_event e = { .events = events, .data.ptr = c };

			c->events = events;
			epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
		}
		return;
	}
	if (rc == 0)
		link_shutdown(c->link);
	drop(c);
}

static void
accept_all(int epoll, int listener, struct side *s)
{
	struct client *c;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		c = must(calloc(1, sizeof *c));
		*c = (struct client){ .fd = fd, .link = must(link_new(s, fd)), .events = EPOLLIN };
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == -1)
			die("epoll_ctl");
	}
}

static void
server(const char *dir)
{
	struct side *s = side_new(true, dir);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event listening = { .events = EPOLLIN },
			   stop = { .events = EPOLLIN | EPOLLHUP, .data.ptr = s }, events[64];
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    epoll = epoll_create1(EPOLL_CLOEXEC);
	socklen_t len = sizeof a;
	int n;

	if (bind(listener, (struct sockaddr *)&a, sizeof a) == -1 || listen(listener, 1024) == -1 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening) == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &stop) == -1)
		die("listen");
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		if ((n = epoll_wait(epoll, events, 64, -1)) == -1)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == s)
				return;
			if (events[i].data.ptr == NULL)
				accept_all(epoll, listener, s);
			else
				serve(epoll, events[i].data.ptr);
		}
	}
}

/* The client. */

static int
dial(int port, long i)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000002u + (unsigned)(i % SOURCES)) },
			   to = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd == -1 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) == -1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) == -1)
		die("connect");
	return fd;
}

static void
link_die(struct link *l, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, link_error(l));
	exit(1);
}

static struct link *
connected(struct side *s, int fd)
{
	struct link *l = must(link_new(s, fd));

	if (link_handshake(l) != 0)
		link_die(l, "handshake");
	if (!link_verified(l))
		link_die(l, "the server wasn't verified");
	return l;
}

/*
 * The server announces its end after it has verified us, so only complete handshakes are counted.
 */
static void
end(struct link *l, int fd)
{
	char byte;

	if (link_shutdown(l) != 0 || link_read(l, &byte, 1) != 0)
		link_die(l, "end");
	link_free(l);
	close(fd);
}

static void
handshakes(struct side *s, int port, long n, long processes)
{
	int status, bad = 0;

	for (long k = 0; k < processes; k++) {
		pid_t pid = fork();

		if (pid == -1)
			die("fork");
		if (pid != 0)
			continue;
		for (long i = k; i < n; i += processes) {
			int fd = dial(port, i);

			end(connected(s, fd), fd);
		}
		_exit(0);
	}
	while (wait(&status) != -1)
		bad |= status;
	if (bad != 0)
		exit(1);
}

static void
send_bytes(struct side *s, int port, long long bytes)
{
	static char buf[CHUNK];
	int fd = dial(port, 0);
	struct link *l = connected(s, fd);

	while (bytes > 0) {
		long n = link_write(l, buf, bytes < CHUNK ? (size_t)bytes : CHUNK);

		if (n <= 0)
			link_die(l, "write");
		bytes -= n;
	}
	end(l, fd);
}

static void
idle(struct side *s, int port, long n)
{
	char byte;

	for (long i = 0; i < n; i++)
		connected(s, dial(port, i));
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* Without a peer. */

static void
alone(struct side *s, long n, bool connections)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == -1)
		die("socketpair");
	for (long i = 0; i < n; i++) {
		if (connections)
			link_free(must(link_new(s, pair[0])));
		else if (side_check(s) != 0)
			die("check");
	}
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	struct side *s;
	long long wall, cpu;
	int port;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 3 && strcmp(argv[1], "server") == 0) {
		server(argv[2]);
		return 0;
	}
	if (argc < 4 || (strcmp(argv[1], "client") == 0 && argc < 6)) {
		fputs("usage: see the top of tls.c\n", stderr);
		return 2;
	}
	s = side_new(strcmp(argv[1], "client") != 0, argv[2]);
	port = atoi(argv[3]);
	wall = nanoseconds(CLOCK_MONOTONIC);
	cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
	if (strcmp(argv[1], "client") != 0)
		alone(s, atol(argv[3]), strcmp(argv[1], "new") == 0);
	else if (strcmp(argv[4], "handshakes") == 0)
		handshakes(s, port, atol(argv[5]), argc > 6 ? atol(argv[6]) : 1);
	else if (strcmp(argv[4], "send") == 0)
		send_bytes(s, port, atoll(argv[5]));
	else
		idle(s, port, atol(argv[5]));
	tell(wall, cpu);
	return 0;
}
