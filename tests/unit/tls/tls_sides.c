/* SPDX-License-Identifier: ISC */
/*
 * Both sides of lib/tls in one process.
 */
#include "tests/unit/tls/tls_sides.h"

#include <time.h>

#include "tests/unit/common/test.h"

void
pem(struct slipway_tls *t, const char *setting, const char *text)
{
	assert_int_equal(slipway_tls_set_pem(t, setting, text, strlen(text)), 0);
}

struct slipway_tls *
side_new(enum slipway_tls_side side, const char *level, const struct id *own,
    const struct id *trusted)
{
	struct slipway_tls *t = slipway_tls_new(side, NULL, NULL);

	assert_non_null(t);
	assert_int_equal(slipway_tls_set(t, "TLS_RequiredLevel", level), 0);
	if (own != NULL) {
		pem(t, "TLS_KeyFile", own->key_pem);
		pem(t, "TLS_CertFile", own->cert_pem);
	}
	if (trusted != NULL)
		pem(t, "TLS_TrustedCerts", trusted->cert_pem);
	return t;
}

/* Makes connections over the two descriptors of e. */
static void
ends_join(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	e->server = slipway_tls_conn_new(server, e->fd[0]);
	e->client = slipway_tls_conn_new(client, e->fd[1]);
	if (e->server == NULL)
		print_error("server: %s\n", slipway_tls_error(server));
	if (e->client == NULL)
		print_error("client: %s\n", slipway_tls_error(client));
	assert_non_null(e->server);
	assert_non_null(e->client);
}

void
ends_open(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	sockets_pair(e->fd, false, false);
	ends_join(e, server, client);
}

void
ends_open_tcp(struct ends *e, struct slipway_tls *server, struct slipway_tls *client)
{
	sockets_pair(e->fd, true, false);
	ends_join(e, server, client);
}

void
ends_close(struct ends *e)
{
	slipway_tls_conn_free(e->server);
	slipway_tls_conn_free(e->client);
	sockets_close(e->fd[0]);
	sockets_close(e->fd[1]);
}

bool
waits(long rc)
{
	return rc == SLIPWAY_TLS_WANT_READ || rc == SLIPWAY_TLS_WANT_WRITE;
}

int
shake(struct slipway_tls_conn *ours, SSL *theirs)
{
	int rc = SLIPWAY_TLS_WANT_READ;

	for (int i = 0; i < 100 && (waits(rc) || !SSL_is_init_finished(theirs)); i++) {
		SSL_do_handshake(theirs);
		if ((rc = slipway_tls_handshake(ours)) == SLIPWAY_TLS_ERROR)
			break;
	}
	return rc;
}

/* When both sides wait, waits until one of the descriptors is ready. */
static void
pause_for(const struct ends *e, long server, long client)
{
	const int fd[] = { waits(server) ? e->fd[0] : -1, waits(client) ? e->fd[1] : -1 };
	const bool write[] = { server == SLIPWAY_TLS_WANT_WRITE, client == SLIPWAY_TLS_WANT_WRITE };

	if (fd[0] != -1 || fd[1] != -1)
		sockets_wait(fd, write, N(fd), SOCKETS_WAIT_MS);
}

int
talk(struct ends *e)
{
	const char question[] = "question", reply[] = "answer";
	char buf[64], heard[64];
	size_t n = 0; /* bytes in heard: the first one may come alone */
	long c = SLIPWAY_TLS_WANT_WRITE, s = SLIPWAY_TLS_WANT_READ;
	bool asked = false, answered = false;

	for (int i = 0; i < 1000; i++) {
		if (!asked && waits(c)) {
			c = slipway_tls_write(e->client, question, sizeof question);
			if (c == sizeof question) {
				asked = true;
				c = SLIPWAY_TLS_WANT_READ;
			}
		} else if (asked && waits(c)) {
			c = slipway_tls_read(e->client, buf, sizeof buf);
			if (c == sizeof reply)
				return memcmp(buf, reply, sizeof reply) == 0 ? 0 : -1;
		}
		if (!answered && waits(s)) {
			s = slipway_tls_read(e->server, heard + n, sizeof heard - n);
			n += s > 0 ? (size_t)s : 0;
			if (s > 0 && n < sizeof question) {
				s = SLIPWAY_TLS_WANT_READ;
			} else if (s > 0 && n == sizeof question &&
			    memcmp(heard, question, n) == 0) {
				s = slipway_tls_write(e->server, reply, sizeof reply);
				answered = s == sizeof reply;
			} else if (s > 0) {
				s = 0; /* not our protocol */
			}
		}
		if (c == SLIPWAY_TLS_ERROR && !waits(s))
			return SLIPWAY_TLS_ERROR;
		if (s == SLIPWAY_TLS_ERROR && !waits(c))
			return SLIPWAY_TLS_ERROR;
		/* A side that failed closes, as a program would. */
		if (c == SLIPWAY_TLS_ERROR || c == 0)
			sockets_end(e->fd[1]);
		if (s == SLIPWAY_TLS_ERROR || s == 0)
			sockets_end(e->fd[0]);
		pause_for(e, s, c);
	}
	return SLIPWAY_TLS_ERROR;
}

void
meet(struct slipway_tls *server, struct slipway_tls *client, enum slipway_tls_code want,
    const char *says)
{
	struct ends e;
	int rc;

	ends_open(&e, server, client);
	rc = talk(&e);
	if (rc != (want == SLIPWAY_TLS_OK ? 0 : SLIPWAY_TLS_ERROR) ||
	    slipway_tls_conn_error_code(e.client) != want ||
	    (says != NULL && strstr(slipway_tls_conn_error(e.client), says) == NULL))
		fail_msg("want code %d '%s'; the client says %d '%s', the server '%s'", (int)want,
		    says == NULL ? "" : says, (int)slipway_tls_conn_error_code(e.client),
		    slipway_tls_conn_error(e.client), slipway_tls_conn_error(e.server));
	ends_close(&e);
}

void
ends_talking(struct ends *e, const struct id *kernel)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, kernel);

	ends_open(e, s, c);
	assert_int_equal(talk(e), 0);
	slipway_tls_free(s);
	slipway_tls_free(c);
}
