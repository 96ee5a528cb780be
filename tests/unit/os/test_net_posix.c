/* SPDX-License-Identifier: ISC */
/*
 * lib/os/net: the order in which the addresses of a name are tried, and the error when none
 * answers. The resolver is the test's; the addresses are those of the loopback, one of which never
 * answers.
 */
#include "tests/unit/common/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/net.h"

#define GOOD	"127.0.0.1"
#define HOLE	"127.0.0.2" /* takes no more connections */
#define GONE	"127.0.0.3" /* refuses */
#define GOOD6	"::ffff:127.0.0.1"
#define GONE6	"::ffff:127.0.0.3"
#define MANY	8   /* more than the hole takes */
#define LATE_MS 600 /* time of a slow resolver */

static uint16_t port;
static int listener, hole, fillers[MANY];

/* The resolver's answer and the connected addresses, for its thread and ours. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *const *names;
static int fault;
static unsigned slow_ms, answers;
static char tried[512];
static bool takes_signals; /* the resolver's thread could take one of the program's */

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out);
void __wrap_freeaddrinfo(struct addrinfo *list);
int __real_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);

/* One allocation for each address, as freeaddrinfo() below has it. */
static struct addrinfo *
address(const char *text)
{
	struct {
		struct addrinfo info;
		struct sockaddr_storage addr;
	} *a = calloc(1, sizeof *a);
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->addr;
	bool is6 = strchr(text, ':') != NULL;

	a->info.ai_family = is6 ? AF_INET6 : AF_INET;
	a->info.ai_socktype = SOCK_STREAM;
	a->info.ai_addr = (struct sockaddr *)&a->addr;
	a->info.ai_addrlen = is6 ? sizeof *v6 : sizeof *v4;
	a->addr.ss_family = (sa_family_t)a->info.ai_family;
	inet_pton(a->info.ai_family, text, is6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr);
	*(is6 ? &v6->sin6_port : &v4->sin_port) = htons(port);
	return &a->info;
}

int
__wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	struct addrinfo **end = out;
	unsigned ms;
	int rc;

	(void)host;
	(void)service;
	*out = NULL;
	if ((hints->ai_flags & AI_NUMERICHOST) != 0)
		return EAI_NONAME;
	sigset_t blocked;
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	pthread_mutex_lock(&lock);
	takes_signals |= sigismember(&blocked, SIGTERM) != 1 ||
	    sigismember(&blocked, SIGCHLD) != 1 || sigismember(&blocked, SIGALRM) != 1;
	ms = slow_ms;
	rc = fault;
	for (size_t i = 0; rc == 0 && names[i] != NULL; i++, end = &(*end)->ai_next)
		*end = address(names[i]);
	pthread_mutex_unlock(&lock);
	clock_sleep_ms(ms);
	pthread_mutex_lock(&lock);
	answers++;
	pthread_mutex_unlock(&lock);
	return rc;
}

void
__wrap_freeaddrinfo(struct addrinfo *list)
{
	for (struct addrinfo *next; list != NULL; list = next) {
		next = list->ai_next;
		free(list);
	}
}

int
__wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	char text[INET6_ADDRSTRLEN] = "?";
	size_t at = strlen(tried);

	if (addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)addr)->sin_addr,
		    text, sizeof text);
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr,
		    text, sizeof text);
	snprintf(tried + at, sizeof tried - at, "%s%s", at == 0 ? "" : " ", text);
	return __real_connect(fd, addr, len);
}

static const struct dial_row {
	const char *name;
	const char *const addresses[NET_ADDRESSES_MAX + 2];
	const char *tried;  /* in this order */
	int64_t least_ms;   /* that it takes */
	enum err_code code; /* ERR_NONE: connected */
	const char *says;
	unsigned slow_ms;
	int fault;
} rows[] = {
	{ "one", { GOOD }, GOOD, 0, ERR_NONE, NULL, 0, 0 },
	{ "refused, then the next at once", { GONE, GOOD }, GONE " " GOOD, 0, ERR_NONE, NULL, 0,
	    0 },
	{ "no answer, then the next joins in", { HOLE, GOOD }, HOLE " " GOOD, NET_STAGGER_MS,
	    ERR_NONE, NULL, 0, 0 },
	{ "no answer twice", { HOLE, HOLE, GOOD }, HOLE " " HOLE " " GOOD, 2 * NET_STAGGER_MS,
	    ERR_NONE, NULL, 0, 0 },
	{ "the families by turns", { HOLE, HOLE, GOOD6 }, HOLE " " GOOD6, NET_STAGGER_MS, ERR_NONE,
	    NULL, 0, 0 },
	{ "the families by turns, as long as there are both", { GONE6, GONE6, GONE6, GONE, GOOD },
	    GONE6 " " GONE " " GONE6 " " GOOD, 0, ERR_NONE, NULL, 0, 0 },
	{ "all refuse", { GONE, GONE6 }, GONE " " GONE6, 0, ERR_NETWORK,
	    "can't connect to kernel.example:PORT: " GONE ": Connection refused, " GONE6
	    ": Connection refused",
	    0, 0 },
	{ "none answers", { HOLE, HOLE }, HOLE " " HOLE, 500, ERR_TIMEOUT,
	    "can't connect to kernel.example:PORT: no answer in time", 0, 0 },
	{ "one refuses, the other doesn't answer", { GONE, HOLE }, GONE " " HOLE, 500, ERR_TIMEOUT,
	    "no answer in time; " GONE ": Connection refused", 0, 0 },
	{ "eight at most", { GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE, GOOD },
	    GONE " " GONE " " GONE " " GONE " " GONE " " GONE " " GONE " " GONE, 0, ERR_NETWORK,
	    "Connection refused", 0, 0 },
	{ "no such name", { NULL }, "", 0, ERR_NETWORK,
	    "kernel.example: no address for this name: Name or service not known", 0, EAI_NONAME },
	{ "a slow resolver", { GOOD }, "", 500, ERR_TIMEOUT,
	    "kernel.example: the name was not resolved in time", LATE_MS, 0 },
};

/* The text with this run's port in it. */
static void
with_port(const char *text, char *out, size_t size)
{
	const char *p = strstr(text, "PORT");

	if (p == NULL)
		snprintf(out, size, "%s", text);
	else
		snprintf(out, size, "%.*s%u%s", (int)(p - text), text, (unsigned)port,
		    p + strlen("PORT"));
}

static void
dials(void **state)
{
	const struct dial_row *r = *state;
	int64_t from = clock_mono_ms();
	/* Rows that succeed have enough time, also on a busy machine. */
	int64_t deadline = from + (r->code == ERR_TIMEOUT ? 500 : 20000);
	struct net_dial *d;
	struct net *n;
	struct err e;
	char want[256];

	pthread_mutex_lock(&lock);
	names = r->addresses;
	fault = r->fault;
	slow_ms = r->slow_ms;
	answers = 0;
	pthread_mutex_unlock(&lock);
	tried[0] = '\0';
	/* A resolver that answers at once may have its error told by either call. */
	d = net_dial("kernel.example", port, &e);
	if (d == NULL && r->code != ERR_NETWORK)
		fail_msg("%s", e.text);
	n = d == NULL ? NULL : net_dial_wait(d, deadline, &e);
	assert_in_range(clock_mono_ms() - from, r->least_ms, 20000);
	if (r->code == ERR_NONE) {
		if (n == NULL)
			fail_msg("%s", e.text);
		net_close(n);
	} else {
		assert_null(n);
		with_port(r->says, want, sizeof want);
		if (e.code != r->code || strstr(e.text, want) == NULL)
			fail_msg("want '%s', got '%s' (%s)", want, e.text, err_name(e.code));
	}
	assert_string_equal(tried, r->tried);
	/* A resolver that was given up ends by itself. */
	for (unsigned done = 0; done == 0; clock_sleep_ms(10)) {
		pthread_mutex_lock(&lock);
		done = answers;
		pthread_mutex_unlock(&lock);
	}
}

static int
bound(const char *address_text, int backlog)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address_text, &at.sin_addr);
	if (bind(fd, (struct sockaddr *)&at, len) == -1 || listen(fd, backlog) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1) {
		close(fd);
		return -1;
	}
	port = ntohs(at.sin_port);
	return fd;
}

/* Whether the hole is full: it accepts no further connection. */
static bool
fill(size_t i)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct pollfd p;

	inet_pton(AF_INET, HOLE, &at.sin_addr);
	fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	__real_connect(fillers[i], (struct sockaddr *)&at, sizeof at);
	p = (struct pollfd){ .fd = fillers[i], .events = POLLOUT };
	return poll(&p, 1, 100) == 0;
}

static int
open_all(void **state)
{
	bool full = false;

	(void)state;
	/* A port that is free at each of the addresses. */
	for (int i = 0; i < 100 && hole <= 0; i++) {
		port = 0;
		listener = bound(GOOD, 64);
		if ((hole = bound(HOLE, 0)) == -1)
			close(listener);
	}
	memset(fillers, -1, sizeof fillers);
	for (size_t i = 0; i < MANY && !full; i++)
		full = fill(i);
	return full ? 0 : -1;
}

static int
close_all(void **state)
{
	sigset_t blocked;

	(void)state;
	/* Signals are for the program's own threads, and the caller's mask is as it was. */
	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
	assert_int_equal(sigismember(&blocked, SIGTERM), 0);
	assert_false(takes_signals);
	for (size_t i = 0; i < MANY; i++)
		if (fillers[i] != -1)
			close(fillers[i]);
	close(hole);
	close(listener);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows)];
	int v6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;

	for (size_t i = 0; i < N(rows); i++) {
		if (v6 == -1 && strchr(rows[i].tried, ':') != NULL) {
			print_message("%s: left out: this kernel has no IPv6\n", rows[i].name);
			continue;
		}
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = dials,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	}
	if (v6 != -1)
		close(v6);
	return _cmocka_run_group_tests("net", tests, n, open_all, close_all);
}
