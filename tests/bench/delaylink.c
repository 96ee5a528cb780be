/* SPDX-License-Identifier: ISC */
/*
 * delaylink NETNS-A NETNS-B INTERFACE DELAY_US: join two network namespaces by a pair of TUN
 * devices and delay every packet by DELAY_US in each direction, so that a real TCP has a real
 * round-trip time also where the kernel has no netem.  Bandwidth isn't limited, and no packet is
 * lost.  Prints "up" when the devices are ready; ends with its standard input.  Needs root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* A packet that TCP hands down in one piece (TSO), and the header that says so. */
#define PACKET_MAX (65536 + 64)

/*
 * Bytes that are under way in one direction before packets are dropped: far above every window of
 * the peers.
 */
#define QUEUE_MAX (512u * 1024 * 1024)

struct packet {
	struct packet *next;
	int64_t due;
	size_t len;
	char bytes[];
};

/* One direction. */
struct way {
	int from, to;
	struct packet *first, **last;
	size_t held;
};

static int64_t delay_ns;

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * The device, with packets as TCP segments of up to 64 KiB and without checksums, as between a
 * kernel and a good network card.
 */
static int
open_tun(const char *netns, const char *interface)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	char path[256];
	int ns, fd;

	snprintf(path, sizeof path, "/run/netns/%s", netns);
	if ((ns = open(path, O_RDONLY | O_CLOEXEC)) == -1 || setns(ns, CLONE_NEWNET) == -1)
		fail(path);
	close(ns);
	if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) == -1)
		fail("/dev/net/tun");
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
	if (ioctl(fd, TUNSETIFF, &r) == -1 ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == -1)
		fail(interface);
	return fd;
}

/* Reads waiting packets.  Returns whether there were any. */
static int
take(struct way *w)
{
	static _Thread_local char bytes[PACKET_MAX];
	ssize_t len;
	int took = 0;

	while ((len = read(w->from, bytes, sizeof bytes)) > 0) {
		struct packet *p;

		took = 1;
		if (w->held + (size_t)len > QUEUE_MAX ||
		    (p = malloc(sizeof *p + (size_t)len)) == NULL)
			continue;
		memcpy(p->bytes, bytes, (size_t)len);
		p->len = (size_t)len;
		p->due = now_ns() + delay_ns;
		p->next = NULL;
		*w->last = p;
		w->last = &p->next;
		w->held += p->len;
	}
	return took;
}

/* Writes the packets that are due. */
static void
give(struct way *w)
{
	struct packet *p;

	while ((p = w->first) != NULL && p->due <= now_ns()) {
		ssize_t n = write(w->to, p->bytes, p->len);

		/* As in a network, packets that the other side can't take are lost. */
		(void)n;
		if ((w->first = p->next) == NULL)
			w->last = &w->first;
		w->held -= p->len;
		free(p);
	}
}

static void *
carry(void *arg)
{
	struct way *w = arg;

	w->last = &w->first;
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		struct pollfd fd = { .fd = w->from, .events = POLLIN };
		struct timespec t, *wait = NULL;

		give(w);
		if (take(w))
			continue;
		if (w->first != NULL) {
			int64_t left = w->first->due - now_ns();

			if (left <= 0)
				continue;
			t = (struct timespec){ .tv_sec = left / 1000000000,
				.tv_nsec = left % 1000000000 };
			wait = &t;
		}
		ppoll(&fd, 1, wait, NULL);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	struct way ways[2] = { 0 };
	pthread_t threads[2];
	char byte;

	if (argc != 5) {
		fputs("usage: delaylink NETNS-A NETNS-B INTERFACE DELAY_US\n", stderr);
		return 2;
	}
	delay_ns = strtoll(argv[4], NULL, 10) * 1000;
	ways[0].from = ways[1].to = open_tun(argv[1], argv[3]);
	ways[1].from = ways[0].to = open_tun(argv[2], argv[3]);
	for (int i = 0; i < 2; i++)
		if ((errno = pthread_create(&threads[i], NULL, carry, &ways[i])) != 0)
			fail("thread");
	puts("up");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
