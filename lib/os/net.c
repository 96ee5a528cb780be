/* SPDX-License-Identifier: ISC */
/* Connecting to the first of a host's addresses that answers. */
#include "lib/os/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/os/clock.h"
#include "lib/os/net_system.h"

int
net_split(const char *text, char host[NET_HOST_SIZE], uint16_t *port, struct err *e)
{
	const char *colon = strrchr(text, ':'), *start = text, *stop = colon;
	uint64_t n;

	if (colon != NULL && *text == '[' && colon > text + 1 && colon[-1] == ']') {
		start++;
		stop--;
	} else if (colon != NULL && memchr(text, ':', (size_t)(colon - text)) != NULL) {
		colon = NULL;
	}
	if (colon == NULL || stop == start || stop - start >= NET_HOST_SIZE ||
	    number_parse(colon + 1, strlen(colon + 1), 1, 65535, &n) == -1)
		return err_setx(e, ERR_CONFIG, "want HOST:PORT or [ADDRESS]:PORT, got '%.100s'",
		    text);
	memcpy(host, start, (size_t)(stop - start));
	host[stop - start] = '\0';
	*port = (uint16_t)n;
	return 0;
}

struct attempt {
	int fd; /* -1: not begun, or failed */
	struct sockaddr_storage addr;
	socklen_t len;
};

struct net_dial {
	char host[NI_MAXHOST];
	uint16_t port;
	int cancel;		   /* -1: none */
	struct net_lookup *lookup; /* NULL once answered */
	struct attempt tries[NET_ADDRESSES_MAX];
	size_t n, begun;
	char faults[NET_WORDS_SIZE]; /* what each address that failed said */
};

void
net_lookup_release(struct net_lookup *l)
{
	if (l == NULL || atomic_fetch_sub(&l->owners, 1) != 1)
		return;
	if (l->list != NULL)
		freeaddrinfo(l->list);
	net_lookup_free(l);
	free(l);
}

int
net_resolve(struct net_lookup *l, int flags)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(l->host, l->port, &hints, &l->list);
}

static struct net_lookup *
lookup_start(const char *host, uint16_t port, struct err *e)
{
	struct net_lookup *l = calloc(1, sizeof *l);

	if (l == NULL) {
		err_nomem(e);
		return NULL;
	}
	strcpy(l->host, host);
	snprintf(l->port, sizeof l->port, "%u", (unsigned)port);
	atomic_init(&l->owners, 1);
	atomic_init(&l->answered, false);
	if (net_lookup_begin(l, e) == 0)
		return l;
	net_lookup_release(l);
	return NULL;
}

static void
note_fault(struct net_dial *d, const struct attempt *a, int fault)
{
	char where[NI_MAXHOST], words[NET_WORDS_SIZE];
	size_t len = strlen(d->faults);

	if (getnameinfo((const struct sockaddr *)&a->addr, a->len, where, sizeof where, NULL, 0,
		NI_NUMERICHOST) != 0)
		snprintf(where, sizeof where, "?");
	snprintf(d->faults + len, sizeof d->faults - len, "%s%s: %s", len > 0 ? ", " : "", where,
	    net_words(fault, words));
}

/*
 * Begin with the next address.  Note an address that fails at once, and go on with the one after
 * it.
 */
static void
begin_next(struct net_dial *d)
{
	int fault;

	while (d->begun < d->n) {
		struct attempt *a = &d->tries[d->begun++];

		if ((a->fd = net_connect(&a->addr, a->len, &fault)) != -1)
			return;
		note_fault(d, a, fault);
	}
}

/*
 * Copy the resolver's answer, the families by turns (RFC 8305, section 4), and begin with the
 * first.
 */
static int
take_addresses(struct net_dial *d, struct err *e)
{
	const struct addrinfo *same, *other;
	int first;

	if (net_lookup_take(d->lookup, &same, e) == -1)
		return err_context(e, "%s: no address for this name", d->host);
	first = same->ai_family;
	other = same;
	for (bool turn = true; d->n < NET_ADDRESSES_MAX && (same != NULL || other != NULL);
	     turn = !turn) {
		const struct addrinfo **from = turn ? &same : &other;

		while (*from != NULL && ((*from)->ai_family == first) != turn)
			*from = (*from)->ai_next;
		if (*from == NULL)
			continue;
		if ((size_t)(*from)->ai_addrlen <= sizeof d->tries[0].addr) {
			memcpy(&d->tries[d->n].addr, (*from)->ai_addr, (*from)->ai_addrlen);
			d->tries[d->n].len = (socklen_t)(*from)->ai_addrlen;
			d->n++;
		}
		*from = (*from)->ai_next;
	}
	net_lookup_release(d->lookup);
	d->lookup = NULL;
	begin_next(d);
	return 0;
}

static void
dial_free(struct net_dial *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->tries[i].fd != -1)
			net_close_socket(d->tries[i].fd);
	net_lookup_release(d->lookup);
	free(d);
}

struct net_dial *
net_dial(const char *host, uint16_t port, struct err *e)
{
	struct net_dial *d;
	int rc;

	if (strlen(host) >= sizeof d->host) {
		err_setx(e, ERR_TOO_LARGE, "want a host of at most %zu bytes, got %zu",
		    sizeof d->host - 1, strlen(host));
		return NULL;
	}
	if ((d = calloc(1, sizeof *d)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	for (size_t i = 0; i < NET_ADDRESSES_MAX; i++)
		d->tries[i].fd = -1;
	d->port = port;
	d->cancel = -1;
	strcpy(d->host, host);
	if ((d->lookup = lookup_start(host, port, e)) == NULL) {
		free(d);
		return NULL;
	}
	/* An address needs no resolver: begin to connect now. */
	rc = net_lookup_wait(d->lookup, -1, 0, e);
	if (rc == -1 || (rc == 1 && take_addresses(d, e) == -1)) {
		dial_free(d);
		return NULL;
	}
	return d;
}

void
net_dial_cancel(struct net_dial *d, int fd)
{
	d->cancel = fd;
}

static int
wait_lookup(struct net_dial *d, int64_t deadline, struct err *e)
{
	int rc = net_lookup_wait(d->lookup, d->cancel, deadline, e);

	if (rc == 0)
		return err_setx(e, ERR_TIMEOUT, "%s: the name was not resolved in time", d->host);
	return rc == -1 ? -1 : take_addresses(d, e);
}

/* Close the attempts that failed.  Returns an attempt that is connected, or NULL. */
static struct attempt *
take_connected(struct net_dial *d, struct attempt *const *waiting, const bool *ended, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt *a = waiting[i];
		int fault;

		if (!ended[i])
			continue;
		if ((fault = net_connect_fault(a->fd)) == 0)
			return a;
		note_fault(d, a, fault);
		net_close_socket(a->fd);
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
		struct attempt *waiting[NET_ADDRESSES_MAX], *a;
		bool ended[NET_ADDRESSES_MAX], more = d->begun < d->n;
		int fds[NET_ADDRESSES_MAX];
		size_t n = 0;

		for (size_t i = 0; i < d->begun; i++)
			if (d->tries[i].fd != -1) {
				waiting[n] = &d->tries[i];
				fds[n++] = d->tries[i].fd;
			}
		if (n == 0 && !more) {
			err_setx(e, ERR_NETWORK, "can't connect to %s:%u: %s", d->host,
			    (unsigned)d->port, d->faults);
			return NULL;
		}
		switch (net_connect_wait(fds, ended, n, d->cancel,
		    more && stagger < deadline ? stagger : deadline, e)) {
		case -1:
			return NULL;
		case 0:
			if (clock_mono_ms() >= deadline) {
				err_setx(e, ERR_TIMEOUT,
				    "can't connect to %s:%u: no answer in time%s%s", d->host,
				    (unsigned)d->port, d->faults[0] != '\0' ? "; " : "", d->faults);
				return NULL;
			}
			begin_next(d);
			stagger = clock_mono_ms() + NET_STAGGER_MS;
			break;
		default:
			if ((a = take_connected(d, waiting, ended, n)) != NULL)
				return a;
		}
	}
}

static struct net *
net_of(int fd, struct err *e)
{
	struct net *n = calloc(1, sizeof *n);

	if (n == NULL)
		err_nomem(e);
	else
		n->fd = fd;
	return n;
}

struct net *
net_dial_wait(struct net_dial *d, int64_t deadline, struct err *e)
{
	struct net *n = NULL;
	struct attempt *a;

	if ((d->lookup == NULL || wait_lookup(d, deadline, e) == 0) &&
	    (a = wait_connected(d, deadline, e)) != NULL && (n = net_of(a->fd, e)) != NULL)
		a->fd = -1;
	if (n == NULL && e->code == ERR_CANCELLED)
		err_context(e, "can't connect to %s:%u", d->host, (unsigned)d->port);
	dial_free(d);
	return n;
}

int
net_fd(const struct net *n)
{
	return n->fd;
}

const char *
net_fault(struct net *n)
{
	return n->fault == 0 ? "closed by the server" : net_words(n->fault, n->words);
}

void
net_close(struct net *n)
{
	if (n == NULL)
		return;
	net_close_socket(n->fd);
	free(n);
}
