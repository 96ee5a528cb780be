/* SPDX-License-Identifier: ISC */
/*
 * lib/tls in several threads, each with a handle of its own, while the settings and the pair in the
 * store are replaced; connections are used in other threads than they were made in, and outlive
 * their handles.  The preset tsan builds this with ThreadSanitizer.
 *
 * cmocka's assertions are for the main thread, so the other threads leave their first fault to it.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/os/move.h"

#define SERVERS	     3
#define CLIENTS	     4
/* connections of one server at a time: more than the clients have open */
#define SLOTS	     (3 * CLIENTS)
#define REPLACEMENTS 8
/* connections that each client makes from one replacement to the next, at least */
#define BETWEEN	     2
#define HANDLE_LIVES 5 /* connections that a client makes with one handle */
#define PATIENCE_MS  120000
#define SHOWN	     "TCP/IP][TLSv1.3 VERIFIED"

static struct id pairs[2], hi;

/*
 * Numbers of replacements that were begun and that are complete: when both are equal, the serving
 * pair is known.
 */
static atomic_uint begun, replaced;

/* Used by its thread, and by the main thread after the end of that thread. */
struct complaint {
	char text[512];
};

/* One connection of a server, in a thread of its own. */
struct slot {
	pthread_t thread;
	bool started;
	atomic_bool ended;
	struct slipway_tls_conn *conn;
	int fd;
	struct complaint why;
};

struct server {
	pthread_t thread;
	int listener;
	char name[32];
	struct slot slots[SLOTS];
	struct complaint why;
};

struct client {
	pthread_t thread;
	unsigned number;
	atomic_uint made; /* connections */
	bool saw[N(pairs)];
	struct complaint why;
};

static struct server servers[SERVERS];
static struct client clients[CLIENTS];

__attribute__((format(printf, 2, 3))) static void
complain(struct complaint *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (c->text[0] == '\0')
		vsnprintf(c->text, sizeof c->text, fmt, ap);
	va_end(ap);
}

static void
pause_1ms(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Sends the client's bytes back until the client ends. */
static void *
answer(void *arg)
{
	struct slot *s = arg;
	char buf[64];
	long n;

	while ((n = slipway_tls_read(s->conn, buf, sizeof buf)) > 0)
		if (slipway_tls_write(s->conn, buf, (size_t)n) != n)
			break;
	if (n != 0 || slipway_tls_shutdown(s->conn) != 0 ||
	    strcmp(slipway_tls_conn_text(s->conn), SHOWN) != 0)
		complain(&s->why, "a server's connection: [%s] %s", slipway_tls_conn_text(s->conn),
		    slipway_tls_conn_error(s->conn));
	slipway_tls_conn_free(s->conn);
	close(s->fd);
	atomic_store(&s->ended, true);
	return NULL;
}

static void
slot_join(struct server *v, struct slot *s)
{
	if (!s->started)
		return;
	pthread_join(s->thread, NULL);
	s->started = false;
	if (s->why.text[0] != '\0')
		complain(&v->why, "%s", s->why.text);
}

static struct slot *
slot_free(struct server *v)
{
	for (;; pause_1ms())
		for (size_t i = 0; i < SLOTS; i++) {
			struct slot *s = &v->slots[i];

			if (s->started && !atomic_load(&s->ended))
				continue;
			slot_join(v, s);
			return s;
		}
}

static void *
serve(void *arg)
{
	struct server *v = arg;
	struct slipway_tls *t = slipway_tls_new(SLIPWAY_TLS_SERVER, NULL, NULL);
	int fd;

	while ((fd = accept(v->listener, NULL, NULL)) != -1) {
		struct slot *s = slot_free(v);

		s->fd = fd;
		atomic_store(&s->ended, false);
		if ((s->conn = slipway_tls_conn_new(t, fd)) == NULL) {
			complain(&v->why, "a server: %s", slipway_tls_error(t));
			close(fd);
		} else {
			s->started = pthread_create(&s->thread, NULL, answer, s) == 0;
		}
	}
	slipway_tls_free(t); /* before its last connections */
	for (size_t i = 0; i < SLOTS; i++)
		slot_join(v, &v->slots[i]);
	return NULL;
}

/* Settings of the store, or the same in memory. */
static struct slipway_tls *
client_handle(const struct client *k)
{
	struct slipway_tls *t = slipway_tls_new(SLIPWAY_TLS_CLIENT, NULL, NULL);
	char both[8192];

	if (k->number % 2 == 0)
		return t;
	snprintf(both, sizeof both, "%s%s", pairs[0].cert_pem, pairs[1].cert_pem);
	slipway_tls_set(t, "TLS_RequiredLevel", "TLSPeerAuth");
	slipway_tls_set(t, "TLS_MinVersion",
	    atomic_load(&k->made) % 2 == 0 ? "TLSv1.2" : "TLSv1.3");
	slipway_tls_set_pem(t, "TLS_KeyFile", hi.key_pem, strlen(hi.key_pem));
	slipway_tls_set_pem(t, "TLS_CertFile", hi.cert_pem, strlen(hi.cert_pem));
	slipway_tls_set_pem(t, "TLS_TrustedCerts", both, strlen(both));
	return t;
}

/* Sends bytes and receives the same. */
static void
say(struct client *k, struct slipway_tls_conn *c)
{
	char text[32], buf[32];
	size_t len = (size_t)snprintf(text, sizeof text, "client %u, %u", k->number,
		   atomic_load(&k->made)),
	       have = 0;
	long n = slipway_tls_write(c, text, len);

	while (n > 0 && have < len && (n = slipway_tls_read(c, buf + have, sizeof buf - have)) > 0)
		have += (size_t)n;
	if (have != len || memcmp(text, buf, len) != 0)
		complain(&k->why, "client %u: want '%s' back, got %zu bytes of it: %s", k->number,
		    text, have, slipway_tls_conn_error(c));
}

/* The certificate for a client that connected after so many replacements. */
static void
judge(struct client *k, struct slipway_tls_conn *c, unsigned there)
{
	const char *hex = slipway_tls_conn_peer_sha256(c);
	size_t shown = 0;

	while (shown < N(pairs) && strcmp(hex, pairs[shown].hex) != 0)
		shown++;
	if (shown == N(pairs) || strcmp(slipway_tls_conn_text(c), SHOWN) != 0)
		complain(&k->why, "client %u: [%s] of %s", k->number, slipway_tls_conn_text(c),
		    hex);
	else if (atomic_load(&begun) == there && shown != there % N(pairs))
		complain(&k->why, "client %u: after replacement %u the other pair is shown",
		    k->number, there);
	else
		k->saw[shown] = true;
}

static void
hang_up(struct client *k, struct slipway_tls_conn *c)
{
	char byte;

	if (slipway_tls_shutdown(c) != 0 || slipway_tls_read(c, &byte, 1) != 0)
		complain(&k->why, "client %u: the end: %s", k->number, slipway_tls_conn_error(c));
	slipway_tls_conn_free(c);
}

/*
 * Connects until the last replacement was seen; the first connection stays open meanwhile.
 */
static void *
ask(void *arg)
{
	struct client *k = arg;
	struct slipway_tls *t = client_handle(k);
	struct slipway_tls_conn *first = NULL, *c;
	const char *list[SERVERS];
	unsigned there = 0;

	for (size_t i = 0; i < SERVERS; i++)
		list[i] = servers[(k->number + i) % SERVERS].name;
	while (there < REPLACEMENTS && k->why.text[0] == '\0') {
		there = atomic_load(&replaced);
		if ((c = slipway_tls_connect(t, list, SERVERS, PATIENCE_MS, NULL)) == NULL) {
			complain(&k->why, "client %u: %s", k->number, slipway_tls_error(t));
			break;
		}
		judge(k, c, there);
		if (first == NULL)
			first = c;
		say(k, first);
		say(k, c);
		if (c != first)
			hang_up(k, c);
		if ((atomic_fetch_add(&k->made, 1) + 1) % HANDLE_LIVES == 0) {
			slipway_tls_free(t);
			t = client_handle(k);
		}
	}
	slipway_tls_free(t);
	if (first != NULL)
		hang_up(k, first);
	return NULL;
}

static void
put(struct dir *d, const char *name, const char *text)
{
	struct err e;

	assert_ok(file_replace_fast(d, name, text, strlen(text), 0600, &e), &e);
}

static void
put_settings(struct dir *d, unsigned days)
{
	const char *dir = dir_path(d);
	char text[2048];

	snprintf(text, sizeof text,
	    "[HKLM\\SOFTWARE\\Ipesoft\\D2]\nDefaultApplication = COV\n"
	    "[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Server]\nTLS_RequiredLevel = TLSPeerAuth\n"
	    "TLS_KeyFile = %s/kernel.key\nTLS_CertFile = %s/kernel.crt\nTLS_TrustedCerts = %s/hi.crt\n"
	    "TLS_ExpiryWarnDays = dword:%u\n"
	    "[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Client]\nTLS_RequiredLevel = TLSPeerAuth\n"
	    "TLS_KeyFile = %s/hi.key\nTLS_CertFile = %s/hi.crt\nTLS_TrustedCerts = %s/0.crt;%s/1.crt\n",
	    dir, dir, dir, days, dir, dir, dir, dir);
	put(d, "machine.conf", text);
}

static void
put_pair(struct dir *d, const struct id *pair)
{
	put(d, "kernel.key", pair->key_pem);
	put(d, "kernel.crt", pair->cert_pem);
}

static void
listen_on_loopback(struct server *v)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(v->listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(v->listener, 64), 0);
	assert_int_equal(getsockname(v->listener, (struct sockaddr *)&at, &len), 0);
	/* A name has the resolver's thread, an address hasn't. */
	snprintf(v->name, sizeof v->name, "%s:%u", v == servers ? "localhost" : "127.0.0.1",
	    ntohs(at.sin_port));
}

/* Waits until each client has made some more connections, or one has failed. */
static void
wait_for_clients(void)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	unsigned want[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++)
		want[i] = atomic_load(&clients[i].made) + BETWEEN;
	for (size_t i = 0; i < CLIENTS; i++)
		while (atomic_load(&clients[i].made) < want[i] && clock_mono_ms() < until)
			pause_1ms();
}

static void
start_all(void)
{
	for (size_t i = 0; i < SERVERS; i++) {
		listen_on_loopback(&servers[i]);
		assert_int_equal(pthread_create(&servers[i].thread, NULL, serve, &servers[i]), 0);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		clients[i].number = (unsigned)i;
		assert_int_equal(pthread_create(&clients[i].thread, NULL, ask, &clients[i]), 0);
	}
}

static void
end_all(void)
{
	for (size_t i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
	for (size_t i = 0; i < SERVERS; i++) {
		shutdown(servers[i].listener, SHUT_RDWR);
		assert_int_equal(pthread_join(servers[i].thread, NULL), 0);
		close(servers[i].listener);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].why.text[0] != '\0')
			fail_msg("%s", clients[i].why.text);
	for (size_t i = 0; i < SERVERS; i++)
		if (servers[i].why.text[0] != '\0')
			fail_msg("%s", servers[i].why.text);
}

static void
threads(void **state)
{
	static const char *const files[] = { "machine.conf", "kernel.key", "kernel.crt", "hi.key",
		"hi.crt", "0.crt", "1.crt" };
	char path[] = "/tmp/slipway-threads-XXXXXX";
	const uid_t root = geteuid();
	struct dir *d;
	struct err e;

	(void)state;
	/* Root has its settings in /etc and nowhere else: be nobody for a while. */
	assert_true(root == 0 ? seteuid(65534) == 0 : true);
	assert_non_null(mkdtemp(path));
	assert_non_null(d = dir_open(path, &e));
	put(d, "hi.key", hi.key_pem);
	put(d, "hi.crt", hi.cert_pem);
	put(d, "0.crt", pairs[0].cert_pem);
	put(d, "1.crt", pairs[1].cert_pem);
	put_pair(d, &pairs[0]);
	put_settings(d, 0);
	assert_int_equal(setenv("SLIPWAY_HOME", path, 1), 0);

	start_all();
	for (unsigned i = 1; i <= REPLACEMENTS; i++) {
		wait_for_clients();
		atomic_store(&begun, i);
		put_pair(d, &pairs[i % N(pairs)]);
		put_settings(d, i);
		atomic_store(&replaced, i);
	}
	end_all();
	for (size_t i = 0; i < CLIENTS; i++) {
		assert_in_range(atomic_load(&clients[i].made), BETWEEN * REPLACEMENTS, UINT32_MAX);
		assert_true(clients[i].saw[0] && clients[i].saw[1]);
	}

	assert_int_equal(unsetenv("SLIPWAY_HOME"), 0);
	for (size_t i = 0; i < N(files); i++)
		assert_int_equal(file_remove(d, files[i], &e), 1);
	dir_close(d);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(seteuid(root), 0);
}

static const struct id_row ids[] = {
	{ &hi, { .name = "hi" }, NULL },
	{ &pairs[0], { .name = "kernel" }, NULL },
	{ &pairs[1], { .name = "kernel" }, NULL },
};

/*
 * One connection that one thread reads while another one writes, as docs/tls-library.md shows it: a
 * lock around each call, which never waits, and poll() without the lock.
 */
#define BOTH_WAYS (2u * 1024 * 1024) /* bytes each way */

struct shared {
	pthread_mutex_t lock;
	struct slipway_tls_conn *conn;
	int fd;
	struct complaint read_why, write_why;
};

static unsigned char
byte_at(size_t i)
{
	return (unsigned char)(i * 31 + i / 251);
}

static bool
wait_as_told(const struct shared *s, long rc, struct complaint *why)
{
	struct pollfd p = { .fd = s->fd, .events = rc == SLIPWAY_TLS_WANT_READ ? POLLIN : POLLOUT };

	if (rc == SLIPWAY_TLS_WANT_READ || rc == SLIPWAY_TLS_WANT_WRITE) {
		/* What the other thread took from the socket may be ours: look again soon. */
		poll(&p, 1, 20);
		return true;
	}
	complain(why, "%ld", rc);
	return false;
}

static void *
read_all(void *arg)
{
	struct shared *s = arg;
	unsigned char buf[5000];

	for (size_t have = 0; have < BOTH_WAYS;) {
		long n;

		pthread_mutex_lock(&s->lock);
		n = slipway_tls_read(s->conn, buf, sizeof buf);
		pthread_mutex_unlock(&s->lock);
		if (n <= 0 && !wait_as_told(s, n, &s->read_why))
			break;
		for (long i = 0; i < n; i++, have++)
			if (buf[i] != byte_at(have)) {
				complain(&s->read_why, "byte %zu", have);
				return NULL;
			}
	}
	return NULL;
}

static void *
write_all(void *arg)
{
	struct shared *s = arg;
	unsigned char *all = malloc(BOTH_WAYS);

	for (size_t i = 0; i < BOTH_WAYS; i++)
		all[i] = byte_at(i);
	for (size_t done = 0; done < BOTH_WAYS;) {
		long n;

		pthread_mutex_lock(&s->lock);
		n = slipway_tls_write(s->conn, all + done, BOTH_WAYS - done);
		pthread_mutex_unlock(&s->lock);
		if (n > 0)
			done += (size_t)n;
		else if (!wait_as_told(s, n, &s->write_why))
			break;
	}
	free(all);
	return NULL;
}

static void
reads_and_writes(void **state)
{
	struct shared sides[2] = { { .lock = PTHREAD_MUTEX_INITIALIZER },
		{ .lock = PTHREAD_MUTEX_INITIALIZER } };
	pthread_t threads[4];
	struct ends e;

	(void)state;
	ends_talking(&e, &pairs[0]);
	for (int i = 0; i < 2; i++) {
		sides[i].conn = i == 0 ? e.server : e.client;
		sides[i].fd = e.fd[i];
		assert_int_equal(pthread_create(&threads[2 * i], NULL, read_all, &sides[i]), 0);
		assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, write_all, &sides[i]),
		    0);
	}
	for (size_t i = 0; i < N(threads); i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(sides[i].read_why.text, "");
		assert_string_equal(sides[i].write_why.text, "");
		assert_string_equal(slipway_tls_conn_error(sides[i].conn), "");
	}
	ends_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(threads),
		cmocka_unit_test(reads_and_writes) };

	return ids_run("tls-threads", tests, N(tests), ids, N(ids));
}
