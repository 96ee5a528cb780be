/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: the connection ends at each byte of the handshake, of the data and of the end, in both
 * directions.  The reader gets the error of a cut connection, only bytes that were sent, and never
 * an end of the data.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <time.h>

#define WIRE_SIZE 32768
#define QUESTION  700 /* bytes that the client sends before it ends its side */
#define ANSWER	  900 /* ... and that the server sends after that */
#define NO_CUT	  WIRE_SIZE

static struct id kernel, hi;

enum how { CUT, RESET, SILENCE };

/* One direction: the written bytes, the number of bytes that pass, and the event after them. */
struct wire {
	unsigned char data[WIRE_SIZE];
	size_t put, got, cut, piece;
	enum how how;
	bool closed; /* the writer is gone */
};

/* One end: the bytes that it sends, and its progress. */
struct party {
	struct slipway_tls_conn *conn;
	struct wire *in, *out;
	size_t send, sent, want, got;
	bool client, told, ended, done, failed;
};

static unsigned char
pattern(unsigned char first, size_t i)
{
	return (unsigned char)(first + i * 7);
}

static long
wire_read(void *arg, void *buf, size_t len)
{
	struct wire *w = ((struct party *)arg)->in;
	size_t there = (w->put < w->cut ? w->put : w->cut) - w->got;

	if (there == 0 && w->put >= w->cut)
		return w->how == CUT  ? 0
		    : w->how == RESET ? SLIPWAY_TLS_ERROR
				      : SLIPWAY_TLS_WANT_READ;
	if (there == 0)
		return w->closed ? 0 : SLIPWAY_TLS_WANT_READ;
	if (len > there)
		len = there;
	if (len > w->piece)
		len = w->piece;
	memcpy(buf, w->data + w->got, len);
	w->got += len;
	return (long)len;
}

static long
wire_write(void *arg, const void *buf, size_t len)
{
	struct party *p = arg;
	struct wire *w = p->out;

	if (p->in->closed)
		return SLIPWAY_TLS_ERROR; /* nobody reads it any more */
	if (len > w->piece)
		len = w->piece;
	assert_true(w->put + len <= WIRE_SIZE);
	memcpy(w->data + w->put, buf, len);
	w->put += len;
	return (long)len;
}

static bool
send_some(struct party *p)
{
	unsigned char buf[ANSWER];
	long n;

	for (size_t i = p->sent; i < p->send; i++)
		buf[i - p->sent] = pattern(p->client ? 1 : 2, i);
	n = slipway_tls_write(p->conn, buf, p->send - p->sent);
	if (waits(n))
		return false;
	p->failed = n <= 0;
	p->sent += n > 0 ? (size_t)n : 0;
	return true;
}

static bool
take_some(struct party *p)
{
	unsigned char buf[64];
	long n = slipway_tls_read(p->conn, buf, sizeof buf);

	if (waits(n))
		return false;
	p->failed = n == SLIPWAY_TLS_ERROR;
	p->ended = n == 0;
	for (long i = 0; i < n; i++, p->got++)
		assert_int_equal(buf[i], pattern(p->client ? 2 : 1, p->got));
	assert_true(p->got <= p->want);
	return true;
}

/* Makes the next call of this end.  Returns false when the end waits for the other end. */
static bool
step(struct party *p)
{
	bool sends = p->client || p->ended;
	int rc;

	if (p->done || p->failed)
		return false;
	if (sends && p->sent < p->send)
		return send_some(p);
	if (sends && !p->told) {
		if (waits(rc = slipway_tls_shutdown(p->conn)))
			return false;
		p->told = rc == 0;
		p->failed = rc != 0;
	} else if (!p->ended) {
		return take_some(p);
	} else {
		p->done = true;
		p->out->closed = true;
	}
	return true;
}

struct meeting {
	struct wire up, down; /* from the client, from the server */
	struct party client, server;
};

static void
meeting_open(struct meeting *m, struct slipway_tls *s, struct slipway_tls *c)
{
	m->client = (struct party){ .in = &m->down,
		.out = &m->up,
		.send = QUESTION,
		.want = ANSWER,
		.client = true };
	m->server =
	    (struct party){ .in = &m->up, .out = &m->down, .send = ANSWER, .want = QUESTION };
	assert_non_null(
	    m->client.conn = slipway_tls_conn_new_io(c, wire_read, wire_write, &m->client));
	assert_non_null(
	    m->server.conn = slipway_tls_conn_new_io(s, wire_read, wire_write, &m->server));
}

static void
meeting_close(struct meeting *m)
{
	slipway_tls_conn_free(m->client.conn);
	slipway_tls_conn_free(m->server.conn);
}

/* Runs both ends until neither makes progress; an end that failed is closed for the other. */
static void
run(struct meeting *m)
{
	size_t calls = 0, moved = 0, before;
	bool more = true;

	while (more) {
		before = moved;
		more = step(&m->client);
		m->up.closed |= m->client.failed;
		more |= step(&m->server);
		m->down.closed |= m->server.failed;
		moved = m->up.put + m->up.got + m->down.put + m->down.got;
		more |= moved != before;
		assert_true(++calls < 4 * WIRE_SIZE);
	}
}

static struct wire
wire(size_t cut, size_t piece, enum how how)
{
	return (struct wire){ .cut = cut, .piece = piece, .how = how };
}

static struct slipway_tls *
server_side(void)
{
	return side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &hi);
}

static struct slipway_tls *
client_side(void)
{
	return side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &hi, &kernel);
}

/* Asserts that the reader noticed the cut; text is a part of its error. */
static void
is_told(const struct party *reader, enum slipway_tls_code code, const char *text, size_t cut)
{
	const char *said = slipway_tls_conn_error(reader->conn);

	if (!reader->failed || reader->ended || reader->done)
		fail_msg("cut after %zu bytes: the %s read %zu bytes, and %s", cut,
		    reader->client ? "client" : "server", reader->got,
		    reader->ended ? "took that for the end" : "noticed nothing");
	if (strstr(said, text) == NULL || slipway_tls_conn_error_code(reader->conn) != code)
		fail_msg("cut after %zu bytes: the %s says '%s', want '%s'", cut,
		    reader->client ? "client" : "server", said, text);
}

/*
 * The bytes of each direction without a cut; the lengths of signatures change the number by a few.
 */
static void
measure(struct slipway_tls *s, struct slipway_tls *c, size_t *up, size_t *down)
{
	static struct meeting m;

	m.up = m.down = wire(NO_CUT, WIRE_SIZE, CUT);
	meeting_open(&m, s, c);
	run(&m);
	assert_true(m.client.done && m.server.done);
	assert_int_equal(m.client.got, ANSWER);
	assert_int_equal(m.server.got, QUESTION);
	*up = m.up.put;
	*down = m.down.put;
	meeting_close(&m);
}

/*
 * Cuts one direction after each number of bytes, or after every so many, until all bytes pass.
 */
static void
cut_direction(bool up, size_t every, enum how how, enum slipway_tls_code code, const char *text)
{
	static struct meeting m;
	struct slipway_tls *s = server_side(), *c = client_side();
	size_t cut = 0, whole[2];

	measure(s, c, &whole[0], &whole[1]);
	for (bool all = false; !all; cut += all ? 1 : every) {
		const struct party *reader = up ? &m.server : &m.client;

		m.up = wire(up ? cut : NO_CUT, 1 + cut * 37 % 1500, how);
		m.down = wire(up ? NO_CUT : cut, 1 + cut * 53 % 1500, how);
		meeting_open(&m, s, c);
		run(&m);
		all = m.client.done && m.server.done && (up ? &m.up : &m.down)->put <= cut;
		if (!all)
			is_told(reader, code, text, cut);
		assert_true(m.client.done || m.client.failed);
		assert_true(m.server.done || m.server.failed);
		meeting_close(&m);
	}
	/*
	 * Signatures change the length by a few bytes; a much smaller number would be an unnoticed
	 * cut.
	 */
	assert_true(cut + 64 > whole[!up] && cut < whole[!up] + 64);
	print_message("%zu bytes, cut after every %zu\n", cut - 1, every);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

static void
cut_client(void **state)
{
	(void)state;
	cut_direction(true, 1, CUT, SLIPWAY_TLS_E_CUT, "cut the connection");
}

static void
cut_server(void **state)
{
	(void)state;
	cut_direction(false, 1, CUT, SLIPWAY_TLS_E_CUT, "cut the connection");
}

static void
reset_client(void **state)
{
	(void)state;
	cut_direction(true, 7, RESET, SLIPWAY_TLS_E_NETWORK, "own function failed");
}

static void
reset_server(void **state)
{
	(void)state;
	cut_direction(false, 7, RESET, SLIPWAY_TLS_E_NETWORK, "own function failed");
}

/*
 * Silence isn't an end: the handshake runs out of time, and afterwards the program decides how long
 * to wait.
 */
static void
silence(void **state)
{
	static struct meeting m;
	struct slipway_tls *s = server_side(), *c = client_side();
	const struct timespec more = { 0, 21000000 };
	size_t whole[2];
	bool late = false, open = false;

	(void)state;
	measure(s, c, &whole[0], &whole[1]);
	for (int up = 0; up < 2; up++) {
		/* The other end waits for ever, so it never ends the connection. */
		slipway_tls_set_handshake_limit(s, up ? 20 : 0);
		slipway_tls_set_handshake_limit(c, up ? 0 : 20);
		for (size_t cut = 0; cut + 64 < whole[!up]; cut += 41) {
			struct party *reader = up ? &m.server : &m.client;

			m.up = wire(up ? cut : NO_CUT, WIRE_SIZE, SILENCE);
			m.down = wire(up ? NO_CUT : cut, WIRE_SIZE, SILENCE);
			meeting_open(&m, s, c);
			run(&m);
			nanosleep(&more, NULL);
			run(&m);
			assert_false(reader->ended || reader->done);
			if (reader->failed) {
				is_told(reader, SLIPWAY_TLS_E_TIMEOUT, "not done within 20 ms",
				    cut);
				late = true;
			} else {
				char byte;

				assert_true(waits(slipway_tls_read(reader->conn, &byte, 1)));
				open = true;
			}
			meeting_close(&m);
		}
	}
	assert_true(late && open);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* The same with a real socket, closed without an alert or reset, with and without TLS. */
static const struct end_row {
	const char *name, *level;
	bool reset;
	const char *says; /* NULL: the end of the data; TCP can't tell more */
	enum slipway_tls_code code;
} ends[] = {
	{ "TLS, closed", "TLSNoPeerAuth", false, "cut the connection", SLIPWAY_TLS_E_CUT },
	{ "TLS, reset", "TLSNoPeerAuth", true, SOCKETS_RESET, SLIPWAY_TLS_E_NETWORK },
	{ "no TLS, closed", "None", false, NULL, SLIPWAY_TLS_OK },
	{ "no TLS, reset", "None", true, SOCKETS_RESET, SLIPWAY_TLS_E_NETWORK },
};

static void
real_socket(void **state)
{
	const struct end_row *r = *state;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, r->level, &kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, r->level, NULL, NULL);
	struct ends e;
	char byte;
	long n;

	ends_open_tcp(&e, s, c);
	assert_int_equal(talk(&e), 0);
	if (!r->reset)
		sockets_close(e.fd[1]);
	else if (!sockets_reset(e.fd[1])) {
		print_message(
		    "%s: skipped under wine: a linger time of 0 makes no reset there; see docs/windows.md\n",
		    r->name);
		e.fd[1] = -1;
		ends_close(&e);
		slipway_tls_free(s);
		slipway_tls_free(c);
		skip();
	}
	e.fd[1] = -1;
	while (waits(n = slipway_tls_read(e.server, &byte, 1)))
		sockets_wait(e.fd, (const bool[]){ false }, 1, SOCKETS_WAIT_MS);
	assert_int_equal(n, r->says == NULL ? 0 : SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.server), r->code);
	if (r->says != NULL && strstr(slipway_tls_conn_error(e.server), r->says) == NULL)
		fail_msg("want '%s', got '%s'", r->says, slipway_tls_conn_error(e.server));
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/*
 * The peer is gone before we notice a fault, so that sending our alert fails, too: the error is
 * still that of the first fault.
 */
static const struct late_row {
	const char *name, *sends; /* the bytes before the end */
	const char *says;
	enum slipway_tls_code code;
} lates[] = {
	{ "gone after half a record", "\x16\x03\x01\x02\x7f\x01", "the peer cut the connection",
	    SLIPWAY_TLS_E_CUT },
	{ "gone after what is no TLS", "GET / HTTP/1.0\r\n\r\n", "the peer doesn't speak TLS",
	    SLIPWAY_TLS_E_PROTOCOL },
};

static long
late_read(void *arg, void *buf, size_t len)
{
	const char **left = arg;
	size_t n = strlen(*left);

	if (len > n)
		len = n;
	memcpy(buf, *left, len);
	*left += len;
	return (long)len;
}

static long
late_write(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	return SLIPWAY_TLS_ERROR;
}

static void
late(void **state)
{
	const struct late_row *r = *state;
	struct slipway_tls *s = server_side();
	const char *left = r->sends;
	struct slipway_tls_conn *c;

	assert_non_null(c = slipway_tls_conn_new_io(s, late_read, late_write, &left));
	assert_int_equal(slipway_tls_handshake(c), SLIPWAY_TLS_ERROR);
	if (strstr(slipway_tls_conn_error(c), r->says) == NULL)
		fail_msg("want '%s', got '%s'", r->says, slipway_tls_conn_error(c));
	assert_int_equal(slipway_tls_conn_error_code(c), r->code);
	slipway_tls_conn_free(c);
	slipway_tls_free(s);
}

static const struct id_row ids[] = {
	{ &kernel, { .name = "kernel" }, NULL },
	{ &hi, { .name = "hi" }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(ends) + N(lates) + 5] = {
		cmocka_unit_test(cut_client),
		cmocka_unit_test(cut_server),
		cmocka_unit_test(reset_client),
		cmocka_unit_test(reset_server),
		cmocka_unit_test(silence),
	};
	size_t n = 5;

	for (size_t i = 0; i < N(ends); i++)
		tests[n++] = (struct CMUnitTest){ .name = ends[i].name,
			.test_func = real_socket,
			.initial_state = (void *)(uintptr_t)&ends[i] };
	for (size_t i = 0; i < N(lates); i++)
		tests[n++] = (struct CMUnitTest){ .name = lates[i].name,
			.test_func = late,
			.initial_state = (void *)(uintptr_t)&lates[i] };
	return ids_run("tls-cut", tests, n, ids, N(ids));
}
