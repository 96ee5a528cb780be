/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: every level against every level, with and without certificates, and the result.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

/*
 * The certificates.  Those of hi and of the Kernel are trusted themselves; the others are issued by
 * the CA, or unknown.
 */
static struct id kernel, kernel_of_ca, hi, hi_of_ca, stranger, ca;

static const struct side {
	const char *name, *level;
	const struct id *own, *trusts;
} servers[] = {
	{ "None", "None", NULL, NULL },
	{ "None with a pair", "None", &kernel, NULL },
	{ "TLSNoPeerAuth", "TLSNoPeerAuth", &kernel, NULL },
	{ "TLSNoPeerAuth of a CA", "TLSNoPeerAuth", &kernel_of_ca, NULL },
	{ "TLSPeerAuth, trusts hi", "TLSPeerAuth", &kernel, &hi },
	{ "TLSPeerAuth, trusts a CA", "TLSPeerAuth", &kernel_of_ca, &ca },
}, clients[] = {
	{ "None", "None", NULL, NULL },
	{ "None with a pair", "None", &hi, NULL },
	{ "TLSNoPeerAuth", "TLSNoPeerAuth", NULL, NULL },
	{ "TLSNoPeerAuth as hi", "TLSNoPeerAuth", &hi, NULL },
	{ "TLSNoPeerAuth of a CA", "TLSNoPeerAuth", &hi_of_ca, NULL },
	{ "TLSNoPeerAuth as a stranger", "TLSNoPeerAuth", &stranger, NULL },
	{ "TLSPeerAuth", "TLSPeerAuth", NULL, &kernel },
	{ "TLSPeerAuth as hi", "TLSPeerAuth", &hi, &kernel },
	{ "TLSPeerAuth of a CA", "TLSPeerAuth", &hi_of_ca, &kernel },
	{ "TLSPeerAuth as a stranger", "TLSPeerAuth", &stranger, &kernel },
	{ "TLSPeerAuth, trusts a CA", "TLSPeerAuth", NULL, &ca },
	{ "TLSPeerAuth as hi, trusts a CA", "TLSPeerAuth", &hi, &ca },
	{ "TLSPeerAuth of a CA, trusts it", "TLSPeerAuth", &hi_of_ca, &ca },
	{ "TLSPeerAuth, trusts another", "TLSPeerAuth", NULL, &stranger },
	{ "TLSPeerAuth as hi, trusts another", "TLSPeerAuth", &hi, &stranger },
};

/*
 * The texts of both sides about the connection, or the side that refuses it and the reason:
 *   plain   [TCP/IP] on both sides
 *   tls     [TCP/IP][TLSv1.3] on both sides
 *   tls-c   the same, and VERIFIED on the client's side; tls-s: the server's; tls-cs: both
 *   !plain  the server: the client's bytes aren't TLS
 *   !tls    the client: the server's bytes aren't TLS
 *   !none   the server: the client has no certificate
 *   !who    the server: the client's certificate isn't trusted
 *   !pin    the client: the server's certificate isn't trusted
 */
static const char *const cells[N(servers)][N(clients)] = {
	/*
	 *  None               TLSNoPeerAuth                        TLSPeerAuth, trusts the Kernel's
	 *           ... trusts a CA                 ... another
	 */
	/*
	 *  -         hi       -        hi       of CA    stranger  -         hi        of CA
	 * stranger     -         hi        of CA       -       hi
	 */
	{ "plain", "plain", "!tls", "!tls", "!tls", "!tls", "!tls", "!tls", "!tls", "!tls", "!tls",
	    "!tls", "!tls", "!tls", "!tls" },
	{ "plain", "plain", "tls", "tls", "tls", "tls", "tls-c", "tls-c", "tls-c", "tls-c", "!pin",
	    "!pin", "!pin", "!pin", "!pin" },
	{ "!plain", "!plain", "tls", "tls", "tls", "tls", "tls-c", "tls-c", "tls-c", "tls-c",
	    "!pin", "!pin", "!pin", "!pin", "!pin" },
	{ "!plain", "!plain", "tls", "tls", "tls", "tls", "!pin", "!pin", "!pin", "!pin", "tls-c",
	    "tls-c", "tls-c", "!pin", "!pin" },
	{ "!plain", "!plain", "!none", "tls-s", "!who", "!who", "!none", "tls-cs", "!who", "!who",
	    "!pin", "!pin", "!pin", "!pin", "!pin" },
	{ "!plain", "!plain", "!none", "!who", "tls-s", "!who", "!pin", "!pin", "!pin", "!pin",
	    "!none", "!who", "tls-cs", "!pin", "!pin" },
};

/*
 * The meaning of a cell's word: the text of each side, or the side with the error and a part of its
 * text.
 */
static const struct meaning {
	const char *word, *server, *client;
	const char *server_says, *client_says;
	enum slipway_tls_code code;
} meanings[] = {
	{ "plain", "TCP/IP", "TCP/IP", NULL, NULL, SLIPWAY_TLS_OK },
	{ "tls", "TCP/IP][TLSv1.3", "TCP/IP][TLSv1.3", NULL, NULL, SLIPWAY_TLS_OK },
	{ "tls-c", "TCP/IP][TLSv1.3", "TCP/IP][TLSv1.3 VERIFIED", NULL, NULL, SLIPWAY_TLS_OK },
	{ "tls-s", "TCP/IP][TLSv1.3 VERIFIED", "TCP/IP][TLSv1.3", NULL, NULL, SLIPWAY_TLS_OK },
	{ "tls-cs", "TCP/IP][TLSv1.3 VERIFIED", "TCP/IP][TLSv1.3 VERIFIED", NULL, NULL,
	    SLIPWAY_TLS_OK },
	{ "!plain", NULL, NULL, "the peer doesn't speak TLS; TLS_RequiredLevel is TLS",
	    "the peer speaks TLS; TLS_RequiredLevel is None here", SLIPWAY_TLS_E_PROTOCOL },
	{ "!tls", NULL, NULL, "the peer speaks TLS; TLS_RequiredLevel is None here",
	    "the peer may not speak TLS; TLS_RequiredLevel is TLS", SLIPWAY_TLS_E_PROTOCOL },
	{ "!none", NULL, NULL, "the peer showed no certificate", NULL, SLIPWAY_TLS_E_UNTRUSTED },
	{ "!who", NULL, NULL, "is not trusted", NULL, SLIPWAY_TLS_E_UNTRUSTED },
	{ "!pin", NULL, NULL, NULL, "is not trusted", SLIPWAY_TLS_E_UNTRUSTED },
};

struct cell {
	char name[128];
	const struct side *server, *client;
	const struct meaning *meaning;
};

static const struct meaning *
meaning_of(const char *word)
{
	for (size_t i = 0; i < N(meanings); i++)
		if (strcmp(meanings[i].word, word) == 0)
			return &meanings[i];
	return NULL;
}

static struct slipway_tls *
handle(enum slipway_tls_side which, const struct side *s, const char *version)
{
	struct slipway_tls *t = side_new(which, s->level, s->own, s->trusts);

	assert_int_equal(slipway_tls_set(t, "TLS_MinVersion", version), 0);
	return t;
}

/* A refused connection isn't reported as one, and the refusing side says why. */
static void
refused(const struct cell *c, const struct ends *e)
{
	const struct meaning *m = c->meaning;
	const char *server = slipway_tls_conn_error(e->server),
		   *client = slipway_tls_conn_error(e->client);
	enum slipway_tls_code code;

	if ((m->server_says != NULL && strstr(server, m->server_says) == NULL) ||
	    (m->client_says != NULL && strstr(client, m->client_says) == NULL))
		fail_msg("want %s; the server says '%s', the client says '%s'", m->word, server,
		    client);
	assert_string_equal(slipway_tls_conn_text(m->server_says != NULL ? e->server : e->client),
	    "TCP/IP");
	code = slipway_tls_conn_error_code(m->server_says != NULL ? e->server : e->client);
	assert_int_equal(code, m->code);
}

/* The table of docs/tls-library.md has the texts of each meaning. */
static void
documented(void **state)
{
	static char page[65536];
	FILE *f = fopen(TLS_DOCUMENT, "r");

	(void)state;
	assert_non_null(f);
	assert_true(fread(page, 1, sizeof page - 1, f) > 0);
	fclose(f);
	for (size_t i = 0; i < N(meanings); i++) {
		const char *texts[] = { meanings[i].server, meanings[i].client,
			meanings[i].server_says, meanings[i].client_says };

		for (size_t k = 0; k < N(texts); k++)
			if (texts[k] != NULL && strstr(page, texts[k]) == NULL)
				fail_msg("want '%s' in " TLS_DOCUMENT, texts[k]);
	}
}

#define PLAIN(text) text, sizeof text - 1

/* Bytes of a program that means no TLS, one by one or at once, and what the peer answers. */
static const struct plain_row {
	const char *name;
	enum slipway_tls_side side;
	const char *level, *sent; /* to this side */
	size_t len;
	const char *says; /* NULL: it reads them */
} plains[] = {
	{ "plain: a line to a server", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth",
	    PLAIN("REGISTER a.HIP V1\n"), "the peer doesn't speak TLS; " },
	{ "plain: two bytes to a server", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", PLAIN("HI"),
	    "the peer doesn't speak TLS; " },
	{ "plain: a line to a client", SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", PLAIN("WELCOME\n"),
	    "the peer doesn't speak TLS; " },
	{ "plain: an alert to a client", SLIPWAY_TLS_CLIENT, "None",
	    PLAIN("\x15\x03\x03\x00\x02\x02\x0a"), "the peer speaks TLS; " },
	{ "plain: a hello to a server", SLIPWAY_TLS_SERVER, "None",
	    PLAIN("\x16\x03\x01\x02\x00\x01"), "the peer speaks TLS; " },
	{ "plain: other bytes to a client", SLIPWAY_TLS_CLIENT, "None", PLAIN("\x16\x41"), NULL },
	{ "plain: words to a client", SLIPWAY_TLS_CLIENT, "None", PLAIN("W\x15\x03"), NULL },
};

static void
says_levels(void **state)
{
	const struct plain_row *r = *state;
	bool server = r->side == SLIPWAY_TLS_SERVER, tls = strcmp(r->level, "None") != 0;
	struct slipway_tls *t = side_new(r->side, r->level, server && tls ? &kernel : NULL, NULL);
	struct slipway_tls_conn *c;
	char buf[64];
	int fd[2];
	long n;

	sockets_pair(fd, false, false);
	assert_non_null(c = slipway_tls_conn_new(t, fd[0]));
	for (size_t i = 0; i < r->len; i++)
		assert_true(sockets_send(fd[1], r->sent[i]));
	while ((n = slipway_tls_read(c, buf, sizeof buf)) == SLIPWAY_TLS_WANT_READ)
		;
	if (r->says == NULL) {
		assert_true(n > 0);
		assert_memory_equal(buf, r->sent, (size_t)n);
	} else {
		assert_int_equal(n, SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(c), SLIPWAY_TLS_E_PROTOCOL);
		assert_non_null(strstr(slipway_tls_conn_error(c), r->says));
		assert_non_null(strstr(slipway_tls_conn_error(c), " (given by the program) "));
		assert_non_null(strstr(slipway_tls_conn_error(c), r->level));
	}
	/* The server's answer to plain text is an alert, and then its end. */
	if (server && tls) {
		struct slipway_tls *other = side_new(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
		struct slipway_tls_conn *plain = slipway_tls_conn_new(other, fd[1]);

		assert_int_equal(slipway_tls_read(plain, buf, sizeof buf), SLIPWAY_TLS_ERROR);
		assert_non_null(strstr(slipway_tls_conn_error(plain), "the peer speaks TLS; "));
		slipway_tls_conn_free(plain);
		slipway_tls_free(other);
	}
	slipway_tls_conn_free(c);
	sockets_close(fd[0]);
	sockets_close(fd[1]);
	slipway_tls_free(t);
}

static void
meet_over(const struct cell *c, const char *version,
    void (*open)(struct ends *, struct slipway_tls *, struct slipway_tls *))
{
	struct slipway_tls *s = handle(SLIPWAY_TLS_SERVER, c->server, version);
	struct slipway_tls *t = handle(SLIPWAY_TLS_CLIENT, c->client, version);
	struct ends e;
	int rc;

	open(&e, s, t);
	rc = talk(&e);
	if (c->meaning->server == NULL) {
		assert_int_equal(rc, SLIPWAY_TLS_ERROR);
		refused(c, &e);
	} else {
		if (rc != 0)
			fail_msg("want %s; the server says '%s', the client says '%s'",
			    c->meaning->word, slipway_tls_conn_error(e.server),
			    slipway_tls_conn_error(e.client));
		assert_string_equal(slipway_tls_conn_text(e.server), c->meaning->server);
		assert_string_equal(slipway_tls_conn_text(e.client), c->meaning->client);
	}
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(t);
}

/*
 * The result is the same over a socket pair and over TCP, and where older versions are allowed but
 * not needed.
 */
static void
cell(void **state)
{
	const struct cell *c = *state;

	meet_over(c, "TLSv1.3", ends_open);
	meet_over(c, "TLSv1.2", ends_open);
	meet_over(c, "TLSv1.3", ends_open_tcp);
}

/* Levels without the files that they need are refused before any connection. */
static const struct unusable_row {
	const char *name;
	enum slipway_tls_side which;
	struct side side;
	const char *why;
} unusable[] = {
	{ "unusable: server at TLSNoPeerAuth without a pair", SLIPWAY_TLS_SERVER,
	    { NULL, "TLSNoPeerAuth", NULL, NULL },
	    "TLS_KeyFile and TLS_CertFile must both be set" },
	{ "unusable: server at TLSPeerAuth without a pair", SLIPWAY_TLS_SERVER,
	    { NULL, "TLSPeerAuth", NULL, &hi }, "TLS_KeyFile and TLS_CertFile must both be set" },
	{ "unusable: server at TLSPeerAuth that trusts nobody", SLIPWAY_TLS_SERVER,
	    { NULL, "TLSPeerAuth", &kernel, NULL }, "TLS_TrustedCerts is not set" },
	{ "unusable: client at TLSPeerAuth that trusts nobody", SLIPWAY_TLS_CLIENT,
	    { NULL, "TLSPeerAuth", NULL, NULL }, "TLS_TrustedCerts is not set" },
	{ "unusable: client with a pair at TLSPeerAuth that trusts nobody", SLIPWAY_TLS_CLIENT,
	    { NULL, "TLSPeerAuth", &hi, NULL }, "TLS_TrustedCerts is not set" },
};

static void
is_unusable(void **state)
{
	const struct unusable_row *r = *state;
	struct slipway_tls *t = handle(r->which, &r->side, "TLSv1.3");

	assert_int_equal(slipway_tls_check(t), SLIPWAY_TLS_ERROR);
	if (strstr(slipway_tls_error(t), r->why) == NULL)
		fail_msg("want '%s', got '%s'", r->why, slipway_tls_error(t));
	assert_null(slipway_tls_conn_new(t, 0));
	slipway_tls_free(t);
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &kernel, { .name = "kernel" }, NULL },
	{ &kernel_of_ca, { .name = "kernel", .usage = "serverAuth" }, &ca },
	{ &hi, { .name = "hi" }, NULL },
	{ &hi_of_ca, { .name = "hi", .usage = "clientAuth" }, &ca },
	{ &stranger, { .name = "stranger" }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(servers) * N(clients) + N(unusable) + N(plains) + 1] = {
		cmocka_unit_test(documented)
	};
	static struct cell all[N(servers) * N(clients)];
	size_t n = 1;

	for (size_t s = 0; s < N(servers); s++)
		for (size_t c = 0; c < N(clients); c++) {
			struct cell *one = &all[n - 1];

			*one =
			    (struct cell){ "", &servers[s], &clients[c], meaning_of(cells[s][c]) };
			if (one->meaning == NULL)
				abort(); /* a word that the table doesn't explain */
			snprintf(one->name, sizeof one->name, "server %s, client %s: %s",
			    servers[s].name, clients[c].name, cells[s][c]);
			tests[n++] = (struct CMUnitTest){ .name = one->name,
				.test_func = cell,
				.initial_state = one };
		}
	TEST_ROWS(tests, n, unusable, is_unusable);
	TEST_ROWS(tests, n, plains, says_levels);
	return ids_run("tls-levels", tests, n, ids, N(ids));
}
