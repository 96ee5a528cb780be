/* SPDX-License-Identifier: ISC */
/* POSIX sockets, for net.c. */
#include "lib/os/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/net_system.h"

/* done is an argument, since l may be gone when it is closed. */
static void
answer_lookup(struct net_lookup *l, int flags, int done)
{
	l->rc = net_resolve(l, flags);
	l->num = errno;
	atomic_store(&l->answered, true);
	close(done);
}

static void *
lookup_thread(void *arg)
{
	struct net_lookup *l = arg;

	answer_lookup(l, AI_ADDRCONFIG, (int)l->ready[1]);
	net_lookup_release(l);
	return NULL;
}

static int
ask_in_thread(struct net_lookup *l, struct err *e)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	atomic_store(&l->owners, 2);
	if ((rc = pthread_attr_init(&attr)) == 0) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		/* The program's signals are for the program's own threads. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		rc = pthread_create(&thread, &attr, lookup_thread, l);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attr);
	}
	if (rc == 0)
		return 0;
	atomic_store(&l->owners, 1);
	close((int)l->ready[1]);
	errno = rc;
	return err_set(e, ERR_IO, "thread for the resolver");
}

void
net_lookup_free(struct net_lookup *l)
{
	if (l->ready[0] != -1)
		close((int)l->ready[0]);
}

int
net_lookup_begin(struct net_lookup *l, struct err *e)
{
	int fds[2] = { -1, -1 }, rc = pipe2(fds, O_CLOEXEC);

	l->ready[0] = fds[0];
	l->ready[1] = fds[1];
	if (rc == -1)
		return err_set(e, ERR_IO, "pipe for the resolver");
	/* An address needs no thread and no waiting. */
	if (net_resolve(l, AI_NUMERICHOST) != 0)
		return ask_in_thread(l, e);
	atomic_store(&l->answered, true);
	close(fds[1]);
	return 0;
}

/* For poll(), again and again until the deadline. */
static int
poll_until(struct pollfd *fds, nfds_t n, int64_t deadline, struct err *e)
{
	int rc;

	do
		rc = poll(fds, n, clock_left_ms(deadline));
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? err_set(e, ERR_IO, "poll") : rc;
}

/* The same; fds has room for one more, the descriptor that cancels, or -1, which poll() ignores. */
static int
poll_or_cancel(struct pollfd *fds, nfds_t n, int cancel, int64_t deadline, struct err *e)
{
	int rc;

	fds[n] = (struct pollfd){ .fd = cancel, .events = POLLIN };
	rc = poll_until(fds, n + 1, deadline, e);
	return rc > 0 && fds[n].revents != 0 ? err_setx(e, ERR_CANCELLED, "cancelled") : rc;
}

int
net_lookup_wait(struct net_lookup *l, int cancel, int64_t deadline, struct err *e)
{
	struct pollfd fds[2] = { { .fd = (int)l->ready[0], .events = POLLIN } };
	int rc = poll_or_cancel(fds, 1, cancel, deadline, e);

	return rc > 0 ? 1 : rc;
}

int
net_lookup_take(const struct net_lookup *l, const struct addrinfo **out, struct err *e)
{
	/* The closed pipe tells the time; the flag makes what the other thread wrote visible. */
	if (!atomic_load(&l->answered))
		return err_setx(e, ERR_NETWORK, "the resolver gave no answer");
	if (l->rc != 0 || l->list == NULL)
		return err_setx(e, ERR_NETWORK, "%s",
		    l->rc == EAI_SYSTEM ? strerror(l->num) : gai_strerror(l->rc));
	*out = l->list;
	return 0;
}

/* Keep an idle connection alive in routers, and detect a dead one within a minute. */
static void
keep_alive(int fd)
{
	const int on = 1, idle_s = 30, interval_s = 10, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

int
net_connect(const struct sockaddr_storage *addr, socklen_t len, int *fault)
{
	int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		keep_alive(fd);
		if (connect(fd, (const struct sockaddr *)addr, len) == 0 || errno == EINPROGRESS)
			return fd;
	}
	*fault = errno;
	if (fd != -1)
		close(fd);
	return -1;
}

int
net_connect_wait(const int *fds, bool *ended, size_t n, int cancel, int64_t deadline, struct err *e)
{
	struct pollfd polls[NET_ADDRESSES_MAX + 1];
	int rc;

	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLOUT };
	rc = poll_or_cancel(polls, n, cancel, deadline, e);
	for (size_t i = 0; i < n; i++)
		ended[i] = polls[i].revents != 0;
	return rc;
}

int
net_connect_fault(int fd)
{
	int fault = 0;
	socklen_t len = sizeof fault;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &len) == -1 ? errno : fault;
}

void
net_close_socket(int fd)
{
	close(fd);
}

const char *
net_words(int fault, char out[NET_WORDS_SIZE])
{
	snprintf(out, NET_WORDS_SIZE, "%s", strerror(fault));
	return out;
}

static ptrdiff_t
moved(struct net *n, ssize_t rc)
{
	if (rc >= 0)
		return rc;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return NET_AGAIN;
	n->fault = errno;
	return NET_BROKEN;
}

ptrdiff_t
net_send(struct net *n, const void *data, size_t len)
{
	return moved(n, send(n->fd, data, len, MSG_NOSIGNAL));
}

ptrdiff_t
net_recv(struct net *n, void *data, size_t len)
{
	ptrdiff_t rc = moved(n, recv(n->fd, data, len, 0));
	int one = 1;

	/* The kernel drops this option by itself: set it each time. */
	if (rc > 0)
		setsockopt(n->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	return rc;
}

int
net_wait(struct net *n, bool write, int64_t deadline, struct err *e)
{
	struct pollfd fd = { .fd = n->fd, .events = (short)(write ? POLLIN | POLLOUT : POLLIN) };
	int rc = poll_until(&fd, 1, deadline, e);

	return rc > 0 ? 1 : rc;
}

int
net_take_fd(struct net *n)
{
	int fd = n->fd, flags = fcntl(fd, F_GETFL);

	if (flags != -1)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	free(n);
	return fd;
}

int64_t
net_rtt_ms(const struct net *n)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	return getsockopt(n->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0
	    ? ((int64_t)info.tcpi_rtt + 500) / 1000
	    : 0;
}
