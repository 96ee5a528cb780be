/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: a call that waits is cancelled by a descriptor of the program's, by another thread and
 * by a signal handler, and nothing is lost; a signal alone ends no call.  The resolver is the
 * test's.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

/* Milliseconds between two signals, and until a call would hang. */
#define TICK_MS 30
#define HANG_MS 20000
#define TICKS	3
#define CHUNK	(64 * 1024) /* bytes of one write */

static struct id kernel;

/* How a call is cancelled: before it begins, or while it waits. */
enum how { BEFORE, THREAD, SIGNAL, HOW_COUNT };

/* The program's pipe, which its handler writes to at the last of TICKS signals. */
static int cancel[2];
static volatile sig_atomic_t ticks;

static void
write_cancel(void)
{
	(void)!write(cancel[1], "", 1);
}

static void
on_tick(int sig)
{
	(void)sig;
	if (++ticks == TICKS)
		write_cancel();
}

/* A thread that cancels. */
struct canceller {
	enum how how;
	pthread_t thread, caller;
	int64_t from;
};

static void *
canceller(void *arg)
{
	const struct canceller *k = arg;

	for (int i = 0; i < TICKS; i++) {
		clock_sleep_ms(TICK_MS);
		if (k->how == SIGNAL)
			pthread_kill(k->caller, SIGUSR1);
	}
	if (k->how == THREAD)
		write_cancel();
	return NULL;
}

static void
cancel_begin(struct canceller *k, enum how how)
{
	*k = (struct canceller){ .how = how, .caller = pthread_self() };
	ticks = 0;
	if (how == BEFORE)
		write_cancel();
	else
		assert_int_equal(pthread_create(&k->thread, NULL, canceller, k), 0);
	k->from = clock_mono_ms();
}

/* The call ended by being cancelled, and no sooner. */
static void
cancel_end(const struct canceller *k)
{
	assert_in_range(clock_mono_ms() - k->from, 0, HANG_MS / 2);
	if (k->how == SIGNAL)
		assert_int_equal(ticks, TICKS);
	if (k->how != BEFORE)
		assert_int_equal(pthread_join(k->thread, NULL), 0);
}

static void
cancel_clear(void)
{
	char buf[8];

	assert_int_equal(read(cancel[0], buf, sizeof buf), 1);
}

static void
is_cancelled(const struct slipway_tls_conn *c, long rc, const char *says)
{
	assert_int_equal(rc, SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(c), SLIPWAY_TLS_E_CANCELLED);
	assert_string_equal(slipway_tls_conn_error(c), says);
}

/* The other end, in the test's hands: it can keep back the bytes that it sends. */
struct other {
	struct slipway_tls_conn *conn;
	int fd;
	bool holds;
	unsigned char held[1024];
	size_t n;
	size_t want; /* bytes that other_reads() takes */
	bool wrong;
};

static long
other_recv(void *arg, void *buf, size_t len)
{
	return recv(((struct other *)arg)->fd, buf, len, 0);
}

static long
other_send(void *arg, const void *buf, size_t len)
{
	struct other *o = arg;

	if (!o->holds)
		return send(o->fd, buf, len, MSG_NOSIGNAL);
	if (len > sizeof o->held - o->n)
		return SLIPWAY_TLS_ERROR;
	memcpy(o->held + o->n, buf, len);
	o->n += len;
	return (long)len;
}

static void *
other_shakes(void *arg)
{
	struct other *o = arg;

	o->wrong |= slipway_tls_handshake(o->conn) != 0;
	return NULL;
}

/* Each byte is the lowest 8 bits of its position. */
static void *
other_reads(void *arg)
{
	static unsigned char buf[CHUNK];
	struct other *o = arg;
	size_t all = 0;

	while (all < o->want && !o->wrong) {
		long n = slipway_tls_read(o->conn, buf, sizeof buf);

		o->wrong |= n <= 0;
		for (long i = 0; i < n; i++)
			o->wrong |= buf[i] != (unsigned char)all++;
	}
	return NULL;
}

/* Two ends over blocking sockets; with done the handshake is. */
struct bench {
	struct slipway_tls *s, *c;
	struct slipway_tls_conn *ours; /* the server */
	struct other other;
	int fd[2];
};

static void
shake_both(struct bench *b)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, other_shakes, &b->other), 0);
	assert_int_equal(slipway_tls_handshake(b->ours), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(b->other.wrong);
}

static void
bench_open(struct bench *b, bool plain, bool done, unsigned limit_ms)
{
	const char *level = plain ? "None" : "TLSNoPeerAuth";

	memset(b, 0, sizeof *b);
	b->s = side_new(SLIPWAY_TLS_SERVER, level, plain ? NULL : &kernel, NULL);
	b->c = side_new(SLIPWAY_TLS_CLIENT, level, NULL, NULL);
	slipway_tls_set_handshake_limit(b->s, limit_ms);
	sockets_pair(b->fd, false, true);
	b->other.fd = b->fd[1];
	b->other.conn = slipway_tls_conn_new_io(b->c, other_recv, other_send, &b->other);
	assert_non_null(b->other.conn);
	assert_non_null(b->ours = slipway_tls_conn_new(b->s, b->fd[0]));
	if (done)
		shake_both(b);
	slipway_tls_conn_set_cancel(b->ours, cancel[0]);
}

static void
bench_close(struct bench *b)
{
	slipway_tls_conn_free(b->ours);
	slipway_tls_conn_free(b->other.conn);
	close(b->fd[0]);
	close(b->fd[1]);
	slipway_tls_free(b->s);
	slipway_tls_free(b->c);
}

/* With part, a part of a record has come. */
static void
cancel_read(enum how how, bool plain, bool part)
{
	const char *says = plain ? "receive: cancelled" : "read: cancelled";
	struct canceller k;
	struct bench b;
	char buf[16];

	bench_open(&b, plain, true, SLIPWAY_TLS_HANDSHAKE_MS);
	b.other.holds = true;
	assert_int_equal(slipway_tls_write(b.other.conn, "hello", 5), 5);
	if (part)
		assert_int_equal(send(b.fd[1], b.other.held, 10, 0), 10);
	cancel_begin(&k, how);
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), says);
	cancel_end(&k);
	/* As long as the descriptor can be read; what needn't wait goes on. */
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), says);
	assert_int_equal(slipway_tls_write(b.ours, "x", 1), 1);
	assert_int_equal(slipway_tls_conn_error_code(b.ours), SLIPWAY_TLS_OK);
	assert_string_equal(slipway_tls_conn_error(b.ours), "");
	send(b.fd[1], b.other.held + (part ? 10 : 0), b.other.n - (part ? 10 : 0), 0);
	assert_int_equal(slipway_tls_read(b.ours, buf, sizeof buf), 5);
	assert_memory_equal(buf, "hello", 5);
	cancel_clear();
	bench_close(&b);
}

/* The peer reads nothing, and then all of it: no byte is lost or doubled. */
static void
cancel_write(enum how how, bool plain)
{
	static unsigned char many[CHUNK + 256];
	struct canceller k;
	pthread_t thread;
	struct bench b;
	size_t all = 0, target;
	long n;

	for (size_t i = 0; i < sizeof many; i++)
		many[i] = (unsigned char)i;
	bench_open(&b, plain, true, SLIPWAY_TLS_HANDSHAKE_MS);
	cancel_begin(&k, how);
	while ((n = slipway_tls_write(b.ours, many + all % 256, CHUNK)) > 0)
		all += (size_t)n;
	is_cancelled(b.ours, n, plain ? "send: cancelled" : "write: cancelled");
	cancel_end(&k);
	if (!plain) {
		is_cancelled(b.ours, slipway_tls_shutdown(b.ours), "shutdown: cancelled");
		assert_int_equal(slipway_tls_write(b.ours, many, 1), SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(b.ours), SLIPWAY_TLS_E_USAGE);
	}
	cancel_clear();
	b.other.want = target = all + CHUNK;
	assert_int_equal(pthread_create(&thread, NULL, other_reads, &b.other), 0);
	while (all < target) {
		if ((n = slipway_tls_write(b.ours, many + all % 256, target - all)) <= 0)
			fail_msg("%s", slipway_tls_conn_error(b.ours));
		all += (size_t)n;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(b.other.wrong);
	bench_close(&b);
}

static void
cancel_handshake(enum how how, unsigned limit_ms)
{
	struct canceller k;
	struct bench b;
	char buf[8];

	bench_open(&b, false, false, limit_ms);
	cancel_begin(&k, how);
	is_cancelled(b.ours, slipway_tls_handshake(b.ours), "TLS handshake: cancelled");
	cancel_end(&k);
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), "TLS handshake: cancelled");
	cancel_clear();
	assert_string_equal(slipway_tls_conn_text(b.ours), "TCP/IP");
	shake_both(&b);
	assert_string_equal(slipway_tls_conn_text(b.ours), "TCP/IP][TLSv1.3");
	bench_close(&b);
}

/* The silence of a peer would be waited for. */
static void
cancel_drain(enum how how)
{
	struct canceller k;
	struct bench b;

	bench_open(&b, false, true, SLIPWAY_TLS_HANDSHAKE_MS);
	cancel_begin(&k, how);
	assert_int_equal(slipway_tls_drain(b.ours), 0);
	if (how == BEFORE)
		assert_true(slipway_tls_conn_timeout(b.ours) > 0);
	else if (slipway_tls_conn_timeout(b.ours) == 0)
		k.how = THREAD; /* so slow that its own limit came first */
	cancel_end(&k);
	cancel_clear();
	bench_close(&b);
}

#define UPDATES 200

/* A client by OpenSSL's own calls, in a thread: records without data, and a byte. */
static void *
updates_keys(void *arg)
{
	struct other *o = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);

	SSL_set_fd(ssl, o->fd);
	o->wrong = SSL_connect(ssl) != 1;
	for (int i = 0; i < UPDATES && !o->wrong; i++)
		o->wrong = SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
		    SSL_do_handshake(ssl) != 1;
	o->wrong = o->wrong || SSL_write(ssl, "x", 1) != 1;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return NULL;
}

/* A peer that sends records without data doesn't keep a call from being cancelled. */
static void
key_updates(void **state)
{
	struct bench b;
	pthread_t thread;
	char buf[8];
	int left = 0;

	(void)state;
	bench_open(&b, false, false, SLIPWAY_TLS_HANDSHAKE_MS);
	assert_int_equal(pthread_create(&thread, NULL, updates_keys, &b.other), 0);
	assert_int_equal(slipway_tls_handshake(b.ours), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(b.other.wrong);
	write_cancel();
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), "read: cancelled");
	assert_int_equal(ioctl(b.fd[0], FIONREAD, &left), 0);
	assert_true(left > 0);
	cancel_clear();
	assert_int_equal(slipway_tls_read(b.ours, buf, sizeof buf), 1);
	bench_close(&b);
}

enum waiting { READ, READ_PART, READ_PLAIN, WRITE, WRITE_PLAIN, SHAKE, SHAKE_UNLIMITED, DRAIN };

static const struct wait_row {
	const char *name;
	enum waiting what;
} wait_rows[] = {
	{ "read", READ },
	{ "read, the rest of a record is missing", READ_PART },
	{ "read without TLS", READ_PLAIN },
	{ "write and shutdown", WRITE },
	{ "write without TLS", WRITE_PLAIN },
	{ "handshake", SHAKE },
	{ "handshake without a limit", SHAKE_UNLIMITED },
	{ "drain", DRAIN },
};

static void
cancels(void **state)
{
	const struct wait_row *r = *state;

	for (enum how how = BEFORE; how < HOW_COUNT; how++)
		switch (r->what) {
		case READ:
		case READ_PART:
		case READ_PLAIN:
			cancel_read(how, r->what == READ_PLAIN, r->what == READ_PART);
			break;
		case WRITE:
		case WRITE_PLAIN:
			cancel_write(how, r->what == WRITE_PLAIN);
			break;
		case SHAKE:
		case SHAKE_UNLIMITED:
			cancel_handshake(how, r->what == SHAKE ? HANG_MS : 0);
			break;
		default:
			cancel_drain(how);
		}
}

/* The program's own limit of a socket still counts, also under signals. */
static void
own_limit(void **state)
{
	const struct timeval limit = { 0, 200000 }, none = { 0, 0 };
	struct canceller k;
	struct bench b;
	char buf[8];

	(void)state;
	bench_open(&b, false, true, SLIPWAY_TLS_HANDSHAKE_MS);
	assert_int_equal(setsockopt(b.fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	assert_int_equal(slipway_tls_read(b.ours, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	cancel_begin(&k, BEFORE);
	assert_int_equal(setsockopt(b.fd[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none), 0);
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), "read: cancelled");
	/* A socket that doesn't block any more, and no descriptor. */
	assert_int_equal(fcntl(b.fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(slipway_tls_read(b.ours, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(fcntl(b.fd[0], F_SETFL, 0), 0);
	assert_int_equal(setsockopt(b.fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	slipway_tls_conn_set_cancel(b.ours, -1);
	assert_int_equal(slipway_tls_read(b.ours, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	cancel_end(&k);
	cancel_clear();
	bench_close(&b);
}

/* A pipe whose writing end is closed cancels as well. */
static void
closed_pipe(void **state)
{
	struct bench b;
	char buf[8];
	int fds[2];

	(void)state;
	bench_open(&b, false, true, SLIPWAY_TLS_HANDSHAKE_MS);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	slipway_tls_conn_set_cancel(b.ours, fds[0]);
	close(fds[1]);
	is_cancelled(b.ours, slipway_tls_read(b.ours, buf, sizeof buf), "read: cancelled");
	close(fds[0]);
	bench_close(&b);
}

/* A resolver that answers when the test lets it. */
static atomic_bool answers, answered;

int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out);

int
__wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	if (strcmp(host, "slow.example") != 0)
		return __real_getaddrinfo(host, service, hints, out);
	*out = NULL;
	if ((hints->ai_flags & AI_NUMERICHOST) != 0)
		return EAI_NONAME;
	for (int64_t until = clock_mono_ms() + HANG_MS;
	     !atomic_load(&answers) && clock_mono_ms() < until;)
		clock_sleep_ms(10);
	atomic_store(&answered, true);
	return EAI_NONAME;
}

/* A listener on a free port of the loopback address; with full, one that answers nobody. */
static int
listener(char where[32], bool full, int fillers[8])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, full ? 0 : 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(where, 32, "127.0.0.1:%u", ntohs(sin.sin_port));
	for (int i = 0, taken = 1; i < 8; i++) {
		struct pollfd p = { .events = POLLOUT };

		fillers[i] = -1;
		if (!full || !taken)
			continue;
		p.fd = fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&sin, sizeof sin);
		taken = poll(&p, 1, 100);
	}
	return fd;
}

static const struct connect_row {
	const char *name, *server; /* NULL: a listener of the test's */
	bool full;
	const char *says;
} connect_rows[] = {
	{ "connect: the peer is silent", NULL, false, "TLS handshake: cancelled" },
	{ "connect: no answer", NULL, true, "can't connect to 127.0.0.1:" },
	{ "connect: the name is looked up", "slow.example:443", false,
	    "can't connect to slow.example:443: cancelled" },
};

/* Being cancelled outweighs a refusal, and no further server is asked. */
static void
connects(void **state)
{
	const struct connect_row *r = *state;
	struct slipway_tls *t = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	char first[32], next[32];
	int fillers[8], none[8], fd = listener(first, r->full, fillers);
	int untouched = listener(next, false, none);
	const char *servers[] = { r->server != NULL ? r->server : first, next };
	size_t which = 99;

	slipway_tls_set_cancel(t, cancel[0]);
	atomic_store(&answers, false);
	for (enum how how = r->full || r->server != NULL ? BEFORE : THREAD; how < HOW_COUNT;
	     how++) {
		struct canceller k;

		cancel_begin(&k, how);
		assert_null(slipway_tls_connect(t, servers, 2, HANG_MS, &which));
		cancel_end(&k);
		assert_int_equal(slipway_tls_error_code(t), SLIPWAY_TLS_E_CANCELLED);
		if (strstr(slipway_tls_error(t), r->says) == NULL ||
		    strstr(slipway_tls_error(t), "cancelled") == NULL)
			fail_msg("want '%s', got '%s'", r->says, slipway_tls_error(t));
		assert_int_equal(which, 99);
		assert_int_equal(accept(untouched, NULL, NULL), -1);
		cancel_clear();
	}
	atomic_store(&answers, true);
	while (r->server != NULL && !atomic_load(&answered))
		clock_sleep_ms(10);
	for (size_t i = 0; i < N(fillers); i++)
		sockets_close(fillers[i]);
	close(fd);
	close(untouched);
	slipway_tls_free(t);
}

static void *
serve_silently(void *arg)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct pollfd p = { .fd = *(int *)arg, .events = POLLIN };
	int fd = poll(&p, 1, HANG_MS) == 1 ? accept(p.fd, NULL, NULL) : -1;
	struct slipway_tls_conn *c = slipway_tls_conn_new(s, fd);
	char buf[8];
	long n = slipway_tls_read(c, buf, sizeof buf);

	slipway_tls_conn_free(c);
	slipway_tls_free(s);
	close(fd);
	return (void *)n;
}

/* A connection that slipway_tls_connect() made has the handle's descriptor. */
static void
connected(void **state)
{
	struct slipway_tls *t = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	struct slipway_tls_conn *c;
	struct canceller k;
	pthread_t thread;
	char where[32], buf[8];
	const char *servers[] = { where };
	int none[8], fd = listener(where, false, none);
	void *end;

	(void)state;
	slipway_tls_set_cancel(t, cancel[0]);
	assert_int_equal(pthread_create(&thread, NULL, serve_silently, &fd), 0);
	assert_non_null(c = slipway_tls_connect(t, servers, 1, HANG_MS, NULL));
	slipway_tls_free(t);
	cancel_begin(&k, SIGNAL);
	is_cancelled(c, slipway_tls_read(c, buf, sizeof buf), "read: cancelled");
	cancel_end(&k);
	cancel_clear();
	assert_int_equal(slipway_tls_shutdown(c), 0);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_null(end);
	slipway_tls_conn_free(c);
	close(fd);
}

static int
prepare(void **state)
{
	const struct sigaction tick = { .sa_handler = on_tick }; /* without SA_RESTART */

	(void)state;
	kernel = id_make(&(struct look){ .name = "kernel" }, NULL);
	return sigaction(SIGUSR1, &tick, NULL) == 0 && pipe2(cancel, O_CLOEXEC | O_NONBLOCK) == 0
	    ? 0
	    : -1;
}

static int
tidy(void **state)
{
	(void)state;
	id_free(&kernel);
	close(cancel[0]);
	close(cancel[1]);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest tests[4 + N(wait_rows) + N(connect_rows)] = {
		cmocka_unit_test(own_limit),
		cmocka_unit_test(closed_pipe),
		cmocka_unit_test(connected),
		cmocka_unit_test(key_updates),
	};
	size_t n = 4;

	TEST_ROWS(tests, n, wait_rows, cancels);
	TEST_ROWS(tests, n, connect_rows, connects);
	return cmocka_run_group_tests_name("tls_cancel", tests, prepare, tidy);
}
