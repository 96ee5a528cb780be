/* SPDX-License-Identifier: ISC */
/*
 * The packet engine against servers that are slow, odd, limited or hostile.
 */
#include "tests/unit/common/test.h"

#include "lib/sftp/sftp.h"
#include "lib/sftp/sftp_packet.h"
#include "lib/base/wire.h"

#define FILES_MAX 300

/* The differences of a server from OpenSSH. */
struct habits {
	uint32_t most;	  /* bytes of one answer to READ; 0: as asked */
	bool no_stat;	  /* refuses FSTAT */
	bool no_size;	  /* ATTRS without a size */
	bool empty_eof;	  /* ends a file by DATA without bytes */
	bool bare_status; /* STATUS without message and language */
	unsigned shuffle; /* answers come in an order made from this; 0: as asked */
	unsigned open;	  /* files open at once; 0: no limit */
	size_t piece;	  /* bytes given to the engine at once; 0: all */
	bool open_fails;  /* "failure" for files with an odd number */
	/* opens a file at its first READ, so that READ fails instead of OPEN */
	bool lazy;
	unsigned handles; /* different handles, each of the file opened last; 0: one a file */
};

struct server {
	struct habits h;
	size_t sizes[FILES_MAX];
	bool opened[FILES_MAX]; /* really: see lazy */
	unsigned open, most_open, opens;
	size_t last[16]; /* the file that a handle is for, by habit handles */
	uint64_t flights, reads, stats;
	struct buf replies[10000];
	size_t n;
	struct buf in; /* requests that aren't complete */
};

struct sink {
	struct buf got;
	uint64_t fail_at; /* 0: never */
};

static uint8_t
content(size_t file, uint64_t at)
{
	return (uint8_t)(file * 31 + at * 7 + (at >> 8));
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct sink *s = arg;

	if (s->fail_at != 0 && s->got.len + len >= s->fail_at)
		return err_setx(e, ERR_NOSPC, "disk full");
	return buf_add(&s->got, bytes, len, e);
}

static struct buf *
begin_reply(struct server *v, uint8_t type, uint32_t id)
{
	struct buf *b = &v->replies[v->n++];
	struct err e;

	assert_true(v->n < N(v->replies));
	*b = (struct buf)BUF_INIT(1 << 20);
	wire_put_u32(b, 0, &e);
	wire_put_u8(b, type, &e);
	wire_put_u32(b, id, &e);
	return b;
}

static void
end_reply(struct buf *b)
{
	size_t n = b->len - 4;

	for (int i = 3; i >= 0; i--, n >>= 8)
		b->data[i] = (uint8_t)n;
}

static void
status(struct server *v, uint32_t id, uint32_t code)
{
	struct buf *b = begin_reply(v, SFTP_STATUS, id);
	struct err e;

	wire_put_u32(b, code, &e);
	if (!v->h.bare_status) {
		wire_put_text(b, "because", &e);
		wire_put_text(b, "en", &e);
	}
	end_reply(b);
}

static bool
really_open(struct server *v, size_t file)
{
	if ((v->h.open > 0 && v->open >= v->h.open) || (v->h.open_fails && file % 2 == 1))
		return false;
	v->opened[file] = true;
	v->open++;
	v->most_open = v->open > v->most_open ? v->open : v->most_open;
	return true;
}

static void
serve_open(struct server *v, uint32_t id, struct wire *w)
{
	size_t len, file = 0;
	const char *path = (const char *)wire_string(w, &len);
	struct buf *b;
	struct err e;

	assert_int_equal(wire_u32(w), 1);
	assert_int_equal(wire_u32(w), 0);
	v->opens++;
	assert_memory_equal(path, "/repo/f", 7);
	for (size_t i = 7; i < len; i++)
		file = file * 10 + (size_t)(path[i] - '0');
	if (file >= FILES_MAX || v->sizes[file] == SIZE_MAX) {
		status(v, id, SFTP_NO_SUCH_FILE);
	} else if (!v->h.lazy && !really_open(v, file)) {
		status(v, id, SFTP_FAILURE);
	} else {
		b = begin_reply(v, SFTP_HANDLE, id);
		wire_put_u32(b, 4, &e);
		if (v->h.handles > 0) {
			v->last[file % v->h.handles] = file;
			file %= v->h.handles;
		}
		wire_put_u32(b, (uint32_t)file, &e);
		end_reply(b);
	}
}

static size_t
handle(const struct server *v, struct wire *w)
{
	size_t n;

	assert_int_equal(wire_u32(w), 4);
	n = wire_u32(w);
	return v->h.handles > 0 ? v->last[n] : n;
}

static void
serve_read(struct server *v, uint32_t id, struct wire *w)
{
	size_t file = handle(v, w);
	uint64_t at = wire_u64(w), n = wire_u32(w);
	struct buf *b;
	struct err e;

	v->reads++;
	assert_true(n > 0);
	if (!v->opened[file] && !really_open(v, file)) {
		status(v, id, SFTP_FAILURE);
		return;
	}
	if (v->h.most > 0 && n > v->h.most)
		n = v->h.most;
	if (at >= v->sizes[file]) {
		if (!v->h.empty_eof) {
			status(v, id, SFTP_EOF);
			return;
		}
		n = 0;
	} else if (n > v->sizes[file] - at) {
		n = v->sizes[file] - at;
	}
	b = begin_reply(v, SFTP_DATA, id);
	wire_put_u32(b, (uint32_t)n, &e);
	assert_ok(buf_reserve(b, n, &e), &e);
	for (uint64_t i = 0; i < n; i++)
		b->data[b->len++] = content(file, at + i);
	end_reply(b);
}

static void
serve_stat(struct server *v, uint32_t id, struct wire *w)
{
	size_t file = handle(v, w);
	struct buf *b;
	struct err e;

	v->stats++;
	if (v->h.no_stat) {
		status(v, id, SFTP_OP_UNSUPPORTED);
		return;
	}
	b = begin_reply(v, SFTP_ATTRS, id);
	wire_put_u32(b, v->h.no_size ? 4 : 5, &e);
	if (!v->h.no_size)
		wire_put_u64(b, v->sizes[file], &e);
	wire_put_u32(b, 0100644, &e);
	end_reply(b);
}

static void
serve(struct server *v, const uint8_t *packet, size_t len)
{
	struct wire w = WIRE_INIT(packet, len);
	uint8_t type = wire_u8(&w);
	uint32_t id = wire_u32(&w);
	size_t file;

	switch (type) {
	case SFTP_INIT:
		assert_int_equal(id, 3);
		end_reply(begin_reply(v, SFTP_VERSION, 3));
		break;
	case SFTP_OPEN:
		serve_open(v, id, &w);
		break;
	case SFTP_READ:
		serve_read(v, id, &w);
		break;
	case SFTP_FSTAT:
		serve_stat(v, id, &w);
		break;
	case SFTP_CLOSE:
		file = handle(v, &w);
		v->open -= v->opened[file];
		v->opened[file] = false;
		status(v, id, SFTP_OK);
		break;
	default:
		fail();
	}
	assert_false(w.bad);
	assert_ptr_equal(w.p, w.end);
}

/* Takes all requests that the engine sends: a flight. */
static void
receive(struct server *v, struct sftp *s)
{
	const uint8_t *bytes;
	size_t len, at = 0;
	struct err e;

	for (;;) {
		assert_ok(sftp_output(s, &bytes, &len, &e), &e);
		if (len == 0)
			break;
		/* Takes half of the bytes, to check that the others stay. */
		len = len > 1 ? len / 2 : 1;
		assert_ok(buf_add(&v->in, bytes, len, &e), &e);
		sftp_sent(s, len);
	}
	while (v->in.len - at >= 4) {
		struct wire w = WIRE_INIT(v->in.data + at, v->in.len - at);
		uint32_t n = wire_u32(&w);

		assert_true(v->in.len - at >= 4 + (size_t)n);
		serve(v, v->in.data + at + 4, n);
		at += 4 + n;
	}
	assert_int_equal(at, v->in.len);
	buf_reset(&v->in);
	v->flights++;
}

static int
answer(struct server *v, struct sftp *s, struct err *e)
{
	struct buf all = BUF_INIT(64 << 20);
	size_t piece, first = 0;
	int rc = 0;

	/* VERSION stays first, as the protocol demands. */
	if (v->n > 0 && v->replies[0].data[4] == SFTP_VERSION)
		first = 1;
	for (size_t i = v->n; v->h.shuffle > 0 && i > first + 1; i--) {
		size_t k = first + (i * 7919u + v->h.shuffle * 104729u + v->flights) % (i - first);
		struct buf b = v->replies[i - 1];

		v->replies[i - 1] = v->replies[k];
		v->replies[k] = b;
	}
	for (size_t i = 0; i < v->n; i++) {
		assert_ok(buf_add(&all, v->replies[i].data, v->replies[i].len, e), e);
		buf_free(&v->replies[i]);
	}
	v->n = 0;
	piece = v->h.piece > 0 ? v->h.piece : all.len;
	for (size_t at = 0; at < all.len && rc == 0; at += piece)
		rc = sftp_input(s, all.data + at, all.len - at < piece ? all.len - at : piece, e);
	buf_free(&all);
	return rc;
}

static struct habit_row {
	const char *name;
	struct habits h;
	uint64_t flights; /* most that it may take; 0: any number */
} habit_rows[] = {
	{ "server: like OpenSSH", { 0 }, 4 },
	{ "server: bytes one by one", { .piece = 1 }, 4 },
	{ "server: pieces of 7", { .piece = 7 }, 4 },
	{ "server: pieces of 1000", { .piece = 1000 }, 4 },
	{ "server: short reads", { .most = 1000 }, 0 },
	{ "server: very short reads", { .most = 13 }, 0 },
	{ "server: 32768 at once", { .most = 32768 }, 0 },
	{ "server: no FSTAT", { .no_stat = true }, 0 },
	{ "server: no size", { .no_size = true }, 0 },
	{ "server: no FSTAT, short reads", { .no_stat = true, .most = 777 }, 0 },
	{ "server: the end said by no bytes", { .no_stat = true, .empty_eof = true }, 0 },
	{ "server: status without message", { .bare_status = true }, 4 },
	{ "server: any order", { .shuffle = 1 }, 0 },
	{ "server: another order", { .shuffle = 12345 }, 0 },
	{ "server: any order, short reads", { .shuffle = 3, .most = 5000 }, 0 },
	{ "server: any order, no FSTAT, short reads, pieces",
	    { .shuffle = 4, .most = 999, .no_stat = true, .piece = 50 }, 0 },
	{ "server: any order, no FSTAT", { .shuffle = 99, .no_stat = true }, 0 },
	{ "server: one file at once", { .open = 1 }, 0 },
	{ "server: ten files at once", { .open = 10 }, 0 },
	{ "server: ten files at once, any order", { .open = 10, .shuffle = 5 }, 0 },
	{ "server: ten files at once, no FSTAT, short reads",
	    { .open = 10, .no_stat = true, .most = 1000 }, 0 },
	{ "server: some files can't be opened", { .open_fails = true }, 0 },
	{ "server: opens when it reads", { .lazy = true }, 4 },
	{ "server: opens when it reads, one file at once", { .lazy = true, .open = 1 }, 0 },
	{ "server: opens when it reads, ten files at once", { .lazy = true, .open = 10 }, 0 },
	{ "server: opens when it reads, ten files at once, any order, no FSTAT, short reads",
	    { .lazy = true, .open = 10, .shuffle = 5, .no_stat = true, .most = 1000 }, 0 },
	{ "server: opens when it reads, some files can't be opened",
	    { .lazy = true, .open_fails = true, .open = 7 }, 0 },
	{ "server: one handle for all files", { .handles = 1 }, 0 },
	{ "server: one handle for several files", { .handles = 3 }, 0 },
	{ "server: one handle for several files, no FSTAT, short reads",
	    { .handles = 7, .no_stat = true, .most = 1000 }, 0 },
	{ "server: some files can't be opened, few at once",
	    { .open_fails = true, .open = 7, .shuffle = 8 }, 0 },
};

static const struct sftp_limits small_limits = { 4096, 40000, 100, 64 };

/* Properties of files; the first row with a file's number counts. */
static const struct kind {
	const char *name;
	size_t first, every; /* numbers FIRST, FIRST + EVERY, ...; 0: that one alone */
	enum { ABSENT, EMPTY, MOST, OVER, BLOCKS, SMALL } size;
	uint64_t fail_at; /* the sink takes less; 0: all */
	uint64_t offset;  /* the station has the beginning already */
	enum sftp_result want;
	enum err_code code;
} kinds[] = {
	{ "absent", 3, 50, ABSENT, 0, 0, SFTP_FILE_ABSENT, ERR_NONE },
	{ "empty", 7, 0, EMPTY, 0, 0, SFTP_FILE_OK, ERR_NONE },
	{ "all that is allowed", 11, 0, MOST, 0, 0, SFTP_FILE_OK, ERR_NONE },
	{ "a byte more than is allowed", 12, 0, OVER, 0, 0, SFTP_FILE_FAILED, ERR_TOO_LARGE },
	{ "can't be kept", 20, 0, SMALL, 300, 0, SFTP_FILE_FAILED, ERR_NOSPC },
	{ "the beginning is here", 30, 0, SMALL, 0, 500, SFTP_FILE_OK, ERR_NONE },
	{ "whole blocks", 4, 10, BLOCKS, 0, 0, SFTP_FILE_OK, ERR_NONE },
	{ "any size", 0, 1, SMALL, 0, 0, SFTP_FILE_OK, ERR_NONE },
};

static const struct kind *
kind_of(size_t file)
{
	const struct kind *k = kinds;

	while (k->every == 0 ? file != k->first : file % k->every != k->first)
		k++;
	return k;
}

struct flight {
	struct server v;
	struct sftp_file files[FILES_MAX];
	struct sink sinks[FILES_MAX];
	char names[FILES_MAX][16];
	uint64_t max; /* most bytes of a file */
	bool exact;   /* the limit of each file is its expected size, and some files are shorter */
};

static void
make_file(struct flight *t, size_t i)
{
	const struct kind *k = kind_of(i);
	const size_t sizes[] = { [ABSENT] = SIZE_MAX,
		[EMPTY] = 0,
		[MOST] = t->max,
		[OVER] = t->max + 1,
		[BLOCKS] = 4096 * (i % 7),
		[SMALL] = i * 37 };

	t->v.sizes[i] = sizes[k->size];
	snprintf(t->names[i], sizeof t->names[i], "f%zu", i);
	t->sinks[i] = (struct sink){ BUF_INIT(4 << 20), k->fail_at };
	t->files[i] = (struct sftp_file){ .path = t->names[i],
		.data = take,
		.arg = &t->sinks[i],
		.exact = t->exact,
		.offset = k->offset,
		.max = k->size == MOST || k->size == OVER || k->size == ABSENT
		    ? t->max
		    : sizes[k->size] + i % 3 * 1000 };
}

static void
check_file(struct flight *t, size_t i)
{
	const struct kind *k = kind_of(i);
	const struct habits *h = &t->v.h;
	const struct sftp_file *f = &t->files[i];
	const struct buf *got = &t->sinks[i].got;
	/* An empty file of a server that opens at the first READ is never opened. */
	bool refused = h->open_fails && i % 2 == 1 && k->size != ABSENT &&
	    !(h->lazy && t->v.sizes[i] == 0 && !t->exact);
	enum sftp_result want = refused ? SFTP_FILE_FAILED : k->want;

	/*
	 * One byte more may be over the server's limit for one READ, and the engine doesn't wait
	 * for it.
	 */
	if (t->exact && k->size == OVER && f->result == SFTP_FILE_OK && got->len == t->max)
		return;
	if (f->result != want || (want == SFTP_FILE_FAILED && !refused && f->err.code != k->code))
		fail_msg("file %zu (%s): want result %d, got %d (%s)", i, k->name, (int)want,
		    (int)f->result, f->err.text);
	if (want == SFTP_FILE_OK && got->len + k->offset != t->v.sizes[i])
		fail_msg("file %zu (%s): want %zu bytes, got %zu", i, k->name, t->v.sizes[i],
		    got->len + (size_t)k->offset);
	for (size_t at = 0; at < got->len; at++)
		if (got->data[at] != content(i, at + k->offset))
			fail_msg("file %zu (%s) differs at %zu", i, k->name, at);
}

/* Only CLOSEs remain; afterwards no file is open, and the session can be used again. */
static void
one_more(struct flight *t, struct sftp *s)
{
	struct sink sink = { BUF_INIT(100), 0 };
	struct sftp_file f = { .path = "f2", .max = 100, .data = take, .arg = &sink };
	struct err e;

	receive(&t->v, s);
	assert_ok(answer(&t->v, s, &e), &e);
	if (t->v.h.handles == 0)
		assert_int_equal(t->v.open, 0);
	assert_ok(sftp_add(s, &f, 1, &e), &e);
	for (int i = 0; i < 20 && !sftp_done(s); i++) {
		receive(&t->v, s);
		assert_ok(answer(&t->v, s, &e), &e);
	}
	assert_int_equal(f.result, SFTP_FILE_OK);
	buf_free(&sink.got);
}

static void
run_server(const struct habits *h, const struct sftp_limits *limits, uint64_t most_flights,
    bool exact)
{
	static struct flight t;
	struct sftp *s;
	struct err e;

	memset(&t, 0, sizeof t);
	t.v.in.max = 64 << 20;
	t.v.h = *h;
	t.max = limits != NULL || (h->most > 0 && h->most < 2000) ? 40000 : 2u << 20;
	t.exact = exact;
	assert_non_null(s = sftp_new("/repo", limits, &e));
	for (size_t i = 0; i < FILES_MAX; i++)
		make_file(&t, i);
	assert_ok(sftp_add(s, t.files, FILES_MAX, &e), &e);
	while (!sftp_done(s)) {
		receive(&t.v, s);
		assert_true(t.v.n > 0); /* else nothing would ever come */
		assert_ok(answer(&t.v, s, &e), &e);
		assert_true(t.v.flights < 100000);
	}
	assert_true(most_flights == 0 || t.v.flights <= most_flights);
	for (size_t i = 0; i < FILES_MAX; i++) {
		check_file(&t, i);
		buf_free(&t.sinks[i].got);
	}
	assert_true(exact ? t.v.stats == 0 : t.v.stats > 0);
	one_more(&t, s);
	buf_free(&t.v.in);
	sftp_free(s);
}

static void
habit(void **state)
{
	const struct habit_row *r = *state;

	for (int exact = 0; exact < 2; exact++) {
		run_server(&r->h, NULL, r->flights, exact == 1);
		run_server(&r->h, &small_limits, 0, exact == 1);
	}
}

/*
 * A hostile answer to the first flight (INIT, OPEN) or to the second (FSTAT, READ of 101 bytes);
 * ids are counted from 0.
 */
static struct hostile_row {
	const char *name;
	bool opened; /* INIT and OPEN get good answers first */
	const char *bytes;
	size_t len;
	enum err_code want; /* ERR_NONE: the session goes on */
} hostile_rows[] = {
#define HEX(text) text, sizeof(text) - 1
	{ "hostile: version 2", false, HEX("\0\0\0\5\2\0\0\0\2"), ERR_PROTOCOL },
	{ "hostile: version 4", false, HEX("\0\0\0\5\2\0\0\0\4"), ERR_PROTOCOL },
	{ "hostile: version cut off", false, HEX("\0\0\0\4\2\0\0\0"), ERR_PROTOCOL },
	{ "hostile: version with half an extension", false, HEX("\0\0\0\x9\2\0\0\0\3\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: version with an extension", false, HEX("\0\0\0\xf\2\0\0\0\3\0\0\0\1x\0\0\0\1y"),
	    ERR_NONE },
	{ "hostile: handle before the version", false, HEX("\0\0\0\xa\x66\0\0\0\0\0\0\0\1h"),
	    ERR_PROTOCOL },
	{ "hostile: data before the version", false, HEX("\0\0\0\xa\x67\0\0\0\0\0\0\0\1h"),
	    ERR_PROTOCOL },
	{ "hostile: empty packet", false, HEX("\0\0\0\0\2"), ERR_PROTOCOL },
	{ "hostile: packet of 4 GB", false, HEX("\xff\xff\xff\xff\2"), ERR_PROTOCOL },
	{ "hostile: packet over the limit", false, HEX("\0\0\x84\xd1\2"), ERR_PROTOCOL },
	{ "hostile: a banner", false, HEX("This account is currently not available.\n"),
	    ERR_PROTOCOL },
	{ "hostile: two versions", true, HEX("\0\0\0\5\2\0\0\0\3"), ERR_PROTOCOL },
	{ "hostile: unknown id", true, HEX("\0\0\0\x9\x65\0\0\0\x63\0\0\0\1"), ERR_PROTOCOL },
	{ "hostile: id answered already", true, HEX("\0\0\0\x9\x65\0\0\0\0\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: type that answers nothing", true, HEX("\0\0\0\x9\x68\0\0\0\1\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: request as an answer", true, HEX("\0\0\0\xa\3\0\0\0\1\0\0\0\1h"),
	    ERR_PROTOCOL },
	{ "hostile: handle for FSTAT", true, HEX("\0\0\0\xa\x66\0\0\0\1\0\0\0\1h"), ERR_PROTOCOL },
	{ "hostile: handle for READ", true, HEX("\0\0\0\xa\x66\0\0\0\2\0\0\0\1h"), ERR_PROTOCOL },
	{ "hostile: data for FSTAT", true, HEX("\0\0\0\xa\x67\0\0\0\1\0\0\0\1x"), ERR_PROTOCOL },
	{ "hostile: attributes for READ", true, HEX("\0\0\0\x9\x69\0\0\0\2\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: READ is OK without data", true, HEX("\0\0\0\x9\x65\0\0\0\2\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: FSTAT is OK without attributes", true, HEX("\0\0\0\x9\x65\0\0\0\1\0\0\0\0"),
	    ERR_PROTOCOL },
	{ "hostile: more data than asked", true, HEX("\0\0\0\x6f\x67\0\0\0\2\0\0\0\x66"),
	    ERR_PROTOCOL },
	{ "hostile: 4 GB of data", true, HEX("\xff\xff\xff\xff\x67\0\0\0\2\xff\xff\xff\xf6"),
	    ERR_PROTOCOL },
	{ "hostile: data shorter than its packet", true, HEX("\0\0\0\xb\x67\0\0\0\2\0\0\0\1xy"),
	    ERR_PROTOCOL },
	{ "hostile: data longer than its packet", true, HEX("\0\0\0\xa\x67\0\0\0\2\0\0\0\2x"),
	    ERR_PROTOCOL },
	{ "hostile: data without a length", true, HEX("\0\0\0\5\x67\0\0\0\2"), ERR_PROTOCOL },
	{ "hostile: status cut off", true, HEX("\0\0\0\x8\x65\0\0\0\2\0\0\0"), ERR_PROTOCOL },
	{ "hostile: status with a message cut off", true,
	    HEX("\0\0\0\xe\x65\0\0\0\2\0\0\0\4\0\0\0\5x"), ERR_PROTOCOL },
	{ "hostile: status with bytes left over", true,
	    HEX("\0\0\0\x12\x65\0\0\0\2\0\0\0\4\0\0\0\0\0\0\0\0x"), ERR_PROTOCOL },
	{ "hostile: connection lost", true, HEX("\0\0\0\x9\x65\0\0\0\2\0\0\0\7"), ERR_NETWORK },
	{ "hostile: attributes cut off", true, HEX("\0\0\0\x9\x69\0\0\0\1\0\0\0\1"), ERR_PROTOCOL },
	{ "hostile: attributes of another version", true, HEX("\0\0\0\x9\x69\0\0\0\1\0\0\1\0"),
	    ERR_PROTOCOL },
	{ "hostile: attributes with bytes left over", true, HEX("\0\0\0\xa\x69\0\0\0\1\0\0\0\0x"),
	    ERR_PROTOCOL },
};

static int
discard(void *arg, const void *bytes, size_t len, struct err *e)
{
	(void)bytes;
	(void)e;
	*(size_t *)arg += len;
	return 0;
}

static void
drain(struct sftp *s)
{
	const uint8_t *bytes;
	size_t len;
	struct err e;

	for (;;) {
		assert_ok(sftp_output(s, &bytes, &len, &e), &e);
		if (len == 0)
			return;
		sftp_sent(s, len);
	}
}

static const char greeting[] = "\0\0\0\5\2\0\0\0\3"
			       "\0\0\0\xa\x66\0\0\0\0\0\0\0\1h";

static struct sftp *
begin(struct sftp_file *f, bool opened)
{
	struct sftp *s;
	struct err e;

	assert_non_null(s = sftp_new("/", NULL, &e));
	assert_ok(sftp_add(s, f, 1, &e), &e);
	drain(s);
	if (opened) {
		assert_ok(sftp_input(s, (const uint8_t *)greeting, sizeof greeting - 1, &e), &e);
		drain(s);
	}
	return s;
}

static void
hostile(void **state)
{
	const struct hostile_row *r = *state;

	for (int pieces = 0; pieces < 2; pieces++) {
		size_t arrived = 0;
		struct sftp_file f = { .path = "x", .max = 100, .data = discard, .arg = &arrived };
		struct sftp *s = begin(&f, r->opened);
		uint8_t *copy = malloc(r->len);
		struct err e = { 0 };
		int rc = 0;

		assert_non_null(copy);
		memcpy(copy, r->bytes, r->len);
		for (size_t i = 0; i < r->len && rc == 0; i += pieces ? 1 : r->len)
			rc = sftp_input(s, copy + i, pieces ? 1 : r->len, &e);
		assert_int_equal(rc, r->want == ERR_NONE ? 0 : -1);
		assert_int_equal(e.code, r->want);
		assert_int_equal(f.result, SFTP_FILE_PENDING);
		assert_int_equal(f.offset, arrived);
		free(copy);
		sftp_free(s);
	}
}

/* Handles at the limit of the draft, and beyond it. */
static void
long_handle(void **state)
{
	(void)state;
	for (size_t len = SFTP_HANDLE_MAX; len <= SFTP_HANDLE_MAX + 1; len++) {
		size_t arrived = 0;
		struct sftp_file f = { .path = "x", .max = 100, .data = discard, .arg = &arrived };
		struct sftp *s = begin(&f, false);
		uint8_t packet[13 + SFTP_HANDLE_MAX + 1] = { 0, 0, 1,
			(uint8_t)(len == 256 ? 9 : 10), SFTP_HANDLE, 0, 0, 0, 0, 0, 0, 1,
			(uint8_t)(len - 256) };
		struct err e;

		assert_ok(sftp_input(s, (const uint8_t *)greeting, 9, &e), &e);
		if (len == SFTP_HANDLE_MAX)
			assert_ok(sftp_input(s, packet, 13 + len, &e), &e);
		else
			assert_err(sftp_input(s, packet, 13 + len, &e), ERR_PROTOCOL, &e);
		sftp_free(s);
	}
}

/*
 * An error of the server for one file ends only that file, and only "no such file" means that the
 * file is missing.
 */
static struct refusal_row {
	const char *name;
	unsigned code;
	bool reading; /* the answer to READ, not to OPEN */
	enum sftp_result result;
	enum err_code want;
} refusal_rows[] = {
	{ "refusal: no such file", SFTP_NO_SUCH_FILE, false, SFTP_FILE_ABSENT, ERR_NONE },
	{ "refusal: permission denied", SFTP_PERMISSION_DENIED, false, SFTP_FILE_FAILED,
	    ERR_ACCESS },
	{ "refusal: failure", SFTP_FAILURE, false, SFTP_FILE_FAILED, ERR_IO },
	{ "refusal: end of file at OPEN", SFTP_EOF, false, SFTP_FILE_FAILED, ERR_IO },
	{ "refusal: bad message", SFTP_BAD_MESSAGE, false, SFTP_FILE_FAILED, ERR_PROTOCOL },
	{ "refusal: unsupported", SFTP_OP_UNSUPPORTED, false, SFTP_FILE_FAILED, ERR_PROTOCOL },
	{ "refusal: unknown code", 4711, false, SFTP_FILE_FAILED, ERR_IO },
	{ "refusal: READ finds no file", SFTP_NO_SUCH_FILE, true, SFTP_FILE_FAILED, ERR_IO },
	{ "refusal: READ denied", SFTP_PERMISSION_DENIED, true, SFTP_FILE_FAILED, ERR_ACCESS },
	{ "refusal: READ fails", SFTP_FAILURE, true, SFTP_FILE_FAILED, ERR_IO },
};

static void
refuse(const struct refusal_row *r, bool optional)
{
	size_t arrived = 0;
	struct sftp_file f = { .path = "x", .max = 100, .data = discard, .arg = &arrived };
	struct sftp *s = begin(&f, r->reading);
	/* A message with a control character, which must not reach a terminal, and no UTF-8. */
	uint8_t packet[] = { 0, 0, 0, 21, SFTP_STATUS, 0, 0, 0, r->reading ? 2 : 0, 0, 0,
		(uint8_t)(r->code >> 8), (uint8_t)r->code, 0, 0, 0, 4, 'a', 0xe9, 27, 'b', 0, 0, 0,
		0 };
	struct err e;

	f.optional = optional;
	if (!r->reading)
		assert_ok(sftp_input(s, (const uint8_t *)greeting, 9, &e), &e);
	assert_ok(sftp_input(s, packet, sizeof packet, &e), &e);
	assert_true(sftp_done(s));
	assert_int_equal(f.result, optional ? SFTP_FILE_ABSENT : r->result);
	if (f.result == SFTP_FILE_FAILED) {
		assert_int_equal(f.err.code, r->want);
		assert_non_null(strstr(f.err.text, "a\\xe9\\x1bb"));
	}
	sftp_free(s);
}

static void
refusal(void **state)
{
	refuse(*state, false);
	refuse(*state, true);
}

/* The error shows bytes that aren't SFTP. */
static struct text_row {
	const char *name, *text, *want;
} text_rows[] = {
	{ "text: nologin", "This account is currently not available.\n",
	    "want SFTP, the server said 'This account is currently not available.'" },
	{ "text: an empty line first", "\r\nHello\r\n", "said '\\x0d\\x0aHello'" },
	{ "text: that drives terminals", "\x1b]0;x\x07 \xc2\x9b", "said '\\x1b]0;x\\x07 \\u{9b}'" },
};

static void
text(void **state)
{
	const struct text_row *r = *state;
	size_t arrived = 0;
	struct sftp_file f = { .path = "x", .max = 100, .data = discard, .arg = &arrived };
	struct sftp *s = begin(&f, false);
	struct err e;

	assert_err(sftp_input(s, (const uint8_t *)r->text, strlen(r->text), &e), ERR_PROTOCOL, &e);
	if (strstr(e.text, r->want) == NULL) {
		print_error("%s\n", e.text);
		fail();
	}
	sftp_free(s);
}

int
main(void)
{
	static struct CMUnitTest tests[150] = { cmocka_unit_test(long_handle) };
	size_t n = 1;

	TEST_ROWS(tests, n, habit_rows, habit);
	TEST_ROWS(tests, n, hostile_rows, hostile);
	TEST_ROWS(tests, n, refusal_rows, refusal);
	TEST_ROWS(tests, n, text_rows, text);
	return _cmocka_run_group_tests("sftp", tests, n, NULL, NULL);
}
