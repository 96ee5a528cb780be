/*
 * TCP connections with POSIX sockets.
 */
#include "base/net.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define FAULT_SIZE	512

/* A question to the resolver, shared with the thread that asks it; whoever lets go last frees it. */
struct lookup {
	atomic_int owners;
	char host[NI_MAXHOST];
	char port[8];
	struct addrinfo *list;
	int rc, num;		/* of getaddrinfo(), and errno */
	atomic_bool answered;	/* rc, num and list are there */
	int ready[2];		/* a pipe: the thread closes its end then, which wakes poll() */
};

struct attempt {
	int fd;			/* -1: not begun, or failed */
	struct sockaddr_storage addr;
	socklen_t len;
};

struct net_dial {
	char host[NI_MAXHOST];
	uint16_t port;
	struct lookup *lookup;	/* NULL once answered */
	struct attempt tries[NET_ADDRESSES_MAX];
	size_t n, begun;
	char faults[FAULT_SIZE];	/* what each address that failed said */
};

struct net {
	int fd;
	int fault;		/* errno of what broke the connection */
};

static void
lookup_release(struct lookup *l)
{
	if (l == NULL || atomic_fetch_sub(&l->owners, 1) != 1)
		return;
	if (l->list != NULL)
		freeaddrinfo(l->list);
	close(l->ready[0]);
	free(l);
}

static int
resolve(struct lookup *l, int flags)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(l->host, l->port, &hints, &l->list);
}

static void *
lookup_thread(void *arg)
{
	struct lookup *l = arg;
	int done = l->ready[1];

	l->rc = resolve(l, AI_ADDRCONFIG);
	l->num = errno;
	atomic_store(&l->answered, true);
	close(done);
	lookup_release(l);
	return NULL;
}

/* 1 answered at once, 0 a thread is asking, -1 error. */
static int
lookup_start(struct lookup *l, struct err *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (pipe2(l->ready, O_CLOEXEC) == -1)
		return err_set(e, ERR_IO, "pipe for the resolver");
	/* An address needs no thread and no waiting. */
	if (resolve(l, AI_NUMERICHOST) == 0) {
		close(l->ready[1]);
		return 1;
	}
	atomic_store(&l->owners, 2);
	if ((rc = pthread_attr_init(&attr)) == 0) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		rc = pthread_create(&thread, &attr, lookup_thread, l);
		pthread_attr_destroy(&attr);
	}
	if (rc != 0) {
		atomic_store(&l->owners, 1);
		close(l->ready[1]);
		errno = rc;
		return err_set(e, ERR_IO, "thread for the resolver");
	}
	return 0;
}

static void
note_fault(struct net_dial *d, const struct attempt *a, int num)
{
	char where[NI_MAXHOST];
	size_t len = strlen(d->faults);

	if (getnameinfo((const struct sockaddr *)&a->addr, a->len, where, sizeof where, NULL, 0,
		NI_NUMERICHOST) != 0)
		snprintf(where, sizeof where, "?");
	snprintf(d->faults + len, sizeof d->faults - len, "%s%s: %s", len > 0 ? ", " : "", where,
	    strerror(num));
}

/* A connection that only waits, while the other side or we work, is kept by routers and known to be dead within a minute. */
static void
keep_alive(int fd)
{
	const int on = 1, idle_s = 30, interval_s = 10, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/* Begin with the next address.  An address that fails at once is noted and the one after it is begun. */
static void
begin_next(struct net_dial *d)
{
	while (d->begun < d->n) {
		struct attempt *a = &d->tries[d->begun++];
		int one = 1;

		a->fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (a->fd != -1) {
			setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
			keep_alive(a->fd);
			if (connect(a->fd, (struct sockaddr *)&a->addr, a->len) == 0 ||
			    errno == EINPROGRESS)
				return;
		}
		note_fault(d, a, errno);
		if (a->fd != -1)
			close(a->fd);
		a->fd = -1;
	}
}

/* Take over the resolver's answer, the families by turns (RFC 8305, section 4), and begin with the first. */
static int
take_addresses(struct net_dial *d, struct err *e)
{
	struct lookup *l = d->lookup;
	const struct addrinfo *same = l->list, *other = l->list;
	int first;

	if (l->rc != 0 || l->list == NULL)
		return err_setx(e, ERR_NETWORK, "%s: no address for this name: %s", d->host,
		    l->rc == EAI_SYSTEM ? strerror(l->num) : gai_strerror(l->rc));
	first = l->list->ai_family;
	for (bool turn = true; d->n < NET_ADDRESSES_MAX && (same != NULL || other != NULL);
	    turn = !turn) {
		const struct addrinfo **from = turn ? &same : &other;

		while (*from != NULL && ((*from)->ai_family == first) != turn)
			*from = (*from)->ai_next;
		if (*from == NULL)
			continue;
		if ((*from)->ai_addrlen <= sizeof d->tries[0].addr) {
			memcpy(&d->tries[d->n].addr, (*from)->ai_addr, (*from)->ai_addrlen);
			d->tries[d->n].len = (*from)->ai_addrlen;
			d->n++;
		}
		*from = (*from)->ai_next;
	}
	lookup_release(l);
	d->lookup = NULL;
	begin_next(d);
	return 0;
}

struct net_dial *
net_dial(const char *host, uint16_t port, struct err *e)
{
	struct net_dial *d = calloc(1, sizeof *d);
	struct lookup *l = calloc(1, sizeof *l);
	int rc;

	if (d == NULL || l == NULL || strlen(host) >= sizeof d->host) {
		err_nomem(e);
		free(d);
		free(l);
		return NULL;
	}
	for (size_t i = 0; i < NET_ADDRESSES_MAX; i++)
		d->tries[i].fd = -1;
	d->port = port;
	strcpy(d->host, host);
	strcpy(l->host, host);
	snprintf(l->port, sizeof l->port, "%u", (unsigned)port);
	l->ready[0] = l->ready[1] = -1;
	atomic_init(&l->owners, 1);
	atomic_init(&l->answered, false);
	if ((rc = lookup_start(l, e)) == -1) {
		lookup_release(l);
		free(d);
		return NULL;
	}
	d->lookup = l;
	/* Nothing to wait for: let the kernel shake hands while the caller goes on. */
	if (rc == 1 && take_addresses(d, e) == -1) {
		net_dial_free(d);
		return NULL;
	}
	return d;
}

/* Milliseconds for poll(): rounded so that it never ends before the deadline, and never is "forever". */
static int
poll_ms(int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static int
poll_until(struct pollfd *fds, nfds_t n, int64_t deadline, struct err *e)
{
	int rc;

	do
		rc = poll(fds, n, poll_ms(deadline));
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? err_set(e, ERR_IO, "poll") : rc;
}

static int
wait_lookup(struct net_dial *d, int64_t deadline, struct err *e)
{
	struct pollfd fd = { .fd = d->lookup->ready[0], .events = POLLIN };
	int rc = poll_until(&fd, 1, deadline, e);

	if (rc == 0)
		return err_setx(e, ERR_TIMEOUT, "%s: the name was not resolved in time", d->host);
	/* A pipe that is closed says when, not that one thread sees what the other wrote. */
	if (rc == 1 && !atomic_load(&d->lookup->answered))
		return err_setx(e, ERR_NETWORK, "%s: the resolver gave no answer", d->host);
	return rc == -1 ? -1 : take_addresses(d, e);
}

/* Look at the attempts that poll() says something about.  The one that is connected, or NULL. */
static struct attempt *
look(struct net_dial *d, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt *a = NULL;
		int fault = 0;
		socklen_t len = sizeof fault;

		if (fds[i].revents == 0)
			continue;
		for (size_t k = 0; k < d->begun; k++)
			if (d->tries[k].fd == fds[i].fd)
				a = &d->tries[k];
		if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &fault, &len) == -1)
			fault = errno;
		if (fault == 0)
			return a;
		note_fault(d, a, fault);
		close(a->fd);
		a->fd = -1;
		begin_next(d);
	}
	return NULL;
}

static struct attempt *
wait_connected(struct net_dial *d, int64_t deadline, struct err *e)
{
	int64_t stagger = clock_mono_ms() + NET_STAGGER_MS;

	for (;;) {
		struct pollfd fds[NET_ADDRESSES_MAX];
		struct attempt *a;
		size_t n = 0;
		bool more = d->begun < d->n;

		for (size_t i = 0; i < d->begun; i++)
			if (d->tries[i].fd != -1)
				fds[n++] = (struct pollfd){ .fd = d->tries[i].fd, .events = POLLOUT };
		if (n == 0 && !more) {
			err_setx(e, ERR_NETWORK, "can't connect to %s:%u: %s", d->host,
			    (unsigned)d->port, d->faults);
			return NULL;
		}
		switch (poll_until(fds, n, more && stagger < deadline ? stagger : deadline, e)) {
		case -1:
			return NULL;
		case 0:
			if (clock_mono_ms() >= deadline) {
				err_setx(e, ERR_TIMEOUT, "can't connect to %s:%u: no answer in time%s%s",
				    d->host, (unsigned)d->port, d->faults[0] != '\0' ? "; " : "",
				    d->faults);
				return NULL;
			}
			begin_next(d);
			stagger = clock_mono_ms() + NET_STAGGER_MS;
			break;
		default:
			if ((a = look(d, fds, n)) != NULL)
				return a;
		}
	}
}

struct net *
net_dial_wait(struct net_dial *d, int64_t deadline, struct err *e)
{
	struct net *n = NULL;
	struct attempt *a;

	if (d->lookup != NULL && wait_lookup(d, deadline, e) == -1)
		goto out;
	if ((a = wait_connected(d, deadline, e)) == NULL)
		goto out;
	if ((n = calloc(1, sizeof *n)) == NULL) {
		err_nomem(e);
		goto out;
	}
	n->fd = a->fd;		/* n owns it now */
	a->fd = -1;
out:
	net_dial_free(d);
	return n;
}

void
net_dial_free(struct net_dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		if (d->tries[i].fd != -1)
			close(d->tries[i].fd);
	lookup_release(d->lookup);
	free(d);
}

int
net_fd(const struct net *n)
{
	return n->fd;
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

	/* The kernel forgets it again by itself. */
	if (rc > 0)
		setsockopt(n->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	return rc;
}

const char *
net_fault(const struct net *n)
{
	return n->fault == 0 ? "closed by the server" : strerror(n->fault);
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

void
net_close(struct net *n)
{
	if (n == NULL)
		return;
	close(n->fd);
	free(n);
}
