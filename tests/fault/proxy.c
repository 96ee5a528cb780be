/* SPDX-License-Identifier: ISC */
/*
 * proxy PORT FAULT [VALUE [CONNECTIONS]]: a proxy between stations and the server on
 * 127.0.0.1:PORT, which breaks the first CONNECTIONS (default: all).  Prints the port on which it
 * listens.  Each line of standard input is the next fault, with its VALUE and CONNECTIONS: the
 * proxy then ends all connections and prints the numbers of bytes down (to the station) and up.  At
 * the end of standard input it prints the numbers and ends.
 *
 *   none                  no fault
 *   close                 close the connection at once
 *   silent                accept the connection and never send a byte
 *   cut-down, cut-up      reset after VALUE bytes in that direction
 *   die-down              no byte passes after VALUE bytes, and every later connection is closed
 *   half-down             after VALUE bytes send the station an end of file, and nothing else
 *   stall-down, stall-up  after VALUE bytes no byte passes in that direction
 *   flip-down, flip-up    flip one bit of the byte after VALUE bytes
 *   dribble-down          after VALUE bytes pass one byte each 100 ms
 *   delay                 delay each piece by VALUE ms, in both directions
 *   rate-down             VALUE bytes a second
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINKS	   32
#define PIECE	   65536
#define DRIBBLE_MS 100
#define RATE_MS	   50
#define ALL	   1000000

enum { DOWN, UP };

static struct fault {
	char what[32];
	size_t value;
	long connections;
} fault;

/* One direction. */
struct way {
	int from, to;
	uint8_t data[PIECE];
	size_t at, len;
	size_t passed;
	int64_t due; /* nothing is sent before */
	bool ended, stuck;
};

static struct link {
	struct way way[2];
	bool used, harmed;
	bool dying; /* the station got an end of file, and ends the link itself */
} links[LINKS];

static size_t total[2];

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static bool
is(const char *what)
{
	return strcmp(fault.what, what) == 0;
}

/* Whether this is the present fault, in the direction of its name. */
static bool
hits(const struct link *l, int direction, const char *what)
{
	size_t n = strlen(what);

	return l->harmed && strncmp(fault.what, what, n) == 0 &&
	    strcmp(fault.what + n, direction == DOWN ? "-down" : "-up") == 0;
}

static void
end_link(struct link *l, bool reset)
{
	struct linger hard = { 1, 0 };
	int fd[2] = { l->way[DOWN].from, l->way[UP].from };

	for (int i = 0; i < 2; i++) {
		if (reset)
			setsockopt(fd[i], SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		close(fd[i]);
	}
	l->used = false;
}

static void
set_fault(const char *what, size_t value, long connections)
{
	snprintf(fault.what, sizeof fault.what, "%s", what);
	fault.value = value;
	fault.connections = connections;
}

/* Applies the fault that is due after so many bytes in this direction.  False: the link is gone. */
static bool
reached(struct link *l, int direction)
{
	struct way *w = &l->way[direction];

	if (w->passed < fault.value)
		return true;
	if (hits(l, direction, "cut")) {
		end_link(l, true);
		return false;
	}
	/*
	 * Doesn't close the link, whatever the server does: closing may end in a reset, which would
	 * drop the bytes that the station hasn't read yet.
	 */
	if (hits(l, direction, "die")) {
		shutdown(w->to, SHUT_WR);
		l->dying = true;
		set_fault("close", 0, ALL);
	}
	if (hits(l, direction, "stall"))
		w->stuck = true;
	if (hits(l, direction, "half") && !w->stuck) {
		shutdown(w->to, SHUT_WR);
		w->stuck = true;
	}
	return true;
}

/* Returns how many bytes may pass now. */
static size_t
may_pass(const struct link *l, int direction)
{
	const struct way *w = &l->way[direction];
	size_t n = w->len - w->at;

	if (hits(l, direction, "rate"))
		return n < fault.value * RATE_MS / 1000 + 1 ? n : fault.value * RATE_MS / 1000 + 1;
	if (hits(l, direction, "dribble") && w->passed >= fault.value)
		return 1;
	if (l->harmed && w->passed < fault.value && fault.value - w->passed < n && !is("delay"))
		return fault.value - w->passed;
	return n;
}

/* False: the link is gone. */
static bool
pass(struct link *l, int direction)
{
	struct way *w = &l->way[direction];
	size_t n = may_pass(l, direction);
	ssize_t sent;

	if (hits(l, direction, "flip") && w->passed == fault.value)
		w->data[w->at] ^= 0x10;
	sent = send(w->to, w->data + w->at, n, MSG_NOSIGNAL);
	if (sent == -1) {
		if (errno == EAGAIN)
			return true;
		end_link(l, true);
		return false;
	}
	w->at += (size_t)sent;
	w->passed += (size_t)sent;
	total[direction] += (size_t)sent;
	if (hits(l, direction, "dribble") && w->passed > fault.value)
		w->due = now_ms() + DRIBBLE_MS;
	if (hits(l, direction, "rate"))
		w->due = now_ms() + RATE_MS;
	if (w->at < w->len)
		return reached(l, direction);
	w->at = w->len = 0;
	return reached(l, direction);
}

/* Drops the bytes that a station still sends on a dead link. */
static void
drop(struct link *l)
{
	struct way *up = &l->way[UP];
	ssize_t n = recv(up->from, up->data, sizeof up->data, 0);

	if (n == 0 || (n == -1 && errno != EAGAIN))
		end_link(l, false);
}

/* False: the link is gone. */
static bool
take(struct link *l, int direction)
{
	struct way *w = &l->way[direction];
	ssize_t n = recv(w->from, w->data, sizeof w->data, 0);

	if (n == -1 && errno == EAGAIN)
		return true;
	if (n == -1) {
		end_link(l, true);
		return false;
	}
	if (n == 0) {
		w->ended = true;
		if (!w->stuck)
			shutdown(w->to, SHUT_WR);
		if (l->way[!direction].ended || direction == UP) {
			end_link(l, false);
			return false;
		}
		return true;
	}
	w->len = (size_t)n;
	w->due = l->harmed && is("delay") ? now_ms() + (int64_t)fault.value : 0;
	return true;
}

static int
dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof to) == -1)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
welcome(int listener, int port)
{
	int station = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), server, one = 1;
	struct link *l = links;
	bool harmed = fault.connections > 0;

	if (station == -1)
		return;
	while (l < links + LINKS && l->used)
		l++;
	fault.connections -= harmed;
	if (l == links + LINKS || (harmed && is("close"))) {
		close(station);
		return;
	}
	setsockopt(station, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	server = dial(port);
	*l = (struct link){ .used = true, .harmed = harmed };
	l->way[DOWN].from = l->way[UP].to = server;
	l->way[DOWN].to = l->way[UP].from = station;
	if (harmed && is("silent"))
		l->way[DOWN].stuck = l->way[UP].stuck = true;
	if (reached(l, DOWN))
		reached(l, UP);
}

/* Standard input has a line, or is at its end. */
static void
next_fault(void)
{
	char line[128], what[sizeof fault.what];
	size_t value = 0;
	long connections = ALL;

	for (struct link *l = links; l < links + LINKS; l++)
		if (l->used)
			end_link(l, true);
	printf("%zu %zu\n", total[DOWN], total[UP]);
	fflush(stdout);
	total[DOWN] = total[UP] = 0;
	if (fgets(line, sizeof line, stdin) == NULL)
		exit(0);
	if (sscanf(line, "%31s %zu %ld", what, &value, &connections) < 1)
		exit(2);
	set_fault(what, value, connections);
}

/* Serves the ready links; returns the time until the next one can be ready. */
static void
turn(int listener, int port)
{
	struct pollfd p[2 + 4 * LINKS] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = listener, .events = POLLIN } };
	struct {
		struct link *l;
		int direction;
	} of[2 + 4 * LINKS];
	int64_t now = now_ms();
	int wait = -1;
	nfds_t n = 2;

	for (struct link *l = links; l < links + LINKS; l++)
		for (int i = 0; l->used && i < 2; i++) {
			struct way *w = &l->way[i];

			/* Notices a side that is gone also on a stalled link. */
			of[n].l = l;
			of[n].direction = i;
			if (l->dying) {
				if (i == UP)
					p[n++] = (struct pollfd){ .fd = w->from, .events = POLLIN };
			} else if (w->stuck)
				p[n++] = (struct pollfd){ .fd = w->from, .events = POLLRDHUP };
			else if (w->len > 0 && w->due > now)
				wait =
				    wait == -1 || w->due - now < wait ? (int)(w->due - now) : wait;
			else if (w->len > 0)
				p[n++] = (struct pollfd){ .fd = w->to, .events = POLLOUT };
			else if (!w->ended)
				p[n++] = (struct pollfd){ .fd = w->from, .events = POLLIN };
		}
	if (poll(p, n, wait) == -1)
		die("poll");
	if (p[0].revents != 0) {
		next_fault();
		return;
	}
	for (nfds_t i = 2; i < n; i++) {
		struct link *l = of[i].l;
		struct way *w = &l->way[of[i].direction];

		if (p[i].revents == 0 || !l->used)
			continue;
		if (l->dying)
			drop(l);
		else if (w->stuck)
			end_link(l, false);
		else if (w->len > 0)
			pass(l, of[i].direction);
		else
			take(l, of[i].direction);
	}
	if (p[1].revents != 0)
		welcome(listener, port);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int listener;

	if (argc < 3 || argc > 5) {
		fputs("usage: proxy PORT FAULT [VALUE [CONNECTIONS]]\n", stderr);
		return 2;
	}
	set_fault(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0,
	    argc > 4 ? strtol(argv[4], NULL, 10) : ALL);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() doesn't know our buffers */
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener == -1 || bind(listener, (struct sockaddr *)&at, sizeof at) == -1 ||
	    listen(listener, 16) == -1 ||
	    getsockname(listener, (struct sockaddr *)&at, &size) == -1)
		die("listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;)
		turn(listener, (int)strtol(argv[1], NULL, 10));
}
